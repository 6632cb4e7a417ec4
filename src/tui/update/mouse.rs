//! What the mouse does. Part of `update`.
//!
//! What is only looked at follows the press. What is a button, be it a key in the footer, a choice or an answer, is done once the
//! mouse is let go on it, so that who has pressed the wrong one can move away; and whoever leaves with it does not leave the second
//! half of a click to the shell.
//!
//! Nothing here does what a key would not do, and all that asks a question asks it of the mouse, too.

use super::column_menu::keep_choices;
use super::say::Command;
use super::{act, ask, chosen, outputs, panes, prompt, results, shown, sort_menu, wheel};
use crate::tui::actions::Action;
use crate::tui::layout::Areas;
use crate::tui::model::mouse::{Grab, Press};
use crate::tui::model::spots::{Gesture, Pointed, Spot, layer};
use crate::tui::model::{BeginChoice, Focus, Model, Overlay, QuitChoice, able};

/// A press so soon after another one at the same place is the second half of a double click, milliseconds.
const AGAIN_MS: u64 = 400;

/// The mouse did something.
pub(super) fn on_mouse(model: &mut Model, pointed: &Pointed, commands: &mut Vec<Command>) {
    if !model.mouse.is_on {
        return;
    }
    match pointed.gesture {
        Gesture::Press => press(model, pointed, commands),
        Gesture::Drag => drag(model, pointed),
        Gesture::Release => release(model, pointed, commands),
        Gesture::WheelUp | Gesture::WheelDown | Gesture::WheelLeft | Gesture::WheelRight => {
            if let Some(spot) = seen(model, pointed) {
                model.dirty = true;
                wheel::turn(model, pointed.gesture, spot, commands);
            }
        }
    }
}

/// What was seen under the mouse. Nothing if something else lies over the panes by now: nobody can have meant that.
fn seen<'p>(model: &Model, pointed: &'p Pointed) -> Option<&'p Spot> {
    pointed.spot.as_ref().filter(|_| pointed.layer == layer(model))
}

fn press(model: &mut Model, pointed: &Pointed, commands: &mut Vec<Command>) {
    // A release may be lost outside the window.
    let_go(model, commands);
    model.mouse.armed = None;
    let Some(spot) = seen(model, pointed) else { return };
    let (at, at_ms) = (pointed.at, model.now_ms);
    let before = model.mouse.pressed.take();
    let before = before.filter(|before| before.at == at && at_ms <= before.at_ms.saturating_add(AGAIN_MS));
    if let Some(before) = before.as_ref().filter(|before| before.spot != *spot) {
        // What the first press has brought under the mouse is not meant by the second one.
        model.mouse.pressed = Some(Press { at_ms, ..before.clone() });
        return;
    }
    let is_second = before.is_some_and(|before| !before.is_second);
    model.mouse.pressed = Some(Press { at, at_ms, spot: spot.clone(), is_second });
    model.dirty = true;
    if matches!(model.overlay, Some(Overlay::Prompt(_))) {
        return prompt::leave(model, commands);
    }
    model.list.chosen = true;
    on_spot(model, spot, is_second, commands);
}

/// What a press does at once.
fn on_spot(model: &mut Model, spot: &Spot, is_second: bool, commands: &mut Vec<Command>) {
    match *spot {
        // Who clicks twice where once is enough must not take back what the first one did, nor go a step further.
        Spot::Key(action) if is_second && changes_once(action) => {}
        Spot::Key(_) | Spot::Yes | Spot::No => model.mouse.armed = Some(spot.clone()),
        Spot::Choice(at) => press_choice(model, at, is_second, commands),
        Spot::Outside => close(model, commands),
        Spot::Inside => {}
        Spot::Splitter if is_second => panes::usual(model, commands),
        Spot::Splitter => grab(model),
        Spot::List => model.focus = Focus::List,
        Spot::Line(line) => {
            // It may be gone since it was seen.
            if model.list.lines().contains(&line) {
                model.focus = Focus::List;
                model.list.select(line);
                open_if(model, is_second, commands);
            }
        }
        Spot::Head(ref sort) => {
            model.focus = Focus::List;
            match sort {
                Some(sort) => sort_menu::order_by(model, sort.clone()),
                None => sort_menu::open(model),
            }
        }
        Spot::Detail | Spot::Watched => model.focus = Focus::Detail,
        Spot::Tab(tab) => {
            model.focus = Focus::Detail;
            shown::show(model, tab);
        }
        Spot::Stat(at) => {
            model.focus = Focus::Detail;
            model.stats.sought = None;
            model.stats.selected = at;
            open_if(model, is_second, commands);
        }
        Spot::File(at) => {
            model.focus = Focus::Detail;
            model.files.selected = at;
            open_if(model, is_second, commands);
        }
        Spot::Cell { row, column } => {
            model.focus = Focus::Detail;
            model.results.row = row;
            model.results.column = column.unwrap_or(model.results.column);
            open_if(model, is_second && column.is_some(), commands);
        }
        Spot::ResultsHead(column) => {
            model.focus = Focus::Detail;
            model.results.column = column;
            results::sort(model);
        }
    }
}

/// Whether an action changes something by the engine and is not for doing it several times in a row.
fn changes_once(action: Action) -> bool {
    able::asks_engine(action) && !matches!(action, Action::RaiseCap | Action::LowerCap)
}

