//! One batch system as an engine uses it: jobs are handed in one after the other and not too fast, nodes that fail are avoided, and
//! one thread asks what has become of them.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Mutex as Turn;

use super::limits::finish_before;
use super::poller::Poller;
use super::records::{sought, submitted};
use super::system::System;
use super::{name, script};
use crate::engine::executor::job::{Answer, Ask, JobSignal, Sought};
use crate::engine::executor::{Ready, Target, on_disk};
use crate::experiment::executor::StartedBy;
use crate::failpoint::point;
use crate::rundir::record::{FORMAT, Moment, Submitting};
use crate::rundir::{ExperimentDir, atomic};
use crate::spawn::launch::LaunchError;

/// Between two submissions: five a second at most.
const SUBMIT_EVERY: Duration = Duration::from_millis(200);

/// On how many starts a node must have failed before nothing is started there any more.
const FAILURES: u32 = 2;

/// After so long a job that was killed and is still there is cancelled as a whole.
const KILL_AGAIN: Duration = Duration::from_secs(30);

/// One batch system.
#[derive(Debug)]
pub(super) struct Queue {
    name: String,
    system: Arc<System>,
    poller: Poller,
    outdir: ExperimentDir,
    program: OnceLock<PathBuf>,
    turn: Turn<Option<Instant>>,
    failures: Mutex<BTreeMap<String, u32>>,
    killed: Mutex<HashMap<String, Instant>>,
}

/// What became of a submission.
#[derive(Debug)]
pub(super) enum Handed {
    /// The system has it, or may have it: then with what it said.
    In {
        /// What is followed.
        sought: Sought,
        /// Why it is not known whether the system has it.
        unclear: Option<String>,
    },
    /// It does not take such a job.
    Refused(String),
    /// It does not take it without the nodes that are avoided, which is no fault of the job.
    Avoided(String),
}

impl Queue {
    /// The batch system of these settings. Nothing is asked before there is a job.
    pub(super) fn start(
        name: &str,
        system: System,
        outdir: &ExperimentDir,
        every: Option<Duration>,
    ) -> io::Result<Self> {
        let system = Arc::new(system);
        Ok(Self {
            name: name.to_owned(),
            poller: Poller::start(Arc::clone(&system), outdir, every)?,
            system,
            outdir: outdir.clone(),
            program: OnceLock::new(),
            turn: Turn::default(),
            failures: Mutex::default(),
            killed: Mutex::default(),
        })
    }

    /// The system's name, as records have it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What people call it.
    pub(super) fn title(&self) -> &str {
        self.system.title()
    }

    /// Who asks what has become of jobs.
    pub(super) fn poller(&self) -> &Poller {
        &self.poller
    }

    /// Hands an attempt in. `submitting.json` is on disk before, so that the next engine looks for the job by its name.
    ///
    /// # Errors
    /// When it could not even be tried: the system has no job then.
    pub(super) async fn submit(self: &Arc<Self>, target: &Target, ready: Ready) -> Result<Handed, LaunchError> {
        // One after the other, in the order in which they came.
        let mut last = self.turn.lock().await;
        if let Some(next) = last.and_then(|last| last.checked_add(SUBMIT_EVERY)) {
            tokio::time::sleep_until(next.into()).await;
        }
        let (queue, target) = (Arc::clone(self), target.clone());
        let handed = on_disk(move || queue.hand_in(&target, ready)).await;
        *last = Some(Instant::now());
        drop(last);
        self.poller.acted();
        handed.unwrap_or_else(|| Err(LaunchError::new("handing the job in failed")))
    }

