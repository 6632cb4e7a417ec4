//! Typing a line of text: filters show their effect at once, a search begins with Enter. Part of `update`.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::InputRequest;

use super::say::Command;
use super::{act, chosen, complete, grep, log_filter, named_filters, outputs, palette, results, save_log, search};
use crate::tui::model::stats;
use crate::tui::model::{Help, LinkState, Model, Overlay, Prompt, PromptCursor, PromptKind};

/// Nobody types a longer filter, and a paste of a whole file must not slow every key down.
const MAX_PROMPT_CHARS: usize = 400;

/// Text goes into an input or nowhere: a pasted `c` must not cancel anything.
pub(super) fn on_paste(model: &mut Model, text: &str) {
    let Some(prompt) = model.prompt_mut() else { return };
    for c in text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !c.is_control()) {
        insert(prompt, c);
    }
    model.dirty = true;
    live_filter(model);
}

fn insert(prompt: &mut Prompt, c: char) {
    prompt.completing = None;
    if prompt.input.value().chars().count() < MAX_PROMPT_CHARS {
        prompt.input.handle(InputRequest::InsertChar(c));
    }
}

/// A key while text is being typed.
pub(super) fn type_into_prompt(model: &mut Model, event: KeyEvent, commands: &mut Vec<Command>) {
    if palette::moves(model, event) || outputs::moves(model, event) {
        return;
    }
    // What was said before is about what is no longer there.
    model.toast = None;
    let Some(prompt) = model.prompt_mut() else { return };
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let request = match event.code {
        KeyCode::Enter => return accept_prompt(model, commands),
        KeyCode::Esc => return abandon_prompt(model),
        KeyCode::Char('c') if ctrl => return abandon_prompt(model),
        KeyCode::Char('u') if ctrl => InputRequest::DeleteLine,
        KeyCode::Char('w') if ctrl => InputRequest::DeletePrevWord,
        KeyCode::Char('k') if ctrl => InputRequest::DeleteTillEnd,
        KeyCode::Char('a') if ctrl => InputRequest::GoToStart,
        KeyCode::Char('e') if ctrl => InputRequest::GoToEnd,
        KeyCode::Char('s') if ctrl && prompt.kind == PromptKind::ListFilter => return named_filters::ask(model),
        KeyCode::Char('x') if ctrl && prompt.kind == PromptKind::ListFilter => {
            return named_filters::forget(model, commands);
        }
        KeyCode::Char('r')
            if ctrl
                && let PromptKind::LogSearch { is_literal, .. } | PromptKind::LogFilter { is_literal } =
                    &mut prompt.kind =>
        {
            *is_literal = !*is_literal;
            return;
        }
        KeyCode::Char(_) if ctrl => return,
        KeyCode::Char(c) => {
            if !c.is_control() {
                insert(prompt, c);
            }
            return live_filter(model);
        }
        KeyCode::Tab => {
            complete::complete(model, 1);
            return live_filter(model);
        }
        KeyCode::BackTab => {
            complete::complete(model, -1);
            return live_filter(model);
        }
        KeyCode::Up => {
            complete::recall(model, 1);
            return live_filter(model);
        }
        KeyCode::Down => {
            complete::recall(model, -1);
            return live_filter(model);
        }
        KeyCode::Backspace if prompt.input.value().is_empty() => return abandon_prompt(model),
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return,
    };
    prompt.completing = None;
    prompt.input.handle(request);
    live_filter(model);
}

/// Filters show their effect while they are typed; a search begins with Enter.
fn live_filter(model: &mut Model) {
    let Some(prompt) = model.prompt() else { return };
    let (kind, value) = (prompt.kind, prompt.input.value().to_owned());
    set_filter(model, kind, value);
}

fn set_filter(model: &mut Model, kind: PromptKind, value: String) {
    match kind {
        PromptKind::ListFilter => {
            model.list.set_filter(&value, &model.columns);
        }
        PromptKind::StatsFilter => {
            model.stats.filter = value;
            stats::arrange(&mut model.stats);
        }
        PromptKind::Palette => palette::look_up(model),
        PromptKind::Output => outputs::look_up(model),
        PromptKind::HelpFilter => {
            if let Some(Overlay::Help(help)) = &mut model.overlay {
                (help.filter, help.offset) = (value, 0);
            }
        }
        PromptKind::Cap
        | PromptKind::FilterName
        | PromptKind::LogSearch { .. }
        | PromptKind::LogFilter { .. }
        | PromptKind::Grep
        | PromptKind::SaveLog
        | PromptKind::PipeLog
        | PromptKind::ResultsDump
        | PromptKind::ResultsFile
        | PromptKind::ResultsView => {}
    }
}

/// Ends the typing from outside: a filter, whose effect is seen already, is kept, and of everything else nothing is done.
pub(super) fn leave(model: &mut Model, commands: &mut Vec<Command>) {
    match model.prompt().map(|prompt| prompt.kind) {
        Some(PromptKind::ListFilter | PromptKind::StatsFilter) => accept_prompt(model, commands),
        _ => abandon_prompt(model),
    }
}

fn accept_prompt(model: &mut Model, commands: &mut Vec<Command>) {
    let prompt = match model.overlay.take() {
        Some(Overlay::Palette(palette)) => return chosen::accept(model, palette, commands),
        Some(Overlay::Outputs(choice)) => return outputs::accept(model, choice),
        Some(Overlay::Help(help)) => {
            model.overlay = Some(Overlay::Help(Help { typing: None, ..help }));
            return;
        }
        Some(Overlay::Prompt(prompt)) => prompt,
        other => return model.overlay = other,
    };
    if prompt.kind == PromptKind::ListFilter && model.list.filter_problem().is_some() {
        // What is wrong stands beside it. Who types on must not give commands.
        model.overlay = Some(Overlay::Prompt(prompt));
        return;
    }
    model.history.keep(prompt.kind, prompt.input.value());
    match prompt.kind {
        PromptKind::LogSearch { backwards, is_literal } => {
            search::start_search(model, prompt.input.value(), backwards, is_literal);
        }
        PromptKind::LogFilter { is_literal } => log_filter::start(model, prompt.input.value(), is_literal),
        PromptKind::Grep => grep::start(model, prompt.input.value()),
        PromptKind::Cap => act::set_cap(model, prompt.input.value(), commands),
        PromptKind::ListFilter | PromptKind::StatsFilter => {}
        PromptKind::FilterName => named_filters::name(model, prompt.input.value(), commands),
        kind @ (PromptKind::SaveLog | PromptKind::PipeLog) => {
            save_log::accept(model, kind, prompt.input.value(), commands);
        }
        kind => results::accept(model, kind, prompt.input.value(), commands),
    }
}

fn abandon_prompt(model: &mut Model) {
    let prompt = match model.overlay.take() {
        Some(Overlay::Prompt(prompt)) => prompt,
        Some(Overlay::Help(_)) => {
            model.overlay = Some(Overlay::Help(Help::default()));
            return;
        }
        // With nothing typed it changes nothing.
        _ => return,
    };
    set_filter(model, prompt.kind, prompt.before);
    match prompt.cursor {
        PromptCursor::Simulation(Some(name)) => {
            let is_there = model.list.select_name(&name);
            // While the rows of another engine come, its row may be among the next ones.
            if !is_there && model.link == LinkState::Connecting {
                model.reselect = Some(name);
            }
        }
        PromptCursor::Stat(Some(cursor)) => _ = stats::put_cursor(&mut model.stats, &cursor),
        PromptCursor::Simulation(None) | PromptCursor::Stat(None) | PromptCursor::Stays => {}
    }
}
