//! What the scripts of suites ask for, on its way into the plan, and the answers on their way back.
//!
//! The thread that reads ([`spawn_watch`](super::spawn_watch)) tells what is new. It is checked and written into the record of
//! the plan like everything that is added to one (`growth`), and only then is the state told.

use std::collections::{HashMap, HashSet};

use super::growth::{self, Added, Asker, Grown, Place, Refused};
use super::spawn_watch::Seen;
use super::{Loop, Record};
use crate::engine::directory::adopt;
use crate::engine::state::event::{AskedCall, AskedFor};
use crate::engine::state::found::Changed;
use crate::engine::state::{Effect, Event, cancelled_before_start};
use crate::experiment::{CallId, Simulation, Suite, sensible_name};
use crate::rundir::record::FORMAT;
use crate::rundir::spawns::{Answer, Spawns, Taken};
use crate::rundir::{AttemptDir, ExperimentDir};
use crate::text;

/// Characters of a name that a call gives to its simulation, behind that of its suite.
const LABEL_MOST: usize = 60;

/// Said of a result from before whose value is not there any more.
const VALUE_GONE: &str = "its value is gone";

impl Loop {
    /// Looks at what an attempt asks for, if it is one of a suite.
    pub(super) fn follow_spawns(&self, sim: u32, attempt: u32, dir: &AttemptDir) {
        if self.state.plan().simulations[sim as usize].suite().is_some() {
            self.spawn_watch.follow(sim, attempt, Spawns::of(dir));
        }
    }

    /// Takes what the thread has seen.
    pub(super) fn take_seen(&mut self, seen: Seen) {
        self.growth.take_asked(seen);
        self.grow_by_what_is_asked();
    }

    /// Has it added to the plan, as soon as nothing else is being added.
    pub(super) fn grow_by_what_is_asked(&mut self) {
        if self.growth.is_busy || self.growth.asked.is_empty() {
            return;
        }
        let seen = self.growth.asked.remove(0);
        let Some(suite) = self.state.plan().simulations[seen.suite as usize].suite().cloned() else { return };
        self.growth.is_busy = true;
        let (place, grown, watch) = (self.growing_place(), self.grown.clone(), self.spawn_watch.clone());
        tokio::spawn(async move {
            let (untaken, spawns) = (seen.untaken(), seen.spawns.clone());
            let asked = tokio::task::spawn_blocking(move || asked(place, &suite, seen)).await;
            let asked = asked.unwrap_or(Err(Refused::Broken));
            let asked = match asked {
                Err(refused) if refused.may_pass() => {
                    watch.tell_again(untaken);
                    Err(refused)
                }
                Err(refused) => {
                    let told = tokio::task::spawn_blocking(move || {
                        untaken.new_ones().for_each(|number| refuse(&spawns, number, &refused));
                        refused
                    });
                    Err(told.await.unwrap_or(Refused::Broken))
                }
                Ok(grown) => Ok(grown),
            };
            _ = grown.send(asked.map_err(|refused| (Asker::Suite, refused))).await;
        });
    }

    /// What is to be written for a suite.
    pub(super) fn for_suite(&self, effect: &Effect) -> Option<Record> {
        let plan = self.state.plan();
        match *effect {
            Effect::TakeCall { suite, number, sim, after, before, ref because } => {
                let attempt = self.state.sim(suite).latest()?.number;
                let simulation = plan.simulations[sim as usize].name.clone();
                let directory = self.simulation_dir(sim).name().to_owned();
                if !because.is_empty() {
                    tracing::info!("{simulation} is simulated again: {}", because.join(", "));
                }
                let because = because.clone();
                let taken = Taken { format: FORMAT, simulation, directory, after, before, because };
                Some(Record::Take(Spawns::of(&self.attempt_dir(suite, attempt)), number, taken))
            }
            Effect::AnswerCall { suite, attempt, number, sim, after, before } => {
                let entry = self.state.sim(sim);
                let newest = entry.latest().filter(|attempt| attempt.number > after);
                let outcome = match entry.outcome()? {
                    // Another attempt was asked for, and a person did not want it. What there was before is no answer.
                    outcome if outcome.kind.is_ok() && newest.is_none() => cancelled_before_start(),
                    outcome => outcome.clone(),
                };
                let directory = newest.map_or_else(|| self.simulation_dir(sim).name().to_owned(), |it| it.dir.clone());
                let answer = Answer {
                    format: FORMAT,
                    number,
                    simulation: plan.simulations[sim as usize].name.clone(),
                    attempt: newest.map_or(0, |attempt| attempt.number),
                    directory,
                    ok: outcome.kind.is_ok(),
                    outcome: outcome.kind,
                    line: outcome.line(),
                    exit: None,
                    before,
                    because: Vec::new(),
                };
                Some(Record::Answer(Spawns::of(&self.attempt_dir(suite, attempt)), answer))
            }
            _ => None,
        }
    }
}

