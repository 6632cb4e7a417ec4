//! Grouped bars: a group for each column of a table, in it a bar for each row.

use super::axes::{self, RIGHT};
use super::canvas::{Anchor, Canvas, FAINT, Fill, INK, Outline, SMALL, Stroke, Text};
use super::font::fitted;
use super::scale::{Scale, ticks};
use super::{Figure, MAX_GROUPS, MAX_SERIES, Mark, PlotError, extent, few, legend, mark, measure, row_name, style};
use crate::report::table::Table;
use crate::report::write::header;

/// The height of the part with the bars.
pub(super) const TALL: f64 = 96.0;
/// A wider bar looks like a field.
pub(super) const WIDEST: f64 = 28.0;
/// The part of a group that stands between it and the means.
pub(super) const APART: f64 = 0.4;

/// Draws the table. Bars begin at zero, always: a bar that begins elsewhere says something else than its number.
pub(super) fn figure(table: &Table) -> Result<Figure, PlotError> {
    let (low, high) = extent(table).ok_or_else(|| PlotError::Nothing(measure(table)))?;
    few(table.rows.len(), MAX_SERIES, "rows")?;
    few(table.columns.len(), MAX_GROUPS, "columns")?;
    let mut canvas = Canvas::default();
    let names: Vec<String> = table.rows.iter().map(|row| row_name(table, row)).collect();
    let top = legend::draw(&mut canvas, &names, |canvas, series, at| {
        sample(canvas, style::fill(series), at);
    });
    let bottom = top + TALL;
    let ticks = ticks(low.min(0.0), high.max(0.0));
    let left = axes::upright(&mut canvas, &measure(table), &ticks, top, bottom);
    let scale = Scale::linear(ticks.low, ticks.high, bottom, top);
    let zero = scale.at(0.0);
    let first_mean = first_mean(table);
    let groups = table.columns.len() as f64 + if first_mean.is_some() { APART } else { 0.0 };
    let wide = (RIGHT - left) / groups;
    let bar = (wide * 0.84 / table.rows.len() as f64).min(WIDEST);
    let free = wide - bar * table.rows.len() as f64;
    if compares_with_one(table) && ticks.low < 1.0 && ticks.high > 1.0 {
        let at = scale.at(1.0);
        let line = Stroke { colour: FAINT, wide: 0.5, dash: &[2.0, 2.0] };
        canvas.draw(Outline::Line(vec![(left, at), (RIGHT, at)]), None, Some(line));
    }
    let mut below = Vec::new();
    for (at, column) in table.columns.iter().enumerate() {
        let shifted = if first_mean.is_some_and(|first| at >= first) { APART } else { 0.0 };
        let begin = left + wide * (at as f64 + shifted);
        below.push((begin + wide / 2.0, header::name(table, column)));
        for (series, row) in table.rows.iter().enumerate() {
            let x = begin + free / 2.0 + bar * series as f64;
            let middle = x + bar / 2.0;
            match mark(row, at) {
                Mark::Number(number, error) => {
                    let y = scale.at(number);
                    canvas.rectangle((x, y.min(zero)), (bar, (y - zero).abs()), style::fill(series), INK);
                    if let Some(error) = error.filter(|error| *error > 0.0) {
                        let (upper, lower) = (scale.at(number + error), scale.at(number - error));
                        let cap = (bar * 0.3).min(2.0);
                        canvas.line((middle, upper), (middle, lower), INK, 0.6);
                        canvas.line((middle - cap, upper), (middle + cap, upper), INK, 0.6);
                        canvas.line((middle - cap, lower), (middle + cap, lower), INK, 0.6);
                    }
                }
                Mark::Word(word) => in_place(&mut canvas, &word, middle, zero, top),
            }
        }
    }
    canvas.line((left, zero), (RIGHT, zero), INK, 0.7);
    let height = axes::labels(&mut canvas, &below, wide, bottom);
    Ok(Figure::of(canvas, height, &[table]))
}

/// Writes a word along the bar that is not there.
pub(super) fn in_place(canvas: &mut Canvas, word: &str, middle: f64, zero: f64, top: f64) {
    let word = fitted(word, (zero - top - 4.0).max(SMALL), SMALL);
    canvas.text(Text { turned: 90.0, ..Text::small(word, (middle + SMALL * 0.35, zero - 2.0), Anchor::Start) });
}

/// The first column that is a mean, if it stands behind others: means stand apart from what they are means of.
pub(super) fn first_mean(table: &Table) -> Option<usize> {
    table.columns.iter().position(|column| column.is_mean).filter(|at| *at > 0)
}

/// Whether one is the number of every baseline, as after a division by it.
pub(super) fn compares_with_one(table: &Table) -> bool {
    let mut baselines = table.rows.iter().filter(|row| row.is_baseline).peekable();
    let is_one = |mark: Mark| match mark {
        Mark::Number(number, _) => (number - 1.0).abs() < 1e-9,
        Mark::Word(_) => true,
    };
    baselines.peek().is_some() && baselines.all(|row| (0..table.columns.len()).all(|at| is_one(mark(row, at))))
}

/// Draws a piece of a bar for the legend.
pub(super) fn sample(canvas: &mut Canvas, fill: Fill, (x, y): (f64, f64)) {
    canvas.rectangle((x - 5.0, y - 3.0), (10.0, 6.0), fill, INK);
}
