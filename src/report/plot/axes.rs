//! Axes with their numbers and names.

use super::canvas::{Anchor, Canvas, Colour, INK, Pair, SMALL, TEXT, Text, WIDTH};
use super::font::{fitted, text_width};
use super::scale::{Scale, Ticks};

/// The colour of lines that lead from a number on an axis through the figure.
const GRID: Colour = Colour(0xdd_dd_dd);
/// Where the part with the data ends.
pub(super) const RIGHT: f64 = WIDTH - 4.0;

/// Draws the axis of numbers at the left with its name, and returns where what it measures begins.
pub(super) fn upright(canvas: &mut Canvas, name: &str, ticks: &Ticks, top: f64, bottom: f64) -> f64 {
    let widest = ticks.marks.iter().map(|(_, label)| text_width(label, TEXT)).fold(0.0, f64::max);
    let left = 12.0 + widest + 4.0;
    let scale = Scale::linear(ticks.low, ticks.high, bottom, top);
    for (number, label) in &ticks.marks {
        let y = scale.at(*number);
        canvas.line((left, y), (RIGHT, y), GRID, 0.4);
        canvas.text(Text::new(label, (left - 3.0, y + TEXT * 0.35), Anchor::End));
    }
    // Rather small than cut.
    let size = (TEXT * (bottom - top) / text_width(name, TEXT).max(1.0)).clamp(SMALL, TEXT);
    let name = fitted(name, bottom - top, size);
    canvas.text(Text { size, turned: 90.0, ..Text::new(name, (8.0, f64::midpoint(top, bottom)), Anchor::Middle) });
    canvas.line((left, top), (left, bottom), INK, 0.7);
    left
}

/// Draws an axis of numbers below, from `left` on, with its name, and returns where that ends.
pub(super) fn level(canvas: &mut Canvas, name: &str, ticks: &Ticks, left: f64, (top, bottom): Pair) -> f64 {
    let scale = Scale::linear(ticks.low, ticks.high, left, RIGHT);
    let mut free = 0.0;
    for (number, label) in &ticks.marks {
        let x = scale.at(*number);
        // Where the other axis stands is none.
        if x - left > 0.1 {
            canvas.line((x, top), (x, bottom), GRID, 0.4);
        }
        let half = text_width(label, TEXT) / 2.0;
        // The last one must not leave the figure.
        let x = x.min(WIDTH - 1.0 - half);
        if x - half > free {
            canvas.text(Text::new(label, (x, bottom + TEXT + 2.0), Anchor::Middle));
            free = x + half + 2.0;
        }
    }
    canvas.line((left, bottom), (RIGHT, bottom), INK, 0.7);
    let name = fitted(name, WIDTH - 8.0, TEXT);
    // In the middle of the axis, if it does not leave the figure there.
    let half = text_width(&name, TEXT) / 2.0;
    let x = f64::midpoint(left, RIGHT).min(WIDTH - 2.0 - half);
    canvas.text(Text::new(name, (x, bottom + TEXT * 2.0 + 5.0), Anchor::Middle));
    bottom + TEXT * 2.0 + 9.0
}

/// Draws names under their places, turned where they are wider than `wide`, and returns where the figure ends.
pub(super) fn labels(canvas: &mut Canvas, places: &[(f64, String)], wide: f64, bottom: f64) -> f64 {
    let widest = places.iter().map(|(_, name)| text_width(name, TEXT)).fold(0.0, f64::max);
    if widest <= wide * 0.96 {
        for (x, name) in places {
            // The outer ones must not leave the figure.
            let half = text_width(name, TEXT) / 2.0;
            let x = x.max(half + 1.0).min(WIDTH - 1.0 - half);
            canvas.text(Text::new(name, (x, bottom + TEXT + 3.0), Anchor::Middle));
        }
        return bottom + TEXT + 8.0;
    }
    // Under one another they need the height of a letter, and then as much as the longest is long.
    let (turned, longest) = if wide >= TEXT * 1.4 { (40.0_f64, 80.0_f64) } else { (90.0, 80.0) };
    let size = if wide < TEXT { SMALL.min(wide.max(2.0)) } else { TEXT };
    let mut deepest = 0.0_f64;
    for (x, name) in places {
        // The first ones must not leave the figure at its left edge.
        let room = if turned < 90.0 { longest.min((x - 2.0) / turned.to_radians().cos()) } else { longest };
        let name = fitted(name, room.max(20.0), size);
        deepest = deepest.max(text_width(&name, size) * turned.to_radians().sin());
        let place = if turned < 90.0 { (x + 2.0, bottom + TEXT) } else { (x + size * 0.35, bottom + 4.0) };
        canvas.text(Text { size, turned, ..Text::new(name, place, Anchor::End) });
    }
    bottom + deepest + TEXT + 5.0
}
