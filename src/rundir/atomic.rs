//! Records that are either old or new, never half, also when the power fails.
//!
//! `rename` alone is not enough: after a power loss it may leave a file of the right name and no content. So a record
//! is written to a temporary file beside its place, synced, renamed, and then the directory is synced as well. After
//! an error nothing is synced again on the same file, because the kernel drops the pages that it could not write: the
//! caller writes the record anew.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::follow::read_regular;
use super::record::FORMAT;
use crate::failpoint::point;

/// 64 MiB: the largest record is the plan, and ten thousand simulations make about 15 MiB. More is not one of ours.
pub const MAX_RECORD_BYTES: u64 = 64 << 20;

/// 64 KiB: a record up to this size is laid out for people to read, a larger one is kept small.
const PRETTY_BYTES: usize = 64 << 10;

/// Why a record could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The system refused.
    #[error("could not read `{}`: {source}", path.display())]
    Read {
        /// The record.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not a record of its kind.
    #[error("`{}` is damaged or not a record of gem5-tui: {source}", path.display())]
    Malformed {
        /// The record.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// It is larger than any record.
    #[error("`{}` is larger than {MAX_RECORD_BYTES} bytes, so it is not a record of gem5-tui", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A later version wrote it.
    #[error(
        "`{}` has format {format}, written by a later gem5-tui; this one knows up to format {FORMAT}: \
         use the later version",
        path.display()
    )]
    Newer {
        /// The record.
        path: PathBuf,
        /// Its format.
        format: u64,
    },
}

/// Writes `record` to `path`, replacing what is there, durably.
pub fn write_json<T: Serialize>(path: &Path, record: &T) -> io::Result<()> {
    let (temporary, directory) = prepare(path, record)?;
    temporary.persist(path).map_err(|e| e.error)?;
    point("atomic.renamed", path)?;
    sync_directory(&directory)
}

/// Writes `record` to `path`, durably, and refuses with [`io::ErrorKind::AlreadyExists`] if something is there.
pub fn create_once<T: Serialize>(path: &Path, record: &T) -> io::Result<()> {
    let (temporary, directory) = prepare(path, record)?;
    temporary.persist_noclobber(path).map_err(|e| e.error)?;
    sync_directory(&directory)
}

/// Appends `record` as one line, in one write. Each file has one writer. A reader accepts a torn line.
pub fn append_line<T: Serialize>(path: &Path, record: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(record).map_err(io::Error::other)?;
    line.push(b'\n');
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let length = file.metadata()?.len();
    let written = file.write_all(&line).and_then(|()| file.sync_data());
    if written.is_err() {
        // Half a line, or one that may not last, is taken back, so that another try does not write it twice. If that
        // fails too, the reader finds a torn line, which it accepts.
        let _ = file.set_len(length);
    }
    written
}

/// Reads the record at `path`; `None` if there is none.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, RecordError> {
    let failed = |source| RecordError::Read { path: path.to_owned(), source };
    let bytes = match read_regular(path, MAX_RECORD_BYTES + 1) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed(e)),
    };
    if bytes.len() as u64 > MAX_RECORD_BYTES {
        return Err(RecordError::TooLarge { path: path.to_owned() });
    }
    let malformed = |source| RecordError::Malformed { path: path.to_owned(), source };
    // The format is looked at first: a later record may well miss a field that this version insists on.
    let probe: Probe = serde_json::from_slice(&bytes).map_err(malformed)?;
    if let Some(format) = probe.format
        && format > u64::from(FORMAT)
    {
        return Err(RecordError::Newer { path: path.to_owned(), format });
    }
    serde_json::from_slice(&bytes).map(Some).map_err(malformed)
}

#[derive(Deserialize)]
struct Probe {
    format: Option<u64>,
}

fn prepare<T: Serialize>(path: &Path, record: &T) -> io::Result<(NamedTempFile, PathBuf)> {
    let mut bytes = serde_json::to_vec(record).map_err(io::Error::other)?;
    if bytes.len() <= PRETTY_BYTES {
        bytes = serde_json::to_vec_pretty(record).map_err(io::Error::other)?;
    }
    bytes.push(b'\n');
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    // tempfile opens with O_EXCL, mode 0600 and a name that nobody else has.
    let mut temporary = tempfile::Builder::new().prefix(".record-").suffix(".tmp").tempfile_in(&directory)?;
    point("atomic.created", path)?;
    temporary.write_all(&bytes)?;
    point("atomic.written", path)?;
    temporary.as_file().sync_all()?;
    point("atomic.synced", path)?;
    Ok((temporary, directory))
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::rundir::record::{Moment, Stop, StopReason};

    fn record() -> Stop {
        Stop {
            format: FORMAT,
            reason: StopReason::Timeout { limit_ms: 5 },
            at: Moment { unix_ms: 1, boot_ms: 2 },
            signalled: false,
        }
    }

    #[test]
    fn a_record_comes_back_as_it_was_and_leaves_no_temporary_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stop.json");
        assert!(read_json::<Stop>(&path).unwrap().is_none());
        write_json(&path, &record()).unwrap();
        write_json(&path, &record()).unwrap();
        assert_eq!(read_json::<Stop>(&path).unwrap(), Some(record()));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_failed_write_keeps_the_old_record() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stop.json");
        write_json(&path, &record()).unwrap();
        let unserialisable = std::collections::BTreeMap::from([(vec![1], 2)]);
        assert!(write_json(&path, &unserialisable).is_err());
        assert_eq!(read_json::<Stop>(&path).unwrap(), Some(record()));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn create_once_never_replaces() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("spec.json");
        fs::write(&path, "mine").unwrap();
        let error = create_once(&path, &record()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_record_of_a_later_format_is_refused_by_name_even_if_its_fields_changed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stop.json");
        fs::write(&path, r#"{"format": 2, "why": "later"}"#).unwrap();
        let message = read_json::<Stop>(&path).unwrap_err().to_string();
        assert!(message.contains("stop.json") && message.contains("later gem5-tui"), "{message}");
    }

    #[test]
    fn every_torn_prefix_of_a_record_is_an_error_that_names_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stop.json");
        let whole = serde_json::to_vec(&record()).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let message = read_json::<Stop>(&path).unwrap_err().to_string();
            assert!(message.contains("stop.json"), "{message}");
        }
    }

    #[test]
    fn lines_are_appended() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lines.jsonl");
        append_line(&path, &1).unwrap();
        append_line(&path, &2).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "1\n2\n");
    }
}
