//! Cells of a terminal, each with a letter or with dots of its own.

use unicode_segmentation::UnicodeSegmentation as _;

use super::Signs;
use crate::text::width;
use crate::text::{Colour, Safe, SpanStyle, StyledLine, StyledSpan};

pub(super) const PLAIN: SpanStyle =
    SpanStyle { fg: None, bg: None, bold: false, dim: false, underline: false, reverse: false };
pub(super) const BOLD: SpanStyle = SpanStyle { bold: true, ..PLAIN };
pub(super) const DIM: SpanStyle = SpanStyle { dim: true, ..PLAIN };

/// Those of the 256 colours that are nearest to the figures' own, in their order; lighter where black is behind.
const COLOURS: [u8; 8] = [32, 214, 36, 175, 117, 166, 245, 227];

/// Which series have a colour, counted from the first: for who knows the ground and shows others in their place.
pub fn series_of(colour: Colour) -> Option<usize> {
    COLOURS.iter().position(|own| colour == Colour::Indexed(*own))
}

/// The style of a series.
pub(super) fn style(series: usize) -> SpanStyle {
    SpanStyle { fg: Some(Colour::Indexed(COLOURS[series % COLOURS.len()])), ..PLAIN }
}

#[derive(Debug, Clone, Default)]
struct Cell {
    /// What stands there; empty behind a letter of two columns, and where nothing is.
    text: String,
    style: SpanStyle,
    /// Dots of Braille, as Unicode numbers them.
    dots: u8,
    /// Whether the letter in front of it reaches into it.
    is_covered: bool,
}

/// The cells of a drawing.
#[derive(Debug)]
pub(super) struct Grid {
    pub(super) wide: usize,
    pub(super) tall: usize,
    signs: Signs,
    cells: Vec<Cell>,
}

impl Grid {
    pub(super) fn new(wide: usize, tall: usize, signs: Signs) -> Self {
        Self { wide, tall, signs, cells: vec![Cell::default(); wide * tall] }
    }

    /// One of two signs: where there is more than ASCII, and where there is not.
    pub(super) fn sign(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.signs == Signs::Unicode { unicode } else { ascii }
    }

    pub(super) fn is_unicode(&self) -> bool {
        self.signs == Signs::Unicode
    }

    fn cell(&mut self, x: usize, y: usize) -> Option<&mut Cell> {
        if x < self.wide { self.cells.get_mut(y * self.wide + x) } else { None }
    }

    /// Whether no letter stands there.
    pub(super) fn is_free(&self, x: usize, y: usize) -> bool {
        x < self.wide && self.cells.get(y * self.wide + x).is_some_and(|cell| cell.text.is_empty() && !cell.is_covered)
    }

    /// Whether nothing stands there, neither a letter nor dots.
    pub(super) fn is_empty(&self, x: usize, y: usize) -> bool {
        self.is_free(x, y) && self.cells.get(y * self.wide + x).is_some_and(|cell| cell.dots == 0)
    }

    /// Writes a text from a cell on, as far as there are cells. It is safe already.
    pub(super) fn put(&mut self, x: usize, y: usize, text: &str, style: SpanStyle) {
        let mut at = x;
        for grapheme in text.graphemes(true) {
            let columns = width::width(grapheme);
            if columns == 0 {
                continue;
            }
            if at + columns > self.wide {
                return;
            }
            for behind in 0..columns {
                if let Some(cell) = self.cell(at + behind, y) {
                    let text = if behind == 0 { grapheme.to_owned() } else { String::new() };
                    *cell = Cell { text, style, dots: 0, is_covered: behind > 0 };
                }
            }
            at += columns;
        }
    }

    /// Writes a text that ends in front of a cell, cut to so many columns.
    pub(super) fn put_before(&mut self, end: usize, y: usize, text: &str, most: usize, style: SpanStyle) {
        let text = width::truncate(text, most.min(end)).into_owned();
        self.put(end - width::width(&text).min(end), y, &text, style);
    }

    /// Writes a text around the middle of some columns, cut to them.
    pub(super) fn put_within(&mut self, x: usize, y: usize, columns: usize, text: &str, style: SpanStyle) {
        let text = width::truncate_middle(text, columns).into_owned();
        self.put(x + columns.saturating_sub(width::width(&text)) / 2, y, &text, style);
    }

    /// Sets a dot: there are two beside one another in a cell, and four above one another.
    pub(super) fn dot(&mut self, x: usize, y: usize, style: SpanStyle) {
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let bit = BITS[y % 4][x % 2];
        if let Some(cell) = self.cell(x / 2, y / 4).filter(|cell| cell.text.is_empty() && !cell.is_covered) {
            cell.dots |= bit;
            cell.style = style;
        }
    }

    /// Sets the dots from one to another.
    pub(super) fn dots(&mut self, from: (f64, f64), to: (f64, f64), style: SpanStyle) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().clamp(1.0, 10_000.0) as usize;
        for step in 0..=steps {
            let part = step as f64 / steps as f64;
            let (x, y) = (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part);
            if x >= 0.0 && y >= 0.0 {
                self.dot(x.round() as usize, y.round() as usize, style);
            }
        }
    }

    /// The lines.
    pub(super) fn finish(self) -> Vec<StyledLine> {
        let is_unicode = self.is_unicode();
        self.cells.chunks(self.wide.max(1)).map(|cells| line(cells, is_unicode)).collect()
    }
}

fn line(cells: &[Cell], is_unicode: bool) -> StyledLine {
    let mut parts: Vec<(String, SpanStyle)> = Vec::new();
    for cell in cells.iter().filter(|cell| !cell.is_covered) {
        let text = match (cell.text.as_str(), cell.dots) {
            ("", 0) => " ".to_owned(),
            ("", dots) if is_unicode => char::from_u32(0x2800 + u32::from(dots)).unwrap_or('.').to_string(),
            ("", _) => ".".to_owned(),
            (text, _) => text.to_owned(),
        };
        let style = if text == " " && !cell.style.reverse { PLAIN } else { cell.style };
        match parts.last_mut() {
            Some((last, last_style)) if *last_style == style => last.push_str(&text),
            _ => parts.push((text, style)),
        }
    }
    if let Some((last, PLAIN)) = parts.last_mut() {
        last.truncate(last.trim_end().len());
    }
    parts.retain(|(text, _)| !text.is_empty());
    StyledLine { spans: parts.into_iter().map(|(text, style)| StyledSpan { text: Safe::line(&text), style }).collect() }
}
