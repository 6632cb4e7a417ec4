//! The columns of the list, and how wide they are.
//!
//! Their widths decide how the screen is split, so they are worked out here, and `view` draws what comes out.

use crate::text::width::{self, Align};
use crate::tui::model::Model;
use crate::tui::widgets::grid;
use crate::tui::widgets::grid::Column;

/// Longer names are cut when the screen is not wide enough for them.
const NAME: usize = 40;

/// Longer causes are read in the Why tab.
const CAUSE: usize = 60;

/// Columns of a bar with its number; where there is less room, the number stands alone.
const PROGRESS_MIN: usize = 19;

/// Longer lists of parameters say more than a table can.
const PARAMETERS: usize = 48;

/// Columns before the first one, for the mark and the cursor.
pub(crate) const GUTTER: u16 = 1;

/// Columns that the list takes when nothing important is cut.
pub(crate) fn natural_width(model: &Model) -> usize {
    let columns: Vec<Column> = columns(model, u16::MAX).into_iter().filter(|column| column.priority < 50).collect();
    grid::ideal_width(&columns) + usize::from(GUTTER)
}

/// The columns of a list that is so wide.
pub(crate) fn columns(model: &Model, room: u16) -> Vec<Column> {
    let column = |title: &str, min: usize, ideal: usize, priority: u8, align: Align| Column {
        title: title.to_owned(),
        min: min as u16,
        ideal: ideal.max(min) as u16,
        priority,
        align,
    };
    let extent = model.list.extent();
    // Wide enough for the usual words, so that the columns do not jump when the first simulation is cancelled.
    let status = extent.status().clamp(9, 14) + 2;
    let name = extent.name().min(NAME);
    // How far it is matters more than a picture of it.
    let wide = status + name.clamp(8, 24) + PROGRESS_MIN + 4 <= usize::from(room);
    let (title, progress) = if wide { ("progress", PROGRESS_MIN) } else { ("done", 6) };
    let mut columns = vec![
        column("status", status, status, 0, Align::Left),
        column("name", name.clamp(8, 24), name, 1, Align::Left),
        column(title, progress, extent.cause().clamp(24, CAUSE), 2, Align::Left),
    ];
    for (at, title) in model.header.iter().flat_map(|header| header.titles.iter().enumerate()) {
        let wide = width::width(title).clamp(8, 12);
        // The first two watched stats matter more than the run time.
        let priority = if at < 2 { 4 } else { 7 + u8::try_from(at.min(20)).unwrap_or(20) };
        columns.push(column(title, wide, wide, priority, Align::Right));
    }
    for title in &model.columns.titles {
        let wide = width::width(title).clamp(8, 12);
        // Whoever adds a column wants to see it before those of the experiment.
        columns.push(column(title, wide, wide, 3, Align::Right));
    }
    if extent.is_retried() {
        columns.push(column("try", 3, 3, 40, Align::Right));
    }
    columns.push(column("elapsed", 7, 8, 5, Align::Right));
    if extent.is_measured() {
        columns.push(column("cores", 5, 5, 43, Align::Right));
        columns.push(column("RSS", 8, 8, 44, Align::Right));
    }
    if extent.parameters() > 0 {
        columns.push(column("parameters", 12, extent.parameters().min(PARAMETERS), 50, Align::Left));
    }
    columns
}
