//! The log: which file, where in it, and what is searched for.
//!
//! A place in the log is the offset of a line and a row of that line when it is wrapped. Its number is known only once all
//! lines before it have been counted; offsets work in a file of any size.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::rundir::{AttemptDir, LinePattern};
use crate::text::Safe;
use crate::tui::reading::{CopyWant, LogLine, LogReading, Seek, Sought, TallyReading, Top};
use crate::tui::widgets::logview;

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

impl LogFileChoice {
    /// The choice of the file at this path.
    pub fn of(attempt: &AttemptDir, path: &Path) -> Self {
        match path {
            path if path == attempt.simout() => Self::Simout,
            path if path == attempt.simerr() => Self::Simerr,
            path => Self::Other(path.strip_prefix(attempt.path()).unwrap_or(path).to_owned()),
        }
    }
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
    /// Whether lines that repeat are shown one by one, and not folded.
    pub unfolded: bool,
    /// The lines around the visible part.
    pub reading: Option<LogReading>,
    /// How many lines there were when following stopped.
    pub lines_at_stop: Option<u64>,
    /// Which lines are shown; none are all.
    pub filter: Option<LogFilter>,
    /// What is searched for.
    pub search: Option<Search>,
    /// The line that is being looked for.
    pub seeking: Option<Seeking>,
    /// The number of the last search.
    pub searches: u64,
    /// The number of the last line that was looked for, so that late answers are told from wanted ones.
    pub seeks: u64,
    /// A line to bring into the upper third of the screen as soon as it has been read.
    pub centre: Option<u64>,
    /// The letter of a mark is waited for, to do this.
    pub awaited: Option<Awaited>,
    /// The marks of each file, by its path: the lines that letters stand for.
    pub marks: BTreeMap<PathBuf, BTreeMap<char, u64>>,
    /// A range that is being read to be copied.
    pub copying: Option<CopyWant>,
    /// The number of the last one.
    pub copies: u64,
    /// The line that another view pointed at.
    pub pointed: Option<u64>,
}

/// What is done with a mark once its letter has been typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited {
    /// The line that is looked at gets it.
    Mark,
    /// Its line is gone to.
    Jump,
    /// What is between its line and the one that is looked at is copied.
    Copy,
}

/// Which lines are shown.
#[derive(Debug, Clone)]
pub struct LogFilter {
    /// What the user typed.
    pub text: Safe,
    /// Its number, so that late readings are told from wanted ones.
    pub id: u64,
    /// What a line must match.
    pub pattern: LinePattern,
    /// How many do, once that is being counted.
    pub tally: Option<TallyReading>,
}

/// A search in the log.
#[derive(Debug, Clone)]
pub struct Search {
    /// What the user typed.
    pub text: Safe,
    /// Its number, so that late counts are told from wanted ones.
    pub id: u64,
    /// What it means.
    pub pattern: LinePattern,
    /// Whether it began towards the beginning.
    pub backwards: bool,
    /// What was found last.
    pub found: Found,
    /// How many lines match, once that is being counted.
    pub tally: Option<TallyReading>,
}

/// What a search has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing that is known of.
    Unknown,
    /// This line.
    Line(u64),
    /// That no line matches.
    Nothing,
}

impl Search {
    /// The line that was found last.
    pub fn line(&self) -> Option<u64> {
        match self.found {
            Found::Line(line) => Some(line),
            Found::Unknown | Found::Nothing => None,
        }
    }
}

/// A line that is being looked for.
#[derive(Debug, Clone)]
pub struct Seeking {
    /// What was asked for.
    pub seek: Seek,
    /// How much of the file has been looked at, of one, once it takes long.
    pub part: Option<f64>,
}

impl Log {
    /// Looks for a line, and for no other one any more.
    pub fn seek(&mut self, sought: Sought) {
        self.seeks += 1;
        self.seeking = Some(Seeking { seek: Seek { id: self.seeks, sought }, part: None });
    }

    /// What matches a pattern among the lines that are shown.
    pub fn among_shown(&self, pattern: &LinePattern) -> LinePattern {
        let pattern = pattern.clone();
        match &self.filter {
            Some(filter) => pattern.within(&filter.pattern),
            None => pattern,
        }
    }

    /// Whether lines that repeat are folded. Those that a filter shows are not: what repeats there need not stand together.
    pub fn folds(&self) -> bool {
        !self.unfolded && self.filter.is_none()
    }

