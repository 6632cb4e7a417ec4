//! What the list can be ordered by.

use ratatui::buffer::Buffer;

use super::draw_box;
use crate::text::width;
use crate::tui::actions::Action;
use crate::tui::model::Model;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::theme::{Glyph, Role, part};
use crate::tui::view::order_glyph;
use crate::tui::widgets::Spans;

/// Lines of the screen that the box leaves, and its own beside the choices.
const AROUND: usize = 6;

/// Draws the choices around the focused one, as many as there is room for.
pub(super) fn draw(model: &Model, at: usize, buf: &mut Buffer, spots: &mut Spots) {
    let theme = model.theme;
    let (current, sorts) = (model.list.sort(), model.sorts());
    let words: Vec<String> = sorts.iter().map(|sort| sort.word(model.header.as_ref(), &model.columns)).collect();
    let widest = words.iter().map(|word| width::width(word)).max().unwrap_or(0).clamp(8, 40);
    let rows = usize::from(model.height).saturating_sub(AROUND).clamp(1, sorts.len().max(1));
    let from = at.saturating_sub(rows / 2).min(sorts.len().saturating_sub(rows));
    let mut lines: Vec<Spans> = Vec::new();
    for (index, (sort, word)) in sorts.iter().zip(&words).enumerate().skip(from).take(rows) {
        let is_focused = index == at;
        let cursor = if is_focused { theme.glyph(Glyph::Cursor) } else { " " };
        let arrow = if *sort == current { theme.glyph(order_glyph(sort, model.list.is_reversed())) } else { " " };
        let role = if is_focused { Role::Selected } else { Role::Text };
        let word = width::fit(word, widest, width::Align::Left);
        lines.push(vec![
            part(theme, Role::Accent, cursor),
            part(theme, role, format!(" {word} ")),
            part(theme, if is_focused { role } else { Role::Accent }, arrow),
        ]);
    }
    let (take, turn) = (model.key(Action::Accept), model.key(Action::Reverse));
    lines.push(vec![part(theme, Role::Dim, format!("{take} takes it  {turn} again: the other way"))]);
    let fixed = lines.len();
    for (line, place) in draw_box(model, "Order by", &lines, fixed, buf, spots) {
        if line < fixed - 1 {
            spots.note(place, Spot::Choice(from + line));
        }
    }
}
