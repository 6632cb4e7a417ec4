//! Errors with places in files.
//!
//! A [`Diagnostic`] says what is wrong, where, why, and what to do. It is data: it is rendered with the source line
//! and a caret for a terminal or a pipe, or as one line for a pane. Messages quote what stands in a file that a
//! stranger wrote, so everything passes through [`Safe`] on its way out.
//!
//! The awkward truth: making a character safe may make it longer, which moves everything behind it. Carets are
//! therefore computed on the safe line, and the line and column in the header come from the file.

mod rendered;

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

pub use rendered::Rendered;

use crate::text::Safe;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing starts.
    Error,
    /// It works, and is probably not what was meant.
    Warning,
}

impl Severity {
    /// The word that a message starts with.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A stretch of one line. Lines and columns count from one, columns and lengths count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The first character.
    pub column: usize,
    /// How many characters, at least one.
    pub len: usize,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one phrase without a full stop. Raw text.
    pub message: String,
    /// Where, unless it is about the file as a whole.
    pub place: Option<Place>,
    /// Why, written beside the caret. Raw text.
    pub label: Option<String>,
    /// Other places that have to do with it, each with a word about how.
    pub related: Vec<(Place, String)>,
    /// What to do. Raw text.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Something that keeps an experiment from starting.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message.into())
    }

    fn new(severity: Severity, message: String) -> Self {
        Self { severity, message, place: None, label: None, related: Vec::new(), help: None }
    }

    /// Sets where.
    #[must_use]
    pub fn place(mut self, place: impl Into<Option<Place>>) -> Self {
        self.place = place.into();
        self
    }

    /// Sets why.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn related(mut self, place: Place, label: impl Into<String>) -> Self {
        self.related.push((place, label.into()));
        self
    }

    /// Sets what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Everything that is wrong with one file, with the lines that are needed to show it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostics {
    /// The file as the user knows it.
    file: String,
    /// The text of the lines that a diagnostic points at and of their neighbours, by line number.
    lines: BTreeMap<usize, String>,
    /// The diagnostics, in the order in which they are shown.
    items: Vec<Diagnostic>,
    /// How many more there are.
    omitted: usize,
}

/// How a rendering may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Colours, for a terminal that wants them.
    pub colour: bool,
    /// The columns that a line may take. Longer source lines are cut around the caret.
    pub width: usize,
}

impl Look {
    /// For pipes, logs and tests.
    pub const PLAIN: Self = Self { colour: false, width: 140 };
}

/// Lines between two marks that are shown instead of dots.
const NEAR: usize = 2;

/// Characters that are kept on each side of a caret. Wider than any terminal, far less than a line can be.
const EXCERPT: usize = 400;

