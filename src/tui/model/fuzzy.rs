//! Whether a name is meant by a few letters.

/// How well a name fits a filter, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It holds every word as it stands.
    Whole,
    /// Some words are the beginnings of its parts: `l2omr` means `system.l2.overallMissRate`.
    Parts,
}

/// How a name fits words that must all fit, in any case unless a word has capitals. None if one does not.
pub fn fit(name: &str, filter: &str) -> Option<Fit> {
    let mut best = Fit::Whole;
    for word in filter.split_whitespace() {
        let any_case = !word.chars().any(char::is_uppercase);
        if contains(name, word, any_case) {
            continue;
        }
        if !has_letters(name, word) || !fits_parts(name, word) {
            return None;
        }
        best = Fit::Parts;
    }
    Some(best)
}

/// Whether the letters of a word come one after the other in the name, whatever is between: without that nothing fits, and it is
/// told in a moment for each of tens of thousands of names.
fn has_letters(name: &str, word: &str) -> bool {
    let mut letters = name.chars();
    word.chars().all(|letter| letters.any(|c| c.eq_ignore_ascii_case(&letter)))
}

/// Each letter of the word either follows the one before it in the name, or begins a part of the name. Letters anywhere
/// would fit nearly every name of a large system.
fn fits_parts(name: &str, word: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    // Where the letters so far can end.
    let mut ends: Vec<usize> = Vec::new();
    for (index, letter) in word.chars().enumerate() {
        let fits = |at: usize| {
            let same = name.get(at).is_some_and(|c| c.eq_ignore_ascii_case(&letter));
            let follows = at > 0 && ends.binary_search(&(at - 1)).is_ok();
            let begins = begins_part(&name, at) && (index == 0 || ends.first().is_some_and(|first| *first < at));
            same && (follows && index > 0 || begins)
        };
        ends = (0..name.len()).filter(|at| fits(*at)).collect();
        if ends.is_empty() {
            return false;
        }
    }
    true
}

fn begins_part(name: &[char], at: usize) -> bool {
    let Some(c) = name.get(at) else { return false };
    let Some(before) = at.checked_sub(1).and_then(|before| name.get(before)) else { return true };
    c.is_alphanumeric() && !before.is_alphanumeric()
        || c.is_uppercase() && !before.is_uppercase()
        || c.is_ascii_digit() && !before.is_ascii_digit()
}

/// Whether a text contains a word, smart case.
fn contains(text: &str, word: &str, any_case: bool) -> bool {
    if any_case { text.to_lowercase().contains(word) } else { text.contains(word) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_beginnings_of_parts_fit_and_scattered_letters_do_not() {
        let name = "system.l2.overallMissRate::total";
        assert_eq!(fit(name, "missrate l2"), Some(Fit::Whole));
        assert_eq!(fit(name, "l2omr"), Some(Fit::Parts));
        assert_eq!(fit(name, "l2 omira"), Some(Fit::Parts));
        assert_eq!(fit(name, "MissRate"), Some(Fit::Whole));
        assert_eq!(fit(name, "ipc"), None);
        assert_eq!(fit(name, "stmt"), None);
        assert_eq!(fit(name, ""), Some(Fit::Whole));
        assert_eq!(fit("", "x"), None);
    }
}
