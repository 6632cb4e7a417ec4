//! What each action does. Part of `update`, and as pure.

use super::say::{Command, refusal, send, tell};
use super::targets::{is_suite, nothing_to, targets, those, those_that};
use super::{
    add_column, ask, column_menu, compare, dumps, failure_groups, grep, groups, log_filter, marks, mouse_switch,
    outputs, palette, panes, results, save_log, scroll, search, shown, sort_menu, suites, typing,
};
use crate::protocol::{QueueState, Request, SimView, Status, Wait, Why};
use crate::text::{Safe, human};
use crate::tui::actions::{Action, Move, Tab};
use crate::tui::layout::Areas;
use crate::tui::model::list::Line;
use crate::tui::model::log::Awaited;
use crate::tui::model::stats::Chart;
use crate::tui::model::{
    ChosenAttempt, Focus, Help, LogFileChoice, Model, Overlay, Prompt, PromptCursor, PromptKind, Purpose, stats,
};
use crate::tui::model::{able, chart};
use crate::tui::pages::{group, info, why};

/// Columns that one press of `h` or `l` scrolls.
const SIDEWAYS: isize = 8;

/// Does what the user asked for.
pub(super) fn perform(model: &mut Model, action: Action, commands: &mut Vec<Command>) {
    if model.overlay.is_some() {
        return ask::perform(model, action, commands);
    }
    // A question about what nobody can do any more would promise too much.
    let is_asked =
        matches!(action, Action::Cancel | Action::Retry | Action::Anew | Action::RetryFailed | Action::SetCap);
    if (is_asked || model.only_looks && able::asks_engine(action))
        && let Some(why) = refusal(model)
    {
        return tell(model, why, true);
    }
    match action {
        Action::Go(by) => go(model, by),
        Action::Left => sideways(model, -1),
        Action::Right => sideways(model, 1),
        Action::OtherPane => other_pane(model),
        Action::Show(tab) => shown::show(model, tab),
        Action::Zoom => model.zoomed = !model.zoomed,
        Action::GrowList => panes::resize(model, 1, commands),
        Action::ShrinkList => panes::resize(model, -1, commands),
        Action::UsualPanes => panes::usual(model, commands),
        Action::Open => open(model),
        Action::Mark => mark(model),
        Action::MarkAll => mark_all(model),
        Action::Pause => suites::pause(model, commands),
        Action::First => first(model, commands),
        Action::SetCap => typing::ask_for(model, PromptKind::Cap, String::new()),
        Action::DumpStats => dump_stats(model, commands),
        Action::PauseQueue => pause_queue(model, commands),
        Action::Cancel => ask::cancel(model, commands),
        Action::Retry => ask::retry(model, commands),
        Action::RetryFailed => ask::retry_failed(model),
        Action::Anew => suites::anew(model),
        Action::Fold => groups::fold(model),
        Action::FoldAll => groups::fold_all(model),
        Action::Reload => commands.push(Command::CheckFile),
        Action::RaiseCap => change_cap(model, 1, commands),
        Action::LowerCap => change_cap(model, -1, commands),
        Action::Find => find(model),
        Action::Palette => palette::open(model, String::new()),
        Action::FindBackwards => typing::ask_for(model, search::prompt(true), String::new()),
        Action::Grep => grep::open(model),
        Action::MarkLine => marks::wait(model, Awaited::Mark),
        Action::GoToMark => marks::wait(model, Awaited::Jump),
        Action::CopyRange => marks::wait(model, Awaited::Copy),
        Action::OnlyMatching => log_filter::ask(model),
        Action::SaveLog | Action::PipeLog => save_log::ask(model, action),
        Action::NextSevere => search::next_severe(model, true),
        Action::PreviousSevere => search::next_severe(model, false),
        Action::FirstColumn => model.log.column = 0,
        Action::LastColumn => scroll::last_column(model),
        Action::NextMatch => search::next_match(model, true),
        Action::PreviousMatch => search::next_match(model, false),
        Action::Follow => scroll::toggle_follow(model),
        Action::Wrap => {
            model.log.wrap = !model.log.wrap;
            model.log.column = 0;
        }
        Action::FoldRepeats => scroll::toggle_folding(model),
        Action::NextFile => outputs::next(model),
        Action::ChooseOutput => outputs::open(model),
        Action::PreviousAttempt => browse_attempts(model, -1),
        Action::NextAttempt => browse_attempts(model, 1),
        Action::Unfold => shown::unfold(model),
        Action::Failures => failure_groups::open(model),
        Action::Edit => shown::edit(model, commands),
        Action::Copy => shown::copy(model, commands),
        Action::ToggleColumn => add_column::toggle(model),
        Action::ViewStats => compare::switch_view(model),
        Action::ComparePrevious => compare::compare_previous(model),
        Action::CompareMarked => compare::compare_marked(model),
        Action::Chart => {
            model.stats.chart = if model.stats.chart.is_some() { None } else { Some(Chart::default()) };
        }
        Action::LogScale => {
            let chart = model.stats.chart.get_or_insert_default();
            chart.is_log = !chart.is_log;
        }
        Action::Sort if model.in_results() => results::sort(model),
        Action::Sort if model.focus == Focus::Detail => compare::sort(model),
        Action::Sort => {
            let stats = model.header.as_ref().map_or(0, |h| h.header.watch.len());
            let sort = model.list.sort().after(stats, model.columns.names.len());
            model.list.set_sort(sort, false, &model.columns);
        }
        Action::ChooseSort => sort_menu::open(model),
        Action::Reverse => sort_menu::reverse(model),
        Action::ChooseColumns => column_menu::open(model),
        Action::ColumnsLeft => column_menu::scroll(model, -1),
        Action::ColumnsRight => column_menu::scroll(model, 1),
        Action::NextFailed => failure_groups::next_failed(model, true),
        Action::PreviousFailed => failure_groups::next_failed(model, false),
        Action::Map => model.overlay = Some(Overlay::Map),
        Action::Groups => groups::open(model),
        Action::EarlierDump => dumps::step(model, -1),
        Action::LaterDump => dumps::step(model, 1),
        Action::ChooseDump if !model.in_results() => dumps::open(model),
        Action::Help => model.overlay = Some(Overlay::Help(Help::default())),
        Action::Quit if close(model) => {}
        Action::Quit | Action::Leave => ask::quit(model, commands),
        Action::Detach | Action::Drain | Action::CancelAll => ask::leave(model, action, commands),
        Action::Back => back(model),
        Action::Mouse => mouse_switch::toggle(model, commands),
        Action::Suspend => commands.push(Command::Suspend),
        Action::Redraw => commands.push(Command::Redraw),
        Action::NextMetric
        | Action::PreviousMetric
        | Action::CompareBaseline
        | Action::Baseline
        | Action::Pivot
        | Action::Only
        | Action::NotOnly
        | Action::Workloads
        | Action::Replicas
        | Action::NoReplicas
        | Action::Heat
        | Action::ChooseDump
        | Action::NextView
        | Action::SaveView
        | Action::Export
        | Action::AsInFile
        | Action::Figure => results::perform(model, action),
        // These have a meaning in dialogs only.
        Action::Accept | Action::Yes | Action::No | Action::Toggle => {}
    }
}

