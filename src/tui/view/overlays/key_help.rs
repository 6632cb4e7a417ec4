//! The keys, over everything else.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use crate::tui::actions::Action;
use crate::tui::model::Model;
use crate::tui::pages::help::{frame_width, lines};
use crate::tui::theme::{Role, part, title_style};
use crate::tui::view::frame::{Titles, draw_frame, mark_scrolled};
use crate::tui::widgets::put_spans;

/// Draws the help.
pub(super) fn draw(model: &Model, offset: usize, buf: &mut Buffer) {
    let screen = *buf.area();
    let lines = lines(model);
    let width = frame_width(model).min(screen.width);
    let height = screen.height.min(u16::try_from(lines.len() + 2).unwrap_or(u16::MAX));
    let area = Rect::new((screen.width - width) / 2, (screen.height - height) / 2, width, height);
    Clear.render(area, buf);
    if area.width < 10 || area.height < 3 {
        return;
    }
    let left = vec![(" Keys ".to_owned(), title_style(model.theme, true))];
    let bottom_right = vec![part(model.theme, Role::Dim, format!(" {} closes ", model.key(Action::Back)))];
    draw_frame(model.theme, area, true, &Titles { left, bottom_right, ..Titles::default() }, buf);
    let rows = usize::from(area.height - 2);
    let offset = offset.min(lines.len().saturating_sub(rows));
    for (at, line) in lines.iter().skip(offset).take(rows).enumerate() {
        put_spans(buf, area.x + 2, area.y + 1 + at as u16, area.width - 4, line);
    }
    mark_scrolled(model.theme, area, true, offset..offset + rows, lines.len(), buf);
}
