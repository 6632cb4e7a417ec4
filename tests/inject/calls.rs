//! Which system calls change something, and which may fail in which way.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::libc;
use nix::unistd::Pid;

use crate::registers::Call;

/// A system call by its name in the C library.
pub(crate) type Named = (&'static str, i64);

macro_rules! calls {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), libc::$name as i64)),*] };
}

/// What writes, makes, renames or removes files. A full or failing disk shows here.
pub(crate) const DISK: &[Named] = calls![
    SYS_write,
    SYS_pwrite64,
    SYS_writev,
    SYS_fsync,
    SYS_fdatasync,
    SYS_syncfs,
    SYS_openat,
    SYS_openat2,
    SYS_mkdirat,
    SYS_renameat2,
    SYS_ftruncate,
    SYS_fallocate,
    SYS_symlinkat,
    SYS_linkat,
    SYS_unlinkat,
];

/// The same under older names, most of which newer architectures do not have.
#[cfg(target_arch = "x86_64")]
pub(crate) const DISK_BY_PATH: &[Named] =
    calls![SYS_open, SYS_mkdir, SYS_rename, SYS_renameat, SYS_symlink, SYS_link, SYS_unlink, SYS_rmdir];
/// The crate has no name for this one on aarch64 (`asm-generic/unistd.h`).
#[cfg(not(target_arch = "x86_64"))]
pub(crate) const DISK_BY_PATH: &[Named] = &[("SYS_renameat", 38)];

/// What has the disk take what was written before. The kernel tells a failure once, so no second try can be believed.
pub(crate) const SYNCS: &[Named] = calls![SYS_fsync, SYS_fdatasync, SYS_syncfs];

/// What takes a descriptor.
pub(crate) const DESCRIPTORS: &[Named] = calls![
    SYS_openat,
    SYS_openat2,
    SYS_pidfd_open,
    SYS_epoll_create1,
    SYS_socket,
    SYS_socketpair,
    SYS_accept4,
    SYS_memfd_create,
    SYS_pipe2,
    SYS_dup,
    SYS_dup3,
    SYS_signalfd4,
    SYS_eventfd2,
    SYS_inotify_init1,
    SYS_timerfd_create,
];

/// What a signal interrupts while it waits, on some file systems also a write or an open.
pub(crate) const INTERRUPTIBLE: &[Named] = calls![
    SYS_read,
    SYS_write,
    SYS_openat,
    SYS_openat2,
    SYS_renameat2,
    SYS_wait4,
    SYS_waitid,
    SYS_ppoll,
    SYS_flock,
    SYS_fsync,
    SYS_fdatasync,
    SYS_accept4,
    SYS_connect,
    SYS_epoll_pwait,
];
#[cfg(target_arch = "x86_64")]
pub(crate) const INTERRUPTIBLE_BY_OLD_NAMES: &[Named] = calls![SYS_poll, SYS_epoll_wait];
#[cfg(not(target_arch = "x86_64"))]
pub(crate) const INTERRUPTIBLE_BY_OLD_NAMES: &[Named] = &[];

/// What makes a process or a thread.
pub(crate) const SPAWNS: &[Named] = calls![SYS_clone, SYS_clone3];

/// What takes memory of the kernel. Where memory for the program itself is refused, the program ends, by Rust's own rule.
pub(crate) const MEMORY: &[Named] = calls![
    SYS_clone,
    SYS_clone3,
    SYS_openat,
    SYS_openat2,
    SYS_mkdirat,
    SYS_pipe2,
    SYS_socket,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_memfd_create,
    SYS_execve,
];

/// What asks for permission.
pub(crate) const PERMISSIONS: &[Named] =
    calls![SYS_openat, SYS_openat2, SYS_mkdirat, SYS_renameat2, SYS_symlinkat, SYS_linkat, SYS_unlinkat, SYS_execve,];

/// What registers something to be waited for. There is a limit for each user.
pub(crate) const WATCHES: &[Named] = calls![SYS_epoll_ctl, SYS_inotify_add_watch];

