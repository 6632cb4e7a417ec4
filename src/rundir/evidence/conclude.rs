//! Why an attempt ended, from everything that it left behind.

use std::path::PathBuf;
use std::sync::Arc;
use std::{fs, io, iter};

use serde::{Deserialize, Serialize};

use super::{Gathered, Places, StatsRead, gather_beside, gather_step, log_facts, named_logs_of};
use crate::experiment::executor::system_name;
use crate::experiment::{Interpreter, RowKind, client};
use crate::gem5::outcome::{self, EndFacts, JobFacts, JobWord, Outcome, OutcomeKind};
use crate::gem5::stats::{Choice, Watch};
use crate::gem5::{Evidence, SuccessRule, judge};
use crate::rundir::attempts::AttemptRecords;
use crate::rundir::follow::read_regular;
use crate::rundir::machine::{Origin, origin};
use crate::rundir::named::as_named;
use crate::rundir::record::{FORMAT, JobEnd, OutcomeRecord, Spec, Stop, StopReason};
use crate::rundir::results::{self, Ending};
use crate::rundir::stats_file::read_requests;
use crate::rundir::written::{self, Comparison};
use crate::rundir::{AttemptDir, atomic, beneath};

/// The version that derives, and that wrote a record which is taken as it is.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Why.
    pub outcome: Outcome,
    /// How long it ran, pauses excluded, in milliseconds.
    pub ran_ms: Option<u64>,
    /// Largest resident set, in bytes.
    pub max_rss: Option<u64>,
    /// CPU time of the whole tree, in milliseconds.
    pub cpu_ms: Option<u64>,
    /// When it ended, milliseconds since the Unix epoch.
    pub ended_unix_ms: Option<i64>,
    /// A batch system says that its job is over: then nothing of it is left, whether or not a start was recorded.
    pub is_gone: bool,
}

impl Ended {
    /// An end of which nothing but the outcome is known.
    pub fn of(outcome: Outcome) -> Self {
        Self {
            outcome: outcome.bounded(),
            ran_ms: None,
            max_rss: None,
            cpu_ms: None,
            ended_unix_ms: None,
            is_gone: false,
        }
    }
}

/// Concludes from the records and the logs, under the rule that the attempt was launched with. Writes nothing.
pub fn conclude(records: &AttemptRecords) -> Ended {
    conclude_under(recorded_rule(records), records)
}

/// The same for who has read its stats.
pub fn conclude_beside(stats: &StatsRead, records: &AttemptRecords) -> Ended {
    conclude_from(recorded_rule(records), records, Some(stats)).0
}

/// What the system says where the output of an attempt is there and cannot be read, which [`conclude`] takes for nothing.
pub fn obstacle(records: &AttemptRecords) -> Option<io::Error> {
    let dir = &records.dir;
    let first_byte = |path: PathBuf| read_regular(&path, 1).map(drop);
    let files = [dir.simout(), dir.simerr(), records.outputs().stats().clone()];
    let looks = iter::once(fs::read_dir(dir.m5out()).map(drop)).chain(files.into_iter().map(first_byte));
    looks.filter_map(Result::err).find(|error| error.kind() != io::ErrorKind::NotFound)
}

/// Concludes under `rule`, whatever rule the attempt was launched with: the rule decides nothing about how a simulation
/// runs, so an experiment file with another one judges again what has run. Writes nothing.
pub fn conclude_under(rule: Option<&SuccessRule>, records: &AttemptRecords) -> Ended {
    conclude_from(rule, records, None).0
}

/// The same, and whether it stands in the records alone: nothing was read of what the process wrote but the sizes and the times of
/// what its end speaks of, and they are the same.
pub fn conclude_or_take(rule: Option<&SuccessRule>, records: &AttemptRecords) -> (Ended, bool) {
    conclude_from(rule, records, None)
}

fn conclude_from(rule: Option<&SuccessRule>, records: &AttemptRecords, stats: Option<&StatsRead>) -> (Ended, bool) {
    let ran_ms = records.exit.as_ref().map(|exit| exit.wall_ms.saturating_sub(exit.paused_ms));
    let max_rss = records.exit.as_ref().and_then(|exit| Some(exit.usage?.max_rss));
    let used = records.exit.as_ref().and_then(|exit| exit.usage);
    let cpu_ms = used.map(|usage| usage.user_ms.saturating_add(usage.system_ms));
    let ended_unix_ms = records.exit.as_ref().map(|exit| exit.at.unix_ms);
    let comparison =
        records.exit.as_ref().map_or(Comparison::Same, |exit| written::compare(&records.dir, &exit.written));
    let kept = kept(records).filter(|_| rule == recorded_rule(records) && comparison == Comparison::Same);
    let is_taken = kept.as_ref().is_some_and(|record| record.gem5_tui == VERSION);
    let outcome = kept.map_or_else(|| derive(rule, records, stats), |record| record.outcome);
    let outcome = without_its_results(records, comparison, outcome);
    let job_end = records.job.as_ref().and_then(|job| job.end.as_ref());
    let ended_unix_ms = ended_unix_ms.or(job_end.map(|end| end.at.unix_ms));
    let is_gone = job_end.is_some();
    (Ended { outcome: outcome.bounded(), ran_ms, max_rss, cpu_ms, ended_unix_ms, is_gone }, is_taken)
}

