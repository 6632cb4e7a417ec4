//! What of the stats is shown, and in which order. Worked out when something changes, never while drawing.

use std::cmp::Ordering;

use super::tell;
use crate::text::Safe;
use crate::tui::actions::Tab;
use crate::tui::model::{Against, Focus, Model, Stats, fuzzy};
use crate::tui::reading::{StatLine, StatsReading, TreeRow, WatchedStat};

/// What the cursor can be on.
#[derive(Debug, Clone, Copy)]
pub enum Item<'a> {
    /// A watched stat.
    Watched(&'a WatchedStat),
    /// A value of the list.
    Line(&'a StatLine),
    /// A row of the tree, with its value if it has one.
    Row(&'a TreeRow, Option<&'a StatLine>),
}

impl Item<'_> {
    /// The name of the stat; none for a group.
    pub fn name(&self) -> Option<&Safe> {
        match self {
            Self::Watched(stat) => Some(&stat.name),
            Self::Line(stat) => Some(&stat.name),
            Self::Row(_, line) => line.map(|line| &line.name),
        }
    }
}

/// How many items there are.
pub fn len(stats: &Stats) -> usize {
    watched(stats) + stats.order.len()
}

/// How many watched stats stand above the others. A comparison is about all stats, and a filter about those it names.
fn watched(stats: &Stats) -> usize {
    let alone = stats.against.is_some() || !stats.filter.is_empty();
    stats.reading.as_ref().filter(|_| !alone).map_or(0, |reading| reading.watched.len())
}

/// The item at a place.
pub fn item(stats: &Stats, at: usize) -> Option<Item<'_>> {
    let reading = stats.reading.as_ref()?;
    match at.checked_sub(watched(stats)) {
        None => reading.watched.get(at).map(Item::Watched),
        Some(at) => {
            let at = *stats.order.get(at)?;
            if is_tree(stats) {
                let row = reading.tree.get(at)?;
                Some(Item::Row(row, row.line.and_then(|line| reading.all.get(line))))
            } else {
                reading.all.get(at).map(Item::Line)
            }
        }
    }
}

/// Whether the tree is shown. What a filter lets through and what changed most is a list.
pub fn is_tree(stats: &Stats) -> bool {
    stats.tree && stats.filter.is_empty() && !stats.by_change
}

/// Whether the rows below a row of the tree are shown. At first those of the outermost groups are.
pub fn is_open(stats: &Stats, row: &TreeRow) -> bool {
    (row.depth == 0) != stats.toggled.contains(&row.path)
}

/// Works out anew what is shown.
pub fn arrange(stats: &mut Stats) {
    stats.order = match &stats.reading {
        None => Vec::new(),
        Some(reading) if is_tree(stats) => open_rows(stats, reading),
        Some(reading) => listed(stats, reading),
    };
}

fn open_rows(stats: &Stats, reading: &StatsReading) -> Vec<usize> {
    let mut order = Vec::new();
    let mut at = 0;
    while let Some(row) = reading.tree.get(at) {
        order.push(at);
        at += if row.below > 0 && !is_open(stats, row) { row.below + 1 } else { 1 };
    }
    order
}

fn listed(stats: &Stats, reading: &StatsReading) -> Vec<usize> {
    let fits = |at: usize| fuzzy::fit(&reading.all.get(at)?.name, &stats.filter).map(|fit| (fit, at));
    let mut found: Vec<_> = (0..reading.all.len()).filter_map(fits).collect();
    if stats.by_change && stats.against.is_some() {
        let change = |at: usize| reading.all.get(at).map_or(0.0, magnitude);
        found.sort_by(|(_, a), (_, b)| change(*b).partial_cmp(&change(*a)).unwrap_or(Ordering::Equal));
    } else {
        // The sort is stable: the order of the file stays among equals.
        found.sort_by_key(|(fit, _)| *fit);
    }
    found.into_iter().map(|(_, at)| at).collect()
}

