//! How an attempt ended of which nothing is left: from what it left behind.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc::Sender;

use super::observe::whereabouts;
use crate::engine::executor::Target;
use crate::engine::state::Event;
use crate::failpoint::point;
use crate::gem5::{Outcome, OutcomeKind};
use crate::protocol::Note;
use crate::rundir::asked;
use crate::rundir::atomic::RecordError;
use crate::rundir::attempts;
use crate::rundir::evidence::{Ended, conclude};
use crate::rundir::named::as_named;
use crate::rundir::record::End;
use crate::rundir::{AttemptDir, SimulationDir, fault};

/// How often records are read again where only they cannot be read, before the end counts as lost: a file system that asks
/// a server anew may take minutes. While the whole experiment directory refuses us, nothing is counted.
const READ_TRIES: u32 = 300;

/// Between two of those tries.
const READ_AGAIN: Duration = Duration::from_secs(1);

/// The event that tells it. Waits for as long as a disk that fails hides how it ended.
pub async fn conclude(target: &Target, events: &Sender<Event>) -> Event {
    let (sim, attempt) = (target.sim, target.number);
    let mut tries = 0;
    let mut is_told = false;
    let ended = loop {
        let (simulation, dir) = (target.simulation.clone(), target.dir.clone());
        match tokio::task::spawn_blocking(move || read(attempt, &simulation, &dir)).await {
            Ok(Read::Ended(ended)) => break told_where(ended, &target.dir),
            // The shim could not start it for want of something that may be there later: nothing has run.
            Ok(Read::NotStarted(reason)) => return Event::LaunchFailed { sim, reason, of_machine: true },
            Ok(Read::Hidden { cause, .. }) if tries == READ_TRIES => break lost(cause),
            Ok(Read::Hidden { cause, why, counts }) => {
                tries += u32::from(counts);
                if !std::mem::replace(&mut is_told, true) {
                    tracing::warn!("{cause}; it is tried again");
                }
                // The same for all that wait, so that a person reads it once. Full means that there is more urgent news.
                _ = events.try_send(Event::Notice(Some(format!(
                    "how simulations have ended cannot be read: {why}; it is tried again by itself"
                ))));
            }
            Err(panic) => break lost(format!("its records could not be looked at: {panic}")),
        }
        tokio::time::sleep(READ_AGAIN).await;
    };
    if is_told {
        _ = events.try_send(Event::Notice(None));
    }
    Event::Ended { sim, attempt, ended }
}

enum Read {
    Ended(Ended),
    NotStarted(String),
    /// A disk that fails for a while, as a network file system does while its server is away, must not turn an end that is
    /// recorded into one that nobody knows.
    Hidden {
        /// What becomes of it if this stays so.
        cause: String,
        /// What the system said.
        why: String,
        /// Whether the rest of the experiment directory can be used meanwhile.
        counts: bool,
    },
}

fn read(number: u32, simulation: &SimulationDir, dir: &AttemptDir) -> Read {
    // A disk that fails says nothing: what cannot be seen has neither been deleted nor has its end been recorded.
    let is_there = |path: &Path| point("launch.left", path).and_then(|()| path.try_exists());
    let is_left = point("launch.left", dir.name()).and_then(|()| dir.is_there());
    if !is_left.unwrap_or(true) {
        return Read::Ended(lost("its directory was deleted while it ran".to_owned()));
    }
    let has_left = |path: &Path, unseen: bool| is_there(path).unwrap_or(unseen);
    if !has_left(&dir.exit(), false)
        && !has_left(&dir.job_end(), true)
        && !has_left(&dir.started(), true)
        && !has_left(&dir.simout(), true)
    {
        // An engine that finds such an attempt launches the simulation, too.
        return Read::NotStarted("its shim ended before it had started anything".to_owned());
    }
    // As it is reached: its name may lead elsewhere by now.
    let outdir = dir.path().join("../..");
    let hidden = |error: &io::Error, what: String| Read::Hidden {
        cause: format!("its records cannot be read: {what}"),
        why: error.to_string(),
        counts: !fault::refuses(&outdir),
    };
    let mut records = match attempts::read_at(dir.clone(), number) {
        Ok(records) => records,
        Err(RecordError::Read { path, source }) if fault::passes_in_ours(&source) => {
            return hidden(&source, format!("could not read {}: {source}", as_named(&path).display()));
        }
        Err(error) => return Read::Ended(lost(format!("its records cannot be read: {error}"))),
    };
    // It may have no record yet.
    records.stop = records.stop.or_else(|| asked::stop(simulation, dir).ok().flatten());
    // What made the files may have closed them to us, which stays so.
    let is_hidden =
        |error: &io::Error| fault::is_of_machine(error) || fault::is_refusal(error) && fault::refuses(&outdir);
    let hides = || conclude::obstacle(&records).filter(is_hidden);
    let before = hides();
    let ended = conclude::conclude(&records);
    // Also afterwards: it may have failed in between, and the logs then say less than they do.
    if let Some(error) = before.or_else(hides) {
        return hidden(&error, format!("what it left cannot be read: {error}"));
    }
    conclude::keep(&records, &ended);
    match records.exit.map(|exit| exit.end) {
        Some(End::NotStarted { reason, of_machine: true }) => Read::NotStarted(reason),
        _ => Read::Ended(ended),
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
    use crate::rundir::ExperimentDir;

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
