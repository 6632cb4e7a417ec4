//! The list of simulations: what the filter lets through, in order, and which of them is selected.
//!
//! What a suite has spawned stands below it, ordered among itself, and can be folded away. A filter asks for rows, wherever they
//! stand: it shows those that match, with their whole names and nothing around them, also out of suites that are folded. The
//! name of a simulation begins with that of its suite, which therefore can be filtered for. Who groups the list by parameters
//! asks for rows in the same way: they stand below the headings of their values, and suites above all of them.
//!
//! A sweep may have ten thousand of them, and several change in each second. So nothing here looks at all of them because one
//! has changed: its place is found by halving, and what the whole list needs to know (the widest name, who failed alike) is
//! kept as rows come and go. Rows can therefore be changed through these functions only. `tests/list.rs` compares with a list
//! that is filtered and sorted from nothing, and counts the work.

use std::collections::{BTreeMap, BTreeSet, HashMap};

mod axes;
mod cursor;
mod extent;
mod filter;
mod folds;
mod grouping;
mod tree;

use axes::Axes;
pub use extent::Extent;
use filter::ListFilter;
use grouping::Grouping;
use tree::{Home, Tree};

use super::sort::{Sort, compare};
use super::{Columns, Row};
use crate::experiment::RowKind;
use crate::protocol::filter::{Completion, Problem, complete};
use crate::protocol::{Counts, SimView, Why};
use crate::text::Safe;

/// A line of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// A simulation.
    Row(u32),
    /// The heading of a group.
    Group(u32),
}

/// The list of simulations.
#[derive(Debug, Default)]
pub struct List {
    rows: BTreeMap<u32, Row>,
    tree: Tree,
    lines: Vec<Line>,
    /// The simulations among the lines.
    order: Vec<u32>,
    /// The simulations of each suite, whatever the filter lets through.
    spawned: BTreeMap<u32, BTreeSet<u32>>,
    suites: Suites,
    /// Which suites the user has folded and unfolded, by name: another engine has other numbers.
    folded: HashMap<String, bool>,
    sort: Sort,
    reversed: bool,
    grouping: Grouping,
    filter: ListFilter,
    axes: Axes,
    has_other_axes: bool,
    extent: Extent,
    failed: BTreeMap<String, BTreeSet<u32>>,
    concluded: u32,
    attempts: u64,
    cap: u32,
    /// What the cursor stands on. It goes by simulation, so sorting never moves it to another one, and a filter does only when it
    /// hides that one.
    cursor: Option<Line>,
    /// Whether the user has pressed a key. Before that the first row is selected, whichever it is, so that a sweep
    /// that is only watched shows what runs.
    pub chosen: bool,
    /// The line on which the cursor stood, for the case that it leaves the list.
    pub at: usize,
    /// The first visible line.
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

