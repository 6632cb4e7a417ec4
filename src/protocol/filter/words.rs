//! Where the words of a filter begin and end.

use std::ops::Range;

use super::Vocabulary;
use super::keys::key;

/// What stands between a key and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `:`
    Has,
    /// `=`
    Is,
    /// `!=`
    Not,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
}

/// Longer ones first.
const OPERATORS: [(&str, Operator); 8] = [
    ("!=", Operator::Not),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("==", Operator::Is),
    (":", Operator::Has),
    ("=", Operator::Is),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

/// A key with what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyWord {
    pub(super) name: String,
    pub(super) at: Range<usize>,
    pub(super) operator: Operator,
}

/// One alternative as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// All of it.
    pub(super) at: Range<usize>,
    pub(super) key: Option<KeyWord>,
    pub(super) value: String,
    /// The value with its quotes.
    pub(super) value_at: Range<usize>,
    pub(super) is_quoted: bool,
}

/// Reads one term after the other.
pub(super) struct Words<'t> {
    text: &'t str,
    at: usize,
    vocabulary: &'t Vocabulary,
}

impl<'t> Words<'t> {
    pub(super) fn new(text: &'t str, vocabulary: &'t Vocabulary) -> Self {
        Self { text, at: 0, vocabulary }
    }

    /// The next term: whether it is wanted, and its alternatives.
    pub(super) fn next_term(&mut self) -> Option<(bool, Vec<Piece>)> {
        self.skip_spaces();
        // A bar with nothing before it separates nothing.
        while self.take("|") {
            self.skip_spaces();
        }
        if self.rest().is_empty() {
            return None;
        }
        let mut is_wanted = true;
        while self.take("!") {
            is_wanted = !is_wanted;
        }
        let mut pieces = vec![self.piece()];
        loop {
            let end = self.at;
            self.skip_spaces();
            if !self.take("|") {
                self.at = end;
                break;
            }
            self.skip_spaces();
            if !self.rest().is_empty() {
                pieces.push(self.piece());
            }
        }
        self.join_not_ok(&mut pieces);
        Some((is_wanted, pieces))
    }

    /// The header says it in two words.
    fn join_not_ok(&mut self, pieces: &mut [Piece]) {
        let [piece] = pieces else { return };
        if piece.value != "not" || piece.is_quoted || piece.key.is_some() {
            return;
        }
        let after = self.rest().trim_start().strip_prefix("ok");
        if let Some(after) = after.filter(|after| after.is_empty() || after.starts_with(char::is_whitespace)) {
            self.at = self.text.len() - after.len();
            "not ok".clone_into(&mut piece.value);
            (piece.at.end, piece.value_at.end) = (self.at, self.at);
        }
    }

    fn piece(&mut self) -> Piece {
        let start = self.at;
        let key = self.key();
        let value_start = self.at;
        let (value, is_quoted) = if let Some(rest) = self.rest().strip_prefix('"') {
            let end = rest.find('"');
            let value = &rest[..end.unwrap_or(rest.len())];
            // A quote that is not closed yet ends with what is typed.
            self.at += 1 + value.len() + usize::from(end.is_some());
            (value, true)
        } else {
            let value = self.bare();
            self.at += value.len();
            (value, false)
        };
        Piece { at: start..self.at, key, value: value.to_owned(), value_at: value_start..self.at, is_quoted }
    }

    /// A key and its operator, if the word begins with one.
    fn key(&mut self) -> Option<KeyWord> {
        let word = self.bare();
        let operator_at = |end: usize| OPERATORS.iter().find(|(sign, _)| word[end..].starts_with(sign));
        // Titles of stats may have `::` in them.
        let known = self.vocabulary.stats.iter().chain(&self.vocabulary.parameters);
        let known = known.filter(|name| !name.is_empty() && word.starts_with(name.as_str()));
        let known = known.map(String::len).filter(|end| operator_at(*end).is_some()).max();
        let end = known.or_else(|| {
            let end = word.find([':', '=', '<', '>', '!'])?;
            (end > 0 && operator_at(end).is_some()).then_some(end)
        })?;
        let name = &word[..end];
        let (sign, operator) = operator_at(end)?;
        // Places such as `src/mem/dram.cc:690` are text.
        let is_word = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        let is_known = key(name, self.vocabulary).is_some();
        if !is_known && (!is_word || name.contains('.')) {
            return None;
        }
        let key = KeyWord { name: name.to_owned(), at: self.at..self.at + end, operator: *operator };
        self.at += end + sign.len();
        Some(key)
    }

    /// What comes, up to a space or a bar.
    fn bare(&self) -> &'t str {
        let rest = &self.text[self.at..];
        &rest[..rest.find(|c: char| c.is_whitespace() || c == '|').unwrap_or(rest.len())]
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, sign: &str) -> bool {
        let is_there = self.rest().starts_with(sign);
        if is_there {
            self.at += sign.len();
        }
        is_there
    }
}
