//! A directory that is held by a descriptor: what is done in it stays in it, whatever becomes of its name.
//!
//! A name is looked up anew at each use. When a person moves a directory away, removes it, or puts another in its place,
//! a record that is written by its name lands in what has that name now: an end in an attempt that is not the one that
//! ended. So whoever writes records for longer than a moment holds the directory and reaches it through `/proc/self/fd`,
//! which the kernel resolves to the directory itself (proc(5)).
//!
//! The awkward truth: when the server of a FUSE or network file system dies and comes back, the descriptor stays dead and
//! the name is well again. Then the name is opened anew, if what is there can prove that it is the same directory.

use std::fs::{self, DirBuilder};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, io};

use rustix::fs::{CWD, Mode, OFlags, Stat, fstat, openat, stat};
use rustix::io::{DupFlags, Errno};

use super::atomic;
use super::layout::{AttemptDir, ExperimentDir, HeldDir, Reached};
use super::named::DESCRIPTORS;
use super::record::{Place, Started};
use super::trust::{self, What};

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

impl Reached {
    fn hold(&self) -> io::Result<Self> {
        let held = HeldDir::open(&self.path, &self.name)?;
        Ok(Self { name: self.name.clone(), path: held.path().to_owned(), held: Some(Arc::new(held)), is_own_way: true })
    }
}

impl ExperimentDir {
    /// The same directory, held: whatever becomes of its name, all that is done through this one is done in it.
    pub fn hold(&self) -> io::Result<Self> {
        self.0.hold().map(Self)
    }

    /// Makes it with the directories above it, where they are missing.
    pub(crate) fn make(&self) -> io::Result<()> {
        // For others to read at most, whatever the user's mask says.
        DirBuilder::new().recursive(true).mode(0o755).create(self.path())
    }

    /// Whether nobody else can change what is done by it: see [`trust`]. One that is held is asked itself.
    pub(crate) fn check_trust(&self) -> io::Result<()> {
        match &self.0.held {
            Some(held) => trust::check_held(&*held.directory(), &held.name, What::Experiment),
            None => trust::check_path(self.path(), What::Experiment),
        }
    }

    /// Whether its name still leads to it. One that is not held is what its name leads to.
    pub fn standing(&self) -> Standing {
        self.0.held.as_ref().map_or(Standing::Here, |held| held.standing())
    }

    /// Finds it again if its disk went away and came back: see [`HeldDir::revive`].
    pub(crate) fn revive(&self, is_same: impl FnOnce(&Path) -> bool) -> io::Result<bool> {
        self.0.held.as_ref().map_or(Ok(false), |held| held.revive(is_same))
    }
}

impl AttemptDir {
    /// The same directory, held: see [`ExperimentDir::hold`].
    pub fn hold(&self) -> io::Result<Self> {
        self.0.hold().map(Self)
    }

    /// Whether its name still leads to it.
    pub fn standing(&self) -> Standing {
        self.0.held.as_ref().map_or(Standing::Here, |held| held.standing())
    }

    /// Finds it again if its disk went away and came back: see [`HeldDir::revive`]. It is the same one if its record tells of
    /// who `runs` there.
    pub(crate) fn revive(&self, runs: Option<&Started>) -> io::Result<bool> {
        let is_same = |name: &Path| {
            let found = atomic::read_json::<Started>(&Self::new(name).started()).ok().flatten();
            found.is_some() && found.as_ref() == runs
        };
        self.0.held.as_ref().filter(|_| self.is_own_way()).map_or(Ok(false), |held| held.revive(is_same))
    }

    /// Whether it is held, itself and not only the experiment directory above it: then nothing can be in its place.
    pub(crate) fn is_own_way(&self) -> bool {
        self.0.is_own_way
    }

    /// Which directory it is.
    pub(crate) fn place(&self) -> io::Result<Place> {
        place_at(self.path())
    }

    /// Whether the directory is there, under whatever name.
    pub(crate) fn is_there(&self) -> io::Result<bool> {
        match fs::metadata(self.path()) {
            // One that was removed is still reached by whoever holds it.
            Ok(meta) => Ok(meta.nlink() > 0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::named::as_named;
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
