//! Where rows stand: at the edge of the list, below the suite that has spawned them, or below the heading of their group.
//!
//! Each of these is in order by itself. So a suite moves without its simulations being looked at, and a simulation is compared
//! with its neighbours below the same suite alone.

use std::collections::BTreeMap;

use super::super::Row;

/// What rows stand below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Home {
    /// The suite that has spawned them.
    Suite(u32),
    /// The heading of the group with this number.
    Group(u32),
}

/// The rows that the filter lets through, in order.
#[derive(Debug, Default)]
pub(super) struct Tree {
    edge: Vec<u32>,
    below: BTreeMap<Home, Vec<u32>>,
    homes: BTreeMap<u32, Home>,
}

impl Tree {
    /// The rows at the edge.
    pub(super) fn edge(&self) -> &[u32] {
        &self.edge
    }

    /// The rows below a suite or a heading.
    pub(super) fn below(&self, home: Home) -> &[u32] {
        self.below.get(&home).map_or(&[], Vec::as_slice)
    }

    /// What rows stand below.
    pub(super) fn homes(&self) -> impl Iterator<Item = Home> {
        self.below.keys().copied()
    }

    /// Whether nothing stands below anything.
    pub(super) fn is_flat(&self) -> bool {
        self.below.is_empty()
    }

    /// What a row stands below.
    pub(super) fn home(&self, id: u32) -> Option<Home> {
        self.homes.get(&id).copied()
    }

    /// Takes rows out, whose numbers are in order.
    pub(super) fn remove(&mut self, ids: &[u32]) {
        let stays = |id: &u32| ids.binary_search(id).is_err();
        let mut homes: Vec<Home> = ids.iter().filter_map(|id| self.homes.remove(id)).collect();
        if homes.len() < ids.len() {
            self.edge.retain(stays);
        }
        homes.sort_unstable();
        homes.dedup();
        for home in homes {
            let Some(below) = self.below.get_mut(&home) else { continue };
            below.retain(stays);
            if below.is_empty() {
                self.below.remove(&home);
            }
        }
    }

    /// Puts rows in, each with what it stands below. They are in order, and `stands_before` says of one that is there
    /// whether it stands before one that comes.
    pub(super) fn insert(&mut self, rows: &[(Option<Home>, &Row)], stands_before: impl Fn(u32, &Row) -> bool) {
        let mut by_home: BTreeMap<Option<Home>, Vec<&Row>> = BTreeMap::new();
        for (home, row) in rows {
            by_home.entry(*home).or_default().push(row);
        }
        for (home, rows) in by_home {
            let into = match home {
                None => &mut self.edge,
                Some(home) => {
                    self.homes.extend(rows.iter().map(|row| (row.view.id, home)));
                    self.below.entry(home).or_default()
                }
            };
            let mut order = Vec::with_capacity(into.len() + rows.len());
            let mut rest = &into[..];
            for row in rows {
                let (before, behind) = rest.split_at(rest.partition_point(|other| stands_before(*other, row)));
                order.extend_from_slice(before);
                order.push(row.view.id);
                rest = behind;
            }
            order.extend_from_slice(rest);
            *into = order;
        }
    }

    /// Puts what stands together in order by `arrange`.
    pub(super) fn arrange(&mut self, mut arrange: impl FnMut(&mut Vec<u32>)) {
        arrange(&mut self.edge);
        self.below.values_mut().for_each(arrange);
    }
}
