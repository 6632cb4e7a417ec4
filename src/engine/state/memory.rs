//! How much memory each simulation is counted with.

use super::State;
use super::retry::{Raised, RanOut};
use crate::engine::state::sim::{Attempt, Life};
use crate::gem5::OutcomeKind;
use crate::protocol::Basis;
use crate::rundir::Reach;

impl State {
    /// What the next attempt of a simulation may use, or the one that runs.
    pub(in crate::engine) fn raised(&self, sim: u32) -> Raised {
        self.ran_out(sim).raise(&self.plan.simulations[sim as usize])
    }

    fn ran_out(&self, sim: u32) -> RanOut {
        RanOut::among(self.sims[sim as usize].retried().map(|(_, kind)| kind))
    }

    /// What a simulation is counted with, in bytes, and how that is known: the larger of what was declared and what was
    /// seen, and more for each time that the kernel ended it for want of memory since a person asked for an attempt. One that
    /// declares nothing counts as its finished neighbours, also while it runs and has not grown yet. More than the whole budget
    /// lets it run alone.
    pub(in crate::engine) fn memory_need(&self, sim: u32) -> (u64, Basis) {
        let entry = &self.sims[sim as usize];
        let seen_in = |attempt: &Attempt| {
            attempt.peak_rss.max(attempt.ended.as_ref().and_then(|ended| ended.max_rss).unwrap_or(0))
        };
        let seen = entry.attempts.iter().map(seen_in).max().unwrap_or(0);
        let simulation = &self.plan.simulations[sim as usize];
        let (expected, basis) = match simulation.memory {
            Some(declared) => (declared, Basis::Declared),
            None => (self.forecast.memory(sim).unwrap_or(0), Basis::Neighbours),
        };
        let (known, basis) = if seen > expected { (seen, Basis::Seen) } else { (expected, basis) };
        // What ended for want of memory had too little, whatever it was counted with.
        let killed = entry.retried().filter(|(_, kind)| *kind == OutcomeKind::Oom);
        let killed = killed.map(|(attempt, _)| RanOut::counted(&simulation.retries, seen_in(attempt), 1)).max();
        let expected = RanOut::counted(&simulation.retries, expected, self.ran_out(sim).memory);
        let need = known.max(expected).max(killed.unwrap_or(0));
        let basis = if need > known { Basis::AfterOom } else { basis };
        match self.plan.memory {
            Some(budget) if !matches!(entry.life, Life::Live(_)) => (need.min(budget), basis),
            _ => (need, basis),
        }
    }

    /// Whether a batch system starts it, so that nothing of this machine is given to it.
    pub(in crate::engine) fn is_job(&self, sim: u32) -> bool {
        self.plan.simulations[sim as usize].executor.system().is_some()
    }

    /// Memory that running and paused simulations are counted with, in bytes.
    pub(in crate::engine) fn memory_used(&self) -> u64 {
        let live = self.tally.active().filter(|&sim| self.sim(sim).is_live() && !self.is_job(sim));
        live.map(|sim| self.memory_need(sim).0).fold(0, u64::saturating_add)
    }

    /// Resident memory of running and paused simulations as seen last, in bytes.
    pub(in crate::engine) fn memory_seen(&self) -> u64 {
        let rss = |sim: u32| match &self.sim(sim).life {
            Life::Live(live) if live.reach != Reach::Relayed => live.gauges.host.tree().map_or(0, |tree| tree.rss),
            _ => 0,
        };
        self.tally.active().map(rss).sum()
    }
}
