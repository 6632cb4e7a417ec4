//! Lines that are the same as the lines next to them.
//!
//! A run of them is handed out whole as long as it is no longer than the `reach`. A longer one is broken at the first line that
//! begins at or behind a multiple of the reach, if all of the reach before that multiple belongs to the run. So no step looks at more than
//! a few of them, and whoever comes from behind finds the same breaks as who comes from the front.

use std::io;

use super::{LogFile, RawLine};

/// From where to where it is looked, and for which line.
struct Repeated {
    start: u64,
    /// With its newline.
    bytes: Vec<u8>,
}

impl Repeated {
    /// The line, if another one can be the same: it is whole, and nothing of it is left out.
    fn of(line: &RawLine, reach: u64) -> Option<Self> {
        let mut bytes = line.bytes.clone();
        bytes.push(b'\n');
        let size = line.end - line.start;
        let fits = line.whole && !line.continues && size == bytes.len() as u64 && size <= reach;
        fits.then_some(Self { start: line.start, bytes })
    }

    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Which byte of the line stands at `at`, if the lines there are the same.
    fn phase(&self, at: u64) -> usize {
        let size = self.size();
        let ahead = if at >= self.start { (at - self.start) % size } else { size - 1 - (self.start - at - 1) % size };
        ahead as usize
    }

    /// Where in a piece of the file that begins at `at` the first byte is that is another one.
    fn first_other(&self, piece: &[u8], at: u64) -> Option<usize> {
        let is_other = |(is, should): (&u8, &u8)| is != should;
        if self.repeats_itself(piece, at) {
            return None;
        }
        piece.iter().zip(self.bytes.iter().cycle().skip(self.phase(at))).position(is_other)
    }

    /// Where the last such byte is.
    fn last_other(&self, piece: &[u8], at: u64) -> Option<usize> {
        if self.repeats_itself(piece, at) {
            return None;
        }
        // Backwards from the end of the piece.
        let behind = self.bytes.len() - self.phase(at + piece.len() as u64);
        let should = self.bytes.iter().rev().cycle().skip(behind % self.bytes.len());
        let back = piece.iter().rev().zip(should).position(|(is, should)| is != should)?;
        Some(piece.len() - 1 - back)
    }

    /// Whether a piece is made of nothing but this line. Compared with itself it is compared as fast as memory is read.
    fn repeats_itself(&self, piece: &[u8], at: u64) -> bool {
        let size = self.bytes.len();
        let head = piece.iter().zip(self.bytes.iter().cycle().skip(self.phase(at))).take(size);
        let (ahead, behind) = (piece.get(size..), piece.get(..piece.len().saturating_sub(size)));
        head.into_iter().all(|(is, should)| is == should) && ahead.is_none_or(|ahead| Some(ahead) == behind)
    }
}

impl LogFile {
    /// Where the run begins that a line belongs to, and whether it does not go on there from a break.
    pub fn run_start(&mut self, line: &RawLine, reach: u64) -> io::Result<(u64, bool)> {
        let Some(same) = Repeated::of(line, reach) else { return Ok((line.start, true)) };
        let Some(before) = (line.start / reach).checked_sub(1) else {
            return Ok((self.first_same(&same, 0)?, true));
        };
        // A little further, so that what begins before the multiple is told from what begins at it.
        let multiple = before * reach;
        let first = self.first_same(&same, multiple.saturating_sub(same.size() + 1))?;
        if first > multiple {
            return Ok((first, true));
        }
        let size = same.size();
        Ok((line.start - (line.start - multiple - reach) / size * size, false))
    }

    /// Where the run ends of which this is the first line, and whether it is broken there. `is_first` is what was said of its start.
    pub fn run_end(&mut self, line: &RawLine, is_first: bool, reach: u64) -> io::Result<(u64, bool)> {
        let Some(same) = Repeated::of(line, reach) else { return Ok((line.end, false)) };
        let multiple = if is_first { line.start.div_ceil(reach) } else { line.start / reach } + 1;
        let size = same.size();
        let most = line.start + (multiple * reach - line.start).div_ceil(size) * size;
        let end = self.end_of_same(&same, most + size)?;
        Ok((end.min(most), end > most))
    }

    /// Where the last line ends that is the same, with none between that is not; it is looked up to `until`.
    fn end_of_same(&mut self, same: &Repeated, until: u64) -> io::Result<u64> {
        let stop = until.min(self.len());
        let mut at = same.start + same.size();
        while at < stop {
            let base = at / self.segment * self.segment;
            let block = self.block(at / self.segment)?;
            let upto = ((stop - base) as usize).min(block.len());
            let piece = block.get((at - base) as usize..upto).unwrap_or_default();
            let other = same.first_other(piece, at);
            at += other.unwrap_or(piece.len()) as u64;
            if other.is_some() || piece.is_empty() {
                break;
            }
        }
        let size = same.size();
        Ok(same.start + (at - same.start) / size * size)
    }

