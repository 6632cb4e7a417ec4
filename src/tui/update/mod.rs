//! Every decision of the dashboard: `(model, message) → commands`.
//!
//! It reads no clock, no file and no channel, so that any situation can be made in a test by feeding messages. `say` has the
//! messages and the commands; `act` does what a key asks for, `ask` what needs a question first; `server` takes what the engine
//! says; `settle` brings in line what depends on something else, once after every message. It never draws, but it asks `layout`
//! how far a page is and `pages` how long a text is, because a screen cannot be scrolled without knowing.
//!
//! The awkward truth: the text under a prompt is typed here key by key, past the table of actions, because a letter that is
//! typed must never be an action.

mod act;
mod add_column;
mod ask;
mod begin;
mod chosen;
mod column_menu;
mod compare;
mod complete;
mod count;
mod dumps;
mod edits;
mod failure_groups;
mod go_to;
mod grep;
mod groups;
mod log_filter;
mod map;
mod marks;
mod mouse;
mod mouse_switch;
mod named_filters;
mod outputs;
mod palette;
mod panes;
mod parts;
mod prompt;
mod reconnect;
mod results;
mod save_log;
mod say;
mod scroll;
mod search;
mod server;
mod settle;
mod shown;
mod sort_menu;
mod suites;
mod targets;
mod typing;
mod want;
mod wheel;

use ratatui::crossterm::event::{KeyEvent, KeyEventKind};

pub use say::{Command, Leave, Message};

use crate::protocol::Reply;
use crate::text::Safe;
use crate::tui::actions::{Action, Chord};
use crate::tui::model::results::figure;
use crate::tui::model::{Model, Overlay, stats};
use crate::tui::reading::{FilesReading, LogWant, Reading};
use crate::tui::theme::Colours;
use say::tell;

/// An engine that lives answers at once; one that takes so long, milliseconds, was stopped or has lost its machine.
const ANSWERS_WITHIN_MS: u64 = 3_000;

/// Changes the model by one message and says what is to be done about it.
pub fn update(model: &mut Model, message: Message, now_ms: u64) -> Vec<Command> {
    model.now_ms = model.now_ms.max(now_ms);
    let mut commands = Vec::new();
    match message {
        Message::Key(event) => on_key(model, event, &mut commands),
        Message::Mouse(pointed) => mouse::on_mouse(model, &pointed, &mut commands),
        Message::Paste(text) => prompt::on_paste(model, &text),
        Message::Resize(width, height) => {
            (model.width, model.height) = (width, height);
            model.dirty = true;
        }
        Message::Server(message) => server::on_server(model, message, &mut commands),
        Message::LinkClosed => server::on_end(model, None, &mut commands),
        Message::LinkBroken(why) => server::on_broken(model, why),
        Message::Reconnected => reconnect::succeeded(model, &mut commands),
        Message::NotReconnected(why) => reconnect::failed(model, why),
        Message::FileChecked(Err(wrong)) => tell(model, wrong, true),
        Message::FileChecked(Ok(added)) => reconnect::reload(model, added, &mut commands),
        Message::Read(Reading::Copied(copied)) => marks::copied(model, copied, &mut commands),
        Message::Read(reading) => on_reading(model, reading),
        Message::Tick => on_tick(model),
        Message::Stalled(since_ms) => {
            model.stalled_ms = since_ms;
            model.dirty = true;
        }
        Message::NotAsked(id) => {
            let reason = "the engine does not answer; nothing was asked".to_owned();
            server::on_reply(model, id, Reply::Refused { reason }, &mut commands);
        }
        Message::Ground { light } => {
            let colours = if light { Colours::Light } else { Colours::Dark };
            model.dirty |= model.theme.colours != colours;
            model.theme.colours = colours;
        }
        Message::Interrupt => ask::quit(model, &mut commands),
        Message::Tell { text, bad } => tell(model, text, bad),
    }
    settle::settle(model, &mut commands);
    commands
}

