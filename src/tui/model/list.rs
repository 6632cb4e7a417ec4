//! The list of simulations: what the filter lets through, in order, and which of them is selected.
//!
//! What a suite has spawned stands below it, ordered among itself, and can be folded away. A filter asks for rows, wherever they
//! stand: it shows those that match, with their whole names and nothing around them, also out of suites that are folded. The
//! name of a simulation begins with that of its suite, which therefore can be filtered for.
//!
//! A sweep may have ten thousand of them, and several change in each second. So nothing here looks at all of them because one
//! has changed: its place is found by halving, and what the whole list needs to know (the widest name, who failed alike) is
//! kept as rows come and go. Rows can therefore be changed through these functions only. `tests/list.rs` compares with a list
//! that is filtered and sorted from nothing, and counts the work.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::axes::Axes;
use super::extent::Extent;
use super::filter::ListFilter;
use super::sort::{Sort, compare};
use super::tree::Tree;
use super::{Columns, Row};
use crate::experiment::RowKind;
use crate::protocol::filter::{Completion, Problem, complete};
use crate::protocol::{Counts, SimView};
use crate::text::Safe;

/// A suite with more simulations is folded until somebody unfolds it: what stands behind it would be pages away.
const UNFOLDED_MOST: usize = 20;

/// The list of simulations.
#[derive(Debug, Default)]
pub struct List {
    rows: BTreeMap<u32, Row>,
    tree: Tree,
    order: Vec<u32>,
    /// The simulations of each suite, whatever the filter lets through.
    spawned: BTreeMap<u32, BTreeSet<u32>>,
    suites: Suites,
    /// Which suites the user has folded and unfolded, by name: another engine has other numbers.
    folded: HashMap<String, bool>,
    sort: Sort,
    reversed: bool,
    filter: ListFilter,
    axes: Axes,
    has_other_axes: bool,
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

/// The suites among the rows.
#[derive(Debug, Default)]
struct Suites {
    ids: BTreeSet<u32>,
    counts: Counts,
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
        self.sort.clone()
    }

    /// Whether that order is turned round.
    pub fn is_reversed(&self) -> bool {
        self.reversed
    }

    /// The names of the parameters that simulations have, in the order of the plan.
    pub fn parameters(&self) -> Vec<String> {
        self.axes().map(|(name, _)| name.to_owned()).collect()
    }

    /// The same, each with the columns of its widest value.
    pub fn axes(&self) -> impl Iterator<Item = (&str, usize)> {
        self.axes.iter()
    }

    /// The next simulation below the cursor that has failed, or above it; around the end if there is none. Says whether it went around.
    pub fn next_failed(&self, forward: bool) -> Option<(usize, bool)> {
        let len = self.order.len();
        let from = self.position().unwrap_or(self.at);
        let at = |step: usize| if forward { (from + step) % len } else { (from + len - step) % len };
        let has_failed = |at: &usize| self.rows.get(&self.order[*at]).is_some_and(|row| row.signature.is_some());
        let found = (1..=len).map(at).find(has_failed)?;
        Some((found, if forward { found <= from } else { found >= from }))
    }

    /// What the list is filtered by. Empty lets everything through.
    pub fn filter(&self) -> &str {
        self.filter.filter().text()
    }

    /// The first part of the filter that is not understood.
    pub(crate) fn filter_problem(&self) -> Option<&Problem> {
        self.filter.filter().problem()
    }

    /// Whether the filter asks for stats, of which those of added columns are read from files.
    pub fn filters_by_stats(&self) -> bool {
        self.filter.filter().asks_for_stats()
    }

