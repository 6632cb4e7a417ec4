//! What became of a run of which there is no more than its output.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{UNKNOWN, is_attempt};
use crate::collect::dumps::read;
use crate::gem5::outcome::{derive, derive_from_log};
use crate::gem5::stats::{Choice, ResultDump, Watch};
use crate::gem5::{Evidence, Outcome, OutcomeKind};
use crate::report::State;
use crate::rundir::evidence::around::{self, Status};
use crate::rundir::evidence::{self, conclude};
use crate::rundir::results::{self, Ending, ReadError, Reading};
use crate::rundir::sources::Sources;
use crate::rundir::{AttemptDir, attempts};

/// So many files of an output directory are remembered; of more nothing is kept.
const MOST_FILES: usize = 256;

/// A run, and what it was judged from.
#[derive(Debug)]
pub(in crate::collect) struct Judged {
    /// What became of it.
    pub(in crate::collect) state: State,
    /// Its stats, or why there are none, as a clause.
    pub(in crate::collect) reading: Result<Result<Reading, String>, ReadError>,
    /// The version that gem5's banner tells.
    pub(in crate::collect) version: Option<String>,
    /// The files that tell of it; none if there are too many.
    pub(in crate::collect) sources: Option<Sources>,
}

/// Judges the run that wrote to `m5out`.
pub(in crate::collect) fn judge(m5out: &Path, dump: &ResultDump, watch: &Arc<Watch>) -> Judged {
    // Another directory may hold the output of others, too.
    let holder = m5out.parent().filter(|_| m5out.ends_with("m5out")).unwrap_or(m5out);
    let sources = sources(m5out, holder);
    if let Some(judged) = of_attempt(holder, dump, watch) {
        return Judged { sources, ..judged };
    }
    let is_listed = |path: &Path| sources.as_ref().is_none_or(|sources| sources.has(path));
    let gathered = evidence::gather(&around::places_among(m5out, holder, is_listed), None, watch);
    let end = match around::status(holder, m5out) {
        Status::Known(end, _) => Some(end),
        Status::Unknown(_) => None,
    };
    let version = gathered.evidence.log.version.clone();
    let evidence = Evidence { end, simulates: true, ..gathered.evidence };
    let outcome = if evidence.end.is_some() { derive(&evidence) } else { derive_from_log(&evidence) };
    let state = match &outcome.kind {
        OutcomeKind::Lost if evidence.end.is_none() => {
            State::Failed { word: UNKNOWN.to_owned(), cause: outcome.line() }
        }
        _ => state(&outcome),
    };
    let (file, unread) = (gathered.stats.file, gathered.stats.unread);
    let reading = match gathered.stats.dumps {
        // It was read from its start to its end just now. What else is to be known of a compressed one is told by another look.
        Some(dumps)
            if dump.one().is_some_and(Choice::is_last) && file.extension().is_some_and(|ending| ending == "txt") =>
        {
            Ok(Ok(results::of_foreign(file, dumps)))
        }
        Some(_) => match dump {
            ResultDump::One(choice) => results::read_foreign(&file, choice, watch).map(Ok),
            ResultDump::Each | ResultDump::Sum => results::read_every_foreign(&file, watch).map(Ok),
        },
        None => Ok(Err(unread.map_or_else(
            || "it has no stats".to_owned(),
            |name| format!("its stats are in {name}, which is not read"),
        ))),
    };
    Judged { state, reading, version, sources }
}

fn state(outcome: &Outcome) -> State {
    if outcome.kind.is_ok() {
        return State::Ok;
    }
    State::Failed { word: outcome.kind.word().to_owned(), cause: outcome.line() }
}

/// An attempt of ours, of which there are records.
fn of_attempt(holder: &Path, dump: &ResultDump, watch: &Arc<Watch>) -> Option<Judged> {
    let dir = AttemptDir::new(holder);
    if !is_attempt(&dir) {
        return None;
    }
    let number = attempts::number(&dir)?;
    let records = attempts::read_at(dir, number).ok()?;
    let runs = records.exit.is_none() && records.held;
    let outcome = conclude::conclude(&records).outcome;
    let ending = Ending::of(Some(outcome.kind).filter(|_| !runs), records.exit.as_ref());
    let state = if runs { State::Running { word: "running".to_owned() } } else { state(&outcome) };
    let reading = read(&records.outputs(), ending, dump, watch).map(Ok);
    Some(Judged { state, reading, version: None, sources: None })
}

/// Every file that may tell of the run: those that are in the output directory and beside it, and both directories, whose times tell when one
/// comes or goes.
fn sources(m5out: &Path, holder: &Path) -> Option<Sources> {
    let mut dirs = vec![m5out];
    dirs.extend((holder != m5out).then_some(holder));
    let mut sources = Sources::default();
    let mut files: Vec<PathBuf> = Vec::new();
    for dir in dirs {
        sources.add(dir.to_owned());
        for entry in fs::read_dir(dir).ok()?.flatten() {
            if files.len() == MOST_FILES {
                return None;
            }
            files.extend((!entry.file_type().ok()?.is_dir()).then(|| entry.path()));
        }
    }
    files.sort();
    for file in files {
        sources.add(file);
    }
    Some(sources)
}
