//! What actions do with the failures of the sweep: looking at them in groups, and going from one to the next.

use super::say::{Command, send, tell};
use super::targets::those;
use crate::protocol::Request;
use crate::text::{Safe, human};
use crate::tui::actions::{Action, Move};
use crate::tui::model::failures::{Failures, Group, groups};
use crate::tui::model::{Focus, LinkState, Model, Overlay, Purpose};

/// Opens the groups, on the one of the selected simulation.
pub(super) fn open(model: &mut Model) {
    let groups = groups(&model.list);
    if groups.is_empty() {
        return tell(model, Safe::plain("no simulation has failed"), false);
    }
    let wanted = model.selected().and_then(|row| row.signature.as_ref());
    let at = groups.iter().position(|group| Some(&group.signature) == wanted).unwrap_or(0);
    model.overlay = Some(Overlay::Failures(Failures { groups, at, wanted: None }));
}

/// Simulations have changed while the groups are looked at: the focus stays on its group. Rows of another engine come in
/// batches, so a group that is not there yet gets the focus back when it comes.
pub(super) fn refresh(model: &mut Model) {
    let Some(Overlay::Failures(failures)) = &mut model.overlay else { return };
    let focused = || failures.groups.get(failures.at).map(|group| group.signature.clone());
    let wanted = failures.wanted.take().or_else(focused);
    failures.groups = groups(&model.list);
    if let Some(at) = failures.groups.iter().position(|group| Some(&group.signature) == wanted.as_ref()) {
        failures.at = at;
    } else {
        failures.at = failures.at.min(failures.groups.len().saturating_sub(1));
        failures.wanted = wanted.filter(|_| model.link == LinkState::Connecting);
    }
}

/// Does what the user asked for while the groups are open. Gives what is open afterwards.
pub(super) fn perform(
    model: &mut Model,
    mut failures: Failures,
    action: Action,
    commands: &mut Vec<Command>,
) -> Option<Overlay> {
    if matches!(action, Action::Go(_) | Action::Left | Action::Right) {
        failures.wanted = None;
    }
    let group = failures.groups.get(failures.at);
    match (action, group) {
        (Action::Go(by), _) => failures.at = by.apply(failures.at, failures.groups.len(), PAGE),
        (Action::Right, _) => failures.at = Move::Down.apply(failures.at, failures.groups.len(), PAGE),
        (Action::Left, _) => failures.at = Move::Up.apply(failures.at, failures.groups.len(), PAGE),
        (Action::Back | Action::No, _) | (_, None) => return None,
        (Action::Accept, Some(group)) => {
            mark(model, group);
            return None;
        }
        (Action::Retry, Some(group)) => {
            let sims = those(model, &group.members, |status| status.ended().is_some());
            send(model, Request::Retry { sims }, Purpose::Tell, commands);
            return None;
        }
        _ => {}
    }
    Some(Overlay::Failures(failures))
}

/// Groups that a press of `PgDn` passes.
const PAGE: usize = 10;

/// Marks the members and nothing else, and selects the first of them.
fn mark(model: &mut Model, group: &Group) {
    let list = &mut model.list;
    list.marked = group.members.iter().copied().collect();
    if let Some(first) = group.members.first() {
        // What was asked for must be seen.
        list.reveal(*first, &model.columns);
    }
    model.focus = Focus::List;
    let marked = human::plural(group.members.len() as u64, "simulation");
    let (again, unmark) = (model.key(Action::Retry), model.key(Action::Back));
    // One step back is another one first where a pane is alone or a filter is set.
    let unmarks = !model.zoomed && model.list.filter().is_empty();
    let advice = if unmarks { format!(", {unmark} unmarks") } else { String::new() };
    tell(model, Safe::line(&format!("{marked} marked: {again} runs them again{advice}")), false);
}

/// Goes to the next simulation that has failed, or to the one before.
pub(super) fn next_failed(model: &mut Model, forward: bool) {
    let Some((id, is_around)) = model.list.next_failed(forward) else {
        let hidden = model.list.failed().values().map(std::collections::BTreeSet::len).sum::<usize>();
        let text = match hidden {
            0 => "no simulation has failed".to_owned(),
            1 => "nothing here has failed; one that is not shown has".to_owned(),
            hidden => format!("nothing here has failed; {} that are not shown have", human::count(hidden as u64)),
        };
        return tell(model, Safe::line(&text), true);
    };
    model.list.reveal(id, &model.columns);
    if is_around {
        let text = if forward { "on from the top" } else { "on from the bottom" };
        tell(model, Safe::plain(text), false);
    }
}
