//! A regular expression about single lines, made so that thousands of them can be searched at once.
//!
//! What is searched for matches within one line or not at all. An engine that is fast is given a whole block of lines, where
//! `[^a]` would run on into the next one and `\z` would mean the end of the block. So the expression is changed before it is
//! compiled: nothing in it matches a newline, and what means an end of the text means an end of a line. What it finds in a block
//! is then exactly what it finds in the lines of the block one by one. The one exception is a place between `\r` and `\n`, where
//! `(?R)` sees no end of a line.

use std::ops::Range;

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
        Ok(Self { regex })
    }

    /// Where the first match begins in whole lines, from the line at `from` on. A newline behind the last line must be left out,
    /// since an empty line would seem to follow it.
    pub fn find(&self, lines: &[u8], from: usize) -> Option<usize> {
        self.regex.find(Input::new(lines).range(from..)).map(|found| found.start())
    }

    /// Every match in one line.
    pub fn matches<'a>(&'a self, line: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        self.regex.find_iter(line).map(|found| found.range())
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

    proptest! {
        #[test]
        fn a_block_has_the_matches_of_its_lines_whatever_they_are(
            text in prop::collection::vec(prop::sample::select(b"abcx \r\n\n\xff".to_vec()), 1..60),
            pattern in prop::sample::select(PATTERNS.to_vec()),
        ) {
            prop_assert_eq!(found(pattern, false, &text), expected(pattern, false, &text), "{:?}", pattern);
        }
    }
}
