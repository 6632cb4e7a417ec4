//! Every decision of the dashboard: `(model, message) → commands`. Pure: it reads no clock, no file and no channel, so
//! that any situation can be made in a test by feeding messages.

pub mod act;
pub mod ask;
pub mod compare;
pub mod edits;
pub mod failure_groups;
pub mod prompt;
pub mod reconnect;
pub mod scroll;
pub mod search;
mod shown;
pub mod want;

use ratatui::crossterm::event::{KeyEvent, KeyEventKind};

use super::Leave;
use super::actions::keymap::Context;
use super::actions::{Tab, keymap};
use super::layout::Areas;
use super::model::sort::arrange;
use super::model::{
    Focus, HeaderView, LinkState, LogFileChoice, Model, Overlay, Purpose, Row, Toast, Top, Why, columns, titles,
};
use super::reading::{Reading, Want};
use crate::gem5::OutcomeKind;
use crate::protocol::{Header, RELOADS, Reply, Request, ServerMessage};
use crate::text::Safe;

/// How long a line stays in the footer.
const TOAST_MS: u64 = 4_000;

/// An engine that lives answers at once; one that takes so long, milliseconds, was stopped or has lost its machine.
const ANSWERS_WITHIN_MS: u64 = 3_000;

/// Something that happened.
#[derive(Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has a new size.
    Resize(u16, u16),
    /// The engine said something.
    Server(ServerMessage),
    /// The engine is gone.
    LinkClosed,
    /// Another engine is there.
    Reconnected,
    /// There is no other engine.
    NotReconnected(Safe),
    /// The request with this id could not be handed to the engine.
    NotAsked(u64),
    /// The experiment file was looked at: what is wrong with it, if anything is.
    FileChecked(Option<Safe>),
    /// The reader found something.
    Read(Reading),
    /// A second has passed.
    Tick,
    /// The reader waits for a disk, since this time on the driver's clock; or does so no longer.
    Stalled(Option<u64>),
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
    Send(crate::protocol::ClientMessage),
    /// Tell the reader what is wanted now.
    Read(Box<Want>),
    /// Put text on the clipboard.
    Copy(Safe),
    /// Open a file in the user's editor or pager.
    OpenExternal {
        /// The file.
        path: std::path::PathBuf,
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

/// Changes the model by one message and says what is to be done about it.
pub fn update(model: &mut Model, message: Message, now_ms: u64) -> Vec<Command> {
    model.now_ms = model.now_ms.max(now_ms);
    let mut commands = Vec::new();
    match message {
        Message::Key(event) => on_key(model, event, &mut commands),
        Message::Paste(text) => prompt::on_paste(model, &text),
        Message::Resize(width, height) => {
            (model.width, model.height) = (width, height);
            model.dirty = true;
        }
        Message::Server(message) => on_server(model, message, &mut commands),
        Message::LinkClosed => on_end(model, None, &mut commands),
        Message::Reconnected => reconnect::succeeded(model, &mut commands),
        Message::NotReconnected(why) => reconnect::failed(model, why),
        Message::FileChecked(Some(wrong)) => tell(model, wrong, true),
        Message::FileChecked(None) => reconnect::reload(model, &mut commands),
        Message::Read(reading) => on_reading(model, reading),
        Message::Tick => on_tick(model),
        Message::Stalled(since_ms) => {
            model.stalled_ms = since_ms;
            model.dirty = true;
        }
        Message::NotAsked(id) => {
            let reason = "the engine does not answer; nothing was asked".to_owned();
            on_reply(model, id, Reply::Refused { reason }, &mut commands);
        }
        Message::Interrupt => act::quit(model, &mut commands),
        Message::Tell { text, bad } => tell(model, text, bad),
    }
    settle(model, &mut commands);
    commands
}

fn on_tick(model: &mut Model) {
    model.dirty |= model.ticks();
    if model.asked_ms.is_some_and(|asked_ms| model.now_ms >= asked_ms + ANSWERS_WITHIN_MS) {
        let silent = "the engine does not answer; perhaps it was stopped (see `gem5-tui status`)";
        tell(model, Safe::plain(silent), true);
    }
}

/// Says something in the footer for a while.
pub fn tell(model: &mut Model, text: Safe, bad: bool) {
    model.toast = Some(Toast { text, bad, until_ms: model.now_ms + TOAST_MS });
    model.dirty = true;
}

/// Why the engine can be asked for nothing right now.
pub fn refusal(model: &Model) -> Option<Safe> {
    match model.link {
        LinkState::Live => None,
        // What is on the screen may have the numbers of the engine before.
        LinkState::Connecting => Some(Safe::plain("the engine has not told everything yet; try again in a moment")),
        LinkState::Reconnecting => Some(Safe::plain("another engine is on its way; try again when it is there")),
        LinkState::Ended { .. } => {
            Some(Safe::plain("the engine has ended; leave and come back, and a new one does it"))
        }
    }
}

/// Sends a request to the engine, if it is still there, and says whether it was sent.
pub fn send(model: &mut Model, request: Request, purpose: Purpose, commands: &mut Vec<Command>) -> bool {
    if let Some(why) = refusal(model) {
        tell(model, why, true);
        return false;
    }
    let id = model.next_request;
    model.next_request += 1;
    model.pending.insert(id, purpose);
    model.asked_ms.get_or_insert(model.now_ms);
    commands.push(Command::Send(crate::protocol::ClientMessage { id, request }));
    true
}

/// Where the keys go, innermost first.
pub fn contexts(model: &Model) -> Vec<Context> {
    match &model.overlay {
        Some(Overlay::Failures(_)) => return vec![Context::Failures, Context::Dialog],
        Some(_) => return vec![Context::Dialog],
        None => {}
    }
    match (model.focus, model.tab) {
        (Focus::List, _) => vec![Context::List, Context::Everywhere],
        (Focus::Detail, Tab::Log) => vec![Context::Log, Context::Detail, Context::Everywhere],
        (Focus::Detail, Tab::Stats) => vec![Context::Stats, Context::Detail, Context::Everywhere],
        (Focus::Detail, Tab::Files) => vec![Context::Files, Context::Detail, Context::Everywhere],
        (Focus::Detail, Tab::Info) => vec![Context::Detail, Context::Everywhere],
        (Focus::Detail, Tab::Why) => vec![Context::Why, Context::Detail, Context::Everywhere],
    }
}

fn on_key(model: &mut Model, event: KeyEvent, commands: &mut Vec<Command>) {
    if event.kind == KeyEventKind::Release {
        return;
    }
    if model.prompt().is_some() {
        model.dirty = true;
        prompt::type_into_prompt(model, event);
        return;
    }
    if let Some(action) = keymap::resolve(&contexts(model), event) {
        model.dirty = true;
        model.list.chosen = true;
        act::perform(model, action, commands);
    }
}

fn on_server(model: &mut Model, message: ServerMessage, commands: &mut Vec<Command>) {
    model.dirty = true;
    match message {
        // The versions were compared before the dashboard was opened, and the rows tell what a transition would.
        ServerMessage::Hello { .. } | ServerMessage::Transitions { .. } => {}
        ServerMessage::Header { header } => on_header(model, *header),
        ServerMessage::Sims { sims, complete } => {
            reconnect::replace_rows(model, &sims, complete);
            for view in sims {
                model.list.rows.insert(view.id, Row::new(view, model.now_ms));
            }
            let is_first = complete && model.link == LinkState::Connecting;
            arrange(model);
            if is_first {
                model.link = LinkState::Live;
                edits::ask(model);
            }
            failure_groups::refresh(model);
            columns::forget_old(model);
        }
        ServerMessage::Reply { id, reply } => on_reply(model, id, reply, commands),
        ServerMessage::Goodbye { reason } => on_end(model, Some(Safe::line(&reason)), commands),
    }
}

fn on_header(model: &mut Model, header: Header) {
    model.wanted_cap = None;
    let titles = titles::stat_titles(&header.watch);
    model.header = Some(HeaderView {
        at_ms: model.now_ms,
        name: Safe::line(&header.name),
        notice: header.notice.as_deref().map(Safe::line),
        titles,
        header,
    });
}

fn on_reply(model: &mut Model, id: u64, reply: Reply, commands: &mut Vec<Command>) {
    let purpose = model.pending.remove(&id).unwrap_or(Purpose::Tell);
    model.asked_ms = (!model.pending.is_empty()).then_some(model.now_ms);
    match reply {
        Reply::Done { message } => match purpose {
            Purpose::LeaveDraining => commands.push(Command::Quit(Leave::Draining)),
            Purpose::Tell | Purpose::Cap | Purpose::EndAll => {
                if !message.is_empty() {
                    tell(model, Safe::line(&message), false);
                }
            }
        },
        Reply::Refused { reason } => {
            match purpose {
                Purpose::Cap => model.wanted_cap = None,
                Purpose::EndAll => model.ending = false,
                Purpose::Tell | Purpose::LeaveDraining => {}
            }
            tell(model, Safe::line(&reason), true);
        }
    }
}

fn on_end(model: &mut Model, reason: Option<Safe>, commands: &mut Vec<Command>) {
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

fn on_reading(model: &mut Model, reading: Reading) {
    model.dirty = true;
    match reading {
        Reading::Log(reading) => {
            if model.want.log.as_ref().is_some_and(|want| want.path == reading.path) {
                scroll::take_reading(model, reading);
            }
        }
        Reading::Found { id, line, wrapped } => search::search_ended(model, id, line, wrapped),
        Reading::Stats(reading) => {
            if model.want.attempt.as_ref().is_some_and(|attempt| reading.path.starts_with(attempt)) {
                model.stats.reading = Some(reading);
                model.stats.at_ms = model.now_ms;
                compare::arrange(&mut model.stats);
            }
        }
        Reading::Files(reading) => {
            if model.want.attempt.as_ref() == Some(&reading.attempt) {
                keep_selected_file(model, &reading);
                model.files.reading = Some(reading);
            }
        }
        Reading::Info(reading) => {
            if model.want.attempt.as_ref() == Some(&reading.attempt) {
                model.info.reading = Some(*reading);
            }
        }
        Reading::Columns(reading) => columns::take(model, reading),
        Reading::Polled(reading) => {
            if model.want.attempt.as_ref() == Some(&reading.attempt) {
                model.polled = Some(reading.why);
            }
        }
        Reading::Failure(reading) => {
            if model.want.attempt.as_ref() == Some(&reading.attempt)
                && model.want.failure.as_ref().is_some_and(|outcome| outcome.kind == reading.kind)
            {
                model.why.reading = Some(reading);
            }
        }
    }
}

/// The cursor stays on its file when others come and go.
fn keep_selected_file(model: &mut Model, new: &super::reading::FilesReading) {
    let selected =
        model.files.reading.as_ref().and_then(|old| old.files.get(model.files.selected)).map(|file| &file.path);
    if let Some(at) = selected.and_then(|path| new.files.iter().position(|file| file.path == *path)) {
        model.files.selected = at;
    }
}

/// Brings everything that depends on something else in line: the toast, the offsets, and what is to be read.
fn settle(model: &mut Model, commands: &mut Vec<Command>) {
    if model.toast.as_ref().is_some_and(|toast| toast.until_ms <= model.now_ms) {
        model.toast = None;
        model.dirty = true;
    }
    let attempt = model.shown_attempt().map(|attempt| attempt.dir.clone());
    if attempt != model.want.attempt {
        forget_attempt(model);
    }
    choose_tab(model);
    let areas = Areas::of(model);
    fit_offsets(model, &areas);
    choose_log(model);
    let wanted = want::want(model, &areas);
    if !wanted.same(&model.want) {
        let path = |want: &Want| want.log.as_ref().map(|log| log.path.clone());
        if path(&wanted) != path(&model.want) {
            model.log.reading = None;
        }
        model.want = wanted.clone();
        commands.push(Command::Read(Box::new(wanted)));
    }
}

/// Whoever moves through the list wants the log of what runs and the reason of what failed. Other tabs stay, and nothing
/// changes under the eyes of somebody who reads in the detail pane.
fn choose_tab(model: &mut Model) {
    let shown = model.shown_attempt();
    let failed = shown.and_then(|attempt| attempt.outcome.as_ref()).is_some_and(|outcome| !outcome.kind.is_ok());
    let subject = shown.map(|attempt| (attempt.dir.clone(), failed));
    if model.subject == subject {
        return;
    }
    model.subject = subject;
    if model.focus == Focus::List && matches!(model.tab, Tab::Log | Tab::Why) {
        model.tab = if failed { Tab::Why } else { Tab::Log };
    }
}

/// Shows the stream that tells most, unless the user chose one: gem5, Python and the C library complain on standard error.
fn choose_log(model: &mut Model) {
    if model.log.chosen {
        return;
    }
    let complains = model.shown_attempt().and_then(|attempt| attempt.outcome.as_ref()).is_some_and(|outcome| {
        use OutcomeKind::{Abort, Failed, Fatal, Panic, PythonError, Segv, Usage};
        matches!(outcome.kind, Abort | Failed | Fatal | Panic | PythonError | Segv | Usage)
    });
    let choice = if complains { LogFileChoice::Simerr } else { LogFileChoice::Simout };
    if model.log.choice != choice {
        model.log.choice = choice;
        model.log.reading = None;
    }
}

/// Another attempt is shown: nothing of the one before may stay on the screen.
fn forget_attempt(model: &mut Model) {
    let log = &mut model.log;
    log.reading = None;
    log.top = Top::End;
    log.column = 0;
    log.lines_at_stop = None;
    log.centre = None;
    log.pointed = None;
    if let Some(search) = &mut log.search {
        search.request = None;
        search.found = None;
    }
    if matches!(log.choice, LogFileChoice::Other(_)) {
        log.choice = LogFileChoice::Simout;
        log.chosen = false;
    }
    model.stats.reading = None;
    model.stats.order.clear();
    (model.stats.selected, model.stats.offset) = (0, 0);
    model.files.reading = None;
    (model.files.selected, model.files.offset) = (0, 0);
    model.info.reading = None;
    model.info.offset = 0;
    model.why = Why::default();
    model.polled = None;
}

fn fit_offsets(model: &mut Model, areas: &Areas) {
    let rows = areas.list_rows();
    let at = model.list.position().unwrap_or(0);
    model.list.at = at;
    model.list.offset = fit(model.list.offset, at, model.list.order.len(), rows);
    let inner = areas.detail_inner();
    let height = usize::from(inner.height);
    let stats_len = compare::len(&model.stats);
    model.stats.selected = model.stats.selected.min(stats_len.saturating_sub(1));
    model.stats.offset =
        fit(model.stats.offset, model.stats.selected, stats_len, crate::tui::view::stats_tab::rows(height));
    let files_len = model.files.reading.as_ref().map_or(0, |reading| reading.files.len());
    model.files.selected = model.files.selected.min(files_len.saturating_sub(1));
    model.files.offset = fit(model.files.offset, model.files.selected, files_len, height);
}

/// The offset at which `selected` is visible, as near as possible to the one before, without empty rows at the end.
pub fn fit(offset: usize, selected: usize, len: usize, rows: usize) -> usize {
    if rows == 0 {
        return 0;
    }
    let offset = offset.min(len.saturating_sub(rows));
    if selected < offset { selected } else { offset.max((selected + 1).saturating_sub(rows)) }
}
