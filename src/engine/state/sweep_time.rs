//! How long the sweep has taken, over all the engines that worked on it: the times when anything ran, each counted once. A night between
//! the last end and a retry is none of it.

use super::State;
use super::sim::Attempt;
use crate::protocol::{Clock, SweepTime};
use crate::rundir::record::Moment;

/// So long nothing may run and it is still one piece of work: the next one is being launched, or waits for its next try.
const BETWEEN_MS: i64 = 5_000;

impl State {
    /// None before the first start.
    pub(super) fn sweep_time(&self, now: Moment) -> Option<SweepTime> {
        let attempts = || (0..self.plan.simulations.len() as u32).flat_map(|sim| &self.sim(sim).attempts);
        let counts = self.tally.counts();
        let last = attempts().filter_map(ended_unix_ms).max();
        let runs = counts.running + counts.paused > 0;
        let worked = attempts().filter_map(|attempt| {
            let from = attempt.started?.unix_ms;
            // What runs has no end yet, and what nobody saw end has none.
            let open = if attempt.ended.is_none() { now.unix_ms } else { from };
            Some((from, ended_unix_ms(attempt).unwrap_or(open)))
        });
        let worked_ms = worked_ms(worked.collect())?;
        let ended = || attempts().filter_map(|attempt| attempt.ended.as_ref());
        Some(SweepTime {
            elapsed: Clock { ms: worked_ms, ticking: runs },
            cpu_ms: ended().filter_map(|ended| ended.cpu_ms).sum(),
            cpu_untold: ended().filter(|ended| ended.cpu_ms.is_none()).count() as u32,
            finished_unix_ms: last.filter(|_| counts.all_ended()),
        })
    }
}

/// How long any of these spans was under way; none if there are none.
fn worked_ms(mut spans: Vec<(i64, i64)>) -> Option<u64> {
    spans.sort_unstable();
    let mut spans = spans.into_iter();
    let (from, to) = spans.next()?;
    let (mut sum, mut from, mut to) = (0, from, to.max(from));
    for (next, end) in spans {
        if next > to.saturating_add(BETWEEN_MS) {
            sum += to - from;
            from = next;
        }
        to = to.max(end).max(from);
    }
    u64::try_from(sum + to - from).ok()
}

/// When an attempt ended, on the clock of the world.
fn ended_unix_ms(attempt: &Attempt) -> Option<i64> {
    attempt.ended.as_ref()?.ended_unix_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ran_is_counted_and_nothing_twice() {
        for (spans, worked) in [
            (vec![], None),
            (vec![(0, 10_000)], Some(10_000)),
            (vec![(0, 10_000), (2_000, 4_000)], Some(10_000)),
            (vec![(0, 10_000), (5_000, 20_000)], Some(20_000)),
            (vec![(0, 10_000), (10_100, 20_000)], Some(20_000)),
            // A night between.
            (vec![(40_000_000, 40_000_100), (0, 10_000)], Some(10_100)),
            // A clock that was put back.
            (vec![(10_000, 4_000)], Some(0)),
        ] {
            assert_eq!(worked_ms(spans.clone()), worked, "{spans:?}");
        }
    }
}
