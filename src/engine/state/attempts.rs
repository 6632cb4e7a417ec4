//! What happens to attempts, and what follows from it: in a living engine, and for what an engine finds as it begins.

use super::gauges::seen::Seen;
use super::gauges::stall::Signs;
use super::retry;
use super::sim::{Life, Live, Stopping, Waiting};
use super::{Effect, Observation, State};
use crate::gem5::{Outcome, OutcomeKind, Phase};
use crate::protocol::{Handle, JobView, QueueState, Wait};
use crate::rundir::Reach;
use crate::rundir::evidence::Ended;
use crate::rundir::record::{Moment, StopReason};

/// A launch of which nothing came.
pub(super) struct NoStart {
    /// Why, as the end of its attempt if that has a directory.
    pub(super) outcome: Outcome,
    /// Whether the machine is at fault, so that another launch may fare better.
    pub(super) of_machine: bool,
}

/// What a batch system says of an attempt that it has not started.
pub(super) struct Pending {
    /// Why it waits there.
    pub(super) why: String,
    /// Whether it is held back there.
    pub(super) held: bool,
    /// The job.
    pub(super) job: JobView,
}

impl State {
    pub(super) fn launch_failed(
        &mut self,
        sim: u32,
        reason: String,
        of_machine: bool,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let outcome = Outcome::new(OutcomeKind::NotStarted, reason.clone());
        effects.extend(self.came_to_nothing(sim, NoStart { outcome, of_machine }));
        if of_machine {
            self.add_trouble(sim, reason, now);
        }
        self.touch(sim);
        self.unsettled = true;
    }

    /// What follows from a launch of which nothing came. What must be written down for the next engine to come to the same.
    pub(super) fn came_to_nothing(&mut self, sim: u32, NoStart { outcome, of_machine }: NoStart) -> Option<Effect> {
        let entry = &mut self.sims[sim as usize];
        let before = entry.before.take();
        match entry.latest_mut() {
            // Its directory stayed.
            Some(attempt) if attempt.ended.is_none() => {
                attempt.ended = Some(Ended::of(outcome.clone()));
            }
            _ => {
                if let Some(before) = before {
                    entry.newest = before;
                }
            }
        }
        let cancelled = matches!(entry.life, Life::Launching { cancel: true } | Life::Submitted { cancel: true, .. });
        let result = entry.result().cloned().filter(|_| cancelled);
        let (life, effect) = match (cancelled, result) {
            // It was only to be made anew.
            (_, Some(result)) => (Life::Ended(result), Some(Effect::ForgetRetry { sim })),
            // The attempt that would tell it may be gone again.
            (true, None) => (Life::Ended(cancelled_before_start()), Some(Effect::RecordCancelled { sim })),
            (false, None) if of_machine => (Life::Waiting(Waiting::Place(Wait::Turn)), None),
            (false, None) => (Life::Ended(outcome), None),
        };
        entry.life = life;
        effect
    }

    /// A batch system has the attempt.
    pub(super) fn pending(
        &mut self,
        (sim, number): (u32, u32),
        pending: Pending,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        if self.number(sim) != number {
            return;
        }
        let Pending { why, held, job } = pending;
        let entry = &mut self.sims[sim as usize];
        let handle = Some(Handle::Job(job));
        let is_news = entry.latest().is_some_and(|attempt| attempt.handle != handle);
        if let Some(attempt) = entry.latest_mut() {
            attempt.handle = handle;
        }
        match &mut entry.life {
            Life::Launching { cancel } => {
                let cancel = *cancel;
                entry.life = Life::Submitted { why, held, asked: None, cancel };
                if cancel {
                    effects.push(Effect::Withdraw { sim, attempt: number });
                }
                self.ease_by_success(now);
                self.job_taken();
                // The next one may be handed in.
                self.unsettled = true;
            }
            Life::Submitted { why: known, held: is_held, asked, .. } => {
                let is_same = !is_news && *known == why && *is_held == held;
                (*known, *is_held) = (why, held);
                *asked = asked.filter(|asked| *asked != held);
                if is_same {
                    return;
                }
            }
            _ => return,
        }
        self.touch(sim);
    }

    /// A batch system has not held an attempt back, or let it go, as it was asked to.
    pub(super) fn not_held(&mut self, sim: u32, number: u32) {
        if self.number(sim) == number
            && let Life::Submitted { asked, .. } = &mut self.sims[sim as usize].life
        {
            *asked = None;
            self.touch(sim);
        }
    }

    pub(super) fn started(
        &mut self,
        sim: u32,
        number: u32,
        handle: Handle,
        at: Moment,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let kind = self.plan.simulations[sim as usize].run.kind();
        let entry = &mut self.sims[sim as usize];
        let (Life::Launching { cancel } | Life::Submitted { cancel, .. }) = entry.life else { return };
        let Some(attempt) = entry.latest_mut().filter(|attempt| attempt.number == number) else { return };
        let is_job = matches!(handle, Handle::Job(_));
        attempt.started = Some(at);
        attempt.handle = Some(handle);
        entry.before = None;
        // An automatic retry of it takes what this one has made.
        entry.anew = false;
        let reach = if is_job { Reach::Relayed } else { Reach::Direct };
        entry.life = Life::Live(Box::new(Live { phase_since_ms: Some(0), reach, ..Live::new(at, kind) }));
        self.ease_by_success(now);
        self.note_build(sim);
        self.touch(sim);
        if is_job {
            self.job_started();
            self.unsettled = true;
        }
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
        let newest = &mut *entry.newest;
        let seen = &mut newest.seen;
        seen.ticks = observation.seen.ticks.max(seen.ticks);
        seen.instructions = observation.seen.instructions.or(seen.instructions);
        seen.seconds = observation.seen.seconds.or(seen.seconds);
        seen.begun_at = seen.begun_at.or(observation.seen.begun_at);
        seen.dumps = observation.seen.dumps.or(seen.dumps);
        seen.checkpoints.clone_from(&observation.seen.checkpoints);
        newest.values.clone_from(&observation.values);
        if let Some(tree) = observation.tree
            && let Some(attempt) = entry.attempts.last_mut()
        {
            attempt.peak_rss = attempt.peak_rss.max(tree.rss);
        }
        if let Life::Live(live) = &mut entry.life {
            // Whether a process out of reach is stopped cannot be seen.
            self.unsettled |= live.is_within_reach() && live.notice_switch(observation);
            self.unsettled |= live.notice_growth(observation);
            live.take(observation, &entry.newest.seen);
            live.hear(observation);
        }
        // What has not changed is told seldom, so there is nothing to gain by looking for what has.
        self.touch(sim);
    }

