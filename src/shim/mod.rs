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
//! Where a batch system starts the shim on another host, no lock can be handed over, no signal of the engine reaches the tree
//! and nobody there can look at it. Then the shim claims the attempt, passes signals on and writes down what the tree uses,
//! as its [`Orders`] say.
//!
//! The neighbours: `spawn` starts the process and carries arguments and results, `rundir` holds the records.
//!
//! The awkward truth: between the fork and `started.json` there are a few milliseconds in which a killed shim leaves a
//! process that no record names. `m5out/simout.txt` exists by then, so its presence without `started.json` means "perhaps
//! started", and such an attempt is never started again.

mod ledger;
mod oom;
mod relay;
mod supervise;

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::ExitCode;

use nix::sys::signal::SigSet;
use rustix::fs::FlockOperation;

use crate::rundir::atomic::{self, create_once};
use crate::rundir::attempts::{self, AttemptRecords};
use crate::rundir::fault::passes_in_ours;
use crate::rundir::record::{Claim, FORMAT, Moment, Submitting};
use crate::rundir::{AttemptDir, Presence, Takeovers};
use crate::spawn::call::FIRST_FREE_FD;
use crate::spawn::identity;
use crate::spawn::launch::{close_inherited, reset_signals};
use crate::spawn::presence;
use crate::spawn::shim_word::{self, Word};
use crate::text::Safe;

pub use crate::spawn::shim_command::{Orders, ROLE, TRY_LATER, arguments};

/// Holds the attempt in `attempt_dir` from its start to its recorded end. Standard input is the locked `spec.json`, unless
/// the shim is told to claim the attempt.
/// Fails only if there was nothing to hold: a start that fails is a recorded end.
pub fn main(attempt_dir: &Path, orders: Orders) -> ExitCode {
    match hold(attempt_dir, orders) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            complain(&format!("{}: {e}", attempt_dir.display()));
            // Whoever started us has just written there.
            if passes_in_ours(&e) { ExitCode::from(TRY_LATER) } else { ExitCode::FAILURE }
        }
    }
}

fn hold(attempt_dir: &Path, orders: Orders) -> io::Result<()> {
    // A session of its own, first of all: from here on no terminal can reach the shim. It fails only for the leader of
    // a process group, which a shim started by hand may be. In a job there is no terminal, and batch systems know what to signal by
    // the session or the group that they have made.
    if !orders.relays
        && let Err(e) = rustix::process::setsid()
    {
        complain(&format!("could not leave the session: {e}"));
    }
    reset_signals()?;
    // Blocked and not ignored: ignoring would be inherited by gem5, and the mask is emptied for it.
    SigSet::all().thread_block()?;
    close_inherited();
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    // Only for the eyes of those who run `ps`.
    let _ = nix::sys::prctl::set_name(c"gem5-tui-shim");

    // Held, so that what is recorded days later is recorded here, whatever has this name by then.
    let attempt = AttemptDir::new(attempt_dir).hold()?;
    let inherited = if orders.claims { None } else { Some(take_over_lock(&attempt)?) };
    refuse_a_second_start(&attempt)?;
    let lock = match inherited {
        Some(lock) => lock,
        None => claim(&attempt, orders)?,
    };
    let held = supervise::supervise(&attempt, &lock, orders);
    if held.is_err() && orders.claims {
        // Nothing was started, and another one may be: a claim would say that this one was.
        _ = fs::remove_file(attempt.claim());
    }
    held
}

/// An attempt is started once, whatever became of it. Our own hold on it is no sign of another one's. Nor does a job begin that its
/// batch system had given up, as one may that was thought lost and comes late.
fn refuse_a_second_start(attempt: &AttemptDir) -> io::Result<()> {
    let number = attempts::number(attempt).unwrap_or_default();
    let records = attempts::read_but_spec(attempt.clone(), number)?;
    match presence(&AttemptRecords { held: false, ..records }, &Takeovers::default()) {
        Presence::NeverStarted if attempt.job_end().try_exists()? => {
            Err(io::Error::new(io::ErrorKind::AlreadyExists, "the job of this attempt was said to be over"))
        }
        Presence::NeverStarted => Ok(()),
        other => {
            let message = format!("this attempt was started before: {other}");
            Err(io::Error::new(io::ErrorKind::AlreadyExists, message))
        }
    }
}

/// Takes the attempt where nobody hands over a lock: of all shims that come, the one that makes `claim.json` has it. The
/// lock is taken besides, for those of this host who look at it.
///
/// No engine listens to it: its standard output is the log of a job, which is for people.
fn claim(attempt: &AttemptDir, orders: Orders) -> io::Result<File> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    let spec = File::options().read(true).write(true).open(attempt.spec())?;
    let submitting = atomic::read_json::<Submitting>(&attempt.submitting())?;
    let is_ours = |at| submitting.is_some_and(|submitting| submitting.at.unix_ms == at);
    if orders.handed_in.is_some_and(|at| !is_ours(at)) {
        // A job that was given up and comes late.
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "this attempt was handed in again and is another job's",
        ));
    }
    let record = Claim { format: FORMAT, shim: identity::own()?, at: Moment::now() };
    create_once(&attempt.claim(), &record)?;
    match rustix::fs::flock(&spec, FlockOperation::NonBlockingLockExclusive) {
        Err(rustix::io::Errno::WOULDBLOCK) => Err(io::Error::other("another shim holds this attempt")),
        Err(e) => {
            // Some network file systems have no locks. The claim is what counts.
            complain(&format!("could not lock `{}`: {e}", attempt.let_go().spec().display()));
            Ok(spec)
        }
        Ok(()) => Ok(spec),
    }
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
            complain(&format!("could not lock `{}`: {e}", attempt.let_go().spec().display()));
            Ok(lock)
        }
    }
}

/// Tells the engine on standard output, which is its pipe, or nothing.
fn tell(word: Word) {
    let bytes = shim_word::encode(rustix::process::getpid().as_raw_nonzero().get(), word);
    // Whoever does not hear it looks at the records.
    _ = rustix::io::write(rustix::stdio::stdout(), &bytes);
}

/// One line on standard error, which is the engine's log or nothing.
fn complain(message: &str) {
    // Nobody is left to tell if this fails.
    let _ = writeln!(io::stderr(), "gem5-tui shim: {}", Safe::line(message));
}
