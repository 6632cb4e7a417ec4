//! A drawing as PDF: one page of its size, text in Helvetica, which is not embedded.
//!
//! There is nothing in the file but ASCII, no compression and no date, so that equal tables make equal bytes and a difference of
//! two figures can be read.

use pdf_writer::types::LineCapStyle;
use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use super::Figure;
use super::canvas::{Anchor, Colour, Fill, Hatch, Outline, Pair, Shape, Stroke, TILE, Text, WIDTH};
use super::font;
use crate::report::write::Document;

/// A circle in four parts: how far the points that bend a curve are from its ends, in radii.
const ROUND: f64 = 0.552_284_749_8;

/// What stands for a letter that the font has not.
const UNKNOWN: u8 = b'?';

/// The figure.
pub(super) fn write(figure: &Figure) -> Document {
    let [catalog, pages, page, font, content, info] = [1, 2, 3, 4, 5, 6].map(Ref::new);
    let drawing = &figure.drawing;
    let mut pdf = Pdf::new();
    // Four bytes above 127 are to tell programs that move files that this is no text. It is.
    pdf.set_binary_marker(b"TEXT");
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([page]).count(1);
    let mut one = pdf.page(page);
    one.media_box(Rect::new(0.0, 0.0, n(WIDTH), n(drawing.height))).parent(pages).contents(content);
    one.resources().fonts().pair(Name(b"F"), font);
    one.finish();
    pdf.type1_font(font).base_font(Name(b"Helvetica")).encoding_predefined(Name(b"WinAnsiEncoding"));
    let mut pen = Pen { content: Content::new(), height: drawing.height };
    for shape in &drawing.shapes {
        match shape {
            Shape::Drawn { outline, fill, stroke } => pen.draw(outline, *fill, *stroke),
            Shape::Written(text) => pen.text(text),
        }
    }
    pdf.stream(content, &pen.content.finish());
    let told = figure.told.join("\n");
    pdf.document_info(info).title(TextStr(&figure.title)).subject(TextStr(&told)).producer(TextStr("gem5-tui"));
    let bytes = pdf.finish();
    debug_assert!(bytes.is_ascii());
    // A line of the table of objects ends in one of three pairs (ISO 32000-1, 7.5.4); the other one is for files that are read as text.
    Document::new(String::from_utf8_lossy(&bytes).replace("\r\n", " \n"))
}

/// The letters of a figure that its PDF shows as `?`.
pub(super) fn without_letter(figure: &Figure) -> Vec<char> {
    let words = figure.drawing.shapes.iter().filter_map(|shape| match shape {
        Shape::Written(text) => Some(spelt(&text.words)),
        Shape::Drawn { .. } => None,
    });
    let mut letters: Vec<char> = words.flat_map(|text| text.chars().collect::<Vec<_>>()).collect();
    letters.retain(|letter| font::byte(*letter).is_none());
    letters.sort_unstable();
    letters.dedup();
    letters
}

/// With our own signs in letters that the font has.
fn spelt(text: &str) -> String {
    text.replace('≤', "<=").replace('≥', ">=").replace('→', "->").replace('◆', "*")
}

struct Pen {
    content: Content,
    height: f64,
}

impl Pen {
    /// The place on a page, whose origin is the bottom left.
    fn at(&self, (x, y): Pair) -> (f32, f32) {
        (n(x), n(self.height - y))
    }

    fn draw(&mut self, outline: &Outline, fill: Option<Fill>, stroke: Option<Stroke>) {
        if let Some(Stroke { colour, wide, dash }) = stroke {
            let [red, green, blue] = parts(colour);
            self.content.set_stroke_rgb(red, green, blue).set_line_width(n(wide));
            self.content.set_dash_pattern(dash.iter().map(|length| n(*length)), 0.0);
        }
        if let Some(fill) = fill {
            let [red, green, blue] = parts(fill.colour);
            self.content.set_fill_rgb(red, green, blue);
            // What is hatched is filled, hatched and then outlined.
            if let Some((hatch, ink, wide)) = fill.lines {
                self.path(outline);
                self.content.fill_nonzero();
                self.hatch(outline, hatch, ink, wide);
                self.draw(outline, None, stroke);
                return;
            }
        }
        self.path(outline);
        match (fill.is_some(), stroke.is_some()) {
            (true, true) => self.content.fill_nonzero_and_stroke(),
            (true, false) => self.content.fill_nonzero(),
            (false, true) => self.content.stroke(),
            (false, false) => self.content.end_path(),
        };
    }

