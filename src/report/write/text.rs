//! A table for a terminal.
//!
//! Numbers of a column stand with their points above one another, so that a longer one is seen at once. Nothing is cut: columns
//! that do not fit follow in another block with the names of the rows again, and where not even one column fits beside them,
//! each row becomes a list.

pub mod aligned;

use std::borrow::Cow;

use super::foot::{self, About, Names};
use super::{Document, header, number, safe};
use crate::report::table::{Cell, Row, Table};
use crate::text::width::{self, Align};
use crate::text::{Safe, SpanStyle, StyledLine, StyledSpan};

/// What the terminal is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Its columns; none for a pipe or a file, which have room for any line.
    pub width: Option<usize>,
    /// Whether it shows more than ASCII. Names are shown as they are.
    pub unicode: bool,
}

impl Look {
    /// For a pipe or a file.
    pub const UNBOUNDED: Self = Self { width: None, unicode: true };
}

/// No line is broken to fewer columns.
const LEAST_WIDTH: usize = 10;

const PLAIN: SpanStyle = SpanStyle { fg: None, bg: None, bold: false, dim: false, underline: false, reverse: false };
const BOLD: SpanStyle = SpanStyle { bold: true, ..PLAIN };
const DIM: SpanStyle = SpanStyle { dim: true, ..PLAIN };

/// The table as a document.
pub fn write(table: &Table, look: Look) -> Document {
    plain(&lines(table, look))
}

/// What stands below the table, as a document.
pub fn below(table: &Table, look: Look) -> Document {
    plain(&foot_lines(table, Signs::of(look), bound(look)))
}

/// The table in lines with styles, for what can show them.
pub fn lines(table: &Table, look: Look) -> Vec<StyledLine> {
    let (signs, bound) = (Signs::of(look), bound(look));
    let title = signs.ascii(&header::title(table).join(" · "));
    let mut lines: Vec<StyledLine> = broken(&title, bound).into_iter().map(|row| line([(row, BOLD)])).collect();
    lines.push(StyledLine::default());
    if !table.rows.is_empty() && !table.columns.is_empty() {
        let grid = Grid::new(table, signs);
        match grid.blocks(bound) {
            Some(blocks) => {
                for (at, block) in blocks.iter().enumerate() {
                    if blocks.len() > 1 {
                        if at > 0 {
                            lines.push(StyledLine::default());
                        }
                        let (first, last) = (block.start + 1, block.end);
                        let which = if first == last {
                            format!("column {first}")
                        } else {
                            format!("columns {first} to {last}")
                        };
                        let which = format!("{which} of {}", table.columns.len());
                        lines.extend(broken(&which, bound).into_iter().map(|row| line([(row, DIM)])));
                    }
                    lines.extend(grid.block(block.clone()));
                }
            }
            None => lines.extend(grid.lists(bound)),
        }
        lines.push(StyledLine::default());
    }
    lines.extend(foot_lines(table, signs, bound));
    lines
}

fn bound(look: Look) -> usize {
    look.width.map_or(usize::MAX, |width| width.max(LEAST_WIDTH))
}

fn plain(lines: &[StyledLine]) -> Document {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.plain().trim_end());
        text.push('\n');
    }
    Document::new(text)
}

fn broken(text: &str, bound: usize) -> Vec<String> {
    width::wrap(text, bound)
}

/// A line of parts. What is in them is safe already, and cleaning it again changes nothing.
fn line(parts: impl IntoIterator<Item = (String, SpanStyle)>) -> StyledLine {
    let parts = parts.into_iter().filter(|(text, _)| !text.is_empty());
    StyledLine { spans: parts.map(|(text, style)| StyledSpan { text: Safe::owned(text), style }).collect() }
}

fn foot_lines(table: &Table, signs: Signs, bound: usize) -> Vec<StyledLine> {
    let mut lines = Vec::new();
    for entry in foot::entries(table, Names::Some) {
        let lead = match entry.about {
            About::Note => signs.note(&entry.lead),
            _ => signs.ascii(&entry.lead),
        };
        let text = if entry.about == About::Pipeline {
            signs.ascii(&entry.text)
        } else {
            entry.text.replace('×', signs.times)
        };
        // What does not fit on a line goes on under its text, if that leaves room.
        let indent = width::width(&lead) + 2;
        if indent <= bound / 2 {
            let rows = broken(&text, bound - indent).into_iter().enumerate();
            lines.extend(rows.map(|(at, row)| {
                let lead = if at == 0 { format!("{lead}  ") } else { " ".repeat(indent) };
                line([(lead, PLAIN), (row, DIM)])
            }));
        } else {
            lines.extend(broken(&lead, bound).into_iter().map(|row| line([(row, PLAIN)])));
            lines.extend(broken(&text, bound - 2).into_iter().map(|row| line([(format!("  {row}"), DIM)])));
        }
    }
    lines
}

