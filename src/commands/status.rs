//! `gem5-tui status`: where every simulation is in its life. Needs no engine.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Serialize;

use crate::cli::{self, Target};
use crate::commands::attach::{self, Snapshot};
use crate::commands::intent::{self, Intent};
use crate::commands::output::{self, Output};
use crate::commands::shards::{self, EngineLine};
use crate::commands::{Exit, Failure, runtime, select, watched};
use crate::engine;
use crate::engine::directory::edits::unlisted;
use crate::experiment::Plan;
use crate::gem5::OutcomeKind;
use crate::protocol::{
    Alike, Counts, Edits, Limits, LinkError, Miss, QueueState, Selection, SimView, Status, SweepTime,
};
use crate::rundir::ExperimentDir;
use crate::rundir::record::{LeaseRecord, Moment};
use crate::text::width::{self, Align};
use crate::text::{self, Safe, human};

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
enum Line<'a> {
    Simulation(Box<Told<'a>>),
    Summary {
        experiment: &'a str,
        engine: bool,
        /// The engines of shards, where several share the experiment.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        shards: Vec<EngineLine>,
        cap: u32,
        queue: QueueState,
        /// What the queue is paused for, if what ran has failed.
        #[serde(skip_serializing_if = "Option::is_none")]
        alike: Option<&'a Alike>,
        counts: Counts,
        /// How long the sweep as a whole has taken; null before its first start.
        sweep: Option<SweepTime>,
        edits: &'a Edits,
        /// What is watched and matches no stat, in words.
        unmatched: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        notice: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        allocation: Option<&'a str>,
    },
}

/// A simulation with the words for why it is where it is.
#[derive(Debug, Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    sim: Cow<'a, SimView>,
    /// The name of the suite that has spawned it, in the place of its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    suite: Option<&'a str>,
    reason: String,
    /// One word and one truth for tables, beside the state with all of its parts.
    word: &'a str,
    ok: Option<bool>,
}

impl<'a> Told<'a> {
    fn new(sim: &'a SimView, sims: &'a [SimView], limits: Limits) -> Self {
        let suite = sim.suite_among(sims);
        let ok = sim.status.ended().map(OutcomeKind::is_ok);
        Self {
            sim: if suite.is_some() { Cow::Owned(SimView { suite: None, ..sim.clone() }) } else { Cow::Borrowed(sim) },
            suite,
            reason: sim.reason(limits),
            word: sim.status.word(),
            ok,
        }
    }
}

/// Prints every simulation that is meant, from the engine if one lives and from the directory if not.
pub(crate) fn status(
    target: &Target,
    selection: &cli::Selection,
    json: bool,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let plan = intent::plan(target, Intent::Look)?;
    let sharing = attach::shards(&plan)?;
    let (snapshot, live) = look_anyway(plan)?;
    let live = live || !sharing.is_empty();
    tell_of_unlisted(&snapshot);
    let meant = meant(&snapshot, selection)?;
    if json {
        for sim in &meant {
            output.json(&Line::Simulation(Box::new(Told::new(sim, &snapshot.sims, snapshot.header.limits()))))?;
        }
        let header = &snapshot.header;
        let (cap, queue, counts) = (header.cap, header.queue, header.counts);
        output.json(&Line::Summary {
            experiment: &header.name,
            engine: live,
            shards: sharing.iter().map(EngineLine::from).collect(),
            cap,
            queue,
            alike: header.alike.as_ref(),
            counts,
            sweep: header.sweep,
            edits: &header.edits,
            unmatched: watched::unmatched_watch(&snapshot),
            notice: header.notice.as_deref(),
            allocation: header.allocation.as_deref(),
        })?;
    } else {
        table(&snapshot, &meant, live, &sharing, output)?;
    }
    let is_not_ok = |sim: &&SimView| sim.status.ended().is_some_and(|kind| !kind.is_ok());
    Ok(if meant.iter().any(is_not_ok) { Exit::NotOk } else { Exit::Ok })
}

