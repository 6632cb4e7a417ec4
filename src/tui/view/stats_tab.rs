//! The stats of the shown attempt: the watched ones with their history, then all of the last complete dump.

use std::path::Path;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{Titles, draw_frame, mark_cursor, mark_scrolled};
use super::stats_cells as cells;
use super::stats_cells::{end_of, history, last_value};
use crate::experiment::RowKind;
use crate::gem5::stats::Chosen;
use crate::text::width::Align;
use crate::text::{Safe, human, width};
use crate::tui::actions::{Action, Tab};
use crate::tui::layout::Areas;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::model::stats;
use crate::tui::model::{Focus, Model};
use crate::tui::pages::about_stat;
use crate::tui::reading::{DumpLine, FileState, StatsReading};
use crate::tui::theme::{Glyph, Role, Theme, part};
use crate::tui::widgets::{Spans, grid, keep_fitting, put, put_spans, spans_width, wrap};

/// Draws the Stats tab.
pub(super) fn draw(model: &Model, areas: &Areas, buf: &mut Buffer, spots: &mut Spots) {
    let notes = areas.stats_notes;
    draw_notes(model, notes, buf);
    let inner = areas.detail_inner();
    super::chart::draw(model, areas.stats_chart, buf);
    draw_about(model, areas, buf);
    let area = Rect { height: inner.height - areas.below_stats(), ..inner };
    let theme = model.theme;
    let total = stats::len(&model.stats);
    if total == 0 {
        return draw_empty(model, model.stats.reading.as_ref(), area, buf);
    }
    let columns = cells::columns(model, area.width);
    let widths = grid::fit(&columns, area.width.saturating_sub(1));
    let heads = Rect { x: area.x + 1, width: area.width.saturating_sub(1), height: 1, ..area };
    grid::draw_heads(buf, heads, &columns, &widths, theme.style(Role::Dim));
    let room: Vec<usize> = widths.iter().map(|width| usize::from(width.unwrap_or(0))).collect();
    let visible = areas.stats_rows();
    let focused = model.focus == Focus::Detail;
    for (line, at) in (model.stats.offset..total).take(visible).enumerate() {
        let Some(item) = stats::item(&model.stats, at) else { continue };
        let row = Rect { y: area.y + 1 + line as u16, height: 1, ..area };
        let inside = Rect { x: row.x + 1, width: row.width.saturating_sub(1), ..row };
        grid::draw_row(buf, inside, &columns, &widths, &cells::cells(model, &item, &room));
        spots.note(row, Spot::Stat(at));
        if at == model.stats.selected {
            mark_cursor(theme, row, focused, buf);
        }
    }
    if areas.framed {
        mark_scrolled(theme, areas.detail, focused, model.stats.offset..model.stats.offset + visible, total, buf);
    }
}

/// Draws what must be known of the stats. What does not fit is counted.
fn draw_notes(model: &Model, area: Rect, buf: &mut Buffer) {
    let columns = usize::from(area.width.saturating_sub(2));
    let lines: Vec<String> = stats::notes(&model.stats).iter().flat_map(|note| wrap(note, columns)).collect();
    let rows = usize::from(area.height);
    for (at, line) in lines.iter().take(rows).enumerate() {
        let left_out = lines.len() - rows;
        let text = match left_out {
            1.. if at + 1 == rows => format!("… {}", human::plural(left_out as u64 + 1, "more line")),
            _ => line.clone(),
        };
        let y = area.y + at as u16;
        put(buf, area.x + 1, y, area.width.saturating_sub(1), &text, model.theme.style(Role::Warn));
    }
}

/// Draws what is known of the stat under the cursor. What does not fit ends with a sign.
fn draw_about(model: &Model, areas: &Areas, buf: &mut Buffer) {
    let area = areas.stats_about;
    let columns = area.width.saturating_sub(2);
    let mut lines = about_stat::lines(model, usize::from(columns), areas.detail_inner().height);
    let is_cut = lines.iter().skip(usize::from(area.height)).any(|line| !line.is_empty());
    lines.truncate(area.height.into());
    for (line, y) in lines.iter().zip(area.y..area.bottom()) {
        put_spans(buf, area.x + 1, y, columns, line);
    }
    if is_cut {
        put(buf, area.right() - 1, area.bottom() - 1, 1, "…", model.theme.style(Role::Dim));
    }
}

