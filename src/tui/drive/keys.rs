//! The keyboard, read by the loop itself.
//!
//! The terminal library has a stream of events, too, with a thread that waits for them and wakes the loop, which then reads them. On a
//! machine that is busy with simulations each of the two waits for its turn on a processor, and a person with them.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use ratatui::crossterm::event::{self, Event};
use ratatui::crossterm::terminal;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Reads keys for as long as it lives: an editor has them while there is none.
#[derive(Debug)]
pub(super) struct Keys {
    terminal: AsyncFd<OwnedFd>,
    /// The library tells of a new size, too, but not where a key came together with it: it returns the key, and what its poll told of
    /// besides is forgotten (crossterm 0.29, `event/source/unix/mio.rs`).
    resized: Signal,
    has_new_size: bool,
}

impl Keys {
    pub(super) fn new() -> io::Result<Self> {
        let terminal = io::stdin().as_fd().try_clone_to_owned()?;
        #[expect(unsafe_code, reason = "the type of the descriptor cannot promise that it stays open")]
        // SAFETY: the descriptor is owned by what it is registered with, which nobody else reaches, and is closed behind it.
        let registered = unsafe { AsyncFd::register_with_interest(terminal, Interest::READABLE) };
        Ok(Self {
            terminal: registered.map_err(io::Error::from)?,
            resized: signal(SignalKind::window_change())?,
            has_new_size: false,
        })
    }

    /// The next event.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(super) async fn next(&mut self) -> io::Result<Event> {
        loop {
            if let Some(event) = self.come_already()? {
                return Ok(event);
            }
            // Keys that came before it go before it.
            if std::mem::take(&mut self.has_new_size) {
                let (width, height) = terminal::size()?;
                return Ok(Event::Resize(width, height));
            }
            tokio::select! {
                // What comes after this is told again, and what came before it is read now.
                ready = self.terminal.readable() => ready?.clear_ready(),
                _ = self.resized.recv() => self.has_new_size = true,
            }
        }
    }

    /// An event that has come already, if any has.
    ///
    /// # Errors
    /// When the terminal is gone. The library would read end-of-file for ever (crossterm issue 793).
    pub(super) fn come_already(&self) -> io::Result<Option<Event>> {
        let mut terminal = [PollFd::new(self.terminal.as_fd(), PollFlags::empty())];
        if poll(&mut terminal, PollTimeout::ZERO).is_ok_and(|told| told > 0) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if event::poll(Duration::ZERO)? { event::read().map(Some) } else { Ok(None) }
    }
}