    fn path(&mut self, outline: &Outline) {
        match outline {
            Outline::Rectangle((x, y), (wide, tall)) => {
                let (left, bottom) = self.at((*x, y + tall));
                self.content.rect(left, bottom, n(*wide), n(*tall));
            }
            Outline::Line(points) => self.points(points),
            Outline::Polygon(points) => {
                self.points(points);
                self.content.close_path();
            }
            Outline::Circle(middle, radius) => self.circle(*middle, *radius),
        }
    }

    fn points(&mut self, points: &[Pair]) {
        for (number, point) in points.iter().enumerate() {
            let (x, y) = self.at(*point);
            if number == 0 {
                self.content.move_to(x, y)
            } else {
                self.content.line_to(x, y)
            };
        }
    }

    fn circle(&mut self, (x, y): Pair, radius: f64) {
        let bend = radius * ROUND;
        let at = |dx: f64, dy: f64| self.at((x + dx, y + dy));
        let curves = [
            [at(radius, bend), at(bend, radius), at(0.0, radius)],
            [at(-bend, radius), at(-radius, bend), at(-radius, 0.0)],
            [at(-radius, -bend), at(-bend, -radius), at(0.0, -radius)],
            [at(bend, -radius), at(radius, -bend), at(radius, 0.0)],
        ];
        let begin = at(radius, 0.0);
        self.content.move_to(begin.0, begin.1);
        for [one, other, end] in curves {
            self.content.cubic_to(one.0, one.1, other.0, other.1, end.0, end.1);
        }
        self.content.close_path();
    }

    /// Lines across a rectangle, where a pattern of tiles has them. Other shapes are not hatched.
    fn hatch(&mut self, outline: &Outline, hatch: Hatch, ink: Colour, wide: f64) {
        let Outline::Rectangle((left, top), (width, height)) = *outline else { return };
        let (right, bottom) = (left + width, top + height);
        let [red, green, blue] = parts(ink);
        self.content.save_state();
        self.path(outline);
        self.content.clip_nonzero().end_path();
        self.content.set_stroke_rgb(red, green, blue).set_line_width(n(wide)).set_dash_pattern([], 0.0);
        self.content.set_line_cap(LineCapStyle::ProjectingSquareCap);
        // Every number of this row between the two.
        let row = |from: f64, to: f64, first: f64| {
            let (from, to) = (((from - first) / TILE).ceil() as i64, ((to - first) / TILE).floor() as i64);
            (from..=to).map(move |at| first + at as f64 * TILE)
        };
        let mut lines: Vec<(Pair, Pair)> = Vec::new();
        match hatch {
            Hatch::Level => lines.extend(row(top, bottom, 2.0).map(|y| ((left, y), (right, y)))),
            Hatch::Upright => lines.extend(row(left, right, 2.0).map(|x| ((x, top), (x, bottom)))),
            Hatch::Rising | Hatch::Falling | Hatch::Crossed => {
                if hatch != Hatch::Falling {
                    let sums = row(left + top, right + bottom, 0.0);
                    lines.extend(sums.map(|sum| ((sum - bottom, bottom), (sum - top, top))));
                }
                if hatch != Hatch::Rising {
                    let differences = row(left - bottom, right - top, 0.0);
                    lines.extend(differences.map(|by| ((by + top, top), (by + bottom, bottom))));
                }
            }
        }
        for (from, to) in lines {
            self.points(&[from, to]);
        }
        self.content.stroke().restore_state();
    }

    fn text(&mut self, text: &Text) {
        let words = spelt(&text.words);
        let bytes: Vec<u8> = words.chars().map(|letter| font::byte(letter).unwrap_or(UNKNOWN)).collect();
        let before = match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => font::text_width(&words, text.size) / 2.0,
            Anchor::End => font::text_width(&words, text.size),
        };
        let (sin, cos) = text.turned.to_radians().sin_cos();
        let (x, y) = (text.at.0 - before * cos, text.at.1 + before * sin);
        let (x, y) = self.at((x, y));
        let [red, green, blue] = parts(text.colour);
        let (sin, cos) = (fine(sin), fine(cos));
        self.content
            .begin_text()
            .set_fill_rgb(red, green, blue)
            .set_font(Name(b"F"), n(text.size))
            .set_text_matrix([cos, sin, -sin, cos, x, y])
            .show(Str(&bytes))
            .end_text();
    }
}

fn parts(colour: Colour) -> [f32; 3] {
    [16, 8, 0].map(|shift| fine(f64::from(colour.0 >> shift & 0xff) / 255.0))
}

/// A coordinate: two decimals are finer than any printer.
fn n(number: f64) -> f32 {
    let rounded = (number * 100.0).round() / 100.0;
    if rounded == 0.0 { 0.0 } else { rounded as f32 }
}

/// A part of one.
fn fine(number: f64) -> f32 {
    let rounded = (number * 10_000.0).round() / 10_000.0;
    if rounded == 0.0 { 0.0 } else { rounded as f32 }
}
