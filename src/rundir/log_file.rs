//! A log of any size, read by the window.
//!
//! A line here ends at its newline, or, so that no step ever scans or holds more than a little, at a multiple of
//! 64 KiB of the file when the 64 KiB before it hold no newline. Whether there is such a break can be told from the
//! bytes next to it alone, so lines are the same read forwards and backwards.

mod repeats;

use std::io;
use std::ops::Range;
use std::path::Path;

use super::follow::{Change, Followed};
use super::line_count::{Counter, LineCount};
use super::line_pattern::LinePattern;
use super::log_search::{self, Match, Matches, PIECE, Wanted};
use crate::text::{Safe, log_line};

/// A line without newline is broken at multiples of this. Also the unit of reading and of the index.
const SEGMENT: u64 = 64 * 1024;

/// So many bytes of a line are handed out; no screen shows more.
pub(crate) const MAX_SHOWN: usize = 4 * 1024;

/// So many lines are handed out at once, which with [`MAX_SHOWN`] bounds the memory of one window at 16 MiB.
pub(crate) const MAX_LINES: usize = 4096;

/// So much of a very long line is handed out before what matches in it.
const BEFORE_MATCH: u64 = 80;

/// So many lines of each piece that match are kept at once, which bounds the memory of a step.
const MAX_MATCHES: usize = 16 << 10;

/// The window's line and its neighbour's block: more are never needed at once.
const CACHED_BLOCKS: usize = 2;

/// A line as it is in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawLine {
    /// Offset of its first byte.
    pub start: u64,
    /// Offset of the next line.
    pub end: u64,
    /// Its bytes without the newline, at most `MAX_SHOWN`. Of a longer line they begin behind the last carriage return:
    /// what stands before is overwritten, as a progress bar means it.
    pub bytes: Vec<u8>,
    /// Whether more follows behind `bytes`.
    pub cut: bool,
    /// How many bytes follow behind them, the newline not counted.
    pub left_out: u64,
    /// Whether it goes on from the one before: a very long line is handed out in pieces.
    pub continues: bool,
    /// Whether it ends in a newline, or where a line without newline is broken. Otherwise it may still grow.
    pub whole: bool,
}

impl RawLine {
    /// The same as a text that is safe to show, with a mark where it is cut.
    pub fn text(&self) -> Safe {
        let mut text = log_line(&self.bytes).plain();
        if self.cut {
            text.push(&Safe::plain(" … (cut)"));
        }
        text
    }
}

/// A line that matches, or the part of it around the match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The bytes, without the newline.
    pub bytes: Vec<u8>,
    /// Whether the line begins before them.
    pub begins_later: bool,
    /// Whether it goes on behind them.
    pub cut: bool,
}

impl Excerpt {
    /// The same as a text that is safe to show, with marks where it is cut.
    pub fn text(&self) -> Safe {
        let mut text = Safe::plain(if self.begins_later { "… " } else { "" });
        text.push(&log_line(&self.bytes).plain());
        if self.cut {
            text.push(&Safe::plain(" … (cut)"));
        }
        text
    }
}

/// What a step of a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A line that matches.
    Found {
        /// Its offset.
        start: u64,
    },
    /// Nothing within the budget.
    NotHere {
        /// Where the next step starts.
        next_offset: u64,
    },
    /// Nothing up to the end of the file, or to its beginning.
    End,
}

/// What a step of a search for every line found.
#[derive(Debug)]
pub struct MatchesStep {
    /// The lines that match.
    pub lines: Vec<Match>,
    /// How many newlines there are in what was looked at.
    pub newlines: u64,
    /// Where the next step starts.
    pub next_offset: u64,
}

/// Where the line of a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbered {
    /// It begins at this offset.
    At(u64),
    /// Lines are not counted so far yet.
    NotCounted,
    /// There are not so many.
    Beyond,
}

/// A log that somebody writes, or will write.
#[derive(Debug)]
pub struct LogFile {
    file: Followed,
    segment: u64,
    blocks: Vec<Block>,
    counter: Counter,
}

#[derive(Debug)]
struct Block {
    number: u64,
    bytes: Vec<u8>,
}

