//! Sequences that do something to a terminal, and checks that none of them came through.

/// What a stranger may write into a log, a file name or an error: text that a terminal would obey, or that would make it
/// show what is not there. Bytes that are no UTF-8 are among them.
pub(crate) const CORPUS: &[&[u8]] = &[
    // The clipboard, the title, links, the palette, a notification, a file.
    b"\x1b]52;c;aGFja2Vk\x07",
    b"\x1b]52;c;?\x1b\\",
    b"\x1b]0;owned\x07",
    b"\x1b]2;owned\x1b\\",
    b"\x1b]8;;evil:x\x1b\\link\x1b]8;;\x1b\\",
    b"\x1b]4;1;?\x07",
    b"\x1b]777;notify;owned;now\x07",
    b"\x1b]1337;File=inline=1:AAAA\x07",
    // Device control, application, privacy and start-of-string commands.
    b"\x1bP$q\"p\x1b\\",
    b"\x1bP+q544e\x1b\\",
    b"\x1b_Gi=1,a=T;AAAA\x1b\\",
    b"\x1b^private\x1b\\",
    b"\x1bXstring\x1b\\",
    // Questions whose answers come back as typed keys.
    b"\x1b[6n",
    b"\x1b[5n",
    b"\x1b[c",
    b"\x1b[>c",
    b"\x1b[21t",
    b"\x1bZ",
    b"\x05",
    // Windows, screens, modes, scrolling, resets.
    b"\x1b[8;1;1t",
    b"\x1b[?1049l",
    b"\x1b[?1000h",
    b"\x1b[?2004l",
    b"\x1b[4h",
    b"\x1b[2J\x1b[H",
    b"\x1b[3J",
    b"\x1b[1;2r",
    b"\x1b[!p",
    b"\x1bc",
    b"\x1b#8",
    b"\x1b(0lqk\x1b(B",
    b"\x1b>",
    b"\x1b7\x1b8",
    // The same in eight bits, as Latin-1 and as UTF-8.
    b"\x9b6n",
    b"\x9d0;owned\x9c",
    b"\x90$q\x9c",
    b"\xc2\x9b6n",
    b"\xc2\x9d0;owned\x07",
    b"\xc2\x90$q\xc2\x9c",
    // Text that reads in another order, or that nobody sees.
    "evil\u{202e}gpj.exe".as_bytes(),
    "\u{2066}isolated\u{2069}\u{200f}".as_bytes(),
    "zero\u{200b}width\u{feff}\u{2060}\u{ad}".as_bytes(),
    "tags\u{e0041}\u{e007f}".as_bytes(),
    // Characters that move, ring, shift and erase.
    b"\x07\x08\x08\x0b\x0c\x0e\x0f\x7f",
    b"a\x18b\x1ac",
    // Sequences that never end.
    b"\x1b[31",
    b"\x1b",
    b"\x1b]0;never ends",
    b"\x1bPnever ends",
];

/// The one question that a dashboard asks, once: for the ground on which it writes.
const GROUND: &[u8] = b"\x1b]11;?\x1b\\";

/// What sets the title of the window.
const TITLE: &[u8] = b"\x1b]2;";

/// What ends a frame.
const FRAME_END: &[u8] = b"\x1b[?2026l";

/// The part of the corpus that is UTF-8.
pub(crate) fn corpus_text() -> impl Iterator<Item = &'static str> {
    CORPUS.iter().filter_map(|bytes| std::str::from_utf8(bytes).ok())
}

/// Characters that draw nothing themselves: they hide or reorder what stands beside them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// What is wrong with plain output: it may hold text and newlines.
pub(crate) fn flaw_in_text(raw: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text,
        Err(error) => return Some(around(raw, error.valid_up_to())),
    };
    let bad = text.char_indices().find(|(_, c)| (c.is_control() && *c != '\n') || is_invisible(*c));
    bad.map(|(at, _)| around(raw, at))
}

/// What is wrong with output for programs: it is ASCII that a terminal only draws, and newlines.
pub(crate) fn flaw_in_json(raw: &[u8]) -> Option<String> {
    raw.iter().position(|byte| !matches!(byte, b' '..=b'~' | b'\n')).map(|at| around(raw, at))
}

