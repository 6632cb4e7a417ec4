//! What passes between the dashboard and the thread that reads files.
//!
//! The dashboard says what it wants to see, all of it, each time that changes; the reader answers with what it found
//! and afterwards with every change. A wish that is replaced is simply no longer answered, so nothing has to be
//! cancelled and no answer can be taken for another.

mod grep;
mod results;
mod stat_lines;

use std::path::PathBuf;
use std::sync::Arc;

pub(crate) use grep::{GrepHit, GrepReading, GrepTarget, GrepWant};
pub(crate) use results::{
    Behind, Fact, FigureReading, Keep, ReadSheet, Refusal, ResultsReading, ResultsWant, Sheet, Shown,
};
pub(crate) use stat_lines::{
    BesideReading, BesideWant, ColumnTarget, ColumnsReading, ColumnsWant, CompareWant, Compared, DumpLine, History,
    StatLine, StatsReading, StatsWant, TreeRow, WatchedStat,
};

use crate::gem5::{Outcome, OutcomeKind};
use crate::rundir::record::{Exit, JobEnd, ResultRecord, Spec, Started, Submitted, Submitting};
use crate::rundir::{LinePattern, ListChoices};
use crate::text::{Safe, StyledLine};

/// A log, or those of its lines that are shown.
#[derive(Debug, Clone)]
pub struct LogText {
    /// The file.
    pub path: PathBuf,
    /// Which lines; none for all.
    pub filter: Option<LinePattern>,
}

/// What the dashboard wants to see.
#[derive(Debug, Clone, Default)]
pub struct Want {
    /// The directory of the attempt; none reads nothing.
    pub attempt: Option<PathBuf>,
    /// Whether the attempt still changes.
    pub live: bool,
    /// A part of a log.
    pub log: Option<LogWant>,
    /// The stats.
    pub stats: Option<StatsWant>,
    /// The list of files.
    pub files: bool,
    /// The records.
    pub info: bool,
    /// Why the attempt ended like this, from the ends of its logs.
    pub failure: Option<Outcome>,
    /// The columns that the user added, for many simulations.
    pub columns: Option<ColumnsWant>,
    /// The table of results.
    pub results: Option<Box<ResultsWant>>,
    /// A search in the logs of many simulations.
    pub grep: Option<GrepWant>,
}

/// A part of a log.
#[derive(Debug, Clone)]
pub struct LogWant {
    /// The file.
    pub path: PathBuf,
    /// Where the visible part begins.
    pub top: Top,
    /// How many lines before and after that to send. Scrolling by less than this needs no wait.
    pub margin: usize,
    /// What to look for.
    pub seek: Option<Seek>,
    /// What to count.
    pub tally: Option<TallyWant>,
    /// The lines to show; none are all.
    pub filter: Option<FilterWant>,
    /// Whether lines that repeat are folded. Those that a filter lets through are not.
    pub folds: bool,
    /// A range to copy.
    pub copy: Option<CopyWant>,
}

/// A range of lines that is to be copied, of those that are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyWant {
    /// Tells this range from earlier ones.
    pub id: u64,
    /// Where its first line begins.
    pub first: u64,
    /// Where its last line begins.
    pub last: u64,
    /// Whether that stands for all lines that are folded into it.
    pub folds: bool,
}

/// A range of lines for the clipboard.
#[derive(Debug)]
pub struct CopyReading {
    /// The id of the range.
    pub id: u64,
    /// The lines, and how many they are; or why they are not copied.
    pub text: Result<(Safe, u64), Safe>,
}

/// Lines that are shown alone.
#[derive(Debug, Clone)]
pub struct FilterWant {
    /// Tells this filter from earlier ones, and from searches.
    pub id: u64,
    /// What a line must match.
    pub pattern: LinePattern,
}

/// What has become of a filter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FilterReading {
    /// Its id.
    pub id: u64,
    /// How much of the file has been looked at, of one, while there may be more lines to show here; none once there are not.
    pub part: Option<f64>,
}

/// Lines that are counted.
#[derive(Debug, Clone)]
pub struct TallyWant {
    /// Tells this search from earlier ones.
    pub id: u64,
    /// What a line must match.
    pub pattern: LinePattern,
    /// The line whose place among them is wanted.
    pub at: Option<u64>,
}

/// How many lines match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TallyReading {
    /// The id of the search.
    pub id: u64,
    /// How many, as far as the file has been looked at.
    pub lines: u64,
    /// Whether that is all of it.
    pub is_all: bool,
    /// A line that matches, and how many do before it.
    pub place: Option<(u64, u64)>,
}

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

