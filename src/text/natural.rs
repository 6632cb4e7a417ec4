//! The order that people expect of names with numbers in them.

use std::cmp::Ordering;

/// Compares names so that `run-2` comes before `run-10`. Runs of ASCII digits compare as numbers of any length. Names
/// that differ only in leading zeros are still told apart, so this is a total order.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (Some(l), Some(r)) = (left.chars().next(), right.chars().next()) else {
            return left.len().cmp(&right.len()).then_with(|| a.cmp(b));
        };
        if l.is_ascii_digit() && r.is_ascii_digit() {
            let (number_l, rest_l) = split_number(left);
            let (number_r, rest_r) = split_number(right);
            let order = number_l.len().cmp(&number_r.len()).then_with(|| number_l.cmp(number_r));
            if order != Ordering::Equal {
                return order;
            }
            (left, right) = (rest_l, rest_r);
        } else if l == r {
            (left, right) = (left.split_at(l.len_utf8()).1, right.split_at(r.len_utf8()).1);
        } else {
            return l.cmp(&r);
        }
    }
}

/// Bytes that stand to each other as [`compare`] says the names do. Only names that differ in nothing but leading zeros have
/// the same. Where names are compared often, making this once is cheaper.
pub(crate) fn key(name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len() + 8);
    let mut left = name;
    while let Some(c) = left.chars().next() {
        if c.is_ascii_digit() {
            let (number, rest) = split_number(left);
            // A longer number is a larger one. A digit in front keeps its place among other characters.
            key.push(b'0');
            key.extend(u32::try_from(number.len()).unwrap_or(u32::MAX).to_be_bytes());
            key.extend(number.as_bytes());
            left = rest;
        } else {
            let (character, rest) = left.split_at(c.len_utf8());
            key.extend(character.as_bytes());
            left = rest;
        }
    }
    key
}

/// The digits at the front without leading zeros, and the rest.
fn split_number(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    (digits.trim_start_matches('0'), rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut names =
            ["run-10", "run-2", "run-1", "run", "l2_1MiB", "l2_256KiB", "run-02", "a99999999999999999999999"];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(
            names,
            ["a99999999999999999999999", "l2_1MiB", "l2_256KiB", "run", "run-1", "run-02", "run-2", "run-10"]
        );
    }

    proptest! {
        #[test]
        fn keys_stand_to_each_other_as_names_do(a in "[/:a0-2é-]{0,6}", b in "[/:a0-2é-]{0,6}") {
            prop_assert_eq!(key(&a).cmp(&key(&b)).then_with(|| a.cmp(&b)), compare(&a, &b));
        }

        #[test]
        fn it_is_a_total_order(a in "[a0-2-]{0,6}", b in "[a0-2-]{0,6}", c in "[a0-2-]{0,6}") {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            prop_assert_eq!(compare(&a, &b) == Ordering::Equal, a == b);
            if compare(&a, &b) != Ordering::Greater && compare(&b, &c) != Ordering::Greater {
                prop_assert_ne!(compare(&a, &c), Ordering::Greater);
            }
        }
    }
}
