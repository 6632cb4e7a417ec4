//! The table of results: names of rows that stay, columns that scroll, and what was done below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::frame::{mark_cursor, mark_scrolled};
use crate::experiment::results::Compare;
use crate::gem5::OutcomeKind;
use crate::report::Cell;
use crate::report::write::text::aligned::AlignedCell;
use crate::text::width::{self, Align};
use crate::text::{Safe, human};
use crate::tui::actions::Action;
use crate::tui::layout::Areas;
use crate::tui::layout::results_grid::{self, Grid};
use crate::tui::model::results::figure::Figure;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::model::{Focus, Model};
use crate::tui::reading::{Refusal, Shown};
use crate::tui::theme::{Colours, Glyph, Role, Theme, part, title_style};
use crate::tui::widgets::{Spans, grid, keep_fitting, put, spans_width, sparkline};

/// Draws the Results tab.
pub(super) fn draw(model: &Model, areas: &Areas, buf: &mut Buffer, spots: &mut Spots) {
    let (theme, results) = (model.theme, &model.results);
    let inner = areas.detail_inner();
    let foot = areas.results_foot;
    let figure = results.figure.as_ref().filter(|figure| figure.drawn.name().is_some() || results.shown.is_some());
    if let Some(figure) = figure {
        draw_foot(model, foot, inner, buf);
        return super::figure::draw(model, figure, Rect { height: inner.height - foot.height, ..inner }, buf);
    }
    let Some(shown) = results.shown.as_ref().filter(|shown| !shown.table().rows.is_empty()) else {
        return draw_empty(model, inner, buf);
    };
    let area = Rect { height: inner.height - foot.height, ..inner };
    let drawing = Drawing { model, shown, grid: Grid::new(results, usize::from(area.width), results.left) };
    let heads = results_grid::heads(results, usize::from(inner.height)).min(usize::from(area.height));
    drawing.heads(heads, area, buf);
    let columns: Vec<(usize, Rect)> = drawing.columns(area).collect();
    for (column, place) in &columns {
        spots.note(Rect { height: heads as u16, ..*place }, Spot::ResultsHead(*column));
    }
    let visible = areas.results_rows();
    let focused = model.focus == Focus::Detail;
    for (line, at) in results.order.iter().enumerate().skip(results.top).take(visible) {
        let y = area.y + (heads + line - results.top) as u16;
        let row = Rect { y, height: 1, ..area };
        drawing.row(*at, row, buf);
        spots.note(row, Spot::Cell { row: line, column: None });
        for (column, place) in &columns {
            let column = Some(*column);
            spots.note(Rect { y, height: 1, ..*place }, Spot::Cell { row: line, column });
        }
        if line == results.row {
            mark_cursor(theme, row, focused, buf);
            drawing.cursor(row, focused, buf);
        }
    }
    draw_foot(model, foot, inner, buf);
    if areas.framed {
        let seen = results.top..results.top + visible;
        mark_scrolled(theme, areas.detail, focused, seen, results.order.len(), buf);
    }
}

/// Draws what stands below a table.
fn draw_foot(model: &Model, foot: Rect, inner: Rect, buf: &mut Buffer) {
    let lines = results_grid::foot(model, inner.width, inner.height);
    for (at, line) in lines.iter().take(usize::from(foot.height)).enumerate() {
        let is_wrong = at == 0 && model.results.told.wrong.is_some();
        let style = model.theme.style(if is_wrong { Role::Warn } else { Role::Dim });
        put(buf, foot.x + 1, foot.y + at as u16, foot.width.saturating_sub(1), line, style);
    }
}

struct Drawing<'d> {
    model: &'d Model,
    shown: &'d Shown,
    grid: Grid,
}

