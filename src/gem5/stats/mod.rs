//! gem5's `stats.txt`.
//!
//! The file is a row of blocks, one a dump, each between a Begin and an End line (`src/base/stats/text.cc`). gem5
//! flushes every line, so a reader sees blocks that are half written; a block counts here only when its End line has
//! come with its newline. [`TextParser`] takes the file in pieces of any size and adds every complete dump to [`Dumps`],
//! which keep the watched values and know nothing of the form; [`Block`] takes the whole text of one dump apart,
//! [`stats()`] tells which lines belong to one stat, and [`Tree`] and [`diff()`] put them in order for people.
//!
//! The awkward truth: a stat that is missing from a block may be zero, not a number, or gone, because gem5 leaves out
//! lines by flag. A missing value is therefore `None` and never 0.

mod block;
mod diff;
mod dump;
mod dumps;
mod group;
mod line;
mod output;
mod requested;
#[cfg(test)]
mod roundtrip;
mod text;
mod tree;
mod watch;

pub use block::{Block, UnreadLine, parse_block};
pub use diff::{Change, diff};
pub use dump::{Dump, Interval};
pub use dumps::{Draft, Dumps};
pub use group::{Element, Kind, Part, Stat, stats};
pub use line::{StatLine, parse_line};
pub use output::{StatsForm, StatsOutput, stats_outputs};
pub use requested::Requests;
pub use text::TextParser;
pub use tree::{Node, Row, Tree};
pub use watch::{Watch, WatchError};

pub(crate) use line::{Marker, marker};
