//! Where shims are started, and how what they hold is reached: on this machine ([`local`]), or as jobs of a batch system (`batch`).
//!
//! An executor starts a shim, follows it until nothing of it is left, signals what it holds, takes back what has not
//! started, and says where an attempt is. How an attempt ended is never told from here, only by its records, so an executor
//! that is asked too late loses nothing; one that alone has learned an end records it.
//!
//! The awkward truth: the state, the ladder and the outcome know no process, no lock and no host. Whatever an executor
//! learns must reach them as an event.

mod batch;
mod client;
mod command;
mod job;
pub mod local;
mod slurm;

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::sync::mpsc::Sender;

use self::local::ShimProcess;
use crate::engine::state::{Event, TreeSignal};
use crate::experiment::Plan;
use crate::experiment::executor::StartedBy;
use crate::rundir::atomic::RecordError;
use crate::rundir::attempts::AttemptRecords;
use crate::rundir::named::as_named;
use crate::rundir::record::Started;
use crate::rundir::{AttemptDir, ExperimentDir, Presence, SimulationDir, Takeovers};
use crate::spawn::SignalError;
use crate::spawn::launch::LaunchError;

use batch::Batch;
pub use batch::Job;
pub use batch::check::Checked;
use local::Local;

/// Where shims are started.
#[derive(Debug)]
pub struct Executor {
    local: Local,
    /// The batch systems of an experiment; none for whoever only looks.
    batch: Option<Batch>,
}

/// Which attempt of which simulation.
#[derive(Debug, Clone)]
pub struct Target {
    /// The simulation's index.
    pub sim: u32,
    /// The simulation's directory.
    pub simulation: SimulationDir,
    /// The attempt.
    pub number: u32,
    /// The attempt's directory.
    pub dir: AttemptDir,
}

/// What a shim is started with, besides the directory of its attempt.
#[derive(Debug)]
pub struct Ready {
    /// `spec.json`, open and locked.
    pub spec: File,
    /// What the shim's environment must hold, because no record does.
    pub secrets: Vec<(String, String)>,
    /// Where it is to be started.
    pub by: StartedBy,
    /// What a job may use.
    pub limits: Limits,
}

/// What an attempt may use, where a batch system sees to that.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Memory, in bytes.
    pub memory: Option<u64>,
    /// How long it may run.
    pub timeout: Option<Duration>,
    /// How long it may take to finish after that.
    pub grace: Duration,
    /// The limit of its job, where that has one of its own.
    pub job_time: Option<Duration>,
}

/// Why nothing was started.
#[derive(Debug)]
pub enum NotBegun {
    /// Nobody writes in the attempt's directory, so that it may be taken back.
    TakeBack(LaunchError),
    /// A batch system refuses this one, and would refuse it again.
    Refused(String),
    /// A batch system would start it only where jobs came to nothing.
    NowhereElse(String),
}

/// How following an attempt came to its end.
#[derive(Debug)]
pub enum Followed {
    /// Nothing of it is left, as far as can be seen. Its records tell how it ended.
    Over,
    /// Nothing was started, because of the machine. The attempt may be taken back.
    NothingStarted(LaunchError),
}

/// A shim that was started, here or by an engine before this one.
#[derive(Debug)]
pub enum Begun {
    /// Our own child.
    Child(ShimProcess),
    /// The shim of another engine, with who runs; none while it is still starting.
    Found(Option<Box<Started>>),
    /// A batch system has it, or may have it.
    Job(Job),
}

/// What an executor can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// How many simulations run at once where the experiment says `concurrency: auto`.
    pub slots: u32,
    /// Whether little memory left on this machine is a reason to launch nothing.
    pub needs_memory_here: bool,
    /// Between two looks at what runs.
    pub look_every: Duration,
}

