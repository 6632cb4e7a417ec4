//! The experiment as a client sees it.
//!
//! Times are spans, not moments, so that a client needs no clock in step with the engine's: [`Clock`] says how much
//! had passed when the message was made and whether it goes on passing.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::left_out::LeftOut;
use super::why::{Note, StageView, Wait, Why};
use crate::experiment::{Goal, OnSuiteEnd, Parameter, RowKind};
use crate::gem5::stats::Choice;
use crate::gem5::{Checkpoint, Outcome, OutcomeKind, Phase};

/// A span that may still be growing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Clock {
    /// Milliseconds when the message was made.
    pub ms: u64,
    /// Whether it grows with time since then.
    pub ticking: bool,
}

/// The experiment as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The experiment's name.
    pub name: String,
    /// The experiment file.
    pub source: PathBuf,
    /// The experiment directory.
    pub outdir: PathBuf,
    /// Whether the gem5 is the stand-in, which every screen must say.
    pub stand_in: bool,
    /// The globs that the columns of [`SimView::values`] stand for.
    pub watch: Vec<String>,
    /// How many simulations are in which state. They sum to `total`.
    pub counts: Counts,
    /// How many simulations may run at once.
    pub cap: u32,
    /// Declared memory, when the experiment has a budget.
    pub memory: Option<MemoryView>,
    /// Whether the queue launches.
    pub queue: QueueState,
    /// What it is paused for, if that is because what ran has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alike: Option<Alike>,
    /// Since this engine started.
    pub elapsed: Clock,
    /// How long the sweep as a whole has taken; none before its first start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<SweepTime>,
    /// Until everything has ended, when there is evidence to tell it from.
    pub eta: Option<Eta>,
    /// What was added to the experiment file and taken out of it.
    pub edits: Edits,
    /// Something that a person must know, such as a full disk.
    pub notice: Option<String>,
    /// What there is to run on where that is less than this machine: of a batch job, or until a time. In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation: Option<String>,
    /// How many of those that wait do not start in the time that there is.
    #[serde(default)]
    pub later: u32,
    /// How many of those that wait a person holds back, with those that need them.
    #[serde(default)]
    pub held: u32,
    /// The part of the experiment that this engine has, if not all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardView>,
}

/// The part of an experiment that an engine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardView {
    /// Which one, counted from one.
    pub number: u32,
    /// Of how many.
    pub of: u32,
    /// How many of its simulations are in which state.
    pub counts: Counts,
    /// How many of them need simulations of other shards that have not ended.
    pub awaiting: u32,
}

/// How long a sweep has taken, over all engines that worked on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SweepTime {
    /// From the first start to now, or to the last end if nothing runs.
    pub elapsed: Clock,
    /// CPU time of all attempts that have ended, milliseconds.
    pub cpu_ms: u64,
    /// Of how many ended attempts nobody knows it.
    pub cpu_untold: u32,
    /// When the last one ended, milliseconds since the Unix epoch, if all have.
    pub finished_unix_ms: Option<i64>,
}

/// Whether the queue launches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QueueState {
    /// It launches.
    Open,
    /// It launches nothing; what runs goes on.
    Paused,
    /// It launches nothing more, and the engine ends after the last running simulation.
    Draining,
}

/// Simulations of one program that have failed for one reason, while none of it is ok.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alike {
    /// How many.
    pub count: u32,
    /// The program, as people call it.
    pub program: String,
    /// The reason.
    pub cause: String,
    /// The first of them.
    pub first: String,
}

/// How the experiment file differs from the one that the engine before this one worked on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Edits {
    /// Simulations that were not in it.
    pub new: u32,
    /// Simulations that have results and are in the file no longer. They stay as they are.
    pub gone: u32,
    /// The first names of those.
    pub names: Vec<String>,
}

/// A time left, as a range: rates change, and a single number would claim to know better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eta {
    /// Milliseconds at the best rate seen lately.
    pub low_ms: u64,
    /// Milliseconds at the worst rate seen lately.
    pub high_ms: u64,
}

