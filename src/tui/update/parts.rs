//! Which part a parameter has in the table of results: one value alone, workloads, or replicas. Part of `update`.
//!
//! Rows and columns are exchanged by `results::pivot`. What loses its place in rows and columns here cannot be pointed at any more, so
//! that for each of these there is a key that takes it back without.

use super::say::{table_shown, tell};
use crate::experiment::results::WorkloadsRule;
use crate::text::Safe;
use crate::tui::model::Model;

/// A parameter that the cursor points at.
struct Pointed {
    name: String,
    /// Its value there; none where it has none, or for a mean.
    value: Option<String>,
}

/// What stands in a table where a simulation has no such parameter.
const NO_VALUE: &str = "–";

/// The parameter under the cursor: of a name that one, of a number the last one over its column.
fn pointed(model: &mut Model) -> Option<Pointed> {
    table_shown(model)?;
    let results = &model.results;
    let (table, row) = (results.table()?, results.shown_row());
    let value = |label: Option<&String>| label.filter(|label| label.as_str() != NO_VALUE).cloned();
    let found = match results.data_column() {
        None => table.row_names.get(results.column).map(|name| {
            let is_mean = results
                .order
                .get(results.row)
                .is_some_and(|at| results.shown.as_ref().is_some_and(|shown| shown.mean_rows.get(*at) == Some(&true)));
            let label = row.and_then(|row| row.labels.get(results.column)).filter(|_| !is_mean);
            Pointed { name: name.clone(), value: value(label) }
        }),
        Some(at) => table.column_names.last().map(|name| {
            let column = table.columns.get(at).filter(|column| !column.is_mean);
            Pointed { name: name.clone(), value: value(column.and_then(|column| column.labels.last())) }
        }),
    };
    if found.is_none() {
        tell(model, Safe::plain("no parameter makes columns: put the cursor on the name of a row"), true);
    }
    found
}

/// Shows only what has the value under the cursor.
pub(super) fn only(model: &mut Model) {
    let Some(Pointed { name, value }) = pointed(model) else { return };
    let Some(value) = value else {
        return tell(model, Safe::line(&format!("here is no value of {name}")), true);
    };
    let mut only = filters(model);
    only.retain(|(known, _)| *known != name);
    let text = format!("only {name}={value}");
    only.push((name, value));
    model.results.asked.only = Some(only);
    tell(model, Safe::line(&text), false);
}

/// Takes back the last of what [`only`] did, or of what the view shows alone.
pub(super) fn not_only(model: &mut Model) {
    if table_shown(model).is_none() {
        return;
    }
    let mut only = filters(model);
    let Some((name, _)) = only.pop() else {
        return tell(model, Safe::plain("all values are shown"), true);
    };
    model.results.asked.only = Some(only);
    tell(model, Safe::line(&format!("all values of {name}")), false);
}

/// What is shown alone now.
fn filters(model: &Model) -> Vec<(String, String)> {
    let results = &model.results;
    let of_view = || results.shown.as_ref().map(|shown| shown.view.only.clone());
    results.asked.only.clone().or_else(of_view).unwrap_or_default()
}

/// Makes means over the parameter under the cursor, or over none.
pub(super) fn workloads(model: &mut Model) {
    let Some(Pointed { name, .. }) = pointed(model) else { return };
    let Some(shown) = table_shown(model) else { return };
    let is_one = shown.built.layout.workloads == [name.clone()];
    let over = if is_one { Vec::new() } else { vec![name.clone()] };
    model.results.asked.table.workloads = Some(WorkloadsRule { over, mean: None });
    let text = if is_one { "no mean over workloads".to_owned() } else { format!("mean over {name}") };
    tell(model, Safe::line(&text), false);
}

/// Takes what differs in the parameter under the cursor alone for replicas.
pub(super) fn replicas(model: &mut Model) {
    let Some(Pointed { name, .. }) = pointed(model) else { return };
    let Some(shown) = table_shown(model) else { return };
    let layout = &shown.built.layout;
    if layout.baseline.iter().any(|(known, _)| *known == name) {
        let text = format!("{name} is what is compared, and what repeats a point is not");
        return tell(model, Safe::line(&text), true);
    }
    let without = |names: &[String]| -> Vec<String> { names.iter().filter(|known| **known != name).cloned().collect() };
    let table = &mut model.results.asked.table;
    if layout.workloads.contains(&name) {
        table.workloads = Some(WorkloadsRule { over: without(&layout.workloads), mean: layout.mean });
    }
    (table.rows, table.columns) = (Some(without(&layout.rows)), Some(without(&layout.columns)));
    table.replicas = Some([layout.replicas.clone(), vec![name.clone()]].concat());
    tell(model, Safe::line(&format!("mean of replicas that differ in {name}")), false);
}

/// Takes nothing for replicas: what they differ in makes rows and columns, as everything else does.
pub(super) fn no_replicas(model: &mut Model) {
    let Some(shown) = table_shown(model) else { return };
    let replicas = shown.built.layout.replicas.clone();
    if replicas.is_empty() {
        return tell(model, Safe::plain("there are no replicas"), true);
    }
    let table = &mut model.results.asked.table;
    if let Some(rows) = &mut table.rows {
        rows.extend(replicas.iter().cloned());
    }
    table.replicas = Some(Vec::new());
    tell(model, Safe::line(&format!("each value of {} by itself", replicas.join(", "))), false);
}
