//! The list of simulations: what the filter lets through, in order, and which of them is selected.
//!
//! A sweep may have ten thousand of them, and several change in each second. So nothing here looks at all of them because one
//! has changed: its place is found by halving, and what the whole list needs to know (the widest name, who failed alike) is
//! kept as rows come and go. Rows can therefore be changed through these functions only. `tests/list.rs` compares with a list
//! that is filtered and sorted from nothing, and counts the work.

use std::collections::{BTreeMap, BTreeSet};

use super::extent::Extent;
use super::filter::Filter;
use super::sort::{Sort, compare};
use super::{Columns, Row};
use crate::protocol::SimView;

/// The list of simulations.
#[derive(Debug, Default)]
pub struct List {
    rows: BTreeMap<u32, Row>,
    order: Vec<u32>,
    sort: Sort,
    filter: Filter,
    extent: Extent,
    failed: BTreeMap<String, BTreeSet<u32>>,
    attempts: u64,
    cap: u32,
    /// The selected simulation. Selection is by simulation, so sorting never moves it to another one, and a filter does only
    /// when it hides the selected one.
    pub selected: Option<u32>,
    /// Whether the user has pressed a key. Before that the first row is selected, whichever it is, so that a sweep
    /// that is only watched shows what runs.
    pub chosen: bool,
    /// Where the selected one stood in the order, for the case that it leaves the list.
    pub at: usize,
    /// The first visible position in the order.
    pub offset: usize,
    /// The marked simulations.
    pub marked: BTreeSet<u32>,
}

impl List {
    /// Every simulation, by its index in the plan.
    pub fn rows(&self) -> &BTreeMap<u32, Row> {
        &self.rows
    }

    /// The simulations that the filter lets through, in the order of the screen.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// What the list is ordered by.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// What the list is filtered by. Empty lets everything through.
    pub fn filter(&self) -> &str {
        self.filter.text()
    }

    /// How much room the rows need.
    pub fn extent(&self) -> &Extent {
        &self.extent
    }

    /// The simulations that have failed, those that failed alike together, in the order of the plan.
    pub fn failed(&self) -> &BTreeMap<String, BTreeSet<u32>> {
        &self.failed
    }

    /// A number that changes when a simulation gets an attempt, or its newest one ends.
    pub fn attempts(&self) -> u64 {
        self.attempts
    }

    /// Takes in simulations that are new or have changed. Says whether failures are among what came or went.
    pub fn put(&mut self, views: Vec<SimView>, now_ms: u64, columns: &mut Columns) -> bool {
        let mut changed = Vec::with_capacity(views.len());
        let mut failures = false;
        for view in views {
            changed.push(view.id);
            failures |= self.take_in(Row::new(view, now_ms, self.cap), columns);
        }
        self.place(changed, columns);
        failures
    }

    /// Takes the cap, which those that wait for it name.
    pub fn set_cap(&mut self, cap: u32, columns: &mut Columns) {
        if std::mem::replace(&mut self.cap, cap) == cap {
            return;
        }
        let waiting = self.rows.values().filter(|row| row.view.why.names_limits());
        let again: Vec<Row> = waiting.map(|row| Row::new(row.view.clone(), row.at_ms, cap)).collect();
        let changed = again.iter().map(|row| row.view.id).collect();
        for row in again {
            self.take_in(row, columns);
        }
        self.place(changed, columns);
    }

    fn take_in(&mut self, row: Row, columns: &mut Columns) -> bool {
        let id = row.view.id;
        let newest = |row: &Row| row.view.latest().map(|attempt| (attempt.number, attempt.outcome.is_none()));
        let mut failures = row.signature.is_some();
        self.extent.add(&row);
        if let Some(old) = self.rows.get(&id) {
            self.extent.remove(old);
            self.attempts += u64::from(newest(old) != newest(&row));
            failures |= old.signature.is_some();
            if let Some(signature) = old.signature.as_ref().filter(|old| row.signature.as_ref() != Some(old))
                && let Some(members) = self.failed.get_mut(signature)
            {
                members.remove(&id);
                if members.is_empty() {
                    self.failed.remove(signature);
                }
            }
            columns.forget_older(old, &row);
        } else {
            self.attempts += 1;
        }
        if let Some(signature) = &row.signature {
            self.failed.entry(signature.clone()).or_default().insert(id);
        }
        self.rows.insert(id, row);
        failures
    }

    /// Forgets every simulation, and with them the selection and the marks.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.order.clear();
        self.extent = Extent::default();
        self.failed.clear();
        self.attempts += 1;
        self.marked.clear();
        self.selected = None;
    }

    /// Gives rows that have changed their places. A selected simulation that the filter hides from now on gives the selection
    /// to the one that took its place, and does not get it back by itself.
    pub fn place(&mut self, mut changed: Vec<u32>, columns: &Columns) {
        changed.sort_unstable();
        changed.dedup();
        self.order.retain(|id| changed.binary_search(id).is_err());
        let rows = changed.iter().filter_map(|id| self.rows.get(id));
        let mut rows: Vec<&Row> = rows.filter(|row| self.filter.lets_through(row)).collect();
        rows.sort_by(|a, b| compare(self.sort, columns, a, b));
        let mut order = Vec::with_capacity(self.order.len() + rows.len());
        let mut rest = &self.order[..];
        for row in rows {
            let stands_before = |other: &u32| compare(self.sort, columns, &self.rows[other], row).is_lt();
            let (before, behind) = rest.split_at(rest.partition_point(stands_before));
            order.extend_from_slice(before);
            order.push(row.view.id);
            rest = behind;
        }
        order.extend_from_slice(rest);
        self.order = order;
        self.keep_selection();
    }

    /// Orders the list by something else.
    pub fn set_sort(&mut self, sort: Sort, columns: &Columns) {
        self.sort = sort;
        self.arrange(columns);
        self.keep_selection();
    }

    /// Filters the list by something else.
    pub fn set_filter(&mut self, text: &str, columns: &Columns) {
        self.filter = Filter::new(text);
        self.order = self.rows.values().filter(|row| self.filter.lets_through(row)).map(|row| row.view.id).collect();
        self.arrange(columns);
        self.keep_selection();
    }

    fn arrange(&mut self, columns: &Columns) {
        let mut rows: Vec<&Row> = self.order.iter().map(|id| &self.rows[id]).collect();
        rows.sort_by(|a, b| compare(self.sort, columns, a, b));
        self.order = rows.into_iter().map(|row| row.view.id).collect();
    }

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

    /// Selects the simulation with a name, if the list shows one. Says whether there is one at all.
    pub fn select_name(&mut self, name: &str) -> bool {
        let id = self.rows.values().find(|row| row.view.name == name).map(|row| row.view.id);
        if let Some(at) = self.order.iter().position(|other| Some(*other) == id) {
            self.select_at(at);
        }
        id.is_some()
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
