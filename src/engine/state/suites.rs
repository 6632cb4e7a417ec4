//! Scripts that spawn: what they have asked for, who waits for whose end, and what a suite has in common with its simulations.
//!
//! A suite asks by files ([`crate::rundir::spawns`]), which whoever performs reads and tells as
//! [`Event::Asked`](super::Event::Asked). What is decided about a call is written down at once, so that an engine that comes
//! later decides nothing twice: a simulation that failed is not run again because the engine that saw it fail is gone.
//!
//! The awkward truth: a call that is asked for again means the simulation that it was, so a simulation may have ended long
//! before anybody waits for it. Which of its attempts count is said with the call (`after`).

use std::collections::{HashMap, HashSet};

use super::event::{AskedCall, AskedFor};
use super::sim::{Life, Waiting};
use super::{Effect, State, view};
use crate::experiment::{OnSuiteEnd, Suite};
use crate::gem5::OutcomeKind;
use crate::protocol::{Counts, SpawnedView, Wait};
use crate::rundir::record::Moment;

/// What suites have asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Suites {
    /// The simulations of each suite, by its index in the plan.
    spawned: HashMap<u32, Vec<u32>>,
    /// What the newest attempt of each suite has asked for.
    asks: HashMap<u32, Asks>,
    /// The calls that wait for the end of a simulation.
    waiting: HashMap<u32, Vec<Call>>,
    /// What is to be cancelled because its suite died while no engine lived.
    orphans: Vec<u32>,
}

/// What one attempt of a suite has asked for.
#[derive(Debug, Clone, Copy, Default)]
struct Asks {
    attempt: u32,
    asked: u32,
    answered: u32,
    before: u32,
}

/// A call of an attempt of a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Call {
    suite: u32,
    attempt: u32,
    number: u32,
    /// The last attempt of the simulation that does not count for it.
    after: u32,
}

impl State {
    /// The suite, if the row is one.
    fn suite(&self, sim: u32) -> Option<&Suite> {
        self.plan.simulations[sim as usize].suite()
    }

    /// The suite that has spawned this simulation.
    pub(super) fn suite_of(&self, sim: u32) -> Option<u32> {
        let spawned = self.plan.simulations[sim as usize].spawned.as_ref()?;
        self.named(&spawned.suite).filter(|suite| self.suite(*suite).is_some())
    }

    /// The simulations of a suite; none of anything else.
    pub(super) fn spawned_by(&self, suite: u32) -> &[u32] {
        self.suites.spawned.get(&suite).map_or(&[], Vec::as_slice)
    }

    /// These, and behind each suite its simulations.
    pub(super) fn with_spawned(&self, sims: &[u32]) -> Vec<u32> {
        let beyond = |sim: &u32| self.spawned_by(*sim).iter().copied();
        let mut seen = HashSet::new();
        let all = sims.iter().flat_map(|sim| std::iter::once(*sim).chain(beyond(sim)));
        all.filter(|sim| seen.insert(*sim)).collect()
    }

    /// Takes note of a simulation that has just been added.
    pub(super) fn note_spawned(&mut self, sim: u32) {
        if let Some(suite) = self.suite_of(sim) {
            self.suites.spawned.entry(suite).or_default().push(sim);
        }
    }

    /// Takes what an attempt of a suite asks for.
    pub(super) fn asked(&mut self, asked: AskedFor, now: Moment, effects: &mut Vec<Effect>) {
        let AskedFor { suite, attempt, simulations, found, changed, calls } = asked;
        let first = self.sims.len() as u32;
        self.add(simulations, found, now);
        self.note_changes(changed);
        if !self.is_living_attempt(suite, attempt) {
            // It was still being read as the script died: nobody is there to be told, and it goes the way of the others.
            if self.cancels_spawned(suite) {
                self.cancel_these(&(first..self.sims.len() as u32).collect::<Vec<_>>(), now, effects);
            }
            return;
        }
        let asks = self.suites.asks.entry(suite).or_default();
        if asks.attempt != attempt {
            *asks = Asks { attempt, ..Asks::default() };
        }
        for call in calls {
            self.take_call(suite, attempt, &call, now, effects);
        }
        self.unsettled = true;
        self.touch(suite);
    }

