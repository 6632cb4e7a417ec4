//! `gem5-tui analyse M5OUT -- PROGRAM…`: what a step with `analyse` runs. It writes the results of the experiment into the step's output
//! directory and becomes the program, which gets their paths behind its own arguments.
//!
//! What the experiment file says of metrics now is what counts, since an edit of it makes nothing again; where the file cannot be
//! read, what it said when the step was planned.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::collect::{collect, observations};
use crate::commands::load::File;
use crate::commands::{Exit, Failure, recorded, status};
use crate::experiment::results::ResultsRule;
use crate::experiment::{Overrides, Plan, RowKind, Simulation};
use crate::report::observation::Observations;
use crate::report::write::{RowFormat, long};
use crate::report::{Asked, Question, QuestionError};
use crate::rundir::atomic;
use crate::rundir::export::{Mark, export};

/// What rows have where nobody names a metric and nothing is watched.
const ALWAYS: &str = "simTicks";

/// Writes the results into `m5out` and becomes `command`. Returns only if that fails.
pub(crate) fn analyse(m5out: &Path, command: &[OsString]) -> Result<Exit, Failure> {
    let Some((program, args)) = command.split_first() else {
        return Err(Failure::Usage("name the program that gets the results".to_owned()));
    };
    // `OUTDIR/NAME/attempt-N/m5out`.
    let place = m5out.ancestors().nth(2).and_then(|dir| Some((dir.parent()?, dir.file_name()?.to_str()?)));
    let (outdir, name) = place.filter(|(outdir, _)| recorded::is_there(outdir)).ok_or_else(|| {
        Failure::Usage(format!(
            "{} is no output directory of a step: no experiment is recorded above it",
            m5out.display()
        ))
    })?;
    let plan = recorded::read(outdir).map_err(|error| Failure::Refused(error.to_string()))?;
    let rows = rows(plan, name)?;
    let (json, csv) = write(m5out, &rows)?;
    let error = Command::new(program).args(args).args([json, csv]).exec();
    Err(Failure::io(format!("could not run {}", program.display()))(error))
}

/// The results of the simulations that the step needs, as they are on disk; of all where it needs none.
fn rows(plan: Plan, step: &str) -> Result<Observations, Failure> {
    let rule = rule_now(&plan).unwrap_or_else(|| plan.results.clone());
    let needed: HashSet<&str> = plan
        .simulations
        .iter()
        .filter(|simulation| simulation.name == step)
        .flat_map(|simulation| &simulation.needs)
        .map(|need| need.name.as_str())
        .collect();
    let is_simulation = |simulation: &&Simulation| simulation.run.kind() == RowKind::Simulation;
    let all = || plan.simulations.iter().filter(is_simulation);
    let of_group: Vec<Simulation> =
        all().filter(|simulation| needed.contains(simulation.name.as_str())).cloned().collect();
    let simulations = if of_group.is_empty() { all().cloned().collect() } else { of_group };
    let snapshot = status::on_disk(plan);
    let asked = Asked::default();
    let plain = || Question::new(&rule, &asked, &[ALWAYS.to_owned()]);
    let mut question = match Question::new(&rule, &asked, &snapshot.header.watch) {
        Err(QuestionError::NoMetric) => plain()?,
        question => question?,
    };
    let mut collected =
        collect(&simulations, &snapshot.sims, &question).map_err(|error| Failure::Usage(error.to_string()))?;
    if question.only_one_stat(&collected.points) == Err(QuestionError::NoStat) {
        question = plain()?;
        collected =
            collect(&simulations, &snapshot.sims, &question).map_err(|error| Failure::Usage(error.to_string()))?;
    }
    Ok(observations(&collected, &snapshot.sims, &question)?)
}

/// What the experiment file says of results now.
fn rule_now(plan: &Plan) -> Option<ResultsRule> {
    let overrides = Overrides { outdir: Some(plan.outdir.clone()), ..Overrides::default() };
    Some(File::read(&plan.source, &[], false).ok()?.load_leniently(&overrides).ok()?.plan.results)
}

/// Writes `results.json`, a list with an object for each row, and `results.csv`.
fn write(m5out: &Path, rows: &Observations) -> Result<(PathBuf, PathBuf), Failure> {
    let failed = |path: &Path| Failure::io(format!("could not write {}", path.display()));
    fs::create_dir_all(m5out).map_err(failed(m5out))?;
    let lines = RowFormat::JsonLines.write(rows);
    let objects: Result<Vec<Value>, _> = lines.as_str().lines().map(serde_json::from_str).collect();
    let json = m5out.join("results.json");
    let objects = objects.map_err(io::Error::other).map_err(failed(&json))?;
    atomic::write_json(&json, &objects).map_err(failed(&json))?;
    let csv = m5out.join("results.csv");
    let (document, about) = (RowFormat::Csv.write(rows), long::about(rows));
    export(&csv, document.as_str(), Mark::Beside { about: about.as_str() }, false)
        .map_err(|error| Failure::Refused(error.to_string()))?;
    Ok((json, csv))
}
