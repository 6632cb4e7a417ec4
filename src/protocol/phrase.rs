//! The words for why a simulation is where it is. Nobody else makes them.

use super::view::{Alike, Header, JobView, SimView, SpawnedView, Status};
use super::why::{Basis, Delivery, Note, Shortage, StageView, Wait, Why};
use crate::experiment::executor::system_name;
use crate::gem5::{OutcomeKind, StopReason};
use crate::text::human;

/// What all that wait share, and their words name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// How many simulations may run at once.
    pub cap: u32,
    /// What is free of the memory budget, in bytes, if there is one.
    pub free: Option<u64>,
}

impl Header {
    /// What all that wait share.
    pub fn limits(&self) -> Limits {
        Limits { cap: self.cap, free: self.memory.map(|memory| memory.budget.saturating_sub(memory.used)) }
    }
}

impl Alike {
    /// Why the queue is paused, in one phrase.
    pub fn phrase(&self) -> String {
        format!("{}: {}", self.beginning(), self.cause)
    }

    /// The same without the reason of the failures.
    pub fn beginning(&self) -> String {
        format!("queue paused, {} of {} failed alike and none is ok", self.count, self.program)
    }
}

impl SimView {
    /// Why it is where it is, or what happens to it, in one phrase. Empty when there is nothing to add to its status.
    pub fn reason(&self, limits: Limits) -> String {
        let why = match (&self.why, &self.status) {
            (Why::Nothing, Status::Ended { outcome }) => outcome.line(),
            (why, _) => match self.latest().and_then(|attempt| attempt.job.as_ref()) {
                Some(job) => job.phrase(why).unwrap_or_else(|| why.phrase(limits)),
                None => why.phrase(limits),
            },
        };
        let notes = self.notes.iter().map(Note::phrase);
        let spawned = self.spawned.iter().flat_map(|spawned| spawned.phrases(&self.status));
        let rest =
            self.left_out.rest.then(|| "too much is known of it to be told here; `gem5-tui show` has it".to_owned());
        [why]
            .into_iter()
            .chain(notes)
            .chain(spawned)
            .chain(rest)
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("; ")
    }
}

impl JobView {
    /// The same of an attempt that a batch system has, where that matters.
    fn phrase(&self, why: &Why) -> Option<String> {
        let job = self.id.as_ref().map_or_else(|| "its job".to_owned(), |id| format!("job {id}"));
        Some(match why {
            Why::Submitted { said } if said.is_empty() => format!("{job} waits in {}", system_name(&self.system)),
            Why::Held { said } if said.is_empty() => format!("{job}: held"),
            Why::Submitted { said } | Why::Held { said } if self.id.is_none() => said.clone(),
            Why::Submitted { said } | Why::Held { said } => format!("{job}: {said}"),
            Why::Withdrawn => format!("cancelled; {} is asked to give {job} back", system_name(&self.system)),
            Why::Paused => {
                let place =
                    self.node.as_ref().map_or_else(|| "its place".to_owned(), |node| format!("its place on {node}"));
                format!("paused; keeps its memory and {place}; the time limit of {job} goes on")
            }
            _ => return None,
        })
    }
}

impl SpawnedView {
    /// What there is to know of a suite beside its own state, which is `status`.
    pub fn phrases(&self, status: &Status) -> Vec<String> {
        let left = match status {
            Status::Ended { .. } => self.counts.not_ended(),
            _ => 0,
        };
        let left = match left {
            0 => None,
            1 => Some("1 of its simulations has not ended".to_owned()),
            left => Some(format!("{} of its simulations have not ended", human::count(u64::from(left)))),
        };
        let before = (self.before > 0).then(|| format!("{} from before", human::count(u64::from(self.before))));
        left.into_iter().chain(before).collect()
    }
}

