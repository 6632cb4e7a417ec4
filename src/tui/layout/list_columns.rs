//! The columns of the list, and how wide they are.
//!
//! Their widths decide how the screen is split, so they are worked out here, and `view` draws what comes out. Which columns there are
//! and how wide the list is depends on the size of the terminal, on the plan (names, parameters, what is watched) and on what the
//! user chose, never on what simulations do at the moment: nothing moves under the eyes of who reads.

use crate::text::width::{self, Align};
use crate::tui::model::Model;
use crate::tui::widgets::grid;
use crate::tui::widgets::grid::Column;

/// Longer names are cut when the screen is not wide enough for them.
const NAME: usize = 40;

/// Columns of the usual words for a status with their sign; longer ones are cut.
const STATUS: usize = 11;

/// Columns of the longest one, where there is room.
const STATUS_WIDE: usize = 14;

/// Columns of a short bar with its number and the time that is left, or of how long it took.
const PROGRESS_MIN: usize = 15;

/// Columns of a long one, or of a cause beside it.
const PROGRESS: usize = 24;

/// Columns of how far it is, where there is room for nothing else.
const DONE: usize = 6;

/// Columns of a value (`human::number`), and of the longest title above one.
const VALUE: (usize, usize) = (8, 12);

/// Longer lists of parameters say more than a table can.
const PARAMETERS: usize = 48;

/// Columns before the first one, for the mark and the cursor.
pub(crate) const GUTTER: u16 = 1;

/// Columns of this importance and less have the room that others leave: the list takes none of the log for them.
const WHERE_THERE_IS_ROOM: u8 = 43;

/// Columns that the list takes when nothing important is cut.
pub(crate) fn natural_width(model: &Model) -> usize {
    let columns: Vec<Column> =
        columns(model, u16::MAX).into_iter().filter(|column| column.priority < WHERE_THERE_IS_ROOM).collect();
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
    let name = if model.list.is_flat() { extent.name() } else { extent.label() };
    let name = name.min(NAME);
    // How far it is matters more than a picture of it.
    let wide = STATUS + name.clamp(8, 24) + PROGRESS_MIN + 4 <= usize::from(room);
    let (title, progress) = if wide { ("progress", PROGRESS_MIN) } else { ("done", DONE) };
    let mut columns = vec![
        column("status", STATUS, STATUS_WIDE, 0, Align::Left),
        column("name", name.clamp(8, 24), name, 1, Align::Left),
        column(title, progress, PROGRESS, 2, Align::Left),
    ];
    let stat = |title: &str, priority: u8| {
        column(title, VALUE.0, width::width(title).clamp(VALUE.0, VALUE.1), priority, Align::Right)
    };
    for (at, title) in model.header.iter().flat_map(|header| header.titles.iter().enumerate()) {
        // What is watched matters more than the run time, which an ended simulation shows as its progress.
        columns.push(stat(title, 4 + u8::try_from(at.min(20)).unwrap_or(20)));
    }
    for title in &model.columns.titles {
        // Whoever adds a column wants to see it before those of the experiment.
        columns.push(stat(title, 3));
    }
    columns.push(column("try", 3, 3, 46, Align::Right));
    columns.push(column("elapsed", 7, 8, 40, Align::Right));
    columns.push(column("cores", 5, 5, 43, Align::Right));
    columns.push(column("RSS", 8, 8, 44, Align::Right));
    if extent.parameters() > 0 {
        columns.push(column("parameters", 12, extent.parameters().min(PARAMETERS), 50, Align::Left));
    }
    columns
}

/// Which stats have a column in a list that is so wide: those of the experiment, then those that the user added.
pub(crate) fn shown_stats(model: &Model, room: u16) -> Vec<bool> {
    let columns = columns(model, room);
    let watched = model.header.as_ref().map_or(0, |header| header.titles.len());
    let widths = grid::fit(&columns, room);
    widths.iter().skip(FIRST_STAT).take(watched + model.columns.titles.len()).map(Option::is_some).collect()
}

/// The columns before the first stat.
const FIRST_STAT: usize = 3;
