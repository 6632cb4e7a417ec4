//! Which dumps of a file can be added up without counting anything twice.

use std::collections::BTreeMap;

use super::dump::Interval;
use super::sequence::{Earlier, Relation};

/// Dumps that count, as far as they can be added up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summands {
    /// The places in the list of those that are added up, which have no tick in common.
    pub of: Vec<usize>,
    /// The numbers of those that repeat another one, each with the number of that, and are left out.
    pub repeated: Vec<(u32, u32)>,
    /// The numbers of those that count nothing.
    pub empty: Vec<u32>,
}

/// Why dumps cannot be added up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotApart {
    /// There is none that counts anything.
    #[error("every dump is empty (0 ticks since the reset)")]
    Empty,
    /// One does not tell what it counts.
    #[error("dump {place} does not tell `finalTick` and `simTicks`, so that it may count what another dump does, too")]
    Unknown {
        /// Its number.
        place: u32,
    },
    /// One counts what an earlier one does.
    #[error("{}", again(word, *place, *of))]
    Again {
        /// How both stand to each other: [`Relation::word`].
        word: &'static str,
        /// Its number.
        place: u32,
        /// The number of the earlier one.
        of: u32,
    },
}

fn again(word: &str, place: u32, of: u32) -> String {
    let how = match word {
        "cumulative" => "counts on from the same reset as",
        "spanning" => "counts all of",
        _ => "counts some of the ticks of",
    };
    let what_to_do = if word == "cumulative" { ": the last dump has all of it, say `dump: last`" } else { "" };
    format!("dump {place} {how} dump {of} ({word}), which a sum would count twice{what_to_do}")
}

impl NotApart {
    /// In a word, for a cell.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Unknown { .. } => "unknown",
            Self::Again { word, .. } => word,
        }
    }
}

/// Which of these dumps are added up. They stand in the order of their file, each with its number and what it counts. One alone is
/// its own sum, whatever it counts.
///
/// # Errors
/// When a tick would be counted twice, or when that is not known.
pub fn summands(dumps: &[(u32, Option<Interval>)]) -> Result<Summands, NotApart> {
    if dumps.len() == 1 {
        return Ok(Summands { of: vec![0], ..Summands::default() });
    }
    let mut summands = Summands::default();
    // What is counted so far: from which tick to which, and by which dump.
    let mut counted: BTreeMap<u64, (u64, u32)> = BTreeMap::new();
    let mut newest: Option<(u32, Interval)> = None;
    for (at, (place, interval)) in dumps.iter().enumerate() {
        let (place, interval) = (*place, interval.ok_or(NotApart::Unknown { place: *place })?);
        let earlier = newest.map(|(of, interval)| Earlier {
            back: place - of,
            interval,
            instructions: None,
            label: None,
            counts_on: false,
        });
        let relation = Relation::of(Some(interval), earlier);
        let of = newest.map_or(0, |(of, _)| of);
        match relation {
            Relation::Unknown => return Err(NotApart::Unknown { place }),
            Relation::Empty { .. } => summands.empty.push(place),
            Relation::Duplicate { .. } => summands.repeated.push((place, of)),
            Relation::Cumulative { .. } | Relation::Spanning { .. } | Relation::Overlapping { .. } => {
                return Err(NotApart::Again { word: relation.word(), place, of });
            }
            Relation::Disjoint => {
                // gem5's time never goes back, and a file of two runs may say that it does.
                let before = counted.range(..interval.end).next_back();
                if let Some((_, (_, of))) = before.filter(|(_, (end, _))| *end > interval.start) {
                    return Err(NotApart::Again { word: "overlapping", place, of: *of });
                }
                counted.insert(interval.start, (interval.end, place));
                summands.of.push(at);
                newest = Some((place, interval));
            }
        }
    }
    if summands.of.is_empty() { Err(NotApart::Empty) } else { Ok(summands) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(intervals: &[(u64, u64)]) -> Result<Summands, NotApart> {
        let dumps = intervals.iter().map(|(start, end)| Some(Interval { start: *start, end: *end }));
        summands(&(1..).zip(dumps).collect::<Vec<_>>())
    }

    #[test]
    fn what_repeats_a_dump_counts_once_and_what_is_empty_not_at_all() {
        let all = of(&[(0, 10), (10, 20), (20, 20), (30, 40), (30, 40), (40, 40)]).unwrap();
        assert_eq!((all.of, all.repeated, all.empty), (vec![0, 1, 3], vec![(5, 4)], vec![3, 6]));
        // The same twice with another one between is no dump at exit.
        assert_eq!(of(&[(0, 10), (10, 20), (0, 10)]), Err(NotApart::Again { word: "overlapping", place: 3, of: 1 }));
    }

    #[test]
    fn what_would_be_counted_twice_is_refused() {
        let word = |intervals: &[(u64, u64)]| of(intervals).unwrap_err().word();
        assert_eq!(word(&[(0, 10), (0, 20)]), "cumulative");
        assert_eq!(word(&[(0, 10), (10, 20), (5, 20)]), "spanning");
        assert_eq!(word(&[(0, 10), (5, 20)]), "overlapping");
        assert_eq!(word(&[(50, 100), (0, 20), (60, 70)]), "overlapping");
        assert_eq!(word(&[(50, 100), (0, 20), (40, 60)]), "overlapping");
        assert_eq!(word(&[(50, 50), (60, 60)]), "empty");
        assert_eq!(of(&[(50, 100), (0, 50)]).unwrap().of, [0, 1]);
        let unknown = [(1, Some(Interval { start: 0, end: 10 })), (2, None)];
        assert_eq!(summands(&unknown), Err(NotApart::Unknown { place: 2 }));
    }

    #[test]
    fn one_dump_is_its_own_sum() {
        assert_eq!(summands(&[(1, None)]).unwrap().of, [0]);
        assert_eq!(summands(&[]), Err(NotApart::Empty));
    }
}