/// Signs that not every terminal has.
#[derive(Debug, Clone, Copy)]
struct Signs {
    unicode: bool,
    plus_minus: &'static str,
    rule: &'static str,
    bar: &'static str,
    cross: &'static str,
    times: &'static str,
    baseline: &'static str,
}

impl Signs {
    fn of(look: Look) -> Self {
        if look.unicode {
            Self {
                unicode: true,
                plus_minus: "±",
                rule: "─",
                bar: "│",
                cross: "┼",
                times: "×",
                baseline: foot::BASELINE,
            }
        } else {
            Self { unicode: false, plus_minus: "+-", rule: "-", bar: "|", cross: "+", times: "x", baseline: "*" }
        }
    }

    /// Our own signs in a text in ASCII, if it must be.
    fn ascii(self, text: &str) -> String {
        if self.unicode {
            return text.to_owned();
        }
        text.replace('→', "->")
            .replace('±', self.plus_minus)
            .replace('◆', self.baseline)
            .replace('·', "-")
            .replace('×', "x")
    }

    fn note(self, number: &str) -> String {
        if self.unicode { number::superscript(&[number.parse().unwrap_or(0)]) } else { format!("[{number}]") }
    }

    fn notes(self, numbers: &[usize]) -> String {
        match numbers {
            [] => String::new(),
            numbers if self.unicode => number::superscript(numbers),
            numbers => format!("[{}]", number::joined(numbers)),
        }
    }
}

/// A cell, in the parts that are aligned.
#[derive(Debug, Clone, Default)]
struct Parts {
    /// What ends where the point stands.
    before: String,
    /// What begins there.
    after: String,
    /// What ends where the points of the errors stand, and what begins there.
    error: (String, String),
    /// What follows the last of them.
    marks: String,
    /// In place of all of them.
    word: Option<String>,
    is_dim: bool,
}

impl Parts {
    /// Without alignment.
    fn text(&self) -> String {
        let number = || format!("{}{}{}{}{}", self.before, self.after, self.error.0, self.error.1, self.marks);
        self.word.clone().unwrap_or_else(number)
    }
}

/// The widths of the parts of a column.
#[derive(Debug, Clone, Copy, Default)]
struct Widths {
    before: usize,
    after: usize,
    error: (usize, usize),
    /// Of all of a number with its error and marks.
    number: usize,
    /// Of all of it, with the words and the name of the column.
    whole: usize,
}

struct Grid<'a> {
    table: &'a Table,
    signs: Signs,
    /// The names of each row.
    names: Vec<Vec<String>>,
    /// Their widths.
    name_widths: Vec<usize>,
    /// Whether there is a mark in front of the names.
    has_baseline: bool,
    /// For each row, its cells.
    cells: Vec<Vec<Parts>>,
    widths: Vec<Widths>,
}

impl<'a> Grid<'a> {
    fn new(table: &'a Table, signs: Signs) -> Self {
        let parameters = table.rows.iter().map(|row| row.labels.len()).max().unwrap_or(0).max(table.row_names.len());
        let names: Vec<Vec<String>> = table
            .rows
            .iter()
            .map(|row| {
                (0..parameters).map(|at| row.labels.get(at).map_or_else(String::new, |label| safe(label))).collect()
            })
            .collect();
        let name_widths = (0..parameters)
            .map(|at| {
                let head = table.row_names.get(at).map_or(0, |name| width::width(&safe(name)));
                names.iter().map(|row| width::width(&row[at])).max().unwrap_or(0).max(head)
            })
            .collect();
        let digits = number::digits(table);
        let cells: Vec<Vec<Parts>> = table
            .rows
            .iter()
            .map(|row| digits.iter().enumerate().map(|(at, digits)| parts(table, row, at, *digits, signs)).collect())
            .collect();
        let widths = (0..table.columns.len()).map(|at| widths(table, &cells, at)).collect();
        let has_baseline = table.rows.iter().any(|row| row.is_baseline);
        Self { table, signs, names, name_widths, has_baseline, cells, widths }
    }

    /// Columns that the names of the rows take.
    fn names_width(&self) -> usize {
        let gaps = self.name_widths.len().saturating_sub(1) * 2;
        self.name_widths.iter().sum::<usize>() + gaps + if self.has_baseline { 2 } else { 0 }
    }

