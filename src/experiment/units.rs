//! Durations, sizes and exact decimal numbers, as people write them.

use std::time::Duration;

/// A decimal number without rounding: `mantissa / 10^scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decimal {
    /// All digits as one whole number.
    pub(super) mantissa: i128,
    /// How many of them are behind the point.
    pub(super) scale: u32,
}

impl Decimal {
    /// Digits that fit a mantissa with room to add and multiply.
    const MAX_DIGITS: usize = 30;

    /// Reads `12`, `-0.25`, `1_000`, `1e9` and `2.5e-3`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, digits) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number.strip_prefix('+').unwrap_or(number)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all: String = [without_underscores(whole)?, without_underscores(fraction)?].concat();
        if all.is_empty() || all.len() > Self::MAX_DIGITS || exponent.unsigned_abs() as usize > Self::MAX_DIGITS {
            return None;
        }
        let mut mantissa: i128 = all.parse().ok()?;
        if negative {
            mantissa = -mantissa;
        }
        let scale = i32::try_from(without_underscores(fraction)?.len()).ok()? - exponent;
        match u32::try_from(scale) {
            Ok(scale) => Some(Self { mantissa, scale }),
            Err(_) => Some(Self { mantissa: mantissa.checked_mul(power(scale.unsigned_abs())?)?, scale: 0 }),
        }
    }

    /// The mantissa that the number has with `scale` digits behind the point, which must not be fewer than now.
    pub(super) fn rescaled(self, scale: u32) -> Option<i128> {
        self.mantissa.checked_mul(power(scale.checked_sub(self.scale)?)?)
    }

    /// The number times `factor`, if that is whole and fits.
    fn times(self, factor: u64) -> Option<u64> {
        let product = self.mantissa.checked_mul(i128::from(factor))?;
        let divisor = power(self.scale)?;
        if product % divisor == 0 { u64::try_from(product / divisor).ok() } else { None }
    }
}

fn power(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

/// The digits without `_`, which may stand only between two digits.
fn without_underscores(digits: &str) -> Option<String> {
    let misplaced = digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
    let fine = !misplaced && digits.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    fine.then(|| digits.replace('_', ""))
}

/// A decimal number as text, with `scale` digits behind the point.
pub(super) fn decimal_text(mantissa: i128, scale: u32) -> String {
    if scale == 0 {
        return mantissa.to_string();
    }
    let sign = if mantissa < 0 { "-" } else { "" };
    let scale = scale as usize;
    let digits = format!("{:0>width$}", mantissa.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

/// A whole number, zero or more: `100`, `10_000_000_000`, `1e9`.
pub(super) fn count(text: &str) -> Option<u64> {
    Decimal::parse(text)?.times(1)
}

/// A number, `0.01` or `1e-3`: no infinity, and nothing that is not a number.
pub(super) fn number(text: &str) -> Option<f64> {
    Decimal::parse(text)?;
    text.replace('_', "").parse().ok()
}

/// Ten years: longer than any simulation, far from the ends of every clock type.
const LONGEST: Duration = Duration::from_hours(24 * 3653);

/// A duration: `30s`, `5m`, `1h30m`, `1.5h`, `7d`, `250ms`; a bare number counts seconds.
///
/// # Errors
/// What is wrong with it, as a phrase that follows a colon.
pub(crate) fn duration(text: &str) -> Result<Duration, &'static str> {
    const FORM: &str = "a duration is written like `90s`, `5m`, `6h`, `7d` or `1h30m`";
    let mut total = Duration::ZERO;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(FORM);
    }
    while !rest.is_empty() {
        let number_len = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(rest.len());
        let (number, after) = rest.split_at(number_len);
        let unit_len = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_len);
        let millis = match unit {
            "ms" => 1,
            "" if after.is_empty() && rest.len() == text.trim().len() => 1000,
            "s" => 1000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(FORM),
        };
        let part = Decimal::parse(number).and_then(|number| number.times(millis)).ok_or(FORM)?;
        total = total.saturating_add(Duration::from_millis(part));
        rest = after;
    }
    if total > LONGEST { Err("no duration may be longer than ten years") } else { Ok(total) }
}

/// A size in bytes: `48GiB`, `512MB`, `1.5GiB`, `1048576`.
///
/// # Errors
/// What is wrong with it, as a phrase that follows a colon.
pub(crate) fn size(text: &str) -> Result<u64, &'static str> {
    const FORM: &str = "a size is written like `4GiB`, `512MB` or as a number of bytes";
    let text = text.trim();
    let number_len = text.find(|c: char| c.is_ascii_alphabetic() || c == ' ').unwrap_or(text.len());
    let (number, unit) = text.split_at(number_len);
    let factor = match unit.trim_start() {
        "" | "B" => 1,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" | "kiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        "k" | "K" | "M" | "G" | "T" => return Err("write `GiB` for 1024³ bytes or `GB` for 1000³, not `G` alone"),
        _ => return Err(FORM),
    };
    Decimal::parse(number).and_then(|number| number.times(factor)).ok_or(FORM)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let seconds = |text| duration(text).map(|d| d.as_secs_f64());
        assert_eq!(seconds("30s"), Ok(30.0));
        assert_eq!(seconds("1h30m"), Ok(5400.0));
        assert_eq!(seconds("1.5h"), Ok(5400.0));
        assert_eq!(seconds("7d"), Ok(604_800.0));
        assert_eq!(seconds("250ms"), Ok(0.25));
        assert_eq!(seconds("90"), Ok(90.0));
        for bad in ["", "s", "5 minutes", "1h30", "-5s", "5x", "1e9999d", "99999999999999999d"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_tell_binary_units_from_decimal_ones() {
        assert_eq!(size("4GiB"), Ok(4 << 30));
        assert_eq!(size("512MB"), Ok(512_000_000));
        assert_eq!(size("1.5 KiB"), Ok(1536));
        assert_eq!(size("1048576"), Ok(1 << 20));
        for bad in ["4G", "GiB", "-1GiB", "4gib", "0.3B", "99999999999TiB"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn decimals_are_exact() {
        let tenth = Decimal::parse("0.1").unwrap();
        assert_eq!(tenth.rescaled(3), Some(100));
        assert_eq!(decimal_text(3, 1), "0.3");
        assert_eq!(decimal_text(-25, 2), "-0.25");
        assert_eq!(count("10_000_000_000"), Some(10_000_000_000));
        assert_eq!(count("1e9"), Some(1_000_000_000));
        assert_eq!(count("2.5e3"), Some(2500));
        for bad in ["1_", "_1", "1__0", "", ".", "-1", "1.5", "0x10", "１"] {
            assert_eq!(count(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_written_makes_a_unit_panic(text in "\\PC{0,40}") {
            _ = (duration(&text), size(&text), count(&text), Decimal::parse(&text));
        }

        #[test]
        fn a_decimal_keeps_its_digits(mantissa in -1_000_000_i64..1_000_000, scale in 0_u32..6) {
            let text = decimal_text(i128::from(mantissa), scale);
            prop_assert_eq!(Decimal::parse(&text), Some(Decimal { mantissa: i128::from(mantissa), scale }));
        }
    }
}
