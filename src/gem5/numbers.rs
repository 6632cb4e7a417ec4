//! Numbers in lines that are the same but for them.
//!
//! What differs between two lines of one kind, or between one failure in two simulations, are ticks, addresses, sizes and
//! times. What a number is has one answer here.

/// Numbers, hexadecimal or not, with the unit that may follow, as `#`.
pub(in crate::gem5) fn without_numbers(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        // Letters that belong to a word, such as the `e` of `cpu0e`, are no hexadecimal digits.
        let inside = out.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let length = number_length(rest, inside);
        if length == 0 {
            out.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        } else {
            out.push('#');
            rest = rest.get(length..).unwrap_or_default();
        }
    }
    out
}

/// The length of the number that the text begins with, with its unit; 0 if it begins with none.
fn number_length(text: &str, inside: bool) -> usize {
    let run = |text: &str, is: fn(&u8) -> bool| text.bytes().take_while(is).count();
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let length = run(digits, u8::is_ascii_hexdigit);
        if length > 0 {
            return length + 2;
        }
    }
    let hex = run(text, u8::is_ascii_hexdigit);
    let ends_there = text.get(hex..).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()));
    let has_digit = text.get(..hex).is_some_and(|digits| digits.contains(|c: char| c.is_ascii_digit()));
    // An address or a hash without a prefix: `deadbeef1`, `7fdbf5a9d919`.
    if !inside && hex >= 8 && ends_there && has_digit {
        return hex;
    }
    let mut length = run(text, u8::is_ascii_digit);
    if length == 0 {
        return 0;
    }
    if let Some(fraction) = text.get(length..).and_then(|rest| rest.strip_prefix('.')) {
        let digits = run(fraction, u8::is_ascii_digit);
        length += if digits > 0 { digits + 1 } else { 0 };
    }
    length + unit_length(text.get(length..).unwrap_or_default())
}

/// The length of the unit that follows a number at once: sizes, frequencies and times, as gem5 writes them.
fn unit_length(text: &str) -> usize {
    const UNITS: [&str; 20] = [
        "KiB", "MiB", "GiB", "TiB", "kiB", "kHz", "MHz", "GHz", "kB", "KB", "MB", "GB", "TB", "Hz", "ps", "ns", "us",
        "ms", "B", "s",
    ];
    let word = text.find(|c: char| !c.is_alphanumeric()).map_or(text, |end| text.get(..end).unwrap_or_default());
    if UNITS.contains(&word) { word.len() } else { 0 }
}

/// The numbers in which two texts differ, as pairs, when they differ in nothing else. `None` when they do.
pub(in crate::gem5) fn numbers_apart<'t>(one: &'t str, other: &'t str) -> Option<Vec<(&'t str, &'t str)>> {
    let mut pairs = Vec::new();
    let (mut left, mut right) = (one, other);
    let mut before = None;
    loop {
        let (Some(first), Some(second)) = (left.chars().next(), right.chars().next()) else {
            return (left.is_empty() && right.is_empty()).then_some(pairs);
        };
        let inside = before.is_some_and(|c: char| c.is_alphanumeric() || c == '_');
        match (number_length(left, inside), number_length(right, inside)) {
            (0, 0) if first == second => {
                let length = first.len_utf8();
                (left, right) = (left.get(length..).unwrap_or_default(), right.get(length..).unwrap_or_default());
                before = Some(first);
            }
            (0, _) | (_, 0) => return None,
            (length, other_length) => {
                let (number, left_rest) = left.split_at(length);
                let (other_number, right_rest) = right.split_at(other_length);
                if number != other_number {
                    pairs.push((number, other_number));
                }
                (left, right, before) = (left_rest, right_rest, Some('#'));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_that_differ_in_numbers_only_tell_which() {
        let apart = |one, other| numbers_apart(one, other);
        assert_eq!(
            apart("fault at 0x80001000, try 3", "fault at 0x9f, try 4"),
            Some(vec![("0x80001000", "0x9f"), ("3", "4")])
        );
        assert_eq!(apart("the same", "the same"), Some(Vec::new()));
        assert_eq!(apart("took 1.5s", "took 20ms"), Some(vec![("1.5s", "20ms")]));
        for (one, other) in [("one 1", "two 1"), ("one 1", "one 1 more"), ("one", "one 1"), ("é1", "e1"), ("x1", "x")]
        {
            assert_eq!(apart(one, other), None, "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn two_texts_are_apart_by_numbers_only_if_they_are_the_same_without(one in "[a-c1-3 x.]{0,12}", other in "[a-c1-3 x.]{0,12}") {
            if numbers_apart(&one, &other).is_some() {
                prop_assert_eq!(without_numbers(&one), without_numbers(&other));
            }
            prop_assert!(numbers_apart(&one, &one).is_some_and(|pairs| pairs.is_empty()));
        }
    }
}
