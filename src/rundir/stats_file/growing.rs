//! A file of stats that somebody writes, or will write.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::last::last_block;
use super::{Integrity, gzip, read_gzip, read_requests, read_text, text_of};
use crate::gem5::stats::{Choice, Dump, Dumps, Summary, TextParser, Watch};
use crate::rundir::follow::{Change, Followed};

/// 512 MiB: of a file that is further behind, only so much of its end is read, which takes a second or two, and the dumps before
/// that are neither read nor counted. A thousand dumps of a large system fit; a file of terabytes is none of gem5's.
const MOST_BEHIND: u64 = 512 << 20;

/// 32 KiB are read at once: they stay in the nearest cache of the processor while their lines are looked at, and an allocator gives
/// and takes them cheaply, thousands of times.
const PIECE: usize = 32 << 10;

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
    pub(super) dumps: Dumps,
    /// `requested_dumps.jsonl`, and how long it was when it was last read.
    requests: Option<(PathBuf, u64)>,
    /// Nobody writes it any more.
    ended: bool,
    /// Its first bytes say that it is compressed.
    compressed: bool,
    /// It is compressed, and was read.
    unpacked: bool,
    /// Why it could not be read to its end, if it is compressed.
    damage: Option<String>,
    /// What is further behind than this is passed over.
    most_behind: u64,
    /// So many bytes were passed over.
    skipped: u64,
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
            damage: None,
            most_behind: MOST_BEHIND,
            skipped: 0,
        }
    }

    /// Says which dump is meant. One that is not counted from the end takes reading every byte. See [`Dumps::sequence`].
    #[must_use]
    pub fn choosing(mut self, choice: Choice) -> Self {
        if !matches!(choice, Choice::FromEnd(_)) {
            self.most_behind = u64::MAX;
        }
        self.dumps = self.dumps.choosing(choice);
        self
    }

    /// Says how far behind it may be without being passed over.
    #[must_use]
    pub(super) fn reading_back(self, most_behind: u64) -> Self {
        Self { most_behind, ..self }
    }

    /// Says that nobody writes it any more: a compressed file can be read from now on.
    pub fn set_ended(&mut self) {
        self.ended = true;
    }

    /// Keeps of all dumps only the last ones. See [`Dumps::last_only`].
    #[must_use]
    pub fn last_only(mut self) -> Self {
        self.dumps = self.dumps.last_only();
        self
    }

    /// Marks the dumps that were asked for, as the `requested_dumps.jsonl` at `path` tells. See
    /// [`Requests`](crate::gem5::stats::Requests).
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
            self.damage = None;
            self.skipped = 0;
        }
        if change != Change::None {
            self.compressed = self.begins_compressed()?;
        }
        if self.compressed {
            let new_dumps = if self.ended && !self.unpacked { self.unpack()? } else { 0 };
            return Ok(StatsChange { new_dumps, reset, behind: false });
        }
        let behind = self.file.len().saturating_sub(self.text.offset());
        if behind > self.most_behind {
            self.skipped = self.skipped.saturating_add(behind - self.most_behind);
            self.text = TextParser::at(self.file.len() - self.most_behind);
            self.dumps.skip();
        }
        let before = self.dumps.count();
        let stop = self.file.len().min(self.text.offset().saturating_add(budget_bytes.max(1)));
        let mut buffer = vec![0; PIECE.min((stop - self.text.offset()) as usize)];
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

    /// Whether it was compressed at the last refresh.
    pub(super) fn is_compressed(&self) -> bool {
        self.compressed
    }

    fn begins_compressed(&self) -> io::Result<bool> {
        let mut start = [0; gzip::MAGIC.len()];
        Ok(self.file.read_at(&mut start, 0)? == start.len() && start == gzip::MAGIC)
    }

    /// Reads all of a compressed file. Says how many dumps there are.
    fn unpack(&mut self) -> io::Result<u32> {
        let Self { file, text, dumps, .. } = self;
        // What was lost with the end of a damaged file is not known; the dumps before it are complete.
        let integrity = read_gzip(file.path(), |piece| text.feed(piece, dumps))?;
        self.damage = match integrity {
            Integrity::CutOff(why) => Some(why),
            Integrity::Whole => None,
        };
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

    /// Why a compressed file could not be read to its end, if that is so.
    pub fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    /// How many bytes were passed over because the file was too far behind: dumps in them are not counted.
    pub fn skipped(&self) -> u64 {
        self.skipped
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
    pub fn text_before(&self, dump: &Summary) -> io::Result<Option<String>> {
        if self.unpacked {
            let before = self.dumps.history().iter().find(|before| before.number + 1 == dump.number);
            return before.map(Dump::summary).map_or(Ok(None), |before| self.text_of(&before));
        }
        let text = last_block(&self.file, dump.start)?;
        Ok(text.map(|(_, text)| String::from_utf8_lossy(&text).into_owned()))
    }

    /// The whole text of a dump that was read, with both markers, up to [`MAX_DUMP`](super::MAX_DUMP). `None` when the
    /// file is no longer the one that was read.
    pub fn text_of(&self, dump: &Summary) -> io::Result<Option<String>> {
        if self.unpacked { read_text(self.file.path(), dump) } else { text_of(&self.file, dump) }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::super::{count_dumps, read_last, read_last_unasked};
    use super::*;
    use crate::gem5::stats::Requests;

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
        stats.dumps().latest().and_then(|dump| stats.text_of(&dump.summary()).unwrap())
    }

    fn text_before(stats: &StatsFile) -> Option<String> {
        stats.dumps().latest().and_then(|dump| stats.text_before(&dump.summary()).unwrap())
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
            read_text(
                &path,
                &read_last(&path, watch(), Requests::default()).unwrap().unwrap().latest().unwrap().summary()
            )
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
    fn who_reads_a_file_whole_passes_over_nothing_that_takes_less_than_a_second() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        append(&path, &block(1));
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(MOST_BEHIND + (1 << 20)).unwrap();
        append(&path, &format!("\n{}", block(2)));
        assert_eq!(count_dumps(&path).unwrap(), 2);
        let mut followed = StatsFile::open(&path, watch());
        followed.refresh(u64::MAX).unwrap();
        assert_eq!((followed.dumps().count(), followed.skipped() > 0), (1, true));
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
}
