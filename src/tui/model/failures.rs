//! Failures that are the same, gathered across simulations. Worked out when rows change, never while drawing.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::{List, Row};
use crate::experiment::Parameter;
use crate::gem5::Outcome;
use crate::protocol::Status;
use crate::text::Safe;

/// The failures of the sweep, while they are looked at.
#[derive(Debug, Clone, Default)]
pub struct Failures {
    /// The groups, largest first.
    pub groups: Vec<Group>,
    /// The focused one.
    pub at: usize,
    /// What makes those of the group alike that was focused when another engine took over, until the group has come.
    pub wanted: Option<String>,
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
    let group = |(signature, members): (&String, &BTreeSet<u32>)| {
        let members: Vec<u32> = members.iter().copied().collect();
        let first = list.rows().get(members.first()?)?;
        let cause = match (&first.view.status, &members[..]) {
            // The tick is that of one of them only.
            (Status::Ended { outcome }, [_, _, ..]) => Safe::line(&Outcome { tick: None, ..outcome.clone() }.line()),
            _ => first.reason.clone(),
        };
        let common = common(list, &members);
        Some(Group { signature: signature.clone(), status: first.view.status.clone(), cause, members, common })
    };
    let mut groups: Vec<Group> = list.failed().iter().filter_map(group).collect();
    groups.sort_by_key(|group| (Reverse(group.members.len()), group.members.first().copied()));
    groups
}

/// A parameter that every failed simulation has and not every simulation has points at the reason.
fn common(list: &List, members: &[u32]) -> Safe {
    let [first, _, ..] = members else { return Safe::default() };
    let Some(first) = list.rows().get(first) else { return Safe::default() };
    let has = |row: &Row, parameter: &Parameter| row.view.parameters.contains(parameter);
    let tells = |parameter: &&Parameter| {
        members.iter().filter_map(|id| list.rows().get(id)).all(|row| has(row, parameter))
            && !list.rows().values().all(|row| has(row, parameter))
    };
    let shared: Vec<String> = first.view.parameters.iter().filter(tells).map(ToString::to_string).collect();
    Safe::line(&shared.join(" "))
}

/// How many other simulations failed like this one.
pub fn alike(list: &List, row: &Row) -> usize {
    let same = row.signature.as_ref().and_then(|signature| list.failed().get(signature));
    same.map_or(0, |members| members.len().saturating_sub(1))
}
