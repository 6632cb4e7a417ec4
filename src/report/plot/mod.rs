//! Tables as figures for a paper, in SVG.
//!
//! | function | draws |
//! |---|---|
//! | [`bars`](bars::draw) | a group of bars for each column of the table, a bar for each row; the means are groups of their own |
//! | [`lines`](lines::draw) | a line for each column over the parameter of the rows that is a number or a size |
//! | [`heat`](heat::draw) | a shaded cell for each cell |
//!
//! A figure has the width of a column of a paper (3.33 inches) and text of seven points in a font that every viewer has a match
//! for. Series differ in colour, chosen so that the colour-blind tell them apart, and also in hatching, dashes or markers, for
//! those who print without colour. Exactly the numbers of a figure are in the CSV form of its table
//! ([`write::csv`](mod@crate::report::write::csv)), to draw it again with something else.
//!
//! What is missing, and what may still change, is drawn as its word where its number would stand, never as a bar of no
//! height. What stands below a table is the description (`desc`) of the figure.
//!
//! The awkward truth: nothing here knows how wide a font's letters are. Widths are estimated on the safe side, so labels stand
//! free of one another and sometimes a little too far apart.

pub mod bars;
mod canvas;
pub mod heat;
mod legend;
pub mod lines;
mod scale;
mod style;

use crate::report::table::{Cell, Row, Table, Value};
use crate::report::write::{foot, header};

/// Why there is no figure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlotError {
    /// No cell has a number.
    #[error("there is nothing to draw: no cell of `{0}` has a number yet")]
    Nothing(String),
    /// Lines need an axis.
    #[error(
        "there is no axis for lines: no parameter of the rows ({0}) is a number or a size in every row; draw bars instead"
    )]
    NoAxis(String),
    /// More than anybody could tell apart.
    #[error("{count} {what} are too many for a figure, which takes {most}: select some, or draw a heat map")]
    TooMany {
        /// How many there are.
        count: usize,
        /// What they are.
        what: &'static str,
        /// How many can be drawn.
        most: usize,
    },
}

/// More series than that have no colour and hatching of their own.
const MAX_SERIES: usize = 24;
/// More groups than that are narrower than a line.
const MAX_GROUPS: usize = 60;

/// A cell of a figure.
enum Mark {
    /// A number, and half of its interval.
    Number(f64, Option<f64>),
    /// The word in its place.
    Word(String),
}

fn mark(row: &Row, column: usize) -> Mark {
    match foot::cell(row, column) {
        Cell::Missing { word, .. } => Mark::Word(foot::word(&word)),
        Cell::Value(Value { is_provisional: true, .. }) => Mark::Word("running".to_owned()),
        Cell::Value(value) if !value.number.is_finite() => Mark::Word(foot::word("not finite")),
        Cell::Value(value) => Mark::Number(value.number, value.error.filter(|error| error.is_finite())),
    }
}

/// All numbers of a table with their intervals, as least and most. Nothing if there are none.
fn extent(table: &Table) -> Option<(f64, f64)> {
    let marks = table.rows.iter().flat_map(|row| (0..table.columns.len()).map(|at| mark(row, at)));
    let bounds = marks.filter_map(|mark| match mark {
        Mark::Number(number, error) => Some((number - error.unwrap_or(0.0), number + error.unwrap_or(0.0))),
        Mark::Word(_) => None,
    });
    bounds
        .filter(|(low, high)| low.is_finite() && high.is_finite())
        .reduce(|(low, high), (l, h)| (low.min(l), high.max(h)))
}

/// What a row is called in a legend.
fn row_name(table: &Table, row: &Row) -> String {
    let name = foot::row(row);
    if name.trim().is_empty() { header::title(table).swap_remove(0) } else { name }
}

/// The name of the axis of numbers.
fn measure(table: &Table) -> String {
    header::title(table).swap_remove(0)
}

fn few(count: usize, most: usize, what: &'static str) -> Result<(), PlotError> {
    if count > most { Err(PlotError::TooMany { count, what, most }) } else { Ok(()) }
}
