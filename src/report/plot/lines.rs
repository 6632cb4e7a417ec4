//! Lines over a parameter that is a number or a size.

use super::axes::{self, RIGHT};
use super::canvas::{Anchor, Canvas, INK, Outline, Pair, SMALL, Text, WIDTH};
use super::font::broken;
use super::scale::{Scale, ticks};
use super::{Figure, MAX_SERIES, Mark, PlotError, extent, few, legend, mark, measure, style};
use crate::experiment::{Parameter, ParameterValue};
use crate::report::table::{NOT_MEANT, Row, Table};
use crate::report::write::{header, safe};
use crate::text::human;

/// The height of the part with the lines.
const TALL: f64 = 110.0;

/// Lines over an axis.
pub(super) struct Lines {
    /// The name of the axis.
    pub(super) axis: String,
    /// Whether equal ratios have equal lengths on it.
    pub(super) is_log2: bool,
    /// What stands on it, from left to right: where, and its label.
    pub(super) places: Vec<(f64, String)>,
    /// The lines, in the order in which their first rows stand.
    pub(super) series: Vec<Series>,
}

/// A line.
pub(super) struct Series {
    /// What it is called.
    pub(super) name: String,
    /// The other parameters of its rows.
    rest: Vec<String>,
    column: usize,
    /// Its points from left to right.
    pub(super) points: Vec<Spot>,
}

/// A point of a line, or a gap in it.
pub(super) struct Spot {
    /// Where it is.
    pub(super) at: f64,
    /// What that is called.
    pub(super) label: String,
    /// What is there.
    pub(super) mark: Mark,
}

impl Lines {
    /// The lines of a table. The axis is the first parameter of the rows that is a number or a size in each of them, by powers of two where
    /// it is a size or doubles; the rows' other parameters, and the columns, make the lines.
    pub(super) fn of(table: &Table) -> Result<Self, PlotError> {
        let (parameter, at) = axis_of(table).ok_or_else(|| PlotError::NoAxis(table.row_names.join(", ")))?;
        let series = series(table, parameter, &at);
        few(series.len(), MAX_SERIES, "lines")?;
        let mut places: Vec<(f64, String)> = Vec::new();
        for (at, row) in at.iter().zip(&table.rows) {
            if places.iter().all(|(other, _)| other.total_cmp(at).is_ne()) {
                places.push((*at, label(row, parameter)));
            }
        }
        places.sort_by(|a, b| a.0.total_cmp(&b.0));
        let axis = table.row_names.get(parameter).map_or_else(String::new, |name| safe(name));
        Ok(Self { axis, is_log2: is_log2(&at, parameter, table), places, series })
    }

    /// The axis, between two places.
    pub(super) fn scale(&self, from: f64, to: f64) -> Scale {
        let ends = self.places.first().zip(self.places.last()).map_or((0.0, 1.0), |(first, last)| (first.0, last.0));
        if self.is_log2 { Scale::log2(ends.0, ends.1, from, to) } else { Scale::linear(ends.0, ends.1, from, to) }
    }

    /// What is missing of each line, in words.
    pub(super) fn gaps(&self) -> Vec<String> {
        let of = |series: &Series| -> Vec<String> {
            let gap = |spot: &Spot| match &spot.mark {
                Mark::Word(word) if word == NOT_MEANT => None,
                Mark::Word(word) => Some(format!("{} at {}: {word}", series.name, spot.label)),
                Mark::Number(..) => None,
            };
            series.points.iter().filter_map(gap).collect()
        };
        self.series.iter().flat_map(of).collect()
    }
}

/// The least number on the axis of numbers. Lines compare what is above one another, so it need not be zero; it is where that is near.
pub(super) fn lowest(low: f64, high: f64) -> f64 {
    if low > 0.0 && low < high * 0.5 { 0.0 } else { low }
}

