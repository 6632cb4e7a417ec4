//! Moving over the map of all rows, which moves the cursor of the list.

use super::failure_groups;
use crate::tui::actions::{Action, Move};
use crate::tui::layout::map;
use crate::tui::model::{Model, Overlay};

/// What a key does there.
pub(super) fn perform(model: &mut Model, action: Action) -> Option<Overlay> {
    let listed = model.list.listed();
    let at = model.list.listed_position();
    let last = listed.len().saturating_sub(1);
    let (columns, rows) = map::size(model);
    let to = match action {
        Action::Left => at.saturating_sub(1),
        Action::Right => (at + 1).min(last),
        Action::Go(Move::Top) => 0,
        Action::Go(Move::Bottom) => last,
        // The column stays, also at the upper and the lower edge.
        Action::Go(by) => {
            let lines = last / columns + 1;
            let line = by.apply(at / columns, lines, rows);
            (line * columns + at % columns).min(last)
        }
        Action::NextFailed | Action::PreviousFailed => {
            failure_groups::next_failed(model, action == Action::NextFailed);
            return Some(Overlay::Map);
        }
        Action::Accept | Action::Back | Action::No | Action::Map => return None,
        _ => at,
    };
    // What is gone to is seen in the list, also where its group is folded.
    if let Some(id) = listed.get(to).filter(|_| to != at) {
        model.list.reveal(*id, &model.columns);
    }
    Some(Overlay::Map)
}
