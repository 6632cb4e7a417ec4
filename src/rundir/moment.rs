//! Reading the clocks for a [`Moment`].
//!
//! A duration between two moments is always taken from the boot clock, which counts through a suspend and does not
//! jump when somebody sets the time (`clock_gettime(2)`).

use rustix::time::{ClockId, Timespec, clock_gettime};

use super::record::Moment;

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
