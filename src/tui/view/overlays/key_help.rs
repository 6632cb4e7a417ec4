//! The keys, over everything else.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use crate::tui::actions::{Action, Context};
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::model::{Help, Model};
use crate::tui::pages::help::{frame_width, lines, page};
use crate::tui::theme::{Role, part, title_style};
use crate::tui::view::frame::{Titles, draw_frame, mark_scrolled};
use crate::tui::widgets::put_spans;

/// Draws the help.
pub(super) fn draw(model: &Model, help: &Help, buf: &mut Buffer, spots: &mut Spots) {
    let screen = *buf.area();
    let lines = lines(model, &help.filter);
    let width = frame_width(model).min(screen.width);
    // The box does not shrink while words are typed, and what is typed stands below it.
    let wanted = if help.filter.is_empty() && help.typing.is_none() { lines.len() } else { page(model) };
    let height = u16::try_from(wanted.min(page(model)) + 2).unwrap_or(u16::MAX).min(screen.height);
    let top = screen.height.saturating_sub(height + 1) / 2;
    let area = Rect::new((screen.width - width) / 2, top, width, height);
    Clear.render(area, buf);
    spots.note(area, Spot::Inside);
    if area.width < 10 || area.height < 3 {
        return;
    }
    let left = vec![(" Keys ".to_owned(), title_style(model.theme, true))];
    let find = model.keymap.word(&[Context::Help], Action::Find, model.theme.unicode);
    let keys = format!(" {find} searches  {} closes ", model.key(Action::Back));
    let bottom_right = vec![part(model.theme, Role::Dim, keys)];
    draw_frame(model.theme, area, true, &Titles { left, bottom_right, ..Titles::default() }, buf);
    let rows = usize::from(area.height - 2);
    let offset = help.offset.min(lines.len().saturating_sub(rows));
    for (at, line) in lines.iter().skip(offset).take(rows).enumerate() {
        put_spans(buf, area.x + 2, area.y + 1 + at as u16, area.width - 4, line);
    }
    mark_scrolled(model.theme, area, true, offset..offset + rows, lines.len(), buf);
}