impl Drawing<'_> {
    fn theme(&self) -> Theme {
        self.model.theme
    }

    /// Where a column of the cursor begins, and how wide it is.
    fn place(&self, column: usize) -> Option<(usize, usize)> {
        let names = self.shown.table().row_names.len();
        if let Some(at) = column.checked_sub(names) {
            return self.grid.columns.iter().find(|(column, ..)| *column == at).map(|(_, x, wide)| (*x, *wide));
        }
        let before: usize = self.grid.names.iter().take(column).map(|wide| wide + 2).sum();
        Some((self.grid.gutter + before, *self.grid.names.get(column)?))
    }

    /// The columns of the cursor that are seen in an area, with the gap behind each.
    fn columns(&self, area: Rect) -> impl Iterator<Item = (usize, Rect)> {
        let names = self.shown.table().row_names.len();
        let seen = (0..names).chain(self.grid.columns.iter().map(move |(column, ..)| names + column));
        seen.filter_map(move |column| {
            let (x, wide) = self.place(column)?;
            let x = area.x.saturating_add(u16::try_from(x).ok()?);
            let width = u16::try_from(wide + 1).unwrap_or(u16::MAX);
            Some((column, Rect { x, width, ..area }.intersection(area)))
        })
    }

    fn heads(&self, lines: usize, area: Rect, buf: &mut Buffer) {
        let (theme, results) = (self.theme(), &self.model.results);
        let table = self.shown.table();
        let levels = &self.shown.aligned.heads;
        let has_focus = self.model.focus == Focus::Detail;
        let style_of = |column: usize| {
            let style = theme.style(Role::Title);
            if has_focus && column == results.column { style.patch(theme.style(Role::Accent)) } else { style }
        };
        let sorted = results.sort.as_ref().and_then(|sort| Some((results.place(&sort.by)?, sort.descending)));
        let arrow = |column: usize| match sorted {
            Some((at, true)) if at == column => {
                if theme.unicode {
                    "▼"
                } else {
                    "v"
                }
            }
            Some((at, false)) if at == column => {
                if theme.unicode {
                    "▲"
                } else {
                    "^"
                }
            }
            _ => "",
        };
        let names = table.row_names.len();
        for line in 0..lines {
            let y = area.y + line as u16;
            let is_last = line + 1 == lines;
            if is_last {
                for (at, name) in table.row_names.iter().enumerate() {
                    if let Some((x, wide)) = self.place(at) {
                        let text = format!("{}{}", Safe::line(name), arrow(at));
                        put_at(buf, area, x, y, wide + 1, &text, style_of(at));
                    }
                }
            }
            for (column, x, wide) in &self.grid.columns {
                // Where there is one line for several parameters, their values are joined.
                let label = if lines < levels.len() {
                    let joined: Vec<&str> =
                        levels.iter().filter_map(|level| level.get(*column)).map(String::as_str).collect();
                    joined.iter().filter(|label| !label.is_empty()).copied().collect::<Vec<_>>().join("/")
                } else {
                    levels.get(line).and_then(|level| level.get(*column)).cloned().unwrap_or_default()
                };
                let label = width::truncate_middle(&label, *wide);
                let text = width::fit(&label, *wide, Align::Right);
                put_at(buf, area, *x, y, *wide, &text, style_of(names + column));
                if is_last {
                    // Behind a column is a gap.
                    put_at(buf, area, x + wide, y, 1, arrow(names + column), style_of(names + column));
                }
            }
        }
        self.bars(area, lines, buf);
    }

    /// A line in front of the means.
    fn bars(&self, area: Rect, heads: usize, buf: &mut Buffer) {
        let table = self.shown.table();
        let is_first = |column: usize| {
            table.columns.get(column).is_some_and(|column| column.is_mean)
                && column.checked_sub(1).and_then(|at| table.columns.get(at)).is_some_and(|before| !before.is_mean)
        };
        let Some((_, x, _)) = self.grid.columns.iter().find(|(column, ..)| is_first(*column)) else { return };
        let bar = if self.theme().unicode { "│" } else { "|" };
        let rows = heads + self.model.results.order.len().saturating_sub(self.model.results.top);
        for line in 0..rows.min(usize::from(area.height)) {
            put_at(buf, area, x.saturating_sub(2), area.y + line as u16, 1, bar, self.theme().style(Role::Border));
        }
    }

    fn row(&self, at: usize, row: Rect, buf: &mut Buffer) {
        let theme = self.theme();
        let table = self.shown.table();
        let Some(of_table) = table.rows.get(at) else { return };
        if of_table.is_baseline && self.grid.gutter > 1 {
            let mark = if theme.unicode { "◆" } else { "*" };
            put_at(buf, row, 1, row.y, 1, mark, theme.style(Role::Accent));
        }
        let is_mean = self.shown.mean_rows.get(at) == Some(&true);
        let style = theme.style(if of_table.is_baseline || is_mean { Role::Title } else { Role::Text });
        for (place, label) in self.shown.aligned.names.get(at).into_iter().flatten().enumerate() {
            if let Some((x, wide)) = self.place(place) {
                put_at(buf, row, x, row.y, wide, &width::truncate_middle(label, wide), style);
            }
        }
        let cells = self.shown.aligned.cells.get(at);
        for (column, x, wide) in &self.grid.columns {
            let Some(cell) = cells.and_then(|cells| cells.get(*column)) else { continue };
            self.cell(at, *column, cell, Rect { x: row.x + *x as u16, width: *wide as u16, ..row }, style, buf);
        }
    }

    fn cell(&self, row: usize, column: usize, cell: &AlignedCell, area: Rect, style: Style, buf: &mut Buffer) {
        let theme = self.theme();
        let of_table = self.shown.table().rows.get(row).and_then(|row| row.cells.get(column));
        let style = match of_table {
            Some(Cell::Missing { word, .. }) if OutcomeKind::ALL.iter().any(|kind| kind.word() == word) => {
                theme.style(Role::Bad)
            }
            _ if cell.is_dim => theme.style(Role::Dim),
            _ => style,
        };
        let shade = self.shown.shades.get(row).and_then(|row| row.get(column).copied().flatten());
        let shade = shade.filter(|_| self.model.results.heat);
        put(buf, area.x, area.y, area.width, &cell.text, style);
        match (shade, shade.and_then(|shade| theme.shade(shade))) {
            (Some(_), Some(style)) => buf.set_style(area, style),
            // Without grounds the height of a bar in front of the number tells it.
            (Some(shade), _) if area.x > 0 => {
                let bar = sparkline::sparkline(&[Some(0.0), Some(1.0), Some(shade)], 3, theme.unicode);
                let bar: String = bar.chars().skip(2).collect();
                put(buf, area.x - 1, area.y, 1, &bar, theme.style(Role::Text));
            }
            _ => {}
        }
    }

    /// Shows which cell of its row the cursor is on.
    fn cursor(&self, row: Rect, focused: bool, buf: &mut Buffer) {
        let Some((x, wide)) = self.place(self.model.results.column) else { return };
        let end = (x + wide).min(usize::from(row.width));
        let cell = Rect { x: row.x + x as u16, width: end.saturating_sub(x) as u16, ..row };
        let mut style = Style::new().add_modifier(Modifier::BOLD);
        if focused {
            // A row that is turned as a whole shows its cell as it is.
            style = match self.theme().colours {
                Colours::None => Style::new().remove_modifier(Modifier::REVERSED).add_modifier(Modifier::BOLD),
                _ => style.add_modifier(Modifier::REVERSED),
            };
        }
        buf.set_style(cell, style);
    }
}

