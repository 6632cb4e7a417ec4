//! The life of one simulation as the engine knows it. Plain data and the arithmetic on it.

use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use crate::engine::state::gauges::host::Host;
use crate::engine::state::gauges::progress::Track;
use crate::engine::state::gauges::seen::Seen;
use crate::engine::state::gauges::stall::Pulse;
use crate::experiment::RowKind;
use crate::gem5::{ConsoleWord, Outcome, OutcomeKind, Phase};
use crate::protocol::{Delivery, Handle, Note, Step, Wait};
use crate::rundir::evidence::Ended;
use crate::rundir::record::{InputFile, Moment, StopReason};
use crate::rundir::{Reach, Shard};

/// One simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Sim {
    /// Every attempt that has a directory, oldest first.
    pub attempts: Vec<Attempt>,
    /// How many older ones there are that were not read, because there are very many.
    pub unread: u32,
    /// Whether its newest attempt may not be looked at for want of permission. Nothing is started beside it.
    pub hidden: bool,
    /// Where it is in its life.
    pub life: Life,
    /// Automatic retries made since a person last asked for an attempt.
    pub retries_made: u32,
    /// What a person has said of its turn.
    pub turn: Turn,
    /// Whether the next attempt, if it is one of a suite, takes nothing from before.
    pub anew: bool,
    /// What is known of its newest attempt.
    pub newest: OfNewest,
    /// The other shard that it is in: its engine has it, and here it is only seen.
    pub other: Option<Shard>,
    /// While another attempt is being launched, what was known of the newest one, should the launch fail.
    pub before: Option<OfNewest>,
}

/// What is known of the newest attempt. Of most of a hundred thousand nothing is, and then it takes no room.
#[derive(Debug, Clone, Default)]
pub struct OfNewest(Option<Box<Known>>);

/// What is known where nothing is.
static NOTHING: LazyLock<Known> = LazyLock::new(Known::default);

impl Deref for OfNewest {
    type Target = Known;

    fn deref(&self) -> &Known {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for OfNewest {
    fn deref_mut(&mut self) -> &mut Known {
        self.0.get_or_insert_default()
    }
}

impl OfNewest {
    /// Takes what has changed since it was launched.
    pub fn set_changed(&mut self, changed: Vec<String>) {
        if self.changed != changed {
            self.deref_mut().changed = changed;
        }
    }

    /// Takes what it was made from.
    pub fn set_used(&mut self, used: Vec<(u32, u32)>) {
        if self.used != used {
            self.deref_mut().used = used;
        }
    }
}

impl PartialEq for OfNewest {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

/// What a person has said of the turn of one that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Turn {
    /// Nothing: its priority decides, and its place in the plan.
    #[default]
    InOrder,
    /// It goes before all others; of several of these the one with the highest number.
    First(u32),
    /// It is held back until somebody lets it go.
    Held,
}

/// What is known of an attempt besides its records.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Known {
    /// What its files tell.
    pub seen: Seen,
    /// The watched stats of the last complete dump.
    pub values: Vec<Option<f64>>,
    /// What has changed since it was launched, in words; nothing if it would be made again as it was.
    pub changed: Vec<String>,
    /// The simulations that it was made from, each with the attempt of it that was read.
    pub used: Vec<(u32, u32)>,
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
    /// What it runs or ran, where that is known.
    pub executable: Option<InputFile>,
    /// What people know it by, while it lives.
    pub handle: Option<Handle>,
    /// How it ended.
    pub ended: Option<Ended>,
    /// The largest resident memory of its whole tree that was seen, in bytes.
    pub peak_rss: u64,
    /// It was paused for a while, which gem5 counts as host time.
    pub was_paused: bool,
}

/// Where a simulation is in its life.
#[derive(Debug, Clone, PartialEq)]
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
    /// A batch system has it and has not started it: for a minute or for days.
    Submitted {
        /// Why it waits there.
        why: String,
        /// It is held back there. It keeps its place: once it is let go, the batch system alone decides when it starts.
        held: bool,
        /// A person has asked for the other, and the batch system has not shown it yet.
        asked: Option<bool>,
        /// It was cancelled, and may start all the same before it is withdrawn.
        cancel: bool,
    },
    /// Its process exists. Of thousands few do at once, and there is more to know of them.
    Live(Box<Live>),
    /// Nothing more happens to it unless a person asks.
    Ended(Outcome),
}

