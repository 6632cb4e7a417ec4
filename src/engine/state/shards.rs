//! Simulations of other shards: they are in the plan, and other engines have them.
//!
//! What becomes of them is seen in the directory from time to time ([`Others`]), and nothing is decided about them here: they take no
//! place, have no deadlines, and no request reaches them. What needs one of them waits like anything that needs another one.
//!
//! The awkward truth: nobody knows whether an engine of another shard ever comes. So what needs one of its simulations is
//! waited for while that engine lives, and for a moment while none does; then it is left for the next run.

use std::collections::BTreeSet;

use super::State;
use super::found::{Engines, Others};
use super::sim::{Life, Sim, Waiting};
use crate::protocol::{ShardView, Wait};
use crate::rundir::Shard;
use crate::rundir::record::Moment;

/// How long a shard may have no engine while its simulations are waited for, in milliseconds: the tasks of an array of jobs do
/// not all start in one moment.
const PATIENCE_MS: u64 = 60_000;

/// Which shard this engine has, as it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// The shard.
    pub shard: Shard,
    /// The others that have an engine.
    pub engines: Engines,
}

/// What is known of the shards.
#[derive(Debug, Clone)]
pub(super) struct Shards {
    pub(super) own: Shard,
    engines: Engines,
    /// When this was asked first, on the boot clock, in milliseconds.
    begun_ms: Option<u64>,
    /// Since when nothing is left to do but to wait for a shard that has no engine.
    alone_since_ms: Option<u64>,
    /// Whether something runs, or will by itself.
    pub(super) has_work: bool,
    /// How many simulations wait for others that have not ended, as it was when nothing ran last.
    pub(super) awaiting: u32,
}

impl From<Beside> for Shards {
    fn from(Beside { shard, engines }: Beside) -> Self {
        Self { own: shard, engines, begun_ms: None, alone_since_ms: None, has_work: true, awaiting: 0 }
    }
}

/// Why nothing can be done here about a simulation of another shard.
const OF_ANOTHER: &str = "it is in another shard, and the engine of that one has it";

impl State {
    /// The other shard that a simulation is in; none if it is ours.
    pub(super) fn other_shard(&self, sim: u32) -> Option<Shard> {
        let own = self.shards.as_ref()?.own;
        Some(own.of_simulation(&self.plan.simulations[sim as usize])).filter(|shard| *shard != own)
    }

    /// Whether the engine of another shard has it.
    pub fn is_others(&self, sim: u32) -> bool {
        self.sim(sim).other.is_some()
    }

