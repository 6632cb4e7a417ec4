//! When two failures are the same failure.
//!
//! A sweep that fails fails many times for one reason, and no two of its causes are the same text: ticks, addresses,
//! sizes and directories differ. What differs between simulations is taken out; what tells one reason from another, such
//! as the name of the file that is missing, stays.

use super::Outcome;
use crate::gem5::numbers::without_numbers;

/// A text that is equal for outcomes with the same reason and different for others, good for grouping and not for
/// reading: show the line of one of the group.
///
/// Numbers and addresses, with their units, become `#`. Of an absolute path, and of a path into an attempt's directory,
/// only what does not depend on the simulation stays. The tick does not count; the place does, with its line number.
pub fn signature(outcome: &Outcome) -> String {
    let mut text = format!("{}: {}", outcome.kind.word(), without_particulars(&outcome.cause));
    if let Some(place) = &outcome.place {
        text.push_str(" (");
        text.push_str(&own_part(place).unwrap_or_else(|| place.clone()));
        text.push(')');
    }
    text
}

/// The text without numbers and without the parts of paths that differ between simulations.
fn without_particulars(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(is_separator).unwrap_or(rest.len());
        if end == 0 {
            out.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        }
        let (word, behind) = rest.split_at(end);
        rest = behind;
        out.push_str(&without_numbers(&common_part(word)));
    }
    out
}

/// What ends a word. A full stop and a colon are parts of paths, object names and addresses.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\'' | '"' | '`' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | ',' | ';' | '=')
}

/// Of a path what does not depend on the simulation: behind the attempt's directory all of it, of another absolute path
/// the file's name.
fn common_part(word: &str) -> String {
    if let Some(own) = own_part(word) {
        return own;
    }
    match word.strip_prefix('/').and_then(|path| path.trim_end_matches('/').rsplit_once('/')) {
        Some((_, name)) => format!("…/{name}"),
        None => word.to_owned(),
    }
}

/// A path behind `NAME/attempt-N/`, or `None` if it has no such part.
fn own_part(path: &str) -> Option<String> {
    let is_attempt = |part: &str| {
        part.strip_prefix("attempt-").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let parts: Vec<&str> = path.split('/').collect();
    let attempt = parts.iter().rposition(|part| is_attempt(part))?;
    let behind = parts.get(attempt + 1..).unwrap_or_default().join("/");
    Some(format!("…/{behind}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::OutcomeKind;
    use super::*;

    fn of(cause: &str) -> String {
        signature(&Outcome::new(OutcomeKind::Fatal, cause))
    }

    #[test]
    fn the_same_reason_in_two_simulations_is_one_group() {
        let pairs = [
            (
                "can't open file /home/u/runs/sweep/stream-l2_256KiB/attempt-1/m5out/cpt.1000/m5.cpt",
                "can't open file /scratch/b/chase-l2_1MiB/attempt-12/m5out/cpt.77/m5.cpt",
            ),
            ("can't open file /a/b/loop.bin", "can't open file /c/loop.bin"),
            ("no room at 0xfffe0000 of 512MB", "no room at 0x10 of 4GiB"),
            (
                "Page table fault when accessing virtual address 0",
                "Page table fault when accessing virtual address 0x8",
            ),
            ("system.cpu0.icache: bad", "system.cpu13.icache: bad"),
            ("the limit of 2h was reached, stats kept (dump 3)", "the limit of 2h was reached, stats kept (dump 11)"),
            ("object at 7fdbf5a9d919", "object at 55dcf7aa2235"),
            ("took 1.5s", "took 20s"),
        ];
        for (one, other) in pairs {
            assert_eq!(of(one), of(other));
        }
    }

    #[test]
    fn different_reasons_are_different_groups() {
        let pairs = [
            ("can't open file /a/loop.bin", "can't open file /a/other.bin"),
            ("KeyError: 'a'", "KeyError: 'b'"),
            ("src/a.cc failed", "src/b.cc failed"),
            ("deaf", "dead"),
            ("", "x"),
        ];
        for (one, other) in pairs {
            assert_ne!(of(one), of(other));
        }
        let fatal = Outcome::new(OutcomeKind::Fatal, "x");
        assert_ne!(signature(&fatal), signature(&Outcome::new(OutcomeKind::Panic, "x")));
    }

    #[test]
    fn the_place_counts_and_the_tick_does_not() {
        let at = |place: &str, tick| Outcome {
            place: Some(place.to_owned()),
            tick,
            ..Outcome::new(OutcomeKind::Panic, "bad instruction")
        };
        assert_eq!(signature(&at("src/x.cc:1", Some(5))), signature(&at("src/x.cc:1", None)));
        assert_ne!(signature(&at("src/x.cc:1", None)), signature(&at("src/x.cc:2", None)));
        assert_eq!(signature(&at("/r/a/attempt-1/s.py:3", None)), signature(&at("/r/b/attempt-2/s.py:3", None)));
    }

    proptest! {
        #[test]
        fn any_text_has_a_signature_and_numbers_never_count(text in ".{0,80}", n in any::<u64>(), m in any::<u64>()) {
            prop_assert!(!of(&text).is_empty());
            prop_assert_eq!(of(&format!("{text} at {n}.")), of(&format!("{text} at {m}.")));
        }
    }
}
