//! How an attempt ended of which nothing is left: from what it left behind.

use std::path::Path;
use std::time::Duration;

use crate::engine::executor::Target;
use crate::engine::state::Event;
use crate::failpoint::point;
use crate::gem5::{Outcome, OutcomeKind};
use crate::rundir::AttemptDir;
use crate::rundir::atomic::RecordError;
use crate::rundir::attempts::{self, AttemptRecords};
use crate::rundir::evidence::{Ended, conclude};
use crate::rundir::record::End;
use crate::spawn::launch::is_of_machine;

/// How often records are read again from a disk that fails, before the end counts as lost.
const READ_TRIES: u32 = 30;

/// Between two of those tries.
const READ_AGAIN: Duration = Duration::from_secs(1);

/// The event that tells it.
pub async fn conclude(target: &Target) -> Event {
    let (sim, attempt) = (target.sim, target.number);
    let dir = target.dir.clone();
    let ended = match tokio::task::spawn_blocking(move || read(attempt, &dir)).await {
        Ok(Read::Ended(ended)) => ended,
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

fn read(number: u32, dir: &AttemptDir) -> Read {
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
    match read_patiently(dir, number) {
        Ok(records) => {
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

fn lost(cause: String) -> Ended {
    Ended::of(Outcome::new(OutcomeKind::Lost, cause))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::ExperimentDir;

    /// So says an engine that finds the attempt (`spawn::presence`), and the next engine must not undo what this one decided.
    #[test]
    fn an_attempt_whose_shim_died_before_it_began_has_not_started() {
        let place = tempfile::tempdir().unwrap();
        let simulation = ExperimentDir::new(place.path()).simulation("a");
        let attempt = simulation.attempt(1);
        std::fs::create_dir_all(attempt.m5out()).unwrap();
        assert!(matches!(read(1, &attempt), Read::NotStarted(_)));
        std::fs::write(attempt.simout(), "").unwrap();
        assert!(matches!(read(1, &attempt), Read::Ended(ended) if ended.outcome.kind == OutcomeKind::Lost));
    }
}
