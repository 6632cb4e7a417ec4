//! What each action does. Part of `update`, and as pure.

use std::path::PathBuf;

use regex::bytes::{Regex, RegexBuilder};
use tui_input::Input;

use super::action::{Action, Move, Tab};
use super::arrange::arrange;
use super::layout::Areas;
use super::model::{
    Focus, LogFileChoice, Model, Overlay, Prompt, PromptKind, Purpose, QuitChoice, Search, SearchRequest, Top,
};
use super::update::{Command, send, tell};
use super::{Leave, ask, scroll, want};
use crate::protocol::{QueueState, Request, Status};
use crate::rundir::AttemptDir;
use crate::text::{Safe, human, shell};

/// Columns that one press of `h` or `l` scrolls.
const SIDEWAYS: isize = 8;

/// No log line is shown wider than this, so nothing is to be found further right.
const MAX_COLUMN: usize = 64 * 1024;

/// A compiled pattern may take this much memory, bytes: patterns that people type take a thousandth.
const MAX_REGEX: usize = 1 << 20;

/// Does what the user asked for.
pub fn perform(model: &mut Model, action: Action, commands: &mut Vec<Command>) {
    if model.overlay.is_some() {
        return ask::perform(model, action, commands);
    }
    // A question about what nobody can do any more would promise too much.
    if model.is_over() && matches!(action, Action::Cancel | Action::RetryFailed) {
        return tell(model, Safe::plain("the engine has ended; leave and come back, and a new one does it"), true);
    }
    match action {
        Action::Go(by) => go(model, by),
        Action::Left => sideways(model, -1),
        Action::Right => sideways(model, 1),
        Action::OtherPane => other_pane(model),
        Action::Show(tab) => show(model, tab),
        Action::Zoom => model.zoomed = !model.zoomed,
        Action::Open => open(model),
        Action::Mark => mark(model),
        Action::MarkAll => mark_all(model),
        Action::Pause => pause(model, commands),
        Action::DumpStats => dump_stats(model, commands),
        Action::PauseQueue => pause_queue(model, commands),
        Action::Cancel => ask::cancel(model, commands),
        Action::Retry => retry(model, commands),
        Action::RetryFailed => ask::retry_failed(model),
        Action::RaiseCap => change_cap(model, 1, commands),
        Action::LowerCap => change_cap(model, -1, commands),
        Action::Find => find(model),
        Action::NextMatch => next_match(model, true),
        Action::PreviousMatch => next_match(model, false),
        Action::Follow => toggle_follow(model),
        Action::Wrap => {
            model.log.wrap = !model.log.wrap;
            model.log.column = 0;
        }
        Action::NextFile => next_file(model),
        Action::PreviousAttempt => browse_attempts(model, -1),
        Action::NextAttempt => browse_attempts(model, 1),
        Action::Edit => edit(model, commands),
        Action::Copy => copy(model, commands),
        Action::Sort => {
            let stats = model.header.as_ref().map_or(0, |h| h.header.watch.len());
            model.list.sort = model.list.sort.after(stats);
            arrange(model);
        }
        Action::Help => model.overlay = Some(Overlay::Help { offset: 0 }),
        Action::Quit => quit(model, commands),
        Action::Back => back(model),
        Action::Suspend => commands.push(Command::Suspend),
        Action::Redraw => commands.push(Command::Redraw),
        // These have a meaning in dialogs only.
        Action::Accept | Action::Yes | Action::No => {}
    }
}

