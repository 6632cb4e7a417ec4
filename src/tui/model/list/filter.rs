//! What the filter of the list asks of a row. Its language is that of [`crate::protocol::filter`].

use std::collections::BTreeMap;

use super::super::{Columns, Row};
use crate::protocol::SimView;
use crate::protocol::filter::{Filter, Subject, Vocabulary};
use crate::text::Safe;

/// The filter, with what there is to ask for.
#[derive(Debug, Default)]
pub(super) struct ListFilter {
    filter: Filter,
    vocabulary: Vocabulary,
    /// How many of the stats the experiment watches. The user has added the others.
    watched: usize,
}

impl ListFilter {
    /// Reads a filter.
    pub(super) fn set(&mut self, text: &str) {
        self.filter = Filter::new(text, &self.vocabulary);
    }

    /// Takes what parameters there are. Says whether the filter may mean something else now.
    pub(super) fn set_parameters(&mut self, parameters: Vec<String>) -> bool {
        let is_other = self.vocabulary.parameters != parameters;
        self.vocabulary.parameters = parameters;
        self.read_again(is_other)
    }

    /// Takes the filters that have a name. Says whether the filter may mean something else now.
    pub(super) fn set_named(&mut self, named: BTreeMap<String, String>) -> bool {
        let is_other = self.vocabulary.named != named;
        self.vocabulary.named = named;
        self.read_again(is_other)
    }

    /// Takes the titles of the columns of stats. Says whether the filter may mean something else now.
    pub(super) fn set_stats(&mut self, watched: &[Safe], added: &[Safe]) -> bool {
        let stats: Vec<String> = watched.iter().chain(added).map(ToString::to_string).collect();
        let is_other = self.vocabulary.stats != stats || self.watched != watched.len();
        self.vocabulary.stats = stats;
        self.watched = watched.len();
        self.read_again(is_other)
    }

    fn read_again(&mut self, is_other: bool) -> bool {
        let reads = is_other && !self.filter.text().is_empty();
        if reads {
            self.filter = Filter::new(self.filter.text(), &self.vocabulary);
        }
        reads
    }

    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    pub(super) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    pub(super) fn lets_through(&self, row: &Row, columns: &Columns) -> bool {
        #[cfg(test)]
        super::super::work::FILTERED.with(|count| count.set(count.get() + 1));
        self.filter.lets_through(&Asked { row, columns, watched: self.watched })
    }
}

/// A row with the columns beside it.
struct Asked<'r> {
    row: &'r Row,
    columns: &'r Columns,
    watched: usize,
}

impl Subject for Asked<'_> {
    fn view(&self) -> &SimView {
        &self.row.view
    }

    fn texts(&self) -> [&str; 5] {
        self.row.texts()
    }

    fn lower(&self) -> &str {
        self.row.lower()
    }

    fn stat(&self, at: usize) -> Option<f64> {
        match at.checked_sub(self.watched) {
            None => self.row.view.values.get(at).copied().flatten(),
            Some(added) => self.columns.value(self.row, added),
        }
    }
}
