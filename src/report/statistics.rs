//! Means and intervals.

use crate::experiment::results::MeanKind;

/// Quantiles of Student's t for a two-sided interval of 95 %, for 1 to 30 degrees of freedom.
const T_95: [f64; 30] = [
    12.706_204_736,
    4.302_652_730,
    3.182_446_305,
    2.776_445_105,
    2.570_581_836,
    2.446_911_851,
    2.364_624_252,
    2.306_004_135,
    2.262_157_163,
    2.228_138_852,
    2.200_985_160,
    2.178_812_830,
    2.160_368_656,
    2.144_786_688,
    2.131_449_546,
    2.119_905_299,
    2.109_815_578,
    2.100_922_040,
    2.093_024_054,
    2.085_963_447,
    2.079_613_845,
    2.073_873_068,
    2.068_657_610,
    2.063_898_562,
    2.059_538_553,
    2.055_529_439,
    2.051_830_516,
    2.048_407_142,
    2.045_229_642,
    2.042_272_456,
];

/// The quantile of the normal distribution for the same interval.
const Z_95: f64 = 1.959_963_984_540_054;

/// The quantile for so many degrees of freedom. A fraction counts as the whole number below it, which makes the interval wider.
pub(super) fn t_95(freedom: f64) -> f64 {
    let whole = freedom.floor().max(1.0);
    if let Some(quantile) = T_95.get(whole as usize - 1) {
        return *quantile;
    }
    // The expansion of Cornish and Fisher; from 31 on it is right to seven digits.
    let power = |exponent| Z_95.powi(exponent);
    Z_95 + (power(3) + Z_95) / (4.0 * whole)
        + (5.0 * power(5) + 16.0 * power(3) + 3.0 * Z_95) / (96.0 * whole.powi(2))
        + (3.0 * power(7) + 19.0 * power(5) + 17.0 * power(3) - 15.0 * Z_95) / (384.0 * whole.powi(3))
        + (79.0 * power(9) + 776.0 * power(7) + 1482.0 * power(5) - 1920.0 * power(3) - 945.0 * Z_95)
            / (92160.0 * whole.powi(4))
}

/// The arithmetic mean.
pub(super) fn mean(numbers: &[f64]) -> f64 {
    if let [only] = numbers {
        return *only;
    }
    // Neither the order of files nor that of hosts may change a digit.
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.iter().sum::<f64>() / sorted.len() as f64
}

/// The variance of a sample; none for one.
pub(super) fn variance(numbers: &[f64]) -> Option<f64> {
    if numbers.len() < 2 {
        return None;
    }
    let middle = mean(numbers);
    let squares: Vec<f64> = numbers.iter().map(|number| (number - middle).powi(2)).collect();
    Some(mean(&squares) * numbers.len() as f64 / (numbers.len() - 1) as f64)
}

/// Half the width of the 95 % interval of the mean; none for one number.
pub(super) fn half_width(numbers: &[f64]) -> Option<f64> {
    let count = numbers.len() as f64;
    Some(t_95(count - 1.0) * (variance(numbers)? / count).sqrt())
}

/// The same for the difference of two means of samples that have nothing to do with each other (Welch).
pub(super) fn half_width_of_difference(a: &[f64], b: &[f64]) -> Option<f64> {
    let (in_a, in_b) = (variance(a)? / a.len() as f64, variance(b)? / b.len() as f64);
    let together = in_a + in_b;
    if together == 0.0 {
        return Some(0.0);
    }
    let freedom = together.powi(2) / (in_a.powi(2) / (a.len() - 1) as f64 + in_b.powi(2) / (b.len() - 1) as f64);
    Some(t_95(freedom) * together.sqrt())
}

/// The mean of a kind; none where it is not defined: geometric and harmonic ones are for numbers above zero.
pub(super) fn mean_of(kind: MeanKind, numbers: &[f64]) -> Option<f64> {
    let all_above = numbers.iter().all(|number| *number > 0.0);
    let of = |change: fn(f64) -> f64| mean(&numbers.iter().map(|number| change(*number)).collect::<Vec<_>>());
    match kind {
        _ if numbers.is_empty() => None,
        MeanKind::Arithmetic => Some(mean(numbers)),
        MeanKind::Geomean => all_above.then(|| of(f64::ln).exp()),
        MeanKind::Harmonic => all_above.then(|| 1.0 / of(f64::recip)),
        MeanKind::None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_textbook() {
        let numbers = [4.8, 5.1, 5.0, 4.9, 5.2];
        assert!((mean(&numbers) - 5.0).abs() < 1e-12);
        assert!((half_width(&numbers).unwrap() - 0.1963).abs() < 1e-3);
        assert_eq!((half_width(&[1.0]), half_width_of_difference(&[1.0], &[1.0, 2.0])), (None, None));
        for (freedom, quantile) in
            [(1.0, 12.706_205), (4.7, 2.776_445), (30.0, 2.042_272), (31.0, 2.039_513), (1e6, 1.959_966)]
        {
            assert!((t_95(freedom) - quantile).abs() < 1e-6, "{freedom}: {}", t_95(freedom));
        }
    }

    #[test]
    fn no_order_of_numbers_changes_a_digit_of_their_mean() {
        let (mut numbers, mut seed) = (Vec::new(), 1_u64);
        for _ in 0..100 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            numbers.push((seed >> 11) as f64 * 1e-7);
        }
        let forward = (mean(&numbers), half_width(&numbers));
        numbers.reverse();
        assert_eq!(forward, (mean(&numbers), half_width(&numbers)));
    }

    #[test]
    fn a_mean_that_is_not_defined_is_none() {
        assert_eq!(mean_of(MeanKind::Geomean, &[1.0, 0.0]), None);
        assert_eq!(mean_of(MeanKind::Harmonic, &[1.0, -1.0]), None);
        assert_eq!(mean_of(MeanKind::Arithmetic, &[]), None);
        assert!((mean_of(MeanKind::Geomean, &[2.0, 8.0]).unwrap() - 4.0).abs() < 1e-12);
        assert!((mean_of(MeanKind::Harmonic, &[1.0, 3.0]).unwrap() - 1.5).abs() < 1e-12);
    }
}
