//! From a byte number to a line and a column, and from the YAML library's words to ours.

use super::{Kind, Node};
use crate::diagnostic::{Diagnostic, Place};

/// The place of the node that starts at byte `offset` of `text`. With `node`, the length is the one of its first line;
/// without, one character.
pub(super) fn place(text: &str, mut offset: usize, node: Option<&Node>) -> Place {
    if node.is_some() {
        offset += properties(line_rest(text, offset));
    }
    let rest = line_rest(text, offset);
    let len = node.map_or(1, |node| first_line_len(rest, node));
    let line_start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    Place {
        line: text[..offset].matches('\n').count() + 1,
        column: text[line_start..offset].chars().count() + 1,
        len: len.max(1),
    }
}

fn line_rest(text: &str, offset: usize) -> &str {
    text[offset..].lines().next().unwrap_or("")
}

/// The bytes of an anchor or tag, with the spaces behind it, when the value follows on the same line.
fn properties(line: &str) -> usize {
    if !line.starts_with(['&', '!']) {
        return 0;
    }
    let word = line.find(' ').unwrap_or(line.len());
    let value = line[word..].trim_start();
    if value.is_empty() { 0 } else { line.len() - value.len() }
}

/// How many characters of `line` belong to the node that starts it.
fn first_line_len(line: &str, node: &Node) -> usize {
    let to_comment = line.find(" #").map_or(line, |at| &line[..at]).trim_end();
    let shown = match line.chars().next() {
        None => "",
        Some(quote @ ('"' | '\'')) => quoted(line, quote),
        Some('[' | '{') => bracketed(line),
        Some(_) => match &node.kind {
            Kind::Scalar(scalar) if scalar.text.is_empty() => "",
            Kind::Scalar(scalar) => line.get(..scalar.text.len()).filter(|t| *t == scalar.text).unwrap_or(to_comment),
            _ => to_comment,
        },
    };
    shown.chars().count()
}

fn quoted(line: &str, quote: char) -> &str {
    let mut escaped = false;
    for (at, c) in line.char_indices().skip(1) {
        if !escaped && c == quote {
            return &line[..=at];
        }
        escaped = !escaped && quote == '"' && c == '\\';
    }
    line.trim_end()
}

fn bracketed(line: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in line.char_indices() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &line[..=at];
        }
    }
    line.trim_end()
}

/// The library's own message, taken apart.
struct Said<'m> {
    problem: &'m str,
    /// What it was doing, and from where.
    context: Option<(&'m str, Option<Place>)>,
}

impl<'m> Said<'m> {
    fn new(message: &'m str) -> Self {
        let (problem, context) = match message.split_once(", while ") {
            Some((problem, context)) => (problem, Some(context)),
            None => (message, None),
        };
        let problem = problem.split(" at line ").next().unwrap_or(problem);
        let context = context.map(|context| match context.split_once(" at line ") {
            Some((what, at)) => (what, Self::mark(at)),
            None => (context, None),
        });
        Self { problem: problem.split(" at position ").next().unwrap_or(problem), context }
    }

    /// Reads `4 column 11`.
    fn mark(text: &str) -> Option<Place> {
        let (line, column) = text.split_once(" column ")?;
        Some(Place { line: line.parse().ok()?, column: column.parse().ok()?, len: 1 })
    }
}

/// A diagnostic for a file that is not YAML. `message` is the library's, `offset` the byte it stopped at.
pub(super) fn explain(text: &str, message: &str, offset: Option<usize>) -> Diagnostic {
    let said = Said::new(message);
    if said.problem.contains("more than one document") {
        let second = second_document(text);
        return Diagnostic::error("an experiment file holds one YAML document, and a second one starts here")
            .place(second)
            .help("write one file for each experiment");
    }
    // The library gives no place for characters that it cannot even read.
    let offset = if said.problem.contains("control characters") { text.find(is_forbidden) } else { offset };
    let place = offset.map(|offset| place(text, offset, None));
    let stopped_at = place.and_then(|p| text.lines().nth(p.line - 1)?.chars().nth(p.column - 1));
    let line = place.and_then(|p| text.lines().nth(p.line - 1)).unwrap_or("");
    let mut diagnostic = Diagnostic::error(format!("not valid YAML: {}", said.problem)).place(place);
    match said.context {
        Some((what, Some(start))) if Some((start.line, start.column)) != place.map(|p| (p.line, p.column)) => {
            diagnostic = diagnostic.related(start, format!("while {what} that starts here"));
        }
        Some((what, _)) => diagnostic = diagnostic.label(format!("while {what}")),
        None => {}
    }
    match help(said.problem, stopped_at, line) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// Characters that YAML does not allow in a file.
fn is_forbidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}')) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// What most likely went wrong.
fn help(problem: &str, stopped_at: Option<char>, line: &str) -> Option<&'static str> {
    if stopped_at == Some('\t') || line.starts_with('\t') || line.trim_start_matches(' ').starts_with('\t') {
        return Some("indent with spaces: YAML allows no tabs there");
    }
    if problem.contains("alphabetic or numeric character") || problem.contains("unknown anchor") {
        return Some("a value that begins with `*` or `&` needs quotes, as in `\"*.ipc\"`");
    }
    if problem.contains("cannot start any token") {
        return Some("a value that begins with `@`, `%` or a backtick needs quotes");
    }
    if problem.contains("mapping values are not allowed") {
        return Some("check the indentation, and put a value that contains `: ` in quotes");
    }
    if problem.contains("expected ',' or") {
        return Some("close the bracket, or put a value that contains a comma, a bracket or a brace in quotes");
    }
    if problem.contains("end of stream") || problem.contains("quoted scalar") {
        return Some("close the quotes");
    }
    if problem.contains("expected key") || problem.contains("expected '-' indicator") {
        return Some("check the indentation: what belongs together starts in the same column");
    }
    if problem.contains("control characters") || problem.contains("UTF-8") {
        return Some("save the file as UTF-8 without control characters");
    }
    None
}

/// The second line that starts a document.
fn second_document(text: &str) -> Option<Place> {
    let mut content = false;
    for (number, line) in text.lines().enumerate() {
        let marker = line.starts_with("---");
        if marker && content {
            return Some(Place { line: number + 1, column: 1, len: 3 });
        }
        content |= marker || !(line.trim().is_empty() || line.starts_with(['#', '%']));
    }
    None
}
