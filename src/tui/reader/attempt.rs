//! The stats, the files and the records of an attempt.

use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use serde::de::DeserializeOwned;
use tokio::sync::mpsc::Sender as Readings;

use super::dumps::StatsReader;
use super::failure::FailureReader;
use super::{Closed, Progress, send};
use crate::rundir::follow::read_regular;
use crate::rundir::{AttemptDir, Outputs, attempts};
use crate::text::{Safe, human, natural};
use crate::tui::reading::{FileEntry, FileState, FilesReading, InfoReading, Reading, Record, Want};

/// While a large file is being read, what is known is shown this often.
const READING: Duration = Duration::from_millis(200);
/// Files that are listed: a simulation that writes more has them in folders of its own making.
const MAX_FILES: usize = 2_000;
/// Folders inside folders that are listed. Checkpoints are two deep.
const MAX_DEPTH: usize = 6;
/// A record is a few kilobytes; a result may be larger.
const MAX_RECORD: u64 = 4 << 20;

/// What was read of a record; none if there is none.
type Bytes = Result<Option<Vec<u8>>, Safe>;

pub(super) struct AttemptReader {
    dir: AttemptDir,
    outputs: Outputs,
    stats: Option<StatsReader>,
    stats_sent: Option<Instant>,
    files: Option<Vec<FileEntry>>,
    records: Option<[Bytes; 7]>,
    failure: Option<FailureReader>,
}

impl AttemptReader {
    pub(super) fn new(dir: &Path) -> Self {
        let dir = AttemptDir::new(dir);
        let outputs = attempts::outputs(&dir);
        Self { dir, outputs, stats: None, stats_sent: None, files: None, records: None, failure: None }
    }

    /// Where it writes.
    pub(super) fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    pub(super) fn want(&mut self, want: &Want) {
        match (&want.stats, &mut self.stats) {
            (Some(want), Some(stats)) if stats.serves(want) => stats.want(want),
            (Some(want), _) => self.stats = Some(StatsReader::new(&self.outputs, want)),
            (None, _) => self.stats = None,
        }
        match (&want.failure, &self.failure) {
            (Some(outcome), Some(failure)) if failure.outcome() == outcome => {}
            (Some(outcome), _) => self.failure = Some(FailureReader::new(&self.outputs, outcome)),
            (None, _) => self.failure = None,
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
            let (reading, behind) = stats.step();
            if behind {
                progress = Progress::More;
            }
            let soon = self.stats_sent.is_some_and(|at| at.elapsed() < READING);
            if let Some(reading) = reading.filter(|_| !(behind && soon)) {
                self.stats_sent = Some(Instant::now());
                stats.answered();
                send(readings, Reading::Stats(Box::new(reading)))?;
            }
        }
        if want.files {
            self.list_files(readings)?;
        }
        if want.info {
            self.read_records(readings)?;
        }
        if let Some(failure) = &mut self.failure {
            failure.step(readings)?;
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
        let job = (dir.submitting(), dir.submitted(), dir.job_end());
        let paths = [dir.spec(), dir.started(), dir.exit(), dir.result(), job.0, job.1, job.2];
        let bytes = paths.map(|path| read_bounded(&path));
        if self.records.as_ref() == Some(&bytes) {
            return Ok(());
        }
        let [spec, started, exit, result, submitting, submitted, job_end] = &bytes;
        let reading = InfoReading {
            attempt: dir.path().to_owned(),
            spec: record(spec),
            started: record(started),
            exit: record(exit),
            submitting: record(submitting),
            submitted: record(submitted),
            job_end: record(job_end),
            result: record(result),
        };
        self.records = Some(bytes);
        send(readings, Reading::Info(Box::new(reading)))
    }
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
    Safe::line(&human::local_time(unix_ms))
}

fn read_bounded(path: &Path) -> Bytes {
    match read_regular(path, MAX_RECORD) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Safe::line(&error.to_string())),
    }
}

fn record<T: DeserializeOwned>(bytes: &Bytes) -> Record<T> {
    let bytes = match bytes {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Record::Absent,
        Err(why) => return Record::Broken(why.clone()),
    };
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
