//! Which columns the list has.

use ratatui::buffer::Buffer;

use super::draw_box;
use crate::text::width;
use crate::tui::actions::Action;
use crate::tui::layout::Areas;
use crate::tui::layout::list_columns::{FIXED, Kind, columns};
use crate::tui::model::Model;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::theme::{Glyph, Role, part};
use crate::tui::widgets::Spans;

/// Lines of the screen that the box leaves, and its own beside the choices.
const AROUND: usize = 6;

/// Draws the choices around the focused one, as many as there is room for.
pub(super) fn draw(model: &Model, at: usize, buf: &mut Buffer, spots: &mut Spots) {
    let theme = model.theme;
    let now = columns(model, Areas::of(model).list_columns());
    let entries: Vec<(bool, bool, String)> = now
        .kinds
        .iter()
        .zip(&now.columns)
        .zip(&now.widths)
        .skip(FIXED)
        .map(|((kind, column), width)| {
            let word = match kind {
                Kind::Parameters => "parameters, all in one".to_owned(),
                Kind::Parameter(_) => format!("parameter {}", column.title),
                _ => column.title.clone(),
            };
            (model.choice.shows(&kind.key(model), kind.is_usual()), width.is_some(), word)
        })
        .collect();
    let widest = entries.iter().map(|(.., word)| width::width(word)).max().unwrap_or(0).clamp(8, 40);
    let rows = usize::from(model.height).saturating_sub(AROUND).clamp(1, entries.len().max(1));
    let from = at.saturating_sub(rows / 2).min(entries.len().saturating_sub(rows));
    let mut lines: Vec<Spans> = Vec::new();
    for (index, (is_chosen, is_seen, word)) in entries.iter().enumerate().skip(from).take(rows) {
        let is_focused = index == at;
        let cursor = if is_focused { theme.glyph(Glyph::Cursor) } else { " " };
        let mark = if *is_chosen { "[x]" } else { "[ ]" };
        let role = if is_focused { Role::Selected } else { Role::Text };
        let room = if *is_chosen && !*is_seen { "no room" } else { "" };
        lines.push(vec![
            part(theme, Role::Accent, cursor),
            part(theme, role, format!(" {mark} {} ", width::fit(word, widest, width::Align::Left))),
            part(theme, if is_focused { role } else { Role::Dim }, format!(" {room:<7}")),
        ]);
    }
    let (toggle, right) = (model.key(Action::Toggle), model.key(Action::ColumnsRight));
    lines.push(vec![part(theme, Role::Dim, format!("{toggle} shows or hides  {right} in the list scrolls"))]);
    let fixed = lines.len();
    for (line, place) in draw_box(model, "Columns", &lines, fixed, buf, spots) {
        if line < fixed - 1 {
            spots.note(place, Spot::Choice(from + line));
        }
    }
}
