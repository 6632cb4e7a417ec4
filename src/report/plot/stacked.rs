//! Stacked bars: a group for each column of some tables, in it a bar for each row, with a part for each table.
//!
//! Parts are only honest if they are parts of something. With a total, what is left of it is a part of its own, and parts that add
//! up to more than it are told. Without one, nobody has looked.

use super::axes::{self, RIGHT};
use super::bars::{self, TALL, WIDEST, in_place};
use super::canvas::{Anchor, Canvas, Fill, INK, SMALL, Text};
use super::font::{fitted, text_width};
use super::lines::below;
use super::scale::{Scale, ticks};
use super::{Figure, MAX_GROUPS, Mark, PlotError, few, legend, mark, measure, row_name, style};
use crate::report::table::{Column, Row, Table};
use crate::report::write::{header, safe};
use crate::text::human;

/// More parts than that have no colour and hatching of their own.
const MAX_PARTS: usize = 24;
/// What parts may be apart from their total, as a part of it: the last digits that gem5 writes.
const ROUNDED: f64 = 1e-6;
/// The kind of mean that keeps parts parts of their total.
const ADDITIVE: &str = "arithmetic";

/// What stacked bars are made of. All tables have the same layout, and compare nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Stacked {
    /// A table for each part.
    pub parts: Vec<Table>,
    /// What they are parts of.
    pub total: Option<Table>,
}

/// The bars.
pub(super) struct Stacks {
    /// What each part is called; the last one is what is left of the total, if anything is.
    pub(super) parts: Vec<String>,
    /// Whether that is so.
    pub(super) has_rest: bool,
    /// What the bars measure.
    pub(super) measure: String,
    /// Groups of bars.
    pub(super) groups: Vec<Group>,
    /// The highest of them.
    pub(super) most: f64,
    /// Where parts add up to more than their total, in words.
    pub(super) above: Vec<String>,
}

/// Bars beside one another.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) is_mean: bool,
    pub(super) bars: Vec<Bar>,
}

/// A bar.
pub(super) struct Bar {
    /// What it is called in its group; nothing if it is the only one.
    pub(super) name: String,
    /// The height of each part from below; or the word in its place.
    pub(super) parts: Result<Vec<f64>, String>,
    /// The total, where the parts add up to more.
    pub(super) exceeded: Option<f64>,
}

impl Stacked {
    pub(super) fn stacks(&self) -> Result<Stacks, PlotError> {
        let Some(first) = self.parts.first() else { return Err(PlotError::NoParts) };
        self.check_units()?;
        few(self.parts.len(), MAX_PARTS, "parts")?;
        let columns: Vec<&Column> = first.columns.iter().filter(|column| adds_up(column)).collect();
        few(columns.len() * first.rows.len(), MAX_GROUPS * 4, "bars")?;
        let is_alone = first.rows.len() == 1;
        let mut above = Vec::new();
        let mut groups: Vec<Group> = Vec::new();
        for column in columns {
            let group = header::name(first, column);
            let bars = first.rows.iter().map(|row| {
                let name = row_name(first, row);
                let mut bar = self.bar(row, column);
                if let (Some(total), Ok(parts)) = (bar.exceeded, &bar.parts) {
                    let where_ = if is_alone { group.clone() } else { format!("{name} × {group}") };
                    let sum: f64 = parts.iter().sum();
                    above.push(format!("{where_}: {} of {}", human::number(sum), human::number(total)));
                }
                bar.name = if is_alone { String::new() } else { name };
                bar
            });
            groups.push(Group { bars: bars.collect(), name: group.clone(), is_mean: column.is_mean });
        }
        let bars = || groups.iter().flat_map(|group| &group.bars);
        let heights = bars().filter_map(|bar| bar.parts.as_ref().ok());
        let has_rest =
            heights.clone().any(|parts| parts.last().is_some_and(|rest| *rest > 0.0)) && self.total.is_some();
        let most = heights.map(|parts| parts.iter().sum::<f64>());
        let most = bars().filter_map(|bar| bar.exceeded).chain(most).reduce(f64::max);
        let most = most.ok_or_else(|| PlotError::Nothing(measure(first)))?;
        if !has_rest && self.total.is_some() {
            for bar in groups.iter_mut().flat_map(|group| &mut group.bars) {
                if let Ok(parts) = &mut bar.parts {
                    parts.pop();
                }
            }
        }
        let names = self.parts.iter().map(|part| safe(&part.title));
        let names = names.chain((has_rest).then(|| "other".to_owned()));
        let unit = first.unit.as_ref().map_or_else(String::new, |unit| format!(" ({})", safe(unit)));
        let measure = self.total.as_ref().map_or_else(|| format!("sum of parts{unit}"), measure);
        Ok(Stacks { parts: header::distinct(names), has_rest, measure, groups, most, above })
    }