/// A line that the reader shall look for.
#[derive(Debug, Clone)]
pub struct Seek {
    /// Tells this request from earlier ones.
    pub id: u64,
    /// Which line.
    pub sought: Sought,
}

/// Which line is looked for.
#[derive(Debug, Clone)]
pub enum Sought {
    /// The next one that matches.
    Match(SearchRequest),
    /// The one with this number, counted from 1, or the last one.
    Line(u64),
    /// The one that this byte is in, counted from zero, or the last one.
    Byte(u64),
    /// The first one that tells of this tick or a later one.
    Tick(u64),
}

/// A search in a log.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// What the line must match.
    pub pattern: LinePattern,
    /// Where to begin, bytes.
    pub from: u64,
    /// Towards the end of the file.
    pub forward: bool,
    /// Begin behind the line at `from`, not at it.
    pub after: bool,
    /// Only lines that tell of something wrong: warnings and worse.
    pub only_severe: bool,
}

/// An answer.
#[derive(Debug)]
pub enum Reading {
    /// A part of a log.
    Log(LogReading),
    /// What became of a line that was looked for.
    Found(FoundReading),
    /// A line is still being looked for.
    Seeking {
        /// The id of the request.
        id: u64,
        /// How much of the file has been looked at, of one.
        part: f64,
    },
    /// How many lines match what is searched for.
    Tally(TallyReading),
    /// A range of a log.
    Copied(CopyReading),
    /// What was found in the logs of many simulations.
    Grep(GrepReading),
    /// The stats.
    Stats(Box<StatsReading>),
    /// The list of files.
    Files(FilesReading),
    /// The records.
    Info(Box<InfoReading>),
    /// Why the attempt ended.
    Failure(FailureReading),
    /// The added columns of one simulation.
    Columns(ColumnsReading),
    /// The table of results.
    Results(Box<ResultsReading>),
    /// A figure of the experiment file.
    Figure(Box<FigureReading>),
    /// A file was written or a view was kept; or why not.
    Kept {
        /// What became of it.
        text: Safe,
        /// Whether nothing was done.
        bad: bool,
    },
    /// How the list was arranged the last time.
    Recalled(ListChoices),
    /// Files are looked at by the clock alone.
    Polled(PolledReading),
}

/// What became of a line that was looked for.
#[derive(Debug)]
pub struct FoundReading {
    /// The id of the request.
    pub id: u64,
    /// Its offset, if there is one.
    pub line: Option<u64>,
    /// Whether the search went past an end of the file and began again at the other.
    pub wrapped: bool,
    /// The lines around it, so that they are shown without another question.
    pub around: Option<Box<LogReading>>,
}

/// The system gives no hints about changed files.
#[derive(Debug, Clone)]
pub struct PolledReading {
    /// The directory of the attempt.
    pub attempt: PathBuf,
    /// Why.
    pub why: Safe,
}

/// Whether there is something to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// There is.
    Present,
    /// There is no such file.
    Absent,
    /// There was one, and it has been removed.
    Gone,
    /// It cannot be read.
    Unreadable(Safe),
}

/// A part of a log.
#[derive(Debug, Clone)]
pub struct LogReading {
    /// The file.
    pub path: PathBuf,
    /// Whether there is something to read.
    pub state: FileState,
    /// Whole lines, in order, without gaps but those that a filter makes.
    pub lines: Vec<LogLine>,
    /// The filter.
    pub filter: Option<FilterReading>,
    /// Whether the first of them is the first of the file.
    pub from_start: bool,
    /// Whether the last of them is the last of the file.
    pub to_end: bool,
    /// The number of the first of them, counted from 1; none as long as lines are not counted so far.
    pub number: Option<u64>,
    /// Bytes in the file.
    pub bytes: u64,
    /// Lines in the file, or as many as have been counted.
    pub counted: u64,
    /// Whether all have been counted.
    pub all_counted: bool,
    /// Something that happened to the file, such as that it was truncated.
    pub event: Option<&'static str>,
    /// Every text that the attempt has written, once that has been looked up.
    pub outputs: Arc<Vec<OutputFile>>,
}

/// A text that an attempt has written, or is to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Its path, relative to the attempt's directory.
    pub path: PathBuf,
    /// The same as far as it tells, to show.
    pub name: Safe,
    /// Bytes; none while it is not there.
    pub bytes: Option<u64>,
    /// When it was written last, to show: local date and time.
    pub modified: Safe,
    /// Whether it is a log, and not a text of another kind, as `config.ini` is.
    pub is_log: bool,
}

