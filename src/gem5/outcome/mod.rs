//! Why an attempt ended.
//!
//! gem5's exit code tells little: a guest that failed, a user interrupt and a finished run all end with 0, and stats
//! may be complete in a run that failed. [`derive()`] reads all [`Evidence`] together: the wait status, what gem5-tui
//! itself did, the log, the stats, the guest's console and the kernel's counters. [`signature()`] tells which failures
//! are the same.
//!
//! The status is the weakest of them where a wrapper stands between: what gem5 itself said at its end goes before it
//! (`own_end.rs`), and who ended it from outside is believed (`outside.rs`), above all the batch system that it was a job of
//! (`batch.rs`).

mod batch;
mod crash;
mod derive;
mod evidence;
mod guest;
mod outside;
mod own_end;
mod signature;
mod step;
#[cfg(test)]
mod tests;

pub use batch::JobFate;
pub(crate) use batch::{JobFacts, JobWord};
pub(crate) use crash::kind_of_exception;
pub(crate) use derive::{derive, derive_from_log};
pub use evidence::ConsoleWord;
pub(crate) use evidence::{Evidence, Flood, LogSearch, RuleFacts, StatsFacts};
pub use signature::signature;
pub(crate) use step::{derive_step, telling_line};

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::text::excerpt::excerpt;

/// 2 KiB as JSON: so much of a cause is kept. A line of gem5 has a few hundred bytes, and the message of an exception, the text of a
/// record or the names of a thousand simulations may be any number; each simulation and each of its attempts has one in memory
/// and in messages. The whole is where it comes from: the log, or `result.json`.
const MAX_CAUSE: usize = 2 << 10;

/// 512 bytes as JSON: so much of a place is kept. A path in it may be longer than a line.
const MAX_PLACE: usize = 512;

/// How the main process of an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndFacts {
    /// It exited with this code.
    Exited(i32),
    /// A signal ended it.
    Signaled {
        /// The signal's number.
        number: i32,
        /// Its name, such as `SIGSEGV`.
        name: String,
    },
    /// It could not be started, for this reason.
    NotStarted(String),
}

/// Why gem5-tui asked an attempt to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// A user asked for it.
    Cancelled,
    /// The wall-clock limit, in milliseconds, was reached.
    Timeout {
        /// The limit.
        limit_ms: u64,
    },
    /// No tick, no output and no CPU time for so many milliseconds, or none but for one line over and over.
    Stalled {
        /// The limit.
        limit_ms: u64,
    },
    /// Its simulated system had failed, or waited at a prompt, for so many milliseconds.
    Guest {
        /// How long.
        waited_ms: u64,
    },
    /// It wrote more than it may.
    Output {
        /// What it has written, bytes.
        bytes: u64,
        /// The limit, bytes.
        limit: u64,
    },
    /// The time that there was for it is up, such as that of the batch job it ran in. No fault of its own, and no wish to end it.
    TimeUp {
        /// When, in milliseconds since the Unix epoch.
        at_unix_ms: i64,
    },
    /// The filesystem of the experiment directory has less free space than it must keep.
    DiskFull {
        /// What is free, bytes.
        free: u64,
        /// What must stay free, bytes.
        limit: u64,
    },
}

/// How often the kernel killed a process because memory ran out, between start and end of an attempt. A count is none
/// where the kernel does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OomKills {
    /// In the control group of the attempt: `oom_kill` of `memory.events` (cgroup v2).
    pub cgroup: Option<u64>,
    /// On the whole machine: `oom_kill` of `/proc/vmstat`.
    pub machine: Option<u64>,
}

/// Why an attempt ended, with the one line of cause that a researcher wants to read first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The class.
    pub kind: OutcomeKind,
    /// One line: the last `fatal:`, `panic:` or error line, the exit code or the signal, without place and tick. Raw text,
    /// not yet sanitised, and cut where it is long ([`Outcome::bounded`]).
    pub cause: String,
    /// `file:line` of gem5 or of the script that the cause comes from, if it was told. Raw text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The tick at which it ended, if it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tick: Option<u64>,
}

impl Outcome {
    /// An outcome whose place and tick are not known.
    pub fn new(kind: OutcomeKind, cause: impl Into<String>) -> Self {
        Self { kind, cause: excerpt(cause.into(), MAX_CAUSE), place: None, tick: None }
    }

    /// The same with no text longer than is kept. Whoever makes one otherwise than by [`Self::new`], or reads one from a record, which
    /// may hold anything, passes it through here.
    #[must_use]
    pub fn bounded(self) -> Self {
        let place = self.place.map(|place| excerpt(place, MAX_PLACE));
        Self { cause: excerpt(self.cause, MAX_CAUSE), place, ..self }
    }