/// Makes simulations of calls that are not in the plan, and writes them down. Blocks.
fn asked(place: Place, suite: &Suite, seen: Seen) -> Result<Grown, Refused> {
    let Seen { suite: index, attempt, spawns, calls } = seen;
    let suite_name = place.plan.simulations[index as usize].name.clone();
    let mut known: HashMap<CallId, u32> = HashMap::new();
    let mut names = Names::default();
    for (sim, simulation) in (0..).zip(&place.plan.simulations) {
        names.taken.insert(simulation.name.to_lowercase());
        if let Some(spawned) = simulation.spawned.as_ref().filter(|spawned| spawned.suite == suite_name) {
            known.insert(spawned.call.clone(), sim);
        }
    }
    let outdir = place.outdir.clone();
    let planned = place.plan.simulations.len();
    let (mut added, mut meant, mut asked_calls): (Vec<Simulation>, Vec<u32>, Vec<AskedCall>) = Default::default();
    // As it is seen from the experiment directory, which may be moved.
    let inside = Spawns::of(&ExperimentDir::new("").simulation(&suite_name).attempt(attempt));
    for (spawn, is_known) in calls {
        let request = &spawn.request;
        let asked = request.asked(&inside);
        let simulation = match known.get(&asked.call) {
            Some(&sim) if (sim as usize) < planned => {
                meant.push(sim);
                place.plan.simulations[sim as usize].name.clone()
            }
            Some(&sim) => added[sim as usize - planned].name.clone(),
            None => {
                // What a plan records must be there after a power cut.
                match spawns.settle(request.number).map_err(Refused::Unsettled) {
                    // A mistake in one call costs that one.
                    Err(refused) if !refused.may_pass() => {
                        refuse(&spawns, request.number, &refused);
                        continue;
                    }
                    settled => settled?,
                }
                let name = names.free(&suite_name, request.label(), &outdir);
                known.insert(asked.call.clone(), (planned + added.len()) as u32);
                added.push(suite.simulation(&suite_name, name.clone(), asked.clone()));
                name
            }
        };
        asked_calls.push(AskedCall {
            number: request.number,
            simulation,
            pool: asked.pool,
            fresh: request.fresh,
            taken: spawn.taken.as_ref().map(|taken| (taken.after, taken.before)),
            answered: spawn.answer.is_some(),
            stopped: spawn.stopped,
            is_known,
        });
    }
    let changed = changed(&place, &meant);
    let mut asked = AskedFor { suite: index, attempt, changed, calls: asked_calls, ..AskedFor::default() };
    if added.is_empty() {
        return Ok(Grown { event: Event::Asked(Box::new(asked)), living: Vec::new(), surroundings: None });
    }
    spawns.settle_names().map_err(Refused::Unsettled)?;
    let Added { simulations, found, living, surroundings: _ } = growth::add(place, added)?;
    (asked.simulations, asked.found) = (simulations, found);
    Ok(Grown { event: Event::Asked(Box::new(asked)), living, surroundings: None })
}

/// Tells a script that nothing comes of a call.
fn refuse(spawns: &Spawns, number: u32, why: &Refused) {
    let text = text::safe_error(why).into_string();
    tracing::warn!("call {number} of a suite: {text}");
    if let Err(error) = spawns.refuse(number, &text) {
        tracing::warn!("and its script could not be told: {error}");
    }
}

/// The names that nobody can have any more.
#[derive(Debug, Default)]
struct Names {
    taken: HashSet<String>,
    /// The number that is tried next for each name that was wanted before: ten thousand calls may want the same.
    next: HashMap<String, u32>,
}

impl Names {
    /// A name for what a call has become, which nobody has in the plan or in the directory.
    fn free(&mut self, suite: &str, label: &str, outdir: &ExperimentDir) -> String {
        let label: String = sensible_name(label).chars().take(LABEL_MOST).collect();
        let wanted = sensible_name(&format!("{suite}.{label}"));
        let next = self.next.entry(wanted.to_lowercase()).or_insert(1);
        loop {
            let number = std::mem::replace(next, next.saturating_add(1));
            let name = if number == 1 { wanted.clone() } else { sensible_name(&format!("{wanted}-{number}")) };
            let is_free = !self.taken.contains(&name.to_lowercase()) && !outdir.simulation(&name).path().exists();
            if is_free || number == u32::MAX {
                self.taken.insert(name.to_lowercase());
                return name;
            }
        }
    }
}

/// What has changed by now under the newest attempts of these simulations of the plan.
fn changed(place: &Place, meant: &[u32]) -> Vec<Changed> {
    let simulations = meant.iter().map(|&sim| (sim, &place.plan.simulations[sim as usize]));
    let mut changed = adopt::changed(simulations, &place.outdir);
    for one in &mut changed {
        let name = &place.plan.simulations[one.sim as usize].name;
        let attempt = place.outdir.simulation(name).attempt(one.attempt);
        if attempt.exit().exists() && !attempt.value().exists() {
            one.what.push(VALUE_GONE.to_owned());
        }
    }
    changed
}