fn go(model: &mut Model, by: Move) {
    let areas = Areas::of(model);
    if model.focus == Focus::List {
        let at = model.list.position().unwrap_or(model.list.at);
        let at = by.apply(at, model.list.order.len(), areas.list_rows());
        let before = model.list.selected;
        model.list.select_at(at);
        if model.list.selected != before {
            model.attempt = None;
        }
        return;
    }
    let height = usize::from(areas.detail_inner().height);
    match model.tab {
        Tab::Log => scroll::scroll(model, by),
        Tab::Stats => {
            let len = super::panes::stats::len(model);
            model.stats.selected = by.apply(model.stats.selected, len, super::panes::stats::rows(height));
        }
        Tab::Files => {
            let len = model.files.reading.as_ref().map_or(0, |reading| reading.files.len());
            model.files.selected = by.apply(model.files.selected, len, height);
        }
        Tab::Info => {
            let inner = areas.detail_inner();
            let len = super::panes::info::lines(model, usize::from(inner.width)).len();
            // The last page is the furthest that one can scroll.
            let pages = len.saturating_sub(height) + 1;
            model.info.offset = by.apply(model.info.offset, pages, height);
        }
    }
}

fn sideways(model: &mut Model, step: isize) {
    let log = &mut model.log;
    if model.focus == Focus::Detail && model.tab == Tab::Log && !log.wrap {
        log.column = log.column.saturating_add_signed(step * SIDEWAYS).min(MAX_COLUMN);
    } else {
        model.tab = model.tab.beside(step);
    }
}

fn other_pane(model: &mut Model) {
    model.focus = match model.focus {
        Focus::List => Focus::Detail,
        Focus::Detail => Focus::List,
    };
}

fn show(model: &mut Model, tab: Tab) {
    model.tab = tab;
    // Where there is room for one pane only, asking for a tab means wanting to see it.
    if Areas::of(model).detail.area() == 0 {
        model.focus = Focus::Detail;
    }
}

fn open(model: &mut Model) {
    if model.focus == Focus::List {
        if model.list.selected.is_some() {
            model.focus = Focus::Detail;
            model.zoomed = true;
        }
    } else if model.tab == Tab::Files
        && let Some(file) = model.files.reading.as_ref().and_then(|reading| reading.files.get(model.files.selected))
    {
        let path = file.path.clone();
        choose_file(model, LogFileChoice::Other(path));
        model.tab = Tab::Log;
    }
}

/// One step back, from the inside out.
fn back(model: &mut Model) {
    if model.focus == Focus::Detail && model.tab == Tab::Log && model.log.search.is_some() {
        model.log.search = None;
    } else if model.focus == Focus::Detail && model.tab == Tab::Stats && !model.stats.filter.is_empty() {
        model.stats.filter.clear();
        super::update::filter_stats(model);
    } else if model.zoomed {
        model.zoomed = false;
        model.focus = Focus::List;
    } else if model.focus == Focus::Detail {
        model.focus = Focus::List;
    } else if !model.list.filter.is_empty() {
        model.list.filter.clear();
        arrange(model);
    } else {
        model.list.marked.clear();
    }
}

fn mark(model: &mut Model) {
    let Some(selected) = model.list.selected else { return };
    if !model.list.marked.remove(&selected) {
        model.list.marked.insert(selected);
    }
    go(model, Move::Down);
}

fn mark_all(model: &mut Model) {
    let list = &mut model.list;
    if list.order.iter().all(|id| list.marked.contains(id)) {
        list.marked.clear();
    } else {
        list.marked.extend(&list.order);
    }
}

/// The simulations that an action is about: the marked ones, else the selected one.
pub fn targets(model: &Model) -> Vec<u32> {
    if model.list.marked.is_empty() {
        model.list.selected.into_iter().collect()
    } else {
        model.list.marked.iter().copied().collect()
    }
}

/// Those of the targets that are in a state that the action is for.
pub fn those(model: &Model, ids: &[u32], fits: impl Fn(&Status) -> bool) -> Vec<u32> {
    let fits = |id: &u32| model.list.rows.get(id).is_some_and(|row| fits(&row.view.status));
    ids.iter().copied().filter(fits).collect()
}

