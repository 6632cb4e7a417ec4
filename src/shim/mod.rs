//! The shim: holds one gem5 process and writes down how it ended.
//!
//! Only a parent learns how a process ended. An engine may be stopped, updated or killed while simulations run for
//! days, so every attempt has a parent of its own that does nothing but wait: one thread, no runtime, no timers. It
//! outlives the engine and the terminal on purpose, and no signal but SIGKILL makes it leave before its tree has ended.
//!
//! The engine has made the attempt directory, written `spec.json`, opened it for reading and writing and taken
//! flock(2) on it. That open file is the shim's standard input. The lock belongs to the open file and not to a
//! process, so it passes from the engine to the shim without a gap and is gone exactly when the shim is: whoever can
//! take it knows that no shim lives. The child never inherits it.
//!
//! The neighbours: `spawn` starts the process and carries arguments and results, `rundir` holds the records.
//!
//! The awkward truth: between the fork and `started.json` there are a few milliseconds in which a killed shim leaves a
//! process that no record names. `m5out/simout.txt` exists by then, so its presence without `started.json` means "perhaps
//! started", and such an attempt is never started again.

mod ledger;
mod oom;
mod supervise;

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;

use nix::sys::signal::SigSet;
use rustix::fs::FlockOperation;

use crate::rundir::AttemptDir;
use crate::spawn::launch::{FIRST_FREE_FD, close_inherited, is_of_machine, reset_signals};
use crate::text::Safe;

pub use crate::spawn::shim_command::{ROLE, TRY_LATER, shim_command as command};

/// Holds the attempt in `attempt_dir` from its start to its recorded end. Standard input is the locked `spec.json`.
/// Fails only if there was nothing to hold: a start that fails is a recorded end.
pub fn main(attempt_dir: &Path) -> ExitCode {
    match hold(attempt_dir) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            complain(&format!("{}: {e}", attempt_dir.display()));
            if is_of_machine(&e) { ExitCode::from(TRY_LATER) } else { ExitCode::FAILURE }
        }
    }
}

fn hold(attempt_dir: &Path) -> io::Result<()> {
    // A session of its own, first of all: from here on no terminal can reach the shim. It fails only for the leader of
    // a process group, which a shim started by hand may be.
    if let Err(e) = rustix::process::setsid() {
        complain(&format!("could not leave the session: {e}"));
    }
    reset_signals()?;
    // Blocked and not ignored: ignoring would be inherited by gem5, and the mask is emptied for it.
    SigSet::all().thread_block()?;
    close_inherited();
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    // Only for the eyes of those who run `ps`.
    let _ = nix::sys::prctl::set_name(c"gem5-tui-shim");

    let attempt = AttemptDir::new(attempt_dir);
    let lock = take_over_lock(&attempt)?;
    for record in [attempt.started(), attempt.exit(), attempt.simout()] {
        if fs::exists(&record)? {
            let message = format!("`{}` exists: this attempt was started before", record.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
        }
    }
    supervise::supervise(&attempt, &lock)
}

/// Moves the locked file out of the way of standard input and makes sure that it is what it should be.
fn take_over_lock(attempt: &AttemptDir) -> io::Result<File> {
    let stdin = io::stdin();
    let lock = File::from(rustix::io::fcntl_dupfd_cloexec(&stdin, FIRST_FREE_FD)?);
    let null = File::open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    let (held, spec) = (lock.metadata()?, fs::metadata(attempt.spec())?);
    if (held.dev(), held.ino()) != (spec.dev(), spec.ino()) {
        return Err(io::Error::other("standard input is not the attempt's spec.json; only an engine starts a shim"));
    }
    match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(lock),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(io::Error::other("another shim holds this attempt")),
        Err(e) => {
            // The engine held the lock when it handed the file over, so this file system has locks and fails now. The
            // simulation is worth more than the lock.
            complain(&format!("could not lock `{}`: {e}", attempt.spec().display()));
            Ok(lock)
        }
    }
}

/// One line on standard error, which is the engine's log or nothing.
fn complain(message: &str) {
    // Nobody is left to tell if this fails.
    let _ = writeln!(io::stderr(), "gem5-tui shim: {}", Safe::line(message));
}
