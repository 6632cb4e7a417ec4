//! The life of one simulation as the engine knows it. Plain data and the arithmetic on it.

use std::path::PathBuf;

use crate::engine::schedule::Wait;
use crate::gem5::{Outcome, OutcomeKind, Phase};
use crate::protocol::Progress;
use crate::rundir::record::{Moment, StopReason};

/// One simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Sim {
    /// Every attempt that has a directory, oldest first.
    pub attempts: Vec<Attempt>,
    /// Where it is in its life.
    pub life: Life,
    /// Automatic retries made since a person last asked for an attempt.
    pub retries_made: u32,
    /// What the last attempt's files tell.
    pub progress: Progress,
    /// The watched stats of the last complete dump.
    pub values: Vec<Option<f64>>,
    /// Whether the plan has changed since the last ok attempt.
    pub changed: bool,
}

/// One attempt that has a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Counted from one.
    pub number: u32,
    /// Its directory.
    pub dir: PathBuf,
    /// When it started.
    pub started: Option<Moment>,
    /// Its main process, while it lives.
    pub pid: Option<i32>,
    /// How it ended.
    pub ended: Option<Ended>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Why.
    pub outcome: Outcome,
    /// How long it ran, pauses excluded, in milliseconds.
    pub ran_ms: Option<u64>,
    /// Largest resident set, in bytes.
    pub max_rss: Option<u64>,
}

/// Where a simulation is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Life {
    /// It wants to run.
    Waiting(Waiting),
    /// It wants to run again, later.
    Backoff {
        /// When, on the boot clock, in milliseconds.
        until_ms: u64,
    },
    /// Its shim is being started.
    Launching {
        /// A cancel came before its process did.
        cancel: bool,
    },
    /// Its process exists.
    Live(Live),
    /// Nothing more happens to it unless a person asks.
    Ended(Outcome),
}

/// Why a simulation that wants to run does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// The next look at the queue decides.
    Undecided,
    /// Simulations that it needs have not ended ok yet; the first of them.
    Needs(u32),
    /// A simulation that it needs ended otherwise; the first of them.
    NeedFailed(u32),
    /// There is no place.
    Place(Wait),
}

/// A process that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// When it started.
    pub started: Moment,
    /// How far it has come.
    pub phase: Phase,
    /// Milliseconds of finished pauses.
    pub paused_ms: u64,
    /// When we last sent SIGSTOP or SIGCONT, on the boot clock, in milliseconds; zero if never.
    pub switched_ms: u64,
    /// The pause that it is in.
    pub pause: Option<Pause>,
    /// The cancel that it is in.
    pub stop: Option<Stopping>,
    /// Its shim died: its end will not be recorded.
    pub unsupervised: bool,
}

/// A pause that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Since when, on the boot clock, in milliseconds.
    pub since_ms: u64,
    /// A person asked it to go on and there was no place yet.
    pub resume: Option<Wait>,
}

/// A cancel under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopping {
    /// Why.
    pub reason: StopReason,
    /// The step of the ladder.
    pub stage: Stage,
    /// When the next step comes, on the boot clock, in milliseconds.
    pub next_ms: u64,
    /// Whether the signal of this step was sent, as far as is known. Not so only for a stop that another engine began.
    pub signalled: bool,
}

/// The steps of the cancel ladder. gem5 dumps its stats on SIGINT and dies without them on SIGTERM
/// (`src/sim/init_signals.cc`), hence the order and the long first grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// SIGINT was sent: gem5 may write its last dump.
    Interrupt,
    /// SIGTERM was sent.
    Terminate,
    /// SIGKILL was sent, and is sent again until nothing of the tree is left.
    Kill,
}

impl Stage {
    /// The step after this one.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Interrupt => Self::Terminate,
            Self::Terminate | Self::Kill => Self::Kill,
        }
    }

    /// The signal's name.
    pub fn signal_name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::Kill => "SIGKILL",
        }
    }
}

impl Live {
    /// Run time at `now_ms` of the boot clock, pauses excluded, in milliseconds.
    pub fn ran_ms(&self, now_ms: u64) -> u64 {
        let current = self.pause.map_or(0, |pause| now_ms.saturating_sub(pause.since_ms));
        now_ms.saturating_sub(self.started.boot_ms).saturating_sub(self.paused_ms + current)
    }
}

impl Sim {
    /// The newest attempt.
    pub fn latest(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// The newest attempt, to change it.
    pub fn latest_mut(&mut self) -> Option<&mut Attempt> {
        self.attempts.last_mut()
    }

    /// The number that the next attempt gets.
    pub fn next_number(&self) -> u32 {
        self.latest().map_or(1, |attempt| attempt.number + 1)
    }

    /// Whether a place is taken: something runs or is about to.
    pub fn takes_place(&self) -> bool {
        match &self.life {
            Life::Launching { .. } => true,
            Life::Live(live) => live.pause.is_none() || live.stop.is_some(),
            _ => false,
        }
    }

    /// Whether a process exists or is about to.
    pub fn is_live(&self) -> bool {
        matches!(self.life, Life::Launching { .. } | Life::Live(_))
    }

    /// The class of the end, if it has ended.
    pub fn ended(&self) -> Option<OutcomeKind> {
        match &self.life {
            Life::Ended(outcome) => Some(outcome.kind),
            _ => None,
        }
    }
}
