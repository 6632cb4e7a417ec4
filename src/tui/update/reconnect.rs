//! What becomes of a dashboard whose engine is gone, or works on another file than the one that is there. Part of `update`.
//!
//! An engine may be killed, or make room for one that reads the edited file; the simulations go on without it. So another
//! one is looked for or started, and the dashboard goes on with that, as its user would by hand. One that said why it ends is
//! left in peace.

use super::say::{Command, send, tell};
use crate::protocol::{ClientMessage, Request, SimView};
use crate::text::Safe;
use crate::tui::model::{Against, LinkState, Model, Overlay, Purpose, stats};

/// In this time, milliseconds, another engine is looked for at most [`MOST`] times.
const WITHIN_MS: u64 = 60_000;

/// An engine that dies again and again has a reason that another start does not mend.
const MOST: usize = 3;

/// Looks for another engine, unless that was done too often lately. Whether it does.
pub(super) fn begin(model: &mut Model, commands: &mut Vec<Command>) -> bool {
    let now_ms = model.now_ms;
    model.reconnects_ms.retain(|&then_ms| then_ms + WITHIN_MS > now_ms);
    if model.reconnects_ms.len() >= MOST {
        return false;
    }
    model.reconnects_ms.push(now_ms);
    model.link = LinkState::Reconnecting;
    // Its request has the numbers of the engine before, and may mean others by now.
    if matches!(model.overlay, Some(Overlay::Confirm(_))) {
        model.overlay = None;
    }
    commands.push(Command::Reconnect);
    true
}

/// The file is in order: has what it adds added, or asks for an engine that reads it. `added` are lists of simulations as
/// JSON, if to add them is all that makes the plan the one of the file.
pub(super) fn reload(model: &mut Model, added: Vec<String>, commands: &mut Vec<Command>) {
    model.asks_edits = true;
    match model.link {
        LinkState::Live if !added.is_empty() => {
            let last = added.len() - 1;
            for (at, simulations) in added.into_iter().enumerate() {
                let complete = at == last;
                let purpose = if complete { Purpose::Grow } else { Purpose::Tell };
                _ = send(model, Request::Add { simulations, complete }, purpose, commands);
            }
        }
        LinkState::Live => _ = send(model, Request::Reload, Purpose::Tell, commands),
        // Without an engine the next one reads the file as it is anyway.
        LinkState::Ended { .. } | LinkState::Broken { .. } => _ = begin(model, commands),
        LinkState::Connecting | LinkState::Reconnecting => {
            tell(model, Safe::plain("another engine is on its way; try again when it is there"), true);
        }
    }
}

/// Another engine is there: everything is asked anew.
pub(super) fn succeeded(model: &mut Model, commands: &mut Vec<Command>) {
    model.dirty = true;
    model.link = LinkState::Connecting;
    model.ended_ms = None;
    model.is_stale = true;
    commands.push(Command::Send(ClientMessage { id: 0, request: Request::Subscribe }));
}

/// There is none, and none can be started.
pub(super) fn failed(model: &mut Model, why: Safe) {
    model.dirty = true;
    model.link = LinkState::Ended { reason: Some(why) };
}

/// The first simulations of another engine take the place of all that was known. Its numbers may mean others, so the cursor
/// and what the stats are compared with go by name, and nothing stays marked. Rows come in batches, and either may be in any.
/// Whether the rows were replaced.
pub(super) fn replace_rows(model: &mut Model, sims: &[SimView], complete: bool) -> bool {
    let is_replaced = std::mem::take(&mut model.is_stale);
    if is_replaced {
        // Another engine may follow before all rows of the last one have come.
        let selected = model.selected().map(|row| row.view.name.clone());
        model.reselect = model.reselect.take().or(selected);
        if let Some(Against::Simulation(id)) = model.stats.against {
            model.recompare = model.list.rows().get(&id).map(|row| row.view.name.clone());
            stats::keep_cursor(&mut model.stats, |stats| stats.against = None);
        }
        model.list.clear();
    }
    let find = |name: &str| sims.iter().find(|sim| sim.name == name).map(|sim| sim.id);
    if let Some(name) = &model.reselect {
        let found = find(name);
        if let Some(id) = found {
            model.list.select_when_it_comes(id);
        }
        if found.is_some() || complete {
            model.reselect = None;
        }
    }
    if let Some(name) = &model.recompare {
        let found = find(name);
        if found.is_some() || complete {
            model.recompare = None;
            stats::keep_cursor(&mut model.stats, |stats| {
                stats.against = found.map(Against::Simulation);
                stats.by_change &= found.is_some();
            });
        }
    }
    is_replaced
}
