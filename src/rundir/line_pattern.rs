//! A regular expression about single lines, made so that thousands of them can be searched at once.
//!
//! What is searched for matches within one line or not at all. An engine that is fast is given a whole block of lines, where
//! `[^a]` would run on into the next one and `\z` would mean the end of the block. So the expression is changed before it is
//! compiled: nothing in it matches a newline, and what means an end of the text means an end of a line. What it finds in a block
//! is then exactly what it finds in the lines of the block one by one. The one exception is a place between `\r` and `\n`, where
//! `(?R)` sees no end of a line.

use std::ops::Range;
use std::sync::Arc;

use regex_automata::meta;
use regex_automata::util::syntax;
use regex_automata::{Input, MatchKind};
use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look};
use regex_syntax::hir::{Literal, Repetition};

/// Why there is no such pattern.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    /// It is no regular expression.
    #[error(transparent)]
    Syntax(Box<regex_syntax::Error>),
    /// It would take more memory than it may.
    #[error("it is too large")]
    TooLarge,
}

/// What a line must match.
#[derive(Debug, Clone)]
pub struct LinePattern {
    regex: meta::Regex,
    /// Whether the lines are meant that do not match.
    is_inverted: bool,
    /// What a line must match besides.
    within: Option<Arc<Self>>,
}

/// A line of a block that matches, in bytes of the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineMatch {
    /// Where the line begins.
    pub line: usize,
    /// Where the first match in it begins.
    pub place: usize,
}

impl LinePattern {
    /// A compiled pattern may take this much memory, bytes: patterns that people type take a thousandth.
    pub const USUAL_SIZE: usize = 1 << 20;

    /// A regular expression, which may take `most` bytes of memory when it is compiled.
    pub fn new(text: &str, any_case: bool, most: usize) -> Result<Self, PatternError> {
        let bytes = syntax::Config::new().utf8(false).case_insensitive(any_case);
        let parsed = syntax::parse_with(text, &bytes).map_err(|error| PatternError::Syntax(Box::new(error)))?;
        let config = meta::Config::new().match_kind(MatchKind::LeftmostFirst).utf8_empty(false);
        let config = config.nfa_size_limit(Some(most));
        let built = meta::Builder::new().configure(config).build_from_hir(&within_line(parsed));
        let regex = built.map_err(|_too_large| PatternError::TooLarge)?;
        Ok(Self { regex, is_inverted: false, within: None })
    }

    /// The lines that do not match.
    #[must_use]
    pub fn inverted(self) -> Self {
        Self { is_inverted: !self.is_inverted, ..self }
    }

    /// The lines that match both.
    #[must_use]
    pub fn within(self, other: &Self) -> Self {
        Self { within: Some(Arc::new(other.clone())), ..self }
    }

    /// Where the first match begins in whole lines, from the line at `from` on. A newline behind the last line must be left out,
    /// since an empty line would seem to follow it.
    pub fn find(&self, lines: &[u8], from: usize) -> Option<usize> {
        self.lines(lines, from).next().map(|found| found.place)
    }

    /// The lines that match among whole lines, from the line at `from` on. A newline behind the last line must be left out.
    pub fn lines<'a>(&'a self, lines: &'a [u8], from: usize) -> Lines<'a> {
        Lines { pattern: self, text: lines, at: Some(from), ahead: Ahead::Unknown }
    }

    /// Every match in one line; of lines that do not match none.
    pub fn matches<'a>(&'a self, line: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let marked = (!self.is_inverted).then(|| self.regex.find_iter(line).map(|found| found.range()));
        marked.into_iter().flatten()
    }
}

/// The lines that match among others, first to last.
#[derive(Debug)]
pub struct Lines<'a> {
    pattern: &'a LinePattern,
    text: &'a [u8],
    /// Where the next line begins.
    at: Option<usize>,
    ahead: Ahead,
}

/// The next match of the expression. Among lines that do not match it would else be looked for again from each of them.
#[derive(Debug, Clone, Copy)]
enum Ahead {
    Unknown,
    At(usize),
    Nowhere,
}

