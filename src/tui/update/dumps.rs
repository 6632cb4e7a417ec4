//! Which dump of the shown attempt is looked at. Part of `update`.
//!
//! Where none is chosen it is the one that counts, and while the attempt runs the last one, whatever comes. So whoever comes
//! back to that one by its neighbours follows again.

use super::say::tell;
use crate::text::Safe;
use crate::tui::actions::{Action, Move};
use crate::tui::model::{Model, Overlay};
use crate::tui::reading::StatsReading;

/// Dumps that a press of `PgDn` passes.
const PAGE: usize = 10;

/// Looks at the dump that is so many further.
pub(super) fn step(model: &mut Model, by: isize) {
    let Some(reading) = model.stats.reading.as_ref().filter(|reading| !reading.choices.is_empty()) else {
        return tell_none(model);
    };
    // What was asked for counts, so that two quick presses are two steps.
    let at = model.stats.at.map_or(reading.shown, u64::from);
    let here = reading.choices.partition_point(|dump| u64::from(dump.number) < at);
    let next = here.checked_add_signed(by).and_then(|next| reading.choices.get(next));
    if let Some(number) = next.map(|dump| dump.number) {
        model.stats.at = chosen(reading, number);
        return;
    }
    let live = model.shown_attempt().is_some_and(|attempt| attempt.outcome.is_none());
    let text = match (by < 0, live) {
        (true, _) => "this is the first dump",
        (false, true) => "this is the last dump; the next one is shown when it comes",
        (false, false) => "this is the last dump",
    };
    tell(model, Safe::plain(text), true);
}

/// Opens the list, on the dump that is shown.
pub(super) fn open(model: &mut Model) {
    match &model.stats.reading {
        Some(reading) if !reading.choices.is_empty() => {
            model.overlay = Some(Overlay::Dumps { focused: model.stats.at });
        }
        _ => tell_none(model),
    }
}

/// Does what the user asked for while the list is open. Gives what is open afterwards.
pub(super) fn perform(model: &mut Model, focused: Option<u32>, action: Action) -> Option<Overlay> {
    let reading = model.stats.reading.as_ref()?;
    let go = |by: Move| {
        // The one that is shown where none is chosen stands above the others.
        let here = focused.map_or(0, |number| reading.choices.partition_point(|dump| dump.number < number) + 1);
        let next = by.apply(here, reading.choices.len() + 1, PAGE);
        let dump = next.checked_sub(1).and_then(|at| reading.choices.get(at));
        Some(Overlay::Dumps { focused: dump.map(|dump| dump.number) })
    };
    match action {
        Action::Go(by) => go(by),
        Action::Right => go(Move::Down),
        Action::Left => go(Move::Up),
        Action::Back | Action::No => None,
        Action::Accept => {
            model.stats.at = focused.and_then(|number| chosen(reading, number));
            None
        }
        _ => Some(Overlay::Dumps { focused }),
    }
}

/// What is asked for so that the dump of this number is shown.
fn chosen(reading: &StatsReading, number: u32) -> Option<u32> {
    Some(number).filter(|number| reading.usual != Some(*number))
}

fn tell_none(model: &mut Model) {
    tell(model, Safe::plain("there is no complete dump yet to choose"), true);
}
