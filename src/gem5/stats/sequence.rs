//! The dumps of a file one after the other: what each of them counts beside those before it, and which one is meant.
//!
//! The awkward truth: "the last dump" is right where a script dumps at the end of its region of interest and stops, and wrong
//! where it goes on, because then the last dump counts the region *and* what came after it. Nothing in the file says which of the
//! two a script did. But the intervals of simulated time tell that it is so ([`Relation`]), and the user can choose.
//!
//! gem5's time never goes back and a reset never either, so that a dump is compared with the newest one before it that counts
//! anything. Where a file says otherwise (two runs in one file), that one is all it is compared with.

use std::collections::VecDeque;

use super::choice::Choice;
use super::dump::{Dump, Interval};
use super::watch::Watch;

/// What a dump tells of itself, without its stats.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Counted from one among all that were read.
    pub number: u32,
    /// Offset of the Begin line.
    pub start: u64,
    /// Offset behind the End line's newline.
    pub end: u64,
    /// What the script calls it.
    pub label: Option<String>,
    /// It was asked for from outside.
    pub requested: bool,
    /// The ticks that it counts.
    pub interval: Option<Interval>,
    /// Instructions since the last reset.
    pub instructions: Option<f64>,
    /// Simulated seconds since the last reset.
    pub seconds: Option<f64>,
}

impl Dump {
    /// What it tells of itself.
    pub fn summary(&self) -> Summary {
        Summary {
            number: self.number,
            start: self.start,
            end: self.end,
            label: self.label.clone(),
            requested: self.requested,
            interval: self.interval(),
            instructions: self.sim_insts,
            seconds: self.sim_seconds,
        }
    }
}

/// An earlier dump, as one that is compared with it knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    /// How many dumps that count it lies before: 1 is the one right before.
    pub back: u32,
    /// The ticks that it counts.
    pub interval: Interval,
    /// The instructions that it counts.
    pub instructions: Option<f64>,
    /// What the script calls it.
    pub label: Option<String>,
    /// Whether it counts on from one before it, as the dumps do that a script writes now and then without a reset.
    pub counts_on: bool,
}

/// What a dump counts beside those before it.
#[derive(Debug, Clone, PartialEq)]
pub enum Relation {
    /// The file does not tell its interval.
    Unknown,
    /// Nothing that an earlier one counts.
    Disjoint,
    /// Nothing at all: there was a reset in its very tick.
    Empty {
        /// The newest one that counts something.
        before: Option<Earlier>,
    },
    /// The same ticks again, as a dump at the end of a script that has just dumped.
    Duplicate {
        /// The one that it repeats.
        of: Earlier,
    },
    /// All that an earlier one counts and more, from the same reset on.
    Cumulative {
        /// That one.
        over: Earlier,
    },
    /// All that an earlier one counts and more, from an earlier reset on. gem5 does not write such a dump by itself.
    Spanning {
        /// That one.
        over: Earlier,
    },
    /// Part of what an earlier one counts. gem5 does not write such a dump by itself.
    Overlapping {
        /// That one.
        with: Earlier,
    },
}

impl Relation {
    /// Its name in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Disjoint => "disjoint",
            Self::Empty { .. } => "empty",
            Self::Duplicate { .. } => "duplicate",
            Self::Cumulative { .. } => "cumulative",
            Self::Spanning { .. } => "spanning",
            Self::Overlapping { .. } => "overlapping",
        }
    }

    /// The earlier dump that it is about.
    pub fn earlier(&self) -> Option<&Earlier> {
        match self {
            Self::Unknown | Self::Disjoint => None,
            Self::Empty { before } => before.as_ref(),
            Self::Duplicate { of: earlier }
            | Self::Cumulative { over: earlier }
            | Self::Spanning { over: earlier }
            | Self::Overlapping { with: earlier } => Some(earlier),
        }
    }

    pub(super) fn of(interval: Option<Interval>, before: Option<Earlier>) -> Self {
        let Some(new) = interval else { return Self::Unknown };
        if new.start == new.end {
            return Self::Empty { before };
        }
        let Some(earlier) = before else { return Self::Disjoint };
        let old = earlier.interval;
        match () {
            () if new == old => Self::Duplicate { of: earlier },
            () if new.is_behind(old) || old.is_behind(new) => Self::Disjoint,
            () if new.start == old.start && new.end > old.end => Self::Cumulative { over: earlier },
            () if new.start < old.start && new.end >= old.end => Self::Spanning { over: earlier },
            () => Self::Overlapping { with: earlier },
        }
    }
}

/// A dump that counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its place among those that count, from one.
    pub place: u32,
    /// What it tells of itself.
    pub dump: Summary,
    /// What it counts beside those before it.
    pub relation: Relation,
    /// For a choice by label: how many so far have such a label, this one included.
    pub alike: u32,
}

