//! The stats of an attempt, as the reader hands them over.

use std::path::PathBuf;
use std::sync::Arc;

use super::FileState;
use crate::gem5::OutcomeKind;
use crate::gem5::stats::{Choice, Chosen, Interval};
use crate::text::Safe;

/// Which stats the dashboard wants to see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatsWant {
    /// The globs that are watched.
    pub globs: Vec<String>,
    /// What the shown dump shall be compared with.
    pub compare: Option<CompareWant>,
    /// How the attempt ended, if it has: that decides which dump is shown.
    pub outcome: Option<OutcomeKind>,
    /// Which of its dumps is the result, once it has ended.
    pub dump: Choice,
    /// The number of the dump that is looked at; none is the one that counts, or the last one while the attempt runs.
    pub at: Option<u32>,
    /// The attempts whose histories are wanted too.
    pub beside: Vec<BesideWant>,
}

/// An attempt whose watched stats are wanted over its dumps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BesideWant {
    /// Its directory.
    pub attempt: PathBuf,
    /// How it ended, if it has.
    pub outcome: Option<OutcomeKind>,
}

/// What a dump is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompareWant {
    /// The dump before it.
    Previous,
    /// The dump of another attempt that is shown for it.
    Other {
        /// Its directory.
        attempt: PathBuf,
        /// How it ended, if it has.
        outcome: Option<OutcomeKind>,
        /// Which of its dumps is the result.
        dump: Choice,
    },
}

/// Stats of many simulations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnsWant {
    /// The full names of the stats.
    pub names: Vec<String>,
    /// The simulations on the screen, which come first.
    pub visible: Vec<ColumnTarget>,
    /// All simulations, if the list is ordered by one of the columns, and else none.
    pub rest: Arc<Vec<ColumnTarget>>,
}

impl ColumnsWant {
    /// All of them, those on the screen first and perhaps once more.
    pub fn targets(&self) -> impl Iterator<Item = &ColumnTarget> {
        self.visible.iter().chain(&*self.rest)
    }
}

/// A simulation whose stats are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnTarget {
    /// Its index in the plan.
    pub id: u32,
    /// The directory of its newest attempt.
    pub attempt: PathBuf,
    /// How it ended; none as long as it changes.
    pub outcome: Option<OutcomeKind>,
    /// Which of its dumps is the result.
    pub dump: Choice,
}

/// Stats of one simulation.
#[derive(Debug, Clone)]
pub struct ColumnsReading {
    /// The names that were asked for.
    pub names: Vec<String>,
    /// The simulation's index in the plan.
    pub id: u32,
    /// The attempt that they are of.
    pub attempt: PathBuf,
    /// The values in the dump that counts, in the order of the names.
    pub values: Vec<Option<f64>>,
}

/// The stats of an attempt.
#[derive(Debug, Clone)]
pub struct StatsReading {
    /// The attempt that they are of.
    pub attempt: PathBuf,
    /// The file.
    pub path: PathBuf,
    /// Whether there is something to read.
    pub state: FileState,
    /// Complete dumps so far.
    pub dumps: u64,
    /// How many of them a person or the engine asked for.
    pub asked: u64,
    /// The number of the dump that is shown among all dumps: of the last one as long as it runs, and then of the one that is the
    /// result. Without any that counts it is the last one; none where the one that is meant is not there.
    pub shown: u64,
    /// The dumps that can be looked at, oldest first: of a file with very many, some of them.
    pub choices: Arc<Vec<DumpLine>>,
    /// The number of the one that is shown where none is chosen.
    pub usual: Option<u32>,
    /// Which of those that count is shown, and what it counts beside the others.
    pub chosen: Option<Chosen>,
    /// Why the dump that is meant is not shown.
    pub missing: Option<Safe>,
    /// Bytes at the start of a very large file that were not read: dumps in them are not counted.
    pub skipped: u64,
    /// Bytes at the end of the shown dump that are not listed, because it is too long.
    pub unlisted: u64,
    /// Lines of the last dump that are too long to be read.
    pub unread_lines: u64,
    /// Why the compressed file could not be read to its end.
    pub damaged: Option<Safe>,
    /// Watched stats of the dump that are not among [`Self::watched`], because there are too many.
    pub unwatched: u64,
    /// Whether it was asked for and is no result.
    pub shown_asked: bool,
    /// What the script calls it.
    pub label: Option<Safe>,
    /// The globs of `watch:` that match no stat of the dump, each with what would.
    pub unmatched: Vec<Safe>,
    /// How long ago the file changed when this was read, milliseconds.
    pub age_ms: Option<u64>,
    /// The watched stats.
    pub watched: Vec<WatchedStat>,
    /// Every stat of the shown dump, and those that only the compared one has.
    pub all: Arc<Vec<StatLine>>,
    /// The same as a tree.
    pub tree: Arc<Vec<TreeRow>>,
    /// What they are compared with, if they are.
    pub compared: Option<Compared>,
    /// The histories of other attempts, in the order in which they were asked for.
    pub beside: Vec<BesideReading>,
    /// Whether reading goes on because the file is large.
    pub more: bool,
}

