//! Settings that are one number with a unit, and the least that each of them may be.

use std::time::Duration;

use crate::experiment::units;

/// Python alone may need some seconds to import a script's modules, and the engine looks once a second: a shorter stall
/// would end healthy simulations.
const LEAST_STALL: Duration = Duration::from_secs(10);
/// A dump of a large system takes seconds, and every one of them stands in `stats.txt` for ever.
const LEAST_POLL: Duration = Duration::from_secs(5);

/// Between two questions of a batch system.
const LEAST_QUESTION: Duration = Duration::from_secs(1);
/// Far above any node.
const MAX_CPUS: u64 = 65_535;

/// A timeout, which cannot be nothing.
pub(super) fn read_timeout(text: &str) -> Result<Duration, &'static str> {
    match units::duration(text)? {
        Duration::ZERO => Err("a timeout is longer than nothing; leave it out for no limit"),
        timeout => Ok(timeout),
    }
}

/// How long a run takes, which cannot be nothing.
pub(super) fn read_time(text: &str) -> Result<Duration, &'static str> {
    match units::duration(text)? {
        Duration::ZERO => Err("every run takes longer than nothing; leave it out where nobody knows"),
        time => Ok(time),
    }
}

/// How long nothing may happen.
pub(super) fn read_stall(text: &str) -> Result<Duration, &'static str> {
    match units::duration(text)? {
        stall if stall < LEAST_STALL => {
            Err("a stall is at least `10s`: a shorter silence is normal; `30m` is a good start")
        }
        stall => Ok(stall),
    }
}

/// How often a dump of the stats is asked for.
pub(super) fn read_poll(text: &str) -> Result<Duration, &'static str> {
    match units::duration(text)? {
        poll if poll < LEAST_POLL => Err("at most one dump in `5s`: each stays in `stats.txt`; `5m` is a good start"),
        poll => Ok(poll),
    }
}

/// A size, which cannot be nothing.
pub(super) fn read_size(text: &str) -> Result<u64, &'static str> {
    match units::size(text)? {
        0 => Err("a size is more than nothing; leave the key out instead"),
        size => Ok(size),
    }
}

/// A whole number, also below zero.
pub(super) fn read_priority(text: &str) -> Result<i32, &'static str> {
    const EXPECTED: &str = "a priority is a whole number, such as `10` or `-1`; higher ones start first";
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let number = units::count(digits).and_then(|number| i64::try_from(number).ok());
    let signed = number.map(|number| if negative { -number } else { number });
    signed.and_then(|signed| i32::try_from(signed).ok()).ok_or(EXPECTED)
}

/// Between two questions about all jobs. Each of them costs a scheduler that serves everybody.
pub(super) fn read_question(text: &str) -> Result<Duration, &'static str> {
    match units::duration(text)? {
        poll if poll < LEAST_QUESTION => {
            Err("at most one question in `1s`: the scheduler serves everybody; leave it out, or take `30s`")
        }
        poll => Ok(poll),
    }
}

/// CPUs of a job.
pub(super) fn read_cpus(text: &str) -> Result<u32, &'static str> {
    let number = units::count(text).filter(|number| (1..=MAX_CPUS).contains(number));
    number.and_then(|number| u32::try_from(number).ok()).ok_or("a number of CPUs is from 1 to 65535")
}

/// A number of ticks or instructions.
pub(super) fn read_goal(text: &str) -> Result<u64, &'static str> {
    units::count(text)
        .filter(|&n| n > 0)
        .ok_or("a goal is a whole number above zero, such as `10_000_000_000` or `1e9`")
}

/// A number of simulated seconds.
pub(super) fn read_goal_seconds(text: &str) -> Result<f64, &'static str> {
    units::number(text)
        .filter(|&seconds| seconds > 0.0)
        .ok_or("simulated seconds are a number above zero, such as `0.01` or `1e-3`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_healthy_simulations_is_refused() {
        assert!(read_stall("9s").is_err() && read_stall("10s").is_ok());
        assert!(read_poll("4999ms").is_err() && read_poll("5").is_ok());
        assert!(read_timeout("0s").is_err() && read_size("0B").is_err());
    }

    #[test]
    fn a_priority_may_be_below_zero() {
        assert_eq!((read_priority("10"), read_priority("-3"), read_priority("0")), (Ok(10), Ok(-3), Ok(0)));
        for bad in ["", "-", "--1", "1.5", "high", "3000000000", "-9223372036854775808"] {
            assert!(read_priority(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn simulated_seconds_may_be_a_fraction() {
        assert_eq!(read_goal_seconds("0.01"), Ok(0.01));
        assert_eq!(read_goal_seconds("1e-3"), Ok(0.001));
        for bad in ["0", "-1", "nan", "inf", "10ms", "", "1e400"] {
            assert!(read_goal_seconds(bad).is_err(), "{bad}");
        }
    }
}
