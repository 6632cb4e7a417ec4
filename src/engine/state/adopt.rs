//! What follows from what the directory tells.
//!
//! What follows from an end or from a launch that came to nothing is decided where it always is (`attempts`), so an engine
//! that begins comes to the state that the last one had.

use super::State;
use super::attempts::{NoStart, cancelled_before_start};
use super::found::{Fate, Found, FoundAttempt};
use super::sim::{Attempt, Life, Live, Pause, Stopping, Waiting};
use crate::gem5::{Outcome, OutcomeKind};
use crate::protocol::{Delivery, Handle, Step, Wait};
use crate::rundir::record::{Moment, StopReason};

impl State {
    /// Takes what was found of a simulation of which nothing is known yet.
    pub(super) fn found(&mut self, sim: u32, found: Found, now: Moment) {
        let Found { attempts, unread, unlisted, hidden, retry_after, anew, cancelled, changed, used } = found;
        let is_unlisted = unlisted.is_some();
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
        entry.unread = unread;
        entry.newest.set_changed(changed);
        entry.newest.set_used(used);
        if let Some(cause) = hidden {
            entry.hidden = true;
            // Whatever its retries say: it may run.
            entry.life = Life::Ended(Outcome::new(OutcomeKind::Lost, cause.clone()));
            self.hidden.0 += 1;
            self.hidden.1.get_or_insert(cause);
        }
        let entry = &mut self.sims[sim as usize];
        let newest = entry.latest().map_or(0, |attempt| attempt.number);
        // A retry that was granted long ago counts from an attempt that cannot be seen now.
        if entry.ended().is_some() && retry_after == Some(newest) && !is_unlisted && !entry.hidden {
            // The last engine ended before there was a place for it.
            entry.life = Life::Waiting(Waiting::Place(Wait::Turn));
            entry.retries_made = 0;
            entry.anew = anew;
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
        // What cannot be read gives no retries back.
        entry.retries_made = retries_made.unwrap_or(entry.retries_made);
        let cancel = stop.is_some();
        match fate {
            Fate::Pending { why, job } => {
                entry.life = Life::Submitted { why, held: false, asked: None, cancel };
                if let Some(attempt) = entry.latest_mut() {
                    attempt.handle = Some(Handle::Job(job));
                }
                if cancel {
                    self.adopted_stops.push(sim);
                }
            }
            Fate::Starting => entry.life = Life::Launching { cancel },
            Fate::Runs { reach, handle, paused_ms, paused_since } => {
                let grace = self.plan.simulations[sim as usize].grace;
                let kind = self.plan.simulations[sim as usize].run.kind();
                let poll = self.plan.simulations[sim as usize].poll_stats;
                let stop = stop.map(|(reason, signalled)| Stopping {
                    reason,
                    step: Step::Interrupt,
                    delivery: if signalled { Delivery::Sent } else { Delivery::UnderWay },
                    // Nobody knows how much of the grace has passed, so it begins anew.
                    next_ms: signalled.then(|| now.boot_ms.saturating_add(grace.as_millis() as u64)),
                });
                let since = paused_since.filter(|_| stop.is_none());
                let pause = since.map(|since| Pause::since(since.on_clock_of(now), true));
                let mut live = Live { paused_ms, pause, stop, reach, ..Live::new(started.unwrap_or(now), kind) };
                live.polls = poll.map_or(0, |every| live.ran_ms(now) / (every.as_millis() as u64).max(1));
                if let Some(attempt) = entry.latest_mut() {
                    attempt.handle = Some(handle);
                }
                entry.life = Life::Live(Box::new(live));
                if stop.is_some() && !self.is_others(sim) {
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
