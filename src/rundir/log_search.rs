//! Looking for a line in a part of a log, block by block and on a few threads.
//!
//! A block is searched as a whole, and a line looked for only where something was found. The lines are those of
//! [`LogFile`](super::LogFile): where a very long one is broken, a block ends.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::follow::Followed;
use super::line_pattern::LinePattern;
use super::threads;

/// A piece of a part, which one thread searches. Making a thread must be worth it.
pub(super) const PIECE: u64 = 1 << 20;

/// Segments that are read at once. Two hold at least one line's end or one break; more than a cache holds make it slower.
const SEGMENTS: u64 = 2;

/// Which of several lines of a piece that match is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    First,
    Last,
}

/// The line that matches in pieces of a log, each from the start of a line to that of another one. What is in one of them goes
/// before what is in those behind it.
pub(super) fn find(
    file: &Followed,
    segment: u64,
    pattern: &LinePattern,
    pieces: &[Range<u64>],
    wanted: Wanted,
) -> io::Result<Option<u64>> {
    // The first piece in which something was found: those behind it count no more.
    let best = AtomicUsize::new(usize::MAX);
    let found = threads::for_each(pieces.len(), None, |at| {
        let Some(piece) = pieces.get(at).filter(|_| at < best.load(Ordering::Relaxed)) else { return Ok(None) };
        let found = find_in_piece(file, segment, pattern, piece, wanted);
        if matches!(found, Ok(Some(_))) {
            best.fetch_min(at, Ordering::Relaxed);
        }
        found
    });
    // An error comes after what was found before it.
    found.into_iter().flatten().find_map(Result::transpose).transpose()
}

fn find_in_piece(
    file: &Followed,
    segment: u64,
    pattern: &LinePattern,
    piece: &Range<u64>,
    wanted: Wanted,
) -> io::Result<Option<u64>> {
    let mut buffer = vec![0; (segment * (SEGMENTS + 1)).min(piece.end - piece.start) as usize];
    let mut best = None;
    let mut start = piece.start;
    while start < piece.end {
        let end = piece.end.min((start / segment + 1 + SEGMENTS) * segment);
        let block = buffer.get_mut(..(end - start) as usize).unwrap_or_default();
        let read = file.read_at(block, start)?;
        if (read as u64) < end - start {
            // It shrank since the last look; the next look will tell.
            return Ok(best);
        }
        let lines = lines_in(block, start, segment, end == piece.end);
        for run in &lines {
            let text = block.get(run.clone()).unwrap_or_default();
            if let Some(place) = find_in_lines(pattern, text, wanted) {
                best = Some(start + run.start as u64 + place as u64);
                if wanted == Wanted::First {
                    return Ok(best);
                }
            }
        }
        start += lines.last().map_or(end - start, |run| run.end as u64);
    }
    Ok(best)
}

/// Runs of whole lines in a block that begins with a line, one for each stretch without a break. A line that goes on behind the
/// block is left out, unless the block is the last one.
fn lines_in(block: &[u8], start: u64, segment: u64, is_last: bool) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut begun = 0;
    let mut from = 0;
    while from < block.len() {
        let place = start + from as u64;
        let to = block.len().min(from + (segment - place % segment) as usize);
        let is_whole = (to - from) as u64 == segment;
        let piece = block.get(from..to).unwrap_or_default();
        if is_whole && memchr::memchr(b'\n', piece).is_none() {
            runs.push(begun..to);
            begun = to;
        }
        from = to;
    }
    let rest = block.get(begun..).unwrap_or_default();
    let end = if is_last { Some(rest.len()) } else { memchr::memrchr(b'\n', rest).map(|newline| newline + 1) };
    runs.extend(end.filter(|end| *end > 0).map(|end| begun..begun + end));
    runs
}

/// Where the wanted line begins in a run of whole lines.
fn find_in_lines(pattern: &LinePattern, lines: &[u8], wanted: Wanted) -> Option<usize> {
    let lines = lines.strip_suffix(b"\n").unwrap_or(lines);
    let start_of =
        |place: usize| memchr::memrchr(b'\n', lines.get(..place)?).map_or(Some(0), |newline| Some(newline + 1));
    let mut last = None;
    let mut from = 0;
    while let Some(place) = pattern.find(lines, from) {
        last = start_of(place);
        let rest = lines.get(place..).unwrap_or_default();
        match memchr::memchr(b'\n', rest) {
            Some(newline) if wanted == Wanted::Last => from = place + newline + 1,
            _ => break,
        }
    }
    last
}
