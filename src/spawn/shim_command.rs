//! How a shim is started: its command line, which engine and shim must agree on.

use std::env::vars_os;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::Path;
use std::time::Duration;

use nix::unistd::Pid;

use super::image::Image;
use super::launch::move_descriptor;
use super::{limits, vfork};

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

    /// The same as arguments, for its command line or for a script that a batch system runs.
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

/// The command line of a shim for `attempt_dir`, which must be absolute, behind the program's own name.
pub fn arguments(attempt_dir: &Path, orders: Orders) -> Vec<OsString> {
    let orders = orders.arguments().into_iter().map(OsString::from);
    [ROLE.into(), attempt_dir.as_os_str().to_owned()].into_iter().chain(orders).collect()
}

/// What a shim of an engine is given.
#[derive(Debug)]
pub(crate) struct Shim<'a> {
    /// The attempt's directory, which must be absolute.
    pub attempt_dir: &'a Path,
    /// The attempt's `spec.json`, open for reading and writing, with its lock held: the shim's standard input.
    pub locked_spec: &'a File,
    /// Where it tells its engine what happens: its standard output (`shim_word`).
    pub words: BorrowedFd<'a>,
    /// What it does besides holding its process.
    pub orders: Orders,
    /// Variables besides ours.
    pub secrets: &'a [(String, String)],
}

/// Starts a shim of our own image, not of our own path: the program on disk may have been replaced since we began.
///
/// # Errors
/// When there is no process to be had.
pub(crate) fn start(shim: &Shim<'_>) -> io::Result<Pid> {
    let name = OsString::from("gem5-tui");
    let arguments = arguments(shim.attempt_dir, shim.orders);
    let argv = std::iter::once(&name).chain(&arguments).map(OsString::as_os_str);
    let own: Vec<(OsString, OsString)> = vars_os().filter(|(name, _)| !is_among(shim.secrets, name)).collect();
    let own = own.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()));
    let secrets = shim.secrets.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value)));
    let image = Image::new(OsStr::new("/proc/self/exe"), argv, own.chain(secrets)).map_err(io::Error::other)?;
    let null = File::options().write(true).open("/dev/null")?;
    let streams = [shim.locked_spec.as_raw_fd(), shim.words.as_raw_fd(), null.as_raw_fd()];
    vfork::start(&image, &mut || {
        for (stream, known_as) in streams.into_iter().zip(0..) {
            move_descriptor(stream, known_as)?;
        }
        // No directory of a user's is held by it.
        rustix::process::chdir(c"/")?;
        limits::give_back_files()
    })
}

fn is_among(variables: &[(String, String)], name: &OsStr) -> bool {
    variables.iter().any(|(among, _)| name == OsStr::new(among))
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
