//! A directory that is held by a descriptor: what is done in it stays in it, whatever becomes of its name.
//!
//! A name is looked up anew at each use. When a person moves a directory away, removes it, or puts another in its place,
//! a record that is written by its name lands in what has that name now: an end in an attempt that is not the one that
//! ended. So whoever writes records for longer than a moment holds the directory and reaches it through `/proc/self/fd`,
//! which the kernel resolves to the directory itself (proc(5)).
//!
//! The awkward truth: when the server of a FUSE or network file system dies and comes back, the descriptor stays dead and
//! the name is well again. Then the name is opened anew, if what is there can prove that it is the same directory.

use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fmt, io};

use rustix::fs::{CWD, Mode, OFlags, Stat, fstat, openat, stat};
use rustix::io::{DupFlags, Errno};

use super::record::Place;

/// Where the kernel names the descriptors of this process.
const DESCRIPTORS: &str = "/proc/self/fd";

/// A directory that is held.
pub(crate) struct HeldDir {
    directory: Mutex<OwnedFd>,
    name: PathBuf,
    path: PathBuf,
    /// Some file systems number a directory anew at each look. Then nothing can be told by its number.
    is_numbered: bool,
}

/// Whether the name of a held directory still leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Here,
    /// It is there, and its name leads to another one or to nothing: it was moved away.
    Moved,
    /// It was removed.
    Deleted,
    /// That cannot be told now: the disk does not answer.
    Unseen,
}

impl HeldDir {
    /// Takes hold of the directory at `path`, which people know by `name`.
    pub(crate) fn open(path: &Path, name: &Path) -> io::Result<Self> {
        let directory = open(path)?;
        let path = Path::new(DESCRIPTORS).join(directory.as_raw_fd().to_string());
        let is_numbered =
            stat(name).is_ok_and(|named| fstat(&directory).is_ok_and(|held| place_of(&held) == place_of(&named)));
        Ok(Self { directory: Mutex::new(directory), name: name.to_owned(), path, is_numbered })
    }

    /// The path by which it is reached, from this process alone.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether its name still leads to it.
    pub(crate) fn standing(&self) -> Standing {
        match (fstat(&*self.directory()), stat(&self.name)) {
            (Ok(held), _) if held.st_nlink == 0 => Standing::Deleted,
            (Ok(held), Ok(named)) if place_of(&held) == place_of(&named) || !self.is_numbered => Standing::Here,
            (Ok(_), Ok(_) | Err(Errno::NOENT | Errno::NOTDIR)) => Standing::Moved,
            _ => Standing::Unseen,
        }
    }

    /// Opens it by its name again if the descriptor is dead for good and `is_same` knows what is there by its content. Says
    /// whether that was done. The path stays the same.
    pub(crate) fn revive(&self, is_same: impl FnOnce(&Path) -> bool) -> io::Result<bool> {
        let mut directory = self.directory();
        if !fstat(&*directory).is_err_and(|error| matches!(error, Errno::NOTCONN | Errno::STALE)) {
            return Ok(false);
        }
        let again = open(&self.name)?;
        if !is_same(&self.name) {
            return Ok(false);
        }
        rustix::io::dup3(&again, &mut directory, DupFlags::CLOEXEC)?;
        Ok(true)
    }

    fn directory(&self) -> MutexGuard<'_, OwnedFd> {
        self.directory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for HeldDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name.display())
    }
}

fn open(name: &Path) -> io::Result<OwnedFd> {
    Ok(openat(CWD, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

/// Which directory is at `path` now.
pub(crate) fn place_at(path: &Path) -> io::Result<Place> {
    Ok(place_of(&stat(path)?))
}

fn place_of(meta: &Stat) -> Place {
    Place { device: meta.st_dev, inode: meta.st_ino }
}

/// The path of something in a held directory as people know it: by the name that the directory has now. Any other path is
/// given back as it is.
pub(crate) fn as_named(path: &Path) -> PathBuf {
    let held = path.strip_prefix(DESCRIPTORS).ok().and_then(|below| {
        let mut parts = below.components();
        let link = Path::new(DESCRIPTORS).join(parts.next()?);
        let name = std::fs::read_link(link).ok()?;
        // What was removed is told with a word behind its name.
        let name = name.as_os_str().as_bytes();
        let name = name.strip_suffix(b" (deleted)").unwrap_or(name);
        Some(Path::new(std::ffi::OsStr::from_bytes(name)).join(parts.as_path()))
    });
    held.unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_written_in_a_held_directory_goes_where_the_directory_went() {
        let place = tempfile::tempdir().unwrap();
        let (name, moved) = (place.path().join("out"), place.path().join("moved"));
        fs::create_dir(&name).unwrap();
        let held = HeldDir::open(&name, &name).unwrap();
        assert_eq!((held.standing(), place_at(held.path()).unwrap()), (Standing::Here, place_at(&name).unwrap()));
        fs::rename(&name, &moved).unwrap();
        assert_eq!(held.standing(), Standing::Moved);
        fs::create_dir(&name).unwrap();
        assert_eq!(held.standing(), Standing::Moved);
        fs::write(held.path().join("exit.json"), "{}").unwrap();
        assert!(moved.join("exit.json").exists() && !name.join("exit.json").exists());
        assert_eq!(as_named(&held.path().join("a/exit.json")), moved.join("a/exit.json"));
        assert_eq!(as_named(Path::new("/proc/self/status")), Path::new("/proc/self/status"));
        fs::remove_dir_all(&moved).unwrap();
        assert_eq!(held.standing(), Standing::Deleted);
        assert!(fs::write(held.path().join("exit.json"), "{}").is_err());
        assert_eq!(as_named(&held.path().join("exit.json")), moved.join("exit.json"));
    }

    #[test]
    fn a_living_descriptor_is_never_exchanged_for_what_has_its_name_now() {
        let place = tempfile::tempdir().unwrap();
        let name = place.path().join("out");
        fs::create_dir(&name).unwrap();
        let held = HeldDir::open(&name, &name).unwrap();
        fs::remove_dir(&name).unwrap();
        fs::create_dir(&name).unwrap();
        assert!(!held.revive(|_| true).unwrap());
        assert_eq!(held.standing(), Standing::Deleted);
    }
}
