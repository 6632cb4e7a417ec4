//! Shims that a batch system starts: one job for each attempt, on whatever host it finds.
//!
//! ```text
//!  launch ─ queue ─ submit ──▶ sbatch        one after the other, submitting.json before, submitted.json behind
//!           follow ◀─ poller ◀─ squeue       one question for all jobs of all experiments of this user
//!              └─ records                    started.json, exit.json: what counts
//!  signals ─ queue ─ signal ──▶ scancel      to the shim, which passes them on
//! ```
//!
//! The awkward truth: the answer to a submission may be lost, numbers of jobs are used again, and what is over is forgotten. So
//! a job is known by the name that only its attempt has, whether it was taken is looked up and never tried again blindly, and of
//! all shims that a system starts for an attempt the one that makes `claim.json` has it.

mod absence;
pub(super) mod check;
pub(super) mod engine_job;
mod follow;
mod limits;
mod name;
mod poller;
mod queue;
mod records;
mod script;
mod slurm;
mod start;
mod strangers;
mod system;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::Sender;

use self::follow::Following;
use self::queue::{Handed, Queue};
use self::system::System;
use super::job::{JobSignal, Sought};
use super::{Begun, Followed, NotBegun, NotSignalled, Ready, Target, on_disk};
use crate::engine::state::{Event, TreeSignal};
use crate::experiment::Plan;
use crate::experiment::executor::{Courtesy, StartedBy};
use crate::protocol::Step;
use crate::rundir::record::Moment;
use crate::rundir::{AttemptDir, ExperimentDir};

/// What an attempt was handed to a batch system as.
#[derive(Debug)]
pub struct Job {
    sought: Sought,
    unclear: Option<String>,
    queue: Arc<Queue>,
}

/// What is asked of one system: for each job its place among all, and the job.
type Asked = (Arc<Queue>, Vec<(usize, Sought)>);

/// The batch systems of an experiment.
#[derive(Debug)]
pub(super) struct Batch {
    outdir: ExperimentDir,
    /// The settings of one job of each system, by the names of the systems.
    settings: BTreeMap<String, StartedBy>,
    courtesy: Courtesy,
    queues: Mutex<BTreeMap<String, Arc<Queue>>>,
    /// The jobs that are followed, by the directories of their attempts.
    followed: Mutex<HashMap<PathBuf, Arc<Queue>>>,
}

impl Batch {
    /// Of this plan, whose experiment directory is held.
    pub(super) fn new(outdir: &ExperimentDir, plan: &Plan) -> Self {
        let mut settings = BTreeMap::new();
        for simulation in &plan.simulations {
            let spawned = simulation.suite().map(|suite| &suite.spawned.executor);
            for by in std::iter::once(&simulation.executor).chain(spawned) {
                if let Some(system) = by.system() {
                    settings.entry(system.to_owned()).or_insert_with(|| by.clone());
                }
            }
        }
        Self {
            outdir: outdir.clone(),
            settings,
            courtesy: plan.courtesy,
            queues: Mutex::default(),
            followed: Mutex::default(),
        }
    }

    /// Whether this attempt is followed as a job.
    pub(super) fn has(&self, dir: &AttemptDir) -> bool {
        self.followed().contains_key(dir.name())
    }

    fn followed(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Arc<Queue>>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The batch system of this name.
    fn queue(&self, name: &str, by: Option<&StartedBy>) -> Result<Arc<Queue>, String> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(name) {
            return Ok(Arc::clone(queue));
        }
        let by = by.or_else(|| self.settings.get(name));
        let system = by.and_then(System::of).or_else(|| System::named(name));
        let system = system.ok_or_else(|| format!("the experiment file does not say any more how to ask `{name}`"))?;
        let queue = Queue::start(name, system, &self.outdir, self.courtesy.poll)
            .map_err(|error| format!("could not start a thread: {error}"))?;
        let queue = Arc::new(queue);
        queues.insert(name.to_owned(), Arc::clone(&queue));
        Ok(queue)
    }

    /// Hands an attempt to its batch system.
    ///
    /// # Errors
    /// Why nothing was handed in.
    pub(super) async fn start(&self, target: &Target, ready: Ready) -> Result<Begun, NotBegun> {
        let name = ready.by.system().unwrap_or_default().to_owned();
        let queue = self.queue(&name, Some(&ready.by)).map_err(NotBegun::Refused)?;
        match queue.submit(target, ready).await.map_err(NotBegun::TakeBack)? {
            Handed::In { sought, unclear } => Ok(Begun::Job(Job { sought, unclear, queue })),
            Handed::Refused(why) => Err(NotBegun::Refused(why)),
            Handed::Avoided(why) => Err(NotBegun::NowhereElse(why)),
        }
    }

    /// Follows a job until it is over and its records say all that they will. None if the attempt has none.
    pub(super) async fn follow(&self, target: &Target, job: Option<Job>, events: &Sender<Event>) -> Option<Followed> {
        let job = match job {
            Some(job) => job,
            None => self.found(&target.dir).await?,
        };
        let Job { sought, unclear, queue } = job;
        self.followed().insert(target.dir.name().to_owned(), Arc::clone(&queue));
        let followed = Following::new(target, &queue, events, sought, unclear).run().await;
        self.followed().remove(target.dir.name());
        Some(followed)
    }

