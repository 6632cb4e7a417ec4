//! Starts shims and follows them to their end.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use crate::engine::attempt::prepare::{self, Need, Prepared};
use crate::engine::attempt::provenance::Witness;
use crate::engine::directory::adopt::Living;
use crate::engine::state::Event;
use crate::experiment::Simulation;
use crate::failpoint::point;
use crate::gem5::{Outcome, OutcomeKind};
use crate::rundir::atomic::RecordError;
use crate::rundir::attempts::{self, AttemptRecords};
use crate::rundir::evidence::Ended;
use crate::rundir::evidence::conclude;
use crate::rundir::machine::is_of_another_host;
use crate::rundir::record::{End, Exit, FORMAT, Moment, OomKills, Started};
use crate::rundir::{AttemptDir, ExperimentDir, SimulationDir, atomic};
use crate::spawn::last_words::LastWords;
use crate::spawn::launch::{LaunchError, is_of_machine};
use crate::spawn::shim_command::{TRY_LATER, shim_command};
use crate::spawn::{tree, tree_group};

/// How long a shim may take before its first record is looked for again; doubles up to [`LOOK_LONGEST`].
const LOOK_FIRST: Duration = Duration::from_millis(2);

/// The longest time between two looks for a shim's first record.
const LOOK_LONGEST: Duration = Duration::from_millis(100);

/// Between two looks at a process that is not our child.
const LOOK_AT_STRANGER: Duration = Duration::from_millis(200);

/// Between two looks for the end of what runs on another host, which come from a network disk.
const LOOK_AT_ANOTHER_HOST: Duration = Duration::from_secs(2);

/// Tries to start a shim while the system is short of processes or descriptors.
const SPAWN_TRIES: u32 = 5;

/// How often records are read again from a disk that fails, before the end counts as lost.
const READ_TRIES: u32 = 30;

/// Between two of those tries.
const READ_AGAIN: Duration = Duration::from_secs(1);

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

/// An attempt that the state decided to launch.
#[derive(Debug)]
pub struct Wanted {
    /// The experiment directory.
    pub outdir: ExperimentDir,
    /// The simulation's index.
    pub sim: u32,
    /// The simulation.
    pub simulation: Simulation,
    /// The attempt's number.
    pub number: u32,
    /// The attempts of other simulations that it needs.
    pub needs: Vec<Need>,
    /// Automatic retries that led to it since a person last asked for an attempt.
    pub retries_made: u32,
}

/// Prepares an attempt, starts its shim and follows it. Everything that happens is sent as events.
pub async fn launch(wanted: Wanted, witness: Arc<Witness>, events: mpsc::Sender<Event>) {
    let Wanted { outdir, sim, simulation, number, needs, retries_made } = wanted;
    let simulation_dir = outdir.simulation(&simulation.name);
    // A test may end the engine at these moments; it makes nothing fail.
    _ = point("engine.deciding", simulation_dir.path());
    let prepare = move || prepare::prepare(&outdir, &simulation, number, &needs, retries_made, &witness);
    let prepared = tokio::task::spawn_blocking(prepare).await;
    let Prepared { number, dir, spec, secrets, executable, refused } = match prepared {
        Ok(Ok(prepared)) => prepared,
        Ok(Err(error)) => return send(&events, Event::LaunchFailed { sim, error }).await,
        Err(panic) => {
            let reason = format!("preparing the attempt failed: {panic}");
            let error = LaunchError { reason, of_machine: false };
            return send(&events, Event::LaunchFailed { sim, error }).await;
        }
    };
    send(&events, Event::Prepared { sim, attempt: number, dir: dir.path().to_owned() }).await;
    if let Some(executable) = executable {
        send(&events, Event::Executable { sim, attempt: number, executable }).await;
    }
    if refused {
        drop(spec);
        return shim_gone(&Target { sim, simulation: simulation_dir, number, dir }, None, &events).await;
    }
    _ = point("engine.intended", dir.path());
    let child = match start_shim(dir.path(), spec, secrets).await {
        Ok(child) => child,
        Err(error) => {
            let error = LaunchError::io("start a shim in", dir.path())(error);
            take_back(&Target { sim, simulation: simulation_dir, number, dir }, &events).await;
            return send(&events, Event::LaunchFailed { sim, error }).await;
        }
    };
    _ = point("engine.spawned", dir.path());
    let target = Target { sim, simulation: simulation_dir, number, dir };
    follow_child(&target, child, &events).await;
}

