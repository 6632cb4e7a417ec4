//! Why an attempt ended, from everything that it left behind.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::engine::life::Ended;
use crate::experiment::Interpreter;
use crate::gem5::log::{LogFacts, LogScanner};
use crate::gem5::outcome::{self, EndFacts, StopFacts};
use crate::rundir::attempts::AttemptRecords;
use crate::rundir::record::{CallResult, End, Exit, FORMAT, OutcomeRecord, ResultRecord, Stop, StopReason};
use crate::rundir::{AttemptDir, atomic, stats_file};

/// How much of the beginning and of the end of a log is read for evidence. The banner is at the beginning, the reason
/// of the end at the end; gigabytes of trace may be in between.
const LOG_EDGE: u64 = 1 << 20;

/// Concludes from the records and the logs. Writes nothing.
pub fn conclude(records: &AttemptRecords) -> Ended {
    // Without a recorded end nothing is final: a record may still come, and must then be believed.
    let is_final = records.exit.is_some();
    let outcome = match atomic::read_json::<OutcomeRecord>(&records.dir.outcome()) {
        Ok(Some(record)) if is_final => record.outcome,
        // Missing, torn or of a later release: it can be derived again.
        _ => derive(records),
    };
    let ran_ms = records.exit.as_ref().map(|exit| exit.wall_ms.saturating_sub(exit.paused_ms));
    let max_rss = records.exit.as_ref().map(|exit| exit.usage.max_rss);
    Ended { outcome, ran_ms, max_rss }
}

fn derive(records: &AttemptRecords) -> outcome::Outcome {
    let end = records.exit.as_ref().map(|Exit { end, .. }| match end {
        End::Exited { code } => EndFacts::Exited(*code),
        End::Signaled { signal, name } => EndFacts::Signaled { number: *signal, name: name.clone() },
        End::NotStarted { reason } => EndFacts::NotStarted(reason.clone()),
    });
    let stop = records.stop.as_ref().map(|Stop { reason, .. }| match reason {
        StopReason::Cancelled => StopFacts::Cancelled,
        StopReason::Timeout { limit_ms } => StopFacts::Timeout { limit_ms: *limit_ms },
    });
    if let Some(raised) = raised(records, end.as_ref(), stop) {
        return raised;
    }
    let facts = scan(&records.dir.simout()).merged(&scan(&records.dir.simerr()));
    // An unreadable stats.txt is evidence that is missing, as is a log above.
    let dumps = stats_file::count_dumps(&records.dir.stats()).unwrap_or(0);
    let outcome = outcome::derive(end.as_ref(), stop, &facts, dumps);
    // A function, or a script under plain Python, may rightly simulate nothing.
    let simulates = records.spec.as_ref().is_some_and(|spec| {
        let executable = spec.argv.first().map_or_else(PathBuf::new, PathBuf::from);
        spec.call.is_none() && Interpreter::of(&executable) == Interpreter::Gem5
    });
    if simulates { outcome.expecting_a_simulation(&facts, dumps) } else { outcome }
}

/// The exception of a function, which its record tells better than its log.
fn raised(records: &AttemptRecords, end: Option<&EndFacts>, stop: Option<StopFacts>) -> Option<outcome::Outcome> {
    let record = atomic::read_json::<ResultRecord>(&records.dir.result()).ok().flatten()?;
    match (record.result, end, stop) {
        (CallResult::Raised { exception, message, .. }, Some(EndFacts::Exited(_)), None) => {
            let kind = outcome::OutcomeKind::PythonError;
            Some(outcome::Outcome { kind, cause: format!("{exception}: {message}") })
        }
        _ => None,
    }
}

/// Writes `outcome.json`, so that the next engine need not read logs again. Only the engine that saw the end does.
pub fn keep(records: &AttemptRecords, ended: &Ended) {
    if records.exit.is_none() {
        return;
    }
    let record = OutcomeRecord { format: FORMAT, outcome: ended.outcome.clone() };
    if let Err(error) = atomic::write_json(&records.dir.outcome(), &record) {
        tracing::warn!("could not write {}: {error}", records.dir.outcome().display());
    }
}

/// The facts of one log. What cannot be read tells nothing.
fn scan(path: &Path) -> LogFacts {
    let mut scanner = LogScanner::new();
    _ = feed(&mut scanner, path);
    scanner.finish();
    scanner.facts().clone()
}

fn feed(scanner: &mut LogScanner, path: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut chunk = Vec::new();
    (&mut file).take(LOG_EDGE).read_to_end(&mut chunk)?;
    scanner.feed(&chunk);
    if length > LOG_EDGE {
        file.seek(SeekFrom::Start(length.saturating_sub(LOG_EDGE).max(LOG_EDGE)))?;
        chunk.clear();
        file.take(LOG_EDGE).read_to_end(&mut chunk)?;
        // What is fed next does not continue the line that the first part ended in.
        scanner.feed(b"\n");
        scanner.feed(&chunk);
    }
    Ok(())
}

/// The outcome of an attempt whose directory was made but whose shim never ran.
pub fn never_started(dir: &AttemptDir) -> outcome::Outcome {
    outcome::Outcome {
        kind: outcome::OutcomeKind::NotStarted,
        cause: format!("the engine ended before it launched {}", dir.path().display()),
    }
}
