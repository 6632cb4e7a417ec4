//! A table as lines of plain text.

use crate::report::{Cell, Table};
use crate::text::human;
use crate::text::width::{self, Align};

/// The lines of a table.
pub(super) fn lines(table: &Table) -> Vec<String> {
    let mut grid: Vec<Vec<String>> = Vec::new();
    // A line for each parameter of the columns, the names of the rows in the last one.
    let heads = table.column_names.len().max(1);
    for level in 0..heads {
        let is_last = level + 1 == heads;
        let mut line: Vec<String> =
            table.row_names.iter().map(|name| if is_last { name.clone() } else { String::new() }).collect();
        if table.row_names.is_empty() {
            line.push(String::new());
        }
        let label = |labels: &[String]| labels.get(level).cloned().unwrap_or_else(|| table.title.clone());
        line.extend(table.columns.iter().map(|column| label(&column.labels)));
        grid.push(line);
    }
    let count = grid.first().map_or(0, Vec::len);
    for row in &table.rows {
        let mut line = row.labels.clone();
        if line.is_empty() {
            line.push(String::new());
        }
        line.extend(row.cells.iter().map(cell));
        if row.is_baseline {
            line.push("◆ baseline".to_owned());
        }
        grid.push(line);
    }
    let width_of = |column: usize| grid.iter().filter_map(|line| line.get(column)).map(|cell| width::width(cell)).max();
    let widths: Vec<usize> = (0..count).map(|column| width_of(column).unwrap_or(0)).collect();
    let labels = table.row_names.len().max(1);
    let drawn = grid.iter().map(|line| {
        let cells = line.iter().enumerate().map(|(at, cell)| match widths.get(at) {
            Some(width) => width::fit(cell, *width, if at < labels { Align::Left } else { Align::Right }),
            None => cell.clone(),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    let unit = table.unit.as_ref().map(|unit| format!(" [{unit}]")).unwrap_or_default();
    let mut lines = vec![format!("{}{unit}", table.title)];
    lines.extend(drawn);
    lines.push(table.pipeline.join(" → "));
    if !table.versions.is_empty() {
        lines.push(format!("gem5 {}", table.versions.join(", ")));
    }
    lines.extend(table.notes.iter().enumerate().map(|(at, note)| format!("[{}] {}", at + 1, note.text)));
    lines.extend(
        table.excluded.iter().map(|excluded| format!("not in it: {}: {}", excluded.simulation, excluded.reason)),
    );
    lines
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Missing { word, .. } => word.clone(),
        Cell::Value(value) => {
            let shown = |number: f64| match value.digits {
                Some(digits) => format!("{number:.*}", usize::from(digits)),
                None => human::number(number),
            };
            let error = value.error.map(|error| format!(" ±{}", shown(error))).unwrap_or_default();
            let dim = if value.is_provisional { "~" } else { "" };
            let notes: Vec<String> = value.notes.iter().map(|note| format!("[{}]", note + 1)).collect();
            format!("{dim}{}{error}{}", shown(value.number), notes.concat())
        }
    }
}
