//! `gem5-tui stats`: stats of the last complete dump of every simulation.
//!
//! Which dump that is, and what of it counts, [`results`] decides.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use crate::cli::Target;
use crate::commands::intent::{self, Intent};
use crate::commands::output::{self, Output};
use crate::commands::{Exit, Failure, select, status};
use crate::gem5::OutcomeKind;
use crate::gem5::stats::{Dump, Interval, Watch};
use crate::protocol::SimView;
use crate::rundir::results::{self, Ending, Reading};
use crate::rundir::{AttemptDir, attempts};
use crate::text::width::{self, Align};
use crate::text::{Safe, human};

#[derive(Debug, Serialize)]
struct Line<'a> {
    simulation: &'a str,
    status: &'static str,
    /// Whether it ended well, so that the values are results; none while it has not ended.
    ok: Option<bool>,
    /// How it ended.
    outcome: Option<&'static str>,
    attempt: Option<u32>,
    parameters: serde_json::Map<String, serde_json::Value>,
    stats: serde_json::Map<String, serde_json::Value>,
    /// The dump was asked for from outside while the simulation runs.
    requested: bool,
    /// What the script calls the dump.
    label: Option<&'a str>,
    /// How many more stats of the dump match and are not among `stats`: there are too many.
    left_out: u32,
    /// The ticks that the dump tells of.
    interval: Option<Ticks>,
    /// What else there is to know about the stats, such as why there are none.
    note: Option<String>,
}

/// An interval of simulated time, in ticks since the beginning.
#[derive(Debug, Serialize)]
struct Ticks {
    start: u64,
    end: u64,
}

impl From<Interval> for Ticks {
    fn from(Interval { start, end }: Interval) -> Self {
        Self { start, end }
    }
}

/// Prints the watched stats, or those that match `watch`.
pub(crate) fn stats(
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
    let mut unmatched: BTreeSet<usize> = (0..globs.globs().len()).collect();
    let mut with_stats = None;
    let all = ["*".to_owned()];
    let chosen = select::select(&snapshot, if names.is_empty() { &all } else { names })?;
    let sims = chosen.iter().map(|&sim| &snapshot.sims[sim as usize]);
    let name_width = sims.clone().map(|sim| width::width(&sim.name)).max().unwrap_or(0).clamp(4, 48);
    for sim in sims {
        let reading = read(sim, &globs)?;
        let results = reading.as_ref().map(Reading::results);
        let shown = results.and_then(|results| results.shown());
        let values: Vec<(&str, f64)> = results.map(|results| results.all().collect()).unwrap_or_default();
        unmatched.retain(|&glob| !values.iter().any(|(name, _)| globs.matches_at(glob, name)));
        with_stats = with_stats.or_else(|| shown.map(|_| sim));
        let note = reading.as_ref().and_then(Reading::note).map(|note| note.to_string());
        if json {
            let stats = values.into_iter().map(|(name, value)| (name.to_owned(), output::number(value))).collect();
            let parameters = sim.parameters.iter().map(|p| (p.name.clone(), p.value.to_json())).collect();
            output.json(&Line {
                simulation: &sim.name,
                status: sim.status.word(),
                ok: sim.status.ended().map(OutcomeKind::is_ok),
                outcome: sim.status.ended().map(OutcomeKind::word),
                attempt: sim.latest().map(|attempt| attempt.number),
                parameters,
                stats,
                requested: results.zip(shown).is_some_and(|(results, dump)| results.is_asked(dump)),
                label: shown.and_then(|dump| dump.label.as_deref()),
                left_out: shown.map_or(0, |dump| dump.left_out),
                interval: shown.and_then(Dump::interval).map(Ticks::from),
                note,
            })?;
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
            if let Some(left_out) = shown.map(|dump| dump.left_out).filter(|left_out| *left_out > 0) {
                let more = human::plural(u64::from(left_out), "more stat");
                output.line(&Safe::line(&format!("{name}  {:>14}  ({more} match)", "…")))?;
            }
        }
    }
    if let Some(sim) = with_stats {
        for glob in unmatched {
            tell_of_unmatched(&globs.globs()[glob], sim)?;
        }
    }
    Ok(Exit::Ok)
}

/// A glob that matches nothing in any simulation is a slip: most often a name without the part before it.
fn tell_of_unmatched(glob: &str, sim: &SimView) -> Result<(), Failure> {
    let wider = format!("*{}", glob.trim_start_matches('*'));
    let wider = [format!("*.{}", glob.trim_start_matches(['*', '.'])), wider, format!("*{}*", glob.trim_matches('*'))];
    let mut hint = String::new();
    for wider in wider {
        let Ok(watch) = Watch::new(&[&wider]) else { continue };
        let reading = read(sim, &Arc::new(watch))?;
        let count = reading.as_ref().map_or(0, |reading| reading.results().all().count());
        if count > 0 {
            hint = format!("; `{wider}` would match {} of {}", human::plural(count as u64, "stat"), sim.name);
            break;
        }
    }
    output::complain(&Safe::line(&format!("note: `{glob}` matches no stat{hint}")));
    Ok(())
}

/// Reads what counts of the newest attempt.
fn read(sim: &SimView, globs: &Arc<Watch>) -> Result<Option<Reading>, Failure> {
    let Some(attempt) = sim.latest() else { return Ok(None) };
    let dir = AttemptDir::new(&attempt.dir);
    let ending = Ending::read(&dir, attempt.kind());
    let reading = results::read(&attempts::outputs(&dir), ending, globs);
    reading.map(Some).map_err(|error| Failure::io(format!("could not read {}", error.path.display()))(error.source))
}