fn go(model: &mut Model, by: Move) {
    let areas = Areas::of(model);
    if model.focus == Focus::List {
        let at = model.list.position().unwrap_or(model.list.at);
        let at = by.apply(at, model.list.lines().len(), areas.list_rows());
        return model.list.select_at(at);
    }
    go_in_detail(model, by, &areas);
}

/// Moves the cursor of the tab, or scrolls it.
pub(super) fn go_in_detail(model: &mut Model, by: Move, areas: &Areas) {
    let height = usize::from(areas.detail_inner().height);
    if let Some(group) = model.list.heading().filter(|_| model.tab != Tab::Results) {
        let len = group::lines(model, group, usize::from(areas.detail_inner().width)).len();
        let pages = len.saturating_sub(height) + 1;
        model.info.offset = by.apply(model.info.offset.min(pages - 1), pages, height);
        return;
    }
    match model.tab {
        Tab::Log => scroll::scroll(model, by),
        Tab::Stats => {
            let len = stats::len(&model.stats);
            model.stats.sought = None;
            model.stats.selected = by.apply(model.stats.selected, len, areas.stats_rows());
        }
        Tab::Results => results::go(model, by),
        Tab::Files => {
            let len = model.files.reading.as_ref().map_or(0, |reading| reading.files.len());
            model.files.selected = by.apply(model.files.selected, len, height);
        }
        Tab::Info => {
            let inner = areas.detail_inner();
            let len = info::lines(model, usize::from(inner.width)).len();
            // The last page is the furthest that one can scroll.
            let pages = len.saturating_sub(height) + 1;
            model.info.offset = by.apply(model.info.offset, pages, height);
        }
        Tab::Why => {
            let inner = areas.detail_inner();
            let len = why::lines(model, usize::from(inner.width)).len();
            model.why.offset = by.apply(model.why.offset, len.saturating_sub(height) + 1, height);
        }
    }
}

