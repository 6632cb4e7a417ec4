//! Text that can do nothing to a terminal.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::iter::Peekable;
use std::ops::Deref;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::str::Chars;

use unicode_width::UnicodeWidthChar;

/// Real scripts stack at most a handful of marks on a base; more than this is an attempt to draw over other lines.
const MAX_MARKS: u8 = 8;

/// An error chain longer than this is a loop or tells nothing more.
const MAX_SOURCES: usize = 16;

/// Text without control characters, escape sequences and invisible format characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Safe(String);

impl Safe {
    /// One line. Control characters, newlines among them, become control pictures such as `␊`; whole escape
    /// sequences are dropped; C1 and invisible format characters become text such as `\u{202e}`.
    pub fn line(text: &str) -> Self {
        if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
            return Self(text.to_owned());
        }
        Self(clean(text, false))
    }

    /// As [`Safe::line`], of what is handed over: it stays where it is unless something in it must be changed.
    pub fn owned(text: String) -> Self {
        if text.bytes().all(|b| matches!(b, b' '..=b'~')) { Self(text) } else { Self(clean(&text, false)) }
    }

    /// One line of bytes that may not be UTF-8: what is not becomes text such as `\xff`.
    pub fn bytes(bytes: &[u8]) -> Self {
        Self::line(&visible_utf8(bytes))
    }

    /// A path, which need not be UTF-8.
    pub fn path(path: &Path) -> Self {
        Self::bytes(path.as_os_str().as_bytes())
    }

    /// Like [`Safe::line`], but newlines stay, and `\r\n` counts as one.
    pub fn multiline(text: &str) -> Self {
        Self(clean(&text.replace("\r\n", "\n"), true))
    }

    /// A literal of our own. Only debug builds check it, so never pass text that comes from elsewhere.
    pub fn plain(text: &'static str) -> Self {
        debug_assert!(clean(text, true) == text, "a literal must be safe as it is: {text:?}");
        Self(text.to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, given away.
    pub fn into_string(self) -> String {
        self.0
    }

    /// Appends text that is safe already.
    pub fn push(&mut self, more: &Self) {
        self.0.push_str(&more.0);
    }

    /// Wraps text that this module has cleaned.
    pub(super) fn cleaned(text: String) -> Self {
        Self(text)
    }
}

impl Deref for Safe {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Safe {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Safe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<Safe> for String {
    fn from(safe: Safe) -> Self {
        safe.0
    }
}

impl PartialEq<str> for Safe {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Safe {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

/// An error and its sources in one line, `outer: inner: innermost`. A source that the text above it already ends
/// with is not repeated.
pub fn safe_error(error: &dyn Error) -> Safe {
    let mut text = error.to_string();
    let mut source = error.source();
    for _ in 0..MAX_SOURCES {
        let Some(inner) = source else { break };
        let words = inner.to_string();
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = inner.source();
    }
    Safe::line(&text)
}

/// The bytes as text, with `\xNN` for each byte that is not UTF-8. Control characters are still in it.
pub(super) fn visible_utf8(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            write!(text, "\\x{byte:02x}").expect("a String takes all that is written");
        }
    }
    text
}

/// Puts characters into a string in a form that a terminal can only draw.
#[derive(Debug, Default)]
pub(super) struct Visible {
    marks: u8,
}

impl Visible {
    /// Takes no mark before the next base: what the last base carries is not known any more.
    pub(super) fn forget_base(&mut self) {
        self.marks = MAX_MARKS;
    }

    /// Appends one character, or what stands for it.
    pub(super) fn push(&mut self, text: &mut String, c: char) {
        if matches!(c, ' '..='~') {
            self.marks = 0;
            text.push(c);
        } else if let Some(picture) = control_picture(c) {
            self.marks = 0;
            text.push(picture);
        } else if matches!(c, '\u{fe0e}' | '\u{fe0f}') {
            // They choose between two looks of the character before them, one of which is wider, and terminals do not
            // agree on which one they show. Without them there is one look.
        } else if is_hidden(c) {
            self.marks = 0;
            write!(text, "\\u{{{:x}}}", u32::from(c)).expect("a String takes all that is written");
        } else if c.width() == Some(0) {
            if self.marks < MAX_MARKS {
                self.marks += 1;
                text.push(c);
            }
        } else {
            self.marks = 0;
            text.push(c);
        }
    }
}

/// The picture of a C0 character or of DEL.
fn control_picture(c: char) -> Option<char> {
    match u32::from(c) {
        code @ 0..=0x1f => char::from_u32(0x2400 + code),
        0x7f => Some('\u{2421}'),
        _ => None,
    }
}

/// C1 controls, line and paragraph separators, every character of Unicode's category Cf, and variation selectors: they
/// draw nothing, and some of them reorder what stands beside them or carry a hidden text.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
        | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}')
}

fn clean(text: &str, keep_newlines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut visible = Visible::default();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' if keep_newlines => {
                visible = Visible::default();
                out.push('\n');
            }
            '\u{1b}' if skip_sequence(&mut chars) => {}
            _ => visible.push(&mut out, c),
        }
    }
    out
}

/// Skips what follows an ESC, if it is an escape sequence. Follows ECMA-48 5.4 and 5.6, with BEL as a second end of
/// command strings, as xterm has it. A sequence that does not end is skipped as far as it goes; a command string
/// that does not end stops at the newline so that it cannot hide a whole file.
fn skip_sequence(chars: &mut Peekable<Chars<'_>>) -> bool {
    match chars.peek() {
        Some('[') => {
            chars.next();
            while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
            chars.next_if(|c| matches!(c, '@'..='~'));
            true
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            chars.next();
            skip_command_string(chars);
            true
        }
        Some(' '..='~') => {
            while chars.next_if(|c| matches!(c, ' '..='/')).is_some() {}
            chars.next_if(|c| matches!(c, '0'..='~'));
            true
        }
        _ => false,
    }
}

