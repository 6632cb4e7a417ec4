//! One engine per experiment: a kernel lock on `engine.lock`.
//!
//! The lock, not the file, is the lease: it vanishes with its holder however that one ends, so nobody ever has to
//! remove a stale file by hand. The file's content only tells who holds the lock and where it listens.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::rundir::follow::open_regular;
use crate::rundir::layout::ExperimentDir;
use crate::rundir::record::{FORMAT, Identity, LeaseRecord};

/// The largest lease record that is read. A real one is below 1 KiB.
const MAX_RECORD: u64 = 64 * 1024;

/// The right to decide in one experiment directory, held until it is dropped.
#[derive(Debug)]
pub struct Lease {
    /// Holds the kernel lock; closing it gives the lease back.
    file: File,
    record: LeaseRecord,
}

/// Why there is no lease.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Another engine holds it.
    #[error("another engine holds this experiment{}", describe(.0.as_ref()))]
    Held(Option<LeaseRecord>),
    /// The lock file could not be opened, locked or written.
    #[error("could not lock {path}")]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Lease {
    /// Takes the lease, or tells who has it.
    pub fn acquire(dir: &ExperimentDir, engine: &Identity, socket: PathBuf) -> Result<Self, LeaseError> {
        let path = dir.lock();
        let io_error = |source| LeaseError::Io { path: dir.lock(), source };
        // Read and write: NFS emulates flock by byte-range locks, which need a writable descriptor (flock(2)).
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(io_error)?;
        match lock_patiently(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LeaseError::Held(read(&mut file))),
            Err(TryLockError::Error(error)) => return Err(io_error(error)),
        }
        let record = LeaseRecord { format: FORMAT, engine: engine.clone(), socket };
        write(&mut file, &record).map_err(io_error)?;
        Ok(Self { file, record })
    }

    /// Whether the lock file still has a name. Without one, another engine can hold a new file of that name.
    pub fn is_there(&self) -> bool {
        self.file.metadata().is_ok_and(|meta| meta.nlink() > 0)
    }

    /// Writes down that the engine listens elsewhere now.
    pub fn move_to(&mut self, socket: PathBuf) -> io::Result<()> {
        self.record.socket = socket;
        write(&mut self.file, &self.record)
    }

    /// Who holds the lease now; `None` when nobody does.
    pub fn holder(dir: &ExperimentDir) -> io::Result<Option<LeaseRecord>> {
        let mut file = match open_to_look(&dir.lock()) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => read_patiently(&mut file).map(Some),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// The record of whoever holds the lock. It may just have taken it and not yet have written who it is.
fn read_patiently(file: &mut File) -> io::Result<LeaseRecord> {
    const TRIES: u32 = 50;
    for _ in 0..TRIES {
        if let Some(record) = read(file) {
            return Ok(record);
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    Err(io::Error::other(
        "it is locked by a process that does not say who it is; `fuser` on this file names it, and its end frees the lock",
    ))
}

/// Opens a lock file to see whether it is held. For writing too where that is allowed, because NFS emulates flock by
/// byte-range locks that need it; a directory that may only be read can still be looked at.
pub(super) fn open_to_look(path: &Path) -> io::Result<File> {
    match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) => {
            open_regular(path)
        }
        opened => opened,
    }
}

/// Takes an exclusive lock. Somebody who only looks whether it is held takes a shared one for a moment, which must not
/// pass for a holder; hence a few tries.
pub(super) fn lock_patiently(file: &File) -> Result<(), TryLockError> {
    const TRIES: u32 = 10;
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(std::time::Duration::from_millis(5)),
            result => return result,
        }
    }
    file.try_lock()
}

fn write(file: &mut File, record: &LeaseRecord) -> io::Result<()> {
    let text = serde_json::to_vec_pretty(record).map_err(io::Error::other)?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&text)
}

fn read(file: &mut File) -> Option<LeaseRecord> {
    let mut text = Vec::new();
    file.rewind().ok()?;
    file.take(MAX_RECORD).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

fn describe(record: Option<&LeaseRecord>) -> String {
    record.map_or_else(String::new, |r| format!(" (process {} on {})", r.engine.pid, r.engine.host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity { pid: 1, start_ticks: 2, boot_id: "b".into(), host: "h".into() }
    }

    #[test]
    fn the_second_engine_is_told_who_the_first_one_is() {
        let dir = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(dir.path());
        let first = Lease::acquire(&dir, &identity(), "/run/a.sock".into()).unwrap();
        let Err(LeaseError::Held(Some(record))) = Lease::acquire(&dir, &identity(), "/run/b.sock".into()) else {
            panic!("the second engine got the lease");
        };
        assert_eq!(record.socket, PathBuf::from("/run/a.sock"));
        assert_eq!(Lease::holder(&dir).unwrap(), Some(record));
        drop(first);
        assert_eq!(Lease::holder(&dir).unwrap(), None);
        Lease::acquire(&dir, &identity(), "/run/b.sock".into()).unwrap();
    }

    #[test]
    fn a_lock_file_that_nobody_holds_strands_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(dir.path());
        std::fs::write(dir.lock(), "left behind by a crash, and not even JSON").unwrap();
        assert_eq!(Lease::holder(&dir).unwrap(), None);
        Lease::acquire(&dir, &identity(), "/run/a.sock".into()).unwrap();
    }
}
