//! Which series is which, above the figure.

use super::canvas::{Anchor, Canvas, Pair, TEXT, Text, WIDTH};
use super::font::{fitted, text_width};

/// The height of a line.
const LINE: f64 = 10.0;
/// The width of a sample and the gap behind it.
const SAMPLE: f64 = 13.0;

/// Draws the names of the series, each with a sample that `sample` draws around a point, and returns the height that they took.
pub(super) fn draw(canvas: &mut Canvas, names: &[String], mut sample: impl FnMut(&mut Canvas, usize, Pair)) -> f64 {
    let (left, right) = (6.0, WIDTH - 6.0);
    let (mut x, mut y) = (left, 9.0);
    for (at, name) in names.iter().enumerate() {
        let name = fitted(name, right - left - SAMPLE, TEXT);
        let wide = SAMPLE + text_width(&name, TEXT) + 6.0;
        if x > left && x + wide > right {
            (x, y) = (left, y + LINE);
        }
        sample(canvas, at, (x + 5.0, y - 2.5));
        canvas.text(Text::new(name, (x + SAMPLE, y), Anchor::Start));
        x += wide;
    }
    if names.is_empty() { 4.0 } else { y + 5.0 }
}
