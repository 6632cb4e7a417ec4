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

/// Replaces the braces of each `${…}`, nested ones included, by `open` and `close`.
fn mask(text: &str, open: char, close: char) -> Cow<'_, str> {
    if !text.contains("${") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        out.push_str(&rest[..at]);
        let Some(end) = placeholder_end(&rest[at..]) else {
            out.push_str("${");
            rest = &rest[at + 2..];
            continue;
        };
        out.extend(rest[at..at + end].chars().map(|c| match c {
            '{' => open,
            '}' => close,
            c => c,
        }));
        rest = &rest[at + end..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The length of the placeholder that `text` starts with, if it is closed and made of the characters of one.
fn placeholder_end(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            '$' | '_' | '-' | '.' => {}
            c if c.is_alphanumeric() => {}
            _ => return None,
        }
    }
    None
}
