//! A report of a whole experiment, in one file that is read anywhere: HTML without scripts and without a network, or Markdown.
//!
//! An [`Overview`] is made of sections, and those of a few kinds of [`Block`]s. Whoever gathers what is to be told decides what stands
//! where; the writers decide how it looks. Tables are those that all other forms show ([`Table`]), and a figure has their numbers.
//!
//! The awkward truth: Markdown has no place for a figure in itself. One that is a file has its figures in files beside it
//! ([`figures`]); in what is pasted into a mail or an issue the tables alone tell.

mod html;
mod markdown;

pub use html::html;
pub use markdown::{figures, markdown};

use super::table::Table;
use super::write::Document;

/// A report. Its texts may be anything: the writers make them safe and escape them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Overview {
    /// What the experiment is called.
    pub title: String,
    /// The one sentence for a reader in a hurry.
    pub abstracted: String,
    /// How many simulations ended how.
    pub tally: Vec<Tally>,
    /// The rest.
    pub sections: Vec<Section>,
}

/// How many simulations are in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The word for the state.
    pub word: String,
    /// How many.
    pub count: u64,
    /// Whether that is good.
    pub tone: Tone,
}

/// Whether something is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It is.
    Good,
    /// It is not.
    Bad,
    /// Neither: it waits or runs, or somebody wanted it so.
    Neutral,
}

/// A part of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

/// Something in a section.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading below that of the section.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// What is called how, in two columns.
    Facts(Vec<Fact>),
    /// A table of results.
    Results(Box<Table>),
    /// A figure.
    Figure {
        /// What it is called, where it needs a name.
        name: String,
        /// What it is of, for who does not see it.
        title: String,
        /// The figure, in SVG.
        svg: Document,
    },
    /// Texts in rows and columns.
    Grid {
        /// What the columns are.
        columns: Vec<&'static str>,
        /// The rows, a text for each column.
        rows: Vec<Vec<String>>,
    },
    /// A text whose lines and blanks count, such as a file or a command.
    Code {
        /// What it is, where a reader opens it only to use it.
        summary: Option<String>,
        /// In which language it is, such as `yaml`.
        language: &'static str,
        /// The text.
        text: String,
    },
}

/// Something with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The name.
    pub name: &'static str,
    /// What it is: a line for each value.
    pub values: Vec<String>,
}

impl Section {
    /// A section; none if nothing stands in it.
    pub fn of(title: &str, blocks: Vec<Block>) -> Option<Self> {
        (!blocks.is_empty()).then(|| Self { title: title.to_owned(), blocks })
    }
}

#[cfg(test)]
mod tests;