/// A dump, for choosing among them.
#[derive(Debug, Clone, PartialEq)]
pub struct DumpLine {
    /// Counted from one among all of the file.
    pub number: u32,
    /// The ticks that it counts, where it tells them.
    pub interval: Option<Interval>,
    /// The simulated seconds that it counts, where it tells them.
    pub seconds: Option<f64>,
    /// The tick at which it was written, where it tells that.
    pub tick: Option<f64>,
    /// What the script calls it.
    pub label: Option<Safe>,
    /// Whether it was asked for and is no result.
    pub is_asked: bool,
}

/// The watched stats of another attempt over its dumps.
#[derive(Debug, Clone)]
pub struct BesideReading {
    /// Its directory.
    pub attempt: PathBuf,
    /// The stats.
    pub watched: Vec<History>,
    /// Why they are not all there, if they are not.
    pub problem: Option<Safe>,
}

/// A stat over the dumps that the script made, or over all if every one was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Its name.
    pub name: Safe,
    /// Its values, oldest first; none where a dump does not have it.
    pub values: Vec<Option<f64>>,
    /// The number of each of these dumps, and its `finalTick`.
    pub dumps: Vec<(u32, Option<f64>)>,
}

/// What became of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// What was asked for.
    pub want: CompareWant,
    /// Why there is nothing to compare with, if there is not.
    pub problem: Option<Safe>,
}

/// A watched stat over the dumps.
#[derive(Debug, Clone)]
pub struct WatchedStat {
    /// Its name.
    pub name: Safe,
    /// Its unit, if gem5 wrote one.
    pub unit: Safe,
    /// What it means.
    pub description: Safe,
    /// Its value in the shown dump.
    pub last: Option<f64>,
    /// Its values in the dumps that the script made, oldest first; none where a dump does not have it. In all dumps if
    /// every one was asked for.
    pub values: Vec<Option<f64>>,
    /// The number of each of these dumps, and its `finalTick`.
    pub dumps: Vec<(u32, Option<f64>)>,
}

/// A stat of the shown dump.
#[derive(Debug, Clone)]
pub struct StatLine {
    /// Its name.
    pub name: Safe,
    /// Its value; none when only the compared dump has it.
    pub value: Option<f64>,
    /// Its value in the compared dump.
    pub other: Option<f64>,
    /// Its share of the whole in per cent, where gem5 tells it: for distributions and some vectors.
    pub share: Option<f64>,
    /// Its unit, if gem5 wrote one.
    pub unit: Safe,
    /// What it means.
    pub description: Safe,
}

/// A row of the tree. It is followed by the rows below it.
#[derive(Debug, Clone)]
pub struct TreeRow {
    /// How many rows it is below.
    pub depth: usize,
    /// The last part of the name.
    pub label: Safe,
    /// The whole name down to here.
    pub path: String,
    /// How many rows follow that are below this one.
    pub below: usize,
    /// How many stats are below it.
    pub stats: usize,
    /// The value that stands in this row, as an index into [`StatsReading::all`].
    pub line: Option<usize>,
}
