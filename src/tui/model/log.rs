//! The log: which file, where in it, and what is searched for.

use std::path::PathBuf;

use regex::bytes::Regex;

use crate::text::Safe;
use crate::tui::reading::LogReading;

/// Where the visible part of the log begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Top {
    /// The last line is at the bottom, also when more lines come.
    #[default]
    End,
    /// At a line.
    At {
        /// The offset of the line in the file, bytes.
        offset: u64,
        /// The row of the wrapped line, counted from zero.
        row: usize,
    },
}

/// Which file of an attempt the log shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LogFileChoice {
    /// Standard output.
    #[default]
    Simout,
    /// Standard error.
    Simerr,
    /// Another file, relative to the attempt's directory.
    Other(PathBuf),
}

/// The log.
#[derive(Debug, Default)]
pub struct Log {
    /// Which file.
    pub choice: LogFileChoice,
    /// Whether the user chose it. Until then it is the one that tells most.
    pub chosen: bool,
    /// Where the visible part begins.
    pub top: Top,
    /// The first visible column.
    pub column: usize,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// The lines around the visible part.
    pub reading: Option<LogReading>,
    /// How many lines there were when following stopped.
    pub lines_at_stop: Option<u64>,
    /// What is searched for.
    pub search: Option<Search>,
    /// A line to bring into the upper third of the screen as soon as it has been read.
    pub centre: Option<u64>,
    /// The line that another view pointed at.
    pub pointed: Option<u64>,
    /// The number of the last search request, so that late answers are told from wanted ones.
    pub searches: u64,
}

/// A search in the log.
#[derive(Debug, Clone)]
pub struct Search {
    /// What the user typed.
    pub text: Safe,
    /// What it means.
    pub regex: Regex,
    /// The request that is under way.
    pub request: Option<SearchRequest>,
    /// The line that was found last.
    pub found: Option<u64>,
}

/// What the reader shall look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchRequest {
    /// Tells this request from earlier ones.
    pub id: u64,
    /// Where to begin, bytes.
    pub from: u64,
    /// Towards the end of the file.
    pub forward: bool,
    /// Begin behind the line at `from`, not at it.
    pub after: bool,
}