    /// How the word at a place of a filter may go on. It looks at all rows, for the values of a parameter.
    pub(crate) fn complete_filter(&self, text: &str, cursor: usize) -> Completion {
        complete(text, cursor, self.filter.vocabulary(), |name| {
            let parameters = self.rows.values().flat_map(|row| &row.view.parameters);
            let values = parameters.filter(|parameter| parameter.name == name);
            let values: BTreeSet<&str> = values.map(|parameter| parameter.value.as_written()).collect();
            values.into_iter().map(|value| Safe::line(value).into_string()).collect()
        })
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

    /// How many suites are in which state: people do not count a script among the simulations that it spawns.
    pub fn suites(&self) -> Counts {
        self.suites.counts
    }

    /// How many suites the filter lets through.
    pub fn suites_shown(&self, columns: &Columns) -> usize {
        if !self.is_flat() {
            return self.suites.ids.len();
        }
        self.suites.ids.iter().filter(|id| self.filter.lets_through(&self.rows[id], columns)).count()
    }

    /// The simulations that a suite has spawned, whether or not they are shown.
    pub fn spawned_by(&self, suite: u32) -> impl Iterator<Item = u32> {
        self.spawned.get(&suite).into_iter().flatten().copied()
    }

    /// Whether no row stands below another one, since a filter is set.
    pub fn is_flat(&self) -> bool {
        !self.filter.filter().is_empty()
    }

    /// The suite below which a row stands. None while a filter is set.
    pub fn home(&self, id: u32) -> Option<&Row> {
        self.rows.get(&self.tree.home(id)?)
    }

    /// Whether what stands below a suite is folded away. None of what is no suite, and while a filter is set, under which nothing
    /// stands below anything.
    pub fn is_folded(&self, id: u32) -> Option<bool> {
        let row = self.rows.get(&id).filter(|_| !self.is_flat())?;
        let is_suite = row.view.kind == RowKind::Suite || !self.tree.below(id).is_empty();
        is_suite.then(|| self.folds(id))
    }

    fn folds(&self, suite: u32) -> bool {
        let chosen = self.rows.get(&suite).and_then(|row| self.folded.get(&row.view.name));
        chosen.copied().unwrap_or(self.tree.below(suite).len() > UNFOLDED_MOST)
    }

    /// Folds the selected suite, or that of the selected simulation, on which the cursor stands then; or unfolds it. Says whether
    /// there is one.
    pub fn fold(&mut self) -> bool {
        let Some(selected) = self.selected else { return false };
        let (suite, folded) = match (self.is_folded(selected), self.tree.home(selected)) {
            (Some(folded), _) => (selected, !folded),
            (None, Some(suite)) => (suite, true),
            (None, None) => return false,
        };
        self.remember(suite, folded);
        self.lay_out();
        self.keep_selection();
        true
    }

    fn remember(&mut self, suite: u32, folded: bool) {
        if let Some(row) = self.rows.get(&suite) {
            self.folded.insert(row.view.name.clone(), folded);
        }
    }

    /// Selects a simulation, and shows it whatever the filter and a folded suite hide. Says whether there is one.
    pub fn reveal(&mut self, id: u32, columns: &Columns) -> bool {
        if !self.rows.contains_key(&id) {
            return false;
        }
        if !self.order.contains(&id) && self.is_flat() {
            self.selected = Some(id);
            self.set_filter("", columns);
        }
        if let Some(suite) = self.tree.home(id).filter(|suite| self.folds(*suite)) {
            self.remember(suite, false);
            self.lay_out();
        }
        self.selected = Some(id);
        self.keep_selection();
        true
    }

    /// Takes in simulations that are new or have changed. Says whether failures are among what came or went.
    pub fn put(&mut self, views: Vec<SimView>, now_ms: u64, columns: &mut Columns) -> bool {
        let mut changed = Vec::with_capacity(views.len());
        let mut failures = false;
        for view in views {
            changed.push(view.id);
            // What stands below a suite can do so only once that is there.
            let is_other = self.rows.get(&view.id).is_none_or(|old| old.view.suite != view.suite);
            changed.extend(self.spawned_by(view.id).filter(|_| is_other));
            let row = self.row(view, now_ms);
            failures |= self.take_in(row, columns);
        }
        self.place(changed, columns);
        self.read_filter_again(columns);
        failures
    }

    /// Reads the filter anew if there are other parameters to ask for.
    fn read_filter_again(&mut self, columns: &Columns) {
        if std::mem::take(&mut self.has_other_axes) && self.filter.set_parameters(self.parameters()) {
            self.filter_again(columns);
        }
    }

    /// Takes the cap, which those that wait for it name.
    pub fn set_cap(&mut self, cap: u32, columns: &mut Columns) {
        if std::mem::replace(&mut self.cap, cap) == cap {
            return;
        }
        let waiting = self.rows.values().filter(|row| row.view.why.names_limits());
        let again: Vec<Row> = waiting.map(|row| self.row(row.view.clone(), row.at_ms)).collect();
        let changed = again.iter().map(|row| row.view.id).collect();
        for row in again {
            self.take_in(row, columns);
        }
        self.place(changed, columns);
    }

    fn row(&self, view: SimView, at_ms: u64) -> Row {
        let suite = view.suite.and_then(|suite| self.rows.get(&suite)).map(|suite| suite.name.as_str());
        Row::new(view, at_ms, self.cap, suite)
    }

    fn take_in(&mut self, row: Row, columns: &mut Columns) -> bool {
        let id = row.view.id;
        let newest = |row: &Row| row.view.latest().map(|attempt| (attempt.number, attempt.outcome.is_none()));
        let mut failures = row.signature.is_some();
        self.extent.add(&row);
        self.has_other_axes |= self.axes.replace(self.rows.get(&id), &row);
        if row.view.kind == RowKind::Suite {
            self.suites.ids.insert(id);
            self.suites.counts.add(&row.view.status);
        }
        if let Some(suite) = row.view.suite {
            self.spawned.entry(suite).or_default().insert(id);
        }
        if let Some(old) = self.rows.get(&id) {
            self.extent.remove(old);
            if old.view.kind == RowKind::Suite {
                self.suites.counts.remove(&old.view.status);
                if row.view.kind != RowKind::Suite {
                    self.suites.ids.remove(&id);
                }
            }
            if let Some(suite) = old.view.suite.filter(|suite| row.view.suite != Some(*suite))
                && let Some(spawned) = self.spawned.get_mut(&suite)
            {
                spawned.remove(&id);
            }
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

    /// Forgets every simulation, and with them the selection and the marks. What was folded stays so.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.tree = Tree::default();
        self.order.clear();
        self.spawned.clear();
        self.suites = Suites::default();
        self.extent = Extent::default();
        self.axes = Axes::default();
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
        let shown = self.selected.filter(|_| self.chosen && self.position().is_some());
        self.tree.remove(&changed);
        let rows = changed.iter().filter_map(|id| self.rows.get(id));
        let mut rows: Vec<&Row> = rows.filter(|row| self.filter.lets_through(row, columns)).collect();
        rows.sort_by(|a, b| compare(&self.sort, self.reversed, columns, a, b));
        let rows: Vec<(Option<u32>, &Row)> = rows.into_iter().map(|row| (self.home_of(row), row)).collect();
        self.tree
            .insert(&rows, |other, row| compare(&self.sort, self.reversed, columns, &self.rows[&other], row).is_lt());
        // A suite that grows is not folded over the cursor of who reads in it.
        if let Some(suite) = shown.and_then(|id| self.tree.home(id)).filter(|suite| self.folds(*suite)) {
            self.remember(suite, false);
        }
        self.lay_out();
        self.keep_selection();
    }

    /// The suite below which a row is to stand: one that is there, and stands below none itself.
    fn home_of(&self, row: &Row) -> Option<u32> {
        let suite = row.view.suite.filter(|suite| !self.is_flat() && *suite != row.view.id)?;
        self.rows.get(&suite).filter(|suite| suite.view.suite.is_none()).map(|suite| suite.view.id)
    }

    /// Writes down what is on the screen.
    fn lay_out(&mut self) {
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        if self.tree.is_flat() {
            order.extend_from_slice(self.tree.edge());
        } else {
            for id in self.tree.edge() {
                order.push(*id);
                let below = self.tree.below(*id);
                if !below.is_empty() && !self.folds(*id) {
                    order.extend_from_slice(below);
                }
            }
        }
        self.order = order;
    }

    /// Orders the list by something else.
    pub fn set_sort(&mut self, sort: Sort, reversed: bool, columns: &Columns) {
        (self.sort, self.reversed) = (sort, reversed);
        let (rows, sort) = (&self.rows, &self.sort);
        self.tree.arrange(|order| {
            let mut arranged: Vec<&Row> = order.iter().map(|id| &rows[id]).collect();
            arranged.sort_by(|a, b| compare(sort, reversed, columns, a, b));
            *order = arranged.into_iter().map(|row| row.view.id).collect();
        });
        self.lay_out();
        self.keep_selection();
    }

    /// Filters the list by something else.
    pub fn set_filter(&mut self, text: &str, columns: &Columns) {
        self.filter.set(text);
        self.filter_again(columns);
    }

    /// The filters that have a name.
    pub fn named_filters(&self) -> &BTreeMap<String, String> {
        &self.filter.vocabulary().named
    }

    /// Takes the filters that have a name, which other filters may name.
    pub fn name_filters(&mut self, named: BTreeMap<String, String>, columns: &Columns) {
        if self.filter.set_named(named) {
            self.filter_again(columns);
        }
    }

    /// Takes the titles of the columns of stats, by which can be filtered.
    pub fn set_stats(&mut self, watched: &[Safe], columns: &Columns) {
        if self.filter.set_stats(watched, &columns.titles) {
            self.filter_again(columns);
        }
    }

    fn filter_again(&mut self, columns: &Columns) {
        let mut rows: Vec<&Row> = self.rows.values().filter(|row| self.filter.lets_through(row, columns)).collect();
        rows.sort_by(|a, b| compare(&self.sort, self.reversed, columns, a, b));
        let rows: Vec<(Option<u32>, &Row)> = rows.into_iter().map(|row| (self.home_of(row), row)).collect();
        let mut tree = Tree::default();
        tree.insert(&rows, |_, _| true);
        self.tree = tree;
        self.lay_out();
        self.keep_selection();
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
        let id = self.named(name);
        if let Some(at) = self.order.iter().position(|other| Some(*other) == id) {
            self.select_at(at);
        }
        id.is_some()
    }

    /// The simulation with a name.
    pub fn named(&self, name: &str) -> Option<u32> {
        self.rows.values().find(|row| row.view.name == name).map(|row| row.view.id)
    }

    /// The selected one keeps the cursor as long as it is shown. If a suite hides it, that has it.
    fn keep_selection(&mut self) {
        if !self.chosen {
            return self.select_at(0);
        }
        if let Some(at) = self.position() {
            self.at = at;
            return;
        }
        let suite = self.selected.and_then(|id| self.tree.home(id));
        match suite.and_then(|suite| self.order.iter().position(|id| *id == suite)) {
            Some(at) => self.select_at(at),
            None => self.select_at(self.at),
        }
    }
}