/// Follows an attempt that another engine launched.
pub async fn follow_adopted(
    outdir: ExperimentDir,
    sim: u32,
    name: String,
    living: Living,
    events: mpsc::Sender<Event>,
) {
    let Living { number, dir, started } = living;
    let target = Target { sim, simulation: outdir.simulation(&name), number, dir };
    let held_process = match started {
        Some(started) => Some(Held::new(started)),
        None => announce_start(&target, None, &events).await,
    };
    while held(&target.dir).await {
        tokio::time::sleep(LOOK_AT_STRANGER).await;
    }
    shim_gone(&target, held_process, &events).await;
}

async fn start_shim(dir: &Path, spec: std::fs::File, secrets: Vec<(String, String)>) -> std::io::Result<Child> {
    let mut tries = 0;
    loop {
        // Our own image, not our own path: the binary on disk may have been replaced since this engine started.
        let mut command = shim_command(Path::new("/proc/self/exe"), dir, spec.try_clone()?);
        command.envs(secrets.iter().map(|(name, value)| (name, value)));
        match Command::from(command).spawn() {
            Ok(child) => return Ok(child),
            Err(error) if tries + 1 >= SPAWN_TRIES => return Err(error),
            Err(_) => tries += 1,
        }
        tokio::time::sleep(LOOK_LONGEST).await;
    }
}

async fn follow_child(target: &Target, mut child: Child, events: &mpsc::Sender<Event>) {
    let gone = AtomicBool::new(false);
    // Both at once: a short simulation may be over before its start is announced.
    let wait = async {
        let status = child.wait().await;
        gone.store(true, Ordering::Release);
        status.ok().and_then(|status| status.code())
    };
    let (code, held_process) = tokio::join!(wait, announce_start(target, Some(&gone), events));
    if code == Some(i32::from(TRY_LATER)) {
        let shown = target.dir.path().display();
        let reason = format!("the shim found no space to record what happens in {shown}, or the disk fails");
        let error = LaunchError { reason, of_machine: true };
        take_back(target, events).await;
        return send(events, Event::LaunchFailed { sim: target.sim, error }).await;
    }
    shim_gone(target, held_process, events).await;
}

/// Removes the directory of an attempt of which nothing was started: nobody writes there.
async fn take_back(target: &Target, events: &mpsc::Sender<Event>) {
    let (simulation, number) = (target.simulation.clone(), target.number);
    if on_disk(move || prepare::take_back(&simulation, number)).await == Some(true) {
        send(events, Event::TakenBack { sim: target.sim, attempt: number }).await;
    }
}

/// A process that a shim holds, with a second way to learn of its end.
struct Held {
    started: Started,
    last_words: Option<LastWords>,
}

impl Held {
    fn new(started: Started) -> Self {
        let last_words = LastWords::of(&started.gem5);
        Self { started, last_words }
    }
}

/// Sends [`Event::Started`] as soon as the shim has written its first record, or returns once the shim is gone: `gone`
/// tells that of our own child, the lock of another engine's.
async fn announce_start(target: &Target, gone: Option<&AtomicBool>, events: &mpsc::Sender<Event>) -> Option<Held> {
    let mut pause = LOOK_FIRST;
    loop {
        // Asked before the file is looked for: the shim writes before it goes.
        let over = match gone {
            Some(gone) => gone.load(Ordering::Acquire),
            None => !held(&target.dir).await,
        };
        if let Some(started) = read_started(&target.dir).await {
            let (sim, attempt) = (target.sim, target.number);
            let held = Held::new(started);
            let Started { gem5, at, .. } = &held.started;
            send(events, Event::Started { sim, attempt, pid: gem5.pid, at: *at }).await;
            return Some(held);
        }
        if over {
            return None;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LOOK_LONGEST);
    }
}

/// Looks at the disk in another thread: one that does not answer must not hold up the loop.
async fn on_disk<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(look).await.ok()
}

async fn held(dir: &AttemptDir) -> bool {
    let spec = dir.spec();
    // What cannot be looked at counts as held, so that nothing is started a second time.
    on_disk(move || attempts::is_held(&spec)).await.unwrap_or(true)
}

async fn read_started(dir: &AttemptDir) -> Option<Started> {
    let path = dir.started();
    on_disk(move || atomic::read_json(&path).ok().flatten()).await.flatten()
}

/// Which of an attempt's files are there.
#[expect(clippy::struct_excessive_bools, reason = "each is one file")]
struct Left {
    dir: bool,
    started: bool,
    exit: bool,
    simout: bool,
}

