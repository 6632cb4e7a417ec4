//! Wakes the loop at a moment, and not before.
//!
//! The runtime keeps its timers in coarse steps, and wakes up at each step on the way to a moment that is a second away. A dashboard
//! at which nothing happens does nothing but wait for the next second, so that was half of what it did.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A timer of the kernel (`timerfd_create(2)`).
#[derive(Debug)]
pub(super) struct Alarm(AsyncFd<OwnedFd>);

impl Alarm {
    pub(super) fn new() -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
        #[expect(unsafe_code, reason = "the type of the descriptor cannot promise that it stays open")]
        // SAFETY: the descriptor is owned by what it is registered with, which nobody else reaches, and is closed behind it.
        let registered = unsafe { AsyncFd::register_with_interest(timer, Interest::READABLE) };
        Ok(Self(registered.map_err(io::Error::from)?))
    }

    /// Waits until then.
    pub(super) async fn wait_until(&self, at: Instant) {
        // None would switch it off.
        let left = at.saturating_duration_since(Instant::now()).max(Duration::from_nanos(1));
        let once =
            Itimerspec { it_interval: Timespec::default(), it_value: Timespec::try_from(left).unwrap_or_default() };
        if timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once).is_err() {
            return tokio::time::sleep_until(at.into()).await;
        }
        while let Ok(mut ready) = self.0.readable().await {
            // Of an earlier moment that nobody waits for any more there may be a word left, and no expiry behind it.
            if ready.try_io(|timer| Ok(rustix::io::read(timer, &mut [0_u8; 8])?)).is_ok() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_never_early_also_after_a_wait_that_was_given_up() {
        let alarm = Alarm::new().unwrap();
        let given_up = alarm.wait_until(Instant::now() + Duration::from_millis(1));
        // Given up at once, unless this thread was kept from it for so long that it has come.
        _ = tokio::time::timeout(Duration::ZERO, given_up).await;
        for wait in [30, 0, 5] {
            let at = Instant::now() + Duration::from_millis(wait);
            alarm.wait_until(at).await;
            assert!(Instant::now() >= at);
        }
    }
}
