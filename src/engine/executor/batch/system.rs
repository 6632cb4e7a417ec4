//! The batch systems, each by its own commands: what is asked of them is the same.

use std::time::Duration;

use super::slurm::{self, Slurm};
use crate::engine::executor::command::Command;
use crate::engine::executor::job::{Answer, Ask, JobSignal, Jobs, Missing, Sought};
use crate::experiment::executor::StartedBy;

/// A batch system.
#[derive(Debug)]
pub(super) enum System {
    /// Slurm.
    Slurm(Slurm),
    /// Another one.
    Command(Command),
}

impl System {
    /// The system of these settings; none for this machine.
    pub(super) fn of(by: &StartedBy) -> Option<Self> {
        match by {
            StartedBy::Local => None,
            StartedBy::Slurm(_) => Some(Self::Slurm(Slurm::default())),
            StartedBy::Command(job) => Some(Self::Command(Command::new(job))),
        }
    }

    /// The system of this name, as far as it can be had without its settings.
    pub(super) fn named(name: &str) -> Option<Self> {
        (name == "slurm").then(|| Self::Slurm(Slurm::default()))
    }

    /// What people call it.
    pub(super) fn title(&self) -> &str {
        match self {
            Self::Slurm(_) => "Slurm",
            Self::Command(command) => command.name(),
        }
    }

    /// The command that hands a job in, where that is known before.
    pub(super) fn submission(&self, by: &StartedBy, ask: &Ask<'_>) -> Vec<String> {
        match (self, by) {
            (Self::Slurm(_), StartedBy::Slurm(job)) => slurm::command(job, ask).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// Hands a job in. Blocks.
    pub(super) fn submit(&self, by: &StartedBy, ask: &Ask<'_>, secrets: &[(String, String)]) -> Answer {
        match (self, by) {
            (Self::Slurm(_), StartedBy::Slurm(job)) => Slurm::submit(job, ask, secrets),
            (Self::Command(_), StartedBy::Command(job)) => Command::submit(job, ask, secrets),
            _ => Answer::Refused { words: "the experiment file names another batch system by now".to_owned() },
        }
    }

    /// Whether it would take such a job, and what it says of that; none if only handing it in would tell. Blocks.
    pub(super) fn test(&self, by: &StartedBy, ask: &Ask<'_>) -> Option<Result<String, String>> {
        match (self, by) {
            (Self::Slurm(_), StartedBy::Slurm(job)) => Some(Slurm::test(job, ask)),
            _ => None,
        }
    }

    /// Asks for all jobs of this user, with an answer that was made no longer ago than `age`. Blocks.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) fn list(&self, age: Duration) -> Result<Jobs, String> {
        match self {
            Self::Slurm(slurm) => slurm.list(age),
            Self::Command(command) => command.list(),
        }
    }

    /// Looks closer for jobs that are missing from the list. Blocks.
    pub(super) fn missing(&self, sought: &[Sought]) -> Vec<Missing> {
        match self {
            Self::Slurm(_) => Slurm::missing(sought),
            // Its list is all that there is.
            Self::Command(_) => sought.iter().map(|_| Missing::Unknown).collect(),
        }
    }

    /// Sends a signal to the scripts of these jobs, and to them alone. Blocks.
    ///
    /// # Errors
    /// Why it was not sent.
    pub(super) fn signal(&self, jobs: &[Sought], signal: JobSignal) -> Result<(), String> {
        match self {
            Self::Slurm(slurm) => slurm.signal(jobs, signal),
            Self::Command(command) => {
                let ids: Vec<String> = jobs.iter().filter_map(|job| job.id.clone()).collect();
                command.signal(&ids, signal)
            }
        }
    }

    /// Takes jobs back, or ends them: what runs gets SIGTERM, and SIGKILL later. Blocks.
    ///
    /// # Errors
    /// Why that was not done.
    pub(super) fn cancel(&self, jobs: &[Sought]) -> Result<(), String> {
        match self {
            Self::Slurm(slurm) => slurm.cancel(jobs),
            Self::Command(command) => command.cancel(jobs),
        }
    }

    /// Has jobs held back, or lets them start. Blocks.
    ///
    /// # Errors
    /// Why that was not done.
    pub(super) fn hold(&self, jobs: &[Sought], held: bool) -> Result<(), String> {
        match self {
            Self::Slurm(slurm) => slurm.hold(jobs, held),
            Self::Command(command) => Err(format!("`{}` has no command that holds a job back", command.name())),
        }
    }

    /// When it expects to start these jobs, in seconds since the Unix epoch; those of which it says nothing are left out. Blocks.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) fn expected_starts(&self, ids: &[String]) -> Result<Vec<(String, i64)>, String> {
        match self {
            Self::Slurm(_) => Slurm::expected_starts(ids),
            Self::Command(command) => Err(format!("`{}` has no command that tells when a job starts", command.name())),
        }
    }

    /// How long the system remembers a job that has ended, if that is known.
    pub(super) fn remembers(&self) -> Option<Duration> {
        match self {
            Self::Slurm(slurm) => slurm.remembers(),
            Self::Command(_) => None,
        }
    }
}
