//! Which machine this is, since which start, and in which namespaces: what tells whether the number of a process or a time of
//! the boot clock in a record means anything here.
//!
//! The boot tells the machine, and its name does not: a name changes under a running engine (DHCP, cloud-init), and a container
//! may have a name of its own or that of its machine. Process numbers are those of a PID namespace, and start times those of
//! a time namespace (namespaces(7)).

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::OnceLock;
use std::{fs, io};

use super::filesystem;
use super::record::{Boot, Identity};

/// The PID namespace in which a machine starts, from which all processes are seen (`PROC_PID_INIT_INO`, `linux/proc_ns.h`).
const FIRST_PID_NS: u64 = 0xEFFF_FFFC;

/// The time namespace in which a machine starts (`PROC_TIME_INIT_INO`).
const FIRST_TIME_NS: u64 = 0xEFFF_FFFA;

/// Where and when this machine runs: the part of an identity that all its processes share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Machine {
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot_id: String,
    /// The host name.
    pub host: String,
    /// The PID namespace of this process. None where the kernel has none.
    pub pid_ns: Option<u64>,
    /// Its time namespace. None where the kernel has none (before Linux 5.6).
    pub time_ns: Option<u64>,
}

/// Of where a process is that a record speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Of this machine since its last start, and its number means the same here.
    Here,
    /// Of this machine and this start, but in another PID or time namespace: its number or its start time means something else
    /// here.
    Namespace,
    /// Of this machine before it was restarted, so it is gone.
    Before,
    /// Of another host.
    Host,
}

impl Machine {
    /// This machine, now.
    ///
    /// # Errors
    /// When `/proc` cannot tell, or tells of another PID namespace than that of this process: every number in it would be
    /// somebody else's.
    pub(crate) fn here() -> io::Result<Self> {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let (pid_ns, time_ns) = namespaces()?;
        Ok(Self { boot_id: boot_id()?.to_owned(), host, pid_ns, time_ns })
    }

    /// The identity of a process of this machine.
    pub(crate) fn identity(&self, pid: i32, start_ticks: u64) -> Identity {
        let Self { boot_id, host, pid_ns, time_ns } = self.clone();
        Identity { pid, start_ticks, boot_id, host, pid_ns, time_ns }
    }

    /// Of where `process` is, as far as its record tells.
    pub(crate) fn origin(&self, process: &Identity) -> Origin {
        let of_this_host = self.host == process.host;
        if self.boot_id != process.boot_id {
            return if of_this_host { Origin::Before } else { Origin::Host };
        }
        let differ = |here: Option<u64>, there: Option<u64>| here.zip(there).is_some_and(|(here, there)| here != there);
        if differ(self.pid_ns, process.pid_ns) || differ(self.time_ns, process.time_ns) {
            return Origin::Namespace;
        }
        // Records of older releases tell no namespace. A container has one of its own and mostly a name of its own.
        let is_known = of_this_host || (self.pid_ns.is_some() && process.pid_ns.is_some());
        if is_known { Origin::Here } else { Origin::Host }
    }

    /// Whether every process of this machine is seen from here, if `/proc` hides none.
    pub(crate) fn sees_all_namespaces(&self) -> bool {
        self.pid_ns == Some(FIRST_PID_NS)
    }
}

/// Of where a process is whose record lies in `dir`. Where only this machine can have written there, a machine with another
/// boot and another name is this one before it was restarted and renamed; but a container on it may have both of its own.
pub(crate) fn origin(process: &Identity, dir: &Path) -> Origin {
    let Ok(here) = Machine::here() else { return Origin::Here };
    match here.origin(process) {
        Origin::Host
            if here.boot_id != process.boot_id
                && here.pid_ns.is_some()
                && here.pid_ns == process.pid_ns
                && filesystem::is_of_one_machine(dir) =>
        {
            Origin::Before
        }
        origin => origin,
    }
}

/// Whether `process` is of this start of this machine, or may be.
pub(crate) fn is_of_this_boot(process: &Identity) -> bool {
    boot_id().map_or(true, |boot| boot == process.boot_id)
}

