//! Keys of a prompt that bring text: Tab goes through the ways in which a word may go on, the arrows through what was typed before.

use tui_input::Input;

use super::say::tell;
use crate::text::Safe;
use crate::tui::model::{Completing, Model, Overlay, Prompt, PromptKind};

/// Puts the next way in which the word may go on into the prompt, or the one before.
pub(super) fn complete(model: &mut Model, step: isize) {
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else { return };
    if prompt.kind != PromptKind::ListFilter {
        return tell(model, Safe::plain("nothing is known to go on with here"), true);
    }
    let completing = match prompt.completing.take() {
        // Of one way there is no other one: what follows it is asked for.
        Some(Completing { at, ways, rest, chosen: Some(chosen) }) if ways.len() > 1 => {
            let count = ways.len().cast_signed();
            let next = (chosen.cast_signed() + step).rem_euclid(count).cast_unsigned();
            Completing { at, ways, rest, chosen: Some(next) }
        }
        _ => {
            let text = prompt.input.value();
            let cursor = text.char_indices().nth(prompt.input.cursor()).map_or(text.len(), |(at, _)| at);
            let completion = model.list.complete_filter(text, cursor);
            let rest = text.get(completion.at.end..).unwrap_or_default().to_owned();
            let chosen = (!completion.ways.is_empty()).then_some(0);
            Completing { at: completion.at, ways: completion.ways, rest, chosen }
        }
    };
    if let Some(way) = completing.chosen.and_then(|at| completing.ways.get(at)) {
        let before = prompt.input.value().get(..completing.at.start).unwrap_or_default();
        let text = [before, way.as_str(), completing.rest.as_str()].concat();
        let cursor = (before.chars().count() + way.chars().count()).min(text.chars().count());
        prompt.input = Input::new(text).with_cursor(cursor);
    }
    prompt.completing = Some(completing);
}

/// Puts what was typed before into the prompt: further back, or nearer again up to what is being typed.
pub(super) fn recall(model: &mut Model, step: isize) {
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else { return };
    let Prompt { kind, back, .. } = *prompt;
    let Some(further) = back.checked_add_signed(step) else { return };
    let recalled = if further == 0 {
        Some(std::mem::take(&mut prompt.draft))
    } else {
        model.history.back(kind, further).map(str::to_owned)
    };
    let Some(text) = recalled else {
        let text = if further == 1 { "nothing was typed here before" } else { "this is the oldest one" };
        return tell(model, Safe::plain(text), true);
    };
    if back == 0 {
        prompt.draft = prompt.input.value().to_owned();
    }
    prompt.back = further;
    prompt.input = Input::new(text);
    prompt.completing = None;
}
