//! What a simulation's stats tell at a look, and what is watched and matches none of them.

use std::sync::Arc;

use crate::collect::{read, unmatched};
use crate::commands::attach::Snapshot;
use crate::gem5::stats::{Unmatched, Watch};
use crate::protocol::SimView;
use crate::text::human;

/// So many simulations are looked at for what is watched and matches nothing.
const LOOKED_AT: usize = 20;

/// What is watched and matches no stat of the simulations that have a dump, in words. Of many, the first ones are looked at.
pub(crate) fn unmatched_watch(snapshot: &Snapshot) -> Vec<String> {
    let has_value = |at: usize| snapshot.sims.iter().any(|sim| sim.values.get(at).copied().flatten().is_some());
    let watch = snapshot.header.watch.iter().enumerate();
    let mut globs: Vec<&str> = watch.filter(|(at, _)| !has_value(*at)).map(|(_, glob)| glob.as_str()).collect();
    let mut looked_at: Vec<&SimView> = Vec::new();
    for sim in &snapshot.sims {
        if globs.is_empty() || looked_at.len() == LOOKED_AT {
            break;
        }
        let Ok(watch) = Watch::new(&globs) else { return Vec::new() };
        // What cannot be read is told of by `stats`.
        let Ok(Some(reading)) = read(sim, &Arc::new(watch), None) else { continue };
        if reading.results().shown().is_none() {
            continue;
        }
        looked_at.push(sim);
        let names: Vec<&str> = reading.results().all().map(|(name, _)| name).collect();
        globs.retain(|glob| Unmatched::of(glob, &names.iter().copied()).is_some());
    }
    let Some(first) = looked_at.first() else { return Vec::new() };
    let names: Vec<String> = looked_at.iter().map(|sim| sim.name.clone()).collect();
    let of = human::some_of(&names);
    unmatched(&globs, first, None).unwrap_or_default().iter().map(|one| one.told_of(&of)).collect()
}
