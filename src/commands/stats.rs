//! `gem5-tui stats`: stats of the dump that is the result of every simulation.
//!
//! Which dump that is, and what of it counts, [`crate::rundir::results`] decides.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use crate::cli::Target;
use crate::collect::{read, unmatched};
use crate::commands::dump::{DumpLine, Ticks};
use crate::commands::intent::{self, Intent};
use crate::commands::output::{self, Output};
use crate::commands::{Exit, Failure, select, status};
use crate::experiment::{ParameterValue, RowKind};
use crate::gem5::OutcomeKind;
use crate::gem5::stats::{Choice, Chosen, Dump, Watch};
use crate::protocol::SimView;
use crate::rundir::results::Reading;
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
    /// Where gem5 writes.
    outdir: Option<String>,
    /// Seconds from its start to its end without those in which it was paused; none while it has not ended.
    wall_s: Option<f64>,
    parameters: serde_json::Map<String, serde_json::Value>,
    /// How many bytes those parameters are that are sizes.
    parameter_bytes: serde_json::Map<String, serde_json::Value>,
    stats: serde_json::Map<String, serde_json::Value>,
    /// The dump was asked for from outside while the simulation runs.
    requested: bool,
    /// What the script calls the dump.
    label: Option<&'a str>,
    /// How many more stats of the dump match and are not among `stats`: there are too many.
    left_out: u32,
    /// How many lines of the dump are too long to be read.
    #[serde(skip_serializing_if = "is_zero")]
    unread_lines: u32,
    /// The ticks that the dump tells of.
    interval: Option<Ticks>,
    /// Which dump that is, and what it counts beside the others.
    dump: Option<DumpLine>,
    /// The globs that match no stat of it.
    unmatched: Vec<&'a str>,
    /// What else there is to know about the stats, such as why there are none.
    note: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Which stats of which dump.
pub(crate) struct Which {
    /// Globs in place of those of the file.
    pub watch: Vec<String>,
    /// The dump in place of the one that the file means.
    pub dump: Option<Choice>,
}

