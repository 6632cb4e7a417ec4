//! Widths in terminal columns.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Where text stands in a field that is wider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// At the left edge.
    Left,
    /// At the right edge.
    Right,
}

/// The columns that the text takes: the sum over its grapheme clusters, as the drawing library adds them.
pub fn width(text: &str) -> usize {
    if is_ascii_text(text) {
        return text.len();
    }
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// The end of a text that is wider than `max_cols`, behind a sign: names of one kind differ there.
pub fn truncate_start(text: &str, max_cols: usize) -> Cow<'_, str> {
    let wide = width(text);
    if wide <= max_cols {
        return Cow::Borrowed(text);
    }
    let mut left_out = 0;
    let kept = text.chars().skip_while(|c| {
        let skip = wide - left_out + 1 > max_cols;
        left_out += width(c.encode_utf8(&mut [0; 4]));
        skip
    });
    Cow::Owned(if max_cols == 0 { String::new() } else { format!("…{}", kept.collect::<String>()) })
}

/// The text itself if it fits into `max_cols`, else as much of it as fits with `…` behind it. Never cuts a grapheme
/// cluster, so the result may be a column narrower than `max_cols`.
pub fn truncate(text: &str, max_cols: usize) -> Cow<'_, str> {
    if text.len() <= max_cols && is_ascii_text(text) {
        return Cow::Borrowed(text);
    }
    let mut taken = 0;
    // Where the text is cut if it turns out not to fit: one column is kept free for the ellipsis.
    let mut cut = 0;
    for (start, grapheme) in text.grapheme_indices(true) {
        let columns = grapheme.width();
        if taken + columns > max_cols {
            if max_cols == 0 {
                return Cow::Borrowed("");
            }
            let kept = text.get(..cut).expect("a cut lies between graphemes");
            return Cow::Owned(format!("{kept}…"));
        }
        taken += columns;
        if taken < max_cols {
            cut = start + grapheme.len();
        }
    }
    Cow::Borrowed(text)
}

/// Both ends of a text that is wider than `max_cols`, with a sign in between: names of a sweep differ in front and behind.
pub fn truncate_middle(text: &str, max_cols: usize) -> Cow<'_, str> {
    let wide = width(text);
    let behind = max_cols.saturating_sub(1) / 2;
    if wide <= max_cols || behind == 0 {
        return truncate(text, max_cols);
    }
    let mut left = wide;
    let end = text.graphemes(true).skip_while(|grapheme| {
        let skip = left > behind;
        left -= grapheme.width();
        skip
    });
    let end: String = end.collect();
    Cow::Owned(format!("{}{end}", truncate(text, max_cols - width(&end))))
}

/// The text in exactly `cols` columns: cut or padded with spaces.
pub fn fit(text: &str, cols: usize, align: Align) -> String {
    let text = truncate(text, cols);
    let free = cols.saturating_sub(width(&text));
    let left = match align {
        Align::Left => 0,
        Align::Right => free,
    };
    let right = free - left;
    format!("{:left$}{text}{:right$}", "", "")
}

/// Breaks text at spaces where it can, what is longer than a row behind a `/`, and anywhere where it must.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let wide = width(word);
        if used > 0 && used + width(word.trim_end()) > columns {
            rows.push(String::new());
            used = 0;
        }
        if wide <= columns {
            rows.last_mut().expect("there is always a row").push_str(word);
            used += wide;
            continue;
        }
        for piece in word.split_inclusive('/') {
            if used > 0 && used + width(piece) > columns && width(piece) <= columns {
                rows.push(String::new());
                used = 0;
            }
            for c in piece.chars() {
                let wide = width(c.encode_utf8(&mut [0; 4]));
                if used + wide > columns {
                    rows.push(String::new());
                    used = 0;
                }
                rows.last_mut().expect("there is always a row").push(c);
                used += wide;
            }
        }
    }
    // The space at a break would only make a full row look cut.
    rows.iter().map(|row| row.trim_end().to_owned()).collect()
}

fn is_ascii_text(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_cut_in_the_middle_keeps_both_ends_and_its_width() {
        let name = "2MiB_ruby_parsec-canneal_cpt.133333333";
        assert_eq!(truncate_middle(name, 24), "2MiB_ruby_pa…t.133333333");
        for (text, most) in [(name, 38), (name, 2), (name, 0), ("日本語日本語", 7), ("a", 1)] {
            let cut = truncate_middle(text, most);
            assert!(width(&cut) <= most, "{cut} in {most}");
        }
        assert_eq!(truncate_middle(name, 38), name);
    }

    #[test]
    fn a_path_that_is_longer_than_a_row_breaks_between_its_parts() {
        let path = "/work/runs/l2-sweep/chase-l2_1MiB/attempt-2";
        assert_eq!(wrap(path, 20), ["/work/runs/l2-sweep/", "chase-l2_1MiB/", "attempt-2"]);
        assert_eq!(wrap(&format!("in {path}"), 40), ["in", "/work/runs/l2-sweep/chase-l2_1MiB/", "attempt-2"]);
        assert_eq!(wrap("/averylongpartofapath/x", 8), ["/averylo", "ngpartof", "apath/x"]);
    }

    #[test]
    fn wide_and_combined_characters_count_as_they_are_drawn() {
        assert_eq!(width("abc"), 3);
        assert_eq!(width("模拟"), 4);
        assert_eq!(width("e\u{301}x"), 2);
    }

    #[test]
    fn text_that_fits_is_not_copied() {
        assert!(matches!(truncate("模拟", 4), Cow::Borrowed(_)));
        assert!(matches!(truncate("abc", 3), Cow::Borrowed(_)));
    }

    #[test]
    fn a_cut_is_shown_and_never_splits_a_character() {
        assert_eq!(truncate("simulation", 4), "sim…");
        assert_eq!((truncate_start("simulation", 4), truncate_start("模拟器", 4)), ("…ion".into(), "…器".into()));
        assert_eq!((truncate_start("ab", 1), truncate_start("ab", 0)), ("…".into(), "".into()));
        assert_eq!(truncate("模拟器", 4), "模…");
        assert_eq!(truncate("ab", 1), "…");
        assert_eq!(truncate("ab", 0), "");
        assert_eq!(truncate("模", 1), "…");
    }

    #[test]
    fn long_values_break_at_spaces_and_long_words_anywhere() {
        assert_eq!(wrap("gem5.opt --outdir=x", 10), ["gem5.opt", "--outdir=x"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
    }

    #[test]
    fn a_field_has_exactly_its_width() {
        assert_eq!(fit("ab", 5, Align::Left), "ab   ");
        assert_eq!(fit("ab", 5, Align::Right), "   ab");
        assert_eq!(fit("模拟器", 4, Align::Left), "模… ");
    }
}
