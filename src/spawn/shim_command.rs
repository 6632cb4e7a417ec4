//! How a shim is started: its command line, which engine and shim must agree on.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The shim's first argument: it tells the role from the commands that people type.
pub const ROLE: &str = "shim";

/// The exit code of a shim that has started nothing because of the machine, such as its full disk. In sysexits(3) it means
/// "try again later".
pub const TRY_LATER: u8 = 75;

/// What a shim does besides holding its process. A shim that an engine starts on its own machine does nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an argument of its own on a command line")]
pub struct Orders {
    /// It makes sure by `claim.json` that it is the only one, because nobody hands it the lock on `spec.json`.
    pub claims: bool,
    /// When its job was handed in, in milliseconds since the Unix epoch, as `submitting.json` has it. What was handed in again since then
    /// belongs to another job.
    pub handed_in: Option<i64>,
    /// It is in a job of a batch system, which reaches its tree past it, and nobody else does. SIGTERM is kept from the tree, and the
    /// shim passes on what it is sent itself: SIGINT and SIGTERM as SIGINT, SIGUSR1 as a request for stats to a process that listens for
    /// it, SIGTSTP as a stop, SIGCONT as a leave to go on, and SIGUSR2 as SIGKILL.
    pub relays: bool,
    /// What it relays, SIGUSR2 is like SIGTERM: Grid Engine sends it before SIGKILL (`-notify` of qsub(1)), and nobody else does.
    pub warned: bool,
    /// It runs in a job that it is not the only one in: it takes SIGTERM, which the batch system sends to each process of the job,
    /// and asks its tree to finish as gem5 understands it.
    pub allocated: bool,
    /// It writes down what its tree uses so often, because nobody else can look at it.
    pub beat: Option<Duration>,
}

impl Orders {
    /// What these arguments say, which follow the directory. One that is not known comes from nobody who would be told.
    pub fn of(arguments: impl Iterator<Item = OsString>) -> Self {
        let mut orders = Self::default();
        for argument in arguments.filter_map(|argument| argument.into_string().ok()) {
            match argument.split_once('=') {
                None if argument == "--claim" => orders.claims = true,
                None if argument == "--relay" => orders.relays = true,
                None if argument == "--warned" => orders.warned = true,
                None if argument == "--allocated" => orders.allocated = true,
                Some(("--handed-in", at)) => orders.handed_in = at.parse().ok(),
                Some(("--beat", seconds)) => orders.beat = seconds.parse().ok().map(Duration::from_secs),
                _ => {}
            }
        }
        orders
    }

    /// The same as arguments, for the command line of [`shim_command`] or for a script that a batch system runs.
    pub fn arguments(self) -> Vec<String> {
        let flags = [
            (self.claims, "--claim"),
            (self.relays, "--relay"),
            (self.warned, "--warned"),
            (self.allocated, "--allocated"),
        ];
        let flags = flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag.to_owned());
        let handed_in = self.handed_in.map(|at| format!("--handed-in={at}"));
        flags.chain(handed_in).chain(self.beat.map(|every| format!("--beat={}", every.as_secs().max(1)))).collect()
    }
}

/// The command that starts a shim for `attempt_dir`, which must be absolute. `exe` is the program itself, best
/// `/proc/self/exe`: the file may have been replaced since. `locked_spec` is the attempt's `spec.json`, open for reading
/// and writing, with its lock held. Standard output and error go nowhere; the caller may choose a log for the latter.
pub fn shim_command(exe: &Path, attempt_dir: &Path, locked_spec: File) -> Command {
    let mut command = Command::new(exe);
    command
        .arg0("gem5-tui")
        .arg(ROLE)
        .arg(attempt_dir)
        .current_dir("/")
        .stdin(locked_spec)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_the_same_on_the_other_side_of_a_command_line() {
        for (claims, relays, beat) in [(false, false, None), (true, false, Some(30)), (true, true, Some(1))] {
            let handed_in = beat.map(|_| 1_795_376_135_123);
            let beat = beat.map(Duration::from_secs);
            let orders = Orders { claims, handed_in, relays, warned: relays, allocated: !relays, beat };
            assert_eq!(Orders::of(orders.arguments().into_iter().map(OsString::from)), orders);
        }
        let strange = ["--later=yes", "--beat=often"].map(OsString::from);
        assert_eq!(Orders::of(strange.into_iter()), Orders::default());
    }
}
