//! The list of simulations.

use std::collections::{BTreeMap, BTreeSet};

use super::Model;
use super::filter::Filter;
use super::sort::{Sort, compare};
use crate::gem5::signature;
use crate::protocol::{SimView, Status};
use crate::text::{Safe, width};

/// The list of simulations.
#[derive(Debug, Default)]
pub struct List {
    /// Every simulation, by its index in the plan.
    pub rows: BTreeMap<u32, Row>,
    /// The simulations that the filter lets through, in the order of the screen.
    pub order: Vec<u32>,
    /// The selected simulation. Selection is by simulation, so sorting and filtering never move it to another one.
    pub selected: Option<u32>,
    /// Whether the user has pressed a key. Before that the first row is selected, whichever it is, so that a sweep
    /// that is only watched shows what runs.
    pub chosen: bool,
    /// Where the selected one stood in `order`, for the case that it leaves the list.
    pub at: usize,
    /// The first visible position in `order`.
    pub offset: usize,
    /// The marked simulations.
    pub marked: BTreeSet<u32>,
    /// What the list is ordered by.
    pub sort: Sort,
    /// What the list is filtered by. Empty lets everything through.
    pub filter: String,
    /// Columns of the longest name.
    pub name_width: usize,
    /// Columns of the longest list of parameters.
    pub parameters_width: usize,
    /// Columns of the longest word for a status.
    pub status_width: usize,
    /// Columns of the longest cause of a failure.
    pub cause_width: usize,
    /// Whether anything is known of what simulations use of the host.
    pub measured: bool,
    /// Whether any simulation has more than one attempt.
    pub retried: bool,
}

/// One simulation.
#[derive(Debug, Clone)]
pub struct Row {
    /// The simulation.
    pub view: SimView,
    /// When it came.
    pub at_ms: u64,
    /// Its name.
    pub name: Safe,
    /// Why it is not running, or the cause of its end.
    pub reason: Safe,
    /// Its parameters, as `key=value key=value`.
    pub parameters: Safe,
    /// What it has in common with simulations that failed for the same reason, if it has failed.
    pub signature: Option<String>,
}

impl Row {
    /// Makes the simulation's text safe and notes when it came.
    pub fn new(view: SimView, at_ms: u64) -> Self {
        let parameters: Vec<String> = view.parameters.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let reason = match &view.status {
            Status::Ended { outcome } if view.reason.is_empty() => outcome.line(),
            _ => view.reason.clone(),
        };
        Self {
            at_ms,
            name: Safe::line(&view.name),
            reason: Safe::line(&reason),
            parameters: Safe::line(&parameters.join(" ")),
            signature: match &view.status {
                Status::Ended { outcome } if !outcome.kind.is_ok() => Some(signature(outcome)),
                _ => None,
            },
            view,
        }
    }
}

impl List {
    /// Where the selected simulation stands.
    pub fn position(&self) -> Option<usize> {
        let selected = self.selected?;
        // It rarely moves, so look where it was first.
        if self.order.get(self.at) == Some(&selected) {
            return Some(self.at);
        }
        self.order.iter().position(|id| *id == selected)
    }

    /// Selects the simulation at a position of the list.
    pub fn select_at(&mut self, at: usize) {
        self.at = at.min(self.order.len().saturating_sub(1));
        self.selected = self.order.get(self.at).copied();
    }

    fn keep_selection(&mut self) {
        if !self.chosen {
            return self.select_at(0);
        }
        match self.position() {
            Some(at) => self.at = at,
            None => self.select_at(self.at),
        }
    }
}

/// Works out the order of the list anew, and keeps the selection on its simulation. A selected simulation that is no
/// longer in the list gives the selection to the one that took its place.
pub fn arrange(model: &mut Model) {
    let list = &mut model.list;
    let filter = Filter::new(&list.filter);
    let mut order: Vec<u32> = list.rows.iter().filter(|(_, row)| filter.lets_through(row)).map(|(id, _)| *id).collect();
    // The rows come in the order of the plan, and the sort is stable.
    if list.sort != Sort::Plan {
        let mut keyed: Vec<(&Row, u32)> = order.iter().map(|id| (&list.rows[id], *id)).collect();
        keyed.sort_by(|(a, _), (b, _)| compare(list.sort, &model.columns, a, b));
        order = keyed.into_iter().map(|(_, id)| id).collect();
    }
    list.order = order;
    list.keep_selection();
    list.name_width = list.rows.values().map(|row| width::width(&row.name)).max().unwrap_or(0);
    list.parameters_width = list.rows.values().map(|row| width::width(&row.parameters)).max().unwrap_or(0);
    list.status_width = list.rows.values().map(|row| row.view.status.word().len()).max().unwrap_or(0);
    let failed = |row: &&Row| row.view.status.ended().is_some_and(|kind| !kind.is_ok());
    list.cause_width = list.rows.values().filter(failed).map(|row| width::width(&row.reason)).max().unwrap_or(0);
    list.measured = list.rows.values().any(|row| row.view.host.is_some());
    list.retried = list.rows.values().any(|row| row.view.attempts.len() > 1);
}