/// What is wrong with the output of a dashboard: it may hold text, and of all sequences only those that draw, and the
/// modes and the title that a dashboard has. It takes the alternate screen, pasting and the mouse once and gives them back once, since it is
/// not suspended here.
pub(crate) fn flaw_in_drawing(raw: &[u8]) -> Option<String> {
    // What no dashboard asks for, `1003` and `1015`, it gives back all the same.
    let expected =
        ["1049h", "2004h", "1000h", "1002h", "1006h", "1006l", "1015l", "1003l", "1002l", "1000l", "2004l", "1049l"];
    let mut expected = expected.map(|mode| format!("\x1b[?{mode}")).into_iter();
    let (mut at, mut has_asked) = (0, false);
    while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(GROUND) && !has_asked {
            (at, has_asked) = (at + GROUND.len(), true);
        } else if rest.starts_with(TITLE) {
            match rest.windows(2).position(|bytes| bytes == b"\x1b\\") {
                Some(end) if is_title(&rest[TITLE.len()..end]) => at += end + 2,
                _ => return Some(around(raw, at)),
            }
        } else if rest.starts_with(b"\x07") && raw[..at].ends_with(FRAME_END) {
            // The bell at the end of a sweep, which rings between two frames.
            at += 1;
        } else if rest.starts_with(b"\x1b") {
            match drawing_sequence(rest) {
                Some(length) if rest.starts_with(b"\x1b[?1") || rest.starts_with(b"\x1b[?2004") => {
                    if expected.next().is_none_or(|next| rest[..length] != *next.as_bytes()) {
                        return Some(around(raw, at));
                    }
                    at += length;
                }
                Some(length) => at += length,
                None => return Some(around(raw, at)),
            }
        } else {
            let length = rest.iter().position(|byte| *byte == 0x1b).unwrap_or(rest.len());
            let plain: Vec<u8> = rest[..length].iter().copied().filter(|byte| *byte != b'\r').collect();
            if let Some(flaw) = flaw_in_text(&plain) {
                return Some(flaw);
            }
            at += length;
        }
    }
    None
}

/// Whether a title is one of a dashboard, which begins with how many of how many have ended.
fn is_title(title: &[u8]) -> bool {
    let is_counted = title.first().is_some_and(u8::is_ascii_digit) && title.contains(&b'/');
    is_counted && flaw_in_text(title).is_none() && !title.contains(&b'\n')
}

/// The length of the sequence at the start, if it is one that draws: SGR, cursor moves, erasing; and the modes of the
/// cursor, the alternate screen, pasting, the mouse and synchronised output.
fn drawing_sequence(raw: &[u8]) -> Option<usize> {
    let parameters = raw.strip_prefix(b"\x1b[")?;
    let length = parameters.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b':' | b'?'))?;
    let (parameters, end) = (std::str::from_utf8(&parameters[..length]).ok()?, parameters[length]);
    let draws = match (parameters.strip_prefix('?'), end) {
        (Some(mode), b'h' | b'l') => {
            ["25", "1000", "1002", "1003", "1006", "1015", "1049", "2004", "2026"].contains(&mode)
        }
        (None, b'J') => parameters == "2",
        // The title of the window is kept and given back.
        (None, b't') => ["22;2", "23;2"].contains(&parameters),
        (None, b'm' | b'H' | b'A'..=b'G' | b'd' | b'K') => true,
        _ => false,
    };
    draws.then_some(2 + length + 1)
}

fn around(raw: &[u8], at: usize) -> String {
    let part = &raw[at.saturating_sub(60)..(at + 60).min(raw.len())];
    format!("at {at}: {:?}", String::from_utf8_lossy(part))
}

#[test]
fn f41_the_checks_find_every_sequence_of_the_corpus() {
    for bytes in CORPUS {
        let shown = String::from_utf8_lossy(bytes);
        let line = [b"before ", *bytes, b" behind"].concat();
        assert!(flaw_in_text(&line).is_some(), "{shown:?}");
        assert!(flaw_in_json(&line).is_some(), "{shown:?}");
        // A dashboard erases the screen itself when it begins.
        assert_eq!(flaw_in_drawing(&line).is_none(), bytes.starts_with(b"\x1b[2J"), "{shown:?}");
    }
    let frame = "\u{1b}[?2026h\u{1b}[1;1H\u{1b}[38;5;4;1m┌ a\u{301} 日本\u{1b}[0m\u{1b}[?25l\u{1b}[?2026l\r\n";
    assert_eq!(flaw_in_drawing(frame.as_bytes()), None);
}
