//! From the bytes of an experiment file to its text.
//!
//! What stands in the file reaches gem5 as it is written, so bytes that are no text are refused and never exchanged for
//! others: a kernel called `Müller` in Latin-1 would be looked for under another name, or an option would have another value.

use std::path::Path;

use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::text::shell;

/// Latin-1, where something else is no better guess: it is what editors write that know no UTF-8.
const MOST_LIKELY: &str = "ISO-8859-1";

/// The text of a file with the contents `bytes`. `source` is its path.
///
/// # Errors
/// Where the first byte is that does not belong to a text in UTF-8, and how to change the file.
pub fn text_of<'b>(bytes: &'b [u8], source: &Path) -> Result<&'b str, Diagnostics> {
    if let Some(encoding) = wide_encoding(bytes) {
        let diagnostic = Diagnostic::error(format!("the file is {encoding} and not UTF-8"))
            .place(Place { line: 1, column: 1, len: 1 })
            .help(change(encoding, source));
        // Its characters make no line that could be shown.
        return Err(Diagnostics::new(source.to_string_lossy(), "\n", vec![diagnostic], 0));
    }
    // The mark that some editors put before a text is none of its characters.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let text = String::from_utf8_lossy(bytes);
    let (good, rest) = bytes.split_at(error.valid_up_to());
    let good = String::from_utf8_lossy(good);
    let line = good.rsplit('\n').next().unwrap_or("");
    let place = Place { line: good.matches('\n').count() + 1, column: line.chars().count() + 1, len: 1 };
    let diagnostic = Diagnostic::error(format!("the file is not UTF-8: the byte 0x{:02X} is no character", rest[0]))
        .place(place)
        .label("gem5 would be given something else than what is written")
        .help(format!("save it as UTF-8; if it is Latin-1, {}", change(MOST_LIKELY, source)));
    Err(Diagnostics::new(source.to_string_lossy(), &text, vec![diagnostic], 0))
}

/// How to change a file of another encoding.
fn change(encoding: &str, source: &Path) -> String {
    let file = source.file_name().unwrap_or_default().to_string_lossy();
    format!("run `iconv -f {encoding} -t UTF-8 {} > new.yaml`", shell::quote(&file))
}

/// The encoding with more than one byte for each character that the file has, as its mark tells, or the zeros that every plain
/// letter has in it.
fn wide_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Some("UTF-32"),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some("UTF-16"),
        [1..=255, 0, 0, 0, ..] => Some("UTF-32LE"),
        [0, 0, 0, 1..=255, ..] => Some("UTF-32BE"),
        [1..=255, 0, 1..=255, 0, ..] => Some("UTF-16LE"),
        [0, 1..=255, 0, 1..=255, ..] => Some("UTF-16BE"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> (Option<Place>, String) {
        let diagnostics = text_of(bytes, Path::new("/lab/exp.yaml")).unwrap_err();
        let [only] = diagnostics.items() else { panic!("{diagnostics:?}") };
        (only.place, only.help.clone().unwrap())
    }

    #[test]
    fn the_first_byte_that_is_no_text_is_told_by_line_and_column() {
        let at = |line, column| Some(Place { line, column, len: 1 });
        let latin = b"name: x\n# \xc3\xa4\n- caf\xe9 \xff\n";
        assert_eq!(refused(latin).0, at(3, 6));
        assert_eq!(refused("ä".as_bytes().split_last().unwrap().1).0, at(1, 1), "cut off");
        assert_eq!(refused(b"a: b\xed\xa0\x80").0, at(1, 5), "half of a pair");
        assert!(refused(latin).1.contains("iconv -f ISO-8859-1 -t UTF-8 exp.yaml"));
    }

    #[test]
    fn wide_encodings_are_named_with_and_without_their_mark() {
        let utf16 = |swap: fn(u16) -> [u8; 2]| "name: x".encode_utf16().flat_map(swap).collect::<Vec<u8>>();
        let (little, big) = (utf16(u16::to_le_bytes), utf16(u16::to_be_bytes));
        for (bytes, encoding) in [
            (little.clone(), "UTF-16LE "),
            (big.clone(), "UTF-16BE "),
            ([b"\xff\xfe".as_slice(), &little].concat(), "UTF-16 "),
            ([b"\xfe\xff".as_slice(), &big].concat(), "UTF-16 "),
            ("name".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(), "UTF-32LE "),
        ] {
            let help = refused(&bytes).1;
            assert!(help.contains(&format!("iconv -f {encoding}")), "{help}");
        }
    }

    #[test]
    fn text_is_taken_as_it_is() {
        assert_eq!(text_of(b"\xef\xbb\xbfname: x", Path::new("/x")).unwrap(), "name: x");
        for text in ["", "a", "ä: €🦀", "\u{fffd}"] {
            assert_eq!(text_of(text.as_bytes(), Path::new("/x")).unwrap(), text);
        }
    }
}
