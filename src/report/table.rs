//! A table of results, ready to be written in any form. All numbers are final here: whoever writes one only chooses how it looks.

use std::sync::Arc;

/// One table: a metric over two groups of parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What it shows, such as `ipc` or `speedup`.
    pub title: String,
    /// The unit of its numbers, if they have one.
    pub unit: Option<String>,
    /// The parameters that make its rows, such as `l2`, `assoc`.
    pub row_names: Vec<String>,
    /// The parameters that make its columns, such as `workload`; what a column is called stands in [`Table::columns`].
    pub column_names: Vec<String>,
    /// What each column is called; a mean has a column of its own at the end.
    pub columns: Vec<Column>,
    /// Its rows, in the order of the experiment file.
    pub rows: Vec<Row>,
    /// What was done, in order: `dump last → ipc → ratio to l2=256KiB → mean of seed (n=3) → geomean over workload`.
    pub pipeline: Vec<String>,
    /// What a reader must know about cells: footnotes, each with its mark.
    pub notes: Vec<Note>,
    /// Simulations whose values are in no mean, each with the reason.
    pub excluded: Vec<Excluded>,
    /// The gem5 versions that made the numbers.
    pub versions: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The values of the column parameters, or the kind of a mean.
    pub labels: Vec<String>,
    /// Whether it is a mean over the others.
    pub is_mean: bool,
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The values of the row parameters.
    pub labels: Vec<String>,
    /// Whether the others are compared with it.
    pub is_baseline: bool,
    /// A cell for each column.
    pub cells: Vec<Cell>,
}

/// The word of a cell for which the sweep has no simulation, by its own choice.
pub(super) const NOT_MEANT: &str = "·";

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A number.
    Value(Value),
    /// There is none, and why: `segv`, `running`, `no baseline`, `absent`, `0/0`. Never zero.
    Missing {
        /// In a word or two, for the cell.
        word: String,
        /// In a sentence, for a note.
        reason: String,
    },
}

/// A number with what is known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// The number in full.
    pub number: f64,
    /// Half the width of its 95 % interval; none for one sample.
    pub error: Option<f64>,
    /// How many samples it is made of.
    pub count: u32,
    /// Digits behind the point that it is shown with; none for as many as tell it from its neighbours.
    pub digits: Option<u8>,
    /// Whether it may still change, because something of it runs.
    pub is_provisional: bool,
    /// Numbers of the notes that speak of it, as they stand in [`Table::notes`].
    pub notes: Vec<usize>,
    /// The simulations behind it.
    pub simulations: Vec<Arc<str>>,
}

/// A footnote.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// What it says.
    pub text: String,
}

/// A simulation that is in no mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Excluded {
    /// Its name.
    pub simulation: String,
    /// Why: its outcome, or what is missing.
    pub reason: String,
}
