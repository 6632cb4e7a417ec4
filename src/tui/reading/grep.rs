//! A search through the logs of many simulations.

use std::path::PathBuf;
use std::sync::Arc;

use crate::rundir::LinePattern;
use crate::text::Safe;

/// Logs that are searched.
#[derive(Debug, Clone)]
pub struct GrepWant {
    /// Tells this search from earlier ones.
    pub id: u64,
    /// What a line must match.
    pub pattern: LinePattern,
    /// Whose logs.
    pub targets: Arc<Vec<GrepTarget>>,
}

/// A simulation whose logs are searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrepTarget {
    /// Its name.
    pub name: String,
    /// The directory of the attempt.
    pub attempt: PathBuf,
}

/// What was found since the last answer.
#[derive(Debug)]
pub struct GrepReading {
    /// The id of the search.
    pub id: u64,
    /// The simulations in whose logs something was found.
    pub hits: Vec<GrepHit>,
    /// How many simulations have been searched in all.
    pub searched: usize,
    /// How many files could not be read since the last answer.
    pub unread: usize,
    /// Whether that was all.
    pub is_over: bool,
}

/// What was found in the logs of one simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrepHit {
    /// Its name.
    pub name: String,
    /// The directory of the attempt.
    pub attempt: PathBuf,
    /// How many lines match.
    pub lines: u64,
    /// The file of the first one, relative to the directory of the attempt.
    pub file: PathBuf,
    /// Where that line begins in it.
    pub offset: u64,
    /// Its number, counted from 1.
    pub number: u64,
    /// Its text.
    pub text: Safe,
}
