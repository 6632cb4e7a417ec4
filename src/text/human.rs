//! Numbers, sizes and spans in the shortest form that a person reads without counting digits.

/// No number is wider than this many columns.
const NUMBER_COLUMNS: usize = 8;

/// A span of time as a clock shows it: `0:07`, `1:12:31`, `3d 1:12:31`.
pub fn clock(ms: u64) -> String {
    let seconds = ms / 1000;
    let (days, hours, minutes, seconds) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes}:{seconds:02}"),
        (0, _) => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{days}d {hours}:{minutes:02}:{seconds:02}"),
    }
}

/// A span of time in one or two units: `340 ms`, `12 s`, `8m`, `2h 5m`, `3d 4h`. Rounded down.
pub fn span(ms: u64) -> String {
    let two = |big: u64, unit: char, small: u64, small_unit: char| match small {
        0 => format!("{big}{unit}"),
        _ => format!("{big}{unit} {small}{small_unit}"),
    };
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{seconds} s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => two(seconds / 3600, 'h', seconds / 60 % 60, 'm'),
        _ => two(seconds / 86_400, 'd', seconds / 3600 % 24, 'h'),
    }
}

/// A moment as a local date and time: `2026-11-27 09:41:07`. Nothing for one that no calendar has.
pub fn local_time(unix_ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(unix_ms);
    at.map_or_else(
        |_| String::new(),
        |at| at.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// A span of time as somebody has set it, in all its units: `1m 15s`, `2h`, `500 ms`. Below a second it is rounded down, except
/// where there is nothing else.
pub fn limit(ms: u64) -> String {
    let seconds = ms / 1000;
    if seconds < 60 {
        return span(ms);
    }
    let units = [(86_400, 'd', u64::MAX), (3600, 'h', 24), (60, 'm', 60), (1, 's', 60)];
    let parts = units.map(|(size, unit, most)| (seconds / size % most, unit));
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    parts.map(|(count, unit)| format!("{count}{unit}")).collect::<Vec<_>>().join(" ")
}

/// A size in bytes with a binary unit: `512 B`, `9.1 GiB`, `48 GiB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    // 1023.95 would be written as 1024.0, so it belongs to the next unit.
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 0 && value < 99.95);
    format!("{} {}", trim_zeros(format!("{value:.decimals$}")), UNITS[unit])
}

/// Names in a sentence, all of them if they are few: `a, b and 1,020 others`.
pub fn some_of(names: &[String]) -> String {
    /// More than a reader takes in; how many others there are says more than their names.
    const NAMED: usize = 8;
    match names.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        others => format!(
            "{} and {} others",
            names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", "),
            count(others as u64)
        ),
    }
}

/// A count with separated thousands: `1,204`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A stat's value with four significant digits in at most eight columns: `0.8213`, `1204`, `286.6M`, `6.783e-5`.
/// Whole numbers below a million keep all their digits.
pub fn number(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let size = value.abs();
    let text = if size == 0.0 {
        "0".to_owned()
    } else if !(0.0001..999_950_000_000_000_000_000.0).contains(&size) {
        scientific(value)
    } else if size < 999.95 {
        significant(value)
    } else if size < 999_999.5 {
        format!("{value:.0}")
    } else {
        with_suffix(value)
    };
    if text.len() <= NUMBER_COLUMNS { text } else { scientific(value) }
}

/// A stat's value with all its digits, as far as gem5 writes them: whole, or six decimals (`base/stats/text.cc`). Smaller
/// ones keep what they have.
pub fn exact(value: f64) -> String {
    if !value.is_finite() {
        return number(value);
    }
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    if value.abs() >= 1e-6 && value.abs() < 1e15 {
        return trim_zeros(format!("{value:.6}"));
    }
    format!("{value:e}")
}

/// A stat's value with all its digits and separated thousands, for where it stands alone: `1,234,567.25`. In a table it is a
/// [`number()`].
pub fn full(value: f64) -> String {
    /// Up to here each whole number is told apart from the next one.
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    let sign = if value < 0.0 { "-" } else { "" };
    if value.fract() == 0.0 && value.abs() <= WHOLE {
        return format!("{sign}{}", count(value.abs() as u64));
    }
    let text = exact(value.abs());
    match text.split_once('.') {
        Some((whole, rest)) if !text.contains('e') => match whole.parse() {
            Ok(whole) => format!("{sign}{}.{rest}", count(whole)),
            Err(_) => exact(value),
        },
        _ => exact(value),
    }
}

/// A span of simulated time in a unit that fits: `1.3 ms`, `20 µs`.
pub fn simulated(seconds: f64) -> String {
    let (unit, word) = match seconds {
        1.0.. => (1.0, "s"),
        1e-3.. => (1e-3, "ms"),
        1e-6.. => (1e-6, "µs"),
        1e-9.. => (1e-9, "ns"),
        _ => (1e-12, "ps"),
    };
    format!("{} {word}", number((seconds / unit * 10.0).round() / 10.0))
}

/// A part of one as whole per cents, rounded down so that `100%` means all of it: `61%`.
pub fn percent(part: f64) -> String {
    if part.is_nan() {
        return "nan".to_owned();
    }
    // A part such as 0.29 times 100 is 28.999999999999996, which must still be 29 %.
    format!("{:.0}%", (part * 100.0 + 1e-9).floor())
}

/// A count and its noun: `1 simulation`, `3 simulations`, `1,204 retries`.
pub fn plural(n: u64, noun: &str) -> String {
    let many = match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        _ if noun.ends_with(['s', 'x']) || noun.ends_with("ch") || noun.ends_with("sh") => format!("{noun}es"),
        _ => format!("{noun}s"),
    };
    format!("{} {}", count(n), if n == 1 { noun } else { &many })
}

