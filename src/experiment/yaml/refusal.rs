//! Why a file is no YAML that we read, in our words.

use granit_parser::{ErrorKind, ScanError, StructureStyle};

use super::brief;
use super::place::{Places, Span};
use crate::diagnostic::{Diagnostic, Place};
use crate::experiment::limits::{MAX_DEPTH, MAX_NODES, MAX_TEXT};

/// Why a file is refused, and where.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) at: Span,
    pub(super) trouble: Trouble,
}

/// What is wrong.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The parser stopped.
    Syntax {
        /// Why.
        kind: ErrorKind,
        /// The innermost list or map that had begun.
        open: Option<Open>,
    },
    ForbiddenCharacter,
    SecondDocument,
    TooDeep,
    TooMany,
    TooMuchText,
    AliasOfItself,
    /// A tag that means nothing here, with its marks.
    Tag(String),
    /// A value that is not what its tag says.
    NotOfItsTag {
        tag: String,
        text: String,
    },
}

/// A list or map whose end was not found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    pub(super) start: u32,
    pub(super) is_list: bool,
    pub(super) style: StructureStyle,
}

/// Refuses characters that YAML does not allow in a file.
///
/// # Errors
/// The first of them.
pub(super) fn forbidden_character(text: &str) -> Result<(), Refusal> {
    let is_forbidden = |c: char| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}')) || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    let Some(at) = text.find(is_forbidden) else { return Ok(()) };
    let start = u32::try_from(text[..at].chars().count()).expect("a file has at most 4 MiB");
    Err(Refusal { at: Span { start, end: Some(start + 1) }, trouble: Trouble::ForbiddenCharacter })
}

impl Refusal {
    /// What the parser said. `open` is the innermost list or map that had begun.
    pub(super) fn of_parser(error: &ScanError, open: Option<Open>) -> Self {
        let start = u32::try_from(error.marker().index()).expect("a file has at most 4 MiB");
        let trouble = Trouble::Syntax { kind: error.kind().clone(), open };
        Self { at: Span { start, end: Some(start + 1) }, trouble }
    }

    /// The diagnostic for it.
    pub(super) fn explain(self, places: &Places<'_>) -> Diagnostic {
        let place = places.at(self.at);
        let diagnostic = match self.trouble {
            Trouble::Syntax { kind: ErrorKind::RecursionLimitExceeded, .. } => {
                return Self { trouble: Trouble::TooDeep, ..self }.explain(places);
            }
            Trouble::Syntax { kind, open } => return syntax(self.at, &kind, open, places),
            Trouble::ForbiddenCharacter => {
                not_yaml("control characters are not allowed").help("save the file as UTF-8 without control characters")
            }
            Trouble::SecondDocument => {
                Diagnostic::error("an experiment file holds one YAML document, and a second one starts here")
                    .help("write one file for each experiment")
            }
            Trouble::TooDeep => Diagnostic::error(format!("more than {MAX_DEPTH} levels of lists and maps"))
                .help("close brackets where they end, and put a value that begins with one in quotes"),
            Trouble::TooMany => Diagnostic::error(format!("more than {MAX_NODES} values"))
                .help("aliases of aliases multiply; write the values out or use `matrix`"),
            Trouble::TooMuchText => {
                Diagnostic::error(format!("the values have more than {} MiB of text together", MAX_TEXT >> 20))
                    .help("aliases repeat the whole of what they stand for; pass large values in a file")
            }
            Trouble::AliasOfItself => not_yaml("an alias stands inside of what it is an alias of")
                .help("a value that contains itself has no end; mark a smaller part with `&`"),
            Trouble::Tag(tag) => Diagnostic::error(format!("the YAML tag `{}` means nothing here", brief(&tag)))
                .help("put the value in quotes if it begins with `!`"),
            Trouble::NotOfItsTag { tag, text } => {
                Diagnostic::error(format!("`{}` is not what its tag `!!{tag}` says", brief(&text)))
                    .help("remove the tag: numbers and truth values are recognised without")
            }
        };
        diagnostic.place(place)
    }
}

fn not_yaml(problem: &str) -> Diagnostic {
    Diagnostic::error(format!("not valid YAML: {problem}"))
}

/// For a file that the parser could not read to its end.
fn syntax(at: Span, kind: &ErrorKind, open: Option<Open>, places: &Places<'_>) -> Diagnostic {
    let place = places.at(at);
    if let Some(tab) = indenting_tab(kind, place, places) {
        return not_yaml("a tab cannot indent").place(tab).help("indent with spaces");
    }
    let (problem, help) = words(kind, open);
    let diagnostic = not_yaml(&problem).place(place);
    let diagnostic = match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    };
    match open {
        Some(open) if concerns_what_is_open(kind, open) && open.start != at.start => {
            let what = if open.is_list { "list" } else { "map" };
            diagnostic.related(places.at(open.mark()), format!("in the {what} that starts here"))
        }
        _ => diagnostic,
    }
}

