//! Simulations that a client adds to the plan of a living engine.
//!
//! They are checked, written into the record of the plan and looked for in the directory by a thread, and only then is the
//! state told. So a killed engine finds what was added, and nothing of it is launched that no record names.

use std::collections::{HashMap, HashSet};

use super::plan_record::PlanRecord;
use crate::engine::attempt::provenance::Surroundings;
use crate::engine::directory::adopt::{self, Adopted, Living};
use crate::engine::executor::Executor;
use crate::engine::state::Event;
use crate::experiment::{Plan, Simulation, sensible_name};
use crate::rundir::ExperimentDir;
use crate::rundir::usable::{self, Unusable};

/// What a client has handed over so far, by the client.
#[derive(Debug, Default)]
pub(super) struct Growth {
    parts: HashMap<u64, Vec<String>>,
    /// Whether the thread is at work: what comes meanwhile would be checked against a plan that is about to grow.
    pub(super) is_busy: bool,
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
    #[error("could not write down the plan, so nothing was added")]
    Unwritten(#[source] std::io::Error),
}

/// What is known of simulations that are to be added.
#[derive(Debug)]
pub(super) struct Grown {
    /// What the state is told.
    pub(super) event: Event,
    /// What of them has not ended.
    pub(super) living: Vec<(u32, Living)>,
    /// The world with the experiment file that they come from.
    pub(super) surroundings: Surroundings,
}

impl Growth {
    /// Takes one part. All of them, once they are complete.
    pub(super) fn take(&mut self, client: u64, part: String, complete: bool) -> Option<Vec<String>> {
        self.parts.entry(client).or_default().push(part);
        if complete { self.parts.remove(&client) } else { None }
    }

    /// A client is gone.
    pub(super) fn forget(&mut self, client: u64) {
        self.parts.remove(&client);
    }
}

/// Checks what is to be added to `plan`, writes it down and looks for what the directory has of it. Blocks.
pub(super) fn prepare(
    mut plan: Plan,
    parts: &[String],
    outdir: &ExperimentDir,
    executor: &Executor,
    record: &PlanRecord,
    asked: (u64, u64),
) -> Result<Grown, Refused> {
    let lists: Result<Vec<Vec<Simulation>>, _> = parts.iter().map(|part| serde_json::from_str(part)).collect();
    let added: Vec<Simulation> = lists.map_err(Refused::NoList)?.concat();
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
    usable::check_added(outdir, added.iter().map(|simulation| simulation.name.as_str()))?;
    let first = plan.simulations.len();
    plan.simulations.extend(added);
    record.replace(&plan).map_err(Refused::Unwritten)?;
    let (old, added) = plan.simulations.split_at(first);
    // What was left in the system waits for an engine that begins.
    let Adopted { found, living, left: _ } = adopt::adopt(added, &adopt::index(&plan), outdir, executor, &[]);
    let changed = adopt::changed(old, outdir);
    let living = living.into_iter().map(|(at, living)| (first as u32 + at, living)).collect();
    let surroundings = Surroundings::new(&plan.source);
    let event = Event::Added { simulations: added.to_vec(), found, changed, asked: Some(asked) };
    Ok(Grown { event, living, surroundings })
}
