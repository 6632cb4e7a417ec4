//! The actions that words find, above the line in which the words are typed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use crate::text::width;
use crate::tui::layout::Areas;
use crate::tui::model::found::Found;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::model::{Model, Palette};
use crate::tui::theme::{Role, part, title_style};
use crate::tui::view::frame::{Titles, draw_frame, mark_cursor, mark_scrolled};
use crate::tui::widgets::{Spans, grid, put_spans};

/// Rows of the longest list.
const ROWS: u16 = 12;
/// Columns of the widest one.
const WIDEST: u16 = 110;
/// Columns of the keys and of the names.
const KEYS: usize = 8;
const NAMES: usize = 17;

/// Draws the list.
pub(super) fn draw(model: &Model, palette: &Palette, buf: &mut Buffer, spots: &mut Spots) {
    let theme = model.theme;
    let footer = Areas::of(model).footer;
    let area = frame(palette, footer);
    if area.area() == 0 {
        return;
    }
    Clear.render(area, buf);
    spots.note(area, Spot::Inside);
    buf.set_style(area, theme.style(Role::Text));
    let total = palette.found.len();
    let left = vec![(" Commands ".to_owned(), title_style(theme, true))];
    let right = if total > 0 { vec![part(theme, Role::Dim, format!(" {total} "))] } else { Spans::new() };
    draw_frame(theme, area, true, &Titles { left, right, ..Titles::default() }, buf);
    let inner = Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2);
    if palette.found.is_empty() {
        let is_number = palette.prompt.input.value().trim().starts_with(|c: char| c.is_ascii_digit() || c == '$');
        let said = if is_number { "enter goes there" } else { "no action has these words" };
        return grid::draw_message(buf, inner, &[(said, theme.style(Role::Dim))]);
    }
    let rows = usize::from(inner.height);
    let at = palette.at.unwrap_or(0);
    let offset = (at + 1).saturating_sub(rows);
    for (line, (index, (found, obstacle))) in palette.found.iter().enumerate().skip(offset).take(rows).enumerate() {
        let row = Rect { y: inner.y + line as u16, height: 1, ..inner };
        put_spans(buf, row.x + 1, row.y, row.width.saturating_sub(1), &row_of(model, *found, *obstacle));
        spots.note(row, Spot::Choice(index));
        if Some(index) == palette.at {
            mark_cursor(theme, row, true, buf);
        }
    }
    mark_scrolled(theme, area, true, offset..offset + rows, total, buf);
}

/// Above the footer, as high as what was found, and never over the footer itself.
fn frame(palette: &Palette, footer: Rect) -> Rect {
    let found = u16::try_from(palette.found.len()).unwrap_or(u16::MAX).clamp(1, ROWS);
    let height = (found + 2).min(footer.y);
    if height < 3 || footer.width < 12 {
        return Rect::default();
    }
    Rect { x: footer.x, y: footer.y - height, width: footer.width.min(WIDEST), height }
}

/// Its key, its name, and what it does; or why it would do nothing.
fn row_of(model: &Model, found: Found, obstacle: Option<&'static str>) -> Spans {
    let theme = model.theme;
    let entry = found.entry;
    let binding = model.keymap.of(found.context).find(|binding| binding.entry.name == entry.name);
    let key = binding.and_then(|binding| binding.chords.first()).map(|chord| chord.show(theme.unicode));
    let key = key.unwrap_or_default();
    let pad = |text: &str, columns: usize| " ".repeat(columns.saturating_sub(width::width(text)).max(1));
    let (name, help) = match obstacle {
        None => (Role::Title, Role::Text),
        Some(_) => (Role::Dim, Role::Dim),
    };
    let mut row = vec![
        part(theme, Role::Accent, key.clone()),
        part(theme, Role::Text, pad(&key, KEYS)),
        part(theme, name, entry.name),
        part(theme, Role::Text, pad(entry.name, NAMES)),
    ];
    if let Some(obstacle) = obstacle {
        row.push(part(theme, Role::Dim, format!("not now: {obstacle}")));
        return row;
    }
    row.push(part(theme, help, entry.help));
    if !found.is_here {
        row.push(part(theme, Role::Dim, format!("  in {}", found.context.heading())));
    }
    row
}
