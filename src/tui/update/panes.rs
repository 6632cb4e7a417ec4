//! How list and detail pane share the screen, when the user says so. Part of `update`.

use super::column_menu::keep_choices;
use super::say::{Command, tell};
use crate::rundir::Panes;
use crate::text::Safe;
use crate::tui::actions::Action;
use crate::tui::layout::Areas;
use crate::tui::model::Model;

/// Columns and rows of one press.
const STEP: (u16, u16) = (4, 2);

/// Gives the list more, or less.
pub(super) fn resize(model: &mut Model, step: i16, commands: &mut Vec<Command>) {
    let Some(split) = Areas::of(model).split else { return tell_one_pane(model) };
    let by = if split.is_across() { STEP.0 } else { STEP.1 };
    let list = if step > 0 { split.list().saturating_add(by) } else { split.list().saturating_sub(by) };
    if put(model, list) {
        keep_choices(model, commands);
    } else {
        let pane = if step > 0 { "the pane beside the list" } else { "the list" };
        let zoom = model.key(Action::Zoom);
        tell(model, Safe::line(&format!("{pane} would be of no use; {zoom} shows one pane alone")), true);
    }
}

/// Gives the list so many columns or rows, as far as both panes stay useful. Says whether that changes anything.
pub(super) fn put(model: &mut Model, list: u16) -> bool {
    let Some(split) = Areas::of(model).split else { return false };
    let wanted = split.with(list);
    if wanted == split {
        return false;
    }
    model.panes = wanted.chosen(model.panes);
    model.dirty = true;
    true
}

/// Lets the panes share the screen as they usually do.
pub(super) fn usual(model: &mut Model, commands: &mut Vec<Command>) {
    if model.panes == Panes::default() {
        return tell(model, Safe::plain("the panes have their usual sizes"), false);
    }
    model.panes = Panes::default();
    keep_choices(model, commands);
    tell(model, Safe::plain("the panes have their usual sizes again"), false);
}

fn tell_one_pane(model: &mut Model) {
    let text = if model.zoomed {
        format!("one pane is shown alone; {} shows both", model.key(Action::Zoom))
    } else {
        "there is room for one pane only".to_owned()
    };
    tell(model, Safe::line(&text), true);
}
