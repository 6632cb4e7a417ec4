//! `gem5-tui results`: from a sweep to its tables.
//!
//! Collects what [`report`](crate::report) needs, reading each file of stats once and keeping of it only what metrics speak of.
//! What is a result, [`results`](crate::rundir::results) decides; what becomes of it, `report` does.

mod collect;
mod text;

use crate::cli::{Included, ResultsArgs, Target};
use crate::commands::intent::{self, Intent};
use crate::commands::output::{self, Output};
use crate::commands::{Exit, Failure, status};
use crate::experiment::results::{Compare, Definition, MetricRule, ResultsRule, TableRule, ViewRule};
use crate::gem5::stats::Choice;
use crate::metric::{Expression, Metrics, is_glob, is_name};
use crate::report::{self, Include, Note, Wanted};
use crate::text::{Safe, nearest};
use collect::Collected;

/// Prints the tables of a view, or those of all metrics.
pub(crate) fn results(
    target: &Target,
    view: Option<&str>,
    how: &ResultsArgs,
    dump: Option<Choice>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let plan = intent::plan(target, Intent::Look)?;
    let rule = plan.results.clone();
    let view = view.map(|name| named(&rule, name)).transpose()?;
    let own = TableRule {
        baseline: pairs(&how.baseline)?,
        compare: how.compare.as_deref().and_then(|word| Compare::ALL.into_iter().find(|known| known.word() == word)),
        rows: (!how.rows.is_empty()).then(|| how.rows.clone()),
        columns: (!how.columns.is_empty()).then(|| how.columns.clone()),
        ..TableRule::default()
    };
    let table = own.over(&view.map_or_else(TableRule::default, |view| view.table.clone()).over(&rule.table));
    let include = Include {
        provisional: how.include.contains(&Included::Provisional),
        cancelled: how.include.contains(&Included::Cancelled),
        timeout: how.include.contains(&Included::Timeout),
    };
    let dump = dump.or_else(|| rule.dump.clone());
    let simulations = plan.simulations.clone();
    let (snapshot, _) = status::look_anyway(plan)?;
    let Shown { rules, places: shown, is_watch } = shown(&rule, view, how, &snapshot.header.watch)?;
    let metrics = rules.iter().map(MetricRule::compiled).collect::<Result<Vec<_>, _>>();
    // What stands in the file was checked when it was read, and what was given here just now.
    let metrics = metrics.map_err(|wrong| Failure::Usage(format!("{}; {}", wrong.reason, wrong.help)))?;
    let metrics = Metrics::new(metrics).map_err(|error| Failure::Usage(error.to_string()))?;
    let collected = collect::collect(&simulations, snapshot, &metrics, dump.as_ref(), include)?;
    let shown = if is_watch { collected.of_one_stat(&rules, shown) } else { shown };
    if shown.is_empty() {
        return Err(Failure::Usage(
            "there is no metric: each watched glob matches several stats; name one with `--metric \"sum('*.numCycles')\"`, or \
             under `results: {metrics: …}` of the file"
                .to_owned(),
        ));
    }
    let dump_word = dump_word(dump.as_ref(), simulations.iter().map(|simulation| &simulation.dump));
    let only = view.map_or(&[][..], |view| view.only.as_slice());
    let Collected { points, remarks, .. } = &collected;
    let mut missing = 0;
    for (number, metric) in shown.into_iter().enumerate() {
        let Some(of_metric) = rules.get(metric) else { continue };
        let wanted = Wanted {
            metrics: &metrics,
            metric,
            rule: of_metric,
            table: &table,
            simpoints: rule.simpoints.as_ref(),
            only,
            include,
            dump: &dump_word,
        };
        let mut built = report::build(points, &wanted).map_err(|error| Failure::Usage(error.to_string()))?;
        built.table.notes.extend(remarks.iter().map(|text| Note { text: text.clone() }));
        missing += built.missing;
        if number > 0 {
            output.line(&Safe::plain(""))?;
        }
        for line in text::lines(&built.table) {
            output.line(&Safe::line(&line))?;
        }
    }
    collected.tell_of_unmatched(&metrics);
    Ok(if missing == 0 { Exit::Ok } else { Exit::NotOk })
}

