//! Choosing what the list is ordered by, and which way.

use super::say::tell;
use crate::text::Safe;
use crate::tui::actions::Action;
use crate::tui::model::sort::Sort;
use crate::tui::model::{Model, Overlay};

/// Rows that a press of `PgDn` passes.
const PAGE: usize = 10;

/// Opens the menu, on what the list is ordered by now.
pub(super) fn open(model: &mut Model) {
    let sort = model.list.sort();
    let at = model.sorts().iter().position(|other| *other == sort).unwrap_or(0);
    model.overlay = Some(Overlay::Sort { at });
}

/// Turns the order round.
pub(super) fn reverse(model: &mut Model) {
    let reversed = !model.list.is_reversed();
    model.list.set_sort(model.list.sort(), reversed, &model.columns);
    say(model);
}

/// Orders the list by something. Who chooses what is chosen already wants it the other way round.
pub(super) fn order_by(model: &mut Model, sort: Sort) {
    let is_same = sort == model.list.sort();
    let reversed = is_same && !model.list.is_reversed();
    model.list.set_sort(sort, reversed, &model.columns);
    say(model);
}

/// What a key does in the menu.
pub(super) fn perform(model: &mut Model, at: usize, action: Action) -> Option<Overlay> {
    let sorts = model.sorts();
    match action {
        Action::Go(by) => Some(Overlay::Sort { at: by.apply(at, sorts.len(), PAGE) }),
        Action::Accept | Action::Reverse => {
            if let Some(sort) = sorts.into_iter().nth(at) {
                order_by(model, sort);
            }
            None
        }
        Action::Back | Action::No => None,
        _ => Some(Overlay::Sort { at }),
    }
}

fn say(model: &mut Model) {
    let sort = model.list.sort();
    let word = sort.word(model.header.as_ref(), &model.columns);
    let first =
        if sort.is_ascending() == model.list.is_reversed() { "the last or largest" } else { "the first or smallest" };
    tell(model, Safe::line(&format!("ordered by {word}, {first} on top")), false);
}
