//! A line of a log, with its colours beside the text instead of in it.

use unicode_width::UnicodeWidthChar;
use vte::{Params, Parser, Perform};

use super::safe::{Safe, Visible, visible_utf8};
use super::width;

/// The part of a line that is looked at. Log views read at most 4 KiB of a line; this is the guard for other callers.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// Tab stops, as terminals and pagers have them.
const TAB: usize = 8;

/// A colour of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// One of the 256 of the palette; the first sixteen are the user's own.
    Indexed(u8),
    /// Red, green and blue.
    Rgb(u8, u8, u8),
}

/// How a part of a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "these are independent attributes of a terminal cell")]
pub struct SpanStyle {
    /// The text's colour, if the line sets one.
    pub fg: Option<Colour>,
    /// The background's colour, if the line sets one.
    pub bg: Option<Colour>,
    /// SGR 1.
    pub bold: bool,
    /// SGR 2.
    pub dim: bool,
    /// SGR 4 and 21.
    pub underline: bool,
    /// SGR 7.
    pub reverse: bool,
}

/// A part of a line in one style.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StyledSpan {
    /// The text.
    pub text: Safe,
    /// How it looks.
    pub style: SpanStyle,
}

/// A line of a log: safe text in styled parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StyledLine {
    /// The parts, left to right. None of them is empty.
    pub spans: Vec<StyledSpan>,
}

impl StyledLine {
    /// The text alone.
    pub fn plain(&self) -> Safe {
        Safe::cleaned(self.spans.iter().map(|span| span.text.as_str()).collect())
    }

    /// The columns that the line takes.
    pub fn width(&self) -> usize {
        width::width(&self.plain())
    }
}

/// Makes a line of a log safe to draw. Its newline, if any, is not part of the line.
///
/// Colours, bold, dim, underline and reverse are kept; every other escape sequence is dropped. A line that a carriage
/// return overwrites shows its last part only, as a progress bar means it: text that a shorter part would have left
/// standing behind itself on a terminal is not shown. Tabs become spaces, runs of NUL become `␀×N`, and bytes that are
/// not UTF-8 become `\xNN`.
pub fn log_line(bytes: &[u8]) -> StyledLine {
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let line = line.get(..MAX_LINE_BYTES).unwrap_or(line);
    // vte replaces what is not UTF-8 by U+FFFD, so it is made visible before.
    let text = visible_utf8(line);
    let mut pen = Pen::default();
    Parser::new().advance(&mut pen, text.as_bytes());
    pen.finish()
}

/// Collects what a terminal would have drawn.
#[derive(Debug, Default)]
struct Pen {
    done: Vec<(String, SpanStyle)>,
    style: SpanStyle,
    visible: Visible,
    column: usize,
    /// A carriage return that nothing has been printed after yet.
    returned: bool,
    /// Backspaces that nothing has been printed after yet.
    back: usize,
    /// NULs that have not been written yet.
    nuls: usize,
}

impl Pen {
    /// Carries out the carriage return, the backspaces and the NULs that waited to see whether more text comes.
    fn settle(&mut self) {
        if std::mem::take(&mut self.returned) {
            self.done.clear();
            self.visible = Visible::default();
            self.column = 0;
            self.back = 0;
        }
        for _ in 0..std::mem::take(&mut self.back) {
            self.erase();
        }
        match std::mem::take(&mut self.nuls) {
            0 => {}
            1 => self.write("␀"),
            n => self.write(&format!("␀×{n}")),
        }
    }

    fn erase(&mut self) {
        self.visible.forget_base();
        // Marks belong to their base and go with it.
        while let Some((text, _)) = self.done.last_mut() {
            let Some(c) = text.pop() else {
                self.done.pop();
                continue;
            };
            let columns = c.width().unwrap_or(0);
            self.column = self.column.saturating_sub(columns);
            if columns > 0 {
                break;
            }
        }
    }

    fn write(&mut self, text: &str) {
        for c in text.chars() {
            self.put(c);
        }
    }

