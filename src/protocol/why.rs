//! Why a simulation is where it is, and what happens next: as data. The words are made in [`super::phrase`].
//!
//! Nothing here changes by itself while a simulation waits: what all of them share, such as the cap, is told once, in the
//! header.

use serde::{Deserialize, Serialize};

use crate::gem5::{ConsoleWord, OutcomeKind, Phase, StopReason};

/// Why a simulation waits, what it is doing, or what happens to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Why {
    /// There is nothing to add to its status.
    Nothing,
    /// It waits for a place.
    Place {
        /// What is in its way.
        wait: Wait,
    },
    /// It waits for another simulation to end ok.
    Needs {
        /// That one's name.
        name: String,
    },
    /// Another simulation that it needs does not run in the time that there is.
    NeedsLater {
        /// That one's name.
        name: String,
    },
    /// Another simulation that it needs is held back.
    NeedsHeld {
        /// That one's name.
        name: String,
    },
    /// Another simulation that it needs has ended otherwise.
    NeedFailed {
        /// That one's name.
        name: String,
        /// How it ended.
        outcome: OutcomeKind,
    },
    /// It ended, and is tried again by itself when its backoff has passed.
    TriedAgain {
        /// How it ended.
        outcome: OutcomeKind,
        /// Milliseconds until then, when the message was made.
        left_ms: u64,
        /// What it may use, or is counted with, because memory ran out, in bytes.
        memory: Option<u64>,
        /// How long it may take because time ran out, in milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit_ms: Option<u64>,
    },
    /// It was cancelled while it was being launched.
    CancelledLaunch,
    /// A batch system has not started it.
    Submitted {
        /// What that says.
        said: String,
    },
    /// A batch system holds it back because a person asked for that.
    Held {
        /// What that says.
        said: String,
    },
    /// It was cancelled, and a batch system is asked to give it back.
    Withdrawn,
    /// It was asked to end.
    Stopping {
        /// Why.
        reason: StopReason,
        /// Which step of the ladder.
        stage: StageView,
    },
    /// It is paused.
    Paused,
    /// It was paused, and its output grows all the same: what stands still is not gem5.
    PauseMissed,
    /// It is paused, was asked to go on, and waits for a place.
    GoesOn {
        /// What is in its way.
        wait: Wait,
    },
    /// It is a suite, and its script has asked for simulations whose ends it has not been told.
    AwaitsSpawned {
        /// Of how many it has not been told.
        left: u32,
        /// How many it has asked for.
        of: u32,
    },
    /// It has ended, and what it wrote is not on disk yet.
    Over,
    /// Its main process has ended, and something that it left behind has not.
    LeftBehind,
    /// It simulates towards a goal, and nothing has told yet how far it is.
    Untold,
    /// It is on its way to simulating, or back.
    Phase {
        /// How far.
        phase: Phase,
    },
    /// It ended ok and would be made from something else now.
    Outdated {
        /// What has changed since, in words.
        changes: Vec<String>,
    },
}

/// What keeps a simulation from a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "for")]
pub enum Wait {
    /// Nobody has looked yet.
    Turn,
    /// A person holds it back.
    Held,
    /// The cap is reached, and a person has put it before all others.
    Next,
    /// The queue is paused by a person.
    QueuePaused,
    /// The engine launches nothing more.
    Draining,
    /// The cap is reached.
    Cap,
    /// The cap is reached, and others that wait have a higher priority.
    Priority {
        /// The highest one among them.
        highest: i32,
    },
    /// The suite that has spawned it is paused.
    SuitePaused,
    /// The engine of another shard has it, or will.
    Shard {
        /// Which one, counted from one.
        number: u32,
        /// Of how many.
        of: u32,
    },
    /// Its pool is full.
    Pool {
        /// How many of the pool run at once.
        processes: u32,
    },
    /// So many jobs are handed in and have not ended, and the batch system gets no more.
    Jobs {
        /// How many at most.
        max: u32,
    },
    /// As many run on this machine as it has cores.
    Here {
        /// How many at most.
        slots: u32,
    },
    /// Its memory does not fit into the budget now.
    Memory {
        /// What it needs, in bytes.
        needs: u64,
        /// How that is known.
        basis: Basis,
    },
    /// The machine has too little of something.
    Short {
        /// Of what.
        of: Shortage,
    },
    /// Launches fail on this machine now.
    Trouble,
    /// It would not come to its end in the time that there is, or that is up.
    Time {
        /// How long it takes, in milliseconds, as the file says; none where it says nothing, or it was asked to finish.
        needs_ms: Option<u64>,
        /// When the time is up, in milliseconds since the Unix epoch.
        until_unix_ms: i64,
    },
    /// The time was up, or its place was taken, before it had come to its end, and nothing has started since.
    Interrupted,
}

/// How it is known what memory a simulation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The experiment file says so.
    Declared,
    /// An earlier attempt needed it.
    Seen,
    /// Its finished neighbours needed it.
    Neighbours,
    /// Memory ran out in its last attempt, so it is counted with more.
    AfterOom,
}

/// What the machine has too little of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shortage {
    /// Memory.
    Memory,
    /// Space on the filesystem of the experiment directory.
    Disk,
}

/// What became of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// It is about to be sent.
    UnderWay,
    /// It was sent.
    Sent,
    /// It could not be sent, or nobody was there to get it. It is tried again.
    Failed,
}

/// A step of the cancel ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageView {
    /// Its signal.
    pub signal: Step,
    /// What became of that.
    pub delivery: Delivery,
    /// Milliseconds until the next step when the message was made; none after SIGKILL, and before the signal was sent.
    pub left_ms: Option<u64>,
}

/// The steps of the cancel ladder. gem5 dumps its stats on SIGINT and dies without them on SIGTERM
/// (`src/sim/init_signals.cc`), hence the order and the long first grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Step {
    /// SIGINT was sent: gem5 may write its last dump.
    #[serde(rename = "SIGINT")]
    Interrupt,
    /// SIGTERM was sent.
    #[serde(rename = "SIGTERM")]
    Terminate,
    /// SIGKILL was sent, and is sent again until nothing of the tree is left.
    #[serde(rename = "SIGKILL")]
    Kill,
}

impl Step {
    /// The step after this one; the last one comes again.
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

/// What else there is to know of a simulation that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "note")]
pub enum Note {
    /// It uses more memory than it declares.
    UsesMore {
        /// What it uses, in bytes.
        rss: u64,
        /// What it declares, in bytes.
        declared: u64,
    },
    /// The experiment file does not have it any more.
    Gone,
    /// It runs on a host that cannot be reached.
    Elsewhere {
        /// That host.
        host: String,
    },
    /// Its shim has died.
    Unsupervised,
    /// Its directory is not where it was when it began.
    Moved {
        /// Where it is.
        to: String,
    },
    /// A client stands still, and what it has started elsewhere may go on.
    Client {
        /// Which, such as `docker`.
        name: String,
    },
    /// Its directory was deleted.
    Deleted,
    /// Its simulated system has failed, or waits for somebody who types.
    Guest(ConsoleWord),
}
