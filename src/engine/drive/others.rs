//! What engines of other shards do, as the directory tells it from time to time.
//!
//! Records may lie on a disk that does not answer, so a look is made by a thread of its own, and there is one at a time. Ten
//! thousand simulations are not all read anew each time: only what runs, and what has been written to since.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc::Sender;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::engine::directory::adopt;
use crate::engine::executor::Executor;
use crate::engine::state::found::{Engines, Found, Others};
use crate::engine::state::{Event, State};
use crate::experiment::Simulation;
use crate::rundir::lease::is_elsewhere;
use crate::rundir::record::{Identity, LeaseRecord, Moment};
use crate::rundir::{ExperimentDir, Lease, Shard, Takeovers, attempts};

/// Between two looks, at least.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// And so many times what the last one took: a slow disk is not read without a break.
const LOOK_PART: u32 = 20;

/// An engine of another host that has not said for so long that it lives is not waited for, in milliseconds.
const SILENT_MS: i64 = 180_000;

/// When the directory of a simulation and that of its newest attempt were last written to.
type Written = Option<(SystemTime, Option<SystemTime>)>;

/// What one look leaves to the next.
#[derive(Debug, Default)]
struct Known {
    /// Of simulations that are not read anew before something is written there.
    quiet: HashMap<u32, Written>,
    next: Option<Instant>,
}

/// The looks and what they need.
pub(super) struct OtherShards {
    shard: Shard,
    me: Identity,
    outdir: ExperimentDir,
    executor: Arc<Executor>,
    known: Arc<Mutex<Known>>,
    /// The simulations of others, and of how many simulations of the plan they are: that only grows.
    simulations: Arc<Vec<(u32, Simulation)>>,
    planned: usize,
    looking: Option<JoinHandle<()>>,
}

impl OtherShards {
    pub(super) fn new(shard: Shard, me: Identity, outdir: ExperimentDir, executor: Arc<Executor>) -> Self {
        let (known, simulations) = (Arc::default(), Arc::default());
        Self { shard, me, outdir, executor, known, simulations, planned: 0, looking: None }
    }

    /// Looks if it is time; what it finds comes as an event.
    pub(super) fn look(&mut self, state: &State, events: &Sender<Event>) {
        let is_due = |known: &Known| known.next.is_none_or(|next| next <= Instant::now());
        if self.looking.as_ref().is_some_and(|looking| !looking.is_finished()) || !is_due(&lock(&self.known)) {
            return;
        }
        let plan = state.plan();
        if self.planned != plan.simulations.len() {
            let all = (0..).zip(&plan.simulations);
            let others = all.filter(|(sim, _)| state.is_others(*sim)).map(|(sim, one)| (sim, one.clone()));
            (self.simulations, self.planned) = (Arc::new(others.collect()), plan.simulations.len());
        }
        let (shard, me, outdir, executor) =
            (self.shard, self.me.clone(), self.outdir.clone(), Arc::clone(&self.executor));
        let (known, simulations, events) = (Arc::clone(&self.known), Arc::clone(&self.simulations), events.clone());
        self.looking = Some(spawn_blocking(move || {
            let begun = Instant::now();
            let mut known = lock(&known);
            let (found, quiet) = look(&known.quiet, &simulations, &outdir, &executor);
            let others = Others { found, engines: engines(shard, &outdir, &me) };
            // A full queue means that there is more urgent news; then the next look tells it.
            if events.try_send(Event::Others(Box::new(others))).is_ok() {
                known.quiet = quiet;
            }
            known.next = Some(Instant::now() + LOOK_EVERY.max(begun.elapsed() * LOOK_PART));
        }));
    }
}

fn lock(known: &Mutex<Known>) -> std::sync::MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The engines of the other shards that live, as far as can be told. What cannot be told is not waited for.
pub(super) fn engines(shard: Shard, outdir: &ExperimentDir, me: &Identity) -> Engines {
    let gone = Takeovers::read(outdir);
    let now_ms = Moment::now().unix_ms;
    let lives = |record: &LeaseRecord| {
        let is_silent = now_ms.saturating_sub(record.alive_unix_ms) > SILENT_MS;
        !is_elsewhere(record, me, outdir) || !is_silent && !gone.holds(&record.engine)
    };
    let shards = Lease::shards(outdir, me).unwrap_or_default().into_iter().filter(lives);
    let others = shards.filter_map(|record| Some((record.shard?, record.begun_unix_ms)));
    others
        .filter(|(other, _)| other.of() == shard.of() && *other != shard)
        .map(|(other, at)| (other.number(), at))
        .collect()
}

/// What is new of simulations, and which of all are quiet now.
fn look(
    quiet: &HashMap<u32, Written>,
    simulations: &[(u32, Simulation)],
    outdir: &ExperimentDir,
    executor: &Executor,
) -> (Vec<(u32, Found)>, HashMap<u32, Written>) {
    // Before it is read: what is written meanwhile is seen the next time.
    let written: Vec<Written> = simulations.iter().map(|(_, one)| written(outdir, &one.name)).collect();
    let is_new = |at: &usize| quiet.get(&simulations[*at].0) != Some(&written[*at]);
    let new: Vec<usize> = (0..simulations.len()).filter(is_new).collect();
    let looked = adopt::of_others(&new, |at| &simulations[at].1, outdir, executor);
    let mut quiet = quiet.clone();
    let mut found = Vec::new();
    for (at, (one, is_living)) in new.into_iter().zip(looked) {
        let sim = simulations[at].0;
        if is_living {
            quiet.remove(&sim);
        } else {
            quiet.insert(sim, written[at]);
        }
        found.push((sim, one));
    }
    (found, quiet)
}

fn written(outdir: &ExperimentDir, name: &str) -> Written {
    let dir = outdir.simulation(name);
    let at = |path: &Path| std::fs::symlink_metadata(path).and_then(|meta| meta.modified()).ok();
    let of_simulation = at(dir.path())?;
    let newest = attempts::newest(&dir).map(|number| dir.attempt(number));
    Some((of_simulation, newest.and_then(|attempt| at(attempt.path()))))
}
