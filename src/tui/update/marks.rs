//! Marks in logs: a letter for a line, and what is between a mark and the line that is looked at. Part of `update`.

use std::path::PathBuf;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::say::{Command, tell};
use super::{scroll, shown, want};
use crate::text::{Safe, human};
use crate::tui::model::Model;
use crate::tui::model::log::Awaited;
use crate::tui::reading::{CopyReading, CopyWant};

/// The mark that a jump leaves where it began.
const BEFORE: char = '\'';

/// Waits for the letter of a mark.
pub(super) fn wait(model: &mut Model, awaited: Awaited) {
    if want::log_path(model).is_none() || shown::current_line(model).is_none() {
        return tell(model, Safe::plain("there is no line here"), true);
    }
    let text = match awaited {
        Awaited::Mark => "a letter marks this line",
        Awaited::Jump => "the letter of a mark goes to its line; ' goes back",
        Awaited::Copy => "the letter of a mark copies all from its line to this one",
    };
    tell(model, Safe::plain(text), false);
    model.log.awaited = Some(awaited);
}

/// Takes a key if it is the letter of a mark that is waited for.
pub(super) fn takes(model: &mut Model, event: KeyEvent) -> bool {
    let Some(awaited) = model.log.awaited.take() else { return false };
    model.dirty = true;
    model.toast = None;
    let plain = (event.modifiers - KeyModifiers::SHIFT).is_empty();
    match event.code {
        KeyCode::Char(letter) if plain && letter.is_ascii_alphabetic() => match awaited {
            Awaited::Mark => mark(model, letter),
            Awaited::Jump => jump(model, letter),
            Awaited::Copy => copy(model, letter),
        },
        KeyCode::Char(BEFORE) if plain && awaited == Awaited::Jump => jump(model, BEFORE),
        KeyCode::Esc => {}
        _ => tell(model, Safe::plain("a mark is a letter"), true),
    }
    true
}

fn mark(model: &mut Model, letter: char) {
    let Some((path, line)) = here(model) else { return };
    // It is not pointed at: what is pointed at counts as what is looked at, and that is the other end of a range.
    model.log.marks.entry(path).or_default().insert(letter, line);
    let number =
        shown::line_in_view(model).map_or_else(|| "this line".to_owned(), |at| format!("line {}", human::count(at)));
    tell(model, Safe::line(&format!("{number} is marked {letter}")), false);
}

/// The file that is shown, and where the line begins in it that is looked at.
fn here(model: &Model) -> Option<(PathBuf, u64)> {
    Some((want::log_path(model)?, shown::current_line(model)?.offset))
}

/// The line of a mark; if there is none, that is told.
fn line_of(model: &mut Model, letter: char) -> Option<u64> {
    let path = want::log_path(model)?;
    let marks = model.log.marks.get(&path);
    let line = marks.and_then(|marks| marks.get(&letter)).copied();
    let bytes = model.log.reading.as_ref().map_or(0, |reading| reading.bytes);
    let wrong = match line {
        Some(line) if line < bytes => return Some(line),
        Some(_) => "the line of that mark is not there any more".to_owned(),
        None if letter == BEFORE => "no mark was gone to in this file".to_owned(),
        None => {
            let letters: Vec<String> = marks.into_iter().flat_map(|marks| marks.keys()).map(char::to_string).collect();
            let known = if letters.is_empty() { "none".to_owned() } else { letters.join(" ") };
            format!("no line of this file is marked {letter}; marked: {known}")
        }
    };
    tell(model, Safe::line(&wrong), true);
    None
}

fn jump(model: &mut Model, letter: char) {
    let Some(line) = line_of(model, letter) else { return };
    if let Some((path, from)) = here(model) {
        model.log.marks.entry(path).or_default().insert(BEFORE, from);
    }
    scroll::go_to(model, line);
}

/// Asks for all that is shown from the line of a mark to the one that is looked at.
fn copy(model: &mut Model, letter: char) {
    let (Some(line), Some((_, here))) = (line_of(model, letter), here(model)) else { return };
    model.log.copies += 1;
    model.log.copying =
        Some(CopyWant { id: model.log.copies, first: line.min(here), last: line.max(here), folds: model.log.folds() });
}

/// What was asked for has been read.
pub(super) fn copied(model: &mut Model, reading: CopyReading, commands: &mut Vec<Command>) {
    if model.log.copying.take_if(|copying| copying.id == reading.id).is_none() {
        return;
    }
    match reading.text {
        Ok((text, lines)) => {
            let lines = human::plural(lines, "line");
            // A terminal does not tell whether it took the text, so neither do we.
            tell(model, Safe::line(&format!("{lines} sent to the clipboard of your terminal")), false);
            commands.push(Command::Copy(text));
        }
        Err(why) => tell(model, why, true),
    }
}
