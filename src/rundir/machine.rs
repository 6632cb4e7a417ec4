//! Which machine this is, and since which start: what tells whether the number of a process or a time of the boot clock in a
//! record means anything here.

use std::sync::OnceLock;
use std::{fs, io};

use super::record::{Boot, Identity};

/// Where and when this machine runs: the part of an identity that all its processes share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Machine {
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot_id: String,
    /// The host name.
    pub host: String,
}

impl Machine {
    /// This machine, now.
    pub(crate) fn here() -> io::Result<Self> {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Ok(Self { boot_id: boot_id()?.to_owned(), host })
    }

    /// Whether a process is of this machine and this boot.
    pub(crate) fn owns(&self, process: &Identity) -> bool {
        self.boot_id == process.boot_id && self.host == process.host
    }
}

/// Which start of the machine this is: no other one, here or elsewhere, has the same.
fn boot_id() -> io::Result<&'static str> {
    static BOOT: OnceLock<String> = OnceLock::new();
    if let Some(known) = BOOT.get() {
        return Ok(known);
    }
    // It cannot change while a process lives, and a look at ten thousand attempts asks as often.
    let read = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    Ok(BOOT.get_or_init(|| read.trim().to_owned()))
}

/// The boot of this machine, for a moment. None where it cannot be told.
pub(super) fn boot() -> Option<Boot> {
    let digits: String = boot_id().ok()?.chars().filter(|c| *c != '-').take(16).collect();
    u64::from_str_radix(&digits, 16).ok().map(Boot)
}

/// Whether this machine was restarted since `identity` was taken down.
pub(crate) fn is_of_another_boot(identity: &Identity) -> bool {
    Machine::here().is_ok_and(|here| here.host == identity.host && here.boot_id != identity.boot_id)
}

/// Whether `identity` is a process of another host. Where that cannot be told it counts as one of this host.
pub(crate) fn is_of_another_host(identity: &Identity) -> bool {
    Machine::here().is_ok_and(|here| here.host != identity.host)
}