/// The name of the one, or how many.
pub fn named(model: &Model, ids: &[u32]) -> Safe {
    match ids {
        [one] => model.list.rows.get(one).map(|row| row.name.clone()).unwrap_or_default(),
        many => Safe::line(&human::plural(many.len() as u64, "simulation")),
    }
}

fn pause(model: &mut Model, commands: &mut Vec<Command>) {
    let targets = targets(model);
    let running = those(model, &targets, |status| matches!(status, Status::Running { .. } | Status::Launching));
    let paused = those(model, &targets, |status| *status == Status::Paused);
    let request = if !running.is_empty() {
        Request::Pause { sims: running }
    } else if !paused.is_empty() {
        Request::Resume { sims: paused }
    } else {
        return nothing_to(model, "pause", &targets, "P pauses the queue");
    };
    send(model, request, Purpose::Tell, commands);
}

fn dump_stats(model: &mut Model, commands: &mut Vec<Command>) {
    let targets = targets(model);
    let running = those(model, &targets, |status| matches!(status, Status::Running { .. }));
    if running.is_empty() {
        return nothing_to(model, "dump", &targets, "only what runs writes stats");
    }
    send(model, Request::DumpStats { sims: running }, Purpose::Tell, commands);
}

fn retry(model: &mut Model, commands: &mut Vec<Command>) {
    let targets = targets(model);
    let ended = those(model, &targets, |status| status.ended().is_some());
    if ended.is_empty() {
        return nothing_to(model, "retry", &targets, "only what has ended can run again");
    }
    send(model, Request::Retry { sims: ended }, Purpose::Tell, commands);
}

/// Says why an action does nothing here.
pub fn nothing_to(model: &mut Model, verb: &str, targets: &[u32], advice: &str) {
    let text = match targets {
        [] => "no simulation is selected".to_owned(),
        [one] => match model.list.rows.get(one) {
            Some(row) => format!("nothing to {verb}: {} is {}; {advice}", row.name, row.view.status.word()),
            None => format!("nothing to {verb}"),
        },
        many => format!("nothing to {verb} among {} marked; {advice}", human::count(many.len() as u64)),
    };
    tell(model, Safe::line(&text), true);
}

fn pause_queue(model: &mut Model, commands: &mut Vec<Command>) {
    let Some(header) = &model.header else { return };
    let queue = match header.header.queue {
        QueueState::Open => QueueState::Paused,
        QueueState::Paused | QueueState::Draining => QueueState::Open,
    };
    send(model, Request::SetQueue { queue }, Purpose::Tell, commands);
}

fn change_cap(model: &mut Model, step: i32, commands: &mut Vec<Command>) {
    let Some(header) = &model.header else { return };
    let from = model.wanted_cap.unwrap_or(header.header.cap);
    let cap = from.saturating_add_signed(step).max(1);
    if cap == from {
        return tell(model, Safe::plain("the cap is at least 1; P pauses the queue"), true);
    }
    if !model.is_over() {
        model.wanted_cap = Some(cap);
    }
    send(model, Request::SetCap { cap }, Purpose::Cap, commands);
}

fn find(model: &mut Model) {
    let (kind, before) = match (model.focus, model.tab) {
        (Focus::List, _) => (PromptKind::ListFilter, model.list.filter.clone()),
        (Focus::Detail, Tab::Stats) => (PromptKind::StatsFilter, model.stats.filter.clone()),
        (Focus::Detail, _) => (PromptKind::LogSearch, String::new()),
    };
    model.overlay = Some(Overlay::Prompt(Prompt { kind, input: Input::new(before.clone()), before }));
}

