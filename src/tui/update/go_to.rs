//! Going to a line of the log by its number, by a part of the log or by a byte.

use super::say::tell;
use super::{palette, scroll, search};
use crate::experiment;
use crate::text::{Safe, human};
use crate::tui::model::Model;
use crate::tui::reading::{FoundReading, Sought};

/// Goes to the place that was typed.
pub(super) fn go_to(model: &mut Model, text: &str) {
    let bytes = match &model.log.reading {
        _ if text.trim().is_empty() => return,
        Some(reading) => reading.bytes,
        None => return tell(model, Safe::plain("the log has not been read yet"), true),
    };
    match place(text, bytes) {
        Ok(sought) => model.log.seek(sought),
        Err(wrong) => {
            tell(model, Safe::plain(wrong), true);
            palette::open(model, text.to_owned());
        }
    }
}

/// The place that a text means in a log of so many bytes: `1234` or `1,234` is a line, `50%` a part, `1.5GiB` a byte.
fn place(text: &str, bytes: u64) -> Result<Sought, &'static str> {
    const FORM: &str = "a place is a line as `1234`, a part as `50%`, a byte as `1.5GiB`, or a tick as `@1000`";
    let text = text.trim();
    if let Some(tick) = text.strip_prefix('@') {
        let tick = tick.trim_start().replace([',', '_'], "");
        let whole = tick.parse().ok();
        // Large ones are written as powers of ten.
        let written =
            || tick.parse().ok().filter(|ticks: &f64| *ticks >= 0.0 && *ticks < 1.8e19).map(|ticks| ticks as u64);
        return whole.or_else(written).map(Sought::Tick).ok_or(FORM);
    }
    if let Some(percent) = text.strip_suffix('%') {
        let percent: f64 = percent.trim_end().parse().map_err(|_not_a_number| FORM)?;
        return if (0.0..=100.0).contains(&percent) {
            Ok(Sought::Byte((bytes as f64 * (percent / 100.0)) as u64))
        } else {
            Err("a part of the log is between `0%` and `100%`")
        };
    }
    if text.ends_with(|c: char| c.is_ascii_digit()) {
        let digits = text.replace([',', '_'], "");
        return digits.parse().map(Sought::Line).map_err(|_not_a_number| FORM);
    }
    experiment::size(text).map(Sought::Byte)
}

/// What was looked for has been found, or is not there.
pub(super) fn found(model: &mut Model, found: FoundReading) {
    let Some(seeking) = model.log.seeking.take_if(|seeking| seeking.seek.id == found.id) else { return };
    if let Some(around) = found.around {
        scroll::take_reading(model, *around);
    }
    if let Sought::Match(search) = &seeking.seek.sought {
        return search::search_ended(model, search, found.line, found.wrapped);
    }
    let Some(line) = found.line else {
        let text = match seeking.seek.sought {
            Sought::Tick(_) => "no line begins with that tick or a later one, as those of debug flags do",
            _ => "the log has no such place",
        };
        return tell(model, Safe::plain(text), true);
    };
    scroll::go_to(model, line);
    let Some(reading) = &model.log.reading else { return };
    let short = match seeking.seek.sought {
        Sought::Line(number) if number > reading.counted => human::plural(reading.counted, "line"),
        Sought::Byte(offset) if offset > reading.bytes => human::bytes(reading.bytes),
        _ => return,
    };
    tell(model, Safe::line(&format!("the log has only {short}")), false);
}

/// Says how far the search for a line has come.
pub(super) fn has_come(model: &mut Model, id: u64, part: f64) {
    if let Some(seeking) = model.log.seeking.as_mut().filter(|seeking| seeking.seek.id == id) {
        seeking.part = Some(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_line_a_part_or_a_byte() {
        let read = |text: &str| match place(text, 4000) {
            Ok(Sought::Line(number)) => format!("line {number}"),
            Ok(Sought::Byte(offset)) => format!("byte {offset}"),
            Ok(Sought::Tick(tick)) => format!("tick {tick}"),
            Ok(Sought::Match(_)) => "match".to_owned(),
            Err(_) => "wrong".to_owned(),
        };
        let cases = [
            ("1234", "line 1234"),
            (" 1,234,567 ", "line 1234567"),
            ("1_000", "line 1000"),
            ("0", "line 0"),
            ("50%", "byte 2000"),
            ("12.5 %", "byte 500"),
            ("100%", "byte 4000"),
            ("1.5GiB", "byte 1610612736"),
            ("100MB", "byte 100000000"),
            ("7B", "byte 7"),
            ("@2500", "tick 2500"),
            ("@ 10_000_000", "tick 10000000"),
            ("@1.5e12", "tick 1500000000000"),
            ("@18446744073709551615", "tick 18446744073709551615"),
            ("@", "wrong"),
            ("@-1", "wrong"),
            ("@1e30", "wrong"),
            ("101%", "wrong"),
            ("-1%", "wrong"),
            ("nan%", "wrong"),
            ("inf%", "wrong"),
            ("-5", "wrong"),
            ("1.5", "wrong"),
            ("G", "wrong"),
            ("%", "wrong"),
            ("99999999999999999999", "wrong"),
            ("line 5", "wrong"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }
}
