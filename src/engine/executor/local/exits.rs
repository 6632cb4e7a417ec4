//! Tells when processes end: one thread that waits for all of them.
//!
//! A simulation runs for days, and hundreds of them at once. A thread or a look at the disk five times a second for each would
//! cost more than all else that an engine does. The kernel tells the end of a process through a descriptor of it
//! (`pidfd_open(2)`), and poll(2) takes any number of those.
//!
//! The awkward truth: descriptors can be all used up, and kernels before 5.3 have none of this kind. Who gets no answer here
//! has to look again and again.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{OnceLock, mpsc};
use std::thread;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio::sync::oneshot;

use crate::rundir::record::Identity;
use crate::spawn::identity::{self, Alive};

struct Watched {
    process: OwnedFd,
    ended: oneshot::Sender<()>,
}

/// The way to the thread.
#[derive(Debug)]
struct Watcher {
    watched: mpsc::Sender<Watched>,
    wake: PipeWriter,
}

/// The thread, if it could be started when it was needed first.
#[derive(Debug, Default)]
pub(super) struct Exits(OnceLock<Option<Watcher>>);

impl Exits {
    /// Waits for the end of a child of ours that has not been waited for. False if that cannot be told here.
    pub(super) async fn of_child(&self, pid: u32) -> bool {
        self.watch(pid.cast_signed(), || true).await
    }

    /// Waits for the end of this process. False if that cannot be told here.
    pub(super) async fn of(&self, process: &Identity) -> bool {
        // In an inner PID namespace it has another number, which somebody else has here.
        let Ok(number) = identity::number_here(process) else { return false };
        // After the descriptor was opened: from here on it means the process that is looked at.
        self.watch(number, || identity::is_alive(process) == Alive::Yes).await
    }

    async fn watch(&self, pid: i32, is_same: impl FnOnce() -> bool) -> bool {
        let Some(process) = Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) else {
            return false;
        };
        if !is_same() {
            return false;
        }
        let Some(watcher) = self.0.get_or_init(|| Watcher::start().ok()) else { return false };
        let (ended, told) = oneshot::channel();
        watcher.watched.send(Watched { process, ended }).is_ok() && watcher.wake().is_ok() && told.await.is_ok()
    }
}

impl Watcher {
    fn start() -> io::Result<Self> {
        let (watched, arriving) = mpsc::channel();
        let (woken, wake) = io::pipe()?;
        thread::Builder::new().name("exits".to_owned()).spawn(move || run(&arriving, woken))?;
        Ok(Self { watched, wake })
    }

    fn wake(&self) -> io::Result<()> {
        (&self.wake).write_all(&[0])
    }
}

/// Ends when nobody can ask any more.
fn run(arriving: &mpsc::Receiver<Watched>, mut woken: PipeReader) {
    let mut all: Vec<Watched> = Vec::new();
    loop {
        let ready: Vec<bool> = {
            let fds = std::iter::once(woken.as_fd()).chain(all.iter().map(|one| one.process.as_fd()));
            let mut fds: Vec<PollFd<'_>> = fds.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
            match poll(&mut fds, PollTimeout::NONE) {
                Ok(_) => fds.iter().map(|fd| fd.revents().is_some_and(|events| !events.is_empty())).collect(),
                Err(nix::errno::Errno::EINTR) => continue,
                // No memory in the kernel. Those who wait are told that nobody waits for them, and look themselves.
                Err(_) => return,
            }
        };
        let mut is_ready = ready.iter().skip(1).copied();
        let (ended, waiting): (Vec<Watched>, Vec<Watched>) =
            all.into_iter().partition(|_| is_ready.next().unwrap_or(false));
        for one in ended {
            // Who waited may have gone.
            _ = one.ended.send(());
        }
        all = waiting;
        if ready.first() == Some(&true) {
            match woken.read(&mut [0; 64]) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
            all.extend(arriving.try_iter());
        }
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
        let exits = std::sync::Arc::new(Exits::default());
        let mut children: Vec<_> = (0..20).map(|_| sleeper()).collect();
        let mut waits: Vec<_> = children
            .iter()
            .map(|child| {
                let (exits, pid) = (std::sync::Arc::clone(&exits), child.id());
                tokio::spawn(async move { exits.of_child(pid).await })
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
        let exits = Exits::default();
        assert!(!exits.of(&Identity { start_ticks: real.start_ticks + 1, ..real.clone() }).await);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!exits.of(&real).await);
    }
}