    fn hand_in(&self, target: &Target, ready: Ready) -> Result<Handed, LaunchError> {
        let Ready { spec, secrets, by, limits } = ready;
        let dir = &target.dir;
        // The shim takes the lock itself, on its own host.
        drop(spec);
        let at = Moment::now();
        let name = name::job_name(&self.outdir, &target.simulation, target.number, at);
        let program = if let Some(program) = self.program.get() {
            program.clone()
        } else {
            let made = script::keep_program(&self.outdir);
            let made = made.map_err(LaunchError::io("put this program into", self.outdir.path()))?;
            self.program.get_or_init(|| made).clone()
        };
        let path = dir.job_script();
        let signals = match &by {
            StartedBy::Command(job) => job.signals(),
            StartedBy::Slurm(_) | StartedBy::Local => true,
        };
        script::write(&path, &script::script(&program, dir, at, signals)).map_err(LaunchError::io("write", &path))?;
        let simulation = target.simulation.name().file_name().unwrap_or_default().to_string_lossy();
        let comment = format!("gem5-tui: attempt {} of {simulation}", target.number);
        let named = dir.let_go();
        let limit = limits.of_job();
        let excluded = self.excluded();
        let ask = Ask {
            name: &name,
            comment: &comment,
            dir: named.path(),
            log: &named.job_log(),
            script: &named.job_script(),
            memory: limits.memory,
            limit,
            int_before: limit.map(finish_before),
            exclude: &excluded,
        };
        let command = self.system.submission(&by, &ask);
        let record = Submitting { format: FORMAT, system: self.name.clone(), job_name: name.clone(), at, command };
        let path = dir.submitting();
        atomic::write_json(&path, &record).map_err(LaunchError::io("write", &path))?;
        _ = point("batch.submitting", dir.name());
        let answer = self.system.submit(&by, &ask, &secrets);
        _ = point("batch.handed-in", dir.name());
        let sought = |id| sought(name.clone(), id, at);
        // It is tried again: nothing can be said against what was handed in.
        let later = |said: &str| LaunchError { reason: format!("{} {said}", self.title()), of_machine: true };
        match answer {
            Answer::Accepted { id } => {
                let path = dir.submitted();
                if let Err(error) = atomic::write_json(&path, &submitted(&self.name, &name, &id)) {
                    // It is found by its name.
                    tracing::warn!("could not write {}: {error}", path.display());
                }
                tracing::info!("{} is job {id} of {}", named.path().display(), self.title());
                Ok(Handed::In { sought: sought(Some(id)), unclear: None })
            }
            Answer::Unclear { words } => {
                tracing::warn!("whether {} has {name} is not known: {words}", self.title());
                Ok(Handed::In { sought: sought(None), unclear: Some(words) })
            }
            // Of what it refuses because of us, nobody needs to change anything but those nodes.
            Answer::Refused { words } if !excluded.is_empty() => {
                let (title, nodes) = (self.title(), excluded.join(", "));
                Ok(Handed::Avoided(format!("{title} refused it without {nodes}, where jobs came to nothing: {words}")))
            }
            Answer::Refused { words } => Ok(Handed::Refused(format!("{} refused it: {words}", self.title()))),
            Answer::Full { words } => Err(later(&format!("takes no more jobs now: {words}"))),
            Answer::Unreached { words } => Err(later(&format!("cannot be reached: {words}"))),
        }
    }

    /// A job came to nothing on this node.
    pub(super) fn failed_on(&self, node: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = failures.entry(node.to_owned()).or_default();
        *failed += 1;
        if *failed == FAILURES {
            tracing::warn!("{node} has failed {FAILURES} times: nothing more is started there");
        }
    }

    /// Nodes on which nothing is started.
    pub(super) fn excluded(&self) -> Vec<String> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.iter().filter(|(_, failed)| **failed >= FAILURES).map(|(node, _)| node.clone()).collect()
    }

    /// Sends a signal to the shims of these jobs. Blocks.
    ///
    /// # Errors
    /// Why it was not sent.
    pub(super) fn signal(&self, jobs: &[Sought], signal: JobSignal) -> Result<(), String> {
        let sent = self.system.signal(jobs, signal);
        self.poller.acted();
        sent
    }

    /// Has these jobs killed: by their shims, which record it, and as a whole if that was not enough.
    ///
    /// # Errors
    /// Why that was not done.
    pub(super) fn kill(&self, jobs: &[Sought]) -> Result<(), String> {
        let mut killed = self.killed.lock().unwrap_or_else(PoisonError::into_inner);
        let (again, first): (Vec<&Sought>, Vec<&Sought>) =
            jobs.iter().partition(|job| killed.get(&job.name).is_some_and(|at| at.elapsed() >= KILL_AGAIN));
        for job in &first {
            killed.entry(job.name.clone()).or_insert_with(Instant::now);
        }
        drop(killed);
        let first: Vec<Sought> = first.into_iter().cloned().collect();
        let sent = if first.is_empty() { Ok(()) } else { self.signal(&first, JobSignal::Kill) };
        let again: Vec<Sought> = again.into_iter().cloned().collect();
        let cancelled = if again.is_empty() { Ok(()) } else { self.cancel(&again) };
        sent.and(cancelled)
    }

    /// Takes jobs back, or ends them. Blocks.
    ///
    /// # Errors
    /// Why that was not done.
    pub(super) fn cancel(&self, jobs: &[Sought]) -> Result<(), String> {
        let done = self.system.cancel(jobs);
        self.poller.acted();
        done
    }

    /// When these jobs are expected to start, in seconds since the Unix epoch. Blocks.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) fn expected_starts(&self, ids: &[String]) -> Result<Vec<(String, i64)>, String> {
        self.system.expected_starts(ids)
    }

    /// Has jobs held back, or lets them start. Blocks.
    ///
    /// # Errors
    /// Why that was not done.
    pub(super) fn hold(&self, jobs: &[Sought], held: bool) -> Result<(), String> {
        let done = self.system.hold(jobs, held);
        self.poller.acted();
        done
    }
}
