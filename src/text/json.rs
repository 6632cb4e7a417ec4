//! Values and texts as JSON has them.

use std::borrow::Cow;

use super::human;

/// The value of a stat in JSON. Counts are whole numbers up to what a double holds exactly. JSON has no word for what is
/// not a number or infinite; gem5's own words are kept as strings.
pub fn number(value: f64) -> serde_json::Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT {
        return (value as i64).into();
    }
    serde_json::Number::from_f64(value).map_or_else(|| human::number(value).into(), serde_json::Value::Number)
}

/// JSON text with everything outside printable ASCII as `\u` escapes, which only strings can hold.
pub fn ascii(json: &str) -> Cow<'_, str> {
    use std::fmt::Write as _;
    // Without a branch for each byte, since nearly every text is so.
    if json.bytes().fold(true, |all, byte| all & matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(json);
    }
    let mut ascii = String::with_capacity(json.len());
    for c in json.chars() {
        if matches!(c, ' '..='~') {
            ascii.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    Cow::Owned(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_carries_no_raw_control_character_to_a_terminal() {
        let json = serde_json::to_string("a\u{1b}[31m\u{9b}é😀\u{7f}").unwrap();
        let text = ascii(&json);
        assert!(text.chars().all(|c| matches!(c, ' '..='~')), "{text}");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), "a\u{1b}[31m\u{9b}é😀\u{7f}");
    }
}
