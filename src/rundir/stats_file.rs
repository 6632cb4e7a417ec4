//! `stats.txt` on disk.
//!
//! [`StatsFile`] follows the file of a simulation that runs. [`read_last`] is for a look at a file: it finds the last
//! complete dump from the end, so that a file of many gigabytes costs no more than one dump. A compressed file is read only
//! when it has ended. [`find`] tells which file has the stats, and whether they can be read. Which
//! dump counts is decided in [`super::results`].

mod find;
mod gzip;
mod requests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use find::{FoundStats, find, find_usual, first_there};
pub use gzip::{Integrity, is_gzip, read_gzip};
pub use requests::read_requests;

use super::follow::{Change, Followed, open_regular};
use crate::gem5::stats::{Dump, Dumps, Marker, Requests, TextParser, Watch, marker};

/// The unit of reading.
const BLOCK: usize = 256 * 1024;

/// The text of a dump is shown up to this size. Large systems write half a megabyte a dump.
pub const MAX_DUMP: u64 = 16 * 1024 * 1024;

/// Looking for the last dump from the end stops here and reads from the start instead. The longest dump, as
/// [`MAX_DUMP`] has it, and the remnant of another one fit.
const MAX_BACKWARDS: u64 = 2 * MAX_DUMP;

/// What a refresh found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatsChange {
    /// How many dumps became complete.
    pub new_dumps: u32,
    /// The file was truncated, replaced or removed: everything from before is forgotten.
    pub reset: bool,
    /// There is more to read; the budget was used up.
    pub behind: bool,
}

/// A `stats.txt` that somebody writes, or will write.
#[derive(Debug)]
pub struct StatsFile {
    file: Followed,
    text: TextParser,
    dumps: Dumps,
    /// `requested_dumps.jsonl`, and how long it was when it was last read.
    requests: Option<(PathBuf, u64)>,
    /// Nobody writes it any more.
    ended: bool,
    /// Its first bytes say that it is compressed.
    compressed: bool,
    /// It is compressed, and was read.
    unpacked: bool,
}

impl StatsFile {
    /// The file at `path`, which need not exist yet. Nothing is read before [`StatsFile::refresh`].
    pub fn open(path: &Path, watch: Arc<Watch>) -> Self {
        Self {
            file: Followed::new(path),
            text: TextParser::new(),
            dumps: Dumps::new(watch),
            requests: None,
            ended: false,
            compressed: false,
            unpacked: false,
        }
    }

    /// Says that nobody writes it any more: a compressed file can be read from now on.
    pub fn set_ended(&mut self) {
        self.ended = true;
    }

    /// Keeps so many dumps at most. See [`Dumps::keeping`].
    #[must_use]
    pub fn keeping(mut self, dumps: usize) -> Self {
        self.dumps = self.dumps.keeping(dumps);
        self
    }

    /// Marks the dumps that were asked for, as the `requested_dumps.jsonl` at `path` tells. See [`Requests`].
    #[must_use]
    pub fn with_requests(mut self, path: &Path) -> Self {
        self.requests = Some((path.to_owned(), 0));
        self
    }

    /// Reads what is new, about `budget_bytes` at most.
    pub fn refresh(&mut self, budget_bytes: u64) -> io::Result<StatsChange> {
        let change = self.file.refresh()?;
        let reset = change.is_reset() && self.text.offset() > 0;
        if change.is_reset() {
            self.text = TextParser::new();
            self.dumps.reset();
            self.unpacked = false;
        }
        if change != Change::None {
            self.compressed = self.is_compressed()?;
        }
        if self.compressed {
            let new_dumps = if self.ended && !self.unpacked { self.unpack()? } else { 0 };
            return Ok(StatsChange { new_dumps, reset, behind: false });
        }
        let before = self.dumps.count();
        let stop = self.file.len().min(self.text.offset().saturating_add(budget_bytes.max(1)));
        let mut buffer = vec![0; BLOCK.min((stop - self.text.offset()) as usize)];
        while self.text.offset() < stop {
            let wanted = (stop - self.text.offset()).min(buffer.len() as u64) as usize;
            let piece = buffer.get_mut(..wanted).unwrap_or_default();
            let read = self.file.read_at(piece, self.text.offset())?;
            if read == 0 {
                // It shrank since the look above; the next one will tell.
                break;
            }
            // In this order: the request for any dump in the piece was written before the dump was.
            self.look_for_requests();
            self.text.feed(piece.get(..read).unwrap_or_default(), &mut self.dumps);
        }
        let behind = self.text.offset() < self.file.len();
        Ok(StatsChange { new_dumps: self.dumps.count() - before, reset, behind })
    }

