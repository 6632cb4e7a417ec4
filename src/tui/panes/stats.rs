//! The stats of the shown attempt: the watched ones with their history, then all of the last complete dump.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Spans, Titles, draw_frame, part};
use crate::text::width::Align;
use crate::text::{Safe, human, width};
use crate::tui::layout::Areas;
use crate::tui::model::{Focus, Model};
use crate::tui::reading::{FileState, StatLine, StatsReading, WatchedStat};
use crate::tui::theme::{Glyph, Role, Theme};
use crate::tui::widgets::grid::{self, Cell, Column};
use crate::tui::widgets::{put, scroll_mark, sparkline};

/// Columns of a change in per cent.
const CHANGE: usize = 8;
/// Columns of the picture of a stat's history.
const TREND: usize = 20;

/// How many stats the cursor can be on.
pub fn len(model: &Model) -> usize {
    model.stats.reading.as_ref().map_or(0, |reading| reading.watched.len()) + model.stats.order.len()
}

/// The rows for stats in a pane of this height: one is for the heads.
pub fn rows(height: usize) -> usize {
    height.saturating_sub(1)
}

enum Item<'a> {
    Watched(&'a WatchedStat),
    Plain(&'a StatLine),
}

fn item<'a>(model: &'a Model, reading: &'a StatsReading, at: usize) -> Option<Item<'a>> {
    match at.checked_sub(reading.watched.len()) {
        None => reading.watched.get(at).map(Item::Watched),
        Some(at) => model.stats.order.get(at).and_then(|at| reading.all.get(*at)).map(Item::Plain),
    }
}

/// The stat under the cursor as text.
pub fn selected_text(model: &Model) -> Option<Safe> {
    let reading = model.stats.reading.as_ref()?;
    Some(match item(model, reading, model.stats.selected)? {
        Item::Watched(stat) => {
            let value = stat.values.last().copied().flatten();
            Safe::line(&format!("{} {}", stat.name, value.map_or_else(|| "-".to_owned(), |value| value.to_string())))
        }
        Item::Plain(stat) => Safe::line(&format!("{} {}", stat.name, stat.value)),
    })
}

/// Draws the Stats tab.
pub fn draw(model: &Model, areas: &Areas, buf: &mut Buffer) {
    let area = areas.detail_inner();
    let theme = model.theme;
    let reading = match &model.stats.reading {
        Some(reading) if len(model) > 0 => reading,
        reading => return draw_empty(model, reading.as_ref(), area, buf),
    };
    let columns = columns(model, reading, area.width);
    let widths = grid::fit(&columns, area.width.saturating_sub(1));
    let heads = Rect { x: area.x + 1, width: area.width.saturating_sub(1), height: 1, ..area };
    grid::draw_heads(buf, heads, &columns, &widths, theme.style(Role::Dim));
    let history_room = usize::from(widths.get(2).copied().flatten().unwrap_or(0));
    let name_room = usize::from(widths.first().copied().flatten().unwrap_or(0));
    let visible = rows(usize::from(area.height));
    let focused = model.focus == Focus::Detail;
    for (line, at) in (model.stats.offset..len(model)).take(visible).enumerate() {
        let Some(item) = item(model, reading, at) else { continue };
        let row = Rect { y: area.y + 1 + line as u16, height: 1, ..area };
        let inside = Rect { x: row.x + 1, width: row.width.saturating_sub(1), ..row };
        grid::draw_row(buf, inside, &columns, &widths, &cells(theme, &item, history_room, name_room));
        if at == model.stats.selected {
            let role = if focused { Role::Selected } else { Role::SelectedElsewhere };
            grid::highlight(buf, row, theme.style(role));
            put(buf, row.x, row.y, 1, theme.glyph(Glyph::Cursor), theme.style(Role::Accent));
        }
    }
    if areas.framed {
        let thumb = if theme.unicode { "┃" } else { "#" };
        let style = theme.style(if focused { Role::BorderFocused } else { Role::Dim });
        scroll_mark(buf, areas.detail, model.stats.offset, visible, len(model), thumb, style);
    }
}

fn columns(model: &Model, reading: &StatsReading, room: u16) -> Vec<Column> {
    let column = |title: &str, min: u16, ideal: u16, priority: u8, align: Align| Column {
        title: title.to_owned(),
        min,
        ideal: ideal.max(min),
        priority,
        align,
    };
    // Names are as long as a path in the system; only those on the screen decide.
    let first = model.stats.offset;
    let visible = (first..len(model)).take(usize::from(room)).filter_map(|at| item(model, reading, at));
    let longest = visible.map(|item| width::width(name_of(&item))).max().unwrap_or(0);
    let name = u16::try_from(longest).unwrap_or(u16::MAX).min(room / 2);
    vec![
        column("stat", 12, name, 1, Align::Left),
        column("value", 8, 12, 0, Align::Right),
        column("history or meaning", 16, 200, 2, Align::Left),
    ]
}

fn name_of<'a>(item: &Item<'a>) -> &'a Safe {
    match item {
        Item::Watched(stat) => &stat.name,
        Item::Plain(stat) => &stat.name,
    }
}