/// Prints the watched stats, or those that match `watch`.
pub(crate) fn stats(
    target: &Target,
    names: &[String],
    which: &Which,
    json: bool,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let plan = intent::plan(target, Intent::Look)?;
    let (snapshot, _) = status::look_anyway(plan)?;
    let globs = if which.watch.is_empty() { snapshot.header.watch.clone() } else { which.watch.clone() };
    if globs.is_empty() {
        return Err(Failure::Usage("the experiment watches no stats; name some with --watch GLOB".to_owned()));
    }
    let globs = Watch::new(&globs).map_err(|error| Failure::Usage(error.to_string()))?;
    let globs = Arc::new(globs);
    let mut unmatched: BTreeSet<usize> = (0..globs.globs().len()).collect();
    let mut with_stats = None;
    let mut remarks = Remarks::default();
    let all = ["*".to_owned()];
    let chosen = select::select(&snapshot, if names.is_empty() { &all } else { names })?;
    let sims = chosen.iter().map(|&sim| &snapshot.sims[sim as usize]);
    let name_width = sims.clone().map(|sim| width::width(&sim.name)).max().unwrap_or(0).clamp(4, 48);
    for sim in sims {
        let reading = read(sim, &globs, which.dump.as_ref())?;
        let results = reading.as_ref().map(Reading::results);
        let shown = results.and_then(|results| results.shown());
        let values: Vec<(&str, f64)> = results.map(|results| results.all().collect()).unwrap_or_default();
        unmatched.retain(|&glob| !values.iter().any(|(name, _)| globs.matches_at(glob, name)));
        with_stats = with_stats.or_else(|| shown.map(|_| sim));
        let note = match sim.kind {
            RowKind::Simulation => reading.as_ref().and_then(Reading::note).map(|note| note.to_string()),
            RowKind::Step => Some("a step has no stats".to_owned()),
            RowKind::Suite => Some("a suite has no stats: what it spawns has".to_owned()),
        };
        let chosen = reading.as_ref().and_then(Reading::chosen);
        if let Some(remark) = chosen.as_ref().and_then(Chosen::remark) {
            remarks.add(chosen.as_ref(), &sim.name, remark);
        }
        if json {
            let stats = values.iter().map(|(name, value)| ((*name).to_owned(), output::number(*value))).collect();
            let parameters = sim.parameters.iter().map(|p| (p.name.clone(), p.value.to_json())).collect();
            let bytes = sim.parameters.iter().filter_map(|p| match p.value {
                ParameterValue::Size { bytes, .. } => Some((p.name.clone(), bytes.into())),
                _ => None,
            });
            let latest = sim.latest();
            let outdir = latest.map(|attempt| attempts::outputs(&AttemptDir::new(&attempt.dir)));
            output.json(&Line {
                simulation: &sim.name,
                status: sim.status.word(),
                ok: sim.status.ended().map(OutcomeKind::is_ok),
                outcome: sim.status.ended().map(OutcomeKind::word),
                attempt: latest.map(|attempt| attempt.number),
                outdir: outdir.map(|outputs| outputs.dir().display().to_string()),
                wall_s: latest.and_then(|attempt| attempt.ran_ms).map(|ms| ms as f64 / 1e3),
                parameters,
                parameter_bytes: bytes.collect(),
                stats,
                requested: results.zip(shown).is_some_and(|(results, dump)| results.is_asked(dump)),
                label: shown.and_then(|dump| dump.label.as_deref()),
                left_out: shown.map_or(0, |dump| dump.left_out),
                unread_lines: shown.map_or(0, |dump| dump.unread_lines),
                interval: shown.and_then(Dump::interval).map(Ticks::from),
                dump: chosen.as_ref().map(DumpLine::from),
                unmatched: globs
                    .globs()
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| shown.is_some() && !values.iter().any(|(name, _)| globs.matches_at(*at, name)))
                    .map(|(_, glob)| glob.as_str())
                    .collect(),
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
            if let Some(lines) = shown.map(|dump| dump.unread_lines).filter(|lines| *lines > 0) {
                let lines = human::plural(u64::from(lines), "line");
                output.line(&Safe::line(&format!("{name}  {:>14}  ({lines} too long to be read)", "…")))?;
            }
            if let Some(left_out) = shown.map(|dump| dump.left_out).filter(|left_out| *left_out > 0) {
                let more = human::plural(u64::from(left_out), "more stat");
                output.line(&Safe::line(&format!("{name}  {:>14}  ({more} match)", "…")))?;
            }
        }
    }
    remarks.tell();
    if let Some(sim) = with_stats {
        let unmatched: Vec<&str> = unmatched.into_iter().map(|glob| globs.globs()[glob].as_str()).collect();
        tell_of_unmatched(&unmatched, sim, which.dump.as_ref())?;
    }
    Ok(Exit::Ok)
}

/// What must be known of chosen dumps, once for all simulations with which it is the same.
#[derive(Default)]
struct Remarks {
    /// For the same relation between the same dumps: the first simulation, what is to be known of it, and how many more there are.
    told: Vec<(Kind, String, String, u64)>,
}

/// The relation, and the places of both dumps.
type Kind = (&'static str, Option<(u32, u32)>, Option<u32>);

impl Remarks {
    fn add(&mut self, chosen: Option<&Chosen>, simulation: &str, remark: String) {
        let Some(chosen) = chosen else { return };
        let kind = (chosen.dump.relation.word(), chosen.place(), chosen.earlier());
        match self.told.iter_mut().find(|(known, ..)| *known == kind) {
            Some((.., more)) => *more += 1,
            None => self.told.push((kind, simulation.to_owned(), remark, 0)),
        }
    }

    fn tell(self) {
        for (_, simulation, remark, more) in self.told {
            let others = if more == 0 {
                String::new()
            } else {
                format!(" (and so in {}; --json tells each)", human::plural(more, "more simulation"))
            };
            output::complain(&Safe::line(&format!("note: {simulation}: {remark}{others}")));
        }
    }
}

/// Tells of the globs that match nothing in any simulation.
fn tell_of_unmatched(globs: &[&str], sim: &SimView, choice: Option<&Choice>) -> Result<(), Failure> {
    for one in unmatched(globs, sim, choice)? {
        output::complain(&Safe::line(&format!("note: {}", one.told_of(&sim.name))));
    }
    Ok(())
}
