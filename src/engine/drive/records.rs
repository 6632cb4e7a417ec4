//! The small records that follow from decisions, and how each is written.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::plan_record::PlanRecord;
use crate::rundir::asked::Asked;
use crate::rundir::atomic::RecordError;
use crate::rundir::fault::passes_in_ours;
use crate::rundir::named::as_named;
use crate::rundir::ours::{self, Kind};
use crate::rundir::record::{Cancelled, Controls, FORMAT, Moment, NoticesRecord, Retry, Stop, StopReason};
use crate::rundir::rewrite::rewrite_json;
use crate::rundir::spawns::{Answer, ProcessEnd, Spawns, Taken};
use crate::rundir::{AttemptDir, ExperimentDir, SimulationDir, atomic, attempts, beneath};

/// One record that is to be written, or to go.
#[derive(Debug)]
pub(super) enum Record {
    /// `stop.json`.
    Stop {
        /// The attempt.
        dir: AttemptDir,
        /// Why.
        reason: StopReason,
        /// When that was decided.
        at: Moment,
        /// Whether the first signal was sent by now.
        signalled: bool,
    },
    /// In `stop.json`: that the first signal was sent.
    Signalled(AttemptDir),
    /// `cancelled.json`.
    Cancelled(SimulationDir, Moment),
    /// `retry.json`, and no `cancelled.json`, which is ours.
    Retry {
        /// The simulation.
        dir: SimulationDir,
        /// Its newest attempt.
        after: u32,
        /// Whether a suite takes nothing from before.
        anew: bool,
        /// When that was decided.
        at: Moment,
    },
    /// No `retry.json`, which is ours.
    ForgetRetry(SimulationDir),
    /// `controls.json`, or that of a shard, with its path.
    Controls(PathBuf, Controls),
    /// `notices.json`, or that of a shard, with its path.
    Notices(PathBuf, NoticesRecord),
    /// What a call of a suite means.
    Take(Spawns, u32, Taken),
    /// How a call of a suite has ended.
    Answer(Spawns, Answer),
    /// `experiment.json`, which the disk did not take when the engine began.
    Plan(Arc<PlanRecord>),
}

/// Why something could not be written.
#[derive(Debug)]
pub(super) struct Unwritten {
    /// A sentence for people.
    pub text: String,
    /// Whether the machine was at fault, such as its full disk.
    pub may_pass: bool,
}

impl Unwritten {
    /// What the system said of a record at `path`.
    pub(super) fn of(path: &Path, error: &io::Error) -> Self {
        let text = format!("could not write {}: {error}", as_named(path).display());
        Self { text, may_pass: passes_in_ours(error) }
    }
}

impl Record {
    /// What is asked by it of one simulation, if it is that kind of record.
    pub(super) fn asked(&self) -> Option<Asked> {
        let name = |dir: &SimulationDir| Some(dir.name().file_name()?.to_str()?.to_owned());
        Some(match self {
            Self::Stop { dir, reason, at, .. } => {
                let simulation = dir.name().parent()?.file_name()?.to_str()?.to_owned();
                Asked::Stop { simulation, attempt: attempts::number(dir)?, reason: *reason, at: *at }
            }
            Self::Cancelled(dir, at) => Asked::Cancel { simulation: name(dir)?, at: *at },
            Self::Retry { dir, after, anew, at } => {
                Asked::Retry { simulation: name(dir)?, after: *after, anew: *anew, at: *at }
            }
            Self::ForgetRetry(dir) => Asked::ForgetRetry { simulation: name(dir)? },
            Self::Signalled(_)
            | Self::Controls(..)
            | Self::Notices(..)
            | Self::Take(..)
            | Self::Answer(..)
            | Self::Plan(_) => return None,
        })
    }

    /// The record that was asked for, of a simulation in `outdir`.
    pub(super) fn of(asked: &Asked, outdir: &ExperimentDir) -> Self {
        let dir = outdir.simulation(asked.simulation());
        match *asked {
            Asked::Stop { attempt, reason, at, .. } => {
                Self::Stop { dir: dir.attempt(attempt), reason, at, signalled: false }
            }
            Asked::Cancel { at, .. } => Self::Cancelled(dir, at),
            Asked::Retry { after, anew, at, .. } => Self::Retry { dir, after, anew, at },
            Asked::ForgetRetry { .. } => Self::ForgetRetry(dir),
        }
    }