fn on_tick(model: &mut Model) {
    model.dirty |= model.ticks();
    if model.asked_ms.is_some_and(|asked_ms| model.now_ms >= asked_ms + ANSWERS_WITHIN_MS) {
        let silent = "the engine does not answer; perhaps it was stopped (see `gem5-tui status`)";
        tell(model, Safe::plain(silent), true);
    }
}

fn on_key(model: &mut Model, event: KeyEvent, commands: &mut Vec<Command>) {
    if event.kind == KeyEventKind::Release {
        return;
    }
    if model.prompt().is_some() {
        model.dirty = true;
        prompt::type_into_prompt(model, event, commands);
        return;
    }
    if marks::takes(model, event) || count::takes(model, event) {
        return;
    }
    match model.keymap.resolve(&model.contexts(), event) {
        Some(action) => {
            model.dirty = true;
            model.list.chosen = true;
            let (was_plain, told) = (model.overlay.is_none(), model.toast.clone());
            act::perform(model, action, commands);
            // What was said of something else is not about what is asked now.
            if was_plain && model.overlay.is_some() && model.toast == told {
                model.toast = None;
            }
        }
        None => tell_unknown(model, event),
    }
}

/// Says that a key does nothing, once however often it is pressed. What cannot be written, such as a key for the volume, is not
/// for us.
fn tell_unknown(model: &mut Model, event: KeyEvent) {
    let Some(chord) = Chord::of(event) else { return };
    let (key, help) = (chord.show(model.theme.unicode), model.key(Action::Help));
    let advice = match &model.overlay {
        Some(Overlay::Help(_)) => String::new(),
        Some(_) => format!("; {} closes", model.key(Action::Back)),
        None => format!("; {help} for help"),
    };
    let text = Safe::line(&format!("nothing on `{key}` here{advice}"));
    if model.toast.as_ref().is_none_or(|toast| toast.text != text) {
        tell(model, text, true);
    }
}

fn on_reading(model: &mut Model, reading: Reading) {
    model.dirty = true;
    match reading {
        Reading::Log(reading) => {
            let filter = reading.filter.map(|filter| filter.id);
            let is_wanted = |want: &LogWant| {
                let is_of_file = want.path == reading.path;
                // Nothing of a file that is not there is filtered.
                is_of_file && (reading.lines.is_empty() || filter == want.filter.as_ref().map(|filter| filter.id))
            };
            if model.want.log.as_ref().is_some_and(is_wanted) {
                scroll::take_reading(model, reading);
            }
        }
        Reading::Found(found) => go_to::found(model, found),
        Reading::Seeking { id, part } => go_to::has_come(model, id, part),
        // It is taken where a command can follow from it.
        Reading::Copied(_) => {}
        Reading::Tally(tally) => search::take_tally(model, tally),
        Reading::Grep(reading) => grep::take(model, reading),
        Reading::Stats(reading) => {
            if model.want.attempt.as_ref() == Some(&reading.attempt) {
                model.stats.at_ms = model.now_ms;
                stats::keep_cursor(&mut model.stats, |stats| stats.reading = Some(*reading));
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
        Reading::Columns(reading) => add_column::take(model, reading),
        Reading::Results(reading) => results::take(model, *reading),
        Reading::Figure(reading) => figure::take(&mut model.results, *reading),
        Reading::Kept { text, bad } => tell(model, text, bad),
        Reading::Recalled(choices) => model.recall(choices),
        Reading::Polled(reading) => {
            if model.want.attempt.as_ref() == Some(&reading.attempt) {
                model.polled = Some(reading.why);
            }
        }
        Reading::Failure(reading) => {
            if model.want.attempt.as_ref() == Some(&reading.attempt)
                && model.want.failure.as_ref().is_some_and(|outcome| outcome.kind == reading.kind)
            {
                shown::take_failure(model, reading);
            }
        }
    }
}

/// The cursor stays on its file when others come and go.
fn keep_selected_file(model: &mut Model, new: &FilesReading) {
    let selected =
        model.files.reading.as_ref().and_then(|old| old.files.get(model.files.selected)).map(|file| &file.path);
    if let Some(at) = selected.and_then(|path| new.files.iter().position(|file| file.path == *path)) {
        model.files.selected = at;
    }
}
