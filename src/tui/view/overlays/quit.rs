//! How to leave.

use ratatui::buffer::Buffer;

use super::{draw_box, inner_width};
use crate::protocol::QueueState;
use crate::text::human;
use crate::tui::actions::{Action, Context};
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::model::{Model, QuitChoice};
use crate::tui::theme::{Glyph, Role, part};
use crate::tui::widgets::{Spans, wrap};

/// Columns of the longest explanation.
const MEANING: usize = 54;

/// Draws the choices.
pub(super) fn draw(model: &Model, focused: QuitChoice, buf: &mut Buffer, spots: &mut Spots) {
    let theme = model.theme;
    let (counts, scripts) = (model.simulations(), model.list.suites());
    let mut live = human::plural(u64::from(counts.running + counts.paused), "simulation");
    if scripts.running + scripts.paused > 0 {
        live = format!("{live} and {}", human::plural(u64::from(scripts.running + scripts.paused), "suite"));
    }
    let waiting = counts.queued + counts.blocked + scripts.queued + scripts.blocked;
    let is_paused = model.header.as_ref().is_some_and(|view| view.header.queue == QueueState::Paused);
    let mut lines: Vec<Spans> = vec![Spans::new()];
    let state = format!("{live} running or paused, {waiting} waiting.");
    lines.extend(wrap(&state, inner_width(model)).into_iter().map(|row| vec![part(theme, Role::Text, row)]));
    lines.push(Spans::new());
    let side_by_side = inner_width(model) >= MEANING + 16;
    let mut explained = Vec::new();
    let first = lines.len();
    for choice in QuitChoice::ALL {
        let (word, meaning, action) = match choice {
            QuitChoice::Stay => ("stay", "do not leave", Action::No),
            QuitChoice::Detach if is_paused => {
                ("detach", "leave; what runs goes on, what waits stays paused", Action::Detach)
            }
            QuitChoice::Detach => ("detach", "leave; everything goes on in the background", Action::Detach),
            QuitChoice::Drain => ("drain", "leave; what runs may finish, nothing more is launched", Action::Drain),
            QuitChoice::CancelAll => ("cancel all", "end everything; asks once more", Action::CancelAll),
        };
        let key = model.keymap.word(&[Context::Leave], action, theme.unicode);
        let is_focused = choice == focused;
        let cursor = if is_focused { theme.glyph(Glyph::Cursor) } else { " " };
        let role = if is_focused { Role::Selected } else { Role::Text };
        let letter = if is_focused { role } else { Role::Accent };
        let mut entry = vec![
            part(theme, Role::Accent, cursor),
            part(theme, letter, format!(" {key:<2}")),
            part(theme, role, format!(" {word:<11}")),
        ];
        if side_by_side {
            let role = if is_focused { Role::Selected } else { Role::Dim };
            entry.push(part(theme, role, format!("{meaning:<MEANING$}")));
        } else if is_focused {
            explained = wrap(meaning, inner_width(model));
        }
        lines.push(entry);
    }
    let mut fixed = QuitChoice::ALL.len() + 1;
    if !side_by_side {
        // Where there is no room beside the choices, the focused one is explained below them.
        lines.push(Spans::new());
        fixed += 1 + explained.len();
        lines.extend(explained.into_iter().map(|row| vec![part(theme, Role::Dim, row)]));
    }
    lines.push(Spans::new());
    for (line, place) in draw_box(model, "Leave?", &lines, fixed, buf, spots) {
        if let Some(at) = line.checked_sub(first).filter(|at| *at < QuitChoice::ALL.len()) {
            spots.note(place, Spot::Choice(at));
        }
    }
}
