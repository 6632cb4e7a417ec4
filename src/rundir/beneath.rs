//! Directories below one that is ours, made and entered without following a link.
//!
//! The experiment directory itself may be a link: that is a user's choice. What is in it is made by us, so a link there
//! was put by somebody else, and what is written through it would land where nobody expects it. The kernel is asked to
//! follow none (`openat2(2)`).
//!
//! The awkward truth: records are written by their path a moment after the look. Whoever puts a link there in that moment
//! can write everything that this user can write anyway, because nobody else can write in a directory that is used (`trust`).

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, mkdirat, openat, openat2};
use rustix::io::Errno;

use super::layout::{AttemptDir, SimulationDir};
use super::trust::{self, What};

/// What is needed of a directory to make something in it.
const ENTER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// The mode of what we make, whatever the user's mask allows: who else can write there can change what is done.
const OURS: Mode = Mode::from_raw_mode(0o755);

/// Makes the directory of a simulation if it is missing.
///
/// # Errors
/// When a link, or anything else that is no directory, has its name, and when somebody else can write in it.
pub(crate) fn make_simulation(dir: &SimulationDir) -> io::Result<()> {
    simulation(dir).map(drop)
}

/// Makes the directory of attempt `number`; [`io::ErrorKind::AlreadyExists`] if anything has its name, also a link.
pub(crate) fn make_attempt(dir: &SimulationDir, number: u32) -> io::Result<AttemptDir> {
    let entered = simulation(dir)?;
    let attempt = dir.attempt(number);
    mkdirat(&entered, name_of(attempt.path())?, OURS)?;
    Ok(attempt)
}

/// Makes gem5's output directory in the attempt if it is missing.
///
/// # Errors
/// When a link, or anything else that is no directory, has its name.
pub(crate) fn make_m5out(attempt: &AttemptDir) -> io::Result<()> {
    make(attempt.path(), name_of(&attempt.m5out())?).map(drop)
}

/// Whether the directory of a simulation is there and is one; an error where a link has its name, or where
/// somebody else can write in it.
pub(crate) fn has_simulation(dir: &SimulationDir) -> io::Result<bool> {
    found(enter(parent_of(dir.path())?, name_of(dir.path())?).and_then(|entered| trusted(entered, dir.name())))
}

/// Whether the directory of an attempt is there and is one; an error where a link is on the way from the experiment
/// directory to it.
pub(crate) fn has_attempt(attempt: &AttemptDir) -> io::Result<bool> {
    if attempt.is_own_way() {
        return attempt.is_there();
    }
    let simulation = parent_of(attempt.path())?;
    let below = name_of(simulation)?.join(name_of(attempt.path())?);
    found(enter(parent_of(simulation)?, &below).and_then(|entered| trusted(entered, attempt.name())))
}

