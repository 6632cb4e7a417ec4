//! `gem5-tui inspect`: what became of any gem5 run, also of one that gem5-tui never started.
//!
//! The awkward truth: an output directory alone does not tell how its process ended. Where no wait status is found, a log
//! that ends in a failure is believed and one that ends well is not: the word is then `lost`, never `ok`, because the
//! process may have crashed behind its last line, or may still run.

mod find;
mod report;

use std::path::Path;
use std::sync::Arc;

use nix::sys::signal::Signal;

use crate::commands::output::Output;
use crate::commands::{Exit, Failure};
use crate::experiment::RowKind;
use crate::gem5::Checkpoints;
use crate::gem5::outcome::{derive, derive_from_log};
use crate::gem5::stats::{Choice, Watch};
use crate::gem5::{Evidence, Outcome, PhaseEvidence, release};
use crate::rundir::attempts::AttemptRecords;
use crate::rundir::evidence::around::Status;
use crate::rundir::evidence::conclude;
use crate::rundir::evidence::{self, Gathered};
use crate::rundir::results::{self, Ending, Reading};
use crate::spawn::listener::listener;

use find::Found;
use report::Report;

/// The stats that a reader looks for first, under the names of 20.x and of 21.0 and later.
const USUAL_STATS: [&str; 14] = [
    "finalTick",
    "final_tick",
    "simTicks",
    "sim_ticks",
    "simSeconds",
    "sim_seconds",
    "simInsts",
    "sim_insts",
    "hostSeconds",
    "host_seconds",
    "*.ipc",
    "*.ipc_total",
    "*.overallMissRate::total",
    "*.overall_miss_rate::total",
];

/// Prints what the directory tells.
pub(crate) fn inspect(
    dir: &Path,
    logs: &[String],
    dump: Option<Choice>,
    json: bool,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let choice = dump.unwrap_or_default();
    let found = find::find(dir, logs)?;
    let watch = Arc::new(Watch::new(&USUAL_STATS).map_err(|error| Failure::Usage(error.to_string()))?);
    let spec = found.attempt.as_ref().and_then(|(records, _)| records.spec.as_ref());
    let kind = spec.map_or(RowKind::Simulation, |spec| spec.kind);
    // Of a step nothing counts that is told in words of gem5.
    let gathered = match kind {
        // Values are read of the one dump that counts.
        RowKind::Simulation | RowKind::Suite => evidence::gather(&found.places, None, &Arc::default()),
        RowKind::Step => Gathered::of_step(&found.places),
    };
    let checkpoints = match kind {
        RowKind::Simulation | RowKind::Suite => evidence::checkpoints(&found.places.m5out),
        RowKind::Step => Checkpoints::default(),
    };
    let running = found.attempt.as_ref().is_some_and(|(_, presence)| presence.is_live());
    let outcome = (!running).then(|| outcome(&found, &gathered));
    let is_ok = outcome.as_ref().is_some_and(|outcome| outcome.kind.is_ok());
    let phases = match kind {
        RowKind::Simulation => phase_evidence(&found, &gathered, &checkpoints, running),
        // It runs from its first moment on.
        RowKind::Step | RowKind::Suite => {
            PhaseEvidence { main_alive: running, simulated: true, ..PhaseEvidence::default() }
        }
    };
    let reading = match &found.attempt {
        Some((records, _)) => reading(records, outcome.as_ref(), &choice, &watch),
        // Of a run that is none of ours nobody knows what was asked for: what it wrote last counts.
        None => gathered
            .stats
            .dumps
            .as_ref()
            .and_then(|_| results::read_foreign(&gathered.stats.file, &choice, &watch).ok()),
    };
    let report = Report::new(&found, kind, &gathered, outcome, &phases, checkpoints, reading.as_ref());
    if json {
        output.json(&report)?;
    } else {
        report.print(output)?;
    }
    Ok(if is_ok { Exit::Ok } else { Exit::NotOk })
}

/// The stats of an attempt of ours, unless they cannot be read.
fn reading(
    records: &AttemptRecords,
    outcome: Option<&Outcome>,
    choice: &Choice,
    watch: &Arc<Watch>,
) -> Option<Reading> {
    let ending = Ending::of(outcome.map(|outcome| outcome.kind), records.exit.as_ref());
    results::read(&records.outputs(), ending, choice, watch).ok()
}

fn outcome(found: &Found, gathered: &Gathered) -> Outcome {
    if let Some((records, _)) = found.attempt.as_ref().filter(|_| !found.logs_are_named) {
        return conclude::conclude_beside(&gathered.stats, records).outcome;
    }
    let end = match &found.status {
        Status::Known(end, _) => Some(end.clone()),
        Status::Unknown(_) => None,
    };
    let evidence = Evidence { end, simulates: true, ..gathered.evidence.clone() };
    if evidence.end.is_some() { derive(&evidence) } else { derive_from_log(&evidence) }
}

fn phase_evidence(found: &Found, gathered: &Gathered, checkpoints: &Checkpoints, running: bool) -> PhaseEvidence {
    let (log, stats) = (&gathered.evidence.log, &gathered.evidence.stats);
    let records = found.attempt.as_ref().map(|(records, _)| records);
    let started = records.and_then(|records| records.started.as_ref());
    let takes_sigcont = |started| matches!(listener(started, Signal::SIGCONT), Ok(Some(_)));
    let files = evidence::phase_evidence(&found.places.m5out);
    PhaseEvidence {
        // Wherever gem5 was told to write them.
        stats_txt: files.stats_txt || gathered.stats.dumps.is_some(),
        event_queue_entered: log.event_queue.is_some(),
        simulated: log.ran()
            || stats.dumps > 0
            || checkpoints.count() > 0
            || evidence::has_console_text(&found.places.m5out),
        open_block: stats.open_block,
        handles_sigcont: running && started.is_some_and(takes_sigcont),
        release: log.version.as_deref().and_then(release),
        // Where nothing tells of an end, none is claimed.
        main_alive: running || (records.is_none() && matches!(found.status, Status::Unknown(_))),
        ..files
    }
}
