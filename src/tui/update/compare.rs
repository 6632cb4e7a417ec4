//! What actions do to the stats: fold them, compare them, order them.

use super::say::tell;
use crate::text::Safe;
use crate::tui::actions::{Action, Tab};
use crate::tui::model::stats::{Item, arrange, is_open, is_tree, item, keep_cursor};
use crate::tui::model::{Against, Focus, Model};

/// Lists the stats, or shows them as a tree. The cursor stays on its stat where it can.
pub(super) fn switch_view(model: &mut Model) {
    let stats = &mut model.stats;
    let is_shown = keep_cursor(stats, |stats| {
        stats.tree = !is_tree(stats);
        if stats.tree {
            stats.filter.clear();
            stats.by_change = false;
        }
    });
    if !is_shown {
        stats.selected = 0;
    }
}

/// Opens or closes the group under the cursor. With `open`, only that.
pub(super) fn fold(model: &mut Model, open: Option<bool>) {
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
pub(super) fn folds(model: &Model) -> bool {
    model.focus == Focus::Detail && model.tab == Tab::Stats && is_tree(&model.stats)
}

/// Compares with the dump before, or stops.
pub(super) fn compare_previous(model: &mut Model) {
    let against = (model.stats.against != Some(Against::Previous)).then_some(Against::Previous);
    compare(model, against);
}

/// Compares with the next marked simulation; behind the last one it stops.
pub(super) fn compare_marked(model: &mut Model) {
    let selected = model.list.selected();
    let marked: Vec<u32> = model.list.marked.iter().copied().filter(|id| Some(*id) != selected).collect();
    let next = match model.stats.against {
        Some(Against::Simulation(id)) => marked.iter().copied().find(|other| *other > id),
        _ => marked.first().copied(),
    };
    if next.is_none() && !matches!(model.stats.against, Some(Against::Simulation(_))) {
        let (mark, compare) = (model.key(Action::Mark), model.key(Action::CompareMarked));
        let advice = format!("mark the simulation to compare with: {mark} in the list, then {compare} here");
        return tell(model, Safe::line(&advice), true);
    }
    compare(model, next.map(Against::Simulation));
}

fn compare(model: &mut Model, against: Option<Against>) {
    model.recompare = None;
    let stats = &mut model.stats;
    stats.against = against;
    stats.by_change &= against.is_some();
    (stats.selected, stats.offset) = (0, 0);
    arrange(stats);
}

/// Orders a comparison by how much values changed, or as in the file.
pub(super) fn sort(model: &mut Model) {
    if model.stats.against.is_none() {
        let compare = model.key(Action::ComparePrevious);
        let advice = format!("only a comparison has an order: {compare} compares with the dump before");
        return tell(model, Safe::line(&advice), true);
    }
    let stats = &mut model.stats;
    stats.by_change = !stats.by_change;
    (stats.selected, stats.offset) = (0, 0);
    arrange(stats);
}
