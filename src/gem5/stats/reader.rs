//! Reading `stats.txt` as it grows.

use std::collections::HashMap;
use std::sync::Arc;

use super::dump::{Dump, Open};
use super::line::{Marker, marker};
use super::requested::Requests;
use super::watch::Watch;

/// A line longer than this is skipped. A line of a large system has a few hundred bytes, and a histogram on one line
/// some ten for each of its buckets.
const MAX_LINE: usize = 64 * 1024;

/// So many dumps are kept for plots. A plot is hardly wider in columns.
const HISTORY: usize = 512;

/// Takes `stats.txt` in pieces and keeps what was watched. Never shows anything of a block that is not complete.
#[derive(Debug)]
pub struct StatsReader {
    watch: Arc<Watch>,
    keep: usize,
    /// Bytes taken so far.
    offset: u64,
    /// The start of a line whose newline has not come yet.
    line: Vec<u8>,
    /// The line outgrew [`MAX_LINE`]; the rest of it is dropped.
    overlong: bool,
    open: Option<Open>,
    names: Vec<String>,
    places: HashMap<String, usize>,
    /// For every glob the name that it matched first.
    first_match: Vec<Option<usize>>,
    dumps: u32,
    history: Vec<Dump>,
    /// Every how many dumps one is kept; doubles when the history is full.
    stride: u32,
    requests: Requests,
    /// How many of the dumps were requested.
    requested: u32,
    /// The last dump that was not requested, when it is not the latest.
    result: Option<Dump>,
}

impl StatsReader {
    /// A reader at the start of a file. The watch is shared, because thousands of simulations have the same.
    pub fn new(watch: Arc<Watch>) -> Self {
        let first_match = vec![None; watch.globs().len()];
        Self {
            watch,
            keep: HISTORY,
            offset: 0,
            line: Vec::new(),
            overlong: false,
            open: None,
            names: Vec::new(),
            places: HashMap::new(),
            first_match,
            dumps: 0,
            history: Vec::new(),
            stride: 1,
            requests: Requests::default(),
            requested: 0,
            result: None,
        }
    }

    /// Keeps so many dumps at most, at least two, instead of 512. For who wants the last values only.
    #[must_use]
    pub fn keeping(mut self, dumps: usize) -> Self {
        self.keep = dumps.max(2);
        self
    }

    /// Tells where dumps were asked for from outside. A request is known before its answer is written, so what is told
    /// before a piece is fed that was read earlier marks every dump that the piece completes.
    pub fn set_requests(&mut self, requests: Requests) {
        self.requests = requests;
    }

