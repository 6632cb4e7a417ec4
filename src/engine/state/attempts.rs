//! What happens to attempts.

use super::{Effect, Observation, State};
use super::{cancelled_before_start, learn};
use crate::engine::state::builds;
use crate::engine::state::gauges::seen::Seen;
use crate::engine::state::gauges::stall::Signs;
use crate::engine::state::retry;
use crate::engine::state::sim::{Known, Life, Live, Pause, Stopping, Waiting};
use crate::gem5::{Outcome, OutcomeKind, Phase};
use crate::protocol::QueueState;
use crate::rundir::evidence::Ended;
use crate::rundir::record::{Moment, StopReason};
use crate::spawn::launch::LaunchError;

/// How long after our SIGSTOP or SIGCONT a look at the process may still show it as it was before, in milliseconds. The
/// whole tree is searched for in `/proc` first, which takes a while on a busy machine.
const SWITCH_SETTLES_MS: u64 = 2_000;

impl State {
    pub(super) fn launch_failed(&mut self, sim: u32, error: LaunchError, now: Moment, effects: &mut Vec<Effect>) {
        let LaunchError { reason, of_machine } = error;
        let outcome = Outcome::new(OutcomeKind::NotStarted, reason.clone());
        let entry = &mut self.sims[sim as usize];
        let before = entry.before.take();
        match entry.latest_mut() {
            // Its directory stayed.
            Some(attempt) if attempt.ended.is_none() => {
                attempt.ended = Some(Ended { outcome: outcome.clone(), ran_ms: None, max_rss: None });
            }
            _ => {
                if let Some(before) = before {
                    let Known { seen, values, changed, used } = *before;
                    (entry.seen, entry.values, entry.changed, entry.used) = (seen, values, changed, used);
                }
            }
        }
        let cancelled = entry.life == Life::Launching { cancel: true };
        let result = entry.result().cloned();
        entry.life = match (of_machine, result) {
            (_, Some(result)) if cancelled => {
                effects.push(Effect::ForgetRetry { sim });
                Life::Ended(result)
            }
            _ if cancelled => {
                // The attempt that would tell it may be gone again.
                effects.push(Effect::RecordCancelled { sim });
                Life::Ended(cancelled_before_start())
            }
            (true, _) => Life::Waiting(Waiting::Undecided),
            (false, _) => Life::Ended(outcome),
        };
        if of_machine {
            self.add_trouble(sim, reason, now);
        }
        self.touch(sim);
        self.unsettled = true;
    }

    pub(super) fn started(
        &mut self,
        sim: u32,
        number: u32,
        pid: i32,
        at: Moment,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let entry = &mut self.sims[sim as usize];
        let Life::Launching { cancel } = entry.life else { return };
        let Some(attempt) = entry.latest_mut().filter(|attempt| attempt.number == number) else { return };
        attempt.started = Some(at);
        attempt.pid = Some(pid);
        entry.before = None;
        entry.life = Life::Live(Live { phase_since_ms: Some(0), ..Live::new(at) });
        self.end_trouble(now);
        self.rebuilt = builds::notices(&self.plan.simulations, &self.sims);
        self.touch(sim);
        if cancel {
            self.stop(sim, StopReason::Cancelled, now, effects);
        }
    }

    /// Takes what a look shows, and decides nothing.
    pub(in crate::engine) fn see(&mut self, observation: &Observation) {
        let sim = observation.sim;
        // A late look at an earlier attempt says nothing about the one that is being launched.
        if observation.attempt != self.attempt_in_sight(sim) {
            return;
        }
        let entry = &mut self.sims[sim as usize];
        let before = entry.clone();
        let seen = &mut entry.seen;
        seen.ticks = observation.seen.ticks.max(seen.ticks);
        seen.instructions = observation.seen.instructions.or(seen.instructions);
        seen.seconds = observation.seen.seconds.or(seen.seconds);
        seen.begun_at = seen.begun_at.or(observation.seen.begun_at);
        seen.dumps = observation.seen.dumps.or(seen.dumps);
        seen.checkpoints.clone_from(&observation.seen.checkpoints);
        entry.values.clone_from(&observation.values);
        if let Some(tree) = observation.tree
            && let Some(attempt) = entry.attempts.last_mut()
        {
            attempt.peak_rss = attempt.peak_rss.max(tree.rss);
        }
        if let Life::Live(live) = &mut entry.life {
            // Whether a process of another host is stopped cannot be seen.
            self.unsettled |= live.elsewhere.is_none() && live.notice_switch(observation);
            live.take(observation, &entry.seen);
        }
        if *entry != before {
            self.touch(sim);
        }
    }

