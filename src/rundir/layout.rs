//! Every path in an experiment directory, named once.

use std::path::{Path, PathBuf};

/// The log in gem5's output directory that holds what it wrote to standard output, as `gem5 -r` calls it.
pub(crate) const SIMOUT: &str = "simout.txt";

/// The log in gem5's output directory that holds what it wrote to standard error, as `gem5 -e` calls it.
pub(crate) const SIMERR: &str = "simerr.txt";

/// The directory of one experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExperimentDir(PathBuf);

/// The directory of one simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulationDir(PathBuf);

/// The directory of one attempt, with its records. Where in it gem5 writes, [`Outputs`](super::Outputs) know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptDir(PathBuf);

impl ExperimentDir {
    /// The experiment directory at `path`, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What was planned.
    pub fn experiment_record(&self) -> PathBuf {
        self.0.join("experiment.json")
    }

    /// The file whose kernel lock is the engine's lease.
    pub fn lock(&self) -> PathBuf {
        self.0.join("engine.lock")
    }

    /// What the engine did, for people.
    pub fn log(&self) -> PathBuf {
        self.0.join("engine.log")
    }

    /// The cap and the queue's state as a person last set them.
    pub fn controls(&self) -> PathBuf {
        self.0.join("controls.json")
    }

    /// Hosts that a person said are gone, one JSON object a line.
    pub fn takeovers(&self) -> PathBuf {
        self.0.join("takeovers.jsonl")
    }

    /// The directory of the simulation called `name`, which the plan has checked to be a plain file name.
    pub fn simulation(&self, name: &str) -> SimulationDir {
        SimulationDir(self.0.join(name))
    }
}

impl SimulationDir {
    /// The simulation's directory at `path`, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The symbolic link to the newest attempt.
    pub fn latest(&self) -> PathBuf {
        self.0.join("latest")
    }

    /// Says that a person cancelled it before it had an attempt to end.
    pub fn cancelled(&self) -> PathBuf {
        self.0.join("cancelled.json")
    }

    /// Says that a person asked for another attempt.
    pub fn retry(&self) -> PathBuf {
        self.0.join("retry.json")
    }

    /// The directory of attempt `number`, counted from one.
    pub fn attempt(&self, number: u32) -> AttemptDir {
        AttemptDir::new(self.0.join(format!("attempt-{number}")))
    }
}

impl AttemptDir {
    /// The attempt directory at `path`, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What to launch.
    pub fn spec(&self) -> PathBuf {
        self.0.join("spec.json")
    }

    /// Which shim has it, where none inherits the lock on [`Self::spec`].
    pub fn claim(&self) -> PathBuf {
        self.0.join("claim.json")
    }

    /// What the tree uses now and then, one JSON object a line, for those who cannot look at its processes.
    pub fn beats(&self) -> PathBuf {
        self.0.join("beat.jsonl")
    }

    /// Who runs.
    pub fn started(&self) -> PathBuf {
        self.0.join("started.json")
    }

    /// Stops and continues, one JSON object a line.
    pub fn pauses(&self) -> PathBuf {
        self.0.join("pauses.jsonl")
    }

    /// Stats dumps that a person asked for, one JSON object a line.
    pub fn requested_dumps(&self) -> PathBuf {
        self.0.join("requested_dumps.jsonl")
    }

    /// Why we asked it to stop.
    pub fn stop(&self) -> PathBuf {
        self.0.join("stop.json")
    }

    /// How it ended.
    pub fn exit(&self) -> PathBuf {
        self.0.join("exit.json")
    }

    /// What a `target:` function returned or raised.
    pub fn result(&self) -> PathBuf {
        self.0.join("result.json")
    }

    /// Why it ended, derived from the rest.
    pub fn outcome(&self) -> PathBuf {
        self.0.join("outcome.json")
    }

    /// gem5's own output directory, which also holds the two logs.
    pub fn m5out(&self) -> PathBuf {
        self.0.join("m5out")
    }

    /// What surrounded the launch.
    pub fn provenance(&self) -> PathBuf {
        self.0.join("provenance.json")
    }

    /// Standard output of the process.
    pub fn simout(&self) -> PathBuf {
        self.m5out().join(SIMOUT)
    }

    /// Standard error of the process.
    pub fn simerr(&self) -> PathBuf {
        self.m5out().join(SIMERR)
    }
}
