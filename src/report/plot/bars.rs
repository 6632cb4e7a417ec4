//! Grouped bars: a group for each column of a table, in it a bar for each row.

use super::canvas::{Anchor, Canvas, FAINT, INK, SMALL, TEXT, Text, WIDTH, fitted, n, text_width};
use super::scale::{Scale, Ticks, ticks};
use super::{MAX_GROUPS, MAX_SERIES, Mark, PlotError, extent, few, legend, mark, measure, row_name, style};
use crate::report::table::Table;
use crate::report::write::{Document, header};

/// The height of the part with the bars.
const TALL: f64 = 96.0;
/// A wider bar looks like a field.
const WIDEST: f64 = 28.0;

/// Draws the table. Bars begin at zero, always: a bar that begins elsewhere says something else than its number.
pub fn draw(table: &Table) -> Result<Document, PlotError> {
    let (low, high) = extent(table).ok_or_else(|| PlotError::Nothing(measure(table)))?;
    few(table.rows.len(), MAX_SERIES, "rows")?;
    few(table.columns.len(), MAX_GROUPS, "columns")?;
    let mut canvas = Canvas::default();
    let fills: Vec<String> = (0..table.rows.len()).map(|series| style::fill(&mut canvas, series)).collect();
    let names: Vec<String> = table.rows.iter().map(|row| row_name(table, row)).collect();
    let top = legend::draw(&mut canvas, &names, |canvas, series, (x, y)| {
        canvas.rectangle((x - 5.0, y - 3.0), (10.0, 6.0), &fills[series], INK);
    });
    let bottom = top + TALL;
    let ticks = ticks(low.min(0.0), high.max(0.0));
    let left = axis(&mut canvas, table, &ticks, top, bottom);
    let scale = Scale::linear(ticks.low, ticks.high, bottom, top);
    let zero = scale.at(0.0);
    let right = WIDTH - 4.0;
    // The means stand apart from what they are means of.
    let first_mean = table.columns.iter().position(|column| column.is_mean).filter(|at| *at > 0);
    let groups = table.columns.len() as f64 + if first_mean.is_some() { 0.4 } else { 0.0 };
    let wide = (right - left) / groups;
    let bar = (wide * 0.84 / table.rows.len() as f64).min(WIDEST);
    let free = wide - bar * table.rows.len() as f64;
    if compares_with_one(table) && ticks.low < 1.0 && ticks.high > 1.0 {
        let at = scale.at(1.0);
        canvas.element(&format!(
            "<line x1=\"{}\" y1=\"{at}\" x2=\"{}\" y2=\"{at}\" stroke=\"{FAINT}\" stroke-width=\"0.5\" stroke-dasharray=\"2 2\"/>",
            n(left),
            n(right),
            at = n(at)
        ));
    }
    let mut below = Vec::new();
    for (at, column) in table.columns.iter().enumerate() {
        let shifted = if first_mean.is_some_and(|first| at >= first) { 0.4 } else { 0.0 };
        let begin = left + wide * (at as f64 + shifted);
        below.push((begin + wide / 2.0, header::name(table, column)));
        for (series, row) in table.rows.iter().enumerate() {
            let x = begin + free / 2.0 + bar * series as f64;
            let middle = x + bar / 2.0;
            match mark(row, at) {
                Mark::Number(number, error) => {
                    let y = scale.at(number);
                    canvas.rectangle((x, y.min(zero)), (bar, (y - zero).abs()), &fills[series], INK);
                    if let Some(error) = error.filter(|error| *error > 0.0) {
                        let (upper, lower) = (scale.at(number + error), scale.at(number - error));
                        let cap = (bar * 0.3).min(2.0);
                        canvas.line((middle, upper), (middle, lower), INK, 0.6);
                        canvas.line((middle - cap, upper), (middle + cap, upper), INK, 0.6);
                        canvas.line((middle - cap, lower), (middle + cap, lower), INK, 0.6);
                    }
                }
                Mark::Word(word) => {
                    // Along the bar that is not there.
                    let word = fitted(&word, (zero - top - 4.0).max(SMALL), SMALL);
                    let place = (middle + SMALL * 0.35, zero - 2.0);
                    canvas.text(Text { turned: 90.0, ..Text::small(&word, place, Anchor::Start) });
                }
            }
        }
    }
    canvas.line((left, zero), (right, zero), INK, 0.7);
    let height = labels(&mut canvas, &below, wide, bottom);
    Ok(canvas.finish(table, height))
}

/// Whether one is the number of every baseline, as after a division by it.
fn compares_with_one(table: &Table) -> bool {
    let mut baselines = table.rows.iter().filter(|row| row.is_baseline).peekable();
    let is_one = |mark: Mark| match mark {
        Mark::Number(number, _) => (number - 1.0).abs() < 1e-9,
        Mark::Word(_) => true,
    };
    baselines.peek().is_some() && baselines.all(|row| (0..table.columns.len()).all(|at| is_one(mark(row, at))))
}

/// Draws the axis of numbers with its name, and returns where what it measures begins.
pub(super) fn axis(canvas: &mut Canvas, table: &Table, ticks: &Ticks, top: f64, bottom: f64) -> f64 {
    let widest = ticks.marks.iter().map(|(_, label)| text_width(label, TEXT)).fold(0.0, f64::max);
    let left = 12.0 + widest + 4.0;
    let scale = Scale::linear(ticks.low, ticks.high, bottom, top);
    for (number, label) in &ticks.marks {
        let y = scale.at(*number);
        canvas.line((left, y), (WIDTH - 4.0, y), "#dddddd", 0.4);
        canvas.text(Text::new(label, (left - 3.0, y + TEXT * 0.35), Anchor::End));
    }
    let name = fitted(&measure(table), bottom - top, TEXT);
    let middle = f64::midpoint(top, bottom);
    canvas.text(Text { turned: 90.0, ..Text::new(&name, (8.0, middle), Anchor::Middle) });
    canvas.line((left, top), (left, bottom), INK, 0.7);
    left
}

/// Draws names under their places, turned where they are wider than `wide`, and returns where the figure ends.
pub(super) fn labels(canvas: &mut Canvas, places: &[(f64, String)], wide: f64, bottom: f64) -> f64 {
    let widest = places.iter().map(|(_, name)| text_width(name, TEXT)).fold(0.0, f64::max);
    if widest <= wide * 0.96 {
        for (x, name) in places {
            canvas.text(Text::new(name, (*x, bottom + TEXT + 3.0), Anchor::Middle));
        }
        return bottom + TEXT + 8.0;
    }
    // Under one another they need the height of a letter, and then as much as the longest is long.
    let (turned, longest) = if wide >= TEXT * 1.4 { (40.0_f64, 80.0_f64) } else { (90.0, 80.0) };
    let size = if wide < TEXT { SMALL.min(wide.max(2.0)) } else { TEXT };
    let mut deepest = 0.0_f64;
    for (x, name) in places {
        // The first ones must not leave the figure at its left edge.
        let room = if turned < 90.0 { longest.min((x - 2.0) / turned.to_radians().cos()) } else { longest };
        let name = fitted(name, room.max(20.0), size);
        deepest = deepest.max(text_width(&name, size) * turned.to_radians().sin());
        let place = if turned < 90.0 { (x + 2.0, bottom + TEXT) } else { (x + size * 0.35, bottom + 4.0) };
        canvas.text(Text { size, turned, ..Text::new(&name, place, Anchor::End) });
    }
    bottom + deepest + TEXT + 5.0
}
