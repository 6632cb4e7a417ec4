//! Shims on this machine: children of this engine, or of one before it.
//!
//! The awkward truth: a shim may be killed while what it holds runs on. Then the kernel is the only one left who may tell how
//! that ends, and only to who asked in time.

mod exits;
mod signal;
mod words;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tokio::sync::mpsc::Sender;

use self::words::{Said, Words};
use super::{Abilities, Begun, Followed, Ready, Target, on_disk};
use crate::engine::state::Event;
use crate::failpoint::point;
use crate::protocol::Handle;
use crate::rundir::attempts::{self, AttemptRecords};
use crate::rundir::named::as_named;
use crate::rundir::record::{Exit, FORMAT, Moment, OomKills, Started};
use crate::rundir::reserve::Reserve;
use crate::rundir::written::{self, Written};
use crate::rundir::{AttemptDir, Presence, Reach, SimulationDir, Takeovers, atomic};
use crate::spawn::allocation;
use crate::spawn::identity::Alive;
use crate::spawn::last_words::LastWords;
use crate::spawn::launch::LaunchError;
use crate::spawn::presence::{presence, presence_at, presence_of_started};
use crate::spawn::shim_command::{self, Orders, Shim, TRY_LATER};
use crate::spawn::{identity, tree, tree_group};

/// How long a shim may take before its first record is looked for again; doubles up to [`LOOK_LONGEST`].
const LOOK_FIRST: Duration = Duration::from_millis(2);

/// The longest time between two looks for a shim's first record.
const LOOK_LONGEST: Duration = Duration::from_millis(100);

/// Between two looks at a process that is not our child.
const LOOK_AT_STRANGER: Duration = Duration::from_millis(200);

/// Between two looks for the end of what runs on another host, which come from a network disk.
const LOOK_AT_ANOTHER_HOST: Duration = Duration::from_secs(2);

/// Between two looks at the files and processes of everything that runs.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Tries to start a shim while the system is short of processes or descriptors.
const SPAWN_TRIES: u32 = 5;

/// The executor of this machine.
#[derive(Debug)]
pub struct Local {
    gone: Takeovers,
    /// Who runs, by the directory of the attempt. It stands in `started.json`, too; but a record that somebody has damaged
    /// since must not keep a person from a cancel.
    known: Mutex<HashMap<PathBuf, Started>>,
    words: Words,
}

/// A shim that is our own child.
#[derive(Debug)]
pub struct ShimProcess {
    pid: Pid,
    said: Arc<Said>,
}

/// Who has started a shim, and so how its first word and its end are heard of.
#[derive(Clone, Copy)]
enum Starter<'a> {
    /// This engine: it tells us, and the kernel tells its end.
    Ours {
        /// Whether it has ended.
        gone: &'a AtomicBool,
        /// What it has said.
        said: &'a Said,
    },
    /// An engine before this one: the lock on `spec.json` tells whether it lives.
    Before,
}

/// A process that a shim holds, with a second way to learn of its end.
struct Held {
    started: Started,
    last_words: Option<LastWords>,
}

pub(super) fn abilities() -> Abilities {
    // In a job of a batch system the machine may have more.
    let slots = allocation::own().and_then(|job| job.cpus).unwrap_or_else(allocation::slots);
    Abilities { slots, needs_memory_here: true, look_every: LOOK_EVERY }
}

impl Local {
    pub(super) fn new(gone: Takeovers) -> Self {
        Self { gone, known: Mutex::default(), words: Words::default() }
    }

    pub(super) fn presence(&self, records: &AttemptRecords) -> Presence {
        presence(records, &self.gone)
    }

    pub(super) fn presence_at(&self, dir: &SimulationDir, number: u32) -> Presence {
        presence_at(dir, number, &self.gone)
    }

    pub(super) async fn start(&self, target: &Target, ready: Ready) -> Result<Begun, LaunchError> {
        let dir = target.dir.name();
        match self.start_shim(dir, ready).await {
            Ok(child) => Ok(Begun::Child(child)),
            // Our own hold on it is gone by now: whoever holds it is a shim, whatever was said of its start.
            Err(_) if is_held(&target.dir).await => Ok(Begun::Found(None)),
            Err(error) => Err(LaunchError::io("start a shim in", dir)(error)),
        }
    }

    pub(super) async fn follow(&self, target: &Target, begun: Begun, events: &Sender<Event>) -> Followed {
        let held = match begun {
            Begun::Child(child) => match self.follow_child(target, child, events).await {
                Ok(held) => held,
                Err(error) => return Followed::NothingStarted(error),
            },
            Begun::Found(started) => {
                let held_process = match started {
                    Some(started) => Some(self.hold(target, *started)),
                    None => self.announce_start(target, Starter::Before, events).await,
                };
                self.wait_for_release(target, held_process.as_ref()).await;
                held_process
            }
            // Only a batch system has those.
            Begun::Job(_) => None,
        };
        if let Some(held) = held {
            self.outlast(target, held, events).await;
        }
        self.known().remove(target.dir.name());
        Followed::Over
    }

