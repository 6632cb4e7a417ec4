//! Counting the lines of a log in steps.

/// How many lines there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineCount {
    /// Lines counted so far.
    pub lines: u64,
    /// Whether that is all of them.
    pub complete: bool,
}

/// How far lines are counted. A line ends at its newline, as for `wc -l` and editors, however long it is; the last one may be without.
#[derive(Debug)]
pub(super) struct Counter {
    /// Bytes counted.
    offset: u64,
    newlines: u64,
    /// Where the line behind the last newline begins.
    last_start: u64,
}

impl Counter {
    pub(super) fn new() -> Self {
        Self { offset: 0, newlines: 0, last_start: 0 }
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
    }
}
