//! The palette: an action is asked for by its words, or a place by its number. Part of `update`. What was chosen is done in `chosen`.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::typing;
use crate::tui::actions::{Context, Move};
use crate::tui::model::found::{Found, find};
use crate::tui::model::{Model, Overlay, Palette, PromptKind, able};

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

/// Where a key goes in a list above the line that is typed.
pub(super) fn direction(event: KeyEvent) -> Option<Move> {
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    Some(match event.code {
        KeyCode::Up | KeyCode::BackTab => Move::Up,
        KeyCode::Down | KeyCode::Tab => Move::Down,
        KeyCode::Char('p') if ctrl => Move::Up,
        KeyCode::Char('n') if ctrl => Move::Down,
        KeyCode::PageUp => Move::PageUp,
        KeyCode::PageDown => Move::PageDown,
        _ => return None,
    })
}

/// Moves to another action that was found, if the key is for that.
pub(super) fn moves(model: &mut Model, event: KeyEvent) -> bool {
    let (Some(Overlay::Palette(_)), Some(by)) = (&model.overlay, direction(event)) else { return false };
    go(model, by);
    true
}

/// Moves to another action that was found; around the ends.
pub(super) fn go(model: &mut Model, by: Move) {
    let Some(Overlay::Palette(palette)) = &mut model.overlay else { return };
    let len = palette.found.len();
    palette.at = match palette.at {
        _ if len == 0 => None,
        None if matches!(by, Move::Up | Move::PageUp) => Some(len - 1),
        None => Some(0),
        Some(0) if by == Move::Up => Some(len - 1),
        Some(at) if by == Move::Down && at + 1 == len => Some(0),
        Some(at) => Some(by.apply(at, len, 10)),
    };
}