    fn put(&mut self, c: char) {
        let style = self.style;
        if self.done.last().is_none_or(|(_, last)| *last != style) {
            self.done.push((String::new(), style));
        }
        let (text, _) = self.done.last_mut().expect("a span was just put there");
        let before = text.len();
        self.visible.push(text, c);
        let added = text.get(before..).unwrap_or_default();
        self.column += added.chars().filter_map(UnicodeWidthChar::width).sum::<usize>();
    }

    fn finish(mut self) -> StyledLine {
        if self.nuls > 0 {
            self.settle();
        }
        let spans = self
            .done
            .into_iter()
            .filter(|(text, _)| !text.is_empty())
            .map(|(text, style)| StyledSpan { text: Safe::cleaned(text), style });
        StyledLine { spans: spans.collect() }
    }
}

impl Perform for Pen {
    fn print(&mut self, c: char) {
        self.settle();
        self.put(c);
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            0 => self.nuls += 1,
            b'\r' => {
                self.flush_nuls();
                self.returned = true;
            }
            0x08 => {
                self.flush_nuls();
                self.back += 1;
            }
            b'\t' => {
                self.settle();
                for _ in 0..TAB - self.column % TAB {
                    self.put(' ');
                }
            }
            // A bell in a log means nothing to a reader.
            0x07 => {}
            _ => {
                self.settle();
                self.put(char::from(byte));
            }
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: char) {
        if action == 'm' && intermediates.is_empty() && !ignore {
            self.flush_nuls();
            self.style = apply_sgr(self.style, params);
        }
    }
}

impl Pen {
    fn flush_nuls(&mut self) {
        if self.nuls > 0 {
            self.settle();
        }
    }
}

/// Select Graphic Rendition, ECMA-48 8.3.117, with the colour forms of ISO 8613-6 and of xterm.
fn apply_sgr(mut style: SpanStyle, params: &Params) -> SpanStyle {
    let mut groups = params.iter();
    while let Some(group) = groups.next() {
        let code = group.first().copied().unwrap_or(0);
        match code {
            0 => style = SpanStyle::default(),
            1 => style.bold = true,
            2 => style.dim = true,
            4 => style.underline = group.get(1) != Some(&0),
            7 => style.reverse = true,
            21 => style.underline = true,
            22 => (style.bold, style.dim) = (false, false),
            24 => style.underline = false,
            27 => style.reverse = false,
            30..=37 => style.fg = indexed(code - 30),
            39 => style.fg = None,
            40..=47 => style.bg = indexed(code - 40),
            49 => style.bg = None,
            90..=97 => style.fg = indexed(code - 90 + 8),
            100..=107 => style.bg = indexed(code - 100 + 8),
            38 | 48 => {
                let colour = match group.get(1..) {
                    Some(sub) if !sub.is_empty() => colour_of(sub),
                    _ => colour_that_follows(&mut groups),
                };
                let place = if code == 38 { &mut style.fg } else { &mut style.bg };
                *place = colour.or(*place);
            }
            _ => {}
        }
    }
    style
}

fn indexed(code: u16) -> Option<Colour> {
    u8::try_from(code).ok().map(Colour::Indexed)
}

/// `38:5:n`, `38:2:r:g:b` and `38:2:space:r:g:b`, behind the 38.
fn colour_of(sub: &[u16]) -> Option<Colour> {
    match *sub {
        [5, n, ..] => indexed(n),
        [2, r, g, b] | [2, _, r, g, b, ..] => rgb(r, g, b),
        _ => None,
    }
}

/// `38;5;n` and `38;2;r;g;b`, behind the 38.
fn colour_that_follows<'a>(groups: &mut impl Iterator<Item = &'a [u16]>) -> Option<Colour> {
    let mut next = || groups.next().and_then(|group| group.first().copied());
    match next()? {
        5 => indexed(next()?),
        2 => rgb(next()?, next()?, next()?),
        _ => None,
    }
}