    fn is_compressed(&self) -> io::Result<bool> {
        let mut start = [0; gzip::MAGIC.len()];
        Ok(self.file.read_at(&mut start, 0)? == start.len() && start == gzip::MAGIC)
    }

    /// Reads all of a compressed file. Says how many dumps there are.
    fn unpack(&mut self) -> io::Result<u32> {
        let Self { file, text, dumps, .. } = self;
        // What was lost with the end of a damaged file is not known; the dumps before it are complete.
        read_gzip(file.path(), |piece| text.feed(piece, dumps))?;
        self.unpacked = true;
        Ok(self.dumps.count())
    }

    fn look_for_requests(&mut self) {
        let Some((path, known)) = &mut self.requests else { return };
        let length = std::fs::metadata(&*path).map_or(0, |facts| facts.len());
        if length != *known {
            *known = length;
            self.dumps.set_requests(read_requests(path));
        }
    }

    /// The complete dumps that have been read.
    pub fn dumps(&self) -> &Dumps {
        &self.dumps
    }

    /// Whether a block has begun and not ended: gem5 is writing it, or died in it.
    pub fn has_open_block(&self) -> bool {
        self.text.has_open_block()
    }

    /// Whether the file existed at the last refresh. gem5 makes it, empty, before it runs the script.
    pub fn exists(&self) -> bool {
        self.file.exists()
    }

    /// The whole text of the complete dump before this one. `None` if there is none near it.
    pub fn text_before(&self, dump: &Dump) -> io::Result<Option<String>> {
        if self.unpacked {
            let before = self.dumps.history().iter().find(|before| before.number + 1 == dump.number);
            return before.map_or(Ok(None), |before| self.text_of(before));
        }
        let text = last_block(&self.file, dump.start)?;
        Ok(text.map(|(_, text)| String::from_utf8_lossy(&text).into_owned()))
    }

    /// The whole text of a dump that was read, with both markers, up to [`MAX_DUMP`]. `None` when the file is no longer
    /// the one that was read.
    pub fn text_of(&self, dump: &Dump) -> io::Result<Option<String>> {
        if self.unpacked { read_text(self.file.path(), dump) } else { text_of(&self.file, dump) }
    }
}

fn text_of(file: &Followed, dump: &Dump) -> io::Result<Option<String>> {
    let mut text = vec![0; shown_length(dump)];
    let read = file.read_at(&mut text, dump.start)?;
    text.truncate(read);
    Ok(intact(&text, dump))
}

/// How much of a dump is shown.
fn shown_length(dump: &Dump) -> usize {
    (dump.end - dump.start).min(MAX_DUMP) as usize
}

/// The text, if it can be that of the dump.
fn intact(text: &[u8], dump: &Dump) -> Option<String> {
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_intact = text.len() == shown_length(dump) && marker(first) == Some(Marker::Begin);
    is_intact.then(|| String::from_utf8_lossy(text).into_owned())
}

/// The whole text of a dump of a file, with both markers, up to [`MAX_DUMP`]. `None` when there is no such dump any more. A
/// compressed file is read from its start.
pub fn read_text(path: &Path, dump: &Dump) -> io::Result<Option<String>> {
    if is_gzip(path) {
        let text = gzip::part_of_gzip(path, dump.start, dump.start + shown_length(dump) as u64)?;
        return Ok(intact(&text, dump));
    }
    let mut file = Followed::new(path);
    file.refresh()?;
    text_of(&file, dump)
}

/// The last complete dump of a file, and no other. `None` if there is none. It is the first that is read, so
/// [`Dump::number`] is 1; its place is that in the file. A compressed file is read from its start.
pub fn read_last(path: &Path, watch: Arc<Watch>, requests: Requests) -> io::Result<Option<Dumps>> {
    read_back(path, watch, requests, false)
}

/// As [`read_last`], but when the last dump was asked for, everything is read, and [`Dumps::latest_unasked`] tells the last
/// one that was not, if there is one. Of a compressed file it cannot be told what was asked for.
pub fn read_last_unasked(path: &Path, watch: Arc<Watch>, requests: Requests) -> io::Result<Option<Dumps>> {
    read_back(path, watch, requests, true)
}

