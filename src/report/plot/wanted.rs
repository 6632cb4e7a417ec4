//! From what is asked for to figures.

use super::{Plot, PlotError, Scatter, Stacked, Work};
use crate::experiment::results::{Better, Compare, PlotKind, PlotRule};
use crate::report::layout::Layout;
use crate::report::pipeline::Built;
use crate::report::point::Point;
use crate::report::question::{Asked, Question};
use crate::report::table::{Note, Table};

/// Figures, and how much of them is not there.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The figures: one, or one for each metric that is shown.
    pub plots: Vec<Plot>,
    /// Cells of their tables that have no final value.
    pub missing: usize,
}

/// What must be asked for a figure. What somebody asks for besides has the last word.
pub fn asked(rule: &PlotRule, besides: &Asked) -> Asked {
    let mut metrics = if besides.metrics.is_empty() { rule.metrics.clone() } else { besides.metrics.clone() };
    // The total is the last one, as `make` takes it.
    metrics.extend(rule.total.clone().filter(|_| rule.kind == PlotKind::Stacked));
    Asked { view: rule.view.clone(), metrics, ..besides.clone() }
}

/// Makes figures of a question that was [`asked`] for this rule. `remarks` are notes of every table.
///
/// # Errors
/// When it speaks of what no simulation has, or the kind of figure needs other metrics.
pub fn make(rule: &PlotRule, question: &Question, points: &[Point], remarks: &[String]) -> Result<Made, PlotError> {
    let tables = |question: &Question| -> Result<Vec<Built>, PlotError> {
        let mut built = question.tables(points)?;
        for Built { table, .. } in &mut built {
            table.notes.extend(remarks.iter().map(|text| Note { text: text.clone() }));
        }
        Ok(built)
    };
    if rule.kind == PlotKind::Stacked {
        // Parts are parts of what was counted. What is compared with something is no part of anything.
        let mut raw = question.clone();
        raw.table.compare = Some(Compare::None);
        let built = tables(&raw)?;
        let missing = built.iter().map(|built| built.missing).sum();
        let mut parts: Vec<Table> = built.into_iter().map(|built| built.table).collect();
        let total = if rule.total.is_some() { parts.pop() } else { None };
        return Ok(Made { plots: vec![Plot::Stacked(Stacked { parts, total })], missing });
    }
    let built = tables(question)?;
    let missing = built.iter().map(|built| built.missing).sum();
    let plots = match rule.kind {
        PlotKind::Scatter => vec![scatter(question, built)?],
        PlotKind::Lines => built.into_iter().map(|built| Plot::Lines(built.table)).collect(),
        PlotKind::Heat => built.into_iter().map(|built| Plot::Heat(built.table)).collect(),
        PlotKind::Bars | PlotKind::Stacked => built.into_iter().map(|built| Plot::Bars(built.table)).collect(),
    };
    Ok(Made { plots, missing })
}

fn scatter(question: &Question, built: Vec<Built>) -> Result<Plot, PlotError> {
    let count = built.len();
    let Ok([x, y]) = <[Built; 2]>::try_from(built) else { return Err(PlotError::NotTwo(count)) };
    let better = |place: usize, layout: &Layout| {
        let rule = question.shown.get(place).and_then(|metric| question.rules.get(*metric));
        let better = rule.and_then(|rule| rule.better);
        // A ratio is turned so that more is better.
        if layout.comparison() == Compare::Ratio { better.map(|_| Better::Higher) } else { better }
    };
    let is_workload = |name: &String| x.layout.workloads.contains(name);
    let work = if x.layout.rows.iter().any(is_workload) {
        Work::Row
    } else if x.layout.columns.iter().any(is_workload) {
        Work::Column
    } else {
        Work::All
    };
    let better = (better(0, &x.layout), better(1, &y.layout));
    Ok(Plot::Scatter(Scatter { x: x.table, y: y.table, better, work }))
}
