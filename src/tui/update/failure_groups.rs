//! Failures that are the same, gathered across simulations. Worked out when rows change, never while drawing.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Command, act, send, tell};
use crate::gem5::Outcome;
use crate::protocol::{Request, Status};
use crate::text::{Safe, human};
use crate::tui::actions::{Action, Move};
use crate::tui::model::sort::arrange;
use crate::tui::model::{List, Model, Overlay, Purpose, Row};

/// The failures of the sweep, while they are looked at.
#[derive(Debug, Clone, Default)]
pub struct Failures {
    /// The groups, largest first.
    pub groups: Vec<Group>,
    /// The focused one.
    pub at: usize,
}

/// Simulations that failed alike.
#[derive(Debug, Clone)]
pub struct Group {
    /// What makes them alike.
    pub signature: String,
    /// The status of the first of them.
    pub status: Status,
    /// The cause of the first of them.
    pub cause: Safe,
    /// All of them, in the order of the plan.
    pub members: Vec<u32>,
    /// The parameters that all of them have in common and others of the sweep have not.
    pub common: Safe,
}

/// The groups of a list.
pub fn groups(list: &List) -> Vec<Group> {
    let mut by_signature: BTreeMap<&str, Group> = BTreeMap::new();
    for row in list.rows.values() {
        let Some(signature) = &row.signature else { continue };
        match by_signature.entry(signature) {
            Entry::Occupied(mut group) => group.get_mut().members.push(row.view.id),
            Entry::Vacant(place) => {
                place.insert(Group {
                    signature: signature.clone(),
                    status: row.view.status.clone(),
                    cause: row.reason.clone(),
                    members: vec![row.view.id],
                    common: Safe::default(),
                });
            }
        }
    }
    let mut groups: Vec<Group> = by_signature.into_values().collect();
    groups.sort_by_key(|group| (std::cmp::Reverse(group.members.len()), group.members.first().copied()));
    for group in &mut groups {
        group.common = common(list, &group.members);
        if let (Status::Ended { outcome }, [_, _, ..]) = (&group.status, &group.members[..]) {
            // The tick is that of one of them only.
            group.cause = Safe::line(&Outcome { tick: None, ..outcome.clone() }.line());
        }
    }
    groups
}

/// A parameter that every failed simulation has and not every simulation has points at the reason.
fn common(list: &List, members: &[u32]) -> Safe {
    let [first, _, ..] = members else { return Safe::default() };
    let Some(first) = list.rows.get(first) else { return Safe::default() };
    let has = |row: &Row, parameter: &(String, String)| row.view.parameters.contains(parameter);
    let tells = |parameter: &&(String, String)| {
        members.iter().filter_map(|id| list.rows.get(id)).all(|row| has(row, parameter))
            && !list.rows.values().all(|row| has(row, parameter))
    };
    let shared: Vec<String> =
        first.view.parameters.iter().filter(tells).map(|(key, value)| format!("{key}={value}")).collect();
    Safe::line(&shared.join(" "))
}

/// How many other simulations failed like this one.
pub fn alike(list: &List, row: &Row) -> usize {
    let Some(signature) = &row.signature else { return 0 };
    let same = list.rows.values().filter(|other| other.signature.as_ref() == Some(signature)).count();
    same.saturating_sub(1)
}

/// Opens the groups, on the one of the selected simulation.
pub fn open(model: &mut Model) {
    let groups = groups(&model.list);
    if groups.is_empty() {
        return tell(model, Safe::plain("no simulation has failed"), false);
    }
    let wanted = model.selected().and_then(|row| row.signature.as_ref());
    let at = groups.iter().position(|group| Some(&group.signature) == wanted).unwrap_or(0);
    model.overlay = Some(Overlay::Failures(Failures { groups, at }));
}

/// Simulations have changed while the groups are looked at: the focus stays on its group.
pub fn refresh(model: &mut Model) {
    let Some(Overlay::Failures(failures)) = &mut model.overlay else { return };
    let focused = failures.groups.get(failures.at).map(|group| group.signature.clone());
    failures.groups = groups(&model.list);
    let at = failures.groups.iter().position(|group| Some(&group.signature) == focused.as_ref());
    failures.at = at.unwrap_or_else(|| failures.at.min(failures.groups.len().saturating_sub(1)));
}

/// Does what the user asked for while the groups are open. Gives what is open afterwards.
pub fn perform(
    model: &mut Model,
    mut failures: Failures,
    action: Action,
    commands: &mut Vec<Command>,
) -> Option<Overlay> {
    let group = failures.groups.get(failures.at);
    match (action, group) {
        (Action::Go(by), _) => failures.at = by.apply(failures.at, failures.groups.len(), PAGE),
        (Action::Right, _) => failures.at = Move::Down.apply(failures.at, failures.groups.len(), PAGE),
        (Action::Left, _) => failures.at = Move::Up.apply(failures.at, failures.groups.len(), PAGE),
        (Action::Back | Action::No, _) | (_, None) => return None,
        (Action::Accept | Action::Mark, Some(group)) => {
            mark(model, group);
            return None;
        }
        (Action::Retry, Some(group)) => {
            let sims = act::those(model, &group.members, |status| status.ended().is_some());
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
    list.selected = group.members.first().copied();
    if list.selected.is_some_and(|selected| !list.order.contains(&selected)) {
        // What was asked for must be seen.
        list.filter.clear();
        arrange(model);
    }
    model.attempt = None;
    model.focus = crate::tui::model::Focus::List;
    let marked = human::plural(group.members.len() as u64, "simulation");
    tell(model, Safe::line(&format!("{marked} marked: r runs them again, Esc unmarks")), false);
}
