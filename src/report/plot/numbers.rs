//! Exactly the numbers of a figure, a row for each thing that is drawn.
//!
//! | kind | columns |
//! |---|---|
//! | bars | `group`, `bar`, `mean`, `value`, `error`, `n`, `why` |
//! | stacked | `group`, `bar`, `part`, `value`, `total`, `why` |
//! | lines | `line`, `x`, `label`, `value`, `error`, `why` |
//! | heat | `row`, `column`, `value`, `why` |
//! | scatter | `series`, `name`, `x`, `y`, `front`, `why` |
//!
//! Where a field is empty that would hold a number, `why` says so in the word that is drawn in its place. `error` is half of a 95 %
//! interval. `total` is that of bars whose parts add up to more than it.

use super::lines::Lines;
use super::{Mark, Plot, PlotError, mark, row_name};
use crate::report::table::{Cell, Row, Table};
use crate::report::write::csv::{Form, separated};
use crate::report::write::number::full;
use crate::report::write::{Document, foot, header};

/// The rows of a figure as CSV.
pub(super) fn write(plot: &Plot) -> Result<Document, PlotError> {
    let (names, mut rows): (&[&str], Vec<Vec<String>>) = match plot {
        Plot::Bars(table) => (&["group", "bar", "mean", "value", "error", "n", "why"], bars(table)),
        Plot::Heat(table) => (&["row", "column", "value", "why"], heat(table)),
        Plot::Lines(table) => (&["line", "x", "label", "value", "error", "why"], lines(table)?),
        Plot::Stacked(stacked) => (&["group", "bar", "part", "value", "total", "why"], stacks(&stacked.stacks()?)),
        Plot::Scatter(scatter) => (&["series", "name", "x", "y", "front", "why"], cloud(&scatter.cloud()?)),
    };
    rows.insert(0, names.iter().map(|name| (*name).to_owned()).collect());
    Ok(Document::new(separated(&rows, Form::COMMAS)))
}

/// A number, its error and why there is none.
fn fields(mark: &Mark) -> [String; 3] {
    match mark {
        Mark::Number(number, error) => [full(*number), error.map_or_else(String::new, full), String::new()],
        Mark::Word(word) => [String::new(), String::new(), word.clone()],
    }
}

fn count(row: &Row, column: usize) -> String {
    match (mark(row, column), foot::cell(row, column)) {
        (Mark::Number(..), Cell::Value(value)) => value.count.to_string(),
        _ => String::new(),
    }
}

fn bars(table: &Table) -> Vec<Vec<String>> {
    let of = |(at, column)| {
        let group = header::name(table, column);
        let is_mean = column.is_mean.to_string();
        let of_row = move |row: &Row| {
            let [value, error, why] = fields(&mark(row, at));
            vec![group.clone(), row_name(table, row), is_mean.clone(), value, error, count(row, at), why]
        };
        table.rows.iter().map(of_row)
    };
    table.columns.iter().enumerate().flat_map(of).collect()
}

fn heat(table: &Table) -> Vec<Vec<String>> {
    let of = |row| {
        table.columns.iter().enumerate().map(move |(at, column)| {
            let [value, _, why] = fields(&mark(row, at));
            vec![row_name(table, row), header::name(table, column), value, why]
        })
    };
    table.rows.iter().flat_map(of).collect()
}

fn lines(table: &Table) -> Result<Vec<Vec<String>>, PlotError> {
    let lines = Lines::of(table)?;
    let rows = lines.series.iter().flat_map(|series| {
        series.points.iter().map(|spot| {
            let [value, error, why] = fields(&spot.mark);
            vec![series.name.clone(), full(spot.at), spot.label.clone(), value, error, why]
        })
    });
    Ok(rows.collect())
}

fn stacks(stacks: &super::stacked::Stacks) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for group in &stacks.groups {
        for bar in &group.bars {
            let line = |part: String, value: String, why: String| {
                let total = bar.exceeded.map_or_else(String::new, full);
                vec![group.name.clone(), bar.name.clone(), part, value, total, why]
            };
            match &bar.parts {
                Ok(parts) => {
                    let named = stacks.parts.iter().zip(parts);
                    rows.extend(named.map(|(part, value)| line(part.clone(), full(*value), String::new())));
                }
                Err(word) => rows.push(line(String::new(), String::new(), word.clone())),
            }
        }
    }
    rows
}

fn cloud(cloud: &super::scatter::Cloud) -> Vec<Vec<String>> {
    let points = cloud.points.iter().map(|spot| {
        let front = if cloud.fronts.is_ok() { spot.is_front.to_string() } else { String::new() };
        let series = cloud.series[spot.series].clone();
        vec![series, spot.name.clone(), full(spot.at.0), full(spot.at.1), front, String::new()]
    });
    let gaps = cloud.gaps.iter().map(|[series, name, word]| {
        let none = String::new;
        vec![series.clone(), name.clone(), none(), none(), none(), word.clone()]
    });
    points.chain(gaps).collect()
}
