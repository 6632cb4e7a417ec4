//! Forms of a table: for a terminal, for a paper, for a program.
//!
//! | module | form | for |
//! |---|---|---|
//! | [`text`](mod@text) | columns aligned at the point | a terminal of any width |
//! | [`markdown`] | a table of GitHub's Markdown | a mail, an issue |
//! | [`latex`] | a `tabular` with `booktabs` | a paper |
//! | [`html`] | a fragment, or a page | a report, offline and without scripts |
//! | [`csv`](mod@csv) | values in full, a column for each of the table's | a spreadsheet, pandas |
//! | [`long`] | a row for each dump of each simulation: CSV, TSV, JSON lines | pandas, R, `DuckDB` |
//!
//! What a form has in common with the others is decided once: how many digits a number is shown with (`number`), what the
//! columns are called and which of them belong together (`header`), and what must be told below (`foot`). The forms for
//! people show rounded numbers, those for programs the shortest text that reads back as the same number.
//!
//! The awkward truth: a CSV file has no place for anything but its rows. `pandas.read_csv` takes no line for a comment
//! unless it is told to. What stands below a table therefore goes into a document of its own ([`csv::about`]), beside the
//! file or on standard error, unless comments are asked for.
//!
//! Names and reasons come from strangers. Each passes through [`Safe`] before it is escaped for its form, so a [`Document`] has no
//! control characters but the newlines and tabs that a writer put there.

pub mod csv;
pub(in crate::report) mod foot;
mod format;
pub(in crate::report) mod header;
pub mod html;
pub mod latex;
pub mod long;
pub mod markdown;
pub(in crate::report) mod number;
pub mod text;

use std::fmt;

pub use format::{RowFormat, TableFormat};

use crate::text::Safe;

/// A whole text in some form, made by a writer of this folder: what strangers wrote in it can do nothing to a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document(String);

impl Document {
    pub(in crate::report) fn new(text: String) -> Self {
        debug_assert!(
            !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'),
            "a writer let a control character through"
        );
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a stranger wrote, in one line that can do nothing to a terminal.
pub(in crate::report) fn safe(text: &str) -> String {
    Safe::line(text).into_string()
}
