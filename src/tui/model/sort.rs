//! The order of the list and what its filter lets through. Worked out when something changes, never while drawing.

use std::cmp::{Ordering, Reverse};

use super::columns::Columns;
use super::{HeaderView, List, Model, Row};
use crate::protocol::Status;
use crate::text::{natural, width};

/// What the list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// What needs attention first: running, paused, not ok, waiting, ok.
    #[default]
    Status,
    /// The order of the experiment file.
    Plan,
    /// The name, with numbers in it compared as numbers.
    Name,
    /// The part of the goal that is done, most first.
    Progress,
    /// The run time of the last attempt, longest first.
    Elapsed,
    /// A watched stat, largest first.
    Stat(usize),
    /// A column that the user added, largest first.
    Added(usize),
}

impl Sort {
    /// The next one, with `stats` watched stats and `added` columns to order by.
    #[must_use]
    pub fn after(self, stats: usize, added: usize) -> Self {
        match self {
            Self::Status => Self::Plan,
            Self::Plan => Self::Name,
            Self::Name => Self::Progress,
            Self::Progress => Self::Elapsed,
            Self::Elapsed if stats > 0 => Self::Stat(0),
            Self::Stat(at) if at + 1 < stats => Self::Stat(at + 1),
            Self::Elapsed | Self::Stat(_) if added > 0 => Self::Added(0),
            Self::Added(at) if at + 1 < added => Self::Added(at + 1),
            Self::Elapsed | Self::Stat(_) | Self::Added(_) => Self::Status,
        }
    }

    /// The word for the title.
    pub fn word(self, header: Option<&HeaderView>, columns: &Columns) -> String {
        match self {
            Self::Status => "status".to_owned(),
            Self::Plan => "plan".to_owned(),
            Self::Name => "name".to_owned(),
            Self::Progress => "progress".to_owned(),
            Self::Elapsed => "elapsed".to_owned(),
            Self::Added(at) => columns.titles.get(at).map_or_else(|| "stat".to_owned(), ToString::to_string),
            Self::Stat(at) => {
                header.and_then(|h| h.titles.get(at)).map_or_else(|| "stat".to_owned(), ToString::to_string)
            }
        }
    }
}

/// Works out the order of the list anew, and keeps the selection on its simulation. A selected simulation that is no
/// longer in the list gives the selection to the one that took its place.
pub fn arrange(model: &mut Model) {
    let list = &mut model.list;
    let filter = Filter::new(&list.filter);
    let mut order: Vec<u32> = list.rows.iter().filter(|(_, row)| filter.lets_through(row)).map(|(id, _)| *id).collect();
    // The rows come in the order of the plan, and the sort is stable.
    if list.sort != Sort::Plan {
        let mut keyed: Vec<(&Row, u32)> = order.iter().map(|id| (&list.rows[id], *id)).collect();
        keyed.sort_by(|(a, _), (b, _)| compare(list.sort, &model.columns, a, b));
        order = keyed.into_iter().map(|(_, id)| id).collect();
    }
    list.order = order;
    list.keep_selection();
    list.name_width = list.rows.values().map(|row| width::width(&row.name)).max().unwrap_or(0);
    list.parameters_width = list.rows.values().map(|row| width::width(&row.parameters)).max().unwrap_or(0);
    list.status_width = list.rows.values().map(|row| row.view.status.word().len()).max().unwrap_or(0);
    let failed = |row: &&Row| row.view.status.ended().is_some_and(|kind| !kind.is_ok());
    list.cause_width = list.rows.values().filter(failed).map(|row| width::width(&row.reason)).max().unwrap_or(0);
    list.measured = list.rows.values().any(|row| row.view.host.is_some());
    list.retried = list.rows.values().any(|row| row.view.attempts.len() > 1);
}

impl List {
    /// Where the selected simulation stands.
    pub fn position(&self) -> Option<usize> {
        let selected = self.selected?;
        // It rarely moves, so look where it was first.
        if self.order.get(self.at) == Some(&selected) {
            return Some(self.at);
        }
        self.order.iter().position(|id| *id == selected)
    }

    /// Selects the simulation at a position of the list.
    pub fn select_at(&mut self, at: usize) {
        self.at = at.min(self.order.len().saturating_sub(1));
        self.selected = self.order.get(self.at).copied();
    }

    fn keep_selection(&mut self) {
        if !self.chosen {
            return self.select_at(0);
        }
        match self.position() {
            Some(at) => self.at = at,
            None => self.select_at(self.at),
        }
    }
}

fn compare(sort: Sort, columns: &Columns, a: &Row, b: &Row) -> Ordering {
    match sort {
        Sort::Plan => Ordering::Equal,
        Sort::Status => rank(&a.view.status).cmp(&rank(&b.view.status)),
        Sort::Name => natural::compare(&a.name, &b.name),
        Sort::Progress => largest_first(a.view.progress.fraction, b.view.progress.fraction),
        Sort::Elapsed => Reverse(a.view.elapsed.ms).cmp(&Reverse(b.view.elapsed.ms)),
        Sort::Added(at) => largest_first(columns.value(a.view.id, at), columns.value(b.view.id, at)),
        Sort::Stat(at) => {
            let value = |row: &Row| row.view.values.get(at).copied().flatten();
            largest_first(value(a), value(b))
        }
    }
}

/// Rows without a value come last.
fn largest_first(a: Option<f64>, b: Option<f64>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

fn rank(status: &Status) -> u8 {
    match status {
        Status::Stopping { .. } => 0,
        Status::Running { .. } | Status::Launching => 1,
        Status::Paused => 2,
        Status::Ended { outcome } if !outcome.kind.is_ok() => 3,
        Status::Backoff { .. } => 4,
        Status::Queued => 5,
        Status::Blocked => 6,
        Status::Ended { .. } => 7,
    }
}

/// Words that must all be found in a row, or must not be when `!` stands before them. Capitals in a word make it
/// case-sensitive.
#[derive(Debug)]
struct Filter {
    words: Vec<Word>,
}

#[derive(Debug)]
struct Word {
    text: String,
    wanted: bool,
    any_case: bool,
}

impl Filter {
    fn new(text: &str) -> Self {
        let word = |word: &str| {
            let (wanted, text) = match word.strip_prefix('!') {
                Some(rest) => (false, rest),
                None => (true, word),
            };
            Word { text: text.to_owned(), wanted, any_case: !text.chars().any(char::is_uppercase) }
        };
        Self { words: text.split_whitespace().map(word).filter(|word| !word.text.is_empty()).collect() }
    }

    fn lets_through(&self, row: &Row) -> bool {
        self.words.iter().all(|word| word.is_in(row) == word.wanted)
    }
}

impl Word {
    fn is_in(&self, row: &Row) -> bool {
        let texts = [row.name.as_str(), row.view.status.word(), row.reason.as_str(), row.parameters.as_str()];
        texts.iter().any(|text| contains(text, &self.text, self.any_case))
    }
}

/// Whether a text contains a word, smart case.
pub fn contains(text: &str, word: &str, any_case: bool) -> bool {
    if any_case { text.to_lowercase().contains(word) } else { text.contains(word) }
}
