//! The words of an expression.

use super::Malformed;

/// A word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A name or a keyword.
    Word(&'t str),
    /// A number with its unit, if it has one.
    Number(&'t str),
    /// What stands between quotes.
    Text(&'t str),
    /// An operator, a bracket or a comma.
    Sign(&'static str),
}

/// Longer ones first.
const SIGNS: [&str; 22] = [
    "==", "!=", "<=", ">=", "&&", "||", "//", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", "!", "−", "×",
];

/// Takes a text apart.
///
/// # Errors
/// The first character that belongs to nothing.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Malformed> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = if first.is_ascii_alphabetic() || first == '_' {
            let length = name_length(rest);
            (Token::Word(&rest[..length]), length)
        } else if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            let length = number_length(rest);
            (Token::Number(&rest[..length]), length)
        } else if first == '\'' || first == '"' {
            let end = rest[1..].find(first).ok_or_else(|| Malformed {
                reason: "a quote is never closed".to_owned(),
                help: "text stands in quotes, as in `wl == 'stream'`".to_owned(),
            })?;
            (Token::Text(&rest[1..=end]), end + 2)
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            (Token::Sign(sign), sign.len())
        } else {
            let reason = format!("`{}` means nothing here", first.escape_debug());
            let help = if first == '=' {
                "write `==` to compare"
            } else {
                "see `+ - * / // %`, comparisons, `and`, `or`, `not`, `in`"
            };
            return Err(Malformed { reason, help: help.to_owned() });
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// Letters, digits and `_`, with a `-` or `.` only in between.
fn name_length(text: &str) -> usize {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut length = 0;
    loop {
        length += text[length..].find(|c| !is_inside(c)).unwrap_or(text.len() - length);
        let mut rest = text[length..].chars();
        let joins = matches!(rest.next(), Some('-' | '.')) && rest.next().is_some_and(is_inside);
        if !joins {
            return length;
        }
        length += 1;
    }
}

/// Digits, then an exponent or a unit. A sign belongs to a number only behind an `e`.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_inside = |at: usize| {
        let byte = bytes[at];
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'_')
            || (matches!(byte, b'+' | b'-')
                && matches!(bytes[at - 1], b'e' | b'E')
                && bytes[..at - 1].iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'_'))
                && bytes.get(at + 1).is_some_and(u8::is_ascii_digit))
    };
    (1..bytes.len()).find(|&at| !is_inside(at)).unwrap_or(bytes.len())
}
