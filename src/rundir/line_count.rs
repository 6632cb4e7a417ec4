//! Counting the lines of a log in steps.

/// How many lines there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineCount {
    /// Lines counted so far.
    pub lines: u64,
    /// Whether that is all of them.
    pub complete: bool,
}

/// How far lines are counted.
#[derive(Debug)]
pub(super) struct Counter {
    /// Bytes counted.
    offset: u64,
    /// Line starts in `1..=offset`.
    starts: u64,
    last_start: u64,
    /// Whether the block at `offset` has a newline before `offset`.
    newline_in_block: bool,
}

impl Counter {
    pub(super) fn new() -> Self {
        Self { offset: 0, starts: 0, last_start: 0, newline_in_block: false }
    }

    /// How many bytes are counted.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The count in a file of `len` bytes.
    pub(super) fn count(&self, len: u64) -> LineCount {
        // A line has begun behind the last newline only if there is a byte of it.
        let lines = self.starts + u64::from(self.last_start < self.offset);
        LineCount { lines, complete: self.offset >= len }
    }

    /// Takes bytes that lie in one block, which ends at `block_end`.
    pub(super) fn take(&mut self, piece: &[u8], block_end: u64) {
        let newlines = memchr::memchr_iter(b'\n', piece).count() as u64;
        self.starts += newlines;
        if let Some(last) = memchr::memrchr(b'\n', piece) {
            self.newline_in_block = true;
            self.last_start = self.offset + last as u64 + 1;
        }
        self.offset += piece.len() as u64;
        if self.offset == block_end && !std::mem::take(&mut self.newline_in_block) {
            self.starts += 1;
            self.last_start = block_end;
        }
    }
}
