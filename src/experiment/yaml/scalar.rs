//! What a scalar without quotes means. `serde_yaml` decides.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};

use super::ScalarKind;

/// No word that means more than itself is longer than `false`.
const LONGEST_WORD: usize = 5;

/// What YAML takes the plain scalar `text` for.
pub(super) fn meaning(text: &str) -> ScalarKind {
    if text.is_empty() {
        return ScalarKind::Null;
    }
    if let Some(number) = plain_number(text) {
        return ScalarKind::Unsigned(number);
    }
    if !may_mean_more_than_text(text) {
        return ScalarKind::Text;
    }
    serde_yaml::Deserializer::from_str(text).deserialize_any(Meaning).unwrap_or(ScalarKind::Text)
}

/// A number of a few digits, which is what most lists of numbers have.
fn plain_number(text: &str) -> Option<u64> {
    let is_plain = text.len() < 19
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text.len() == 1 || !text.starts_with('0'));
    is_plain.then(|| text.parse().ok()).flatten()
}

/// Most scalars are words, and asking costs as much as reading a small file: numbers begin with a digit, a sign or a point,
/// and the few words are `~`, `null`, `true` and `false`. A sign alone, `---` and `...` are text, and would be something else
/// at the start of a file.
fn may_mean_more_than_text(text: &str) -> bool {
    let number = text.strip_prefix(['-', '+']).unwrap_or(text);
    let fraction = number.strip_prefix('.').unwrap_or(number);
    let is_number = fraction.starts_with(|c: char| c.is_ascii_digit())
        || (fraction.len() < number.len() && fraction.starts_with(['i', 'I', 'n', 'N']));
    is_number || (text.len() <= LONGEST_WORD && text.starts_with(['~', 'n', 'N', 't', 'T', 'f', 'F']))
}

struct Meaning;

impl Visitor<'_> for Meaning {
    type Value = ScalarKind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a single value")
    }

    fn visit_unit<E: Error>(self) -> Result<ScalarKind, E> {
        Ok(ScalarKind::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<ScalarKind, E> {
        Ok(ScalarKind::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<ScalarKind, E> {
        Ok(ScalarKind::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<ScalarKind, E> {
        Ok(ScalarKind::Signed(value))
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<ScalarKind, E> {
        Ok(ScalarKind::Float(value as f64))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<ScalarKind, E> {
        Ok(ScalarKind::Float(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<ScalarKind, E> {
        Ok(ScalarKind::Float(value))
    }

    fn visit_str<E: Error>(self, _value: &str) -> Result<ScalarKind, E> {
        Ok(ScalarKind::Text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Without the short cut.
    fn asked(text: &str) -> Option<ScalarKind> {
        serde_yaml::Deserializer::from_str(text).deserialize_any(Meaning).ok()
    }

    #[test]
    fn only_words_of_the_core_schema_and_numbers_mean_more_than_themselves() {
        let kinds = [
            ("~", ScalarKind::Null),
            ("NULL", ScalarKind::Null),
            ("True", ScalarKind::Bool(true)),
            ("false", ScalarKind::Bool(false)),
            ("0x1F", ScalarKind::Unsigned(31)),
            ("0o17", ScalarKind::Unsigned(15)),
            ("0b11", ScalarKind::Unsigned(3)),
            ("+5", ScalarKind::Unsigned(5)),
            ("-7", ScalarKind::Signed(-7)),
            ("1e3", ScalarKind::Float(1000.0)),
            (".5", ScalarKind::Float(0.5)),
            ("-.inf", ScalarKind::Float(f64::NEG_INFINITY)),
            ("18446744073709551616", ScalarKind::Float(18_446_744_073_709_551_616.0)),
        ];
        for (text, kind) in kinds {
            assert_eq!(meaning(text), kind, "{text}");
        }
        for text in ["yes", "on", "no", "off", "012", "1_000", "1:30", "2026-11-29", "-", "---", "...", "tRUE", "4GiB"]
        {
            assert_eq!(meaning(text), ScalarKind::Text, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_number_of_digits_is_what_it_is_asked_for(text in "[0-9]{1,20}") {
            prop_assert_eq!(Some(meaning(&text)), asked(&text));
        }

        #[test]
        fn what_is_not_asked_about_is_text(text in "[-+.~a-zA-Z0-9_x:/$]{1,12}") {
            prop_assume!(!may_mean_more_than_text(&text));
            // Alone, these are marks of a file.
            prop_assume!(!text.starts_with("---") && !text.starts_with("...") && !text.ends_with(':') && text != "-");
            prop_assert_eq!(asked(&text), Some(ScalarKind::Text));
        }
    }
}