    /// Waits for our child. What it holds, or why it started nothing.
    async fn follow_child(
        &self,
        target: &Target,
        child: ShimProcess,
        events: &Sender<Event>,
    ) -> Result<Option<Held>, LaunchError> {
        let gone = AtomicBool::new(false);
        // Both at once: a short simulation may be over before its start is announced.
        let wait = async {
            let status = self.wait_for_child(child.pid).await;
            gone.store(true, Ordering::Release);
            child.said.no_more();
            status
        };
        let tell = async {
            let held = self.announce_start(target, Starter::Ours { gone: &gone, said: &child.said }, events).await;
            child.said.over().await;
            // A shim that is gone has told all, or was killed beside what it held.
            if held.is_some() && !gone.load(Ordering::Acquire) {
                send(events, Event::Over { sim: target.sim, attempt: target.number }).await;
            }
            held
        };
        let (status, held) = tokio::join!(wait, tell);
        self.words.forget(child.pid.as_raw());
        if matches!(status, Some(WaitStatus::Exited(_, code)) if code == i32::from(TRY_LATER)) {
            // It says no more than that; what it asked of the disk can be asked again.
            let dir = target.dir.clone();
            let why = on_disk(move || Reserve::take(dir.path()).err()).await.flatten();
            let why = why.map_or_else(|| "it may be there again by now".to_owned(), |error| error.to_string());
            let shown = target.dir.name().display();
            let reason = format!("the shim found no space or no permission to record what happens in {shown}: {why}");
            return Err(LaunchError { reason, of_machine: true });
        }
        Ok(held)
    }

