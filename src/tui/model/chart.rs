//! The stat under the cursor over the dumps: which one, of which simulations, and which dump is pointed at.

use super::stats::{Against, Item, Stats, item};
use super::{Model, Row};
use crate::report::plot::terminal::{Past, Run};
use crate::text::{Safe, human};

/// Simulations in one chart: more lines than that are told apart by nobody.
pub const MOST_RUNS: usize = 6;

/// A stat over the dumps of some simulations.
#[derive(Debug, Clone, PartialEq)]
pub struct Charted {
    /// The stat.
    pub stat: Safe,
    /// The dumps of the shown simulation; none where its history is not read, because it is not watched.
    pub run: Option<Run>,
    /// Those of the others.
    pub beside: Vec<Run>,
    /// What is not drawn, and why.
    pub notes: Vec<String>,
}

/// The simulations that are drawn beside the shown one, and how many are not because there are too many: the compared one and those
/// that are marked.
pub fn beside(model: &Model) -> (Vec<&Row>, usize) {
    let compared = match model.stats.against {
        Some(Against::Simulation(id)) => Some(id),
        Some(Against::Previous) | None => None,
    };
    let marked = model.list.marked.iter().copied().filter(|id| Some(*id) != compared);
    let all = compared.into_iter().chain(marked).filter(|id| Some(*id) != model.list.selected());
    let mut rows: Vec<&Row> = all.filter_map(|id| model.list.rows().get(&id)).collect();
    let left_out = rows.len().saturating_sub(MOST_RUNS - 1);
    rows.truncate(MOST_RUNS - 1);
    (rows, left_out)
}

/// The stat under the cursor; none on a group.
pub fn charted(model: &Model) -> Option<Charted> {
    let stats = &model.stats;
    let (stat, past) = under_cursor(stats)?;
    let name = model.selected().map_or_else(String::new, |row| row.name.to_string());
    let (rows, left_out) = beside(model);
    let (mut beside, mut absent) = (Vec::new(), Vec::new());
    for row in rows {
        match past_of(stats, row, &stat) {
            Ok(past) => beside.push(Run { name: row.name.to_string(), past }),
            Err(why) => absent.push(format!("{} ({why})", row.name)),
        }
    }
    let mut notes = Vec::new();
    if left_out > 0 {
        let more = human::plural(left_out as u64, "more marked simulation");
        notes.push(format!("{more} not drawn: a chart has {MOST_RUNS} at most"));
    }
    if !absent.is_empty() {
        notes.push(format!("not drawn: {}", human::some_of(&absent)));
    }
    Some(Charted { stat, run: past.map(|past| Run { name, past }), beside, notes })
}

fn under_cursor(stats: &Stats) -> Option<(Safe, Option<Vec<Past>>)> {
    let found = item(stats, stats.selected)?;
    let name = found.name()?.clone();
    let watched = match found {
        Item::Watched(stat) => Some(stat),
        _ => stats.reading.as_ref()?.watched.iter().find(|stat| stat.name == name),
    };
    let past = watched.map(|stat| past(&stat.dumps, &stat.values));
    Some((name, past))
}

/// The dumps of another simulation, or why there are none.
fn past_of(stats: &Stats, row: &Row, stat: &Safe) -> Result<Vec<Past>, Safe> {
    let attempt = row.view.latest().ok_or_else(|| Safe::plain(row.view.status.word()))?;
    let reading =
        stats.reading.as_ref().and_then(|reading| reading.beside.iter().find(|one| one.attempt == attempt.dir));
    let reading = reading.ok_or_else(|| Safe::plain("is being read"))?;
    match reading.watched.iter().find(|watched| watched.name == *stat) {
        Some(watched) => Ok(past(&watched.dumps, &watched.values)),
        None => Err(reading.problem.clone().unwrap_or_else(|| Safe::plain("no dump has it"))),
    }
}

fn past(dumps: &[(u32, Option<f64>)], values: &[Option<f64>]) -> Vec<Past> {
    let of =
        |((dump, tick), value): (&(u32, Option<f64>), &Option<f64>)| Past { dump: *dump, tick: *tick, value: *value };
    dumps.iter().zip(values).map(of).collect()
}

/// Points at another dump. Says whether there is a chart in which to do so.
pub fn point(model: &mut Model, step: isize) -> bool {
    let count = under_cursor(&model.stats).and_then(|(_, past)| past).map_or(0, |past| past.len());
    let Some(chart) = &mut model.stats.chart else { return false };
    chart.back = chart.back.min(count.saturating_sub(1)).saturating_add_signed(-step).min(count.saturating_sub(1));
    true
}
