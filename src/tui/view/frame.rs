//! Frames with titles, and the pages that are read in them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::symbols::border;
use ratatui::widgets::{Block, Widget};

use crate::tui::layout::Areas;
use crate::tui::model::{Focus, Model};
use crate::tui::theme::{Colours, Glyph, Role, Theme};
use crate::tui::widgets::{Spans, grid, put, put_spans, scroll_mark, spans_width};

const ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

const ASCII_FOCUSED: border::Set<'static> =
    border::Set { horizontal_top: "=", horizontal_bottom: "=", vertical_left: "#", vertical_right: "#", ..ASCII };

/// What stands in the frame of a pane.
#[derive(Debug, Default)]
pub(super) struct Titles {
    /// In the upper edge, on the left.
    pub(super) left: Spans,
    /// In the upper edge, on the right.
    pub(super) right: Spans,
    /// In the lower edge, on the left.
    pub(super) bottom_left: Spans,
    /// In the lower edge, on the right.
    pub(super) bottom_right: Spans,
}

/// Draws the frame of a pane with its titles. Where room is short, the right title stays and the left one is cut. Gives the column
/// where the right one in the upper edge begins, if it has room.
pub(super) fn draw_frame(theme: Theme, area: Rect, focused: bool, titles: &Titles, buf: &mut Buffer) -> Option<u16> {
    let role = if focused { Role::BorderFocused } else { Role::Border };
    let set = match (theme.unicode, focused, theme.colours) {
        (false, true, _) => ASCII_FOCUSED,
        (false, false, _) => ASCII,
        // Without colours the focus must show in the lines themselves.
        (true, true, Colours::None) => border::THICK,
        (true, _, _) => border::PLAIN,
    };
    Block::bordered().border_set(set).border_style(theme.style(role)).render(area, buf);
    let right = draw_edge(area, area.y, &titles.left, &titles.right, buf);
    if area.height > 1 {
        draw_edge(area, area.bottom() - 1, &titles.bottom_left, &titles.bottom_right, buf);
    }
    right
}

fn draw_edge(area: Rect, y: u16, left: &Spans, right: &Spans, buf: &mut Buffer) -> Option<u16> {
    let room = area.width.saturating_sub(2);
    let width = |spans: &Spans| u16::try_from(spans_width(spans)).unwrap_or(u16::MAX);
    let right_width = width(right);
    let right_fits = right_width > 0 && right_width <= room;
    if right_fits {
        let x = area.right() - 1 - right_width;
        buf.set_style(Rect::new(x, y, right_width, 1), Style::reset());
        put_spans(buf, x, y, right_width, right);
    }
    let room = if right_fits { room.saturating_sub(right_width + 1) } else { room };
    if room >= 4 {
        // A title must not take over the colour of the frame that it stands in.
        buf.set_style(Rect::new(area.x + 1, y, width(left).min(room), 1), Style::reset());
        put_spans(buf, area.x + 1, y, room, left);
    }
    right_fits.then(|| area.right() - 1 - right_width)
}

/// Shows in the right edge of a pane which of so many rows are seen, if not all are.
pub(super) fn mark_scrolled(
    theme: Theme,
    pane: Rect,
    focused: bool,
    seen: std::ops::Range<usize>,
    total: usize,
    buf: &mut Buffer,
) {
    let style = theme.style(if focused { Role::BorderFocused } else { Role::Dim });
    scroll_mark(buf, pane, seen.start, seen.len(), total, theme.glyph(Glyph::Scroll), style);
}

/// Shows that the cursor is on a row. One that waits for its pane to have the keys is fainter.
pub(super) fn mark_cursor(theme: Theme, row: Rect, focused: bool, buf: &mut Buffer) {
    let role = if focused { Role::Selected } else { Role::SelectedElsewhere };
    // What is faint beside the cursor could not be read on its ground.
    buf.set_style(row, theme.style(role).remove_modifier(Modifier::DIM));
    put(buf, row.x, row.y, 1, theme.glyph(Glyph::Cursor), theme.style(Role::Accent));
}

/// Draws the lines of a tab that is read like a page, from the one at `offset` on.
pub(super) fn draw_page(model: &Model, areas: &Areas, lines: &[Spans], offset: usize, buf: &mut Buffer) {
    let area = areas.detail_inner();
    if lines.is_empty() {
        let message = [("No simulation is selected", model.theme.style(Role::Text))];
        return grid::draw_message(buf, area, &message);
    }
    let height = usize::from(area.height);
    let offset = offset.min(lines.len().saturating_sub(height));
    for (at, line) in lines.iter().skip(offset).take(height).enumerate() {
        put_spans(buf, area.x + 1, area.y + at as u16, area.width.saturating_sub(1), line);
    }
    if areas.framed {
        let focused = model.focus == Focus::Detail;
        mark_scrolled(model.theme, areas.detail, focused, offset..offset + height, lines.len(), buf);
    }
}
