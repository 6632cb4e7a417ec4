//! How the word under the cursor may go on.

use std::ops::Range;

use super::words::{Operator, Piece, Words};
use super::{NAMED, Vocabulary, keys, states};
use crate::text::natural;

/// More ways than this help nobody.
const MOST: usize = 200;

/// What may stand in the place of a part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Completion {
    /// The part, in bytes.
    pub at: Range<usize>,
    /// What may stand there, the likeliest first; none where nothing is known.
    pub ways: Vec<String>,
}

/// How the word at `cursor`, in bytes, may go on. `values` tells the values of a parameter.
pub(crate) fn complete(
    text: &str,
    cursor: usize,
    vocabulary: &Vocabulary,
    values: impl Fn(&str) -> Vec<String>,
) -> Completion {
    let typed = text.get(..cursor).unwrap_or(text);
    let nothing =
        Completion { at: typed.len()..typed.len(), ways: [named(vocabulary, ""), keys(vocabulary, "")].concat() };
    let mut words = Words::new(typed, vocabulary);
    let mut last: Option<Vec<Piece>> = None;
    while let Some((_, pieces)) = words.next_term() {
        last = Some(pieces);
    }
    // Behind a space begins another word; behind a bar another value.
    let (ends_term, ends_value) = (typed.ends_with(char::is_whitespace), typed.ends_with('|'));
    let Some(pieces) = last.filter(|_| !ends_term) else { return nothing };
    let Some(piece) = pieces.last() else { return nothing };
    let key = pieces.iter().rev().find_map(|piece| piece.key.as_ref());
    let at = if ends_value { typed.len()..typed.len() } else { piece.value_at.clone() };
    let value = if ends_value { "" } else { piece.value.as_str() };
    if piece.key.is_none() && value.starts_with(NAMED) {
        return Completion { at, ways: named(vocabulary, value) };
    }
    let Some(key) = key else {
        return Completion { at, ways: keys(vocabulary, value) };
    };
    let of_key = match keys::key(&key.name, vocabulary) {
        Some(keys::Key::Is) => states::words().map(|(word, _)| word.to_owned()).collect(),
        Some(keys::Key::Parameter(name)) => {
            let mut values = values(&name);
            values.sort_by(|a, b| natural::compare(a, b));
            values.dedup();
            values
        }
        _ => Vec::new(),
    };
    let fits = |way: &String| begins(way, value);
    let ways = of_key.into_iter().filter(fits).take(MOST).map(|way| quoted(&way)).collect();
    Completion { at, ways }
}

/// Filters with a name that begins so.
fn named(vocabulary: &Vocabulary, typed: &str) -> Vec<String> {
    let names = vocabulary.named.keys().map(|name| format!("{NAMED}{name}"));
    names.filter(|name| begins(name, typed)).take(MOST).collect()
}

/// Keys that begin so, each with the operator that is used most.
fn keys(vocabulary: &Vocabulary, typed: &str) -> Vec<String> {
    let known = keys::keys(vocabulary).filter(|known| begins(known, typed));
    let keys = known.map(|known| {
        let operator = match keys::key(known, vocabulary) {
            Some(keys::Key::Is | keys::Key::Text(_)) => Operator::Has,
            Some(keys::Key::Parameter(_)) | None => Operator::Is,
            Some(keys::Key::Stat(_) | keys::Key::Figure(_)) => Operator::Greater,
        };
        let sign = match operator {
            Operator::Has => ":",
            Operator::Is => "=",
            _ => ">",
        };
        format!("{known}{sign}")
    });
    let mut ways: Vec<String> = keys.take(MOST).collect();
    let mut seen = std::collections::BTreeSet::new();
    ways.retain(|way| seen.insert(way.clone()));
    ways
}

fn begins(word: &str, typed: &str) -> bool {
    word.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed))
}

/// A value with spaces or bars stands in quotes.
pub(crate) fn quoted(value: &str) -> String {
    let is_plain = !value.is_empty()
        && !value.contains(|c: char| c.is_whitespace() || c == '|' || c == '*' || c == '?' || c == '[');
    if is_plain { value.to_owned() } else { format!("\"{value}\"") }
}
