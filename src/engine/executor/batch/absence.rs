//! When a job that is missing from the answers of its system is gone.
//!
//! The awkward truth: that a job is missing says nothing by itself. An answer may be older than the job, the system forgets what has
//! ended, and a controller that crashed forgets what it had just taken. So what is missing is asked for by other ways, more than
//! once, before it counts as gone; and no answer is never taken for one.

use std::time::{Duration, Instant};

use crate::engine::executor::job::{JobStatus, Missing};

/// How long a job whose number was never heard is looked for before it counts as never handed in: longer than a controller that
/// hangs keeps a request (twice `MessageTimeout` of slurm.conf(5)).
const ARRIVES_WITHIN: Duration = Duration::from_secs(20);

/// How many answers must be without such a job.
const ARRIVES_EMPTY: u32 = 2;

/// How long a job of which the system knows nothing any more may still tell its end by itself.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(1);

/// How many closer looks must have found nothing.
const FORGOTTEN_EMPTY: u32 = 3;

/// How long accounting that does not answer is waited for, where the controller knows nothing of a job.
const ANSWERS_WITHIN: Duration = Duration::from_mins(10);

/// How a job is missed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Absence {
    since: Instant,
    /// Answers without it.
    answers: u32,
    /// Closer looks that found nothing.
    looks: u32,
}

/// What became of a job that was missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gone {
    /// The system tells elsewhere.
    Found(JobStatus),
    /// It has never had the job.
    NeverArrived,
    /// It has had the job, and knows nothing of it any more.
    Forgotten,
}

impl Absence {
    /// Of a job that no answer was without before now.
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, answers: 0, looks: 0 }
    }

    /// One more answer is without it. Whether it is time to look closer: the first answer may be older than the job.
    pub(super) fn missed(&mut self) -> bool {
        self.answers += 1;
        self.answers > 1
    }

    /// What is certain after a closer look, for a job whose number is known or not; none as long as it may still come.
    pub(super) fn looked(&mut self, is_numbered: bool, found: Missing, now: Instant) -> Option<Gone> {
        let past = now.saturating_duration_since(self.since);
        match found {
            Missing::Found(status) => return Some(Gone::Found(status)),
            // Somebody may still know, and may never answer.
            Missing::NoAnswer if past < ANSWERS_WITHIN => return None,
            Missing::NoAnswer | Missing::Unknown => self.looks += 1,
        }
        if is_numbered {
            (past >= FORGOTTEN_AFTER && self.looks >= FORGOTTEN_EMPTY).then_some(Gone::Forgotten)
        } else {
            (past >= ARRIVES_WITHIN && self.answers >= ARRIVES_EMPTY).then_some(Gone::NeverArrived)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each of these closer looks, so many seconds after the first answer without the job, makes of it.
    fn looks(is_numbered: bool, looks: &[(u64, Missing)]) -> Vec<Option<Gone>> {
        let began = Instant::now();
        let mut absence = Absence::new(began);
        assert!(!absence.missed() && absence.missed());
        let look =
            |(at, found): &(u64, Missing)| absence.looked(is_numbered, found.clone(), began + Duration::from_secs(*at));
        looks.iter().map(look).collect()
    }

    /// It may be in a queue of requests of a controller that hangs, and would then run twice.
    #[test]
    fn a_job_without_a_number_has_never_arrived_only_after_a_while() {
        let told = looks(false, &[(2, Missing::Unknown), (19, Missing::Unknown), (20, Missing::Unknown)]);
        assert_eq!(told, [None, None, Some(Gone::NeverArrived)]);
    }

    /// A job that ran to its end has a record that may take as long to be seen.
    #[test]
    fn a_job_with_a_number_is_forgotten_after_a_minute_and_three_looks() {
        let told = looks(true, &[(2, Missing::Unknown), (59, Missing::Unknown), (60, Missing::Unknown)]);
        assert_eq!(told, [None, None, Some(Gone::Forgotten)]);
        assert_eq!(looks(true, &[(90, Missing::Unknown), (120, Missing::Unknown)]), [None, None]);
    }

    #[test]
    fn no_answer_is_none_until_it_has_lasted_too_long() {
        let silent = |at| (at, Missing::NoAnswer);
        assert_eq!(looks(false, &[silent(30), silent(599)]), [None, None]);
        let told = looks(true, &[silent(300), silent(599), silent(600), silent(630), silent(660)]);
        assert_eq!(told, [None, None, None, None, Some(Gone::Forgotten)]);
    }

    #[test]
    fn what_is_told_elsewhere_is_taken_at_once() {
        let status = JobStatus::forgotten("7", "Slurm");
        assert_eq!(looks(true, &[(1, Missing::Found(status.clone()))]), [Some(Gone::Found(status))]);
    }
}
