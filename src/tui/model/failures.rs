//! Failures that are the same, gathered across simulations. Worked out when rows change, never while drawing.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{List, Row};
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
