//! Which simulations an action is about.

use super::results;
use super::say::tell;
use crate::experiment::RowKind;
use crate::protocol::{SimView, Status};
use crate::text::{Safe, human};
use crate::tui::model::Model;

/// The simulations that an action is about: in the tables of results those behind the cell, and else what is meant in the list.
pub(super) fn targets(model: &Model) -> Vec<u32> {
    if model.in_results() {
        return results::targets(model);
    }
    model.list.meant()
}

/// Those of the targets that are in a state that the action is for.
pub(super) fn those(model: &Model, ids: &[u32], fits: impl Fn(&Status) -> bool) -> Vec<u32> {
    those_that(model, ids, |view| fits(&view.status))
}

/// Those of the targets that the action is for, where their state alone does not tell.
pub(super) fn those_that(model: &Model, ids: &[u32], fits: impl Fn(&SimView) -> bool) -> Vec<u32> {
    let fits = |id: &u32| model.list.rows().get(id).is_some_and(|row| fits(&row.view));
    ids.iter().copied().filter(fits).collect()
}

/// Whether a target is a suite.
pub(super) fn is_suite(model: &Model, id: u32) -> bool {
    model.list.rows().get(&id).is_some_and(|row| row.view.kind == RowKind::Suite)
}

/// The name of the one, or how many.
pub(super) fn named(model: &Model, ids: &[u32]) -> Safe {
    match ids {
        [one] => model.list.rows().get(one).map(|row| row.name.clone()).unwrap_or_default(),
        many => {
            let suites = many.iter().filter(|id| is_suite(model, **id)).count();
            Safe::line(&counted(many.len() - suites, suites))
        }
    }
}

/// So many simulations and suites, in words.
pub(super) fn counted(simulations: usize, suites: usize) -> String {
    let simulations = (simulations > 0 || suites == 0).then(|| human::plural(simulations as u64, "simulation"));
    let suites = (suites > 0).then(|| human::plural(suites as u64, "suite"));
    simulations.into_iter().chain(suites).collect::<Vec<_>>().join(" and ")
}

/// Says why an action does nothing here.
pub(super) fn nothing_to(model: &mut Model, verb: &str, targets: &[u32], advice: &str) {
    let text = match targets {
        [] => "no simulation is selected".to_owned(),
        [one] => match model.list.rows().get(one) {
            Some(row) => format!("nothing to {verb}: {} is {}; {advice}", row.name, row.view.status.word()),
            None => format!("nothing to {verb}"),
        },
        many => {
            let which = if model.list.marked.is_empty() { "of the group" } else { "marked" };
            format!("nothing to {verb} among {} {which}; {advice}", human::count(many.len() as u64))
        }
    };
    tell(model, Safe::line(&text), true);
}
