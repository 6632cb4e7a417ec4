//! A bar that shows a part of a whole in one row.

use crate::text::width;

/// The filled and the empty part of a bar of this many columns, as two texts.
pub(crate) fn bar(fraction: f64, columns: usize, unicode: bool) -> (String, String) {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let fraction = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
    if !unicode {
        // Rounded down, so that a full bar means all of it.
        let full = (fraction * columns as f64).floor() as usize;
        return ("#".repeat(full), "-".repeat(columns - full));
    }
    let eighths = (fraction * (columns * 8) as f64).floor() as usize;
    let mut filled = "█".repeat(eighths / 8);
    filled.push_str(EIGHTHS[eighths % 8]);
    let rest = columns - width::width(&filled);
    (filled, " ".repeat(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_its_width_and_is_full_only_at_the_end() {
        for columns in 0..12 {
            for step in 0..=100 {
                for unicode in [false, true] {
                    let (filled, empty) = bar(f64::from(step) / 100.0, columns, unicode);
                    assert_eq!(width::width(&filled) + width::width(&empty), columns);
                    let full = !filled.is_empty() && filled.chars().all(|c| c == '█' || c == '#') && empty.is_empty();
                    assert!(!full || step == 100, "{columns} columns look full at {step} %");
                }
            }
        }
    }

    #[test]
    fn a_fraction_that_is_no_number_is_no_bar() {
        assert_eq!(bar(f64::NAN, 3, false), (String::new(), "---".to_owned()));
        assert_eq!(bar(7.0, 2, false).0, "##");
    }
}