/// Why a simulation that wants to run does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// Simulations that it needs have not ended ok yet; the first of them.
    Needs(u32),
    /// A simulation that it needs ended otherwise; the first of them.
    NeedFailed(u32),
    /// A simulation that it needs does not run in the time that there is.
    NeedsLater(u32),
    /// A simulation that it needs is held back.
    NeedsHeld(u32),
    /// There is no place.
    Place(Wait),
}

/// A process that exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// When it started.
    pub started: Moment,
    /// How far it has come.
    pub phase: Phase,
    /// Run time at which it came into this phase, in milliseconds; none if that was before this engine looked.
    pub phase_since_ms: Option<u64>,
    /// Milliseconds of finished pauses, and of times when the whole machine slept.
    pub paused_ms: u64,
    /// When we last sent SIGSTOP or SIGCONT, on the boot clock, in milliseconds; zero if never.
    pub switched_ms: u64,
    /// How many of those are still on their way.
    pub switches: u32,
    /// The pause that it is in.
    pub pause: Option<Pause>,
    /// The cancel that it is in.
    pub stop: Option<Stopping>,
    /// Whether its whole tree has ended, and only what it wrote is on its way to the disk. Its place is another one's then.
    pub is_over: bool,
    /// How it can be reached.
    pub reach: Reach,
    /// Where its directory is, if it is not where it was.
    pub away: Option<Note>,
    /// How many periods of `poll_stats` have passed, of those that were used for a dump or left out.
    pub polls: u64,
    /// What the looks at it add up to.
    pub gauges: Box<Gauges>,
}

/// What the looks at a running simulation add up to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gauges {
    /// How fast it comes on.
    pub track: Track,
    /// What it uses.
    pub host: Host,
    /// Whether it still does anything.
    pub pulse: Pulse,
    /// What its simulated system says that is wrong, and since which run time, in milliseconds.
    pub guest: Option<(ConsoleWord, u64)>,
}

/// A pause that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Since when, on the boot clock, in milliseconds.
    pub since_ms: u64,
    /// Whether it stands still, as far as is known. Until its signal was sent it runs and keeps its place.
    pub is_sent: bool,
    /// A person asked it to go on and there was no place yet.
    pub resume: Option<Wait>,
    /// Bytes that it had written when nothing could be under way any more; none before somebody has looked.
    pub output: Option<u64>,
    /// It has written more since: gem5 is not among the processes that stand still, so it runs and has its place.
    pub missed: bool,
}

/// A cancel under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopping {
    /// Why.
    pub reason: StopReason,
    /// The step of the ladder.
    pub step: Step,
    /// What became of the signal of this step.
    pub delivery: Delivery,
    /// When the next step comes, or this one is tried again, on the boot clock, in milliseconds. None while the signal is under
    /// way: no grace runs before it was sent.
    pub next_ms: Option<u64>,
}

impl Attempt {
    /// An attempt whose directory was just made.
    pub fn new(number: u32, dir: PathBuf) -> Self {
        Self { number, dir, started: None, executable: None, handle: None, ended: None, peak_rss: 0, was_paused: false }
    }
}

impl Live {
    /// A process that started at `started` and was not looked at yet. A step runs from its first moment on.
    pub fn new(started: Moment, kind: RowKind) -> Self {
        Self {
            started,
            phase: match kind {
                RowKind::Simulation => Phase::Starting,
                RowKind::Step | RowKind::Suite => Phase::Running,
            },
            phase_since_ms: None,
            paused_ms: 0,
            switched_ms: 0,
            switches: 0,
            pause: None,
            stop: None,
            is_over: false,
            reach: Reach::Direct,
            polls: 0,
            away: None,
            gauges: Box::default(),
        }
    }

