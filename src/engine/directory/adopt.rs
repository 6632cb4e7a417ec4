//! The state of an experiment from its directory: what ended, what still runs, what never started.

use std::collections::{BTreeMap, HashMap};

use crate::engine::state::cancelled_before_start;
use crate::engine::state::retry;
use crate::engine::state::sim::{Attempt, Life, Live, Pause, Sim, Stage, Stopping, Waiting};
use crate::experiment::{Plan, Simulation};
use crate::gem5::{Outcome, OutcomeKind};
use crate::rundir::attempts::{self, AttemptRecords};
use crate::rundir::evidence::Ended;
use crate::rundir::evidence::conclude;
use crate::rundir::inputs::{InputFile, Inputs, executable};
use crate::rundir::moment::{SLEPT_LEAST_MS, suspended_ms};
use crate::rundir::record::{Cancelled, End, Exit, Moment, Retry, Spec, Started, StopReason};
use crate::rundir::{AttemptDir, ExperimentDir, Takeovers, atomic};
use crate::spawn::{Presence, Reach};

/// What the directory tells.
#[derive(Debug)]
pub struct Adopted {
    /// Every simulation, in the order of the plan.
    pub sims: Vec<Sim>,
    /// The attempts that still run, by simulation.
    pub living: BTreeMap<u32, Living>,
}

/// An attempt that still runs.
#[derive(Debug, Clone)]
pub struct Living {
    /// Its number.
    pub number: u32,
    /// Its directory.
    pub dir: AttemptDir,
    /// Who runs; none while its shim is still starting.
    pub started: Option<Started>,
}

/// Reads the directory. A record that cannot be read is told in the log and its attempt counts as lost: never as ok.
pub fn adopt(plan: &Plan, outdir: &ExperimentDir, takeovers: &Takeovers, now: Moment) -> Adopted {
    let mut living = BTreeMap::new();
    // Thousands of simulations share a few files; each is hashed once.
    let inputs = Inputs::default();
    let index: HashMap<&str, u32> = plan.simulations.iter().map(|s| s.name.as_str()).zip(0..).collect();
    let sims = (0..)
        .zip(&plan.simulations)
        .map(|(at, simulation)| {
            let (mut sim, alive, spec) = simulation_state(simulation, outdir, takeovers, now);
            living.extend(alive.map(|alive| (at, alive)));
            if let Some(spec) = spec {
                let used = spec.needs.iter().filter_map(|need| Some((*index.get(need.name.as_str())?, need.attempt)));
                sim.used = used.collect();
                // What runs was begun by an engine that may have read another file, and a retry may be taken back.
                if sim.is_live() || sim.result().is_some() {
                    sim.changed = changes(simulation, &spec, &inputs);
                }
            }
            sim
        })
        .collect();
    Adopted { sims, living }
}

/// What has changed since an attempt was launched.
fn changes(simulation: &Simulation, spec: &Spec, inputs: &Inputs) -> Vec<String> {
    let mut changes = spec.key.differences(&simulation.key());
    // A file that is not named any more says nothing new: that another one is named has been said.
    let named = simulation.inputs();
    let is_named = |file: &&InputFile| named.iter().any(|input| input.path == file.path);
    let still_named: Vec<InputFile> = spec.inputs.iter().filter(is_named).cloned().collect();
    changes.extend(inputs.changes(&still_named));
    changes
}

