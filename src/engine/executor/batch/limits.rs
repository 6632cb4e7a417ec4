//! The limits that a job is handed in with.

use std::time::Duration;

use crate::engine::executor::Limits;

/// How long before the limit of a job gem5 is asked to finish: Slurm may be a minute late, and a dump takes its time.
const FINISH_BEFORE: Duration = Duration::from_mins(3);

/// How much longer than `timeout` and its grace a job may run, so that the engine's own limit comes first and ends it gently.
const MARGIN: Duration = Duration::from_mins(5);

impl Limits {
    /// How long the job may run: as its own setting says, or what the attempt may, its grace and some time to spare.
    pub(super) fn of_job(&self) -> Option<Duration> {
        self.job_time.or_else(|| self.timeout.map(|timeout| timeout + self.grace + MARGIN))
    }
}

/// How long before a limit of the job its shim gets SIGINT: a quarter of a short one.
pub(super) fn finish_before(limit: Duration) -> Duration {
    FINISH_BEFORE.min(limit / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_a_job_comes_after_that_of_its_attempt_unless_the_file_says_otherwise() {
        let (timeout, grace) = (Some(Duration::from_hours(2)), Duration::from_mins(1));
        let limits = Limits { memory: None, timeout, job_time: None, grace };
        assert_eq!(limits.of_job(), Some(Duration::from_mins(126)));
        assert_eq!(Limits { job_time: Some(grace), ..limits }.of_job(), Some(grace));
        assert_eq!(Limits { timeout: None, ..limits }.of_job(), None);
        assert_eq!((finish_before(Duration::from_mins(8)), finish_before(grace)), (Duration::from_mins(2), grace / 4));
    }
}
