//! What a shim tells its engine at once: a few bytes through a pipe that all shims of an engine share.
//!
//! All of it stands in the records, too, or will: who hears nothing, such as an engine that found the shim running, looks there. The
//! bytes are so few that the kernel writes them in one piece (`PIPE_BUF` of pipe(7)), and a pipe that is full or whose engine is
//! gone is no matter.

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// The start is recorded.
    Started,
    /// The whole tree has ended, which is not recorded yet: what it wrote is to be on disk before.
    Over,
}

/// How many bytes a word has.
pub(crate) const BYTES: usize = 5;

/// The word of the shim with this number.
pub(crate) fn encode(shim: i32, word: Word) -> [u8; BYTES] {
    let [a, b, c, d] = shim.to_le_bytes();
    [
        a,
        b,
        c,
        d,
        match word {
            Word::Started => b's',
            Word::Over => b'o',
        },
    ]
}

/// Who says what; nothing for what is no word.
pub(crate) fn decode(bytes: [u8; BYTES]) -> Option<(i32, Word)> {
    let [a, b, c, d, word] = bytes;
    let word = match word {
        b's' => Word::Started,
        b'o' => Word::Over,
        _ => return None,
    };
    Some((i32::from_le_bytes([a, b, c, d]), word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_as_they_were_said_and_nothing_else_is_one() {
        for (shim, word) in [(1, Word::Started), (4_194_304, Word::Over)] {
            assert_eq!(decode(encode(shim, word)), Some((shim, word)));
        }
        assert_eq!(decode([0; BYTES]), None);
    }
}
