//! Every path in an experiment directory, named once.

use std::path::{Path, PathBuf};

use super::record::Spec;
use crate::gem5::stats::stats_outputs;

/// The log in gem5's output directory that holds what it wrote to standard output, as `gem5 -r` calls it.
pub const SIMOUT: &str = "simout.txt";

/// The log in gem5's output directory that holds what it wrote to standard error, as `gem5 -e` calls it.
pub const SIMERR: &str = "simerr.txt";

/// The directory of one experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExperimentDir(PathBuf);

/// The directory of one simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulationDir(PathBuf);

/// The directory of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptDir {
    path: PathBuf,
    /// Where stats and configuration are, below gem5's output directory, if not in it.
    output_subdir: Option<String>,
    /// The file of stats in that directory, or anywhere if it is absolute.
    stats_file: PathBuf,
}

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
    /// The attempt directory at `path`, with stats and configuration in gem5's own output directory.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), output_subdir: None, stats_file: PathBuf::from("stats.txt") }
    }

    /// The same with stats and configuration where what was launched puts them: in a directory below gem5's own, as
    /// [`output_subdir`](crate::experiment::Program::output_subdir) tells, and in the file that `--stats-file` names. A file
    /// that is not read, such as one of JSON, does not count: see [`super::stats_file::find`].
    #[must_use]
    pub fn as_launched(self, spec: Option<&Spec>) -> Self {
        let Some(spec) = spec else { return self };
        let outputs = stats_outputs(spec.argv.get(1..).unwrap_or_default());
        let stats_file = outputs.into_iter().find(|output| output.form.is_read()).map(|output| output.file);
        let stats_file = stats_file.unwrap_or_else(|| self.stats_file.clone());
        Self { output_subdir: spec.output_subdir.clone(), stats_file, ..self }
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What to launch.
    pub fn spec(&self) -> PathBuf {
        self.path.join("spec.json")
    }

    /// Which shim has it, where none inherits the lock on [`Self::spec`].
    pub fn claim(&self) -> PathBuf {
        self.path.join("claim.json")
    }

    /// What the tree uses now and then, one JSON object a line, for those who cannot look at its processes.
    pub fn beats(&self) -> PathBuf {
        self.path.join("beat.jsonl")
    }

    /// Who runs.
    pub fn started(&self) -> PathBuf {
        self.path.join("started.json")
    }

    /// Stops and continues, one JSON object a line.
    pub fn pauses(&self) -> PathBuf {
        self.path.join("pauses.jsonl")
    }

    /// Stats dumps that a person asked for, one JSON object a line.
    pub fn requested_dumps(&self) -> PathBuf {
        self.path.join("requested_dumps.jsonl")
    }

    /// Why we asked it to stop.
    pub fn stop(&self) -> PathBuf {
        self.path.join("stop.json")
    }

    /// How it ended.
    pub fn exit(&self) -> PathBuf {
        self.path.join("exit.json")
    }

    /// What a `target:` function returned or raised.
    pub fn result(&self) -> PathBuf {
        self.path.join("result.json")
    }

    /// Why it ended, derived from the rest.
    pub fn outcome(&self) -> PathBuf {
        self.path.join("outcome.json")
    }

    /// gem5's own output directory, which also holds the two logs.
    pub fn m5out(&self) -> PathBuf {
        self.path.join("m5out")
    }

    /// Where stats, configuration and consoles are. Ask [`super::attempts::open`] for a directory that knows.
    pub fn outputs(&self) -> PathBuf {
        match &self.output_subdir {
            Some(subdir) => self.m5out().join(subdir),
            None => self.m5out(),
        }
    }

    /// What surrounded the launch.
    pub fn provenance(&self) -> PathBuf {
        self.path.join("provenance.json")
    }

    /// gem5's stats. Ask [`super::attempts::open`] for a directory that knows their name.
    pub fn stats(&self) -> PathBuf {
        self.outputs().join(&self.stats_file)
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
