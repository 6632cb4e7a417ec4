//! The moment between fork and exec.
//!
//! A gem5 process must start from the same state whoever started us: a terminal, `nohup`, cron, a test that blocks
//! signals. So the child gets a session of its own (a stopped process in a process group of the shim's session would
//! be killed by the kernel when the shim dies), default signal dispositions and an empty mask, no core files, a larger
//! share of the blame when memory runs out, and no file descriptor but the ones it is meant to have.
//!
//! The awkward truth: all of that is done by a child that still shares our memory (`vfork`), so it is laid out before.

use std::collections::BTreeMap;
use std::ffi::{CString, OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::libc;
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::{AccessFlags, Pid, access};

use super::call::ChildEnds;
use super::image::Image;
use super::{limits, vfork};
use crate::failpoint::point;
use crate::rundir::fault::{is_of_machine, passes_in_ours, refuses};
use crate::rundir::kernel_file;
use crate::rundir::named::as_named;

/// What to start, and with what around it.
#[derive(Debug)]
pub(crate) struct Launch<'a> {
    /// The argument vector; the first element is the executable, absolute.
    pub argv: &'a [String],
    /// The working directory.
    pub cwd: &'a Path,
    /// Changes to our own environment: a value sets a variable, `None` removes it.
    pub env: &'a BTreeMap<String, Option<String>>,
    /// What standard input is; nothing when left out.
    pub stdin: Option<&'a Path>,
    /// Where standard output is appended.
    pub stdout: &'a Path,
    /// Where standard error is appended.
    pub stderr: &'a Path,
    /// The child's message and its place for a result, if it is to call a function.
    pub call: Option<ChildEnds>,
    /// The door of the control group that the child enters.
    pub group: Option<&'a File>,
    /// How a batch system reaches the child past us.
    pub reached: Reached,
}

/// Whether a batch system sends its signals to each process of a job, and so to a child past us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    /// No batch system, or it is of no interest to the child.
    ByUs,
    /// It runs in a job in which others run, too.
    InAllocation,
    /// The job is its own: one without its shim counts as over.
    InJob,
}

/// Why a process could not be started, in words, with advice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct LaunchError {
    /// What happened and what to do.
    pub reason: String,
    /// Whether the machine is at fault, such as its full disk: another launch would fare no better, and this one may later.
    pub of_machine: bool,
}

impl LaunchError {
    /// An error that speaks of what was to be launched.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), of_machine: false }
    }

    /// An error of the system while doing `what` to `path`, which is in a place of ours: the experiment directory.
    pub fn io(what: &str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self {
            of_machine: passes_in_ours(&error),
            reason: format!("could not {what} {}: {error}", as_named(path).display()),
        }
    }

    /// The same error, judged by the place that is ours. While that refuses us, so may every other place on its disk, and
    /// nothing can be said against what was to be launched.
    pub(crate) fn beside(self, ours: &Path) -> Self {
        if self.of_machine || !refuses(ours) {
            return self;
        }
        let reason = format!("{} cannot be written at the moment, and {}", as_named(ours).display(), self.reason);
        Self { reason, of_machine: true }
    }
}

/// How often an executable that somebody holds open for writing is tried again. Another thread that forks holds our
/// write descriptors for a moment (rust issue 114554), which passes; a linker at work does not.
const BUSY_RETRIES: u32 = 5;

/// How long to wait before the first of those tries; it doubles with each, to a third of a second in all.
const BUSY_WAIT: Duration = Duration::from_millis(10);

/// Variables that every launch sets or removes, unless the experiment names them. `PYTHONUNBUFFERED` lets a log be followed
/// while it is written. The others turn into options of the interpreter, which a script that uses
/// `gem5.utils.multiprocessing` hands on to gem5 (Python's `subprocess._args_from_interpreter_flags`): there `-B` prints
/// build facts and simulates nothing, so that the script waits for ever, `-d` takes the next word as the output
/// directory, and `-O` and `-W` are refused.
pub(crate) const ENVIRONMENT: [(&str, Option<&str>); 5] = [
    ("PYTHONUNBUFFERED", Some("1")),
    ("PYTHONDONTWRITEBYTECODE", None),
    ("PYTHONDEBUG", None),
    ("PYTHONOPTIMIZE", None),
    ("PYTHONWARNINGS", None),
];

