//! Simulations with the same values of one parameter, or of two: how many are in which state, and the means of their stats.
//!
//! Worked out from all rows that the filter lets through, when it is asked for and then once a second while it is looked at.

use std::collections::BTreeMap;

use super::sort::compare_values;
use super::{Model, Row};
use crate::experiment::{ParameterValue, RowKind};
use crate::gem5::OutcomeKind;
use crate::protocol::Counts;
use crate::text::Safe;

/// The groups, while they are looked at.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    /// Which of [`ways`] it is.
    pub way: usize,
    /// The groups, in the order of their values.
    pub groups: Vec<Group>,
    /// The focused line: a group, or a member of one that is unfolded.
    pub at: usize,
}

/// Simulations with the same values.
#[derive(Debug, Clone)]
pub struct Group {
    /// The values as they were written; none of a parameter that they do not have.
    pub values: Vec<Option<String>>,
    /// How many are in which state.
    pub counts: Counts,
    /// For each column of stats the mean of those that ended ok and have it, and how many those are.
    pub means: Vec<Option<(f64, u32)>>,
    /// Its simulations, in the order of the list.
    pub members: Vec<u32>,
    /// Whether they are shown below it.
    pub unfolded: bool,
}

/// A line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// A group, by its place.
    Group(usize),
    /// A member of one.
    Member(usize, u32),
}

/// The parameters by which can be grouped: each alone, then two together.
pub fn ways(model: &Model) -> Vec<Vec<String>> {
    let names = model.list.parameters();
    let single = names.iter().map(|name| vec![name.clone()]);
    let pairs =
        names.iter().enumerate().flat_map(|(at, a)| names[at + 1..].iter().map(move |b| vec![a.clone(), b.clone()]));
    single.chain(pairs).collect()
}

/// A group while its rows are gathered: its values in their order, itself, and the sum and the number of each stat.
type Gathering<'m> = (Vec<Option<&'m ParameterValue>>, Group, Vec<(f64, u32)>);

/// The groups of the rows that the filter lets through.
pub fn groups(model: &Model, by: &[String]) -> Vec<Group> {
    let watched = model.header.as_ref().map_or(0, |header| header.titles.len());
    let stats = watched + model.columns.names.len();
    let value = |row: &Row, at: usize| match at.checked_sub(watched) {
        None => row.view.values.get(at).copied().flatten(),
        Some(added) => model.columns.value(row, added),
    };
    let mut found: BTreeMap<Vec<Option<&str>>, Gathering<'_>> = BTreeMap::new();
    let rows = model.list.order().iter().filter_map(|id| model.list.rows().get(id));
    for row in rows.filter(|row| row.view.kind != RowKind::Suite) {
        let values: Vec<Option<&ParameterValue>> = by.iter().map(|name| row.parameter(name)).collect();
        let key = values.iter().map(|value| value.map(ParameterValue::as_written)).collect();
        let (_, group, sums) = found.entry(key).or_insert_with(|| {
            let written = values.iter().map(|value| value.map(|value| value.as_written().to_owned())).collect();
            let group = Group {
                values: written,
                counts: Counts::default(),
                means: Vec::new(),
                members: Vec::new(),
                unfolded: false,
            };
            (values, group, vec![(0.0, 0); stats])
        });
        group.counts.add(&row.view.status);
        group.members.push(row.view.id);
        if row.view.status.ended().is_some_and(OutcomeKind::is_ok) {
            for (at, sum) in sums.iter_mut().enumerate() {
                if let Some(value) = value(row, at) {
                    *sum = (sum.0 + value, sum.1 + 1);
                }
            }
        }
    }
    let mut found: Vec<_> = found.into_values().collect();
    found.sort_by(|(a, ..), (b, ..)| {
        let pairs = a.iter().zip(b).map(|(a, b)| match (a, b) {
            (Some(a), Some(b)) => compare_values(a, b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        });
        pairs.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    let mean = |(sum, count): (f64, u32)| (count > 0).then(|| (sum / f64::from(count), count));
    found.into_iter().map(|(_, group, sums)| Group { means: sums.into_iter().map(mean).collect(), ..group }).collect()
}

impl Groups {
    /// The lines of the table.
    pub fn lines(&self) -> Vec<Line> {
        let of_group = |(at, group): (usize, &Group)| {
            let members = group.members.iter().filter(|_| group.unfolded).map(|id| Line::Member(at, *id));
            std::iter::once(Line::Group(at)).chain(members.collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        self.groups.iter().enumerate().flat_map(of_group).collect()
    }

    /// Works them out anew. What was unfolded stays so.
    pub fn refresh(&mut self, model: &Model) {
        let Some(by) = ways(model).into_iter().nth(self.way) else { return };
        let mut groups = groups(model, &by);
        for group in &mut groups {
            group.unfolded = self.groups.iter().any(|old| old.unfolded && old.values == group.values);
        }
        self.groups = groups;
        self.at = self.at.min(self.lines().len().saturating_sub(1));
    }
}

impl Group {
    /// The values in words.
    pub fn label(&self) -> Vec<Safe> {
        self.values.iter().map(|value| Safe::line(value.as_deref().unwrap_or("–"))).collect()
    }
}