fn read_back(path: &Path, watch: Arc<Watch>, requests: Requests, unasked: bool) -> io::Result<Option<Dumps>> {
    let mut file = Followed::new(path);
    if file.refresh()? != Change::Appeared {
        return Ok(None);
    }
    let has_dump = |dumps: Dumps| Some(dumps).filter(|dumps| dumps.count() > 0);
    if is_gzip(path) {
        return read_whole(path, watch, Requests::default()).map(|whole| has_dump(whole.dumps));
    }
    match last_block(&file, file.len())? {
        Some((start, text)) if !(unasked && requests.explain(start)) => {
            let mut dumps = Dumps::new(watch).keeping(2);
            dumps.set_requests(requests);
            TextParser::at(start).feed(&text, &mut dumps);
            Ok(has_dump(dumps))
        }
        // No block near the end: no block at all.
        None if file.len() <= MAX_BACKWARDS => Ok(None),
        // Or a huge remnant, or a dump that was asked for. Only reading everything tells.
        _ => read_whole(path, watch, requests).map(|whole| has_dump(whole.dumps)),
    }
}

/// How many complete dumps a file has. Reads all of it once.
pub fn count_dumps(path: &Path) -> io::Result<u32> {
    if !path.exists() {
        return Ok(0);
    }
    Ok(read_whole(path, Arc::default(), Requests::default())?.dumps.count())
}

/// A file that was read from its start to its end.
#[derive(Debug)]
pub struct Whole {
    /// The last dumps alone, and how many there are.
    pub dumps: Dumps,
    /// Whether it ends within a dump.
    pub has_open_block: bool,
    /// Whether a compressed file could be read to its end. What was lost with the end of a damaged one is not known; the
    /// dumps before it are complete.
    pub integrity: Integrity,
}

/// Reads a file that nobody writes any more from its start, compressed or not.
pub fn read_whole(path: &Path, watch: Arc<Watch>, requests: Requests) -> io::Result<Whole> {
    if is_gzip(path) {
        let (mut text, mut dumps) = (TextParser::new(), Dumps::new(watch).keeping(2));
        let integrity = read_gzip(path, |piece| text.feed(piece, &mut dumps))?;
        return Ok(Whole { dumps, has_open_block: text.has_open_block(), integrity });
    }
    let mut stats = StatsFile::open(path, watch).keeping(2);
    stats.dumps.set_requests(requests);
    stats.refresh(u64::MAX)?;
    Ok(Whole { has_open_block: stats.has_open_block(), dumps: stats.dumps, integrity: Integrity::Whole })
}

/// The text from the last Begin line before `len` that has an End line to behind that End line, with its place, if it
/// lies within [`MAX_BACKWARDS`] of there.
fn last_block(file: &Followed, len: u64) -> io::Result<Option<(u64, Vec<u8>)>> {
    let mut start = len;
    let mut text: Vec<u8> = Vec::new();
    while start > 0 && len - start < MAX_BACKWARDS {
        // Doubling what is read keeps the work in proportion to the size of the block.
        let step = (text.len() as u64).clamp(BLOCK as u64, MAX_BACKWARDS);
        let from = start.saturating_sub(step);
        let mut more = vec![0; (start - from) as usize];
        let read = file.read_at(&mut more, from)?;
        if read < more.len() {
            return Ok(None);
        }
        more.extend_from_slice(&text);
        text = more;
        start = from;
        if let Some((begin, end)) = find_last_block(&text, start == 0) {
            return Ok(text.get(begin..end).map(|block| (start + begin as u64, block.to_vec())));
        }
    }
    Ok(None)
}