impl Why {
    /// The same in one phrase.
    pub fn phrase(&self, limits: Limits) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Place { wait } => wait.phrase(limits),
            Self::Needs { name } => format!("needs {name}"),
            Self::NeedsHeld { name } => format!("needs {name}, which is held"),
            Self::NeedsLater { name } => format!("needs {name}, for which there is no time now"),
            Self::NeedFailed { name, outcome } => match outcome {
                OutcomeKind::Cancelled => format!("{name} was cancelled"),
                OutcomeKind::Failed => format!("{name} failed"),
                other => format!("{name} failed ({})", other.word()),
            },
            Self::TriedAgain { outcome, left_ms, memory, limit_ms } => {
                let more = raised(*memory, *limit_ms);
                format!("{}; tries again in {}{more}", outcome.word(), human::span(*left_ms))
            }
            Self::CancelledLaunch => "cancelled while it was being launched".to_owned(),
            Self::Submitted { said } if said.is_empty() => "waits in the batch system".to_owned(),
            Self::Held { said } if said.is_empty() => "held".to_owned(),
            Self::Submitted { said } | Self::Held { said } => said.clone(),
            Self::Withdrawn => "cancelled; the batch system is asked to give it back".to_owned(),
            Self::Stopping { reason, stage } => format!("{}: {}", stop_phrase(*reason), stage_phrase(*stage)),
            Self::Paused => "paused; keeps its memory".to_owned(),
            Self::PauseMissed => "pause did not reach it: its output still grows".to_owned(),
            Self::GoesOn { wait } => format!("goes on when there is a place: {}", wait.phrase(limits)),
            Self::AwaitsSpawned { left, of } => {
                format!("{} {}", awaits_phrase(*left, *of), if *of == 1 { "simulation" } else { "simulations" })
            }
            Self::Over => "has ended; what it wrote goes to the disk".to_owned(),
            Self::LeftBehind => "its main process has ended; waiting for what it left behind".to_owned(),
            Self::Untold => "no progress told yet: no dump, no progress line".to_owned(),
            Self::Phase { phase } => phase.word().to_owned(),
            Self::Outdated { changes } => format!("{} since; retry runs it anew", changes.join(", ")),
        }
    }

    /// Whether the words name what all that wait share.
    pub fn names_limits(&self) -> bool {
        matches!(
            self,
            Self::Place { wait: Wait::Cap | Wait::Next | Wait::Priority { .. } | Wait::Memory { .. } }
                | Self::GoesOn { wait: Wait::Cap | Wait::Next | Wait::Priority { .. } | Wait::Memory { .. } }
        )
    }
}

impl Wait {
    fn phrase(self, limits: Limits) -> String {
        match self {
            Self::Turn => "waiting for its turn".to_owned(),
            Self::Held => "held".to_owned(),
            Self::Next => format!("next; cap {} reached", limits.cap),
            Self::QueuePaused => "the queue is paused".to_owned(),
            Self::Draining => "draining: nothing more is launched".to_owned(),
            Self::Cap => format!("cap {} reached", limits.cap),
            Self::Priority { highest } => {
                format!("cap {} reached, and what has priority {highest} goes first", limits.cap)
            }
            Self::Jobs { max } => format!("the batch system has {max} of its jobs (`max_queued`)"),
            Self::Here { slots } => format!("{slots} run on this machine"),
            Self::Pool { processes } => format!("pool of {processes} is full"),
            Self::Memory { needs: 0, .. } => "what runs uses more than the memory budget".to_owned(),
            Self::Memory { needs, basis } => {
                let why = match basis {
                    Basis::Declared => "",
                    Basis::Seen => " (as its last attempt did)",
                    Basis::Neighbours => " (as its neighbours did)",
                    Basis::AfterOom => " (raised, because it ran out of memory)",
                };
                let free = limits.free.map(|free| format!(", {} is free", human::bytes(free))).unwrap_or_default();
                format!("needs {} of memory{why}{free}", human::bytes(needs))
            }
            Self::Short { of: Shortage::Memory } => "the machine has little memory left".to_owned(),
            Self::Short { of: Shortage::Disk } => "the disk is nearly full".to_owned(),
            Self::Shard { number, of } => format!("shard {number}/{of} has it"),
            Self::SuitePaused => "its suite is paused".to_owned(),
            Self::Time { needs_ms: Some(needs_ms), until_unix_ms } => {
                let (needs, until) = (human::limit(needs_ms), human::local_time(until_unix_ms));
                format!("needs {needs}, and the time is up at {until}; left for the next engine")
            }
            Self::Time { needs_ms: None, until_unix_ms } => {
                format!("the time is up at {}; left for the next engine", human::local_time(until_unix_ms))
            }
            Self::Interrupted => "its time was up; the next engine starts it again".to_owned(),
            Self::Trouble => "launches fail on this machine; tried again soon".to_owned(),
        }
    }
}

