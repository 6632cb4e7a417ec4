//! Choosing the output that the log shows. Part of `update`.

use ratatui::crossterm::event::KeyEvent;

use super::palette::direction;
use super::say::tell;
use super::{scroll, shown, typing};
use crate::rundir::AttemptDir;
use crate::text::Safe;
use crate::tui::actions::{Move, Tab};
use crate::tui::model::outputs::{focused, found, is_shown, listed};
use crate::tui::model::{LogFileChoice, Model, OutputChoice, Overlay, PromptKind};
use crate::tui::reading::{OutputFile, Top};

/// Rows that a press of `PgDn` passes.
const PAGE: usize = 10;

/// Opens the list, on the output that is shown.
pub(super) fn open(model: &mut Model) {
    if model.shown_attempt().is_none() {
        return tell(model, Safe::plain("there is no attempt yet that could have written something"), true);
    }
    shown::show(model, Tab::Log);
    let focused = listed(model).iter().find(|file| is_shown(model, &file.path)).map(|file| file.path.clone());
    let prompt = typing::prompt(PromptKind::Output, String::new());
    model.overlay = Some(Overlay::Outputs(OutputChoice { prompt, focused }));
}

/// Other words have been typed: the first that they find is focused.
pub(super) fn look_up(model: &mut Model) {
    if let Some(Overlay::Outputs(choice)) = &mut model.overlay {
        choice.focused = None;
    }
}

/// Moves to another output that was found, if the key is for that.
pub(super) fn moves(model: &mut Model, event: KeyEvent) -> bool {
    let (Some(Overlay::Outputs(choice)), Some(by)) = (&model.overlay, direction(event)) else { return false };
    let found = found(model, choice.prompt.input.value());
    let at = focused(choice, &found);
    let next = match by {
        Move::Up if at == 0 => found.len().saturating_sub(1),
        Move::Down if at + 1 == found.len() => 0,
        by => by.apply(at, found.len(), PAGE),
    };
    put(model, next);
    true
}

/// Moves to another one and not around the ends, as a wheel does.
pub(super) fn scroll(model: &mut Model, by: Move) {
    let Some(Overlay::Outputs(choice)) = &model.overlay else { return };
    let found = found(model, choice.prompt.input.value());
    put(model, by.apply(focused(choice, &found), found.len(), PAGE));
}

/// Puts the focus on one of those that were found.
pub(super) fn put(model: &mut Model, at: usize) {
    let Some(Overlay::Outputs(choice)) = &model.overlay else { return };
    let next = found(model, choice.prompt.input.value()).get(at).map(|file| file.path.clone());
    if let Some(Overlay::Outputs(choice)) = &mut model.overlay {
        choice.focused = next;
    }
}

/// Shows the output that was chosen. Where the words find none, they can be changed.
pub(super) fn accept(model: &mut Model, choice: OutputChoice) {
    let found = found(model, choice.prompt.input.value());
    let Some(file) = found.get(focused(&choice, &found)).copied().cloned() else {
        model.overlay = Some(Overlay::Outputs(choice));
        return tell(model, Safe::plain("no output has these words"), true);
    };
    show(model, &file);
}

/// Shows an output, a log from its end and another text from its beginning.
fn show(model: &mut Model, file: &OutputFile) {
    // Who chooses what is shown already wants to go on reading.
    if is_shown(model, &file.path) {
        return;
    }
    let Some(attempt) = model.shown_attempt().map(|attempt| attempt.dir.clone()) else { return };
    let dir = AttemptDir::new(attempt.clone());
    let choice = LogFileChoice::of(&dir, &attempt.join(&file.path));
    scroll::choose_file(model, choice);
    if !file.is_log {
        model.log.top = Top::At { offset: 0, row: 0 };
    }
}

/// Shows the next log of those that are listed.
pub(super) fn next(model: &mut Model) {
    let logs: Vec<OutputFile> = listed(model).iter().filter(|file| file.is_log).cloned().collect();
    let at = logs.iter().position(|file| is_shown(model, &file.path));
    let next = logs.get(at.map_or(0, |at| at + 1)).or(logs.first()).cloned();
    if let Some(next) = next {
        show(model, &next);
    } else {
        // What else there is has not been looked up yet.
        let is_first = model.log.choice == LogFileChoice::Simout;
        scroll::choose_file(model, if is_first { LogFileChoice::Simerr } else { LogFileChoice::Simout });
    }
    shown::show(model, Tab::Log);
}
