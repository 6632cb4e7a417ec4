//! Grouped bars of blocks. The height of a bar is exact to an eighth of a line; which series it is says the letter under it, and
//! the shade below its uppermost block.

use super::frame::{Area, Frame, part};
use super::grid::{DIM, Grid, PLAIN, style};
use crate::report::plot::scale::{Ticks, ticks};
use crate::report::plot::{Mark, PlotError, bars, extent, mark, measure, row_name};
use crate::report::table::Table;
use crate::report::write::header;
use crate::text::{SpanStyle, human, width};

/// A wider bar looks like a field.
const WIDEST: usize = 8;
/// What bars are made of.
const FILLS: [(&str, &str); 4] = [("█", "#"), ("▒", ":"), ("▓", "="), ("░", "+")];
/// The uppermost block of a bar, by its eighths.
const EIGHTHS: [&str; 8] = ["█", "▁", "▂", "▃", "▄", "▅", "▆", "▇"];

/// Draws the table.
pub(super) fn draw(frame: &mut Frame, table: &Table) -> Result<(), PlotError> {
    let (low, high) = extent(table).ok_or_else(|| PlotError::Nothing(measure(table)))?;
    let series = table.rows.len();
    frame.title(&measure(table));
    let names = table
        .rows
        .iter()
        .enumerate()
        .map(|(at, row)| (format!("{}{}", letter(at), fill(&frame.grid, at)), style(at), row_name(table, row)));
    let names: Vec<(String, SpanStyle, String)> = names.collect();
    frame.legend(&names);
    let ticks = ticks(low.min(0.0), high.max(0.0));
    let has_letters = series > 1;
    let columns = Columns::new(frame, &ticks, table.columns.len(), series);
    if columns.groups < table.columns.len() {
        frame.below(&left_out(columns.groups, table.columns.len(), "groups"));
    }
    if columns.groups == 0 {
        return Ok(());
    }
    let area = frame.axes(&ticks, 1 + usize::from(has_letters));
    let zero = zero_of(area, &ticks);
    let is_compared = bars::compares_with_one(table) && ticks.low < 1.0 && ticks.high > 1.0;
    let has_number = |row, group| match mark(row, group) {
        Mark::Number(number, error) => {
            let text = human::number(number);
            let has_room = width::width(&text) < columns.bar + usize::from(series == 1);
            Some(has_room && number >= 0.0 && error.is_none_or(|error| error <= 0.0))
        }
        Mark::Word(_) => None,
    };
    // A number on a few of the bars would look like something that these have and the others have not.
    let has_numbers =
        table.rows.iter().all(|row| (0..columns.groups).all(|group| has_number(row, group).unwrap_or(true)));
    for (group, column) in table.columns.iter().enumerate().take(columns.groups) {
        let begin = area.left + columns.begin(group);
        let y = area.bottom + 1 + usize::from(has_letters);
        frame.grid.put_within(begin, y, columns.wide(), &header::name(table, column), PLAIN);
        for (at, row) in table.rows.iter().enumerate() {
            let x = begin + at * columns.bar;
            if has_letters {
                frame.grid.put(x + (columns.bar - 1) / 2, area.bottom + 1, &letter(at), style(at));
            }
            match mark(row, group) {
                Mark::Number(number, error) => {
                    bar(&mut frame.grid, area, (x, columns.bar), (zero, units(area, &ticks, number)), at);
                    if let Some(error) = error.filter(|error| *error > 0.0) {
                        let ends = [number - error, number + error].map(|end| units(area, &ticks, end));
                        whisker(&mut frame.grid, area, x + (columns.bar - 1) / 2, ends);
                    }
                    let above = area.bottom.checked_sub(units(area, &ticks, number).div_ceil(8) + 1);
                    if has_numbers && let Some(y) = above.filter(|y| *y >= area.top) {
                        frame.grid.put(x, y, &human::number(number), DIM);
                    }
                }
                Mark::Word(word) => in_place(&mut frame.grid, area, (x, columns.bar), zero, &word),
            }
        }
    }
    if is_compared {
        // Only where nothing else is.
        let y = area.bottom.saturating_sub(units(area, &ticks, 1.0).div_ceil(8)).max(area.top);
        let line = frame.grid.sign("┄", "-");
        for x in area.left..area.right {
            if frame.grid.is_free(x, y) {
                frame.grid.put(x, y, line, DIM);
            }
        }
    }
    Ok(())
}

/// The letter of a series.
pub(super) fn letter(at: usize) -> String {
    char::from(b'a' + (at % 26) as u8).to_string()
}

/// What the bars of a series are made of.
pub(super) fn fill(grid: &Grid, at: usize) -> &'static str {
    let (unicode, ascii) = FILLS[at % FILLS.len()];
    grid.sign(unicode, ascii)
}

