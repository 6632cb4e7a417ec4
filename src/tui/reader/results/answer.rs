//! From what was read to the table that is wanted. Pure, and done here and not while drawing: ten thousand simulations take longer
//! than a frame may.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::experiment::results::{Definition, ResultsRule, ViewRule};
use crate::report::write::text::Look;
use crate::report::write::text::aligned::Aligned;
use crate::report::{Built, Cell, Note, Point, Question, QuestionError};
use crate::text::Safe;
use crate::tui::reading::{Refusal, ResultsWant, Shown};

/// The question that a wish is.
pub(super) fn question(rule: &ResultsRule, want: &ResultsWant) -> Result<Question, Refusal> {
    let question = Question::new(rule, &want.asked, &want.watch).map_err(|error| refusal(&error))?;
    // Before each dump of each simulation is read for nothing.
    question.has_one_number().map_err(|error| Refusal::Wrong(Safe::line(&error.to_string())))?;
    Ok(question)
}

/// The table. `notes` are what must be known of what was read.
pub(in crate::tui) fn answer(
    rule: &ResultsRule,
    want: &ResultsWant,
    points: &[Point],
    notes: &[String],
) -> Result<Arc<Shown>, Refusal> {
    #[cfg(test)]
    ANSWERED.with(|count| count.set(count.get() + 1));
    let mut question = question(rule, want)?;
    let told = question.only_one_stat(points).map_err(|error| refusal(&error))?;
    let named: Vec<(usize, String)> =
        question.shown.iter().filter_map(|at| Some((*at, question.rules.get(*at)?.name.clone()))).collect();
    let metric = named.iter().position(|(_, name)| Some(name) == want.metric.as_ref()).unwrap_or(0);
    let (at, _) = *named.get(metric).as_ref().ok_or(Refusal::NoMetric)?;
    let prepared = question.prepared(points).map_err(|error| Refusal::Wrong(Safe::line(&error.to_string())))?;
    let mut built = question.table(&prepared, *at).ok_or(Refusal::NoMetric)?;
    built.table.notes.extend(notes.iter().chain(&told).map(|text| Note { text: text.clone() }));
    let formula = match question.rules.get(*at).map(|rule| &rule.value) {
        Some(Definition::Value(text) | Definition::Stat(text)) => text.clone(),
        None => String::new(),
    };
    let aligned = Aligned::new(&built.table, Look { width: None, unicode: !want.ascii });
    let (numbers, mean_rows) = rows(&built, points);
    let is_watch = rule.metrics.is_empty() && want.asked.metrics.is_empty();
    let base = rule.views.iter().find(|view| Some(&view.name) == want.asked.view.as_ref());
    let base = base.cloned().unwrap_or_default();
    let view = ViewRule {
        name: String::new(),
        // What is only watched has no name in the file.
        metrics: named.get(metric).filter(|_| !is_watch).map(|(_, name)| vec![name.clone()]),
        only: question.only.clone(),
        dump: want.asked.dump.clone().or(base.dump),
        table: want.asked.table.over(&base.table),
    };
    Ok(Arc::new(Shown {
        metrics: named.into_iter().map(|(_, name)| name).collect(),
        metric,
        formula,
        is_watch,
        view,
        aligned,
        numbers,
        mean_rows,
        shades: shades(&built),
        built,
    }))
}

fn refusal(error: &QuestionError) -> Refusal {
    match error {
        QuestionError::NoMetric => Refusal::NoMetric,
        QuestionError::NoStat => Refusal::NoStat,
        error => Refusal::Wrong(Safe::line(&error.to_string())),
    }
}

/// For each row the values of its parameters as numbers, and whether it is a mean.
fn rows(built: &Built, points: &[Point]) -> (Vec<Vec<Option<f64>>>, Vec<bool>) {
    let table = &built.table;
    let mut known: Vec<HashMap<&str, Option<f64>>> = vec![HashMap::new(); table.row_names.len()];
    for parameter in points.iter().flat_map(|point| &point.parameters) {
        if let Some(place) = table.row_names.iter().position(|name| *name == parameter.name)
            && let Some(known) = known.get_mut(place)
        {
            known.entry(parameter.value.as_written()).or_insert_with(|| parameter.value.number());
        }
    }
    let workloads: HashSet<&String> = built.layout.workloads.iter().collect();
    let labelled = |labels: &[String]| -> (Vec<Option<f64>>, bool) {
        let places = table.row_names.iter().zip(&known).zip(labels);
        let is_mean = places.clone().any(|((name, known), label)| {
            workloads.contains(name) && !known.is_empty() && !known.contains_key(label.as_str())
        });
        (places.map(|((_, known), label)| known.get(label.as_str()).copied().flatten()).collect(), is_mean)
    };
    table.rows.iter().map(|row| labelled(&row.labels)).unzip()
}

/// How far each number is between the smallest and the largest.
fn shades(built: &Built) -> Vec<Vec<Option<f64>>> {
    let number = |cell: &Cell| match cell {
        Cell::Value(value) => Some(value.number).filter(|number| number.is_finite()),
        Cell::Missing { .. } => None,
    };
    let all = built.table.rows.iter().flat_map(|row| &row.cells).filter_map(number);
    let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), n| (low.min(n), high.max(n)));
    let shade = |number: f64| if high > low { (number - low) / (high - low) } else { 0.5 };
    let row = |cells: &Vec<Cell>| cells.iter().map(|cell| number(cell).map(shade)).collect();
    built.table.rows.iter().map(|row_| row(&row_.cells)).collect()
}

#[cfg(test)]
thread_local! {
    /// Tables that were made, so that a test can tell that a frame makes none.
    pub(in crate::tui) static ANSWERED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}
