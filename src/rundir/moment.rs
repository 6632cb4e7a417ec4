//! Reading the clocks for a [`Moment`], and comparing moments.
//!
//! A duration between two moments of one boot is always taken from the boot clock, which counts through a suspend and does
//! not jump when somebody sets the time (`clock_gettime(2)`). Two hosts, or two boots of one, have only the time of day in
//! common, and nearly.

use rustix::time::{ClockId, Timespec, clock_gettime};

use super::machine;
use super::record::Moment;

/// Two clocks are read one after the other, so less than this, in milliseconds, is no sleep.
pub(crate) const SLEPT_LEAST_MS: u64 = 1_000;

impl Moment {
    /// This moment, on both clocks of this machine.
    pub fn now() -> Self {
        let unix_ms = milliseconds(clock_gettime(ClockId::Realtime));
        let boot_ms = u64::try_from(milliseconds(clock_gettime(ClockId::Boottime))).unwrap_or_default();
        Self { unix_ms, boot_ms, boot: machine::boot() }
    }

    /// Milliseconds from `earlier` to this moment; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> u64 {
        if self.shares_clock(earlier) {
            self.boot_ms.saturating_sub(earlier.boot_ms)
        } else {
            self.unix_ms.saturating_sub(earlier.unix_ms).try_into().unwrap_or_default()
        }
    }

    /// Whether this moment is not later than `other`.
    pub fn is_by(self, other: Self) -> bool {
        if self.shares_clock(other) { self.boot_ms <= other.boot_ms } else { self.unix_ms <= other.unix_ms }
    }

    /// When this moment was on the boot clock of `now`, in milliseconds; zero if that was before its boot.
    pub fn on_clock_of(self, now: Self) -> u64 {
        if self.shares_clock(now) { self.boot_ms } else { now.boot_ms.saturating_sub(now.since(self)) }
    }

    /// Whether both are of one boot of one machine. Records of older releases tell no boot; two of them are taken to be of one.
    pub(crate) fn shares_clock(self, other: Self) -> bool {
        self.boot == other.boot
    }
}

/// How long the machine has slept since its boot, in milliseconds: the boot clock counts a suspend, the monotonic one
/// does not.
pub(crate) fn suspended_ms() -> u64 {
    let boot = milliseconds(clock_gettime(ClockId::Boottime));
    u64::try_from(boot - milliseconds(clock_gettime(ClockId::Monotonic))).unwrap_or_default()
}

fn milliseconds(time: Timespec) -> i64 {
    time.tv_sec.saturating_mul(1000).saturating_add(time.tv_nsec / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::record::Boot;

    #[test]
    fn time_goes_forward_and_is_this_century() {
        let first = Moment::now();
        let second = Moment::now();
        assert!(second.boot_ms >= first.boot_ms && second.boot.is_some());
        assert!(first.unix_ms > 1_600_000_000_000);
        assert_eq!(first.since(Moment { boot_ms: u64::MAX, ..first }), 0);
    }

    #[test]
    fn the_boot_clocks_of_two_hosts_are_never_compared() {
        let here = Moment { unix_ms: 10_000, boot_ms: 500, boot: Some(Boot(1)) };
        let there = Moment { unix_ms: 9_000, boot_ms: 1_000_000, boot: Some(Boot(2)) };
        assert!(there.is_by(here) && !here.is_by(there));
        assert_eq!((here.since(there), there.since(here), there.on_clock_of(here)), (1_000, 0, 0));
        let later = Moment { unix_ms: 0, boot_ms: 700, boot: Some(Boot(1)) };
        assert_eq!(
            (later.since(here), here.is_by(later), here.on_clock_of(later)),
            (200, true, 500),
            "a clock that was set"
        );
    }

    #[test]
    fn a_boot_is_the_same_after_it_was_written_and_old_records_have_none() {
        let moment = Moment { unix_ms: 1, boot_ms: 2, boot: Some(Boot(0xab)) };
        let text = serde_json::to_string(&moment).unwrap();
        assert_eq!(serde_json::from_str::<Moment>(&text).unwrap(), moment);
        let old: Moment = serde_json::from_str(r#"{"unix_ms": 1, "boot_ms": 2}"#).unwrap();
        assert_eq!(old.boot, None);
        assert!(serde_json::from_str::<Moment>(r#"{"unix_ms": 1, "boot_ms": 2, "boot": "x"}"#).is_err());
    }
}