    fn take_call(&mut self, suite: u32, attempt: u32, call: &AskedCall, now: Moment, effects: &mut Vec<Effect>) {
        let Some(sim) = self.named(&call.simulation) else { return };
        let &AskedCall { number, pool, fresh, taken, answered, stopped, .. } = call;
        let asks = self.suites.asks.entry(suite).or_default();
        if !call.is_known {
            asks.asked += 1;
        }
        if answered {
            asks.answered += 1;
            asks.before += u32::from(taken.is_some_and(|(_, before)| before));
            return;
        }
        if let Some(spawned) = &mut self.plan.simulations[sim as usize].spawned {
            spawned.pool = pool;
        }
        if !call.is_known {
            // A new attempt asks for it, so it is wanted again.
            let is_unwanted = taken.is_none() && self.is_cancelled_unstarted(sim);
            let (after, before) = taken.unwrap_or_else(|| {
                let (after, before) = self.what_counts(suite, sim, fresh);
                let because = if after > 0 { self.why_again(sim, fresh) } else { Vec::new() };
                effects.push(Effect::TakeCall { suite, number, sim, after, before, because });
                (after, before)
            });
            let call = Call { suite, attempt, number, after };
            if self.is_over(sim, after) && !is_unwanted {
                self.answered(call, sim, before, effects);
            } else {
                if self.sims[sim as usize].ended().is_some() {
                    self.queue_again(sim, false, effects);
                }
                self.suites.waiting.entry(sim).or_default().push(call);
            }
        }
        let is_it = |waiting: &Call| (waiting.suite, waiting.attempt, waiting.number) == (suite, attempt, number);
        // What a person has begun since its answer is not for the script to end.
        if stopped && self.suites.waiting.get(&sim).is_some_and(|waiting| waiting.iter().any(is_it)) {
            self.cancel_these(&[sim], now, effects);
        }
        self.touch(sim);
    }

    /// Cancels what is not being stopped yet.
    fn cancel_these(&mut self, sims: &[u32], now: Moment, effects: &mut Vec<Effect>) {
        for &sim in sims {
            if !self.is_stopping(sim) {
                // It has ended, or nobody can reach it: what there is to say of that is told with its end.
                _ = self.cancel(sim, now, effects);
                self.touch(sim);
            }
        }
    }

    /// Whether it is the attempt of the suite that runs or is about to.
    fn is_living_attempt(&self, suite: u32, attempt: u32) -> bool {
        self.sim(suite).is_live() && self.number(suite) == attempt
    }

    /// Whether it was cancelled before it had any attempt.
    fn is_cancelled_unstarted(&self, sim: u32) -> bool {
        let entry = self.sim(sim);
        entry.attempts.is_empty() && !entry.hidden && entry.ended() == Some(OutcomeKind::Cancelled)
    }

    /// Which attempts of a simulation count for a call that comes now: those behind the first number. And whether its result
    /// is there already.
    fn what_counts(&self, suite: u32, sim: u32, fresh: bool) -> (u32, bool) {
        let entry = self.sim(sim);
        match entry.ended() {
            // Nobody knows whether it runs, and nothing is started beside it.
            Some(_) if entry.hidden => (0, false),
            Some(kind) if kind.is_ok() && entry.newest.changed.is_empty() && !fresh => (0, true),
            // As if it had been asked for a little earlier.
            Some(_) if entry.newest.changed.is_empty() && self.ended_since_start_of(suite, sim) => (0, false),
            Some(_) => (self.number(sim), false),
            None => (0, false),
        }
    }

    /// Why a simulation that has ended is to run again.
    fn why_again(&self, sim: u32, fresh: bool) -> Vec<String> {
        let entry = self.sim(sim);
        match entry.ended() {
            Some(kind) if !kind.is_ok() => vec![format!("it was {}", kind.word())],
            _ if fresh => vec!["everything is wanted anew".to_owned()],
            _ => entry.newest.changed.clone(),
        }
    }

    /// Whether a simulation has ended while this attempt of the suite ran: it may have been queued again together with its suite.
    fn ended_since_start_of(&self, suite: u32, sim: u32) -> bool {
        let Life::Live(live) = &self.sim(suite).life else { return false };
        let ended = self.sim(sim).latest().and_then(|attempt| attempt.ended.as_ref()?.ended_unix_ms);
        ended.is_some_and(|ended| ended > live.started.unix_ms)
    }

    /// Whether a simulation has ended as far as a call is concerned for which attempts behind `after` count.
    fn is_over(&self, sim: u32, after: u32) -> bool {
        let entry = self.sim(sim);
        match entry.ended() {
            None => false,
            // What was cancelled before it had another attempt has none.
            Some(kind) => {
                after == 0 && !entry.attempts.is_empty()
                    || self.number(sim) > after
                    || entry.hidden
                    || kind == OutcomeKind::Cancelled && after == 0
                    // Its directory cannot be listed, and nothing is started beside what may run there.
                    || kind == OutcomeKind::Lost && entry.attempts.is_empty()
            }
        }
    }