impl LogFile {
    /// The log at `path`, which need not exist yet.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::with_segment(path, SEGMENT)
    }

    fn with_segment(path: &Path, segment: u64) -> io::Result<Self> {
        let mut file = Followed::new(path);
        file.refresh()?;
        Ok(Self { file, segment, blocks: Vec::new(), counter: Counter::new(segment) })
    }

    /// Looks at the file again. After a change that `Change::is_reset`, offsets from before mean nothing.
    pub fn refresh(&mut self) -> io::Result<Change> {
        let change = self.file.refresh()?;
        if change.is_reset() {
            self.blocks.clear();
            self.counter = Counter::new(self.segment);
        }
        Ok(change)
    }

    /// Whether the file existed at the last look.
    pub fn exists(&self) -> bool {
        self.file.exists()
    }

    /// The length in bytes at the last look; nothing behind it is shown.
    pub fn len(&self) -> u64 {
        self.file.len()
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The start of the line that the byte at `offset` is in.
    pub fn line_start(&mut self, offset: u64) -> io::Result<u64> {
        self.start_before(offset.min(self.len()).saturating_add(1))
    }

    /// Where the last line begins if it is without its newline and may still grow, and else the end of the file.
    pub fn line_start_at_end(&mut self) -> io::Result<u64> {
        let len = self.len();
        if len == 0 || self.ends_in_newline(len)? { Ok(len) } else { self.line_start(len - 1) }
    }

    /// At most `count` lines from the line start at `offset` on.
    pub fn lines_from(&mut self, offset: u64, count: usize) -> io::Result<Vec<RawLine>> {
        let mut lines = Vec::new();
        let mut start = offset;
        while start < self.len() && lines.len() < count.min(MAX_LINES) {
            let end = self.start_after(start)?;
            lines.push(self.raw_line(start, end)?);
            start = end;
        }
        Ok(lines)
    }

    /// At most `count` lines that end at the line start at `offset`, first to last.
    pub fn lines_before(&mut self, offset: u64, count: usize) -> io::Result<Vec<RawLine>> {
        let mut lines = Vec::new();
        let mut end = offset.min(self.len());
        while end > 0 && lines.len() < count.min(MAX_LINES) {
            let start = self.start_before(end)?;
            lines.push(self.raw_line(start, end)?);
            end = start;
        }
        lines.reverse();
        Ok(lines)
    }

    /// At most `count` lines at the end, first to last. The last one may still be without its newline.
    pub fn last_lines(&mut self, count: usize) -> io::Result<Vec<RawLine>> {
        self.lines_before(self.len(), count)
    }

    /// Counts lines for about `budget` bytes more. Counting again after growth takes up where it stopped.
    pub fn count_step(&mut self, budget: u64) -> io::Result<LineCount> {
        let mut buffer = vec![0; self.segment as usize];
        let stop = self.len().min(self.counter.offset().saturating_add(budget.max(1)));
        while self.counter.offset() < stop {
            let from = self.counter.offset();
            let block_end = (from / self.segment + 1) * self.segment;
            let wanted = block_end.min(self.len()) - from;
            let piece = buffer.get_mut(..wanted as usize).unwrap_or_default();
            let read = self.file.read_at(piece, from)?;
            if read == 0 {
                // It shrank since the last look; the next look will tell.
                break;
            }
            self.counter.take(piece.get(..read).unwrap_or_default());
        }
        Ok(self.count())
    }

    /// The count as far as it has come.
    pub fn count(&self) -> LineCount {
        self.counter.count(self.len())
    }

    /// How many bytes are counted.
    pub fn counted_bytes(&self) -> u64 {
        self.counter.offset()
    }

    /// The number of the line that the byte at `offset` is in, the first one being 1; none if lines are not counted so far yet.
    pub fn line_number(&mut self, offset: u64) -> io::Result<Option<u64>> {
        let Some((mut at, mut newlines)) = self.counter.mark_before(offset) else { return Ok(None) };
        let mut buffer = vec![0; self.segment as usize];
        while at < offset {
            let piece = self.read_piece(&mut buffer, at, offset)?;
            if piece.is_empty() {
                return Ok(None);
            }
            newlines += memchr::memchr_iter(b'\n', piece).count() as u64;
            at += piece.len() as u64;
        }
        Ok(Some(newlines + 1))
    }

    /// Where the line with this number begins, the first one being 1.
    pub fn line_of_number(&mut self, number: u64) -> io::Result<Numbered> {
        let number = number.max(1);
        let count = self.count();
        if number > count.lines {
            return Ok(if count.complete { Numbered::Beyond } else { Numbered::NotCounted });
        }
        let (mut at, newlines) = self.counter.mark_of(number);
        let mut left = number - 1 - newlines;
        let mut buffer = vec![0; self.segment as usize];
        while left > 0 {
            let piece = self.read_piece(&mut buffer, at, u64::MAX)?;
            if piece.is_empty() {
                return Ok(Numbered::NotCounted);
            }
            let mut last = None;
            for newline in memchr::memchr_iter(b'\n', piece).take(usize::try_from(left).unwrap_or(usize::MAX)) {
                left -= 1;
                last = Some(newline);
            }
            at += last.filter(|_| left == 0).map_or(piece.len(), |newline| newline + 1) as u64;
        }
        Ok(Numbered::At(at))
    }

    /// The bytes from `at` to `stop`, or as many as fit; none where the file ends.
    fn read_piece<'a>(&self, buffer: &'a mut [u8], at: u64, stop: u64) -> io::Result<&'a [u8]> {
        let wanted = stop.min(self.len()).saturating_sub(at).min(buffer.len() as u64) as usize;
        let piece = buffer.get_mut(..wanted).unwrap_or_default();
        let read = self.file.read_at(piece, at)?;
        Ok(buffer.get(..read).unwrap_or_default())
    }

    /// Looks for a line that matches, within about `budget` bytes. Forwards from the line start `from` on, or
    /// backwards among the lines before it. Patterns see the raw bytes of one line, escape sequences included.
    pub fn find(&mut self, pattern: &LinePattern, from: u64, forward: bool, budget: u64) -> io::Result<Found> {
        let at = from.min(self.len());
        let ends = if forward { at == self.len() } else { at == 0 };
        if ends {
            return Ok(Found::End);
        }
        let pieces = self.pieces(at, forward, budget)?;
        let place = pieces.last().map_or(at, |piece| if forward { piece.end } else { piece.start });
        let wanted = if forward { Wanted::First } else { Wanted::Last };
        let found = log_search::find(&self.file, self.segment, pattern, &pieces, wanted)?;
        let ends = if forward { place >= self.len() } else { place == 0 };
        Ok(match found {
            Some(start) => Found::Found { start },
            None if ends => Found::End,
            None => Found::NotHere { next_offset: place },
        })
    }

    /// Every line that matches, from the line start `from` on and within about `budget` bytes. Says, too, where the next step begins
    /// and how many newlines are before that; nothing where the file ends.
    pub fn matches(&mut self, pattern: &LinePattern, from: u64, budget: u64) -> io::Result<Option<MatchesStep>> {
        if from >= self.len() {
            return Ok(None);
        }
        let pieces = self.pieces(from, true, budget)?;
        let Matches { lines, newlines, end } =
            log_search::all(&self.file, self.segment, pattern, &pieces, MAX_MATCHES)?;
        // It shrank; whoever looks at it again will see.
        Ok((end > from).then_some(MatchesStep { lines, newlines, next_offset: end }))
    }

    /// A line that matches, or of a very long one the part around the match.
    pub fn excerpt(&mut self, found: Match) -> io::Result<Excerpt> {
        let end = self.start_after(found.line)?;
        let newline = u64::from(end > found.line && self.ends_in_newline(end)?);
        let end = end - newline;
        let is_near = found.place - found.line < (MAX_SHOWN / 2) as u64;
        let from = if is_near { found.line } else { found.place - BEFORE_MATCH };
        let to = end.min(from + MAX_SHOWN as u64);
        let mut bytes = Vec::new();
        self.gather(from, to, &mut bytes)?;
        Ok(Excerpt { bytes, begins_later: from > found.line, cut: to < end })
    }

    /// Pieces of whole lines, together about `budget` bytes: forwards from the line start `at` on, or backwards from it.
    fn pieces(&mut self, at: u64, forward: bool, budget: u64) -> io::Result<Vec<Range<u64>>> {
        let mut pieces = Vec::new();
        let mut place = at;
        let mut left = budget.max(1);
        while left > 0 && if forward { place < self.len() } else { place > 0 } {
            let size = left.min(PIECE);
            left -= size;
            if forward {
                let end = self.start_after(place.saturating_add(size - 1))?;
                pieces.push(place..end);
                place = end;
            } else {
                let start = self.line_start(place.saturating_sub(size))?;
                pieces.push(start..place);
                place = start;
            }
        }
        Ok(pieces)
    }

    fn raw_line(&mut self, start: u64, end: u64) -> io::Result<RawLine> {
        let limit = MAX_SHOWN as u64 + 1;
        let from = if end - start > limit { self.behind_return(start, end)? } else { start };
        let shown = end.min(from.saturating_add(limit));
        let mut bytes = Vec::new();
        self.gather(from, shown, &mut bytes)?;
        let mut cut = shown < end;
        let whole = end < self.len() || (!cut && bytes.last() == Some(&b'\n')) || (cut && self.ends_in_newline(end)?);
        if !cut && bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        if bytes.len() > MAX_SHOWN {
            bytes.truncate(MAX_SHOWN);
            cut = true;
        }
        let newline = u64::from(cut && self.ends_in_newline(end)?);
        let left_out = if cut { (end - from).saturating_sub(bytes.len() as u64 + newline) } else { 0 };
        let continues = start > 0 && !self.ends_in_newline(start)?;
        Ok(RawLine { start, end, bytes, cut, left_out, continues, whole })
    }

    fn ends_in_newline(&mut self, end: u64) -> io::Result<bool> {
        let mut last = Vec::new();
        self.gather(end - 1, end, &mut last)?;
        Ok(last == b"\n")
    }

    /// The place behind the last carriage return between `start` and `end` that anything but the line's end follows, or
    /// `start`. The blocks were just read to find the line.
    fn behind_return(&mut self, start: u64, end: u64) -> io::Result<u64> {
        let mut is_followed = false;
        let mut before = end;
        while before > start {
            let number = (before - 1) / self.segment;
            let base = number * self.segment;
            let block = self.block(number)?;
            let from = start.max(base);
            let mut piece = block.get((from - base) as usize..).unwrap_or_default();
            piece = piece.get(..(before - from) as usize).unwrap_or(piece);
            if !is_followed {
                let end = piece.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n'));
                is_followed = end.is_some();
                piece = piece.get(..end.unwrap_or(0)).unwrap_or_default();
            }
            if let Some(place) = memchr::memrchr(b'\r', piece) {
                return Ok(from + place as u64 + 1);
            }
            before = from;
        }
        Ok(start)
    }

    /// Puts the bytes from `start` to `end` into `out`, which it empties first.
    fn gather(&mut self, start: u64, end: u64, out: &mut Vec<u8>) -> io::Result<()> {
        out.clear();
        let mut at = start;
        while at < end {
            let number = at / self.segment;
            let base = number * self.segment;
            let block = self.block(number)?;
            let stop = (end - base).min(block.len() as u64) as usize;
            let Some(piece) = block.get((at - base) as usize..stop).filter(|piece| !piece.is_empty()) else { break };
            out.extend_from_slice(piece);
            at = base + stop as u64;
        }
        Ok(())
    }

    /// The first line start behind `offset`, or the end of the file.
    fn start_after(&mut self, offset: u64) -> io::Result<u64> {
        let len = self.len();
        let mut at = offset;
        while at < len {
            let number = at / self.segment;
            let base = number * self.segment;
            let block = self.block(number)?;
            let rest = block.get((at - base) as usize..).unwrap_or_default();
            if let Some(newline) = memchr::memchr(b'\n', rest) {
                return Ok(at + newline as u64 + 1);
            }
            let is_break = memchr::memchr(b'\n', block).is_none();
            at = base + self.segment;
            if is_break && at < len {
                return Ok(at);
            }
        }
        Ok(len)
    }

    /// The last line start before `offset`, which must not be 0.
    fn start_before(&mut self, offset: u64) -> io::Result<u64> {
        let mut before = offset;
        while before > 1 {
            let number = (before - 1) / self.segment;
            let base = number * self.segment;
            let block = self.block(number)?;
            // A newline at p starts a line at p + 1, which must lie before `before`.
            let upto = ((before - 1 - base) as usize).min(block.len());
            if let Some(newline) = memchr::memrchr(b'\n', block.get(..upto).unwrap_or_default()) {
                return Ok(base + newline as u64 + 1);
            }
            if number == 0 {
                return Ok(0);
            }
            let previous = self.block(number - 1)?;
            if previous.last() == Some(&b'\n') || memchr::memchr(b'\n', previous).is_none() {
                return Ok(base);
            }
            before = base;
        }
        Ok(0)
    }

    /// The bytes of a block, as far as the file goes.
    fn block(&mut self, number: u64) -> io::Result<&[u8]> {
        let base = number * self.segment;
        let wanted = self.len().saturating_sub(base).min(self.segment) as usize;
        let held = self.blocks.iter().position(|block| block.number == number);
        let mut block = match held {
            Some(place) => self.blocks.remove(place),
            None if self.blocks.len() >= CACHED_BLOCKS => self.blocks.remove(0),
            None => Block { number, bytes: Vec::new() },
        };
        if held.is_none() {
            block.bytes.clear();
        }
        block.number = number;
        if block.bytes.len() < wanted {
            // The rest of a block that grew; what is there never changes without a reset.
            let have = block.bytes.len();
            block.bytes.resize(wanted, 0);
            let read = self.file.read_at(block.bytes.get_mut(have..).unwrap_or_default(), base + have as u64);
            block.bytes.truncate(have + *read.as_ref().unwrap_or(&0));
            read?;
        }
        self.blocks.push(block);
        let block = self.blocks.last().expect("the block was just put there");
        Ok(&block.bytes)
    }
}

#[cfg(test)]
mod tests;