/// The last Begin and End that belong together, as a range. The first line counts only `from_start`, since it may be
/// the end of a longer one.
fn find_last_block(text: &[u8], from_start: bool) -> Option<(usize, usize)> {
    let mut line_end = memchr::memrchr(b'\n', text)?;
    let mut block_end = None;
    loop {
        let before = memchr::memrchr(b'\n', text.get(..line_end)?);
        let line_start = before.map_or(0, |newline| newline + 1);
        if before.is_some() || from_start {
            match (marker(text.get(line_start..line_end)?), block_end) {
                // An End above an End without a Begin between them closes nothing that counts.
                (Some(Marker::End), _) => block_end = Some(line_end + 1),
                (Some(Marker::Begin), Some(end)) => return Some((line_start, end)),
                _ => {}
            }
        }
        line_end = before?;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::path::PathBuf;
    use std::time::Instant;

    use proptest::prelude::*;

    use super::*;
    use crate::gem5::stats::parse_block;

    const BEGIN: &str = "---------- Begin Simulation Statistics ----------\n";
    const END: &str = "---------- End Simulation Statistics   ----------\n";

    fn watch() -> Arc<Watch> {
        Arc::new(Watch::new(&["simTicks", "*.ipc"]).unwrap())
    }

    fn block(ticks: u32) -> String {
        format!("\n{BEGIN}simTicks {ticks} # t\nsystem.cpu.ipc 0.5\n\n{END}")
    }

    fn row(dumps: &Dumps) -> Vec<Option<f64>> {
        dumps.latest().map(Dump::row).unwrap_or_default()
    }

    fn last_text(stats: &StatsFile) -> Option<String> {
        stats.dumps().latest().and_then(|dump| stats.text_of(dump).unwrap())
    }

    fn text_before(stats: &StatsFile) -> Option<String> {
        stats.dumps().latest().and_then(|dump| stats.text_before(dump).unwrap())
    }

    fn append(path: &Path, text: &str) {
        fs::OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn a_growing_file_shows_each_dump_when_it_is_complete() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        let mut stats = StatsFile::open(&path, watch());
        assert_eq!(stats.refresh(1 << 20).unwrap(), StatsChange::default());
        append(&path, "");
        assert_eq!((stats.refresh(1 << 20).unwrap(), stats.exists()), (StatsChange::default(), true));

        append(&path, &block(7));
        append(&path, &format!("\n{BEGIN}simTicks 9\n"));
        assert_eq!(stats.refresh(1 << 20).unwrap().new_dumps, 1);
        assert_eq!((row(stats.dumps()), stats.has_open_block()), (vec![Some(7.0), Some(0.5)], true));
        let text = last_text(&stats).unwrap();
        assert!(text.starts_with(BEGIN) && text.ends_with(END), "{text:?}");

        assert_eq!(text_before(&stats), None);

        append(&path, &format!("\n{END}"));
        assert_eq!(stats.refresh(1 << 20).unwrap().new_dumps, 1);
        assert_eq!(row(stats.dumps()), [Some(9.0), None]);
        assert!(text_before(&stats).unwrap().contains("simTicks 7 "));
        assert!(
            read_text(&path, read_last(&path, watch(), Requests::default()).unwrap().unwrap().latest().unwrap())
                .unwrap()
                .unwrap()
                .contains("simTicks 9\n")
        );
    }

    #[test]
    fn a_retry_in_the_same_file_forgets_the_first_run() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        append(&path, &(block(1) + &block(2)));
        let mut stats = StatsFile::open(&path, watch());
        stats.refresh(1 << 20).unwrap();
        fs::write(&path, format!("\n{BEGIN}simTicks 3\n")).unwrap();
        assert_eq!(last_text(&stats), None, "the text of another run must not be shown");
        assert_eq!(stats.refresh(1 << 20).unwrap(), StatsChange { reset: true, ..StatsChange::default() });
        assert_eq!((stats.dumps().count(), stats.dumps().names().len()), (0, 0));
        fs::remove_file(&path).unwrap();
        assert!(stats.refresh(1 << 20).unwrap().reset);
        assert!(!stats.exists());
    }

    #[test]
    fn a_dump_that_was_asked_for_is_marked_while_it_is_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (path, asked) = (dir.path().join("stats.txt"), dir.path().join("requested_dumps.jsonl"));
        let mut stats = StatsFile::open(&path, watch()).with_requests(&asked);
        append(&path, &block(1));
        assert_eq!(stats.refresh(1 << 20).unwrap().new_dumps, 1);
        append(&asked, &format!("{{\"at\":{{\"unix_ms\":1,\"boot_ms\":1}},\"stats_bytes\":{}}}\n", block(1).len()));
        append(&path, &block(2));
        assert_eq!(stats.refresh(1 << 20).unwrap().new_dumps, 1);
        let marks: Vec<bool> = stats.dumps().history().iter().map(|dump| dump.requested).collect();
        assert_eq!((marks, stats.dumps().latest_unasked().unwrap().sim_ticks), (vec![false, true], Some(1.0)));

        let result = |requests| {
            let dumps = read_last_unasked(&path, watch(), requests).unwrap().unwrap();
            dumps.latest_unasked().and_then(|dump| dump.sim_ticks)
        };
        assert_eq!(result(read_requests(&asked)), Some(1.0));
        assert_eq!(result(Requests::default()), Some(2.0));
        assert_eq!(result(Requests::new(vec![0, block(1).len() as u64])), None);
    }

    #[test]
    fn a_budget_spreads_the_work() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        append(&path, &(0..100).map(block).collect::<Vec<_>>().concat());
        let mut stats = StatsFile::open(&path, watch());
        let mut steps = 0;
        while stats.refresh(1000).unwrap().behind {
            steps += 1;
        }
        assert!(steps > 5);
        assert_eq!((stats.dumps().count(), count_dumps(&path).unwrap()), (100, 100));
    }

    #[test]
    fn the_last_values_of_a_large_file_are_found_from_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        let mut file = fs::File::create(&path).unwrap();
        file.write_all(block(1).as_bytes()).unwrap();
        file.set_len(20 << 30).unwrap();
        append(&path, &format!("\n{}\n{BEGIN}simTicks 99\nsystem.cpu.ipc", block(42)));
        let started = Instant::now();
        let dumps = read_last(&path, watch(), Requests::default()).unwrap().unwrap();
        assert_eq!(row(&dumps), [Some(42.0), Some(0.5)]);
        assert!(started.elapsed().as_secs() < 5, "it must not read 20 GB");
    }

    #[test]
    fn a_file_without_a_complete_dump_has_no_values() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        assert!(read_last(&path, watch(), Requests::default()).unwrap().is_none());
        for text in ["", "\n", "simTicks 3\n", BEGIN, END] {
            fs::write(&path, text).unwrap();
            assert!(read_last(&path, watch(), Requests::default()).unwrap().is_none(), "{text:?}");
        }
        fs::write(&path, format!("{BEGIN}simTicks 3\n{}", END.trim_end())).unwrap();
        assert!(
            read_last(&path, watch(), Requests::default()).unwrap().is_none(),
            "an End without its newline may be half written"
        );
    }

    #[test]
    fn real_dumps_read_from_the_end_are_those_read_from_the_start() {
        let Some(folder) = std::env::var_os("GEM5_TUI_SAMPLES").map(PathBuf::from) else {
            eprintln!("skipped: GEM5_TUI_SAMPLES is not set");
            return;
        };
        let mut seen = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path().join("m5out/stats.txt");
            let mut stats = StatsFile::open(&path, watch());
            stats.refresh(u64::MAX).unwrap();
            let last = read_last(&path, watch(), Requests::default()).unwrap();
            assert_eq!(last.is_some(), stats.dumps().count() > 0, "{}", path.display());
            let Some(last) = last else { continue };
            assert_eq!(last.latest().unwrap().final_tick, stats.dumps().latest().unwrap().final_tick);
            assert!(parse_block(&last_text(&stats).unwrap()).len() > 100);
            seen += 1;
        }
        assert!(seen > 0, "the samples folder holds no samples");
    }

    proptest! {
        #[test]
        fn from_the_end_and_from_the_start_agree_wherever_the_file_is_cut(
            lines in prop::collection::vec(prop_oneof![
                Just(BEGIN.to_owned()), Just(END.to_owned()), (0_u32..9).prop_map(|n| format!("simTicks {n}\n")), Just("\n".to_owned()),
            ], 0..14), cut in 0_usize..60
        ) {
            let mut text = lines.concat().into_bytes();
            text.truncate(text.len().saturating_sub(cut));
            let mut whole = Dumps::new(watch());
            TextParser::new().feed(&text, &mut whole);
            let mut back = Dumps::new(watch());
            if let Some((begin, end)) = find_last_block(&text, true) {
                TextParser::at(begin as u64).feed(&text[begin..end], &mut back);
            }
            prop_assert_eq!(back.count() > 0, whole.count() > 0);
            let told = |dumps: &Dumps| dumps.latest().map(|dump| (dump.sim_ticks, dump.start, dump.end, dump.row()));
            prop_assert_eq!(told(&back), told(&whole));
        }
    }
}
