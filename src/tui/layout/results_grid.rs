//! Where the cells of a table of results go: the names of rows always, and as many columns as fit.

use crate::text::human;
use crate::tui::actions::Action;
use crate::tui::model::{Model, Results};
use crate::tui::widgets::wrap;

/// Spaces in front of a column.
const GAP: usize = 2;
/// Lower panes have one line of heads.
const LOW: usize = 9;
/// More lines of heads are joined into one.
const MOST_HEADS: usize = 3;
/// Panes of fewer rows have nothing below the table.
const NO_FOOT: u16 = 6;
/// Below a figure are so many lines, in panes that have so many rows.
const FOOT_OF_FIGURE: usize = 3;
const FIGURE_AND_FOOT: u16 = 20;

/// The columns on the screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Grid {
    /// Columns of the terminal in front of the names: the cursor, and the mark of the baseline.
    pub gutter: usize,
    /// The widths of the names of rows, each with a gap behind.
    pub names: Vec<usize>,
    /// The columns of the table that are seen: which one, where it begins, and how wide it is.
    pub columns: Vec<(usize, usize, usize)>,
}

impl Grid {
    /// The grid from a column on, in so many columns of the terminal.
    pub(crate) fn new(results: &Results, width: usize, left: usize) -> Self {
        let Some(shown) = &results.shown else { return Self::default() };
        let has_baseline = shown.table().rows.iter().any(|row| row.is_baseline);
        let gutter = if has_baseline { 3 } else { 1 };
        let names = names(&shown.aligned.name_widths, width.saturating_sub(gutter) / 2);
        let mut at = gutter + names.iter().map(|wide| wide + GAP).sum::<usize>();
        let mut columns = Vec::new();
        for (column, wide) in shown.aligned.widths.iter().enumerate().skip(left) {
            let more = usize::from(shown.table().columns.get(column).is_some_and(|column| column.is_mean));
            let free = width.saturating_sub(at + more);
            // One that is too wide for any screen is cut, and says so; others are whole or not there.
            if free == 0 || *wide > free && !columns.is_empty() {
                break;
            }
            columns.push((column, at + more, (*wide).min(free)));
            at += more + wide + GAP;
        }
        Self { gutter, names, columns }
    }
}

/// The widths of names in so many columns: the widest ones are cut first.
fn names(wanted: &[usize], room: usize) -> Vec<usize> {
    let mut widths = wanted.to_vec();
    let room = room.saturating_sub(widths.len() * GAP).max(widths.len() * 3);
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max() else { break };
        *widest -= 1;
    }
    widths
}

/// The first column that is seen: as near as possible to the one before, with the cursor's column on the screen.
pub(crate) fn left(results: &Results, width: usize) -> usize {
    let columns = results.columns().saturating_sub(results.names());
    let mut left = results.left.min(columns.saturating_sub(1));
    let Some(at) = results.data_column() else { return left };
    left = left.min(at);
    while left < at && !Grid::new(results, width, left).columns.iter().any(|(column, ..)| *column == at) {
        left += 1;
    }
    left
}

/// Lines of heads in a pane of so many rows.
pub(crate) fn heads(results: &Results, height: usize) -> usize {
    let levels = results.shown.as_ref().map_or(1, |shown| shown.aligned.heads.len());
    if height < LOW || levels > MOST_HEADS { 1 } else { levels.max(1) }
}

/// What stands below a table, wrapped: up to a third of the pane.
pub(crate) fn foot(model: &Model, width: u16, height: u16) -> Vec<String> {
    let results = &model.results;
    // What stands below the table is not about a figure of the file.
    let is_of_table = results.figure.as_ref().is_none_or(|figure| figure.drawn.name().is_none());
    let Some(shown) = results.shown.as_ref().filter(|_| height >= NO_FOOT && is_of_table) else { return Vec::new() };
    // A figure needs the lines more, and what does not fit stands below the table.
    let most = match results.figure {
        None => usize::from(height / 3).max(1),
        Some(_) if height >= FIGURE_AND_FOOT => FOOT_OF_FIGURE,
        Some(_) => usize::from(results.told.wrong.is_some()),
    };
    let columns = usize::from(width.saturating_sub(2)).max(1);
    let wrong = results.told.wrong.iter().map(crate::text::Safe::as_str);
    let lines = wrong.chain(shown.aligned.below.iter().map(String::as_str));
    let mut rows: Vec<String> = lines.flat_map(|line| wrap(line, columns)).collect();
    let left_out = rows.len().saturating_sub(most);
    if left_out > 0 {
        rows.truncate(most);
        if let Some(last) = rows.last_mut().filter(|_| most > 1) {
            let more = human::plural(left_out as u64 + 1, "more line");
            *last = match results.figure {
                None => format!("… {more}: {} on a name", model.key(Action::Open)),
                Some(_) => format!("… {more} below the table"),
            };
        }
    }
    rows
}
