//! Placeholders without quotes.
//!
//! YAML does not allow braces in an unquoted value inside `[…]` or `{…}`, so that `args: [--l2=${l2}]` is a syntax error
//! by the book. People write it all the same. Before parsing, the braces of `${…}` are replaced by two characters for
//! private use that the file does not contain, one for one so that columns stay true, and put back afterwards.

use std::borrow::Cow;

/// The text as the library gets it.
#[derive(Debug)]
pub(super) struct Masked<'t> {
    pub(super) text: Cow<'t, str>,
    open: char,
    close: char,
}

impl<'t> Masked<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        // YAML allows these characters everywhere, and no keyboard has them.
        let mut unused = ('\u{E000}'..='\u{E0FF}').filter(|&c| !text.contains(c));
        let (open, close) = (unused.next().unwrap_or('\u{E000}'), unused.next().unwrap_or('\u{E001}'));
        Self { text: mask(text, open, close), open, close }
    }

    pub(super) fn restore(&self, text: &str) -> String {
        text.chars()
            .map(|c| match c {
                c if c == self.open => '{',
                c if c == self.close => '}',
                c => c,
            })
            .collect()
    }
}

/// Replaces the braces of each `${…}`, nested ones included, by `open` and `close`. One walk, however many are never closed.
fn mask(text: &str, open: char, close: char) -> Cow<'_, str> {
    if !text.contains("${") {
        return Cow::Borrowed(text);
    }
    // Where the braces of placeholders are, in bytes, and those that are not closed yet.
    let (mut braces, mut unclosed) = (Vec::new(), Vec::new());
    let mut before = '\0';
    for (at, c) in text.char_indices() {
        match c {
            '{' if before == '$' || !unclosed.is_empty() => unclosed.push(at),
            '}' => braces.extend(unclosed.pop().into_iter().flat_map(|begun| [(begun, open), (at, close)])),
            '$' | '_' | '-' | '.' => {}
            ':' if text[..at].ends_with("${env") => {}
            c if c.is_alphanumeric() => {}
            // No placeholder has such a character.
            _ => unclosed.clear(),
        }
        before = c;
    }
    braces.sort_unstable();
    let mut out = String::with_capacity(text.len() + 2 * braces.len());
    let mut from = 0;
    for (at, mark) in braces {
        out.push_str(&text[from..at]);
        out.push(mark);
        from = at + 1;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}