fn rgb(r: u16, g: u16, b: u16) -> Option<Colour> {
    Some(Colour::Rgb(u8::try_from(r).ok()?, u8::try_from(g).ok()?, u8::try_from(b).ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(bytes: &[u8]) -> String {
        log_line(bytes).plain().into_string()
    }

    #[test]
    fn colours_are_kept_beside_the_text() {
        let line = log_line(b"a\x1b[1;31mb\x1b[38;5;200mc\x1b[48;2;1;2;3md\x1b[0me");
        let styles: Vec<_> = line.spans.iter().map(|span| (span.text.as_str(), span.style)).collect();
        let red = SpanStyle { fg: Some(Colour::Indexed(1)), bold: true, ..SpanStyle::default() };
        let pink = SpanStyle { fg: Some(Colour::Indexed(200)), ..red };
        let on_rgb = SpanStyle { bg: Some(Colour::Rgb(1, 2, 3)), ..pink };
        let none = SpanStyle::default();
        assert_eq!(styles, [("a", none), ("b", red), ("c", pink), ("d", on_rgb), ("e", none)]);
    }

    #[test]
    fn both_spellings_of_a_true_colour_are_understood() {
        for spelling in ["\u{1b}[38;2;9;8;7mx", "\u{1b}[38:2:9:8:7mx", "\u{1b}[38:2::9:8:7mx"] {
            let line = log_line(spelling.as_bytes());
            assert_eq!(line.spans[0].style.fg, Some(Colour::Rgb(9, 8, 7)), "{spelling:?}");
        }
    }

    #[test]
    fn sequences_that_are_not_colours_leave_no_trace() {
        for raw in [
            "a\u{1b}]52;c;aGk=\u{7}b",
            "a\u{1b}]0;t\u{1b}\\b",
            "a\u{1b}]8;;http://x\u{1b}\\b",
            "a\u{1b}P1$r0m\u{1b}\\b",
            "a\u{1b}_G\u{1b}\\b",
            "a\u{1b}[6nb",
            "a\u{1b}cb",
            "a\u{1b}[2J\u{1b}[Hb",
        ] {
            assert_eq!(plain(raw.as_bytes()), "ab", "{raw:?}");
        }
        assert_eq!(plain(b"a\x1b]0;never ends"), "a");
        assert_eq!(plain("a\u{9b}31mb\u{202e}".as_bytes()), "a\\u{9b}31mb\\u{202e}");
    }

    #[test]
    fn a_progress_bar_shows_its_last_state() {
        assert_eq!(plain(b"10%\r 50%\r100%\n"), "100%");
        assert_eq!(plain(b"10%\r 50%\r"), " 50%");
        assert_eq!(plain(b"a dos line\r\n"), "a dos line");
        assert_eq!(plain(b"\r\r"), "");
        let bar: Vec<u8> = (0..9000).flat_map(|i| format!("\r{i:5}").into_bytes()).collect();
        assert_eq!(plain(&bar), " 8999");
    }

    #[test]
    fn a_spinner_shows_its_last_state() {
        assert_eq!(plain(b"wait |\x08/\x08-\x08"), "wait -");
        assert_eq!(plain(b"ab\x08\x08\x08\x08c"), "c");
    }

    #[test]
    fn tabs_nuls_and_bytes_that_are_not_text() {
        assert_eq!(plain(b"a\tb\tc"), "a       b       c");
        assert_eq!(plain(b"a\0\0\0b\0"), "a␀×3b␀");
        assert_eq!(plain(b"\xff\xfeok \xc3"), "\\xff\\xfeok \\xc3");
        assert_eq!(plain("模\tx".as_bytes()), "模      x");
    }

    #[test]
    fn a_megabyte_of_anything_is_bounded() {
        let started = std::time::Instant::now();
        for byte in [0, b'\t', b'\r', 0x08, 0x1b, b'x', 0xff] {
            assert!(log_line(&vec![byte; 1 << 20]).width() <= MAX_LINE_BYTES * TAB);
        }
        assert!(started.elapsed().as_secs() < 10, "a line must not take quadratic time");
    }

    proptest! {
        #[test]
        fn no_log_line_can_speak_to_the_terminal(raw in prop::collection::vec(
            prop_oneof![any::<u8>(), Just(0x1b), Just(b'['), Just(b']'), Just(b'm'), Just(b'\r'), Just(0x08)], 0..200)) {
            let line = log_line(&raw);
            let text = line.plain();
            prop_assert!(!text.chars().any(char::is_control), "{text:?}");
            prop_assert_eq!(Safe::line(&text), text.clone());
            prop_assert!(line.spans.iter().all(|span| !span.text.is_empty()));
        }
    }
}