fn cells(theme: Theme, item: &Item<'_>, room: usize, name_room: usize) -> Vec<Cell> {
    let name = end_of(name_of(item), name_room);
    match item {
        Item::Watched(stat) => {
            let mut history = history(theme, stat, room);
            history.push(part(theme, Role::Dim, format!("  {}", stat.description)));
            vec![vec![part(theme, Role::Accent, name)], last_value(theme, stat), history]
        }
        Item::Plain(stat) => {
            let mut meaning = Vec::new();
            if !stat.unit.is_empty() {
                meaning.push(part(theme, Role::Text, format!("{}  ", stat.unit)));
            }
            meaning.push(part(theme, Role::Dim, stat.description.as_str()));
            vec![vec![part(theme, Role::Text, name)], vec![part(theme, Role::Text, stat.value.as_str())], meaning]
        }
    }
}

fn last_value(theme: Theme, stat: &WatchedStat) -> Cell {
    match stat.values.last().copied().flatten() {
        Some(value) => vec![part(theme, Role::Title, human::number(value))],
        None => vec![part(theme, Role::Dim, theme.glyph(Glyph::NoValue))],
    }
}

/// The end of a name that is too long: stats of one system differ there.
fn end_of(name: &str, columns: usize) -> String {
    if width::width(name) <= columns {
        return name.to_owned();
    }
    // Nearly every name begins and many end like this, which tells nothing.
    let name = name.strip_prefix("system.").unwrap_or(name);
    let name = name.strip_suffix("::total").unwrap_or(name);
    let wide = width::width(name);
    if wide <= columns {
        return name.to_owned();
    }
    let mut left_out = 0;
    let kept = name.chars().skip_while(|c| {
        let skip = wide - left_out + 1 > columns;
        left_out += width::width(c.encode_utf8(&mut [0; 4]));
        skip
    });
    format!("…{}", kept.collect::<String>())
}

/// The change since the dump before, and the picture of all dumps.
fn history(theme: Theme, stat: &WatchedStat, room: usize) -> Cell {
    let change = change(&stat.values).unwrap_or_default();
    let picture = if stat.values.len() > 1 {
        sparkline::sparkline(&stat.values, room.saturating_sub(CHANGE + 2).min(TREND), theme.unicode)
    } else {
        String::new()
    };
    vec![part(theme, Role::Dim, format!("{change:>CHANGE$}  ")), part(theme, Role::Running, picture)]
}

/// The change of the last value against the one before, in per cent of that one.
fn change(values: &[Option<f64>]) -> Option<String> {
    let [.., Some(before), Some(last)] = values else { return None };
    let percent = (last - before) / before.abs() * 100.0;
    if !percent.is_finite() {
        return None;
    }
    Some(match percent.abs() {
        0.0..0.05 => "=".to_owned(),
        0.05..99.95 => format!("{percent:+.1}%"),
        99.95..9999.5 => format!("{percent:+.0}%"),
        _ => if percent > 0.0 { ">+9999%" } else { "<-9999%" }.to_owned(),
    })
}

/// Draws the watched stats alone, for the pane under the log.
pub fn draw_watch(model: &Model, areas: &Areas, buf: &mut Buffer) {
    let theme = model.theme;
    let mut left = vec![part(theme, Role::Title, " Watched stats ")];
    left.extend(freshness(model));
    draw_frame(theme, areas.watch, false, &Titles { left, ..Titles::default() }, buf);
    let area = areas.inner(areas.watch);
    let reading = match &model.stats.reading {
        Some(reading) if !reading.watched.is_empty() => reading,
        reading => return draw_empty(model, reading.as_ref(), area, buf),
    };
    let name = reading.watched.iter().map(|stat| width::width(&stat.name)).max().unwrap_or(0);
    let name = u16::try_from(name).unwrap_or(u16::MAX).min(area.width / 2);
    for (line, stat) in reading.watched.iter().take(usize::from(area.height)).enumerate() {
        let y = area.y + line as u16;
        put(buf, area.x + 1, y, name, &end_of(&stat.name, usize::from(name)), theme.style(Role::Text));
        let value = last_value(theme, stat);
        let x = area.x + 1 + name + 2;
        let shown = width::fit(&value[0].0, 8, Align::Right);
        let mut spans = vec![(shown, value[0].1)];
        spans.extend(history(theme, stat, usize::from(area.right().saturating_sub(x + 9))));
        super::put_spans(buf, x, y, area.right().saturating_sub(x), &spans);
    }
}