/// What a simulation uses of the host while it runs. A rate is none until two looks tell it.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct HostView {
    /// Cores in use by the whole tree: 1.0 is one core.
    pub cores: Option<f64>,
    /// CPU time of the whole tree so far, milliseconds.
    pub cpu_ms: u64,
    /// Resident memory of the whole tree, bytes.
    pub rss: u64,
    /// The largest resident memory of the tree that was seen in this attempt, bytes.
    pub peak_rss: u64,
    /// Simulated ticks per host second, lately.
    pub tick_rate: Option<f64>,
    /// Simulated seconds per host second, lately.
    pub speed: Option<f64>,
    /// Bytes below the attempt's directory, where that is watched.
    pub output: Option<u64>,
}

/// How many simulations are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Every simulation of the plan.
    pub total: u32,
    /// Waiting for another simulation.
    pub blocked: u32,
    /// Waiting for a place, for a backoff to pass, or in a batch system.
    pub queued: u32,
    /// Being launched, running or stopping.
    pub running: u32,
    /// Stopped by SIGSTOP.
    pub paused: u32,
    /// Ended ok.
    pub ok: u32,
    /// Ended otherwise.
    pub not_ok: u32,
    /// Those of them that a person cancelled: a decision and no failure.
    #[serde(default)]
    pub cancelled: u32,
    /// Groups of simulations that are known only when others have ended; none of them is in `total`.
    #[serde(default)]
    pub awaiting: u32,
}

/// Declared memory of what runs, beside the budget, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryView {
    /// For each running and paused simulation the larger of what it declared and what was seen.
    pub used: u64,
    /// Resident memory of all running and paused simulations, as seen last.
    pub seen: u64,
    /// The experiment's budget.
    pub budget: u64,
}

/// One simulation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimView {
    /// Its index in the plan.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// What makes it differ from its neighbours.
    pub parameters: Vec<Parameter>,
    /// Where it is in its life.
    pub status: Status,
    /// Why it is not running, or what it is doing.
    pub why: Why,
    /// What else there is to know while it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Every attempt so far, oldest first.
    pub attempts: Vec<AttemptView>,
    /// How far it has come.
    pub progress: Progress,
    /// The watched stats of the dump that counts, in the order of [`Header::watch`]: while it runs of the last complete one, and
    /// then of the one that [`SimView::dump`] means.
    pub values: Vec<Option<f64>>,
    /// Which of its dumps is the result.
    #[serde(default, skip_serializing_if = "Choice::is_last")]
    pub dump: Choice,
    /// Run time of the last attempt, pauses excluded.
    pub elapsed: Clock,
    /// How long it has been in its phase, pauses excluded, while it runs; none if nobody saw when it came into it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_phase: Option<Clock>,
    /// What it uses of the host, while it runs.
    pub host: Option<HostView>,
    /// Ticks of the checkpoints that its last attempt has taken, the last ones if there are many. None where it is not known.
    pub checkpoints: Vec<Option<u64>>,
    /// Those of them whose directory is not called `cpt.TICK`, with what is known of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checkpoint_folders: Vec<Checkpoint>,
    /// What has changed since its newest attempt was launched, in words; nothing if it would be made again as it was.
    pub changed: Vec<String>,
    /// How long a cancel waits between SIGINT and SIGTERM, in milliseconds.
    pub grace_ms: u64,
    /// The memory that the experiment file declares, bytes.
    #[serde(default)]
    pub memory: Option<u64>,
    /// Names of the simulations that must end before this one starts, the first ones if they are many, each with how it must end where
    /// that is not ok.
    pub needs: Vec<String>,
    /// How many more there are: ten thousand names would be too long for a message.
    #[serde(default)]
    pub more_needs: u32,
    /// Whether it is no longer in the experiment file and is only seen to its end.
    #[serde(default)]
    pub gone: bool,
    /// Whether it is a simulation or a step.
    #[serde(default)]
    pub kind: RowKind,
    /// Of those that could start, the ones with a higher number start first.
    #[serde(default)]
    pub priority: i32,
    /// The suite that has spawned it, by its index in the plan, if one has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<u32>,
    /// What it has spawned, if it is a suite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spawned: Option<SpawnedView>,
    /// What of all this is left out, because there is too much of it for a message.
    #[serde(default, skip_serializing_if = "LeftOut::is_nothing")]
    pub left_out: LeftOut,
}

