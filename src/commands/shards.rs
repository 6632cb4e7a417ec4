//! Engines that share an experiment, each with a shard of it: how they are told, and what is asked of those that have it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::commands::output::{self, Output};
use crate::commands::{Exit, Failure, attach};
use crate::engine;
use crate::experiment::{Plan, Simulation};
use crate::protocol::{Link, Miss, Reply, Request};
use crate::rundir::lease::is_elsewhere;
use crate::rundir::machine::place;
use crate::rundir::record::LeaseRecord;
use crate::rundir::{ExperimentDir, Shard};
use crate::spawn::identity::{self, is_out_of_sight};
use crate::text::{self, Safe, human};

/// The engine of a shard, in JSON.
#[derive(Debug, Serialize)]
pub(crate) struct EngineLine {
    shard: Option<Shard>,
    host: String,
    pid: i32,
    /// Until when it has time, in milliseconds since the Unix epoch; null if not until a time.
    until_unix_ms: Option<i64>,
}

impl From<&LeaseRecord> for EngineLine {
    fn from(record: &LeaseRecord) -> Self {
        let LeaseRecord { engine, shard, until_unix_ms, .. } = record;
        Self { shard: *shard, host: engine.host.clone(), pid: engine.pid, until_unix_ms: *until_unix_ms }
    }
}

/// The engine of a shard in a line.
pub(crate) fn line(record: &LeaseRecord) -> Safe {
    let until = record.until_unix_ms.map_or_else(String::new, |at| format!(", until {}", human::local_time(at)));
    Safe::line(&format!("{}: process {} on {}{until}", name(record), record.engine.pid, place(&record.engine)))
}

fn name(record: &LeaseRecord) -> String {
    record.shard.map_or_else(|| "the whole".to_owned(), |shard| format!("shard {shard}"))
}

/// Asks those engines that have what is meant: all for what is not about simulations. Tells of each what it says, or which words mean
/// nothing.
pub(crate) async fn ask(
    plan: &Plan,
    shards: &[LeaseRecord],
    request: &Request,
    output: &mut Output,
) -> Result<Result<Exit, Miss>, Failure> {
    let meant = match request {
        Request::Named { selection, .. } => {
            let state = engine::look(plan.clone());
            match state.select(selection) {
                Ok(sims) => Some(by_shard(shards, sims.into_iter().map(|sim| &state.plan().simulations[sim as usize]))),
                Err(miss) => return Ok(Err(miss)),
            }
        }
        _ => None,
    };
    let mut exit = Exit::Ok;
    let mut refuse = |text: String| {
        exit = Exit::NotOk;
        output::complain(&Safe::line(&text));
    };
    let is_meant = |record: &&LeaseRecord| {
        meant.as_ref().is_none_or(|meant| record.shard.is_some_and(|shard| meant.contains_key(&shard)))
    };
    for record in shards.iter().filter(is_meant) {
        let name = name(record);
        match ask_one(plan, record, request).await {
            Ok(Reply::Done { message }) => output.line(&Safe::line(&format!("{name}: {message}")))?,
            Ok(Reply::Refused { reason }) => refuse(format!("error: {name}: {reason}")),
            // It has ended or begun meanwhile.
            Ok(Reply::Missed { .. }) => refuse(format!("error: {name}: nothing of it is as it was a moment ago")),
            Err(failure) => refuse(format!("error: {name}: {}", text::safe_error(&failure))),
        }
    }
    for (shard, count) in meant.unwrap_or_default() {
        if shards.iter().all(|record| record.shard != Some(shard)) {
            let count = human::plural(count, "simulation");
            refuse(format!("error: shard {shard} has no engine now, so {count} of it are left as they are"));
        }
    }
    Ok(Ok(exit))
}

/// How many of these simulations are in which shard.
fn by_shard<'s>(shards: &[LeaseRecord], simulations: impl Iterator<Item = &'s Simulation>) -> BTreeMap<Shard, u64> {
    let mut counts = BTreeMap::new();
    let Some(one) = shards.iter().find_map(|record| record.shard) else { return counts };
    for simulation in simulations {
        *counts.entry(one.of_simulation(simulation)).or_default() += 1;
    }
    counts
}

async fn ask_one(plan: &Plan, record: &LeaseRecord, request: &Request) -> Result<Reply, Failure> {
    let me = identity::own().map_err(Failure::io("could not read this process's identity"))?;
    let elsewhere = || {
        let (place, pid) = (place(&record.engine), record.engine.pid);
        Failure::Refused(format!("its engine runs on {place} (process {pid}); say it there"))
    };
    if is_elsewhere(record, &me, &ExperimentDir::new(&plan.outdir)) {
        return Err(elsewhere());
    }
    let mut link = match Link::connect(&record.socket).await {
        Err(_) if is_out_of_sight(&record.engine) => return Err(elsewhere()),
        link => link?,
    };
    attach::ask(&mut link, request.clone()).await
}
