//! A figure in SVG, built up in points from the top left.

use crate::report::table::Table;
use crate::report::write::foot::{self, Names};
use crate::report::write::html::escaped;
use crate::report::write::{Document, header};
use crate::text::width;

/// A column of a paper, in points: 3.33 inches.
pub(super) const WIDTH: f64 = 239.76;
/// The size of text, in points.
pub(super) const TEXT: f64 = 7.0;
/// The size of small text.
pub(super) const SMALL: f64 = 5.5;
/// The colour of text and axes.
pub(super) const INK: &str = "#222222";
/// The colour of what is less important.
pub(super) const FAINT: &str = "#777777";

/// Where a text has the point at which it is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// At its beginning.
    Start,
    /// In its middle.
    Middle,
    /// At its end.
    End,
}

/// A text, and how it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    /// What it says. Safe already, and not escaped.
    pub(super) words: &'a str,
    pub(super) at: (f64, f64),
    pub(super) anchor: Anchor,
    pub(super) size: f64,
    pub(super) colour: &'a str,
    /// Degrees, counter-clockwise.
    pub(super) turned: f64,
}

impl<'a> Text<'a> {
    /// Text of the usual size.
    pub(super) fn new(words: &'a str, at: (f64, f64), anchor: Anchor) -> Self {
        Self { words, at, anchor, size: TEXT, colour: INK, turned: 0.0 }
    }

    /// Small text of little importance.
    pub(super) fn small(words: &'a str, at: (f64, f64), anchor: Anchor) -> Self {
        Self { size: SMALL, colour: FAINT, ..Self::new(words, at, anchor) }
    }
}

/// What has been drawn.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    definitions: String,
    body: String,
}

impl Canvas {
    /// Adds what others refer to.
    pub(super) fn define(&mut self, element: &str) {
        self.definitions.push_str(element);
        self.definitions.push('\n');
    }

    /// Adds an element as it is.
    pub(super) fn element(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str, wide: f64) {
        push!(
            self.body,
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{colour}\" stroke-width=\"{}\"/>\n",
            n(from.0),
            n(from.1),
            n(to.0),
            n(to.1),
            n(wide)
        );
    }

    /// A rectangle with its top left corner, its size and what it is filled with.
    pub(super) fn rectangle(&mut self, at: (f64, f64), size: (f64, f64), fill: &str, stroke: &str) {
        push!(
            self.body,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"0.4\"/>\n",
            n(at.0),
            n(at.1),
            n(size.0),
            n(size.1)
        );
    }

    pub(super) fn text(&mut self, text: Text<'_>) {
        let anchor = match text.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (x, y) = (n(text.at.0), n(text.at.1));
        let turned = if text.turned == 0.0 {
            String::new()
        } else {
            format!(" transform=\"rotate({} {x} {y})\"", n(-text.turned))
        };
        push!(
            self.body,
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" font-size=\"{}\" fill=\"{}\"{turned}>{}</text>\n",
            n(text.size),
            text.colour,
            escaped(text.words)
        );
    }

    /// The figure with what is to be known of the table.
    pub(super) fn finish(self, table: &Table, height: f64) -> Document {
        let title = header::title(table).join(" · ");
        let told: Vec<String> = foot::entries(table, Names::All)
            .into_iter()
            .map(|entry| format!("{}: {}", escaped(&entry.lead), escaped(&entry.text)))
            .collect();
        Document::new(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}in\" height=\"{}in\" viewBox=\"0 0 {} {}\" role=\"img\" \
             font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\">\n<title>{}</title>\n<desc>\n{}\n</desc>\n<defs>\n{}</defs>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}</svg>\n",
            n(WIDTH / 72.0),
            n(height / 72.0),
            n(WIDTH),
            n(height),
            escaped(&title),
            told.join("\n"),
            self.definitions,
            self.body
        ))
    }
}

/// A coordinate: two decimals are finer than any printer.
pub(super) fn n(number: f64) -> String {
    let text = format!("{number:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// How wide a text is at most, in points. Letters are rarely wider than 0.6 of their size.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    width::width(text) as f64 * size * 0.58
}

/// The text, cut with `…` to so many points. The whole of it stands in the description and in the CSV.
pub(super) fn fitted(text: &str, points: f64, size: f64) -> String {
    let columns = (points / (size * 0.58)).floor().max(1.0) as usize;
    width::truncate(text, columns).into_owned()
}
