//! `gem5-tui stats`: stats of the last complete dump of every simulation.
//!
//! Of an attempt that has ended it is the last dump that is a result: one that was asked for from outside shows how far
//! the run had come then, and would stand among results as if it were one. While it runs, the last dump is shown whoever
//! asked for it, and marked.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::cli::Target;
use crate::commands::intent::{self, Intent};
use crate::commands::output::{self, Output};
use crate::commands::{Exit, Failure, select, status};
use crate::gem5::OutcomeKind;
use crate::gem5::stats::{Requests, StatsForm, Watch};
use crate::protocol::{AttemptView, SimView};
use crate::rundir::record::{self, End};
use crate::rundir::stats_file::{self, FoundStats, Integrity};
use crate::rundir::{AttemptDir, atomic, attempts};
use crate::text::width::{self, Align};
use crate::text::{Safe, human};

#[derive(Debug, Serialize)]
struct Line<'a> {
    simulation: &'a str,
    status: &'static str,
    attempt: Option<u32>,
    parameters: serde_json::Map<String, serde_json::Value>,
    stats: serde_json::Map<String, serde_json::Value>,
    /// The dump was asked for from outside while the simulation runs.
    requested: bool,
    /// What else there is to know about the stats, such as why there are none.
    note: Option<String>,
}

/// What the files of an attempt tell.
#[derive(Debug, Default)]
struct Reading {
    values: Vec<(String, f64)>,
    requested: bool,
    note: Option<String>,
}

impl Reading {
    fn nothing(note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..Self::default() }
    }
}

/// Prints the watched stats, or those that match `watch`.
pub fn stats(
    target: &Target,
    names: &[String],
    watch: &[String],
    json: bool,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let plan = intent::plan(target, Intent::Look)?;
    let (snapshot, _) = status::look_anyway(plan)?;
    let globs = if watch.is_empty() { snapshot.header.watch.clone() } else { watch.to_vec() };
    if globs.is_empty() {
        return Err(Failure::Usage("the experiment watches no stats; name some with --watch GLOB".to_owned()));
    }
    let globs = Watch::new(&globs).map_err(|error| Failure::Usage(error.to_string()))?;
    let globs = Arc::new(globs);
    let all = ["*".to_owned()];
    let chosen = select::select(&snapshot, if names.is_empty() { &all } else { names })?;
    let sims = chosen.iter().map(|&sim| &snapshot.sims[sim as usize]);
    let name_width = sims.clone().map(|sim| width::width(&sim.name)).max().unwrap_or(0).clamp(4, 48);
    for sim in sims {
        let Reading { values, requested, note } = read(sim, &globs)?;
        if json {
            let stats = values.into_iter().map(|(name, value)| (name, output::number(value))).collect();
            let parameters = sim.parameters.iter().map(|(key, value)| (key.clone(), value.clone().into())).collect();
            let attempt = sim.latest().map(|attempt| attempt.number);
            let status = sim.status.word();
            output.json(&Line { simulation: &sim.name, status, attempt, parameters, stats, requested, note })?;
        } else {
            let name = width::fit(&Safe::line(&sim.name), name_width, Align::Left);
            let status = sim.status.word();
            let remark = match &note {
                Some(note) if values.is_empty() => Some(("-", format!("({status}; {note})"))),
                Some(note) => Some(("", format!("({note})"))),
                None if values.is_empty() => Some(("-", format!("({status})"))),
                None => None,
            };
            // What did not end well must not pass for a result, wherever the line is copied to.
            let is_result = sim.status.ended().is_some_and(OutcomeKind::is_ok);
            let mark = if is_result { String::new() } else { format!("  ({status})") };
            for (stat, value) in values {
                output.line(&Safe::line(&format!("{name}  {:>14}  {stat}{mark}", human::exact(value))))?;
            }
            if let Some((value, remark)) = remark {
                output.line(&Safe::line(&format!("{name}  {value:>14}  {remark}")))?;
            }
        }
    }
    Ok(Exit::Ok)
}

fn read(sim: &SimView, globs: &Arc<Watch>) -> Result<Reading, Failure> {
    let Some(attempt) = sim.latest() else { return Ok(Reading::default()) };
    let dir = attempts::open(&attempt.dir);
    let has_ended = attempt.outcome.is_some();
    let (path, form) = match stats_file::of_attempt(&dir) {
        FoundStats::File { path, form } => (path, form),
        FoundStats::NotRead { form, .. } => {
            return Ok(Reading::nothing(format!("its stats are {}, which is not read", form.word())));
        }
        FoundStats::Missing => return Ok(Reading::default()),
    };
    if form == StatsForm::Gzip && !has_ended {
        return Ok(Reading::nothing("compressed stats can be read when it has ended"));
    }
    let requests = stats_file::read_requests(&dir.requested_dumps());
    let requests = if has_ended && wrote_its_end(&dir, attempt) { Requests::default() } else { requests };
    let failed = Failure::io(format!("could not read {}", path.display()));
    let reader = stats_file::last_result(&path, Arc::clone(globs), requests).map_err(failed)?;
    let damage = if form == StatsForm::Gzip { damage(&path) } else { None };
    let Some(reader) = reader else { return Ok(Reading { note: damage, ..Reading::default() }) };
    let dump = if has_ended { reader.latest_result() } else { reader.latest() };
    let Some(dump) = dump else {
        return Ok(Reading::nothing("every dump was asked for while it ran, so none is a result"));
    };
    let named = reader.names().iter().enumerate();
    let values = named.filter_map(|(index, name)| Some((name.clone(), dump.value(index)?))).collect();
    let note = dump.requested.then(|| "this dump was asked for".to_owned()).or(damage);
    Ok(Reading { values, requested: dump.requested, note })
}

/// What is wrong with a compressed file: dumps behind the place may have been lost.
fn damage(path: &Path) -> Option<String> {
    match stats_file::read_gzip(path, |_| {}) {
        Ok(Integrity::CutOff(why)) => Some(format!("the file is cut off or damaged, later dumps may be lost: {why}")),
        // A file that cannot be read has been told of.
        Ok(Integrity::Whole) | Err(_) => None,
    }
}

/// Whether gem5 came to an end at which it writes its stats (`m5/simulate.py` registers it with `atexit`): its last dump
/// is then a result, whatever was asked for before. A signal ends it without, and so does `fatal` in C++.
fn wrote_its_end(dir: &AttemptDir, attempt: &AttemptView) -> bool {
    let exit = atomic::read_json::<record::Exit>(&dir.exit()).ok().flatten();
    let has_exited = exit.is_some_and(|exit| matches!(exit.end, End::Exited { .. }));
    has_exited && attempt.outcome.as_ref().is_some_and(|outcome| outcome.kind != OutcomeKind::Fatal)
}
