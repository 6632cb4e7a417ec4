//! The values of columns that a user added, one simulation at a step.
//!
//! Only the end of each file is read, and again only when it has changed, so that a sweep of thousands costs what is on
//! the screen.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc::Sender as Readings;

use super::{Closed, Progress, send};
use crate::gem5::OutcomeKind;
use crate::gem5::stats::Watch;
use crate::rundir::{AttemptDir, Ending, Outputs, attempts, results};
use crate::tui::reading::{ColumnTarget, ColumnsReading, ColumnsWant, Reading};

/// A live file is looked at again after this long: a column is read at a glance, not followed.
const AGAIN: Duration = Duration::from_secs(2);

pub(super) struct ColumnsReader {
    want: ColumnsWant,
    watch: Option<Arc<Watch>>,
    /// What each attempt was like when it was read, and when it was looked at.
    seen: HashMap<PathBuf, (State, Instant)>,
    /// Where each attempt writes.
    outputs: HashMap<PathBuf, Outputs>,
}

/// How an attempt ended, and what its file was like.
type State = (Option<OutcomeKind>, Option<Look>);

/// A file's length and time of change.
type Look = (u64, Option<SystemTime>);

impl ColumnsReader {
    pub(super) fn new(want: &ColumnsWant) -> Self {
        // A name from a file that does not compile as a glob matches nothing.
        let watch = Watch::new(&want.names).ok().map(Arc::new);
        Self { want: want.clone(), watch, seen: HashMap::new(), outputs: HashMap::new() }
    }

    /// Says what is wanted from now on. What was read is kept only for the same columns.
    pub(super) fn want(&mut self, want: &ColumnsWant) {
        if want.names == self.want.names {
            self.want = want.clone();
        } else {
            *self = Self { outputs: std::mem::take(&mut self.outputs), ..Self::new(want) };
        }
    }

    /// Reads the next file that needs it.
    pub(super) fn step(&mut self, readings: &Readings<Reading>) -> Result<Progress, Closed> {
        let Some(watch) = &self.watch else { return Ok(Progress::Idle) };
        for target in self.want.targets() {
            let seen = self.seen.get(&target.attempt);
            // Its end decides which dump counts, so that it is read once more then.
            let is_fresh = |((outcome, _), at): &(State, Instant)| {
                *outcome == target.outcome && (target.outcome.is_some() || at.elapsed() < AGAIN)
            };
            if seen.is_some_and(is_fresh) {
                continue;
            }
            let outputs = self.outputs.get(&target.attempt).cloned();
            let outputs = outputs.unwrap_or_else(|| attempts::outputs(&AttemptDir::new(&target.attempt)));
            let file = if target.outcome.is_some() { outputs.stats_as_left() } else { outputs.stats() };
            let state = (target.outcome, look(&file));
            let is_new = seen.is_none_or(|(before, _)| *before != state);
            self.seen.insert(target.attempt.clone(), (state, Instant::now()));
            let reading = is_new.then(|| read(&self.want.names, target, &outputs, watch));
            if outputs.is_known() {
                self.outputs.insert(target.attempt.clone(), outputs);
            }
            if let Some(reading) = reading {
                send(readings, Reading::Columns(reading))?;
                return Ok(Progress::More);
            }
        }
        Ok(Progress::Idle)
    }
}

fn read(names: &[String], target: &ColumnTarget, outputs: &Outputs, watch: &Arc<Watch>) -> ColumnsReading {
    // A file that cannot be read has no value to show; the Stats tab says why.
    let ending = Ending::read(outputs.attempt(), target.outcome);
    let reading = results::read(outputs, ending, &ending.choice(&target.dump), watch).ok();
    let value = |name: &String| reading.as_ref()?.results().value(name);
    let values = names.iter().map(value).collect();
    ColumnsReading { names: names.to_vec(), id: target.id, attempt: target.attempt.clone(), values }
}

fn look(path: &Path) -> Option<Look> {
    let metadata = path.metadata().ok()?;
    Some((metadata.len(), metadata.modified().ok()))
}
