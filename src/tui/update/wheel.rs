//! What the wheel of the mouse scrolls: what is under it, whichever pane has the keys. Part of `update`.

use super::act::go_in_detail;
use super::say::Command;
use super::{ask, outputs, palette};
use crate::tui::actions::{Action, Move, Tab};
use crate::tui::layout::Areas;
use crate::tui::model::spots::{Gesture, Spot};
use crate::tui::model::{Model, Overlay, stats};

/// Lines of one turn.
const LINES: usize = 3;
/// Columns of one turn to the side.
const COLUMNS: isize = 8;

/// Scrolls what is under the mouse.
pub(super) fn turn(model: &mut Model, gesture: Gesture, spot: &Spot, commands: &mut Vec<Command>) {
    let by = match gesture {
        Gesture::WheelUp => Move::Up,
        Gesture::WheelDown => Move::Down,
        _ => return sideways(model, gesture, spot),
    };
    match spot {
        Spot::List | Spot::Line(_) | Spot::Head(_) => list(model, by),
        Spot::Detail | Spot::Tab(_) | Spot::Stat(_) | Spot::File(_) | Spot::Cell { .. } | Spot::ResultsHead(_) => {
            detail(model, by);
        }
        Spot::Inside | Spot::Choice(_) => overlay(model, by, commands),
        Spot::Watched | Spot::Splitter | Spot::Key(_) | Spot::Outside | Spot::Yes | Spot::No => {}
    }
}

/// Lines of a log that are cut are scrolled to the side, too.
fn sideways(model: &mut Model, gesture: Gesture, spot: &Spot) {
    if matches!(spot, Spot::Detail) && model.tab == Tab::Log && !model.log.wrap {
        let step = if gesture == Gesture::WheelRight { COLUMNS } else { -COLUMNS };
        model.log.column = model.log.column.saturating_add_signed(step).min(super::scroll::MAX_COLUMN);
    }
}

fn list(model: &mut Model, by: Move) {
    let rows = Areas::of(model).list_rows();
    let list = &mut model.list;
    let at = list.position().unwrap_or(list.at);
    let (offset, to) = scrolled(list.offset, at, list.lines().len(), rows, by);
    list.offset = offset;
    list.chosen = true;
    if to != at {
        list.select_at(to);
    }
}

fn detail(model: &mut Model, by: Move) {
    let areas = Areas::of(model);
    match model.tab {
        Tab::Log | Tab::Info | Tab::Why => {
            for _ in 0..LINES {
                go_in_detail(model, by, &areas);
            }
        }
        Tab::Stats => {
            let len = stats::len(&model.stats);
            let stats = &mut model.stats;
            stats.sought = None;
            (stats.offset, stats.selected) = scrolled(stats.offset, stats.selected, len, areas.stats_rows(), by);
        }
        Tab::Files => {
            let len = model.files.reading.as_ref().map_or(0, |reading| reading.files.len());
            let (files, rows) = (&mut model.files, usize::from(areas.detail_inner().height));
            (files.offset, files.selected) = scrolled(files.offset, files.selected, len, rows, by);
        }
        Tab::Results if model.results.figure.is_some() => {}
        Tab::Results => {
            let (results, rows) = (&mut model.results, areas.results_rows());
            (results.top, results.row) = scrolled(results.top, results.row, results.order.len(), rows, by);
        }
    }
}

/// What lies over the panes. In a question there is nothing to scroll, and its focus is no business of the wheel.
fn overlay(model: &mut Model, by: Move, commands: &mut Vec<Command>) {
    for _ in 0..LINES {
        match &model.overlay {
            None | Some(Overlay::Confirm(_) | Overlay::Begin { .. } | Overlay::Quit { .. } | Overlay::Prompt(_)) => {
                return;
            }
            Some(Overlay::Outputs(_)) => outputs::scroll(model, by),
            Some(Overlay::Palette(palette)) => {
                let is_last = palette.at.is_some_and(|at| match by {
                    Move::Up => at == 0,
                    _ => at + 1 == palette.found.len(),
                });
                if !is_last {
                    palette::go(model, by);
                }
            }
            Some(_) => ask::perform(model, Action::Go(by), commands),
        }
    }
}

/// The first visible row and the cursor after a turn. The cursor stays where it is as long as it is seen.
fn scrolled(offset: usize, at: usize, len: usize, rows: usize, by: Move) -> (usize, usize) {
    if rows == 0 || len == 0 {
        return (offset, at);
    }
    let last = len.saturating_sub(rows);
    let offset = match by {
        Move::Up => offset.saturating_sub(LINES),
        _ => offset.saturating_add(LINES),
    };
    let offset = offset.min(last);
    (offset, at.clamp(offset, (offset + rows - 1).min(len - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_on_its_row_as_long_as_that_is_seen() {
        assert_eq!(scrolled(0, 5, 100, 10, Move::Down), (3, 5));
        assert_eq!(scrolled(3, 5, 100, 10, Move::Down), (6, 6));
        assert_eq!(scrolled(6, 15, 100, 10, Move::Up), (3, 12));
        assert_eq!(scrolled(89, 99, 100, 10, Move::Down), (90, 99));
        assert_eq!(scrolled(1, 0, 100, 10, Move::Up), (0, 0));
        // What fits as a whole is not scrolled, and the cursor is not moved by it.
        assert_eq!(scrolled(0, 2, 8, 10, Move::Down), (0, 2));
        assert_eq!(scrolled(0, 0, 0, 10, Move::Down), (0, 0));
        assert_eq!(scrolled(4, 4, 9, 0, Move::Up), (4, 4));
    }
}