    pub(super) fn attempt_ended(
        &mut self,
        sim: u32,
        number: u32,
        ended: Ended,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let is_job = self.is_job(sim);
        let entry = &mut self.sims[sim as usize];
        let life = &entry.life;
        let was_paused = matches!(life, Life::Live(live) if live.is_held() || live.paused_ms > 0);
        // Whatever became of it, nobody who cancels wants it to start again by itself.
        let is_cancel = |stop: Stopping| stop.reason == StopReason::Cancelled;
        let cancelled = matches!(life, Life::Live(live) if live.stop.is_some_and(is_cancel));
        let withdrawn = matches!(life, Life::Launching { cancel: true } | Life::Submitted { cancel: true, .. })
            && ended.outcome.kind == OutcomeKind::NotStarted;
        let Some(attempt) = entry.latest_mut().filter(|a| a.number == number && a.ended.is_none()) else { return };
        attempt.was_paused |= was_paused;
        let is_refused =
            is_job && !withdrawn && attempt.started.is_none() && ended.outcome.kind == OutcomeKind::NotStarted;
        let refused = is_refused.then(|| ended.outcome.cause.clone());
        if withdrawn {
            effects.extend(self.came_to_nothing(sim, NoStart { outcome: ended.outcome, of_machine: false }));
        } else {
            self.after_end(sim, ended, cancelled, 0, now);
        }
        if let Some(why) = refused {
            self.job_refused(&why);
        }
        self.suite_ended(sim, now, effects);
        self.ease_by_end(now);
        self.reached_again(sim);
        self.touch(sim);
        self.unsettled = true;
    }

    /// What follows from the end of the newest attempt, `passed_ms` after it: nothing, or another attempt by itself.
    pub(super) fn after_end(&mut self, sim: u32, ended: Ended, cancelled: bool, passed_ms: u64, now: Moment) {
        let draining = self.queue == QueueState::Draining;
        let goes_on = self.goes_on_later(sim, ended.outcome.kind, now).filter(|_| !cancelled);
        let retries = &self.plan.simulations[sim as usize].retries;
        let entry = &mut self.sims[sim as usize];
        let kind = ended.outcome.kind;
        let mut is_start_known = false;
        if let Some(attempt) = entry.attempts.last_mut() {
            attempt.handle = None;
            is_start_known = attempt.started.is_some();
            if let (true, Some(ran_ms)) = (kind.is_ok(), ended.ran_ms) {
                self.forecast.learn(sim, ran_ms, attempt.peak_rss.max(ended.max_rss.unwrap_or(0)));
            }
            attempt.ended = Some(ended.clone());
        }
        let unseen = retry::may_run_unseen(kind, is_start_known || ended.is_gone);
        let wait = retry::wait_ms(retries, kind, entry.retries_made).filter(|_| !draining && !cancelled && !unseen);
        if let Some(waiting) = goes_on {
            entry.life = Life::Waiting(waiting);
        } else if let Some(wait_ms) = wait {
            entry.life = Life::Backoff { until_ms: now.boot_ms + wait_ms.saturating_sub(passed_ms) };
            entry.retries_made = entry.retries_made.saturating_add(1);
        } else {
            entry.life = Life::Ended(ended.outcome);
        }
        if kind.is_ok() {
            self.note_growth(sim);
            // What it needs may have been made anew while it ran.
            self.note_reruns_of_needs(sim);
            for dependant in self.dependants[sim as usize].clone() {
                self.note_reruns_of_needs(dependant);
            }
        }
    }
}

/// The outcome of a simulation that was cancelled while it waited.
pub(in crate::engine) fn cancelled_before_start() -> Outcome {
    Outcome::new(OutcomeKind::Cancelled, "cancelled before it started".to_owned())
}

impl Live {
    /// Takes what the simulated system says that is wrong, and since when it says so.
    fn hear(&mut self, observation: &Observation) {
        let ran_ms = self.ran_ms(observation.at);
        let guest = &mut self.gauges.guest;
        let same = guest.take().filter(|(word, _)| observation.guest.as_ref() == Some(word));
        *guest = same.or_else(|| observation.guest.clone().map(|word| (word, ran_ms)));
    }

    /// Takes what a look adds to what is known of the process.
    fn take(&mut self, observation: &Observation, seen: &Seen) {
        let ran_ms = self.ran_ms(observation.at);
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
                repeated: observation.repeated,
                output: gauges.host.output(),
                cpu_ms: observation.tree.map(|tree| tree.cpu_ms),
                cpu_at_ms: observation
                    .tree
                    .map(|tree| ran_ms.saturating_sub(observation.at.boot_ms.saturating_sub(tree.at_ms))),
            };
            gauges.pulse.look(ran_ms, signs);
        }
    }
}
