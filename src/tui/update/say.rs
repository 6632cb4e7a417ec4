//! What comes in, what goes out, and the two ways in which a decision speaks: to the user, and to the engine.

use std::path::PathBuf;

use ratatui::crossterm::event::KeyEvent;

use crate::protocol::{ClientMessage, Request, ServerMessage};
use crate::report::write::Document;
use crate::text::Safe;
use crate::tui::model::spots::Pointed;
use crate::tui::model::{LinkState, Model, Purpose, Toast};
use crate::tui::notifications::Way;
use crate::tui::reading::{Keep, LogText, Reading, Shown, Want};

/// How long a line stays in the footer.
const TOAST_MS: u64 = 4_000;

/// Something that happened.
#[derive(Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(Pointed),
    /// Text was pasted.
    Paste(String),
    /// The terminal has a new size.
    Resize(u16, u16),
    /// The engine said something.
    Server(ServerMessage),
    /// The engine is gone.
    LinkClosed,
    /// The engine goes on, and what it says cannot be read, for this reason.
    LinkBroken(Safe),
    /// Another engine is there.
    Reconnected,
    /// There is no other engine.
    NotReconnected(Safe),
    /// The request with this id could not be handed to the engine.
    NotAsked(u64),
    /// The experiment file was looked at: the simulations that it adds, as lists of JSON, if to add them is all that it asks
    /// for; or what is wrong with it.
    FileChecked(Result<Vec<String>, Safe>),
    /// The reader found something.
    Read(Reading),
    /// A second has passed.
    Tick,
    /// The reader waits for a disk, since this time on the driver's clock; or does so no longer.
    Stalled(Option<u64>),
    /// The terminal has told its ground.
    Ground {
        /// Whether it is light.
        light: bool,
    },
    /// SIGINT came from outside.
    Interrupt,
    /// A line for the footer from the driver, such as that an editor could not be started.
    Tell {
        /// What it says.
        text: Safe,
        /// Whether something was not done.
        bad: bool,
    },
}

/// Something to do.
#[derive(Debug)]
pub enum Command {
    /// Ask the engine.
    Send(ClientMessage),
    /// Tell the reader what is wanted now.
    Read(Box<Want>),
    /// Write a file of results.
    Keep(Keep),
    /// Put text on the clipboard.
    Copy(Safe),
    /// Put a table on the clipboard.
    CopyTable(Document),
    /// Open a file in the user's editor or pager.
    OpenExternal {
        /// The file.
        path: PathBuf,
        /// The line to show, counted from 1.
        line: Option<u64>,
    },
    /// Write a log into a file.
    SaveLog {
        /// The log.
        log: LogText,
        /// The file, relative to the working directory.
        to: PathBuf,
    },
    /// Have a program read a log. It has the terminal meanwhile.
    PipeLog {
        /// The log.
        log: LogText,
        /// The program and its arguments.
        argv: Vec<String>,
    },
    /// Let the terminal tell of the mouse, or have it for itself.
    Mouse(bool),
    /// Call somebody who does not look.
    Call {
        /// How.
        by: Vec<Way>,
        /// What for.
        text: Safe,
    },
    /// Stop this process until it is continued.
    Suspend,
    /// Find or start another engine.
    Reconnect,
    /// Look whether the experiment file is in order, and if so ask for an engine that reads it.
    CheckFile,
    /// Draw everything anew.
    Redraw,
    /// Leave the dashboard.
    Quit(Leave),
}

/// Why the dashboard was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leave {
    /// Nothing was running or waiting, or the engine had ended before.
    Idle,
    /// The user left, and nothing was changed by that.
    Detached {
        /// Whether what waits starts by itself.
        queue_is_open: bool,
        /// Whether anything runs or is paused.
        is_live: bool,
    },
    /// The engine launches nothing more and ends after what runs.
    Draining,
    /// Everything was cancelled.
    CancelledAll,
    /// The terminal is gone; everything goes on.
    TerminalLost,
    /// SIGTERM; everything goes on.
    Terminated,
}

/// Says something in the footer for a while.
pub(super) fn tell(model: &mut Model, text: Safe, bad: bool) {
    model.toast = Some(Toast { text, bad, until_ms: model.now_ms + TOAST_MS });
    model.dirty = true;
}

/// Why the engine can be asked for nothing right now.
pub(super) fn refusal(model: &Model) -> Option<Safe> {
    if model.only_looks {
        return Some(Safe::plain("this only looks; open it without `view` to change something"));
    }
    match model.link {
        LinkState::Live => None,
        // What is on the screen may have the numbers of the engine before.
        LinkState::Connecting => Some(Safe::plain("the engine has not told everything yet; try again in a moment")),
        LinkState::Reconnecting => Some(Safe::plain("another engine is on its way; try again when it is there")),
        LinkState::Ended { .. } => {
            Some(Safe::plain("the engine has ended; leave and come back, and a new one does it"))
        }
        LinkState::Broken { .. } => Some(Safe::plain("the engine cannot be heard any more; leave and come back")),
    }
}

/// Sends a request to the engine, if it is still there, and says whether it was sent.
pub(super) fn send(model: &mut Model, request: Request, purpose: Purpose, commands: &mut Vec<Command>) -> bool {
    if let Some(why) = refusal(model) {
        tell(model, why, true);
        return false;
    }
    let id = model.next_request;
    model.next_request += 1;
    model.pending.insert(id, purpose);
    model.asked_ms.get_or_insert(model.now_ms);
    commands.push(Command::Send(ClientMessage { id, request }));
    true
}

/// The table of results that is shown. Says so where there is none.
pub(super) fn table_shown(model: &mut Model) -> Option<std::sync::Arc<Shown>> {
    let shown = model.results.shown.clone();
    if shown.is_none() {
        tell(model, Safe::plain("there is no table yet"), true);
    }
    shown
}
