//! The names of the forms, and what files of them are like.

use super::text::Look;
use super::{Document, csv, html, latex, long, markdown, text};
use crate::report::observation::Observations;
use crate::report::table::Table;

/// A form of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// Aligned columns.
    Text,
    /// Comma separated values.
    Csv,
    /// Tab separated values.
    Tsv,
    /// GitHub's Markdown.
    Markdown,
    /// A `tabular` with `booktabs`.
    Latex,
    /// A whole page.
    Html,
}

/// A form of observations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFormat {
    /// Comma separated values.
    Csv,
    /// Tab separated values.
    Tsv,
    /// A JSON object a line.
    JsonLines,
}

impl TableFormat {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Text, Self::Csv, Self::Tsv, Self::Markdown, Self::Latex, Self::Html];

    /// What it is called.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Markdown => "md",
            Self::Latex => "latex",
            Self::Html => "html",
        }
    }

    /// How the names of its files end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Markdown => "md",
            Self::Latex => "tex",
            Self::Html => "html",
        }
    }

    /// The form of files whose names end so.
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.extension() == extension)
    }

    /// How a comment begins and ends; none where a comment would be taken for a row.
    pub fn comment(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Text => Some(("# ", "")),
            Self::Csv | Self::Tsv => None,
            Self::Markdown | Self::Html => Some(("<!-- ", " -->")),
            Self::Latex => Some(("% ", "")),
        }
    }

    /// The table in this form. The look is that of a terminal, and counts for text only.
    pub fn write(self, table: &Table, look: Look) -> Document {
        match self {
            Self::Text => text::write(table, look),
            Self::Csv => csv::write(table, csv::Form::COMMAS),
            Self::Tsv => csv::write(table, csv::Form::TABS),
            Self::Markdown => markdown::write(table),
            Self::Latex => latex::fragment(table),
            Self::Html => html::page(table),
        }
    }

    /// These tables in one document, one below the other. None for several tables in a form whose documents are one table.
    pub fn write_all(self, tables: &[Table], look: Look) -> Option<Document> {
        match (self, tables) {
            (_, [table]) => Some(self.write(table, look)),
            (Self::Csv | Self::Tsv, _) => None,
            (Self::Html, tables) => Some(html::pages(tables)),
            (Self::Latex, tables) => Some(latex::fragments(tables)),
            (Self::Text | Self::Markdown, tables) => {
                let parts: Vec<Document> = tables.iter().map(|table| self.write(table, look)).collect();
                self.joined(&parts)
            }
        }
    }

    /// Documents of a table each as one, for who has written them at the same time. None in a form that takes more than an empty line
    /// between them.
    pub fn joined(self, parts: &[Document]) -> Option<Document> {
        if !matches!(self, Self::Text | Self::Markdown) {
            return None;
        }
        let parts: Vec<&str> = parts.iter().map(Document::as_str).collect();
        Some(Document::new(parts.join("\n")))
    }
}

impl RowFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Tsv, Self::JsonLines];

    /// What it is called.
    pub fn word(self) -> &'static str {
        // As its files are.
        self.extension()
    }

    /// How the names of its files end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::JsonLines => "jsonl",
        }
    }

    /// The form of files whose names end so.
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.extension() == extension)
    }

    /// The observations in this form.
    pub fn write(self, observations: &Observations) -> Document {
        match self {
            Self::Csv => long::separated(observations, csv::Form::COMMAS),
            Self::Tsv => long::separated(observations, csv::Form::TABS),
            Self::JsonLines => long::json_lines(observations),
        }
    }
}