/// Why a signal reached nobody.
#[derive(Debug, thiserror::Error)]
pub enum NotSignalled {
    /// Nobody knows whom to signal.
    #[error("{} is missing, so nothing can be signalled", as_named(path).display())]
    Unknown {
        /// The record that would tell.
        path: PathBuf,
    },
    /// The record that tells cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The system refused.
    #[error("could not signal process {pid}: {source}")]
    Refused {
        /// The main process.
        pid: i32,
        /// Why.
        source: SignalError,
    },
    /// Nothing of a simulation was found that has not ended.
    #[error(
        "no process of {name} was found to signal, and it has not ended: {presence}; signal it by hand where it runs, or end \
         it there"
    )]
    ReachedNobody {
        /// The simulation.
        name: String,
        /// Where it is, as far as can be told.
        presence: Presence,
    },
    /// It would have ended of a request for stats.
    #[error("{name} does not listen for SIGUSR1, so it was not asked for stats")]
    DoesNotListen {
        /// The simulation.
        name: String,
    },
    /// The request for stats could not be made.
    #[error("{name} was not asked for stats: {source}")]
    NotAsked {
        /// The simulation.
        name: String,
        /// Why.
        source: SignalError,
    },
    /// A batch system, or its command, refused.
    #[error("{name} was not reached: {why}")]
    Batch {
        /// The simulation.
        name: String,
        /// Why.
        why: String,
    },
    /// The request for stats could not be written down, so it was not made.
    #[error("could not write {}: {source}", as_named(path).display())]
    Unwritten {
        /// The record.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Executor {
    /// The executor of this machine alone. `gone` are the hosts that people said are gone.
    pub fn local(gone: Takeovers) -> Self {
        Self { local: Local::new(gone), batch: None }
    }

    /// The executors of a plan, whose experiment directory is held.
    pub fn of(plan: &Plan, outdir: &ExperimentDir, gone: Takeovers) -> Self {
        Self { local: Local::new(gone), batch: Some(Batch::new(outdir, plan)) }
    }

    /// Asks the batch systems of a plan beforehand whether they would take its jobs, and tells each answer as it comes. Blocks for
    /// minutes where a cluster is busy.
    pub fn check(plan: &Plan, tell: impl FnMut(&Checked)) {
        batch::check::check(plan, tell);
    }

    /// Hands in a job that runs the engine of a plan, unless there is one, and says which job it is. Blocks.
    ///
    /// # Errors
    /// Why there is none.
    pub fn start_engine_job(plan: &Plan, arguments: &[String], handover: &[u8]) -> Result<String, String> {
        batch::engine_job::start(plan, arguments, handover)
    }

    /// What it can do.
    pub fn abilities(&self) -> Abilities {
        local::abilities()
    }

    /// Starts a shim for the attempt, whose `spec.json` is on disk.
    ///
    /// # Errors
    /// When none could be started: nobody writes in the attempt's directory then.
    pub async fn start(&self, target: &Target, ready: Ready) -> Result<Begun, NotBegun> {
        match (&self.batch, &ready.by) {
            (_, StartedBy::Local) => self.local.start(target, ready).await.map_err(NotBegun::TakeBack),
            (Some(batch), _) => batch.start(target, ready).await,
            (None, _) => Err(NotBegun::Refused("no batch system can be asked from here".to_owned())),
        }
    }

    /// Follows an attempt until nothing of it is left. What happens meanwhile is sent as events.
    pub async fn follow(&self, target: &Target, begun: Begun, events: &Sender<Event>) -> Followed {
        let begun = match (&self.batch, begun) {
            (Some(batch), Begun::Job(job)) => match batch.follow(target, Some(job), events).await {
                Some(followed) => return followed,
                None => Begun::Found(None),
            },
            (Some(batch), found @ Begun::Found(_)) => match batch.follow(target, None, events).await {
                Some(followed) => return followed,
                None => found,
            },
            (_, begun) => begun,
        };
        self.local.follow(target, begun, events).await
    }

    /// Whether a batch system has the attempt.
    pub fn is_job(&self, dir: &AttemptDir) -> bool {
        self.batch.as_ref().is_some_and(|batch| batch.has(dir))
    }

    /// Sends a signal to the trees of these attempts, and says of each, in their order, what became of it. Blocks.
    pub fn signal(&self, dirs: &[AttemptDir], signal: TreeSignal) -> Vec<Result<(), NotSignalled>> {
        match &self.batch {
            Some(batch) if dirs.iter().all(|dir| batch.has(dir)) => batch.signal(dirs, signal),
            _ => self.local.signal(dirs, signal),
        }
    }

    /// Takes back attempts that wait in a batch system, and says of each what became of it. Blocks.
    pub fn withdraw(&self, dirs: &[AttemptDir]) -> Vec<Result<(), NotSignalled>> {
        // On this machine nothing waits: a launch is a process at once.
        self.batch.as_ref().map_or_else(Vec::new, |batch| batch.withdraw(dirs))
    }

    /// Has attempts that wait in a batch system held back there, or lets them start. Blocks.
    pub fn hold(&self, dirs: &[AttemptDir], held: bool) -> Vec<Result<(), NotSignalled>> {
        self.batch.as_ref().map_or_else(Vec::new, |batch| batch.hold(dirs, held))
    }

    /// When attempts that wait in a batch system are expected to start, in words for each. Blocks.
    pub fn expected_starts(&self, dirs: &[AttemptDir]) -> Vec<Result<String, NotSignalled>> {
        self.batch.as_ref().map_or_else(Vec::new, |batch| batch.expected_starts(dirs))
    }

    /// Whether a person looks, so that batch systems are asked more often.
    pub fn watched(&self, is_watched: bool) {
        if let Some(batch) = &self.batch {
            batch.watched(is_watched);
        }
    }

    /// What a person should know of the batch systems.
    pub fn notices(&self) -> Vec<String> {
        self.batch.as_ref().map_or_else(Vec::new, Batch::notices)
    }

    /// Where an attempt is.
    pub fn presence(&self, records: &AttemptRecords) -> Presence {
        self.local.presence(records)
    }

    /// Where attempt `number` in `dir` is, also if its records cannot be read.
    pub fn presence_at(&self, dir: &SimulationDir, number: u32) -> Presence {
        self.local.presence_at(dir, number)
    }
}

/// So many looks at the disk are under way at most. An engine that adopts a thousand simulations has a look at each at once, and
/// needs no thread for each of those.
const LOOKS: usize = 32;

/// Looks at the disk in another thread: one that does not answer must not hold up the loop.
async fn on_disk<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    static UNDER_WAY: Semaphore = Semaphore::const_new(LOOKS);
    let _place = UNDER_WAY.acquire().await.ok()?;
    tokio::task::spawn_blocking(look).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number of a descriptor says nothing to a person, and is another directory a moment later.
    #[test]
    fn what_is_told_of_a_held_directory_has_its_name() {
        let place = tempfile::tempdir().unwrap();
        let dir = AttemptDir::new(place.path()).hold().unwrap();
        let path = dir.requested_dumps();
        assert!(path.starts_with("/proc/self/fd"), "{}", path.display());
        let named = place.path().canonicalize().unwrap().join("requested_dumps.jsonl");
        let source = io::Error::other("full");
        for told in [NotSignalled::Unknown { path: path.clone() }, NotSignalled::Unwritten { path, source }] {
            assert!(told.to_string().contains(named.to_str().unwrap()), "{told}");
        }
    }
}
