//! Records that are either old or new, never half, also when the power fails.
//!
//! `rename` alone is not enough: after a power loss it may leave a file of the right name and no content. So a record
//! is written to a temporary file beside its place, synced, renamed, and then the directory is synced as well. After
//! an error nothing is synced again on the same file, because the kernel drops the pages that it could not write: the
//! caller writes the record anew.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::libc;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::follow::{open_with_facts, read_of};
use super::named::as_named;
use super::record::FORMAT;
use super::trust;
use crate::experiment::MAX_PLAN_BYTES;
use crate::failpoint::point;

/// 64 MiB: the largest record is the plan, and ten thousand simulations make about 15 MiB. More is not one of ours.
pub const MAX_RECORD_BYTES: u64 = 64 << 20;

/// A plan that an experiment file makes fits, with some room for what still runs and is gone from the file.
const _: () = assert!((MAX_PLAN_BYTES as u64) < MAX_RECORD_BYTES);

/// 64 KiB: a record up to this size is laid out for people to read, a larger one is kept small.
const PRETTY_BYTES: usize = 64 << 10;

/// 16 MiB: a line of a file of lines is never longer. Behind one that is, such as a hole of a terabyte, nothing is read.
const MAX_LINE_BYTES: u64 = 16 << 20;

/// How the name of a temporary file begins and ends. Between them are letters and digits, chosen so that nobody else has it.
const TEMPORARY: (&str, &str) = (".record-", ".tmp");

/// Why a record could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The system refused.
    #[error("could not read `{}`: {source}", as_named(path).display())]
    Read {
        /// The record.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not a record of its kind.
    #[error("`{}` is damaged or not a record of gem5-tui: {source}", as_named(path).display())]
    Malformed {
        /// The record.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// It is larger than any record.
    #[error("`{}` is larger than {MAX_RECORD_BYTES} bytes, so it is not a record of gem5-tui", as_named(path).display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A later version wrote it.
    #[error(
        "`{}` has format {format}, written by a later gem5-tui; this one knows up to format {FORMAT}: \
         use the later version",
        as_named(path).display()
    )]
    Newer {
        /// The record.
        path: PathBuf,
        /// Its format.
        format: u64,
    },
}

impl From<RecordError> for io::Error {
    /// What the system said stays what it was, with its number, so that a full or failing disk is still known for one.
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Read { source, .. } => source,
            other => Self::other(other),
        }
    }
}

/// Writes `record` to `path`, replacing what is there, durably.
pub fn write_json<T: Serialize>(path: &Path, record: &T) -> io::Result<()> {
    write_bytes(path, &encode(record)?).map(drop)
}

/// Writes a whole file to `path`, replacing what is there, durably. It stays open for whoever changes it in place.
pub(super) fn write_bytes(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let (temporary, directory) = prepare(path, bytes)?;
    let file = temporary.persist(path).map_err(|e| e.error)?;
    point("atomic.renamed", path)?;
    sync_directory(&directory)?;
    Ok(file)
}

/// Writes `record` to `path`, replacing what is there: old or new, never half while the system is up. After a power cut it may be gone or
/// empty, so it is for what means nothing then, or is made anew, or is synced later by somebody else.
pub fn write_for_now<T: Serialize>(path: &Path, record: &T) -> io::Result<()> {
    let (mut temporary, _) = unwritten(path)?;
    point("atomic.created", path)?;
    temporary.as_file_mut().write_all(&encode(record)?)?;
    point("atomic.written", path)?;
    temporary.persist(path).map_err(|e| e.error)?;
    point("atomic.renamed", path)
}

/// Writes what an open record holds once more, in its place, durably: for one that the disk did not take.
pub fn write_again(file: &File) -> io::Result<()> {
    let mut bytes = vec![0; file.metadata()?.len().min(MAX_RECORD_BYTES) as usize];
    file.read_exact_at(&mut bytes, 0)?;
    file.write_all_at(&bytes, 0)?;
    file.sync_all()
}

/// Writes `record` to `path`, durably, and refuses with [`io::ErrorKind::AlreadyExists`] if something is there.
pub fn create_once<T: Serialize>(path: &Path, record: &T) -> io::Result<()> {
    let (temporary, directory) = prepare(path, &encode(record)?)?;
    temporary.persist_noclobber(path).map_err(|e| e.error)?;
    sync_directory(&directory)
}

