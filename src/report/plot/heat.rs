//! A heat map: a shaded cell for each cell of a table, with its number.

use super::axes::labels;
use super::canvas::{Anchor, Canvas, Colour, Fill, INK, SMALL, TEXT, Text, WHITE, WIDTH};
use super::font::{fitted, text_width};
use super::scale::Scale;
use super::{Figure, MAX_GROUPS, Mark, PlotError, extent, few, mark, measure, row_name, style};
use crate::report::table::{Cell, Table};
use crate::report::write::{foot, header, number};
use crate::text::human;

/// The ends of the shades: from a light one to a dark one of one hue, which is in order also without colour.
const SHADES: [(f64, f64, f64); 2] = [(239.0, 246.0, 252.0), (0.0, 62.0, 110.0)];

/// Draws the table.
pub(super) fn figure(table: &Table) -> Result<Figure, PlotError> {
    extent(table).ok_or_else(|| PlotError::Nothing(measure(table)))?;
    few(table.rows.len(), MAX_GROUPS, "rows")?;
    few(table.columns.len(), MAX_GROUPS, "columns")?;
    let (low, high) = shades_of(table);
    let shade = Scale::linear(low, high, 0.0, 1.0);
    let mut canvas = Canvas::default();
    let names: Vec<String> = table.rows.iter().map(|row| fitted(&row_name(table, row), 80.0, TEXT)).collect();
    let left = names.iter().map(|name| text_width(name, TEXT)).fold(0.0, f64::max) + 8.0;
    let top = 16.0;
    canvas.text(Text::new(fitted(&measure(table), WIDTH - 16.0, TEXT), (8.0, 10.0), Anchor::Start));
    let wide = (WIDTH - 6.0 - left) / table.columns.len() as f64;
    let tall = (wide * 0.7).clamp(7.0, 16.0);
    let digits = number::digits(table);
    for (at, row) in table.rows.iter().enumerate() {
        let y = top + tall * at as f64;
        let middle = y + tall / 2.0;
        canvas.text(Text::new(&names[at], (left - 4.0, middle + TEXT * 0.35), Anchor::End));
        for (column, digits) in digits.iter().enumerate() {
            let x = left + wide * column as f64;
            let mark = mark(row, column);
            let is_word = matches!(mark, Mark::Word(_));
            let (fill, text, colour) = match mark {
                Mark::Word(word) => (style::rest(), word, INK),
                Mark::Number(number, _) => {
                    let part = shade.at(number);
                    let Cell::Value(value) = foot::cell(row, column) else { continue };
                    (fill(part), number::shown(value, *digits).number(), if part > 0.5 { WHITE } else { INK })
                }
            };
            canvas.rectangle((x, y), (wide, tall), fill, WHITE);
            // Text that is too wide is left to the CSV: half a number is a wrong one. A word may be cut.
            let size = SMALL.min(wide / 2.0);
            if is_word || text_width(&text, size) <= wide {
                let text = fitted(&text, wide, size);
                let place = (x + wide / 2.0, middle + size * 0.35);
                canvas.text(Text { size, colour, ..Text::small(text, place, Anchor::Middle) });
            }
        }
    }
    let bottom = top + tall * table.rows.len() as f64;
    let places: Vec<(f64, String)> = table
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| (left + wide * (at as f64 + 0.5), header::name(table, column)))
        .collect();
    let end = labels(&mut canvas, &places, wide, bottom);
    let end = shades(&mut canvas, (left, end), (low, high));
    Ok(Figure::of(canvas, end, &[table]))
}

/// The least and the most of the numbers, without their intervals: the shades are of the numbers.
pub(super) fn shades_of(table: &Table) -> (f64, f64) {
    let marks = table.rows.iter().flat_map(|row| (0..table.columns.len()).map(|at| mark(row, at)));
    let numbers = marks.filter_map(|mark| match mark {
        Mark::Number(number, _) => Some(number),
        Mark::Word(_) => None,
    });
    numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), number| (low.min(number), high.max(number)))
}

fn fill(part: f64) -> Fill {
    let [from, to] = SHADES;
    let mixed = |from: f64, to: f64| (from + (to - from) * part.clamp(0.0, 1.0)).round() as u32;
    let colour = (mixed(from.0, to.0) << 16) | (mixed(from.1, to.1) << 8) | mixed(from.2, to.2);
    Fill::plain(Colour(colour))
}

/// What the shades mean, from the least number to the most. Returns where that ends.
fn shades(canvas: &mut Canvas, at: (f64, f64), ends: (f64, f64)) -> f64 {
    let (left, top) = (at.0, at.1 + 2.0);
    let (least, most) = (human::number(ends.0), human::number(ends.1));
    let begin = left + text_width(&least, TEXT) + 3.0;
    let wide = 60.0;
    canvas.text(Text::new(least, (left, top + TEXT * 0.85), Anchor::Start));
    for step in 0..20 {
        let part = (f64::from(step) + 0.5) / 20.0;
        let fill = fill(part);
        canvas.rectangle((begin + wide / 20.0 * f64::from(step), top), (wide / 20.0, TEXT), fill, fill.colour);
    }
    canvas.text(Text::new(most, (begin + wide + 3.0, top + TEXT * 0.85), Anchor::Start));
    top + TEXT + 5.0
}
