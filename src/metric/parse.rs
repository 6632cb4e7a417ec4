//! From words to a tree, by the strength of operators: comparison, sum, product, minus, power, from loose to tight.

use std::ops::Range;

use super::tokens::{Token, What, tokens};
use super::{Function, Malformed, Node, Operator, Reducer, Tree, Unit};
use crate::text::nearest;

/// Brackets in brackets. Nobody writes more.
const MAX_DEPTH: u32 = 32;
/// Words of one expression: each simulation looks at all of them.
const MAX_TOKENS: usize = 500;

/// What may be applied to a list in brackets, without the reducers.
const FUNCTIONS: [(&str, Function); 5] = [
    ("log2", Function::Log2),
    ("sqrt", Function::Sqrt),
    ("abs", Function::Abs),
    ("min", Function::Min),
    ("max", Function::Max),
];

const REDUCERS: [Reducer; 5] = [Reducer::Sum, Reducer::Mean, Reducer::Min, Reducer::Max, Reducer::Count];

/// Whether the word is the name of something that takes a list in brackets.
pub(super) fn is_function(word: &str) -> bool {
    functions().any(|known| known == word)
}

fn functions() -> impl Iterator<Item = &'static str> {
    let reducers = REDUCERS.into_iter().map(Reducer::word);
    reducers.chain(["if", "log2", "sqrt", "abs"])
}

pub(super) fn parse(text: &str) -> Result<Tree, Malformed> {
    let tokens = tokens(text)?;
    if tokens.len() > MAX_TOKENS {
        return Err(malformed(
            format!("it has more than {MAX_TOKENS} words"),
            "make parts of it metrics of their own",
            0..text.len(),
        ));
    }
    let mut parser = Parser { tokens: &tokens, next: 0, depth: 0, end: text.len() };
    let tree = parser.expression(0)?;
    match parser.peek() {
        None => Ok(tree),
        Some(token) => Err(Parser::unexpected(token)),
    }
}

fn malformed(reason: impl Into<String>, help: impl Into<String>, at: Range<usize>) -> Malformed {
    Malformed { reason: reason.into(), help: help.into(), at }
}

struct Parser<'t> {
    tokens: &'t [Token<'t>],
    next: usize,
    depth: u32,
    /// The length of the text.
    end: usize,
}

/// An operator between two operands: how strongly it holds the left one and the right one.
fn infix(sign: &str) -> Option<(Operator, u8, u8)> {
    Some(match sign {
        "==" => (Operator::Equal, 1, 2),
        "!=" => (Operator::Unequal, 1, 2),
        "<" => (Operator::Less, 1, 2),
        "<=" => (Operator::LessOrEqual, 1, 2),
        ">" => (Operator::Greater, 1, 2),
        ">=" => (Operator::GreaterOrEqual, 1, 2),
        "+" => (Operator::Plus, 3, 4),
        "-" => (Operator::Minus, 3, 4),
        "*" => (Operator::Times, 5, 6),
        "/" => (Operator::Over, 5, 6),
        // To the right: 2^3^2 is 2^9.
        "^" => (Operator::Power, 10, 9),
        _ => return None,
    })
}

