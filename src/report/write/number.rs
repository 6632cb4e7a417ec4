//! How a number looks.

use crate::report::table::{Cell, Table, Value};

/// Digits of the largest number of a column, if no more are needed to tell neighbours apart.
const SIGNIFICANT: i32 = 4;
/// Digits that are added at most to tell neighbours apart. What differs behind them differs by noise.
const MORE: u8 = 3;
/// Whole numbers from here on are not told apart by a double any more.
const TOO_LONG: f64 = 1e15;
/// A number that is shown further from itself than this is shown with an exponent.
const ROUNDED_AWAY: f64 = 0.05;

/// A number as it is shown, in the parts that are aligned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Shown {
    /// What stands before the point, with a `-`.
    pub(in crate::report) whole: String,
    /// The point and what stands behind it; nothing for a whole number.
    pub(in crate::report) fraction: String,
    /// The power of ten that it is multiplied with, where it is too large or too small to be written out.
    pub(in crate::report) exponent: Option<String>,
    /// Half the width of its interval.
    pub(in crate::report) error: Option<String>,
}

impl Shown {
    /// The number in one piece, without its error.
    pub(in crate::report) fn number(&self) -> String {
        let exponent = self.exponent.as_ref().map_or_else(String::new, |exponent| format!("e{exponent}"));
        format!("{}{}{exponent}", self.whole, self.fraction)
    }
}

/// The number in full: the shortest text that reads back as the same number, without an exponent where people write none.
pub(in crate::report) fn full(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    // There is one zero.
    let number = if number == 0.0 { 0.0 } else { number };
    match number.abs() {
        size if size == 0.0 || (1e-5..1e16).contains(&size) => format!("{number}"),
        _ => format!("{number:e}"),
    }
}

/// For each column, the digits behind the point of those numbers that do not say how many they want.
///
/// A table may have columns of several orders of magnitude, such as times of workloads; where it has one, all have the same
/// digits. Neighbours stand above one another: those are what a reader compares.
pub(in crate::report) fn digits(table: &Table) -> Vec<u8> {
    let columns: Vec<Column> = (0..table.columns.len()).map(|at| Column::of(table, at)).collect();
    if columns.iter().flat_map(|column| &column.numbers).all(|number| number.fract() == 0.0) {
        return vec![0; columns.len()];
    }
    let digits = columns.iter().map(Column::digits);
    let largest = columns.iter().map(Column::largest).filter(|largest| *largest > 0.0).map(magnitude);
    match (largest.clone().min(), largest.max()) {
        (Some(least), Some(most)) if most - least <= 1 => vec![digits.max().unwrap_or(0); columns.len()],
        _ => digits.collect(),
    }
}

/// What decides how many digits a column has.
struct Column {
    /// The numbers that do not say how many they want.
    numbers: Vec<f64>,
    /// The smallest half of an interval; infinite where none has one.
    error: f64,
}

impl Column {
    fn of(table: &Table, at: usize) -> Self {
        let mut column = Self { numbers: Vec::new(), error: f64::INFINITY };
        for row in &table.rows {
            let Some(Cell::Value(value)) = row.cells.get(at) else { continue };
            if value.digits.is_none() && value.number.abs() < TOO_LONG {
                column.numbers.push(value.number);
                column.error = column.error.min(value.error.filter(|error| *error > 0.0).unwrap_or(f64::INFINITY));
            }
        }
        column
    }

    fn largest(&self) -> f64 {
        self.numbers.iter().fold(0.0, |largest, number| number.abs().max(largest))
    }

    fn digits(&self) -> u8 {
        let largest = self.largest();
        if largest == 0.0 {
            return 0;
        }
        let least = (SIGNIFICANT - 1 - magnitude(largest)).clamp(0, 9) as u8;
        let told_apart = |digits: u8| {
            let digits = usize::from(digits);
            let (mut above, mut count) = (String::new(), 0);
            for (at, number) in self.numbers.iter().enumerate() {
                let mut shown = String::with_capacity(above.len());
                push!(shown, "{number:.digits$}");
                count += usize::from(at > 0 && shown != above);
                above = shown;
            }
            count
        };
        // What differs by less than the second digit of its error does not differ.
        let most = if self.error.is_finite() { (1 - magnitude(self.error)).clamp(0, 9) as u8 } else { least + MORE };
        let least = least.min(most);
        if self.numbers.iter().all(|number| number.fract() == 0.0) {
            // Digits behind the point tell no more of them apart.
            return least;
        }
        // The fewest of those that tell the most apart.
        (least..=most.min(least + MORE)).rev().max_by_key(|digits| told_apart(*digits)).unwrap_or(least)
    }
}

/// The power of ten of the first digit.
fn magnitude(number: f64) -> i32 {
    number.abs().log10().floor() as i32
}

/// The value as it is shown in a column of so many digits.
///
/// A number that is not zero is never shown as zero.
pub(in crate::report) fn shown(value: &Value, column: u8) -> Shown {
    let number = if value.number == 0.0 { 0.0 } else { value.number };
    if !number.is_finite() {
        return Shown { whole: full(number), fraction: String::new(), exponent: None, error: None };
    }
    let digits = value.digits.unwrap_or(column);
    let text = format!("{number:.0$}", usize::from(digits));
    let read: f64 = text.parse().unwrap_or(0.0);
    let is_far = match value.digits {
        // Whoever asked for so few gets them, as long as something is left.
        Some(_) => number != 0.0 && read == 0.0,
        None => (read - number).abs() > number.abs() * ROUNDED_AWAY,
    };
    let is_whole_in_full = number.fract() == 0.0 && value.digits.is_none() && number.abs() < TOO_LONG;
    let is_odd = !is_whole_in_full && (is_far || number.abs() >= TOO_LONG);
    let (text, exponent) = if is_odd { by_itself(number, SIGNIFICANT) } else { (text, None) };
    let point = text.find('.').unwrap_or(text.len());
    let (whole, fraction) = text.split_at(point);
    let error = value.error.map(|error| error_of(error, if is_odd { None } else { Some(digits) }));
    Shown { whole: whole.to_owned(), fraction: fraction.to_owned(), exponent, error }
}

