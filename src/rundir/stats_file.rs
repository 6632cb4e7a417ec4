//! `stats.txt` on disk.
//!
//! [`StatsFile`] follows the file of a simulation that runs. [`last_values`] is for one that has ended: it looks for the
//! last complete dump from the end, so that a file of many gigabytes costs no more than one dump. Both take only the
//! plain text form; a compressed or JSON file has another name and is not looked for.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::follow::{Change, Followed};
use crate::gem5::stats::{Marker, StatsReader, Watch, marker};

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
}

impl StatsFile {
    /// The file at `path`, which need not exist yet. Nothing is read before [`StatsFile::refresh`].
    pub fn open(path: &Path, watch: Arc<Watch>) -> Self {
        Self { file: Followed::new(path), reader: StatsReader::new(watch) }
    }

    /// Keeps so many dumps at most. See [`StatsReader::keeping`].
    #[must_use]
    pub fn keeping(mut self, dumps: usize) -> Self {
        self.reader = self.reader.keeping(dumps);
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
            self.reader.feed(piece.get(..read).unwrap_or_default());
        }
        let behind = self.reader.offset() < self.file.len();
        Ok(StatsChange { new_dumps: self.reader.dumps() - before, reset, behind })
    }

    /// What has been read.
    pub fn reader(&self) -> &StatsReader {
        &self.reader
    }

    /// Whether the file existed at the last refresh. gem5 makes it, empty, before it runs the script.
    pub fn exists(&self) -> bool {
        self.file.exists()
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
/// the block alone.
pub fn last_values(path: &Path, watch: Arc<Watch>) -> io::Result<Option<StatsReader>> {
    let mut file = Followed::new(path);
    if file.refresh()? != Change::Appeared {
        return Ok(None);
    }
    if let Some(text) = last_block(&file)? {
        let mut reader = StatsReader::new(watch).keeping(2);
        reader.feed(&text);
        return Ok(Some(reader).filter(|reader| reader.dumps() > 0));
    }
    // No block near the end: a huge remnant, or no block at all. Only reading everything tells.
    if file.len() <= MAX_BACKWARDS {
        return Ok(None);
    }
    let mut stats = StatsFile::open(path, watch).keeping(2);
    stats.refresh(u64::MAX)?;
    Ok(Some(stats.reader).filter(|reader| reader.dumps() > 0))
}

/// How many complete dumps a file has. Reads all of it once.
pub fn count_dumps(path: &Path) -> io::Result<u32> {
    let no_watch = Arc::new(Watch::new::<&str>(&[]).map_err(io::Error::other)?);
    let mut stats = StatsFile::open(path, no_watch).keeping(2);
    stats.refresh(u64::MAX)?;
    Ok(stats.reader.dumps())
}

/// The text from the last Begin line that has an End line to behind that End line, if it lies within
/// [`MAX_BACKWARDS`] of the end.
fn last_block(file: &Followed) -> io::Result<Option<Vec<u8>>> {
    let len = file.len();
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
            return Ok(text.get(begin..end).map(<[u8]>::to_vec));
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

        append(&path, &format!("\n{END}"));
        assert_eq!(stats.refresh(1 << 20).unwrap().new_dumps, 1);
        assert_eq!(stats.reader().row(), [Some(9.0), None]);
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
