//! A plan that grows: an axis has what simulations make, and these have to end first.
//!
//! The state only says when it is time to look; what is there then, whoever performs [`Effect::Grow`] finds out. As long as it
//! is looked for, there is work, so that no engine ends in between.

use super::{Effect, Moment, State};
use crate::engine::state::found::Found;
use crate::experiment::{Awaiting, Simulation};

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
        let name = &self.plan.simulations[sim as usize].name;
        if !self.plan.awaiting.iter().any(|more| more.needs.contains(name)) {
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

    pub(super) fn grown(
        &mut self,
        simulations: Vec<Simulation>,
        found: Vec<Found>,
        awaiting: Vec<Awaiting>,
        now: Moment,
    ) {
        self.looked();
        self.plan.awaiting = awaiting;
        self.tally.set_awaiting(self.plan.awaiting.len() as u32);
        self.add(simulations, found, now);
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
            if more.made_nothing {
                format!("{}: nothing runs, because {first}{others} made nothing for it", more.name)
            } else {
                format!("{}: known once {first}{others} is ok", more.name)
            }
        };
        let phrases: Vec<String> = self.plan.awaiting.iter().take(NAMED).map(phrase).collect();
        let left = self.plan.awaiting.len().saturating_sub(NAMED);
        let more = if left > 0 { format!("; and {left} more such") } else { String::new() };
        (!phrases.is_empty()).then(|| phrases.join("; ") + &more)
    }
}
