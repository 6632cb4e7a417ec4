//! What all dumps of one process tell together: where it began, and how many instructions it has simulated.
//!
//! A dump tells of the time since the last reset. So dumps without a reset between them tell of the same instructions again, and
//! dumps behind a reset tell of others; their intervals say which is which (`src/sim/root.cc`).

use super::dump::{Dump, Interval};

/// The dumps so far, taken together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Simulated {
    began: Option<u64>,
    /// Whether there was a dump.
    has_any: bool,
    /// Instructions of all intervals before the last one.
    before: f64,
    last: Option<Last>,
    /// Whether there were dumps that were not read.
    is_cut: bool,
}

/// The last dump with instructions.
#[derive(Debug, Clone, Copy)]
struct Last {
    interval: Option<Interval>,
    instructions: f64,
}

impl Simulated {
    /// Takes the next dump.
    pub(super) fn take(&mut self, dump: &Dump) {
        let interval = dump.interval();
        if !std::mem::replace(&mut self.has_any, true) {
            self.began = interval.map(|interval| interval.start);
        }
        let Some(instructions) = dump.sim_insts.filter(|n| n.is_finite()) else { return };
        let now = Last { interval, instructions };
        if self.last.is_some_and(|last| now.is_apart_from(last)) {
            self.before += self.last.map_or(0.0, |last| last.instructions);
        }
        self.last = Some(now);
    }

    /// What comes next does not follow what has come.
    pub(super) fn skip(&mut self) {
        *self = Self { is_cut: true, ..Self::default() };
    }

    /// The tick at which the process began to simulate: more than zero after a restore from a checkpoint, because gem5 resets its
    /// stats then (`src/python/m5/simulate.py`). A reset before the first dump makes it later than it was.
    pub(super) fn began(&self) -> Option<u64> {
        self.began.filter(|_| !self.is_cut)
    }

    /// Instructions in all dumps, each counted once. What was simulated between a dump and a later reset is in none.
    pub(super) fn instructions(&self) -> Option<u64> {
        self.last.filter(|_| !self.is_cut).map(|last| (self.before + last.instructions) as u64)
    }
}

impl Last {
    /// Whether there was a reset between the two, so that neither tells of the other's instructions.
    fn is_apart_from(self, earlier: Self) -> bool {
        match (self.interval, earlier.interval) {
            (Some(now), Some(earlier)) => now.is_behind(earlier),
            // Counts only grow until they are reset.
            _ => self.instructions < earlier.instructions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dumps as final tick, ticks and instructions.
    fn of(dumps: &[(f64, f64, f64)]) -> Simulated {
        let mut simulated = Simulated::default();
        for &(end, ticks, instructions) in dumps {
            let (final_tick, sim_ticks, sim_insts) = (Some(end), Some(ticks), Some(instructions));
            simulated.take(&Dump { final_tick, sim_ticks, sim_insts, ..Dump::default() });
        }
        simulated
    }

    fn told(dumps: &[(f64, f64, f64)]) -> (Option<u64>, Option<u64>) {
        let simulated = of(dumps);
        (simulated.began(), simulated.instructions())
    }

    #[test]
    fn dumps_without_a_reset_are_counted_once_and_dumps_behind_one_are_added() {
        assert_eq!(told(&[]), (None, None));
        assert_eq!(told(&[(10.0, 10.0, 5.0), (20.0, 20.0, 9.0), (30.0, 30.0, 12.0)]), (Some(0), Some(12)));
        assert_eq!(told(&[(10.0, 10.0, 5.0), (20.0, 10.0, 4.0), (30.0, 10.0, 3.0)]), (Some(0), Some(12)));
        // Two of the region of interest, without a reset between them, and a tail.
        assert_eq!(
            told(&[(10.0, 10.0, 5.0), (20.0, 8.0, 4.0), (25.0, 13.0, 6.0), (40.0, 15.0, 1.0)]),
            (Some(0), Some(12))
        );
        // A dump twice at one tick, and an empty one behind a reset at that tick.
        assert_eq!(
            told(&[(10.0, 10.0, 5.0), (10.0, 10.0, 5.0), (10.0, 0.0, 0.0), (12.0, 2.0, 3.0)]),
            (Some(0), Some(8))
        );
    }

    #[test]
    fn a_restored_run_begins_where_its_checkpoint_was_taken() {
        assert_eq!(told(&[(50_010.0, 10.0, 5.0), (50_020.0, 20.0, 9.0)]), (Some(50_000), Some(9)));
    }

    #[test]
    fn without_intervals_fewer_instructions_than_before_tell_a_reset_and_a_gap_makes_all_unknown() {
        let dump = |n| Dump { sim_insts: Some(n), ..Dump::default() };
        let mut simulated = Simulated::default();
        for n in [5.0, 9.0, 2.0, f64::NAN, 3.0] {
            simulated.take(&dump(n));
        }
        assert_eq!((simulated.began(), simulated.instructions()), (None, Some(12)));
        simulated.skip();
        simulated.take(&dump(4.0));
        assert_eq!((simulated.began(), simulated.instructions()), (None, None));
    }
}