/// Appends `record` as one line, in one write. Each file has one writer. A reader accepts a torn line, and a line after a
/// torn one begins anew. A link in the place of the file is not followed.
pub fn append_line<T: Serialize>(path: &Path, record: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(record).map_err(io::Error::other)?;
    line.push(b'\n');
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let mut file = options.open(path)?;
    let length = file.metadata()?.len();
    if length > 0 && !ends_with_newline(&file, length)? {
        line.insert(0, b'\n');
    }
    let written = file.write_all(&line).and_then(|()| file.sync_data());
    let written = written.and_then(|()| point("atomic.synced", path));
    if written.is_err() {
        // Half a line, or one that may not last, is taken back, so that another try does not write it twice. If that
        // fails too, the reader finds a torn line, which it accepts.
        let _ = file.set_len(length);
    }
    written
}

/// Removes a record if it is there, durably.
pub fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_directory(path.parent().unwrap_or(Path::new("."))),
    }
}

fn ends_with_newline(file: &File, length: u64) -> io::Result<bool> {
    let mut last = [0];
    file.read_exact_at(&mut last, length - 1)?;
    Ok(last == *b"\n")
}

/// Reads every line of the file at `path` that is a record of its kind. There are none without the file, and a line that
/// makes no sense, such as a torn one, hides no other.
pub fn read_lines<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    read_lines_with(path, |_| true)
}

/// The same of those lines alone that are `wanted` by their text, where most are not: to look at a text costs less than to read it.
pub(super) fn read_lines_with<T: DeserializeOwned>(path: &Path, wanted: impl Fn(&[u8]) -> bool) -> Vec<T> {
    // What cannot be read tells nothing.
    let Ok((file, _)) = open_record(path) else { return Vec::new() };
    let mut reader = BufReader::new(file);
    let mut records = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return records,
            // No writer makes such a line: what is behind it may be a hole of any size.
            Ok(length) if length as u64 == MAX_LINE_BYTES && line.last() != Some(&b'\n') => {
                tracing::warn!("{} has a line of more than 16 MiB; what is behind it was not read", path.display());
                return records;
            }
            Ok(_) if !wanted(&line) => {}
            Ok(_) => records.extend(serde_json::from_slice(&line).ok()),
        }
    }
}