/// How strongly a minus in front of something holds it: `-2^2` is -4.
const MINUS: u8 = 7;

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Token<'t>> {
        self.tokens.get(self.next)
    }

    fn take_sign(&mut self, sign: &str) -> Option<&'t Token<'t>> {
        let token = self.peek().filter(|token| matches!(token.what, What::Sign(known) if known == sign))?;
        self.next += 1;
        Some(token)
    }

    fn unexpected(token: &Token<'t>) -> Malformed {
        let (shown, help) = match token.what {
            What::Word(text) | What::Number(text) => (
                text.to_owned(),
                "write an operator before it; a name with other signs than letters, digits, `_`, `.` and `:` needs quotes",
            ),
            What::Quoted(text) => (text.to_owned(), "write an operator before it"),
            What::Parameter(name) => (format!("${name}"), "write an operator before it"),
            What::Sign(sign) => (sign.to_owned(), "operators are `+ - * / ^` and `== != < <= > >=`"),
        };
        malformed(format!("`{shown}` stands where an operator should"), help, token.at.clone())
    }

    /// Operands with operators that hold at least as strongly as `least`.
    fn expression(&mut self, least: u8) -> Result<Tree, Malformed> {
        let mut left = self.operand()?;
        let mut compared = false;
        while let Some(Token { what: What::Sign(sign), at }) = self.peek()
            && let Some((operator, before, behind)) = infix(sign)
            && before >= least
        {
            if before == 1 && std::mem::replace(&mut compared, true) {
                return Err(malformed("two comparisons stand in a row", "write `if(a < b, b < c, 0)`", at.clone()));
            }
            self.next += 1;
            let right = self.deeper(|parser| parser.expression(behind))?;
            let at = left.at.start..right.at.end;
            left = Tree { at, node: Node::Both(operator, Box::new((left, right))) };
        }
        Ok(left)
    }

    fn operand(&mut self) -> Result<Tree, Malformed> {
        let Some(token) = self.peek() else {
            let help = "write a stat, a number, `$parameter` or another metric";
            return Err(malformed("it ends where a value should stand", help, self.end.saturating_sub(1)..self.end));
        };
        self.next += 1;
        let at = token.at.clone();
        let node = match token.what {
            What::Number(text) => {
                let (number, unit) = number(text, &at)?;
                Node::Number(number, unit)
            }
            What::Quoted(text) => Node::Stat(text.to_owned()),
            What::Parameter(name) => Node::Parameter(name.to_owned()),
            What::Sign("-") => {
                let inner = self.deeper(|parser| parser.expression(MINUS))?;
                let at = at.start..inner.at.end;
                return Ok(Tree { at, node: Node::Minus(Box::new(inner)) });
            }
            What::Sign("(") => {
                let inner = self.deeper(|parser| parser.expression(0))?;
                let end = self.close(&at)?;
                return Ok(Tree { at: at.start..end, node: inner.node });
            }
            What::Sign(sign) => {
                let help = "write a stat, a number, `$parameter` or another metric";
                return Err(malformed(format!("`{sign}` stands where a value should"), help, at));
            }
            What::Word(word) => match self.take_sign("(") {
                Some(open) => return self.call(word, at, open.at.clone()),
                None => Node::Word(word.to_owned()),
            },
        };
        Ok(Tree { at, node })
    }

    /// What stands behind the name of a function and its bracket.
    fn call(&mut self, word: &str, name: Range<usize>, open: Range<usize>) -> Result<Tree, Malformed> {
        if !is_function(word) {
            let help = match nearest(word, functions()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "there are {}",
                    functions().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ")
                ),
            };
            return Err(malformed(format!("there is no function `{word}`"), help, name));
        }
        let mut items = Vec::new();
        let end = loop {
            if let Some(closed) = self.take_sign(")") {
                break closed.at.end;
            }
            if !items.is_empty() && self.take_sign(",").is_none() {
                break self.close(&open)?;
            }
            items.push(self.deeper(|parser| parser.expression(0))?);
        };
        let at = name.start..end;
        let node = Self::applied(word, items, &at)?;
        Ok(Tree { at, node })
    }

    fn applied(word: &str, items: Vec<Tree>, at: &Range<usize>) -> Result<Node, Malformed> {
        let count = items.len();
        let wrong =
            |help: &str| Err(malformed(format!("`{word}` is given {}", values(count)), help.to_owned(), at.clone()));
        if word == "if" {
            return match <[Tree; 3]>::try_from(items) {
                Ok(parts) => Ok(Node::If(Box::new(parts))),
                Err(_) => wrong("give it three: a condition, what holds if it is true, and what else"),
            };
        }
        if let Some(reducer) = REDUCERS.into_iter().find(|reducer| reducer.word() == word) {
            let is_over_stats = !matches!(reducer, Reducer::Min | Reducer::Max) || count == 1;
            if is_over_stats {
                return match items.as_slice() {
                    [Tree { node: Node::Stat(glob) | Node::Word(glob), .. }] => Ok(Node::Reduce(reducer, glob.clone())),
                    _ => wrong(&format!("give it the stats as one glob in quotes, as in `{word}('*.numCycles')`")),
                };
            }
        }
        let function = FUNCTIONS.iter().find(|(name, _)| *name == word).map(|(_, function)| *function);
        match function {
            Some(function @ (Function::Log2 | Function::Sqrt | Function::Abs)) if count == 1 => {
                Ok(Node::Call(function, items))
            }
            Some(function @ (Function::Min | Function::Max)) if count > 1 => Ok(Node::Call(function, items)),
            Some(Function::Min | Function::Max) => wrong("give it several values, or one glob in quotes"),
            _ => wrong("give it one"),
        }
    }

    fn close(&mut self, open: &Range<usize>) -> Result<usize, Malformed> {
        match (self.take_sign(")"), self.peek()) {
            (Some(closed), _) => Ok(closed.at.end),
            (None, Some(token)) => Err(Self::unexpected(token)),
            (None, None) => Err(malformed("a bracket is never closed", "write `)` where it ends", open.clone())),
        }
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Malformed>) -> Result<T, Malformed> {
        if self.depth >= MAX_DEPTH {
            let at = self.peek().map_or(0..self.end, |token| token.at.clone());
            return Err(malformed("it has too many brackets in brackets", "make parts of it metrics of their own", at));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }
}

fn values(count: usize) -> String {
    match count {
        0 => "nothing".to_owned(),
        1 => "one value".to_owned(),
        count => format!("{count} values"),
    }
}

/// Sizes that can be written; gem5's own words.
const SIZES: [(&str, f64); 9] = [
    ("B", 1.0),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
];

fn number(text: &str, at: &Range<usize>) -> Result<(f64, Unit), Malformed> {
    let wrong = || {
        let help =
            "a number is written like `8`, `0.5`, `1e6` or `32KiB`; a name that begins with a digit needs quotes";
        malformed(format!("`{text}` is no number"), help, at.clone())
    };
    let size = SIZES.into_iter().filter(|(unit, _)| text.ends_with(unit)).max_by_key(|(unit, _)| unit.len());
    let (digits, factor, unit) = match size {
        Some((unit, factor)) => (text.get(..text.len() - unit.len()).unwrap_or_default(), factor, Unit::of("Byte")),
        None => (text, 1.0, Unit::none()),
    };
    let plain: String = digits.chars().filter(|c| *c != '_').collect();
    let is_decimal = plain.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    let value: f64 = plain.parse().ok().filter(|value: &f64| is_decimal && value.is_finite()).ok_or_else(wrong)?;
    Ok((value * factor, unit))
}
