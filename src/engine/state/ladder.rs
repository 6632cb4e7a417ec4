//! Limits, waits and the steps of a cancel.

use super::{Effect, State, TreeSignal};
use crate::engine::state::sim::{Life, Live, Stopping, Waiting};
use crate::gem5::Phase;
use crate::protocol::{Delivery, Step, Wait};
use crate::rundir::Reach;
use crate::rundir::record::{Moment, StopReason};

/// Between SIGTERM and SIGKILL, in milliseconds. gem5 has no SIGTERM handler, so this is for its children.
const TERMINATE_GRACE_MS: u64 = 5_000;

/// The same of a job, and between repeated steps, in milliseconds: Slurm sends SIGKILL 30 s after SIGTERM by itself (`KillWait` of
/// slurm.conf(5)).
const JOB_GRACE_MS: u64 = 45_000;

/// Between repeated SIGKILLs, in milliseconds, for trees that grow while they are being ended.
const KILL_AGAIN_MS: u64 = 2_000;

impl State {
    pub(super) fn timer(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        self.unsettled |= self.is_time_to_try(now);
        self.end_in_time(now, effects);
        for sim in self.tally.active().collect::<Vec<u32>>() {
            let timeout = self.raised(sim).timeout;
            self.poll_stats(sim, now, effects);
            match &self.sims[sim as usize].life {
                Life::Backoff { until_ms } if *until_ms <= now.boot_ms => {
                    self.sims[sim as usize].life = Life::Waiting(Waiting::Place(Wait::Turn));
                    self.touch(sim);
                    self.unsettled = true;
                }
                Life::Live(live) if !live.is_within_reach() => {}
                Life::Live(live) => match live.stop {
                    Some(stop) if stop.next_ms.is_some_and(|at| at <= now.boot_ms) => self.step_down(sim, effects),
                    None if !live.is_held() => {
                        if let Some(limit_ms) = timeout.map(|limit| limit.as_millis() as u64)
                            && live.ran_ms(now) >= limit_ms
                        {
                            self.stop(sim, StopReason::Timeout { limit_ms }, now, effects);
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }

    /// Asks for a dump if one is due. What falls due while a simulation does not simulate is left out: gem5 would drop
    /// it, or make it later than it was asked for.
    fn poll_stats(&mut self, sim: u32, now: Moment, effects: &mut Vec<Effect>) {
        let Some(every) = self.plan.simulations[sim as usize].poll_stats else { return };
        let attempt = self.number(sim);
        let Ok(live) = self.within_reach(sim) else { return };
        let ran_ms = live.ran_ms(now);
        if live.stop.is_some() || live.is_held() || ran_ms < live.next_poll_ms(every) {
            return;
        }
        live.polls = ran_ms / (every.as_millis() as u64).max(1);
        // A client that stands still hands nothing on.
        if live.phase == Phase::Running && live.pause.is_none() {
            effects.push(Effect::Signal { sim, attempt, signal: TreeSignal::PollStats });
        }
    }

    /// Begins the ladder. The reason is on disk before the first signal, so that an engine that dies in between
    /// does not turn a cancel into a failure.
    pub(super) fn stop(&mut self, sim: u32, reason: StopReason, now: Moment, effects: &mut Vec<Effect>) {
        let attempt = self.number(sim);
        let Ok(live) = self.within_reach(sim) else { return };
        let step = Step::Interrupt;
        live.stop = Some(Stopping { reason, step, delivery: Delivery::UnderWay, next_ms: None });
        effects.push(Effect::RecordStop { sim, attempt, reason });
        effects.push(Effect::Signal { sim, attempt, signal: TreeSignal::Ladder(step) });
        // A stopped process keeps a signal pending until it goes on; the handler then runs first.
        if live.end_pause(now.boot_ms).is_some() {
            self.switch(sim, TreeSignal::Continue, effects);
        }
        self.touch(sim);
        self.unsettled = true;
    }

    /// Another engine may have died between its decision to stop a simulation and the signal.
    pub(super) fn resend_stops(&mut self, effects: &mut Vec<Effect>) {
        for sim in std::mem::take(&mut self.adopted_stops) {
            let attempt = self.number(sim);
            if matches!(self.sim(sim).life, Life::Submitted { .. }) {
                effects.push(Effect::Withdraw { sim, attempt });
                continue;
            }
            let Ok(Live { stop: Some(stop), .. }) = self.within_reach(sim) else { continue };
            if stop.delivery == Delivery::UnderWay {
                effects.push(Effect::Signal { sim, attempt, signal: TreeSignal::Ladder(stop.step) });
            }
            // It may also have died before it let a paused tree go on.
            self.switch(sim, TreeSignal::Continue, effects);
        }
    }

    /// Goes one step down, or tries the same step again if its signal has reached nobody: a harder one would fare no better.
    pub(super) fn step_down(&mut self, sim: u32, effects: &mut Vec<Effect>) {
        let attempt = self.number(sim);
        let Ok(live) = self.within_reach(sim) else { return };
        let Some(stop) = &mut live.stop else { return };
        if stop.delivery != Delivery::Failed {
            stop.step = stop.step.next();
        }
        (stop.delivery, stop.next_ms) = (Delivery::UnderWay, None);
        let signal = TreeSignal::Ladder(stop.step);
        effects.push(Effect::Signal { sim, attempt, signal });
        self.touch(sim);
    }

    /// A signal was sent: its grace begins.
    pub(super) fn signalled(&mut self, sim: u32, attempt: u32, signal: TreeSignal, at: Moment) {
        let grace = self.plan.simulations[sim as usize].grace.as_millis() as u64;
        let left = self.deadline.map(|deadline| deadline.grace_ms(at));
        let Some(live) = self.live_attempt(sim, attempt) else { return };
        match signal {
            TreeSignal::Stop => {
                let was_last = live.switched(at.boot_ms);
                if let Some(pause) = live.pause.as_mut().filter(|_| was_last) {
                    pause.is_sent = true;
                }
                // Its place is free only now.
                self.unsettled = true;
            }
            TreeSignal::Continue => _ = live.switched(at.boot_ms),
            TreeSignal::DumpStats | TreeSignal::PollStats => {}
            TreeSignal::Ladder(step) => {
                let is_job = live.reach == Reach::Relayed;
                let Some(stop) = live.stop.as_mut().filter(|stop| stop.step == step) else { return };
                let grace_ms = match step {
                    // All of the time that there is, and not more.
                    Step::Interrupt if matches!(stop.reason, StopReason::TimeUp { .. }) => left.unwrap_or(grace),
                    Step::Interrupt => grace,
                    // A batch system takes its time, and ends what is left by itself.
                    Step::Terminate | Step::Kill if is_job => JOB_GRACE_MS,
                    Step::Terminate => TERMINATE_GRACE_MS,
                    Step::Kill => KILL_AGAIN_MS,
                };
                (stop.delivery, stop.next_ms) = (Delivery::Sent, Some(at.boot_ms.saturating_add(grace_ms)));
            }
        }
        self.reached_again(sim);
        self.touch(sim);
    }

    /// A signal has reached nobody. What was to follow from it has not happened, and a person must know.
    pub(super) fn unsignalled(&mut self, sim: u32, attempt: u32, signal: TreeSignal, why: String, now: Moment) {
        let Some(live) = self.live_attempt(sim, attempt) else { return };
        match signal {
            TreeSignal::Stop => {
                if live.switched(now.boot_ms) {
                    live.pause = None;
                }
            }
            TreeSignal::Continue => _ = live.switched(now.boot_ms),
            TreeSignal::DumpStats | TreeSignal::PollStats => {}
            TreeSignal::Ladder(step) => {
                if let Some(stop) = live.stop.as_mut().filter(|stop| stop.step == step) {
                    (stop.delivery, stop.next_ms) = (Delivery::Failed, Some(now.boot_ms + KILL_AGAIN_MS));
                }
            }
        }
        self.notice = Some(why);
        self.unreached = Some(sim);
        self.touch(sim);
        self.unsettled = true;
    }

    /// That it could not be signalled means nothing any more.
    pub(super) fn reached_again(&mut self, sim: u32) {
        if self.unreached == Some(sim) {
            self.unreached = None;
            self.notice = None;
            self.header_changed = true;
        }
    }
}