/// Draws the table.
pub(super) fn figure(table: &Table) -> Result<Figure, PlotError> {
    let (low, high) = extent(table).ok_or_else(|| PlotError::Nothing(measure(table)))?;
    let lines = Lines::of(table)?;
    let mut canvas = Canvas::default();
    let names: Vec<String> = lines.series.iter().map(|series| series.name.clone()).collect();
    let top = legend::draw(&mut canvas, &names, |canvas, at, (x, y)| {
        path(canvas, at, &[(x - 5.0, y), (x + 5.0, y)]);
        style::marker(canvas, at, (x, y));
    }) + 2.0;
    let bottom = top + TALL;
    let ticks = ticks(lowest(low, high), high);
    let left = axes::upright(&mut canvas, &measure(table), &ticks, top, bottom);
    let y = Scale::linear(ticks.low, ticks.high, bottom, top);
    let x = lines.scale(left + 8.0, WIDTH - 14.0);
    canvas.line((left, bottom), (RIGHT, bottom), INK, 0.7);
    for (at, series) in lines.series.iter().enumerate() {
        // A line ends where something is missing, and goes on behind it. What is missing stands below.
        let mut runs = vec![Vec::new()];
        for spot in &series.points {
            let to = x.at(spot.at);
            match spot.mark {
                Mark::Number(number, error) => {
                    runs.last_mut().expect("there is always a run").push((to, y.at(number)));
                    if let Some(error) = error.filter(|error| *error > 0.0) {
                        canvas.line((to, y.at(number - error)), (to, y.at(number + error)), style::colour(at), 0.6);
                    }
                }
                Mark::Word(_) => runs.push(Vec::new()),
            }
        }
        for run in &runs {
            path(&mut canvas, at, run);
        }
        for point in runs.iter().flatten() {
            style::marker(&mut canvas, at, *point);
        }
    }
    let shown: Vec<(f64, String)> = lines.places.iter().map(|(at, label)| (x.at(*at), label.clone())).collect();
    for (to, _) in &shown {
        canvas.line((*to, bottom), (*to, bottom + 2.5), INK, 0.7);
    }
    let nearest = shown.windows(2).map(|pair| pair[1].0 - pair[0].0).fold(WIDTH - left, f64::min);
    let end = axes::labels(&mut canvas, &shown, nearest, bottom);
    canvas.text(Text::new(&lines.axis, (f64::midpoint(left, WIDTH), end + 3.0), Anchor::Middle));
    let end = below(&mut canvas, end + 7.0, "no number", &lines.gaps());
    Ok(Figure::of(canvas, end, &[table]))
}

/// Writes what must be known in small lines from `end` on, and returns where they end.
pub(super) fn below(canvas: &mut Canvas, mut end: f64, what: &str, told: &[String]) -> f64 {
    if told.is_empty() {
        return end;
    }
    for line in broken(&format!("{what}: {}", human::some_of(told)), WIDTH - 12.0, SMALL) {
        canvas.text(Text::small(line, (6.0, end + SMALL), Anchor::Start));
        end += SMALL * 1.3;
    }
    end + 3.0
}

fn path(canvas: &mut Canvas, series: usize, points: &[Pair]) {
    if points.len() > 1 {
        canvas.draw(Outline::Line(points.to_vec()), None, Some(style::stroke(series, 1.0)));
    }
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

fn is_log2(places: &[f64], parameter: usize, table: &Table) -> bool {
    let is_size = table.rows.iter().all(|row| row.labels.get(parameter).is_some_and(|label| label.ends_with('B')));
    let doubles = places.iter().all(|place| *place > 0.0 && place.log2().fract() == 0.0) && places.len() > 2;
    places.iter().all(|place| *place > 0.0) && (is_size || doubles)
}

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
            all[found].points.push(Spot { at: places[at], label: label(row, parameter), mark: mark(row, column) });
        }
    }
    for series in &mut all {
        series.points.sort_by(|a, b| a.at.total_cmp(&b.at));
    }
    all
}
