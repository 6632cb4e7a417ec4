//! One look at the stats of a simulation.

use std::sync::Arc;

use super::look::values_of_sum;
use super::subject::Origin;
use crate::gem5::stats::{Choice, ResultDump, Unmatched, Watch};
use crate::protocol::SimView;
use crate::rundir::results::{self, Ending, ReadError, Reading};
use crate::rundir::{AttemptDir, attempts};

/// Which of these globs match no stat of a simulation, and what would.
pub(crate) fn unmatched(globs: &[&str], sim: &SimView, choice: Option<&Choice>) -> Result<Vec<Unmatched>, ReadError> {
    if globs.is_empty() {
        return Ok(Vec::new());
    }
    let all = Watch::new(&["*"]).unwrap_or_default();
    let reading = read(sim, &Arc::new(all), choice)?;
    Ok(reading.map(|reading| without_match(globs, &reading)).unwrap_or_default())
}

/// Which of these globs match none of the stats that were read, and what would. Without a stat nothing is said.
pub(super) fn without_match(globs: &[&str], reading: &Reading) -> Vec<Unmatched> {
    let names: Vec<&str> = reading.results().all().map(|(name, _)| name).collect();
    let of = |glob: &&str| Unmatched::of(glob, &names.iter().copied());
    if names.is_empty() { Vec::new() } else { globs.iter().filter_map(of).collect() }
}

/// Reads what counts of the newest attempt: of the dump that is asked for, also while it runs, or else of the one that the file means.
pub(crate) fn read(sim: &SimView, globs: &Arc<Watch>, choice: Option<&Choice>) -> Result<Option<Reading>, ReadError> {
    let Some(attempt) = sim.latest() else { return Ok(None) };
    let dir = AttemptDir::new(&attempt.dir);
    let ending = Ending::read(&dir, attempt.kind());
    let choice = choice.cloned().unwrap_or_else(|| ending.choice(&sim.dump));
    results::read(&attempts::outputs(&dir), ending, &choice, globs).map(Some)
}

/// The stats that globs match: of the dumps that are asked for, or else of the one that the file means. Of several that are added up
/// those which add up.
pub(crate) fn stats(
    sim: &SimView,
    globs: &Arc<Watch>,
    dump: Option<&ResultDump>,
) -> Result<Vec<(String, f64)>, ReadError> {
    if dump == Some(&ResultDump::Sum) {
        let attempt = sim.latest();
        let origin = attempt.map(|attempt| Origin::Attempt {
            dir: AttemptDir::new(&attempt.dir),
            outcome: attempt.kind(),
            is_running: false,
        });
        // What has no sum has no metric either, and its cell says why.
        return Ok(origin.map(|origin| values_of_sum(origin.look(&ResultDump::Sum, globs))).unwrap_or_default());
    }
    let reading = read(sim, globs, dump.and_then(ResultDump::one))?;
    let stats = reading.iter().flat_map(|reading| reading.results().all());
    Ok(stats.map(|(name, value)| (name.to_owned(), value)).collect())
}
