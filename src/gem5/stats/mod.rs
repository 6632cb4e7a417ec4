//! gem5's `stats.txt`.
//!
//! The file is a row of blocks, one a dump, each between a Begin and an End line (`src/base/stats/text.cc`). gem5
//! flushes every line, so a reader sees blocks that are half written; a block counts here only when its End line has
//! come with its newline. [`TextParser`] takes the file in pieces of any size and adds every complete dump to [`Dumps`],
//! which keep the watched values and know nothing of the form; [`Block`] takes the whole text of one dump apart,
//! [`stats()`] tells which lines belong to one stat, and [`Tree`] and [`diff()`] put them in order for people. Which dump a user
//! means, [`Choice`] says and [`Sequence`] finds; [`Chosen::remark`] warns where it may be another.
//!
//! The awkward truth: a stat that is missing from a block may be zero, not a number, or gone, because gem5 leaves out
//! lines by flag. A missing value is therefore `None` and never 0.

mod block;
mod choice;
mod diff;
mod dump;
mod dumps;
mod group;
mod line;
mod output;
mod remark;
mod requested;
mod result_dump;
#[cfg(test)]
mod roundtrip;
mod sequence;
mod simulated;
mod summands;
mod text;
mod tree;
mod unmatched;
mod watch;

pub use block::{Block, UnreadLine, parse_block};
pub use choice::{Choice, ChoiceError};
pub use diff::{Change, diff};
pub use dump::{Dump, Interval};
pub use dumps::{Draft, Dumps};
pub use group::{Element, Kind, Part, Stat, stats};
pub use line::{StatLine, parse_line};
pub use output::{StatsForm, StatsOutput, stats_outputs};
pub use remark::Chosen;
pub use requested::Requests;
pub use result_dump::{ResultDump, ResultDumpError};
pub use sequence::{Candidate, Earlier, Missing, Relation, Sequence, Summary};
pub use summands::{NotApart, Summands, summands};
pub use text::TextParser;
pub use tree::{Node, Row, Tree};
pub use unmatched::Unmatched;
pub use watch::{Watch, WatchError, matches_glob};

pub(crate) use line::{Marker, marker};