/// A line of a log.
#[derive(Debug, Clone)]
pub struct LogLine {
    /// Where it begins in the file, bytes.
    pub offset: u64,
    /// Its text, with the colours that it sets itself.
    pub line: StyledLine,
    /// Whether it goes on from the line before: a very long line comes in pieces.
    pub continues: bool,
    /// How many bytes of it are not shown behind its text.
    pub left_out: u64,
    /// Its number, counted from 1, where that does not follow from the line before it.
    pub number: Option<u64>,
    /// The lines that it stands for, where it repeats.
    pub fold: Option<Fold>,
}

/// Lines that are the same and are shown as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    /// How many.
    pub lines: u64,
    /// Where the last of them begins.
    pub last: u64,
    /// Whether the line behind them is the same, too: they are too many to be looked at all at once.
    pub goes_on: bool,
}

impl LogLine {
    /// Whether the line that begins at this offset is this one, or is folded into it.
    pub fn shows(&self, offset: u64) -> bool {
        (self.offset..=self.fold.map_or(self.offset, |fold| fold.last)).contains(&offset)
    }
}

/// The files of an attempt.
#[derive(Debug, Clone)]
pub struct FilesReading {
    /// The directory of the attempt.
    pub attempt: PathBuf,
    /// Whether there is something to read.
    pub state: FileState,
    /// The files, in natural order.
    pub files: Vec<FileEntry>,
    /// Whether there are more than are listed.
    pub more: bool,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Its path, relative to the attempt's directory.
    pub path: PathBuf,
    /// The same, to show.
    pub name: Safe,
    /// Bytes.
    pub bytes: u64,
    /// When it was changed, milliseconds since the Unix epoch.
    pub modified_unix_ms: Option<i64>,
    /// The same, to show: local date and time.
    pub modified: Safe,
}

/// The records of an attempt.
#[derive(Debug, Clone)]
pub struct InfoReading {
    /// The directory of the attempt.
    pub attempt: PathBuf,
    /// What was to be launched.
    pub spec: Record<Spec>,
    /// Who runs.
    pub started: Record<Started>,
    /// How it ended.
    pub exit: Record<Exit>,
    /// How it was handed to a batch system.
    pub submitting: Record<Submitting>,
    /// As what that has it.
    pub submitted: Record<Submitted>,
    /// How it ended there.
    pub job_end: Record<JobEnd>,
    /// What a function returned or raised.
    pub result: Record<ResultRecord>,
}

/// The failure of an attempt, as its logs tell it.
#[derive(Debug, Clone)]
pub struct FailureReading {
    /// The directory of the attempt.
    pub attempt: PathBuf,
    /// The class of the outcome, which says what was looked for.
    pub kind: OutcomeKind,
    /// The file that the lines are from, relative to the attempt's directory; none when nothing was written.
    pub file: Option<PathBuf>,
    /// Whether the failure was found. Without it `before` holds the last lines of the log.
    pub found: bool,
    /// The lines before it.
    pub before: Vec<LogLine>,
    /// What it says.
    pub message: Vec<LogLine>,
    /// The frames.
    pub backtrace: Vec<LogLine>,
    /// The lines behind it.
    pub after: Vec<LogLine>,
}

/// A record that may be missing or unreadable.
#[derive(Debug, Clone)]
pub enum Record<T> {
    /// It is there.
    Present(Box<T>),
    /// It is not there.
    Absent,
    /// It cannot be understood.
    Broken(Safe),
}

impl<T> Record<T> {
    /// The record, if it is there.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Present(record) => Some(record),
            Self::Absent | Self::Broken(_) => None,
        }
    }

    /// Why it cannot be understood.
    pub fn broken(&self) -> Option<&Safe> {
        match self {
            Self::Broken(why) => Some(why),
            Self::Present(_) | Self::Absent => None,
        }
    }
}

impl Want {
    /// Whether two wants ask for the same. What is looked for is not compared: its id tells.
    pub fn same(&self, other: &Self) -> bool {
        let log = |want: &Self| {
            let tally = |tally: &TallyWant| (tally.id, tally.at);
            want.log.as_ref().map(|log| {
                let seek = log.seek.as_ref().map(|seek| seek.id);
                let filter = log.filter.as_ref().map(|filter| filter.id);
                let shown = (log.path.clone(), log.top, log.margin, log.folds);
                (shown, seek, log.tally.as_ref().map(tally), filter, log.copy.clone())
            })
        };
        self.attempt == other.attempt
            && self.live == other.live
            && self.stats == other.stats
            && self.files == other.files
            && self.info == other.info
            && self.failure == other.failure
            && self.columns == other.columns
            && self.results == other.results
            && self.grep.as_ref().map(|grep| grep.id) == other.grep.as_ref().map(|grep| grep.id)
            && log(self) == log(other)
    }
}
