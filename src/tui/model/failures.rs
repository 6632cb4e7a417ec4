//! Failures that are the same, gathered across simulations. Worked out when rows change, never while drawing.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::{List, Row};
use crate::protocol::failures::{cause_of, in_common};
use crate::protocol::{SimView, Status};
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
            (Status::Ended { outcome }, [_, _, ..]) => Safe::line(&cause_of(outcome, members.len())),
            _ => first.reason.clone(),
        };
        let common = common(list, &members);
        Some(Group { signature: signature.clone(), status: first.view.status.clone(), cause, members, common })
    };
    let mut groups: Vec<Group> = list.failed().iter().filter_map(group).collect();
    groups.sort_by_key(|group| (Reverse(group.members.len()), group.members.first().copied()));
    groups
}

/// What points at the reason.
fn common(list: &List, members: &[u32]) -> Safe {
    let members: Vec<&SimView> = members.iter().filter_map(|id| list.rows().get(id)).map(|row| &row.view).collect();
    let shared = in_common(&members, &list.rows().values().map(|row| &row.view));
    Safe::line(&shared.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
}

/// How many other simulations failed like this one.
pub fn alike(list: &List, row: &Row) -> usize {
    let same = row.signature.as_ref().and_then(|signature| list.failed().get(signature));
    same.map_or(0, |members| members.len().saturating_sub(1))
}