/// By how much the child is preferred over us when the kernel must kill something (proc(5), `oom_score_adj`).
const OOM_SCORE_STEP: i32 = 500;

/// Starts the process. The caller must wait for the child that is returned.
pub(crate) fn launch(launch: &Launch<'_>) -> Result<Pid, LaunchError> {
    let program = launch.argv.first().ok_or_else(|| LaunchError::new("there is no executable"))?;
    check_cwd(launch.cwd)?;
    let prepared = prepare(launch, program)?;
    let call = launch.call.as_ref().map(ChildEnds::descriptors).unwrap_or_default();
    let group = launch.group.map(AsRawFd::as_raw_fd);
    let reached = (launch.reached, rustix::process::getpid());
    let mut tries = 0;
    loop {
        match vfork::start(&prepared.image, &mut || become_child(&prepared, &call, group, reached)) {
            Ok(pid) => return Ok(pid),
            Err(e) if e.kind() == io::ErrorKind::ExecutableFileBusy && tries < BUSY_RETRIES => {
                // A test may stand still here; it makes nothing fail.
                _ = point("launch.busy", launch.stdout);
                std::thread::sleep(BUSY_WAIT * (1 << tries));
                tries += 1;
            }
            Err(e) => return Err(explain(program, &e)),
        }
    }
}

/// The child would say of a working directory only what it says of its executable.
fn check_cwd(cwd: &Path) -> Result<(), LaunchError> {
    let shown = cwd.display();
    match cwd.metadata() {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => {
            return Err(LaunchError::new(format!("the working directory `{shown}` is a file; name a directory")));
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Err(LaunchError::new(format!("the working directory `{shown}` does not exist; create it")));
        }
        Err(error) => return Err(out_of_sight(&format!("the working directory `{shown}`"), &error)),
    }
    access(cwd, AccessFlags::X_OK).map_err(|error| LaunchError {
        of_machine: is_of_machine(&error.into()),
        reason: format!("the working directory `{shown}` may not be entered: {error}; check its permissions"),
    })
}

/// An error of looking at what was there when the experiment began. A refusal is one of the way to it, whose owner may be
/// at work, or whose server does not know us for a while.
pub(super) fn out_of_sight(what: &str, error: &io::Error) -> LaunchError {
    LaunchError {
        of_machine: passes_in_ours(error),
        reason: format!(
            "{what} cannot be looked at: {error}; check the permissions of the directories on the way to it"
        ),
    }
}

/// What the child needs, all of it there before there is a child.
struct Prepared {
    image: Image,
    cwd: CString,
    /// What its standard streams are.
    streams: [File; 3],
    /// Signals that are ignored here.
    ignored: SigMask,
    /// What it writes into `oom_score_adj`.
    oom_score: String,
}

fn prepare(launch: &Launch<'_>, program: &str) -> Result<Prepared, LaunchError> {
    let log = |path: &Path| {
        // What stands in the place of a log is not followed anywhere.
        let mut options = OpenOptions::new();
        options.append(true).create(true).custom_flags(libc::O_NOFOLLOW);
        options.open(path).map_err(|e| LaunchError {
            of_machine: passes_in_ours(&e),
            reason: format!(
                "could not open `{}` for the output: {e}; check space and permissions",
                as_named(path).display()
            ),
        })
    };
    let null = File::open(launch.stdin.unwrap_or(Path::new("/dev/null"))).map_err(|e| explain(program, &e))?;
    let streams = [null, log(launch.stdout)?, log(launch.stderr)?];
    let variables = environment(std::env::vars_os(), launch.env);
    let variables = variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()));
    let image = Image::new(program.as_ref(), launch.argv.iter().map(OsStr::new), variables)
        .map_err(|zero| LaunchError::new(zero.to_string()))?;
    let cwd = CString::new(launch.cwd.as_os_str().as_bytes())
        .map_err(|zero| LaunchError::new(format!("the working directory cannot be one: {zero}")))?;
    let oom_score = own_oom_score().saturating_add(OOM_SCORE_STEP).min(1000).to_string();
    Ok(Prepared { image, cwd, streams, ignored: ignored_signals(), oom_score })
}

