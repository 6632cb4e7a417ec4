//! `stats.txt` on disk.
//!
//! [`StatsFile`] follows the file of a simulation that runs. [`last_values`] is for one that has ended: it looks for the
//! last complete dump from the end, so that a file of many gigabytes costs no more than one dump. A file that has ended
//! may be compressed; one that grows may not. [`find`] tells which file has the stats, and whether they can be read.

mod find;
mod gzip;
mod requests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use find::{FoundStats, find, of_attempt};
pub use gzip::{Integrity, is_gzip, read_gzip};
pub use requests::read_requests;

use super::follow::{Change, Followed, open_regular};
use crate::gem5::stats::{Marker, Requests, StatsReader, Watch, marker};

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
    reader: StatsReader,
    /// `requested_dumps.jsonl`, and how long it was when it was last read.
    requests: Option<(PathBuf, u64)>,
}

impl StatsFile {
    /// The file at `path`, which need not exist yet. Nothing is read before [`StatsFile::refresh`].
    pub fn open(path: &Path, watch: Arc<Watch>) -> Self {
        Self { file: Followed::new(path), reader: StatsReader::new(watch), requests: None }
    }

    /// Keeps so many dumps at most. See [`StatsReader::keeping`].
    #[must_use]
    pub fn keeping(mut self, dumps: usize) -> Self {
        self.reader = self.reader.keeping(dumps);
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
        let reset = change.is_reset() && self.reader.offset() > 0;
        if change.is_reset() {
            self.reader.reset();
        }
        let before = self.reader.dumps();
        let stop = self.file.len().min(self.reader.offset().saturating_add(budget_bytes.max(1)));
        let mut buffer = vec![0; BLOCK.min((stop - self.reader.offset()) as usize)];
        while self.reader.offset() < stop {
            let wanted = (stop - self.reader.offset()).min(buffer.len() as u64) as usize;
            let piece = buffer.get_mut(..wanted).unwrap_or_default();
            let read = self.file.read_at(piece, self.reader.offset())?;
            if read == 0 {
                // It shrank since the look above; the next one will tell.
                break;
            }
            // In this order: the request for any dump in the piece was written before the dump was.
            self.look_for_requests();
            self.reader.feed(piece.get(..read).unwrap_or_default());
        }
        let behind = self.reader.offset() < self.file.len();
        Ok(StatsChange { new_dumps: self.reader.dumps() - before, reset, behind })
    }

    fn look_for_requests(&mut self) {
        let Some((path, known)) = &mut self.requests else { return };
        let length = std::fs::metadata(&*path).map_or(0, |facts| facts.len());
        if length != *known {
            *known = length;
            self.reader.set_requests(read_requests(path));
        }
    }

    /// What has been read.
    pub fn reader(&self) -> &StatsReader {
        &self.reader
    }

    /// What has been read, given away.
    pub fn into_reader(self) -> StatsReader {
        self.reader
    }

    /// Whether the file existed at the last refresh. gem5 makes it, empty, before it runs the script.
    pub fn exists(&self) -> bool {
        self.file.exists()
    }

    /// The whole text of the complete dump before the last one. `None` if there is none near it.
    pub fn dump_before(&self) -> io::Result<Option<String>> {
        let Some(start) = self.reader.latest().map(|dump| dump.start) else { return Ok(None) };
        let text = last_block(&self.file, start)?;
        Ok(text.map(|(_, text)| String::from_utf8_lossy(&text).into_owned()))
    }

    /// The whole text of the last complete dump, with both markers, up to [`MAX_DUMP`]. `None` without one, and when
    /// the file is no longer the one that was read.
    pub fn last_dump(&mut self) -> io::Result<Option<String>> {
        let Some((start, end)) = self.reader.latest().map(|dump| (dump.start, dump.end)) else { return Ok(None) };
        let mut text = vec![0; (end - start).min(MAX_DUMP) as usize];
        let read = self.file.read_at(&mut text, start)?;
        let is_intact =
            read == text.len() && marker(text.split(|b| *b == b'\n').next().unwrap_or_default()) == Some(Marker::Begin);
        Ok(is_intact.then(|| String::from_utf8_lossy(&text).into_owned()))
    }
}

/// The last complete dump of a file that nobody writes any more: a reader that took this dump alone, or none if there
/// is none. Its dumps are counted from this one, so [`crate::gem5::stats::Dump::number`] is 1; its offsets are those of
/// the block alone. A compressed file is read from its start.
pub fn last_values(path: &Path, watch: Arc<Watch>) -> io::Result<Option<StatsReader>> {
    last_result(path, watch, Requests::default())
}

/// As [`last_values`], with the requests for dumps. When the last dump was asked for, everything is read, and
/// [`StatsReader::latest_result`] tells the last dump that is a result, if there is one.
///
/// Pass no requests when gem5 ended by itself: its last dump is then the one of its end, or one in the same tick,
/// whatever was asked for before. Of a compressed file it cannot be told what was asked for.
pub fn last_result(path: &Path, watch: Arc<Watch>, requests: Requests) -> io::Result<Option<StatsReader>> {
    let mut file = Followed::new(path);
    if file.refresh()? != Change::Appeared {
        return Ok(None);
    }
    let has_dump = |reader: StatsReader| Some(reader).filter(|reader| reader.dumps() > 0);
    if is_gzip(path) {
        return read_whole(path, watch, Requests::default()).map(has_dump);
    }
    match last_block(&file, file.len())? {
        Some((start, text)) if !requests.explain(start) => {
            let mut reader = StatsReader::new(watch).keeping(2);
            reader.feed(&text);
            Ok(has_dump(reader))
        }
        // No block near the end: no block at all.
        None if file.len() <= MAX_BACKWARDS => Ok(None),
        // Or a huge remnant, or a dump that was asked for. Only reading everything tells.
        _ => read_whole(path, watch, requests).map(has_dump),
    }
}