/// Begins a search at what is visible. The text is a regular expression if it is one, and else taken literally;
/// capitals make it case-sensitive.
pub fn start_search(model: &mut Model, text: &str) {
    if text.is_empty() {
        model.log.search = None;
        return;
    }
    let any_case = !text.chars().any(char::is_uppercase);
    let build = |pattern: &str| -> Result<Regex, regex::Error> {
        RegexBuilder::new(pattern).case_insensitive(any_case).size_limit(MAX_REGEX).build()
    };
    let Ok(regex) = build(text).or_else(|_| build(&regex::escape(text))) else {
        return tell(model, Safe::plain("this pattern is too large"), true);
    };
    model.log.search = Some(Search { text: Safe::line(text), regex, request: None, found: None });
    let from = visible_offset(model);
    request_search(model, (from, false), true);
}

/// Where the first visible line begins.
fn visible_offset(model: &Model) -> u64 {
    let inner = Areas::of(model).detail_inner();
    let log = &model.log;
    let Some(reading) = &log.reading else { return 0 };
    let (at, _) = scroll::first_visible(log, reading, usize::from(inner.width), usize::from(inner.height));
    reading.lines.get(at).map_or(0, |line| line.offset)
}

fn next_match(model: &mut Model, forward: bool) {
    let Some(search) = &model.log.search else {
        return tell(model, Safe::plain("nothing was searched for; / begins a search"), true);
    };
    let from = match search.found {
        // The line that was found must not be found again.
        Some(found) => (found, true),
        None => (visible_offset(model), false),
    };
    request_search(model, from, forward);
}

fn request_search(model: &mut Model, (from, after): (u64, bool), forward: bool) {
    model.log.searches += 1;
    let id = model.log.searches;
    // The end would run away from what is being looked for.
    scroll::stay(model);
    if let Some(search) = &mut model.log.search {
        search.request = Some(SearchRequest { id, from, forward, after });
    }
}

/// A search has ended.
pub fn search_ended(model: &mut Model, id: u64, line: Option<u64>, wrapped: bool) {
    let Some(search) = &mut model.log.search else { return };
    if search.request.is_none_or(|request| request.id != id) {
        return;
    }
    search.request = None;
    let text = search.text.clone();
    match line {
        Some(line) => {
            search.found = Some(line);
            scroll::centre(model, line);
            if wrapped {
                tell(model, Safe::plain("the search went around the end of the file"), false);
            }
        }
        None => tell(model, Safe::line(&format!("no line matches `{text}`")), true),
    }
}

fn toggle_follow(model: &mut Model) {
    if model.log.top == Top::End {
        scroll::stay(model);
    } else {
        scroll::follow(model);
    }
}

fn next_file(model: &mut Model) {
    let others = model.log.reading.as_ref().map(|reading| reading.others.clone()).unwrap_or_default();
    let choice = match &model.log.choice {
        LogFileChoice::Simout => LogFileChoice::Simerr,
        LogFileChoice::Simerr => others.first().cloned().map_or(LogFileChoice::Simout, LogFileChoice::Other),
        LogFileChoice::Other(path) => {
            let at = others.iter().position(|other| other == path);
            let next = at.and_then(|at| others.get(at + 1)).cloned();
            next.map_or(LogFileChoice::Simout, LogFileChoice::Other)
        }
    };
    choose_file(model, choice);
    show(model, Tab::Log);
}

fn choose_file(model: &mut Model, choice: LogFileChoice) {
    // A file that grows is read from its end, one that was picked from the list from its beginning.
    let live = model.shown_attempt().is_some_and(|attempt| attempt.outcome.is_none());
    let from_start = matches!(choice, LogFileChoice::Other(_)) && !live;
    let log = &mut model.log;
    log.choice = choice;
    log.chosen = true;
    log.top = if from_start { Top::At { offset: 0, row: 0 } } else { Top::End };
    log.column = 0;
    log.lines_at_stop = None;
    log.centre = None;
    log.reading = None;
    if let Some(search) = &mut log.search {
        search.request = None;
        search.found = None;
    }
}

