//! How a process ended that is not our child.
//!
//! Only a parent is told how a process ended. Since Linux 6.15 the kernel also tells whoever holds a descriptor of the process,
//! once its parent has waited for it (`PIDFD_GET_INFO` with `PIDFD_INFO_EXIT`, `include/uapi/linux/pidfd.h`). So a simulation
//! whose shim was killed is not lost as long as an engine has such a descriptor. What its tree used is still known to nobody.

use std::os::fd::{AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::libc;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::ended::end_of_raw;
use super::identity;
use crate::rundir::record::{End, Identity};

/// `_IOWR(0xFF, 11, struct pidfd_info)` with a structure of 64 bytes, which every kernel that knows the call takes.
const PIDFD_GET_INFO: libc::Ioctl = 0xC040_FF0B_u32 as libc::Ioctl;

/// Asks for the wait status, and tells that it is there.
const PIDFD_INFO_EXIT: u64 = 1 << 3;

/// A parent waits for its child as soon as it hears of its end; process 1 of some containers takes its time.
const REAPED_WITHIN: Duration = Duration::from_secs(5);

/// Between two looks whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// `struct pidfd_info` in its first version, 64 bytes. Only the last field matters here.
#[repr(C)]
#[derive(Default)]
struct PidfdInfo {
    mask: u64,
    cgroup: u64,
    ids: [u32; 11],
    exit_code: i32,
}

/// A descriptor of a process that outlives it.
#[derive(Debug)]
pub struct LastWords {
    pidfd: OwnedFd,
}

impl LastWords {
    /// Takes a descriptor of `process` while it lives. None if it has ended, or where the system has no such descriptors.
    pub fn of(process: &Identity) -> Option<Self> {
        let number = identity::number_here(process).ok()?;
        let pidfd = pidfd_open(Pid::from_raw(number)?, PidfdFlags::empty()).ok()?;
        // The check comes after the open: from here on the descriptor means the process that is checked.
        identity::stat(process).is_ok().then_some(Self { pidfd })
    }

    /// How it ended, once it has. Waits a little for its parent to take note; none if the kernel does not tell.
    pub fn hear(&self) -> Option<End> {
        let deadline = Instant::now() + REAPED_WITHIN;
        loop {
            match self.info() {
                Ok(info) if info.mask & PIDFD_INFO_EXIT != 0 => {
                    return Some(end_of_raw(info.exit_code));
                }
                // It is a zombie still.
                Ok(_) if Instant::now() < deadline => std::thread::sleep(LOOK_EVERY),
                Ok(_) | Err(_) => return None,
            }
        }
    }

    fn info(&self) -> std::io::Result<PidfdInfo> {
        let mut info = PidfdInfo { mask: PIDFD_INFO_EXIT, ..PidfdInfo::default() };
        #[expect(unsafe_code, reason = "neither nix nor rustix knows this call")]
        // SAFETY: the kernel writes at most the 64 bytes that the number of the call says, which is the size of `info`.
        let done = unsafe { libc::ioctl(self.pidfd.as_raw_fd(), PIDFD_GET_INFO, &raw mut info) };
        if done == 0 { Ok(info) } else { Err(std::io::Error::last_os_error()) }
    }
}

/// Whether this kernel tells such ends. Asked of this process itself, which lives: then the answer is only that it was
/// understood.
pub fn is_told_here() -> bool {
    let own = pidfd_open(rustix::process::getpid(), PidfdFlags::empty());
    own.is_ok_and(|pidfd| LastWords { pidfd }.info().is_ok()) && kernel_is_at_least(6, 15)
}

/// Kernels from 6.13 on know the call, and those from 6.15 on the end of a process.
fn kernel_is_at_least(major: u32, minor: u32) -> bool {
    let Ok(name) = nix::sys::utsname::uname() else { return false };
    let release = name.release().to_string_lossy().into_owned();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse::<u32>().ok());
    numbers.next().zip(numbers.next()).is_some_and(|version| version >= (major, minor))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const _: () = assert!(size_of::<PidfdInfo>() == 64);

    #[test]
    fn the_end_of_a_process_is_heard_once_its_parent_has_waited() {
        if !is_told_here() {
            return;
        }
        for (script, end) in [
            ("read x; exit 7", End::Exited { code: 7 }),
            ("read x; kill -9 $$", End::Signaled { signal: 9, name: "SIGKILL".to_owned() }),
        ] {
            let mut child =
                Command::new("sh").args(["-c", script]).stdin(std::process::Stdio::piped()).spawn().unwrap();
            let words = LastWords::of(&identity::of(child.id().cast_signed()).unwrap()).unwrap();
            drop(child.stdin.take());
            child.wait().unwrap();
            assert_eq!(words.hear(), Some(end));
        }
    }

    #[test]
    fn a_process_that_has_ended_has_no_descriptor_any_more() {
        let mut child = Command::new("true").spawn().unwrap();
        let id = identity::of(child.id().cast_signed()).unwrap();
        child.wait().unwrap();
        assert!(LastWords::of(&id).is_none());
    }
}
