//! Every path in an experiment directory, named once.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, fs, io};

use super::atomic;
use super::held::{HeldDir, Standing, place_at};
use super::record::{Place, Started};

/// The log in gem5's output directory that holds what it wrote to standard output, as `gem5 -r` calls it.
pub(crate) const SIMOUT: &str = "simout.txt";

/// The log in gem5's output directory that holds what it wrote to standard error, as `gem5 -e` calls it.
pub(crate) const SIMERR: &str = "simerr.txt";

/// The directory of one experiment.
///
/// Like those below it, it has a name, and the path by which it is reached: the same, unless somebody holds it.
#[derive(Clone)]
pub struct ExperimentDir(Reached);

/// The directory of one simulation.
#[derive(Clone)]
pub struct SimulationDir(Reached);

/// The directory of one attempt, with its records. Where in it gem5 writes, [`Outputs`](super::Outputs) know.
#[derive(Clone)]
pub struct AttemptDir(Reached);

/// A directory by its name and by the way to it.
#[derive(Clone)]
struct Reached {
    name: PathBuf,
    path: PathBuf,
    /// What keeps the way open: this directory or one above it.
    held: Option<Arc<HeldDir>>,
    is_own_way: bool,
}

impl Reached {
    fn by_name(name: PathBuf) -> Self {
        Self { path: name.clone(), name, held: None, is_own_way: false }
    }

    fn below(&self, name: &str) -> Self {
        Self { name: self.name.join(name), path: self.path.join(name), held: self.held.clone(), is_own_way: false }
    }

    fn hold(&self) -> io::Result<Self> {
        let held = HeldDir::open(&self.path, &self.name)?;
        Ok(Self { name: self.name.clone(), path: held.path().to_owned(), held: Some(Arc::new(held)), is_own_way: true })
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

    /// The same directory, held: whatever becomes of its name, all that is done through this one is done in it.
    pub fn hold(&self) -> io::Result<Self> {
        self.0.hold().map(Self)
    }

    /// Whether its name still leads to it. One that is not held is what its name leads to.
    pub fn standing(&self) -> Standing {
        self.0.held.as_ref().map_or(Standing::Here, |held| held.standing())
    }

    /// Finds it again if its disk went away and came back: see [`HeldDir::revive`].
    pub(crate) fn revive(&self, is_same: impl FnOnce(&Path) -> bool) -> io::Result<bool> {
        self.0.held.as_ref().map_or(Ok(false), |held| held.revive(is_same))
    }

    /// What was planned.
    pub fn experiment_record(&self) -> PathBuf {
        self.path().join("experiment.json")
    }

    /// The file whose kernel lock is the engine's lease.
    pub fn lock(&self) -> PathBuf {
        self.path().join("engine.lock")
    }

    /// What the engine did, for people.
    pub fn log(&self) -> PathBuf {
        self.path().join("engine.log")
    }

    /// The cap and the queue's state as a person last set them.
    pub fn controls(&self) -> PathBuf {
        self.path().join("controls.json")
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

impl AttemptDir {
    /// The attempt in the directory at `path`, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(Reached::by_name(path.into()))
    }

    /// The same directory, held: see [`ExperimentDir::hold`].
    pub fn hold(&self) -> io::Result<Self> {
        self.0.hold().map(Self)
    }

    /// The same directory, by its name.
    #[must_use]
    pub fn let_go(&self) -> Self {
        Self::new(self.name())
    }

    /// Whether its name still leads to it.
    pub fn standing(&self) -> Standing {
        self.0.held.as_ref().map_or(Standing::Here, |held| held.standing())
    }

    /// Finds it again if its disk went away and came back: see [`HeldDir::revive`]. It is the same one if its record tells of
    /// who `runs` there.
    pub(crate) fn revive(&self, runs: Option<&Started>) -> io::Result<bool> {
        let is_same = |name: &Path| {
            let found = atomic::read_json::<Started>(&Self::new(name).started()).ok().flatten();
            found.is_some() && found.as_ref() == runs
        };
        self.0.held.as_ref().filter(|_| self.is_own_way()).map_or(Ok(false), |held| held.revive(is_same))
    }

    /// Whether it is held, itself and not only the experiment directory above it: then nothing can be in its place.
    pub(crate) fn is_own_way(&self) -> bool {
        self.0.is_own_way
    }

    /// Which directory it is.
    pub(crate) fn place(&self) -> io::Result<Place> {
        place_at(self.path())
    }

    /// Whether the directory is there, under whatever name.
    pub(crate) fn is_there(&self) -> io::Result<bool> {
        match fs::metadata(self.path()) {
            // One that was removed is still reached by whoever holds it.
            Ok(meta) => Ok(meta.nlink() > 0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What to launch.
    pub fn spec(&self) -> PathBuf {
        self.path().join("spec.json")
    }

    /// Which shim has it, where none inherits the lock on [`Self::spec`].
    pub fn claim(&self) -> PathBuf {
        self.path().join("claim.json")
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

    /// Why it ended, derived from the rest.
    pub fn outcome(&self) -> PathBuf {
        self.path().join("outcome.json")
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
