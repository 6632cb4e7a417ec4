//! A log for somebody else: in a file of the user's, or for a program that reads it.
//!
//! Into a file goes what is in the log, byte by byte. A program may write to the terminal what it reads, so it gets only what may be shown.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::atomic::temporary_in;
use super::line_pattern::LinePattern;
use super::log_file::LogFile;

/// Bytes that are looked at for lines that match before those are written.
const STEP: u64 = 16 << 20;

/// Lines that are read at a time.
const WINDOW: usize = 1_000;

/// Writes a log, or those of its lines that match, into a file that is not there yet. Tells how many bytes. A file of that name is whole.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] where something is there, and whatever the system says. Nothing is there then.
pub(crate) fn save(log: &Path, filter: Option<&LinePattern>, to: &Path) -> io::Result<u64> {
    if to.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let directory = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // As any program would make it: the user's mask says who reads it.
    let open = |path: &Path| OpenOptions::new().write(true).create_new(true).mode(0o666).open(path);
    let mut temporary = temporary_in(directory, open)?;
    let mut out = BufWriter::new(temporary.as_file_mut());
    let bytes = copy(log, filter, &mut out)?;
    out.flush()?;
    drop(out);
    temporary.persist_noclobber(to).map_err(|error| error.error)?;
    Ok(bytes)
}

fn copy(log: &Path, filter: Option<&LinePattern>, out: &mut impl Write) -> io::Result<u64> {
    let mut bytes = File::open(log)?;
    let Some(filter) = filter else {
        // What is written meanwhile would have no end.
        let length = bytes.metadata()?.len();
        return io::copy(&mut bytes.take(length), out);
    };
    let mut lines = LogFile::open(log)?;
    let (mut at, mut copied) = (0, 0);
    while let Some(step) = lines.matches(filter, at, STEP)? {
        for found in &step.lines {
            let end = end_of_line(&mut lines, found.line)?;
            bytes.seek(SeekFrom::Start(found.line))?;
            copied += io::copy(&mut (&bytes).take(end - found.line), out)?;
        }
        at = step.next_offset;
    }
    Ok(copied)
}

/// Where the next line begins: a very long one has pieces.
fn end_of_line(log: &mut LogFile, line: u64) -> io::Result<u64> {
    let mut end = line;
    for first in [true, false].into_iter().chain(std::iter::repeat(false)) {
        match log.lines_from(end, 1)?.first() {
            Some(piece) if first || piece.continues => end = piece.end,
            _ => break,
        }
    }
    Ok(end)
}

/// Writes a log, or those of its lines that match, as text that is safe to show; of very long lines a part, with a mark where it is cut.
///
/// # Errors
/// What the system says, of either end.
pub(crate) fn print(log: &Path, filter: Option<&LinePattern>, out: &mut impl Write) -> io::Result<()> {
    let mut file = LogFile::open(log)?;
    let mut at = 0;
    let Some(filter) = filter else {
        let length = file.len();
        while at < length {
            let lines = file.lines_from(at, WINDOW)?;
            for line in &lines {
                writeln!(out, "{}", line.text())?;
            }
            let Some(last) = lines.last() else { break };
            at = last.end;
        }
        return out.flush();
    };
    while let Some(step) = file.matches(filter, at, STEP)? {
        for found in &step.lines {
            writeln!(out, "{}", file.excerpt(*found)?.text())?;
        }
        at = step.next_offset;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn place(text: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("simout.txt");
        fs::write(&log, text).unwrap();
        (dir, log)
    }

    fn pattern(text: &str) -> LinePattern {
        LinePattern::new(text, false, LinePattern::USUAL_SIZE).unwrap()
    }

    #[test]
    fn a_file_gets_every_byte_and_of_a_filter_whole_lines() {
        let long = [b"warn: ".as_slice(), &vec![b'x'; 3 << 20], b"\n"].concat();
        let text = [b"one\x1b[31m\n\xff\0 warn: a\r\n".as_slice(), &long, b"info\nwarn: no newline"].concat();
        let (dir, log) = place(&text);
        let (all, some) = (dir.path().join("all"), dir.path().join("some"));
        assert_eq!(save(&log, None, &all).unwrap(), text.len() as u64);
        assert_eq!(fs::read(&all).unwrap(), text);
        save(&log, Some(&pattern("warn:")), &some).unwrap();
        assert_eq!(fs::read(&some).unwrap(), [b"\xff\0 warn: a\r\n".as_slice(), &long, b"warn: no newline"].concat());
    }

    #[test]
    fn what_is_there_stays_and_nothing_half_is_left() {
        let (dir, log) = place(b"new");
        let thesis = dir.path().join("thesis");
        fs::write(&thesis, "old").unwrap();
        std::os::unix::fs::symlink("nowhere", dir.path().join("link")).unwrap();
        for there in [thesis.clone(), dir.path().join("link")] {
            assert_eq!(save(&log, None, &there).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        }
        assert!(save(&dir.path().join("gone"), None, &dir.path().join("copy")).is_err());
        assert_eq!((fs::read(&thesis).unwrap(), fs::read_dir(dir.path()).unwrap().count()), (b"old".to_vec(), 3));
    }

    #[test]
    fn a_program_gets_nothing_that_a_terminal_obeys() {
        let (_dir, log) = place(b"a\x1b]0;owned\x07b\n\x9b6n warn\nlast\x1b[2J");
        let printed = |filter: Option<&LinePattern>| {
            let mut out = Vec::new();
            print(&log, filter, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        for text in [printed(None), printed(Some(&pattern(".")))] {
            assert!(text.lines().count() == 3 && text.ends_with("last\n"), "{text:?}");
            assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        }
    }
}