/// The tab at the beginning of a line that led to the mistake. The parser may stop far before it, where a value begins.
fn indenting_tab(kind: &ErrorKind, stopped: Place, places: &Places<'_>) -> Option<Place> {
    use ErrorKind as K;
    let is_certain =
        matches!(kind, K::TabNotAllowed | K::TabInBlockIndentation | K::TabInIndentation | K::TabInPlainScalar);
    let lines = places.lines_from(stopped.line).take(if is_certain { usize::MAX } else { 1 });
    let mut tabs = lines.map(|(number, line)| (number, line.len() - line.trim_start_matches(' ').len(), line));
    let (line, spaces, _) = tabs.find(|(_, spaces, line)| line[*spaces..].starts_with('\t'))?;
    Some(Place { line, column: spaces + 1, len: 1 })
}

impl Open {
    /// Its first character.
    fn mark(self) -> Span {
        Span { start: self.start, end: Some(self.start + 1) }
    }

    fn in_brackets(self) -> bool {
        self.style == StructureStyle::Flow
    }
}

/// Whether the start of the list or map helps to see the mistake.
fn concerns_what_is_open(kind: &ErrorKind, open: Open) -> bool {
    let of_blocks = matches!(kind, ErrorKind::ExpectedBlockSequenceEntry | ErrorKind::ExpectedBlockMappingKey);
    of_blocks || (open.in_brackets() && is_about_brackets(kind))
}

fn is_about_brackets(kind: &ErrorKind) -> bool {
    use ErrorKind as K;
    matches!(
        kind,
        K::ExpectedFlowSequenceSeparator
            | K::ExpectedFlowMappingSeparator
            | K::UnexpectedEofFlowSequence
            | K::UnexpectedEofFlowMapping
            | K::UnexpectedEofImplicitFlowMapping
            | K::BlockEntryInFlowCollection
            | K::InvalidColonPlacement
            | K::InvalidFlowScalarIndent
            | K::InvalidDocumentEnd
    )
}

/// What is wrong, and what most likely led to it.
fn words(kind: &ErrorKind, open: Option<Open>) -> (String, Option<&'static str>) {
    use ErrorKind as K;
    const BRACKET: &str = "close the bracket, or put a value that contains a comma, a bracket or a brace in quotes";
    const COLUMN: &str = "check the indentation: what belongs together starts in the same column";
    const SIGN: &str = "a value that begins with `*` or `&` needs quotes, as in `\"*.ipc\"`";
    let in_brackets = open.filter(|open| open.in_brackets());
    match kind {
        K::TabNotAllowed | K::TabInBlockIndentation | K::TabInIndentation | K::TabInPlainScalar => {
            ("a tab is not allowed here".to_owned(), Some("use spaces"))
        }
        K::UnclosedFlowCollection { open } => (format!("this `{open}` is never closed"), Some(BRACKET)),
        K::MismatchedFlowCollectionEnd { open, close } => {
            (format!("this `{open}` is closed by a `{close}`"), Some(BRACKET))
        }
        _ if in_brackets.is_some() && is_about_brackets(kind) => {
            let close = if in_brackets.is_some_and(|open| open.is_list) { ']' } else { '}' };
            (format!("expected `,` or `{close}`"), Some(BRACKET))
        }
        K::MisplacedFlowCollectionEnd => ("this bracket closes nothing".to_owned(), Some(BRACKET)),
        K::UnclosedQuotedScalar | K::DocumentIndicatorInQuotedScalar => {
            ("these quotes are never closed".to_owned(), Some("close the quotes"))
        }
        K::UnknownAnchor => ("this alias stands for nothing: no `&` marks its name".to_owned(), Some(SIGN)),
        K::MissingAnchorOrAliasName => ("a name must follow `*` and `&`".to_owned(), Some(SIGN)),
        K::UnexpectedCharacter { character } => {
            let problem = format!("no value begins with {}", shown(*character));
            (problem, Some("a value that begins with `@`, `%` or a backtick needs quotes"))
        }
        K::MappingValueNotAllowed | K::InvalidColonPlacement => (
            "a `:` cannot stand here".to_owned(),
            Some("check the indentation and the line above, and put a value that contains `: ` in quotes"),
        ),
        K::ExpectedBlockSequenceEntry => ("expected `- ` for the next item".to_owned(), Some(COLUMN)),
        K::ExpectedBlockMappingKey => ("expected a key".to_owned(), Some(COLUMN)),
        K::InvalidIndentation | K::InvalidQuotedScalarIndent | K::InvalidBlockScalarIndent => {
            (kind.to_string(), Some(COLUMN))
        }
        K::SimpleKeyExpected | K::InvalidSimpleKey => (
            "a `:` must follow a key on its line".to_owned(),
            Some("write `key: value`, and `- ` before an item of a list"),
        ),
        K::UnknownQuotedScalarEscape | K::InvalidQuotedScalarHexEscape | K::InvalidUnicodeEscape => (
            "an escape that means nothing in double quotes".to_owned(),
            Some("use single quotes, in which a `\\` stands for itself"),
        ),
        _ => (kind.to_string(), None),
    }
}

/// A backtick cannot stand in backticks.
fn shown(character: char) -> String {
    if character == '`' { "a backtick".to_owned() } else { format!("`{character}`") }
}