impl Lines<'_> {
    /// Where the expression matches next, from the line at `at` on.
    fn place(&mut self, at: usize) -> Option<usize> {
        match self.ahead {
            Ahead::At(place) if place >= at => {}
            Ahead::Nowhere => {}
            Ahead::At(_) | Ahead::Unknown => {
                let found = self.pattern.regex.find(Input::new(self.text).range(at..));
                self.ahead = found.map_or(Ahead::Nowhere, |found| Ahead::At(found.start()));
            }
        }
        match self.ahead {
            Ahead::At(place) => Some(place),
            Ahead::Unknown | Ahead::Nowhere => None,
        }
    }

    fn line_of(&self, place: usize) -> usize {
        memchr::memrchr(b'\n', self.text.get(..place).unwrap_or_default()).map_or(0, |newline| newline + 1)
    }

    /// Where the line ends that this place is in: at its newline, or with the last line.
    fn end_of(&self, place: usize) -> usize {
        let rest = self.text.get(place..).unwrap_or_default();
        memchr::memchr(b'\n', rest).map_or(self.text.len(), |newline| place + newline)
    }
}

impl Iterator for Lines<'_> {
    type Item = LineMatch;

    fn next(&mut self) -> Option<LineMatch> {
        loop {
            let at = self.at?;
            let found = match self.place(at) {
                None if !self.pattern.is_inverted => {
                    self.at = None;
                    return None;
                }
                Some(place) if !self.pattern.is_inverted => Some(LineMatch { line: self.line_of(place), place }),
                Some(place) if place <= self.end_of(at) => None,
                _ => Some(LineMatch { line: at, place: at }),
            };
            let end = self.end_of(found.map_or(at, |found| found.place));
            self.at = (end < self.text.len()).then_some(end + 1);
            let Some(found) = found else { continue };
            let text = self.text.get(found.line..end).unwrap_or_default();
            if self.pattern.within.as_ref().is_none_or(|within| within.lines(text, 0).next().is_some()) {
                return Some(found);
            }
        }
    }
}

