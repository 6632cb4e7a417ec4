//! Lines over a parameter that is a number or a size.

use super::bars::{axis, labels};
use super::canvas::{Anchor, Canvas, INK, SMALL, Text, WIDTH, n};
use super::scale::{Scale, ticks};
use super::{MAX_SERIES, Mark, PlotError, extent, few, legend, mark, measure, style};
use crate::experiment::{Parameter, ParameterValue};
use crate::report::table::{Row, Table};
use crate::report::write::{Document, header, safe};
use crate::text::{human, width};

/// The height of the part with the lines.
const TALL: f64 = 110.0;

/// A line.
struct Series {
    name: String,
    /// The other parameters of its rows.
    rest: Vec<String>,
    column: usize,
    /// Its points from left to right: where, which row.
    points: Vec<(f64, usize)>,
}

/// Draws the table. The axis is the first parameter of the rows that is a number or a size in each of them, by powers of two where
/// it is a size or doubles; the rows' other parameters, and the columns, make the lines.
pub fn draw(table: &Table) -> Result<Document, PlotError> {
    let (low, high) = extent(table).ok_or_else(|| PlotError::Nothing(measure(table)))?;
    let (parameter, places) = axis_of(table).ok_or_else(|| PlotError::NoAxis(table.row_names.join(", ")))?;
    let series = series(table, parameter, &places);
    few(series.len(), MAX_SERIES, "lines")?;
    let mut canvas = Canvas::default();
    let names: Vec<String> = series.iter().map(|series| series.name.clone()).collect();
    let top = legend::draw(&mut canvas, &names, |canvas, at, (x, y)| {
        path(canvas, at, &[(x - 5.0, y), (x + 5.0, y)]);
        style::marker(canvas, at, (x, y));
    }) + 2.0;
    let bottom = top + TALL;
    // Lines compare what is above one another, so the axis need not begin at zero; it does where that is near.
    let low = if low > 0.0 && low < high * 0.5 { 0.0 } else { low };
    let ticks = ticks(low, high);
    let left = axis(&mut canvas, table, &ticks, top, bottom);
    let y = Scale::linear(ticks.low, ticks.high, bottom, top);
    let x = horizontal(&places, parameter, table, left + 8.0, WIDTH - 14.0);
    canvas.line((left, bottom), (WIDTH - 4.0, bottom), INK, 0.7);
    let mut gaps = Vec::new();
    for (at, series) in series.iter().enumerate() {
        let mut run: Vec<(f64, f64)> = Vec::new();
        let mut runs = Vec::new();
        for (place, row) in &series.points {
            let to = x.at(*place);
            match mark(&table.rows[*row], series.column) {
                Mark::Number(number, error) => {
                    run.push((to, y.at(number)));
                    if let Some(error) = error.filter(|error| *error > 0.0) {
                        canvas.line((to, y.at(number - error)), (to, y.at(number + error)), style::colour(at), 0.6);
                    }
                }
                Mark::Word(word) => {
                    // A line ends where something is missing, and goes on behind it. What is missing stands below.
                    runs.push(std::mem::take(&mut run));
                    gaps.push(format!("{} at {}: {word}", series.name, label(&table.rows[*row], parameter)));
                }
            }
        }
        runs.push(run);
        for run in &runs {
            path(&mut canvas, at, run);
        }
        for point in runs.iter().flatten() {
            style::marker(&mut canvas, at, *point);
        }
    }
    let mut shown: Vec<(f64, String)> = Vec::new();
    for (place, row) in places.iter().zip(&table.rows) {
        let to = x.at(*place);
        if shown.iter().all(|(other, _)| (other - to).abs() > 0.01) {
            shown.push((to, label(row, parameter)));
        }
    }
    shown.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (to, _) in &shown {
        canvas.line((*to, bottom), (*to, bottom + 2.5), INK, 0.7);
    }
    let nearest = shown.windows(2).map(|pair| pair[1].0 - pair[0].0).fold(WIDTH - left, f64::min);
    let end = labels(&mut canvas, &shown, nearest, bottom);
    let name = table.row_names.get(parameter).map_or_else(String::new, |name| safe(name));
    canvas.text(Text::new(&name, (f64::midpoint(left, WIDTH), end + 3.0), Anchor::Middle));
    let mut end = end + 7.0;
    if !gaps.is_empty() {
        let columns = ((WIDTH - 12.0) / (SMALL * 0.58)) as usize;
        for line in width::wrap(&format!("no number: {}", human::some_of(&gaps)), columns) {
            canvas.text(Text::small(&line, (6.0, end + SMALL), Anchor::Start));
            end += SMALL * 1.3;
        }
        end += 3.0;
    }
    Ok(canvas.finish(table, end))
}

fn path(canvas: &mut Canvas, series: usize, points: &[(f64, f64)]) {
    if points.len() < 2 {
        return;
    }
    let points: Vec<String> = points.iter().map(|(x, y)| format!("{},{}", n(*x), n(*y))).collect();
    canvas.element(&format!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1\"{}/>",
        points.join(" "),
        style::colour(series),
        style::dash(series)
    ));
}

fn label(row: &Row, parameter: usize) -> String {
    row.labels.get(parameter).map_or_else(String::new, |label| safe(label))
}

/// The first parameter that is a number or a size in every row, and what it is in each.
fn axis_of(table: &Table) -> Option<(usize, Vec<f64>)> {
    (0..table.row_names.len()).find_map(|at| {
        let places: Option<Vec<f64>> = table.rows.iter().map(|row| place(row.labels.get(at)?)).collect();
        Some((at, places.filter(|places| !places.is_empty())?))
    })
}

fn place(label: &str) -> Option<f64> {
    match Parameter::text("", label).value {
        ParameterValue::Size { bytes, .. } => Some(bytes as f64),
        _ => label.parse().ok().filter(|number: &f64| number.is_finite()),
    }
}

fn horizontal(places: &[f64], parameter: usize, table: &Table, from: f64, to: f64) -> Scale {
    let low = places.iter().copied().fold(f64::INFINITY, f64::min);
    let high = places.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let is_size = table.rows.iter().all(|row| row.labels.get(parameter).is_some_and(|label| label.ends_with('B')));
    let doubles = places.iter().all(|place| *place > 0.0 && place.log2().fract() == 0.0) && places.len() > 2;
    if low > 0.0 && (is_size || doubles) {
        Scale::log2(low, high, from, to)
    } else {
        Scale::linear(low, high, from, to)
    }
}

/// The lines of the table, in the order in which their first rows stand.
fn series(table: &Table, parameter: usize, places: &[f64]) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    for column in 0..table.columns.len() {
        for (at, row) in table.rows.iter().enumerate() {
            let others = row.labels.iter().enumerate().filter(|(label, _)| *label != parameter);
            let rest: Vec<String> = others.map(|(_, label)| safe(label)).collect();
            let found = all.iter().position(|series| series.column == column && series.rest == rest);
            let found = found.unwrap_or_else(|| {
                let column_name = header::name(table, &table.columns[column]);
                let name = if rest.is_empty() { column_name } else { format!("{column_name} {}", rest.join(" ")) };
                all.push(Series { name, rest, column, points: Vec::new() });
                all.len() - 1
            });
            all[found].points.push((places[at], at));
        }
    }
    for series in &mut all {
        series.points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    all
}