/// How much a value changed, as a part of what it was. What came from nothing or went away stands behind all that can
/// be told in numbers and before what is the same.
fn magnitude(line: &StatLine) -> f64 {
    match (line.other, line.value) {
        (Some(old), Some(new)) if is_same(old, new) => 0.0,
        (Some(old), Some(new)) => {
            let part = ((new - old) / old).abs();
            if part.is_finite() { part + SMALL } else { SMALL }
        }
        _ => SMALL / 2.0,
    }
}

/// Whether two values are the same; not a number is the same as not a number.
pub fn is_same(a: f64, b: f64) -> bool {
    (a - b) == 0.0 || a.total_cmp(&b).is_eq()
}

/// Less than any change that a stat of six decimals can show.
const SMALL: f64 = 1e-12;

/// Lists the stats, or shows them as a tree. The cursor stays on its stat where it can.
pub fn switch_view(model: &mut Model) {
    let stats = &mut model.stats;
    let name = item(stats, stats.selected).and_then(|item| item.name().cloned());
    stats.tree = !is_tree(stats);
    if stats.tree {
        stats.filter.clear();
        stats.by_change = false;
    }
    arrange(stats);
    let place = |name: &Safe| {
        (0..len(stats)).find(|at| item(stats, *at).and_then(|item| item.name().cloned()).as_ref() == Some(name))
    };
    let at = name.as_ref().and_then(place);
    model.stats.selected = at.unwrap_or(0);
}

/// Opens or closes the group under the cursor. With `open`, only that.
pub fn fold(model: &mut Model, open: Option<bool>) {
    let stats = &mut model.stats;
    let Some(Item::Row(row, _)) = item(stats, stats.selected) else { return };
    let is = row.below > 0 && is_open(stats, row);
    if row.below > 0 && open.is_none_or(|open| open != is) {
        let path = row.path.clone();
        if !stats.toggled.remove(&path) {
            stats.toggled.insert(path);
        }
        arrange(stats);
    } else if open == Some(false) {
        // Nothing to close here, so go to the group that this stands in.
        let depth = row.depth;
        let above = |at: &usize| matches!(item(stats, *at), Some(Item::Row(row, _)) if row.depth < depth);
        if let Some(at) = (0..stats.selected).rev().find(above) {
            stats.selected = at;
        }
    }
}

/// Whether `h` and `l` close and open groups here instead of going to another tab.
pub fn folds(model: &Model) -> bool {
    model.focus == Focus::Detail && model.tab == Tab::Stats && is_tree(&model.stats)
}

/// Compares with the dump before, or stops.
pub fn compare_previous(model: &mut Model) {
    let against = (model.stats.against != Some(Against::Previous)).then_some(Against::Previous);
    compare(model, against);
}

/// Compares with the next marked simulation; behind the last one it stops.
pub fn compare_marked(model: &mut Model) {
    let selected = model.list.selected;
    let marked: Vec<u32> = model.list.marked.iter().copied().filter(|id| Some(*id) != selected).collect();
    let next = match model.stats.against {
        Some(Against::Simulation(id)) => marked.iter().copied().find(|other| *other > id),
        _ => marked.first().copied(),
    };
    if next.is_none() && !matches!(model.stats.against, Some(Against::Simulation(_))) {
        let advice = "mark the simulation to compare with: space in the list, then D here";
        return tell(model, Safe::plain(advice), true);
    }
    compare(model, next.map(Against::Simulation));
}

fn compare(model: &mut Model, against: Option<Against>) {
    let stats = &mut model.stats;
    stats.against = against;
    stats.by_change &= against.is_some();
    (stats.selected, stats.offset) = (0, 0);
    arrange(stats);
}

/// Orders a comparison by how much values changed, or as in the file.
pub fn sort(model: &mut Model) {
    if model.stats.against.is_none() {
        return tell(model, Safe::plain("only a comparison has an order: d compares with the dump before"), true);
    }
    let stats = &mut model.stats;
    stats.by_change = !stats.by_change;
    (stats.selected, stats.offset) = (0, 0);
    arrange(stats);
}
