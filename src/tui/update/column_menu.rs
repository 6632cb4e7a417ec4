//! Choosing and scrolling the columns of the list.

use super::say::{Command, tell};
use crate::text::Safe;
use crate::tui::actions::Action;
use crate::tui::layout::Areas;
use crate::tui::layout::list_columns::{FIXED, all, columns};
use crate::tui::model::{Model, Overlay};
use crate::tui::reading::Keep;

/// Rows that a press of `PgDn` passes.
const PAGE: usize = 10;

/// Opens the menu.
pub(super) fn open(model: &mut Model) {
    model.overlay = Some(Overlay::Columns { at: 0 });
}

/// What a key does in the menu.
pub(super) fn perform(model: &mut Model, at: usize, action: Action, commands: &mut Vec<Command>) -> Option<Overlay> {
    // Status and name are always there.
    let kinds = all(model, u16::MAX).into_iter().skip(FIXED).map(|(kind, _)| kind);
    let keys: Vec<(String, bool)> = kinds.map(|kind| (kind.key(model), kind.is_usual())).collect();
    match action {
        Action::Go(by) => Some(Overlay::Columns { at: by.apply(at, keys.len(), PAGE) }),
        Action::Toggle => {
            if let Some((key, is_usual)) = keys.get(at) {
                model.choice.toggle(key, *is_usual);
                keep_choices(model, commands);
            }
            Some(Overlay::Columns { at })
        }
        Action::Accept | Action::Back | Action::No => None,
        _ => Some(Overlay::Columns { at }),
    }
}

/// Remembers how the list is arranged.
pub(super) fn keep_choices(model: &Model, commands: &mut Vec<Command>) {
    if let Some(view) = &model.header {
        let (outdir, choices) = (view.header.outdir.clone(), model.choices());
        commands.push(Command::Keep(Keep::Choices { outdir, choices }));
    }
}

/// Scrolls to the columns on the right, or on the left.
pub(super) fn scroll(model: &mut Model, step: isize) {
    let room = Areas::of(model).list_columns();
    let now = columns(model, room);
    let text = match step {
        1.. if now.right == 0 => "there are no more columns on the right",
        ..=0 if now.left == 0 => "there are no more columns on the left",
        _ => {
            model.choice.left = now.left.saturating_add_signed(step);
            return;
        }
    };
    tell(model, Safe::plain(text), true);
}
