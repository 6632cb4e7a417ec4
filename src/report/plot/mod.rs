//! Tables as figures: for a paper in SVG and PDF, for a look in a terminal.
//!
//! | kind | draws |
//! |---|---|
//! | [`Bars`](Plot::Bars) | a group of bars for each column of the table, a bar for each row; the means are groups of their own |
//! | [`Stacked`](Plot::Stacked) | the same of several tables, one upon the other, with what is left of a total |
//! | [`Lines`](Plot::Lines) | a line for each column over the parameter of the rows that is a number or a size |
//! | [`Heat`](Plot::Heat) | a shaded cell for each cell |
//! | [`Scatter`](Plot::Scatter) | a point for each cell over two tables, and the front of those that no other one beats |
//!
//! A figure has the width of a column of a paper (3.33 inches) and text of seven points in Helvetica, which every reader has, or
//! has a match of the same widths for. Series differ in colour, chosen so that the colour-blind tell them apart, and also in
//! hatching, dashes or markers, for those who print without colour. Exactly the numbers of a figure are in its
//! [`numbers`](Plot::numbers), and its [`script`](Plot::script) draws them again with something else.
//!
//! What is missing, and what may still change, is drawn as its word where its number would stand, never as a bar of no
//! height. What stands below a table is the description (`desc`, or the subject of a PDF) of the figure.
//!
//! The awkward truth: a PDF does not hold its font, and letters that Helvetica has not are `?` in it ([`Figure::without_letter`]). A
//! publisher that wants all fonts embedded gets them from what the script draws.

mod axes;
mod bars;
mod canvas;
mod font;
mod format;
mod heat;
mod legend;
mod lines;
mod numbers;
mod pdf;
mod scale;
mod scatter;
mod script;
mod stacked;
mod style;
mod svg;
pub mod terminal;
mod wanted;

use canvas::{Canvas, Drawing};
pub use format::FigureFormat;
pub use scatter::{Scatter, Work};
pub use stacked::Stacked;
pub use wanted::{Made, asked, make};

use super::layout::LayoutError;
use crate::report::table::{Cell, Row, Table, Value};
use crate::report::write::foot::{self, Names};
use crate::report::write::{Document, header, safe};

/// Something to be drawn.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there are only a few of them at a time")]
pub enum Plot {
    /// Grouped bars.
    Bars(Table),
    /// Bars of parts.
    Stacked(Stacked),
    /// Lines over a number or a size.
    Lines(Table),
    /// Shaded cells.
    Heat(Table),
    /// Points over two metrics.
    Scatter(Scatter),
}

impl Plot {
    /// The figure of a table where nobody says which kind: bars, and shades where those would be too many to tell apart.
    pub fn usual(table: Table) -> Self {
        let bars = Self::Bars(table);
        match (bars.figure(), bars) {
            (Err(PlotError::TooMany { .. }), Self::Bars(table)) => Self::Heat(table),
            (_, bars) => bars,
        }
    }

    /// Whether it draws just this table.
    pub fn is_of(&self, of: &Table) -> bool {
        match self {
            Self::Bars(table) | Self::Lines(table) | Self::Heat(table) => table == of,
            Self::Stacked(_) | Self::Scatter(_) => false,
        }
    }

    /// The figure.
    ///
    /// # Errors
    /// When there is nothing to draw, or too much.
    pub fn figure(&self) -> Result<Figure, PlotError> {
        match self {
            Self::Bars(table) => bars::figure(table),
            Self::Stacked(stacked) => stacked::figure(stacked),
            Self::Lines(table) => lines::figure(table),
            Self::Heat(table) => heat::figure(table),
            Self::Scatter(scatter) => scatter::figure(scatter),
        }
    }

    /// What it is of, in a few words: the titles of its tables.
    pub fn name(&self) -> String {
        let title = |table: &Table| safe(&table.title);
        match self {
            Self::Bars(table) | Self::Lines(table) | Self::Heat(table) => title(table),
            Self::Stacked(stacked) => stacked.parts.iter().map(title).collect::<Vec<_>>().join(", "),
            Self::Scatter(scatter) => format!("{} over {}", title(&scatter.y), title(&scatter.x)),
        }
    }

    /// Exactly the numbers of the figure, as CSV.
    ///
    /// # Errors
    /// When there is nothing to draw, or too much.
    pub fn numbers(&self) -> Result<Document, PlotError> {
        numbers::write(self)
    }

    /// A script that draws those numbers with matplotlib.
    ///
    /// # Errors
    /// When there is nothing to draw, or too much.
    pub fn script(&self) -> Result<Document, PlotError> {
        script::write(self)
    }
}

/// A figure for a paper.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    title: String,
    /// What is to be known of it. Safe already, and not escaped.
    told: Vec<String>,
    drawing: Drawing,
}

impl Figure {
    /// What was drawn of some tables.
    fn of(canvas: Canvas, height: f64, tables: &[&Table]) -> Self {
        let titles: Vec<String> = tables.iter().map(|table| header::title(table).join(" · ")).collect();
        let mut told: Vec<String> = Vec::new();
        for table in tables {
            for entry in foot::entries(table, Names::All) {
                let line = format!("{}: {}", entry.lead, entry.text);
                // What is true of several tables is told once.
                if !told.contains(&line) {
                    told.push(line);
                }
            }
        }
        Self { title: titles.join("; "), told, drawing: canvas.finish(height) }
    }

    /// What is to be known of it.
    pub fn about(&self) -> Document {
        Document::new(format!("{}\n{}\n", self.title, self.told.join("\n")))
    }

    /// As SVG.
    pub fn svg(&self) -> Document {
        svg::write(self)
    }

    /// As PDF.
    pub fn pdf(&self) -> Document {
        pdf::write(self)
    }

    /// The letters that the PDF shows as `?`, because its font has not got them.
    pub fn without_letter(&self) -> Vec<char> {
        pdf::without_letter(self)
    }
}

/// Why there is no figure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlotError {
    /// There is no such table.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// No cell has a number.
    #[error("there is nothing to draw: no cell of `{0}` has a number yet")]
    Nothing(String),
    /// Lines need an axis.
    #[error(
        "there is no axis for lines: no parameter of the rows ({0}) is a number or a size in every row; draw bars instead"
    )]
    NoAxis(String),
    /// A scatter plot needs two metrics.
    #[error("a scatter plot is of two metrics, what is told to the right and what is told upwards, and not of {0}")]
    NotTwo(usize),
    /// Stacked bars need parts.
    #[error("there are no parts to stack: name their metrics")]
    NoParts,
    /// What cannot be added.
    #[error("`{0}` and `{1}` have different units, so one cannot stand on the other: stack what has one unit")]
    Units(String, String),
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
#[derive(Debug, Clone, PartialEq)]
enum Mark {
    /// A number, and half of its interval.
    Number(f64, Option<f64>),
    /// The word in its place.
    Word(String),
}

fn mark(row: &Row, column: usize) -> Mark {
    match foot::cell(row, column) {
        Cell::Missing { word, .. } => Mark::Word(foot::word(word)),
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
    if name.trim().is_empty() { measure(table) } else { name }
}

/// The name of the axis of numbers.
fn measure(table: &Table) -> String {
    header::title(table).swap_remove(0)
}

fn few(count: usize, most: usize, what: &'static str) -> Result<(), PlotError> {
    if count > most { Err(PlotError::TooMany { count, what, most }) } else { Ok(()) }
}
