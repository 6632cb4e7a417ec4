//! How series differ: a colour, and a hatching, dash or marker for those who see none.

use super::canvas::{Canvas, n};

/// The eight colours of Okabe and Ito ("Color Universal Design", 2008), which the colour-blind tell apart; the brightest last.
const COLOURS: [&str; 8] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#555555", "#f0e442"];

/// Lines of a tile of four points.
const HATCHES: [&str; 6] =
    ["", "M-1 1L1 -1M0 4L4 0M3 5L5 3", "M-1 3L1 5M0 0L4 4M3 -1L5 1", "M0 2H4", "M0 0L4 4M0 4L4 0", "M2 0V4"];

/// Dashes of lines.
const DASHES: [&str; 4] = ["", "4 2", "1.5 1.5", "5 1.5 1.5 1.5"];

/// The colour of a series.
pub(super) fn colour(series: usize) -> &'static str {
    COLOURS[series % COLOURS.len()]
}

/// Which hatching and dash a series has. The second round of colours has others.
fn round(series: usize, of: usize) -> usize {
    (series % COLOURS.len() + series / COLOURS.len()) % of
}

/// Defines what the bars of a series are filled with, and names it.
pub(super) fn fill(canvas: &mut Canvas, series: usize) -> String {
    let (colour, lines) = (colour(series), HATCHES[round(series, HATCHES.len())]);
    if lines.is_empty() {
        return colour.to_owned();
    }
    canvas.define(&format!(
        "<pattern id=\"s{series}\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\"><rect width=\"4\" height=\"4\" \
         fill=\"{colour}\"/><path d=\"{lines}\" stroke=\"#ffffff\" stroke-width=\"0.8\" fill=\"none\"/></pattern>"
    ));
    format!("url(#s{series})")
}

/// The dash of a series, as an attribute.
pub(super) fn dash(series: usize) -> String {
    match DASHES[round(series, DASHES.len())] {
        "" => String::new(),
        dash => format!(" stroke-dasharray=\"{dash}\""),
    }
}

/// The marker of a series at a point.
pub(super) fn marker(canvas: &mut Canvas, series: usize, at: (f64, f64)) {
    let (x, y) = at;
    let points = |points: &[(f64, f64)]| {
        let points: Vec<String> = points.iter().map(|(dx, dy)| format!("{},{}", n(x + dx), n(y + dy))).collect();
        format!("<polygon points=\"{}\"", points.join(" "))
    };
    let shape = match round(series, 5) {
        0 => format!("<circle cx=\"{}\" cy=\"{}\" r=\"1.8\"", n(x), n(y)),
        1 => points(&[(-1.7, -1.7), (1.7, -1.7), (1.7, 1.7), (-1.7, 1.7)]),
        2 => points(&[(0.0, -2.2), (2.1, 1.6), (-2.1, 1.6)]),
        3 => points(&[(0.0, -2.4), (2.4, 0.0), (0.0, 2.4), (-2.4, 0.0)]),
        _ => points(&[(0.0, 2.2), (2.1, -1.6), (-2.1, -1.6)]),
    };
    canvas.element(&format!("{shape} fill=\"{}\" stroke=\"#ffffff\" stroke-width=\"0.4\"/>", colour(series)));
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::MAX_SERIES;
    use super::*;

    #[test]
    fn no_two_series_look_the_same() {
        for kinds in [HATCHES.len(), DASHES.len(), 5] {
            let looks: HashSet<_> = (0..MAX_SERIES).map(|series| (colour(series), round(series, kinds))).collect();
            assert_eq!(looks.len(), MAX_SERIES, "{kinds} kinds");
        }
    }
}
