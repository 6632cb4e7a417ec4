//! Who runs next, and whether anything is left to do.

use std::collections::BTreeSet;

use super::{Effect, State, TreeSignal, deadline};
use crate::engine::state::schedule::{self, Candidate, Places};
use crate::engine::state::sim::{Life, Live, Turn, Waiting};
use crate::experiment::{RowKind, When};
use crate::gem5::OutcomeKind;
use crate::protocol::{Basis, QueueState, Wait};
use crate::rundir::record::Moment;

impl State {
    /// Looks at everything that wants to run, and starts what fits.
    pub(super) fn settle(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let mut resuming = Vec::new();
        for sim in self.tally.active() {
            if let Life::Live(live) = &self.sim(sim).life
                && live.pause.is_some_and(|pause| pause.resume.is_some())
            {
                let one = self.candidate(sim);
                let takes_place = one.takes_place && !live.is_over;
                resuming.push(Candidate { memory: 0, basis: Basis::Seen, resumes: true, takes_place, ..one });
            }
        }
        for (candidate, verdict) in self.verdicts(resuming, now) {
            match verdict {
                Some(wait) if candidate.resumes => self.hold_paused(candidate.sim, wait),
                Some(wait) => self.set_waiting(candidate.sim, Waiting::Place(self.told_first(candidate.sim, wait))),
                None if candidate.resumes => self.go_on(candidate.sim, now, effects),
                None => self.launch(candidate.sim, effects),
            }
        }
        self.header_changed = true;
    }

    /// One that goes before all others is told so while a place is all that it waits for.
    fn told_first(&self, sim: u32, wait: Wait) -> Wait {
        match (self.sim(sim).turn, wait) {
            (Turn::First(_), Wait::Cap | Wait::Priority { .. }) => Wait::Next,
            _ => wait,
        }
    }

    /// What is decided for those that want to run, but for those that go on waiting as they do.
    fn verdicts(&mut self, resuming: Vec<Candidate>, now: Moment) -> Vec<(Candidate, Option<Wait>)> {
        let places = self.places(now);
        // Ten thousand that wait for the cap are not asked anew because one has ended: the next ones are, and one that goes on waiting
        // and tells whose turn it is.
        let free = places.cap.saturating_sub(places.running) as usize;
        let is_only_capped = places.memory.is_none()
            && places.queue == QueueState::Open
            && places.shortage == [None; 2]
            && places.tries.is_none()
            && self.deadline.is_none();
        if is_only_capped {
            let some = self.tally.waiting_but(free + 1);
            let verdicts = self.verdicts_of(some, resuming.clone(), places.clone(), now);
            let is_surprise = |(candidate, verdict): &(Candidate, Option<Wait>)| {
                self.tally.is_capped(candidate.sim) && verdict.is_some_and(|wait| wait != Wait::Cap)
            };
            // Where something else holds those back, one behind them may run, as with a pool, or has the same to tell, as with a priority.
            if !verdicts.iter().any(is_surprise) {
                return verdicts;
            }
        }
        let all = self.tally.waiting().collect();
        self.verdicts_of(all, resuming, places, now)
    }

    fn verdicts_of(
        &mut self,
        waiting: Vec<u32>,
        resuming: Vec<Candidate>,
        places: Places,
        now: Moment,
    ) -> Vec<(Candidate, Option<Wait>)> {
        let mut ready = resuming;
        for sim in waiting {
            match self.obstacle_before_places(sim, now) {
                None => ready.push(self.candidate(sim)),
                Some(waiting) => self.set_waiting(sim, waiting),
            }
        }
        if let Some(failed) = self.failed_last() {
            ready.sort_by_key(|candidate| candidate.sim == failed && !candidate.resumes);
        }
        let verdicts = schedule::choose(&ready, places);
        ready.into_iter().zip(verdicts).collect()
    }

    /// Why one that waits is no candidate for a place.
    fn obstacle_before_places(&self, sim: u32, now: Moment) -> Option<Waiting> {
        match self.unmet_need(sim) {
            Some(failed @ Waiting::NeedFailed(_)) => Some(failed),
            unmet => {
                let held = self.held_back(sim).or_else(|| self.left_for_later(sim, now));
                held.or(unmet).or_else(|| self.held_by_suite(sim))
            }
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
        let Ok(live) = self.live(sim) else { return };
        if live.end_pause(now.boot_ms).is_none() {
            return;
        }
        self.switch(sim, TreeSignal::Continue, effects);
        self.unsettled |= !self.spawned_by(sim).is_empty();
        self.touch(sim);
    }

    pub(super) fn launch(&mut self, sim: u32, effects: &mut Vec<Effect>) {
        self.begin_try(sim);
        let used = self.met_attempts(sim);
        let entry = &mut self.sims[sim as usize];
        entry.life = Life::Launching { cancel: false };
        entry.turn = Turn::InOrder;
        entry.before = Some(std::mem::take(&mut entry.newest));
        entry.newest.set_used(used);
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
        let is_stopped = self.paused_by_failures().is_some() && !self.lingers;
        let waits_for_nothing = (self.queue == QueueState::Draining || is_stopped) && self.only_suites_live();
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
        let is_alone = self.clients == 0 || is_stopped || (self.is_paused_by_jobs() && !self.lingers);
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
