//! Ends the process when its terminal is gone.
//!
//! When a terminal vanishes while it is read, the terminal library reads end-of-file for ever and never says so
//! (crossterm issue 793), and the SIGHUP that should come may be ignored, as under nohup(1). So a thread of our own asks
//! the kernel for the hang-up, and makes sure that the process is gone soon: the loop itself may be caught in that reading.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tokio::sync::Notify;

/// How long the dashboard has to leave by itself, which takes a few milliseconds. Whatever spins does so for that long.
const GRACE: Duration = Duration::from_millis(200);

/// What a shell reports for a process that SIGHUP ended.
const EXIT_CODE: i32 = 128 + 1;

/// Watches the terminal until it is dropped.
#[derive(Debug)]
pub(super) struct Watchdog {
    /// Told when the terminal is gone.
    pub(super) lost: Arc<Notify>,
    stopped: Arc<AtomicBool>,
}

impl Watchdog {
    /// Starts the thread. It sleeps in the kernel until the terminal hangs up, so it costs nothing.
    pub(super) fn start() -> io::Result<Self> {
        let watchdog = Self { lost: Arc::new(Notify::new()), stopped: Arc::new(AtomicBool::new(false)) };
        let (lost, stopped) = (Arc::clone(&watchdog.lost), Arc::clone(&watchdog.stopped));
        std::thread::Builder::new().name("terminal-watchdog".to_owned()).spawn(move || {
            wait_for_hang_up();
            if stopped.load(Ordering::SeqCst) {
                return;
            }
            lost.notify_one();
            std::thread::sleep(GRACE);
            end();
        })?;
        Ok(watchdog)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
    }
}

#[expect(
    clippy::exit,
    reason = "the terminal is gone, nothing is left to restore, and another thread may spin for ever"
)]
fn end() -> ! {
    std::process::exit(EXIT_CODE)
}

fn wait_for_hang_up() {
    let stdin = io::stdin();
    loop {
        // No event is asked for; a hang-up and errors are always reported (poll(2)).
        let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::empty())];
        match poll(&mut fds, PollTimeout::NONE) {
            Err(Errno::EINTR | Errno::EAGAIN) => {}
            Ok(_) | Err(_) => return,
        }
    }
}