/// Four significant digits for sizes from 0.0001 to 1000.
fn significant(value: f64) -> String {
    let whole_digits = value.abs().log10().floor() as i32 + 1;
    let decimals = (4 - whole_digits).clamp(0, 7) as usize;
    trim_zeros(format!("{value:.decimals$}"))
}

fn with_suffix(value: f64) -> String {
    const SUFFIXES: [char; 5] = ['M', 'G', 'T', 'P', 'E'];
    let mut scaled = value / 1e6;
    let mut at = 0;
    while scaled.abs() >= 999.95 && at + 1 < SUFFIXES.len() {
        scaled /= 1000.0;
        at += 1;
    }
    format!("{}{}", significant(scaled), SUFFIXES[at])
}

/// The most digits, at most four, that fit into the columns.
fn scientific(value: f64) -> String {
    (0..=3)
        .rev()
        .map(|decimals| {
            let text = format!("{value:.decimals$e}");
            let (digits, exponent) = text.split_once('e').expect("the format writes an exponent");
            format!("{}e{exponent}", trim_zeros(digits.to_owned()))
        })
        .find(|text| text.len() <= NUMBER_COLUMNS)
        .unwrap_or_else(|| format!("{value:.0e}"))
}

/// Drops zeros at the end of a fraction.
fn trim_zeros(text: String) -> String {
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Bytes as lower-case hexadecimal digits, two for each.
pub fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        digits.extend([byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16).unwrap_or('?')));
    }
    digits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_limit_has_all_its_units() {
        for (ms, text) in
            [(75_000, "1m 15s"), (60_000, "1m"), (7_200_000, "2h"), (90_061_000, "1d 1h 1m 1s"), (500, "500 ms")]
        {
            assert_eq!(limit(ms), text);
        }
    }

    #[test]
    fn values_are_written_as_gem5_writes_them() {
        let values = [(1e12, "1000000000000"), (0.000_002, "0.000002"), (11.329_319, "11.329319"), (0.5, "0.5")];
        for (value, text) in values {
            assert_eq!(exact(value), text);
        }
        assert_eq!((exact(f64::NAN).as_str(), exact(-3.0).as_str(), exact(1.25e-9).as_str()), ("nan", "-3", "1.25e-9"));
    }

    #[test]
    fn a_value_that_stands_alone_has_all_its_digits_in_groups() {
        let values = [
            (43_990_532_000.0, "43,990,532,000"),
            (-1_234.5, "-1,234.5"),
            (0.088_234, "0.088234"),
            (1e15, "1,000,000,000,000,000"),
            (1.5e300, "1.5e300"),
            (-1.25e-9, "-1.25e-9"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
            (0.0, "0"),
        ];
        for (value, text) in values {
            assert_eq!(full(value), text);
        }
    }

    #[test]
    fn clocks_and_spans() {
        assert_eq!(clock(7_400), "0:07");
        assert_eq!(clock(4_351_000), "1:12:31");
        assert_eq!(clock(263_551_000), "3d 1:12:31");
        let spans = [(340, "340 ms"), (12_999, "12 s"), (480_000, "8m"), (7_500_000, "2h 5m"), (7_200_000, "2h")];
        for (ms, text) in spans {
            assert_eq!(span(ms), text);
        }
        assert_eq!(span(273_600_000), "3d 4h");
        assert_eq!(span(0), "0 ms");
    }

    #[test]
    fn sizes_never_show_1024_of_a_unit() {
        let sizes = [
            (0, "0 B"),
            (512, "512 B"),
            (4096, "4 KiB"),
            (1_048_575, "1 MiB"),
            (9_771_050_598, "9.1 GiB"),
            (51_539_607_552, "48 GiB"),
            (u64::MAX, "16 EiB"),
        ];
        for (n, text) in sizes {
            assert_eq!(bytes(n), text);
        }
    }

    #[test]
    fn numbers_are_short_and_keep_four_digits() {
        let numbers = [
            (0.0, "0"),
            (0.821_34, "0.8213"),
            (0.8, "0.8"),
            (0.067_833, "0.06783"),
            (0.006_783_3, "0.006783"),
            (0.000_067_83, "6.783e-5"),
            (-0.006_783_3, "-6.78e-3"),
            (1204.0, "1204"),
            (12_345.67, "12346"),
            (999_999.0, "999999"),
            (999_999.7, "1M"),
            (286_587_459.0, "286.6M"),
            (1e12, "1T"),
            (-1.5e9, "-1.5G"),
            (999.96, "1000"),
            (1.234_56e30, "1.235e30"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in numbers {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn counts_and_nouns() {
        assert_eq!(count(999), "999");
        assert_eq!(count(1_204), "1,204");
        assert_eq!(count(12_345_678), "12,345,678");
        assert_eq!(plural(1, "simulation"), "1 simulation");
        assert_eq!(plural(3, "simulation"), "3 simulations");
        assert_eq!(plural(0, "retry"), "0 retries");
        assert_eq!(plural(2, "watch"), "2 watches");
    }

    #[test]
    fn almost_done_is_not_done() {
        assert_eq!(percent(0.9999), "99%");
        assert_eq!(percent(1.0), "100%");
        assert_eq!(percent(0.29), "29%");
    }

    proptest! {
        #[test]
        fn every_number_fits_its_column(value in any::<f64>()) {
            let text = number(value);
            prop_assert!(text.len() <= NUMBER_COLUMNS, "{value} -> {text}");
            if value.is_finite() && value.abs() < 999_999.0 && value.abs() > 1e-4 {
                prop_assert!((text.parse::<f64>().unwrap() - value).abs() <= value.abs() * 0.006, "{value} -> {text}");
            }
        }
    }
}