fn draw_empty(model: &Model, reading: Option<&StatsReading>, area: Rect, buf: &mut Buffer) {
    let theme = model.theme;
    let live = model.shown_attempt().is_some_and(|attempt| attempt.outcome.is_none());
    let state = reading.map(|reading| &reading.state);
    let (what, advice): (&str, &str) = match state {
        None => ("Reading stats.txt", ""),
        Some(FileState::Unreadable(why)) => ("stats.txt cannot be read", why),
        Some(FileState::Gone) => ("stats.txt has been removed", ""),
        Some(FileState::Present) if reading.is_some_and(|reading| reading.more) => ("Reading stats.txt", "it is large"),
        Some(FileState::Present)
            if reading.is_some_and(|r| r.dumps > 0) && model.tab == crate::tui::action::Tab::Log =>
        {
            ("No stat matches `watch:`", "2 shows all stats")
        }
        Some(FileState::Present) if reading.is_some_and(|r| r.dumps > 0) && !model.stats.filter.is_empty() => {
            ("No stat matches the filter", "Esc clears the filter")
        }
        Some(FileState::Present | FileState::Absent) if live => {
            ("No complete dump yet", "gem5 writes one when the script dumps stats, and at the end")
        }
        Some(FileState::Present | FileState::Absent) => {
            ("No stats were written", "the attempt ended before its first complete dump; 1 shows its log")
        }
    };
    grid::draw_message(buf, area, &[(what, theme.style(Role::Text)), (advice, theme.style(Role::Dim))]);
}

/// Which dump, and how old it is while it can still be followed by another.
fn freshness(model: &Model) -> Spans {
    let theme = model.theme;
    let dot = theme.glyph(Glyph::Dot);
    let Some(reading) = model.stats.reading.as_ref().filter(|reading| reading.dumps > 0) else { return Spans::new() };
    let mut text = format!("{dot} dump {} ", human::count(reading.dumps));
    let live = model.shown_attempt().is_some_and(|attempt| attempt.outcome.is_none());
    if let Some(age) = reading.age_ms.filter(|_| live && !model.is_over()) {
        let age = (age + model.now_ms.saturating_sub(model.stats.at_ms)) / 1000 * 1000;
        let age = if age == 0 { "now".to_owned() } else { format!("{} ago", human::span(age)) };
        text = format!("{text}{dot} {age} ");
    }
    vec![part(theme, Role::Dim, text)]
}

/// What stands in the lower edge of the tab.
pub fn edge(model: &Model) -> (Spans, Spans) {
    let theme = model.theme;
    let mut left = freshness(model);
    if !left.is_empty() {
        left.insert(0, part(theme, Role::Text, " stats.txt "));
    }
    if !model.stats.filter.is_empty() {
        left.push(part(theme, Role::Accent, format!("/{} ", Safe::line(&model.stats.filter))));
    }
    let right = match &model.stats.reading {
        Some(reading) if reading.dumps > 0 => {
            let total = human::plural(reading.all.len() as u64, "stat");
            let text = if model.stats.filter.is_empty() {
                format!(" {total} ")
            } else {
                format!(" {} of {total} ", human::count(model.stats.order.len() as u64))
            };
            vec![part(theme, Role::Dim, text)]
        }
        _ => Spans::new(),
    };
    (left, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_the_part_in_which_they_differ() {
        assert_eq!(end_of("system.l2.overallMissRate::total", 24), "l2.overallMissRate");
        assert_eq!(end_of("system.cpu.dcache.overallMissRate::total", 24), "….dcache.overallMissRate");
        assert_eq!(end_of("system.cpu.ipc", 24), "system.cpu.ipc");
    }

    #[test]
    fn a_change_is_told_only_between_two_known_values() {
        assert_eq!(change(&[Some(1.0), Some(1.012)]).as_deref(), Some("+1.2%"));
        assert_eq!(change(&[Some(-2.0), Some(-3.0)]).as_deref(), Some("-50.0%"));
        assert_eq!(change(&[Some(5.0), Some(5.0)]).as_deref(), Some("="));
        assert_eq!(change(&[Some(0.0), Some(5.0)]), None);
        assert_eq!(change(&[Some(1.0), None]), None);
        assert_eq!(change(&[Some(1.0)]), None);
    }
}
