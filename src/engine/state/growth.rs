//! A plan that grows: an axis has what simulations make, and these have to end first.
//!
//! The state only says when it is time to look; what is there then, whoever performs [`Effect::Grow`] finds out. As long as it
//! is looked for, there is work, so that no engine ends in between.

use super::event::Grown;
use super::sim::Life;
use super::{Effect, Moment, State};
use crate::experiment::{Awaiting, Dependency, When};
use crate::gem5::{Outcome, OutcomeKind};

/// Said of a result that was made while it needed other simulations than now.
pub const NEEDS_CHANGED: &str = "needs changed";

/// Whether somebody looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Growth {
    /// Nothing has ended that would tell of more.
    #[default]
    None,
    /// It is time.
    Due,
    /// Somebody looks.
    Busy,
    /// Somebody looks, and more has ended since.
    BusyAndDue,
}

impl State {
    /// Whether simulations may come that nobody knows yet.
    pub(super) fn may_grow(&self) -> bool {
        self.growth != Growth::None
    }

    /// A simulation that has ended ok may tell of more.
    pub(super) fn note_growth(&mut self, sim: u32) {
        if !self.plan.sources.contains(&self.plan.simulations[sim as usize].name) {
            return;
        }
        self.growth = match self.growth {
            Growth::None | Growth::Due => Growth::Due,
            Growth::Busy | Growth::BusyAndDue => Growth::BusyAndDue,
        };
    }

    pub(super) fn grow_if_due(&mut self, effects: &mut Vec<Effect>) {
        if self.growth == Growth::Due {
            self.growth = Growth::Busy;
            effects.push(Effect::Grow);
        }
    }

    pub(super) fn grown(&mut self, grown: Grown, now: Moment) {
        let Grown { simulations, found, awaiting, needs, gone } = grown;
        self.looked();
        self.plan.awaiting = awaiting;
        self.tally.set_awaiting(self.plan.awaiting.len() as u32);
        self.add(simulations, found, now);
        for (name, needs) in needs {
            if let Some(sim) = self.named(&name) {
                self.renew_needs(sim, needs);
            }
        }
        for name in gone {
            if let Some(sim) = self.named(&name) {
                self.retire(sim);
            }
        }
    }

    /// A simulation needs others than before.
    fn renew_needs(&mut self, sim: u32, needs: Vec<Dependency>) {
        for &(need, _) in &self.needs[sim as usize] {
            self.dependants[need as usize].retain(|dependant| *dependant != sim);
        }
        let known = |need: &Dependency| Some((self.named(&need.name)?, need.when));
        let now: Vec<(u32, When)> = needs.iter().filter_map(known).collect();
        for &(need, _) in &now {
            self.dependants[need as usize].push(sim);
        }
        self.needs[sim as usize] = now;
        let simulation = &mut self.plan.simulations[sim as usize];
        simulation.needs = needs;
        let entry = &mut self.sims[sim as usize];
        let note = NEEDS_CHANGED.to_owned();
        if !simulation.gone && entry.ended().is_some_and(OutcomeKind::is_ok) && !entry.newest.changed.contains(&note) {
            entry.newest.changed.push(note);
        }
        self.unsettled = true;
        self.touch(sim);
    }

    /// A simulation is no longer among those that there are: what it was made for is not made any more. It keeps its results.
    fn retire(&mut self, sim: u32) {
        self.plan.simulations[sim as usize].gone = true;
        self.renew_needs(sim, Vec::new());
        let entry = &mut self.sims[sim as usize];
        if matches!(entry.life, Life::Waiting(_) | Life::Backoff { .. }) {
            let last = entry.latest().and_then(|attempt| attempt.ended.as_ref()).map(|ended| ended.outcome.clone());
            let never = || Outcome::new(OutcomeKind::Cancelled, "what it was to be made from is not there any more");
            entry.life = Life::Ended(last.unwrap_or_else(never));
        }
    }

    pub(super) fn not_grown(&mut self, reason: String) {
        self.looked();
        self.header_changed = true;
        self.notice = Some(reason);
    }

    fn looked(&mut self) {
        self.growth = if self.growth == Growth::BusyAndDue { Growth::Due } else { Growth::None };
    }

    /// What is awaited, for a person.
    pub(super) fn awaiting_phrase(&self) -> Option<String> {
        /// More say nothing new; the count tells how many there are.
        const NAMED: usize = 3;
        let phrase = |more: &Awaiting| {
            let [first, rest @ ..] = more.needs.as_slice() else { return more.name.clone() };
            let others = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            match &more.nothing {
                Some(why) => format!("{}: nothing runs, because what {first}{others} made {why}", more.name),
                None if rest.is_empty() => format!("{}: known once {first} is ok", more.name),
                None => format!("{}: known once {first}{others} are ok", more.name),
            }
        };
        let phrases: Vec<String> = self.plan.awaiting.iter().take(NAMED).map(phrase).collect();
        let left = self.plan.awaiting.len().saturating_sub(NAMED);
        let more = if left > 0 { format!("; and {left} more such") } else { String::new() };
        (!phrases.is_empty()).then(|| phrases.join("; ") + &more)
    }
}
