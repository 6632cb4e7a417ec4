//! gem5's `stats.txt`.
//!
//! The file is a row of blocks, one a dump, each between a Begin and an End line (`src/base/stats/text.cc`). gem5
//! flushes every line, so a reader sees blocks that are half written; a block counts here only when its End line has
//! come with its newline. [`StatsReader`] takes the file in pieces of any size and keeps the watched values of every
//! complete dump; [`parse_block`] takes the whole text of one block apart.
//!
//! The awkward truth: a stat that is missing from a block may be zero, not a number, or gone, because gem5 leaves out
//! lines by flag. A missing value is therefore `None` and never 0.

mod line;
mod reader;
mod watch;

pub use line::{StatLine, parse_block, parse_line};
pub use reader::{Dump, StatsReader};
pub use watch::{Watch, WatchError};

pub(crate) use line::{Marker, marker};