/// Our environment with [`ENVIRONMENT`] and then the changes applied.
fn environment(
    inherited: impl Iterator<Item = (OsString, OsString)>,
    changes: &BTreeMap<String, Option<String>>,
) -> BTreeMap<OsString, OsString> {
    let mut variables: BTreeMap<OsString, OsString> = inherited.collect();
    let own = ENVIRONMENT.iter().map(|&(name, value)| (name, value));
    let changes = changes.iter().map(|(name, value)| (name.as_str(), value.as_deref()));
    for (name, value) in own.chain(changes) {
        match value {
            Some(value) => variables.insert(name.into(), value.into()),
            None => variables.remove(&OsString::from(name)),
        };
    }
    variables
}

/// Runs in the child, in our memory: see [`vfork`]. What is open here and not meant for the child is closed when it has its own image.
fn become_child(
    Prepared { cwd, streams, ignored, oom_score, .. }: &Prepared,
    call: &[(RawFd, RawFd)],
    group: Option<RawFd>,
    (reached, shim): (Reached, rustix::process::Pid),
) -> io::Result<()> {
    for (stream, known_as) in streams.iter().zip(0..) {
        move_descriptor(stream.as_raw_fd(), known_as)?;
    }
    rustix::process::chdir(cwd.as_c_str())?;
    rustix::process::setsid()?;
    if let Some(group) = group {
        enter_group(group);
    }
    heed(*ignored)?;
    if reached != Reached::ByUs {
        ignore_term()?;
    }
    if reached == Reached::InJob {
        block_warning()?;
        end_with(shim)?;
    }
    let limit = rustix::process::getrlimit(rustix::process::Resource::Core);
    // Only the soft limit: a script that wants a core file of a small process can still ask for one.
    let no_core = rustix::process::Rlimit { current: Some(0), maximum: limit.maximum };
    rustix::process::setrlimit(rustix::process::Resource::Core, no_core)?;
    limits::give_back_files()?;
    raise_oom_score(oom_score.as_bytes());
    let mut first_private = 3;
    for &(descriptor, known_as) in call {
        move_descriptor(descriptor, known_as)?;
        first_private = known_as.cast_unsigned() + 1;
    }
    close_on_exec_from(first_private);
    Ok(())
}

