//! Who runs next, and whether anything is left to do.

use std::collections::BTreeSet;

use super::{Effect, State, TreeSignal, deadline};
use crate::engine::state::schedule::{self, Candidate, Places};
use crate::engine::state::sim::{Known, Life, Live, Pause, Waiting};
use crate::experiment::{RowKind, When};
use crate::gem5::OutcomeKind;
use crate::protocol::{Basis, QueueState, Wait};
use crate::rundir::record::Moment;

impl State {
    /// Looks at everything that wants to run, and starts what fits.
    pub(super) fn settle(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let mut resuming = Vec::new();
        for sim in self.tally.active() {
            if let Life::Live(Live { pause: Some(Pause { resume: Some(_), .. }), .. }) = self.sim(sim).life {
                resuming.push(Candidate { memory: 0, basis: Basis::Seen, resumes: true, ..self.candidate(sim) });
            }
        }
        let fresh: Vec<Candidate> = self.tally.waiting().map(|sim| self.candidate(sim)).collect();
        let mut ready = resuming;
        for candidate in fresh {
            match self.obstacle_before_places(candidate.sim, now) {
                None => ready.push(candidate),
                Some(waiting) => self.set_waiting(candidate.sim, waiting),
            }
        }
        if let Some(failed) = self.failed_last() {
            ready.sort_by_key(|candidate| candidate.sim == failed && !candidate.resumes);
        }
        let verdicts = schedule::choose(&ready, self.places(now));
        for (candidate, verdict) in ready.into_iter().zip(verdicts) {
            match verdict {
                Some(wait) if candidate.resumes => self.hold_paused(candidate.sim, wait),
                Some(wait) => self.set_waiting(candidate.sim, Waiting::Place(wait)),
                None if candidate.resumes => self.go_on(candidate.sim, now, effects),
                None => self.launch(candidate.sim, effects),
            }
        }
        self.header_changed = true;
    }

    /// Why one that waits is no candidate for a place.
    fn obstacle_before_places(&self, sim: u32, now: Moment) -> Option<Waiting> {
        match self.unmet_need(sim) {
            Some(failed @ Waiting::NeedFailed(_)) => Some(failed),
            unmet => self.left_for_later(sim, now).or(unmet).or_else(|| self.held_by_suite(sim)),
        }
    }

    fn candidate(&self, sim: u32) -> Candidate {
        // Without a budget nobody asks, and a long queue has many that would be asked about.
        let is_job = self.is_job(sim);
        let need = self.plan.memory.filter(|_| !is_job).map(|_| self.memory_need(sim));
        let (memory, basis) = need.unwrap_or((0, Basis::Declared));
        let simulation = &self.plan.simulations[sim as usize];
        // A script that waits for its simulations must not keep them from a place.
        let takes_place = simulation.run.kind() != RowKind::Suite;
        let pools = schedule::pools(simulation, self.suite_of(sim));
        Candidate { sim, memory, basis, pools, priority: simulation.priority, resumes: false, takes_place, is_job }
    }

    fn places(&self, now: Moment) -> Places {
        let (running, jobs, pools) = self.tally.places();
        Places {
            cap: self.cap,
            running,
            jobs: (self.tally.jobs(), self.plan.courtesy.max_queued()),
            handing_in: (self.jobs_being_handed_in(), self.may_be_handed_in()),
            here: self.here.map(|slots| (running - jobs, slots)),
            // A paused simulation keeps its memory.
            memory: self.plan.memory.map(|budget| (self.memory_used(), budget)),
            pools,
            queue: self.queue,
            shortage: [self.shortages.worst(), self.shortages.of_jobs()],
            tries: self.tries(now),
        }
    }

    pub(super) fn unmet_need(&self, sim: u32) -> Option<Waiting> {
        let mut unmet = None;
        for &(need, when) in &self.needs[sim as usize] {
            match self.sims[need as usize].ended() {
                Some(kind) if is_met(when, kind) => {}
                Some(_) => return Some(Waiting::NeedFailed(need)),
                None => match (self.failed_before(need), when) {
                    (Some(failed), When::Ok) => return Some(Waiting::NeedFailed(failed)),
                    // It will not start by itself, so that nothing of it is left to wait for.
                    (Some(_), When::Ended) => {}
                    (None, _) => unmet = unmet.or(Some(Waiting::Needs(need))),
                },
            }
        }
        unmet
    }

