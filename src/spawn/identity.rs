//! Who a process is, and signals that reach nobody else.
//!
//! Process numbers are reused. An [`Identity`] adds the start time, the boot and the namespaces; a signal is sent through a
//! file descriptor of the process that was checked after it was opened, so that it can only reach that process.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::sys::signal::Signal;
use rustix::process::{Pid, PidfdFlags, kill_process, pidfd_open, pidfd_send_signal};

use super::inner::{self, Seen};
use super::stat::Stat;
use crate::rundir::kernel_file;
use crate::rundir::machine::{Machine, Origin, place};
use crate::rundir::record::Identity;

/// Whether a process that a record speaks of is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alive {
    /// It is, and it is the same one.
    Yes,
    /// It has ended, or the machine was restarted since.
    No,
    /// It ran on another host or in another namespace, where this process cannot look.
    Unknown,
}

/// Why a signal was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SignalError {
    /// The process has ended.
    #[error("process {pid} has ended")]
    Gone {
        /// Its number.
        pid: i32,
    },
    /// The number belongs to another process now.
    #[error("process number {pid} belongs to another process now; nothing was sent")]
    Stranger {
        /// The number.
        pid: i32,
    },
    /// It runs on another host, or where it is not seen from here.
    #[error("process {pid} runs on {place}, and signals do not travel")]
    OutOfSight {
        /// Its number there.
        pid: i32,
        /// The host, and which of its namespaces.
        place: String,
    },
    /// The system refused.
    #[error("could not signal process {pid}: {source}")]
    System {
        /// The process.
        pid: i32,
        /// What the system said.
        source: io::Error,
    },
}

/// The identity of process `pid`, which may already be a zombie.
pub fn of(pid: i32) -> io::Result<Identity> {
    Ok(Stat::read(pid)?.identity(&Machine::here()?))
}

/// The identity of this process.
pub fn own() -> io::Result<Identity> {
    of(nix::unistd::getpid().as_raw())
}

/// Whether `identity` is still there. A zombie is not, unless only its main thread has ended.
pub fn is_alive(identity: &Identity) -> Alive {
    match stat(identity) {
        Ok(_) => Alive::Yes,
        Err(SignalError::Gone { .. } | SignalError::Stranger { .. }) => Alive::No,
        Err(SignalError::OutOfSight { .. } | SignalError::System { .. }) => Alive::Unknown,
    }
}

/// Whether `identity` is of a place that is not seen from here, whatever has become of it.
pub(crate) fn is_out_of_sight(identity: &Identity) -> bool {
    matches!(number_here(identity), Err(SignalError::OutOfSight { .. }))
}

/// The facts of `identity`, if it is still there and is no zombie. The number in them is the one that it has here.
pub(super) fn stat(identity: &Identity) -> Result<Stat, SignalError> {
    stat_as(identity, number_here(identity)?)
}

/// Which number `identity` has here, if it is not known to have ended. An inner PID namespace has numbers of its own.
pub(crate) fn number_here(identity: &Identity) -> Result<i32, SignalError> {
    let pid = identity.pid;
    let here = Machine::here().map_err(|source| SignalError::System { pid, source })?;
    let out_of_sight = || Err(SignalError::OutOfSight { pid, place: place(identity) });
    match here.origin(identity) {
        Origin::Here => Ok(pid),
        Origin::Before => Err(SignalError::Gone { pid }),
        Origin::Host => out_of_sight(),
        Origin::Namespace => match inner::find(identity, &here) {
            Seen::As(number) => Ok(number),
            Seen::Ended => Err(SignalError::Gone { pid }),
            Seen::Unseen => out_of_sight(),
        },
    }
}

fn stat_as(identity: &Identity, number: i32) -> Result<Stat, SignalError> {
    let pid = identity.pid;
    match Stat::read(number) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(SignalError::Gone { pid }),
        Err(source) => Err(SignalError::System { pid, source }),
        Ok(stat) if stat.start_ticks != identity.start_ticks => Err(SignalError::Stranger { pid }),
        Ok(stat) if stat.is_ended() => Err(SignalError::Gone { pid }),
        Ok(stat) => Ok(stat),
    }
}

/// Whether `identity` has a handler for `signal`: `SigCgt` of proc(5) is a mask with signal 1 in bit 0. Between exec and
/// the first statement of its main, gem5 has none yet. Threads share their handlers, and a main thread that has ended before
/// the others still tells them.
pub fn catches(identity: &Identity, signal: Signal) -> Result<bool, SignalError> {
    let pid = identity.pid;
    let number = number_here(identity)?;
    let status = kernel_file::read(Path::new(&format!("/proc/{number}/status")));
    let status = status.map_err(|source| SignalError::System { pid, source })?;
    // What was read is of this process only if it still is this process.
    stat_as(identity, number)?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    Ok(mask >> (signal as i32 - 1) & 1 == 1)
}

