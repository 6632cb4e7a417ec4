//! A row of values as a small picture.

/// One character for each of the last `columns` values, between the smallest and the largest of them. A value that
/// does not exist is a gap, never a zero.
pub(crate) fn sparkline(values: &[Option<f64>], columns: usize, unicode: bool) -> String {
    let bars: &[char] =
        if unicode { &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] } else { &['_', '.', '-', '=', '#'] };
    let shown = values.get(values.len().saturating_sub(columns)..).unwrap_or_default();
    let known = shown.iter().flatten().copied().filter(|value| value.is_finite());
    let (low, high) = known.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let level = |value: f64| {
        // Values that are all the same have no height to compare, so they stand in the middle.
        let part = if high > low { (value - low) / (high - low) } else { 0.4 };
        bars[((part * bars.len() as f64) as usize).min(bars.len() - 1)]
    };
    shown.iter().map(|value| value.filter(|v| v.is_finite()).map_or(' ', level)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_is_a_gap() {
        assert_eq!(sparkline(&[Some(0.0), None, Some(7.0)], 10, true), "▁ █");
        assert_eq!(sparkline(&[Some(f64::NAN), Some(1.0)], 10, false), " -");
    }

    #[test]
    fn only_the_last_values_are_drawn_and_scaled() {
        assert_eq!(sparkline(&[Some(1000.0), Some(1.0), Some(2.0)], 2, true), "▁█");
        assert_eq!(sparkline(&[], 5, true), "");
    }
}
