//! Asking gem5 for a dump of its stats.

use std::io;
use std::path::PathBuf;

use nix::sys::signal::Signal;

use super::identity::{self, SignalError};
use super::listener::listener;
use crate::rundir::named::as_named;
use crate::rundir::record::{DumpRequest, Moment, Started};
use crate::rundir::{AttemptDir, atomic, attempts, beneath};

/// Why gem5 was not asked for a dump.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAsked {
    /// It would have ended of the signal.
    #[error("the process does not listen for SIGUSR1")]
    DoesNotListen,
    /// The request could not be written down, so it was not made.
    #[error("could not write {}: {source}", as_named(path).display())]
    Unwritten {
        /// The record.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What the system said.
    #[error(transparent)]
    Refused(#[from] SignalError),
}

/// Asks the gem5 of this attempt for a dump. The signal kills a process that does not listen for it, so that is looked up first; and
/// the request is on disk before it is made, because the dump will stand among those that the script makes. Who asks must see
/// `stats.txt` as gem5 does, on the same host, for its size at that moment tells which dump it is.
///
/// # Errors
/// When it was not asked.
pub(crate) fn request_dump(dir: &AttemptDir, started: &Started) -> Result<(), NotAsked> {
    let gem5 = listener(started, Signal::SIGUSR1)?.ok_or(NotAsked::DoesNotListen)?;
    let stats_bytes = std::fs::metadata(attempts::outputs(dir).stats()).map_or(0, |meta| meta.len());
    let path = dir.requested_dumps();
    let request = DumpRequest { at: Moment::now(), stats_bytes };
    let written = beneath::has_attempt(dir).and_then(|_| atomic::append_line(&path, &request));
    written.map_err(|source| NotAsked::Unwritten { path, source })?;
    Ok(identity::send(&gem5, Signal::SIGUSR1)?)
}