/// What is told of what has no room.
pub(super) fn left_out(shown: usize, all: usize, what: &str) -> String {
    format!("{} of {all} {what} have no room here", all - shown)
}

/// How wide groups and bars are.
pub(super) struct Columns {
    /// The columns of a bar.
    pub(super) bar: usize,
    /// The bars of a group.
    series: usize,
    /// Free columns behind a group.
    gap: usize,
    /// How many groups have room.
    pub(super) groups: usize,
}

impl Columns {
    pub(super) fn new(frame: &Frame, ticks: &Ticks, groups: usize, series: usize) -> Self {
        let labels = ticks.marks.iter().map(|(_, label)| width::width(label)).max().unwrap_or(0);
        let free = frame.grid.wide.saturating_sub(labels + 1);
        let series = series.max(1);
        let bar = ((free / groups.max(1)).saturating_sub(1) / series).clamp(1, WIDEST);
        let room = free / groups.max(1);
        let gap = room.saturating_sub(series * bar).clamp(1, 6);
        Self { bar, series, gap, groups: groups.min((free + gap - 1) / (series * bar + gap)) }
    }

    /// The columns of a group.
    pub(super) fn wide(&self) -> usize {
        self.bar * self.series
    }

    /// Where a group begins.
    pub(super) fn begin(&self, group: usize) -> usize {
        group * (self.wide() + self.gap) + usize::from(self.gap > 1)
    }
}

/// Eighths of lines between the bottom of the area and a number.
pub(super) fn units(area: Area, ticks: &Ticks, number: f64) -> usize {
    (part(ticks, number) * area.tall() as f64 * 8.0).round() as usize
}

/// Where bars begin, which is between two lines.
pub(super) fn zero_of(area: Area, ticks: &Ticks) -> usize {
    (units(area, ticks, 0.0) + 4) / 8 * 8
}

/// Draws a bar from `ends.0`, which is between two lines, to `ends.1`.
fn bar(grid: &mut Grid, area: Area, (x, wide): (usize, usize), (zero, end): (usize, usize), series: usize) {
    let (fill, look) = (fill(grid, series), style(series));
    let mut put = |line: usize, sign: &str| {
        if let Some(y) = area.bottom.checked_sub(line + 1).filter(|y| *y >= area.top) {
            grid.put(x, y, &sign.repeat(wide), look);
        }
    };
    let is_unicode = fill.len() > 1;
    if end >= zero {
        let (full, rest) = (end / 8, end % 8);
        // The uppermost block is whole or less, and never shaded: it is the height.
        let top = if rest == 0 { full.saturating_sub(1) } else { full };
        for line in zero / 8..top {
            put(line, fill);
        }
        if end > zero {
            let sign = if is_unicode { EIGHTHS[rest] } else { fill };
            if is_unicode || rest == 0 || rest >= 4 || top == zero / 8 {
                put(top, sign);
            }
        }
    } else {
        let (last, rest) = (end.div_ceil(8), end.div_ceil(8) * 8 - end);
        for line in last..zero / 8 {
            put(line, fill);
        }
        if rest >= 4 && last > 0 {
            put(last - 1, if is_unicode { "▀" } else { fill });
        } else if rest > 0 && last > 0 && is_unicode {
            put(last - 1, "▔");
        }
    }
}

fn whisker(grid: &mut Grid, area: Area, x: usize, ends: [usize; 2]) {
    let line_of = |units: usize| area.bottom.saturating_sub(units / 8 + 1).max(area.top);
    let (lower, upper) = (line_of(ends[0]), line_of(ends[1]));
    if lower == upper {
        grid.put(x, lower, grid.sign("┼", "+"), PLAIN);
        return;
    }
    for y in upper..=lower {
        let sign = match y {
            y if y == upper => grid.sign("┬", "+"),
            y if y == lower => grid.sign("┴", "+"),
            _ => grid.sign("│", "|"),
        };
        grid.put(x, y, sign, PLAIN);
    }
}

/// Writes a word where a bar would stand: across if it is wide enough, else downwards.
pub(super) fn in_place(grid: &mut Grid, area: Area, (x, wide): (usize, usize), zero: usize, word: &str) {
    let lowest = area.bottom.saturating_sub(zero / 8 + 1);
    if width::width(word) <= wide {
        grid.put_within(x, lowest, wide, word, DIM);
        return;
    }
    let word = width::truncate(word, (lowest + 1).saturating_sub(area.top)).into_owned();
    let letters: Vec<char> = word.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let y = (lowest + 1 + at).saturating_sub(letters.len());
        grid.put(x + (wide - 1) / 2, y, letter.encode_utf8(&mut [0; 4]), DIM);
    }
}
