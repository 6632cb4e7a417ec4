//! Reading the clocks for a [`Moment`].
//!
//! A duration between two moments is always taken from the boot clock, which counts through a suspend and does not
//! jump when somebody sets the time (`clock_gettime(2)`).

use rustix::time::{ClockId, Timespec, clock_gettime};

use super::record::Moment;

/// Two clocks are read one after the other, so less than this, in milliseconds, is no sleep.
pub const SLEPT_LEAST_MS: u64 = 1_000;

impl Moment {
    /// This moment, on both clocks.
    pub fn now() -> Self {
        let unix_ms = milliseconds(clock_gettime(ClockId::Realtime));
        let boot_ms = u64::try_from(milliseconds(clock_gettime(ClockId::Boottime))).unwrap_or_default();
        Self { unix_ms, boot_ms }
    }

    /// Milliseconds of the boot clock from `earlier` to this moment; zero if `earlier` is later or of another boot.
    pub fn since(self, earlier: Self) -> u64 {
        self.boot_ms.saturating_sub(earlier.boot_ms)
    }
}

/// How long the machine has slept since its boot, in milliseconds: the boot clock counts a suspend, the monotonic one
/// does not.
pub fn suspended_ms() -> u64 {
    let boot = milliseconds(clock_gettime(ClockId::Boottime));
    u64::try_from(boot - milliseconds(clock_gettime(ClockId::Monotonic))).unwrap_or_default()
}

fn milliseconds(time: Timespec) -> i64 {
    time.tv_sec.saturating_mul(1000).saturating_add(time.tv_nsec / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_forward_and_is_this_century() {
        let first = Moment::now();
        let second = Moment::now();
        assert!(second.boot_ms >= first.boot_ms);
        assert!(first.unix_ms > 1_600_000_000_000);
        assert_eq!(first.since(Moment { boot_ms: u64::MAX, ..first }), 0);
    }
}
