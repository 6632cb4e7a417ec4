//! Columns that a user adds while looking: stats that the experiment does not watch.
//!
//! The engine knows nothing of them. Their values are read from the files of the simulations that are on the screen, and
//! they are forgotten when this client is left.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::text::Safe;

/// The added columns.
#[derive(Debug, Default)]
pub struct Columns {
    /// The full names of the stats.
    pub names: Vec<String>,
    /// Their short titles.
    pub titles: Vec<Safe>,
    /// The values that were read, by simulation, with the attempt that they are of.
    pub values: BTreeMap<u32, (PathBuf, Vec<Option<f64>>)>,
}

impl Columns {
    /// The value of a simulation in a column, if it has been read.
    pub fn value(&self, id: u32, at: usize) -> Option<f64> {
        self.values.get(&id).and_then(|(_, values)| values.get(at).copied().flatten())
    }
}
