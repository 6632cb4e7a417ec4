//! What a cell of results is made of.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use crate::text::{Safe, width};
use crate::tui::actions::Action;
use crate::tui::model::Model;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::pages::cell;
use crate::tui::theme::{Role, part, title_style};
use crate::tui::view::frame::{Titles, draw_frame, mark_scrolled};
use crate::tui::widgets::{put_spans, spans_width};

/// Draws the box from a line on.
pub(super) fn draw(model: &Model, offset: usize, buf: &mut Buffer, spots: &mut Spots) {
    let screen = *buf.area();
    let theme = model.theme;
    let lines = cell::lines(model);
    let title = Safe::line(&cell::title(model));
    let key = |action| model.key(action);
    let list = format!(" {} shows them in the list ", key(Action::Accept));
    let list = if model.results.behind.is_some() { list } else { String::new() };
    let keys = format!("{list} {} closes ", key(Action::Back));
    let widest = lines.iter().map(|line| spans_width(line)).max().unwrap_or(0);
    let widest = widest.max(width::width(&title) + 2).max(width::width(&keys)).min(cell::columns(model));
    let across = u16::try_from(widest + 4).unwrap_or(u16::MAX).min(screen.width);
    let down = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(screen.height.saturating_sub(2).max(1));
    let area = Rect::new((screen.width - across) / 2, (screen.height - down) * 2 / 5, across, down);
    Clear.render(area, buf);
    spots.note(area, Spot::Inside);
    buf.set_style(area, theme.style(Role::Text));
    if area.width < 8 || area.height < 3 {
        return;
    }
    let room = usize::from(area.width).saturating_sub(6);
    let left = vec![(format!(" {} ", width::truncate_middle(&title, room)), title_style(theme, true))];
    let bottom_right = vec![part(theme, Role::Dim, keys)];
    draw_frame(theme, area, true, &Titles { left, bottom_right, ..Titles::default() }, buf);
    let rows = usize::from(area.height - 2);
    let offset = offset.min(lines.len().saturating_sub(rows));
    for (at, line) in lines.iter().skip(offset).take(rows).enumerate() {
        put_spans(buf, area.x + 2, area.y + 1 + at as u16, area.width - 4, line);
    }
    mark_scrolled(theme, area, true, offset..offset + rows, lines.len(), buf);
}
