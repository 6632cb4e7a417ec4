//! Whether an action would do something now.
//!
//! The footer leaves out what would not, and the palette says why. It is a look at what the action is about, and never more: where
//! rows are marked, or a cell of results has the keys, the action itself finds out what it can do and tells.

use super::{LinkState, Model, Row};
use crate::experiment::RowKind;
use crate::protocol::{Status, Why};
use crate::tui::actions::{Action, Context};

/// Why an action would do nothing now, as far as that is known at a glance.
pub fn obstacle(model: &Model, action: Action) -> Option<&'static str> {
    use Action::{
        Anew, Cancel, CompareMarked, DumpStats, Failures, First, Fold, LogScale, NextAttempt, NextFailed, NextMatch,
        Pause, PreviousAttempt, PreviousFailed, PreviousMatch, Retry, RetryFailed, SaveView, Unfold,
    };
    if asks_engine(action) && model.only_looks {
        return Some("this only looks");
    }
    // Without an engine, a reload begins one.
    if asks_engine(action) && action != Action::Reload && model.link != LinkState::Live {
        return Some("there is no engine to ask");
    }
    let failed = model.header.as_ref().map_or(0, |h| h.header.counts.failed());
    let if_so = |is_so: bool, why: &'static str| is_so.then_some(why);
    match action {
        Pause | First | Cancel | Retry | Anew | DumpStats => about_simulations(model, action),
        Fold => if_so(model.selected().is_none_or(|row| !is_foldable(model, row)), "there is no suite to fold"),
        RetryFailed | Failures | NextFailed | PreviousFailed => if_so(failed == 0, "no simulation has failed"),
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
    if model.in_results() || !model.list.marked.is_empty() {
        return None;
    }
    let Some(row) = model.selected() else { return Some("no simulation is selected") };
    let status = &row.view.status;
    let is_suite = row.view.kind == RowKind::Suite;
    let ended = status.ended();
    match action {
        // What a suite has spawned may be in any state.
        Action::Anew if !is_suite => Some("it is no suite"),
        Action::Retry | Action::Anew if ended.is_none() => Some("it has not ended"),
        _ if is_suite => None,
        Action::Cancel | Action::Pause if ended.is_some() => Some("it has ended"),
        Action::Pause if matches!(row.view.why, Why::NeedFailed { .. }) => Some("it does not start by itself"),
        Action::First if ended.is_some() || status.is_live() => Some("it does not wait for its turn"),
        Action::DumpStats if !matches!(status, Status::Running { .. } | Status::Submitted) => Some("it does not run"),
        _ => None,
    }
}

fn is_foldable(model: &Model, row: &Row) -> bool {
    model.list.is_folded(row.view.id).is_some() || model.list.home(row.view.id).is_some()
}
