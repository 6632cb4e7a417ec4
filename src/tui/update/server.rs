//! What becomes of the model when the engine speaks, answers or goes.

use super::say::{Command, Leave, tell};
use super::{edits, failure_groups, reconnect};
use crate::protocol::{Header, RELOADS, Reply, ServerMessage};
use crate::text::Safe;
use crate::tui::model::{HeaderView, LinkState, Model, Purpose, titles};
use crate::tui::reading::Keep;

/// The engine said something.
pub(super) fn on_server(model: &mut Model, message: ServerMessage, commands: &mut Vec<Command>) {
    model.dirty = true;
    match message {
        // The versions were compared before the dashboard was opened, and the rows tell what a transition would.
        ServerMessage::Hello { .. } | ServerMessage::Transitions { .. } => {}
        ServerMessage::Header { header } => {
            if model.header.is_none() {
                commands.push(Command::Keep(Keep::Recall { outdir: header.outdir.clone() }));
            }
            on_header(model, *header);
        }
        ServerMessage::Sims { sims, complete } => {
            let is_replaced = reconnect::replace_rows(model, &sims, complete);
            let failures = model.list.put(sims, model.now_ms, &mut model.columns);
            let is_first = complete && model.link == LinkState::Connecting;
            if is_first {
                model.link = LinkState::Live;
                edits::ask(model);
            }
            if failures || is_replaced {
                failure_groups::refresh(model);
            }
        }
        ServerMessage::Reply { id, reply } => on_reply(model, id, reply, commands),
        ServerMessage::Goodbye { reason } => on_end(model, Some(Safe::line(&reason)), commands),
    }
}

fn on_header(model: &mut Model, header: Header) {
    model.wanted_cap = None;
    // Failures have paused the queue: that it is open may have been said a moment before.
    let had_paused_it = model.header.as_ref().is_some_and(|view| view.header.alike.is_some());
    if header.alike.is_some() && !had_paused_it {
        model.toast = None;
    }
    let titles = titles::stat_titles(&header.watch);
    model.list.set_cap(header.cap, &mut model.columns);
    model.list.set_stats(&titles, &model.columns);
    model.header = Some(HeaderView {
        at_ms: model.now_ms,
        name: Safe::line(&header.name),
        notice: header.notice.as_deref().map(Safe::line),
        allocation: header.allocation.as_deref().map(Safe::line),
        titles,
        header,
    });
}

/// The engine answered a request.
pub(super) fn on_reply(model: &mut Model, id: u64, reply: Reply, commands: &mut Vec<Command>) {
    let purpose = model.pending.remove(&id).unwrap_or(Purpose::Tell);
    model.asked_ms = (!model.pending.is_empty()).then_some(model.now_ms);
    match reply {
        Reply::Done { message } => match purpose {
            Purpose::LeaveDraining => commands.push(Command::Quit(Leave::Draining)),
            Purpose::Tell | Purpose::Cap | Purpose::EndAll | Purpose::Grow => {
                if !message.is_empty() {
                    tell(model, Safe::line(&message), false);
                }
                if purpose == Purpose::Grow {
                    edits::ask_after_growth(model);
                }
            }
        },
        Reply::Refused { reason } => {
            match purpose {
                Purpose::Cap => model.wanted_cap = None,
                Purpose::EndAll => model.ending = false,
                Purpose::Tell | Purpose::Grow | Purpose::LeaveDraining => {}
            }
            tell(model, Safe::line(&reason), true);
        }
        // A dashboard asks by number.
        Reply::Missed { miss } => tell(model, Safe::line(&miss.to_string()), true),
    }
}

/// What the engine says cannot be read. Another one cannot take its place, and would say the same.
pub(super) fn on_broken(model: &mut Model, why: Safe) {
    model.dirty = true;
    if model.is_over() {
        return;
    }
    model.link = LinkState::Broken { why };
    model.ended_ms = Some(model.now_ms);
    model.pending.clear();
    model.asked_ms = None;
    model.wanted_cap = None;
}

/// The engine is gone, with a reason if it said one.
pub(super) fn on_end(model: &mut Model, reason: Option<Safe>, commands: &mut Vec<Command>) {
    model.dirty = true;
    if model.is_over() {
        return;
    }
    let draining = model.pending.values().any(|purpose| *purpose == Purpose::LeaveDraining);
    // One that was killed said nothing, and one that makes room said so.
    let is_replaceable = reason.as_ref().is_none_or(|reason| reason == RELOADS) && !model.ending && !draining;
    let was_killed = reason.is_none();
    if !is_replaceable || !reconnect::begin(model, commands) {
        model.link = LinkState::Ended { reason };
    } else if was_killed {
        tell(model, Safe::plain("the engine is lost and looked for again; what runs goes on"), true);
    }
    model.ended_ms = Some(model.now_ms);
    if model.ending {
        commands.push(Command::Quit(Leave::CancelledAll));
    } else if draining {
        commands.push(Command::Quit(Leave::Draining));
    }
    model.pending.clear();
    model.asked_ms = None;
    model.wanted_cap = None;
}
