//! How wide text is in Helvetica, the font of all figures.
//!
//! The widths are those of Adobe's metrics of the font, in thousandths of its size. Arial and Liberation Sans, which stand for it
//! where it is not there, have the same. It is one of the fonts that every reader of PDF has (ISO 32000-1, 9.6.2.2).

use unicode_segmentation::UnicodeSegmentation as _;

use crate::text::width;

/// From the space to `~`.
#[rustfmt::skip]
const ASCII: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// From the space that breaks no line, U+00A0, to `ÿ`.
#[rustfmt::skip]
const LATIN: [u16; 96] = [
    278, 333, 556, 556, 556, 556, 260, 556, 333, 737, 370, 556, 584, 333, 737, 333,
    400, 584, 333, 333, 333, 556, 537, 278, 333, 333, 365, 556, 834, 834, 834, 611,
    667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278,
    722, 722, 778, 778, 778, 778, 778, 584, 778, 722, 722, 722, 722, 667, 667, 611,
    556, 556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278, 278, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 584, 611, 556, 556, 556, 556, 500, 556, 500,
];

/// Others that `WinAnsiEncoding` has (ISO 32000-1, annex D.2) and that stand in figures: letter, its byte, its width.
const OTHERS: [(char, u8, u16); 8] = [
    ('…', 0x85, 1000),
    ('‘', 0x91, 222),
    ('’', 0x92, 222),
    ('“', 0x93, 333),
    ('”', 0x94, 333),
    ('•', 0x95, 350),
    ('–', 0x96, 556),
    ('—', 0x97, 1000),
];

/// What a letter is in `WinAnsiEncoding`, and how wide; nothing for one that the font has not.
fn known(letter: char) -> Option<(u8, u16)> {
    let code = u32::from(letter);
    let of = |table: &[u16], first: u32| table.get(code.checked_sub(first)? as usize).map(|width| (code as u8, *width));
    of(&ASCII, 0x20)
        .or_else(|| of(&LATIN, 0xa0))
        .or_else(|| OTHERS.iter().find(|(other, _, _)| *other == letter).map(|(_, byte, width)| (*byte, *width)))
}

/// The letter as a byte of `WinAnsiEncoding`.
pub(super) fn byte(letter: char) -> Option<u8> {
    known(letter).map(|(byte, _)| byte)
}

/// How wide a text is, in points. Letters of other fonts are as wide as they are at most.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    text.graphemes(true).map(|grapheme| grapheme_width(grapheme, size)).sum()
}

fn grapheme_width(grapheme: &str, size: f64) -> f64 {
    let mut letters = grapheme.chars();
    match (letters.next().and_then(known), letters.next()) {
        (Some((_, width)), None) => f64::from(width) / 1000.0 * size,
        _ => width::width(grapheme) as f64 * size * 0.6,
    }
}

/// The text, cut with `…` to so many points. The whole of it stands in the description and in the CSV.
pub(super) fn fitted(text: &str, points: f64, size: f64) -> String {
    if text_width(text, size) <= points {
        return text.to_owned();
    }
    let mut free = points - text_width("…", size);
    let kept = text.graphemes(true).take_while(|grapheme| {
        free -= grapheme_width(grapheme, size);
        free >= 0.0
    });
    format!("{}…", kept.collect::<String>().trim_end())
}

/// The text in lines of so many points, broken at spaces where that is possible.
pub(super) fn broken(text: &str, points: f64, size: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && text_width(&format!("{line}{}", word.trim_end()), size) > points {
            lines.push(String::new());
        }
        lines.last_mut().expect("there is always a line").push_str(word);
    }
    lines.iter().map(|line| fitted(line.trim_end(), points, size)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_as_wide_as_the_metrics_of_the_font_say() {
        // H 722, e 556, l 222, v 500, t 278, i 222, c 500, a 556.
        assert!((text_width("Helvetica", 10.0) - 41.12).abs() < 1e-9);
        assert!((text_width("±…", 10.0) - 15.84).abs() < 1e-9);
        assert_eq!((byte('A'), byte('é'), byte('…'), byte('模')), (Some(0x41), Some(0xe9), Some(0x85), None));
    }

    #[test]
    fn a_text_that_is_cut_fits() {
        for (text, points) in
            [("system.cpu.ipc", 30.0), ("模拟器模拟器", 20.0), ("", 5.0), ("e\u{301}e\u{301}e\u{301}", 9.0)]
        {
            let cut = fitted(text, points, 7.0);
            assert!(text_width(&cut, 7.0) <= points.max(7.0), "{cut}");
        }
        assert_eq!(broken("one two three", 30.0, 7.0), ["one two", "three"]);
    }
}