    /// What has different units adds up to nothing.
    fn check_units(&self) -> Result<(), PlotError> {
        let mut known: Option<&Table> = None;
        for table in self.parts.iter().chain(&self.total) {
            let Some(unit) = &table.unit else { continue };
            match known {
                Some(other) if other.unit.as_ref() != Some(unit) => {
                    return Err(PlotError::Units(measure(other), measure(table)));
                }
                _ => known = Some(table),
            }
        }
        Ok(())
    }

    fn bar(&self, row: &Row, column: &Column) -> Bar {
        let numbers: Result<Vec<f64>, String> = self.parts.iter().map(|part| number(part, row, column)).collect();
        let total = self.total.as_ref().map(|total| number(total, row, column)).transpose();
        let (mut parts, total) = match (numbers, total) {
            (Ok(parts), Ok(total)) => (parts, total),
            (Err(word), _) | (_, Err(word)) => {
                return Bar { name: String::new(), parts: Err(word), exceeded: None };
            }
        };
        if parts.iter().any(|part| *part < 0.0) {
            return Bar { name: String::new(), parts: Err("below 0".to_owned()), exceeded: None };
        }
        let mut exceeded = None;
        if let Some(total) = total {
            let rest = total - parts.iter().sum::<f64>();
            let noise = total.abs() * ROUNDED;
            exceeded = (rest < -noise).then_some(total);
            parts.push(if rest > noise { rest } else { 0.0 });
        }
        Bar { name: String::new(), parts: Ok(parts), exceeded }
    }
}

/// Whether parts of a total are parts of it in this column: a geometric mean of them is none of its geometric mean.
fn adds_up(column: &Column) -> bool {
    !column.is_mean || column.labels.iter().any(|label| label == ADDITIVE)
}

/// The number of a table where another one has this row and column.
pub(super) fn number(table: &Table, row: &Row, column: &Column) -> Result<f64, String> {
    let row = table.rows.iter().find(|other| other.labels == row.labels);
    let column =
        table.columns.iter().position(|other| other.labels == column.labels && other.is_mean == column.is_mean);
    match row.zip(column).map(|(row, column)| mark(row, column)) {
        Some(Mark::Number(number, _)) => Ok(number),
        Some(Mark::Word(word)) => Err(word),
        None => Err("missing".to_owned()),
    }
}

impl Stacks {
    /// What a part is filled with.
    pub(super) fn fill(&self, part: usize) -> Fill {
        if self.is_rest(part) { style::rest() } else { style::fill(part) }
    }

    /// Whether a part is what the others leave of the total.
    pub(super) fn is_rest(&self, part: usize) -> bool {
        self.has_rest && part + 1 == self.parts.len()
    }
}

