//! The terms of a filter that was read, and whether a row fits them.

use std::cmp::Ordering;

use super::Subject;
use super::facts::{Figure, TextFact};
use super::states::State;
use crate::experiment::ParameterValue;
use globset::GlobMatcher;

/// Alternatives of which a row must fit one, or none.
#[derive(Debug)]
pub(super) struct Term {
    pub(super) is_wanted: bool,
    pub(super) any: Vec<Test>,
}

/// One alternative.
#[derive(Debug)]
pub(super) enum Test {
    /// All of these fit.
    All(Vec<Term>),
    /// Any text of the row has this in it.
    Text(Text),
    /// It is in a state, or in none of it.
    State(State, bool),
    /// A text of the row is like this, or is not.
    Fact(TextFact, Like, bool),
    /// A parameter is like this, or is not.
    Parameter(String, Like, bool),
    /// A parameter as a number stands so to this one.
    Magnitude(String, Compare, f64),
    /// A stat stands so to this number.
    Stat(usize, Compare, f64),
    /// A fact stands so to this number.
    Figure(Figure, Compare, f64),
}

/// Text that is looked for. Without capitals in any case.
#[derive(Debug, Clone)]
pub(super) struct Text {
    text: String,
    any_case: bool,
}

/// What a value must be like.
#[derive(Debug)]
pub(super) enum Like {
    /// It has this in it.
    Has(Text),
    /// It is this.
    Is(Text),
    /// It fits this glob.
    Glob(Box<GlobMatcher>),
}

/// How two numbers must stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compare {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

impl Term {
    pub(super) fn fits(&self, row: &impl Subject) -> bool {
        self.any.iter().any(|test| test.fits(row)) == self.is_wanted
    }

    pub(super) fn asks_for_stats(&self) -> bool {
        self.any.iter().any(|test| match test {
            Test::All(terms) => terms.iter().any(Self::asks_for_stats),
            test => matches!(test, Test::Stat(..)),
        })
    }
}

impl Test {
    fn fits(&self, row: &impl Subject) -> bool {
        let parameter = |name: &str| {
            let parameters = &row.view().parameters;
            parameters.iter().find(|parameter| parameter.name == name).map(|parameter| &parameter.value)
        };
        match self {
            Self::All(terms) => terms.iter().all(|term| term.fits(row)),
            // Texts are on lines of their own and nobody types the end of one, so none is found across two of them.
            Self::Text(text) if text.any_case => row.lower().contains(&text.text),
            Self::Text(text) => row.texts().iter().any(|one| one.contains(&text.text)),
            Self::State(state, is_wanted) => state.is_of(row.view()) == *is_wanted,
            Self::Fact(fact, like, is_wanted) => like.fits(fact.of(row)) == *is_wanted,
            Self::Parameter(name, like, is_wanted) => {
                parameter(name).is_some_and(|value| like.fits_value(value) == *is_wanted)
            }
            Self::Magnitude(name, compare, than) => {
                parameter(name).and_then(ParameterValue::magnitude).is_some_and(|value| compare.holds(value, *than))
            }
            Self::Stat(at, compare, than) => row.stat(*at).is_some_and(|value| compare.holds(value, *than)),
            Self::Figure(figure, compare, than) => figure.of(row).is_some_and(|value| compare.holds(value, *than)),
        }
    }
}

impl Text {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), any_case: !text.chars().any(char::is_uppercase) }
    }

    fn is_in(&self, text: &str) -> bool {
        if self.any_case { text.to_lowercase().contains(&self.text) } else { text.contains(&self.text) }
    }

    fn is(&self, text: &str) -> bool {
        text == self.text || self.any_case && text.to_lowercase() == self.text
    }
}

impl Like {
    fn fits(&self, text: &str) -> bool {
        match self {
            Self::Has(part) => part.is_in(text),
            Self::Is(whole) => whole.is(text),
            Self::Glob(glob) => glob.is_match(text),
        }
    }

    fn fits_value(&self, value: &ParameterValue) -> bool {
        match self {
            Self::Is(whole) => value.is(&whole.text) || whole.is(value.as_written()),
            like => like.fits(value.as_written()),
        }
    }
}

impl Compare {
    fn holds(self, value: f64, than: f64) -> bool {
        let Some(order) = value.partial_cmp(&than) else { return false };
        match self {
            Self::Less => order == Ordering::Less,
            Self::LessOrEqual => order != Ordering::Greater,
            Self::Equal => order == Ordering::Equal,
            Self::NotEqual => order != Ordering::Equal,
            Self::GreaterOrEqual => order != Ordering::Less,
            Self::Greater => order == Ordering::Greater,
        }
    }
}
