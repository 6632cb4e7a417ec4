//! Ranges of numbers, without rounding.

use super::limits::MAX_POINTS;
use super::units::{Decimal, decimal_text};
use super::yaml::{self, Scalar};
use crate::text::human;

/// The values of a range, both ends included, without rounding: `0, 1, 0.25` is `0.00`, `0.25` … `1.00`.
///
/// # Errors
/// Why not, as a phrase that follows "the range of `x`".
pub(super) fn values(from: &str, to: &str, step: &str) -> Result<Vec<Scalar>, String> {
    let number = |text: &str| Decimal::parse(text).ok_or_else(|| format!("has `{text}`, which is not a number"));
    let (from, to, step) = (number(from)?, number(to)?, number(step)?);
    let scale = from.scale.max(step.scale);
    let common = scale.max(to.scale);
    let too_large = || "has numbers with too many digits".to_owned();
    let scaled = |number: Decimal| number.rescaled(common).ok_or_else(too_large);
    let (first, last, stride) = (scaled(from)?, scaled(to)?, scaled(step)?);
    if stride == 0 {
        return Err("has a step of zero".to_owned());
    }
    let distance = last.checked_sub(first).ok_or_else(too_large)?;
    if distance != 0 && (distance < 0) != (stride < 0) {
        return Err("is empty: its step leads away from its end".to_owned());
    }
    let steps = distance / stride;
    if steps >= MAX_POINTS as i128 {
        return Err(format!("has more than {} values", human::count(MAX_POINTS as u64)));
    }
    let unit = 10_i128.pow(common - scale);
    let values = (0..=steps).map(|number| {
        let text = decimal_text((first + number * stride) / unit, scale);
        yaml::plain(&text)
    });
    Ok(values.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(from: &str, to: &str, step: &str) -> Vec<String> {
        values(from, to, step).unwrap().into_iter().map(|scalar| scalar.text).collect()
    }

    #[test]
    fn a_range_has_both_ends_and_no_rounding() {
        assert_eq!(texts("1", "10", "2"), ["1", "3", "5", "7", "9"]);
        assert_eq!(texts("0.1", "0.5", "0.1"), ["0.1", "0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(texts("0", "1", "0.25"), ["0.00", "0.25", "0.50", "0.75", "1.00"]);
        assert_eq!(texts("10", "4", "-3"), ["10", "7", "4"]);
        assert_eq!(texts("1e3", "3e3", "1_000"), ["1000", "2000", "3000"]);
        assert_eq!(texts("1", "2.5", "1"), ["1", "2"]);
        assert_eq!(texts("5", "5", "1"), ["5"]);
    }

    #[test]
    fn ranges_that_never_end_or_never_start_are_refused() {
        assert!(values("1", "10", "0").is_err());
        assert!(values("1", "10", "-1").is_err());
        assert!(values("0", "1e12", "1").is_err());
        assert!(values("a", "1", "1").is_err());
        assert!(values("1e-30", "1e30", "1").is_err());
    }

    proptest! {
        #[test]
        fn a_range_has_as_many_values_as_arithmetic_says(from in -500_i64..500, len in 0_i64..200, step in 1_i64..9) {
            let texts = texts(&from.to_string(), &(from + len).to_string(), &step.to_string());
            prop_assert_eq!(texts.len(), usize::try_from(len / step + 1).unwrap());
            prop_assert_eq!(&texts[0], &from.to_string());
        }

        #[test]
        fn a_range_never_panics(from in "[-0-9.e_]{0,12}", to in "[-0-9.e_]{0,12}", step in "[-0-9.e_]{0,12}") {
            _ = values(&from, &to, &step);
        }
    }
}