    /// Refuses what is asked of a simulation that another engine has.
    pub(super) fn ours(&self, sim: u32) -> Result<(), &'static str> {
        if self.is_others(sim) { Err(OF_ANOTHER) } else { Ok(()) }
    }

    /// Of these the ones of this shard, if there is any.
    pub(super) fn those_of_ours(&self, sims: Vec<u32>) -> Vec<u32> {
        let ours: Vec<u32> = sims.iter().copied().filter(|&sim| !self.is_others(sim)).collect();
        if ours.is_empty() { sims } else { ours }
    }

    /// Takes what was seen of the others.
    pub(super) fn others(&mut self, others: Others, now: Moment) {
        let Some(shards) = &mut self.shards else { return };
        let is_new = shards.engines != others.engines || !others.found.is_empty();
        shards.engines = others.engines;
        for (sim, found) in others.found {
            let Some(entry) = self.sims.get_mut(sim as usize).filter(|entry| entry.other.is_some()) else { continue };
            let fresh = Sim { other: entry.other, ..Sim::fresh() };
            let before = std::mem::replace(entry, fresh);
            self.hidden.0 -= u32::from(before.hidden);
            self.found(sim, found, now);
            self.note_build(sim);
        }
        if is_new {
            self.explain_others();
            self.unsettled = true;
        }
    }

    /// Says of each simulation of the others that waits what it waits for: a simulation that it needs, or its engine.
    pub(super) fn explain_others(&mut self) {
        for sim in 0..self.sims.len() as u32 {
            let Some(shard) = self.sim(sim).other else { continue };
            if matches!(self.sim(sim).life, Life::Waiting(_)) || self.is_run_again(sim, shard) {
                let of_engine = Wait::Shard { number: shard.number(), of: shard.of() };
                let waiting = self.unmet_need(sim).unwrap_or(Waiting::Place(of_engine));
                self.set_waiting(sim, waiting);
            }
        }
    }

    /// Whether its engine has queued it again when that began: what ended otherwise than ok before.
    fn is_run_again(&self, sim: u32, shard: Shard) -> bool {
        let begun = self.shards.as_ref().and_then(|shards| shards.engines.get(&shard.number()));
        let entry = self.sim(sim);
        let ended = entry.latest().and_then(|attempt| attempt.ended.as_ref()?.ended_unix_ms);
        let is_not_ok = entry.ended().is_some_and(|kind| !kind.is_ok());
        is_not_ok
            && !entry.hidden
            && !self.plan.simulations[sim as usize].gone
            && begun.zip(ended).is_some_and(|(begun, ended)| ended < *begun)
    }

    /// Finds out whether anything is left to do for this engine. Nothing to find out where it has the whole experiment.
    pub(super) fn weigh_waiting(&mut self, now: Moment) {
        let is_active = self.tally.active().next().is_some();
        let Some(shards) = &mut self.shards else { return };
        let begun_ms = *shards.begun_ms.get_or_insert(now.boot_ms);
        if is_active {
            // Nobody goes through thousands of those that wait for each thing that happens.
            (shards.has_work, shards.alone_since_ms) = (true, None);
            return;
        }
        let Some(shards) = &self.shards else { return };
        let lives = |shard: u32| shards.engines.contains_key(&shard);
        let (mut here, mut awaiting, mut comes, mut alone, mut failed) = (false, 0, false, false, false);
        for sim in self.tally.waiting() {
            let awaited = match self.sim(sim).life {
                Life::Waiting(
                    Waiting::NeedsLater(_) | Waiting::NeedsHeld(_) | Waiting::Place(Wait::Time { .. } | Wait::Held),
                ) => continue,
                // What has failed there before runs again once an engine comes, and is seen to do so by then.
                Life::Waiting(Waiting::NeedFailed(need)) => {
                    failed |= self.sim(need).other.is_some_and(|shard| !lives(shard.number()));
                    continue;
                }
                _ => self.awaited_of_others(sim),
            };
            here |= awaited.is_empty();
            awaiting += u32::from(!awaited.is_empty());
            comes |= awaited.iter().copied().any(lives);
            alone |= !awaited.iter().copied().all(lives);
        }
        // Nor is it known what more there is before what tells it has ended.
        for more in &self.plan.awaiting {
            let of_other = |name: &String| {
                let sim = self.named(name)?;
                self.sim(sim).other.filter(|_| self.sim(sim).ended().is_none())
            };
            let shards: BTreeSet<u32> = more.needs.iter().filter_map(of_other).map(Shard::number).collect();
            awaiting += u32::from(!shards.is_empty());
            comes |= shards.iter().copied().any(lives);
            alone |= !shards.iter().copied().all(lives);
        }
        let Some(shards) = &mut self.shards else { return };
        let passed = |since: u64| now.boot_ms.saturating_sub(since);
        let is_new = passed(begun_ms) < PATIENCE_MS;
        let is_idle = !(here || comes);
        shards.alone_since_ms =
            shards.alone_since_ms.filter(|_| is_idle && alone).or((is_idle && alone).then_some(now.boot_ms));
        let is_patient = shards.alone_since_ms.is_some_and(|since| passed(since) < PATIENCE_MS) || failed && is_new;
        self.header_changed |= shards.awaiting != awaiting;
        (shards.has_work, shards.awaiting) = (!is_idle || is_patient, awaiting);
    }

    /// The other shards of which one that waits needs something that it has not, directly or by others that wait here.
    fn awaited_of_others(&self, sim: u32) -> BTreeSet<u32> {
        let (mut seen, mut waiting, mut awaited) = (BTreeSet::new(), vec![sim], BTreeSet::new());
        while let Some(sim) = waiting.pop() {
            for &(need, when) in &self.needs[sim as usize] {
                let entry = self.sim(need);
                if entry.ended().is_some_and(|kind| super::queue::is_met(when, kind)) || !seen.insert(need) {
                    continue;
                }
                match entry.other {
                    Some(shard) => _ = awaited.insert(shard.number()),
                    None => waiting.push(need),
                }
            }
        }
        awaited
    }

    pub(super) fn shard_view(&self) -> Option<ShardView> {
        let shards = self.shards.as_ref()?;
        let Shards { own, awaiting, .. } = *shards;
        Some(ShardView { number: own.number(), of: own.of(), counts: self.tally.own_counts(), awaiting })
    }
}
