//! Tells when processes end, without a thread or a look for each.
//!
//! A simulation runs for days, and hundreds of them at once. A thread or a look at the disk five times a second for each would
//! cost more than all else that an engine does. The kernel tells the end of a process through a descriptor of it
//! (`pidfd_open(2)`), and the runtime waits for any number of those beside its sockets (epoll(7)).
//!
//! The awkward truth: descriptors can be all used up, and kernels before 5.3 have none of this kind. Who gets no answer here
//! has to look again and again.

use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::rundir::record::Identity;
use crate::spawn::identity::{self, Alive};

/// Waits for the end of a child of ours that has not been waited for. False if that cannot be told here.
pub(super) async fn of_child(pid: u32) -> bool {
    wait(pid.cast_signed(), || true).await
}

/// Waits for the end of this process. False if that cannot be told here.
pub(super) async fn of(process: &Identity) -> bool {
    // In an inner PID namespace it has another number, which somebody else has here.
    let Ok(number) = identity::number_here(process) else { return false };
    // After the descriptor was opened: from here on it means the process that is looked at.
    wait(number, || identity::is_alive(process) == Alive::Yes).await
}

async fn wait(pid: i32, is_same: impl FnOnce() -> bool) -> bool {
    let Some(process) = Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) else {
        return false;
    };
    if !is_same() {
        return false;
    }
    #[expect(unsafe_code, reason = "the type of the descriptor cannot promise that it stays open")]
    // SAFETY: the descriptor is owned by what it is registered with, which nobody else reaches, and is closed behind it.
    let registered = unsafe { AsyncFd::register_with_interest(process, Interest::READABLE) };
    match registered {
        Ok(process) => process.readable().await.is_ok(),
        // No memory in the kernel.
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn sleeper() -> std::process::Child {
        Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap()
    }

    #[tokio::test]
    async fn each_end_is_told_to_whom_it_concerns_and_to_nobody_before() {
        let mut children: Vec<_> = (0..20).map(|_| sleeper()).collect();
        let mut waits: Vec<_> = children
            .iter()
            .map(|child| {
                let pid = child.id();
                tokio::spawn(async move { of_child(pid).await })
            })
            .collect();
        while let (Some(mut child), Some(wait)) = (children.pop(), waits.pop()) {
            assert!(!wait.is_finished());
            child.kill().unwrap();
            assert!(wait.await.unwrap());
            child.wait().unwrap();
        }
    }

    #[tokio::test]
    async fn nobody_waits_for_a_process_that_has_the_number_of_another() {
        let mut child = sleeper();
        let real = identity::of(child.id().cast_signed()).unwrap();
        assert!(!of(&Identity { start_ticks: real.start_ticks + 1, ..real.clone() }).await);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!of(&real).await);
    }
}