/// Puts text at a column of an area, and not beyond it.
fn put_at(buf: &mut Buffer, area: Rect, x: usize, y: u16, wide: usize, text: &str, style: Style) {
    let free = usize::from(area.width).saturating_sub(x);
    if free > 0 {
        put(buf, area.x + x as u16, y, wide.min(free) as u16, text, style);
    }
}

/// A tab without a table says why, and what helps.
fn draw_empty(model: &Model, area: Rect, buf: &mut Buffer) {
    let theme = model.theme;
    let edit = model.key(Action::Edit);
    let in_file = model.key(Action::AsInFile);
    let opens = format!("{edit} opens the experiment file, and the table follows by itself");
    let name = |what: &str| format!("name one in it: `results: {{metrics: {{ipc: system.cpu.ipc}}}}`{what}; {opens}");
    let (what, advice): (&str, String) = match &model.results.refusal {
        None if model.results.shown.is_some() => {
            ("The table has no rows", "no simulation is among those that the view shows".to_owned())
        }
        None => ("Reading the experiment file", String::new()),
        Some(Refusal::NoMetric) => ("The experiment file names no metric", name(", or a stat under `watch:`")),
        Some(Refusal::NoStat) => (
            "No metric is named, and each glob under `watch:` matches several stats",
            name(" or `\"sum('*.numCycles')\"`"),
        ),
        Some(Refusal::NoFile(why)) => ("The experiment file cannot be used", format!("{why}; {opens}")),
        Some(Refusal::Wrong(why)) => ("There is no such table", format!("{why}; {in_file} shows the one of the file")),
    };
    grid::draw_message(buf, area, &[(what, theme.style(Role::Text)), (&advice, theme.style(Role::Dim))]);
}

