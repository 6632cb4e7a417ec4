//! How series differ: a colour, and a hatching, dash or marker for those who see none.

use super::canvas::{Canvas, Colour, Fill, Hatch, Outline, Pair, Stroke, WHITE};

/// The eight colours of Okabe and Ito ("Color Universal Design", 2008), which the colour-blind tell apart; the brightest last.
pub(super) const COLOURS: [Colour; 8] = [
    Colour(0x00_72_b2),
    Colour(0xe6_9f_00),
    Colour(0x00_9e_73),
    Colour(0xcc_79_a7),
    Colour(0x56_b4_e9),
    Colour(0xd5_5e_00),
    Colour(0x55_55_55),
    Colour(0xf0_e4_42),
];

const HATCHES: [Option<Hatch>; 6] =
    [None, Some(Hatch::Rising), Some(Hatch::Falling), Some(Hatch::Level), Some(Hatch::Crossed), Some(Hatch::Upright)];

/// Dashes of lines.
const DASHES: [&[f64]; 4] = [&[], &[4.0, 2.0], &[1.5, 1.5], &[5.0, 1.5, 1.5, 1.5]];

/// The kinds of markers.
const MARKERS: usize = 5;

/// The colour of a series.
pub(super) fn colour(series: usize) -> Colour {
    COLOURS[series % COLOURS.len()]
}

/// Which hatching and dash a series has. The second round of colours has others.
fn round(series: usize, of: usize) -> usize {
    (series % COLOURS.len() + series / COLOURS.len()) % of
}

/// What the bars of a series are filled with.
pub(super) fn fill(series: usize) -> Fill {
    Fill { colour: colour(series), lines: HATCHES[round(series, HATCHES.len())].map(|hatch| (hatch, WHITE, 0.8)) }
}

/// What is the rest of something is filled with: no colour of a series.
pub(super) fn rest() -> Fill {
    Fill { colour: WHITE, lines: Some((Hatch::Rising, Colour(0xbb_bb_bb), 0.5)) }
}

/// The line of a series.
pub(super) fn stroke(series: usize, wide: f64) -> Stroke {
    Stroke { colour: colour(series), wide, dash: DASHES[round(series, DASHES.len())] }
}

/// Draws the marker of a series at a point.
pub(super) fn marker(canvas: &mut Canvas, series: usize, (x, y): Pair) {
    let points = |points: &[Pair]| Outline::Polygon(points.iter().map(|(dx, dy)| (x + dx, y + dy)).collect());
    let outline = match round(series, MARKERS) {
        0 => Outline::Circle((x, y), 1.8),
        1 => points(&[(-1.7, -1.7), (1.7, -1.7), (1.7, 1.7), (-1.7, 1.7)]),
        2 => points(&[(0.0, -2.2), (2.1, 1.6), (-2.1, 1.6)]),
        3 => points(&[(0.0, -2.4), (2.4, 0.0), (0.0, 2.4), (-2.4, 0.0)]),
        _ => points(&[(0.0, 2.2), (2.1, -1.6), (-2.1, -1.6)]),
    };
    canvas.draw(outline, Some(Fill::plain(colour(series))), Some(Stroke::plain(WHITE, 0.4)));
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::MAX_SERIES;
    use super::*;

    #[test]
    fn no_two_series_look_the_same() {
        for kinds in [HATCHES.len(), DASHES.len(), MARKERS] {
            let looks: HashSet<_> = (0..MAX_SERIES).map(|series| (colour(series), round(series, kinds))).collect();
            assert_eq!(looks.len(), MAX_SERIES, "{kinds} kinds");
        }
    }
}
