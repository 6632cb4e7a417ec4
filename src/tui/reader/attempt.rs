//! The stats, the files and the records of an attempt.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde::de::DeserializeOwned;
use tokio::sync::mpsc::Sender as Readings;

use super::{Closed, Progress, send};
use crate::gem5::stats::{Watch, parse_block};
use crate::rundir::AttemptDir;
use crate::rundir::stats_file::StatsFile;
use crate::text::{Safe, natural};
use crate::tui::reading::{
    FileEntry, FileState, FilesReading, InfoReading, Reading, Record, StatLine, StatsReading, Want, WatchedStat,
};

/// Bytes of stats that are read in one step.
const STATS_STEP: u64 = 16 << 20;
/// While a large file is being read, what is known is shown this often.
const READING: Duration = Duration::from_millis(200);
/// Watched stats that are shown: a glob such as `*` matches hundreds of thousands.
const MAX_WATCHED: usize = 200;
/// Files that are listed: a simulation that writes more has them in folders of its own making.
const MAX_FILES: usize = 2_000;
/// Folders inside folders that are listed. Checkpoints are two deep.
const MAX_DEPTH: usize = 6;
/// A record is a few kilobytes; a result may be larger.
const MAX_RECORD: u64 = 4 << 20;

pub(super) struct AttemptReader {
    dir: AttemptDir,
    stats: Option<Stats>,
    stats_sent: Option<Instant>,
    files: Option<Vec<FileEntry>>,
    records: Option<[Option<Vec<u8>>; 4]>,
}

struct Stats {
    globs: Vec<String>,
    file: StatsFile,
    /// The last dump that was taken apart, told by its number and place.
    last: Option<(u32, u64)>,
    all: Arc<Vec<StatLine>>,
    was_there: bool,
    unanswered: bool,
}

impl AttemptReader {
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: AttemptDir::new(dir), stats: None, stats_sent: None, files: None, records: None }
    }

    pub(super) fn want(&mut self, want: &Want) {
        match (&want.stats, &mut self.stats) {
            (Some(globs), Some(stats)) if stats.globs == *globs => {}
            (Some(globs), _) => self.stats = Some(Stats::new(&self.dir.stats(), globs)),
            (None, _) => self.stats = None,
        }
        if !want.files {
            self.files = None;
        }
        if !want.info {
            self.records = None;
        }
    }

    pub(super) fn step(&mut self, want: &Want, readings: &Readings<Reading>) -> Result<Progress, Closed> {
        let mut progress = Progress::Idle;
        if let Some(stats) = &mut self.stats {
            let (reading, behind) = stats.step(&self.dir.stats());
            if behind {
                progress = Progress::More;
            }
            let soon = self.stats_sent.is_some_and(|at| at.elapsed() < READING);
            if let Some(reading) = reading.filter(|_| !(behind && soon)) {
                self.stats_sent = Some(Instant::now());
                stats.unanswered = false;
                send(readings, Reading::Stats(reading))?;
            }
        }
        if want.files {
            self.list_files(readings)?;
        }
        if want.info {
            self.read_records(readings)?;
        }
        Ok(progress)
    }

    fn list_files(&mut self, readings: &Readings<Reading>) -> Result<(), Closed> {
        let mut files = Vec::new();
        let mut more = false;
        let state = match list(self.dir.path(), Path::new(""), 0, &mut files, &mut more) {
            Ok(()) => FileState::Present,
            Err(error) if error.kind() == io::ErrorKind::NotFound => FileState::Gone,
            Err(error) => FileState::Unreadable(Safe::line(&error.to_string())),
        };
        files.sort_by(|a, b| natural::compare(&a.name, &b.name));
        if self.files.as_ref() == Some(&files) {
            return Ok(());
        }
        self.files = Some(files.clone());
        let attempt = self.dir.path().to_owned();
        send(readings, Reading::Files(FilesReading { attempt, state, files, more }))
    }

    fn read_records(&mut self, readings: &Readings<Reading>) -> Result<(), Closed> {
        let dir = &self.dir;
        let bytes = [dir.spec(), dir.started(), dir.exit(), dir.result()].map(|path| read_bounded(&path));
        if self.records.as_ref() == Some(&bytes) {
            return Ok(());
        }
        let [spec, started, exit, result] = &bytes;
        let reading = InfoReading {
            attempt: dir.path().to_owned(),
            spec: record(spec.as_deref()),
            started: record(started.as_deref()),
            exit: record(exit.as_deref()),
            result: record(result.as_deref()),
        };
        self.records = Some(bytes);
        send(readings, Reading::Info(Box::new(reading)))
    }
}

impl Stats {
    fn new(path: &Path, globs: &[String]) -> Self {
        // The globs were checked with the experiment file; if one does not compile here nothing is watched.
        let watch = Watch::new(globs).or_else(|_| Watch::new::<&str>(&[])).map(Arc::new);
        let watch = watch.expect("an empty list of globs always compiles");
        Self {
            globs: globs.to_vec(),
            file: StatsFile::open(path, watch),
            last: None,
            all: Arc::default(),
            was_there: false,
            unanswered: true,
        }
    }

