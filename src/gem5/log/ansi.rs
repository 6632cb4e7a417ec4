//! Colours and other escape sequences, which simulated programs and wrappers put between the words.

/// The text without escape sequences (ECMA-48). Nothing else of it is changed: it is still not safe to print.
pub(super) fn without_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\x1b' {
            out.push(c);
            continue;
        }
        match chars.next() {
            // A control sequence ends at its first letter or the like.
            Some('[') => _ = chars.find(|c| matches!(c, '@'..='~')),
            // A string for the terminal ends at a bell or at `ESC \`. One that does not end takes nothing else along.
            Some(']' | 'P' | 'X' | '^' | '_') => {
                let rest = chars.as_str();
                let end = rest.find(['\x07', '\x1b']);
                let behind = end.map(|end| rest.split_at(end).1);
                let behind = behind.and_then(|rest| rest.strip_prefix("\x1b\\").or_else(|| rest.strip_prefix('\x07')));
                chars = behind.unwrap_or(rest).chars();
            }
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::without_escapes;

    #[test]
    fn sequences_go_and_words_stay() {
        for (text, expected) in [
            ("\x1b[31;1mfatal\x1b[0m: x", "fatal: x"),
            ("\x1b]0;title\x07a\x1b]52;c;AA\x1b\\b", "ab"),
            ("\x1b(Ba\x1b", "Ba"),
            ("\x1b[", ""),
            ("\x1b]no end, fatal: x", "no end, fatal: x"),
            ("\u{202e}\x07plain", "\u{202e}\x07plain"),
        ] {
            assert_eq!(without_escapes(text), expected, "{text:?}");
        }
    }
}