/// The simulations that are meant. None of a kind is an answer, too.
fn meant<'s>(snapshot: &'s Snapshot, selection: &cli::Selection) -> Result<Vec<&'s SimView>, Failure> {
    let cli::Selection { names, failed, changed } = selection.clone();
    if names.is_empty() && !failed && !changed {
        return Ok(snapshot.sims.iter().collect());
    }
    match (Selection { names, failed, changed }).resolve(snapshot.sims.iter().map(Into::into)) {
        Ok(sims) => Ok(sims.iter().filter_map(|sim| snapshot.sims.get(*sim as usize)).collect()),
        Err(Miss::NoneOfKind) => Ok(Vec::new()),
        Err(miss) => Err(select::missed(&miss, &snapshot.header.outdir)),
    }
}

/// The whole experiment, and whether an engine lives.
pub(crate) fn look(plan: Plan) -> Result<(Snapshot, bool), Failure> {
    let told = runtime()?.block_on(attach::ask_all(&plan))?;
    Ok(told.map_or_else(|| (on_disk(plan), false), |snapshot| (snapshot, true)))
}

/// The same for a verb that only looks: what an engine that does not answer, or not in words that are read, would have said stands in the directory, but for
/// the last moments.
pub(crate) fn look_anyway(plan: Plan) -> Result<(Snapshot, bool), Failure> {
    match runtime()?.block_on(attach::ask_all(&plan)) {
        Err(Failure::Link(
            silent @ (LinkError::Silent { .. } | LinkError::LineTooLong { .. } | LinkError::NoMessage { .. }),
        )) => {
            output::complain(&Safe::line(&format!("warning: {silent}; this is what is on disk")));
            Ok((on_disk(plan), true))
        }
        Err(failure) => Err(failure),
        Ok(Some(snapshot)) => Ok((snapshot, true)),
        Ok(None) => Ok((on_disk(plan), false)),
    }
}

/// What the directory tells of the experiment as this plan says it. An engine that lives may have begun with another one.
pub(crate) fn on_disk(plan: Plan) -> Snapshot {
    let state = engine::look(plan);
    let count = state.plan().simulations.len() as u32;
    let now = Moment::now();
    let sims = (0..count).map(|sim| state.view(sim, now)).collect();
    let mut header = state.header(now);
    if let Some(elsewhere) = attach::elsewhere(state.plan()) {
        header.notice = Some(text::safe_error(&elsewhere).into_string());
    }
    Snapshot { header, sims }
}

/// What still runs and is in no plan any more is seen by nobody else.
fn tell_of_unlisted(snapshot: &Snapshot) {
    let known: HashSet<&str> = snapshot.sims.iter().map(|sim| sim.name.as_str()).collect();
    for name in unlisted(&ExperimentDir::new(&snapshot.header.outdir), |name| known.contains(name)) {
        output::complain(&Safe::line(&format!(
            "warning: `{name}` still runs and is not in the experiment file any more; put it back there to see or end it"
        )));
    }
}