    /// Columns of the terminal in front of a column.
    fn gap(&self, at: usize, is_first: bool) -> usize {
        if is_first {
            if self.names_width() == 0 { 0 } else { 3 }
        } else if self.table.columns[at].is_mean && !self.table.columns[at - 1].is_mean {
            3
        } else {
            2
        }
    }

    /// Which columns stand beside one another. Nothing if one of them does not even fit alone.
    fn blocks(&self, bound: usize) -> Option<Vec<std::ops::Range<usize>>> {
        let names = self.names_width();
        let mut blocks = Vec::new();
        let (mut first, mut used) = (0, names);
        for (at, widths) in self.widths.iter().enumerate() {
            let needs = self.gap(at, at == first) + widths.whole;
            if used + needs <= bound {
                used += needs;
                continue;
            }
            let alone = names + self.gap(at, true) + widths.whole;
            if alone > bound {
                return None;
            }
            blocks.push(first..at);
            (first, used) = (at, alone);
        }
        blocks.push(first..self.widths.len());
        Some(blocks)
    }

    fn block(&self, columns: std::ops::Range<usize>) -> Vec<StyledLine> {
        let levels = header::levels(self.table);
        let mut lines = Vec::new();
        for level in 0..levels {
            let is_last = level + 1 == levels;
            let head = |at: usize| {
                self.table.row_names.get(at).filter(|_| is_last).map_or_else(String::new, |name| safe(name))
            };
            let names = self.names_line(head, false);
            let mut parts = vec![(names, BOLD)];
            for group in header::groups(self.table, level) {
                let first = group.first.max(columns.start);
                let end = (group.first + group.len).min(columns.end);
                if first >= end {
                    continue;
                }
                parts.push((self.separator(first, first == columns.start), PLAIN));
                let inner: usize = (first + 1..end).map(|at| self.gap(at, false) + self.widths[at].whole).sum();
                let wide = self.widths[first].whole + inner;
                let text = if is_last {
                    width::fit(&group.label, wide, Align::Right)
                } else {
                    self.spanned(&group.label, wide)
                };
                parts.push((text, BOLD));
            }
            lines.push(line(parts));
        }
        lines.push(self.rule(&columns));
        for (row, cells) in self.table.rows.iter().zip(&self.cells) {
            let at = lines.len() - levels - 1;
            let name = |parameter: usize| self.names[at][parameter].clone();
            let style = if row.is_baseline { BOLD } else { PLAIN };
            let mut parts = vec![(self.names_line(name, row.is_baseline), style)];
            for column in columns.clone() {
                parts.push((self.separator(column, column == columns.start), PLAIN));
                let cell = &cells[column];
                parts.push((aligned(cell, self.widths[column]), if cell.is_dim { DIM } else { style }));
            }
            lines.push(line(parts));
        }
        lines
    }

    fn names_line(&self, name: impl Fn(usize) -> String, is_baseline: bool) -> String {
        let names: Vec<String> =
            self.name_widths.iter().enumerate().map(|(at, wide)| width::fit(&name(at), *wide, Align::Left)).collect();
        let mark = match (self.has_baseline, is_baseline) {
            (true, true) => format!("{} ", self.signs.baseline),
            (true, false) => "  ".to_owned(),
            (false, _) => String::new(),
        };
        format!("{mark}{}", names.join("  "))
    }

    /// What stands in front of a column.
    fn separator(&self, at: usize, is_first: bool) -> String {
        match self.gap(at, is_first) {
            3 => format!(" {} ", self.signs.bar),
            gap => " ".repeat(gap),
        }
    }

    /// The name of a group over all of its columns: `stream ─────`.
    fn spanned(&self, label: &str, wide: usize) -> String {
        let used = width::width(label);
        match wide.saturating_sub(used) {
            _ if label.is_empty() => " ".repeat(wide),
            0 | 1 => width::fit(label, wide, Align::Left),
            free => format!("{label} {}", self.signs.rule.repeat(free - 1)),
        }
    }

    fn rule(&self, columns: &std::ops::Range<usize>) -> StyledLine {
        let mut text = self.signs.rule.repeat(self.names_width());
        for at in columns.clone() {
            let gap = self.gap(at, at == columns.start);
            if gap == 3 {
                text.push_str(self.signs.rule);
                text.push_str(self.signs.cross);
                text.push_str(self.signs.rule);
            } else {
                text.push_str(&self.signs.rule.repeat(gap));
            }
            text.push_str(&self.signs.rule.repeat(self.widths[at].whole));
        }
        line([(text, DIM)])
    }