    /// Waits for the end of our child, and takes it from the kernel; nothing if somebody else has.
    async fn wait_for_child(&self, child: Pid) -> Option<WaitStatus> {
        exits::of_child(child.as_raw().cast_unsigned()).await;
        loop {
            match waitpid(child, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) | Err(nix::errno::Errno::EINTR) => {}
                status => return status.ok(),
            }
            tokio::time::sleep(LOOK_AT_STRANGER).await;
        }
    }

    /// Sends [`Event::Started`] as soon as the shim has written its first record, or returns once the shim is gone.
    async fn announce_start(&self, target: &Target, starter: Starter<'_>, events: &Sender<Event>) -> Option<Held> {
        let mut pause = LOOK_FIRST;
        loop {
            // Asked before the file is looked for: the shim writes before it goes.
            let over = match starter {
                Starter::Ours { gone, .. } => gone.load(Ordering::Acquire),
                Starter::Before => !is_held(&target.dir).await,
            };
            if let Some(started) = read_started(&target.dir).await {
                let held = self.hold(target, started);
                let Started { gem5, at, .. } = &held.started;
                let (sim, attempt, handle) = (target.sim, target.number, Handle::Process { pid: gem5.pid });
                send(events, Event::Started { sim, attempt, handle, at: *at }).await;
                return Some(held);
            }
            if over {
                return None;
            }
            match starter {
                Starter::Ours { said, .. } => _ = tokio::time::timeout(LOOK_LONGEST, said.started()).await,
                Starter::Before => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LOOK_LONGEST);
                }
            }
        }
    }

    /// Waits until no shim holds the attempt.
    async fn wait_for_release(&self, target: &Target, held: Option<&Held>) {
        // A shim of this machine tells its end by ending.
        if let Some(held) = held {
            exits::of(&held.started.shim).await;
        }
        while is_held(&target.dir).await || is_held_in_nothing(&target.dir, held).await {
            revive(&target.dir, held).await;
            tokio::time::sleep(LOOK_AT_STRANGER).await;
        }
    }

    /// The shim is gone. Usually it has recorded the end; if not, what it held may have outlived it.
    async fn outlast(&self, target: &Target, held: Held, events: &Sender<Event>) {
        let mut told = false;
        while !is_over(&target.dir, &held.started).await {
            revive(&target.dir, Some(&held)).await;
            match presence_of_started(&target.dir, &held.started, false, &self.gone) {
                Presence::Runs(Reach::Nobody { .. }) => {
                    // It is only seen by the record that its shim writes at the end.
                    tokio::time::sleep(LOOK_AT_ANOTHER_HOST).await;
                }
                Presence::Runs(_) => {
                    if !std::mem::replace(&mut told, true) {
                        let (sim, attempt) = (target.sim, target.number);
                        send(events, Event::Unsupervised { sim, attempt }).await;
                    }
                    // As with a shim, it has ended when its whole tree has, as far as that can be seen.
                    tokio::time::sleep(LOOK_AT_STRANGER).await;
                }
                _ => break,
            }
        }
        let dir = target.dir.clone();
        // It waits for the parent and writes to the disk.
        _ = on_disk(move || record_last_words(&dir, &held)).await;
    }

    async fn start_shim(&self, dir: &Path, Ready { spec, secrets, .. }: Ready) -> io::Result<ShimProcess> {
        let mut tries = 0;
        loop {
            let orders = Orders { allocated: allocation::own().is_some(), ..Orders::default() };
            let started = self.words.writer().and_then(|words| {
                shim_command::start(&Shim { attempt_dir: dir, locked_spec: &spec, words, orders, secrets: &secrets })
            });
            match started {
                // Nothing else is done in between, so nothing that it says is missed.
                Ok(pid) => return Ok(ShimProcess { pid, said: self.words.of(pid.as_raw()) }),
                Err(error) if tries + 1 >= SPAWN_TRIES => return Err(error),
                Err(_) => tries += 1,
            }
            tokio::time::sleep(LOOK_LONGEST).await;
        }
    }

    fn hold(&self, target: &Target, started: Started) -> Held {
        self.known().insert(target.dir.name().to_owned(), started.clone());
        let last_words = LastWords::of(&started.gem5);
        Held { started, last_words }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Started>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn is_held(dir: &AttemptDir) -> bool {
    let spec = dir.spec();
    // What cannot be looked at counts as held, so that nothing is started a second time.
    on_disk(move || attempts::is_held(&spec)).await.unwrap_or(true)
}

async fn read_started(dir: &AttemptDir) -> Option<Started> {
    let path = dir.started();
    on_disk(move || atomic::read_json(&path).ok().flatten()).await.flatten()
}

/// Finds the directory again if its disk went away and came back.
async fn revive(dir: &AttemptDir, held: Option<&Held>) {
    let (dir, started) = (dir.clone(), held.map(|held| held.started.clone()));
    _ = on_disk(move || dir.revive(started.as_ref())).await;
}

/// Whether the directory was removed and its shim lives on: its lock cannot be looked at any more, and what it holds still
/// takes its place among those that run.
async fn is_held_in_nothing(dir: &AttemptDir, held: Option<&Held>) -> bool {
    let Some(shim) = held.map(|held| held.started.shim.clone()) else { return false };
    let dir = dir.clone();
    let is_gone = move || !dir.is_there().unwrap_or(true) && identity::is_alive(&shim) == Alive::Yes;
    on_disk(is_gone).await.unwrap_or(false)
}

/// Whether an end is recorded, or nothing runs whose end could be. A disk that fails says nothing.
async fn is_over(dir: &AttemptDir, started: &Started) -> bool {
    let (dir, started) = (dir.clone(), started.clone());
    let is_there = |path: &Path| point("launch.left", path).and_then(|()| path.try_exists());
    let is_left = |dir: &AttemptDir| point("launch.left", dir.name()).and_then(|()| dir.is_there());
    // What cannot be seen from here was seen by its files alone.
    let is_in_sight = !identity::is_out_of_sight(&started.gem5);
    let is_over = move || {
        is_there(&dir.exit()).unwrap_or(false)
            || (!(is_left(&dir).unwrap_or(true) || is_in_sight && tree::is_left(&started)))
    };
    on_disk(is_over).await.unwrap_or(false)
}

/// Writes down an end that no shim was left to write down, if the kernel tells it.
fn record_last_words(dir: &AttemptDir, held: &Held) {
    if let Some(group) = &held.started.group {
        tree_group::remove(group);
    }
    if point("launch.left", &dir.exit()).is_ok() && dir.exit().exists() {
        return;
    }
    let Some(end) = held.last_words.as_ref().and_then(LastWords::hear) else { return };
    let at = Moment::now();
    let Written { files: written, unsynced } = written::settle(dir, &attempts::outputs(dir));
    let record = Exit {
        format: FORMAT,
        end,
        at,
        wall_ms: at.since(held.started.at),
        // As far as the shim has seen them.
        paused_ms: attempts::pauses(dir).0,
        usage: None,
        oom_kills: OomKills::default(),
        unsupervised: true,
        written,
        unsynced,
        taken: Vec::new(),
    };
    if dir.is_there().unwrap_or(false)
        && let Err(error) = atomic::create_once(&dir.exit(), &record)
    {
        tracing::warn!("could not write {}: {error}", as_named(&dir.exit()).display());
    }
}

async fn send(events: &Sender<Event>, event: Event) {
    // The receiver is gone only when the engine ends; the next one learns the rest from the directory.
    _ = events.send(event).await;
}