/// How many complete dumps a file has. Reads all of it once.
pub fn count_dumps(path: &Path) -> io::Result<u32> {
    let no_watch = Arc::new(Watch::new::<&str>(&[]).map_err(io::Error::other)?);
    if !path.exists() {
        return Ok(0);
    }
    Ok(read_whole(path, no_watch, Requests::default())?.dumps())
}

/// Reads a file that nobody writes any more from its start, compressed or not. It keeps the last dumps alone.
pub fn read_whole(path: &Path, watch: Arc<Watch>, requests: Requests) -> io::Result<StatsReader> {
    if is_gzip(path) {
        let mut reader = StatsReader::new(watch).keeping(2);
        // What was lost with the end of a damaged file is not known; the dumps before it are complete.
        read_gzip(path, |piece| reader.feed(piece))?;
        return Ok(reader);
    }
    let mut stats = StatsFile::open(path, watch).keeping(2);
    stats.reader.set_requests(requests);
    stats.refresh(u64::MAX)?;
    Ok(stats.reader)
}

/// The text of the last complete dump of a file, with both markers, if one lies near its end.
pub fn last_dump_text(path: &Path) -> io::Result<Option<String>> {
    let mut file = Followed::new(path);
    if file.refresh()? != Change::Appeared {
        return Ok(None);
    }
    let text = last_block(&file, file.len())?;
    Ok(text.map(|(_, text)| String::from_utf8_lossy(&text).into_owned()))
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
        assert_eq!((stats.reader().row(), stats.reader().has_open_block()), (vec![Some(7.0), Some(0.5)], true));
        let text = stats.last_dump().unwrap().unwrap();
        assert!(text.starts_with(BEGIN) && text.ends_with(END), "{text:?}");

        assert_eq!(stats.dump_before().unwrap(), None);

        append(&path, &format!("\n{END}"));
        assert_eq!(stats.refresh(1 << 20).unwrap().new_dumps, 1);
        assert_eq!(stats.reader().row(), [Some(9.0), None]);
        assert!(stats.dump_before().unwrap().unwrap().contains("simTicks 7 "));
        assert!(last_dump_text(&path).unwrap().unwrap().contains("simTicks 9\n"));
    }

    #[test]
    fn a_retry_in_the_same_file_forgets_the_first_run() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        append(&path, &(block(1) + &block(2)));
        let mut stats = StatsFile::open(&path, watch());
        stats.refresh(1 << 20).unwrap();
        fs::write(&path, format!("\n{BEGIN}simTicks 3\n")).unwrap();
        assert_eq!(stats.last_dump().unwrap(), None, "the text of another run must not be shown");
        assert_eq!(stats.refresh(1 << 20).unwrap(), StatsChange { reset: true, ..StatsChange::default() });
        assert_eq!((stats.reader().dumps(), stats.reader().names().len()), (0, 0));
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
        let marks: Vec<bool> = stats.reader().history().iter().map(|dump| dump.requested).collect();
        assert_eq!((marks, stats.reader().latest_result().unwrap().sim_ticks), (vec![false, true], Some(1.0)));

        let result = |requests| {
            let reader = last_result(&path, watch(), requests).unwrap().unwrap();
            reader.latest_result().and_then(|dump| dump.sim_ticks)
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
        assert_eq!((stats.reader().dumps(), count_dumps(&path).unwrap()), (100, 100));
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
        let reader = last_values(&path, watch()).unwrap().unwrap();
        assert_eq!(reader.row(), [Some(42.0), Some(0.5)]);
        assert!(started.elapsed().as_secs() < 5, "it must not read 20 GB");
    }

    #[test]
    fn a_file_without_a_complete_dump_has_no_values() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        assert!(last_values(&path, watch()).unwrap().is_none());
        for text in ["", "\n", "simTicks 3\n", BEGIN, END] {
            fs::write(&path, text).unwrap();
            assert!(last_values(&path, watch()).unwrap().is_none(), "{text:?}");
        }
        fs::write(&path, format!("{BEGIN}simTicks 3\n{}", END.trim_end())).unwrap();
        assert!(last_values(&path, watch()).unwrap().is_none(), "an End without its newline may be half written");
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
            let last = last_values(&path, watch()).unwrap();
            assert_eq!(last.is_some(), stats.reader().dumps() > 0, "{}", path.display());
            let Some(last) = last else { continue };
            assert_eq!(last.latest().unwrap().final_tick, stats.reader().latest().unwrap().final_tick);
            assert!(parse_block(&stats.last_dump().unwrap().unwrap()).len() > 100);
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
            let mut whole = StatsReader::new(watch());
            whole.feed(&text);
            let mut back = StatsReader::new(watch());
            if let Some((begin, end)) = find_last_block(&text, true) {
                back.feed(&text[begin..end]);
            }
            prop_assert_eq!(back.dumps() > 0, whole.dumps() > 0);
            prop_assert_eq!(back.latest().map(|dump| dump.sim_ticks), whole.latest().map(|dump| dump.sim_ticks));
        }
    }
}
