//! From the stats of a finished sweep to a table that can be printed in a paper. Pure.
//!
//! ```text
//! points ─ evaluate ─▶ values ─ simpoints ─▶ samples ─ compare, replicas ─▶ estimates ─ workloads ─▶ cells
//! ```
//!
//! The order never changes and stands under every table ([`Table::pipeline`]). Each step takes some parameters of the sweep away:
//! simpoints are added up by their weights, each sample is divided by the one of the baseline that is equal in all else, replicas
//! become a mean with an interval, and workloads a mean of the kind that their unit allows. What is left makes rows and columns
//! ([`Layout`]).
//!
//! The awkward truth: most of what can be wrong with such a table is invisible in its numbers. A mean over what happens to be there,
//! an average of rates, a zero in the place of a gap all look like results. So a value that is missing has a reason, a mean is made
//! only over what every compared group has, and what cannot be combined is refused.
//!
//! A [`Table`] is final: [`write`](mod@write) gives it a form, and decides nothing but how it looks, so that a terminal, a paper and a
//! spreadsheet have the same numbers. [`Observations`](observation::Observations) are what tables are made of, for those who would rather compute by
//! themselves: a row for each dump of each simulation. [`plot`] draws a table.

/// Appends formatted text to a string, which takes all that is written.
macro_rules! push {
    ($out:expr, $($text:tt)*) => {{
        use std::fmt::Write as _;
        _ = write!($out, $($text)*);
    }};
}

mod compare;
mod effects;
mod estimate;
mod grid;
mod layout;
mod means;
mod measured;
mod mixed;
pub mod observation;
pub mod overview;
mod pipeline;
pub mod plot;
mod point;
mod prepared;
mod question;
pub mod regression;
mod samples;
mod simpoints;
mod space;
mod statistics;
mod summed;
pub mod table;
#[cfg(test)]
mod tests;
pub mod write;

pub use layout::{Layout, LayoutError};
pub use pipeline::{Built, Wanted};
pub use point::{Dump, Host, Include, NoDump, Point, Stat, State};
pub use prepared::{Arrangement, Prepared};
pub use question::{Asked, Question, QuestionError};
pub use table::{Cell, Column, Excluded, Note, Row, Table, Value};
