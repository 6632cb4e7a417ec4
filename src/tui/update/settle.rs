//! What depends on something else is brought in line after every message: the toast, the offsets, the tab, and what is to be
//! read.

use super::say::{Command, tell};
use super::{grep, suites, want};
use crate::gem5::OutcomeKind;
use crate::protocol::Request;
use crate::text::Safe;
use crate::tui::actions::Tab;
use crate::tui::layout::{Areas, results_grid};
use crate::tui::model::{Confirm, Focus, LinkState, LogFileChoice, Model, Overlay, Why, stats};
use crate::tui::notifications::Notifications;
use crate::tui::reading::{Top, Want};

/// Brings it in line.
pub(super) fn settle(model: &mut Model, commands: &mut Vec<Command>) {
    if model.toast.as_ref().is_some_and(|toast| toast.until_ms <= model.now_ms) {
        model.toast = None;
        model.dirty = true;
    }
    call(model, commands);
    close_question(model);
    forget_choice(model);
    let attempt = model.shown_attempt().map(|attempt| attempt.dir.clone());
    if attempt != model.want.attempt {
        forget_attempt(model);
    }
    grep::arrive(model);
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

/// Somebody who does not look is called where something is new. While another engine is on its way nothing is.
fn call(model: &mut Model, commands: &mut Vec<Command>) {
    let Some(view) = model.header.as_ref().filter(|_| model.link == LinkState::Live && !model.is_stale) else { return };
    let Notifications { on, by, .. } = &model.notifications;
    if let Some((_, text)) = model.watched.look(&view.header, on, model.now_ms)
        && !by.is_empty()
    {
        commands.push(Command::Call { by: by.clone(), text });
    }
}

/// What somebody is asked whether to cancel may end meanwhile, and then there is nothing to ask.
fn close_question(model: &mut Model) {
    let Some(Overlay::Confirm(Confirm { request: Request::Cancel { sims }, .. })) = &model.overlay else { return };
    let has_ended = |sim: &u32| model.list.rows().get(sim).is_some_and(|row| row.view.status.ended().is_some());
    // A suite that has ended stands for what it has spawned, too.
    let all = suites::with_spawned(model, sims);
    if !all.is_empty() && all.iter().all(has_ended) {
        model.overlay = None;
        tell(model, Safe::plain("it has ended meanwhile; nothing was cancelled"), false);
    }
}

/// An attempt was chosen for one simulation, and whoever comes back to that later begins with the newest one again. Rows of
/// another engine come in batches, so until its row has come the selection says nothing; nor does it while a filter is typed,
/// which Esc takes back.
fn forget_choice(model: &mut Model) {
    let selected = model.selected().map(|row| &row.view.name);
    let is_of_another = model.attempt.as_ref().is_some_and(|chosen| Some(&chosen.simulation) != selected);
    if is_of_another && model.reselect.is_none() && model.prompt().is_none() {
        model.attempt = None;
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
    log.forget_places();
    log.top = Top::End;
    if matches!(log.choice, LogFileChoice::Other(_)) {
        log.choice = LogFileChoice::Simout;
        log.chosen = false;
    }
    model.stats.reading = None;
    model.stats.at = None;
    stats::arrange(&mut model.stats);
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
    model.list.offset = fit(model.list.offset, at, model.list.lines().len(), rows);
    let inner = areas.detail_inner();
    let height = usize::from(inner.height);
    let stats_len = stats::len(&model.stats);
    model.stats.selected = model.stats.selected.min(stats_len.saturating_sub(1));
    model.stats.offset = fit(model.stats.offset, model.stats.selected, stats_len, areas.stats_rows());
    let results_rows = areas.results_rows();
    let results = &mut model.results;
    results.row = results.row.min(results.order.len().saturating_sub(1));
    results.column = results.column.min(results.columns().saturating_sub(1));
    results.top = fit(results.top, results.row, results.order.len(), results_rows);
    results.left = results_grid::left(results, usize::from(inner.width));
    let files_len = model.files.reading.as_ref().map_or(0, |reading| reading.files.len());
    model.files.selected = model.files.selected.min(files_len.saturating_sub(1));
    model.files.offset = fit(model.files.offset, model.files.selected, files_len, height);
}

/// The offset at which `selected` is visible, as near as possible to the one before, without empty rows at the end.
pub(super) fn fit(offset: usize, selected: usize, len: usize, rows: usize) -> usize {
    if rows == 0 {
        return 0;
    }
    let offset = offset.min(len.saturating_sub(rows));
    if selected < offset { selected } else { offset.max((selected + 1).saturating_sub(rows)) }
}