    /// Reads a little further. Gives what is known if that is new, and says whether there is more to read.
    fn step(&mut self, path: &Path) -> (Option<StatsReading>, bool) {
        let path = path.to_owned();
        let change = match self.file.refresh(STATS_STEP) {
            Ok(change) => change,
            Err(error) => {
                let state = FileState::Unreadable(Safe::line(&error.to_string()));
                let reading = self.unanswered.then(|| StatsReading { state, ..self.nothing(path) });
                return (reading, false);
            }
        };
        let appeared = self.file.exists() && !self.was_there;
        self.was_there |= self.file.exists();
        let changed = self.unanswered || change.new_dumps > 0 || change.reset || appeared;
        // What has been read once is wanted even if it is not sent at once.
        self.unanswered |= changed;
        if !changed {
            return (None, change.behind);
        }
        if !change.behind {
            self.take_last_dump();
        }
        let state = match (self.file.exists(), self.was_there) {
            (true, _) => FileState::Present,
            (false, true) => FileState::Gone,
            (false, false) => FileState::Absent,
        };
        let reading = StatsReading {
            state,
            dumps: u64::from(self.file.reader().dumps()),
            age_ms: age_ms(&path),
            watched: self.watched(),
            all: Arc::clone(&self.all),
            more: change.behind,
            ..self.nothing(path)
        };
        (Some(reading), change.behind)
    }

    fn nothing(&self, path: PathBuf) -> StatsReading {
        StatsReading {
            path,
            state: FileState::Absent,
            dumps: 0,
            age_ms: None,
            watched: Vec::new(),
            all: Arc::clone(&self.all),
            more: false,
        }
    }

    fn take_last_dump(&mut self) {
        let place = self.file.reader().latest().map(|dump| (dump.number, dump.start));
        if place == self.last {
            return;
        }
        self.last = place;
        let text = self.file.last_dump().ok().flatten().unwrap_or_default();
        let line = |stat: crate::gem5::stats::StatLine| StatLine {
            name: Safe::line(&stat.name),
            value: Safe::line(&stat.value.to_string()),
            unit: Safe::line(stat.unit.as_deref().unwrap_or_default()),
            description: Safe::line(&stat.description),
        };
        self.all = Arc::new(parse_block(&text).into_iter().map(line).collect());
    }

    fn watched(&self) -> Vec<WatchedStat> {
        let reader = self.file.reader();
        let meanings: HashMap<&str, &Safe> =
            self.all.iter().map(|stat| (stat.name.as_str(), &stat.description)).collect();
        let stat = |(index, name): (usize, &String)| WatchedStat {
            name: Safe::line(name),
            description: meanings.get(name.as_str()).map(|text| (*text).clone()).unwrap_or_default(),
            values: reader.history().iter().map(|dump| dump.value(index)).collect(),
        };
        reader.names().iter().enumerate().take(MAX_WATCHED).map(stat).collect()
    }
}

fn age_ms(path: &Path) -> Option<u64> {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified()).ok()?;
    let age = SystemTime::now().duration_since(modified).unwrap_or_default();
    u64::try_from(age.as_millis()).ok()
}

/// Lists files, never following a link out of the attempt.
fn list(root: &Path, below: &Path, depth: usize, files: &mut Vec<FileEntry>, more: &mut bool) -> io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let Ok(entry) = entry else { continue };
        if files.len() >= MAX_FILES {
            *more = true;
            return Ok(());
        }
        let path = below.join(entry.file_name());
        // A file that is gone by now is no file.
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_dir() {
            if depth >= MAX_DEPTH {
                *more = true;
            } else {
                // A folder that cannot be read must not hide its neighbours.
                _ = list(root, &path, depth + 1, files, more);
            }
            continue;
        }
        let since = metadata.modified().ok().and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let modified_unix_ms = since.and_then(|since| i64::try_from(since.as_millis()).ok());
        files.push(FileEntry {
            name: Safe::line(&path.to_string_lossy()),
            bytes: metadata.len(),
            modified: modified_unix_ms.map(local_time).unwrap_or_default(),
            modified_unix_ms,
            path,
        });
    }
    Ok(())
}

fn local_time(unix_ms: i64) -> Safe {
    let Ok(at) = jiff::Timestamp::from_millisecond(unix_ms) else { return Safe::default() };
    Safe::line(&at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn read_bounded(path: &Path) -> Option<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    fs::File::open(path).ok()?.take(MAX_RECORD).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn record<T: DeserializeOwned>(bytes: Option<&[u8]>) -> Record<T> {
    let Some(bytes) = bytes else { return Record::Absent };
    let format = serde_json::from_slice::<serde_json::Value>(bytes);
    let format = format.as_ref().ok().and_then(|value| value.get("format")).and_then(serde_json::Value::as_u64);
    if let Some(format) = format.filter(|format| *format > u64::from(crate::rundir::record::FORMAT)) {
        return Record::Broken(Safe::line(&format!("it has format {format}, which a newer gem5-tui wrote")));
    }
    match serde_json::from_slice(bytes) {
        Ok(record) => Record::Present(Box::new(record)),
        Err(error) => Record::Broken(Safe::line(&error.to_string())),
    }
}
