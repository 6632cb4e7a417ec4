//! One complete dump.

/// What a label has at most, in bytes: more is no name for a dump.
pub(super) const MAX_LABEL: usize = 256;

/// One complete dump: its place in the file and its watched values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dump {
    /// Counted from one since the start of the file.
    pub number: u32,
    /// Offset of the Begin line.
    pub start: u64,
    /// Offset behind the End line's newline.
    pub end: u64,
    /// What the script calls it: the `message` of `m5.stats.dump`, which releases after 25.0 write into the Begin line.
    pub label: Option<String>,
    /// gem5 wrote it because it was asked to from outside, and not because the script said so: it is no result.
    pub requested: bool,
    /// `finalTick`: ticks since the beginning, never reset.
    pub final_tick: Option<f64>,
    /// `simTicks`: ticks since the last reset.
    pub sim_ticks: Option<f64>,
    /// `simInsts`: instructions since the last reset.
    pub sim_insts: Option<f64>,
    /// `simSeconds`: simulated seconds since the last reset.
    pub sim_seconds: Option<f64>,
    /// How many watched stats of it are not kept, because there are too many.
    pub left_out: u32,
    /// How many of its lines are too long to be read, so that nobody knows what they hold.
    pub unread_lines: u32,
    /// The watched values, parallel to [`super::Dumps::names`]. An older dump may be shorter, because names that it
    /// does not have were seen later: see [`Dump::value`].
    pub values: Vec<Option<f64>>,
    /// For every watched glob the place of the first name that it matches, in the order of this dump.
    pub(super) first: Vec<Option<u32>>,
}

/// The simulated time that a dump tells of, in ticks since the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interval {
    /// The last reset before it, or the beginning.
    pub start: u64,
    /// The dump.
    pub end: u64,
}

impl Interval {
    /// Whether there was a reset behind the other, so that neither tells of anything that the other does.
    pub(super) fn is_behind(self, earlier: Self) -> bool {
        self.start >= earlier.end && self.start > earlier.start
    }
}

impl Dump {
    /// The value of the name at `index`, if this dump has it.
    pub fn value(&self, index: usize) -> Option<f64> {
        self.values.get(index).copied().flatten()
    }

    /// The value for the glob at `index` of the watch: that of the first name in this dump that it matches. It depends on
    /// this dump alone, so that who reads only the end of a file finds what a reader of all of it does.
    pub fn first_match(&self, index: usize) -> Option<f64> {
        self.value(self.first.get(index).copied().flatten()? as usize)
    }

    /// The values for all globs of the watch, in their order: a row of a table.
    pub fn row(&self) -> Vec<Option<f64>> {
        (0..self.first.len()).map(|glob| self.first_match(glob)).collect()
    }

    /// What it tells of, from `finalTick` − `simTicks` to `finalTick`: a reset sets the one back and not the other
    /// (`src/sim/root.cc`). `None` where one of them is missing, or where they contradict each other.
    pub fn interval(&self) -> Option<Interval> {
        let (end, ticks) = (whole(self.final_tick?)?, whole(self.sim_ticks?)?);
        Some(Interval { start: end.checked_sub(ticks)?, end })
    }
}

/// A count that gem5 wrote, as a number that it can be: gem5 counts ticks with 64 bits.
fn whole(ticks: f64) -> Option<u64> {
    const END: f64 = 18_446_744_073_709_551_616.0;
    (ticks.fract() == 0.0 && (0.0..END).contains(&ticks)).then_some(ticks as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_needs_both_counts_and_no_contradiction() {
        let interval = |final_tick, sim_ticks| {
            let dump = Dump { final_tick, sim_ticks, ..Dump::default() };
            dump.interval().map(|interval| (interval.start, interval.end))
        };
        assert_eq!(interval(Some(30.0), Some(10.0)), Some((20, 30)));
        assert_eq!(interval(Some(30.0), Some(30.0)), Some((0, 30)));
        assert_eq!(interval(Some(30.0), Some(0.0)), Some((30, 30)));
        assert_eq!(interval(None, Some(10.0)), None);
        assert_eq!(interval(Some(30.0), None), None);
        for (final_tick, sim_ticks) in [(30.0, 31.0), (f64::NAN, 1.0), (f64::INFINITY, 1.0), (30.0, -1.0), (30.0, 0.5)]
        {
            assert_eq!(interval(Some(final_tick), Some(sim_ticks)), None, "{final_tick} {sim_ticks}");
        }
    }
}
