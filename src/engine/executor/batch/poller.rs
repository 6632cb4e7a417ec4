//! Asks a batch system what has become of jobs: one question for all of them, as seldom as will do.
//!
//! One thread for each system. It asks nothing while nobody follows a job. What it hears goes to all who follow one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::absence::{Absence, Gone};
use super::slurm::SHARED_AGE;
use super::strangers::Strangers;
use super::system::System;
use crate::engine::executor::job::{JobStatus, Jobs, Sought, Stage};
use crate::engine::executor::slurm::cadence::Cadence;
use crate::rundir::ExperimentDir;

/// Between two closer looks at what is missing.
const LOOK_CLOSER_EVERY: Duration = Duration::from_secs(30);

/// What a follower knows of its job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing was heard yet, or it is being looked for.
    Nothing,
    /// What the system says.
    Said(JobStatus),
    /// The system has never had it.
    NeverArrived,
}

/// What was heard last.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard {
    jobs: Arc<Jobs>,
    /// What became of those that were missing.
    gone: HashMap<String, News>,
    /// What is said of jobs that seem to be ours and are not.
    pub strangers: Vec<String>,
    /// Since when the system has not answered, and what happened instead.
    pub silent: Option<(Instant, String)>,
}

impl Heard {
    /// What is known of one.
    pub(super) fn of(&self, sought: &Sought) -> News {
        match self.jobs.of(sought) {
            Some(status) => News::Said(status),
            None => self.gone.get(&sought.name).cloned().unwrap_or(News::Nothing),
        }
    }
}

/// The way to the thread. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Poller {
    shared: Arc<Shared>,
    wake: mpsc::Sender<Wake>,
    heard: watch::Receiver<Heard>,
}

#[derive(Debug, Default)]
struct Shared {
    followed: Mutex<HashMap<String, Sought>>,
}

/// Why the thread wakes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wake {
    /// Somebody follows one more job.
    Followed,
    /// We have done something to a job, so that there is news soon.
    Acted,
    /// Whether a person looks.
    Watched(bool),
}

/// A job that is followed until this is dropped.
#[derive(Debug)]
pub(super) struct Followed {
    shared: Arc<Shared>,
    name: String,
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.shared.followed().remove(&self.name);
    }
}

impl Shared {
    fn followed(&self) -> std::sync::MutexGuard<'_, HashMap<String, Sought>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Poller {
    /// Starts the thread. `every` lies between two questions, where the experiment file says so.
    pub(super) fn start(system: Arc<System>, outdir: &ExperimentDir, every: Option<Duration>) -> std::io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let (wake, woken) = mpsc::channel();
        let (tell, heard) = watch::channel(Heard::default());
        let run = {
            let (shared, strangers) = (Arc::clone(&shared), Strangers::of(outdir));
            move || Asking::new(&system, &shared, strangers, every).run(&woken, &tell)
        };
        thread::Builder::new().name("batch-poller".to_owned()).spawn(run)?;
        Ok(Self { shared, wake, heard })
    }

    /// Asks for this job, too, from now on.
    pub(super) fn follow(&self, sought: Sought) -> Followed {
        let name = sought.name.clone();
        self.shared.followed().insert(name.clone(), sought);
        self.wake(Wake::Followed);
        Followed { shared: Arc::clone(&self.shared), name }
    }

    /// Takes the number of a job that is followed.
    pub(super) fn known_as(&self, name: &str, id: &str) {
        if let Some(sought) = self.shared.followed().get_mut(name) {
            sought.id = Some(id.to_owned());
        }
    }

    /// Every answer from now on.
    pub(super) fn heard(&self) -> watch::Receiver<Heard> {
        self.heard.clone()
    }

    /// We have done something to a job.
    pub(super) fn acted(&self) {
        self.wake(Wake::Acted);
    }

    /// Whether a person looks.
    pub(super) fn watched(&self, is_watched: bool) {
        self.wake(Wake::Watched(is_watched));
    }

    fn wake(&self, wake: Wake) {
        // The thread ends only when this does.
        _ = self.wake.send(wake);
    }
}

struct Asking<'a> {
    system: &'a System,
    shared: &'a Shared,
    cadence: Cadence,
    is_watched: bool,
    began: Instant,
    heard: Heard,
    absent: HashMap<String, Absence>,
    looked_closer: Option<Instant>,
    strangers: Strangers,
}

