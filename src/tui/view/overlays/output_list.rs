//! The outputs of the shown attempt, above the line in which words for them are typed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use crate::text::human;
use crate::text::width::{self, Align};
use crate::tui::layout::Areas;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::model::{Model, OutputChoice, outputs};
use crate::tui::reading::OutputFile;
use crate::tui::theme::{Glyph, Role, part, title_style};
use crate::tui::view::frame::{Titles, draw_frame, mark_cursor, mark_scrolled};
use crate::tui::widgets::grid::{Cell, Column};
use crate::tui::widgets::{Spans, grid};

/// Rows of the longest list.
const ROWS: u16 = 14;
/// Columns of the widest one.
const WIDEST: u16 = 90;
/// Columns of a date without its seconds: `2026-11-27 09:41`, and with them.
const DATES: [u16; 2] = [16, 19];

/// Draws the list.
pub(super) fn draw(model: &Model, choice: &OutputChoice, buf: &mut Buffer, spots: &mut Spots) {
    let theme = model.theme;
    let found = outputs::found(model, choice.prompt.input.value());
    let area = frame(found.len(), Areas::of(model).footer);
    if area.area() == 0 {
        return;
    }
    Clear.render(area, buf);
    spots.note(area, Spot::Inside);
    buf.set_style(area, theme.style(Role::Text));
    let total = outputs::listed(model).len();
    let count = if found.len() == total { format!(" {total} ") } else { format!(" {} of {total} ", found.len()) };
    let left = vec![(" Outputs ".to_owned(), title_style(theme, true))];
    let right = if total > 0 { vec![part(theme, Role::Dim, count)] } else { Spans::new() };
    draw_frame(theme, area, true, &Titles { left, right, ..Titles::default() }, buf);
    let inner = Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2);
    if found.is_empty() {
        let said = if total == 0 { "looking for what the attempt has written" } else { "no output has these words" };
        return grid::draw_message(buf, inner, &[(said, theme.style(Role::Dim))]);
    }
    let rows = usize::from(inner.height);
    let at = outputs::focused(choice, &found);
    let offset = (at + 1).saturating_sub(rows);
    let visible: Vec<&OutputFile> = found.iter().skip(offset).take(rows).copied().collect();
    let longest = visible.iter().map(|file| width::width(&file.name)).max().unwrap_or(0);
    let columns = [
        Column::new("", 8, u16::try_from(longest).unwrap_or(u16::MAX), 0, Align::Left),
        Column::new("", 9, 9, 1, Align::Right),
        Column::new("", DATES[0], DATES[1], 2, Align::Left),
        Column::new("", 5, 5, 3, Align::Left),
    ];
    let widths = grid::fit(&columns, inner.width.saturating_sub(2));
    let date = widths[2].filter(|wide| *wide >= DATES[1]).map_or(DATES[0], |_| DATES[1]);
    for (line, file) in visible.iter().enumerate() {
        let row = Rect { y: inner.y + line as u16, height: 1, ..inner };
        let inside = Rect { x: row.x + 1, width: row.width.saturating_sub(2), ..row };
        grid::draw_row(buf, inside, &columns, &widths, &cells(model, file, date.into()));
        spots.note(row, Spot::Choice(offset + line));
        if offset + line == at {
            mark_cursor(theme, row, true, buf);
        }
    }
    mark_scrolled(theme, area, true, offset..offset + rows, found.len(), buf);
}

/// Its name, how large it is, when it was written last, and whether it is the one that is shown.
fn cells(model: &Model, file: &OutputFile, date: usize) -> [Cell; 4] {
    let theme = model.theme;
    let role = if file.bytes.is_none_or(|bytes| bytes == 0) { Role::Dim } else { Role::Text };
    let size = file.bytes.map_or_else(|| theme.glyph(Glyph::NoValue).to_owned(), human::bytes);
    let written =
        if file.bytes.is_some() { file.modified.get(..date).unwrap_or(&file.modified) } else { "not written" };
    let shown = if outputs::is_shown(model, &file.path) { "shown" } else { "" };
    [
        vec![part(theme, role, file.name.as_str())],
        vec![part(theme, role, size)],
        vec![part(theme, Role::Dim, written)],
        vec![part(theme, Role::Accent, shown)],
    ]
}

/// Above the footer, as high as what was found, and never over the footer itself.
fn frame(found: usize, footer: Rect) -> Rect {
    let found = u16::try_from(found).unwrap_or(u16::MAX).clamp(1, ROWS);
    let height = (found + 2).min(footer.y);
    if height < 3 || footer.width < 12 {
        return Rect::default();
    }
    Rect { x: footer.x, y: footer.y - height, width: footer.width.min(WIDEST), height }
}
