//! From the decision to launch an attempt to its end: prepare, start, follow, conclude. Everything that happens is sent as
//! events.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::Sender;

use super::ending;
use super::held::HeldAttempts;
use super::prepare::{self, Again, Need, Prepared};
use super::provenance::Surroundings;
use crate::engine::executor::{Begun, Executor, Followed, Limits, NotBegun, Ready, Target};
use crate::engine::state::Event;
use crate::engine::state::retry::Raised;
use crate::experiment::Simulation;
use crate::failpoint::point;
use crate::rundir::{ExperimentDir, Lease};
use crate::spawn::launch::LaunchError;

/// An attempt that the state decided to launch.
#[derive(Debug)]
pub struct Wanted {
    /// The experiment directory.
    pub outdir: ExperimentDir,
    /// The right to launch in it.
    pub lease: Arc<Mutex<Lease>>,
    /// Where its directory is remembered.
    pub held: Arc<HeldAttempts>,
    /// The simulation's index.
    pub sim: u32,
    /// The simulation.
    pub simulation: Simulation,
    /// The attempt's number.
    pub number: u32,
    /// The attempts of other simulations that it needs.
    pub needs: Vec<Need>,
    /// What it owes to the attempts before it.
    pub again: Again,
}

/// Prepares an attempt, has it started and follows it.
pub async fn launch(wanted: Wanted, surroundings: Arc<Surroundings>, executor: Arc<Executor>, events: Sender<Event>) {
    let Wanted { outdir, lease, held, sim, simulation, number, needs, again } = wanted;
    let simulation_dir = outdir.simulation(&simulation.name);
    let by = simulation.executor.clone();
    let Raised { memory, timeout, job_time } = again.limits;
    let limits = Limits { memory, timeout, job_time, grace: simulation.grace };
    // A test may end the engine at these moments; it makes nothing fail.
    _ = point("engine.deciding", simulation_dir.name());
    let prepare = move || {
        let prepared = prepare::prepare(&outdir, &simulation, number, &needs, again, &surroundings)?;
        // Looked at with the attempt locked: an engine that has taken the lease since then finds it and follows it, and one
        // that took it before is seen here.
        if lease.lock().unwrap_or_else(PoisonError::into_inner).stands() {
            return Ok(prepared);
        }
        // Left as it is, with the lock given back: an engine that follows it learns that nothing was started, and one that
        // finds it gone could not tell.
        Err(LaunchError { reason: "this engine has no right to launch here any more".to_owned(), of_machine: true })
    };
    let prepared = tokio::task::spawn_blocking(prepare).await;
    let Prepared { number, dir, spec, secrets, executable, refused } = match prepared {
        Ok(Ok(prepared)) => prepared,
        Ok(Err(error)) => return send(&events, failed(sim, error)).await,
        Err(panic) => {
            let error = LaunchError::new(format!("preparing the attempt failed: {panic}"));
            return send(&events, failed(sim, error)).await;
        }
    };
    held.keep(&dir);
    send(&events, Event::Prepared { sim, attempt: number, dir: dir.name().to_owned() }).await;
    if let Some(executable) = executable {
        send(&events, Event::Executable { sim, attempt: number, executable }).await;
    }
    let target = Target { sim, simulation: simulation_dir, number, dir };
    if refused {
        drop(spec);
        return send(&events, ending::conclude(&target, &events).await).await;
    }
    _ = point("engine.intended", target.dir.name());
    let begun = match executor.start(&target, Ready { spec, secrets, by, limits }).await {
        Ok(begun) => begun,
        Err(NotBegun::TakeBack(error)) => return take_back(&target, error, &events).await,
        Err(NotBegun::Refused(reason)) => return refuse(&target, reason, &events).await,
        Err(NotBegun::NowhereElse(reason)) => {
            send(&events, Event::NowhereElse { why: reason.clone() }).await;
            return take_back(&target, LaunchError { reason, of_machine: true }, &events).await;
        }
    };
    _ = point("engine.spawned", target.dir.name());
    follow(target, begun, executor, events).await;
}

/// Follows an attempt that was started, by this engine or by one before it.
pub async fn follow(target: Target, begun: Begun, executor: Arc<Executor>, events: Sender<Event>) {
    match executor.follow(&target, begun, &events).await {
        Followed::Over => send(&events, ending::conclude(&target, &events).await).await,
        Followed::NothingStarted(error) => take_back(&target, error, &events).await,
    }
}

/// Records that an attempt is not to be started, and concludes from that.
async fn refuse(target: &Target, reason: String, events: &Sender<Event>) {
    let dir = target.dir.clone();
    let recorded = tokio::task::spawn_blocking({
        let reason = reason.clone();
        move || prepare::refuse(&dir, &reason)
    });
    if matches!(recorded.await, Ok(Ok(()))) {
        return send(events, ending::conclude(target, events).await).await;
    }
    take_back(target, LaunchError::new(reason), events).await;
}

/// Removes the directory of an attempt of which nothing was started: nobody writes there.
async fn take_back(target: &Target, error: LaunchError, events: &Sender<Event>) {
    let (simulation, number) = (target.simulation.clone(), target.number);
    let taken = tokio::task::spawn_blocking(move || prepare::take_back(&simulation, number)).await;
    if taken.is_ok_and(|taken| taken) {
        send(events, Event::TakenBack { sim: target.sim, attempt: number }).await;
    }
    send(events, failed(target.sim, error)).await;
}

fn failed(sim: u32, LaunchError { reason, of_machine }: LaunchError) -> Event {
    Event::LaunchFailed { sim, reason, of_machine }
}

async fn send(events: &Sender<Event>, event: Event) {
    // The receiver is gone only when the engine ends; the next one learns the rest from the directory.
    _ = events.send(event).await;
}
