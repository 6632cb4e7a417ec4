//! Columns that a user adds while looking: stats that the experiment does not watch.
//!
//! The engine knows nothing of them. Their values are read from the files of the simulations that are on the screen, and
//! they are forgotten when this client is left.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::Model;
use super::sort::{Sort, arrange};
use super::titles::stat_titles;
use crate::text::Safe;
use crate::tui::layout::Areas;
use crate::tui::reading::{ColumnTarget, ColumnsReading, ColumnsWant};
use crate::tui::update::{compare, tell};

/// More columns than this fit no screen, and each costs a look into every dump.
const MAX_COLUMNS: usize = 8;

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

/// Adds the stat under the cursor to the columns, or takes it away again.
pub fn toggle(model: &mut Model) {
    let name = compare::item(&model.stats, model.stats.selected).and_then(|item| item.name().cloned());
    let Some(name) = name.map(Safe::into_string) else {
        return tell(model, Safe::plain("this is a group; open it and choose a stat"), true);
    };
    let columns = &mut model.columns;
    let text = if let Some(at) = columns.names.iter().position(|known| *known == name) {
        columns.names.remove(at);
        // What a column held says nothing about the one that takes its place.
        columns.values.clear();
        format!("{name} is no longer a column")
    } else if columns.names.len() >= MAX_COLUMNS {
        return tell(
            model,
            Safe::line(&format!("{MAX_COLUMNS} columns are enough; w on one of them takes it away")),
            true,
        );
    } else {
        columns.names.push(name.clone());
        columns.values.clear();
        format!("{name} is a column until you leave; `watch:` in the file keeps it")
    };
    columns.titles = stat_titles(&columns.names);
    if matches!(model.list.sort, Sort::Added(_)) {
        model.list.sort = Sort::default();
        arrange(model);
    }
    tell(model, Safe::line(&text), false);
}

/// What must be read for the columns: what is on the screen, and everything if the list is ordered by one of them.
pub fn want(model: &Model, areas: &Areas) -> Option<ColumnsWant> {
    if model.columns.names.is_empty() || areas.list.area() == 0 {
        return None;
    }
    let list = &model.list;
    let visible = list.order.iter().skip(list.offset).take(areas.list_rows());
    let rest = list.order.iter().filter(|_| matches!(list.sort, Sort::Added(_)));
    let mut seen = BTreeSet::new();
    let target = |id: &u32| {
        let attempt = list.rows.get(id)?.view.latest()?;
        Some(ColumnTarget { id: *id, attempt: attempt.dir.clone(), live: attempt.outcome.is_none() })
    };
    let targets = visible.chain(rest).filter(|id| seen.insert(**id)).filter_map(target).collect();
    Some(ColumnsWant { names: model.columns.names.clone(), targets })
}

/// Takes what was read, unless the columns are others by now.
pub fn take(model: &mut Model, reading: ColumnsReading) {
    if reading.names == model.columns.names {
        model.columns.values.insert(reading.id, (reading.attempt, reading.values));
        if matches!(model.list.sort, Sort::Added(_)) {
            arrange(model);
        }
    }
}

/// A newer attempt has begun: the values of the one before are not its own.
pub fn forget_old(model: &mut Model) {
    let rows = &model.list.rows;
    let is_latest = |id: &u32, dir: &PathBuf| {
        rows.get(id).and_then(|row| row.view.latest()).is_some_and(|attempt| attempt.dir == *dir)
    };
    model.columns.values.retain(|id, (dir, _)| is_latest(id, dir));
}
