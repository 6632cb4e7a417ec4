//! What an edited experiment file adds and takes away.
//!
//! A simulation that is no longer in the file keeps its directory with all its results. If it still runs, the plan keeps it
//! too until it has ended, so that it is shown and can be cancelled; it is never launched again.

use std::collections::HashSet;

use crate::engine::executor::Executor;
use crate::experiment::results::ResultsRule;
use crate::experiment::{Awaiting, Plan, Retries, Simulation, keep_spawned};
use crate::protocol::Edits;
use crate::rundir::{ExperimentDir, SimulationDir, Takeovers, attempts, planned};

/// Names that are told one by one; the rest is counted. They travel with every header.
const NAMED_MOST: usize = 20;

/// Compares the plan with what the directory holds, and adds to it what its suites have spawned, and what is gone from the file and
/// still runs.
pub fn keep_what_runs(plan: &mut Plan, outdir: &ExperimentDir, executor: &Executor) -> Edits {
    let record = planned::read(outdir);
    let record = record.unwrap_or_else(|error| {
        tracing::warn!("{error}");
        None
    });
    let before = record.map(|record| record.plan.simulations).unwrap_or_default();
    keep_spawned(plan, &before);
    let known: HashSet<&str> = before.iter().map(|simulation| simulation.name.as_str()).collect();
    let is_new = |simulation: &&Simulation| !known.contains(simulation.name.as_str());
    // Without an earlier plan everything is new, which says nothing.
    let new = if before.is_empty() { 0 } else { plan.simulations.iter().filter(is_new).count() as u32 };
    let mut gone = on_disk(outdir, plan);
    let unplanned: HashSet<&str> = gone.iter().map(String::as_str).collect();
    let lives = |simulation: &Simulation| {
        unplanned.contains(simulation.name.as_str()) && runs(&outdir.simulation(&simulation.name), executor)
    };
    let living: Vec<Simulation> = before.into_iter().filter(lives).map(without_future).collect();
    let living_names: HashSet<&str> = living.iter().map(|simulation| simulation.name.as_str()).collect();
    gone.retain(|name| !living_names.contains(name.as_str()));
    plan.simulations.extend(living);
    let count = gone.len() as u32;
    gone.truncate(NAMED_MOST);
    Edits { new, gone: count, names: gone }
}

/// The simulations that an edited file adds, if adding them is all that makes `before`, which an engine works on, the plan
/// of that file. Then the engine can go on with them; any other edit needs one that begins anew.
pub fn only_added(before: &Plan, now: &Plan) -> Option<Vec<Simulation>> {
    // No file names what suites have spawned.
    let mut now = now.clone();
    keep_spawned(&mut now, &before.simulations);
    // An earlier release may have recorded what counts as a secret by now.
    let (before, redacted) = (&before.redacted(), now.redacted());
    let is_known: HashSet<&str> = before.simulations.iter().map(|simulation| simulation.name.as_str()).collect();
    let kept = redacted.simulations.iter().filter(|simulation| is_known.contains(simulation.name.as_str()));
    // What is made of results decides nothing here.
    let settings = |plan: &Plan| Plan {
        awaiting: Vec::new(),
        sources: Vec::new(),
        results: ResultsRule::default(),
        ..plan.without_simulations()
    };
    let watched: HashSet<&str> =
        before.simulations.iter().flat_map(|sim| sim.watch.iter()).map(String::as_str).collect();
    let added: Vec<Simulation> =
        now.simulations.iter().filter(|simulation| !is_known.contains(simulation.name.as_str())).cloned().collect();
    // The columns of the list are those that the engine began with.
    let adds_columns =
        added.iter().flat_map(|simulation| simulation.watch.iter()).any(|glob| !watched.contains(glob.as_str()));
    // Their order may be another one: a simulation that was added before stands behind the others here.
    let by_name = |simulations: &mut Vec<&Simulation>| simulations.sort_by(|a, b| a.name.cmp(&b.name));
    let (mut old, mut kept): (Vec<&Simulation>, Vec<&Simulation>) =
        (before.simulations.iter().collect(), kept.collect());
    by_name(&mut old);
    by_name(&mut kept);
    let is_the_same = settings(before) == settings(&redacted) && old == kept;
    // What grows by another file than the one that the engine has, it would never grow by.
    let is_known_to_grow = |more: &Awaiting| before.awaiting.iter().any(|known| known.name == more.name);
    let grows_alike = redacted.awaiting.iter().all(is_known_to_grow);
    (is_the_same && grows_alike && !added.is_empty() && !adds_columns).then_some(added)
}

/// The same simulation with nothing that could lead to another attempt.
fn without_future(simulation: Simulation) -> Simulation {
    Simulation { gone: true, needs: Vec::new(), pool: None, retries: Retries::default(), ..simulation }
}

/// The simulations that have attempts in the directory and are not in the plan, in the order of their names.
fn on_disk(outdir: &ExperimentDir, plan: &Plan) -> Vec<String> {
    let planned: HashSet<&str> = plan.simulations.iter().map(|simulation| simulation.name.as_str()).collect();
    let entries = std::fs::read_dir(outdir.path()).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut gone: Vec<String> = names
        .filter(|name| !planned.contains(name.as_str()))
        .filter(|name| attempts::numbers(&outdir.simulation(name)).is_ok_and(|numbers| !numbers.is_empty()))
        .collect();
    gone.sort_unstable();
    gone
}

/// Simulations below `outdir` that are not known and run: they are seen by nobody else.
pub fn unlisted(outdir: &ExperimentDir, is_known: impl Fn(&str) -> bool) -> Vec<String> {
    let executor = Executor::local(Takeovers::read(outdir));
    let entries = std::fs::read_dir(outdir.path()).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let names = folders.filter_map(|entry| entry.file_name().into_string().ok());
    let unknown = names.filter(|name| !is_known(name));
    let mut found: Vec<String> = unknown.filter(|name| runs(&outdir.simulation(name), &executor)).collect();
    found.sort_unstable();
    found
}

/// Whether the newest attempt has not ended, as far as can be seen.
fn runs(dir: &SimulationDir, executor: &Executor) -> bool {
    attempts::newest(dir).is_some_and(|number| executor.presence_at(dir, number).is_live())
}
