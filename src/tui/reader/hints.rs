//! The system's hints about changed files, where it gives any.
//!
//! They only make the next look sooner, so whatever goes wrong with them is no error: files are then looked at every second,
//! as on a file system that gives no hints, and the dashboard says so. Each one means to look at everything that is shown, and only
//! the first since the last look is given.

use std::io;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

use nix::libc;

use crate::failpoint::point;
use crate::rundir::changes::Changes;
use crate::rundir::filesystem;
use crate::text::Safe;

pub(super) struct Hints {
    changes: Changes<()>,
    state: State,
}

enum State {
    /// Nothing is shown, or nothing that changes.
    Off,
    /// gem5's output directory, which does not exist yet.
    Awaited(PathBuf),
    /// Hints come about what is in it.
    On(PathBuf),
    /// There are none, with the reason.
    Polled(Safe),
}

impl Hints {
    pub(super) fn new() -> Self {
        Self { changes: Changes::new(), state: State::Off }
    }

    /// Asks for hints about the files of this attempt instead of those before.
    pub(super) fn watch(&mut self, attempt: Option<&Path>) {
        self.changes.forget(());
        self.state = match attempt {
            Some(attempt) => State::Awaited(attempt.join("m5out")),
            None => State::Off,
        };
    }

    /// Asks for the next hint, before what is shown is looked at. Says why there are none, if there are none.
    pub(super) fn ask(&mut self) -> Option<&Safe> {
        match &self.state {
            State::Awaited(dir) if dir.is_dir() => {
                self.state = match begin(&mut self.changes, dir) {
                    Ok(()) => State::On(dir.clone()),
                    Err(why) => State::Polled(why),
                };
            }
            State::On(dir) if !self.changes.is_awaited(()) && self.changes.watch((), dir).is_err() => {
                // It may come back.
                self.state = State::Awaited(dir.clone());
            }
            _ => {}
        }
        match &self.state {
            State::Polled(why) => Some(why),
            State::Off | State::Awaited(_) | State::On(_) => None,
        }
    }

    /// Whether a change of any of these files is told. None of a file in a directory below, or elsewhere, is.
    pub(super) fn tell_of<'a>(&self, mut files: impl Iterator<Item = &'a Path>) -> bool {
        match &self.state {
            State::On(dir) => files.all(|file| file.parent() == Some(dir)),
            State::Off | State::Awaited(_) | State::Polled(_) => false,
        }
    }

    /// What poll(2) tells that there may be a hint.
    pub(super) fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.changes.as_fd()
    }

    /// Takes the hint, if there is one.
    pub(super) fn take(&mut self) -> bool {
        let State::On(dir) = &self.state else { return !self.changes.take().is_empty() };
        !self.changes.take().is_empty() && point("hints.hint", dir).is_ok()
    }
}

fn begin(changes: &mut Changes<()>, dir: &Path) -> Result<(), Safe> {
    if let Some(why) = filesystem::hides_changes(dir) {
        return Err(Safe::line(&why));
    }
    let begun = point("hints.begin", dir).and_then(|()| changes.watch((), dir));
    begun.map_err(|error| Safe::line(&format!("inotify: {}", reason(&error))))
}

fn reason(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::ENOSPC) => "no more watches (fs.inotify.max_user_watches)".to_owned(),
        _ => error.to_string(),
    }
}
