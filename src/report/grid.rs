//! Where each configuration stands in a table, whatever is measured of it.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use super::compare::Config;
use super::layout::Layout;
use super::space::{Key, Space};

/// Parameters in the places of their row or column, with the mean where workloads are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Line {
    /// A mean stands behind all that it is over.
    pub(super) is_mean: bool,
    /// The values, those that a simulation does not have behind the others.
    pub(super) key: Vec<u32>,
}

/// All rows, or all columns, in their order.
#[derive(Debug)]
pub(super) struct Lines {
    all: Vec<Line>,
    /// So many are none of a mean. They stand first.
    plain: usize,
}

/// The places of the configurations that are shown. These are called by their numbers in [`Grid::shown`].
#[derive(Debug)]
pub(super) struct Grid {
    /// Which configurations are shown.
    pub(super) shown: Vec<usize>,
    pub(super) rows: Lines,
    pub(super) columns: Lines,
    /// What stands in a row and a column.
    pub(super) cells: HashMap<(usize, usize), Vec<usize>>,
    /// The groups whose means stand in a row and a column.
    pub(super) means: HashMap<(usize, usize), BTreeSet<usize>>,
    /// The keys of all workloads.
    pub(super) workloads: Vec<Key>,
    /// What differs in nothing but its workload: for each group the number of a workload, and what has it.
    pub(super) groups: Vec<Vec<(usize, usize)>>,
    /// The group of each.
    pub(super) group_of: Vec<usize>,
}

impl Lines {
    /// Those of a table, which has means or has none.
    pub(super) fn of(&self, has_means: bool) -> &[Line] {
        self.all.get(..if has_means { self.all.len() } else { self.plain }).unwrap_or_default()
    }
}

impl Grid {
    pub(super) fn new(space: &Space, layout: &Layout, configs: &[Config], only: &[(String, String)]) -> Self {
        let place = |name: &String| layout.identity.iter().position(|known| known == name);
        let wanted = only.iter().filter_map(|(name, value)| Some((place(name)?, space.value_of(name, value))));
        let wanted: Vec<(usize, Option<u32>)> = wanted.collect();
        let is_shown = |key: &Key| wanted.iter().all(|(at, value)| key.get(*at).copied().flatten() == *value);
        let shown: Vec<usize> = (0..).zip(configs).filter(|(_, one)| is_shown(&one.key)).map(|(at, _)| at).collect();
        let keys: Vec<&Key> = shown.iter().filter_map(|at| configs.get(*at)).map(|config| &config.key).collect();
        let is_workload = |name: &String| layout.workloads.contains(name);
        let part = |of_workloads: bool| {
            let kept: Vec<bool> = layout.identity.iter().map(|name| is_workload(name) == of_workloads).collect();
            let of = |key: &&Key| key.iter().zip(&kept).map(|(value, is_kept)| value.filter(|_| *is_kept)).collect();
            numbered(&keys.iter().map(of).collect::<Vec<Key>>())
        };
        let ((workloads, workload_of), (rests, group_of)) = (part(true), part(false));
        let mut groups = vec![Vec::new(); rests.len()];
        for (at, (workload, group)) in workload_of.into_iter().zip(&group_of).enumerate() {
            if let Some(group) = groups.get_mut(*group) {
                group.push((workload, at));
            }
        }
        // Workloads stand in one of them alone.
        let in_rows = layout.rows.iter().any(is_workload);
        let in_columns = !in_rows && layout.columns.iter().any(is_workload);
        let lines = |names: &[String], with_means: bool| {
            let places: Vec<(Option<usize>, bool)> =
                names.iter().map(|name| (place(name), is_workload(name))).collect();
            let line = |key: &Key, is_mean: bool| {
                let value = |(at, is_workload): &(Option<usize>, bool)| {
                    let value = at.and_then(|at| key.get(at).copied().flatten());
                    value.filter(|_| !(is_mean && *is_workload)).unwrap_or(u32::MAX)
                };
                Line { is_mean, key: places.iter().map(value).collect() }
            };
            let means = keys.iter().filter(|_| with_means).map(|key| line(key, true));
            let those: Vec<Line> = keys.iter().map(|key| line(key, false)).chain(means).collect();
            let (all, mut plain_of) = numbered(&those);
            let mean_of = plain_of.split_off(keys.len());
            let plain = all.iter().filter(|line| !line.is_mean).count();
            (Lines { all, plain }, plain_of, mean_of)
        };
        let (rows, row_of, mean_row_of) = lines(&layout.rows, in_rows);
        let (columns, column_of, mean_column_of) = lines(&layout.columns, in_columns);
        let mut cells: HashMap<(usize, usize), Vec<usize>> = HashMap::new();
        for (at, place) in row_of.iter().copied().zip(column_of.iter().copied()).enumerate() {
            cells.entry(place).or_default().push(at);
        }
        let places: Vec<(usize, usize)> = match (in_rows, in_columns) {
            (true, _) => mean_row_of.into_iter().zip(column_of).collect(),
            (_, true) => row_of.into_iter().zip(mean_column_of).collect(),
            (false, false) => Vec::new(),
        };
        let mut means: HashMap<(usize, usize), BTreeSet<usize>> = HashMap::new();
        for (place, group) in places.into_iter().zip(&group_of) {
            means.entry(place).or_default().insert(*group);
        }
        Self { shown, rows, columns, cells, means, workloads, groups, group_of }
    }
}

/// Each of these once and in order, and for each its place among them.
fn numbered<T: Ord + Hash + Clone>(those: &[T]) -> (Vec<T>, Vec<usize>) {
    let mut all = those.to_vec();
    all.sort_unstable();
    all.dedup();
    let places: HashMap<&T, usize> = all.iter().zip(0..).collect();
    let numbers = those.iter().filter_map(|one| places.get(one).copied()).collect();
    (all, numbers)
}
