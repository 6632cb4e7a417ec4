//! The Results tab: what is asked, the table that came, and where the cursor is.
//!
//! What is asked is a [`report::Asked`](crate::report::Asked) over the experiment file, as a command line would give it. Nothing here
//! knows how a number comes about; another thread makes the tables (`reader/results`).

pub mod figure;

use std::collections::HashMap;
use std::sync::Arc;

use figure::Figure;

use crate::protocol::SimView;
use crate::report::{Asked, Cell, Row, Table};
use crate::tui::reading::{Behind, Fact, Refusal, ResultsReading, Shown};

/// The Results tab.
#[derive(Debug, Default)]
pub struct Results {
    /// What is asked besides what the file says.
    pub asked: Asked,
    /// The metric, by name; none for the first.
    pub metric: Option<String>,
    /// How often the tab was opened.
    pub opened: u64,
    /// What was asked last that had a table.
    pub accepted: Option<(Asked, Option<String>)>,
    /// The table.
    pub shown: Option<Arc<Shown>>,
    /// Why there is none.
    pub refusal: Option<Refusal>,
    /// The last answer, without its table.
    pub told: Told,
    /// The position of the cursor's row in the order.
    pub row: usize,
    /// The cursor's column: first those with the names of rows, then those of the table.
    pub column: usize,
    /// The first visible position.
    pub top: usize,
    /// The first visible column of the table.
    pub left: usize,
    /// What the rows are ordered by, if not as the file does.
    pub sort: Option<Sort>,
    /// The rows of the table in the order of the screen.
    pub order: Vec<usize>,
    /// Whether numbers have a shade by their size.
    pub heat: bool,
    /// What is drawn in the table's place.
    pub figure: Option<Figure>,
    /// The cell of which more is told.
    pub behind: Option<(Behind, Option<Vec<Fact>>)>,
    /// All simulations, as they were told last, when that was, and the number that they had.
    views: (u64, Option<u64>, Arc<Vec<SimView>>),
    /// They have changed since.
    pub is_behind: bool,
}

/// What an answer says besides the table.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Simulations that have been read.
    pub read: usize,
    /// All of them.
    pub total: usize,
    /// What is wrong with the experiment file, or with what was saved beside it.
    pub wrong: Option<crate::text::Safe>,
    /// The names of all views, those of the experiment file first.
    pub views: Vec<String>,
    /// How many of them are the file's.
    pub of_file: usize,
    /// The names of the file's figures.
    pub plots: Vec<String>,
}

/// What rows are ordered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// The column.
    pub by: By,
    /// The largest first.
    pub descending: bool,
}

/// A column, by what is written over it, so that it is found in the next table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// The values of a parameter.
    Parameter(String),
    /// Numbers.
    Column(Vec<String>),
}

/// Tables are not made of views that are newer than this, milliseconds, so that a sweep in which much ends at once is told
/// of once.
const SETTLES_MS: u64 = 500;

