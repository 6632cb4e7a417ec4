//! Whether an attempt is followed by another one without being asked for, and with how much more. Pure.
//!
//! An engine that ends or is killed forgets nothing here: how many retries were made is in the record of each attempt,
//! so whoever looks at an ended attempt comes to the same answer.

use std::time::Duration;

use crate::experiment::{Factor, Retries, Simulation};
use crate::gem5::OutcomeKind;

/// The first wait before an automatic retry, in milliseconds. It doubles with every further one.
const BACKOFF_FIRST_MS: u64 = 1_000;

/// The longest wait before an automatic retry, in milliseconds.
const BACKOFF_LONGEST_MS: u64 = 300_000;

/// How long after an end of this class the next attempt waits, in milliseconds; none if there is no further one.
/// `made` counts the retries since a person last asked for an attempt.
pub fn wait_ms(retries: &Retries, kind: OutcomeKind, made: u32) -> Option<u64> {
    let allowed = retries.by_outcome.get(kind.word()).map_or(retries.any, |retry| retry.times);
    let wait = (BACKOFF_FIRST_MS << made.min(20)).min(BACKOFF_LONGEST_MS);
    (kind.is_worth_retrying() && made < allowed).then_some(wait)
}

/// Whether a process of an attempt that ended so may still run, where nobody can see it: its shim died before it had
/// written down whom it started. Only a person begins another attempt beside it. Of what was a job its batch system knows more.
pub fn may_run_unseen(kind: OutcomeKind, is_known: bool) -> bool {
    kind == OutcomeKind::Lost && !is_known
}

/// How often something ran out since a person last asked for an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RanOut {
    /// Memory.
    pub memory: u32,
    /// Time.
    pub time: u32,
}

/// What an attempt may use: what the file says, raised by what ran out before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Raised {
    /// Memory, in bytes, where the file names any.
    pub memory: Option<u64>,
    /// Wall-clock time without pauses, likewise.
    pub timeout: Option<Duration>,
    /// The limit of its job, where the executor has one of its own.
    pub job_time: Option<Duration>,
}

impl RanOut {
    /// Counts the ends that were followed by another attempt without being asked for.
    pub fn among(ends: impl IntoIterator<Item = OutcomeKind>) -> Self {
        let mut ran_out = Self::default();
        for kind in ends {
            ran_out.memory += u32::from(kind == OutcomeKind::Oom);
            ran_out.time += u32::from(kind == OutcomeKind::Timeout);
        }
        ran_out
    }

    /// By how much memory is raised each time; only where the file says it, it is more than what is counted.
    fn memory_factor(retries: &Retries) -> Option<Factor> {
        retries.by_outcome.get(OutcomeKind::Oom.word())?.memory
    }

    /// What is counted for memory of which it has run out so often, in bytes: half as much again each time, where the file names no
    /// factor. The kernel ended what had `bytes`, so that it needs more, whatever its limit is.
    pub fn counted(retries: &Retries, bytes: u64, times: u32) -> u64 {
        Self::memory_factor(retries).unwrap_or(Factor::HALF_MORE).raise(bytes, times)
    }

    /// The limits of the next attempt.
    pub fn raise(self, simulation: &Simulation) -> Raised {
        let Simulation { retries, memory, timeout, executor, .. } = simulation;
        let factor = Self::memory_factor(retries);
        Raised {
            memory: memory.map(|bytes| factor.map_or(bytes, |factor| factor.raise(bytes, self.memory))),
            timeout: timeout.map(|limit| job_limit(retries, limit, self)),
            job_time: executor.time().map(|limit| job_limit(retries, limit, self)),
        }
    }
}

/// A limit of time, raised by how often it was too short.
pub fn job_limit(retries: &Retries, limit: Duration, ran_out: RanOut) -> Duration {
    let factor = retries.by_outcome.get(OutcomeKind::Timeout.word()).and_then(|retry| retry.time);
    factor.map_or(limit, |factor| factor.raise_span(limit, ran_out.time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::executor::{SlurmJob, StartedBy};
    use crate::experiment::{Program, Retry};

    #[test]
    fn the_wait_doubles_up_to_its_limit_and_the_count_of_an_outcome_wins() {
        let retries = Retries { any: 1, by_outcome: [("segv".to_owned(), Retry::times(40))].into() };
        let wait = |kind, made| wait_ms(&retries, kind, made);
        assert_eq!((wait(OutcomeKind::Panic, 0), wait(OutcomeKind::Panic, 1)), (Some(1_000), None));
        assert_eq!((wait(OutcomeKind::Segv, 3), wait(OutcomeKind::Segv, 39)), (Some(8_000), Some(300_000)));
        assert_eq!((wait(OutcomeKind::Usage, 0), wait(OutcomeKind::Ok, 0)), (None, None));
    }

    #[test]
    fn limits_are_raised_by_what_ran_out_and_by_nothing_else() {
        let hours = |hours: u64| Some(Duration::from_mins(60 * hours));
        let more = Some(Factor::HALF_MORE);
        let memory = ("oom".to_owned(), Retry { memory: more, ..Retry::times(2) });
        let time = ("timeout".to_owned(), Retry { time: more, ..Retry::times(2) });
        let program = Program::Script { path: "/s.py".into(), args: Vec::new() };
        let job = SlurmJob { time: hours(4), ..SlurmJob::default() };
        let simulation = Simulation {
            memory: Some(8 << 30),
            timeout: hours(2),
            executor: StartedBy::Slurm(Box::new(job)),
            retries: Retries { any: 3, by_outcome: [memory, time].into() },
            ..Simulation::new("a", "/gem5", program, "/")
        };
        let raised = |ends: &[OutcomeKind]| RanOut::among(ends.iter().copied()).raise(&simulation);
        let as_said = Raised { memory: Some(8 << 30), timeout: hours(2), job_time: hours(4) };
        assert_eq!(raised(&[]), as_said);
        assert_eq!(raised(&[OutcomeKind::Segv]), as_said);
        assert_eq!(raised(&[OutcomeKind::Segv, OutcomeKind::Oom]), Raised { memory: Some(12 << 30), ..as_said });
        let longer = Raised { timeout: hours(3), job_time: hours(6), ..as_said };
        assert_eq!(raised(&[OutcomeKind::Timeout]), longer);
        assert_eq!(raised(&[OutcomeKind::Oom; 2]).memory, Some(18 << 30));
        let plain = Simulation { retries: Retries { any: 3, ..Retries::default() }, ..simulation.clone() };
        assert_eq!(RanOut { memory: 2, time: 2 }.raise(&plain), as_said, "nobody asked for more");
    }
}
