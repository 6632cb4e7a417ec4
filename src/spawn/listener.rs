//! Which process of a tree is gem5, where a command stands in front of it.
//!
//! Signals that mean the whole tree need not know. One that asks gem5 for something does: `perf`, `time` and a script that wraps
//! gem5 would end of it. So the process is looked for that was given the same output directory and listens.

use std::fs;

use nix::sys::signal::Signal;

use super::identity::{self, Alive, SignalError};
use super::tree::{self, Tree};
use crate::rundir::record::{Identity, Started};

/// The process that takes `signal` for the gem5 of this tree: the main process, or the first one behind it that has gem5's command
/// line. `None` if nobody listens.
///
/// # Errors
/// What the system said of the main process.
pub(crate) fn listener(started: &Started, signal: Signal) -> Result<Option<Identity>, SignalError> {
    if identity::catches(&started.gem5, signal)? {
        return Ok(Some(started.gem5.clone()));
    }
    let Some(outdir) = outdir_of(&started.gem5) else { return Ok(None) };
    let tree = Tree::of(started, identity::is_alive(&started.shim) == Alive::Yes);
    let pid = started.gem5.pid;
    let members = tree::members(tree).map_err(|source| SignalError::System { pid, source })?;
    let is_meant = |member: &Identity| outdir_of(member).is_some_and(|own| own == outdir);
    Ok(members.into_iter().filter(is_meant).find(|member| identity::catches(member, signal).unwrap_or(false)))
}

/// The output directory on the command line of a process: gem5's, and that of a command in front of it, have it.
fn outdir_of(process: &Identity) -> Option<Vec<u8>> {
    let number = identity::number_here(process).ok()?;
    let line = fs::read(format!("/proc/{number}/cmdline")).ok()?;
    line.split(|byte| *byte == 0).find(|word| word.starts_with(b"--outdir=")).map(<[u8]>::to_vec)
}
