//! How much memory each simulation is counted with.

use super::State;
use crate::engine::state::sim::{Attempt, Life};
use crate::gem5::OutcomeKind;
use crate::protocol::Basis;
use crate::rundir::Reach;

impl State {
    /// What a simulation is counted with, in bytes, and how that is known: the larger of what was declared and what was
    /// seen, and half as much again for each time that the kernel ended it for want of memory. One that declares nothing
    /// counts as its finished neighbours, also while it runs and has not grown yet. More than the whole budget lets it
    /// run alone.
    pub(in crate::engine) fn memory_need(&self, sim: u32) -> (u64, Basis) {
        let entry = &self.sims[sim as usize];
        let seen_in = |attempt: &Attempt| {
            attempt.peak_rss.max(attempt.ended.as_ref().and_then(|ended| ended.max_rss).unwrap_or(0))
        };
        let seen = entry.attempts.iter().map(seen_in).max().unwrap_or(0);
        let (expected, basis) = match self.plan.simulations[sim as usize].memory {
            Some(declared) => (declared, Basis::Declared),
            None => (self.forecast.memory(sim).unwrap_or(0), Basis::Neighbours),
        };
        let (known, basis) = if seen > expected { (seen, Basis::Seen) } else { (expected, basis) };
        let ends = entry.attempts.iter().rev().filter_map(|attempt| attempt.ended.as_ref());
        let killed = ends.take_while(|ended| ended.outcome.kind == OutcomeKind::Oom).count();
        let need = (0..killed).fold(known, |need, _| need.saturating_add(need / 2));
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
