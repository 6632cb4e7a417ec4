//! The beginning of a text that may be of any length.

/// What stands behind a text that was cut.
const CUT: &str = " … (cut)";

/// The text, or its beginning and a mark if it takes more than `most` bytes as JSON. What counts is its length as JSON,
/// because a control character is six bytes there, and what messages and records hold is JSON.
pub(crate) fn excerpt(mut text: String, most: usize) -> String {
    // No byte takes more than six.
    if text.len() <= most / 6 || json_length(&text) <= most {
        return text;
    }
    let room = most.saturating_sub(CUT.len());
    let mut length = 0;
    let end = text.char_indices().find_map(|(at, character)| {
        length += json_length_of(character);
        (length > room).then_some(at)
    });
    text.truncate(end.unwrap_or(text.len()));
    text.push_str(CUT);
    // What was cut off may have been megabytes, and the rest is kept for long.
    text.shrink_to_fit();
    text
}

/// How many bytes a text takes between the quotes of a JSON string, as `serde_json` writes it.
pub(crate) fn json_length(text: &str) -> usize {
    text.chars().map(json_length_of).sum()
}

fn json_length_of(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        other => other.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_takes_more_than_its_bound_and_none_that_fits_is_changed(text in "(?s:.){0,80}", most in 12_usize..200) {
            let whole = serde_json::to_string(&text).unwrap().len() - 2;
            prop_assert_eq!(json_length(&text), whole);
            let cut = excerpt(text.clone(), most);
            prop_assert!(serde_json::to_string(&cut).unwrap().len() - 2 <= most.max(whole.min(most)));
            if whole <= most {
                prop_assert_eq!(cut, text);
            } else {
                prop_assert!(text.starts_with(cut.strip_suffix(CUT).unwrap()));
            }
        }
    }
}