    /// Takes the next piece of the file, of any length.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while let Some(newline) = memchr::memchr(b'\n', bytes) {
            let (piece, rest) = bytes.split_at(newline);
            let start = self.offset - self.line.len() as u64;
            self.offset += piece.len() as u64 + 1;
            bytes = rest.get(1..).unwrap_or_default();
            if std::mem::take(&mut self.overlong) || self.line.len() + piece.len() > MAX_LINE {
                self.line.clear();
            } else if self.line.is_empty() {
                self.take_line(piece, start);
            } else {
                let mut line = std::mem::take(&mut self.line);
                line.extend_from_slice(piece);
                self.take_line(&line, start);
                line.clear();
                self.line = line;
            }
        }
        self.offset += bytes.len() as u64;
        if self.overlong || self.line.len() + bytes.len() > MAX_LINE {
            self.overlong = true;
            self.line.clear();
        } else {
            self.line.extend_from_slice(bytes);
        }
    }

    /// Starts anew, for a file that was truncated or replaced. The requests stay.
    pub fn reset(&mut self) {
        let requests = std::mem::take(&mut self.requests);
        *self = Self { requests, ..Self::new(Arc::clone(&self.watch)).keeping(self.keep) };
    }

    /// Bytes taken so far: where to read on.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The watch.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// The names of the watched stats that complete dumps had, in the order in which they were first seen.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many complete dumps the file has so far.
    pub fn dumps(&self) -> u32 {
        self.dumps
    }

    /// Whether a block has begun and not ended: gem5 is writing it, or died in it.
    pub fn has_open_block(&self) -> bool {
        self.open.is_some()
    }

    /// The last complete dump.
    pub fn latest(&self) -> Option<&Dump> {
        self.history.last()
    }

    /// The last complete dump that is a result: the script or the end of gem5 wrote it, and no request from outside.
    pub fn latest_result(&self) -> Option<&Dump> {
        self.latest().filter(|dump| !dump.requested).or(self.result.as_ref())
    }

    /// How many of the complete dumps were written because somebody asked from outside.
    pub fn requested_dumps(&self) -> u32 {
        self.requested
    }

    /// Complete dumps, oldest first; the last one is always the latest. When there are more than are kept, every
    /// second is dropped and from then on every second only is added, and so on: the history is evenly thinned over
    /// the whole run.
    pub fn history(&self) -> &[Dump] {
        &self.history
    }

    /// The name that the glob at `index` matched first, which is the one that a table shows.
    pub fn name_for_glob(&self, index: usize) -> Option<&str> {
        self.first_match.get(index).copied().flatten().and_then(|place| self.names.get(place)).map(String::as_str)
    }

    /// The value in the latest dump of the name that the glob at `index` matched first.
    pub fn value_for_glob(&self, index: usize) -> Option<f64> {
        let place = self.first_match.get(index).copied().flatten()?;
        self.latest()?.value(place)
    }

    /// The values for all globs, in their order: a row of a table.
    pub fn row(&self) -> Vec<Option<f64>> {
        (0..self.first_match.len()).map(|glob| self.value_for_glob(glob)).collect()
    }

    fn take_line(&mut self, line: &[u8], start: u64) {
        match marker(line) {
            Some(Marker::Begin) => {
                // A block that another one follows without an End was cut off and never counts.
                self.open = Some(Open::at(start));
            }
            Some(Marker::End) => {
                if let Some(open) = self.open.take() {
                    self.close(open);
                }
            }
            None => {
                if let Some(open) = &mut self.open {
                    open.take_line(line, &self.watch, &self.places);
                }
            }
        }
    }

    fn close(&mut self, open: Open) {
        let Open { mut dump, new_names, values, .. } = open;
        for name in new_names {
            let place = self.names.len();
            for (glob, first) in self.first_match.iter_mut().enumerate() {
                if first.is_none() && self.watch.matches_at(glob, &name) {
                    *first = Some(place);
                }
            }
            self.places.insert(name.clone(), place);
            self.names.push(name);
        }
        self.dumps = self.dumps.saturating_add(1);
        dump.number = self.dumps;
        dump.end = self.offset;
        dump.requested = self.requests.explain(dump.start);
        if dump.requested {
            self.requested += 1;
            if let Some(result) = self.latest().filter(|dump| !dump.requested) {
                self.result = Some(result.clone());
            }
        } else {
            self.result = None;
        }
        dump.values = vec![None; self.names.len()];
        for (place, value) in values {
            if let Some(slot) = dump.values.get_mut(place) {
                *slot = Some(value);
            }
        }
        self.remember(dump);
    }

    /// Adds the dump and thins the history when it is full.
    fn remember(&mut self, dump: Dump) {
        let stride = self.stride;
        // The latest dump is always there; when it is not one to keep, the next one takes its place.
        if self.history.last().is_some_and(|last| (last.number - 1) % stride != 0) {
            self.history.pop();
        }
        self.history.push(dump);
        if self.history.len() > self.keep {
            self.stride = self.stride.saturating_mul(2);
            let stride = self.stride;
            let latest = self.dumps;
            self.history.retain(|dump| (dump.number - 1) % stride == 0 || dump.number == latest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::super::dump::MAX_NAMES;
    use super::super::parse_block;
    use super::*;

    fn watch(globs: &[&str]) -> Arc<Watch> {
        Arc::new(Watch::new(globs).unwrap())
    }

    fn block(lines: &[&str]) -> String {
        let mut text = "\n---------- Begin Simulation Statistics ----------\n".to_owned();
        for line in lines {
            writeln!(text, "{line}").unwrap();
        }
        text.push_str("\n---------- End Simulation Statistics   ----------\n");
        text
    }

    fn three_dumps() -> String {
        block(&["simTicks 10 # t (Tick)", "finalTick 10", "system.cpu.ipc 0.5 # i"])
            + &block(&["simTicks 10", "finalTick 20", "system.cpu.ipc 0.7", "system.l2.ipc 9"])
            + &block(&["sim_ticks 10", "final_tick 30", "sim_insts 77", "system.l2.ipc 10"])
    }

    fn summary(reader: &StatsReader) -> (u32, u64, Vec<String>, Vec<Dump>, bool) {
        let history = reader.history().to_vec();
        (reader.dumps(), reader.offset(), reader.names().to_vec(), history, reader.has_open_block())
    }

    #[test]
    fn values_are_those_of_the_last_complete_dump() {
        let mut reader = StatsReader::new(watch(&["simTicks", "*.ipc", "nothing"]));
        let text = three_dumps();
        reader.feed(text.as_bytes());
        assert_eq!(reader.names(), ["simTicks", "system.cpu.ipc", "system.l2.ipc"]);
        let latest = reader.latest().unwrap();
        assert_eq!((latest.number, latest.final_tick, latest.sim_insts), (3, Some(30.0), Some(77.0)));
        assert_eq!(latest.values, [None, None, Some(10.0)]);
        // The first match of `*.ipc` is gone from this dump: a missing stat is not zero, and not another stat.
        assert_eq!(reader.row(), [None, None, None]);
        assert_eq!(reader.history()[1].value(2), Some(9.0));
        let span = text.get(latest.start as usize..latest.end as usize).unwrap();
        assert!(span.starts_with("---------- Begin") && span.ends_with("----------\n"), "{span:?}");
        assert_eq!(parse_block(span).len(), 4);
    }

    #[test]
    fn dumps_that_were_asked_for_are_no_results() {
        let text = three_dumps();
        let place = |number: usize| text.match_indices("\n---------- Begin").nth(number).unwrap().0 as u64;
        let read = |requests: &[u64]| {
            let mut reader = StatsReader::new(watch(&["*"]));
            reader.set_requests(Requests::new(requests.to_vec()));
            reader.feed(text.as_bytes());
            let result = reader.latest_result().map(|dump| (dump.number, dump.final_tick));
            (reader.latest().unwrap().requested, reader.requested_dumps(), result)
        };
        assert_eq!(read(&[]), (false, 0, Some((3, Some(30.0)))));
        assert_eq!(read(&[place(1)]), (false, 1, Some((3, Some(30.0)))));
        assert_eq!(read(&[place(2)]), (true, 1, Some((2, Some(20.0)))));
        assert_eq!(read(&[place(1), place(2)]), (true, 2, Some((1, Some(10.0)))));
        assert_eq!(read(&[0, place(1), place(2)]), (true, 3, None));
    }

    #[test]
    fn a_cell_of_a_histogram_on_one_line_can_be_watched() {
        let lines = ["h::bucket_size 8", "h::max_bucket 15", "h | 5 50.00% 50.00% | 6 50.00% 100.00%"];
        let mut reader = StatsReader::new(watch(&["h::8*"]));
        reader.feed(block(&lines).as_bytes());
        assert_eq!((reader.names(), reader.row()), (&["h::8-15".to_owned()][..], vec![Some(6.0)]));
    }

    #[test]
    fn a_begin_without_an_end_is_forgotten() {
        let mut reader = StatsReader::new(watch(&["*"]));
        let cut = "---------- Begin Simulation Statistics ----------\nghost 1\n";
        reader.feed((cut.to_owned() + &block(&["simTicks 5"])).as_bytes());
        assert_eq!((reader.dumps(), reader.names()), (1, &["simTicks".to_owned()][..]));
    }

    #[test]
    fn a_long_run_is_thinned_evenly_and_keeps_its_ends() {
        let mut reader = StatsReader::new(watch(&["simTicks"])).keeping(8);
        for i in 1..=1000 {
            reader.feed(block(&[&format!("simTicks {i}")]).as_bytes());
            assert!(reader.history().len() <= 8);
            assert_eq!(reader.latest().unwrap().number, i);
        }
        let numbers: Vec<u32> = reader.history().iter().map(|dump| dump.number).collect();
        assert_eq!(numbers, [1, 257, 513, 769, 1000]);
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        let mut reader = StatsReader::new(watch(&["*"]));
        reader.feed(b"---------- Begin Simulation Statistics ----------\n");
        for _ in 0..1000 {
            reader.feed(&[b'x'; 10_000]);
            assert!(reader.line.len() <= MAX_LINE);
        }
        reader.feed(b" 5\nsimTicks 3\n---------- End Simulation Statistics   ----------\n");
        assert_eq!(reader.names(), ["simTicks"]);
    }

    #[test]
    fn a_watch_of_everything_is_bounded() {
        let lines: Vec<String> = (0..2000).map(|i| format!("system.cpu{i}.x {i}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let mut reader = StatsReader::new(watch(&["*"]));
        reader.feed(block(&lines).as_bytes());
        assert_eq!(reader.names().len(), MAX_NAMES);
    }

    #[test]
    fn real_files_have_the_dumps_that_they_are_said_to_have() {
        let Some(folder) = std::env::var_os("GEM5_TUI_SAMPLES").map(PathBuf::from) else {
            eprintln!("skipped: GEM5_TUI_SAMPLES is not set");
            return;
        };
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let sample = entry.unwrap().path();
            let Ok(expected) = std::fs::read(sample.join("expect.json")) else { continue };
            let expected: serde_json::Value = serde_json::from_slice(&expected).unwrap();
            let text = std::fs::read(sample.join("m5out/stats.txt")).unwrap_or_default();
            let mut reader = StatsReader::new(watch(&["simTicks", "*.overallMissRate::total"]));
            for piece in text.chunks(4093) {
                reader.feed(piece);
            }
            assert_eq!(Some(u64::from(reader.dumps())), expected["complete_dumps"].as_u64(), "{}", sample.display());
            assert_eq!(Some(reader.has_open_block()), expected["open_dump"].as_bool(), "{}", sample.display());
            if let Some(latest) = reader.latest() {
                assert!(latest.final_tick.is_some() && latest.sim_ticks.is_some() && latest.sim_seconds.is_some());
                let block = String::from_utf8_lossy(&text[latest.start as usize..latest.end as usize]).into_owned();
                assert!(parse_block(&block).len() > 100, "{}", sample.display());
            }
            seen += 1;
        }
        assert!(seen > 0, "the samples folder holds no samples");
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_give_the_same(cuts in prop::collection::vec(0_usize..600, 0..8)) {
            let text = three_dumps();
            let mut whole = StatsReader::new(watch(&["*"]));
            whole.feed(text.as_bytes());
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            let mut pieces = StatsReader::new(watch(&["*"]));
            let mut from = 0;
            for cut in cuts.into_iter().chain([text.len()]) {
                pieces.feed(&text.as_bytes()[from..cut]);
                from = cut;
            }
            prop_assert_eq!(summary(&pieces), summary(&whole));
        }

        #[test]
        fn a_file_cut_anywhere_shows_whole_dumps_only(cut in 0_usize..600) {
            let text = three_dumps();
            let cut = cut.min(text.len());
            let mut reader = StatsReader::new(watch(&["*"]));
            reader.feed(&text.as_bytes()[..cut]);
            let complete = text[..cut].matches("End Simulation Statistics   ----------\n").count();
            prop_assert_eq!(reader.dumps() as usize, complete);
            let ticks = [None, Some(10.0), Some(20.0), Some(30.0)];
            prop_assert_eq!(reader.latest().and_then(|dump| dump.final_tick), ticks[complete]);
            prop_assert_eq!(reader.names().is_empty(), complete == 0);
            prop_assert_eq!(reader.names().iter().any(|name| name == "sim_insts"), complete == 3);
        }
    }
}
