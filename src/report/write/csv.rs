//! A table as comma or tab separated values, for spreadsheets and programs.
//!
//! A row of the file for each of the table, with these columns:
//!
//! | column | has |
//! |---|---|
//! | the parameters of the rows | their values |
//! | `stream`, or `stream/on` where columns have two parameters | the number, in full; empty where there is none |
//! | `stream_error`, `stream_n` | half of its 95 % interval, and how many samples; only in a table with intervals |
//! | `baseline` | whether the other rows are compared with this one |
//! | `why` | why fields of the row are empty: `chase: segv (killed by SIGSEGV)` |
//!
//! `pandas.read_csv` makes numbers of the numbers and NaN of the empty fields without being told anything. A value that may
//! still change is an empty field too, and stands in `why`: nothing else would keep a program from averaging it. What
//! stands below a table for people is a document of its own, [`about`], because readers take comments for rows unless they
//! are told (`comment="#"`); for those that are told, there are [`Form::comments`].
//!
//! The format is RFC 4180 with newlines as Unix has them. A field has no newline and no tab in it, since both become control
//! pictures, so lines are rows also for `awk` and `cut`. A text that a spreadsheet would take for a formula that calls
//! something (`=HYPERLINK(…)`, `@cmd|…`) has a `'` in front; other texts are as they are, also `-O3` and `--pf+--degree=4`.

use ::csv::{QuoteStyle, WriterBuilder};

use super::foot;
use super::header;
use super::number;
use super::text::{self, Look};
use super::{Document, safe};
use crate::report::table::{Cell, Row, Table};

/// How values are separated, and whether comments are among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// Tabs in place of commas.
    pub tabs: bool,
    /// What stands below the table as lines that begin with `#`, in front of all others. Every text is in quotes then, so that
    /// a `#` in a name begins no comment.
    pub comments: bool,
}

impl Form {
    /// Commas, no comments.
    pub const COMMAS: Self = Self { tabs: false, comments: false };
    /// Tabs, no comments.
    pub const TABS: Self = Self { tabs: true, comments: false };
}

/// The rows of the table.
pub fn write(table: &Table, form: Form) -> Document {
    let comments = if form.comments { about(table).to_string() } else { String::new() };
    let has_errors = table.rows.iter().flat_map(|row| &row.cells).any(|cell| match cell {
        Cell::Value(value) => value.error.is_some(),
        Cell::Missing { .. } => false,
    });
    let columns: Vec<String> = table.columns.iter().map(|column| header::name(table, column)).collect();
    let labels = table.rows.iter().map(|row| row.labels.len()).max().unwrap_or(0).max(table.row_names.len());
    let mut names: Vec<String> =
        (0..labels).map(|at| table.row_names.get(at).map_or_else(String::new, |name| safe(name))).collect();
    for column in &columns {
        names.push(column.clone());
        if has_errors {
            names.extend([format!("{column}_error"), format!("{column}_n")]);
        }
    }
    names.extend(["baseline", "why"].map(str::to_owned));
    let mut rows = vec![header::distinct(names)];
    for row in &table.rows {
        let mut fields: Vec<String> =
            (0..labels).map(|at| row.labels.get(at).map_or_else(String::new, |label| safe(label))).collect();
        let mut why = Vec::new();
        for (at, column) in columns.iter().enumerate() {
            let (number, error, count, reason) = fields_of(row, at);
            fields.push(number);
            if has_errors {
                fields.extend([error, count]);
            }
            why.extend(reason.map(|reason| format!("{column}: {reason}")));
        }
        fields.extend([row.is_baseline.to_string(), why.join("; ")]);
        rows.push(fields);
    }
    Document::new(format!("{}{}", commented(&comments), separated(&rows, form)))
}

/// What is to be known of the rows: what stands below the table for people.
pub fn about(table: &Table) -> Document {
    let mut about = header::title(table).join(" · ");
    about.push('\n');
    about.push_str(text::below(table, Look::UNBOUNDED).as_str());
    Document::new(about)
}

/// The number of a cell, its error, its count, and why it has no number.
fn fields_of(row: &Row, column: usize) -> (String, String, String, Option<String>) {
    let none = String::new;
    match foot::cell(row, column) {
        Cell::Missing { word, reason } => {
            let why = format!("{} ({})", foot::word(word), foot::reason(reason));
            (none(), none(), none(), Some(why))
        }
        Cell::Value(value) if value.is_provisional => {
            (none(), none(), none(), Some(format!("provisional ({} so far)", number::full(value.number))))
        }
        Cell::Value(value) if !value.number.is_finite() => {
            (none(), none(), none(), Some(format!("{} (not a finite number)", number::full(value.number))))
        }
        Cell::Value(value) => {
            let error = value.error.map_or_else(none, number::full);
            (number::full(value.number), error, value.count.to_string(), None)
        }
    }
}

/// Each line as a comment.
fn commented(text: &str) -> String {
    text.lines().fold(String::new(), |out, line| out + "# " + line + "\n")
}

/// Rows of fields that are safe already.
pub(in crate::report) fn separated(rows: &[Vec<String>], form: Form) -> String {
    let quotes = if form.comments { QuoteStyle::NonNumeric } else { QuoteStyle::Necessary };
    let mut writer = WriterBuilder::new()
        .delimiter(if form.tabs { b'\t' } else { b',' })
        .quote_style(quotes)
        .flexible(true)
        .from_writer(Vec::new());
    for row in rows {
        // Writing to memory cannot fail.
        _ = writer.write_record(row.iter().map(|field| guarded(field)));
    }
    writer.into_inner().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// The field, with a `'` in front if a spreadsheet would take it for a formula that calls something.
fn guarded(field: &str) -> String {
    let begins = field.trim_start().starts_with(['=', '+', '-', '@']);
    let calls = field.contains(['(', '|', '!']);
    if begins && calls && field.parse::<f64>().is_err() { format!("'{field}") } else { field.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_formulas_that_call_something_are_guarded() {
        for formula in ["=cmd|' /C calc'!A0", "@SUM(A1)", "+HYPERLINK(\"x\")", "-2+3+cmd|' /C calc'!A0", " =f()"] {
            assert_eq!(guarded(formula), format!("'{formula}"));
        }
        for text in ["-1.5e-9", "--pf+--degree=4", "-O3", "=a", "a(b)", ""] {
            assert_eq!(guarded(text), text);
        }
    }
}
