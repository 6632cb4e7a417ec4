//! Lines of a log: cut or wrapped, scrolled sideways, with their own colours and with matches marked.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::put;
use crate::rundir::LinePattern;
use crate::text::{SpanStyle, StyledLine, width};

/// How lines are drawn.
#[derive(Debug)]
pub(crate) struct LineLook<'a> {
    /// For text without colours of its own.
    pub base: Style,
    /// What to mark.
    pub pattern: Option<&'a LinePattern>,
    /// How to mark it.
    pub matched: Style,
    /// How many of the first and of the last spans are signs, which are not the line's text.
    pub signs: (usize, usize),
}

/// How many rows a line takes when it is wrapped.
pub(crate) fn row_count(line: &StyledLine, columns: usize) -> usize {
    let columns = columns.max(1);
    if line.width() <= columns {
        return 1;
    }
    let mut rows = 1;
    let mut used = 0;
    for span in &line.spans {
        for grapheme in span.text.graphemes(true) {
            let wide = width::width(grapheme);
            if used + wide > columns {
                rows += 1;
                used = 0;
            }
            used += wide;
        }
    }
    rows
}

/// Draws one row of a line into an area of one row. `row` counts wrapped rows; with `column` the line is not wrapped
/// but begins at that column. `style` turns the line's own colours into the terminal's.
pub(crate) fn draw_row(
    buf: &mut Buffer,
    area: Rect,
    line: &StyledLine,
    from: From,
    look: &LineLook<'_>,
    style: impl Fn(SpanStyle) -> Style,
) {
    let columns = usize::from(area.width);
    if columns == 0 {
        return;
    }
    let matches = match_ranges(line, look);
    let mut byte = 0;
    // Where the grapheme stands: the wrapped row and the column in it, or the column of the whole line.
    let (mut row, mut at) = (0, 0);
    for span in &line.spans {
        let span_style = look.base.patch(style(span.style));
        for grapheme in span.text.graphemes(true) {
            let wide = width::width(grapheme);
            let x = match from {
                From::Row(wanted) => {
                    if at + wide > columns && at > 0 {
                        row += 1;
                        at = 0;
                    }
                    if row > wanted {
                        return;
                    }
                    (row == wanted).then_some(at)
                }
                From::Column(first) => {
                    if at >= first + columns {
                        return;
                    }
                    (at >= first && at + wide <= first + columns).then(|| at - first)
                }
            };
            if let Some(x) = x {
                let marked = matches.iter().any(|found| found.contains(&byte));
                let style = if marked { span_style.patch(look.matched) } else { span_style };
                put(buf, area.x + x as u16, area.y, wide as u16, grapheme, style);
            }
            at += wide;
            byte += grapheme.len();
        }
    }
}

/// Which part of a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// A row of the wrapped line.
    Row(usize),
    /// The line from a column on.
    Column(usize),
}

fn match_ranges(line: &StyledLine, look: &LineLook<'_>) -> Vec<Range<usize>> {
    let Some(pattern) = look.pattern else { return Vec::new() };
    let (before, behind) = look.signs;
    let end = line.spans.len().saturating_sub(behind);
    let text = StyledLine { spans: line.spans.get(before..end).unwrap_or_default().to_vec() };
    let skipped: usize = line.spans.iter().take(before).map(|span| span.text.len()).sum();
    let at = |found: Range<usize>| found.start + skipped..found.end + skipped;
    pattern.matches(&text.plain()).filter(|found| !found.is_empty()).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::log_line;

    fn rows(text: &str, columns: u16) -> Vec<String> {
        let line = log_line(text.as_bytes());
        let look = LineLook { base: Style::new(), pattern: None, matched: Style::new(), signs: (0, 0) };
        (0..row_count(&line, usize::from(columns)))
            .map(|row| {
                let area = Rect::new(0, 0, columns, 1);
                let mut buf = Buffer::empty(area);
                draw_row(&mut buf, area, &line, From::Row(row), &look, |_| Style::new());
                buf.content().iter().map(ratatui::buffer::Cell::symbol).collect::<String>().trim_end().to_owned()
            })
            .collect()
    }

    #[test]
    fn a_wrapped_line_loses_nothing() {
        assert_eq!(rows("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(rows("", 3), [""]);
        assert_eq!(rows("abc", 3), ["abc"]);
    }

    #[test]
    fn a_wide_character_is_not_cut_in_half() {
        assert_eq!(rows("a日本", 3).len(), 2);
        assert_eq!(rows("日本", 3), ["日", "本"]);
        assert_eq!(rows("日本", 1).len(), row_count(&log_line("日本".as_bytes()), 1));
    }
}
