//! The parts of a table for a screen that scrolls: each cell aligned in its column, made once and drawn in pieces.

use super::{Grid, Look, Signs, aligned, bound, foot_lines};
use crate::report::table::Table;
use crate::report::write::header;

/// So many lines are kept of what stands below a table. Nobody scrolls through more; the last one says how many there are.
const BELOW: usize = 200;

/// A table in aligned texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aligned {
    /// For each row, the values of its parameters.
    pub names: Vec<Vec<String>>,
    /// The widths of these, those of their heads with them.
    pub name_widths: Vec<usize>,
    /// What stands over the columns: for each line, a text for each column.
    pub heads: Vec<Vec<String>>,
    /// For each row, its cells. Each is as wide as its column.
    pub cells: Vec<Vec<AlignedCell>>,
    /// The widths of the columns.
    pub widths: Vec<usize>,
    /// What stands below: what was done, and what must be known.
    pub below: Vec<String>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlignedCell {
    /// What it shows.
    pub text: String,
    /// Whether it is no final number.
    pub is_dim: bool,
}

impl Aligned {
    /// The texts of a table.
    pub fn new(table: &Table, look: Look) -> Self {
        let signs = Signs::of(look);
        let grid = Grid::new(table, signs);
        let cells = grid.cells.iter().map(|row| {
            let cell = |(parts, widths): (&super::Parts, &super::Widths)| AlignedCell {
                text: aligned(parts, *widths),
                is_dim: parts.is_dim,
            };
            row.iter().zip(&grid.widths).map(cell).collect()
        });
        let head =
            |level: usize| table.columns.iter().map(|column| header::label(table, column, level)).collect::<Vec<_>>();
        let lines = foot_lines(table, signs, bound(look));
        let more = lines.len().saturating_sub(BELOW);
        let mut below: Vec<String> =
            lines.iter().take(BELOW).map(|line| line.plain().as_str().trim_end().to_owned()).collect();
        if more > 0 {
            below.push(format!("and {more} more lines; a file of the table has them"));
        }
        Self {
            cells: cells.collect(),
            widths: grid.widths.iter().map(|widths| widths.whole).collect(),
            heads: (0..header::levels(table)).map(head).collect(),
            name_widths: grid.name_widths.clone(),
            names: grid.names,
            below,
        }
    }
}
