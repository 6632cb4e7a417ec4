//! What a terminal may be sent of a diagnostic.

use std::fmt;
use std::ops::Deref;

use crate::text::Safe;

/// Diagnostics drawn for people: text that can do nothing to a terminal, and between it at most colours.
///
/// Only [`super::Diagnostics::render`] makes one, and it trusts neither the file nor the library that draws: whatever is
/// not a colour passes through [`Safe`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rendered(String);

impl Rendered {
    /// Keeps newlines and, with `colour`, sequences that set colours and nothing else.
    pub(super) fn new(drawn: &str, colour: bool) -> Self {
        let mut text = String::with_capacity(drawn.len());
        let mut rest = drawn;
        while colour && let Some((before, sequence, behind)) = split_at_colour(rest) {
            text.push_str(&Safe::multiline(before));
            text.push_str(sequence);
            rest = behind;
        }
        text.push_str(&Safe::multiline(rest));
        Self(text)
    }
}

/// The text before the first sequence that sets a colour (ECMA-48 8.3.117), the sequence, and the text behind it.
fn split_at_colour(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices("\u{1b}[").find_map(|(at, start)| {
        let (before, sequence) = text.split_at_checked(at)?;
        let parameters = sequence.strip_prefix(start)?;
        let length = parameters.find(|c: char| !matches!(c, '0'..='9' | ';'))?;
        let (sequence, behind) = sequence.split_at_checked(start.len() + length + 1)?;
        sequence.ends_with('m').then_some((before, sequence, behind))
    })
}

impl Deref for Rendered {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_stay_and_nothing_else_that_a_terminal_obeys() {
        let drawn = "\u{1b}[1;31merror\u{1b}[0m: a\u{1b}]52;c;aGk=\u{7}b\n\u{1b}[2J\u{9b}6n\u{1b}[mé\u{202e}\u{1b}[";
        let shown = "\u{1b}[1;31merror\u{1b}[0m: ab\n\\u{9b}6n\u{1b}[mé\\u{202e}";
        assert_eq!(&*Rendered::new(drawn, true), shown);
        assert_eq!(&*Rendered::new("\u{1b}[1;31merror\u{1b}[0m\n", false), "error\n");
    }
}
