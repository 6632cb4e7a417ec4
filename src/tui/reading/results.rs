//! The tables of the Results tab, as the thread that reads and computes them hands them over.

use std::path::PathBuf;
use std::sync::Arc;

use crate::experiment::Simulation;
use crate::experiment::results::{ResultsRule, ViewRule};
use crate::protocol::SimView;
use crate::report::plot::FigureFormat;
use crate::report::plot::{Made, Plot};
use crate::report::write::TableFormat;
use crate::report::write::text::aligned::Aligned;
use crate::report::{Asked, Built, Table};
use crate::rundir::ListChoices;
use crate::text::Safe;

/// What an experiment file says of results, and the simulations of its plan. It is read anew when the file has changed, so that
/// an edit of `results:` shows at once and needs no other engine.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    /// What it says of results.
    pub rule: ResultsRule,
    /// The simulations, in its order.
    pub simulations: Vec<Simulation>,
    /// The file.
    pub source: PathBuf,
    /// The experiment directory.
    pub outdir: PathBuf,
    /// What is wrong with the file, if this is the plan of before.
    pub wrong: Option<Safe>,
}

/// Reads the experiment file.
pub(crate) type ReadSheet = Arc<dyn Fn() -> Result<Sheet, Safe> + Send + Sync>;

/// The table that is wanted.
#[derive(Debug, Clone)]
pub struct ResultsWant {
    /// What is asked for besides what the file says.
    pub asked: Asked,
    /// The metric that is shown, by name; none for the first.
    pub metric: Option<String>,
    /// The globs of the experiment's `watch`.
    pub watch: Vec<String>,
    /// All simulations as the engine tells them.
    pub views: Arc<Vec<SimView>>,
    /// A number that changes when they do.
    pub generation: u64,
    /// Only ASCII is shown.
    pub ascii: bool,
    /// How often the tab was opened: each time the file is looked at.
    pub opened: u64,
    /// Simulations of which more is told.
    pub behind: Option<Behind>,
    /// The figure of the experiment file that is wanted in the table's place, by name.
    pub figure: Option<String>,
}

impl PartialEq for ResultsWant {
    fn eq(&self, other: &Self) -> bool {
        // The views are many, so their number is compared.
        self.generation == other.generation
            && self.asked == other.asked
            && self.metric == other.metric
            && self.watch == other.watch
            && self.ascii == other.ascii
            && self.opened == other.opened
            && self.behind == other.behind
            && self.figure == other.figure
    }
}

/// The simulations behind a cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Behind {
    /// Their names.
    pub simulations: Vec<String>,
    /// Those that they are compared with.
    pub baseline: Vec<String>,
}

/// A table, or why there is none.
#[derive(Debug, Clone)]
pub struct ResultsReading {
    /// What was asked.
    pub asked: Asked,
    /// The metric that was asked for.
    pub metric: Option<String>,
    /// Simulations that have been read.
    pub read: usize,
    /// All of them.
    pub total: usize,
    /// What is wrong with the experiment file, or with what was saved beside it.
    pub wrong: Option<Safe>,
    /// The names of all views, those of the experiment file first.
    pub views: Vec<String>,
    /// How many of them are the file's.
    pub of_file: usize,
    /// The names of the file's figures.
    pub plots: Vec<String>,
    /// The table.
    pub shown: Result<Arc<Shown>, Refusal>,
    /// What is told of the simulations behind a cell.
    pub behind: Option<(Behind, Vec<Fact>)>,
}

/// A figure of the experiment file, or why there is none.
#[derive(Debug, Clone)]
pub struct FigureReading {
    /// Its name.
    pub name: String,
    /// Simulations that have been read.
    pub read: usize,
    /// All of them.
    pub total: usize,
    /// What is wrong with the experiment file, if this is of the one before.
    pub wrong: Option<Safe>,
    /// The names of the file's figures.
    pub plots: Vec<String>,
    /// What is drawn: one figure, or one for each metric.
    pub made: Result<Made, Safe>,
}

/// Why there is no table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody named a metric.
    NoMetric,
    /// All that is watched is several stats.
    NoStat,
    /// What was asked for cannot be shown.
    Wrong(Safe),
    /// The experiment file cannot be read.
    NoFile(Safe),
}

/// A table that is ready to be drawn.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The names of all metrics that can be shown.
    pub metrics: Vec<String>,
    /// The place of this one.
    pub metric: usize,
    /// How it is written.
    pub formula: String,
    /// Nobody named metrics, so that what is watched is shown.
    pub is_watch: bool,
    /// What would be saved of it, without a name.
    pub view: ViewRule,
    /// The table and its layout.
    pub built: Built,
    /// The same in aligned texts.
    pub aligned: Aligned,
    /// For each row, the values of its parameters as numbers, where they are.
    pub numbers: Vec<Vec<Option<f64>>>,
    /// Whether a row is a mean over others.
    pub mean_rows: Vec<bool>,
    /// For each row and column, how far its number is between the smallest and the largest of the table, from 0 to 1.
    pub shades: Vec<Vec<Option<f64>>>,
}

impl Shown {
    /// The table.
    pub fn table(&self) -> &Table {
        &self.built.table
    }
}

/// What is known of a simulation behind a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub word: Safe,
    /// The metric with the numbers in it.
    pub formula: Safe,
    /// What it makes.
    pub value: Safe,
    /// Where it ran, and from which commits.
    pub origin: Safe,
    /// Whether the others are compared with it.
    pub is_baseline: bool,
}

/// A file that is wanted, or a view that is kept.
#[derive(Debug, Clone)]
pub enum Keep {
    /// A table in a file.
    Export {
        /// The table, in the order of the screen.
        table: Box<Table>,
        /// The form.
        format: TableFormat,
        /// The file, relative to the working directory.
        path: PathBuf,
    },
    /// A figure in a file, with its numbers and a script beside it.
    Figure {
        /// The figure.
        plot: Box<Plot>,
        /// The form.
        format: FigureFormat,
        /// The file, relative to the working directory.
        path: PathBuf,
    },
    /// How the list was arranged, for the next time.
    Choices {
        /// The experiment directory.
        outdir: PathBuf,
        /// What was chosen.
        choices: ListChoices,
    },
    /// Nothing: what was chosen the last time is asked for.
    Recall {
        /// The experiment directory.
        outdir: PathBuf,
    },
    /// A view beside the experiment.
    View {
        /// The view.
        view: Box<ViewRule>,
        /// The experiment directory.
        outdir: PathBuf,
    },
}
