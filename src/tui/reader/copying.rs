//! Reading a range of a log for the clipboard.

use std::io;

use super::folded;
use crate::rundir::{LinePattern, LogFile};
use crate::text::{Safe, human, log_line};
use crate::tui::reading::{CopyReading, CopyWant};

/// Bytes of a file that are looked at for a range: a few milliseconds.
const LARGEST_RANGE: u64 = 16 << 20;
/// Bytes of text that are copied. Terminals that take more are rare, and the others take nothing of it.
const LARGEST_TEXT: usize = 64 << 10;

/// The lines of a range that a filter lets through, or why they are not copied.
pub(super) fn copy(file: &mut LogFile, wanted: &CopyWant, filter: Option<&LinePattern>) -> CopyReading {
    let text = match range(file, wanted, filter) {
        Ok(text) => text,
        Err(error) => Err(Safe::line(&error.to_string())),
    };
    CopyReading { id: wanted.id, text }
}

fn range(file: &mut LogFile, wanted: &CopyWant, filter: Option<&LinePattern>) -> io::Result<Result<(Safe, u64), Safe>> {
    let too_large = |bytes: u64| {
        let most = human::bytes(LARGEST_TEXT as u64);
        let text =
            format!("{} are too much for a clipboard, which takes {most}; nothing was copied", human::bytes(bytes));
        Safe::line(&text)
    };
    let (first, end) = (file.line_start(wanted.first)?, end_of(file, wanted)?);
    let bytes = end.saturating_sub(first);
    let most = if filter.is_some() { LARGEST_RANGE } else { LARGEST_TEXT as u64 };
    if bytes > most {
        return Ok(Err(too_large(bytes)));
    }
    let (mut text, mut lines, mut at) = (String::new(), 0, first);
    while at < end {
        let places: Vec<u64> = match filter {
            None => vec![at],
            Some(pattern) => {
                let Some(step) = file.matches(pattern, at, end - at)? else { break };
                at = step.next_offset;
                step.lines.iter().map(|found| found.line).collect()
            }
        };
        for place in places {
            let Some(line) = file.lines_from(place, 1)?.into_iter().next() else {
                return Ok(Err(Safe::plain("the file was cut short; nothing was copied")));
            };
            if filter.is_none() {
                at = line.end;
            }
            if line.left_out > 0 {
                return Ok(Err(Safe::plain("a line in it is too long to be copied; nothing was copied")));
            }
            text.push_str(&log_line(&line.bytes).plain());
            text.push('\n');
            lines += 1;
            if text.len() > LARGEST_TEXT {
                return Ok(Err(too_large(bytes)));
            }
        }
    }
    text.pop();
    Ok(Ok((Safe::multiline(&text), lines)))
}

/// Where the last line ends, or all that are folded into it: who sees one row means what it stands for.
fn end_of(file: &mut LogFile, wanted: &CopyWant) -> io::Result<u64> {
    match file.lines_from(wanted.last, 1)?.first() {
        Some(line) if wanted.folds => folded::end_of(file, line),
        line => Ok(line.map_or(wanted.last, |line| line.end)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn copied(text: &str, first: u64, last: u64, filter: Option<&str>) -> Result<(String, u64), Safe> {
        copied_as(text, &CopyWant { id: 3, first, last, folds: false }, filter)
    }

    fn copied_as(text: &str, wanted: &CopyWant, filter: Option<&str>) -> Result<(String, u64), Safe> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        fs::write(&path, text).unwrap();
        let filter = filter.map(|text| LinePattern::new(text, false, LinePattern::USUAL_SIZE).unwrap());
        let mut file = LogFile::open(&path).unwrap();
        let reading = copy(&mut file, wanted, filter.as_ref());
        assert_eq!(reading.id, wanted.id);
        reading.text.map(|(text, lines)| (text.into_string(), lines))
    }

    #[test]
    fn both_lines_and_all_between_are_copied_and_of_those_what_a_filter_shows() {
        let text = "one\ntwo\x1b[31m red\nthree\nfour";
        assert_eq!(copied(text, 4, 17, None), Ok(("two red\nthree".to_owned(), 2)));
        assert_eq!(copied(text, 0, 23, Some("o")), Ok(("one\ntwo red\nfour".to_owned(), 3)));
        assert_eq!(copied(text, 0, 0, None), Ok(("one".to_owned(), 1)));
    }

    #[test]
    fn a_range_that_ends_at_lines_folded_into_one_has_all_of_them() {
        let text = "one\nx\nx\nx\ny\ny\nend\n";
        let copied = |last, folds| copied_as(text, &CopyWant { id: 3, first: 0, last, folds }, None).unwrap();
        assert_eq!(copied(4, true), ("one\nx\nx\nx".to_owned(), 4));
        assert_eq!(copied(4, false), ("one\nx".to_owned(), 2));
        // A line that was marked while each was shown is the end that was meant, and two lines are not folded.
        assert_eq!(copied(6, true).1, 3);
        assert_eq!(copied(10, true).1, 5);
    }

    #[test]
    fn too_much_for_a_clipboard_is_not_copied_in_part() {
        let text = "0123456789\n".repeat(10_000);
        let last = text.len() as u64 - 11;
        assert!(copied(&text, 0, last, None).is_err());
        assert!(copied(&text, 0, last, Some("0")).is_err());
        assert!(copied(&text, 0, 110, None).is_ok());
    }
}
