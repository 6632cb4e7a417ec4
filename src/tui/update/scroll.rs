//! Where the log stands, and how it moves.
//!
//! A place in the log is the offset of a line and a row of that line when it is wrapped. Line numbers would need the
//! whole file to be read; offsets work in a file of any size.

use crate::tui::actions::Move;
use crate::tui::layout::Areas;
use crate::tui::model::{Log, Model, Top};
use crate::tui::reading::LogReading;
use crate::tui::widgets::logview;

/// A row of the log: the index of a line in the reading, and the row of that line.
pub type Place = (usize, usize);

/// The first visible row, in an area of this size.
pub fn first_visible(log: &Log, reading: &LogReading, width: usize, height: usize) -> Place {
    match log.top {
        Top::End => last_page(log, reading, width, height),
        Top::At { offset, row } => {
            let at = reading.lines.partition_point(|line| line.offset < offset);
            if at >= reading.lines.len() {
                return last_page(log, reading, width, height);
            }
            (at, row.min(rows_of(log, reading, at, width).saturating_sub(1)))
        }
    }
}

/// The first row of the last page.
fn last_page(log: &Log, reading: &LogReading, width: usize, height: usize) -> Place {
    let mut left = height.max(1);
    for at in (0..reading.lines.len()).rev() {
        let rows = rows_of(log, reading, at, width);
        if rows >= left {
            return (at, rows - left);
        }
        left -= rows;
    }
    (0, 0)
}

fn rows_of(log: &Log, reading: &LogReading, at: usize, width: usize) -> usize {
    if log.wrap { reading.lines.get(at).map_or(1, |line| logview::row_count(&line.line, width)) } else { 1 }
}

/// Moves a place by rows, within the lines that have been read.
fn moved(log: &Log, reading: &LogReading, from: Place, by: isize, width: usize) -> Place {
    let (mut at, mut row) = from;
    let mut left = by.unsigned_abs();
    while left > 0 {
        if by < 0 {
            if row > 0 {
                row -= 1;
            } else if at > 0 {
                at -= 1;
                row = rows_of(log, reading, at, width) - 1;
            } else {
                break;
            }
        } else if row + 1 < rows_of(log, reading, at, width) {
            row += 1;
        } else if at + 1 < reading.lines.len() {
            at += 1;
            row = 0;
        } else {
            break;
        }
        left -= 1;
    }
    (at, row)
}

/// Scrolls the log. Going up stops following; only `G` and `f` take it up again, so that nobody loses their place.
pub fn scroll(model: &mut Model, by: Move) {
    let inner = Areas::of(model).detail_inner();
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    match by {
        Move::Top => {
            stop_following(model);
            model.log.top = Top::At { offset: 0, row: 0 };
            return;
        }
        Move::Bottom => return follow(model),
        _ => {}
    }
    let log = &model.log;
    let Some(reading) = log.reading.as_ref().filter(|reading| !reading.lines.is_empty()) else { return };
    let rows = by.rows(height);
    if log.top == Top::End && rows > 0 {
        return;
    }
    let from = first_visible(log, reading, width, height);
    let mut to = moved(log, reading, from, rows, width);
    if reading.to_end {
        to = to.min(last_page(log, reading, width, height)).max(if rows > 0 { from } else { (0, 0) });
    }
    let top = Top::At { offset: reading.lines[to.0].offset, row: to.1 };
    if log.top == Top::End && to == from {
        // Everything fits: there is nowhere to scroll to, so following need not stop.
        return;
    }
    stop_following(model);
    model.log.top = top;
}

/// Follows the end of the log.
pub fn follow(model: &mut Model) {
    model.log.top = Top::End;
    model.log.lines_at_stop = None;
    model.log.centre = None;
}

/// Notes how many lines there were, so that new ones can be counted.
pub fn stop_following(model: &mut Model) {
    model.log.centre = None;
    if model.log.top == Top::End {
        let reading = model.log.reading.as_ref();
        model.log.lines_at_stop = reading.filter(|reading| reading.all_counted).map(|reading| reading.counted);
    }
}

/// Stops following and stays at what is visible now.
pub fn stay(model: &mut Model) {
    let inner = Areas::of(model).detail_inner();
    let log = &model.log;
    let Some(reading) = log.reading.as_ref().filter(|reading| !reading.lines.is_empty()) else { return };
    let (at, row) = first_visible(log, reading, usize::from(inner.width), usize::from(inner.height));
    let top = Top::At { offset: reading.lines[at].offset, row };
    stop_following(model);
    model.log.top = top;
}

/// Puts a line in the upper third of the screen, now if it has been read and else once it has.
pub fn centre(model: &mut Model, offset: u64) {
    stop_following(model);
    let inner = Areas::of(model).detail_inner();
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let log = &model.log;
    let found = log.reading.as_ref().and_then(|reading| {
        let at = reading.lines.iter().position(|line| line.offset == offset)?;
        let mut to = moved(log, reading, (at, 0), -(height / 3).cast_signed(), width);
        if reading.to_end {
            to = to.min(last_page(log, reading, width, height));
        }
        Some(Top::At { offset: reading.lines[to.0].offset, row: to.1 })
    });
    if let Some(top) = found {
        model.log.top = top;
    } else {
        model.log.top = Top::At { offset, row: 0 };
        model.log.centre = Some(offset);
    }
}

/// Takes what the reader found.
pub fn take_reading(model: &mut Model, reading: LogReading) {
    if let Top::At { offset, .. } = model.log.top
        && offset > reading.bytes
    {
        // The file was cut short under us; its old places mean nothing any more.
        follow(model);
    }
    model.log.reading = Some(reading);
    if let Some(offset) = model.log.centre.take() {
        let known = model.log.reading.as_ref().is_some_and(|r| r.lines.iter().any(|line| line.offset == offset));
        if known {
            centre(model, offset);
        } else {
            model.log.centre = Some(offset);
        }
    }
}

/// How many lines have come since following stopped.
pub fn new_lines(log: &Log) -> Option<u64> {
    let reading = log.reading.as_ref()?;
    if log.top == Top::End {
        return None;
    }
    Some(reading.counted.saturating_sub(log.lines_at_stop?)).filter(|new| *new > 0)
}