    /// The cause with place and tick, as every plain output and the dashboard show it. Raw text, not yet sanitised.
    pub fn line(&self) -> String {
        let mut line = self.cause.clone();
        // Writing to a string cannot fail.
        if let Some(place) = &self.place {
            _ = write!(line, " ({place})");
        }
        if let Some(tick) = self.tick {
            _ = write!(line, " @ tick {tick}");
        }
        line
    }
}

/// The classes of outcome. The words are the same in YAML, JSON, on the command line and on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeKind {
    /// It did what it was asked to do.
    Ok,
    /// It ended at a limit that it was given, such as a number of ticks. Counts as ok.
    Limit,
    /// Nothing was left to happen, and no limit had been set: every CPU slept, or there was none. Only a `success:` rule can say
    /// that this was meant.
    RanDry,
    /// It ended without an error and without stats: nothing was simulated, or the last dump is cut off.
    NoStats,
    /// The simulated program or system failed; gem5's exit code does not tell.
    GuestFailed,
    /// It exited with a code that nothing else explains.
    Failed,
    /// gem5 or its script called `fatal`.
    Fatal,
    /// gem5 or its script called `panic`.
    Panic,
    /// SIGABRT without a panic message, or another signal of a broken program, such as SIGILL.
    Abort,
    /// SIGSEGV or SIGBUS.
    Segv,
    /// An uncaught Python exception.
    PythonError,
    /// gem5 refused its command line.
    Usage,
    /// It could not be started at all.
    NotStarted,
    /// It ran longer than its `timeout`, or than `timeout(1)` or a batch system let it.
    Timeout,
    /// It made no progress for its `stall`: no tick, no output, no CPU time.
    Stalled,
    /// It wrote more than its `max_output`, the disk had less than `min_free_disk` left, or its script found no space.
    Disk,
    /// The kernel ended it because memory ran out, or a batch system because it used more than it may.
    Oom,
    /// The user cancelled it.
    Cancelled,
    /// The time that there was for it was up before it had come to its end. It is queued again.
    Interrupted,
    /// A signal that gem5-tui did not send and that nothing explains, as it is or as a shell tells of it.
    Killed,
    /// The process is gone and its end was not seen. Never success.
    Lost,
}

impl OutcomeKind {
    /// Every class, in the order of the help text.
    pub const ALL: [Self; 21] = [
        Self::Ok,
        Self::Limit,
        Self::RanDry,
        Self::NoStats,
        Self::GuestFailed,
        Self::Failed,
        Self::Fatal,
        Self::Panic,
        Self::Abort,
        Self::Segv,
        Self::PythonError,
        Self::Usage,
        Self::NotStarted,
        Self::Timeout,
        Self::Stalled,
        Self::Disk,
        Self::Oom,
        Self::Cancelled,
        Self::Interrupted,
        Self::Killed,
        Self::Lost,
    ];

    /// The word for YAML, JSON, the command line and the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Limit => "limit",
            Self::RanDry => "ran-dry",
            Self::NoStats => "no-stats",
            Self::GuestFailed => "guest-failed",
            Self::Failed => "failed",
            Self::Fatal => "fatal",
            Self::Panic => "panic",
            Self::Abort => "abort",
            Self::Segv => "segv",
            Self::PythonError => "python-error",
            Self::Usage => "usage",
            Self::NotStarted => "not-started",
            Self::Timeout => "timeout",
            Self::Stalled => "stalled",
            Self::Disk => "disk",
            Self::Oom => "oom",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
            Self::Killed => "killed",
            Self::Lost => "lost",
        }
    }

    /// The word for a sentence, which also tells that one counts as ok whose word does not say so.
    pub fn phrase(self) -> String {
        let word = self.word();
        if self.is_ok() && self != Self::Ok { format!("ok ({word})") } else { word.to_owned() }
    }

    /// Whether the simulation needs no further attempt.
    pub fn is_ok(self) -> bool {
        matches!(self, Self::Ok | Self::Limit)
    }

    /// Whether it ended otherwise than anybody wanted: a cancel was asked for.
    pub fn is_failure(self) -> bool {
        !self.is_ok() && self != Self::Cancelled
    }

    /// Whether an automatic retry makes sense: the same command line refused once is refused again, and a cancel
    /// was asked for. What was interrupted goes on without one.
    pub fn is_worth_retrying(self) -> bool {
        !matches!(
            self,
            Self::Ok
                | Self::Limit
                | Self::RanDry
                | Self::NoStats
                | Self::Usage
                | Self::NotStarted
                | Self::Cancelled
                | Self::Interrupted
        )
    }
}
