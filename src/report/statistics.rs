//! Means and intervals.

use crate::experiment::results::MeanKind;

/// Quantiles of Student's t for a two-sided interval of 95 %, for 1 to 30 degrees of freedom.
const T_95: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// For more of them, down to the normal distribution.
const T_95_FEW: [(f64, f64); 3] = [(120.0, 1.980), (60.0, 2.000), (40.0, 2.021)];

/// The quantile for so many degrees of freedom, which may be a fraction; that of fewer where it is in between.
pub(super) fn t_95(freedom: f64) -> f64 {
    let whole = freedom.floor().max(1.0);
    if whole <= 30.0 {
        return T_95.get(whole as usize - 1).copied().unwrap_or(f64::INFINITY);
    }
    let few = T_95_FEW.into_iter().find(|(most, _)| freedom >= *most);
    few.map_or(2.042, |(_, quantile)| quantile)
}

/// The arithmetic mean.
pub(super) fn mean(numbers: &[f64]) -> f64 {
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
        assert!(
            (t_95(1.0) - 12.706).abs() < 1e-9 && (t_95(35.0) - 2.042).abs() < 1e-9 && (t_95(1e6) - 1.98).abs() < 1e-9
        );
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
