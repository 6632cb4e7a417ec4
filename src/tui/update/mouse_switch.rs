//! Whether the mouse is ours. Part of `update`.

use super::say::{Command, tell};
use crate::text::Safe;
use crate::tui::actions::Action;
use crate::tui::model::{Model, Mouse};

/// Leaves the mouse to the terminal, or takes it back.
pub(super) fn toggle(model: &mut Model, commands: &mut Vec<Command>) {
    let is_on = !model.mouse.is_on;
    model.mouse = Mouse { is_on, ..Mouse::default() };
    commands.push(Command::Mouse(is_on));
    let key = model.key(Action::Mouse);
    let text = if is_on {
        format!("the mouse is ours: click, double click, wheel, drag; {key} leaves it to the terminal")
    } else {
        format!("the mouse is the terminal's, to select text with; {key} takes it back")
    };
    tell(model, Safe::line(&text), false);
}
