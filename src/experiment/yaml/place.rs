//! From characters counted from the start of a file to lines and columns.

use std::ops::Range;

use super::NodeId;
use crate::diagnostic::Place;

/// Where a node stands, in characters from the start of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    /// Its first character.
    pub(super) start: u32,
    /// Behind its last one. A list or map without brackets has no end that is worth showing.
    pub(super) end: Option<u32>,
}

/// A file by its lines.
#[derive(Debug)]
pub(in crate::experiment) struct Places<'t> {
    text: &'t str,
    spans: &'t [Span],
    /// How many characters and bytes stand before each line.
    lines: Vec<(usize, usize)>,
}

impl<'t> Places<'t> {
    /// The places of nodes with these `spans`.
    pub(super) fn new(text: &'t str, spans: &'t [Span]) -> Self {
        let mut lines = vec![(0, 0)];
        let (mut characters, mut bytes) = (0, 0);
        for line in text.split_inclusive('\n') {
            characters += line.chars().count();
            bytes += line.len();
            lines.push((characters, bytes));
        }
        if !text.is_empty() && !text.ends_with('\n') {
            lines.pop();
        }
        Self { text, spans, lines }
    }

    /// For a text without nodes.
    pub(super) fn of_text(text: &'t str) -> Self {
        Self::new(text, &[])
    }

    /// Where the node stands. Of a node of several lines that is the part on its first line.
    pub(in crate::experiment) fn of(&self, id: NodeId) -> Place {
        self.at(self.spans[id.0 as usize])
    }

    /// Where a part of a node stands whose text is `text`. The whole node, where the file has that text in another form: over several
    /// lines, or with escapes.
    pub(in crate::experiment) fn part_of(&self, id: NodeId, text: &str, part: Range<usize>) -> Place {
        let whole = self.of(id);
        let line = self.lines.get(whole.line - 1).and_then(|(_, bytes)| self.text.get(*bytes..)?.lines().next());
        let shown: String = line.unwrap_or_default().chars().skip(whole.column - 1).take(whole.len).collect();
        let before = shown.find(text).and_then(|at| shown.get(..at + part.start));
        match (before, text.get(part)) {
            (Some(before), Some(part)) => {
                Place { column: whole.column + before.chars().count(), len: part.chars().count().max(1), ..whole }
            }
            _ => whole,
        }
    }

    /// The first line of the span.
    pub(super) fn at(&self, span: Span) -> Place {
        let start = span.start as usize;
        let line = self.lines.partition_point(|(characters, _)| *characters <= start).saturating_sub(1);
        let (characters, bytes) = self.lines[line];
        let rest = self.text[bytes..].lines().next().unwrap_or("");
        let skipped = start - characters;
        let from_start = rest.char_indices().nth(skipped).map_or("", |(at, _)| &rest[at..]);
        let shown = if let Some(end) = span.end {
            from_start.char_indices().nth(end as usize - start).map_or(from_start, |(at, _)| &from_start[..at])
        } else {
            from_start.find(" #").map_or(from_start, |at| &from_start[..at])
        };
        Place { line: line + 1, column: skipped + 1, len: shown.trim_end().chars().count().max(1) }
    }

    /// The lines from the one with this number on, each with its own.
    pub(super) fn lines_from(&self, number: usize) -> impl Iterator<Item = (usize, &'t str)> {
        (number..).zip(self.text[self.lines[number - 1].1..].lines())
    }
}
