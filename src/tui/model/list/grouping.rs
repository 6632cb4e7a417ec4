//! What the list is grouped by. Simulations with the same values of some parameters stand together below a heading.
//!
//! A group has a number as long as the list is grouped by the same parameters, also while none of its simulations is shown, so
//! that what was folded stays so when they come back.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::super::Row;
use super::super::sort::compare_values;
use crate::experiment::ParameterValue;
use crate::text::Safe;

/// What the list is grouped by, and the groups that have been met.
#[derive(Debug, Default)]
pub(super) struct Grouping {
    by: Vec<String>,
    groups: Vec<Group>,
    /// The number of a group by its values as they were written.
    numbers: HashMap<Vec<Option<String>>, u32>,
}

#[derive(Debug)]
struct Group {
    /// None of a parameter that its simulations do not have.
    values: Vec<Option<ParameterValue>>,
    label: Safe,
    /// Whether the user has folded or unfolded it.
    folded: Option<bool>,
}

impl Grouping {
    /// The names of the parameters. Empty if the list is not grouped.
    pub(super) fn by(&self) -> &[String] {
        &self.by
    }

    /// Groups by other parameters.
    pub(super) fn set(&mut self, by: Vec<String>) {
        if by != self.by {
            *self = Self { by, ..Self::default() };
        }
    }

    /// The number of the group that a row belongs to.
    pub(super) fn number(&mut self, row: &Row) -> u32 {
        let values: Vec<Option<&ParameterValue>> = self.by.iter().map(|name| row.parameter(name)).collect();
        let written = values.iter().map(|value| value.map(|value| value.as_written().to_owned())).collect();
        let next = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(written).or_insert(next);
        if number == next {
            let word = |(name, value): (&String, Option<&ParameterValue>)| match value {
                Some(value) => format!("{name}={}", value.as_written()),
                None => format!("no {name}"),
            };
            let words: Vec<String> = self.by.iter().zip(values.iter().copied()).map(word).collect();
            let label = Safe::line(&words.join(" "));
            self.groups.push(Group {
                values: values.into_iter().map(Option::<&_>::cloned).collect(),
                label,
                folded: None,
            });
        }
        number
    }

    /// How two groups stand to each other: by their values, and without one last.
    pub(super) fn compare(&self, a: u32, b: u32) -> Ordering {
        let (Some(first), Some(second)) = (self.group(a), self.group(b)) else { return a.cmp(&b) };
        let pairs = first.values.iter().zip(&second.values).map(|(a, b)| match (a, b) {
            (Some(a), Some(b)) => compare_values(a, b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        });
        // `1MiB` and `1024KiB` are worth the same, and are two groups.
        pairs.fold(Ordering::Equal, Ordering::then).then(a.cmp(&b))
    }

    /// The values of a group in words.
    pub(super) fn label(&self, number: u32) -> Safe {
        self.group(number).map(|group| group.label.clone()).unwrap_or_default()
    }

    /// Whether the user has folded or unfolded a group.
    pub(super) fn folded(&self, number: u32) -> Option<bool> {
        self.group(number)?.folded
    }

    /// Folds or unfolds one.
    pub(super) fn fold(&mut self, number: u32, folded: bool) {
        if let Some(group) = self.groups.get_mut(number as usize) {
            group.folded = Some(folded);
        }
    }

    fn group(&self, number: u32) -> Option<&Group> {
        self.groups.get(number as usize)
    }
}
