//! What was chosen in the palette is done, where it holds. Part of `update`.

use super::say::{Command, tell};
use super::{act, go_to, palette, shown};
use crate::text::Safe;
use crate::tui::actions::{Action, Context, Move, Tab};
use crate::tui::model::found::Found;
use crate::tui::model::{Focus, Model, Overlay, Palette};

/// Does what was chosen. What cannot be done is told, and keys that follow are still words.
pub(super) fn accept(model: &mut Model, chosen_in: Palette, commands: &mut Vec<Command>) {
    let text = chosen_in.prompt.input.value().trim().to_owned();
    if palette::is_place(&text) {
        return go(model, &text);
    }
    let chosen = chosen_in.at.and_then(|at| chosen_in.found.get(at)).copied();
    let wrong = match chosen {
        Some((found, None)) => return perform(model, found, commands),
        Some((_, Some(obstacle))) => obstacle,
        None if text.is_empty() => return,
        None => "no action has these words",
    };
    model.overlay = Some(Overlay::Palette(chosen_in));
    tell(model, Safe::plain(wrong), true);
}

/// Does what was pressed among what was found, whatever was typed.
pub(super) fn take(model: &mut Model, mut palette: Palette, at: usize, commands: &mut Vec<Command>) {
    match palette.found.get(at).copied() {
        Some((found, None)) => perform(model, found, commands),
        found => {
            palette.at = found.map(|_| at);
            model.overlay = Some(Overlay::Palette(palette));
            if let Some((_, Some(obstacle))) = found {
                tell(model, Safe::plain(obstacle), true);
            }
        }
    }
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
        Some(row) => model.list.select_row_at(row.saturating_sub(1)),
        None => {
            let wrong = "a number goes to a row of the list, or to a line of the log when that has the keys";
            palette::open(model, text.to_owned());
            tell(model, Safe::plain(wrong), true);
        }
    }
}
