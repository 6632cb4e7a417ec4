//! How much room the rows of the list need, kept as they come and go, so that one changed row costs one row.

use std::collections::BTreeMap;

use super::Row;

/// How much room the rows need.
#[derive(Debug, Default)]
pub struct Extent {
    names: Tally,
    parameters: Tally,
    statuses: Tally,
    causes: Tally,
    measured: usize,
    retried: usize,
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
        self.parameters.add(row.widths.parameters);
        self.statuses.add(row.widths.status);
        if let Some(width) = row.widths.cause {
            self.causes.add(width);
        }
        self.measured += usize::from(row.view.host.is_some());
        self.retried += usize::from(row.view.attempts.len() > 1);
    }

    pub(super) fn remove(&mut self, row: &Row) {
        self.names.remove(row.widths.name);
        self.parameters.remove(row.widths.parameters);
        self.statuses.remove(row.widths.status);
        if let Some(width) = row.widths.cause {
            self.causes.remove(width);
        }
        self.measured -= usize::from(row.view.host.is_some());
        self.retried -= usize::from(row.view.attempts.len() > 1);
    }

    /// Columns of the longest name.
    pub fn name(&self) -> usize {
        self.names.widest()
    }

    /// Columns of the longest list of parameters.
    pub fn parameters(&self) -> usize {
        self.parameters.widest()
    }

    /// Columns of the longest word for a status.
    pub fn status(&self) -> usize {
        self.statuses.widest()
    }

    /// Columns of the longest cause of a failure.
    pub fn cause(&self) -> usize {
        self.causes.widest()
    }

    /// Whether anything is known of what simulations use of the host.
    pub fn is_measured(&self) -> bool {
        self.measured > 0
    }

    /// Whether any simulation has more than one attempt.
    pub fn is_retried(&self) -> bool {
        self.retried > 0
    }
}
