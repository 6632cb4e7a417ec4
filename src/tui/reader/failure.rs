//! The failure of an attempt that has ended, from the ends of its logs.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tokio::sync::mpsc::Sender as Readings;

use super::lines::shown;
use super::{Closed, send};
use crate::gem5::{FailureView, Outcome, OutcomeKind, console_view, failure_view};
use crate::rundir::log_file::{LogFile, MAX_LINES};
use crate::rundir::{AttemptDir, Outputs};
use crate::text::Safe;
use crate::tui::reading::{FailureReading, LogLine, Reading};

/// Lines that are shown of a log in which no failure stands.
const LAST: usize = 30;

pub(super) struct FailureReader {
    dir: AttemptDir,
    outputs: Outputs,
    outcome: Outcome,
    /// Logs under other names.
    others: Vec<PathBuf>,
    /// What the files were like when they were read.
    seen: Option<Vec<Look>>,
}

/// Finds the failure among the last lines of a file.
type Finder<'a> = &'a dyn Fn(&[Safe]) -> Option<FailureView>;

/// A file's length and time of change, if it is there.
type Look = Option<(u64, Option<SystemTime>)>;

impl FailureReader {
    pub(super) fn new(outputs: &Outputs, outcome: &Outcome) -> Self {
        let dir = outputs.attempt().clone();
        let others = super::outputs::other_logs_of(&dir);
        Self { dir, outputs: outputs.clone(), outcome: outcome.clone(), others, seen: None }
    }

    pub(super) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Reads the ends of the logs if they are not as they were.
    pub(super) fn step(&mut self, readings: &Readings<Reading>) -> Result<(), Closed> {
        let logs = [logs(&self.dir, self.outcome.kind), self.others.clone()].concat();
        let consoles = super::outputs::consoles_of(&self.outputs);
        let seen: Vec<Look> = logs.iter().chain(&consoles).map(|file| look(&self.dir.path().join(file))).collect();
        if self.seen.as_ref() == Some(&seen) {
            return Ok(());
        }
        let reading = self.read(&logs, &consoles, &seen);
        self.seen = Some(seen);
        send(readings, Reading::Failure(reading))
    }

    fn read(&self, logs: &[PathBuf], consoles: &[PathBuf], seen: &[Look]) -> FailureReading {
        let empty = FailureReading {
            attempt: self.dir.path().to_owned(),
            kind: self.outcome.kind,
            file: None,
            found: false,
            before: Vec::new(),
            message: Vec::new(),
            backtrace: Vec::new(),
            after: Vec::new(),
        };
        // A console speaks where gem5 itself has noticed nothing, so it comes first.
        let on_console = |plain: &[Safe]| console_view(plain, &self.outcome);
        let in_log = |plain: &[Safe]| failure_view(plain, self.outcome.kind);
        let consoles = consoles.iter().map(|file| (file, &on_console as Finder));
        let logs_in_turn = logs.iter().map(|file| (file, &in_log as Finder));
        for (file, view) in consoles.chain(logs_in_turn) {
            let lines = last_lines(&self.dir.path().join(file));
            let plain: Vec<Safe> = lines.iter().map(|line| line.line.plain()).collect();
            let Some(view) = view(&plain) else { continue };
            let part = |range: std::ops::Range<usize>| lines.get(range).unwrap_or_default().to_vec();
            return FailureReading {
                file: Some(file.clone()),
                found: true,
                before: part(view.before),
                message: part(view.message),
                backtrace: part(view.backtrace),
                after: part(view.after).into_iter().take(LAST).collect(),
                ..empty
            };
        }
        // Nothing says why, so the last words of whoever spoke last must do.
        let spoke = |at: &usize| seen.get(*at).copied().flatten().is_some_and(|(bytes, _)| bytes > 0);
        let last = (0..logs.len()).filter(spoke).max_by_key(|at| seen.get(*at).copied().flatten().map(|look| look.1));
        let Some(file) = last.and_then(|at| logs.get(at)) else { return empty };
        let mut lines = last_lines(&self.dir.path().join(file));
        let before = lines.split_off(lines.len().saturating_sub(LAST));
        FailureReading { file: Some(file.clone()), before, ..empty }
    }
}

/// The logs, the likeliest first: gem5 and Python complain on standard error, and scripts tell on standard output how a
/// simulated program ended.
fn logs(dir: &AttemptDir, kind: OutcomeKind) -> Vec<PathBuf> {
    let streams = [dir.simerr(), dir.simout()].map(|path| path.strip_prefix(dir.path()).map(Path::to_owned));
    let [simerr, simout] = streams.map(|path| path.expect("the logs lie in the attempt's directory"));
    if kind == OutcomeKind::GuestFailed { vec![simout, simerr] } else { vec![simerr, simout] }
}

fn look(path: &Path) -> Look {
    let metadata = path.metadata().ok()?;
    Some((metadata.len(), metadata.modified().ok()))
}

/// The last lines of a file of any size, with their places.
fn last_lines(path: &Path) -> Vec<LogLine> {
    let lines = LogFile::open(path).and_then(|mut file| file.last_lines(MAX_LINES));
    // A file that cannot be read tells nothing; the Log tab says why.
    lines.unwrap_or_default().iter().map(shown).collect()
}
