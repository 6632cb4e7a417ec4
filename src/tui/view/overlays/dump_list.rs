//! The dumps of the shown attempt: when each was written, what it counts, and what it is called.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use crate::text::human;
use crate::text::width::{self, Align};
use crate::tui::actions::Action;
use crate::tui::model::Model;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::reading::{DumpLine, StatsReading};
use crate::tui::theme::{Glyph, Role, part, title_style};
use crate::tui::view::frame::{Titles, draw_frame, mark_cursor, mark_scrolled};
use crate::tui::view::stats_tab;
use crate::tui::widgets::grid::{Cell, Column};
use crate::tui::widgets::{Spans, grid};

/// Wider boxes are hard to read.
const WIDEST: u16 = 90;
/// Columns beside the lines.
const EDGES: u16 = 3;

/// Draws the list; the one that is shown where none is chosen stands above the others.
pub(super) fn draw(model: &Model, focused: Option<u32>, buf: &mut Buffer, spots: &mut Spots) {
    let Some(reading) = &model.stats.reading else { return };
    let (screen, theme) = (*buf.area(), model.theme);
    let total = reading.choices.len() + 1;
    let height = u16::try_from(total + 3).unwrap_or(u16::MAX).min(screen.height.saturating_sub(2).max(1));
    let at = focused.map_or(0, |number| reading.choices.partition_point(|dump| dump.number < number) + 1);
    let rows = usize::from(height.saturating_sub(3)).max(1);
    let offset = at.saturating_sub(rows - 1);
    let visible: Vec<(usize, Vec<Cell>)> =
        (offset..total).take(rows).map(|at| (at, cells(model, reading, at))).collect();
    let columns = columns(&visible);
    let wanted = u16::try_from(grid::ideal_width(&columns)).unwrap_or(u16::MAX).saturating_add(EDGES);
    let width = wanted.clamp(50, WIDEST).min(screen.width);
    let area = Rect::new((screen.width - width) / 2, (screen.height - height) * 2 / 5, width, height);
    Clear.render(area, buf);
    spots.note(area, Spot::Inside);
    buf.set_style(area, theme.style(Role::Text));
    if area.width < 12 || area.height < 4 {
        return;
    }
    draw_frame(theme, area, true, &titles(model, reading), buf);
    let inner = Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2);
    let widths = grid::fit(&columns, inner.width.saturating_sub(1));
    let line = |y: u16| Rect { x: inner.x + 1, width: inner.width.saturating_sub(1), y, height: 1 };
    grid::draw_heads(buf, line(inner.y), &columns, &widths, theme.style(Role::Dim));
    for (y, (this, cells)) in (inner.y + 1..inner.bottom()).zip(&visible) {
        if *this == 0 {
            // It is a sentence, and no row of the table.
            crate::tui::widgets::put_spans(buf, inner.x + 1, y, inner.width.saturating_sub(1), &cells.concat());
        } else {
            grid::draw_row(buf, line(y), &columns, &widths, cells);
        }
        spots.note(Rect { y, height: 1, ..inner }, Spot::Choice(*this));
        if *this == at {
            mark_cursor(theme, Rect { y, height: 1, ..inner }, true, buf);
        }
    }
    mark_scrolled(theme, area, true, offset..offset + rows, total, buf);
}

fn titles(model: &Model, reading: &StatsReading) -> Titles {
    let theme = model.theme;
    let (all, kept) = (reading.dumps, reading.choices.len() as u64);
    let of = if kept < all { format!("of {} ", human::count(all)) } else { String::new() };
    let count = format!("{} {of}", human::count(kept));
    let (show, close) = (model.key(Action::Accept), model.key(Action::Back));
    Titles {
        left: vec![(" Dumps ".to_owned(), title_style(theme, true)), part(theme, Role::Text, count)],
        bottom_right: vec![part(theme, Role::Dim, format!(" {show} shows it  {close} closes "))],
        ..Titles::default()
    }
}

fn columns(visible: &[(usize, Vec<Cell>)]) -> [Column; 4] {
    let longest = |column: usize| {
        let cells = visible.iter().filter(|(at, _)| *at > 0).filter_map(|(_, cells)| cells.get(column));
        cells.map(|cell| crate::tui::widgets::spans_width(cell)).max().unwrap_or(0)
    };
    let column = |at: usize, title: &str, min: usize, priority: u8, align: Align| {
        let ideal = longest(at).max(width::width(title));
        Column { title: title.to_owned(), min: min as u16, ideal: ideal as u16, priority, align }
    };
    [
        column(0, "dump", 4, 0, Align::Right),
        column(1, "at tick", longest(1).clamp(7, 20), 1, Align::Right),
        column(2, "counts", longest(2).clamp(6, 12), 2, Align::Right),
        column(3, "", 4, 3, Align::Left),
    ]
}

fn cells(model: &Model, reading: &StatsReading, at: usize) -> Vec<Cell> {
    let theme = model.theme;
    let Some(dump) = at.checked_sub(1).and_then(|at| reading.choices.get(at)) else {
        let live = model.shown_attempt().is_some_and(|attempt| attempt.outcome.is_none());
        let number = reading.usual.map_or_else(String::new, |number| format!("dump {}, ", human::count(number.into())));
        let text = format!("{number}{}", if live { "the last one, and each that comes" } else { "the result" });
        return vec![vec![part(theme, Role::Text, text)]];
    };
    let tick = dump.tick.map_or_else(|| theme.glyph(Glyph::NoValue).to_owned(), human::full);
    let counts = stats_tab::length(dump).unwrap_or_else(|| theme.glyph(Glyph::NoValue).to_owned());
    vec![
        vec![part(theme, Role::Text, human::count(dump.number.into()))],
        vec![part(theme, Role::Text, tick)],
        vec![part(theme, Role::Text, counts)],
        remarks(model, reading, dump),
    ]
}

/// What the script calls it, and what else there is to know.
fn remarks(model: &Model, reading: &StatsReading, dump: &DumpLine) -> Spans {
    let theme = model.theme;
    let mut spans = Spans::new();
    if u64::from(dump.number) == reading.shown {
        spans.push(part(theme, Role::Accent, "shown  "));
    }
    if dump.is_asked {
        spans.push(part(theme, Role::Warn, "asked for  "));
    }
    if let Some(label) = &dump.label {
        spans.push(part(theme, Role::Text, label.as_str()));
    }
    spans
}