/// The view of this name.
fn named<'r>(rule: &'r ResultsRule, name: &str) -> Result<&'r ViewRule, Failure> {
    if let Some(view) = rule.views.iter().find(|view| view.name == name) {
        return Ok(view);
    }
    let names: Vec<&str> = rule.views.iter().map(|view| view.name.as_str()).collect();
    let hint = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "the file names none under `results: {views: …}`".to_owned(),
        None => format!("there are {}", names.join(", ")),
    };
    Err(Failure::Usage(format!("there is no view `{name}`; {hint}")))
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

/// All metrics, and the places of those that are shown.
struct Shown {
    rules: Vec<MetricRule>,
    places: Vec<usize>,
    /// They are what is watched, so that those count which match one stat.
    is_watch: bool,
}

fn shown(rule: &ResultsRule, view: Option<&ViewRule>, how: &ResultsArgs, watch: &[String]) -> Result<Shown, Failure> {
    let mut rules = rule.metrics.clone();
    let place = |rules: &[MetricRule], name: &str| rules.iter().position(|metric| metric.name == name);
    if !how.metric.is_empty() {
        let mut shown = Vec::new();
        for text in &how.metric {
            let at = if let Some(at) = place(&rules, text) {
                at
            } else {
                rules.push(given(text)?);
                rules.len() - 1
            };
            shown.push(at);
        }
        return Ok(Shown { rules, places: shown, is_watch: false });
    }
    if let Some(names) = view.and_then(|view| view.metrics.as_ref()) {
        let shown = names.iter().filter_map(|name| place(&rules, name)).collect();
        return Ok(Shown { rules, places: shown, is_watch: false });
    }
    if rules.is_empty() {
        if watch.is_empty() {
            return Err(Failure::Usage(
                "there is no metric: name one with `--metric EXPR`, under `results: {metrics: …}` of the file, or under `watch`"
                    .to_owned(),
            ));
        }
        let of_stat = |glob: &String| metric_of(glob, Definition::Stat(glob.clone()));
        rules = watch.iter().map(of_stat).collect();
        let shown = (0..rules.len()).collect();
        return Ok(Shown { rules, places: shown, is_watch: true });
    }
    let shown = (0..rules.len()).collect();
    Ok(Shown { rules, places: shown, is_watch: false })
}

fn metric_of(name: &str, value: Definition) -> MetricRule {
    MetricRule { name: name.to_owned(), value, better: None, unit: None, digits: None, absent: None }
}

/// A metric that is given as text: an expression, the name of a stat, or a glob that matches one.
fn given(text: &str) -> Result<MetricRule, Failure> {
    let is_stat = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':'))
        && (is_name(text) || text.contains('.'));
    if is_stat {
        return Ok(metric_of(text, Definition::Stat(text.to_owned())));
    }
    match Expression::parse(text) {
        Ok(_) => Ok(metric_of(text, Definition::Value(text.to_owned()))),
        Err(_) if is_glob(text) && !text.contains([' ', '(', '\'', '"', '/', '+']) => {
            Ok(metric_of(text, Definition::Stat(text.to_owned())))
        }
        Err(wrong) => {
            let column = text.get(..wrong.at.start).map_or(1, |before| before.chars().count() + 1);
            Err(Failure::Usage(format!(
                "`{text}` is no expression: {} (column {column}); {}",
                wrong.reason, wrong.help
            )))
        }
    }
}

/// Which dump is read, in words.
fn dump_word<'c>(chosen: Option<&Choice>, of_simulations: impl Iterator<Item = &'c Choice>) -> String {
    if let Some(choice) = chosen {
        return choice.to_string();
    }
    let mut words: Vec<String> = Vec::new();
    for choice in of_simulations {
        let word = choice.to_string();
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(" or ")
}

/// Says something on standard error that belongs to no table.
fn note(text: &str) {
    output::complain(&Safe::line(&format!("note: {text}")));
}