/// The state of one simulation, what of it still runs, and what its newest attempt was launched from.
fn simulation_state(
    simulation: &Simulation,
    outdir: &ExperimentDir,
    takeovers: &Takeovers,
    now: Moment,
) -> (Sim, Option<Living>, Option<Spec>) {
    let dir = outdir.simulation(&simulation.name);
    let mut sim = Sim::fresh();
    let mut living = None;
    let mut newest = None;
    let numbers = attempts::numbers(&dir).unwrap_or_else(|error| {
        // What cannot be seen is not taken for what is not there: nothing is launched beside it by itself.
        tracing::warn!("could not list {}: {error}", dir.path().display());
        let cause = format!("its directory cannot be listed: {error}");
        sim.life = Life::Ended(Outcome::new(OutcomeKind::Lost, cause));
        Vec::new()
    });
    for number in numbers {
        match attempts::read(&dir, number) {
            Ok(records) => {
                living = add_attempt(&mut sim, simulation, &records, takeovers, now);
                newest = records.spec;
            }
            Err(error) if attempts::is_held(&dir.attempt(number).spec()) => {
                // A later release wrote it, or the disk does not answer; its shim lives all the same.
                tracing::warn!("{error}");
                let attempt = dir.attempt(number);
                let path = attempt.path().to_owned();
                sim.life = Life::Launching { cancel: false };
                sim.attempts.push(Attempt::new(number, path));
                living = Some(Living { number, dir: attempt, started: None });
            }
            Err(error) => {
                tracing::warn!("{error}");
                let cause = format!("its records cannot be read: {error}");
                let outcome = Outcome::new(OutcomeKind::Lost, cause);
                sim.life = Life::Ended(outcome.clone());
                let ended = Some(Ended { outcome, ran_ms: None, max_rss: None });
                let dir = dir.attempt(number).path().to_owned();
                sim.attempts.push(Attempt { ended, ..Attempt::new(number, dir) });
            }
        }
    }
    let last = sim.latest().map_or(0, |attempt| attempt.number);
    if sim.ended().is_some()
        && matches!(atomic::read_json::<Retry>(&dir.retry()), Ok(Some(retry)) if retry.after == last)
    {
        // A person asked for another attempt, and the last engine ended before there was a place for it.
        sim.life = Life::Waiting(Waiting::Undecided);
        sim.retries_made = 0;
    }
    if matches!(sim.life, Life::Waiting(_) | Life::Backoff { .. })
        && matches!(atomic::read_json::<Cancelled>(&dir.cancelled()), Ok(Some(_)))
    {
        sim.life = Life::Ended(cancelled_before_start());
    }
    if simulation.gone && matches!(sim.life, Life::Waiting(_) | Life::Backoff { .. }) {
        // It ran a moment ago, and is not launched again: the file does not ask for it any more.
        sim.life = Life::Ended(cancelled_before_start());
    }
    (sim, living, newest)
}

/// Adds one attempt; the last one added decides where the simulation is in its life.
fn add_attempt(
    sim: &mut Sim,
    simulation: &Simulation,
    records: &AttemptRecords,
    takeovers: &Takeovers,
    now: Moment,
) -> Option<Living> {
    let mut attempt = Attempt {
        started: records.started.as_ref().map(|started| started.at),
        executable: records.spec.as_ref().and_then(|spec| executable(&spec.inputs)).cloned(),
        was_paused: records.exit.as_ref().is_some_and(|exit| exit.paused_ms > 0),
        ..Attempt::new(records.number, records.dir.path().to_owned())
    };
    sim.retries_made = records.spec.as_ref().map_or(0, |spec| spec.retries_made);
    let presence = Presence::of(records, takeovers);
    if presence.is_live() {
        sim.life = match &records.started {
            None => Life::Launching { cancel: records.stop.is_some() },
            Some(started) => {
                attempt.pid = Some(started.gem5.pid);
                Life::Live(if matches!(presence, Presence::Runs(Reach::Nobody { .. })) {
                    live_elsewhere(records, started, now)
                } else {
                    live(records, started, simulation, now)
                })
            }
        };
        sim.attempts.push(attempt);
        let (number, dir, started) = (records.number, records.dir.clone(), records.started.clone());
        return Some(Living { number, dir, started });
    }
    if presence == Presence::NeverStarted {
        // The last engine died between the intent and the launch: nothing ran, so it may simply run now.
        let outcome = conclude::never_started(&records.dir);
        attempt.ended = Some(Ended { outcome, ran_ms: None, max_rss: None });
        sim.life = match records.stop {
            Some(_) => Life::Ended(cancelled_before_start()),
            None => Life::Waiting(Waiting::Undecided),
        };
    } else {
        let ended = conclude::conclude_under(simulation.success.as_ref(), records);
        let of_machine = matches!(&records.exit, Some(Exit { end: End::NotStarted { of_machine: true, .. }, .. }));
        sim.life = match (of_machine, &records.stop) {
            (true, None) => Life::Waiting(Waiting::Undecided),
            (true, Some(_)) => Life::Ended(cancelled_before_start()),
            (false, _) => after_end(sim, simulation, records, &ended, now),
        };
        attempt.ended = Some(ended);
    }
    sim.attempts.push(attempt);
    None
}