/// The place of a process, for people: its host, and what else keeps it from being seen here.
pub(crate) fn place(process: &Identity) -> String {
    let host = &process.host;
    let Some(here) = Machine::here().ok().filter(|here| here.origin(process) == Origin::Namespace) else {
        return host.clone();
    };
    match process.pid_ns.filter(|ns| here.pid_ns != Some(*ns)) {
        Some(number) => format!("{host} in another PID namespace (pid:[{number}], such as a container)"),
        None => format!("{host} in another time namespace"),
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

/// The PID and the time namespace of this process, which never leaves the first and leaves the second only by a call that is
/// not made here.
fn namespaces() -> io::Result<(Option<u64>, Option<u64>)> {
    static NAMESPACES: OnceLock<(Option<u64>, Option<u64>)> = OnceLock::new();
    if let Some(known) = NAMESPACES.get() {
        return Ok(*known);
    }
    let shown = fs::read_link("/proc/self")?;
    let own = nix::unistd::getpid();
    if shown.to_str() != Some(&own.to_string()) {
        let message = format!(
            "/proc shows this process as {} where it is {own}: it is that of another PID namespace; mount this one's \
             (`unshare --mount-proc`)",
            shown.display()
        );
        return Err(io::Error::other(message));
    }
    let number = |name: &str| match fs::metadata(format!("/proc/self/ns/{name}")) {
        Ok(namespace) => Ok(Some(namespace.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    let found = (number("pid")?, number("time")?);
    Ok(*NAMESPACES.get_or_init(|| found))
}

/// The boot clock of this machine, for a moment: the boot, and the time namespace where that is not the first one, whose clock
/// has an offset. None where it cannot be told.
pub(super) fn boot() -> Option<Boot> {
    let digits: String = boot_id().ok()?.chars().filter(|c| *c != '-').take(16).collect();
    let boot = u64::from_str_radix(&digits, 16).ok()?;
    let other_clock = namespaces().ok()?.1.filter(|ns| *ns != FIRST_TIME_NS).unwrap_or(0);
    Some(Boot(boot ^ other_clock))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Machine {
        Machine { boot_id: "b".into(), host: "h".into(), pid_ns: Some(1), time_ns: Some(2) }
    }

    fn process() -> Identity {
        here().identity(1, 1)
    }

    #[test]
    fn the_boot_and_the_namespaces_tell_a_machine_and_its_name_does_not() {
        let origin = |process: Identity| here().origin(&process);
        let renamed = || "renamed".to_owned();
        assert_eq!(origin(process()), Origin::Here);
        assert_eq!(origin(Identity { host: renamed(), ..process() }), Origin::Here);
        assert_eq!(origin(Identity { pid_ns: Some(3), ..process() }), Origin::Namespace);
        assert_eq!(origin(Identity { pid_ns: Some(3), host: renamed(), ..process() }), Origin::Namespace);
        assert_eq!(origin(Identity { time_ns: Some(3), ..process() }), Origin::Namespace);
        assert_eq!(origin(Identity { boot_id: "c".into(), ..process() }), Origin::Before);
        assert_eq!(origin(Identity { boot_id: "c".into(), host: renamed(), ..process() }), Origin::Host);
    }

    #[test]
    fn records_that_tell_no_namespace_mean_what_they_meant() {
        let old = || Identity { pid_ns: None, time_ns: None, ..process() };
        assert_eq!(here().origin(&old()), Origin::Here);
        assert_eq!(here().origin(&Identity { host: "renamed".into(), ..old() }), Origin::Host);
        let kernel_without = Machine { pid_ns: None, time_ns: None, ..here() };
        assert_eq!(kernel_without.origin(&process()), Origin::Here);
        assert_eq!(kernel_without.origin(&Identity { host: "renamed".into(), ..process() }), Origin::Host);
    }

    #[test]
    fn another_boot_under_another_name_is_this_machine_only_where_no_other_one_can_write() {
        let here = Machine::here().unwrap();
        let before = Identity { boot_id: "c".into(), host: "renamed".into(), pid_ns: here.pid_ns, ..process() };
        assert_eq!(origin(&before, Path::new("/dev/shm")), Origin::Before);
        // Nobody knows who else writes to what is not known.
        assert_eq!(origin(&before, Path::new("/nowhere/at/all")), Origin::Host);
        // A container may have a boot and a name of its own, and runs on.
        assert_eq!(origin(&Identity { pid_ns: Some(7), ..before.clone() }, Path::new("/dev/shm")), Origin::Host);
        assert_eq!(origin(&Identity { pid_ns: None, ..before }, Path::new("/dev/shm")), Origin::Host);
    }
}