    fn is_stopping(&self, sim: u32) -> bool {
        match &self.sim(sim).life {
            Life::Live(live) => live.stop.is_some(),
            Life::Launching { cancel } | Life::Submitted { cancel, .. } => *cancel,
            Life::Ended(_) => true,
            Life::Waiting(_) | Life::Backoff { .. } => false,
        }
    }

    fn answered(&mut self, call: Call, sim: u32, before: bool, effects: &mut Vec<Effect>) {
        let Call { suite, attempt, number, after } = call;
        if let Some(asks) = self.suites.asks.get_mut(&suite).filter(|asks| asks.attempt == attempt) {
            asks.answered += 1;
            asks.before += u32::from(before);
        }
        effects.push(Effect::AnswerCall { suite, attempt, number, sim, after, before });
        self.changed.insert(suite);
    }

    /// Tells suites of the ends that they wait for, of all that was touched.
    pub(super) fn answer_calls(&mut self, effects: &mut Vec<Effect>) {
        for sim in self.touched.clone() {
            if let Some(suite) = self.suite_of(sim) {
                // What it shows of its simulations.
                self.changed.insert(suite);
            }
            if self.sim(sim).ended().is_none() {
                continue;
            }
            for call in self.suites.waiting.remove(&sim).unwrap_or_default() {
                // A script that is gone is told nothing, and its next attempt asks anew.
                if self.is_living_attempt(call.suite, call.attempt) {
                    self.answered(call, sim, false, effects);
                }
            }
        }
    }

    /// What follows for its simulations from the end of an attempt of a suite.
    pub(super) fn suite_ended(&mut self, suite: u32, now: Moment, effects: &mut Vec<Effect>) {
        if self.cancels_spawned(suite) {
            let spawned = self.spawned_by(suite).to_vec();
            self.cancel_these(&spawned, now, effects);
        }
    }

    fn cancels_spawned(&self, suite: u32) -> bool {
        self.suite(suite).is_some_and(|suite| suite.on_end == OnSuiteEnd::Cancel)
            && self.sim(suite).ended().is_some_and(|kind| !kind.is_ok())
    }

    /// Notes what is to be cancelled because its suite died while no engine lived: what began before that. What a person has
    /// begun since then goes on.
    pub(super) fn note_orphans(&mut self) {
        for suite in 0..self.sims.len() as u32 {
            if !self.cancels_spawned(suite) || self.is_others(suite) {
                continue;
            }
            let ended = self.sim(suite).latest().and_then(|attempt| attempt.ended.as_ref()?.ended_unix_ms);
            let is_older = |sim: &u32| match (&self.sim(*sim).life, ended) {
                (Life::Live(live), Some(ended)) => live.started.unix_ms < ended,
                (Life::Waiting(_), _) => self.sim(*sim).attempts.is_empty(),
                _ => false,
            };
            let orphans: Vec<u32> = self.spawned_by(suite).iter().copied().filter(is_older).collect();
            self.suites.orphans.extend(orphans);
        }
    }

    /// Cancels them.
    pub(super) fn cancel_orphans(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let orphans = std::mem::take(&mut self.suites.orphans);
        self.cancel_these(&orphans, now, effects);
    }

    /// Why a simulation waits that its suite keeps from starting.
    pub(super) fn held_by_suite(&self, sim: u32) -> Option<Waiting> {
        let suite = self.suite_of(sim)?;
        let is_paused = matches!(&self.sim(suite).life, Life::Live(live) if live.is_held());
        is_paused.then_some(Waiting::Place(Wait::SuitePaused))
    }

    /// Whether all that lives are suites, which wait for what nobody launches any more.
    pub(super) fn only_suites_live(&self) -> bool {
        let lives = |sim: &u32| self.sim(*sim).is_live();
        self.tally.active().filter(lives).all(|sim| self.suite(sim).is_some())
    }

    /// How many simulations the script of a suite waits for, and of how many.
    pub(super) fn awaits_spawned(&self, sim: u32) -> Option<(u32, u32)> {
        let asks = self.suites.asks.get(&sim).filter(|asks| asks.attempt == self.number(sim))?;
        let left = asks.asked.saturating_sub(asks.answered);
        (left > 0).then_some((left, asks.asked))
    }

    /// What a suite has spawned.
    pub(super) fn spawned_view(&self, sim: u32, now: Moment) -> Option<SpawnedView> {
        let on_end = self.suite(sim)?.on_end;
        let mut counts = Counts::default();
        for &spawned in self.spawned_by(sim) {
            counts.add(&view::status(self.sim(spawned), now));
        }
        let asks = self.suites.asks.get(&sim).filter(|asks| asks.attempt == self.number(sim));
        let Asks { asked, answered, before, .. } = asks.copied().unwrap_or_default();
        Some(SpawnedView { counts, asked, answered, before, on_end })
    }
}
