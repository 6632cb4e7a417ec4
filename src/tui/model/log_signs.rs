//! Signs at lines of a log that are not shown from their beginning to their end.

use crate::text::{Safe, SpanStyle, StyledLine, StyledSpan, human};
use crate::tui::reading::LogLine;
use crate::tui::theme::{Glyph, Theme};

/// Puts the signs at the line: in front of what goes on from the line before, and behind what is cut.
pub fn put(line: &mut LogLine, theme: Theme) {
    let style = SpanStyle { dim: true, ..SpanStyle::default() };
    let sign = |text: &str| StyledSpan { text: Safe::line(text), style };
    if line.continues {
        line.line.spans.insert(0, sign(&format!("{} ", theme.glyph(Glyph::Continues))));
    }
    if line.left_out > 0 {
        let more = if theme.unicode { "…" } else { "..." };
        line.line.spans.push(sign(&format!(" {more} {} of the line", human::plural(line.left_out, "more byte"))));
    }
}

/// The text of the line without the signs.
pub fn text(line: &LogLine) -> Safe {
    let mut spans = line.line.spans.clone();
    if line.left_out > 0 {
        spans.pop();
    }
    spans.drain(..usize::from(line.continues).min(spans.len()));
    StyledLine { spans }.plain()
}
