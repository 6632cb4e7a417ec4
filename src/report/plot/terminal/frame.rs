//! What stands around the data: title, legend, axes, and what must be known, below.

use super::grid::{BOLD, DIM, Grid, PLAIN};
use crate::report::plot::scale::Ticks;
use crate::text::{SpanStyle, width};

/// A drawing and the lines of it that are still free.
pub(super) struct Frame {
    pub(super) grid: Grid,
    /// The first free line.
    pub(super) top: usize,
    /// The line behind the last free one.
    pub(super) bottom: usize,
}

/// A part of a drawing that shows numbers: columns and lines, the last ones not in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Area {
    pub(super) left: usize,
    pub(super) right: usize,
    pub(super) top: usize,
    pub(super) bottom: usize,
}

impl Area {
    pub(super) fn tall(self) -> usize {
        self.bottom.saturating_sub(self.top)
    }
}

impl Frame {
    pub(super) fn new(grid: Grid) -> Self {
        let bottom = grid.tall;
        Self { grid, top: 0, bottom }
    }

    pub(super) fn title(&mut self, title: &str) {
        let title = width::truncate(title, self.grid.wide).into_owned();
        self.grid.put(0, self.top, &title, BOLD);
        self.top += 1;
    }

    /// Writes what the signs stand for, in a fifth of the lines at most.
    pub(super) fn legend(&mut self, entries: &[(String, SpanStyle, String)]) {
        self.legend_within(self.grid.tall / 5, entries);
    }

    /// Writes what the signs stand for, in so many lines at most, or in one.
    pub(super) fn legend_within(&mut self, most: usize, entries: &[(String, SpanStyle, String)]) {
        let most = most.max(1);
        let (mut x, mut line) = (0, 0);
        for (at, (sign, style, name)) in entries.iter().enumerate() {
            let left = entries.len() - at;
            let before = width::width(sign) + 1;
            // Room behind it for the count of those that have none.
            let more = |line: usize| {
                if line + 1 == most && left > 1 { 2 + width::width(&format!("+{}", left - 1)) } else { 0 }
            };
            let fitted = |more: usize| {
                width::truncate_middle(name, self.grid.wide.saturating_sub((before + more).max(6))).into_owned()
            };
            let mut name = fitted(more(line));
            if x > 0 && x + before + width::width(&name) + more(line) > self.grid.wide {
                if line + 1 == most {
                    self.grid.put(x, self.top + line, &format!("+{left}"), DIM);
                    break;
                }
                (x, line) = (0, line + 1);
                name = fitted(more(line));
            }
            let wide = before + width::width(&name);
            self.grid.put(x, self.top + line, sign, *style);
            self.grid.put(x + width::width(sign) + 1, self.top + line, &name, PLAIN);
            x += wide + 2;
        }
        self.top += if entries.is_empty() { 0 } else { line + 1 };
    }

    /// Writes what must be known at the bottom: one line for each, above those that are there already.
    pub(super) fn below(&mut self, told: &str) {
        // Of a low drawing nothing would be left.
        if self.bottom > self.top + 4 {
            self.bottom -= 1;
            let told = told.replace('×', self.grid.sign("×", "x"));
            let told = width::truncate(&told, self.grid.wide).into_owned();
            self.grid.put(0, self.bottom, &told, DIM);
        }
    }

    /// Draws the axis of numbers at the left and the line at `base` of the area's bottom, with `below` lines free under it. Returns
    /// what is between the two.
    pub(super) fn axes(&mut self, ticks: &Ticks, below: usize) -> Area {
        let widest = ticks.marks.iter().map(|(_, label)| width::width(label)).max().unwrap_or(0);
        let bottom = self.bottom.saturating_sub(below + 1).max(self.top + 1);
        let area = Area { left: (widest + 1).min(self.grid.wide), right: self.grid.wide, top: self.top, bottom };
        let (bar, tick) = (self.grid.sign("│", "|"), self.grid.sign("┤", "+"));
        for y in area.top..area.bottom {
            self.grid.put(area.left - 1, y, bar, DIM);
        }
        let mut last = None;
        for (number, label) in &ticks.marks {
            let row = row_of(area, ticks, *number);
            if last != Some(row) {
                self.grid.put_before(area.left - 1, row, label, widest, PLAIN);
                self.grid.put(area.left - 1, row, tick, DIM);
            }
            last = Some(row);
        }
        let (corner, line) = (self.grid.sign("└", "+"), self.grid.sign("─", "-"));
        self.grid.put(area.left - 1, area.bottom, corner, DIM);
        for x in area.left..area.right {
            self.grid.put(x, area.bottom, line, DIM);
        }
        area
    }
}

/// The part of an axis that is below a number.
pub(super) fn part(ticks: &Ticks, number: f64) -> f64 {
    // By halves: the difference of two huge numbers may have no number.
    let span = ticks.high / 2.0 - ticks.low / 2.0;
    if span > 0.0 { ((number / 2.0 - ticks.low / 2.0) / span).clamp(0.0, 1.0) } else { 0.5 }
}

/// The line in which a number stands. The least one stands in the lowest line, on the axis.
pub(super) fn row_of(area: Area, ticks: &Ticks, number: f64) -> usize {
    let up = (part(ticks, number) * area.tall() as f64).round() as usize;
    // The upper end of the area is the upper edge of its first line.
    area.bottom.saturating_sub(up.max(1)).max(area.top)
}

#[cfg(test)]
mod tests {
    use super::super::Signs;
    use super::*;

    #[test]
    fn a_legend_without_room_for_all_says_how_many_are_left() {
        let names: Vec<(String, SpanStyle, String)> =
            (0..8).map(|at| (format!("{at}█"), PLAIN, format!("workload=chase l2={at}MiB"))).collect();
        for (wide, most) in [(20, 1), (36, 1), (36, 2), (60, 2), (90, 3), (300, 1)] {
            let mut frame = Frame::new(Grid::new(wide, 12, Signs::Unicode));
            frame.legend_within(most, &names);
            let lines: Vec<String> = frame.grid.finish().iter().map(|line| line.plain().to_string()).collect();
            let text = lines.join("\n");
            let shown = text.matches('█').count();
            let left = text.rsplit_once('+').map_or(0, |(_, left)| left.trim().parse::<usize>().unwrap_or(99));
            assert_eq!(shown + left, 8, "{wide} columns, {most} lines: {text}");
        }
    }
}
