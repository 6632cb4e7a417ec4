//! Looking at simulations by the values of their parameters.

use super::say::tell;
use crate::protocol::filter::quoted;
use crate::text::Safe;
use crate::tui::actions::Action;
use crate::tui::model::groups::{Groups, Line, ways};
use crate::tui::model::{Model, Overlay};

/// Lines that a press of `PgDn` passes.
const PAGE: usize = 10;

/// Shows the groups by the first parameter.
pub(super) fn open(model: &mut Model) {
    if ways(model).is_empty() {
        return tell(model, Safe::plain("no simulation has a parameter to group by"), true);
    }
    let mut groups = Groups::default();
    groups.refresh(model);
    model.overlay = Some(Overlay::Groups(groups));
}

/// Brings them in line with the rows.
pub(super) fn refresh(model: &mut Model) {
    if let Some(Overlay::Groups(mut groups)) = model.overlay.take_if(|overlay| matches!(overlay, Overlay::Groups(_))) {
        groups.refresh(model);
        model.overlay = Some(Overlay::Groups(groups));
        model.dirty = true;
    }
}

/// What a key does there.
pub(super) fn perform(model: &mut Model, mut groups: Groups, action: Action) -> Option<Overlay> {
    let lines = groups.lines();
    let focused = lines.get(groups.at).copied();
    match action {
        Action::Go(by) => groups.at = by.apply(groups.at, lines.len(), PAGE),
        Action::Left | Action::Right => {
            let count = ways(model).len().max(1);
            let step = if action == Action::Right { 1 } else { count - 1 };
            groups = Groups { way: (groups.way + step) % count, ..Groups::default() };
            groups.refresh(model);
        }
        Action::Toggle => {
            let Some(Line::Group(at) | Line::Member(at, _)) = focused else {
                return Some(Overlay::Groups(groups));
            };
            if let Some(group) = groups.groups.get_mut(at) {
                group.unfolded = !group.unfolded;
            }
            groups.at = groups.lines().iter().position(|line| *line == Line::Group(at)).unwrap_or(0);
        }
        Action::Accept => {
            match focused {
                Some(Line::Member(_, id)) => _ = model.list.reveal(id, &model.columns),
                Some(Line::Group(at)) => show(model, &groups, at),
                None => {}
            }
            return None;
        }
        Action::Back | Action::No | Action::Groups => return None,
        _ => {}
    }
    Some(Overlay::Groups(groups))
}

/// Filters the list for a group.
fn show(model: &mut Model, groups: &Groups, at: usize) {
    let (Some(by), Some(group)) = (ways(model).into_iter().nth(groups.way), groups.groups.get(at)) else { return };
    let terms =
        by.iter().zip(&group.values).filter_map(|(name, value)| Some(format!("{name}={}", quoted(value.as_deref()?))));
    let terms: Vec<String> = terms.collect();
    if terms.len() < by.len() {
        return tell(model, Safe::plain("what has no such parameter cannot be filtered for"), true);
    }
    let filter = [model.list.filter().to_owned(), terms.join(" ")].join(" ");
    model.list.set_filter(filter.trim(), &model.columns);
    let text = format!("{} takes the filter away", model.key(Action::Back));
    tell(model, Safe::line(&text), false);
}
