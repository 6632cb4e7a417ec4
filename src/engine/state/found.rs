//! What the directory tells as an engine begins, or as simulations are added to it: the same events that a living engine
//! sees one by one, all at once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::gem5::Outcome;
use crate::protocol::{Handle, JobView};
use crate::rundir::Reach;
use crate::rundir::evidence::Ended;
use crate::rundir::record::{InputFile, Moment, StopReason};

/// What the directory tells of one simulation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Its attempts, oldest first.
    pub attempts: Vec<FoundAttempt>,
    /// How many older ones there are that were not read.
    pub unread: u32,
    /// Why they could not be listed. What cannot be seen is not taken for what is not there.
    pub unlisted: Option<String>,
    /// Why the newest attempt may not be looked at, where that is for want of permission: it may run.
    pub hidden: Option<String>,
    /// A person asked for another attempt than the one of this number, or than none.
    pub retry_after: Option<u32>,
    /// Whether that one, if it is one of a suite, takes nothing from before.
    pub anew: bool,
    /// A person cancelled it before it had an attempt to end.
    pub cancelled: bool,
    /// What has changed since its newest attempt was launched, in words.
    pub changed: Vec<String>,
    /// The simulations that its newest attempt was made from, each with the attempt of it that was read.
    pub used: Vec<(u32, u32)>,
}

/// What the directory tells of one attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundAttempt {
    /// Counted from one.
    pub number: u32,
    /// Its directory.
    pub dir: PathBuf,
    /// When it started.
    pub started: Option<Moment>,
    /// What it runs or ran, where that is known.
    pub executable: Option<InputFile>,
    /// It was paused for a while.
    pub was_paused: bool,
    /// Automatic retries that led to it since a person last asked for an attempt.
    /// None where that cannot be read.
    pub retries_made: Option<u32>,
    /// Why it was asked to stop, and whether its first signal was sent.
    pub stop: Option<(StopReason, bool)>,
    /// Where it is.
    pub fate: Fate,
}

/// What has changed by now under an attempt that was the newest one when that was looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// The simulation.
    pub sim: u32,
    /// The attempt.
    pub attempt: u32,
    /// What has changed, in words.
    pub what: Vec<String>,
}

/// The engines of other shards that live, by the number of the shard, each with when it began, in milliseconds since the Unix
/// epoch.
pub type Engines = BTreeMap<u32, i64>;

/// What was seen of other shards.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Others {
    /// What the directory tells of simulations of which it may tell something new.
    pub found: Vec<(u32, Found)>,
    /// The engines.
    pub engines: Engines,
}

/// Where an attempt is that was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// Nothing was started: an engine ended between the intent and the launch, or the machine was at fault.
    NotStarted(Outcome),
    /// A batch system has it.
    Pending {
        /// Why it waits there.
        why: String,
        /// The job.
        job: JobView,
    },
    /// Its shim is being started.
    Starting,
    /// It runs.
    Runs {
        /// How it can be reached.
        reach: Reach,
        /// What people know it by.
        handle: Handle,
        /// Milliseconds of finished pauses, and of times when the whole machine slept.
        paused_ms: u64,
        /// Since when it is paused.
        paused_since: Option<Moment>,
    },
    /// It has ended.
    Ended {
        /// How.
        ended: Ended,
        /// When; none if nobody saw it.
        at: Option<Moment>,
    },
}

impl FoundAttempt {
    /// An attempt of which nothing is known but where it is.
    pub fn new(number: u32, dir: impl Into<PathBuf>, fate: Fate) -> Self {
        let dir = dir.into();
        Self { number, dir, started: None, executable: None, was_paused: false, retries_made: None, stop: None, fate }
    }
}
