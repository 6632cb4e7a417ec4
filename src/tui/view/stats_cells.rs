//! The cells of the Stats tab: names, values, what they were before, and pictures of them.

use crate::text::width::Align;
use crate::text::{human, width};
use crate::tui::model::stats::{self, Item};
use crate::tui::model::{Against, Model};
use crate::tui::reading::{StatLine, WatchedStat};
use crate::tui::theme::{Glyph, Role, Theme, part};
use crate::tui::widgets::grid::{Cell, Column};
use crate::tui::widgets::{gauge, grid, spans_width, sparkline};

/// Columns of a number; all its digits stand below the table.
const VALUE: u16 = 8;
/// Columns of the longest unit that is shown whole.
const UNIT: u16 = 12;
/// Columns below which a meaning is left out.
const MEANING: u16 = 24;
/// Columns of a change in per cent.
const CHANGE: usize = 8;
/// Columns of the picture of a stat's history.
const TREND: usize = 20;
/// Columns of the bar of a share.
const SHARE: usize = 8;

/// The columns for the items that are visible.
pub(super) fn columns(model: &Model, room: u16) -> Vec<Column> {
    let column = Column::new;
    let stats = &model.stats;
    // Names are as long as a path in the system; only what is on the screen decides.
    let visible: Vec<Item<'_>> = (stats.offset..stats::len(stats))
        .take(usize::from(model.height))
        .filter_map(|at| stats::item(stats, at))
        .collect();
    let has_past = visible.iter().any(|item| matches!(item, Item::Watched(stat) if stat.values.len() > 1));
    let wide = |item: &Item<'_>| match item {
        Item::Row(row, _) => row.depth * 2 + 2 + width::width(&row.label),
        item => item.name().map_or(0, |name| width::width(name)),
    };
    let columns_of = |wide: Option<usize>| u16::try_from(wide.unwrap_or(0)).unwrap_or(u16::MAX);
    let name = columns_of(visible.iter().map(wide).max());
    let unit = |item: &Item<'_>| match item {
        Item::Watched(stat) => width::width(&stat.unit),
        Item::Line(stat) | Item::Row(_, Some(stat)) => width::width(&stat.unit),
        Item::Row(_, None) => 0,
    };
    let unit = columns_of(visible.iter().map(unit).max()).min(UNIT);
    let mut columns =
        vec![column("stat", name.clamp(12, 16), name, 0, Align::Left), column("value", VALUE, VALUE, 1, Align::Right)];
    match stats.against {
        None => {}
        Some(against) => {
            let other = match against {
                Against::Previous => "before",
                Against::Simulation(_) => "other",
            };
            columns.push(column(other, VALUE, VALUE, 3, Align::Right));
            columns.push(column("change", 8, 10, 4, Align::Right));
            columns.push(column("%", CHANGE as u16, CHANGE as u16, 2, Align::Right));
        }
    }
    columns.push(column(if unit > 0 { "unit" } else { "" }, unit, unit, 5, Align::Left));
    // A few letters of a meaning tell nothing, and it stands below the table in full. A history is worth more than a whole name.
    columns.push(match (stats.against, has_past) {
        (None, true) => column("since last dump", 16, 200, 2, Align::Left),
        _ => column("meaning", MEANING, 200, 6, Align::Left),
    });
    let kept: Vec<Option<u16>> = grid::fit(&columns, room.saturating_sub(1));
    if has_past || kept.last().is_some_and(Option::is_some) {
        // Who reads both wants half for the names at most.
        columns[0].ideal = columns[0].ideal.min(room / 2).max(columns[0].min);
    }
    columns
}

/// The cells of an item, for columns of these widths.
pub(super) fn cells(model: &Model, item: &Item<'_>, room: &[usize]) -> Vec<Cell> {
    let theme = model.theme;
    let name_room = room.first().copied().unwrap_or(0);
    let last_room = room.last().copied().unwrap_or(0);
    match item {
        Item::Watched(stat) => {
            let mut history = history(model, stat, last_room);
            history.extend(host_time(model, &stat.name));
            let free = last_room.saturating_sub(spans_width(&history) + 2);
            if is_told(&stat.description, free) {
                history.push(part(theme, Role::Dim, format!("  {}", stat.description)));
            }
            let mut cells =
                vec![vec![part(theme, Role::Accent, end_of(&stat.name, name_room))], last_value(theme, stat)];
            cells.extend(std::iter::repeat_n(Cell::new(), room.len().saturating_sub(4)));
            cells.extend([vec![part(theme, Role::Text, stat.unit.as_str())], history]);
            cells
        }
        Item::Line(stat) => {
            let mut cells = vec![vec![part(theme, Role::Text, end_of(&stat.name, name_room))]];
            cells.extend(values(model, stat, room));
            cells
        }
        Item::Row(row, line) => {
            let (open, closed) = if theme.unicode { ("▾ ", "▸ ") } else { ("v ", "> ") };
            let mark = match row.below {
                0 => "  ",
                _ if stats::is_open(&model.stats, row) => open,
                _ => closed,
            };
            let role = if row.line.is_none() { Role::Title } else { Role::Text };
            let mut cells = vec![vec![
                part(theme, Role::Text, "  ".repeat(row.depth)),
                part(theme, Role::Accent, mark),
                part(theme, role, row.label.as_str()),
            ]];
            match line {
                Some(line) => cells.extend(values(model, line, room)),
                None if row.stats > 0 => {
                    let count = human::plural(row.stats as u64, "stat");
                    if last_room == 0 {
                        cells[0].push(part(theme, Role::Dim, format!("  {count}")));
                        return cells;
                    }
                    let empty = room.len().saturating_sub(2);
                    cells.extend(std::iter::repeat_n(Cell::new(), empty));
                    cells.push(vec![part(theme, Role::Dim, count)]);
                }
                None => cells.push(vec![part(theme, Role::Dim, format!("{} values", row.below))]),
            }
            cells
        }
    }
}

