//! Grouping the list by the values of parameters, and folding what stands below a heading or a suite.

use super::column_menu::keep_choices;
use super::say::{Command, tell};
use crate::text::{Safe, human};
use crate::tui::actions::Action;
use crate::tui::model::groups::ways;
use crate::tui::model::{Model, Overlay};

/// Rows that a press of `PgDn` passes.
const PAGE: usize = 10;

/// Opens the menu, on what the list is grouped by now, or else on the first parameter.
pub(super) fn open(model: &mut Model) {
    let ways = ways(model);
    if ways.len() < 2 && !model.list.is_grouped() {
        return tell(model, Safe::plain("no simulation has a parameter to group by"), true);
    }
    let now = model.list.grouped_by();
    let at = ways.iter().position(|way| way == now).filter(|at| *at > 0).unwrap_or(1).min(ways.len() - 1);
    model.overlay = Some(Overlay::Groups { at });
}

/// What a key does in the menu.
pub(super) fn perform(model: &mut Model, at: usize, action: Action, commands: &mut Vec<Command>) -> Option<Overlay> {
    let ways = ways(model);
    match action {
        Action::Go(by) => Some(Overlay::Groups { at: by.apply(at, ways.len(), PAGE) }),
        Action::Accept | Action::Toggle => {
            if let Some(way) = ways.into_iter().nth(at) {
                group_by(model, way, commands);
            }
            None
        }
        Action::Back | Action::No | Action::Groups => None,
        _ => Some(Overlay::Groups { at }),
    }
}

fn group_by(model: &mut Model, way: Vec<String>, commands: &mut Vec<Command>) {
    let by = Safe::line(&way.join(" and "));
    model.list.group_by(way, &model.columns);
    keep_choices(model, commands);
    let text = if model.list.is_grouped() {
        let (fold, all, groups) = (model.key(Action::Fold), model.key(Action::FoldAll), model.key(Action::Groups));
        format!("grouped by {by}: {fold} folds one, {all} all, {groups} groups by something else")
    } else {
        "the list is not grouped any more".to_owned()
    };
    tell(model, Safe::line(&text), false);
}

/// Folds what the cursor stands on or below, or unfolds it.
pub(super) fn fold(model: &mut Model) {
    if model.list.fold() {
        return;
    }
    let text = match model.list.filter() {
        _ if model.list.is_grouped() => "only a group can be folded here",
        "" => "this is no suite and was spawned by none: there is nothing to fold",
        _ => "a filter shows what matches, wherever it stands: there is nothing to fold",
    };
    tell(model, Safe::plain(text), true);
}

/// Folds everything away, or unfolds everything.
pub(super) fn fold_all(model: &mut Model) {
    let text = match model.list.fold_all() {
        Some(true) => "all are folded".to_owned(),
        Some(false) => format!("all are unfolded: {} rows", human::count(model.list.lines().len() as u64)),
        None => format!("there is nothing to fold; {} groups the list by parameters", model.key(Action::Groups)),
    };
    tell(model, Safe::line(&text), false);
}
