//! What the directory tells as an engine begins, or as simulations are added to it: the same events that a living engine
//! sees one by one, all at once.
//!
//! What follows from an end or from a launch that came to nothing is decided where it always is (`attempts`), so an engine
//! that begins comes to the state that the last one had.

use std::path::PathBuf;

use super::State;
use super::attempts::{NoStart, cancelled_before_start};
use super::sim::{Attempt, Life, Live, Pause, Stopping, Waiting};
use crate::gem5::{Outcome, OutcomeKind};
use crate::protocol::{Handle, Step, Wait};
use crate::rundir::Reach;
use crate::rundir::evidence::Ended;
use crate::rundir::inputs::InputFile;
use crate::rundir::record::{Moment, StopReason};

/// What the directory tells of one simulation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// Its attempts, oldest first.
    pub attempts: Vec<FoundAttempt>,
    /// Why they could not be listed. What cannot be seen is not taken for what is not there.
    pub unlisted: Option<String>,
    /// A person asked for another attempt than the one of this number, or than none.
    pub retry_after: Option<u32>,
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
    pub retries_made: u32,
    /// Why it was asked to stop, and whether its first signal was sent.
    pub stop: Option<(StopReason, bool)>,
    /// Where it is.
    pub fate: Fate,
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
        Self { number, dir, started: None, executable: None, was_paused: false, retries_made: 0, stop: None, fate }
    }
}

impl State {
    /// Takes what was found of a simulation of which nothing is known yet.
    pub(super) fn found(&mut self, sim: u32, found: Found, now: Moment) {
        let Found { attempts, unlisted, retry_after, cancelled, changed, used } = found;
        if let Some(why) = unlisted {
            // Nothing is launched beside it by itself.
            let cause = format!("its directory cannot be listed: {why}");
            self.sims[sim as usize].life = Life::Ended(Outcome::new(OutcomeKind::Lost, cause));
        }
        for attempt in attempts {
            self.found_attempt(sim, attempt, now);
        }
        let gone = self.plan.simulations[sim as usize].gone;
        let entry = &mut self.sims[sim as usize];
        (entry.changed, entry.used) = (changed, used);
        let newest = entry.latest().map_or(0, |attempt| attempt.number);
        if entry.ended().is_some() && retry_after == Some(newest) {
            // The last engine ended before there was a place for it.
            entry.life = Life::Waiting(Waiting::Place(Wait::Turn));
            entry.retries_made = 0;
        }
        // What ran a moment ago and is no longer in the file is not launched again.
        if matches!(entry.life, Life::Waiting(_) | Life::Backoff { .. }) && (cancelled || gone) {
            entry.life = Life::Ended(cancelled_before_start());
        }
        self.touch(sim);
    }

    /// Adds one attempt; the last one added decides where the simulation is in its life.
    fn found_attempt(&mut self, sim: u32, found: FoundAttempt, now: Moment) {
        let FoundAttempt { number, dir, started, executable, was_paused, retries_made, stop, fate } = found;
        let entry = &mut self.sims[sim as usize];
        entry.attempts.push(Attempt { started, executable, was_paused, ..Attempt::new(number, dir) });
        entry.retries_made = retries_made;
        let cancel = stop.is_some();
        match fate {
            Fate::Pending { why } => entry.life = Life::Submitted { why, cancel },
            Fate::Starting => entry.life = Life::Launching { cancel },
            Fate::Runs { reach, handle, paused_ms, paused_since } => {
                let grace = self.plan.simulations[sim as usize].grace;
                let poll = self.plan.simulations[sim as usize].poll_stats;
                let stop = stop.map(|(reason, signalled)| Stopping {
                    reason,
                    step: Step::Interrupt,
                    // Nobody knows how much of the grace has passed, so it begins anew.
                    next_ms: now.boot_ms.saturating_add(grace.as_millis() as u64),
                    signalled,
                });
                let since = paused_since.filter(|_| stop.is_none());
                let pause = since.map(|since| Pause { since_ms: since.on_clock_of(now), resume: None });
                let mut live = Live { paused_ms, pause, stop, reach, ..Live::new(started.unwrap_or(now)) };
                live.polls = poll.map_or(0, |every| live.ran_ms(now) / (every.as_millis() as u64).max(1));
                if let Some(attempt) = entry.latest_mut() {
                    attempt.handle = Some(handle);
                }
                entry.life = Life::Live(live);
                if stop.is_some() {
                    self.adopted_stops.push(sim);
                }
            }
            Fate::NotStarted(outcome) => {
                entry.life = Life::Launching { cancel };
                // A cancel is on disk already: it is why the attempt was asked to stop.
                _ = self.came_to_nothing(sim, NoStart { outcome, of_machine: true });
            }
            Fate::Ended { ended, at } => {
                let cancelled = stop.is_some_and(|(reason, _)| reason == StopReason::Cancelled);
                // Since an end that nobody saw, nothing is left to wait for.
                let passed_ms = at.map_or(u64::MAX, |at| now.since(at));
                self.after_end(sim, ended, cancelled, passed_ms, now);
            }
        }
    }
}
