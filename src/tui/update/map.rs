//! Moving over the map of all rows, which moves the cursor of the list.

use super::failure_groups;
use crate::tui::actions::{Action, Move};
use crate::tui::layout::map;
use crate::tui::model::{Model, Overlay};

/// What a key does there.
pub(super) fn perform(model: &mut Model, action: Action) -> Option<Overlay> {
    let at = model.list.row_position().unwrap_or(0);
    let last = model.list.order().len().saturating_sub(1);
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
    model.list.select_row_at(to);
    Some(Overlay::Map)
}
