//! Where a simulation is started: on this machine, or as a job of a batch system.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Where a simulation is started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartedBy {
    /// The engine, on its own machine.
    #[default]
    Local,
    /// Slurm: one job for each attempt.
    Slurm(Box<SlurmJob>),
    /// Another batch system, by its own commands: one job for each attempt.
    Command(Box<CommandJob>),
}

/// What Slurm is asked for, besides what every simulation has: `memory` and `timeout` are limits of the job, too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SlurmJob {
    /// `--partition`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// `--account`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// `--qos`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qos: Option<String>,
    /// The limit of the job, where it is not that of the simulation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Duration>,
    /// `--constraint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// `--exclude`: nodes on which nothing is started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<String>,
    /// `--gres`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gres: Option<String>,
    /// `--cpus-per-task`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpus: Option<u32>,
    /// Further arguments of sbatch(1).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<String>,
}

/// The commands of a batch system, each one an argument vector with placeholders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommandJob {
    /// What it is called in what is said of it.
    pub name: String,
    /// Hands in a job. `{script}` is a script to run, `{name}` a name for the job, `{dir}` the directory of the attempt, `{log}` a
    /// file for what the job prints, `{cpus}`, `{memory_mib}`, `{minutes}` and `{seconds}` what it may use.
    pub submit: Vec<Part>,
    /// Prints the jobs of `{user}` that wait or run: a line for each, which begins with its number.
    pub status: Vec<String>,
    /// Ends the job `{id}`.
    pub cancel: Vec<String>,
    /// Sends `{signal}`, such as `TERM`, to the script of the job `{id}`. Without it nothing is paused and asked for stats, and whoever
    /// cancels a simulation has its job ended by `cancel`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signal: Vec<String>,
    /// A regular expression that finds the job's number in what `submit` prints: its first group, or the whole match. Without it the
    /// first number there is it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// CPUs of a job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpus: Option<u32>,
    /// The limit of the job, where it is not that of the simulation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Duration>,
}

/// A word of a command, or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Part {
    /// One word.
    Word(String),
    /// Words that stand there only where something is said of all that their placeholders stand for.
    Where(Vec<String>),
}

impl CommandJob {
    /// Whether a signal can be sent to a job.
    pub fn signals(&self) -> bool {
        !self.signal.is_empty()
    }
}

/// Where the engine of an experiment runs, if a client starts it in the background.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineAt {
    /// On the machine of the client.
    #[default]
    Here,
    /// In a small job of its own, where login nodes end what stays.
    Job,
}

impl EngineAt {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Here, Self::Job];

    /// Serde asks by reference.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives references")]
    fn is_here(&self) -> bool {
        *self == Self::Here
    }

    /// What it is called in the file.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Job => "job",
        }
    }
}

/// How a batch system is treated, the same for all jobs of an experiment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Courtesy {
    /// So many jobs at most are handed in and have not ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_queued: Option<u32>,
    /// Where the engine itself runs.
    #[serde(skip_serializing_if = "EngineAt::is_here")]
    pub engine: EngineAt,
    /// Between two questions of what has become of them, where that is not left to the engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<Duration>,
}

impl Courtesy {
    /// So many jobs at once where nothing is said. Sites limit the number, and thousands that wait slow down everybody's scheduler.
    pub const DEFAULT_MAX_QUEUED: u32 = 200;

    /// How many jobs are handed in and have not ended, at most.
    pub fn max_queued(self) -> u32 {
        self.max_queued.unwrap_or(Self::DEFAULT_MAX_QUEUED).max(1)
    }
}

impl StartedBy {
    /// The limit of its job, where that is said apart from that of the simulation.
    pub fn time(&self) -> Option<Duration> {
        match self {
            Self::Local => None,
            Self::Slurm(job) => job.time,
            Self::Command(job) => job.time,
        }
    }

    /// The name of the batch system, if one starts it.
    pub fn system(&self) -> Option<&str> {
        match self {
            Self::Local => None,
            Self::Slurm(_) => Some("slurm"),
            Self::Command(job) => Some(&job.name),
        }
    }
}

/// A batch system as people call it, from how records name it.
pub fn system_name(system: &str) -> &str {
    if system == "slurm" { "Slurm" } else { system }
}