/// The same expression, of which no match reaches over the end of a line.
fn within_line(hir: Hir) -> Hir {
    let each = |all: Vec<Hir>| all.into_iter().map(within_line).collect();
    match hir.into_kind() {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(Literal(bytes)) if bytes.contains(&b'\n') => Hir::fail(),
        HirKind::Literal(Literal(bytes)) => Hir::literal(bytes),
        HirKind::Class(Class::Unicode(mut class)) => {
            class.difference(&ClassUnicode::new([ClassUnicodeRange::new('\n', '\n')]));
            Hir::class(Class::Unicode(class))
        }
        HirKind::Class(Class::Bytes(mut class)) => {
            class.difference(&ClassBytes::new([ClassBytesRange::new(b'\n', b'\n')]));
            Hir::class(Class::Bytes(class))
        }
        HirKind::Look(Look::Start) => Hir::look(Look::StartLF),
        HirKind::Look(Look::End) => Hir::look(Look::EndLF),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Repetition(repeated) => {
            let sub = Box::new(within_line(*repeated.sub));
            Hir::repetition(Repetition { sub, ..repeated })
        }
        // Nobody asks what a group has matched.
        HirKind::Capture(group) => within_line(*group.sub),
        HirKind::Concat(all) => Hir::concat(each(all)),
        HirKind::Alternation(all) => Hir::alternation(each(all)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::bytes::RegexBuilder;

    use super::*;

    /// The numbers of the lines that match, found in the whole block.
    fn found(pattern: &str, any_case: bool, text: &[u8]) -> Vec<usize> {
        let pattern = LinePattern::new(pattern, any_case, 1 << 20).unwrap();
        let lines = text.strip_suffix(b"\n").unwrap_or(text);
        let mut numbers = Vec::new();
        let mut from = 0;
        while let Some(place) = pattern.find(lines, from) {
            numbers.push(memchr::memchr_iter(b'\n', &lines[..place]).count());
            match memchr::memchr(b'\n', &lines[place..]) {
                Some(newline) => from = place + newline + 1,
                None => break,
            }
        }
        numbers
    }

    /// The same, found line by line.
    fn expected(pattern: &str, any_case: bool, text: &[u8]) -> Vec<usize> {
        let regex = RegexBuilder::new(pattern);
        let regex = { regex }.case_insensitive(any_case).build().unwrap();
        let lines = text.strip_suffix(b"\n").unwrap_or(text);
        lines
            .split(|byte| *byte == b'\n')
            .enumerate()
            .filter(|(_, line)| regex.is_match(line))
            .map(|(n, _)| n)
            .collect()
    }

    const PATTERNS: [&str; 27] = [
        "a",
        "b+c",
        "^",
        "$",
        "^$",
        r"\Aa",
        r"a\z",
        r"(?-m:^a$)",
        "(?m)^b",
        "[^a]",
        "[^a]*c",
        r"\s",
        r"a\s*b",
        "a.b",
        "(?s)a.*b",
        r"\n",
        r"a\nb|c",
        r"a\n?b",
        r"(a|\n)+",
        r"\bab\b",
        r"\B",
        "(?i)K",
        r"(?-u:\xff)",
        "",
        "x{2,}",
        r"\w+$",
        r"(^|b)c",
    ];

    #[test]
    fn a_block_has_the_matches_of_its_lines() {
        let text = b"\nabc\nb\n\na b\nba\nKk \xe2\x84\xaa\n\xff\nxx\r\nc\nab\n\n";
        for pattern in PATTERNS {
            for any_case in [false, true] {
                assert_eq!(found(pattern, any_case, text), expected(pattern, any_case, text), "{pattern:?} {any_case}");
            }
        }
    }

    #[test]
    fn what_is_no_expression_or_too_large_is_told_apart() {
        assert!(matches!(LinePattern::new("a[(", false, 1 << 20), Err(PatternError::Syntax(_))));
        assert!(matches!(LinePattern::new(r"\w{200}", false, 1 << 16), Err(PatternError::TooLarge)));
    }

    /// The numbers of the lines that match, by the lines that are handed out.
    fn numbers(pattern: &LinePattern, text: &[u8]) -> Vec<usize> {
        let lines = text.strip_suffix(b"\n").unwrap_or(text);
        pattern.lines(lines, 0).map(|found| memchr::memchr_iter(b'\n', &lines[..found.line]).count()).collect()
    }

    #[test]
    fn what_must_not_match_and_what_must_match_besides_leave_the_lines_that_they_say() {
        let text = b"a\nb\n\nab\n\n";
        let pattern = |text: &str| LinePattern::new(text, false, 1 << 20).unwrap();
        assert_eq!(numbers(&pattern("a").inverted(), text), [1, 2, 4]);
        assert_eq!(numbers(&pattern("$").inverted(), text).len(), 0);
        assert_eq!(numbers(&pattern("b").within(&pattern("a").inverted()), text), [1]);
        assert_eq!(numbers(&pattern("a").inverted().within(&pattern("b")), text), [1]);
        assert_eq!(pattern("a").inverted().matches("bab").count(), 0, "nothing in such a line is meant");
    }

    proptest! {
        #[test]
        fn the_lines_that_do_not_match_are_all_the_others(
            text in prop::collection::vec(prop::sample::select(b"abcx \r\n\n\xff".to_vec()), 1..60),
            pattern in prop::sample::select(PATTERNS.to_vec()),
        ) {
            let pattern = LinePattern::new(pattern, false, 1 << 20).unwrap();
            let mut all = [numbers(&pattern, &text), numbers(&pattern.inverted(), &text)].concat();
            all.sort_unstable();
            let lines = text.strip_suffix(b"\n").unwrap_or(&text);
            prop_assert_eq!(all, (0..=memchr::memchr_iter(b'\n', lines).count()).collect::<Vec<_>>());
        }

        #[test]
        fn a_block_has_the_matches_of_its_lines_whatever_they_are(
            text in prop::collection::vec(prop::sample::select(b"abcx \r\n\n\xff".to_vec()), 1..60),
            pattern in prop::sample::select(PATTERNS.to_vec()),
        ) {
            prop_assert_eq!(found(pattern, false, &text), expected(pattern, false, &text), "{:?}", pattern);
        }
    }
}