    /// How many lines could be shown, once they are counted.
    pub fn shown_lines(&self) -> Option<u64> {
        match &self.filter {
            Some(filter) => filter.tally.filter(|tally| tally.is_all).map(|tally| tally.lines),
            None => self.reading.as_ref().filter(|reading| reading.all_counted).map(|reading| reading.counted),
        }
    }

    /// Forgets the places of a file that is not shown any more.
    pub fn forget_places(&mut self) {
        self.column = 0;
        self.lines_at_stop = None;
        self.seeking = None;
        self.awaited = None;
        self.copying = None;
        self.centre = None;
        self.pointed = None;
        self.reading = None;
        if let Some(search) = &mut self.search {
            search.found = Found::Unknown;
            search.tally = None;
        }
        if let Some(filter) = &mut self.filter {
            filter.tally = None;
        }
    }
}

/// A row of the log: the index of a line in the reading, and the row of that line.
pub type Place = (usize, usize);

/// The first visible row, in an area of this size.
pub fn first_visible(log: &Log, reading: &LogReading, width: usize, height: usize) -> Place {
    match log.top {
        Top::End => last_page(log, reading, width, height),
        Top::At { offset, row } => {
            let at = place_of(reading, offset);
            if at >= reading.lines.len() {
                return last_page(log, reading, width, height);
            }
            (at, row.min(rows_of(log, reading, at, width).saturating_sub(1)))
        }
    }
}

/// The index of the line that shows the line at `offset`, or of the next one.
pub fn place_of(reading: &LogReading, offset: u64) -> usize {
    let behind = reading.lines.partition_point(|line| line.offset <= offset);
    let is_shown = |at: &usize| reading.lines.get(*at).is_some_and(|line| line.shows(offset));
    behind.checked_sub(1).filter(is_shown).unwrap_or(behind)
}

/// The line that shows the line at `offset`, if that has been read.
pub fn line_at(reading: &LogReading, offset: u64) -> Option<&LogLine> {
    reading.lines.get(place_of(reading, offset)).filter(|line| line.shows(offset))
}

/// The first row of the last page.
pub fn last_page(log: &Log, reading: &LogReading, width: usize, height: usize) -> Place {
    let mut left = height.max(1);
    for at in (0..reading.lines.len()).rev() {
        let rows = rows_of(log, reading, at, width);
        if rows >= left {
            return (at, rows - left);
        }
        left -= rows;
    }
    (0, 0)
}

fn rows_of(log: &Log, reading: &LogReading, at: usize, width: usize) -> usize {
    if log.wrap { reading.lines.get(at).map_or(1, |line| logview::row_count(&line.line, width)) } else { 1 }
}

/// Moves a place by rows, within the lines that have been read.
pub fn moved(log: &Log, reading: &LogReading, from: Place, by: isize, width: usize) -> Place {
    let (mut at, mut row) = from;
    let mut left = by.unsigned_abs();
    while left > 0 {
        if by < 0 {
            if row > 0 {
                row -= 1;
            } else if at > 0 {
                at -= 1;
                row = rows_of(log, reading, at, width) - 1;
            } else {
                break;
            }
        } else if row + 1 < rows_of(log, reading, at, width) {
            row += 1;
        } else if at + 1 < reading.lines.len() {
            at += 1;
            row = 0;
        } else {
            break;
        }
        left -= 1;
    }
    (at, row)
}

/// The number of the line at a place, counted from 1, if lines are counted so far.
pub fn number_of(reading: &LogReading, (at, _): Place) -> Option<u64> {
    if let Some(number) = reading.lines.get(at).and_then(|line| line.number) {
        return Some(number);
    }
    let behind = reading.lines.get(1..=at).unwrap_or_default();
    let begun = behind.iter().filter(|line| !line.continues).count() as u64;
    let folds = reading.lines.iter().take(at).filter_map(|line| line.fold);
    let folded: u64 = folds.map(|fold| fold.lines.saturating_sub(1)).sum();
    Some(reading.number? + begun + folded)
}

/// How many lines have come since following stopped.
pub fn new_lines(log: &Log) -> Option<u64> {
    if log.top == Top::End {
        return None;
    }
    // The count of all lines may be behind, and is then told as far as it goes.
    let counted = match &log.filter {
        Some(filter) => filter.tally?.lines,
        None => log.reading.as_ref()?.counted,
    };
    Some(counted.saturating_sub(log.lines_at_stop?)).filter(|new| *new > 0)
}