fn browse_attempts(model: &mut Model, step: isize) {
    let Some(row) = model.selected() else { return };
    let attempts = &row.view.attempts;
    let shown = model.shown_attempt().map(|attempt| attempt.number);
    let at = attempts.iter().position(|attempt| Some(attempt.number) == shown);
    let next = at.and_then(|at| at.checked_add_signed(step)).and_then(|at| attempts.get(at).map(|a| (at, a.number)));
    match next {
        // The newest is followed by a newer one when that comes.
        Some((at, _)) if at + 1 == attempts.len() => model.attempt = None,
        Some((_, number)) => model.attempt = Some(number),
        None => {
            let text = match (attempts.len(), step < 0) {
                (0, _) => "there is no attempt yet",
                (1, _) => "there is only this attempt",
                (_, true) => "this is the first attempt",
                (_, false) => "this is the newest attempt",
            };
            tell(model, Safe::plain(text), true);
        }
    }
}

fn edit(model: &mut Model, commands: &mut Vec<Command>) {
    let Some(path) = file_in_view(model) else {
        return tell(model, Safe::plain("there is no file to open yet"), true);
    };
    commands.push(Command::OpenExternal { path });
}

/// The file that the detail pane is about.
fn file_in_view(model: &Model) -> Option<PathBuf> {
    let attempt = AttemptDir::new(model.shown_attempt()?.dir.clone());
    match model.tab {
        Tab::Log => want::log_path(model),
        Tab::Stats => Some(attempt.stats()),
        Tab::Info => Some(attempt.spec()),
        Tab::Files => {
            let file = model.files.reading.as_ref()?.files.get(model.files.selected)?;
            Some(attempt.path().join(&file.path))
        }
    }
}

fn copy(model: &mut Model, commands: &mut Vec<Command>) {
    let Some((what, text)) = text_in_view(model) else {
        return tell(model, Safe::plain("there is nothing to copy here"), true);
    };
    // A terminal does not tell whether it took the text, so neither do we.
    tell(model, Safe::line(&format!("{what} sent to the clipboard of your terminal")), false);
    commands.push(Command::Copy(text));
}

fn text_in_view(model: &Model) -> Option<(&'static str, Safe)> {
    if model.focus == Focus::List {
        let targets = targets(model);
        let names: Vec<&str> =
            targets.iter().filter_map(|id| model.list.rows.get(id)).map(|r| r.name.as_str()).collect();
        let what = if names.len() == 1 { "name" } else { "names" };
        return (!names.is_empty()).then(|| (what, Safe::multiline(&names.join("\n"))));
    }
    match model.tab {
        Tab::Log => {
            let reading = model.log.reading.as_ref()?;
            let found = model.log.search.as_ref().and_then(|search| search.found);
            let offset = found.or_else(|| (model.log.top != Top::End).then(|| visible_offset(model)));
            let line = match offset {
                Some(offset) => reading.lines.iter().find(|line| line.offset == offset)?,
                None => reading.lines.last()?,
            };
            Some(("line", line.line.plain()))
        }
        Tab::Stats => super::panes::stats::selected_text(model).map(|text| ("stat", text)),
        Tab::Files => file_in_view(model).map(|path| ("path", Safe::line(&path.to_string_lossy()))),
        Tab::Info => {
            let spec = model.info.reading.as_ref()?.spec.get()?;
            Some(("command line", shell::join(&spec.argv)))
        }
    }
}

/// Leaves at once when nothing can be lost by it, and else asks.
pub fn quit(model: &mut Model, commands: &mut Vec<Command>) {
    let busy = model.header.as_ref().is_some_and(|h| {
        let counts = h.header.counts;
        counts.running + counts.paused + counts.queued > 0
    });
    if model.is_over() || !busy {
        commands.push(Command::Quit(Leave::Idle));
    } else if model.ending {
        // It was asked and answered; a second time means that waiting for the end is too long.
        commands.push(Command::Quit(Leave::CancelledAll));
    } else {
        model.overlay = Some(Overlay::Quit { choice: QuitChoice::Stay });
        model.dirty = true;
    }
}