impl Results {
    /// Gathers all simulations when they have changed, and not all the time.
    pub(in crate::tui) fn gather<'v>(&mut self, attempts: u64, now_ms: u64, rows: impl Iterator<Item = &'v SimView>) {
        let (number, at_ms, _) = &self.views;
        self.is_behind = at_ms.is_some() && *number != attempts;
        if at_ms.is_none_or(|at_ms| *number != attempts && now_ms >= at_ms + SETTLES_MS) {
            self.views = (attempts, Some(now_ms), Arc::new(rows.cloned().collect()));
            self.is_behind = false;
        }
    }

    /// Whether they were never gathered.
    pub(in crate::tui) fn has_no_views(&self) -> bool {
        self.views.1.is_none()
    }

    /// All simulations as they were gathered, and the number that they had.
    pub(in crate::tui) fn views(&self) -> (u64, Arc<Vec<SimView>>) {
        (self.views.0, Arc::clone(&self.views.2))
    }

    /// Takes an answer. The cursor stays on its row and column, wherever they are by now.
    pub(in crate::tui) fn take(&mut self, reading: ResultsReading) {
        let ResultsReading { read, total, wrong, views, of_file, plots, .. } = reading;
        self.told = Told { read, total, wrong, views, of_file, plots };
        if let (Some((wanted, facts)), Some((told_of, told))) = (&mut self.behind, reading.behind)
            && *wanted == told_of
        {
            *facts = Some(told);
        }
        match reading.shown {
            Ok(shown) => {
                let row = self.shown_row().map(|row| row.labels.clone());
                let column = self.by();
                self.accepted = Some((reading.asked, reading.metric));
                self.refusal = None;
                let is_first = row.is_none();
                self.shown = Some(shown);
                self.arrange();
                if let Some(labels) = row {
                    self.put_row(&labels);
                }
                match column {
                    Some(by) => self.put_column(&by),
                    // A cell has more to tell than the name of its row.
                    None if is_first => self.column = self.names(),
                    None => {}
                }
            }
            Err(refusal) => {
                self.refusal = Some(refusal);
                self.shown = None;
                self.order.clear();
                figure::follow(self);
            }
        }
    }

    /// The table, if there is one.
    pub fn table(&self) -> Option<&Table> {
        Some(self.shown.as_ref()?.table())
    }

    /// How many columns have the names of rows.
    pub fn names(&self) -> usize {
        self.table().map_or(0, |table| table.row_names.len())
    }

    /// How many columns there are.
    pub fn columns(&self) -> usize {
        self.table().map_or(0, |table| table.row_names.len() + table.columns.len())
    }

    /// The row under the cursor.
    pub fn shown_row(&self) -> Option<&Row> {
        self.table()?.rows.get(*self.order.get(self.row)?)
    }

    /// The column of the table under the cursor; none on the name of a row.
    pub fn data_column(&self) -> Option<usize> {
        self.column.checked_sub(self.names()).filter(|at| self.table().is_some_and(|table| *at < table.columns.len()))
    }

    /// The cell under the cursor.
    pub fn cell(&self) -> Option<&Cell> {
        self.shown_row()?.cells.get(self.data_column()?)
    }

    /// What is written over the column under the cursor.
    pub fn by(&self) -> Option<By> {
        let table = self.table()?;
        match self.column.checked_sub(table.row_names.len()) {
            Some(at) => Some(By::Column(table.columns.get(at)?.labels.clone())),
            None => table.row_names.get(self.column).cloned().map(By::Parameter),
        }
    }

    /// The place of a column, if the table has it.
    pub fn place(&self, by: &By) -> Option<usize> {
        let table = self.table()?;
        match by {
            By::Parameter(name) => table.row_names.iter().position(|known| known == name),
            By::Column(labels) => {
                let at = table.columns.iter().position(|column| column.labels == *labels)?;
                Some(table.row_names.len() + at)
            }
        }
    }

    /// Puts the cursor on a column.
    pub fn put_column(&mut self, by: &By) {
        if let Some(at) = self.place(by) {
            self.column = at;
        }
    }

    /// Puts the cursor on a row.
    pub fn put_row(&mut self, labels: &[String]) {
        let rows = self.table().map(|table| &table.rows);
        let at = rows.and_then(|rows| rows.iter().position(|row| row.labels == labels));
        if let Some(at) = at.and_then(|at| self.order.iter().position(|place| *place == at)) {
            self.row = at;
        }
    }

    /// Puts the rows in order. Means stay behind what they are over, and what has no value stands at the end.
    pub fn arrange(&mut self) {
        #[cfg(test)]
        super::work::ARRANGED.with(|count| count.set(count.get() + 1));
        let Some(shown) = &self.shown else { return };
        let rows = &shown.table().rows;
        let mut order: Vec<usize> = (0..rows.len()).collect();
        let place = self.sort.as_ref().and_then(|sort| Some((self.place(&sort.by)?, sort.descending)));
        if let Some((place, descending)) = place {
            let names = shown.table().row_names.len();
            let number = |at: usize| match place.checked_sub(names) {
                Some(column) => match rows[at].cells.get(column) {
                    Some(Cell::Value(value)) => Some(value.number),
                    _ => None,
                },
                None => shown.numbers.get(at).and_then(|row| row.get(place).copied().flatten()),
            };
            // A parameter without numbers stands in the order of the file.
            let mut firsts: HashMap<Option<&String>, usize> = HashMap::new();
            for (at, row) in rows.iter().enumerate() {
                firsts.entry(row.labels.get(place)).or_insert(at);
            }
            let first_of = |at: usize| firsts.get(&rows[at].labels.get(place)).copied();
            let has_numbers = order.iter().any(|at| number(*at).is_some());
            let compared = |a: &usize, b: &usize| {
                let turned = |ordering: std::cmp::Ordering| if descending { ordering.reverse() } else { ordering };
                match (number(*a), number(*b)) {
                    (Some(a), Some(b)) => turned(a.total_cmp(&b)),
                    (a, b) if has_numbers => b.is_some().cmp(&a.is_some()),
                    _ => turned(first_of(*a).cmp(&first_of(*b))),
                }
            };
            let is_mean = |at: &usize| shown.mean_rows.get(*at).copied().unwrap_or(false);
            order.sort_by(|a, b| is_mean(a).cmp(&is_mean(b)).then_with(|| compared(a, b)));
        }
        self.order = order;
        figure::follow(self);
    }

    /// The table in the order of the screen.
    pub fn in_order(&self) -> Option<Table> {
        let table = self.table()?;
        let rows = self.order.iter().filter_map(|at| table.rows.get(*at).cloned()).collect();
        Some(Table { rows, ..table.clone() })
    }
}
