//! What all processes of one caller have in common.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::experiment::Files;
use crate::rundir::files::Disk;

/// Why a context cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// A start method that gem5 does not survive.
    #[error(
        "the start method `{method}` cannot be used: a copy of a gem5 process shares its simulated system, and gem5 \
         builds only one in the life of a process; use `spawn`, which starts a fresh gem5 for every task"
    )]
    Copies {
        /// The method.
        method: String,
    },
    /// No start method at all.
    #[error("there is no start method `{method}`; the one and only is `spawn`")]
    Unknown {
        /// The method.
        method: String,
    },
}

/// The spawn context: which gem5 to start, and what every start has in common. A clone goes on counting names with the
/// original.
#[derive(Debug, Clone)]
pub struct Context {
    pub(super) executable: PathBuf,
    pub(super) gem5_args: Vec<String>,
    pub(super) env: BTreeMap<String, Option<String>>,
    pub(super) search_path: PathBuf,
    pub(super) cwd: PathBuf,
    pub(super) outdir: PathBuf,
    started: Arc<AtomicU32>,
}

impl Context {
    /// The context for start method `method`. There is only `spawn`; `fork` and `forkserver` are refused with a
    /// reason.
    pub fn new(method: &str) -> Result<Self, ContextError> {
        match method {
            "spawn" => Ok(Self::spawn()),
            "fork" | "forkserver" => Err(ContextError::Copies { method: method.to_owned() }),
            _ => Err(ContextError::Unknown { method: method.to_owned() }),
        }
    }

    /// The spawn context: `gem5` from `PATH`, output below `m5out`, modules from the current directory.
    pub fn spawn() -> Self {
        Self {
            executable: "gem5".into(),
            gem5_args: Vec::new(),
            env: BTreeMap::new(),
            search_path: ".".into(),
            cwd: ".".into(),
            outdir: "m5out".into(),
            started: Arc::new(AtomicU32::new(0)),
        }
    }

    /// The gem5 or Python executable: a path, or a name on `PATH`.
    #[must_use]
    pub fn executable(mut self, executable: impl Into<PathBuf>) -> Self {
        self.executable = executable.into();
        self
    }

    /// Options for every gem5 itself, before the script.
    #[must_use]
    pub fn gem5_args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.gem5_args = args.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a variable in the environment of every process, or removes it.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: Option<&str>) -> Self {
        self.env.insert(name.into(), value.map(str::to_owned));
        self
    }

    /// The directory that is put first on the module search path of called functions.
    #[must_use]
    pub fn search_path(mut self, directory: impl Into<PathBuf>) -> Self {
        self.search_path = directory.into();
        self
    }

    /// The working directory of every process.
    #[must_use]
    pub fn cwd(mut self, directory: impl Into<PathBuf>) -> Self {
        self.cwd = directory.into();
        self
    }

    /// The directory in which every process gets a directory of its own, by its name.
    #[must_use]
    pub fn outdir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.outdir = directory.into();
        self
    }

    /// The next default name: `Process-1`, `Process-2`, …
    pub(super) fn next_name(&self) -> String {
        format!("Process-{}", self.started.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// The executable as an absolute path. A bare name is looked up on `PATH`, as one in an experiment file is; if it is
    /// not there, the name itself comes back, and the start will say that it does not exist.
    pub(super) fn resolved_executable(&self) -> PathBuf {
        let is_bare = self.executable.components().count() == 1 && !self.executable.starts_with(".");
        let found = self.executable.to_str().filter(|_| is_bare).and_then(|name| Disk::new().find_on_path(name));
        let executable = found.as_ref().unwrap_or(&self.executable);
        std::path::absolute(executable).unwrap_or_else(|_| executable.clone())
    }
}