impl<'a> Asking<'a> {
    fn new(system: &'a System, shared: &'a Shared, strangers: Strangers, every: Option<Duration>) -> Self {
        Self {
            system,
            shared,
            cadence: Cadence::new(every),
            is_watched: false,
            began: Instant::now(),
            heard: Heard::default(),
            absent: HashMap::new(),
            looked_closer: None,
            strangers,
        }
    }

    fn run(&mut self, woken: &mpsc::Receiver<Wake>, tell: &watch::Sender<Heard>) {
        loop {
            let wake = if self.shared.followed().is_empty() {
                woken.recv().map_err(mpsc::RecvTimeoutError::from)
            } else {
                let due = Duration::from_millis(self.cadence.next(self.is_watched).saturating_sub(self.now_ms()));
                if due.is_zero() { Err(mpsc::RecvTimeoutError::Timeout) } else { woken.recv_timeout(due) }
            };
            match wake {
                Ok(wake) => self.take(wake),
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    self.ask();
                    if tell.send(self.heard.clone()).is_err() {
                        return;
                    }
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn now_ms(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    fn take(&mut self, wake: Wake) {
        let now_ms = self.now_ms();
        match wake {
            Wake::Followed | Wake::Acted => self.cadence.acted(now_ms),
            Wake::Watched(is_watched) => self.is_watched = is_watched,
        }
    }

    fn ask(&mut self) {
        let begun = Instant::now();
        let answer = self.system.list(SHARED_AGE);
        let (took, now_ms) = (begun.elapsed(), self.now_ms());
        match answer {
            Ok(jobs) => {
                if self.heard.silent.take().is_some() {
                    tracing::info!("{} answers again", self.system.title());
                }
                if let Some(remembers) = self.system.remembers() {
                    self.cadence.remembers(remembers.as_secs());
                }
                let is_news = *self.heard.jobs != jobs;
                self.heard.jobs = Arc::new(jobs);
                let is_followed = |name: &str| self.shared.followed().contains_key(name);
                self.heard.strangers = self.strangers.among(&self.heard.jobs, is_followed);
                self.look_for_missing();
                // What is missing is looked for soon.
                self.cadence.answered(now_ms, took, is_news || !self.absent.is_empty());
            }
            Err(why) => {
                if self.heard.silent.is_none() {
                    tracing::warn!("{} does not answer: {why}", self.system.title());
                }
                let since = self.heard.silent.take().map_or(begun, |(since, _)| since);
                self.heard.silent = Some((since, why));
                // What it was asked before it fell silent it may do now, and then it lists it.
                self.absent.clear();
                self.cadence.failed(now_ms, took);
            }
        }
    }

    fn look_for_missing(&mut self) {
        let sought: Vec<Sought> = self.shared.followed().values().cloned().collect();
        let now = Instant::now();
        let mut missing: Vec<Sought> = Vec::new();
        let mut absent = HashMap::new();
        for one in sought {
            let is_over = |news: &News| matches!(news, News::Said(JobStatus { stage: Stage::Over(_), .. }));
            if self.heard.jobs.of(&one).is_some() || self.heard.gone.get(&one.name).is_some_and(is_over) {
                continue;
            }
            let mut absence = self.absent.get(&one.name).copied().unwrap_or(Absence::new(now));
            let is_missing = absence.missed();
            absent.insert(one.name.clone(), absence);
            if is_missing {
                missing.push(one);
            }
        }
        self.absent = absent;
        self.heard.gone.retain(|name, _| self.shared.followed().contains_key(name));
        if missing.is_empty() || self.looked_closer.is_some_and(|looked| looked.elapsed() < LOOK_CLOSER_EVERY) {
            return;
        }
        self.looked_closer = Some(now);
        let found = self.system.missing(&missing);
        for (one, found) in missing.into_iter().zip(found) {
            let Some(absence) = self.absent.get_mut(&one.name) else { continue };
            let news = match absence.looked(one.id.is_some(), found, Instant::now()) {
                Some(Gone::Found(status)) => News::Said(status),
                Some(Gone::NeverArrived) => News::NeverArrived,
                Some(Gone::Forgotten) => {
                    News::Said(JobStatus::forgotten(one.id.as_deref().unwrap_or_default(), self.system.title()))
                }
                None => continue,
            };
            self.heard.gone.insert(one.name, news);
        }
    }
}
