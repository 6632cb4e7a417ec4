//! Every path in an experiment directory, named once.

use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::shard::Shard;

/// The log in gem5's output directory that holds what it wrote to standard output, as `gem5 -r` calls it.
pub(crate) const SIMOUT: &str = "simout.txt";

/// The log in gem5's output directory that holds what it wrote to standard error, as `gem5 -e` calls it.
pub(crate) const SIMERR: &str = "simerr.txt";

/// The directory of one experiment.
///
/// Like those below it, it has a name, and the path by which it is reached: the same, unless somebody holds it.
#[derive(Clone)]
pub struct ExperimentDir(pub(super) Reached);

/// The directory of one simulation.
#[derive(Clone)]
pub struct SimulationDir(Reached);

/// The directory of one attempt, with its records. Where in it gem5 writes, [`Outputs`](super::Outputs) know.
#[derive(Clone)]
pub struct AttemptDir(pub(super) Reached);

/// A directory that is held by a descriptor: see `super::held`, which has all that it does.
pub(super) struct HeldDir {
    pub(super) directory: Mutex<OwnedFd>,
    pub(super) name: PathBuf,
    pub(super) path: PathBuf,
    /// Some file systems number a directory anew at each look. Then nothing can be told by its number.
    pub(super) is_numbered: bool,
}

/// A directory by its name and by the way to it.
#[derive(Clone)]
pub(super) struct Reached {
    pub(super) name: PathBuf,
    pub(super) path: PathBuf,
    /// What keeps the way open: this directory or one above it.
    pub(super) held: Option<Arc<HeldDir>>,
    /// It is this directory.
    pub(super) is_own_way: bool,
}

impl Reached {
    fn by_name(name: PathBuf) -> Self {
        Self { path: name.clone(), name, held: None, is_own_way: false }
    }

    fn below(&self, name: &str) -> Self {
        Self { name: self.name.join(name), path: self.path.join(name), held: self.held.clone(), is_own_way: false }
    }
}

/// What all three have in common.
macro_rules! directory {
    ($type:ty) => {
        impl $type {
            /// The path by which it is reached. For people and for other processes, [`Self::name`] is the one.
            pub fn path(&self) -> &Path {
                &self.0.path
            }

            /// Its name: an absolute path that other processes know it by.
            pub fn name(&self) -> &Path {
                &self.0.name
            }
        }

        // The same directory is meant, however it is reached.
        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.0.name == other.0.name
            }
        }

        impl Eq for $type {}

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0.name, f)
            }
        }
    };
}

directory!(ExperimentDir);
directory!(SimulationDir);
directory!(AttemptDir);

impl ExperimentDir {
    /// The experiment directory at `path`, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(Reached::by_name(path.into()))
    }

    /// What was planned.
    pub fn experiment_record(&self) -> PathBuf {
        self.path().join("experiment.json")
    }

    /// The same as the engine of one shard knows it: what has grown in another one is not in it.
    pub(crate) fn experiment_record_of(&self, shard: Shard) -> PathBuf {
        self.of_engine("experiment", "json", Some(shard))
    }

    /// The file whose kernel lock is the lease of an engine that has the whole experiment.
    pub fn lock(&self) -> PathBuf {
        self.lock_of(None)
    }

    /// The file whose kernel lock is the lease of the engine of one shard, or of the whole.
    pub fn lock_of(&self, shard: Option<Shard>) -> PathBuf {
        self.of_engine("engine", "lock", shard)
    }

    /// What an engine did, for people.
    pub fn log(&self) -> PathBuf {
        self.log_of(None)
    }

    /// The same of the engine of one shard.
    pub(crate) fn log_of(&self, shard: Option<Shard>) -> PathBuf {
        self.of_engine("engine", "log", shard)
    }

    /// The cap and the queue's state as a person last set them.
    pub fn controls(&self) -> PathBuf {
        self.controls_of(None)
    }

    /// The same of the engine of one shard.
    pub(crate) fn controls_of(&self, shard: Option<Shard>) -> PathBuf {
        self.of_engine("controls", "json", shard)
    }

    /// What is still to be told by this engine or that of a shard.
    pub fn notices_of(&self, shard: Option<Shard>) -> PathBuf {
        self.of_engine("notices", "json", shard)
    }

    /// A file that each engine writes for itself.
    fn of_engine(&self, stem: &str, extension: &str, shard: Option<Shard>) -> PathBuf {
        self.path().join(match shard {
            None => format!("{stem}.{extension}"),
            Some(shard) => format!("{stem}-{}.{extension}", shard.in_file_names()),
        })
    }

    /// Tables with a name that a person made while looking at results.
    pub fn views(&self) -> PathBuf {
        self.path().join("views.json")
    }

    /// What was decided for many at once and has no records of its own yet, one JSON object a line.
    pub fn asked(&self) -> PathBuf {
        self.path().join("asked.jsonl")
    }

    /// Hosts that a person said are gone, one JSON object a line.
    pub fn takeovers(&self) -> PathBuf {
        self.path().join("takeovers.jsonl")
    }

    /// The directory of the simulation called `name`, which the plan has checked to be a plain file name.
    pub fn simulation(&self, name: &str) -> SimulationDir {
        SimulationDir(self.0.below(name))
    }
}