/// What follows from an end: nothing, or the automatic retry that the last engine did not come to.
fn after_end(sim: &mut Sim, simulation: &Simulation, records: &AttemptRecords, ended: &Ended, now: Moment) -> Life {
    let wait_ms = retry::wait_ms(&simulation.retries, ended.outcome.kind, sim.retries_made);
    let is_cancelled = records.stop.as_ref().is_some_and(|stop| stop.reason == StopReason::Cancelled);
    let unseen = retry::may_run_unseen(ended.outcome.kind, records.started.is_some());
    match wait_ms.filter(|_| !is_cancelled && !unseen) {
        None => Life::Ended(ended.outcome.clone()),
        Some(wait_ms) => {
            sim.retries_made = sim.retries_made.saturating_add(1);
            // Since another boot, or since an end that nobody saw, nothing is left to wait for.
            let ended_ms = records.exit.as_ref().map_or(0, |exit| exit.at.boot_ms);
            let until_ms = ended_ms.saturating_add(wait_ms).clamp(now.boot_ms, now.boot_ms + wait_ms);
            Life::Backoff { until_ms }
        }
    }
}

/// A process of another host. Hosts have only the time of day in common, and nearly, so its records are put on the clock of
/// this one.
fn live_elsewhere(records: &AttemptRecords, started: &Started, now: Moment) -> Live {
    let since_ms = now.unix_ms.saturating_sub(started.at.unix_ms).try_into().unwrap_or(0);
    let (paused_ms, since) = attempts::pauses(&records.dir);
    Live {
        elsewhere: Some(started.gem5.host.clone()),
        paused_ms,
        pause: since.map(|_| Pause { since_ms: now.boot_ms, resume: None }),
        ..Live::new(Moment { boot_ms: now.boot_ms.saturating_sub(since_ms), ..started.at })
    }
}

fn live(records: &AttemptRecords, started: &Started, simulation: &Simulation, now: Moment) -> Live {
    let (paused_ms, since) = attempts::pauses(&records.dir);
    let stop = records.stop.as_ref().map(|stop| Stopping {
        reason: stop.reason,
        stage: Stage::Interrupt,
        // Nobody knows how much of the grace has passed, so it begins anew.
        next_ms: now.boot_ms.saturating_add(simulation.grace.as_millis() as u64),
        signalled: stop.signalled,
    });
    let slept_ms = started.suspended_ms.map_or(0, |then| suspended_ms().saturating_sub(then));
    let mut live = Live {
        // What was slept during a pause is counted twice: a limit then comes later, and never too early.
        paused_ms: paused_ms.saturating_add(if slept_ms < SLEPT_LEAST_MS { 0 } else { slept_ms }),
        pause: since.filter(|_| stop.is_none()).map(|since_ms| Pause { since_ms, resume: None }),
        stop,
        unsupervised: !records.held,
        ..Live::new(started.at)
    };
    live.polls = simulation.poll_stats.map_or(0, |every| live.ran_ms(now.boot_ms) / (every.as_millis() as u64).max(1));
    live
}