/// Why the dump that is meant is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// No dump counts at all.
    #[error("there is no complete dump that counts")]
    NoDump,
    /// There are not so many.
    #[error("there is no dump {wanted}: {}", those(*have))]
    Few {
        /// The choice.
        wanted: Choice,
        /// How many count.
        have: u32,
    },
    /// None has such a label.
    #[error("no dump has a label that matches `{glob}`: {}", told(labels, *have))]
    NoLabel {
        /// The glob.
        glob: String,
        /// The first labels that there are.
        labels: Vec<String>,
        /// How many dumps count.
        have: u32,
    },
    /// There are not so many intervals.
    #[error("there is no region of interest {wanted}: {} with {distinct} of them apart from each other", those(*have))]
    FewRegions {
        /// The number.
        wanted: u32,
        /// How many there are.
        distinct: u32,
        /// How many dumps count.
        have: u32,
    },
    /// A dump before it does not tell its ticks.
    #[error("which region of interest comes when is not known: dump {place} does not tell `finalTick` and `simTicks`")]
    UnknownInterval {
        /// Its place.
        place: u32,
    },
}

fn those(have: u32) -> String {
    match have {
        0 => "no dump counts".to_owned(),
        1 => "1 dump counts".to_owned(),
        more => format!("{more} dumps count"),
    }
}

fn told(labels: &[String], have: u32) -> String {
    if labels.is_empty() {
        return format!("{}, and none has a label", those(have));
    }
    let quoted: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
    format!("labels are {}", quoted.join(", "))
}

/// So many labels are named where none matches.
const LABELS_TOLD: usize = 5;

/// The dumps of a file so far, in their order. Keeps a dump or two, or as many as a choice from the end reaches back.
#[derive(Debug, Clone, Default)]
pub struct Sequence {
    choice: Choice,
    /// The glob of a choice by label.
    label: Watch,
    /// How many dumps count.
    count: u32,
    /// The newest one that counts any ticks, with its place.
    newest: Option<(u32, Earlier)>,
    /// Intervals so far, without those that repeat one.
    distinct: u32,
    /// The place of the first that does not tell its interval.
    unknown: Option<u32>,
    /// How many have a label that matches.
    alike: u32,
    /// The first labels.
    labels: Vec<String>,
    /// The chosen one; for a choice from the end the last ones.
    kept: VecDeque<Candidate>,
    /// The last of all dumps, if it was asked for.
    asked: Option<Summary>,
}

impl Sequence {
    /// None so far.
    pub fn new(choice: Choice) -> Self {
        let label = match &choice {
            Choice::Label(glob) => Watch::new(&[glob]).unwrap_or_default(),
            _ => Watch::default(),
        };
        Self { choice, label, ..Self::default() }
    }

    /// The choice.
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// Takes the next dump.
    pub fn add(&mut self, dump: Summary) {
        if dump.requested {
            self.asked = Some(dump);
        } else {
            self.asked = None;
            self.count_in(dump);
        }
    }

    /// Takes the next dump that counts.
    fn count_in(&mut self, dump: Summary) {
        self.count = self.count.saturating_add(1);
        let place = self.count;
        let before = self.newest.as_ref().map(|(at, earlier)| Earlier { back: place - at, ..earlier.clone() });
        let relation = Relation::of(dump.interval, before);
        match dump.interval {
            None => self.unknown = self.unknown.or(Some(place)),
            Some(interval) if !matches!(relation, Relation::Empty { .. } | Relation::Duplicate { .. }) => {
                self.distinct += 1;
                let (instructions, label) = (dump.instructions, dump.label.clone());
                let counts_on = matches!(relation, Relation::Cumulative { .. });
                self.newest = Some((place, Earlier { back: 0, interval, instructions, label, counts_on }));
            }
            Some(_) => {}
        }
        if let Some(label) = &dump.label {
            self.alike += u32::from(self.label.matches(label));
            if self.labels.len() < LABELS_TOLD && !self.labels.contains(label) {
                self.labels.push(label.clone());
            }
        }
        let is_new = matches!(relation, Relation::Disjoint | Relation::Cumulative { .. } | Relation::Spanning { .. })
            || matches!(relation, Relation::Overlapping { .. });
        let keep = match &self.choice {
            Choice::FromStart(wanted) => place == wanted.get(),
            Choice::FromEnd(_) => true,
            Choice::Label(_) => dump.label.as_ref().is_some_and(|label| self.label.matches(label)),
            Choice::Roi(wanted) => is_new && self.distinct == wanted.get() && self.unknown.is_none(),
        };
        if keep {
            let most = if let Choice::FromEnd(back) = self.choice { back.get() as usize } else { 1 };
            if self.kept.len() == most {
                self.kept.pop_front();
            }
            self.kept.push_back(Candidate { place, dump, relation, alike: self.alike });
        }
    }

