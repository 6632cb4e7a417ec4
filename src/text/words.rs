//! Words that are looked for in text.

/// Whether a text contains a word, smart case.
pub fn contains(text: &str, word: &str, any_case: bool) -> bool {
    if any_case { text.to_lowercase().contains(word) } else { text.contains(word) }
}
