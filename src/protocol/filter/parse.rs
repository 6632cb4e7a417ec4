//! From what was typed to terms, and to what is wrong with it.

use std::ops::Range;

use globset::Glob;

use super::facts::number;
use super::keys::{Key, key, keys};
use super::states;
use super::terms::{Compare, Like, Term, Test, Text};
use super::words::{Operator, Piece, Words};
use super::{NAMED, Problem, Vocabulary};
use crate::experiment::Parameter;
use crate::text;

/// What makes a glob of a value.
const GLOB_CHARACTERS: [char; 3] = ['*', '?', '['];

/// Reads a whole filter.
pub(super) fn parse(text: &str, vocabulary: &Vocabulary) -> (Vec<Term>, Vec<Problem>) {
    let mut words = Words::new(text, vocabulary);
    let (mut terms, mut problems) = (Vec::new(), Vec::new());
    while let Some((is_wanted, pieces)) = words.next_term() {
        match any(&pieces, vocabulary) {
            Ok(any) if any.is_empty() => {}
            Ok(any) => terms.push(Term { is_wanted, any }),
            Err(problem) => problems.push(problem),
        }
    }
    (terms, problems)
}

/// The alternatives of a term. What is not written to its end is none yet.
fn any(pieces: &[Piece], vocabulary: &Vocabulary) -> Result<Vec<Test>, Problem> {
    let mut tests = Vec::new();
    let mut before: Option<(Key, Operator)> = None;
    for piece in pieces {
        if let Some(word) = &piece.key {
            let wrong = || Problem { at: word.at.clone(), why: unknown(&word.name, vocabulary) };
            before = Some((key(&word.name, vocabulary).ok_or_else(wrong)?, word.operator));
        }
        // `l2=1MiB|2MiB` says the parameter once.
        let values = before.as_ref().filter(|(_, operator)| piece.key.is_some() || operator.takes_alternatives());
        let is_begun = piece.value.trim_start_matches(['<', '>', '=']).is_empty();
        if piece.key.is_none() && !piece.is_quoted && !is_begun && piece.value.starts_with(['<', '>', '=']) {
            let why = "what is compared stands in front of it without a space: `ipc>0.8`".to_owned();
            return Err(Problem { at: piece.at.clone(), why });
        }
        let name = piece.value.strip_prefix(NAMED).filter(|_| piece.key.is_none() && !piece.is_quoted);
        tests.extend(match (name, values) {
            (Some(name), _) => named(name, piece, vocabulary)?,
            (None, Some((key, operator))) => keyed(key, *operator, piece)?,
            (None, None) => plain(piece),
        });
    }
    Ok(tests)
}

/// What a filter means that was given a name. It may name others, but not itself, nor one that names it.
fn named(name: &str, piece: &Piece, vocabulary: &Vocabulary) -> Result<Option<Test>, Problem> {
    let wrong = |why: String| Problem { at: piece.at.clone(), why };
    let mut others = vocabulary.clone();
    let Some(text) = others.named.remove(name) else {
        let names = || others.named.keys().map(String::as_str);
        // What somebody is about to write to its end is told as it goes on.
        let begun = names().find(|known| known.starts_with(name)).or_else(|| text::nearest(name, names()));
        return Err(wrong(match begun {
            Some(nearest) => format!("no filter is called `@{name}`; did you mean `@{nearest}`?"),
            None => format!("no filter is called `@{name}`; in quotes it is text"),
        }));
    };
    let (terms, problems) = parse(&text, &others);
    match problems.into_iter().next() {
        Some(problem) => Err(wrong(format!("`@{name}` is `{text}`: {}", problem.why))),
        None => Ok(Some(Test::All(terms))),
    }
}

/// What a word means by itself.
fn plain(piece: &Piece) -> Option<Test> {
    if piece.value == "not ok" && !piece.is_quoted {
        return states::of_header("failed").map(|state| Test::State(state, true));
    }
    let state = states::of_header(&piece.value).filter(|_| !piece.is_quoted);
    match state {
        Some(state) => Some(Test::State(state, true)),
        None => (!piece.value.is_empty()).then(|| Test::Text(Text::new(&piece.value))),
    }
}

