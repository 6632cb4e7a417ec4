//! A figure as a list of shapes, in points from the top left. What writes it as SVG or PDF decides nothing.

use super::font::text_width;

/// A column of a paper, in points: 3.33 inches.
pub(super) const WIDTH: f64 = 239.76;
/// The size of text, in points.
pub(super) const TEXT: f64 = 7.0;
/// The size of small text.
pub(super) const SMALL: f64 = 5.5;
/// The colour of text and axes.
pub(super) const INK: Colour = Colour(0x22_22_22);
/// The colour of what is less important.
pub(super) const FAINT: Colour = Colour(0x77_77_77);
/// The colour of paper.
pub(super) const WHITE: Colour = Colour(0xff_ff_ff);
/// The side of the square in which a hatching repeats.
pub(super) const TILE: f64 = 4.0;

/// A place, or a size.
pub(super) type Pair = (f64, f64);

/// Red, green and blue, a byte each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Colour(pub(super) u32);

/// Lines in a filled shape, for those who see no colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Hatch {
    /// From the bottom left.
    Rising,
    /// From the top left.
    Falling,
    /// Across.
    Level,
    /// Both ways.
    Crossed,
    /// Upright.
    Upright,
}

/// What a shape is filled with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fill {
    /// Its colour.
    pub(super) colour: Colour,
    /// Lines on it: how they lie, their colour, and how wide they are.
    pub(super) lines: Option<(Hatch, Colour, f64)>,
}

impl Fill {
    /// One colour.
    pub(super) fn plain(colour: Colour) -> Self {
        Self { colour, lines: None }
    }
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stroke {
    /// Its colour.
    pub(super) colour: Colour,
    /// How wide it is.
    pub(super) wide: f64,
    /// Lengths of dashes and gaps; none for a line without gaps.
    pub(super) dash: &'static [f64],
}

impl Stroke {
    /// A line without gaps.
    pub(super) fn plain(colour: Colour, wide: f64) -> Self {
        Self { colour, wide, dash: &[] }
    }
}

/// What a shape is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outline {
    /// With its top left corner and its size.
    Rectangle(Pair, Pair),
    /// From point to point.
    Line(Vec<Pair>),
    /// From point to point, and back to the first.
    Polygon(Vec<Pair>),
    /// With its middle and its radius.
    Circle(Pair, f64),
}

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
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text {
    /// What it says. Safe already, and not escaped.
    pub(super) words: String,
    pub(super) at: Pair,
    pub(super) anchor: Anchor,
    pub(super) size: f64,
    pub(super) colour: Colour,
    /// Degrees, counter-clockwise.
    pub(super) turned: f64,
}

impl Text {
    /// Text of the usual size.
    pub(super) fn new(words: impl Into<String>, at: Pair, anchor: Anchor) -> Self {
        Self { words: words.into(), at, anchor, size: TEXT, colour: INK, turned: 0.0 }
    }

    /// Small text of little importance.
    pub(super) fn small(words: impl Into<String>, at: Pair, anchor: Anchor) -> Self {
        Self { size: SMALL, colour: FAINT, ..Self::new(words, at, anchor) }
    }

    /// The rectangle that a text takes that is not turned: left, top, right, bottom.
    pub(super) fn extent(&self) -> (f64, f64, f64, f64) {
        let wide = text_width(&self.words, self.size);
        let left = match self.anchor {
            Anchor::Start => self.at.0,
            Anchor::Middle => self.at.0 - wide / 2.0,
            Anchor::End => self.at.0 - wide,
        };
        (left, self.at.1 - self.size * 0.75, left + wide, self.at.1 + self.size * 0.2)
    }
}

/// Something that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A shape, filled first and then outlined.
    Drawn { outline: Outline, fill: Option<Fill>, stroke: Option<Stroke> },
    /// Words.
    Written(Text),
}

/// What has been drawn, the undermost first.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    shapes: Vec<Shape>,
}

impl Canvas {
    pub(super) fn draw(&mut self, outline: Outline, fill: Option<Fill>, stroke: Option<Stroke>) {
        self.shapes.push(Shape::Drawn { outline, fill, stroke });
    }

    pub(super) fn line(&mut self, from: Pair, to: Pair, colour: Colour, wide: f64) {
        self.draw(Outline::Line(vec![from, to]), None, Some(Stroke::plain(colour, wide)));
    }

    /// A rectangle with its top left corner and its size.
    pub(super) fn rectangle(&mut self, at: Pair, size: Pair, fill: Fill, stroke: Colour) {
        self.draw(Outline::Rectangle(at, size), Some(fill), Some(Stroke::plain(stroke, 0.4)));
    }

    pub(super) fn text(&mut self, text: Text) {
        self.shapes.push(Shape::Written(text));
    }

    /// The whole of it, on paper so high.
    pub(super) fn finish(self, height: f64) -> Drawing {
        Drawing { shapes: self.shapes, height }
    }
}

/// All shapes of a figure.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawing {
    pub(super) shapes: Vec<Shape>,
    /// In points. It is [`WIDTH`] wide.
    pub(super) height: f64,
}
