//! Whose turn it is, as far as a person says so: one that waits is held back, or goes before all others.
//!
//! It holds until that one is launched, cancelled or asked for again, and is written down, so that the next engine knows it.

use std::collections::BTreeSet;

use super::{Effect, State};
use crate::engine::state::sim::{Life, Turn, Waiting};
use crate::protocol::{Reply, Wait};
use crate::rundir::record::Wishes;

impl State {
    /// Takes what a person has said to an engine before this one.
    pub(super) fn take_wishes(&mut self, held: &[String], first: &[String]) {
        for name in held {
            if let Some(sim) = self.named(name) {
                _ = self.hold_back(sim);
            }
        }
        for name in first.iter().rev() {
            if let Some(sim) = self.named(name) {
                _ = self.put_first(sim);
            }
        }
    }

    /// What a person has said of the queue beside its cap and whether it launches.
    pub(super) fn wishes(&self) -> Wishes {
        let turns = || (0..).zip(&self.sims).map(|(sim, entry): (u32, _)| (sim, entry.turn));
        let name = |sim: u32| self.plan.simulations[sim as usize].name.clone();
        let held = turns().filter(|(_, turn)| *turn == Turn::Held).map(|(sim, _)| name(sim)).collect();
        let mut first: Vec<(u32, u32)> = turns()
            .filter_map(|(sim, turn)| match turn {
                Turn::First(rank) => Some((rank, sim)),
                Turn::InOrder | Turn::Held => None,
            })
            .collect();
        first.sort_unstable_by(|one, other| other.cmp(one));
        let first = first.into_iter().map(|(_, sim)| name(sim)).collect();
        Wishes { overruled: self.failures.overruled(), held, first }
    }

    /// Holds one back that waits.
    pub(super) fn hold_back(&mut self, sim: u32) -> Result<(), &'static str> {
        let entry = &mut self.sims[sim as usize];
        match entry.life {
            Life::Waiting(Waiting::NeedFailed(_)) => return Err("it does not start by itself"),
            Life::Waiting(_) if entry.turn == Turn::Held => return Err("it is held already"),
            // What is left of a backoff has passed by the time that somebody lets it go.
            Life::Waiting(_) | Life::Backoff { .. } => {}
            Life::Ended(_) | Life::Launching { .. } | Life::Submitted { .. } | Life::Live(_) => {
                return Err("it does not wait for its turn");
            }
        }
        entry.turn = Turn::Held;
        entry.life = Life::Waiting(Waiting::Place(Wait::Held));
        self.turn_changed(sim);
        Ok(())
    }

    /// Lets one go that is held back, or takes back that it goes before others.
    pub(super) fn let_go(&mut self, sim: u32) {
        let entry = &mut self.sims[sim as usize];
        entry.turn = Turn::InOrder;
        if matches!(entry.life, Life::Waiting(Waiting::Place(_))) {
            entry.life = Life::Waiting(Waiting::Place(Wait::Turn));
        }
        self.turn_changed(sim);
    }

    /// Puts one that waits before all others.
    pub(super) fn put_first(&mut self, sim: u32) -> Result<(), &'static str> {
        let waits = matches!(self.sim(sim).life, Life::Waiting(_) | Life::Backoff { .. });
        if !waits {
            return Err("it does not wait for its turn");
        }
        self.let_go(sim);
        // A count of what was said only grows, so it ranks the last one first.
        self.sims[sim as usize].turn = Turn::First(self.turns_said);
        Ok(())
    }

    /// Takes back that one goes before all others.
    pub(super) fn put_in_order(&mut self, sim: u32) -> Result<(), &'static str> {
        if !matches!(self.sim(sim).turn, Turn::First(_)) {
            return Err("it was not put first");
        }
        self.let_go(sim);
        Ok(())
    }

    fn turn_changed(&mut self, sim: u32) {
        self.turns_said += 1;
        self.touch(sim);
        self.unsettled = true;
    }

    /// What is held back of one that waits and of all that it needs.
    pub(super) fn held_back(&self, sim: u32) -> Option<Waiting> {
        if self.sim(sim).turn == Turn::Held {
            return Some(Waiting::Place(Wait::Held));
        }
        if self.tally.held() == 0 {
            return None;
        }
        let (mut seen, mut waiting) = (BTreeSet::new(), vec![sim]);
        while let Some(sim) = waiting.pop() {
            for &(need, _) in &self.needs[sim as usize] {
                if self.sim(need).turn == Turn::Held {
                    return Some(Waiting::NeedsHeld(need));
                }
                if matches!(self.sim(need).life, Life::Waiting(_)) && seen.insert(need) {
                    waiting.push(need);
                }
            }
        }
        None
    }

    /// Applies `act` to each and has what comes of it written down, if anything does.
    pub(super) fn turn(
        &mut self,
        sims: &[u32],
        verb: &str,
        effects: &mut Vec<Effect>,
        mut act: impl FnMut(&mut Self, u32, &mut Vec<Effect>) -> Result<(), &'static str>,
    ) -> Reply {
        let before = self.turns_said;
        let reply = self.each(sims, verb, |state, sim| act(state, sim, effects));
        // What runs is paused without a word about its turn.
        if self.turns_said != before {
            self.controls_changed(effects);
        }
        reply
    }
}
