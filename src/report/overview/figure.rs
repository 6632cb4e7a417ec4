//! Which figure a table makes.

use crate::report::plot::{PlotError, bars, heat, lines};
use crate::report::table::Table;
use crate::report::write::Document;

/// Fewer points than that make no line.
const FEWEST_POINTS: usize = 3;

/// The figure of a table: lines where its rows are numbers or sizes, else bars, and shades where those are too many.
///
/// # Errors
/// When none of them can be drawn.
pub fn figure(table: &Table) -> Result<Document, PlotError> {
    if table.rows.len() >= FEWEST_POINTS
        && let Ok(drawn) = lines::draw(table)
    {
        return Ok(drawn);
    }
    match bars::draw(table) {
        Err(PlotError::TooMany { .. }) => heat::draw(table),
        drawn => drawn,
    }
}