    /// What has failed of all that one which waits needs, directly or by others that wait: it will not start by itself, and
    /// neither will those that need it.
    fn failed_before(&self, sim: u32) -> Option<u32> {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![sim];
        while let Some(sim) = waiting.pop() {
            if !matches!(self.sim(sim).life, Life::Waiting(_)) || !seen.insert(sim) {
                continue;
            }
            for &(need, when) in &self.needs[sim as usize] {
                match (self.sim(need).ended(), when) {
                    (Some(kind), _) if is_met(when, kind) => {}
                    (Some(_), _) => return Some(need),
                    (None, When::Ok) => waiting.push(need),
                    // Whatever becomes of what it needs itself, it comes to an end of waiting.
                    (None, When::Ended) => {}
                }
            }
        }
        None
    }

    pub(super) fn set_waiting(&mut self, sim: u32, waiting: Waiting) {
        let life = Life::Waiting(waiting);
        if self.sims[sim as usize].life != life {
            self.sims[sim as usize].life = life;
            self.touch(sim);
        }
    }

    pub(super) fn hold_paused(&mut self, sim: u32, wait: Wait) {
        if let Ok(Live { pause: Some(pause), .. }) = self.live(sim)
            && pause.resume != Some(wait)
        {
            pause.resume = Some(wait);
            self.touch(sim);
        }
    }

    pub(super) fn go_on(&mut self, sim: u32, now: Moment, effects: &mut Vec<Effect>) {
        let attempt = self.number(sim);
        let Ok(live) = self.live(sim) else { return };
        if live.end_pause(now.boot_ms).is_none() {
            return;
        }
        live.switched_ms = now.boot_ms;
        effects.push(Effect::Signal { sim, attempt, signal: TreeSignal::Continue });
        self.unsettled |= !self.spawned_by(sim).is_empty();
        self.touch(sim);
    }

    pub(super) fn launch(&mut self, sim: u32, effects: &mut Vec<Effect>) {
        self.begin_try(sim);
        let used = self.met_attempts(sim);
        let entry = &mut self.sims[sim as usize];
        entry.life = Life::Launching { cancel: false };
        entry.before = Some(Box::new(Known {
            seen: std::mem::take(&mut entry.seen),
            values: std::mem::take(&mut entry.values),
            changed: std::mem::take(&mut entry.changed),
            used: std::mem::replace(&mut entry.used, used),
        }));
        effects.push(Effect::Launch { sim, attempt: entry.next_number() });
        self.touch(sim);
    }

    /// Whether something runs, or will by itself.
    pub(in crate::engine) fn has_work(&self) -> bool {
        let has_work = self.shards.as_ref().map_or_else(|| self.tally.has_work(), |shards| shards.has_work);
        has_work || self.may_grow()
    }

    pub(super) fn reason_to_end(&self, now: Moment) -> Option<&'static str> {
        // The script of a suite waits for what a drained queue never launches, and the next engine finds it.
        let waits_for_nothing = self.queue == QueueState::Draining && self.only_suites_live();
        // Jobs go on without an engine, and one whose time is up hands in no more.
        if self.is_time_up(now) && self.tally.are_only_jobs_live() {
            return Some(deadline::MORE_TO_DO);
        }
        if self.tally.is_any_live() && !waits_for_nothing {
            return None;
        }
        if self.queue == QueueState::Draining {
            return Some("drained");
        }
        // A paused queue launches nothing until somebody comes and opens it; that somebody starts an engine then.
        // Nor does one that we have paused ourselves while nobody looks: who has started this engine learns why.
        let is_alone = self.clients == 0 || (self.is_paused_by_jobs() && !self.lingers);
        let left = self.has_work() && !(self.queue == QueueState::Paused && is_alone);
        let awaiting = self.shards.as_ref().map_or(0, |shards| shards.awaiting);
        let reason = if self.tally.later() + awaiting > 0 { deadline::MORE_TO_DO } else { "nothing is left to do" };
        (!left && (self.clients == 0 || !self.lingers)).then_some(reason)
    }
}

/// Whether an end is one that is waited for. What is lost may still run: nobody has seen it end.
pub(super) fn is_met(when: When, kind: OutcomeKind) -> bool {
    match when {
        When::Ok => kind.is_ok(),
        When::Ended => kind != OutcomeKind::Lost,
    }
}
