//! Counting the lines of a log in steps, and which number a line has.
//!
//! While lines are counted, it is noted now and then how many there were, so that a number can be told from a place and a place
//! from a number by counting a little from the nearest note on. The notes lie further apart the larger the file is, so that they
//! take a bounded memory.

/// How many lines there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineCount {
    /// Lines counted so far.
    pub lines: u64,
    /// Whether that is all of them.
    pub complete: bool,
}

/// So many notes at most, 8 bytes each. In a file of 5 GiB they are half a megabyte apart, which is counted in no time.
const MAX_MARKS: usize = 16 << 10;

/// How far lines are counted. A line ends at its newline, as for `wc -l` and editors, however long it is; the last one may be without.
#[derive(Debug)]
pub(super) struct Counter {
    /// Bytes counted.
    offset: u64,
    newlines: u64,
    /// Where the line behind the last newline begins.
    last_start: u64,
    /// How many newlines there are before each multiple of `stride`, the first one being `stride` itself.
    marks: Vec<u64>,
    stride: u64,
}

impl Counter {
    /// A counter that is given pieces of which none reaches over a multiple of `segment`.
    pub(super) fn new(segment: u64) -> Self {
        Self { offset: 0, newlines: 0, last_start: 0, marks: Vec::new(), stride: segment }
    }

    /// How many bytes are counted.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The count in a file of `len` bytes.
    pub(super) fn count(&self, len: u64) -> LineCount {
        // A line has begun behind the last newline only if there is a byte of it.
        let lines = self.newlines + u64::from(self.last_start < self.offset);
        LineCount { lines, complete: self.offset >= len }
    }

    /// Takes the next bytes.
    pub(super) fn take(&mut self, piece: &[u8]) {
        self.newlines += memchr::memchr_iter(b'\n', piece).count() as u64;
        if let Some(last) = memchr::memrchr(b'\n', piece) {
            self.last_start = self.offset + last as u64 + 1;
        }
        self.offset += piece.len() as u64;
        if self.offset.is_multiple_of(self.stride) && !piece.is_empty() {
            self.marks.push(self.newlines);
            if self.marks.len() >= MAX_MARKS {
                self.stride *= 2;
                self.marks = self.marks.iter().skip(1).step_by(2).copied().collect();
            }
        }
    }

    /// A place at or before `offset`, and how many newlines there are before that; none if it is not counted so far.
    pub(super) fn mark_before(&self, offset: u64) -> Option<(u64, u64)> {
        (offset <= self.offset).then(|| self.mark((offset / self.stride) as usize))
    }

    /// A place at or before the start of the line with this number, which has been counted, and how many newlines there are before
    /// that. The first line is 1.
    pub(super) fn mark_of(&self, number: u64) -> (u64, u64) {
        // The line begins behind the newline before it, which must not be passed.
        self.mark(self.marks.partition_point(|newlines| *newlines < number.saturating_sub(1)))
    }

    fn mark(&self, at: usize) -> (u64, u64) {
        let newlines = at.checked_sub(1).and_then(|at| self.marks.get(at));
        newlines.map_or((0, 0), |newlines| (at as u64 * self.stride, *newlines))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_stay_bounded_and_right_however_much_is_counted() {
        let mut counter = Counter::new(4);
        // A newline in every second piece.
        for piece in 0..5 * MAX_MARKS {
            counter.take(if piece % 2 == 0 { b"abc\n" } else { b"abcd" });
        }
        assert!(counter.marks.len() < MAX_MARKS && counter.stride > 4);
        let total = 20 * MAX_MARKS as u64;
        for offset in [0, 1, 3, 4, 5, 1000, total / 2, total - 1, total] {
            let (place, newlines) = counter.mark_before(offset).unwrap();
            assert!(place <= offset && offset - place < counter.stride, "{offset}");
            assert_eq!(newlines, place / 8, "{offset}");
        }
        assert_eq!(counter.mark_before(total + 1), None);
        for number in [1, 2, 3, 500, total / 8] {
            let (place, newlines) = counter.mark_of(number);
            // The line begins behind newline number - 1.
            let start = if number == 1 { 0 } else { (number - 2) * 8 + 4 };
            assert!(place <= start && start - place <= counter.stride && newlines < number, "{number}");
        }
    }
}
