//! `gem5-tui results`: from a sweep to its tables, and to rows for programs.
//!
//! [`collect`](mod@crate::collect) reads what each simulation measured, [`report`](crate::report) makes tables of it.

mod foreign;
mod form;

use crate::cli::{ForeignArgs, FormArgs, Included, ResultsArgs, Target};
use crate::collect::{self, Collected, collect, collect_numbered, observations};
use crate::commands::intent::{self, Intent};
use crate::commands::output::{self, Output};
use crate::commands::{Exit, Failure, status};
use crate::experiment::Plan;
use crate::experiment::results::{Compare, ResultsRule, TableRule};
use crate::gem5::stats::ResultDump;
use crate::protocol::SimView;
use crate::report::observation::Measured;
use crate::report::{Asked, Include, Note, Question, Table};
use crate::rundir::{ExperimentDir, saved_views};
use crate::text::{Safe, human};

use form::{Form, Place};

/// Prints the tables of a view, or those of all metrics; or a row for each simulation.
pub(crate) fn results(
    target: &Target,
    more: &[String],
    how: &ResultsArgs,
    form: &FormArgs,
    foreign: &ForeignArgs,
    dump: Option<ResultDump>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let named = foreign::named(&target.experiment, more)?;
    let asked = asked(named.view.as_deref(), how, dump)?;
    let (form, place) = form::wanted(form, how)?;
    let (mut question, views, collected) = if named.directories.is_empty() {
        foreign::refuse(foreign)?;
        of_experiment(target, &asked, matches!(form, Form::Rows(_)))?
    } else {
        let (question, collected) = foreign::collected(&named.directories, foreign, &asked)?;
        (question, Vec::new(), collected)
    };
    for told in question.only_one_stat(&collected.points)? {
        note(&told);
    }
    let missing = match form {
        Form::Rows(format) => {
            let observations = observations(&collected, &views, &question)?;
            form::rows(&observations, format, &place, output)?;
            let values = observations.rows.iter().flat_map(|row| &row.values);
            values.filter(|value| matches!(value, Measured::Missing { .. })).count()
        }
        Form::Tables(format) => {
            let points = &collected.points;
            question.has_one_number()?;
            let built = if how.effects { question.effects(points)? } else { collect::tables(&question, points)? };
            let missing = built.iter().map(|built| built.missing).sum();
            let tables: Vec<Table> = built
                .into_iter()
                .map(|mut built| {
                    built.table.notes.extend(collected.remarks.iter().map(|text| Note { text: text.clone() }));
                    built.table
                })
                .collect();
            form::tables(&tables, &question.metric_names(), format, &place, output)?;
            missing
        }
    };
    for told in collected.unmatched(&question.metrics) {
        note(&told);
    }
    // On standard output each gap is seen.
    if missing > 0 && place != Place::Stdout {
        let verb = if missing == 1 { "is" } else { "are" };
        note(&format!("{} {verb} missing; the file says why", human::plural(missing as u64, "value")));
    }
    Ok(if missing == 0 { Exit::Ok } else { Exit::NotOk })
}

/// What the simulations of an experiment measured, for tables or for rows, and how they are shown.
fn of_experiment(target: &Target, asked: &Asked, rows: bool) -> Result<(Question, Vec<SimView>, Collected), Failure> {
    let plan = intent::plan(target, Intent::Measure)?;
    let (rule, simulations) = (rule_of(&plan), plan.simulations.clone());
    let (snapshot, _) = status::look_anyway(plan)?;
    let question = Question::new(&rule, asked, &snapshot.header.watch)?;
    let collected = if rows { collect_numbered } else { collect }(&simulations, &snapshot.sims, &question);
    let collected = collected.map_err(|error| Failure::Usage(error.to_string()))?;
    Ok((question, snapshot.sims, collected))
}

/// What the file says of results, with the views that were saved beside the experiment.
pub(super) fn rule_of(plan: &Plan) -> ResultsRule {
    let mut rule = plan.results.clone();
    match saved_views::read(&ExperimentDir::new(&plan.outdir)) {
        Ok(saved) => saved_views::put_behind(&mut rule, saved),
        Err(error) => note(&format!("saved views are left out: {error}")),
    }
    rule
}

/// What the command line asks for besides what the file says.
pub(crate) fn asked(view: Option<&str>, how: &ResultsArgs, dump: Option<ResultDump>) -> Result<Asked, Failure> {
    Ok(Asked {
        view: view.map(str::to_owned),
        metrics: how.metric.clone(),
        table: TableRule {
            baseline: pairs(&how.baseline)?,
            compare: how
                .compare
                .as_deref()
                .and_then(|word| Compare::ALL.into_iter().find(|known| known.word() == word)),
            rows: (!how.rows.is_empty()).then(|| how.rows.clone()),
            columns: (!how.columns.is_empty()).then(|| how.columns.clone()),
            ..TableRule::default()
        },
        only: None,
        include: include(&how.include),
        dump,
    })
}

/// What counts besides what ended ok.
pub(super) fn include(given: &[Included]) -> Include {
    Include {
        provisional: given.contains(&Included::Provisional),
        cancelled: given.contains(&Included::Cancelled),
        timeout: given.contains(&Included::Timeout),
        unknown: given.contains(&Included::Unknown),
    }
}

/// What is given as `l2=256KiB`.
fn pairs(given: &[String]) -> Result<Option<Vec<(String, String)>>, Failure> {
    let pair = |text: &String| {
        let pair = text.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
        pair.ok_or_else(|| Failure::Usage(format!("`{text}` names no value; a baseline is given as `l2=256KiB`")))
    };
    let pairs: Vec<(String, String)> = given.iter().map(pair).collect::<Result<_, _>>()?;
    Ok((!pairs.is_empty()).then_some(pairs))
}

/// Says something on standard error that belongs to no table.
pub(crate) fn note(text: &str) {
    output::complain(&Safe::line(&format!("note: {text}")));
}