fn table(
    snapshot: &Snapshot,
    meant: &[&SimView],
    live: bool,
    sharing: &[LeaseRecord],
    output: &mut Output,
) -> Result<(), Failure> {
    let name_width = meant.iter().map(|sim| width::width(&sim.name)).max().unwrap_or(0).clamp(4, 48);
    let head = format!(
        "{}  {}  {}  {}  NOTE",
        width::fit("STATUS", 12, Align::Left),
        width::fit("NAME", name_width, Align::Left),
        width::fit("DONE", 5, Align::Right),
        width::fit("TIME", 8, Align::Right)
    );
    output.line(&Safe::line(&head))?;
    for sim in meant {
        // What waits for another attempt has come nowhere in it yet.
        let waits = sim.status == Status::Submitted || !sim.status.is_live() && sim.status.ended().is_none();
        let done = sim.progress.fraction.filter(|_| !waits).map_or_else(String::new, human::percent);
        let time = if waits || sim.attempts.is_empty() { String::new() } else { human::clock(sim.elapsed.ms) };
        let attempt = sim.latest().filter(|_| sim.attempts.len() > 1);
        let attempt = attempt.map(|attempt| format!("attempt {}", attempt.number)).unwrap_or_default();
        let reason = sim.reason(snapshot.header.limits());
        let note = [attempt.as_str(), reason.as_str()].into_iter().filter(|part| !part.is_empty());
        let line = format!(
            "{}  {}  {}  {}  {}",
            width::fit(sim.status.word(), 12, Align::Left),
            width::fit(&Safe::line(&sim.name), name_width, Align::Left),
            width::fit(&done, 5, Align::Right),
            width::fit(&time, 8, Align::Right),
            Safe::line(&note.collect::<Vec<_>>().join("; "))
        );
        output.line(&Safe::line(line.trim_end()))?;
    }
    let counts = snapshot.header.counts;
    let Counts { total, blocked, queued, running, paused, ok, cancelled, .. } = counts;
    let failed = counts.failed();
    let cancelled = if cancelled > 0 { format!(", {cancelled} cancelled") } else { String::new() };
    let queue = match snapshot.header.queue {
        QueueState::Open => "",
        QueueState::Paused => ", queue paused",
        QueueState::Draining => ", draining",
    };
    let engine = match sharing.len() as u64 {
        0 if live => "engine running".to_owned(),
        0 => "no engine".to_owned(),
        count => format!("{} running", human::plural(count, "shard")),
    };
    output.line(&Safe::line(&format!(
        "{}: {running} running, {paused} paused, {queued} queued, {blocked} blocked, {ok} ok, {failed} not ok{cancelled}; \
         {engine}{queue}",
        human::plural(u64::from(total), "simulation")
    )))?;
    for record in sharing {
        output.line(&shards::line(record))?;
    }
    if let Some(finished) = snapshot.header.sweep.as_ref().and_then(finished) {
        output.line(&Safe::line(&finished))?;
    }
    if let Some(notice) = &snapshot.header.notice {
        output.line(&Safe::line(&format!("note: {notice}")))?;
    }
    if let Some(allocation) = &snapshot.header.allocation {
        output.line(&Safe::line(&format!("note: {allocation}")))?;
    }
    for unmatched in watched::unmatched_watch(snapshot) {
        output.line(&Safe::line(&format!("note: {unmatched}")))?;
    }
    let changed = snapshot.sims.iter().filter(|sim| sim.is_outdated()).count();
    if changed > 0 {
        output.line(&Safe::line(&format!(
            "{changed} ok from something else than what is here now; `retry --changed` runs them again"
        )))?;
    }
    if let Some(gone) = gone(&snapshot.header.edits) {
        output.line(&Safe::line(&gone))?;
    }
    Ok(())
}

/// How long a sweep took of which all simulations have ended.
fn finished(sweep: &SweepTime) -> Option<String> {
    let finished = human::local_time(sweep.finished_unix_ms?);
    let untold = match sweep.cpu_untold {
        0 => String::new(),
        untold => format!(" without {} of which nobody knows it", human::plural(untold.into(), "attempt")),
    };
    let (took, cpu) = (human::clock(sweep.elapsed.ms), human::clock(sweep.cpu_ms));
    Some(format!("took {took}, {cpu} of CPU time{untold}, finished {finished}"))
}

/// What has results and is no longer in the file, in one line.
pub(crate) fn gone(edits: &Edits) -> Option<String> {
    let more = if edits.gone as usize > edits.names.len() { ", …" } else { "" };
    let names = edits.names.join(", ");
    (edits.gone > 0).then(|| format!("{} no longer in the file, results kept: {names}{more}", edits.gone))
}