fn sideways(model: &mut Model, step: isize) {
    let is_in_stats = model.focus == Focus::Detail && model.tab == Tab::Stats;
    if is_in_stats && chart::point(model, step) {
        return;
    }
    if compare::folds(model) {
        return compare::fold(model, Some(step > 0));
    }
    if model.in_results() {
        return results::sideways(model, step);
    }
    let log = &mut model.log;
    if model.focus == Focus::Detail && model.tab == Tab::Log && !log.wrap {
        log.column = log.column.saturating_add_signed(step * SIDEWAYS).min(scroll::MAX_COLUMN);
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

fn open(model: &mut Model) {
    if model.in_results() {
        return results::open(model);
    }
    let need = model.needed().map(str::to_owned);
    if let Some(need) = need.filter(|_| model.focus == Focus::List || model.tab == Tab::Why) {
        go_to(model, &need);
    } else if model.focus == Focus::List {
        match model.list.cursor() {
            Some(Line::Row(_)) => (model.focus, model.zoomed) = (Focus::Detail, true),
            Some(Line::Group(_)) => groups::fold(model),
            None => {}
        }
    } else if model.tab == Tab::Files
        && let Some(file) = model.files.reading.as_ref().and_then(|reading| reading.files.get(model.files.selected))
    {
        let path = file.path.clone();
        scroll::choose_file(model, LogFileChoice::Other(path));
        model.tab = Tab::Log;
    } else if model.tab == Tab::Stats {
        compare::fold(model, None);
    } else if model.tab == Tab::Why {
        shown::open_at_failure(model);
    }
}

/// Selects a simulation of this name, whatever the filter and a folded suite hide.
fn go_to(model: &mut Model, name: &str) {
    if let Some(id) = model.list.named(name) {
        model.list.reveal(id, &model.columns);
    }
}

/// Closes the pane that has the keys, as `q` does in a pager. Says whether there was one.
fn close(model: &mut Model) -> bool {
    if model.focus == Focus::List {
        return false;
    }
    if model.in_results() && model.results.figure.take().is_some() {
        return true;
    }
    model.zoomed = false;
    model.focus = Focus::List;
    let text = format!("the list has the keys; {} leaves", model.key(Action::Quit));
    tell(model, Safe::line(&text), false);
    true
}

/// One step back, from the inside out.
fn back(model: &mut Model) {
    let in_log = model.focus == Focus::Detail && model.tab == Tab::Log;
    if in_log && (model.log.search.is_some() || model.log.seeking.is_some()) {
        search::forget_search(model);
    } else if in_log && log_filter::show_all(model) {
        // It is told.
    } else if model.focus == Focus::Detail && model.tab == Tab::Stats && !model.stats.filter.is_empty() {
        model.stats.filter.clear();
        stats::arrange(&mut model.stats);
    } else if model.focus == Focus::Detail && model.tab == Tab::Stats && model.stats.against.is_some() {
        model.stats.against = None;
        model.stats.by_change = false;
        stats::arrange(&mut model.stats);
    } else if model.in_results() && model.results.figure.is_some() {
        model.results.figure = None;
    } else if model.zoomed {
        model.zoomed = false;
        model.focus = Focus::List;
    } else if model.focus == Focus::Detail {
        model.focus = Focus::List;
        // The screen hardly changes, and every key means something else from now on.
        let text = format!("the list has the keys; {} goes back", model.key(Action::OtherPane));
        tell(model, Safe::line(&text), false);
    } else if !model.list.filter().is_empty() {
        // What was found keeps the cursor, also where its suite is folded.
        let selected = model.list.selected();
        model.list.set_filter("", &model.columns);
        if let Some(selected) = selected {
            model.list.reveal(selected, &model.columns);
        }
    } else {
        model.list.marked.clear();
    }
}

fn mark(model: &mut Model) {
    let list = &mut model.list;
    let meant = list.under_cursor().to_vec();
    if meant.is_empty() {
        return;
    }
    if meant.iter().all(|id| list.marked.contains(id)) {
        for id in meant {
            list.marked.remove(&id);
        }
    } else {
        list.marked.extend(meant);
    }
    go(model, Move::Down);
}

fn mark_all(model: &mut Model) {
    let list = &mut model.list;
    let shown = list.listed();
    let text = if shown.iter().all(|id| list.marked.contains(id)) {
        let unmarked = std::mem::take(&mut list.marked).len();
        format!("{} unmarked", human::count(unmarked as u64))
    } else {
        let of = if list.is_filtered() { " that the filter lets through" } else { "" };
        let text = format!("{} marked{of}", human::count(shown.len() as u64));
        list.marked.extend(shown);
        text
    };
    tell(model, Safe::line(&text), false);
}

/// Puts what waits before all others, or back where it was.
fn first(model: &mut Model, commands: &mut Vec<Command>) {
    let targets = targets(model);
    let waiting = those(model, &targets, |s| matches!(s, Status::Blocked | Status::Queued | Status::Backoff { .. }));
    if waiting.is_empty() {
        return nothing_to(model, "put first", &targets, "only what waits has a turn");
    }
    let is_first = |view: &SimView| view.why == Why::Place { wait: Wait::Next };
    let all_first = those_that(model, &waiting, is_first).len() == waiting.len();
    let request = if all_first { Request::InOrder { sims: waiting } } else { Request::First { sims: waiting } };
    send(model, request, Purpose::Tell, commands);
}

/// Takes a cap that was typed.
pub(super) fn set_cap(model: &mut Model, text: &str, commands: &mut Vec<Command>) {
    if let Ok(cap @ 1..) = text.trim().parse() {
        if send(model, Request::SetCap { cap }, Purpose::Cap, commands) {
            model.wanted_cap = Some(cap);
        }
    } else {
        let wrong = format!("a cap is a whole number from 1; {} pauses the queue", model.key(Action::PauseQueue));
        typing::ask_again(model, PromptKind::Cap, text, Safe::line(&wrong));
    }
}

fn dump_stats(model: &mut Model, commands: &mut Vec<Command>) {
    let targets = targets(model);
    // A suite itself has no stats.
    let mut all = suites::with_spawned(model, &targets);
    all.retain(|id| !is_suite(model, *id));
    let running = those(model, &all, |status| matches!(status, Status::Running { .. }));
    // Of what a batch system has not started, it is asked when it starts.
    let waiting =
        if running.is_empty() { those(model, &all, |status| *status == Status::Submitted) } else { Vec::new() };
    let sims = if running.is_empty() { waiting } else { running };
    if sims.is_empty() {
        return nothing_to(model, "dump", &targets, "only what runs writes stats");
    }
    send(model, Request::DumpStats { sims }, Purpose::Tell, commands);
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
        let text = format!("the cap is at least 1; {} pauses the queue", model.key(Action::PauseQueue));
        return tell(model, Safe::line(&text), true);
    }
    if send(model, Request::SetCap { cap }, Purpose::Cap, commands) {
        model.wanted_cap = Some(cap);
    }
}

fn find(model: &mut Model) {
    let (kind, before, cursor) = match (model.focus, model.tab) {
        (Focus::List, _) => {
            let selected = model.selected().map(|row| row.view.name.clone());
            (PromptKind::ListFilter, model.list.filter().to_owned(), PromptCursor::Simulation(selected))
        }
        (Focus::Detail, Tab::Stats) => {
            let cursor = PromptCursor::Stat(stats::cursor(&model.stats));
            (PromptKind::StatsFilter, model.stats.filter.clone(), cursor)
        }
        (Focus::Detail, _) => return typing::ask_for(model, search::prompt(false), String::new()),
    };
    model.overlay = Some(Overlay::Prompt(Prompt::new(kind, before, cursor)));
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
        Some((_, number)) => model.attempt = Some(ChosenAttempt { simulation: row.view.name.clone(), number }),
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
