//! What the list can be ordered by.

use std::cmp::Ordering;

use super::{Columns, HeaderView, Row};
use crate::protocol::Status;

/// What the list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// What needs attention first: running, paused, failed, waiting, cancelled, ok.
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

/// How two rows stand to each other. Those that are equal otherwise stay in the order of the plan, so no two are equal.
pub(super) fn compare(sort: Sort, columns: &Columns, a: &Row, b: &Row) -> Ordering {
    #[cfg(test)]
    super::work::COMPARED.with(|count| count.set(count.get() + 1));
    let order = match sort {
        Sort::Plan => Ordering::Equal,
        Sort::Status => rank(&a.view.status).cmp(&rank(&b.view.status)),
        Sort::Name => a.name_key().cmp(b.name_key()).then_with(|| a.name.cmp(&b.name)),
        Sort::Progress => largest_first(a.view.progress.fraction, b.view.progress.fraction),
        Sort::Elapsed => b.view.elapsed.ms.cmp(&a.view.elapsed.ms),
        Sort::Added(at) => largest_first(columns.value(a, at), columns.value(b, at)),
        Sort::Stat(at) => {
            let value = |row: &Row| row.view.values.get(at).copied().flatten();
            largest_first(value(a), value(b))
        }
    };
    order.then_with(|| a.view.id.cmp(&b.view.id))
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
        Status::Ended { outcome } if outcome.kind.is_failure() => 3,
        Status::Backoff { .. } => 4,
        Status::Queued | Status::Submitted => 5,
        Status::Blocked => 6,
        Status::Ended { outcome } if !outcome.kind.is_ok() => 7,
        Status::Ended { .. } => 8,
    }
}
