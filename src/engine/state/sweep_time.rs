//! How long the sweep has taken, over all the engines that worked on it.

use super::State;
use super::sim::Attempt;
use crate::protocol::{Clock, SweepTime};
use crate::rundir::record::Moment;

impl State {
    /// From the first start of all to now, or to the last end if nothing runs. None before the first start.
    pub(super) fn sweep_time(&self, now: Moment) -> Option<SweepTime> {
        let attempts = || (0..self.plan.simulations.len() as u32).flat_map(|sim| &self.sim(sim).attempts);
        let first = attempts().filter_map(|attempt| attempt.started).map(|at| at.unix_ms).min()?;
        let counts = self.tally.counts();
        let last = attempts().filter_map(ended_unix_ms).max();
        let runs = counts.running + counts.paused > 0;
        let until = if runs { now.unix_ms } else { last.unwrap_or(first) };
        let ended = || attempts().filter_map(|attempt| attempt.ended.as_ref());
        Some(SweepTime {
            elapsed: Clock { ms: u64::try_from(until - first).unwrap_or(0), ticking: runs },
            cpu_ms: ended().filter_map(|ended| ended.cpu_ms).sum(),
            cpu_untold: ended().filter(|ended| ended.cpu_ms.is_none()).count() as u32,
            finished_unix_ms: last.filter(|_| counts.all_ended()),
        })
    }
}

/// When an attempt ended, on the clock of the world.
fn ended_unix_ms(attempt: &Attempt) -> Option<i64> {
    attempt.ended.as_ref()?.ended_unix_ms
}
