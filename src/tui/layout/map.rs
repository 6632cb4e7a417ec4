//! How many simulations the map of all rows has in a line, and how many lines.

use ratatui::layout::Rect;

use crate::tui::model::Model;

/// Lines below the map: the one under the cursor, and what the signs mean.
pub(crate) const BELOW: u16 = 2;

/// The frame of the map: all of the screen but its first and last line.
pub(crate) fn frame(width: u16, height: u16) -> Rect {
    Rect::new(0, height.min(1), width, height.saturating_sub(2))
}

/// Columns and lines of the map.
pub(crate) fn size(model: &Model) -> (usize, usize) {
    let frame = frame(model.width, model.height);
    let columns = frame.width.saturating_sub(4).max(1);
    let rows = frame.height.saturating_sub(2 + BELOW).max(1);
    (usize::from(columns), usize::from(rows))
}