    /// Writes it, and returns when it is on disk.
    pub(super) fn write(&self) -> Result<(), Unwritten> {
        let unwritten = |path: PathBuf| move |error: io::Error| Unwritten::of(&path, &error);
        match self {
            Self::Stop { dir, reason, at, signalled } => {
                // An engine before may have come so far, and further.
                let found = atomic::read_json::<Stop>(&dir.stop()).ok().flatten();
                let signalled = *signalled || found.is_some_and(|found| found.at == *at && found.signalled);
                let stop = Stop { format: FORMAT, reason: *reason, at: *at, signalled };
                // Not there is told by the write; a link in its place must not be written through.
                let entered = beneath::has_attempt(dir);
                entered.and_then(|_| atomic::write_json(&dir.stop(), &stop)).map_err(unwritten(dir.stop()))
            }
            Self::Signalled(dir) => record_signalled(dir).map_err(unwritten(dir.stop())),
            Self::Cancelled(dir, at) => {
                let made = beneath::make_simulation(dir);
                let record = Cancelled { format: FORMAT, at: *at };
                let is_free = made.and_then(|()| ours::check(&dir.cancelled(), Kind::Cancelled));
                is_free.and_then(|()| atomic::write_json(&dir.cancelled(), &record)).map_err(unwritten(dir.cancelled()))
            }
            Self::Retry { dir, after, anew, at } => {
                let record = Retry { format: FORMAT, at: *at, after: *after, anew: *anew };
                let made = beneath::make_simulation(dir);
                let is_free = made.and_then(|()| ours::check(&dir.retry(), Kind::Retry));
                is_free.and_then(|()| atomic::write_json(&dir.retry(), &record)).map_err(unwritten(dir.retry()))?;
                forget_cancelled(dir).map_err(unwritten(dir.cancelled()))
            }
            Self::ForgetRetry(dir) => forget(dir, &dir.retry(), Kind::Retry).map_err(unwritten(dir.retry())),
            Self::Controls(path, controls) => {
                let is_free = ours::check(path, Kind::Controls);
                is_free.and_then(|()| rewrite_json(path, controls)).map_err(unwritten(path.clone()))
            }
            Self::Notices(path, notices) => {
                let is_free = ours::check(path, Kind::Notices);
                is_free.and_then(|()| rewrite_json(path, notices)).map_err(unwritten(path.clone()))
            }
            Self::Take(spawns, number, taken) => {
                spawns.take(*number, taken).map_err(unwritten(spawns.path().to_owned()))
            }
            Self::Answer(spawns, answer) => {
                let exit = ProcessEnd::recorded(&AttemptDir::new(&answer.directory));
                let answer = Answer { exit, because: spawns.because(answer.number), ..answer.clone() };
                spawns.answer(&answer).map_err(unwritten(spawns.path().to_owned()))
            }
            Self::Plan(record) => record.write_rest().map_err(unwritten(record.path())),
        }
    }
}

/// Removes `cancelled.json` if it is there.
pub(super) fn forget_cancelled(dir: &SimulationDir) -> io::Result<()> {
    forget(dir, &dir.cancelled(), Kind::Cancelled)
}

/// Removes a record of the simulation if it is there, so that a power cut does not bring it back. What is behind a link is not
/// ours, nor is a file that is no record.
fn forget(dir: &SimulationDir, record: &Path, kind: Kind) -> io::Result<()> {
    if !beneath::has_simulation(dir).unwrap_or(false) {
        return Ok(());
    }
    ours::check(record, kind)?;
    atomic::remove(record)
}

/// Notes in `stop.json` that the first signal was sent.
fn record_signalled(dir: &AttemptDir) -> io::Result<()> {
    let stop = match atomic::read_json::<Stop>(&dir.stop()) {
        Ok(Some(stop)) => stop,
        Err(error @ RecordError::Read { .. }) => return Err(error.into()),
        // Nobody wrote one, or not for us to change.
        Ok(None) | Err(_) => return Ok(()),
    };
    beneath::has_attempt(dir)?;
    rewrite_json(&dir.stop(), &Stop { signalled: true, ..stop })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_that_is_recorded_again_still_says_that_its_signal_was_sent() {
        let place = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(place.path()).simulation("a").attempt(1);
        std::fs::create_dir_all(dir.path()).unwrap();
        let signalled = || atomic::read_json::<Stop>(&dir.stop()).unwrap().unwrap().signalled;
        let stop = |at| Record::Stop { dir: dir.clone(), reason: StopReason::Cancelled, at, signalled: false };
        let at = Moment::now();
        stop(at).write().unwrap();
        Record::Signalled(dir.clone()).write().unwrap();
        stop(at).write().unwrap();
        assert!(signalled());
        stop(Moment { unix_ms: 5, ..at }).write().unwrap();
        assert!(!signalled(), "another stop has sent no signal yet");
    }

    #[test]
    fn what_was_asked_becomes_the_same_record_again() {
        let outdir = ExperimentDir::new("/runs");
        let (at, dir) = (Moment::now(), outdir.simulation("a"));
        for record in [
            Record::Stop { dir: dir.attempt(3), reason: StopReason::Timeout { limit_ms: 5 }, at, signalled: false },
            Record::Cancelled(dir.clone(), at),
            Record::Retry { dir: dir.clone(), after: 2, anew: true, at },
            Record::ForgetRetry(dir),
        ] {
            let asked = record.asked().unwrap();
            assert_eq!(Record::of(&asked, &outdir).asked(), Some(asked));
        }
    }
}
