//! How the log moves, and which file it shows.

use super::say::tell;
use crate::text::Safe;
use crate::tui::actions::{Action, Move};
use crate::tui::layout::Areas;
use crate::tui::model::log::{first_visible, last_page, line_at, moved, place_of};
use crate::tui::model::{LogFileChoice, Model, log_signs};
use crate::tui::reading::{LogLine, LogReading, Top};

/// No log line is shown wider than this, so nothing is to be found further right.
pub(super) const MAX_COLUMN: usize = 64 * 1024;

/// Shows where the longest line ends that is seen.
pub(super) fn last_column(model: &mut Model) {
    if model.log.wrap {
        let text = format!("wrapped lines are seen whole; {} cuts them", model.key(Action::Wrap));
        return tell(model, Safe::line(&text), false);
    }
    let width = usize::from(Areas::of(model).detail_inner().width);
    let longest = visible_lines(model).iter().map(|line| line.line.width()).max().unwrap_or(0);
    model.log.column = longest.saturating_sub(width).min(MAX_COLUMN);
}

/// The lines that are on the screen, in whole or in part.
pub(super) fn visible_lines(model: &Model) -> &[LogLine] {
    let inner = Areas::of(model).detail_inner();
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let log = &model.log;
    let Some(reading) = &log.reading else { return &[] };
    let first = first_visible(log, reading, width, height);
    let (last, _) = moved(log, reading, first, height.saturating_sub(1).cast_signed(), width);
    reading.lines.get(first.0..=last).unwrap_or_default()
}

/// Scrolls the log. Going up stops following; only `G` and `f` take it up again, so that nobody loses their place.
pub(super) fn scroll(model: &mut Model, by: Move) {
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
pub(super) fn follow(model: &mut Model) {
    model.log.top = Top::End;
    model.log.lines_at_stop = None;
    model.log.centre = None;
}

/// Notes how many lines there were, so that new ones can be counted.
pub(super) fn stop_following(model: &mut Model) {
    model.log.centre = None;
    if model.log.top == Top::End {
        model.log.lines_at_stop = model.log.shown_lines();
    }
}

/// Stops following and stays at what is visible now.
pub(super) fn stay(model: &mut Model) {
    let inner = Areas::of(model).detail_inner();
    let log = &model.log;
    let Some(reading) = log.reading.as_ref().filter(|reading| !reading.lines.is_empty()) else { return };
    let (at, row) = first_visible(log, reading, usize::from(inner.width), usize::from(inner.height));
    let top = Top::At { offset: reading.lines[at].offset, row };
    stop_following(model);
    model.log.top = top;
}

/// Puts a line in the upper third of the screen, now if it has been read and else once it has.
pub(super) fn centre(model: &mut Model, offset: u64) {
    stop_following(model);
    let height = usize::from(Areas::of(model).detail_inner().height);
    if !put_below(model, offset, height / 3) {
        model.log.top = Top::At { offset, row: 0 };
        model.log.centre = Some(offset);
    }
}

/// Points at a line that has been read, at the top of the screen.
pub(super) fn go_to(model: &mut Model, offset: u64) {
    stop_following(model);
    if !put_below(model, offset, 0) {
        model.log.top = Top::At { offset, row: 0 };
    }
    model.log.pointed = Some(offset);
}

/// Puts a line below so many others. Says whether it has been read.
fn put_below(model: &mut Model, offset: u64, rows: usize) -> bool {
    let inner = Areas::of(model).detail_inner();
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let log = &model.log;
    let found = log.reading.as_ref().and_then(|reading| {
        line_at(reading, offset)?;
        let at = place_of(reading, offset);
        let mut to = moved(log, reading, (at, 0), -rows.cast_signed(), width);
        if reading.to_end {
            to = to.min(last_page(log, reading, width, height));
        }
        Some(Top::At { offset: reading.lines[to.0].offset, row: to.1 })
    });
    if let Some(top) = found {
        model.log.top = top;
    }
    found.is_some()
}

/// Takes what the reader found.
pub(super) fn take_reading(model: &mut Model, mut reading: LogReading) {
    log_signs::put(&mut reading.lines, model.theme);
    if let Top::At { offset, .. } = model.log.top
        && offset > reading.bytes
    {
        // The file was cut short under us; its old places mean nothing any more.
        follow(model);
    }
    model.log.reading = Some(reading);
    if let Some(offset) = model.log.centre.take() {
        let known = model.log.reading.as_ref().is_some_and(|reading| line_at(reading, offset).is_some());
        if known {
            centre(model, offset);
        } else {
            model.log.centre = Some(offset);
        }
    }
}

pub(super) fn choose_file(model: &mut Model, choice: LogFileChoice) {
    // A file that grows is read from its end, one that was picked from the list from its beginning.
    let live = model.shown_attempt().is_some_and(|attempt| attempt.outcome.is_none());
    let from_start = matches!(choice, LogFileChoice::Other(_)) && !live;
    let log = &mut model.log;
    log.choice = choice;
    log.chosen = true;
    log.forget_places();
    log.top = if from_start { Top::At { offset: 0, row: 0 } } else { Top::End };
}

/// Shows lines that repeat one by one, or folds them again.
pub(super) fn toggle_folding(model: &mut Model) {
    if model.log.filter.is_some() {
        return tell(model, Safe::plain("a filter shows every line that it lets through"), false);
    }
    model.log.unfolded = !model.log.unfolded;
    let text = if model.log.unfolded { "every line is shown" } else { "lines that repeat are folded" };
    tell(model, Safe::plain(text), false);
}

pub(super) fn toggle_follow(model: &mut Model) {
    if model.log.top == Top::End {
        stay(model);
    } else {
        follow(model);
    }
}
