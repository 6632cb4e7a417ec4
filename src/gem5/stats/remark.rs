//! What a user must know of a chosen dump before believing its numbers, in words.

use std::fmt::Write as _;

use super::choice::Choice;
use super::sequence::{Candidate, Earlier, Relation};
use crate::text::human;

/// A dump that was chosen among those of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// The dump.
    pub dump: Candidate,
    /// How many dumps count; none where the file was read from its end alone, so that its place is not known either.
    pub of: Option<u32>,
    /// What was asked for.
    pub choice: Choice,
}

impl Chosen {
    /// Its place among the dumps that count, and how many there are, if both are known.
    pub fn place(&self) -> Option<(u32, u32)> {
        Some((self.dump.place, self.of?))
    }

    /// The place of the earlier dump that it has to do with.
    pub fn earlier(&self) -> Option<u32> {
        let back = self.dump.relation.earlier()?.back;
        self.place()?.0.checked_sub(back)
    }

    /// The ticks that it counts beyond those of the earlier dump.
    pub fn more_ticks(&self) -> Option<u64> {
        let (new, old) = (self.dump.dump.interval?, self.dump.relation.earlier()?.interval);
        (new.end - new.start).checked_sub(old.end - old.start)
    }

    /// Why its numbers may not be what the user means; none if nothing speaks against them. That a dump counts more than an
    /// earlier one is told only of the last one, which is taken where nothing is said: who names a dump knows it.
    pub fn remark(&self) -> Option<String> {
        let this = match (self.place(), self.choice.is_last()) {
            (Some((place, of)), _) => format!("dump {place} of {of}"),
            (None, true) => "the last dump".to_owned(),
            (None, false) => format!("dump {}", self.choice),
        };
        let by_default = self.choice.is_last();
        match &self.dump.relation {
            Relation::Empty { before } => {
                let mut text = format!("{this} is empty (0 ticks since the reset)");
                if let Some(before) = before {
                    let counts = match before.instructions {
                        Some(count) if count > 0.0 => human::plural(count as u64, "instruction"),
                        _ => human::plural(before.interval.end - before.interval.start, "tick"),
                    };
                    let (name, said) = (self.name(before), self.say(before));
                    _ = write!(text, ": {name} has {counts}; for those, say `dump: {said}`");
                }
                Some(text)
            }
            // Of a row of dumps, each of which counts on, none is a region of interest with a tail.
            Relation::Cumulative { over } if over.counts_on => None,
            Relation::Cumulative { over } | Relation::Spanning { over } if by_default => {
                let (name, more, said) = (self.name(over), self.more(), self.say(over));
                Some(format!(
                    "{this} spans {name} and {more} more: if {name} is the region of interest, say `dump: {said}`"
                ))
            }
            Relation::Duplicate { of } if by_default => Some(format!("{this} repeats {}", self.name(of))),
            Relation::Overlapping { with } => {
                Some(format!("{this} counts some of the ticks of {} again", self.name(with)))
            }
            _ if self.dump.alike > 1 => {
                Some(format!("{this} is the last of {} whose label matches `{}`", self.dump.alike, self.choice))
            }
            _ => None,
        }
    }

    fn name(&self, earlier: &Earlier) -> String {
        let name = match self.earlier() {
            Some(place) => format!("dump {place}"),
            None if earlier.back == 1 => "the one before it".to_owned(),
            None => format!("the one {} before it", earlier.back),
        };
        match &earlier.label {
            Some(label) => format!("{name} (`{label}`)"),
            None => name,
        }
    }

    /// What chooses the earlier dump.
    fn say(&self, earlier: &Earlier) -> String {
        match (self.earlier(), &self.choice) {
            (Some(place), _) => place.to_string(),
            (None, Choice::FromEnd(back)) => format!("-{}", u64::from(back.get()) + u64::from(earlier.back)),
            (None, _) => "N".to_owned(),
        }
    }

    /// What it counts beyond the earlier dump, as simulated time where gem5 tells how long a tick is.
    fn more(&self) -> String {
        let (Some(more), Some(interval)) = (self.more_ticks(), self.dump.dump.interval) else {
            return "something".to_owned();
        };
        let ticks = (interval.end - interval.start) as f64;
        let second = self.dump.dump.seconds.filter(|seconds| *seconds > 0.0).map(|seconds| seconds / ticks);
        match second {
            Some(per_tick) => human::simulated(more as f64 * per_tick),
            None => human::plural(more, "tick"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Dumps, TextParser};
    use super::*;

    /// The remark on the dump that is chosen among these, each with its first tick, its last and its instructions.
    fn remark(choice: &str, known: bool, dumps: &[(u64, u64, u64)]) -> Option<String> {
        let mut read = Dumps::new(Arc::default()).choosing(choice.parse().unwrap());
        for (start, end, instructions) in dumps {
            let ticks = end - start;
            let text = format!(
                "\n---------- Begin Simulation Statistics ----------\nsimTicks {ticks}\nfinalTick {end}\nsimSeconds \
                 {}\nsimInsts {instructions}\n---------- End Simulation Statistics   ----------\n",
                ticks as f64 * 1e-12
            );
            TextParser::new().feed(text.as_bytes(), &mut read);
        }
        let (dump, choice) = (read.sequence().chosen(true).unwrap(), choice.parse().unwrap());
        Chosen { dump, of: known.then(|| read.sequence().count(true)), choice }.remark()
    }

    const MS: u64 = 1_000_000_000;

    #[test]
    fn a_region_of_interest_with_a_tail_is_told() {
        let dumps = [(5 * MS, 7 * MS, 10), (5 * MS, 7 * MS + 13 * MS / 10, 12)];
        let known = "dump 2 of 2 spans dump 1 and 1.3 ms more: if dump 1 is the region of interest, say `dump: 1`";
        assert_eq!(remark("last", true, &dumps).as_deref(), Some(known));
        let unknown = "the last dump spans the one before it and 1.3 ms more: if the one before it is the region of \
                       interest, say `dump: -2`";
        assert_eq!(remark("last", false, &dumps).as_deref(), Some(unknown));
        let counting_on = [(0, MS, 5), (0, 2 * MS, 10), (0, 3 * MS, 15)];
        assert_eq!(remark("last", true, &counting_on), None, "progress, with no region");
        assert_eq!((remark("first", true, &dumps), remark("2", true, &dumps)), (None, None), "who names one knows it");
    }

    #[test]
    fn an_empty_dump_and_one_that_repeats_are_told() {
        let empty = [(0, MS, 1_000_000), (MS, 3 * MS, 5_000_000), (3 * MS, 3 * MS, 0)];
        let told = "dump 3 of 3 is empty (0 ticks since the reset): dump 2 has 5,000,000 instructions; for those, say \
                    `dump: 2`";
        assert_eq!(remark("last", true, &empty).as_deref(), Some(told));
        assert!(remark("3", true, &empty).is_some(), "nothing is nothing, whoever asked");
        assert_eq!(remark("last", true, &[(0, MS, 1), (0, MS, 1)]).as_deref(), Some("dump 2 of 2 repeats dump 1"));
        assert_eq!(remark("last", true, &[(0, MS, 1), (MS, 2 * MS, 1)]), None);
    }
}
