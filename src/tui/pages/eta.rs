//! The time that is left, as the range that it is.

use crate::protocol::Eta;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A range such as `8–11m`, `1.5–2h`, `~40s`, or `<2m` when the earlier end rounds to nothing. The unit is that of the later
/// end, which is rounded up, as the earlier one is rounded down: a range must not promise more than it knows.
pub(crate) fn range(eta: Eta, unicode: bool) -> String {
    let high = eta.high_ms.max(eta.low_ms);
    let (unit, name) = match high {
        ..100_000 => (SECOND, "s"),
        100_000..6_000_000 => (MINUTE, "m"),
        6_000_000..172_800_000 => (HOUR, "h"),
        _ => (DAY, "d"),
    };
    // Tenths of hours and days matter while they are few.
    let scale = if unit >= HOUR && high < 10 * unit { 10 } else { 1 };
    let low_units = eta.low_ms.min(high).saturating_mul(scale) / unit;
    let high_units = high.saturating_mul(scale).div_ceil(unit);
    let show = |units: u64| match (units / scale, units % scale) {
        (whole, 0) => whole.to_string(),
        (whole, tenths) => format!("{whole}.{tenths}"),
    };
    let (low, high) = (show(low_units), show(high_units));
    if high_units == 0 {
        return "now".to_owned();
    }
    // Rounding a single number down and up makes two of it.
    if eta.low_ms == eta.high_ms || low_units == high_units {
        return format!("~{high}{name}");
    }
    if low_units == 0 {
        return format!("<{high}{name}");
    }
    let dash = if unicode { "–" } else { "-" };
    format!("{low}{dash}{high}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(low_ms: u64, high_ms: u64) -> String {
        range(Eta { low_ms, high_ms }, true)
    }

    #[test]
    fn a_range_has_one_unit_and_promises_no_more_than_it_knows() {
        assert_eq!(shown(8 * MINUTE + 5_000, 10 * MINUTE + 1), "8–11m");
        assert_eq!(shown(90 * MINUTE, 2 * HOUR), "1.5–2h");
        assert_eq!(shown(12 * HOUR, 30 * HOUR), "12–30h");
        assert_eq!(shown(2 * DAY, 3 * DAY), "2–3d");
        assert_eq!(shown(40_000, 40_000), "~40s");
        assert_eq!(shown(480_000, 480_000), "~8m");
        assert_eq!(shown(481_000, 481_000), "~9m");
        assert_eq!(shown(0, 0), "now");
        assert_eq!(shown(3_000, 110_000), "<2m");
        assert_eq!(range(Eta { low_ms: 10_000, high_ms: 20_000 }, false), "10-20s");
    }

    #[test]
    fn any_two_numbers_make_a_range() {
        for (low, high) in [(u64::MAX, 0), (0, u64::MAX), (u64::MAX, u64::MAX), (1, 1)] {
            assert!(!shown(low, high).is_empty());
        }
    }
}
