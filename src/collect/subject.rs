//! What is asked about: a row of the sweep, what became of it, and where its stats are.

use std::path::{Path, PathBuf};

use super::foreign::{Run, UNKNOWN};
use crate::experiment::{Parameter, Simulation};
use crate::gem5::OutcomeKind;
use crate::gem5::stats::ResultDump;
use crate::protocol::{SimView, Status};
use crate::report::{Host, Include, State};
use crate::rundir::AttemptDir;

/// The word for a simulation whose stats were not come to in the time that was given.
pub(super) const UNREAD: &str = "not read yet";

/// Why a simulation has no dump whose state is none that is wanted.
pub(super) const NO_RESULT: &str = "its stats are no result";

/// A row of the sweep.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) state: State,
    /// Which dump is meant.
    pub(super) choice: ResultDump,
    pub(super) host: Host,
    /// Where its stats are, if they are wanted.
    pub(super) stats: Result<Origin, &'static str>,
}

/// Where stats come from.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// An attempt of ours.
    Attempt {
        /// Its directory.
        dir: AttemptDir,
        /// How it ended, if it has.
        outcome: Option<OutcomeKind>,
        /// Whether the simulation runs, so that the last dump is shown whichever is meant.
        is_running: bool,
    },
    /// The output directory of a run that is none of ours. What became of it is told by the look at its stats.
    Foreign {
        /// The directory.
        m5out: PathBuf,
    },
}

impl Subject {
    /// A simulation of a plan, as an engine or the directory shows it.
    pub(super) fn of(simulation: &Simulation, view: &SimView, dump: Option<&ResultDump>, include: Include) -> Self {
        let state = state(view);
        let latest = view.latest();
        let host = Host {
            elapsed: latest.and_then(|attempt| attempt.ran_ms).map(|ms| ms as f64 / 1e3),
            max_rss: latest.and_then(|attempt| attempt.max_rss).map(|bytes| bytes as f64),
            attempts: view.attempts.len() as u32 + view.left_out.attempts,
        };
        let is_running = matches!(state, State::Running { .. });
        let stats = match latest {
            _ if !is_wanted(&state, include) => Err(NO_RESULT),
            None => Err("it has no attempt"),
            Some(attempt) => {
                Ok(Origin::Attempt { dir: AttemptDir::new(&attempt.dir), outcome: attempt.kind(), is_running })
            }
        };
        Self {
            name: simulation.name.clone(),
            parameters: simulation.parameters.clone(),
            state,
            choice: dump.cloned().unwrap_or_else(|| simulation.dump.clone().into()),
            host,
            stats,
        }
    }
}

impl Subject {
    /// A run that is none of ours.
    pub(super) fn foreign(run: &Run, dump: Option<&ResultDump>) -> Self {
        Self {
            name: run.name.clone(),
            parameters: run.parameters.clone(),
            // Until it is looked at.
            state: State::Waiting { word: UNREAD.to_owned() },
            choice: dump.cloned().unwrap_or_default(),
            host: Host { attempts: 1, ..Host::default() },
            stats: Ok(Origin::Foreign { m5out: run.m5out.clone() }),
        }
    }

    /// The directory of the experiment that its attempt is in.
    pub(super) fn experiment(&self) -> Option<PathBuf> {
        let Origin::Attempt { dir, .. } = self.stats.as_ref().ok()? else { return None };
        dir.path().parent()?.parent().map(Path::to_owned)
    }
}

/// Whether the stats of a simulation in this state are looked at.
pub(super) fn is_wanted(state: &State, include: Include) -> bool {
    match state {
        State::Ok | State::Running { .. } => true,
        State::Failed { word, .. } => {
            (include.cancelled && word == OutcomeKind::Cancelled.word())
                || (include.timeout && word == OutcomeKind::Timeout.word())
                || (include.unknown && word == UNKNOWN)
        }
        State::Waiting { .. } => false,
    }
}

fn state(view: &SimView) -> State {
    let word = view.status.word().to_owned();
    match &view.status {
        Status::Ended { outcome } if outcome.kind.is_ok() => State::Ok,
        Status::Ended { outcome } => State::Failed { word: outcome.kind.word().to_owned(), cause: outcome.line() },
        Status::Running { .. } | Status::Paused | Status::Stopping { .. } => State::Running { word },
        Status::Blocked | Status::Queued | Status::Backoff { .. } | Status::Launching | Status::Submitted => {
            State::Waiting { word }
        }
    }
}