    /// What stands in the list, in the order of the screen.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The simulations among the lines: those that the filter lets through and that are not folded away.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// The simulations that the list shows, each by its line or, in a group that is folded away, by the heading.
    pub fn listed(&self) -> Vec<u32> {
        if !self.is_grouped() {
            return self.order.clone();
        }
        let below = self.groups().into_iter().flat_map(|group| self.members(group));
        self.tree.edge().iter().chain(below).copied().collect()
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

    /// How many simulations count as running although they have ended, since their end is being written down.
    pub fn concluded(&self) -> u32 {
        self.concluded
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
        if !self.is_filtered() {
            return self.suites.ids.len();
        }
        self.suites.ids.iter().filter(|id| self.filter.lets_through(&self.rows[id], columns)).count()
    }

    /// The simulations that a suite has spawned, whether or not they are shown.
    pub fn spawned_by(&self, suite: u32) -> impl Iterator<Item = u32> {
        self.spawned.get(&suite).into_iter().flatten().copied()
    }

    /// Whether a filter is set.
    pub fn is_filtered(&self) -> bool {
        !self.filter.filter().is_empty()
    }

    /// The names of the parameters by which the list is grouped; none if it is not.
    pub fn grouped_by(&self) -> &[String] {
        self.grouping.by()
    }

    /// Whether the list is grouped.
    pub fn is_grouped(&self) -> bool {
        !self.grouping.by().is_empty()
    }

    /// Whether simulations stand below the suites that have spawned them. A filter and groups show them wherever they stand.
    pub fn is_nested(&self) -> bool {
        !self.is_filtered() && !self.is_grouped()
    }

    /// The groups of which the list shows simulations, in the order of their values.
    fn groups(&self) -> Vec<u32> {
        let number = |home| if let Home::Group(number) = home { Some(number) } else { None };
        let mut groups: Vec<u32> = self.tree.homes().filter_map(number).collect();
        groups.sort_by(|a, b| self.grouping.compare(*a, *b));
        groups
    }

    /// The simulations of a group that the filter lets through, in order.
    pub fn members(&self, group: u32) -> &[u32] {
        self.tree.below(Home::Group(group))
    }

    /// The values of a group in words.
    pub fn label(&self, group: u32) -> Safe {
        self.grouping.label(group)
    }

    /// Groups the list by the values of parameters; of none, not at all.
    pub fn group_by(&mut self, parameters: Vec<String>, columns: &Columns) {
        self.grouping.set(parameters);
        self.filter_again(columns);
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
        let is_concluded = |row: &Row| row.view.why == Why::Over && row.view.kind != RowKind::Suite;
        self.concluded += u32::from(is_concluded(&row));
        if let Some(old) = self.rows.get(&id) {
            self.concluded -= u32::from(is_concluded(old));
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
        self.lines.clear();
        self.order.clear();
        self.spawned.clear();
        self.suites = Suites::default();
        self.extent = Extent::default();
        self.axes = Axes::default();
        self.failed.clear();
        self.concluded = 0;
        self.attempts += 1;
        self.marked.clear();
        self.cursor = None;
    }

    /// Gives rows that have changed their places. A selected simulation that the filter hides from now on gives the selection
    /// to the one that took its place, and does not get it back by itself.
    pub fn place(&mut self, mut changed: Vec<u32>, columns: &Columns) {
        changed.sort_unstable();
        changed.dedup();
        let shown = self.selected().filter(|_| self.chosen && self.position().is_some());
        self.tree.remove(&changed);
        let rows = changed.iter().filter_map(|id| self.rows.get(id));
        let mut rows: Vec<&Row> = rows.filter(|row| self.filter.lets_through(row, columns)).collect();
        rows.sort_by(|a, b| compare(&self.sort, self.reversed, columns, a, b));
        let is_nested = self.is_nested();
        let home = |row| (home_of(&self.rows, &mut self.grouping, is_nested, row), row);
        let rows: Vec<(Option<Home>, &Row)> = rows.into_iter().map(home).collect();
        self.tree
            .insert(&rows, |other, row| compare(&self.sort, self.reversed, columns, &self.rows[&other], row).is_lt());
        // What grows is not folded over the cursor of who reads in it.
        if let Some(home) = shown.and_then(|id| self.tree.home(id)).filter(|home| self.folds(*home)) {
            self.remember(home, false);
        }
        self.lay_out();
        self.keep_selection();
    }

    /// Writes down what is on the screen.
    fn lay_out(&mut self) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.clear();
        for id in self.tree.edge() {
            lines.push(Line::Row(*id));
            self.lay_below(Home::Suite(*id), &mut lines);
        }
        if self.is_grouped() {
            for group in self.groups() {
                lines.push(Line::Group(group));
                self.lay_below(Home::Group(group), &mut lines);
            }
        }
        self.order.clear();
        self.order.extend(lines.iter().filter_map(|line| if let Line::Row(id) = line { Some(id) } else { None }));
        self.lines = lines;
    }

    fn lay_below(&self, home: Home, lines: &mut Vec<Line>) {
        if self.tree.is_flat() {
            return;
        }
        let below = self.tree.below(home);
        if !below.is_empty() && !self.folds(home) {
            lines.extend(below.iter().copied().map(Line::Row));
        }
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
        let is_nested = self.is_nested();
        let home = |row| (home_of(&self.rows, &mut self.grouping, is_nested, row), row);
        let rows: Vec<(Option<Home>, &Row)> = rows.into_iter().map(home).collect();
        let mut tree = Tree::default();
        tree.insert(&rows, |_, _| true);
        self.tree = tree;
        self.lay_out();
        self.keep_selection();
    }
}

/// What a row is to stand below: its group, or its suite if that is there and stands below none itself.
fn home_of(rows: &BTreeMap<u32, Row>, grouping: &mut Grouping, is_nested: bool, row: &Row) -> Option<Home> {
    if !grouping.by().is_empty() {
        return (row.view.kind != RowKind::Suite).then(|| Home::Group(grouping.number(row)));
    }
    let suite = row.view.suite.filter(|suite| is_nested && *suite != row.view.id)?;
    rows.get(&suite).filter(|suite| suite.view.suite.is_none()).map(|suite| Home::Suite(suite.view.id))
}
