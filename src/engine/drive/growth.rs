//! Simulations that are added to the plan of a living engine: by a client, or because others have ended that made something for
//! them.
//!
//! They are checked, written into the record of the plan and looked for in the directory by a thread, and only then is the
//! state told. So a killed engine finds what was added, and nothing of it is launched that no record names.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::plan_record::PlanRecord;
use super::spawn_watch::Seen;
use crate::engine::attempt::provenance::Surroundings;
use crate::engine::directory::adopt::{self, Adopted, Living};
use crate::engine::executor::Executor;
use crate::engine::state::event::{self, Event};
use crate::engine::state::found::Found;
use crate::experiment::{Dependency, Plan, Simulation, keep_spawned, sensible_name};
use crate::rundir::ExperimentDir;
use crate::rundir::fault::passes_in_ours;
use crate::rundir::spawns::Spawn;
use crate::rundir::usable::{self, Unusable};
use crate::spawn::machine::Machine;

/// What a client has handed over so far, by the client.
#[derive(Debug, Default)]
pub(super) struct Growth {
    parts: HashMap<u64, Vec<String>>,
    /// Whether the thread is at work: what comes meanwhile would be checked against a plan that is about to grow.
    pub(super) is_busy: bool,
    /// What the scripts of suites ask for, in the order in which it came.
    pub(super) asked: Vec<Seen>,
    /// Whether a notice tells that a suite has asked in vain.
    pub(super) is_noticed: bool,
    /// Whether it is looked again for what others have made, once that thread is done.
    pub(super) is_due: bool,
}

/// Why nothing was added.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("the engine is draining and launches nothing more; ask again when it has ended")]
    Draining,
    #[error("other simulations are just being added; ask again in a moment")]
    Busy,
    #[error("what was handed over is no list of simulations")]
    NoList(#[source] serde_json::Error),
    #[error("`{0}` cannot be the name of a simulation")]
    BadName(String),
    #[error("there is a simulation called `{0}` already")]
    Taken(String),
    #[error(transparent)]
    Unusable(#[from] Unusable),
    #[error("what it still awaits stands in the experiment file: open it with that")]
    NoFile,
    #[error("the plan cannot grow: {0}; `gem5-tui plan` tells all")]
    Mistaken(String),
    #[error("the plan cannot grow: what looked for more ended without an answer")]
    Broken,
    #[error("the arguments of a suite's call could not be kept, so it was not added")]
    Unsettled(#[source] std::io::Error),
    #[error("could not write down the plan, so nothing was added")]
    Unwritten(#[source] std::io::Error),
}

/// Who has asked for more.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asker {
    /// A client, by its number and that of its request.
    Client(u64, u64),
    /// The experiment file.
    File,
    /// The script of a suite.
    Suite,
}

impl Refused {
    /// Whether the same may succeed later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unsettled(error) | Self::Unwritten(error) => passes_in_ours(error),
            _ => false,
        }
    }
}

/// What is known of simulations that are to be added.
#[derive(Debug)]
pub(super) struct Grown {
    /// What the state is told.
    pub(super) event: Event,
    /// What of them has not ended.
    pub(super) living: Vec<(u32, Living)>,
    /// The world with the experiment file that they come from, where they come from a file that is read anew.
    pub(super) surroundings: Option<Surroundings>,
}

impl Growth {
    /// Takes one part. All of them, once they are complete.
    pub(super) fn take(&mut self, client: u64, part: String, complete: bool) -> Option<Vec<String>> {
        self.parts.entry(client).or_default().push(part);
        if complete { self.parts.remove(&client) } else { None }
    }

    /// Takes what a script asks for. What waits already is added together with it: the record of the plan is written anew each
    /// time, and a script may ask for thousands one by one.
    pub(super) fn take_asked(&mut self, seen: Seen) {
        let is_same = |waiting: &&mut Seen| (waiting.suite, waiting.attempt) == (seen.suite, seen.attempt);
        let Some(waiting) = self.asked.iter_mut().find(is_same) else { return self.asked.push(seen) };
        for (spawn, was_told) in seen.calls {
            let is_it = |(known, _): &&mut (Spawn, bool)| known.request.number == spawn.request.number;
            match waiting.calls.iter_mut().filter(|_| was_told).find(is_it) {
                // Its script wants it ended before it has begun.
                Some((known, _)) => known.stopped |= spawn.stopped,
                None => waiting.calls.push((spawn, was_told)),
            }
        }
    }

    /// A client is gone.
    pub(super) fn forget(&mut self, client: u64) {
        self.parts.remove(&client);
    }
}

/// Where what is added goes.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) plan: Plan,
    pub(super) outdir: ExperimentDir,
    pub(super) executor: Arc<Executor>,
    pub(super) record: Arc<PlanRecord>,
}

/// What a client hands over. Blocks.
pub(super) fn handed(place: Place, parts: &[String], asked: (u64, u64)) -> Result<Grown, Refused> {
    let lists: Result<Vec<Vec<Simulation>>, _> = parts.iter().map(|part| serde_json::from_str(part)).collect();
    let added: Vec<Simulation> = lists.map_err(Refused::NoList)?.concat();
    let outdir = place.outdir.clone();
    let (added, old) = (added, place.plan.simulations.clone());
    let Added { simulations, found, living, surroundings } = add(place, added)?;
    let changed = adopt::changed((0..).zip(&old), &outdir);
    let event = Event::Added { simulations, found, changed, asked: Some(asked) };
    Ok(Grown { event, living, surroundings: Some(surroundings) })
}