/// A batch system sends SIGTERM to each process of a job at once. gem5 would be dead of it, and its stats lost, before its shim could
/// ask it to finish. An ignored signal stays so across exec and for all that the child starts; a script that has a handler of its
/// own is asked all the same.
fn ignore_term() -> io::Result<()> {
    #[expect(unsafe_code, reason = "nix cannot say that setting SIG_IGN is safe")]
    // SAFETY: SIG_IGN installs no handler, so no code of ours can run in a signal context.
    let before = unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
    if before == libc::SIG_ERR { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Grid Engine sends SIGUSR2 as a warning to each process of a job. gem5, which sets a handler whatever was ignored, would write its
/// stats and begin them anew just before it is asked to finish, so it is blocked.
fn block_warning() -> io::Result<()> {
    let mut warning = SigSet::empty();
    warning.add(Signal::SIGUSR2);
    Ok(warning.thread_block()?)
}

/// Ends with the shim: a job without one counts as over.
fn end_with(shim: rustix::process::Pid) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    // It may have died before that.
    if rustix::process::getppid() == Some(shim) { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
}

/// A set of signals, as the kernel writes it: signal 1 is bit 0.
type SigMask = u64;

/// Whether this process ignores no signal, because it has seen to that.
static HEEDS_ALL: AtomicBool = AtomicBool::new(false);

/// The signals that this process ignores. Those it has handlers for are at their defaults again in another program, and these are not.
fn ignored_signals() -> SigMask {
    if HEEDS_ALL.load(Ordering::Relaxed) {
        return 0;
    }
    let status = kernel_file::read(Path::new("/proc/self/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // What cannot be told may be any.
    mask.and_then(|mask| SigMask::from_str_radix(mask.trim(), 16).ok()).unwrap_or(SigMask::MAX)
}

/// Default dispositions for all signals, and an empty mask: what the shim does first.
pub(crate) fn reset_signals() -> io::Result<()> {
    heed(ignored_signals())?;
    HEEDS_ALL.store(true, Ordering::Relaxed);
    Ok(())
}

/// Default dispositions for these signals, and an empty mask.
fn heed(ignored: SigMask) -> io::Result<()> {
    for signal in (1..=64).filter(|signal| ignored >> (signal - 1) & 1 == 1) {
        // The C library keeps two to itself and refuses to set them. A `struct sigaction` of the kernel that is all zero says SIG_DFL, no
        // flags, and an empty mask of 8 bytes. SIGKILL and SIGSTOP cannot be changed, which says nothing.
        let default = [0_u64; 4];
        #[expect(unsafe_code, reason = "the C library does not set all signals")]
        // SAFETY: the kernel reads at most the 32 bytes of `default`, and installs no handler.
        unsafe {
            libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), std::ptr::null_mut::<u64>(), 8_usize);
        }
    }
    SigSet::empty().thread_set_mask()?;
    Ok(())
}

/// In a child: what has the number `from` has the number `to` as well.
pub(super) fn move_descriptor(from: RawFd, to: RawFd) -> io::Result<()> {
    #[expect(unsafe_code, reason = "the target is a number with a fixed meaning, not a descriptor that we own")]
    // SAFETY: the child has descriptors of its own, and uses none of ours behind this but those that are handed on, whose numbers are
    // above all those with a meaning ([`FIRST_FREE_FD`](super::call::FIRST_FREE_FD)).
    let done = unsafe { libc::dup2(from, to) };
    if done == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn close_on_exec_from(first: u32) {
    #[expect(unsafe_code, reason = "neither nix nor rustix wraps close_range(2)")]
    // SAFETY: only the close-on-exec flag of descriptors changes; nothing is closed here.
    let done = unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if done == 0 {
        return;
    }
    // Kernels before 5.11 do not know it. One call for each possible number is slow and right.
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(1 << 20);
    for descriptor in u64::from(first)..most.min(1 << 20) {
        #[expect(unsafe_code, reason = "the numbers are not descriptors that we own")]
        // SAFETY: only the close-on-exec flag changes; a number that is not open is refused with EBADF.
        unsafe {
            libc::fcntl(descriptor as RawFd, libc::F_SETFD, libc::FD_CLOEXEC);
        }
    }
}

/// Closes every descriptor but the standard three. For a process that has just started: what it has beyond those was
/// left open by whoever started it, and a shim would hold it for days.
pub(crate) fn close_inherited() {
    #[expect(unsafe_code, reason = "neither nix nor rustix wraps close_range(2)")]
    // SAFETY: the caller has opened nothing yet, so no owner of a descriptor exists in this process.
    let done = unsafe { libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0) };
    if done != 0 {
        // Without that call (before Linux 5.9) they stay open here, and are still kept from the child.
        close_on_exec_from(3);
    }
}

/// Best effort: a simulation is worth more than its group.
fn enter_group(door: RawFd) {
    #[expect(unsafe_code, reason = "the descriptor belongs to the parent's file")]
    // SAFETY: the parent keeps the file open until the child has its own image, and write(2) is async-signal-safe.
    unsafe {
        libc::write(door, c"0".as_ptr().cast(), 1);
    }
}

/// Best effort: in some containers the file is read-only, and a simulation is worth more than its rank.
fn raise_oom_score(score: &[u8]) {
    let flags = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::CLOEXEC;
    if let Ok(file) = rustix::fs::open(c"/proc/self/oom_score_adj", flags, rustix::fs::Mode::empty()) {
        // A refusal leaves the score as it was, which is no reason to stop.
        let _ = rustix::io::write(&file, score);
    }
}

fn own_oom_score() -> i32 {
    kernel_file::read(Path::new("/proc/self/oom_score_adj")).ok().and_then(|s| s.trim().parse().ok()).unwrap_or(0)
}

/// Turns what the kernel said into a sentence with advice.
fn explain(program: &str, error: &io::Error) -> LaunchError {
    let path = Path::new(program);
    let reason = match error.raw_os_error() {
        Some(libc::ENOENT) if path.exists() => format!(
            "`{program}` exists, but the program that must load it does not: the interpreter of its `#!` line, or \
             the dynamic loader of another system"
        ),
        Some(libc::ENOENT | libc::ENOTDIR) => {
            format!("`{program}` does not exist; build it, or correct the path of the executable")
        }
        Some(libc::EACCES | libc::EPERM) if let Err(hidden) = path.metadata() => {
            return out_of_sight(&format!("`{program}`"), &hidden);
        }
        Some(libc::EACCES) if path.is_dir() => {
            format!("`{program}` is a directory; name the executable inside it")
        }
        Some(libc::EACCES) => format!(
            "`{program}` may not be executed; `chmod +x` it, and check that its file system is not mounted `noexec`"
        ),
        Some(libc::ENOEXEC) => format!(
            "`{program}` is not a program for this machine{}; use a build for {}, and give a script a `#!` line",
            foreign_machine(path),
            std::env::consts::ARCH
        ),
        Some(libc::ETXTBSY) => {
            format!("`{program}` is being written, perhaps by a build; try again when that has finished")
        }
        Some(libc::E2BIG) => "the arguments and the environment are too long together; shorten them".to_owned(),
        Some(libc::EAGAIN) => {
            "the limit on the number of processes is reached (`ulimit -u`); lower the concurrency".to_owned()
        }
        Some(libc::ENOMEM) => "there is no memory for another process; lower the concurrency".to_owned(),
        Some(libc::EMFILE | libc::ENFILE) => "the limit on open files is reached (`ulimit -n`); raise it".to_owned(),
        _ => format!("could not start `{program}`: {error}"),
    };
    LaunchError { reason, of_machine: is_of_machine(error) }
}

/// What an ELF header says about its machine, if the file has one. Numbers from elf(5).
fn foreign_machine(path: &Path) -> String {
    let mut header = [0; 20];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    if read.is_err() || !header.starts_with(b"\x7fELF") {
        return String::new();
    }
    let number = if header[5] == 2 { [header[19], header[18]] } else { [header[18], header[19]] };
    match u16::from_le_bytes(number) {
        3 => " (it is for 32-bit x86)".to_owned(),
        40 => " (it is for 32-bit Arm)".to_owned(),
        62 => " (it is for x86_64)".to_owned(),
        183 => " (it is for aarch64)".to_owned(),
        243 => " (it is for RISC-V)".to_owned(),
        other => format!(" (it is for ELF machine {other})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::AttemptDir;

    #[test]
    fn a_log_in_a_held_directory_that_cannot_be_opened_is_told_by_its_name() {
        let place = tempfile::tempdir().unwrap();
        let dir = AttemptDir::new(place.path()).hold().unwrap();
        std::fs::create_dir_all(dir.simout()).unwrap();
        let argv = ["/bin/true".to_owned()];
        let (env, stdout, stderr) = (BTreeMap::new(), dir.simout(), dir.simerr());
        let launch = Launch {
            argv: &argv,
            cwd: place.path(),
            env: &env,
            stdin: None,
            stdout: &stdout,
            stderr: &stderr,
            call: None,
            group: None,
            reached: Reached::ByUs,
        };
        let refused = super::launch(&launch).unwrap_err().reason;
        let named = place.path().canonicalize().unwrap();
        assert!(refused.contains(named.to_str().unwrap()) && !refused.contains("/proc/"), "{refused}");
    }

    fn env(changes: &[(&str, Option<&str>)]) -> BTreeMap<OsString, OsString> {
        let inherited = [
            ("HOME", "/home/a"),
            ("PYTHONDONTWRITEBYTECODE", "1"),
            ("PYTHONUNBUFFERED", ""),
            ("PYTHONOPTIMIZE", "2"),
            ("PYTHONWARNINGS", "error"),
        ];
        let changes = changes.iter().map(|(n, v)| ((*n).to_owned(), v.map(str::to_owned))).collect();
        environment(inherited.into_iter().map(|(n, v)| (n.into(), v.into())), &changes)
    }

    #[test]
    fn python_is_unbuffered_and_writes_bytecode_unless_the_experiment_says_otherwise() {
        let plain = env(&[]);
        assert_eq!(plain[&OsString::from("PYTHONUNBUFFERED")], "1");
        assert!(!plain.contains_key(&OsString::from("PYTHONDONTWRITEBYTECODE")));
        assert!(!plain.keys().any(|name| name == "PYTHONOPTIMIZE" || name == "PYTHONWARNINGS"));
        let chosen = env(&[("PYTHONUNBUFFERED", None), ("PYTHONDONTWRITEBYTECODE", Some("1")), ("HOME", None)]);
        assert!(!chosen.contains_key(&OsString::from("PYTHONUNBUFFERED")));
        assert_eq!(chosen[&OsString::from("PYTHONDONTWRITEBYTECODE")], "1");
        assert!(!chosen.contains_key(&OsString::from("HOME")));
    }
}