fn found(entered: io::Result<OwnedFd>) -> io::Result<bool> {
    match entered {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn simulation(dir: &SimulationDir) -> io::Result<OwnedFd> {
    trusted(make(parent_of(dir.path())?, name_of(dir.path())?)?, dir.name())
}

/// A directory that nobody else can write, as it was entered.
fn trusted(entered: OwnedFd, name: &Path) -> io::Result<OwnedFd> {
    trust::check_held(&entered, name, What::Inside)?;
    Ok(entered)
}

fn make(root: &Path, name: &Path) -> io::Result<OwnedFd> {
    let entered = openat(CWD, root, ENTER, Mode::empty())?;
    match mkdirat(&entered, name, OURS) {
        Ok(()) | Err(Errno::EXIST) => enter_at(entered, name),
        Err(error) => Err(error.into()),
    }
}

/// Opens the directory `below` `root`, whose own path may have links.
fn enter(root: &Path, below: &Path) -> io::Result<OwnedFd> {
    enter_at(openat(CWD, root, ENTER, Mode::empty())?, below)
}

fn enter_at(entered: OwnedFd, below: &Path) -> io::Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    match openat2(&entered, below, ENTER, Mode::empty(), resolve) {
        Ok(found) => Ok(found),
        Err(Errno::LOOP) => Err(is_link()),
        // Kernels before 5.6 do not know it, and some containers forbid what they do not know.
        Err(Errno::NOSYS | Errno::PERM) => step_by_step(entered, below),
        Err(error) => Err(error.into()),
    }
}

/// The same without the kernel's help: each name is opened in the directory before it, and none may be a link.
fn step_by_step(root: OwnedFd, below: &Path) -> io::Result<OwnedFd> {
    below.components().try_fold(root, |entered, component| {
        let Component::Normal(name) = component else { return Err(io::ErrorKind::InvalidInput.into()) };
        match openat(&entered, name, ENTER | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(next) => Ok(next),
            // To a link that is not followed, the kernel says that it is no directory.
            Err(Errno::LOOP | Errno::NOTDIR) if is_link_at(&entered, Path::new(name)) => Err(is_link()),
            Err(error) => Err(error.into()),
        }
    })
}

fn is_link_at(directory: &OwnedFd, name: &Path) -> bool {
    rustix::fs::readlinkat(directory, name, Vec::new()).is_ok()
}

fn is_link() -> io::Error {
    let why = "a symbolic link is in its place, and nothing is written through one; remove the link";
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

fn parent_of(path: &Path) -> io::Result<&Path> {
    path.parent().ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

fn name_of(path: &Path) -> io::Result<&Path> {
    path.file_name().map(Path::new).ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::rundir::ExperimentDir;

    #[test]
    fn directories_are_made_once_and_entered_again() {
        let root = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(root.path()).simulation("a");
        assert!(!has_simulation(&dir).unwrap() && !has_attempt(&dir.attempt(1)).unwrap());
        make_simulation(&dir).unwrap();
        make_simulation(&dir).unwrap();
        let attempt = make_attempt(&dir, 1).unwrap();
        assert_eq!(make_attempt(&dir, 1).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        make_m5out(&attempt).unwrap();
        make_m5out(&attempt).unwrap();
        assert!(attempt.m5out().is_dir() && has_simulation(&dir).unwrap() && has_attempt(&attempt).unwrap());
    }

    #[test]
    fn no_link_is_followed_with_the_help_of_the_kernel_or_without() {
        let (root, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir_all(root.path().join("real/attempt-1")).unwrap();
        symlink(elsewhere.path(), root.path().join("link")).unwrap();
        symlink(elsewhere.path(), root.path().join("real/attempt-2")).unwrap();
        symlink("nowhere", root.path().join("dangling")).unwrap();
        fs::write(root.path().join("file"), "").unwrap();
        let slowly = |below: &Path| step_by_step(openat(CWD, root.path(), ENTER, Mode::empty())?, below);
        for (below, says) in [
            ("link", "symbolic link"),
            ("dangling", "symbolic link"),
            ("real/attempt-2", "symbolic link"),
            ("link/attempt-1", "symbolic link"),
            ("file", "Not a directory"),
            ("missing", "No such file"),
        ] {
            for entered in [enter(root.path(), Path::new(below)), slowly(Path::new(below))] {
                let told = entered.unwrap_err().to_string();
                assert!(told.contains(says), "{below}: {told}");
            }
        }
        for below in ["real", "real/attempt-1"] {
            assert!(enter(root.path(), Path::new(below)).is_ok() && slowly(Path::new(below)).is_ok(), "{below}");
        }
        for (below, entered) in ["..", "../x", "/"].map(|below| (below, slowly(Path::new(below)))) {
            assert!(entered.is_err() && enter(root.path(), Path::new(below)).is_err(), "{below}");
        }
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_experiment_directory_itself_may_be_a_link() {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir(place.path().join("large-disk")).unwrap();
        symlink("large-disk", place.path().join("out")).unwrap();
        let dir = ExperimentDir::new(place.path().join("out")).simulation("a");
        make_attempt(&dir, 1).unwrap();
        assert!(place.path().join("large-disk/a/attempt-1").is_dir());
    }
}