/// Draws the bars.
pub(super) fn figure(stacked: &Stacked) -> Result<Figure, PlotError> {
    let stacks = stacked.stacks()?;
    let mut canvas = Canvas::default();
    let top = legend::draw(&mut canvas, &stacks.parts, |canvas, part, at| {
        bars::sample(canvas, stacks.fill(part), at);
    });
    let bottom = top + TALL;
    let ticks = ticks(0.0, stacks.most);
    let left = axes::upright(&mut canvas, &stacks.measure, &ticks, top, bottom);
    let scale = Scale::linear(ticks.low, ticks.high, bottom, top);
    let zero = scale.at(0.0);
    let apart = stacks.groups.iter().position(|group| group.is_mean).filter(|at| *at > 0);
    let wide = (RIGHT - left) / (stacks.groups.len() as f64 + if apart.is_some() { bars::APART } else { 0.0 });
    let mut names = Vec::new();
    let mut below_bars = Vec::new();
    let mut narrowest = wide;
    for (at, group) in stacks.groups.iter().enumerate() {
        let shifted = if apart.is_some_and(|first| at >= first) { bars::APART } else { 0.0 };
        let begin = left + wide * (at as f64 + shifted);
        names.push((begin + wide / 2.0, group.name.clone()));
        let bar_wide = (wide * 0.84 / group.bars.len() as f64).min(WIDEST);
        narrowest = narrowest.min(bar_wide);
        let free = wide - bar_wide * group.bars.len() as f64;
        for (number, bar) in group.bars.iter().enumerate() {
            let x = begin + free / 2.0 + bar_wide * number as f64;
            let middle = x + bar_wide / 2.0;
            below_bars.push((middle, bar.name.clone()));
            match &bar.parts {
                Err(word) => in_place(&mut canvas, word, middle, zero, top),
                Ok(parts) => {
                    let mut from = 0.0;
                    for (part, height) in parts.iter().enumerate().filter(|(_, height)| **height > 0.0) {
                        let (lower, upper) = (scale.at(from), scale.at(from + height));
                        // A gap tells bars apart that have the same parts.
                        let place = (x + bar_wide * 0.05, upper);
                        canvas.rectangle(place, (bar_wide * 0.9, lower - upper), stacks.fill(part), INK);
                        from += height;
                    }
                    if let Some(total) = bar.exceeded {
                        let y = scale.at(total);
                        canvas.line((x, y), (x + bar_wide, y), INK, 1.2);
                        canvas.text(Text {
                            colour: INK,
                            ..Text::small("!", (middle, scale.at(from) - 1.5), Anchor::Middle)
                        });
                    }
                }
            }
        }
    }
    canvas.line((left, zero), (RIGHT, zero), INK, 0.7);
    let mut end = bottom;
    if below_bars.iter().any(|(_, name)| !name.is_empty()) {
        end = upright(&mut canvas, &below_bars, narrowest, end);
    }
    // A table without column parameters has one group, which is called like the measure.
    if stacks.groups.len() > 1 || below_bars.iter().all(|(_, name)| name.is_empty()) {
        end = axes::labels(&mut canvas, &names, wide, end);
    }
    let end = below(&mut canvas, end, "parts add up to more than their total (!)", &stacks.above);
    let tables: Vec<&Table> = stacked.parts.iter().chain(&stacked.total).collect();
    let mut figure = Figure::of(canvas, end, &tables);
    figure.told.extend(stacks.above.iter().map(|text| format!("parts add up to more than their total: {text}")));
    Ok(figure)
}

/// Names of bars under each of them: across where all fit, else upright.
fn upright(canvas: &mut Canvas, places: &[(f64, String)], wide: f64, bottom: f64) -> f64 {
    let size = SMALL.min(wide.max(2.0));
    let widest = places.iter().map(|(_, name)| text_width(name, size)).fold(0.0, f64::max);
    if widest <= wide {
        for (x, name) in places {
            canvas.text(Text { size, ..Text::new(name, (*x, bottom + size + 2.0), Anchor::Middle) });
        }
        return bottom + size + 5.0;
    }
    let mut deepest = 0.0_f64;
    for (x, name) in places {
        let name = fitted(name, 60.0, size);
        deepest = deepest.max(text_width(&name, size));
        canvas.text(Text { size, turned: 90.0, ..Text::new(name, (x + size * 0.35, bottom + 3.0), Anchor::End) });
    }
    bottom + deepest + 4.0
}