impl Note {
    /// The same in one phrase.
    pub fn phrase(&self) -> String {
        match self {
            Self::UsesMore { rss, declared } => {
                format!("uses {} of memory, declared {}", human::bytes(*rss), human::bytes(*declared))
            }
            Self::Gone => "no longer in the experiment file".to_owned(),
            Self::Elsewhere { host } => {
                format!("runs on {host} and is only seen by its files; if that is gone, `--takeover` says so")
            }
            Self::Unsupervised => "its shim died: its end may not be recorded".to_owned(),
            Self::Moved { to } => format!("its directory was moved to `{to}`, where its end is recorded"),
            Self::Guest(word) => word.phrase(),
            Self::Client { name } => format!("`{name}` stands still, and what it started elsewhere may go on"),
            Self::Deleted => "its directory was deleted, so its end cannot be recorded".to_owned(),
        }
    }
}

/// With how much more an attempt is tried again, behind a blank; nothing where it is with what it had.
pub(crate) fn raised(memory: Option<u64>, limit_ms: Option<u64>) -> String {
    let memory = memory.map(|bytes| format!(" with {}", human::bytes(bytes)));
    let limit = limit_ms.map(|limit_ms| format!(" with a limit of {}", human::limit(limit_ms)));
    [memory, limit].into_iter().flatten().collect()
}

/// How many of how many a suite waits for.
pub(crate) fn awaits_phrase(left: u32, of: u32) -> String {
    format!("waiting for {} of {}", human::count(u64::from(left)), human::count(u64::from(of)))
}

/// What became of a signal, and which one comes when. After the last one there is no next.
pub(crate) fn stage_phrase(stage: StageView) -> String {
    let StageView { signal, delivery, left_ms } = stage;
    let name = signal.signal_name();
    match (delivery, left_ms) {
        (Delivery::UnderWay, _) => format!("{name} is on its way"),
        (Delivery::Failed, _) => format!("{name} has reached nobody, and is tried again"),
        (Delivery::Sent, Some(left_ms)) => {
            format!("{name} sent, {} in {}", signal.next().signal_name(), human::span(left_ms))
        }
        (Delivery::Sent, None) => format!("{name} sent"),
    }
}

fn stop_phrase(reason: StopReason) -> String {
    match reason {
        StopReason::Cancelled => "cancelled".to_owned(),
        StopReason::Timeout { limit_ms } => format!("timeout after {}", human::limit(limit_ms)),
        StopReason::Stalled { limit_ms } => format!("stalled for {}", human::limit(limit_ms)),
        StopReason::Output { bytes, .. } => format!("it wrote {}", human::bytes(bytes)),
        StopReason::Guest { waited_ms } => format!("its guest was at its end for {}", human::span(waited_ms)),
        StopReason::TimeUp { at_unix_ms } => format!("the time is up at {}", human::local_time(at_unix_ms)),
        StopReason::DiskFull { free, .. } => format!("the disk has {} left", human::bytes(free)),
    }
}
