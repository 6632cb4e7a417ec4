//! A question with yes and no.

use ratatui::buffer::Buffer;

use super::{Buttons, draw_box, inner_width};
use crate::tui::actions::Action;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::model::{Confirm, Model};
use crate::tui::theme::{Role, part};
use crate::tui::widgets::{Spans, wrap};

/// Draws the question.
pub(super) fn draw(model: &Model, confirm: &Confirm, buf: &mut Buffer, spots: &mut Spots) {
    let theme = model.theme;
    let mut lines: Vec<Spans> = vec![Spans::new()];
    for line in &confirm.consequences {
        lines.extend(wrap(line, inner_width(model)).into_iter().map(|row| vec![part(theme, Role::Text, row)]));
    }
    lines.push(Spans::new());
    let choices = [(Action::No, confirm.no, !confirm.yes_focused), (Action::Yes, confirm.yes, confirm.yes_focused)];
    let buttons = Buttons::new(model, &choices);
    let first = lines.len();
    lines.extend(buttons.lines.iter().cloned());
    lines.push(Spans::new());
    let seen = draw_box(model, &confirm.title, &lines, buttons.lines.len() + 1, buf, spots);
    for (at, place) in buttons.seen(first, &seen) {
        spots.note(place, if at == 0 { Spot::No } else { Spot::Yes });
    }
}
