//! What differs between two dumps.

use std::collections::{HashMap, HashSet};

use super::line::StatLine;

/// One value in two dumps, of one simulation or of two.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The full name.
    pub name: String,
    /// The value in the first dump.
    pub old: Option<f64>,
    /// The value in the second dump.
    pub new: Option<f64>,
}

/// How a value changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// Not at all. Not a number is the same as not a number.
    Same,
    /// It has another value.
    Changed,
    /// Only the second dump has it.
    Appeared,
    /// Only the first dump has it.
    Vanished,
}

impl Change {
    /// How the value changed. A value that only one dump has may have been zero in the other, because gem5 leaves out
    /// zeros of many stats (`nozero` in `base/stats/text.cc`); it may as well not have existed.
    pub fn difference(&self) -> Difference {
        match (self.old, self.new) {
            (Some(old), Some(new)) if is_same(old, new) => Difference::Same,
            (Some(_), Some(_)) => Difference::Changed,
            (None, Some(_)) => Difference::Appeared,
            (Some(_), None) => Difference::Vanished,
            (None, None) => Difference::Same,
        }
    }

    /// How much more the second dump has. `None` unless both have a finite value.
    pub fn delta(&self) -> Option<f64> {
        Some(self.new? - self.old?).filter(|delta| delta.is_finite())
    }

    /// The change in per cent of the first value. `None` also when that is zero.
    pub fn percent(&self) -> Option<f64> {
        let old = self.old?;
        Some(self.delta()? / old.abs() * 100.0).filter(|percent| percent.is_finite())
    }
}

/// All values of both dumps: those of the second in its order, and those that vanished behind their old neighbours.
pub fn diff(old: &[StatLine], new: &[StatLine]) -> Vec<Change> {
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(old.len());
    for (place, line) in old.iter().enumerate() {
        places.entry(&line.name).or_insert(place);
    }
    let kept: HashSet<&str> = new.iter().map(|line| line.name.as_str()).collect();
    let mut changes = Vec::with_capacity(new.len());
    // The old lines before this place have been told of.
    let mut told = 0;
    let vanished = |changes: &mut Vec<Change>, from: usize, to: usize| {
        let gone = old.get(from..to).unwrap_or_default().iter().filter(|line| !kept.contains(line.name.as_str()));
        changes.extend(gone.map(|line| Change { name: line.name.clone(), old: Some(line.value), new: None }));
    };
    for line in new {
        let place = places.get(line.name.as_str()).copied();
        if let Some(place) = place.filter(|place| *place >= told) {
            vanished(&mut changes, told, place);
            told = place + 1;
        }
        let value = place.and_then(|place| old.get(place)).map(|line| line.value);
        changes.push(Change { name: line.name.clone(), old: value, new: Some(line.value) });
    }
    vanished(&mut changes, told, old.len());
    changes
}

fn is_same(old: f64, new: f64) -> bool {
    // Both are what gem5 printed, so equal text is what is meant here and not nearness.
    old.total_cmp(&new).is_eq() || (old.is_nan() && new.is_nan()) || (old == 0.0 && new == 0.0)
}

#[cfg(test)]
mod tests {
    use super::super::parse_block;
    use super::*;

    fn told(old: &str, new: &str) -> Vec<(String, Difference)> {
        let changes = diff(&parse_block(old), &parse_block(new));
        changes.iter().map(|change| (change.name.clone(), change.difference())).collect()
    }

    #[test]
    fn every_value_of_both_dumps_is_told_of_once() {
        use Difference::{Appeared, Changed, Same, Vanished};
        let changes = told("a 1\ngone 2\nb nan\nc 3\nlast 1\n", "a 1\nb nan\nnewly 4\nc 5\n");
        let expected =
            [("a", Same), ("gone", Vanished), ("b", Same), ("newly", Appeared), ("c", Changed), ("last", Vanished)];
        assert_eq!(changes, expected.map(|(name, difference)| (name.to_owned(), difference)));
    }

    #[test]
    fn another_order_loses_nothing() {
        let changes = told("a 1\nb 2\nc 3\nd 4\n", "c 3\na 1\n");
        let mut names: Vec<&str> = changes.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_change_without_two_finite_values_has_no_size() {
        let change = |old, new| Change { name: "x".to_owned(), old, new };
        assert_eq!(change(Some(2.0), Some(3.0)).delta(), Some(1.0));
        assert_eq!(change(Some(-2.0), Some(-3.0)).percent(), Some(-50.0));
        assert_eq!(change(Some(0.0), Some(3.0)).percent(), None);
        assert_eq!(change(None, Some(3.0)).delta(), None);
        assert_eq!(change(Some(f64::NAN), Some(3.0)).delta(), None);
        assert_eq!(change(Some(f64::INFINITY), Some(f64::INFINITY)).difference(), Difference::Same);
        assert_eq!(change(Some(f64::NAN), Some(1.0)).difference(), Difference::Changed);
    }
}