/// What a process does to itself before it becomes another program. `setsid` has no arguments, so it cannot be made to fail.
pub(crate) const BECOMING: &[Named] = calls![
    SYS_openat,
    SYS_dup3,
    SYS_write,
    SYS_chdir,
    SYS_prctl,
    SYS_prlimit64,
    SYS_setpriority,
    SYS_close_range,
    SYS_sched_setaffinity,
    SYS_execve,
];
#[cfg(target_arch = "x86_64")]
pub(crate) const BECOMING_BY_OLD_NAMES: &[Named] = calls![SYS_dup2, SYS_setrlimit];
#[cfg(not(target_arch = "x86_64"))]
pub(crate) const BECOMING_BY_OLD_NAMES: &[Named] = &[];

/// What others can see besides the disk: locks, signals, sessions, addresses.
pub(crate) const OTHERS: &[Named] = calls![
    SYS_flock,
    SYS_fcntl,
    SYS_setsid,
    SYS_setpgid,
    SYS_kill,
    SYS_tgkill,
    SYS_pidfd_send_signal,
    SYS_bind,
    SYS_listen,
    SYS_connect,
    SYS_sendto,
    SYS_sendmsg,
    SYS_wait4,
    SYS_waitid,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_execve,
    SYS_exit_group,
];

const WRITES: &[Named] = calls![SYS_read, SYS_write, SYS_pwrite64, SYS_writev, SYS_fsync, SYS_fdatasync];

/// Whether this call changes what others see. A process is killed before nothing else, since nothing else tells one moment
/// from the next.
pub(crate) fn changes_something(process: Pid, call: &Call) -> bool {
    let [first, second, third, ..] = call.arguments;
    match call.number {
        libc::SYS_openat => is_opened_to_change(third),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_open => is_opened_to_change(second),
        libc::SYS_fcntl => [libc::F_SETLK, libc::F_SETLKW, libc::F_OFD_SETLK, libc::F_OFD_SETLKW, libc::F_SETFL]
            .contains(&(second as i32)),
        libc::SYS_write => file(process, first).is_none_or(|path| !path.starts_with("anon_inode:[eventfd]")),
        _ => true,
    }
}

/// Whether the kernel may answer this call with an error of the disk or the system. Writing to what a program made for itself,
/// such as an eventfd, never fails, and it may rely on that. Only what is added takes room.
pub(crate) fn may_fail(process: Pid, call: &Call, error: Errno) -> bool {
    if error == Errno::ENOSPC && call.number == libc::SYS_openat {
        return is_opened_to_change(call.arguments[2]);
    }
    if call.number == libc::SYS_epoll_ctl {
        return call.arguments[1] == libc::EPOLL_CTL_ADD as u64;
    }
    let is_on_disk = |path: PathBuf| {
        path.is_absolute()
            && !["/dev/", "/proc/", "/memfd:"].iter().any(|place| path.to_string_lossy().starts_with(place))
    };
    !is_one_of(WRITES, call) || file(process, call.arguments[0]).is_some_and(is_on_disk)
}

pub(crate) fn is_one_of(named: &[Named], call: &Call) -> bool {
    named.iter().any(|(_, number)| *number == call.number)
}

fn is_opened_to_change(flags: u64) -> bool {
    let flags = flags as i32;
    flags & libc::O_ACCMODE != libc::O_RDONLY || flags & (libc::O_CREAT | libc::O_TRUNC) != 0
}

/// What a descriptor of another process is.
fn file(process: Pid, descriptor: u64) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{process}/fd/{descriptor}")).ok()
}

/// The call in words, for whoever looks for what is wrong.
pub(crate) fn describe(name: &str, process: Pid, call: &Call) -> String {
    let name = name.trim_start_matches("SYS_");
    let mut said = name.to_owned();
    if let Some(path) = file(process, call.arguments[0]) {
        _ = write!(said, " {}", path.display());
    }
    // Whichever of the first two arguments is an address of text is a path or what is written.
    for address in &call.arguments[..2] {
        if let Some(text) = text_at(process, *address) {
            _ = write!(said, " {text:?}");
        }
    }
    said
}

fn text_at(process: Pid, address: u64) -> Option<String> {
    if address < 0x1000 {
        return None;
    }
    let mut bytes = [0; 120];
    let length = fs::File::open(format!("/proc/{process}/mem")).ok()?.read_at(&mut bytes, address).ok()?;
    let text = bytes[..length].split(|byte| *byte == 0).next()?;
    let is_text = !text.is_empty() && text.iter().all(|byte| (b' '..=b'~').contains(byte) || *byte == b'\n');
    is_text.then(|| String::from_utf8_lossy(text).into_owned())
}
