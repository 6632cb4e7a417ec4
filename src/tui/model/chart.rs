//! The stat under the cursor over the dumps: which one, and which dump is pointed at.

use super::Model;
use super::stats::{Item, Stats, item};
use crate::report::plot::terminal::Past;
use crate::text::Safe;

/// The stat under the cursor, and its values in the dumps; none where its history is not read, because it is not watched.
pub fn charted(stats: &Stats) -> Option<(Safe, Option<Vec<Past>>)> {
    let found = item(stats, stats.selected)?;
    let name = found.name()?.clone();
    let watched = match found {
        Item::Watched(stat) => Some(stat),
        _ => stats.reading.as_ref()?.watched.iter().find(|stat| stat.name == name),
    };
    let past = watched.map(|stat| {
        let of = |((dump, tick), value): (&(u32, Option<f64>), &Option<f64>)| Past {
            dump: *dump,
            tick: *tick,
            value: *value,
        };
        stat.dumps.iter().zip(&stat.values).map(of).collect()
    });
    Some((name, past))
}

/// Points at another dump. Says whether there is a chart in which to do so.
pub fn point(model: &mut Model, step: isize) -> bool {
    let count = charted(&model.stats).and_then(|(_, past)| past).map_or(0, |past| past.len());
    let Some(chart) = &mut model.stats.chart else { return false };
    chart.back = chart.back.min(count.saturating_sub(1)).saturating_add_signed(-step).min(count.saturating_sub(1));
    true
}
