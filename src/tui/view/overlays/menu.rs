//! A menu: choices one below the other, around the focused one as many as there is room for.

use ratatui::buffer::Buffer;

use super::draw_box;
use crate::text::width;
use crate::tui::model::Model;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::theme::{Glyph, Role, part};
use crate::tui::widgets::Spans;

/// Lines of the screen that the box leaves, and its own beside the choices.
const AROUND: usize = 6;

/// Columns of the longest word of a choice.
const WORDS: usize = 40;

/// What can be chosen.
pub(super) struct Menu<'m> {
    /// What is chosen.
    pub title: &'m str,
    /// The choices, each with the sign that stands behind it, which may be empty.
    pub choices: Vec<(String, &'m str)>,
    /// What the signs look like.
    pub signs: Role,
    /// What the keys do, below the choices.
    pub advice: String,
}

/// Draws a menu of which the choice at `at` is focused.
pub(super) fn draw(model: &Model, menu: &Menu<'_>, at: usize, buf: &mut Buffer, spots: &mut Spots) {
    let theme = model.theme;
    let count = menu.choices.len();
    let widest = |texts: &mut dyn Iterator<Item = &str>| texts.map(width::width).max().unwrap_or(0);
    let words = widest(&mut menu.choices.iter().map(|(word, _)| word.as_str())).clamp(8, WORDS);
    let signs = widest(&mut menu.choices.iter().map(|(_, sign)| *sign));
    let rows = usize::from(model.height).saturating_sub(AROUND).clamp(1, count.max(1));
    let from = at.saturating_sub(rows / 2).min(count.saturating_sub(rows));
    let mut lines: Vec<Spans> = Vec::new();
    for (index, (word, sign)) in menu.choices.iter().enumerate().skip(from).take(rows) {
        let is_focused = index == at;
        let cursor = if is_focused { theme.glyph(Glyph::Cursor) } else { " " };
        let role = |role| if is_focused { Role::Selected } else { role };
        lines.push(vec![
            part(theme, Role::Accent, cursor),
            part(theme, role(Role::Text), format!(" {} ", width::fit(word, words, width::Align::Left))),
            part(theme, role(menu.signs), width::fit(sign, signs, width::Align::Left)),
        ]);
    }
    // Nobody must take what is seen for all.
    let place = if rows < count { format!("{} of {count}  ", at + 1) } else { String::new() };
    lines.push(vec![part(theme, Role::Dim, format!("{place}{}", menu.advice))]);
    let fixed = lines.len();
    for (line, place) in draw_box(model, menu.title, &lines, fixed, buf, spots) {
        if line < fixed - 1 {
            spots.note(place, Spot::Choice(from + line));
        }
    }
}
