//! A heat map: a number in each cell, on a shade of four.

use super::frame::Frame;
use super::grid::{DIM, PLAIN, style};
use super::upright::left_out;
use crate::report::plot::heat::shades_of;
use crate::report::plot::scale::Scale;
use crate::report::plot::{Mark, PlotError, extent, mark, measure, row_name};
use crate::report::table::{Cell, Table};
use crate::report::write::{foot, header, number};
use crate::text::{human, width};

/// From the least to the most.
const SHADES: [(&str, &str); 4] = [("░", "."), ("▒", ":"), ("▓", "+"), ("█", "#")];
/// The fewest columns of a cell.
const LEAST: usize = 5;
const WIDEST: usize = 14;

/// Draws the table.
pub(super) fn draw(frame: &mut Frame, table: &Table) -> Result<(), PlotError> {
    extent(table).ok_or_else(|| PlotError::Nothing(measure(table)))?;
    let (low, high) = shades_of(table);
    frame.title(&measure(table));
    let key = SHADES.iter().enumerate().map(|(at, (unicode, ascii))| {
        let from = low + (high - low) * at as f64 / SHADES.len() as f64;
        let name = if at == 0 { human::number(low) } else { human::number(from) };
        (frame.grid.sign(unicode, ascii).repeat(2), style(0), format!("from {name}"))
    });
    let key: Vec<_> = key.collect();
    frame.legend(&key);
    let names: Vec<String> = table.rows.iter().map(|row| row_name(table, row)).collect();
    let widest = names.iter().map(|name| width::width(name)).max().unwrap_or(0).min(frame.grid.wide / 3);
    let free = frame.grid.wide.saturating_sub(widest + 1);
    let wide = (free / table.columns.len().max(1)).clamp(LEAST, WIDEST);
    let columns = table.columns.len().min(free / wide);
    if columns < table.columns.len() {
        frame.below(&left_out(columns, table.columns.len(), "columns"));
    }
    let room = frame.bottom.saturating_sub(frame.top + 1);
    let rows = if table.rows.len() > room { room.saturating_sub(1) } else { table.rows.len() };
    if rows < table.rows.len() {
        frame.below(&left_out(rows, table.rows.len(), "rows"));
    }
    let shade = Scale::linear(low, high, 0.0, SHADES.len() as f64);
    let digits = number::digits(table);
    for (at, column) in table.columns.iter().enumerate().take(columns) {
        let name = header::name(table, column);
        frame.grid.put_before(widest + 1 + wide * (at + 1) - 1, frame.top, &name, wide - 1, PLAIN);
    }
    for (at, row) in table.rows.iter().enumerate().take(rows) {
        let y = frame.top + 1 + at;
        frame.grid.put(0, y, &width::truncate_middle(&names[at], widest), PLAIN);
        for (column, digits) in digits.iter().enumerate().take(columns) {
            let (x, end) = (widest + 1 + wide * column, widest + wide * (column + 1));
            match (&mark(row, column), foot::cell(row, column)) {
                (Mark::Number(number, _), Cell::Value(value)) => {
                    let step = (shade.at(*number).floor().max(0.0) as usize).min(SHADES.len() - 1);
                    let sign = frame.grid.sign(SHADES[step].0, SHADES[step].1);
                    frame.grid.put(x, y, &sign.repeat(wide - 1), style(0));
                    let text = number::shown(value, *digits).number();
                    // Half a number is a wrong one.
                    let text = if width::width(&text) < wide { text } else { human::number(*number) };
                    if width::width(&text) < wide {
                        frame.grid.put_before(end, y, &text, wide - 1, PLAIN);
                    }
                }
                (Mark::Word(word), _) | (Mark::Number(..), Cell::Missing { word, .. }) => {
                    frame.grid.put_before(end, y, word, wide - 1, DIM);
                }
            }
        }
    }
    Ok(())
}