    pub(super) fn attempt_ended(&mut self, sim: u32, number: u32, ended: Ended, now: Moment) {
        let draining = self.queue == QueueState::Draining;
        let retries = &self.plan.simulations[sim as usize].retries;
        let entry = &mut self.sims[sim as usize];
        let life = entry.life.clone();
        let Some(attempt) = entry.latest_mut().filter(|a| a.number == number && a.ended.is_none()) else { return };
        attempt.pid = None;
        attempt.ended = Some(ended.clone());
        attempt.was_paused |= matches!(&life, Life::Live(live) if live.pause.is_some() || live.paused_ms > 0);
        learn(&mut self.forecast, sim, attempt);
        let kind = ended.outcome.kind;
        let unseen = retry::may_run_unseen(kind, attempt.started.is_some());
        // Whatever became of it, nobody who cancels wants it to start again by itself.
        let cancelled =
            matches!(&life, Life::Live(Live { stop: Some(Stopping { reason: StopReason::Cancelled, .. }), .. }));
        let wait = retry::wait_ms(retries, kind, entry.retries_made).filter(|_| !draining && !cancelled && !unseen);
        if let Some(wait_ms) = wait {
            entry.life = Life::Backoff { until_ms: now.boot_ms + wait_ms };
            entry.retries_made += 1;
        } else {
            entry.life = Life::Ended(ended.outcome);
        }
        if kind.is_ok() {
            // What it needs may have been made anew while it ran.
            self.note_reruns_of_needs(sim);
            let dependants =
                (0..).zip(&self.needs).filter(|(_, needs)| needs.contains(&sim)).map(|(dependant, _)| dependant);
            for dependant in dependants.collect::<Vec<u32>>() {
                self.note_reruns_of_needs(dependant);
            }
        }
        self.ease_trouble(now);
        self.touch(sim);
        self.unsettled = true;
    }
}

impl Live {
    /// Finds out whether somebody else stopped it or let it go on, with kill(1) for example. Says whether that is so.
    fn notice_switch(&mut self, observation: &Observation) -> bool {
        // Our own signal may still be under way: what was seen around it says nothing about what others did.
        let at_ms = observation.at_ms;
        let settled = at_ms > self.switched_ms + SWITCH_SETTLES_MS;
        match (observation.stopped.filter(|_| settled), self.pause) {
            (Some(true), None) if self.stop.is_none() => {
                self.pause = Some(Pause { since_ms: at_ms, resume: None });
                true
            }
            (Some(false), Some(pause)) if at_ms > pause.since_ms => {
                self.paused_ms += at_ms - pause.since_ms;
                self.pause = None;
                true
            }
            _ => false,
        }
    }

    /// Takes what a look adds to what is known of the process.
    fn take(&mut self, observation: &Observation, seen: &Seen) {
        let ran_ms = self.ran_ms(observation.at_ms);
        if let Some(phase) = observation.phase
            && phase != self.phase
        {
            // An adopted process is in its phase since before anybody looked.
            let is_adopted = self.phase_since_ms.is_none() && self.phase == Phase::Starting;
            self.phase_since_ms = (!is_adopted).then_some(ran_ms);
            self.phase = phase;
        }
        let gauges = &mut *self.gauges;
        gauges.track.see(ran_ms, seen);
        observation.tree.into_iter().for_each(|tree| gauges.host.see_tree(tree));
        observation.output.into_iter().for_each(|(at_ms, bytes)| gauges.host.see_output(at_ms, bytes));
        // Nothing is held against a process that is stopped, whoever stopped it.
        if observation.stopped == Some(false) && self.pause.is_none() {
            let signs = Signs {
                tick: seen.ticks,
                written: observation.written,
                output: gauges.host.output(),
                cpu_ms: observation.tree.map(|tree| tree.cpu_ms),
            };
            gauges.pulse.look(ran_ms, signs);
        }
    }
}