/// Draws the watched stats alone, for the pane under the log.
pub(super) fn draw_watch(model: &Model, areas: &Areas, buf: &mut Buffer) {
    let theme = model.theme;
    let mut left = vec![part(theme, Role::Title, " Watched stats ")];
    let rows = usize::from(areas.inner(areas.watch).height);
    if let Some(reading) = model.stats.reading.as_ref().filter(|reading| reading.watched.len() > rows) {
        // The Stats tab has them all.
        left.push(part(theme, Role::Warn, format!("{rows} of {} ", human::count(reading.watched.len() as u64))));
    }
    let room = usize::from(areas.watch.width.saturating_sub(3)).saturating_sub(spans_width(&left));
    left.extend(keep_fitting(freshness(model), room, 0));
    let has_past = model.stats.reading.iter().flat_map(|reading| &reading.watched).any(|stat| stat.values.len() > 1);
    let said = has_past.then(|| part(theme, Role::Dim, " % since the dump before "));
    let titles = Titles { left, bottom_right: said.into_iter().collect(), ..Titles::default() };
    draw_frame(theme, areas.watch, false, &titles, buf);
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
        spans.extend(history(model, stat, usize::from(area.right().saturating_sub(x + 9))));
        put_spans(buf, x, y, area.right().saturating_sub(x), &spans);
    }
}

fn draw_empty(model: &Model, reading: Option<&StatsReading>, area: Rect, buf: &mut Buffer) {
    let theme = model.theme;
    let live = model.shown_attempt().is_some_and(|attempt| attempt.outcome.is_none());
    let state = reading.map(|reading| &reading.state);
    let file = reading.map_or_else(|| Safe::plain("stats.txt"), |reading| file_name(&reading.path));
    // Below a log there is no room for more, and no need.
    let log = |what: &str| match model.tab {
        Tab::Log => what.to_owned(),
        _ => format!("{what}; {} shows its log", model.key(Action::Show(Tab::Log))),
    };
    let reads = format!("Reading {file}");
    let unreadable = format!("{file} cannot be read");
    let gone = format!("{file} has been removed");
    let (what, advice): (&str, &str) = match state {
        _ if model.selected().is_some_and(|row| row.view.kind == RowKind::Step) => {
            ("A step has no stats", &log("it is a program that is no gem5"))
        }
        _ if model.selected().is_some_and(|row| row.view.kind == RowKind::Suite) => {
            ("A suite has no stats of its own", &log("the simulations that it spawned have"))
        }
        None => (&reads, ""),
        Some(FileState::Unreadable(why)) => (&unreadable, why),
        Some(FileState::Gone) => (&gone, ""),
        Some(FileState::Present) if reading.is_some_and(|reading| reading.more) => (&reads, "it is large"),
        Some(FileState::Present) if reading.is_some_and(|r| r.dumps > 0) && model.tab == Tab::Log => {
            let all = format!("{} shows all stats", model.key(Action::Show(Tab::Stats)));
            let unmatched = reading.map(|reading| reading.unmatched.as_slice()).unwrap_or_default();
            let told: Vec<&str> = unmatched.iter().map(Safe::as_str).chain([all.as_str()]).collect();
            ("No stat matches `watch:`", &told.join("; "))
        }
        Some(FileState::Present) if reading.is_some_and(|r| r.dumps > 0) && !model.stats.filter.is_empty() => {
            let back = model.key(Action::Back);
            // In the list the same key is about the list.
            let first = match model.focus {
                Focus::Detail => String::new(),
                Focus::List => format!("{} gives the keys to this pane, then ", model.key(Action::OtherPane)),
            };
            ("No stat matches the filter", &format!("{first}{back} clears the filter"))
        }
        Some(FileState::Present) if let Some(why) = reading.and_then(|reading| reading.missing.as_ref()) => {
            ("The dump that `dump:` means is not there", why)
        }
        Some(FileState::Present | FileState::Absent) if live => {
            ("No complete dump yet", "the script writes one, or the end")
        }
        Some(FileState::Present | FileState::Absent) => {
            ("No stats were written", &log("it ended before one was complete"))
        }
    };
    grid::draw_message(buf, area, &[(what, theme.style(Role::Text)), (advice, theme.style(Role::Dim))]);
}

