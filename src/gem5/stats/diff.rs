//! What differs between two dumps.

use std::collections::{HashMap, HashSet};

use super::line::StatLine;

/// One value in two dumps, of one simulation or of two. A value that only one dump has may have been zero in the other,
/// because gem5 leaves out zeros of many stats (`nozero` in `base/stats/text.cc`); it may as well not have existed.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The full name.
    pub name: String,
    /// The value in the first dump.
    pub old: Option<f64>,
    /// The value in the second dump.
    pub new: Option<f64>,
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

#[cfg(test)]
mod tests {
    use super::super::parse_block;
    use super::*;

    /// Every change with its values as gem5 printed them.
    fn told(old: &str, new: &str) -> Vec<(String, Option<String>, Option<String>)> {
        let printed = |value: Option<f64>| value.map(|value| value.to_string());
        let changes = diff(&parse_block(old), &parse_block(new)).into_iter();
        changes.map(|change| (change.name, printed(change.old), printed(change.new))).collect()
    }

    #[test]
    fn every_value_of_both_dumps_is_told_of_once() {
        let changes = told("a 1\ngone 2\nb nan\nc 3\nlast 1\n", "a 1\nb nan\nnewly 4\nc 5\n");
        let expected = [
            ("a", Some("1"), Some("1")),
            ("gone", Some("2"), None),
            ("b", Some("NaN"), Some("NaN")),
            ("newly", None, Some("4")),
            ("c", Some("3"), Some("5")),
            ("last", Some("1"), None),
        ];
        let owned = |value: Option<&str>| value.map(str::to_owned);
        assert_eq!(changes, expected.map(|(name, old, new)| (name.to_owned(), owned(old), owned(new))));
    }

    #[test]
    fn another_order_loses_nothing() {
        let changes = told("a 1\nb 2\nc 3\nd 4\n", "c 3\na 1\n");
        let mut names: Vec<&str> = changes.iter().map(|(name, ..)| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["a", "b", "c", "d"]);
    }
}
