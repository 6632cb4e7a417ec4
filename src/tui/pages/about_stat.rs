//! The stat under the cursor, for the lower part of the Stats tab: its whole name, its value in all digits, its unit, what it was
//! before and what it means. The table above has room for none of that on most screens.

use crate::text::{human, width};
use crate::tui::actions::Action;
use crate::tui::model::stats::{self, Item, Since};
use crate::tui::model::{Against, Model};
use crate::tui::reading::StatLine;
use crate::tui::theme::{Role, part};
use crate::tui::widgets::{Spans, spans_width, wrap};

/// A pane of fewer rows has the table alone.
const LEAST: u16 = 6;
/// From this many rows on a line stands between the table and this.
const RULED: u16 = 14;
/// From this many columns on most stats are told in two lines.
const WIDE: usize = 72;
/// What stands between a value and what it was.
const GAP: &str = "   ";

/// The lines, in a pane of so many columns and rows. There are as many for nearly every stat, so that the table keeps its size
/// while the cursor moves.
pub(crate) fn lines(model: &Model, columns: usize, rows: u16) -> Vec<Spans> {
    let Some(item) = stats::item(&model.stats, model.stats.selected) else { return Vec::new() };
    // A chart needs what room there is.
    let least = if model.stats.chart.is_some() { RULED + LEAST } else { LEAST };
    if rows < least || columns < 8 {
        return Vec::new();
    }
    let theme = model.theme;
    let mut lines = Vec::new();
    if rows >= RULED {
        let rule = if theme.unicode { "─" } else { "-" }.repeat(columns);
        lines.push(vec![part(theme, Role::Border, rule)]);
    }
    let usual = lines.len() + if columns >= WIDE { 2 } else { 3 };
    match item {
        Item::Watched(stat) => {
            let facts = Facts { value: stat.last, unit: &stat.unit, description: &stat.description };
            let since = stats::since(&model.stats, stat).map(|since| since_dump(&since));
            told(model, &stat.name, &facts, since, columns, &mut lines);
        }
        Item::Line(stat) | Item::Row(_, Some(stat)) => {
            let facts = Facts { value: stat.value, unit: &stat.unit, description: &stat.description };
            told(model, &stat.name, &facts, compared(model, stat), columns, &mut lines);
        }
        Item::Row(row, None) => {
            lines.extend(wrap(&row.path, columns).into_iter().map(|row| vec![part(theme, Role::Accent, row)]));
            let holds = match row.stats {
                0 => human::plural(row.below as u64, "value"),
                count => human::plural(count as u64, "stat"),
            };
            let does = if stats::is_open(&model.stats, row) { "closes it" } else { "opens it" };
            let text = format!("{holds}; {} {does}", model.key(Action::Open));
            lines.extend(wrap(&text, columns).into_iter().map(|row| vec![part(theme, Role::Dim, row)]));
        }
    }
    lines.resize_with(lines.len().max(usual), Spans::new);
    lines
}

/// What there is to tell of a stat.
struct Facts<'a> {
    value: Option<f64>,
    unit: &'a str,
    description: &'a str,
}

fn told(model: &Model, name: &str, facts: &Facts<'_>, more: Option<String>, columns: usize, lines: &mut Vec<Spans>) {
    let theme = model.theme;
    let number = facts.value.map_or_else(|| "not in this dump".to_owned(), human::full);
    let mut value = vec![part(theme, Role::Title, number)];
    if !facts.unit.is_empty() {
        value.push(part(theme, Role::Text, format!(" {}", facts.unit)));
    }
    let more = more.map(|more| part(theme, Role::Text, more));
    let with = |mut line: Spans, next: Spans, gap: &str| {
        line.push(part(theme, Role::Dim, gap));
        line.extend(next);
        line
    };
    // On one line what fits there, in this order: the name, the value, what it was.
    let whole = with(vec![part(theme, Role::Accent, name)], value.clone(), " = ");
    if spans_width(&whole) <= columns {
        lines.push(whole);
    } else {
        lines.extend(wrap_name(name, columns).into_iter().map(|row| vec![part(theme, Role::Accent, row)]));
        lines.push(with(Spans::new(), value, "= "));
    }
    if let Some(more) = more {
        let last = lines.pop().unwrap_or_default();
        let longer = with(last.clone(), vec![more.clone()], GAP);
        if spans_width(&longer) <= columns {
            lines.push(longer);
        } else {
            lines.push(last);
            lines.extend(wrap(&more.0, columns).into_iter().map(|row| vec![(row, more.1)]));
        }
    }
    lines.extend(wrap(facts.description, columns).into_iter().map(|row| vec![part(theme, Role::Dim, row)]));
}

/// A name that is longer than a line goes on behind one of its dots.
fn wrap_name(name: &str, columns: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    for piece in name.split_inclusive(['.', ':']) {
        let row = rows.last_mut().expect("there is always a row");
        if !row.is_empty() && width::width(row) + width::width(piece) > columns {
            rows.push(piece.to_owned());
        } else {
            row.push_str(piece);
        }
    }
    rows.iter().flat_map(|row| wrap(row, columns)).collect()
}

fn since_dump(since: &Since) -> String {
    let change = if since.change == "=" { "the same" } else { &since.change };
    format!("{change} since dump {}", human::count(since.dump.into()))
}

/// The other value of a comparison, and how far the two are apart.
fn compared(model: &Model, stat: &StatLine) -> Option<String> {
    let against = model.stats.against?;
    let of = compared_name(model, against);
    if let Some(problem) = stats::not_compared(&model.stats) {
        return Some(format!("against {of}: {problem}"));
    }
    let Some(other) = stat.other else { return Some(format!("{of} does not have it")) };
    let change = stats::change(other, stat.value?);
    let change = match change.as_deref() {
        Some("=") | None => String::new(),
        Some(change) => format!(", {change}"),
    };
    Some(format!("{} in {of}{change}", human::full(other)))
}

/// The dump or the simulation that the stats are compared with.
pub(crate) fn compared_name(model: &Model, against: Against) -> String {
    match against {
        Against::Previous => {
            let shown = model.stats.reading.as_ref().map_or(0, |reading| reading.shown);
            if shown > 1 { format!("dump {}", human::count(shown - 1)) } else { "the dump before".to_owned() }
        }
        Against::Simulation(id) => {
            model.list.rows().get(&id).map_or_else(|| "a simulation".to_owned(), |row| row.name.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_breaks_where_its_parts_do() {
        let name = "system.cpu.dcache.overallMissRate::total";
        assert_eq!(wrap_name(name, 38), ["system.cpu.dcache.overallMissRate::", "total"]);
        assert_eq!(wrap_name(name, 40), [name]);
        assert_eq!(wrap_name("averylongpartofaname.x", 8), ["averylon", "gpartofa", "name.", "x"]);
    }
}
