//! Looking for a line in a part of a log, block by block and on a few threads.
//!
//! A block is searched as a whole, and a line looked for only where something was found. The lines are those of
//! [`LogFile`](super::LogFile): where a very long one is broken, a block ends.

use std::io;
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::follow::Followed;
use super::line_pattern::{LineMatch, LinePattern};
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
    let mut best = None;
    each_run(file, segment, piece, |start, text| {
        let Some(place) = find_in_lines(pattern, text, wanted) else { return ControlFlow::Continue(()) };
        best = Some(start + place as u64);
        if wanted == Wanted::First { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(best)
}

/// A line that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Where the line begins.
    pub line: u64,
    /// Where the first match in it begins.
    pub place: u64,
    /// How many newlines there are before it, from where the search began.
    pub newlines: u64,
}

/// The lines of a part that match, and how far the part was looked at.
#[derive(Debug, Default)]
pub(super) struct Matches {
    pub(super) lines: Vec<Match>,
    pub(super) newlines: u64,
    pub(super) end: u64,
}

/// Every line that matches in pieces of a log that follow one another, at most `most` of each piece. What is behind a piece that
/// has more of them, or that could not be read whole, is left for the next search.
pub(super) fn all(
    file: &Followed,
    segment: u64,
    pattern: &LinePattern,
    pieces: &[Range<u64>],
    most: usize,
) -> io::Result<Matches> {
    let found = threads::for_each(pieces.len(), None, |at| match pieces.get(at) {
        Some(piece) => all_in_piece(file, segment, pattern, piece, most),
        None => Ok(Matches::default()),
    });
    let mut all = Matches { end: pieces.first().map_or(0, |piece| piece.start), ..Matches::default() };
    for (found, piece) in found.into_iter().flatten().zip(pieces) {
        let found = found?;
        all.lines.extend(found.lines.into_iter().map(|line| Match { newlines: all.newlines + line.newlines, ..line }));
        all.newlines += found.newlines;
        all.end = found.end;
        if found.end < piece.end {
            break;
        }
    }
    Ok(all)
}

fn all_in_piece(
    file: &Followed,
    segment: u64,
    pattern: &LinePattern,
    piece: &Range<u64>,
    most: usize,
) -> io::Result<Matches> {
    let mut all = Matches { end: piece.start, ..Matches::default() };
    each_run(file, segment, piece, |start, text| {
        let lines = text.strip_suffix(b"\n").unwrap_or(text);
        let mut counted = 0;
        for LineMatch { line, place } in pattern.lines(lines, 0) {
            all.newlines += count_newlines(&lines[counted..line]);
            counted = line;
            if all.lines.len() >= most {
                all.end = start + line as u64;
                return ControlFlow::Break(());
            }
            all.lines.push(Match { line: start + line as u64, place: start + place as u64, newlines: all.newlines });
        }
        all.newlines += count_newlines(&text[counted..]);
        all.end = start + text.len() as u64;
        ControlFlow::Continue(())
    })?;
    Ok(all)
}

fn count_newlines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

/// Reads a piece block by block and hands on runs of whole lines, each with the place where it begins, until that breaks off.
fn each_run(
    file: &Followed,
    segment: u64,
    piece: &Range<u64>,
    mut each: impl FnMut(u64, &[u8]) -> ControlFlow<()>,
) -> io::Result<()> {
    let mut buffer = vec![0; (segment * (SEGMENTS + 1)).min(piece.end - piece.start) as usize];
    let mut start = piece.start;
    while start < piece.end {
        let end = piece.end.min((start / segment + 1 + SEGMENTS) * segment);
        let block = buffer.get_mut(..(end - start) as usize).unwrap_or_default();
        let read = file.read_at(block, start)?;
        if (read as u64) < end - start {
            // It shrank since the last look; the next look will tell.
            return Ok(());
        }
        let lines = lines_in(block, start, segment, end == piece.end);
        for run in &lines {
            let text = block.get(run.clone()).unwrap_or_default();
            if each(start + run.start as u64, text).is_break() {
                return Ok(());
            }
        }
        start += lines.last().map_or(end - start, |run| run.end as u64);
    }
    Ok(())
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
    let mut found = pattern.lines(lines.strip_suffix(b"\n").unwrap_or(lines), 0);
    let found = match wanted {
        Wanted::First => found.next(),
        Wanted::Last => found.last(),
    };
    found.map(|found| found.line)
}