impl Diagnostics {
    /// Diagnostics about `file`, whose contents are `text`. `omitted` more are not among the `items`.
    pub fn new(file: impl Into<String>, text: &str, items: Vec<Diagnostic>, omitted: usize) -> Self {
        let places = items.iter().flat_map(|d| d.place.iter().chain(d.related.iter().map(|(place, _)| place)));
        // Two marks that are close are shown with the lines between them.
        let mut wanted: Vec<usize> =
            places.flat_map(|place| place.line.saturating_sub(NEAR)..=place.line + NEAR).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut wanted = wanted.into_iter().peekable();
        let mut lines = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            while wanted.next_if(|&line| line < number).is_some() {}
            if wanted.next_if_eq(&number).is_some() {
                lines.insert(number, line.to_owned());
            }
            if wanted.peek().is_none() {
                break;
            }
        }
        Self { file: file.into(), lines, items, omitted }
    }

    /// The diagnostics.
    pub fn items(&self) -> &[Diagnostic] {
        &self.items
    }

    /// How many more there are than [`Self::items`].
    pub fn omitted(&self) -> usize {
        self.omitted
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.omitted == 0
    }

    /// Every diagnostic with its source line, a caret and the help, separated by empty lines. With colour, the only
    /// control characters are the colours'.
    pub fn render(&self, look: Look) -> Rendered {
        let mut out = String::new();
        for diagnostic in &self.items {
            out.push_str(&self.render_one(diagnostic, look));
            out.push_str("\n\n");
        }
        if self.omitted > 0 {
            _ = writeln!(out, "… and {} more", self.omitted);
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        Rendered::new(&out, look.colour)
    }

    /// One line for each diagnostic: `file:line:column: error: message (help)`.
    pub fn lines(&self) -> Vec<Safe> {
        let mut lines: Vec<Safe> = self.items.iter().map(|d| self.line(d)).collect();
        if self.omitted > 0 {
            lines.push(Safe::line(&format!("… and {} more", self.omitted)));
        }
        lines
    }

    fn line(&self, d: &Diagnostic) -> Safe {
        let mut line = self.file.clone();
        if let Some(place) = d.place {
            _ = write!(line, ":{}:{}", place.line, place.column);
        }
        _ = write!(line, ": {}: {}", d.severity.word(), d.message);
        if let Some(help) = &d.help {
            _ = write!(line, " ({help})");
        }
        Safe::line(&line)
    }

    fn render_one(&self, d: &Diagnostic, look: Look) -> String {
        let level = match d.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let file = Safe::line(&self.file);
        let mut group = Group::with_title(level.primary_title(Safe::line(&d.message).into_string()));
        let mut drawn_column = 0;
        if let Some(place) = d.place {
            let snippet;
            (snippet, drawn_column) = self.snippet(place, d);
            group = group.element(snippet.path(file.to_string()));
        } else {
            group = group.element(Origin::path(file.to_string()));
        }
        if let Some(help) = &d.help {
            group = group.element(Level::HELP.message(Safe::line(help).into_string()));
        }
        let renderer = if look.colour { Renderer::styled() } else { Renderer::plain() };
        let drawn = renderer.decor_style(DecorStyle::Ascii).term_width(look.width).render(&[group]);
        // The header tells the column on the line that was drawn, which may be cut and longer than the file's.
        match d.place {
            Some(place) if place.column != drawn_column => {
                let header = format!("{file}:{}:{drawn_column}", place.line);
                drawn.replacen(&header, &format!("{file}:{}:{}", place.line, place.column), 1)
            }
            _ => drawn,
        }
    }

    /// The source lines of one diagnostic, and the column that the place has on its drawn line.
    fn snippet(&self, primary: Place, d: &Diagnostic) -> (Snippet<'static, Annotation<'static>>, usize) {
        let mut marks: Vec<(Place, Option<&str>, AnnotationKind)> =
            vec![(primary, d.label.as_deref(), AnnotationKind::Primary)];
        marks.extend(d.related.iter().map(|(place, label)| (*place, Some(label.as_str()), AnnotationKind::Context)));
        let first = marks.iter().map(|mark| mark.0.line).min().unwrap_or(1);
        let last = marks.iter().map(|mark| mark.0.line).max().unwrap_or(1);
        let mut source = String::new();
        let mut annotations = Vec::new();
        let mut drawn_column = primary.column;
        for number in first..=last {
            let here: Vec<_> = marks.iter().filter(|mark| mark.0.line == number).collect();
            let places: Vec<Place> = here.iter().map(|mark| mark.0).collect();
            // Lines that nobody marked are folded away, whatever is in them.
            let (line, spans) = excerpt(self.lines.get(&number).map_or("", String::as_str), &places);
            for ((place, label, kind), span) in here.into_iter().zip(spans) {
                if *place == primary {
                    drawn_column = line[..span.start].chars().count() + 1;
                }
                let label = label.map(|label| Safe::line(label).into_string());
                annotations.push(kind.span(source.len() + span.start..source.len() + span.end).label(label));
            }
            source.push_str(&line);
            source.push('\n');
        }
        (Snippet::source(source).line_start(first).annotations(annotations), drawn_column)
    }
}

