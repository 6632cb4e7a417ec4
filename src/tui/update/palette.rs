//! The palette: an action is asked for by its words, or a place by its number. Part of `update`.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::say::{Command, tell};
use super::{act, go_to, shown, typing};
use crate::text::Safe;
use crate::tui::actions::{Action, Context, Move, Tab};
use crate::tui::model::found::{Found, find};
use crate::tui::model::{Focus, Model, Overlay, Palette, PromptKind, able};

/// Opens the palette, with words that stand there already.
pub(super) fn open(model: &mut Model, text: String) {
    let prompt = typing::prompt(PromptKind::Palette, text);
    model.overlay = Some(Overlay::Palette(Palette { prompt, found: Vec::new(), at: None }));
    look_up(model);
}

/// Finds what the words mean by now.
pub(super) fn look_up(model: &mut Model) {
    let Some(Overlay::Palette(palette)) = &model.overlay else { return };
    let text = palette.prompt.input.value();
    let is_typed = !text.trim().is_empty();
    let found = if is_place(text) { Vec::new() } else { find(text, &model.contexts_below()) };
    let mut found: Vec<_> = found.into_iter().map(|found| (found, obstacle(model, found))).collect();
    if !is_typed {
        // Who only looks wants to see what there is to do.
        found.sort_by_key(|(_, obstacle)| obstacle.is_some());
    }
    let Some(Overlay::Palette(palette)) = &mut model.overlay else { return };
    // Enter on nothing does nothing.
    palette.at = (is_typed && !found.is_empty()).then_some(0);
    palette.found = found;
}

fn obstacle(model: &Model, found: Found) -> Option<&'static str> {
    let has_figure = model.results.figure.is_some();
    match found.context {
        Context::Figure if !found.is_here && !has_figure => Some("no figure is shown"),
        _ => able::obstacle(model, found.entry.action),
    }
}

/// Whether what was typed is the number of a line or a row, a part, a byte or a tick; `$` is the last.
pub(super) fn is_place(text: &str) -> bool {
    let text = text.trim();
    text == "$" || text.starts_with(|c: char| c.is_ascii_digit() || c == '@')
}

/// Moves to another action that was found, if the key is for that.
pub(super) fn moves(model: &mut Model, event: KeyEvent) -> bool {
    let Some(Overlay::Palette(palette)) = &mut model.overlay else { return false };
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let by = match event.code {
        KeyCode::Up | KeyCode::BackTab => Move::Up,
        KeyCode::Down | KeyCode::Tab => Move::Down,
        KeyCode::Char('p') if ctrl => Move::Up,
        KeyCode::Char('n') if ctrl => Move::Down,
        KeyCode::PageUp => Move::PageUp,
        KeyCode::PageDown => Move::PageDown,
        _ => return false,
    };
    let len = palette.found.len();
    palette.at = match palette.at {
        _ if len == 0 => None,
        None if matches!(by, Move::Up | Move::PageUp) => Some(len - 1),
        None => Some(0),
        Some(0) if by == Move::Up => Some(len - 1),
        Some(at) if by == Move::Down && at + 1 == len => Some(0),
        Some(at) => Some(by.apply(at, len, 10)),
    };
    true
}

/// Does what was chosen. What cannot be done is told, and keys that follow are still words.
pub(super) fn accept(model: &mut Model, palette: Palette, commands: &mut Vec<Command>) {
    let text = palette.prompt.input.value().trim().to_owned();
    if is_place(&text) {
        return go(model, &text);
    }
    let chosen = palette.at.and_then(|at| palette.found.get(at)).copied();
    let wrong = match chosen {
        Some((found, None)) => return perform(model, found, commands),
        Some((_, Some(obstacle))) => obstacle,
        None if text.is_empty() => return,
        None => "no action has these words",
    };
    model.overlay = Some(Overlay::Palette(palette));
    tell(model, Safe::plain(wrong), true);
}

/// Goes where the action holds, and does it there.
fn perform(model: &mut Model, found: Found, commands: &mut Vec<Command>) {
    model.list.chosen = true;
    let tab = match found.context {
        Context::Log => Some(Tab::Log),
        Context::Stats => Some(Tab::Stats),
        Context::Files => Some(Tab::Files),
        Context::Why => Some(Tab::Why),
        Context::Results | Context::Figure => Some(Tab::Results),
        _ => None,
    };
    if !found.is_here {
        if let Some(tab) = tab {
            shown::show(model, tab);
        }
        match found.context {
            Context::List => (model.focus, model.zoomed) = (Focus::List, false),
            Context::Everywhere | Context::Leave => {}
            _ => model.focus = Focus::Detail,
        }
    }
    act::perform(model, found.entry.action, commands);
}

/// Goes to a line of the log, or to a row of the list.
fn go(model: &mut Model, text: &str) {
    let in_log = model.focus == Focus::Detail && model.tab == Tab::Log;
    let number = text.parse::<usize>().ok().filter(|_| model.focus == Focus::List);
    match number {
        _ if text == "$" => act::perform(model, Action::Go(Move::Bottom), &mut Vec::new()),
        _ if in_log => go_to::go_to(model, text),
        Some(row) => model.list.select_at(row.saturating_sub(1)),
        None => {
            let wrong = "a number goes to a row of the list, or to a line of the log when that has the keys";
            open(model, text.to_owned());
            tell(model, Safe::plain(wrong), true);
        }
    }
}