/// What simulations that have ended tell of more. Blocks.
pub(super) fn made(mut place: Place) -> Result<Grown, Refused> {
    let origin = place.plan.origin.clone().ok_or(Refused::NoFile)?;
    let mut now = origin.load(&Machine::strict()).map_err(|diagnostics| {
        let first = diagnostics.items().first().map_or_else(String::new, |first| first.message.clone());
        Refused::Mistaken(first)
    })?;
    let before = &place.plan;
    // What suites have spawned stands in no file.
    keep_spawned(&mut now.plan, &before.simulations);
    let names = |plan: &Plan| plan.simulations.iter().map(|one| one.name.clone()).collect::<HashSet<String>>();
    let (known, there) = (names(before), names(&now.plan));
    let made_of = |simulation: &Simulation| simulation.needs.iter().any(|need| before.sources.contains(&need.name));
    // What a client has added is not in the file that this engine began with.
    let is_gone = |one: &&Simulation| !one.gone && !there.contains(&one.name) && made_of(one);
    let gone: Vec<String> = before.simulations.iter().filter(is_gone).map(|one| one.name.clone()).collect();
    let needs_before: HashMap<&str, &Vec<Dependency>> =
        before.simulations.iter().map(|one| (one.name.as_str(), &one.needs)).collect();
    let renewed = |one: &&Simulation| needs_before.get(one.name.as_str()).is_some_and(|needs| **needs != one.needs);
    let needs: Vec<(String, Vec<Dependency>)> =
        now.plan.simulations.iter().filter(renewed).map(|one| (one.name.clone(), one.needs.clone())).collect();
    let added: Vec<Simulation> = now.plan.simulations.into_iter().filter(|one| !known.contains(&one.name)).collect();
    let awaiting = now.plan.awaiting;
    place.plan.awaiting.clone_from(&awaiting);
    for one in &mut place.plan.simulations {
        one.gone |= gone.contains(&one.name);
        if let Some((_, needs)) = needs.iter().find(|(name, _)| *name == one.name) {
            one.needs.clone_from(needs);
        }
    }
    let Added { simulations, found, living, surroundings } = add(place, added)?;
    let grown = event::Grown { simulations, found, awaiting, needs, gone };
    Ok(Grown { event: Event::Grown(Box::new(grown)), living, surroundings: Some(surroundings) })
}

/// What was added.
pub(super) struct Added {
    pub(super) simulations: Vec<Simulation>,
    pub(super) found: Vec<Found>,
    pub(super) living: Vec<(u32, Living)>,
    pub(super) surroundings: Surroundings,
}

/// Checks what is to be added to a plan, writes it down and looks for what the directory has of it.
pub(super) fn add(place: Place, added: Vec<Simulation>) -> Result<Added, Refused> {
    let Place { mut plan, outdir, executor, record } = place;
    let mut names: HashSet<String> = plan.simulations.iter().map(|simulation| simulation.name.to_lowercase()).collect();
    for simulation in &added {
        // Names become directories, and those of some file systems fold case.
        if sensible_name(&simulation.name) != simulation.name {
            return Err(Refused::BadName(simulation.name.clone()));
        }
        if !names.insert(simulation.name.to_lowercase()) {
            return Err(Refused::Taken(simulation.name.clone()));
        }
    }
    usable::check_added(&outdir, added.iter().map(|simulation| simulation.name.as_str()))?;
    let first = plan.simulations.len();
    plan.simulations.extend(added);
    record.replace(&plan).map_err(Refused::Unwritten)?;
    let added = &plan.simulations[first..];
    // What was left in the system waits for an engine that begins.
    let Adopted { found, living, left: _ } = adopt::adopt_added(added, &adopt::index(&plan), &outdir, &executor);
    let living = living.into_iter().map(|(at, living)| (first as u32 + at, living)).collect();
    let surroundings = Surroundings::new(&plan.source);
    Ok(Added { simulations: added.to_vec(), found, living, surroundings })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::AttemptDir;
    use crate::rundir::spawns::Spawns;

    #[test]
    fn what_a_script_asks_for_while_another_part_is_written_is_written_at_once() {
        let call = |number: u32, stopped: bool| {
            let request = format!(
                r#"{{"format": 1, "number": {number}, "label": "a", "module": "sim", "function": "run", "key": "k",
                "occurrence": {number}}}"#
            );
            let request = serde_json::from_str(&request).unwrap();
            (Spawn { request, taken: None, answer: None, stopped }, stopped)
        };
        let seen = |suite, attempt, (number, stopped)| {
            let spawns = Spawns::of(&AttemptDir::new("/runs/test/attempt-1"));
            Seen { suite, attempt, spawns, calls: vec![call(number, stopped)] }
        };
        let mut growth = Growth::default();
        let parts = [(0, 1, (1, false)), (1, 1, (1, false)), (0, 1, (2, false)), (0, 2, (1, false)), (0, 1, (1, true))];
        for (suite, attempt, call) in parts {
            growth.take_asked(seen(suite, attempt, call));
        }
        let call = |(spawn, was_told): &(Spawn, bool)| (spawn.request.number, *was_told, spawn.stopped);
        let calls = |seen: &Seen| seen.calls.iter().map(call).collect::<Vec<_>>();
        let one = (1, false, false);
        let expected = [vec![(1, false, true), (2, false, false)], vec![one], vec![one]];
        assert_eq!(growth.asked.iter().map(calls).collect::<Vec<_>>(), expected);
    }
}
