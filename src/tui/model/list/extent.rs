//! How much room the rows of the list need, kept as they come and go, so that one changed row costs one row.
//!
//! Only what the plan decides counts here, not what simulations do: the columns must not move while they run.

use std::collections::BTreeMap;

use super::super::Row;

/// How much room the rows need.
#[derive(Debug, Default)]
pub struct Extent {
    names: Tally,
    labels: Tally,
    parameters: Tally,
}

/// How often each width occurs.
#[derive(Debug, Default)]
struct Tally(BTreeMap<usize, usize>);

impl Tally {
    fn add(&mut self, width: usize) {
        *self.0.entry(width).or_default() += 1;
    }

    fn remove(&mut self, width: usize) {
        if let Some(count) = self.0.get_mut(&width) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&width);
            }
        }
    }

    fn widest(&self) -> usize {
        self.0.last_key_value().map_or(0, |(width, _)| *width)
    }
}

impl Extent {
    pub(super) fn add(&mut self, row: &Row) {
        self.names.add(row.widths.name);
        self.labels.add(row.widths.label);
        self.parameters.add(row.widths.parameters);
    }

    pub(super) fn remove(&mut self, row: &Row) {
        self.names.remove(row.widths.name);
        self.labels.remove(row.widths.label);
        self.parameters.remove(row.widths.parameters);
    }

    /// Columns of the longest name.
    pub fn name(&self) -> usize {
        self.names.widest()
    }

    /// Columns of the longest name where what a suite has spawned stands below it, without its name.
    pub fn label(&self) -> usize {
        self.labels.widest()
    }

    /// Columns of the longest list of parameters.
    pub fn parameters(&self) -> usize {
        self.parameters.widest()
    }
}
