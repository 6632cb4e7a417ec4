//! By what the list can be grouped.

use ratatui::buffer::Buffer;

use super::draw_box;
use crate::text::{Safe, width};
use crate::tui::actions::Action;
use crate::tui::model::Model;
use crate::tui::model::groups::ways;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::theme::{Glyph, Role, part};
use crate::tui::widgets::Spans;

/// Lines of the screen that the box leaves, and its own beside the choices.
const AROUND: usize = 6;

/// Draws the choices around the focused one, as many as there is room for.
pub(super) fn draw(model: &Model, at: usize, buf: &mut Buffer, spots: &mut Spots) {
    let theme = model.theme;
    let ways = ways(model);
    let word = |way: &Vec<String>| match way.as_slice() {
        [] => "nothing".to_owned(),
        names => Safe::line(&names.join(" and ")).into_string(),
    };
    let words: Vec<String> = ways.iter().map(word).collect();
    let widest = words.iter().map(|word| width::width(word)).max().unwrap_or(0).clamp(8, 40);
    let rows = usize::from(model.height).saturating_sub(AROUND).clamp(1, ways.len().max(1));
    let from = at.saturating_sub(rows / 2).min(ways.len().saturating_sub(rows));
    let mut lines: Vec<Spans> = Vec::new();
    for (index, (way, word)) in ways.iter().zip(&words).enumerate().skip(from).take(rows) {
        let is_focused = index == at;
        let cursor = if is_focused { theme.glyph(Glyph::Cursor) } else { " " };
        let now = if way == model.list.grouped_by() { theme.glyph(Glyph::Marked) } else { " " };
        let role = if is_focused { Role::Selected } else { Role::Text };
        let word = width::fit(word, widest, width::Align::Left);
        lines.push(vec![
            part(theme, Role::Accent, cursor),
            part(theme, role, format!(" {word} ")),
            part(theme, if is_focused { role } else { Role::Accent }, now),
        ]);
    }
    let take = model.key(Action::Accept);
    lines.push(vec![part(theme, Role::Dim, format!("{take} groups the list"))]);
    let fixed = lines.len();
    for (line, place) in draw_box(model, "Group by", &lines, fixed, buf, spots) {
        if line < fixed - 1 {
            spots.note(place, Spot::Choice(from + line));
        }
    }
}