/// The number with so many digits of its own, and the power of ten where it has too many zeros to be written out.
fn by_itself(number: f64, significant: i32) -> (String, Option<String>) {
    if (1e-4..1e6).contains(&number.abs()) {
        let digits = (significant - 1 - magnitude(number)).max(0) as usize;
        return (format!("{number:.digits$}"), None);
    }
    let text = format!("{number:.*e}", significant as usize - 1);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.to_owned(), Some(exponent.to_owned()))
}

/// Half an interval with the digits of its number, or with as many as it takes not to be shown as zero.
fn error_of(error: f64, digits: Option<u8>) -> String {
    if !error.is_finite() {
        return full(error);
    }
    let text = digits.map(|digits| format!("{error:.0$}", usize::from(digits)));
    match text {
        Some(text) if (error == 0.0 || text.parse() != Ok(0.0)) && error < TOO_LONG => text,
        _ if error == 0.0 => "0".to_owned(),
        _ => match by_itself(error, 2) {
            (text, None) => text,
            (text, Some(exponent)) => format!("{text}e{exponent}"),
        },
    }
}

/// Numbers of notes as small raised digits: `¹`, `²,³`.
pub(in crate::report) fn superscript(numbers: &[usize]) -> String {
    let raised = |c: char| match c {
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0' => '⁰',
        '4'..='9' => char::from_u32(0x2070 + u32::from(c) - u32::from('0')).unwrap_or(c),
        other => other,
    };
    joined(numbers).chars().map(raised).collect()
}

/// Numbers of notes with commas between them.
pub(in crate::report) fn joined(numbers: &[usize]) -> String {
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(number: f64, digits: Option<u8>, error: Option<f64>) -> Value {
        Value { number, error, count: 3, digits, is_provisional: false, notes: Vec::new(), simulations: Vec::new() }
    }

    fn looks(number: f64, digits: Option<u8>, column: u8) -> String {
        shown(&value(number, digits, None), column).number()
    }

    fn digits(error: f64, numbers: &[f64]) -> u8 {
        Column { numbers: numbers.to_vec(), error }.digits()
    }

    #[test]
    fn what_is_not_zero_is_never_shown_as_zero() {
        assert_eq!(looks(0.000_001_2, Some(3), 0), "1.200e-6");
        assert_eq!(looks(-0.000_001_2, Some(3), 0), "-1.200e-6");
        assert_eq!(looks(0.3, None, 0), "0.3000");
        assert_eq!((looks(0.0, Some(3), 0), looks(-0.0, Some(3), 0)), ("0.000".to_owned(), "0.000".to_owned()));
        let small = shown(&value(1.0, Some(3), Some(0.000_02)), 0);
        assert_eq!(small.error.as_deref(), Some("2.0e-5"));
    }

    #[test]
    fn numbers_have_the_digits_that_tell_them_from_their_neighbours() {
        assert_eq!(digits(f64::INFINITY, &[1.0, 0.999, 4.862]), 3);
        assert_eq!(digits(f64::INFINITY, &[1.0, 1.0001]), 4);
        assert_eq!(digits(f64::INFINITY, &[1.0, 1.0 + 1e-12]), 3);
        assert_eq!(digits(f64::INFINITY, &[120.5, 1204.0, -3.0]), 0);
        assert_eq!(digits(f64::INFINITY, &[123_456.7, 0.5]), 0);
        assert_eq!(digits(f64::INFINITY, &[0.000_067_83]), 8);
        assert_eq!(digits(f64::INFINITY, &[]), 0);
        // Nor does what is within the second digit of its error tell a number from its neighbour.
        assert_eq!(digits(0.244, &[1.930_889, 1.930_888]), 2);
        assert_eq!(digits(0.63, &[320.12, 320.14]), 2);
        assert_eq!(digits(120.0, &[1.5e6, 1.6e6]), 0);
    }

    #[test]
    fn huge_and_tiny_numbers_have_exponents() {
        assert_eq!(looks(1.5e300, None, 3), "1.500e300");
        assert_eq!(looks(2e15, None, 0), "2.000e15");
        assert_eq!(looks(123_456_789_012.0, None, 3), "123456789012.000");
        assert_eq!(looks(f64::NAN, None, 3), "nan");
        assert_eq!(looks(f64::NEG_INFINITY, Some(2), 3), "-inf");
    }

    #[test]
    fn marks_are_raised() {
        assert_eq!(superscript(&[1, 2]), "¹,²");
        assert_eq!(superscript(&[10, 456]), "¹⁰,⁴⁵⁶");
    }

    proptest! {
        #[test]
        fn a_number_in_full_reads_back_as_itself(number in any::<f64>()) {
            let read: f64 = full(number).parse().unwrap();
            prop_assert!(read.total_cmp(&(number + 0.0)).is_eq() || read.is_nan() == number.is_nan() && number.is_nan(), "{number} -> {}", full(number));
        }

        #[test]
        fn a_shown_number_is_near(number in any::<f64>(), column in 0_u8..9) {
            let text = looks(number, None, column);
            let read: f64 = text.parse().unwrap();
            let near = number.is_infinite() && read.is_infinite() || (read - number).abs() <= number.abs() * ROUNDED_AWAY || number.is_nan();
            prop_assert!(near, "{number} -> {text}");
            prop_assert!(text.len() < 32, "{text}");
        }
    }
}