    /// Where the first line begins that is the same, with none between that is not; it is looked back to `until`.
    fn first_same(&mut self, same: &Repeated, until: u64) -> io::Result<u64> {
        let mut at = same.start;
        while at > until {
            let number = (at - 1) / self.segment;
            let base = number * self.segment;
            let from = base.max(until);
            let block = self.block(number)?;
            let piece = block.get((from - base) as usize..(at - base) as usize).unwrap_or_default();
            if piece.is_empty() {
                // It shrank; whoever looks at it again will see.
                break;
            }
            if let Some(other) = same.last_other(piece, from) {
                at = from + other as u64 + 1;
                break;
            }
            at = from;
        }
        // A line begins behind a newline, which must be seen, too, unless the file begins there.
        let seen = same.start - at;
        let whole = if at == 0 { seen } else { seen.saturating_sub(1) };
        Ok(same.start - whole / same.size() * same.size())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    /// The runs of a text: where each begins and ends, and whether it is broken there.
    fn forwards(log: &mut LogFile, reach: u64) -> Vec<(u64, u64, bool)> {
        let (mut runs, mut at, mut is_first) = (Vec::new(), 0, true);
        while let Some(line) = log.lines_from(at, 1).unwrap().pop() {
            let (end, goes_on) = log.run_end(&line, is_first, reach).unwrap();
            runs.push((at, end, goes_on));
            (at, is_first) = (end, !goes_on);
        }
        runs
    }

    fn open(dir: &tempfile::TempDir, text: &[u8], segment: u64) -> LogFile {
        let path = dir.path().join("log");
        fs::write(&path, text).unwrap();
        LogFile::with_segment(&path, segment).unwrap()
    }

    #[test]
    fn a_run_is_whole_and_ends_before_a_line_that_only_begins_or_ends_like_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = open(&dir, b"xab\nab\nab\nab\nabx\n\n\n\nab\nab", 64);
        let starts = [(0, 4, false), (4, 13, false), (13, 17, false), (17, 20, false), (20, 23, false)];
        // The last line is without its newline and may still become another one.
        assert_eq!(forwards(&mut log, 1 << 20), [&starts[..], &[(23, 25, false)]].concat());
    }

    #[test]
    fn a_run_that_is_longer_than_the_reach_is_broken_and_a_shorter_one_is_not_wherever_it_begins() {
        let dir = tempfile::tempdir().unwrap();
        for before in 0..40 {
            let text = [vec![b'x'; before], b"\n".to_vec(), b"ab\n".repeat(10), b"end\n".to_vec()].concat();
            let mut log = open(&dir, &text, 64);
            let first = before as u64 + 1;
            assert!(forwards(&mut log, 32).contains(&(first, first + 30, false)), "{before}");
        }
        let mut log = open(&dir, &b"ab\n".repeat(1000), 64);
        let runs = forwards(&mut log, 32);
        assert!(runs.iter().all(|(start, end, _)| end - start <= 64 + 3), "{runs:?}");
        assert!(runs.len() > 60 && runs.iter().rev().skip(1).all(|(_, _, goes_on)| *goes_on), "{runs:?}");
    }

    proptest! {
        #[test]
        fn from_wherever_it_is_looked_the_runs_are_the_same(
            runs in prop::collection::vec((prop::sample::select(vec!["", "a", "ab", "aba", "abcdefgh"]), 1usize..40), 1..8),
            reach in 9u64..60,
            segment in 32u64..80,
        ) {
            let text: String = runs.iter().map(|(line, count)| format!("{line}\n").repeat(*count)).collect();
            let dir = tempfile::tempdir().unwrap();
            let mut log = open(&dir, text.as_bytes(), segment);
            let mut is_first = true;
            for (start, end, goes_on) in forwards(&mut log, reach) {
                for line in log.lines_from(start, 4096).unwrap().into_iter().take_while(|line| line.start < end) {
                    prop_assert_eq!(log.run_start(&line, reach).unwrap(), (start, is_first), "{:?}", line);
                    let text = text.as_bytes();
                    prop_assert_eq!(&text[line.start as usize..line.end as usize], &text[start as usize..][..(line.end - line.start) as usize]);
                }
                is_first = !goes_on;
            }
        }
    }
}