/// What the table shows, for the upper edge, in so many columns: what says least of it goes first, and the name of the metric last.
pub(super) fn title(model: &Model, room: usize, focused: bool) -> Spans {
    let theme = model.theme;
    let results = &model.results;
    let dot = theme.glyph(Glyph::Dot);
    let name = |text: &str| vec![(format!(" {} ", Safe::line(text)), title_style(theme, focused))];
    let dim = |text: &str| vec![part(theme, Role::Dim, format!("{dot} {} ", Safe::line(text)))];
    let mut parts: Vec<(u8, Spans)> = Vec::new();
    if let Some(figure) = &results.figure
        && let Some(named) = figure.drawn.name()
    {
        parts.push((0, name(named)));
        parts.push((2, dim("figure of the file")));
        if figure.count() > 1 {
            parts.push((1, dim(&format!("metric {} of {}", figure.at + 1, figure.count()))));
        }
        return keep_fitting(parts, room, 0);
    }
    let Some(shown) = &results.shown else { return name("Results") };
    // A figure has the name of the metric above it.
    let (metric, how) = if let Some(figure) = &results.figure {
        (figure.drawn.word(), "")
    } else {
        let title = &shown.table().title;
        let metric = shown.metrics.get(shown.metric).filter(|metric| title.starts_with(metric.as_str()));
        title.split_at(metric.map_or(title.len(), String::len))
    };
    parts.push((0, name(metric)));
    if let Some(view) = &results.asked.view {
        parts.push((2, dim(&format!("view {view}"))));
    }
    if !shown.view.only.is_empty() {
        parts.push((4, dim(&format!("only {}", named(&shown.view.only)))));
    }
    if shown.metrics.len() > 1 {
        parts.push((5, dim(&format!("metric {} of {}", shown.metric + 1, shown.metrics.len()))));
    }
    // Without it nobody sees that the numbers are no numbers of the metric.
    if let Some(compared) = compared(shown) {
        parts.insert(1, (1, dim(&compared)));
    }
    // What is compared, in full or at least that it is: `(new/base, above 1 is better)`.
    let how = how.trim();
    let short = how.split_once(", ").map_or_else(|| how.to_owned(), |(short, _)| format!("{short})"));
    let others: usize = parts.iter().map(|(_, spans)| spans_width(spans)).sum();
    let how = if others + width::width(how) < room { how } else { &short };
    if !how.is_empty() {
        parts.insert(1, (3, vec![(format!("{} ", Safe::line(how)), title_style(theme, focused))]));
    }
    keep_fitting(parts, room, 0)
}