/// Whether a file of this name is a temporary one that never became a record.
pub fn is_temporary(name: &str) -> bool {
    let (prefix, suffix) = TEMPORARY;
    let chosen = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix));
    chosen.is_some_and(|chosen| !chosen.is_empty() && chosen.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Reads the record at `path`; `None` if there is none.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, RecordError> {
    let failed = |source| RecordError::Read { path: path.to_owned(), source };
    point("record.read", path).map_err(failed)?;
    match open_record(path) {
        Ok((file, facts)) => read_record(&file, facts.len(), path).map(Some),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(failed(e)),
    }
}

/// Opens a record to read it. One that somebody else can have written is none for who acts by it.
fn open_record(path: &Path) -> io::Result<(File, Metadata)> {
    let (file, facts) = open_with_facts(path)?;
    trust::check_record(&facts, path)?;
    Ok((file, facts))
}

/// Reads the record in an open file, whatever is at `path` by now.
pub fn read_open<T: DeserializeOwned>(mut file: &File, path: &Path) -> Result<T, RecordError> {
    let failed = |source| RecordError::Read { path: path.to_owned(), source };
    let length = file.metadata().map_err(failed)?.len();
    // Whoever handed it over may have read it.
    file.rewind().map_err(failed)?;
    read_record(file, length, path)
}

/// Reads the record in a file of this length that stands at its start.
fn read_record<T: DeserializeOwned>(file: &File, length: u64, path: &Path) -> Result<T, RecordError> {
    // Asked first, so that a file of terabytes costs nothing; it may still grow while it is read.
    if length > MAX_RECORD_BYTES {
        return Err(RecordError::TooLarge { path: path.to_owned() });
    }
    let failed = |source| RecordError::Read { path: path.to_owned(), source };
    let bytes = read_of(file, length, MAX_RECORD_BYTES + 1).map_err(failed)?;
    if bytes.len() as u64 > MAX_RECORD_BYTES {
        return Err(RecordError::TooLarge { path: path.to_owned() });
    }
    let malformed = |source| RecordError::Malformed { path: path.to_owned(), source };
    // The format is looked at first: a later record may well miss a field that this version insists on.
    let format = match first_format(&bytes) {
        Some(format) => Some(format),
        None => serde_json::from_slice::<Probe>(&bytes).map_err(malformed)?.format,
    };
    if let Some(format) = format.filter(|format| *format > u64::from(FORMAT)) {
        return Err(RecordError::Newer { path: path.to_owned(), format });
    }
    serde_json::from_slice(&bytes).map_err(malformed)
}

/// The format of a record that begins with it, as all of ours do: a plan of megabytes is then read once and not twice.
fn first_format(bytes: &[u8]) -> Option<u64> {
    let rest = bytes.trim_ascii_start().strip_prefix(b"{")?;
    let rest = rest.trim_ascii_start().strip_prefix(b"\"format\"")?;
    let rest = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = rest.split_at(digits);
    // A number that goes on otherwise is no format.
    rest.trim_ascii_start().starts_with(b",").then(|| str::from_utf8(number).ok()?.parse().ok())?
}

#[derive(Deserialize)]
struct Probe {
    format: Option<u64>,
}

/// The text of a record.
pub(super) fn encode<T: Serialize>(record: &T) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(record).map_err(io::Error::other)?;
    if bytes.len() <= PRETTY_BYTES {
        bytes = serde_json::to_vec_pretty(record).map_err(io::Error::other)?;
    }
    bytes.push(b'\n');
    // What nobody can read again is not written, so that it never takes the place of what can.
    if bytes.len() as u64 > MAX_RECORD_BYTES {
        let why = format!("the record would be larger than {} MiB; ask for less at once", MAX_RECORD_BYTES >> 20);
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(bytes)
}

fn prepare(path: &Path, bytes: &[u8]) -> io::Result<(NamedTempFile, PathBuf)> {
    let (mut temporary, directory) = unwritten(path)?;
    point("atomic.created", path)?;
    // By the file itself: the crate's errors hide what the system said.
    temporary.as_file_mut().write_all(bytes)?;
    point("atomic.written", path)?;
    temporary.as_file().sync_all()?;
    point("atomic.synced", path)?;
    Ok((temporary, directory))
}

/// An empty temporary file beside `path`, and the directory that both are in.
fn unwritten(path: &Path) -> io::Result<(NamedTempFile, PathBuf)> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    // The name is one that nobody else has. The file is opened here, because the crate's own errors hide what the system said,
    // and whoever asks must be able to tell a machine without descriptors from a path that is wrong.
    let open = |path: &Path| OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
    Ok((temporary_in(&directory, open)?, directory))
}

/// Makes something temporary in `directory`, under a name that nobody else has.
pub(super) fn temporary_in<T>(
    directory: &Path,
    make: impl FnMut(&Path) -> io::Result<T>,
) -> io::Result<NamedTempFile<T>> {
    let (prefix, suffix) = TEMPORARY;
    tempfile::Builder::new().prefix(prefix).suffix(suffix).make_in(directory, make)
}

/// Makes what was named in a directory last.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::rundir::record::{Moment, Stop, StopReason};

    fn record() -> Stop {
        Stop {
            format: FORMAT,
            reason: StopReason::Timeout { limit_ms: 5 },
            at: Moment { unix_ms: 1, boot_ms: 2, boot: None },
            signalled: false,
        }
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
    fn a_format_is_told_at_the_beginning_only_where_it_is_the_first_thing_said() {
        for (text, format) in [
            ("{\"format\":1,\"a\":2}", Some(1)),
            (" {\n  \"format\" : 12 ,", Some(12)),
            ("{\"a\":2,\"format\":1}", None),
            ("{\"format\":1.5,\"a\":2}", None),
            ("{\"format\":\"1\",\"a\":2}", None),
            ("{\"format\":1", None),
            ("{\"format\":,", None),
            ("[1]", None),
            ("", None),
        ] {
            assert_eq!(first_format(text.as_bytes()), format, "{text}");
        }
    }

    #[test]
    fn a_long_file_of_lines_is_read_to_its_end_over_what_a_crash_left_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lines.jsonl");
        let long = "x".repeat(1 << 20);
        let lines = format!("\"{long}\"\n").repeat(17);
        fs::write(&path, format!("{lines}{}\n\"last\"\n", "\0".repeat(5000))).unwrap();
        let read: Vec<String> = read_lines(&path);
        assert_eq!((read.len(), read.last().map(String::as_str)), (18, Some("last")));
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