/// The same outcome, unless it is ok and what it was read from is not what the simulation left.
fn without_its_results(records: &AttemptRecords, comparison: Comparison, outcome: Outcome) -> Outcome {
    let unsynced = records.exit.as_ref().and_then(|exit| exit.unsynced.as_ref());
    let cause = match (comparison, unsynced) {
        _ if !outcome.kind.is_ok() => return outcome,
        (Comparison::Differs(why), _) => format!("its results are not those that it ended with: {why}"),
        (_, Some(why)) => format!("it ended well, and the disk did not take all that it wrote: {why}"),
        _ => return outcome,
    };
    Outcome { kind: OutcomeKind::Lost, cause, ..outcome }
}

fn recorded_rule(records: &AttemptRecords) -> Option<&SuccessRule> {
    records.spec.as_ref().and_then(|spec| spec.success.as_ref())
}

/// What `outcome.json` tells, if that may be taken as it is. Another version of gem5-tui may have known less of gem5, so
/// what it wrote counts only where the evidence is no longer there to be read again.
fn kept(records: &AttemptRecords) -> Option<OutcomeRecord> {
    // Without a recorded end nothing is final: a record may still come, and must then be believed.
    records.exit.as_ref()?;
    // Missing, torn or of a later release: it can be derived again.
    let record = atomic::read_json::<OutcomeRecord>(&records.dir.outcome()).ok().flatten()?;
    let is_current = record.gem5_tui == VERSION || !records.dir.simout().exists();
    is_current.then_some(record)
}

fn derive(rule: Option<&SuccessRule>, records: &AttemptRecords, stats: Option<&StatsRead>) -> Outcome {
    let end = records.exit.as_ref().map(|exit| EndFacts::from(&exit.end));
    let stop = records.stop.as_ref().filter(|stop| came_in_time(stop, records)).map(|stop| stop.reason);
    let spec = records.spec.as_ref();
    let (dir, no_watch) = (&records.dir, Arc::new(Watch::default()));
    let gem5_args = spec.and_then(|spec| spec.gem5_args()).map(<[String]>::to_vec);
    let places = Places {
        m5out: dir.m5out(),
        stdout: Some(dir.simout()),
        stderr: Some(dir.simerr()),
        beside: Some(dir.path().to_owned()),
        named: rule.map(|rule| named_logs_of(dir, rule)).unwrap_or_default(),
        gem5_args,
    };
    let is_step = spec.is_some_and(|spec| spec.kind == RowKind::Step);
    let mut evidence = if is_step {
        gather_step(&places, rule)
    } else {
        let Gathered { evidence, .. } = gather_beside(&places, rule, &no_watch, stats);
        evidence
    };
    let job = job_facts(records);
    let is_asked_in_job = job.as_ref().is_some_and(|job| !job.taken.is_empty());
    let has_ended_by_signal = matches!(end, Some(EndFacts::Signaled { .. }));
    let is_cut = has_ended_by_signal || (end.is_none() && job.is_some());
    evidence.stats.only_requested = is_cut && only_requested(records);
    let evidence = Evidence {
        end,
        stop,
        restarted: records
            .started
            .as_ref()
            .is_some_and(|started| origin(&started.gem5, records.dir.path()) == Origin::Before),
        job,
        oom_kills: records.exit.as_ref().map(|exit| exit.oom_kills).unwrap_or_default(),
        simulates: spec.is_some_and(simulates),
        ..evidence
    };
    let mut derived = if is_step {
        outcome::derive_step(&evidence)
    } else {
        let raised = raised(records, evidence.end.as_ref(), stop).filter(|_| !is_asked_in_job);
        raised.unwrap_or_else(|| outcome::derive(&evidence))
    };
    if has_ended_by_signal && let Some(name) = spec.and_then(|spec| client(spec.argv.get(..spec.prefix)?)) {
        derived.cause = format!("{}; `{name}` was ended, and what it started elsewhere may go on", derived.cause);
    }
    match rule {
        Some(rule) => judge(rule, &evidence, derived),
        None => derived,
    }
}

/// What is known of the job that it was to be.
fn job_facts(records: &AttemptRecords) -> Option<JobFacts> {
    let job = records.job.as_ref()?;
    let word = |end: &JobEnd| JobWord {
        fate: end.how,
        state: end.state.clone(),
        reason: end.reason.clone(),
        node: end.node.clone(),
    };
    let batch = records.spec.as_ref().and_then(|spec| spec.batch.as_deref()).unwrap_or("the batch system");
    let taken = records.exit.iter().flat_map(|exit| exit.taken.iter().filter(|taken| taken.at.is_by(exit.at)));
    Some(JobFacts {
        system: system_name(batch).to_owned(),
        end: job.end.as_ref().map(word),
        // Nobody writes there but the shim and the batch system.
        in_log: log_facts(Some(&records.dir.job_log()), None, None).0.killer.map(|killer| killer.reason),
        taken: taken.map(|taken| taken.name.clone()).collect(),
        has_started: records.started.is_some(),
    })
}

