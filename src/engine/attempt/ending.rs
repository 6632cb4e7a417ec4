//! How an attempt ended of which nothing is left: from what it left behind.

use std::path::Path;
use std::time::Duration;

use super::observe::whereabouts;
use crate::engine::executor::Target;
use crate::engine::state::Event;
use crate::failpoint::point;
use crate::gem5::{Outcome, OutcomeKind};
use crate::protocol::Note;
use crate::rundir::asked;
use crate::rundir::atomic::RecordError;
use crate::rundir::attempts::{self, AttemptRecords};
use crate::rundir::evidence::{Ended, conclude};
use crate::rundir::record::{End, Stop};
use crate::rundir::{AttemptDir, ExperimentDir, SimulationDir};
use crate::spawn::launch::is_of_machine;

/// How often records are read again from a disk that fails, before the end counts as lost.
const READ_TRIES: u32 = 30;

/// Between two of those tries.
const READ_AGAIN: Duration = Duration::from_secs(1);

/// The event that tells it.
pub async fn conclude(target: &Target) -> Event {
    let (sim, attempt) = (target.sim, target.number);
    let (simulation, dir) = (target.simulation.clone(), target.dir.clone());
    let ended = match tokio::task::spawn_blocking(move || read(attempt, &simulation, &dir)).await {
        Ok(Read::Ended(ended)) => told_where(ended, &target.dir),
        // The shim could not start it for want of something that may be there later: nothing has run.
        Ok(Read::NotStarted(reason)) => return Event::LaunchFailed { sim, reason, of_machine: true },
        Err(panic) => lost(format!("its records could not be looked at: {panic}")),
    };
    Event::Ended { sim, attempt, ended }
}

enum Read {
    Ended(Ended),
    NotStarted(String),
}

fn read(number: u32, simulation: &SimulationDir, dir: &AttemptDir) -> Read {
    // A disk that fails says nothing: what cannot be seen has neither been deleted nor has its end been recorded.
    let is_there = |path: &Path| point("launch.left", path).and_then(|()| path.try_exists());
    let is_left = point("launch.left", dir.name()).and_then(|()| dir.is_there());
    if !is_left.unwrap_or(true) {
        return Read::Ended(lost("its directory was deleted while it ran".to_owned()));
    }
    let has_left = |path: &Path, unseen: bool| is_there(path).unwrap_or(unseen);
    if !has_left(&dir.exit(), false) && !has_left(&dir.started(), true) && !has_left(&dir.simout(), true) {
        // An engine that finds such an attempt launches the simulation, too.
        return Read::NotStarted("its shim ended before it had started anything".to_owned());
    }
    // Before its record is looked for, which is there before this goes.
    let stop = stop_without_record(number, simulation);
    match read_patiently(dir, number) {
        Ok(mut records) => {
            records.stop = records.stop.or(stop);
            let ended = conclude::conclude(&records);
            conclude::keep(&records, &ended);
            match records.exit.map(|exit| exit.end) {
                Some(End::NotStarted { reason, of_machine: true }) => Read::NotStarted(reason),
                _ => Read::Ended(ended),
            }
        }
        Err(error) => Read::Ended(lost(format!("its records cannot be read: {error}"))),
    }
}

/// That it was asked to stop, where that waits to be recorded behind what was decided for others.
fn stop_without_record(number: u32, simulation: &SimulationDir) -> Option<Stop> {
    let outdir = ExperimentDir::new(simulation.path().parent()?);
    let asked = asked::read(&outdir);
    let name = simulation.path().file_name()?.to_str()?;
    asked::stop_of(number, asked::by_simulation(&asked).get(name)?)
}

/// Reads the records of an attempt. A disk that fails for a moment, as a network file system does when its server comes back,
/// must not turn an end that is recorded into one that nobody knows.
fn read_patiently(dir: &AttemptDir, number: u32) -> Result<AttemptRecords, RecordError> {
    let mut tries = 0;
    loop {
        match attempts::read_at(dir.clone(), number) {
            Err(RecordError::Read { source, .. }) if is_of_machine(&source) && tries < READ_TRIES => {
                tries += 1;
                std::thread::sleep(READ_AGAIN);
            }
            read => return read,
        }
    }
}

/// The same end, with the place of its directory if that is elsewhere: its results are found there.
fn told_where(mut ended: Ended, dir: &AttemptDir) -> Ended {
    if let Some(Note::Moved { to }) = whereabouts(dir, None) {
        let cause = &mut ended.outcome.cause;
        *cause = format!("{cause}{}its directory is `{to}` now", if cause.is_empty() { "" } else { "; " });
    }
    ended
}

fn lost(cause: String) -> Ended {
    Ended::of(Outcome::new(OutcomeKind::Lost, cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So says an engine that finds the attempt (`spawn::presence`), and the next engine must not undo what this one decided.
    #[test]
    fn an_attempt_whose_shim_died_before_it_began_has_not_started() {
        let place = tempfile::tempdir().unwrap();
        let simulation = ExperimentDir::new(place.path()).simulation("a");
        let attempt = simulation.attempt(1);
        std::fs::create_dir_all(attempt.m5out()).unwrap();
        assert!(matches!(read(1, &simulation, &attempt), Read::NotStarted(_)));
        std::fs::write(attempt.simout(), "").unwrap();
        assert!(
            matches!(read(1, &simulation, &attempt), Read::Ended(ended) if ended.outcome.kind == OutcomeKind::Lost)
        );
    }
}
