//! Groups of simulations with the same values of some parameters: by what can be grouped, and what is said of one.
//!
//! What is said is worked out of the members each time it is drawn, for the headings on the screen alone.

use super::{Model, Row};
use crate::gem5::OutcomeKind;
use crate::protocol::Counts;

/// What is said of the simulations of a group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// How many are in which state.
    pub counts: Counts,
    /// For each stat that is watched, and then for each column that the user added, the mean of those that ended ok and have it.
    pub means: Vec<Option<Mean>>,
}

/// An arithmetic mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// Its value.
    pub value: f64,
    /// Of how many simulations it is.
    pub of: u32,
    /// Whether these are all of the group, so that it can be compared with the mean of another one.
    pub is_whole: bool,
}

/// By what the list can be grouped: by nothing, by each parameter alone, by two together.
pub fn ways(model: &Model) -> Vec<Vec<String>> {
    let names = model.list.parameters();
    let single = names.iter().map(|name| vec![name.clone()]);
    let pairs =
        names.iter().enumerate().flat_map(|(at, a)| names[at + 1..].iter().map(move |b| vec![a.clone(), b.clone()]));
    std::iter::once(Vec::new()).chain(single).chain(pairs).collect()
}

/// What is said of a group.
pub fn summary(model: &Model, group: u32) -> Summary {
    let watched = model.header.as_ref().map_or(0, |header| header.titles.len());
    let stats = watched + model.columns.names.len();
    let value = |row: &Row, at: usize| match at.checked_sub(watched) {
        None => row.view.values.get(at).copied().flatten(),
        Some(added) => model.columns.value(row, added),
    };
    let mut counts = Counts::default();
    let mut sums = vec![(0.0, 0); stats];
    let rows = model.list.members(group).iter().filter_map(|id| model.list.rows().get(id));
    for row in rows {
        counts.add(&row.view.status);
        if row.view.status.ended().is_some_and(OutcomeKind::is_ok) {
            for (at, (sum, of)) in sums.iter_mut().enumerate() {
                if let Some(value) = value(row, at) {
                    *sum += value;
                    *of += 1;
                }
            }
        }
    }
    let mean =
        |(sum, of): (f64, u32)| (of > 0).then(|| Mean { value: sum / f64::from(of), of, is_whole: of == counts.total });
    Summary { counts, means: sums.into_iter().map(mean).collect() }
}
