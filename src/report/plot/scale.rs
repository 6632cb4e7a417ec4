//! From numbers to places on an axis.

/// An axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    /// Where the ends are, in points.
    from: f64,
    to: f64,
    is_log2: bool,
}

impl Scale {
    /// Equal differences have equal lengths.
    pub(super) fn linear(low: f64, high: f64, from: f64, to: f64) -> Self {
        Self { low, high, from, to, is_log2: false }
    }

    /// Equal ratios have equal lengths, as sizes that double ask for.
    pub(super) fn log2(low: f64, high: f64, from: f64, to: f64) -> Self {
        Self { low: low.log2(), high: high.log2(), from, to, is_log2: true }
    }

    /// Where a number is.
    pub(super) fn at(self, number: f64) -> f64 {
        let number = if self.is_log2 { number.log2() } else { number };
        // By halves: the difference of two huge numbers may have no number.
        let span = self.high / 2.0 - self.low / 2.0;
        let part = if span == 0.0 { 0.5 } else { (number / 2.0 - self.low / 2.0) / span };
        self.from + part * (self.to - self.from)
    }
}

/// Round numbers on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ticks {
    /// Where the axis begins and ends.
    pub(super) low: f64,
    pub(super) high: f64,
    /// The numbers, each with its label.
    pub(super) marks: Vec<(f64, String)>,
}

/// About five round numbers around all of those from `low` to `high`.
pub(super) fn ticks(low: f64, high: f64) -> Ticks {
    let (low, high) = if low < high { (low, high) } else { around(low) };
    let step = round_step((high / 4.0 - low / 4.0).abs());
    let (first, last) = ((low / step).floor(), (high / step).ceil());
    let count = (last - first).clamp(1.0, 12.0) as usize;
    let numbers = (0..=count).map(|at| (first + at as f64) * step);
    let digits = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
    let largest = low.abs().max(high.abs());
    let label = |number: f64| {
        if number.abs() < step / 2.0 {
            "0".to_owned()
        } else if !(1e-3..1e6).contains(&largest) {
            let text = format!("{number:.2e}");
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            format!("{}e{exponent}", mantissa.trim_end_matches('0').trim_end_matches('.'))
        } else {
            format!("{number:.digits$}")
        }
    };
    let marks: Vec<(f64, String)> = numbers.map(|number| (number, label(number))).collect();
    Ticks { low: first * step, high: (first + count as f64) * step, marks }
}

/// Something to see where there is one number alone.
fn around(number: f64) -> (f64, f64) {
    if number == 0.0 { (0.0, 1.0) } else { (number - number.abs() / 2.0, number + number.abs() / 2.0) }
}

/// One, two or five times a power of ten, at least as much.
fn round_step(step: f64) -> f64 {
    let step = step.max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(step.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|times| times * power >= step * 0.999).unwrap_or(10.0);
    times * power
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(low: f64, high: f64) -> Vec<String> {
        ticks(low, high).marks.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(0.0, 4.862), ["0", "2", "4", "6"]);
        assert_eq!(
            labels(0.0, 1.05),
            ["0.0", "0.5", "1.0", "1.5"].map(|label| if label == "0.0" { "0" } else { label })
        );
        assert_eq!(labels(-1.0, 1.0), ["-1.0", "-0.5", "0", "0.5", "1.0"]);
        assert_eq!(labels(0.0, 3e9), ["0", "1e9", "2e9", "3e9"]);
    }

    proptest! {
        #[test]
        fn every_number_is_within_the_axis(a in -1e300..1e300_f64, b in -1e300..1e300_f64) {
            let ticks = ticks(a.min(b), a.max(b));
            let scale = Scale::linear(ticks.low, ticks.high, 100.0, 0.0);
            for number in [a, b] {
                let at = scale.at(number);
                prop_assert!((-0.01..=100.01).contains(&at), "{number} at {at} with {ticks:?}");
            }
            prop_assert!(ticks.marks.len() <= 13);
        }
    }
}