/// Which dump, what it counts, and how old it is while it can still be followed by another. What is said last is left out first.
fn freshness(model: &Model) -> Vec<(u8, Spans)> {
    let theme = model.theme;
    let dot = theme.glyph(Glyph::Dot);
    let Some(reading) = model.stats.reading.as_ref().filter(|reading| reading.dumps > 0) else { return Vec::new() };
    let live = model.shown_attempt().is_some_and(|attempt| attempt.outcome.is_none());
    let of = |shown: u64, dumps: u64| match dumps {
        1 => format!("{dot} dump 1 "),
        // More may come.
        _ if live && shown == dumps => format!("{dot} dump {} ", human::count(shown)),
        _ if reading.skipped > 0 => format!("{dot} a dump of many "),
        dumps => format!("{dot} dump {} of {} ", human::count(shown), human::count(dumps)),
    };
    let is_usual = reading.usual.is_none_or(|usual| u64::from(usual) == reading.shown);
    let number = match reading.chosen.as_ref().and_then(Chosen::place) {
        // The number is that of `dump:`, which counts no dumps that were asked for.
        Some((place, all)) if is_usual => of(place.into(), all.into()),
        _ if reading.shown == 0 => format!("{dot} {} ", human::plural(reading.dumps, "dump")),
        _ => of(reading.shown, reading.dumps),
    };
    // Who looks at another one than usual must see that.
    let mut parts = vec![(0, vec![part(theme, if is_usual { Role::Dim } else { Role::Warn }, number)])];
    let mut say = |priority: u8, text: String| parts.push((priority, vec![part(theme, Role::Dim, text)]));
    if let Some(dump) = stats::shown_dump(reading) {
        if let Some(interval) = dump.interval {
            let (start, end) = (human::number(interval.start as f64), human::number(interval.end as f64));
            say(1, format!("{dot} ticks {start}–{end} "));
        }
        if let Some(seconds) = dump.seconds {
            say(4, format!("{dot} {} ", human::simulated(seconds)));
        }
    }
    if reading.shown_asked {
        // A dump that nobody's script made is no result.
        say(2, format!("{dot} asked for "));
    } else if reading.asked > 0 {
        say(5, format!("{dot} {} asked for ", human::count(reading.asked)));
    }
    if let Some(label) = &reading.label {
        say(3, format!("{dot} {label} "));
    }
    if let Some(age) = reading.age_ms.filter(|_| live && !model.is_over()) {
        let age = (age + model.now_ms.saturating_sub(model.stats.at_ms)) / 1000 * 1000;
        let age = if age == 0 { "now".to_owned() } else { format!("{} ago", human::span(age)) };
        say(6, format!("{dot} {age} "));
    }
    parts
}

/// How long a dump counts, in simulated time where gem5 tells that.
pub(super) fn length(dump: &DumpLine) -> Option<String> {
    let ticks =
        || dump.interval.map(|interval| format!("{} ticks", human::number((interval.end - interval.start) as f64)));
    dump.seconds.map(human::simulated).or_else(ticks)
}

/// The name of the file: `stats.txt` unless gem5 was told otherwise.
fn file_name(path: &Path) -> Safe {
    Safe::line(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy())
}

/// What stands in the lower edge of the tab, of so many columns.
pub(super) fn edge(model: &Model, columns: u16) -> (Spans, Spans) {
    /// Parts of this importance or more are worth the room of what stands on the right.
    const IMPORTANT: u8 = 2;
    let theme = model.theme;
    let dot = theme.glyph(Glyph::Dot);
    let room = usize::from(columns).saturating_sub(3);
    let mut left = freshness(model);
    if let Some(against) = model.stats.against {
        let name = about_stat::compared_name(model, against);
        if let Some(problem) = stats::not_compared(&model.stats) {
            // Why there is nothing to see matters more than how fresh it is.
            return (vec![part(theme, Role::Warn, format!(" against {name}: {problem} "))], Spans::new());
        }
        let what =
            vec![part(theme, Role::Dim, format!("{dot} against ")), part(theme, Role::Accent, format!("{name} "))];
        left.push((0, what));
        if model.stats.by_change {
            left.push((2, vec![part(theme, Role::Dim, format!("{dot} largest change first "))]));
        }
    }
    if !left.is_empty() {
        let name = model.stats.reading.as_ref().map_or_else(Safe::default, |reading| file_name(&reading.path));
        left.insert(0, (7, vec![part(theme, Role::Text, format!(" {name} "))]));
    }
    if !model.stats.filter.is_empty() {
        left.push((1, vec![part(theme, Role::Accent, format!("/{} ", Safe::line(&model.stats.filter)))]));
    }
    let right = match &model.stats.reading {
        Some(reading) if reading.dumps > 0 => {
            // A vector is one stat of many values; the tree counts stats.
            let total = human::plural(reading.all.len() as u64, "value");
            let text = if model.stats.filter.is_empty() {
                format!(" {total} ")
            } else {
                format!(" {} of {total} ", human::count(model.stats.order.len() as u64))
            };
            vec![part(theme, Role::Dim, text)]
        }
        _ => Spans::new(),
    };
    let important = left.iter().filter(|(priority, _)| *priority <= IMPORTANT);
    let important: usize = important.map(|(_, spans)| spans_width(spans)).sum();
    let right = if important + spans_width(&right) <= room { right } else { Spans::new() };
    let left = keep_fitting(left, room.saturating_sub(spans_width(&right)), 0);
    (without_dot(theme, left), right)
}

/// A line does not begin with the dot that stands between parts.
fn without_dot(theme: Theme, mut line: Spans) -> Spans {
    let dot = theme.glyph(Glyph::Dot);
    if let Some((first, _)) = line.first_mut()
        && let Some(rest) = first.strip_prefix(dot)
    {
        *first = rest.to_owned();
    }
    line
}