fn named(values: &[(String, String)]) -> String {
    values.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

/// What the numbers are compared with.
fn compared(shown: &Shown) -> Option<String> {
    let layout = &shown.built.layout;
    (layout.comparison() != Compare::None).then(|| format!("to {}", named(&layout.baseline)))
}

/// What stands in the lower edge, where the title has `room` columns.
pub(super) fn edge(model: &Model, room: usize) -> (Spans, Spans) {
    let theme = model.theme;
    let results = &model.results;
    if let Some(figure) = &results.figure {
        return (edge_of_figure(model, figure), Spans::new());
    }
    let Some(shown) = &results.shown else { return (Spans::new(), Spans::new()) };
    let dot = theme.glyph(Glyph::Dot);
    let mut left = Spans::new();
    let metric = shown.metrics.get(shown.metric).map_or(0, |metric| width::width(metric));
    // With a blank on either side of each, and a dot between them.
    if let Some(text) = compared(shown).filter(|text| metric + width::width(text) + 5 > room) {
        left.push(part(theme, Role::Text, format!(" {} {dot}", Safe::line(&text))));
    }
    let begins = !left.is_empty();
    match results.cell() {
        // What the cell has no room for: why it is empty, or its number in full.
        Some(Cell::Missing { word, reason }) => {
            left.push(part(theme, Role::Warn, format!(" {} ", Safe::line(&format!("{word}: {reason}")))));
        }
        Some(Cell::Value(value)) => {
            let n = if value.count > 1 { format!(", n = {}", value.count) } else { String::new() };
            let so_far = if value.is_provisional { ", so far" } else { "" };
            left.push(part(theme, Role::Text, format!(" {}{n}{so_far} ", human::exact(value.number))));
        }
        None => {}
    }
    let (role, text) = progress(model, shown);
    let lead = if left.len() == usize::from(begins) { " ".to_owned() } else { format!("{dot} ") };
    left.push(part(theme, role, format!("{lead}{text} ")));
    let width = usize::from(Areas::of(model).detail_inner().width);
    let seen = Grid::new(results, width, results.left).columns;
    let all = shown.table().columns.len();
    // What the numbers are goes before where they stand; that there are more is told in any case.
    let is_full = begins && spans_width(&left) + 28 > width;
    let right = match (seen.first(), seen.last()) {
        (Some(_), Some(_)) if is_full && seen.len() < all => {
            let more = human::plural((all - seen.len()) as u64, "more column");
            vec![part(theme, Role::Dim, format!(" {more} "))]
        }
        (Some((first, ..)), Some((last, ..))) if seen.len() < all => {
            vec![part(theme, Role::Dim, format!(" columns {} to {} of {all} ", first + 1, last + 1))]
        }
        _ => Spans::new(),
    };
    (left, right)
}

/// How much of a figure is there, and the way back.
fn edge_of_figure(model: &Model, figure: &Figure) -> Spans {
    let (theme, back) = (model.theme, model.key(Action::Back));
    let missing = figure.made.as_ref().and_then(|made| made.as_ref().ok()).map_or(0, |made| made.missing);
    let mut spans = vec![part(theme, Role::Dim, format!(" {back} shows the table "))];
    let (role, text) = match reading(model) {
        Some(text) => (Role::Accent, text),
        None if missing > 0 => (Role::Warn, format!("{} missing", human::plural(missing as u64, "cell"))),
        None => return spans,
    };
    spans.push(part(theme, role, format!("{} {text} ", theme.glyph(Glyph::Dot))));
    spans
}

/// How much has been read, until all is.
fn reading(model: &Model) -> Option<String> {
    let told = &model.results.told;
    let (read, total) = (human::count(told.read as u64), human::count(told.total as u64));
    (told.read < told.total).then(|| format!("reading {read} of {total}"))
}

/// How much has been read, or is missing.
fn progress(model: &Model, shown: &Shown) -> (Role, String) {
    if let Some(text) = reading(model) {
        return (Role::Accent, text);
    }
    let is_value = |cell: &Cell| matches!(cell, Cell::Value(value) if !value.is_provisional);
    let cells = shown.table().rows.iter().flat_map(|row| &row.cells);
    let (all, has_value) = (cells.clone().count(), cells.clone().any(is_value));
    let all = human::plural(all as u64, "cell");
    let text = match shown.built.missing {
        0 => all,
        _ if !has_value => "nothing has ended ok yet: cells fill by themselves".to_owned(),
        missing => format!("{all} {} {} missing", model.theme.glyph(Glyph::Dot), human::count(missing as u64)),
    };
    (Role::Dim, text)
}
