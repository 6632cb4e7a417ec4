//! What the dashboard wants reaches the thread that reads files, which waits for that and for a changed file at once.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::fs::{OFlags, fcntl_setfl};

use crate::tui::reading::Want;

/// The dashboard's end.
#[derive(Debug)]
pub(super) struct Sender {
    wants: mpsc::Sender<Box<Want>>,
    wake: PipeWriter,
}

/// The thread's end.
pub(super) struct Orders {
    wants: Receiver<Box<Want>>,
    woken: PipeReader,
}

/// What the thread has waited for.
pub(super) enum Came {
    /// A wish instead of the one before.
    Want(Box<Want>),
    /// A file may have changed.
    Hint,
    /// The time has passed.
    Time,
    /// The dashboard is gone.
    End,
}

pub(super) fn channel() -> io::Result<(Sender, Orders)> {
    let (sender, wants) = mpsc::channel();
    let (woken, wake) = io::pipe()?;
    // A thread that a disk does not let go must not hold up who sends to it.
    fcntl_setfl(&wake, OFlags::NONBLOCK)?;
    Ok((Sender { wants: sender, wake }, Orders { wants, woken }))
}

impl Sender {
    /// Says what is wanted from now on.
    pub(super) fn send(&self, want: Box<Want>) {
        // The thread is gone only if it panicked; the hook has told about that.
        _ = self.wants.send(want);
        // Where there is no room for another one, the thread will wake up anyway.
        _ = (&self.wake).write(&[0]);
    }
}

impl Orders {
    /// Waits for the next wish, for `hint` to be readable, or for this long.
    pub(super) fn wait(&self, patience: Option<Duration>, hint: Option<BorrowedFd<'_>>) -> Came {
        let mut fds: Vec<PollFd<'_>> =
            [self.woken.as_fd()].into_iter().chain(hint).map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        let timeout = patience.map_or(PollTimeout::NONE, |span| span.try_into().unwrap_or(PollTimeout::MAX));
        // An error leaves nothing to be read, as if the time had passed.
        let is_ready = |fd: &PollFd<'_>| fd.revents().is_some_and(|events| !events.is_empty());
        let ready: Vec<bool> = match poll(&mut fds, timeout) {
            Ok(_) => fds.iter().map(is_ready).collect(),
            Err(_) => Vec::new(),
        };
        match ready.as_slice() {
            [true, ..] => self.newest(),
            [_, true] => Came::Hint,
            _ => Came::Time,
        }
    }

    /// The last of several wishes, which alone counts.
    fn newest(&self) -> Came {
        _ = (&self.woken).read(&mut [0; 64]);
        let mut newest = None;
        loop {
            match self.wants.try_recv() {
                Ok(want) => newest = Some(want),
                Err(TryRecvError::Empty) => return newest.map_or(Came::Time, Came::Want),
                Err(TryRecvError::Disconnected) => return Came::End,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn want(attempt: &str) -> Box<Want> {
        Box::new(Want { attempt: Some(attempt.into()), ..Want::default() })
    }

    #[test]
    fn only_the_last_of_several_wishes_counts_and_the_end_of_the_dashboard_is_noticed() {
        let (sender, orders) = channel().unwrap();
        assert!(matches!(orders.wait(Some(Duration::ZERO), None), Came::Time));
        sender.send(want("a"));
        sender.send(want("b"));
        let Came::Want(newest) = orders.wait(None, None) else { panic!("nothing came") };
        assert_eq!(newest.attempt.as_deref(), Some(Path::new("b")));
        drop(sender);
        assert!(matches!(orders.wait(None, None), Came::End));
    }

    #[test]
    fn a_thread_that_does_not_listen_holds_nobody_up() {
        let (sender, orders) = channel().unwrap();
        // More than a pipe has room for.
        (0..100_000).for_each(|_| sender.send(Box::default()));
        assert!(matches!(orders.wait(None, None), Came::Want(_)));
    }

    #[test]
    fn a_hint_ends_the_wait() {
        let (_sender, orders) = channel().unwrap();
        let (hint, mut hinter) = io::pipe().unwrap();
        hinter.write_all(&[0]).unwrap();
        assert!(matches!(orders.wait(None, Some(hint.as_fd())), Came::Hint));
    }
}
