//! `gem5-tui results`: from a sweep to its tables.
//!
//! [`collect`](mod@crate::collect) reads what each simulation measured, [`report`](crate::report) makes tables of it.

mod text;

use crate::cli::{Included, ResultsArgs, Target};
use crate::collect::collect;
use crate::commands::intent::{self, Intent};
use crate::commands::output::{self, Output};
use crate::commands::{Exit, Failure, status};
use crate::experiment::results::{Compare, TableRule};
use crate::gem5::stats::Choice;
use crate::report::{Asked, Include, Note, Question};
use crate::text::Safe;

/// Prints the tables of a view, or those of all metrics.
pub(crate) fn results(
    target: &Target,
    view: Option<&str>,
    how: &ResultsArgs,
    dump: Option<Choice>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let plan = intent::plan(target, Intent::Look)?;
    let asked = Asked {
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
        include: Include {
            provisional: how.include.contains(&Included::Provisional),
            cancelled: how.include.contains(&Included::Cancelled),
            timeout: how.include.contains(&Included::Timeout),
        },
        dump,
    };
    let (rule, simulations) = (plan.results.clone(), plan.simulations.clone());
    let (snapshot, _) = status::look_anyway(plan)?;
    let mut question = Question::new(&rule, &asked, &snapshot.header.watch)?;
    let collected =
        collect(&simulations, snapshot.sims, &question).map_err(|error| Failure::Usage(error.to_string()))?;
    for told in question.only_one_stat(&collected.points)? {
        note(&told);
    }
    let tables = question.tables(&collected.points).map_err(|error| Failure::Usage(error.to_string()))?;
    let missing: usize = tables.iter().map(|built| built.missing).sum();
    for (number, mut built) in tables.into_iter().enumerate() {
        built.table.notes.extend(collected.remarks.iter().map(|text| Note { text: text.clone() }));
        if number > 0 {
            output.line(&Safe::plain(""))?;
        }
        for line in text::lines(&built.table) {
            output.line(&Safe::line(&line))?;
        }
    }
    for told in collected.unmatched(&question.metrics) {
        note(&told);
    }
    Ok(if missing == 0 { Exit::Ok } else { Exit::NotOk })
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
fn note(text: &str) {
    output::complain(&Safe::line(&format!("note: {text}")));
}
