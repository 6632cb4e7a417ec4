//! What the filter of the list lets through.

use super::Row;

/// Words that must all be found in a row, or must not be when `!` stands before them. Capitals in a word make it
/// case-sensitive.
#[derive(Debug, Default)]
pub(super) struct Filter {
    text: String,
    words: Vec<Word>,
}

#[derive(Debug)]
struct Word {
    text: String,
    wanted: bool,
    any_case: bool,
}

impl Filter {
    pub(super) fn new(text: &str) -> Self {
        let word = |word: &str| {
            let (wanted, text) = match word.strip_prefix('!') {
                Some(rest) => (false, rest),
                None => (true, word),
            };
            Word { text: text.to_owned(), wanted, any_case: !text.chars().any(char::is_uppercase) }
        };
        let words = text.split_whitespace().map(word).filter(|word| !word.text.is_empty()).collect();
        Self { text: text.to_owned(), words }
    }

    /// What was typed.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets everything through.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub(super) fn lets_through(&self, row: &Row) -> bool {
        #[cfg(test)]
        super::work::FILTERED.with(|count| count.set(count.get() + 1));
        self.words.iter().all(|word| word.is_in(row) == word.wanted)
    }
}

impl Word {
    fn is_in(&self, row: &Row) -> bool {
        if self.any_case {
            // No word has white space in it, so none is found across two texts.
            return row.lower().contains(&self.text);
        }
        let texts =
            [row.name.as_str(), row.view.status.word(), row.reason.as_str(), row.parameters.as_str(), row.job.as_str()];
        texts.iter().any(|text| text.contains(&self.text))
    }
}