    /// Whether no dump that comes can change which one is meant.
    pub fn is_settled(&self) -> bool {
        match self.choice {
            Choice::FromStart(_) | Choice::Roi(_) => !self.kept.is_empty(),
            Choice::FromEnd(_) | Choice::Label(_) => false,
        }
    }

    /// The one that is meant among those so far. `ends` says that gem5 wrote the last one because it came to its end, so that it
    /// counts even if somebody had asked for it.
    ///
    /// # Errors
    /// When there is none.
    pub fn chosen(&self, ends: bool) -> Result<Candidate, Missing> {
        let with_last = self.with_last(ends);
        let all = with_last.as_ref().unwrap_or(self);
        let wanted = if let Choice::FromEnd(back) = all.choice { back.get() as usize } else { 1 };
        let found = all.kept.len().checked_sub(wanted).and_then(|at| all.kept.get(at));
        found.cloned().ok_or_else(|| all.missing())
    }

    /// How many dumps count so far. See [`Self::chosen`].
    pub fn count(&self, ends: bool) -> u32 {
        self.count + u32::from(ends && self.asked.is_some())
    }

    /// The same with the last one, if it was asked for and counts.
    fn with_last(&self, ends: bool) -> Option<Self> {
        let last = self.asked.clone().filter(|_| ends)?;
        let mut all = self.clone();
        all.count_in(last);
        Some(all)
    }

