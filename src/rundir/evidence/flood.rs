//! The line that a process filled its log with.

use std::io::{self, Read, Seek, SeekFrom};

use crate::gem5::log::{Repeated, Repetition};
use crate::gem5::outcome::Flood;
use crate::rundir::follow::open_with_facts;

use super::logs::Log;

/// So much of the end of a log tells whether it repeats a line.
const GLANCE: u64 = 256 << 10;

/// And so much is counted of one that does. It takes about a second where numbers differ in all lines.
const MOST: u64 = 16 << 20;

/// A line that came less often has filled nothing, unless it kept a simulation from being idle.
const LEAST: u64 = 10;

/// A longer line is cut: no line that is repeated for ever is long.
const MAX_LINE: usize = 8 << 10;

/// The line that one of the logs repeats at its end, or shortly before; of several the one that came most often.
pub(super) fn flood(logs: &[Log<'_>]) -> Option<Flood> {
    logs.iter().filter_map(|log| of_log(log, GLANCE, MOST).ok().flatten()).max_by_key(|flood| flood.times)
}

fn of_log(log: &Log<'_>, glance: u64, most: u64) -> io::Result<Option<Flood>> {
    let Some((first, _)) = last_repeated(log, glance)? else { return Ok(None) };
    if first.times < LEAST {
        return Ok(None);
    }
    let told = last_repeated(log, most)?;
    Ok(told.map(|(Repeated { line, times }, is_all)| Flood { line, times, is_all }))
}

/// The same within so many bytes of the end, and whether all of it lies there.
fn last_repeated(log: &Log<'_>, most: u64) -> io::Result<Option<(Repeated, bool)>> {
    if let Some(text) = log.whole().filter(|text| text.len() as u64 <= most) {
        return repeated_in(text, 0);
    }
    let (mut file, facts) = open_with_facts(log.path)?;
    let from = facts.len().saturating_sub(most);
    file.seek(SeekFrom::Start(from))?;
    repeated_in(file.take(most), from)
}

/// The same in a text that stands at `from` in its file.
fn repeated_in(mut rest: impl Read, from: u64) -> io::Result<Option<(Repeated, bool)>> {
    let mut repetition = Repetition::default();
    let mut line = Vec::new();
    let mut chunk = vec![0; CHUNK];
    let mut is_first = from > 0;
    loop {
        let read = rest.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        let mut bytes = chunk.get(..read).unwrap_or_default();
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (piece, behind) = bytes.split_at(end);
            bytes = behind.get(1..).unwrap_or_default();
            keep(&mut line, piece);
            if !std::mem::take(&mut is_first) {
                repetition.take(&String::from_utf8_lossy(&line));
            }
            line.clear();
        }
        keep(&mut line, bytes);
    }
    let is_all = from == 0 || repetition.began_behind_another();
    Ok(repetition.repeated().map(|repeated| (repeated, is_all)))
}

/// The unit of reading.
const CHUNK: usize = 16 << 10;

fn keep(line: &mut Vec<u8>, piece: &[u8]) {
    let room = MAX_LINE.saturating_sub(line.len()).min(piece.len());
    line.extend_from_slice(piece.get(..room).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_count_is_of_the_whole_run_and_says_when_it_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("simerr.txt");
        let told = |text: &str, glance, most| {
            fs::write(&path, text).unwrap();
            of_log(&Log::at(&path), glance, most).unwrap().map(|flood| (flood.line, flood.times, flood.is_all))
        };
        let flood = "warn: fault\n".repeat(5_000);
        let text = format!("begin\n{flood}bye\n");
        let line = || "warn: fault".to_owned();
        assert_eq!(told(&text, 1_000, 1 << 20), Some((line(), 5_000, true)));
        assert_eq!(told(&flood, 1_000, 1 << 20), Some((line(), 5_000, true)));
        assert_eq!(told(&text, 1_000, 1_204), Some((line(), 99, false)));
        assert_eq!(told("a\nb\nb\n", 1_000, 1 << 20), None);
        assert_eq!(told("", 1_000, 1 << 20), None);
        assert!(of_log(&Log::at(&dir.path().join("absent")), 1, 1).is_err());
    }
}
