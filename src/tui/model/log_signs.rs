//! Signs at lines of a log that are not shown from their beginning to their end, or stand for more than themselves.

use crate::text::{Safe, SpanStyle, StyledLine, StyledSpan, human};
use crate::tui::reading::LogLine;
use crate::tui::theme::{Glyph, Theme};

/// Puts the signs at the line: in front of what goes on from the line before, and behind what is cut and what repeats.
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
    if let Some(count) = count(line, theme) {
        line.line.spans.push(sign(&count));
    }
}

/// How often the line stands there, if it repeats.
pub fn count(line: &LogLine, theme: Theme) -> Option<String> {
    let fold = line.fold?;
    let more = if fold.goes_on { "+" } else { "" };
    Some(format!(" {}{}{more}", theme.glyph(Glyph::Times), human::count(fold.lines)))
}

/// How many of its last spans are signs.
pub fn behind(line: &LogLine) -> usize {
    usize::from(line.left_out > 0) + usize::from(line.fold.is_some())
}

/// The text of the line without the signs.
pub fn text(line: &LogLine) -> Safe {
    let mut spans = line.line.spans.clone();
    spans.truncate(spans.len().saturating_sub(behind(line)));
    spans.drain(..usize::from(line.continues).min(spans.len()));
    StyledLine { spans }.plain()
}
