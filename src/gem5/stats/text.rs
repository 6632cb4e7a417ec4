//! Reading `stats.txt` as it grows.

use super::block::Buckets;
use super::dumps::{Draft, Dumps};
use super::line::{Cells, Marker, label, marker, plain_name, split, split_unit};

/// A line longer than this is skipped, and counted. A line of a large system has a few hundred bytes, and a histogram on one line
/// some thirty for each of its buckets.
const MAX_LINE: usize = 1 << 20;

/// Takes `stats.txt` in pieces. Hands on nothing of a block that is not complete.
#[derive(Debug, Default)]
pub struct TextParser {
    /// Bytes taken so far.
    offset: u64,
    /// The start of a line whose newline has not come yet.
    line: Vec<u8>,
    /// The line outgrew [`MAX_LINE`]; the rest of it is dropped.
    overlong: bool,
    open: Option<Open>,
}

/// The block that is being read.
#[derive(Debug, Default)]
struct Open {
    draft: Draft,
    buckets: Buckets,
}

impl TextParser {
    /// A parser at the start of a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// A parser at the line that begins at `offset`, for who has found the place from the end.
    pub fn at(offset: u64) -> Self {
        Self { offset, ..Self::default() }
    }

    /// Takes the next piece of the file, of any length, and adds every dump that it completes.
    pub fn feed(&mut self, mut bytes: &[u8], dumps: &mut Dumps) {
        let (whole, mut by_word) = (bytes, None);
        while let Some(newline) = memchr::memchr(b'\n', bytes) {
            let (piece, rest) = bytes.split_at(newline);
            let start = self.offset - self.line.len() as u64;
            self.offset += piece.len() as u64 + 1;
            bytes = rest.get(1..).unwrap_or_default();
            if std::mem::take(&mut self.overlong) || self.line.len() + piece.len() > MAX_LINE {
                self.line.clear();
                if let Some(open) = &mut self.open {
                    open.draft.skip_line();
                }
            } else if self.line.is_empty() {
                // Nearly every line is of a stat that nobody asked for, and its beginning tells that.
                if may_tell(piece, dumps) {
                    let by_word = *by_word.get_or_insert_with(|| dumps.watch().are_words() && is_simple(whole));
                    self.take_line(piece, start, by_word, dumps);
                }
            } else {
                let mut line = std::mem::take(&mut self.line);
                line.extend_from_slice(piece);
                self.take_line(&line, start, false, dumps);
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

    /// Bytes taken so far: where to read on.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether a block has begun and not ended: gem5 is writing it, or died in it.
    pub fn has_open_block(&self) -> bool {
        self.open.is_some()
    }

    /// `by_word` says that the first word of the line tells whether anything is kept of it.
    fn take_line(&mut self, line: &[u8], start: u64, by_word: bool, dumps: &mut Dumps) {
        match marker(line) {
            Some(Marker::Begin) => {
                // A block that another one follows without an End was cut off and never counts.
                let draft = Draft::at(start).labelled(label(line));
                self.open = Some(Open { draft, buckets: Buckets::default() });
            }
            Some(Marker::End) => {
                if let Some(open) = self.open.take() {
                    dumps.add(open.draft, self.offset);
                }
            }
            None => {
                if let Some(open) = self.open.as_mut().filter(|_| !by_word || wants_first_word(line, dumps)) {
                    open.take_line(line, dumps);
                }
            }
        }
    }
}

impl Open {
    /// Takes a line that is no marker.
    fn take_line(&mut self, line: &[u8], dumps: &Dumps) {
        // Of a hundred thousand lines a few are watched; the others must cost next to nothing.
        if let Some(name) = plain_name(line)
            && !is_bucket_limit(name)
            && !Draft::wants(name, dumps)
        {
            return;
        }
        let line = String::from_utf8_lossy(line);
        let Some(fields) = split(&line) else { return };
        match fields.cells {
            Cells::One(cell) => {
                self.buckets.see(fields.name, cell.value);
                self.draft.take(fields.name, cell.value, split_unit(fields.comment).1, dumps);
            }
            Cells::Row(_) if dumps.watch().may_match_cells() => {
                for cell in self.buckets.expand(&line).unwrap_or_default() {
                    self.draft.take(&cell.name, cell.value, cell.unit.as_deref(), dumps);
                }
            }
            Cells::Row(_) => {}
        }
    }
}

/// Whether the line may be a marker, or one of which anything is kept.
fn may_tell(line: &[u8], dumps: &Dumps) -> bool {
    match line {
        [b'-', b'-', ..] => true,
        [first, second, ..] => Draft::may_want([*first, *second], dumps),
        // Not even a name and a value.
        _ => false,
    }
}

/// Whether the line may be one of which anything is kept, where a name that is wanted is a word and the line is simple. If its own name
/// has spaces it is none that is wanted.
fn wants_first_word(line: &[u8], dumps: &Dumps) -> bool {
    let word = memchr::memchr(b' ', line).and_then(|end| line.get(..end)).unwrap_or_default();
    // White space in front of a name is none of it.
    word.is_empty() || is_bucket_limit(word) || Draft::wants(word, dumps)
}

/// Whether a piece has nothing but lines of printable ASCII, none of which is a histogram on one line: there a space ends the first
/// word of each, and a name begins with it.
fn is_simple(bytes: &[u8]) -> bool {
    // One pass without a branch, which the compiler makes a fast one.
    let is_odd = |byte: &u8| (byte.wrapping_sub(b' ') > b'~' - b' ' && *byte != b'\n') || *byte == b'|';
    bytes.chunks(4096).all(|chunk| !chunk.iter().fold(false, |any, byte| any | is_odd(byte)))
}

/// Whether the stat tells of the buckets of a histogram on one line.
fn is_bucket_limit(name: &[u8]) -> bool {
    name.ends_with(b"_bucket") || name.ends_with(b"::bucket_size")
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::PathBuf;
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::dumps::MAX_NAMES;
    use super::super::{Dump, Interval, Requests, Watch, parse_block};
    use super::*;

    /// A parser with what it has found.
    struct Reader {
        text: TextParser,
        dumps: Dumps,
    }

    impl Reader {
        fn new(globs: &[&str]) -> Self {
            Self { text: TextParser::new(), dumps: Dumps::new(Arc::new(Watch::new(globs).unwrap())) }
        }

        fn feed(&mut self, bytes: &[u8]) {
            self.text.feed(bytes, &mut self.dumps);
        }

        fn row(&self) -> Vec<Option<f64>> {
            self.dumps.latest().map(Dump::row).unwrap_or_default()
        }
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

    fn summary(reader: &Reader) -> (u32, u64, Vec<String>, Vec<Dump>, bool) {
        let Reader { text, dumps } = reader;
        let history = dumps.history().to_vec();
        (dumps.count(), text.offset(), dumps.names().to_vec(), history, text.has_open_block())
    }

    #[test]
    fn values_are_those_of_the_last_complete_dump() {
        let mut reader = Reader::new(&["simTicks", "*.ipc", "nothing"]);
        let text = three_dumps();
        reader.feed(text.as_bytes());
        assert_eq!(reader.dumps.names(), ["simTicks", "system.cpu.ipc", "system.l2.ipc"]);
        assert_eq!([0, 1, 2, 3].map(|name| reader.dumps.unit(name)), [Some("Tick"), None, None, None]);
        let latest = reader.dumps.latest().unwrap();
        assert_eq!((latest.number, latest.final_tick, latest.sim_insts), (3, Some(30.0), Some(77.0)));
        assert_eq!(latest.values, [None, None, Some(10.0)]);
        // The first match of `*.ipc` in this dump, whatever the dumps before it had; a missing stat is not zero.
        assert_eq!(reader.row(), [None, Some(10.0), None]);
        assert_eq!(reader.dumps.history()[1].value(2), Some(9.0));
        let span = text.get(latest.start as usize..latest.end as usize).unwrap();
        assert!(span.starts_with("---------- Begin") && span.ends_with("----------\n"), "{span:?}");
        assert_eq!(parse_block(span).len(), 4);
    }

    #[test]
    fn the_first_match_is_the_same_for_who_reads_the_last_dump_alone() {
        let first = block(&["a.ipc 1", "b.ipc 2"]);
        let last = block(&["c.ipc 3", "b.ipc 4", "a.ipc nan"]);
        let mut whole = Reader::new(&["*.ipc", "b*"]);
        whole.feed((first + &last).as_bytes());
        let mut alone = Reader::new(&["*.ipc", "b*"]);
        alone.feed(last.as_bytes());
        assert_eq!((whole.row(), alone.row()), (vec![Some(3.0), Some(4.0)], vec![Some(3.0), Some(4.0)]));
    }

    #[test]
    fn a_dump_keeps_the_name_that_the_script_gave_it_and_its_interval() {
        let named = |message: &str, text: String| text.replacen("Statistics ", &format!("Statistics : {message} "), 1);
        let text = block(&["simTicks 10", "finalTick 10"])
            + &named("end of ROI", block(&["sim_ticks 5", "final_tick 20"]))
            + &named(&"é".repeat(1000), block(&["finalTick 30"]));
        let mut reader = Reader::new(&["*"]);
        reader.feed(text.as_bytes());
        let history = reader.dumps.history();
        let label = |dump: &Dump| dump.label.clone();
        assert_eq!((label(&history[0]), label(&history[1]).as_deref()), (None, Some("end of ROI")));
        assert_eq!(history[1].interval(), Some(Interval { start: 15, end: 20 }));
        assert_eq!((label(&history[2]).unwrap().len(), history[2].interval()), (256, None));
    }

    #[test]
    fn dumps_that_were_asked_for_are_no_results() {
        let text = three_dumps();
        let place = |number: usize| text.match_indices("\n---------- Begin").nth(number).unwrap().0 as u64;
        let read = |requests: &[u64]| {
            let mut reader = Reader::new(&["*"]);
            reader.dumps.set_requests(Requests::new(requests.to_vec()));
            reader.feed(text.as_bytes());
            let result = reader.dumps.latest_unasked().map(|dump| (dump.number, dump.final_tick));
            (reader.dumps.latest().unwrap().requested, reader.dumps.requested(), result)
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
        let mut reader = Reader::new(&["h::8*"]);
        reader.feed(block(&lines).as_bytes());
        assert_eq!((reader.dumps.names(), reader.row()), (&["h::8-15".to_owned()][..], vec![Some(6.0)]));
    }

    #[test]
    fn a_begin_without_an_end_is_forgotten() {
        let mut reader = Reader::new(&["*"]);
        let cut = "---------- Begin Simulation Statistics ----------\nghost 1\n";
        reader.feed((cut.to_owned() + &block(&["simTicks 5"])).as_bytes());
        assert_eq!((reader.dumps.count(), reader.dumps.names()), (1, &["simTicks".to_owned()][..]));
    }

    #[test]
    fn a_long_run_is_thinned_evenly_and_keeps_its_ends() {
        let mut reader = Reader::new(&["simTicks"]);
        reader.dumps = reader.dumps.keeping(8);
        for i in 1..=1000 {
            reader.feed(block(&[&format!("simTicks {i}")]).as_bytes());
            assert!(reader.dumps.history().len() <= 8);
            assert_eq!(reader.dumps.latest().unwrap().number, i);
        }
        let numbers: Vec<u32> = reader.dumps.history().iter().map(|dump| dump.number).collect();
        assert_eq!(numbers, [1, 257, 513, 769, 1000]);
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        let mut reader = Reader::new(&["*"]);
        reader.feed(b"---------- Begin Simulation Statistics ----------\n");
        for _ in 0..1000 {
            reader.feed(&[b'x'; 10_000]);
            assert!(reader.text.line.len() <= MAX_LINE);
        }
        reader.feed(b" 5\nsimTicks 3\n---------- End Simulation Statistics   ----------\n");
        assert_eq!(reader.dumps.names(), ["simTicks"]);
        assert_eq!(reader.dumps.latest().unwrap().unread_lines, 1, "what was not read is told");
    }

    #[test]
    fn a_watch_of_everything_is_bounded() {
        let lines: Vec<String> = (0..2000).map(|i| format!("system.cpu{i}.x {i}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let mut reader = Reader::new(&["*"]);
        reader.feed(block(&lines).as_bytes());
        assert_eq!(reader.dumps.names().len(), MAX_NAMES);
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
            let mut reader = Reader::new(&["simTicks", "*.overallMissRate::total"]);
            for piece in text.chunks(4093) {
                reader.feed(piece);
            }
            assert_eq!(
                Some(u64::from(reader.dumps.count())),
                expected["complete_dumps"].as_u64(),
                "{}",
                sample.display()
            );
            assert_eq!(Some(reader.text.has_open_block()), expected["open_dump"].as_bool(), "{}", sample.display());
            if let Some(latest) = reader.dumps.latest() {
                assert!(latest.final_tick.is_some() && latest.sim_ticks.is_some() && latest.sim_seconds.is_some());
                let block = String::from_utf8_lossy(&text[latest.start as usize..latest.end as usize]).into_owned();
                assert!(parse_block(&block).len() > 100, "{}", sample.display());
            }
            seen += 1;
        }
        assert!(seen > 0, "the samples folder holds no samples");
    }

    proptest! {
        /// By its beginning and by its first word a line is told to be of nothing that is watched; beside a glob that matches nothing
        /// and may match anything, each line is read.
        #[test]
        fn who_looks_at_the_beginnings_of_lines_finds_what_who_reads_each_line_does(
            lines in prop::collection::vec(prop_oneof![
                "( |\t|\u{a0}|\u{0}|-)?(a|b|h|simTicks|sim_insts|finalTick)( |::|\\.|\t|x|é)?(a|b|50%|0-7|1)? {0,3}(5|-1.5|nan|no|5 #|1 1.00% 2.00%|# c|)( # d \\(Unit\\)| x|\r)?",
                Just("h::bucket_size 8".to_owned()), Just("h::min_bucket 0".to_owned()), Just("h::max_bucket 15".to_owned()),
                Just("h | 5 50.00% 50.00% | 6 50.00% 100.00% # d (Unit)".to_owned()),
                Just("---------- Begin Simulation Statistics : x ----------".to_owned()),
            ], 0..12), cut in 0_usize..200
        ) {
            let text = block(&lines.iter().map(String::as_str).collect::<Vec<_>>());
            let read = |globs: &[&str]| {
                let mut reader = Reader::new(globs);
                let (first, second) = text.as_bytes().split_at(text.floor_char_boundary(cut));
                reader.feed(first);
                reader.feed(second);
                let units: Vec<_> = (0..reader.dumps.names().len()).map(|name| reader.dumps.unit(name).map(str::to_owned)).collect();
                let figures = |dump: &Dump| format!("{:?}", (dump.sim_ticks, dump.sim_insts, dump.final_tick, &dump.values));
                (reader.dumps.names().to_vec(), units, reader.dumps.latest().map(figures), reader.dumps.count())
            };
            let with_cells = ["a", "a.b", "a::b", "h::0-7", "h::8-15", "h::1", "simTicks", "b::50%"];
            for globs in [&with_cells[..], &["a", "a.b", "b::50%", "simTicks"], &["a*b", "b?x"], &["é"], &[]] {
                prop_assert_eq!(read(globs), read(&[globs, &["*~?~"]].concat()));
            }
        }

        #[test]
        fn pieces_of_any_size_give_the_same(cuts in prop::collection::vec(0_usize..600, 0..8)) {
            let text = three_dumps();
            let mut whole = Reader::new(&["*"]);
            whole.feed(text.as_bytes());
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            let mut pieces = Reader::new(&["*"]);
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
            let mut reader = Reader::new(&["*"]);
            reader.feed(&text.as_bytes()[..cut]);
            let complete = text[..cut].matches("End Simulation Statistics   ----------\n").count();
            prop_assert_eq!(reader.dumps.count() as usize, complete);
            let ticks = [None, Some(10.0), Some(20.0), Some(30.0)];
            prop_assert_eq!(reader.dumps.latest().and_then(|dump| dump.final_tick), ticks[complete]);
            prop_assert_eq!(reader.dumps.names().is_empty(), complete == 0);
            prop_assert_eq!(reader.dumps.names().iter().any(|name| name == "sim_insts"), complete == 3);
        }
    }
}