/// What a suite has spawned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SpawnedView {
    /// All simulations that came of it, of all its attempts, by their states.
    pub counts: Counts,
    /// How many its newest attempt has asked for.
    pub asked: u32,
    /// Of how many of those it has been told the end.
    pub answered: u32,
    /// How many of those were there from before, so that nothing was simulated.
    pub before: u32,
    /// What becomes of its simulations when it ends otherwise than ok.
    #[serde(default)]
    pub on_end: OnSuiteEnd,
}

/// Where a simulation is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Status {
    /// Waiting for simulations that it needs.
    Blocked,
    /// Waiting for a place.
    Queued,
    /// Waiting before an automatic retry.
    Backoff {
        /// Milliseconds left when the message was made.
        left_ms: u64,
    },
    /// Its shim is being started.
    Launching,
    /// A batch system has it and has not started it yet.
    Submitted,
    /// Its process runs.
    Running {
        /// How far it has come.
        phase: Phase,
    },
    /// Its process tree is stopped.
    Paused,
    /// It was asked to end.
    Stopping {
        /// Which step of the ladder.
        stage: StageView,
    },
    /// It has ended.
    Ended {
        /// Why.
        outcome: Outcome,
    },
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptView {
    /// Counted from one.
    pub number: u32,
    /// Its directory.
    pub dir: PathBuf,
    /// Why it ended, if it has.
    pub outcome: Option<Outcome>,
    /// When it started, milliseconds since the Unix epoch.
    pub started_unix_ms: Option<i64>,
    /// How long it ran, pauses excluded, once it has ended.
    pub ran_ms: Option<u64>,
    /// Largest resident set, bytes, once it has ended.
    pub max_rss: Option<u64>,
    /// The main process, while it runs.
    pub pid: Option<i32>,
    /// The job that it is, while a batch system has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobView>,
    /// It was paused for a while: gem5 counts that as host time, so `hostSeconds` and all host rates are wrong.
    pub host_time_tainted: bool,
}

impl AttemptView {
    /// How it ended, if it has.
    pub fn kind(&self) -> Option<OutcomeKind> {
        self.outcome.as_ref().map(|outcome| outcome.kind)
    }
}

/// What people know a started attempt by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "as")]
pub enum Handle {
    /// A process of a host.
    Process {
        /// Its number there.
        pid: i32,
    },
    /// A job of a batch system.
    Job(JobView),
}

/// A job of a batch system.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JobView {
    /// The batch system, as the experiment file names it.
    pub system: String,
    /// Its number there; none while that is not known.
    pub id: Option<String>,
    /// The node that it runs on, if that is known.
    pub node: Option<String>,
}

/// How far a simulation has come. Only from evidence.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Simulated ticks seen last.
    pub ticks: Option<u64>,
    /// Simulated instructions seen last.
    pub instructions: Option<u64>,
    /// When it is done.
    pub goal: Option<Goal>,
    /// Part of the goal that is done, from 0 to 1.
    pub fraction: Option<f64>,
    /// Simulated seconds seen last.
    pub seconds: Option<f64>,
    /// Until the goal, at the rates seen lately.
    pub eta: Option<Eta>,
    /// Complete stats dumps so far; none where they were not counted.
    #[serde(default)]
    pub dumps: Option<u32>,
}

impl Header {
    /// Whether a clock in it goes on.
    pub fn is_ticking(&self) -> bool {
        self.elapsed.ticking || self.sweep.is_some_and(|sweep| sweep.elapsed.ticking)
    }
}

impl SimView {
    /// Whether it was paused: it stands still, or what could be stopped of it does, or it is held back, here or in a batch system.
    pub fn was_paused(&self) -> bool {
        let is_held = matches!(self.why, Why::PauseMissed | Why::Held { .. } | Why::Place { wait: Wait::Held });
        self.status == Status::Paused || is_held
    }
}