fn open_if(model: &mut Model, is_second: bool, commands: &mut Vec<Command>) {
    if is_second {
        act::perform(model, Action::Open, commands);
    }
}

fn drag(model: &mut Model, pointed: &Pointed) {
    let (Some(grab), Some(split)) = (model.mouse.grab, Areas::of(model).split) else { return };
    let at = if split.is_across() { pointed.at.x } else { pointed.at.y };
    panes::put(model, at.saturating_add(grab.to_end).saturating_sub(split.start()));
}

/// Takes hold of what stands between the panes.
fn grab(model: &mut Model) {
    let (Some(split), Some(pressed)) = (Areas::of(model).split, &model.mouse.pressed) else { return };
    let at = if split.is_across() { pressed.at.x } else { pressed.at.y };
    model.mouse.grab = Some(Grab { to_end: split.end().saturating_sub(at), before: model.panes });
}

/// Keeps what was dragged.
fn let_go(model: &mut Model, commands: &mut Vec<Command>) {
    if model.mouse.grab.take().is_some_and(|grab| grab.before != model.panes) {
        keep_choices(model, commands);
    }
}

fn release(model: &mut Model, pointed: &Pointed, commands: &mut Vec<Command>) {
    let_go(model, commands);
    let Some(armed) = model.mouse.armed.take() else { return };
    if seen(model, pointed) != Some(&armed) {
        return;
    }
    model.dirty = true;
    match armed {
        Spot::Key(action) => act::perform(model, action, commands),
        Spot::Yes | Spot::No => {
            if let Some(Overlay::Confirm(confirm)) = &mut model.overlay {
                confirm.yes_focused = armed == Spot::Yes;
                ask::perform(model, Action::Accept, commands);
            }
        }
        Spot::Choice(at) => take_choice(model, at, commands),
        _ => {}
    }
}

/// A press on a row of what lies over the panes. It takes the focus, unless Enter would then do more than the user has asked for.
fn press_choice(model: &mut Model, at: usize, is_second: bool, commands: &mut Vec<Command>) {
    match &model.overlay {
        Some(Overlay::Failures(_) | Overlay::Grep | Overlay::Map) => {
            focus(model, at);
            if is_second {
                ask::perform(model, Action::Accept, commands);
            }
        }
        Some(Overlay::Begin { .. } | Overlay::Quit { .. }) => model.mouse.armed = Some(Spot::Choice(at)),
        _ => {
            focus(model, at);
            model.mouse.armed = Some(Spot::Choice(at));
        }
    }
}

/// Puts the cursor of what lies over the panes on a row.
fn focus(model: &mut Model, at: usize) {
    match &mut model.overlay {
        Some(Overlay::Sort { at: focused } | Overlay::Columns { at: focused } | Overlay::Groups { at: focused }) => {
            *focused = at;
        }
        Some(Overlay::Failures(failures)) => (failures.at, failures.wanted) = (at, None),
        Some(Overlay::Palette(palette)) => palette.at = Some(at).filter(|at| *at < palette.found.len()),
        Some(Overlay::Dumps { focused }) => {
            // The one that is shown where none is chosen stands above the others.
            let choices = model.stats.reading.as_ref().map(|reading| &reading.choices);
            *focused = at.checked_sub(1).and_then(|at| Some(choices?.get(at)?.number));
        }
        Some(Overlay::Grep) => {
            if let Some(search) = &mut model.grep.search {
                search.at = at;
            }
        }
        Some(Overlay::Map) => {
            if let Some(id) = model.list.listed().get(at) {
                model.list.reveal(*id, &model.columns);
            }
        }
        Some(Overlay::Outputs(_)) => outputs::put(model, at),
        _ => {}
    }
}

/// Takes a choice on which the mouse was let go.
fn take_choice(model: &mut Model, at: usize, commands: &mut Vec<Command>) {
    match model.overlay.take() {
        Some(Overlay::Palette(palette)) => chosen::take(model, palette, at, commands),
        Some(Overlay::Outputs(choice)) => {
            model.overlay = Some(Overlay::Outputs(choice));
            outputs::put(model, at);
            if let Some(Overlay::Outputs(choice)) = model.overlay.take() {
                outputs::accept(model, choice);
            }
        }
        Some(Overlay::Begin { choice }) => {
            let choice = BeginChoice::ALL.get(at).copied().unwrap_or(choice);
            model.overlay = Some(Overlay::Begin { choice });
            ask::perform(model, Action::Accept, commands);
        }
        Some(Overlay::Quit { choice }) => {
            let choice = QuitChoice::ALL.get(at).copied().unwrap_or(choice);
            model.overlay = Some(Overlay::Quit { choice });
            ask::perform(model, Action::Accept, commands);
        }
        overlay => {
            let action = if matches!(overlay, Some(Overlay::Columns { .. })) { Action::Toggle } else { Action::Accept };
            model.overlay = overlay;
            focus(model, at);
            ask::perform(model, action, commands);
        }
    }
}

/// A press beside what lies over the panes closes it, as Esc does; but nobody is thrown out of the dashboard by it.
fn close(model: &mut Model, commands: &mut Vec<Command>) {
    match &model.overlay {
        Some(Overlay::Begin { .. }) | None => {}
        // What was typed into them is no reason to stay.
        Some(Overlay::Help(_) | Overlay::Palette(_) | Overlay::Outputs(_)) => model.overlay = None,
        Some(_) => ask::perform(model, Action::Back, commands),
    }
}
