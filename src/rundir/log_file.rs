//! A log of any size, read by the window.
//!
//! A line here ends at its newline, or, so that no step ever scans or holds more than a little, at a multiple of
//! 64 KiB of the file when the 64 KiB before it hold no newline. Whether there is such a break can be told from the
//! bytes next to it alone, so lines are the same read forwards and backwards.

use std::io;
use std::path::Path;

use regex::bytes::Regex;

use super::follow::{Change, Followed};
use super::line_count::{Counter, LineCount};

/// A line without newline is broken at multiples of this. Also the unit of reading and of the index.
const SEGMENT: u64 = 64 * 1024;

/// So many bytes of a line are handed out; no screen shows more.
pub(crate) const MAX_SHOWN: usize = 4 * 1024;

/// So many lines are handed out at once, which with [`MAX_SHOWN`] bounds the memory of one window at 16 MiB.
pub(crate) const MAX_LINES: usize = 4096;

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
        Ok(Self { file, segment, blocks: Vec::new(), counter: Counter::new() })
    }

    /// Looks at the file again. After a change that `Change::is_reset`, offsets from before mean nothing.
    pub fn refresh(&mut self) -> io::Result<Change> {
        let change = self.file.refresh()?;
        if change.is_reset() {
            self.blocks.clear();
            self.counter = Counter::new();
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

    /// Looks for a line that matches, within about `budget` bytes. Forwards from the line start `from` on, or
    /// backwards among the lines before it. Patterns see the raw bytes of one line, escape sequences included.
    pub fn find(&mut self, pattern: &Regex, from: u64, forward: bool, budget: u64) -> io::Result<Found> {
        let mut at = from.min(self.len());
        let mut seen = 0;
        let mut gathered = Vec::new();
        while if forward { at < self.len() } else { at > 0 } {
            if seen >= budget.max(1) {
                return Ok(Found::NotHere { next_offset: at });
            }
            let (start, end) = if forward { (at, self.start_after(at)?) } else { (self.start_before(at)?, at) };
            self.gather(start, end, &mut gathered)?;
            let line = gathered.strip_suffix(b"\n").unwrap_or(&gathered);
            if pattern.is_match(line) {
                return Ok(Found::Found { start });
            }
            seen += end - start;
            at = if forward { end } else { start };
        }
        Ok(Found::End)
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
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;

    fn texts(lines: &[RawLine]) -> Vec<String> {
        lines.iter().map(|line| String::from_utf8_lossy(&line.bytes).into_owned()).collect()
    }

    fn append(path: &Path, bytes: &[u8]) {
        fs::OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(bytes).unwrap();
    }

    #[test]
    fn a_log_is_followed_through_growth_truncation_replacement_and_deletion() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("simout.txt");
        let mut log = LogFile::open(&path).unwrap();
        assert_eq!((log.refresh().unwrap(), log.exists()), (Change::None, false));
        assert_eq!(log.last_lines(5).unwrap(), []);

        append(&path, b"one\ntwo");
        assert_eq!(log.refresh().unwrap(), Change::Appeared);
        assert_eq!(texts(&log.last_lines(5).unwrap()), ["one", "two"]);
        append(&path, b" and a half\nthree\n");
        assert_eq!(log.refresh().unwrap(), Change::Grew);
        assert_eq!(texts(&log.last_lines(2).unwrap()), ["two and a half", "three"]);
        assert_eq!(log.count_step(1 << 20).unwrap(), LineCount { lines: 3, complete: true });
        assert_eq!(log.refresh().unwrap(), Change::None);

        fs::write(&path, b"new\n").unwrap();
        assert_eq!(log.refresh().unwrap(), Change::Truncated);
        assert_eq!(texts(&log.last_lines(5).unwrap()), ["new"]);

        fs::write(&path, b"truncated, and longer again\n").unwrap();
        assert_eq!(log.refresh().unwrap(), Change::Truncated);
        assert_eq!(texts(&log.lines_from(0, 5).unwrap()), ["truncated, and longer again"]);

        let other = dir.path().join("other");
        fs::write(&other, b"another file that is much longer than the first\n").unwrap();
        fs::rename(&other, &path).unwrap();
        assert_eq!(log.refresh().unwrap(), Change::Replaced);
        assert_eq!(log.count_step(1 << 20).unwrap(), LineCount { lines: 1, complete: true });

        fs::remove_file(&path).unwrap();
        assert_eq!(log.refresh().unwrap(), Change::Gone);
        assert!(log.is_empty() && log.last_lines(1).unwrap().is_empty());
        assert_eq!(log.refresh().unwrap(), Change::None);
    }

    #[test]
    fn content_that_was_exchanged_in_place_is_noticed_whatever_its_length() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("simout.txt");
        let lines = |from: usize| (from..from + 20).fold(String::new(), |text, n| format!("{text}tick {n:06}\n"));
        append(&path, lines(1).as_bytes());
        let mut log = LogFile::open(&path).unwrap();
        assert_eq!(texts(&log.last_lines(1).unwrap()), ["tick 000020"]);
        // Exactly as long as before, so that only its time tells that something was written.
        let rewrite = |text: String| {
            let before = fs::metadata(&path).unwrap().modified().unwrap();
            fs::write(&path, text).unwrap();
            let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.set_modified(before + std::time::Duration::from_millis(10)).unwrap();
        };
        rewrite(lines(500));
        assert_eq!(log.refresh().unwrap(), Change::Truncated);
        assert_eq!(texts(&log.last_lines(1).unwrap()), ["tick 000519"]);
        // As a log that repeats itself: what stood before the old end stands there again, behind another beginning.
        rewrite(lines(500).replacen("tick", "tock", 1) + &lines(900));
        assert_eq!(log.refresh().unwrap(), Change::Truncated);
        assert_eq!(texts(&log.lines_from(0, 1).unwrap()), ["tock 000500"]);
        // A file that was only touched is the same.
        let text = fs::read_to_string(&path).unwrap();
        rewrite(text);
        assert_eq!(log.refresh().unwrap(), Change::None);
    }

    #[test]
    fn a_fifo_in_place_of_a_log_does_not_hang() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("simout.txt");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(LogFile::open(&path).unwrap_err().to_string().contains("not a regular file"));
    }

    #[test]
    fn a_line_of_100_mb_is_read_in_small_steps() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("simout.txt");
        let file = fs::File::create(&path).unwrap();
        file.set_len(100 << 20).unwrap();
        append(&path, b"\nend\n");
        let started = Instant::now();
        let mut log = LogFile::open(&path).unwrap();
        let last = log.last_lines(3).unwrap();
        assert_eq!(last.last().unwrap().bytes, b"end");
        assert!(last[0].cut && last[0].bytes.len() == MAX_SHOWN);
        assert!(last.iter().all(|line| line.end - line.start <= 2 * SEGMENT));
        let first = log.lines_from(0, 3).unwrap();
        assert_eq!(first.iter().map(|line| line.end).collect::<Vec<_>>(), [SEGMENT, 2 * SEGMENT, 3 * SEGMENT]);
        assert!(
            log.blocks.len() <= CACHED_BLOCKS && log.blocks.iter().all(|block| block.bytes.len() <= SEGMENT as usize)
        );
        let step = log.count_step(1 << 20).unwrap();
        assert!(!step.complete && step.lines < 100);
        assert!(started.elapsed().as_secs() < 5, "windows must not read the whole file");
        while !log.count_step(8 << 20).unwrap().complete {}
        assert_eq!(log.count().lines, 2, "a line that is handed out in pieces is one, as `wc -l` says");
        assert_eq!(first.iter().map(|line| line.continues).collect::<Vec<_>>(), [false, true, true]);
        assert_eq!((first[0].left_out, last.last().unwrap().continues), (SEGMENT - MAX_SHOWN as u64, false));
    }

    #[test]
    fn a_long_line_that_is_drawn_over_itself_shows_its_last_state() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("simout.txt");
        let bar = |step: usize| format!("\r{step:6} {}", "#".repeat(step % 60));
        let bars: String = (0..4_000).map(bar).collect();
        assert!(bars.len() as u64 > 2 * SEGMENT);
        append(&path, format!("begun\n{bars}").as_bytes());
        let mut log = LogFile::open(&path).unwrap();
        let shown = |log: &mut LogFile| {
            log.refresh().unwrap();
            let last = log.last_lines(1).unwrap().remove(0);
            (String::from_utf8(last.bytes).unwrap(), last.cut, last.whole)
        };
        assert_eq!(shown(&mut log), (bar(3_999).trim_start_matches('\r').to_owned(), false, false));
        // One that is about to be drawn over is still there.
        append(&path, b"\r    last state\r\r");
        assert_eq!(shown(&mut log), ("    last state\r\r".to_owned(), false, false));
        append(&path, b"\n");
        assert_eq!(shown(&mut log), ("    last state\r\r".to_owned(), false, true));
        // A last state that is too long itself is cut like any line.
        append(&path, format!("{bars}\r{}", "x".repeat(9_000)).as_bytes());
        let (text, cut, whole) = shown(&mut log);
        assert_eq!((text.as_str(), cut, whole), ("x".repeat(MAX_SHOWN).as_str(), true, false));
        // Every piece of the line shows the last state in it.
        let pieces = log.lines_from("begun\n".len() as u64, 9).unwrap();
        assert!(pieces.len() > 2 && pieces.iter().all(|piece| piece.bytes.len() < 70 || piece.cut), "{pieces:?}");
        assert!(pieces[0].whole);
    }

    #[test]
    fn bytes_that_are_not_text_come_through_unchanged() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("simout.txt");
        fs::write(&path, b"\xff\xfe\0x\n\n\x80").unwrap();
        let lines = LogFile::open(&path).unwrap().lines_from(0, 9).unwrap();
        let bytes: Vec<&[u8]> = lines.iter().map(|line| line.bytes.as_slice()).collect();
        assert_eq!(bytes, [&b"\xff\xfe\0x"[..], b"", b"\x80"]);
    }

    #[test]
    fn a_line_of_exactly_what_is_shown_is_not_cut() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("simout.txt");
        let exact = vec![b'x'; MAX_SHOWN];
        fs::write(&path, [&exact[..], b"\n", &exact, b"y\n", &exact].concat()).unwrap();
        let lines = LogFile::open(&path).unwrap().lines_from(0, 9).unwrap();
        assert_eq!(lines.iter().map(|line| line.cut).collect::<Vec<_>>(), [false, true, false]);
        assert!(lines.iter().all(|line| line.bytes.len() == MAX_SHOWN));
        assert_eq!(lines.iter().map(|line| line.left_out).collect::<Vec<_>>(), [0, 1, 0]);
    }

    #[test]
    fn a_search_goes_both_ways_in_steps() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("simout.txt");
        let text = (0..50_000).map(|i| format!("line {i}")).collect::<Vec<_>>().join("\n") + "\n";
        fs::write(&path, &text).unwrap();
        let mut log = LogFile::open(&path).unwrap();
        let needle = Regex::new("^line 4(0000|1)$").unwrap();
        let mut search = |mut from: u64, forward: bool| {
            let mut steps = 0;
            loop {
                match log.find(&needle, from, forward, 10_000).unwrap() {
                    Found::Found { start } => return (Some(start), steps),
                    Found::NotHere { next_offset } => (from, steps) = (next_offset, steps + 1),
                    Found::End => return (None, steps),
                }
            }
        };
        let first = text.find("line 41\n").unwrap() as u64;
        let second = text.find("line 40000\n").unwrap() as u64;
        assert_eq!(search(0, true), (Some(first), 0));
        let (found, steps) = search(first + 8, true);
        assert_eq!(found, Some(second));
        assert!(steps > 10);
        assert_eq!(search(second + 1, true).0, None);
        assert_eq!(search(text.len() as u64, false).0, Some(second));
        assert_eq!(search(second, false).0, Some(first));
        assert_eq!(search(first, false).0, None);
    }

    /// The lines as the module's definition says, over the whole text at once.
    fn model(text: &[u8], segment: usize) -> Vec<(u64, u64)> {
        let is_start = |at: usize| {
            at == 0 || text[at - 1] == b'\n' || (at.is_multiple_of(segment) && !text[at - segment..at].contains(&b'\n'))
        };
        let starts: Vec<u64> = (0..text.len()).filter(|at| is_start(*at)).map(|at| at as u64).collect();
        let ends = starts.iter().skip(1).copied().chain([text.len() as u64]);
        starts.iter().copied().zip(ends).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn lines_are_the_same_forwards_backwards_and_counted(
            pieces in prop::collection::vec("[a\\n]{0,9}|a{0,20}", 0..12), segment in 1_u64..9
        ) {
            let text = pieces.concat().into_bytes();
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("log");
            fs::write(&path, b"").unwrap();
            let mut log = LogFile::with_segment(&path, segment).unwrap();
            // It grows piece by piece, so that counting and blocks take up where they stopped.
            for piece in &pieces {
                append(&path, piece.as_bytes());
                log.refresh().unwrap();
                log.count_step(3).unwrap();
                log.last_lines(2).unwrap();
            }
            while !log.count_step(3).unwrap().complete {}
            let expected = model(&text, segment as usize);
            let spans = |lines: &[RawLine]| lines.iter().map(|line| (line.start, line.end)).collect::<Vec<_>>();
            prop_assert_eq!(spans(&log.lines_from(0, 999).unwrap()), expected.clone());
            prop_assert_eq!(spans(&log.last_lines(999).unwrap()), expected.clone());
            let newlines = memchr::memchr_iter(b'\n', &text).count() as u64;
            let partial = u64::from(text.last().is_some_and(|byte| *byte != b'\n'));
            prop_assert_eq!(log.count().lines, newlines + partial);
            for line in log.lines_from(0, 999).unwrap() {
                prop_assert_eq!(line.continues, line.start > 0 && text[line.start as usize - 1] != b'\n');
            }
            for (start, end) in &expected {
                for offset in *start..*end {
                    prop_assert_eq!(log.line_start(offset).unwrap(), *start);
                }
            }
        }
    }
}
