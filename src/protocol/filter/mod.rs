//! What a person wants to see of a list of simulations, in the words of the screen.
//!
//! ```text
//! is:failed                 a state, in the words of the header and of the rows; so does `failed` alone
//! l2=1MiB  l2:1MiB|2MiB     a parameter has this value, or one of them; sizes by what they are
//! ipc>0.8  wall>2h  try>1   a stat by the title of its column, or a fact of the simulation
//! name:chase*  why:"no way" a text that all rows have
//! chase                     any text of the row has it; capitals make it case-sensitive
//! "two words"  !x  a|b      as one text; not; or
//! @slow                     a filter that was given this name
//! ```
//!
//! Terms stand side by side, and a row must fit all of them. What the user calls something goes first: a parameter `cores` is meant by
//! `cores>2`, although there is a fact of that name.
//!
//! A text is read once ([`Filter::new`]), with the [`Vocabulary`] of what there is to ask for, and then each row is tested alone. A
//! term that cannot be understood lets everything through and is a [`Problem`] with its place, so that a filter can be used while it
//! is typed. A value that a row does not have fits no comparison.
//!
//! `parse` reads, `terms` tests, `states` and `facts` have the words, `complete` tells how a word may go on.

mod complete;
mod facts;
mod keys;
mod parse;
mod states;
mod terms;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;
use std::ops::Range;

/// What stands before the name of a filter.
pub(crate) const NAMED: char = '@';

/// Whether a filter can be called so: without a character that would end the word.
pub(crate) fn can_be_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

pub(crate) use complete::{Completion, complete};
use terms::Term;

use super::SimView;

/// What can be asked for beside what every list has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Vocabulary {
    /// The names of the parameters that simulations have.
    pub parameters: Vec<String>,
    /// The titles of the columns of stats, in the order of [`Subject::stat`].
    pub stats: Vec<String>,
    /// Filters that were given a name.
    pub named: BTreeMap<String, String>,
}

/// A row of a list.
pub(crate) trait Subject {
    /// The simulation.
    fn view(&self) -> &SimView;
    /// All texts of its row, its name first.
    fn texts(&self) -> [&str; 5];
    /// The same, each on a line of its own, in lower case.
    fn lower(&self) -> &str;
    /// The value of a stat, by its place in [`Vocabulary::stats`].
    fn stat(&self, at: usize) -> Option<f64>;
}

/// A part of a filter that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
    /// Why, as a phrase.
    pub why: String,
}

/// A filter that was read.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    text: String,
    terms: Vec<Term>,
    problems: Vec<Problem>,
}

impl Filter {
    /// Reads what was typed.
    pub(crate) fn new(text: &str, vocabulary: &Vocabulary) -> Self {
        let (terms, problems) = parse::parse(text, vocabulary);
        Self { text: text.to_owned(), terms, problems }
    }

    /// What was typed.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets everything through.
    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The first part that is not understood.
    pub(crate) fn problem(&self) -> Option<&Problem> {
        self.problems.first()
    }

    /// Whether it asks for a stat.
    pub(crate) fn asks_for_stats(&self) -> bool {
        self.terms.iter().any(Term::asks_for_stats)
    }

    /// Whether a row fits.
    pub(crate) fn lets_through(&self, row: &impl Subject) -> bool {
        self.terms.iter().all(|term| term.fits(row))
    }
}