/// Sends `signal` to `identity` and to nobody else. Fails closed: when in doubt, nothing is sent.
pub fn send(identity: &Identity, signal: Signal) -> Result<(), SignalError> {
    Addressee::of(identity)?.send(signal)
}

/// A process that was found and is the one that was meant: a signal to it takes one call.
#[derive(Debug)]
pub(super) struct Addressee {
    /// Its number where it was recorded.
    pid: i32,
    here: Pid,
    /// None on kernels before 5.3, which have no such descriptors.
    process: Option<OwnedFd>,
}

impl Addressee {
    /// Fails closed: when in doubt, it is nobody.
    pub(super) fn of(identity: &Identity) -> Result<Self, SignalError> {
        let pid = identity.pid;
        let number = number_here(identity)?;
        // Zero and negative numbers mean groups to kill(2), and 1 is nobody that we started.
        let here = Some(number).filter(|number| *number > 1).and_then(Pid::from_raw);
        let here = here.ok_or(SignalError::Stranger { pid })?;
        let process = match pidfd_open(here, PidfdFlags::empty()) {
            Ok(process) => Some(process),
            Err(rustix::io::Errno::SRCH) => return Err(SignalError::Gone { pid }),
            Err(rustix::io::Errno::NOSYS) => None,
            Err(error) => return Err(SignalError::System { pid, source: error.into() }),
        };
        // The check comes after the open: from here on the descriptor means the process that is checked. Without one, check and signal
        // are two steps with little time between them; the kernel hands out every other number before it uses one again.
        stat_as(identity, number)?;
        Ok(Self { pid, here, process })
    }

    /// Sends it `signal`.
    pub(super) fn send(&self, signal: Signal) -> Result<(), SignalError> {
        let pid = self.pid;
        let named = rustix::process::Signal::from_named_raw(signal as i32)
            .ok_or_else(|| SignalError::System { pid, source: io::ErrorKind::InvalidInput.into() })?;
        let sent = match &self.process {
            Some(process) => pidfd_send_signal(process, named),
            None => kill_process(self.here, named),
        };
        sent.map_err(|error| match error {
            rustix::io::Errno::SRCH => SignalError::Gone { pid },
            error => SignalError::System { pid, source: error.into() },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_recycled_number_another_boot_and_another_host_are_told_apart_and_never_signalled() {
        let mut child = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap();
        let real = of(child.id().cast_signed()).unwrap();
        assert_eq!(is_alive(&real), Alive::Yes);

        let recycled = Identity { start_ticks: real.start_ticks + 1, ..real.clone() };
        assert_eq!(is_alive(&recycled), Alive::No);
        assert!(matches!(send(&recycled, Signal::SIGKILL), Err(SignalError::Stranger { .. })));

        let rebooted = Identity { boot_id: "another".to_owned(), ..real.clone() };
        assert_eq!(is_alive(&rebooted), Alive::No);
        assert!(matches!(send(&rebooted, Signal::SIGKILL), Err(SignalError::Gone { .. })));

        let (boot_id, host) = ("another".to_owned(), "elsewhere.invalid".to_owned());
        let elsewhere = Identity { boot_id, host: host.clone(), ..real.clone() };
        // Its clock says something else of the same start.
        let another_clock = Identity { time_ns: Some(7), ..real.clone() };
        for unseen in [elsewhere, another_clock] {
            assert_eq!(is_alive(&unseen), Alive::Unknown);
            assert!(matches!(send(&unseen, Signal::SIGKILL), Err(SignalError::OutOfSight { .. })));
        }
        assert_eq!(is_alive(&Identity { host, ..real.clone() }), Alive::Yes, "the machine was renamed");

        assert!(child.try_wait().unwrap().is_none(), "no signal may have reached it");
        send(&real, Signal::SIGKILL).unwrap();
        // Not reaped yet: a zombie counts as gone.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while is_alive(&real) == Alive::Yes {
            assert!(std::time::Instant::now() < deadline);
            std::thread::yield_now();
        }
        assert!(matches!(send(&real, Signal::SIGKILL), Err(SignalError::Gone { .. })));
        child.wait().unwrap();
        assert_eq!(is_alive(&real), Alive::No);
    }

    #[test]
    fn numbers_that_mean_groups_or_everybody_are_refused() {
        let own = own().unwrap();
        for pid in [-1, 0, 1] {
            let forged = Identity { pid, ..own.clone() };
            assert!(send(&forged, Signal::SIGCONT).is_err(), "{pid}");
        }
    }
}
