//! Signs at lines of a log that are not shown from their beginning to their end, or stand for more than themselves.

use crate::text::{Safe, SpanStyle, StyledLine, StyledSpan, human};
use crate::tui::reading::LogLine;
use crate::tui::theme::{Glyph, Theme};

/// Puts the signs at lines: the number in front of each whose neighbours are not shown, and a sign in front of what goes on from the
/// line before; and behind what is cut and what repeats.
pub fn put(lines: &mut [LogLine], theme: Theme) {
    let digits = |line: &LogLine| line.number.map_or(0, |number| human::count(number).len());
    let columns = lines.iter().map(digits).max().unwrap_or(0);
    for line in lines {
        put_at(line, columns, theme);
    }
}

fn put_at(line: &mut LogLine, columns: usize, theme: Theme) {
    let style = SpanStyle { dim: true, ..SpanStyle::default() };
    let sign = |text: &str| StyledSpan { text: Safe::line(text), style };
    if let Some(number) = line.number {
        line.line.spans.insert(0, sign(&format!("{:>columns$}  ", human::count(number))));
    }
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

/// How many of its first spans are signs.
pub fn before(line: &LogLine) -> usize {
    usize::from(line.continues) + usize::from(line.number.is_some())
}

/// The line without the signs.
pub fn own(line: &LogLine) -> StyledLine {
    let spans = &line.line.spans;
    let end = spans.len().saturating_sub(behind(line));
    StyledLine { spans: spans[before(line).min(end)..end].to_vec() }
}

/// The text of the line without the signs.
pub fn text(line: &LogLine) -> Safe {
    own(line).plain()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::log_line;
    use crate::tui::reading::Fold;
    use crate::tui::theme::{Colours, Role, severity};

    const THEME: Theme = Theme { colours: Colours::None, unicode: true };

    fn line(text: &str, number: Option<u64>, fold: Option<Fold>) -> LogLine {
        LogLine { offset: 0, line: log_line(text.as_bytes()), continues: false, left_out: 0, number, fold }
    }

    #[test]
    fn lines_whose_neighbours_are_not_shown_have_their_numbers_below_one_another() {
        let mut lines = [line("warn: a", Some(7), None), line("warn: b", Some(12_345), None)];
        put(&mut lines, THEME);
        let shown: Vec<String> = lines.iter().map(|line| line.line.plain().to_string()).collect();
        assert_eq!(shown, ["     7  warn: a", "12,345  warn: b"]);
        let texts: Vec<Safe> = lines.iter().map(text).collect();
        assert_eq!(texts, [Safe::plain("warn: a"), Safe::plain("warn: b")], "a number is no text of the log");
    }

    #[test]
    fn a_sign_takes_no_line_the_look_of_a_warning() {
        let fold = Fold { lines: 30, last: 0, goes_on: false };
        let mut lines = [line("src/a.cc:1: warn: a", Some(1), Some(fold)), line("warn: b", None, None)];
        put(&mut lines, THEME);
        assert!(lines.iter().all(|line| severity(&own(line)) == Role::Warn));
    }
}
