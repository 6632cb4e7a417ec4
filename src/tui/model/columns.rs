//! Columns that a user adds while looking: stats that the experiment does not watch.
//!
//! The engine knows nothing of them. Their values are read from the files of the simulations that are on the screen, and
//! they are forgotten when this client is left.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Row;
use crate::experiment::RowKind;
use crate::text::Safe;
use crate::tui::reading::ColumnTarget;

/// The added columns.
#[derive(Debug, Default)]
pub struct Columns {
    /// The full names of the stats.
    pub names: Vec<String>,
    /// Their short titles.
    pub titles: Vec<Safe>,
    /// The values that were read, by the directory of the attempt.
    values: HashMap<PathBuf, Vec<Option<f64>>>,
    /// Every simulation that has an attempt, and the number of attempts at which that was so.
    everywhere: (u64, Arc<Vec<ColumnTarget>>),
}

impl Columns {
    /// The value of a simulation in a column, if it has been read of its newest attempt.
    pub fn value(&self, row: &Row, at: usize) -> Option<f64> {
        self.values.get(&row.view.latest()?.dir)?.get(at).copied().flatten()
    }

    /// Notes what was read of an attempt.
    pub fn put(&mut self, attempt: PathBuf, values: Vec<Option<f64>>) {
        self.values.insert(attempt, values);
    }

    /// Forgets what was read, because the columns are others.
    pub fn forget(&mut self) {
        self.values.clear();
    }

    /// A newer attempt has begun: the values of the one before are not its own.
    pub(super) fn forget_older(&mut self, old: &Row, new: &Row) {
        fn dir(row: &Row) -> Option<&Path> {
            row.view.latest().map(|attempt| attempt.dir.as_path())
        }
        if let Some(dir) = dir(old).filter(|old| dir(new) != Some(old)) {
            self.values.remove(dir);
        }
    }

    /// What must be read for a column of all rows. Paths are many, so they are gathered again only when `attempts` is another
    /// number: when attempts have begun or ended.
    pub fn targets<'r>(&mut self, attempts: u64, rows: impl Iterator<Item = &'r Row>) -> Arc<Vec<ColumnTarget>> {
        if self.everywhere.0 != attempts {
            self.everywhere = (attempts, Arc::new(rows.filter_map(target).collect()));
        }
        Arc::clone(&self.everywhere.1)
    }
}

/// What must be read for the columns of a simulation, if it has an attempt. Nothing else has stats.
pub fn target(row: &Row) -> Option<ColumnTarget> {
    if row.view.kind != RowKind::Simulation {
        return None;
    }
    let attempt = row.view.latest()?;
    Some(ColumnTarget {
        id: row.view.id,
        attempt: attempt.dir.clone(),
        outcome: attempt.kind(),
        dump: row.view.dump.clone(),
    })
}