    /// A list for each row: its name, and below it a line for each column.
    fn lists(&self, bound: usize) -> Vec<StyledLine> {
        let mut lines = Vec::new();
        for (at, row) in self.table.rows.iter().enumerate() {
            let named = self.names[at].iter().enumerate().map(|(at, label)| match self.table.row_names.get(at) {
                Some(name) => format!("{}={label}", safe(name)),
                None => label.clone(),
            });
            let name = named.collect::<Vec<_>>().join(" ");
            let mark = if row.is_baseline { format!("{} ", self.signs.baseline) } else { String::new() };
            lines.extend(broken(&format!("{mark}{name}"), bound).into_iter().map(|row| line([(row, BOLD)])));
            for (column, cell) in self.table.columns.iter().zip(&self.cells[at]) {
                let style = if cell.is_dim { DIM } else { PLAIN };
                let (label, text) = (header::name(self.table, column), cell.text());
                let free = bound.saturating_sub(2 + width::width(&label) + 2);
                if width::width(&text) <= free {
                    lines.push(line([(format!("  {label}  "), PLAIN), (text, style)]));
                    continue;
                }
                let inner = bound.saturating_sub(4).max(1);
                lines.extend(broken(&label, inner).into_iter().map(|row| line([(format!("  {row}"), PLAIN)])));
                lines.extend(broken(&text, inner).into_iter().map(|row| line([(format!("    {row}"), style)])));
            }
        }
        lines
    }
}

fn parts(table: &Table, row: &Row, column: usize, digits: u8, signs: Signs) -> Parts {
    let value = match foot::cell(row, column) {
        Cell::Value(value) => value,
        Cell::Missing { word, .. } => return Parts { word: Some(foot::word(word)), is_dim: true, ..Parts::default() },
    };
    let shown = number::shown(value, digits);
    let mark = if value.is_provisional { foot::PROVISIONAL } else { "" };
    let exponent = shown.exponent.map_or_else(String::new, |exponent| format!("e{exponent}"));
    let error = shown.error.map_or_else(Default::default, |error| {
        let point = error.find('.').unwrap_or(error.len());
        let (whole, fraction) = error.split_at(point);
        (format!(" {}{whole}", signs.plus_minus), fraction.to_owned())
    });
    Parts {
        before: format!("{mark}{}", shown.whole),
        after: format!("{}{exponent}", shown.fraction),
        error,
        marks: signs.notes(&foot::notes(table, value)),
        word: None,
        is_dim: value.is_provisional,
    }
}

fn widths(table: &Table, cells: &[Vec<Parts>], column: usize) -> Widths {
    let mut widths = Widths::default();
    let parts = cells.iter().filter_map(|row| row.get(column));
    let widest = |so_far: &mut usize, text: &str| *so_far = (*so_far).max(width::width(text));
    for parts in parts.clone() {
        widest(&mut widths.before, &parts.before);
        widest(&mut widths.after, &parts.after);
        widest(&mut widths.error.0, &parts.error.0);
        widest(&mut widths.error.1, &parts.error.1);
        widest(&mut widths.whole, parts.word.as_deref().unwrap_or_default());
    }
    for parts in parts {
        widths.number = widths.number.max(number_width(parts, widths));
    }
    let levels = header::levels(table);
    let column = &table.columns[column];
    // A name that columns have in common has to fit over the first of them, so that it is whole in every block.
    for level in 0..levels {
        widest(&mut widths.whole, &header::label(table, column, level));
    }
    widths.whole = widths.whole.max(widths.number);
    widths
}

/// A number with its points where those of the others stand, and nothing behind its end.
fn number(parts: &Parts, widths: Widths) -> String {
    let before = width::fit(&parts.before, widths.before, Align::Right);
    if parts.error.0.is_empty() {
        return format!("{before}{}{}", parts.after, parts.marks);
    }
    let after = width::fit(&parts.after, widths.after, Align::Left);
    let error = width::fit(&parts.error.0, widths.error.0, Align::Right);
    format!("{before}{after}{error}{}{}", parts.error.1, parts.marks)
}

/// What [`number`] is wide.
fn number_width(parts: &Parts, widths: Widths) -> usize {
    let behind = if parts.error.0.is_empty() {
        width::width(&parts.after)
    } else {
        widths.after + widths.error.0 + width::width(&parts.error.1)
    };
    widths.before + behind + width::width(&parts.marks)
}

fn aligned(parts: &Parts, widths: Widths) -> String {
    let text = match &parts.word {
        Some(word) => Cow::Borrowed(word.as_str()),
        None => Cow::Owned(width::fit(&number(parts, widths), widths.number, Align::Left)),
    };
    width::fit(&text, widths.whole, Align::Right)
}