/// Everything behind the name.
fn values(model: &Model, stat: &StatLine, room: &[usize]) -> Vec<Cell> {
    let theme = model.theme;
    let last_room = room.last().copied().unwrap_or(0);
    let number = |value: Option<f64>, role: Role| match value {
        Some(value) => vec![part(theme, role, human::number(value))],
        None => vec![part(theme, Role::Dim, theme.glyph(Glyph::NoValue))],
    };
    let unit_room = room.iter().rev().nth(1).copied().unwrap_or(0);
    let meaning = meaning(model, stat, last_room, unit_room == 0);
    let unit = vec![part(theme, Role::Text, stat.unit.as_str())];
    if model.stats.against.is_none() {
        return vec![number(stat.value, Role::Text), unit, meaning];
    }
    let (delta, percent) = match (stat.other, stat.value) {
        (Some(old), Some(new)) => {
            let same = stats::is_same(old, new);
            let delta = new - old;
            let delta = if same || !delta.is_finite() { String::new() } else { signed(delta) };
            (delta, stats::change(old, new).unwrap_or_default())
        }
        // Where there is nothing to compare with, nothing is known to be new.
        (None, Some(_)) if stats::not_compared(&model.stats).is_some() => (String::new(), String::new()),
        (None, Some(_)) => (String::new(), "new".to_owned()),
        (Some(_), None) => (String::new(), "gone".to_owned()),
        (None, None) => (String::new(), String::new()),
    };
    let role = if percent == "=" { Role::Dim } else { Role::Accent };
    vec![
        number(stat.value, Role::Text),
        number(stat.other, Role::Dim),
        vec![part(theme, role, delta)],
        vec![part(theme, role, percent)],
        unit,
        meaning,
    ]
}

/// Whether a text is told in so many columns: it fits, or enough of it does.
fn is_told(text: &str, room: usize) -> bool {
    width::width(text) <= room || room >= usize::from(MEANING)
}

/// The share as a bar, and the description; and the unit where it has no column of its own.
fn meaning(model: &Model, stat: &StatLine, room: usize, has_unit: bool) -> Cell {
    let theme = model.theme;
    let mut cell = Cell::new();
    if let Some(share) = stat.share.filter(|share| share.is_finite()) {
        let (filled, empty) = gauge::bar(share / 100.0, SHARE, theme.unicode);
        let ground = if theme.unicode { "·".repeat(width::width(&empty)) } else { empty };
        cell.push(part(theme, Role::Running, filled));
        cell.push(part(theme, Role::Border, ground));
        cell.push(part(theme, Role::Text, format!(" {share:>5.1}%  ")));
    }
    cell.extend(host_time(model, &stat.name));
    if has_unit && !stat.unit.is_empty() && width::width(&stat.unit) <= room.saturating_sub(spans_width(&cell)) {
        cell.push(part(theme, Role::Text, format!("{}  ", stat.unit)));
    }
    if is_told(&stat.description, room.saturating_sub(spans_width(&cell))) {
        cell.push(part(theme, Role::Dim, stat.description.as_str()));
    }
    cell
}

/// gem5 measures host time by the clock on the wall (`sim/root.cc`), which goes on while a simulation is paused.
fn host_time(model: &Model, name: &str) -> Option<(String, ratatui::style::Style)> {
    const NAMES: [&str; 8] = [
        "hostSeconds",
        "hostTickRate",
        "hostInstRate",
        "hostOpRate",
        "host_seconds",
        "host_tick_rate",
        "host_inst_rate",
        "host_op_rate",
    ];
    let tainted = model.shown_attempt().is_some_and(|attempt| attempt.host_time_tainted);
    (tainted && NAMES.contains(&name)).then(|| part(model.theme, Role::Warn, "! includes pauses  "))
}

fn signed(value: f64) -> String {
    let text = human::number(value);
    if value > 0.0 { format!("+{text}") } else { text }
}

pub(super) fn last_value(theme: Theme, stat: &WatchedStat) -> Cell {
    match stat.last {
        Some(value) => vec![part(theme, Role::Title, human::number(value))],
        None => vec![part(theme, Role::Dim, theme.glyph(Glyph::NoValue))],
    }
}

/// The end of a name that is too long: stats of one system differ there.
pub(super) fn end_of(name: &str, columns: usize) -> String {
    if width::width(name) <= columns {
        return name.to_owned();
    }
    // Nearly every name begins and many end like this, which tells nothing.
    let name = name.strip_prefix("system.").unwrap_or(name);
    let name = name.strip_suffix("::total").unwrap_or(name);
    width::truncate_start(name, columns).into_owned()
}

/// The change since the dump before, and the picture of all dumps.
pub(super) fn history(model: &Model, stat: &WatchedStat, room: usize) -> Cell {
    let theme = model.theme;
    let change = stats::since(&model.stats, stat).map(|since| since.change).unwrap_or_default();
    let picture = if stat.values.len() > 1 {
        sparkline::sparkline(&stat.values, room.saturating_sub(CHANGE + 2).min(TREND), theme.unicode)
    } else {
        String::new()
    };
    vec![part(theme, Role::Dim, format!("{change:>CHANGE$}  ")), part(theme, Role::Running, picture)]
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
}
