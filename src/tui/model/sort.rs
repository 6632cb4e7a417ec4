//! What the list can be ordered by.

use std::cmp::Ordering;

use super::{Columns, HeaderView, Row};
use crate::experiment::ParameterValue;
use crate::protocol::Status;
use crate::text::natural;

/// What the list is ordered by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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
    /// How many attempts it has had, most first.
    Try,
    /// Cores in use, most first.
    Cores,
    /// Resident memory, most first.
    Rss,
    /// A parameter, smallest first: numbers and sizes by what they are, then texts.
    Parameter(String),
    /// A watched stat, largest first.
    Stat(usize),
    /// A column that the user added, largest first.
    Added(usize),
}

impl Sort {
    /// The next one of those that are used most, with `stats` watched stats and `added` columns to order by.
    #[must_use]
    pub fn after(&self, stats: usize, added: usize) -> Self {
        match *self {
            Self::Status => Self::Plan,
            Self::Plan => Self::Name,
            Self::Name => Self::Progress,
            Self::Progress => Self::Elapsed,
            Self::Elapsed if stats > 0 => Self::Stat(0),
            Self::Stat(at) if at + 1 < stats => Self::Stat(at + 1),
            Self::Elapsed | Self::Stat(_) if added > 0 => Self::Added(0),
            Self::Added(at) if at + 1 < added => Self::Added(at + 1),
            _ => Self::Status,
        }
    }

    /// Everything that a list can be ordered by.
    pub fn all(parameters: &[String], stats: usize, added: usize) -> Vec<Self> {
        let first =
            [Self::Status, Self::Plan, Self::Name, Self::Progress, Self::Elapsed, Self::Try, Self::Cores, Self::Rss];
        let parameters = parameters.iter().cloned().map(Self::Parameter);
        let stats = (0..stats).map(Self::Stat);
        first.into_iter().chain(parameters).chain(stats).chain((0..added).map(Self::Added)).collect()
    }

    /// The word for the title.
    pub fn word(&self, header: Option<&HeaderView>, columns: &Columns) -> String {
        match self {
            Self::Status => "status".to_owned(),
            Self::Plan => "plan".to_owned(),
            Self::Name => "name".to_owned(),
            Self::Progress => "progress".to_owned(),
            Self::Elapsed => "elapsed".to_owned(),
            Self::Try => "try".to_owned(),
            Self::Cores => "cores".to_owned(),
            Self::Rss => "RSS".to_owned(),
            Self::Parameter(name) => crate::text::Safe::line(name).into_string(),
            Self::Added(at) => columns.titles.get(*at).map_or_else(|| "stat".to_owned(), ToString::to_string),
            Self::Stat(at) => {
                header.and_then(|h| h.titles.get(*at)).map_or_else(|| "stat".to_owned(), ToString::to_string)
            }
        }
    }

    /// Whether the smallest comes first unless the order is turned round.
    pub fn is_ascending(&self) -> bool {
        matches!(self, Self::Status | Self::Plan | Self::Name | Self::Parameter(_))
    }
}

/// How two rows stand to each other, or the other way round if `reversed`. Those without a value come last both ways, and those that
/// are equal otherwise stay in the order of the plan, so no two are equal.
pub(super) fn compare(sort: &Sort, reversed: bool, columns: &Columns, a: &Row, b: &Row) -> Ordering {
    #[cfg(test)]
    super::work::COMPARED.with(|count| count.set(count.get() + 1));
    let way = |order: Ordering| if reversed { order.reverse() } else { order };
    let largest_first = |value: &dyn Fn(&Row) -> Option<f64>| match (value(a), value(b)) {
        (Some(a), Some(b)) => way(b.total_cmp(&a)),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    let order = match sort {
        Sort::Plan => return way(a.view.id.cmp(&b.view.id)),
        Sort::Status => way(rank(&a.view.status).cmp(&rank(&b.view.status))),
        Sort::Name => way(a.name_key().cmp(b.name_key()).then_with(|| a.name.cmp(&b.name))),
        Sort::Progress => largest_first(&|row| row.view.progress.fraction),
        Sort::Elapsed => way(b.view.elapsed.ms.cmp(&a.view.elapsed.ms)),
        Sort::Try => way(b.view.attempts_made().cmp(&a.view.attempts_made())),
        Sort::Cores => largest_first(&|row| row.view.host.and_then(|host| host.cores)),
        Sort::Rss => largest_first(&|row| row.view.host.map(|host| host.rss as f64)),
        Sort::Added(at) => largest_first(&|row| columns.value(row, *at)),
        Sort::Stat(at) => largest_first(&|row| row.view.values.get(*at).copied().flatten()),
        Sort::Parameter(name) => match (a.parameter(name), b.parameter(name)) {
            (Some(a), Some(b)) => way(compare_values(a, b)),
            (a, b) => b.is_some().cmp(&a.is_some()),
        },
    };
    order.then_with(|| a.view.id.cmp(&b.view.id))
}

/// Numbers and sizes by what they are, and before all else.
pub(super) fn compare_values(a: &ParameterValue, b: &ParameterValue) -> Ordering {
    match (a.magnitude(), b.magnitude()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => natural::compare(a.as_written(), b.as_written()),
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