    /// Run time at `now`, pauses excluded, in milliseconds.
    pub fn ran_ms(&self, now: Moment) -> u64 {
        let current =
            self.pause.filter(|pause| !pause.missed).map_or(0, |pause| now.boot_ms.saturating_sub(pause.since_ms));
        now.since(self.started).saturating_sub(self.paused_ms.saturating_add(current))
    }

    /// Whether it stands still, as far as is known.
    pub fn is_paused(&self) -> bool {
        self.is_held() && self.pause.is_some_and(|pause| pause.is_sent)
    }

    /// Whether it stands still or is about to. What no pause has reached does not.
    pub fn is_held(&self) -> bool {
        self.pause.is_some_and(|pause| !pause.missed)
    }

    /// Whether it can be signalled. What nobody can reach is only seen, and no limit of this engine holds for it.
    pub fn is_within_reach(&self) -> bool {
        !matches!(self.reach, Reach::Nobody { .. })
    }

    /// Run time at which the next dump of `poll_stats` is due, in milliseconds: they are spaced from the start.
    pub fn next_poll_ms(&self, every: Duration) -> u64 {
        (every.as_millis() as u64).max(1).saturating_mul(self.polls.saturating_add(1))
    }
}

impl Sim {
    /// A simulation that has no attempt yet.
    pub fn fresh() -> Self {
        Self {
            unread: 0,
            hidden: false,
            attempts: Vec::new(),
            life: Life::Waiting(Waiting::Place(Wait::Turn)),
            retries_made: 0,
            turn: Turn::InOrder,
            anew: false,
            newest: OfNewest::default(),
            other: None,
            before: None,
        }
    }

    /// The newest attempt.
    pub fn latest(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// The newest attempt, to change it.
    pub fn latest_mut(&mut self) -> Option<&mut Attempt> {
        self.attempts.last_mut()
    }

    /// How the attempts ended that were followed by another one without being asked for, since a person last asked for one.
    pub fn retried(&self) -> impl Iterator<Item = (&Attempt, OutcomeKind)> {
        let ends =
            self.attempts.iter().rev().filter_map(|attempt| Some((attempt, attempt.ended.as_ref()?.outcome.kind)));
        // What was interrupted goes on, and counts as no retry.
        ends.filter(|(_, kind)| kind.is_worth_retrying()).take(self.retries_made as usize)
    }

    /// The newest attempt that ended ok.
    pub fn newest_ok(&self) -> Option<&Attempt> {
        let is_ok = |attempt: &&Attempt| attempt.ended.as_ref().is_some_and(|ended| ended.outcome.kind.is_ok());
        self.attempts.iter().rev().find(is_ok)
    }

    /// The result that stands if nothing more is launched: the newest attempt ended ok.
    pub fn result(&self) -> Option<&Outcome> {
        let newest = self.latest()?.ended.as_ref()?;
        Some(&newest.outcome).filter(|outcome| outcome.kind.is_ok())
    }

    /// The number that the next attempt gets.
    pub fn next_number(&self) -> u32 {
        self.latest().map_or(1, |attempt| attempt.number.saturating_add(1))
    }

    /// Whether a place is taken: something runs or is about to.
    pub fn takes_place(&self) -> bool {
        match &self.life {
            Life::Launching { .. } | Life::Submitted { .. } => true,
            // A paused job keeps its node to itself, and its time goes on.
            Life::Live(live) if live.is_over => false,
            Life::Live(live) => !live.is_paused() || live.stop.is_some() || live.reach == Reach::Relayed,
            _ => false,
        }
    }

    /// Whether a process exists or is about to.
    pub fn is_live(&self) -> bool {
        matches!(self.life, Life::Launching { .. } | Life::Submitted { .. } | Life::Live(_))
    }

    /// Why it has ended, if it has.
    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.life {
            Life::Ended(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// The class of the end, if it has ended.
    pub fn ended(&self) -> Option<OutcomeKind> {
        self.outcome().map(|outcome| outcome.kind)
    }
}
