//! What the word before an operator means.

use super::Vocabulary;
use super::facts::{FIGURES, Figure, TEXTS, TextFact};

/// What a key means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// A state.
    Is,
    /// A parameter, by its name.
    Parameter(String),
    /// A stat, by its place.
    Stat(usize),
    /// A text.
    Text(TextFact),
    /// A number.
    Figure(Figure),
}

/// What a key means: what the user calls something goes first, as it is written before in any case.
pub(super) fn key(name: &str, vocabulary: &Vocabulary) -> Option<Key> {
    if name == "is" {
        return Some(Key::Is);
    }
    let Vocabulary { parameters, stats, .. } = vocabulary;
    let parameter = |same: &dyn Fn(&str) -> bool| {
        parameters.iter().find(|known| same(known)).map(|known| Key::Parameter(known.clone()))
    };
    let stat = |same: &dyn Fn(&str) -> bool| stats.iter().position(|known| same(known)).map(Key::Stat);
    let exact = |known: &str| known == name;
    let in_any_case = |known: &str| known.eq_ignore_ascii_case(name);
    // `missRate` for `l2.missRate`, where only one column is called so.
    let is_end = |known: &str| known.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case(name));
    let end = || if stats.iter().filter(|known| is_end(known)).count() == 1 { stat(&is_end) } else { None };
    let fact = || {
        let text = TEXTS.iter().find(|(known, _)| in_any_case(known)).map(|(_, fact)| Key::Text(*fact));
        let figure = || FIGURES.iter().find(|(known, _)| in_any_case(known)).map(|(_, fact)| Key::Figure(*fact));
        text.or_else(figure)
    };
    parameter(&exact)
        .or_else(|| stat(&exact))
        .or_else(|| parameter(&in_any_case))
        .or_else(|| stat(&in_any_case))
        .or_else(end)
        .or_else(fact)
}

/// Every key, as it is written.
pub(super) fn keys(vocabulary: &Vocabulary) -> impl Iterator<Item = &str> {
    let own = vocabulary.parameters.iter().chain(&vocabulary.stats).map(String::as_str);
    let facts = TEXTS.iter().map(|(word, _)| *word).chain(FIGURES.iter().map(|(word, _)| *word));
    ["is"].into_iter().chain(own).chain(facts)
}