/// The safe form of the part of `line` that holds all `places`, and where they are in it, in bytes.
fn excerpt(line: &str, places: &[Place]) -> (String, Vec<Range<usize>>) {
    let first = places.iter().map(|place| place.column - 1).min().unwrap_or(0);
    let start = if line.len() > EXCERPT { first.saturating_sub(EXCERPT) } else { 0 };
    let mut out = String::new();
    let mut offsets = Vec::new();
    // Character by character, so that a place is known on the safe line whatever became of the characters before it.
    let mut buffer = [0; 4];
    for c in line.chars().skip(start).take(3 * EXCERPT) {
        offsets.push(out.len());
        match c {
            '\t' => out.push(' '),
            '\u{20}'..='\u{7e}' => out.push(c),
            c => out.push_str(Safe::line(c.encode_utf8(&mut buffer)).as_str()),
        }
    }
    // A mark may point just behind the line, where something is missing.
    let end_of_text = out.len();
    if places.iter().any(|place| place.column - 1 - start >= offsets.len()) {
        out.push(' ');
    }
    let offset = |column: usize| offsets.get(column - start).copied().unwrap_or(end_of_text);
    let spans = places
        .iter()
        .map(|place| {
            let start = offset(place.column - 1);
            start..offset(place.column.saturating_add(place.len) - 1).max(start + 1).min(out.len())
        })
        .collect();
    (out, spans)
}

impl fmt::Display for Diagnostics {
    /// The plain rendering.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(Look::PLAIN).trim_end())
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: usize, column: usize, len: usize) -> Place {
        Place { line, column, len }
    }

    #[test]
    fn an_error_shows_the_line_a_caret_and_what_to_do() {
        let diagnostic = Diagnostic::error("unknown key `matrx`").place(place(2, 3, 5)).help("did you mean `matrix`?");
        let all = Diagnostics::new("exp.yaml", "a:\n  matrx: {}\n", vec![diagnostic], 0);
        insta::assert_snapshot!(all.render(Look::PLAIN), @r"
        error: unknown key `matrx`
         --> exp.yaml:2:3
          |
        2 |   matrx: {}
          |   ^^^^^
          |
          = help: did you mean `matrix`?
        ");
        assert_eq!(all.lines()[0].as_str(), "exp.yaml:2:3: error: unknown key `matrx` (did you mean `matrix`?)");
    }

    #[test]
    fn two_places_are_both_shown() {
        let diagnostic = Diagnostic::error("two simulations are called `a`")
            .place(place(9, 1, 1))
            .label("here again")
            .related(place(1, 1, 1), "first here");
        let all = Diagnostics::new("exp.yaml", "a\n\n\n\n\n\n\n\na\n", vec![diagnostic], 3);
        insta::assert_snapshot!(all.render(Look::PLAIN), @r"
        error: two simulations are called `a`
         --> exp.yaml:9:1
          |
        1 | a
          | - first here
        ...
        9 | a
          | ^ here again

        … and 3 more
        ");
    }

    #[test]
    fn no_control_character_of_the_file_reaches_a_terminal() {
        let line = "a: \u{1b}]52;c;AAAA\u{7}\u{202e}x\tß";
        let diagnostic = Diagnostic::error(format!("bad {line}")).place(place(1, 22, 1)).label(line).help(line);
        let all = Diagnostics::new("e\u{1b}.yaml", line, vec![diagnostic], 0);
        let plain = all.render(Look::PLAIN);
        assert!(!plain.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{plain:?}");
        let styled = all.render(Look { colour: true, width: 80 });
        assert!(!styled.contains("\u{1b}]"), "{styled:?}");
    }

    #[test]
    fn a_line_of_a_megabyte_is_cut_around_the_caret() {
        let line = "x".repeat(1 << 20);
        let diagnostic = Diagnostic::error("here").place(place(1, 500_000, 3));
        let shown = Diagnostics::new("e.yaml", &line, vec![diagnostic], 0).render(Look::PLAIN);
        assert!(shown.len() < 2000, "{}", shown.len());
        assert!(shown.contains("e.yaml:1:500000"), "{shown}");
        assert!(shown.contains("^^^"), "{shown}");
    }

    #[test]
    fn places_past_the_end_do_no_harm() {
        for (line, column, len) in [(1, 9, 9), (7, 1, 1), (1, 1, usize::MAX / 2)] {
            let diagnostic = Diagnostic::error("here").place(place(line, column, len));
            assert!(Diagnostics::new("e", "ab", vec![diagnostic], 0).render(Look::PLAIN).contains("here"));
        }
    }
}
