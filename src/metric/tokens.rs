//! The words of an expression.

use std::ops::Range;

use super::Malformed;

/// A word with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) what: What<'t>,
    pub(super) at: Range<usize>,
}

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What<'t> {
    /// A name without quotes.
    Word(&'t str),
    /// What stands between quotes.
    Quoted(&'t str),
    /// A parameter, without its `$`.
    Parameter(&'t str),
    /// A number with its unit, if it has one.
    Number(&'t str),
    /// An operator, a bracket or a comma.
    Sign(&'static str),
}

/// Longer ones first.
const SIGNS: [&str; 14] = ["==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "^", "(", ")", ","];

/// Takes a text apart.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Malformed> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = text.get(start..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(start..).unwrap_or_default();
        if first.is_whitespace() {
            start += first.len_utf8();
            continue;
        }
        let length = |is_part: fn(char) -> bool| rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let part = |range: Range<usize>| rest.get(range).unwrap_or_default();
        let (what, length) =
            if first.is_ascii_digit() || (first == '.' && part(1..2).starts_with(|c: char| c.is_ascii_digit())) {
                let length = number_length(rest);
                (What::Number(part(0..length)), length)
            } else if is_word(first) {
                let length = length(is_word);
                (What::Word(part(0..length)), length)
            } else if first == '$' {
                parameter(rest, start)?
            } else if matches!(first, '\'' | '"') {
                let Some(end) = part(1..rest.len()).find(first) else {
                    return Err(malformed("a quote is never closed", "close it with the same sign", start..text.len()));
                };
                if end == 0 {
                    return Err(malformed("there is nothing between the quotes", "name a stat", start..start + 2));
                }
                (What::Quoted(part(1..end + 1)), end + 2)
            } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
                (What::Sign(sign), sign.len())
            } else {
                let help = match first {
                    '=' => "to compare, write `==`",
                    '[' | ']' | '@' | '#' | '%' | '{' | '}' => "put the name of a stat that has such a sign in quotes",
                    _ => "operators are `+ - * / ^`, `== != < <= > >=` and brackets",
                };
                return Err(malformed(format!("`{first}` means nothing here"), help, start..start + first.len_utf8()));
            };
        tokens.push(Token { what, at: start..start + length });
        start += length;
    }
    Ok(tokens)
}

fn malformed(reason: impl Into<String>, help: impl Into<String>, at: Range<usize>) -> Malformed {
    Malformed { reason: reason.into(), help: help.into(), at }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':')
}

/// `$l2`, `$app.size`, or `${l1-size}` for a name with a sign in it.
fn parameter(rest: &str, start: usize) -> Result<(What<'_>, usize), Malformed> {
    let help = "a parameter is written `$l2`, or `${l1-size}` if there is a `-` in its name";
    let name = if let Some(braced) = rest.strip_prefix("${") {
        let Some(end) = braced.find('}') else {
            return Err(malformed("`${` is never closed", help, start..start + rest.len()));
        };
        (braced.get(..end).unwrap_or_default(), end + 3)
    } else {
        let name = rest.get(1..).unwrap_or_default();
        let end = name.find(|c: char| !is_word(c) || c == ':').unwrap_or(name.len());
        (name.get(..end).unwrap_or_default(), end + 1)
    };
    if name.0.is_empty() {
        return Err(malformed("a `$` has no name behind it", help, start..start + name.1));
    }
    Ok((What::Parameter(name.0), name.1))
}

/// Digits, a point, an exponent, and the letters of a unit.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = 0;
    while is_digit(at) || matches!(bytes.get(at), Some(b'_' | b'.')) {
        at += 1;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'-' | b'+')));
        if is_digit(at + 1 + sign) {
            at += 1 + sign;
            while is_digit(at) {
                at += 1;
            }
        }
    }
    while bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':')) {
        at += 1;
    }
    at
}