fn keyed(key: &Key, operator: Operator, piece: &Piece) -> Result<Option<Test>, Problem> {
    let value = piece.value.as_str();
    if value.is_empty() && !piece.is_quoted {
        return Ok(None);
    }
    let wrong = |at: &Range<usize>, why: String| Problem { at: at.clone(), why };
    let test = match (key, operator.compare()) {
        (Key::Is, Some(_)) => return Err(wrong(&piece.at, "a state is asked for as `is:failed`".to_owned())),
        (Key::Is, None) => {
            let unknown = || wrong(&piece.value_at, no_state(value));
            Test::State(states::state(value).ok_or_else(unknown)?, operator != Operator::Not)
        }
        (Key::Text(_), Some(_)) => {
            return Err(wrong(&piece.at, "a text is asked for as `name:part` or `name=whole`".to_owned()));
        }
        (Key::Text(fact), None) => Test::Fact(*fact, like(operator, piece)?, operator != Operator::Not),
        (Key::Parameter(name), Some(compare)) => {
            let magnitude = Parameter::text("", value).value.magnitude();
            let unknown = || wrong(&piece.value_at, format!("`{value}` is no number or size"));
            Test::Magnitude(name.clone(), compare, magnitude.ok_or_else(unknown)?)
        }
        (Key::Parameter(name), None) => {
            // A value is meant as a whole, also behind `:`.
            let operator = if operator == Operator::Has { Operator::Is } else { operator };
            Test::Parameter(name.clone(), like(operator, piece)?, operator != Operator::Not)
        }
        (Key::Stat(at), compare) => {
            let unknown = || wrong(&piece.value_at, format!("`{value}` is no number"));
            Test::Stat(*at, compare.unwrap_or(operator.as_compare()), scaled(value).ok_or_else(unknown)?)
        }
        (Key::Figure(figure), compare) => {
            let number = figure.read(value).map_err(|why| wrong(&piece.value_at, why))?;
            Test::Figure(*figure, compare.unwrap_or(operator.as_compare()), number)
        }
    };
    Ok(Some(test))
}

fn like(operator: Operator, piece: &Piece) -> Result<Like, Problem> {
    let value = piece.value.as_str();
    if value.contains(GLOB_CHARACTERS) && !piece.is_quoted {
        let glob = Glob::new(value);
        let wrong = |error: globset::Error| {
            let why = format!("`{value}` is not a glob: {}", error.kind());
            Problem { at: piece.value_at.clone(), why }
        };
        return Ok(Like::Glob(Box::new(glob.map_err(wrong)?.compile_matcher())));
    }
    let text = Text::new(value);
    Ok(if operator == Operator::Has { Like::Has(text) } else { Like::Is(text) })
}

/// A number as the columns of stats show it: `0.8`, `10G`, `50%`.
fn scaled(text: &str) -> Option<f64> {
    let factor = match text.chars().last()? {
        'k' | 'K' => 1e3,
        'M' => 1e6,
        'G' => 1e9,
        'T' => 1e12,
        '%' => 0.01,
        _ => return number(text),
    };
    number(text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%')).map(|number| number * factor)
}

fn unknown(name: &str, vocabulary: &Vocabulary) -> String {
    match text::nearest(name, keys(vocabulary)) {
        Some(nearest) => format!("nothing is called `{name}`; did you mean `{nearest}`?"),
        None => format!("no parameter, stat or fact is called `{name}`; in quotes it is text"),
    }
}

fn no_state(value: &str) -> String {
    // What somebody is about to write to its end is told as it goes on.
    let begins = |word: &&str| word.starts_with(&value.to_ascii_lowercase());
    let words = || states::words().map(|(word, _)| word);
    match words().find(begins).or_else(|| text::nearest(value, words())) {
        Some(nearest) => format!("no state `{value}`; did you mean `{nearest}`?"),
        None => format!("no state is called `{value}`; tab lists them"),
    }
}

impl Operator {
    /// How numbers are compared, if that is all that it can mean.
    fn compare(self) -> Option<Compare> {
        match self {
            Self::Less => Some(Compare::Less),
            Self::LessOrEqual => Some(Compare::LessOrEqual),
            Self::GreaterOrEqual => Some(Compare::GreaterOrEqual),
            Self::Greater => Some(Compare::Greater),
            Self::Has | Self::Is | Self::Not => None,
        }
    }

    /// How numbers are compared.
    fn as_compare(self) -> Compare {
        self.compare().unwrap_or(if self == Self::Not { Compare::NotEqual } else { Compare::Equal })
    }

    fn takes_alternatives(self) -> bool {
        self.compare().is_none()
    }
}