impl Status {
    /// The word for the screen, the command line and JSON. Everything that is ok is called so; its cause tells of a limit.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ended { outcome } if outcome.kind.is_ok() => OutcomeKind::Ok.word(),
            Self::Blocked => "blocked",
            Self::Queued => "queued",
            Self::Backoff { .. } => "backoff",
            Self::Launching => "launching",
            Self::Submitted => "submitted",
            Self::Running { .. } => "running",
            Self::Paused => "paused",
            Self::Stopping { .. } => "stopping",
            Self::Ended { outcome } => outcome.kind.word(),
        }
    }

    /// What it counts as.
    pub fn counted(&self) -> Counted {
        match self {
            Self::Blocked => Counted::Blocked,
            Self::Queued | Self::Backoff { .. } | Self::Submitted => Counted::Queued,
            Self::Launching | Self::Running { .. } | Self::Stopping { .. } => Counted::Running,
            Self::Paused => Counted::Paused,
            Self::Ended { outcome } if outcome.kind.is_ok() => Counted::Ok,
            Self::Ended { outcome } if outcome.kind.is_failure() => Counted::Failed,
            Self::Ended { .. } => Counted::Cancelled,
        }
    }

    /// Whether a process exists or is about to.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Launching | Self::Submitted | Self::Running { .. } | Self::Paused | Self::Stopping { .. })
    }

    /// The class of the end, if it has ended.
    pub fn ended(&self) -> Option<OutcomeKind> {
        match self {
            Self::Ended { outcome } => Some(outcome.kind),
            _ => None,
        }
    }
}

/// What a status counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// See [`Counts::blocked`].
    Blocked,
    /// See [`Counts::queued`].
    Queued,
    /// See [`Counts::running`].
    Running,
    /// See [`Counts::paused`].
    Paused,
    /// See [`Counts::ok`].
    Ok,
    /// In [`Counts::not_ok`] alone.
    Failed,
    /// See [`Counts::cancelled`].
    Cancelled,
}

impl Counts {
    /// Counts one more simulation of this status.
    pub fn add(&mut self, status: &Status) {
        self.total += 1;
        self.change(status.counted(), true);
    }

    /// Counts one simulation of this status less.
    pub fn remove(&mut self, status: &Status) {
        self.change(status.counted(), false);
        self.total = self.total.saturating_sub(1);
    }

    /// These without those, which are among them.
    #[must_use]
    pub fn without(self, those: Self) -> Self {
        Self {
            total: self.total.saturating_sub(those.total),
            blocked: self.blocked.saturating_sub(those.blocked),
            queued: self.queued.saturating_sub(those.queued),
            running: self.running.saturating_sub(those.running),
            paused: self.paused.saturating_sub(those.paused),
            ok: self.ok.saturating_sub(those.ok),
            not_ok: self.not_ok.saturating_sub(those.not_ok),
            cancelled: self.cancelled.saturating_sub(those.cancelled),
            awaiting: self.awaiting,
        }
    }

    /// How many have not ended.
    pub fn not_ended(&self) -> u32 {
        self.total.saturating_sub(self.ok).saturating_sub(self.not_ok)
    }

    /// How many have failed: ended otherwise than ok, and nobody wanted it.
    pub fn failed(&self) -> u32 {
        self.not_ok.saturating_sub(self.cancelled)
    }

    /// Counts one more of a kind, or one less. The total stays.
    pub fn change(&mut self, counted: Counted, more: bool) {
        let count = match counted {
            Counted::Blocked => &mut self.blocked,
            Counted::Queued => &mut self.queued,
            Counted::Running => &mut self.running,
            Counted::Paused => &mut self.paused,
            Counted::Ok => &mut self.ok,
            Counted::Failed | Counted::Cancelled => &mut self.not_ok,
        };
        let by = |count: &mut u32| *count = if more { *count + 1 } else { count.saturating_sub(1) };
        by(count);
        if counted == Counted::Cancelled {
            by(&mut self.cancelled);
        }
    }

    /// Whether every simulation has ended, as far as they are known.
    pub fn all_ended(&self) -> bool {
        self.ok + self.not_ok == self.total
    }

    /// Whether every simulation is ok, and none is still to come.
    pub fn all_ok(&self) -> bool {
        self.ok == self.total && self.awaiting == 0
    }
}