    fn missing(&self) -> Missing {
        let have = self.count;
        match &self.choice {
            _ if have == 0 => Missing::NoDump,
            Choice::FromStart(_) | Choice::FromEnd(_) => Missing::Few { wanted: self.choice.clone(), have },
            Choice::Label(glob) => Missing::NoLabel { glob: glob.clone(), labels: self.labels.clone(), have },
            Choice::Roi(wanted) => match self.unknown {
                Some(place) => Missing::UnknownInterval { place },
                None => Missing::FewRegions { wanted: wanted.get(), distinct: self.distinct, have },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use super::super::{Dumps, TextParser};
    use super::*;

    fn summary(number: u32, interval: Option<(u64, u64)>, label: Option<&str>) -> Summary {
        Summary {
            number,
            start: u64::from(number) * 100,
            end: u64::from(number) * 100 + 90,
            label: label.map(ToOwned::to_owned),
            requested: false,
            interval: interval.map(|(start, end)| Interval { start, end }),
            instructions: None,
            seconds: None,
        }
    }

    fn sequence(choice: &str, intervals: &[(u64, u64)]) -> Sequence {
        let mut sequence = Sequence::new(choice.parse().unwrap());
        for (at, interval) in intervals.iter().enumerate() {
            sequence.add(summary(at as u32 + 1, Some(*interval), None));
        }
        sequence
    }

    /// The place of the chosen one.
    fn place(choice: &str, intervals: &[(u64, u64)]) -> Option<u32> {
        sequence(choice, intervals).chosen(true).ok().map(|chosen| chosen.place)
    }

    fn relation(intervals: &[(u64, u64)]) -> (&'static str, Option<u32>) {
        let relation = sequence("last", intervals).chosen(true).unwrap().relation;
        (relation.word(), relation.earlier().map(|earlier| earlier.back))
    }

    #[test]
    fn what_a_dump_counts_beside_those_before_it_is_told_by_its_interval() {
        assert_eq!(relation(&[(5, 10)]), ("disjoint", None));
        assert_eq!(relation(&[(5, 10), (10, 20)]), ("disjoint", None));
        assert_eq!(relation(&[(5, 10), (5, 20)]), ("cumulative", Some(1)));
        assert_eq!(relation(&[(5, 10), (5, 10)]), ("duplicate", Some(1)));
        assert_eq!(relation(&[(5, 10), (10, 10)]), ("empty", Some(1)));
        assert_eq!(relation(&[(5, 5)]), ("empty", None));
        // What counts nothing, or nothing new, is passed over.
        assert_eq!(relation(&[(5, 10), (5, 10), (10, 10), (10, 10)]), ("empty", Some(3)));
        assert_eq!(relation(&[(5, 10), (5, 10), (5, 15)]), ("cumulative", Some(2)));
        // No gem5 writes these, and two runs in one file may.
        assert_eq!(relation(&[(5, 10), (0, 20)]), ("spanning", Some(1)));
        assert_eq!(relation(&[(5, 10), (7, 20)]), ("overlapping", Some(1)));
        assert_eq!(relation(&[(50, 100), (0, 20)]), ("disjoint", None));
        let mut sequence = sequence("last", &[(5, 10)]);
        sequence.add(summary(2, None, None));
        assert_eq!(sequence.chosen(true).unwrap().relation, Relation::Unknown);
    }

    #[test]
    fn each_choice_has_its_dump_and_what_is_not_there_is_missing() {
        let dumps = [(0, 10), (10, 20), (10, 20), (20, 20), (20, 30)];
        let places = ["first", "2", "5", "last", "-2", "-5", "roi:1", "roi:2", "roi:3"].map(|one| place(one, &dumps));
        assert_eq!(places, [1, 2, 5, 5, 4, 1, 1, 2, 5].map(Some));
        for (choice, missing) in [
            ("6", "there is no dump 6: 5 dumps count"),
            ("-6", "there is no dump -6: 5 dumps count"),
            ("roi:4", "there is no region of interest 4: 5 dumps count with 3 of them apart from each other"),
            ("label:ROI*", "no dump has a label that matches `ROI*`: 5 dumps count, and none has a label"),
        ] {
            assert_eq!(sequence(choice, &dumps).chosen(true).unwrap_err().to_string(), missing);
        }
        assert_eq!(sequence("2", &[]).chosen(true), Err(Missing::NoDump));
    }

    #[test]
    fn a_region_is_not_counted_past_a_dump_that_does_not_tell_its_ticks() {
        let mut sequence = Sequence::new("roi:2".parse().unwrap());
        sequence.add(summary(1, Some((0, 10)), None));
        sequence.add(summary(2, None, None));
        sequence.add(summary(3, Some((10, 20)), None));
        assert_eq!(sequence.chosen(true), Err(Missing::UnknownInterval { place: 2 }));
    }

    #[test]
    fn the_last_dump_with_a_label_is_taken_and_says_that_there_are_more() {
        let mut sequence = Sequence::new("label:ROI*".parse().unwrap());
        for (number, label) in [(1, Some("boot")), (2, Some("ROI 1")), (3, Some("ROI 2")), (4, None)] {
            sequence.add(summary(number, Some((u64::from(number), u64::from(number) + 1)), label));
        }
        let chosen = sequence.chosen(true).unwrap();
        assert_eq!((chosen.place, chosen.alike, chosen.dump.label.as_deref()), (3, 2, Some("ROI 2")));
        let mut other = Sequence::new("label:x".parse().unwrap());
        other.add(summary(1, None, Some("boot")));
        assert!(other.chosen(true).unwrap_err().to_string().ends_with("labels are `boot`"));
    }

    #[test]
    fn what_was_asked_for_is_no_candidate_unless_gem5_ended_with_it() {
        let mut sequence = sequence("last", &[(0, 10)]);
        sequence.add(Summary { requested: true, ..summary(2, Some((0, 20)), None) });
        let place = |sequence: &Sequence, ends| sequence.chosen(ends).map(|chosen| (chosen.place, chosen.dump.number));
        assert_eq!((place(&sequence, false), place(&sequence, true)), (Ok((1, 1)), Ok((2, 2))));
        assert_eq!((sequence.count(false), sequence.count(true)), (1, 2));
        sequence.add(summary(3, Some((0, 30)), None));
        assert_eq!((place(&sequence, false), place(&sequence, true)), (Ok((2, 3)), Ok((2, 3))));
    }

    #[test]
    fn real_dumps_have_the_relations_that_gem5_gave_them() {
        let Some(folder) = std::env::var_os("GEM5_TUI_SAMPLES").map(PathBuf::from) else {
            eprintln!("skipped: GEM5_TUI_SAMPLES is not set");
            return;
        };
        let read = |sample: &str, choice: &str| {
            let text = std::fs::read(folder.join(sample).join("m5out/stats.txt")).unwrap();
            let mut dumps = Dumps::new(Arc::default()).choosing(choice.parse().unwrap());
            TextParser::new().feed(&text, &mut dumps);
            let chosen = dumps.sequence().chosen(true).unwrap();
            (chosen.place, chosen.relation.word(), chosen.dump.interval.unwrap())
        };
        // Seven dumps, each followed by a reset.
        let last = read("ok-multi-dump", "last");
        assert_eq!((last.0, last.1), (7, "disjoint"));
        assert_eq!(read("ok-multi-dump", "roi:7"), last);
        assert_eq!(read("ok-multi-dump", "6").2.end, last.2.start);
        // Three without a reset: each counts from the beginning.
        let all = ["1", "2", "3"].map(|place| read("sigusr1-twice", place));
        assert_eq!(all.map(|(_, relation, _)| relation), ["disjoint", "cumulative", "cumulative"]);
        assert_eq!(all.map(|(.., interval)| interval.start), [0, 0, 0]);
    }
}