async fn left(dir: &AttemptDir) -> Option<Left> {
    let dir = dir.clone();
    // A disk that fails says nothing: what cannot be seen has neither been deleted nor has its end been recorded.
    let is_there = |path: &Path| point("launch.left", path).and_then(|()| path.try_exists());
    on_disk(move || Left {
        dir: is_there(dir.path()).unwrap_or(true),
        started: is_there(&dir.started()).unwrap_or(true),
        exit: is_there(&dir.exit()).unwrap_or(false),
        simout: is_there(&dir.simout()).unwrap_or(true),
    })
    .await
}

/// The shim is gone. Usually it has recorded the end; if not, the process may have outlived it.
async fn shim_gone(target: &Target, held: Option<Held>, events: &mpsc::Sender<Event>) {
    let (sim, attempt) = (target.sim, target.number);
    let mut found = left(&target.dir).await;
    if let Some(held) = held
        && found.as_ref().is_some_and(|left| !left.exit)
    {
        let elsewhere = is_of_another_host(&held.started.gem5);
        if !elsewhere && tree::is_left(&held.started) {
            send(events, Event::Unsupervised { sim, attempt }).await;
        }
        // As with a shim, it has ended when its whole tree has, as far as that can be seen.
        while !elsewhere && tree::is_left(&held.started) {
            tokio::time::sleep(LOOK_AT_STRANGER).await;
        }
        // What runs on another host is only seen by the record that its shim writes at the end.
        while elsewhere && left(&target.dir).await.is_some_and(|left| left.dir && !left.exit) {
            tokio::time::sleep(LOOK_AT_ANOTHER_HOST).await;
        }
        let dir = target.dir.clone();
        // It waits for the parent and writes to the disk.
        _ = on_disk(move || record_last_words(&dir, &held)).await;
        found = left(&target.dir).await;
    }
    if found.as_ref().is_some_and(|left| !left.dir) {
        let ended = lost("its directory was deleted while it ran".to_owned());
        return send(events, Event::Ended { sim, attempt, ended }).await;
    }
    if found.as_ref().is_some_and(|left| !left.exit && !left.started && !left.simout) {
        let cause = "its shim ended before it had started anything".to_owned();
        let outcome = Outcome::new(OutcomeKind::NotStarted, cause);
        let ended = Ended { outcome, ran_ms: None, max_rss: None };
        return send(events, Event::Ended { sim, attempt, ended }).await;
    }
    let (simulation, number) = (target.simulation.clone(), target.number);
    let read = move || {
        let records = read_patiently(&simulation, number)?;
        let ended = conclude::conclude(&records);
        conclude::keep(&records, &ended);
        Ok::<_, RecordError>((records.exit.map(|exit| exit.end), ended))
    };
    let ended = match tokio::task::spawn_blocking(read).await {
        // The shim could not start it for want of something that may be there later: nothing has run.
        Ok(Ok((Some(End::NotStarted { reason, of_machine: true }), _))) => {
            let error = LaunchError { reason, of_machine: true };
            return send(events, Event::LaunchFailed { sim, error }).await;
        }
        Ok(Ok((_, ended))) => ended,
        Ok(Err(error)) => lost(format!("its records cannot be read: {error}")),
        Err(panic) => lost(format!("its records could not be looked at: {panic}")),
    };
    send(events, Event::Ended { sim, attempt, ended }).await;
}

/// Writes down an end that no shim was left to write down, if the kernel tells it.
fn record_last_words(dir: &AttemptDir, held: &Held) {
    if let Some(group) = &held.started.group {
        tree_group::remove(group);
    }
    let Some(end) = held.last_words.as_ref().and_then(LastWords::hear) else { return };
    let at = Moment::now();
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
    };
    if dir.path().exists()
        && let Err(error) = atomic::create_once(&dir.exit(), &record)
    {
        tracing::warn!("could not write {}: {error}", dir.exit().display());
    }
}

/// Reads the records of an attempt. A disk that fails for a moment, as a network file system does when its server comes back,
/// must not turn an end that is recorded into one that nobody knows.
fn read_patiently(simulation: &SimulationDir, number: u32) -> Result<AttemptRecords, RecordError> {
    let mut tries = 0;
    loop {
        match attempts::read(simulation, number) {
            Err(RecordError::Read { source, .. }) if is_of_machine(&source) && tries < READ_TRIES => {
                tries += 1;
                std::thread::sleep(READ_AGAIN);
            }
            read => return read,
        }
    }
}

fn lost(cause: String) -> Ended {
    Ended { outcome: Outcome::new(OutcomeKind::Lost, cause), ran_ms: None, max_rss: None }
}

async fn send(events: &mpsc::Sender<Event>, event: Event) {
    // The receiver is gone only when the engine ends; the next one learns the rest from the directory.
    _ = events.send(event).await;
}
