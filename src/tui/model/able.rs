//! Whether an action would do something now.
//!
//! The footer and the pages leave out what would not, and the palette says why. It is a look at what the action is about, and never
//! more: where a cell of results has the keys while something goes on, the action itself finds out what it can do and tells.

use super::list::Line;
use super::{Focus, LinkState, Model, Row};
use crate::experiment::RowKind;
use crate::protocol::{Status, Why};
use crate::tui::actions::{Action, Context};
use crate::tui::reading::Top;

/// Why an action would do nothing now, as far as that is known at a glance.
pub fn obstacle(model: &Model, action: Action) -> Option<&'static str> {
    use Action::{
        Anew, Cancel, CompareMarked, DumpStats, Failures, First, Fold, FoldAll, FoldRepeats, Follow, LogScale, Mark,
        MarkAll, NextAttempt, NextFailed, NextMatch, Open, Pause, PreviousAttempt, PreviousFailed, PreviousMatch,
        Retry, RetryFailed, SaveView, Unfold,
    };
    if let Some(why) = no_engine(model, action) {
        return Some(why);
    }
    let is_list = model.focus == Focus::List;
    if is_list
        && model.list.lines().is_empty()
        && matches!(action, Open | Mark | MarkAll | NextFailed | PreviousFailed | RetryFailed)
    {
        return Some("the list shows no simulation");
    }
    let failed = model.header.as_ref().map_or(0, |h| h.header.counts.failed());
    let if_so = |is_so: bool, why: &'static str| is_so.then_some(why);
    match action {
        Pause | First | Cancel | Retry | Anew | DumpStats => about_simulations(model, action),
        Fold if model.list.heading().is_none() => {
            let why = if model.list.is_grouped() { "only a group can be folded" } else { "there is no suite to fold" };
            if_so(model.selected().is_none_or(|row| !is_foldable(model, row)), why)
        }
        FoldAll if !model.list.is_grouped() => {
            if_so(!model.list.is_nested() || model.list.suites().total == 0, "there is no suite or group to fold")
        }
        RetryFailed | Failures | NextFailed | PreviousFailed => if_so(failed == 0, "no simulation has failed"),
        // Nothing comes any more that it could be held back from.
        Follow => if_so(model.log.top == Top::End && has_ended(model), "the attempt has ended"),
        FoldRepeats => if_so(model.log.filter.is_some(), "a filter shows every line that it lets through"),
        NextMatch | PreviousMatch => if_so(model.log.search.is_none(), "nothing was searched for"),
        PreviousAttempt | NextAttempt => {
            let attempts = model.selected().map_or(0, |row| row.view.attempts.len());
            if_so(attempts < 2, "there is no other attempt")
        }
        Unfold => {
            let outcome = model.shown_attempt().and_then(|attempt| attempt.outcome.as_ref());
            if_so(outcome.is_none_or(|outcome| outcome.kind.is_ok()), "it has not failed")
        }
        CompareMarked => if_so(model.list.marked.is_empty(), "no simulation is marked"),
        LogScale => if_so(model.stats.chart.is_none(), "no chart is shown"),
        SaveView => if_so(model.results.shown.is_none(), "nothing needs to be saved: all is on disk"),
        _ => None,
    }
}

/// Why the engine cannot be asked for an action, if the action needs it.
pub fn no_engine(model: &Model, action: Action) -> Option<&'static str> {
    if !asks_engine(action) {
        return None;
    }
    if model.only_looks {
        return Some("this only looks");
    }
    // Without an engine, a reload begins one.
    (action != Action::Reload && model.link != LinkState::Live).then_some("there is no engine to ask")
}

/// Whether the attempt that is shown writes nothing any more.
fn has_ended(model: &Model) -> bool {
    model.shown_attempt().is_some_and(|attempt| attempt.outcome.is_some())
}

/// Whether an action changes something by the engine.
pub fn asks_engine(action: Action) -> bool {
    use Action::{
        Anew, Cancel, CancelAll, Drain, DumpStats, First, LowerCap, Pause, PauseQueue, RaiseCap, Reload, Retry,
        RetryFailed, SetCap,
    };
    matches!(
        action,
        Anew | Cancel
            | CancelAll
            | Drain
            | DumpStats
            | First
            | LowerCap
            | Pause
            | PauseQueue
            | RaiseCap
            | Reload
            | Retry
            | RetryFailed
            | SetCap
    )
}

/// What stands in the way of an action that is about simulations.
fn about_simulations(model: &Model, action: Action) -> Option<&'static str> {
    if model.contexts_below().contains(&Context::Figure) {
        return Some("no cell is under the cursor");
    }
    let needs_life = matches!(action, Action::Cancel | Action::Pause | Action::First | Action::DumpStats);
    let goes_on = |row: &Row| row.view.status.ended().is_none();
    if model.in_results() {
        let is_over = needs_life && !model.list.rows().values().any(goes_on);
        return is_over.then_some("all have ended");
    }
    let meant = model.list.meant();
    let rows: Vec<&Row> = meant.iter().filter_map(|id| model.list.rows().get(id)).collect();
    match rows.as_slice() {
        [] => Some("no simulation is selected"),
        [row] => about_one(model, action, row),
        many => many.iter().all(|row| about_one(model, action, row).is_some()).then_some("it is for none of them"),
    }
}

/// What stands in the way of an action that is about this simulation.
fn about_one(model: &Model, action: Action, row: &Row) -> Option<&'static str> {
    let needs_life = matches!(action, Action::Cancel | Action::Pause | Action::First | Action::DumpStats);
    let goes_on = |row: &Row| row.view.status.ended().is_none();
    let status = &row.view.status;
    let is_suite = row.view.kind == RowKind::Suite;
    let ended = status.ended();
    match action {
        // What a suite has spawned may be in any state.
        Action::Anew if !is_suite => Some("it is no suite"),
        Action::Retry | Action::Anew if ended.is_none() => Some("it has not ended"),
        _ if is_suite => {
            let mut spawned = model.list.spawned_by(row.view.id).filter_map(|id| model.list.rows().get(&id));
            let is_over = needs_life && ended.is_some() && !spawned.any(goes_on);
            is_over.then_some("it has ended, and all that it has spawned")
        }
        Action::Cancel | Action::Pause if ended.is_some() => Some("it has ended"),
        Action::Pause if matches!(row.view.why, Why::NeedFailed { .. }) => Some("it does not start by itself"),
        Action::First if ended.is_some() || status.is_live() => Some("it does not wait for its turn"),
        Action::DumpStats if !matches!(status, Status::Running { .. } | Status::Submitted) => Some("it does not run"),
        _ => None,
    }
}

fn is_foldable(model: &Model, row: &Row) -> bool {
    model.list.is_folded(Line::Row(row.view.id)).is_some() || model.list.home(row.view.id).is_some()
}
