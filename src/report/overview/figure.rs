//! Which figure a table makes.

use crate::report::plot::{Plot, PlotError};
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
        && let Ok(drawn) = Plot::Lines(table.clone()).figure()
    {
        return Ok(drawn.svg());
    }
    let drawn = match Plot::Bars(table.clone()).figure() {
        Err(PlotError::TooMany { .. }) => Plot::Heat(table.clone()).figure(),
        drawn => drawn,
    };
    Ok(drawn?.svg())
}