/// Whether what simulates nothing has failed. A function, the script of a suite, or one under plain Python may rightly do so.
fn simulates(spec: &Spec) -> bool {
    spec.kind == RowKind::Simulation && spec.call.is_none() && spec.interpreter() == Some(Interpreter::Gem5)
}

/// Whether we asked the main process to stop before it had ended. Later, only what it had left behind was still there to
/// be stopped, and its own end stands.
fn came_in_time(stop: &Stop, records: &AttemptRecords) -> bool {
    let Some(exit) = &records.exit else { return true };
    if records.job.is_some() && !stop.at.shares_clock(exit.at) {
        // The clock of its node may be minutes off. What we sent, its shim has taken.
        return !exit.taken.is_empty();
    }
    stop.at.is_by(exit.at)
}

/// Whether every complete dump was asked for from outside, so that none is a result. Of a process that a signal ended: any
/// other writes its last one by itself.
fn only_requested(records: &AttemptRecords) -> bool {
    // Nearly nobody asks, and then nothing more need be read.
    if read_requests(&records.dir.requested_dumps()).is_empty() {
        return false;
    }
    results::read(&records.outputs(), Ending::CutOff, &Choice::LAST, &Arc::default())
        .is_ok_and(|reading| reading.is_all_asked())
}

/// The exception of a function, which its record tells better than its log.
fn raised(records: &AttemptRecords, end: Option<&EndFacts>, stop: Option<StopReason>) -> Option<Outcome> {
    match (end, stop) {
        (Some(EndFacts::Exited(_)), None) => {
            let record = atomic::read_json::<RaisedRecord>(&records.dir.result()).ok().flatten()?;
            let RaisedResult { kind, exception, message } = record.result;
            let said = format!("{}: {}", exception?, message?);
            (kind == "raised").then(|| Outcome::new(outcome::kind_of_exception(&said), said))
        }
        _ => None,
    }
}

/// What is wanted of a [`ResultRecord`](crate::rundir::record::ResultRecord). A value that was returned may be tens of megabytes,
/// and is passed over without being built.
#[derive(Deserialize)]
struct RaisedRecord {
    result: RaisedResult,
}

#[derive(Deserialize)]
struct RaisedResult {
    kind: String,
    exception: Option<String>,
    message: Option<String>,
}

/// Writes `outcome.json`, so that the next engine need not read logs again. Only the engine that saw the end does. Nothing waits for the
/// disk: what a power cut takes is derived again.
pub fn keep(records: &AttemptRecords, ended: &Ended) {
    // Why one was ended in a batch system, the system may tell later.
    let may_be_told = records.job.as_ref().is_some_and(|job| job.end.is_none());
    if records.exit.is_none() || (may_be_told && ended.outcome.kind == OutcomeKind::Killed) {
        return;
    }
    let record = OutcomeRecord { format: FORMAT, gem5_tui: VERSION.to_owned(), outcome: ended.outcome.clone() };
    let entered = beneath::has_attempt(&records.dir);
    if let Err(error) = entered.and_then(|_| atomic::write_for_now(&records.dir.outcome(), &record)) {
        tracing::warn!("could not write {}: {error}", as_named(&records.dir.outcome()).display());
    }
}

/// The outcome of an attempt whose directory was made but whose shim never ran.
pub fn never_started(dir: &AttemptDir) -> Outcome {
    let cause = format!("the engine ended before it launched {}", dir.name().display());
    Outcome::new(OutcomeKind::NotStarted, cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::attempts;
    use crate::rundir::record::JobRecords;
    use crate::rundir::record::{End, Exit, Moment, TakenSignal};

    /// A node whose clock is five minutes ahead or behind turned a cancel into a failure, and an end of its own into a cancel.
    #[test]
    fn whether_a_stop_came_in_time_is_told_by_the_clock_of_the_node_alone() {
        let now = Moment::now();
        let on_node = |minutes: i64| Moment { unix_ms: now.unix_ms + minutes * 60_000, boot_ms: 7, boot: None };
        let stop = Stop { format: FORMAT, reason: StopReason::Cancelled, at: now, signalled: true };
        for minutes in [-5, 5] {
            for is_taken in [false, true] {
                let at = on_node(minutes);
                let taken = is_taken.then(|| TakenSignal { name: "SIGINT".to_owned(), at }).into_iter().collect();
                let exit = Exit { taken, ..Exit::new(End::Exited { code: 0 }, at) };
                let place = tempfile::tempdir().unwrap();
                let records = attempts::read_but_spec(AttemptDir::new(place.path()), 1).unwrap();
                let job = Some(Box::new(JobRecords::default()));
                let records = AttemptRecords { exit: Some(exit), job, ..records };
                assert_eq!(came_in_time(&stop, &records), is_taken, "{minutes} {is_taken}");
            }
        }
    }
}