fn skip_command_string(chars: &mut Peekable<Chars<'_>>) {
    loop {
        match chars.peek() {
            None | Some('\n') => return,
            Some('\u{7}' | '\u{9c}' | '\u{18}' | '\u{1a}') => {
                chars.next();
                return;
            }
            Some('\u{1b}') => {
                // `ESC \` ends the string; any other ESC ends it too and starts a sequence of its own.
                let mut ahead = chars.clone();
                ahead.next();
                if ahead.next_if_eq(&'\\').is_some() {
                    *chars = ahead;
                }
                return;
            }
            Some(_) => {
                chars.next();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::width;

    /// What a hostile log or name may hold, and what is left of it.
    const CORPUS: &[(&str, &str)] = &[
        ("a\u{1b}]52;c;aGk=\u{7}b", "ab"),
        ("a\u{1b}]0;title\u{1b}\\b", "ab"),
        ("a\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\b", "alinkb"),
        ("a\u{1b}P1$r0m\u{1b}\\b", "ab"),
        ("a\u{1b}_Gf=100;AAAA\u{1b}\\b", "ab"),
        ("a\u{1b}^x\u{9c}b", "ab"),
        ("a\u{9b}31mb", "a\\u{9b}31mb"),
        ("a\u{9d}0;t\u{7}b", "a\\u{9d}0;t␇b"),
        ("a\u{1b}[6nb", "ab"),
        ("a\u{1b}cb", "ab"),
        ("a\u{1b}(0b", "ab"),
        ("a\u{1b}[31", "a"),
        ("a\u{1b}]0;never ends", "a"),
        ("a\u{1b}]0;x\u{1b}[31mb", "ab"),
        ("a\u{1b}", "a␛"),
        ("a\u{1b}\u{1b}[mb", "a␛b"),
        ("evil\u{202e}gpj.exe", "evil\\u{202e}gpj.exe"),
        ("a\u{2066}b\u{200f}c\u{200b}d\u{feff}", "a\\u{2066}b\\u{200f}c\\u{200b}d\\u{feff}"),
        (
            "heart\u{2764}\u{fe0f} watch\u{231a}\u{fe0e} key1\u{fe0f}\u{20e3}",
            "heart\u{2764} watch\u{231a} key1\u{20e3}",
        ),
        ("hidden\u{e0150}\u{fe00}", "hidden\\u{e0150}\\u{fe00}"),
        ("two\nlines\tand\0nul\u{7f}", "two␊lines␉and␀nul␡"),
    ];

    #[test]
    fn the_escape_corpus_leaves_only_text() {
        for (raw, shown) in CORPUS {
            assert_eq!(Safe::line(raw), *shown, "{raw:?}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_shown_and_never_obeyed() {
        assert_eq!(Safe::bytes(b"a\x9b31mb\xff"), "a\\x9b31mb\\xff");
        assert_eq!(Safe::bytes("µ".as_bytes()), "µ");
        assert_eq!(Safe::path(Path::new("/x/a\u{1b}[2Jb")), "/x/ab");
    }

    #[test]
    fn a_name_cannot_pile_marks_over_other_rows() {
        let raw = format!("e{}x", "\u{301}".repeat(10_000));
        assert_eq!(Safe::line(&raw).chars().count(), 2 + usize::from(MAX_MARKS));
    }

    #[test]
    fn many_lines_keep_their_newlines_only() {
        assert_eq!(Safe::multiline("a\r\nb\u{1b}]0;x\nc\rd"), "a\nb\nc␍d");
    }

    #[test]
    fn an_error_tells_its_sources_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("could not read {0}")]
        struct Outer(&'static str, #[source] std::io::Error);
        let error = Outer("x\u{1b}[2J", std::io::Error::other("disk\nfull"));
        assert_eq!(safe_error(&error), "could not read x: disk␊full");
    }

    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<char>().prop_map(String::from),
            "[\\x00-\\x1f\\x7f-\\u{9f}]",
            "[\\[\\]P_^XcO\\\\;0-9m ]{1,3}",
            Just("\u{1b}".to_owned()),
            "[\u{200b}-\u{200f}\u{2028}-\u{202e}\u{2060}-\u{206f}\u{300}-\u{30f}]{1,12}",
        ];
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn nothing_that_a_terminal_obeys_comes_through(raw in hostile()) {
            let safe = Safe::line(&raw);
            prop_assert!(!safe.chars().any(|c| c.is_control() || is_hidden(c)), "{safe:?}");
            prop_assert_eq!(Safe::line(&safe), safe.clone());
            let many = Safe::multiline(&raw);
            prop_assert!(!many.chars().any(|c| (c.is_control() && c != '\n') || is_hidden(c)), "{many:?}");
            prop_assert_eq!(Safe::multiline(&many), many.clone());
        }

        #[test]
        fn bytes_are_as_safe_as_text(raw in prop::collection::vec(any::<u8>(), 0..200)) {
            let safe = Safe::bytes(&raw);
            prop_assert!(!safe.chars().any(|c| c.is_control() || is_hidden(c)));
        }

        #[test]
        fn widths_add_up(raw in hostile(), cols in 0_usize..40) {
            let safe = Safe::line(&raw);
            prop_assert!(width::width(&width::truncate(&safe, cols)) <= cols);
            prop_assert_eq!(width::width(&width::fit(&safe, cols, width::Align::Right)), cols);
        }
    }
}
