//! The stats: what was read, and what of it is shown.

use std::collections::BTreeSet;

use crate::tui::reading::StatsReading;

/// The stats.
#[derive(Debug, Default)]
pub struct Stats {
    /// What the reader found.
    pub reading: Option<StatsReading>,
    /// When it came.
    pub at_ms: u64,
    /// What the names are filtered by.
    pub filter: String,
    /// Whether they are shown as a tree.
    pub tree: bool,
    /// The rows of the tree that are not open or closed as they were at first.
    pub toggled: BTreeSet<String>,
    /// What they are compared with.
    pub against: Option<Against>,
    /// Whether a comparison is ordered by how much values changed.
    pub by_change: bool,
    /// What is shown besides the watched stats: indexes of lines, or of rows of the tree.
    pub order: Vec<usize>,
    /// The cursor, an index into the watched stats and then `order`.
    pub selected: usize,
    /// The first visible one.
    pub offset: usize,
}

/// What the last dump is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// The dump before it.
    Previous,
    /// The last dump of another simulation's newest attempt.
    Simulation(u32),
}