    /// The job that an engine before this one has handed in.
    async fn found(&self, dir: &AttemptDir) -> Option<Job> {
        let held = dir.clone();
        let (system, sought) = on_disk(move || records::handed_in(&held)).await.flatten()?;
        let queue = match self.queue(&system, None) {
            Ok(queue) => queue,
            Err(why) => {
                tracing::warn!("{} cannot be followed as a job: {why}", dir.name().display());
                return None;
            }
        };
        let unclear = sought.id.is_none().then(|| "the engine that handed it in has not heard the answer".to_owned());
        Some(Job { sought, unclear, queue })
    }

    /// Whether a person looks.
    pub(super) fn watched(&self, is_watched: bool) {
        for queue in self.queues.lock().unwrap_or_else(PoisonError::into_inner).values() {
            queue.poller().watched(is_watched);
        }
    }

    /// What a person should know of batch systems: that one does not answer, and which nodes are avoided.
    pub(super) fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        for queue in self.queues.lock().unwrap_or_else(PoisonError::into_inner).values() {
            let title = queue.title();
            let heard = queue.poller().heard();
            let heard = heard.borrow();
            if let Some((since, why)) = &heard.silent {
                let span = crate::text::human::span(since.elapsed().as_millis() as u64);
                notices.push(format!("{title} does not answer since {span}: {why}"));
            }
            notices.extend(heard.strangers.iter().cloned());
            let excluded = queue.excluded();
            if !excluded.is_empty() {
                notices.push(format!("nothing more is started on {}, where jobs came to nothing", excluded.join(", ")));
            }
        }
        notices
    }

    /// Sends a signal to the jobs of these attempts. The answers are in their order. Blocks.
    pub(super) fn signal(&self, dirs: &[AttemptDir], signal: TreeSignal) -> Vec<Result<(), NotSignalled>> {
        self.each_system(dirs, |queue, jobs| {
            match signal {
                TreeSignal::Stop => queue.signal(jobs, JobSignal::Stop),
                TreeSignal::Continue => queue.signal(jobs, JobSignal::Continue),
                TreeSignal::DumpStats | TreeSignal::PollStats => queue.signal(jobs, JobSignal::DumpStats),
                TreeSignal::Ladder(Step::Interrupt) => queue.signal(jobs, JobSignal::Interrupt),
                // All of the job get SIGTERM, and SIGKILL in their time.
                TreeSignal::Ladder(Step::Terminate) => queue.cancel(jobs),
                TreeSignal::Ladder(Step::Kill) => queue.kill(jobs),
            }
        })
    }

    /// Takes back what has not started. Blocks.
    pub(super) fn withdraw(&self, dirs: &[AttemptDir]) -> Vec<Result<(), NotSignalled>> {
        self.each_system(dirs, Queue::cancel)
    }

    /// Has what has not started held back, or lets it start. Blocks.
    pub(super) fn hold(&self, dirs: &[AttemptDir], held: bool) -> Vec<Result<(), NotSignalled>> {
        self.each_system(dirs, |queue, jobs| queue.hold(jobs, held))
    }

    /// When attempts that wait are expected to start, one after the other in words. Blocks.
    pub(super) fn expected_starts(&self, dirs: &[AttemptDir]) -> Vec<Result<String, NotSignalled>> {
        let known = Mutex::new(HashMap::new());
        let asked = self.each_system(dirs, |queue, jobs| {
            let ids: Vec<String> = jobs.iter().filter_map(|job| job.id.clone()).collect();
            let starts: HashMap<String, i64> = queue.expected_starts(&ids)?.into_iter().collect();
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            known.extend(jobs.iter().map(|job| {
                let start = job.id.as_ref().and_then(|id| starts.get(id)).copied();
                (job.name.clone(), start::words(queue.title(), job.id.as_deref(), start, Moment::now().unix_ms))
            }));
            Ok(())
        });
        let mut known = known.into_inner().unwrap_or_else(PoisonError::into_inner);
        let told = |(asked, dir): (Result<(), NotSignalled>, &AttemptDir)| {
            asked?;
            let words = records::followed(dir).and_then(|sought| known.remove(&sought.name));
            words.ok_or_else(|| NotSignalled::Unknown { path: dir.submitting() })
        };
        asked.into_iter().zip(dirs).map(told).collect()
    }

    fn each_system(
        &self,
        dirs: &[AttemptDir],
        act: impl Fn(&Queue, &[Sought]) -> Result<(), String>,
    ) -> Vec<Result<(), NotSignalled>> {
        let mut answers: Vec<Result<(), NotSignalled>> = Vec::new();
        let mut by_system: BTreeMap<String, Asked> = BTreeMap::new();
        for (at, dir) in dirs.iter().enumerate() {
            let queue = self.followed().get(dir.name()).cloned();
            let known = queue.zip(records::followed(dir));
            answers.push(match known {
                Some((queue, sought)) => {
                    let name = queue.name().to_owned();
                    by_system.entry(name).or_insert_with(|| (queue, Vec::new())).1.push((at, sought));
                    Ok(())
                }
                None => Err(NotSignalled::Unknown { path: dir.submitting() }),
            });
        }
        for (queue, jobs) in by_system.into_values() {
            let (places, jobs): (Vec<usize>, Vec<Sought>) = jobs.into_iter().unzip();
            if let Err(why) = act(&queue, &jobs) {
                for at in places {
                    answers[at] = Err(NotSignalled::Batch { name: name_of(dirs[at].name()), why: why.clone() });
                }
            }
        }
        answers
    }
}

fn name_of(dir: &Path) -> String {
    dir.parent().and_then(Path::file_name).map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
