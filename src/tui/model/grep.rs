//! The lines of all logs of the sweep that match: which simulations have some.

use std::path::PathBuf;
use std::sync::Arc;

use crate::rundir::LinePattern;
use crate::text::Safe;
use crate::tui::reading::{GrepHit, GrepTarget, GrepWant};

/// What was searched for in all logs, and what was found. It stays when its list is closed.
#[derive(Debug, Default)]
pub struct Grep {
    /// The search; none before the first one.
    pub search: Option<GrepSearch>,
    /// The number of the last search, so that late answers are told from wanted ones.
    pub searches: u64,
    /// The line to show as soon as its attempt is on the screen.
    pub going: Option<Going>,
}

/// A search in all logs.
#[derive(Debug)]
pub struct GrepSearch {
    /// Its number.
    pub id: u64,
    /// What the user typed.
    pub text: Safe,
    /// What it means.
    pub pattern: LinePattern,
    /// Whose logs are searched.
    pub targets: Arc<Vec<GrepTarget>>,
    /// The simulations in whose logs something was found, in the order in which they were searched.
    pub hits: Vec<GrepHit>,
    /// The cursor.
    pub at: usize,
    /// How many simulations have been searched.
    pub searched: usize,
    /// Whether the search goes on.
    pub runs: bool,
    /// How many files could not be read.
    pub unread: usize,
}

/// A line that is about to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Going {
    /// The directory of its attempt.
    pub attempt: PathBuf,
    /// The file, relative to that.
    pub file: PathBuf,
    /// Where the line begins.
    pub line: u64,
}

impl Grep {
    /// What the reader shall search.
    pub fn want(&self) -> Option<GrepWant> {
        let search = self.search.as_ref().filter(|search| search.runs)?;
        let (pattern, targets) = (search.pattern.clone(), Arc::clone(&search.targets));
        Some(GrepWant { id: search.id, pattern, targets })
    }
}

impl GrepSearch {
    /// How many lines match, as far as is known.
    pub fn lines(&self) -> u64 {
        self.hits.iter().map(|hit| hit.lines).sum()
    }
}