impl SimulationDir {
    /// The simulation's directory at `path`, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(Reached::by_name(path.into()))
    }

    /// The symbolic link to the newest attempt.
    pub fn latest(&self) -> PathBuf {
        self.path().join("latest")
    }

    /// Says that a person cancelled it before it had an attempt to end.
    pub fn cancelled(&self) -> PathBuf {
        self.path().join("cancelled.json")
    }

    /// Says that a person asked for another attempt.
    pub fn retry(&self) -> PathBuf {
        self.path().join("retry.json")
    }

    /// The directory of attempt `number`, counted from one.
    pub fn attempt(&self, number: u32) -> AttemptDir {
        AttemptDir(self.0.below(&format!("attempt-{number}")))
    }
}

/// The number of the attempt whose directory has this name, if it is such a name.
pub(super) fn attempt_number(name: &str) -> Option<u32> {
    name.strip_prefix("attempt-")?.parse().ok()
}

impl AttemptDir {
    /// The attempt in the directory at `path`, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(Reached::by_name(path.into()))
    }

    /// The same directory, by its name.
    #[must_use]
    pub fn let_go(&self) -> Self {
        Self::new(self.name())
    }

    /// What to launch.
    pub fn spec(&self) -> PathBuf {
        self.path().join("spec.json")
    }

    /// Which shim has it, where none inherits the lock on [`Self::spec`].
    pub fn claim(&self) -> PathBuf {
        self.path().join("claim.json")
    }

    /// It is about to be handed to a batch system.
    pub fn submitting(&self) -> PathBuf {
        self.path().join("submitting.json")
    }

    /// A batch system has it.
    pub fn submitted(&self) -> PathBuf {
        self.path().join("submitted.json")
    }

    /// How a batch system says that its job ended.
    pub fn job_end(&self) -> PathBuf {
        self.path().join("job.json")
    }

    /// The script that a batch system runs.
    pub fn job_script(&self) -> PathBuf {
        self.path().join("job.sh")
    }

    /// What that script and the batch system itself print.
    pub fn job_log(&self) -> PathBuf {
        self.path().join("job.log")
    }

    /// What the tree uses now and then, one JSON object a line, for those who cannot look at its processes.
    pub fn beats(&self) -> PathBuf {
        self.path().join("beat.jsonl")
    }

    /// Who runs.
    pub fn started(&self) -> PathBuf {
        self.path().join("started.json")
    }

    /// Stops and continues, one JSON object a line.
    pub fn pauses(&self) -> PathBuf {
        self.path().join("pauses.jsonl")
    }

    /// Stats dumps that a person asked for, one JSON object a line.
    pub fn requested_dumps(&self) -> PathBuf {
        self.path().join("requested_dumps.jsonl")
    }

    /// Why we asked it to stop.
    pub fn stop(&self) -> PathBuf {
        self.path().join("stop.json")
    }

    /// How it ended.
    pub fn exit(&self) -> PathBuf {
        self.path().join("exit.json")
    }

    /// What a `target:` function returned or raised.
    pub fn result(&self) -> PathBuf {
        self.path().join("result.json")
    }

    /// What the function of a suite's call returned or raised, as Python pickles it.
    pub fn value(&self) -> PathBuf {
        self.path().join("value.pickle")
    }

    /// The same while it is written: a temporary file, which goes with the others if its shim is killed.
    pub fn unfinished_value(&self) -> PathBuf {
        self.path().join(".record-value.tmp")
    }

    /// Why it ended, derived from the rest.
    pub fn outcome(&self) -> PathBuf {
        self.path().join("outcome.json")
    }

    /// Every record that tells what became of it.
    pub(crate) fn records(&self) -> [PathBuf; 9] {
        [
            self.spec(),
            self.claim(),
            self.submitting(),
            self.submitted(),
            self.job_end(),
            self.started(),
            self.stop(),
            self.exit(),
            self.outcome(),
        ]
    }

    /// gem5's own output directory, which also holds the two logs.
    pub fn m5out(&self) -> PathBuf {
        self.path().join("m5out")
    }

    /// What surrounded the launch.
    pub fn provenance(&self) -> PathBuf {
        self.path().join("provenance.json")
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
