//! Space that is set aside for one record while there is some.
//!
//! The end of a simulation that ran for days is known in the very moment in which its output may have filled the disk. So
//! space for that record is taken at the start: a file without a name, which nobody sees and which is gone with the process
//! that holds it. The record is written into it, and only then gets its name.
//!
//! The awkward truth: a file system without files of that kind (NFS) or without fixed blocks (one that copies on write)
//! promises nothing; the record then is one like others, and waits for space.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::libc;
use rustix::fs::{AtFlags, CWD, FallocateFlags, fallocate, linkat};
use serde::Serialize;

use super::atomic::{encode, sync_directory};
use crate::failpoint::point;

/// 16 KiB: ten times the largest record that it is for.
const BYTES: u64 = 16 << 10;

/// Space for one record in one directory.
#[derive(Debug)]
pub(crate) struct Reserve {
    file: File,
    directory: PathBuf,
}

impl Reserve {
    /// Takes space in `directory`. None where the file system has no such files.
    ///
    /// # Errors
    /// When there is no space, or the disk fails.
    pub(crate) fn take(directory: &Path) -> io::Result<Option<Self>> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).mode(0o600).custom_flags(libc::O_TMPFILE);
        let taken = options.open(directory).and_then(|file| {
            fallocate(&file, FallocateFlags::empty(), 0, BYTES)?;
            Ok(Self { file, directory: directory.to_owned() })
        });
        match taken {
            Ok(reserve) => Ok(Some(reserve)),
            // Kernels before 3.11 and file systems without such files take the flag for a wish to write to a directory.
            Err(error) => match error.raw_os_error() {
                Some(libc::EOPNOTSUPP | libc::EISDIR | libc::EINVAL | libc::ENOSYS | libc::ENOENT) => Ok(None),
                _ => Err(error),
            },
        }
    }

    /// Writes `record` to `path` in that directory, durably. There must be nothing of that name. After a failure the space is
    /// still there.
    pub(crate) fn write_json<T: Serialize>(&self, path: &Path, record: &T) -> io::Result<()> {
        let bytes = encode(record)?;
        point("atomic.created", path)?;
        self.file.write_all_at(&bytes, 0)?;
        point("atomic.written", path)?;
        self.file.set_len(bytes.len() as u64)?;
        self.file.sync_all()?;
        point("atomic.synced", path)?;
        let unnamed = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        linkat(CWD, unnamed.as_str(), CWD, path, AtFlags::SYMLINK_FOLLOW)?;
        point("atomic.renamed", path)?;
        sync_directory(&self.directory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::atomic::read_json;

    #[test]
    fn a_record_from_reserved_space_is_like_any_other_and_replaces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("exit.json");
        let reserve = Reserve::take(dir.path()).unwrap().unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nobody sees it");
        reserve.write_json(&path, &vec![1, 2, 3]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(serde_json::from_str::<Vec<u8>>(&text).unwrap(), [1, 2, 3]);
        let error = Reserve::take(dir.path()).unwrap().unwrap().write_json(&path, &vec![4]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert!(read_json::<serde_json::Value>(&path).is_err(), "no format, so no record");
    }
}
