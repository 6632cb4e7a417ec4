//! Which dumps gem5 wrote because it was asked to from outside.

/// The places in `stats.txt` at which a dump was asked for with SIGUSR1: how long the file was each time.
///
/// A block begins right where the one before it ended (`Text::begin` in `base/stats/text.cc`), so the answer to a
/// request is the block that begins where the file ended when the request was made. From this follows:
///
/// * Several requests at one length have one answer: gem5 only sets a flag, and writes no second dump in one tick
///   (`dump` in `m5/stats/__init__.py`).
/// * A request in the middle of a block has none: it is served in the tick of that block, and dropped.
/// * A request without a later block has none.
///
/// Two cases cannot be told from the file. A dump that the script makes in the moment between request and answer begins
/// at the same place and is taken for the answer. And a request that comes before the simulation starts is dropped by
/// gem5, so the script's first dump is taken for the answer; whoever asks should wait until gem5 simulates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Requests {
    /// Sorted.
    lengths: Vec<u64>,
}

impl Requests {
    /// The lengths of `stats.txt` at the requests, in any order.
    pub fn new(mut lengths: Vec<u64>) -> Self {
        lengths.sort_unstable();
        lengths.dedup();
        Self { lengths }
    }

    /// Whether nobody asked.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// Whether the block whose Begin line is at `start` is the answer to a request.
    pub fn explain(&self, start: u64) -> bool {
        // The empty line before the Begin line belongs to the block, and may have been written already.
        let near = self.lengths.partition_point(|length| *length < start.saturating_sub(1));
        self.lengths.get(near).is_some_and(|length| *length <= start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of a hundred bytes, one behind the other: the first Begin line is at 1.
    fn marks(requests: &[u64], blocks: u64) -> Vec<bool> {
        let requests = Requests::new(requests.to_vec());
        (0..blocks).map(|block| requests.explain(block * 100 + 1)).collect()
    }

    #[test]
    fn the_block_that_begins_where_the_file_ended_is_the_answer() {
        assert_eq!(marks(&[], 3), [false, false, false]);
        assert_eq!(marks(&[0], 3), [true, false, false]);
        assert_eq!(marks(&[100], 3), [false, true, false]);
        assert_eq!(marks(&[200, 0], 3), [true, false, true]);
    }

    #[test]
    fn requests_at_one_length_are_answered_by_one_dump() {
        assert_eq!(marks(&[100, 100, 101], 3), [false, true, false]);
    }

    #[test]
    fn a_request_in_the_middle_of_a_dump_takes_no_later_dump_for_itself() {
        assert_eq!(marks(&[150], 3), [false, false, false]);
    }

    #[test]
    fn a_request_that_was_never_answered_marks_nothing() {
        assert_eq!(marks(&[300], 3), [false, false, false]);
    }
}
