//! From words to a tree: `or`, `and`, `not`, comparison, sum, product, minus, from loose to tight.

use super::tokens::{Token, tokens};
use super::{Function, Malformed, Operator, Tree};
use crate::experiment::value::Value;
use crate::experiment::yaml::{self, Scalar, ScalarKind};

/// Brackets in brackets. Nobody writes more.
const MAX_DEPTH: u32 = 32;
/// Words of one expression: each point of a sweep looks at all of them.
const MAX_TOKENS: usize = 500;

pub(super) fn parse(text: &str) -> Result<Tree, Malformed> {
    let tokens = tokens(text)?;
    if tokens.len() > MAX_TOKENS {
        return Err(malformed(format!("it has more than {MAX_TOKENS} words"), "name parts of it under `with`"));
    }
    let mut parser = Parser { tokens: &tokens, next: 0, depth: 0 };
    let tree = parser.either()?;
    match parser.peek() {
        None => Ok(tree),
        Some(Token::Word(word)) if parser.follows_minus_in_name() => Err(malformed(
            format!("`{word}` stands where an operator should"),
            "write spaces around a minus, because names may have one",
        )),
        Some(token) => Err(malformed(format!("`{}` stands where an operator should", shown(token)), OPERATORS)),
    }
}

const OPERATORS: &str = "operators are `+ - * / // %`, `== != < <= > >=`, `and`, `or`, `not` and `in`";

fn malformed(reason: impl Into<String>, help: impl Into<String>) -> Malformed {
    Malformed { reason: reason.into(), help: help.into() }
}

fn shown(token: Token<'_>) -> &str {
    match token {
        Token::Word(text) | Token::Number(text) | Token::Text(text) | Token::Sign(text) => text,
    }
}

struct Parser<'t> {
    tokens: &'t [Token<'t>],
    next: usize,
    depth: u32,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.next).copied()
    }

    fn follows_minus_in_name(&self) -> bool {
        matches!(self.next.checked_sub(1).map(|last| self.tokens[last]), Some(Token::Word(word)) if word.contains('-'))
    }

    /// Takes the next word if it is one of `words`.
    fn take(&mut self, words: &[&str]) -> Option<&'t str> {
        let (Token::Word(word) | Token::Sign(word)) = self.peek()? else { return None };
        if !words.contains(&word) {
            return None;
        }
        self.next += 1;
        Some(word)
    }

    fn either(&mut self) -> Result<Tree, Malformed> {
        self.chain(&[("or", Operator::Or), ("||", Operator::Or)], Self::all)
    }

    fn all(&mut self) -> Result<Tree, Malformed> {
        self.chain(&[("and", Operator::And), ("&&", Operator::And)], Self::negated)
    }

    fn negated(&mut self) -> Result<Tree, Malformed> {
        if self.take(&["not", "!"]).is_some() {
            return Ok(Tree::Not(Box::new(self.deeper(Self::negated)?)));
        }
        self.compared()
    }

    fn compared(&mut self) -> Result<Tree, Malformed> {
        const COMPARISONS: [(&str, Operator); 6] = [
            ("==", Operator::Equal),
            ("!=", Operator::Unequal),
            ("<", Operator::Less),
            ("<=", Operator::LessOrEqual),
            (">", Operator::Greater),
            (">=", Operator::GreaterOrEqual),
        ];
        let mut left = self.sum()?;
        // `a < b < c` is `a < b and b < c`, as in Python and in no other sense.
        let mut before: Option<Tree> = None;
        loop {
            let next = if let Some(sign) = self.take(&COMPARISONS.map(|(sign, _)| sign)) {
                let right = self.sum()?;
                let operator = COMPARISONS.iter().find(|(known, _)| *known == sign).map(|(_, operator)| *operator);
                let operator = operator.unwrap_or(Operator::Equal);
                let one = Tree::Both(operator, Box::new((left, right.clone())));
                left = right;
                one
            } else if self.take(&["in"]).is_some() {
                let items = self.list()?;
                Tree::IsIn(Box::new(left.clone()), items)
            } else if matches!(self.peek(), Some(Token::Word("not")))
                && matches!(self.tokens.get(self.next + 1), Some(Token::Word("in")))
            {
                self.next += 2;
                let items = self.list()?;
                Tree::Not(Box::new(Tree::IsIn(Box::new(left.clone()), items)))
            } else {
                return Ok(before.unwrap_or(left));
            };
            before = Some(match before {
                None => next,
                Some(earlier) => Tree::Both(Operator::And, Box::new((earlier, next))),
            });
        }
    }

    fn sum(&mut self) -> Result<Tree, Malformed> {
        self.chain(&[("+", Operator::Plus), ("-", Operator::Minus), ("−", Operator::Minus)], Self::product)
    }

    fn product(&mut self) -> Result<Tree, Malformed> {
        let operators = [
            ("*", Operator::Times),
            ("×", Operator::Times),
            ("/", Operator::Over),
            ("//", Operator::Whole),
            ("%", Operator::Rest),
        ];
        self.chain(&operators, Self::signed)
    }

    fn signed(&mut self) -> Result<Tree, Malformed> {
        if self.take(&["-", "−"]).is_some() {
            return Ok(Tree::Minus(Box::new(self.deeper(Self::signed)?)));
        }
        self.single()
    }

    fn single(&mut self) -> Result<Tree, Malformed> {
        let Some(token) = self.peek() else {
            return Err(malformed(
                "it ends where a value should stand",
                "write a parameter, a number or a text in quotes",
            ));
        };
        self.next += 1;
        match token {
            Token::Number(text) => Ok(Tree::Literal(Value::One(number(text)?))),
            Token::Text(text) => Ok(Tree::Literal(Value::text(text))),
            Token::Sign("(") => {
                let inner = self.deeper(Self::either)?;
                self.close(")")?;
                Ok(inner)
            }
            Token::Word("true" | "True") => Ok(truth(true)),
            Token::Word("false" | "False") => Ok(truth(false)),
            Token::Word("none" | "None" | "null") => Ok(Tree::Literal(Value::absent())),
            Token::Word(word) if self.peek() == Some(Token::Sign("(")) => {
                let function = function(word)?;
                self.next += 1;
                let items = self.items(")")?;
                check_count(word, function, items.len())?;
                Ok(Tree::Call(function, items))
            }
            Token::Word(word) if matches!(word, "and" | "or" | "not" | "in") => {
                Err(malformed(format!("`{word}` stands where a value should"), OPERATORS))
            }
            Token::Word(word) => Ok(Tree::Name(word.to_owned())),
            Token::Sign(sign) => Err(malformed(format!("`{sign}` stands where a value should"), OPERATORS)),
        }
    }

    /// What stands behind `in`.
    fn list(&mut self) -> Result<Vec<Tree>, Malformed> {
        match self.take(&["[", "("]) {
            Some("[") => self.items("]"),
            Some(_) => self.items(")"),
            None => Err(malformed("`in` has no list", "write `wl in ['stream', 'chase']`")),
        }
    }

    fn items(&mut self, end: &'static str) -> Result<Vec<Tree>, Malformed> {
        let mut items = Vec::new();
        while self.take(&[end]).is_none() {
            if !items.is_empty() && self.take(&[","]).is_none() {
                return Err(malformed("a bracket is never closed", format!("write `{end}` where it ends")));
            }
            items.push(self.deeper(Self::either)?);
        }
        Ok(items)
    }

    fn close(&mut self, end: &'static str) -> Result<(), Malformed> {
        let help = format!("write `{end}` where it ends");
        self.take(&[end]).map(|_| ()).ok_or_else(|| malformed("a bracket is never closed", help))
    }

    /// Operands with operators of one strength in between, from left to right.
    fn chain(
        &mut self,
        operators: &[(&str, Operator)],
        operand: fn(&mut Self) -> Result<Tree, Malformed>,
    ) -> Result<Tree, Malformed> {
        let mut tree = operand(self)?;
        loop {
            let words: Vec<&str> = operators.iter().map(|(word, _)| *word).collect();
            let Some(word) = self.take(&words) else { return Ok(tree) };
            let right = operand(self)?;
            for (_, operator) in operators.iter().filter(|(known, _)| *known == word) {
                tree = Tree::Both(*operator, Box::new((tree, right.clone())));
            }
        }
    }

    fn deeper(&mut self, read: fn(&mut Self) -> Result<Tree, Malformed>) -> Result<Tree, Malformed> {
        if self.depth >= MAX_DEPTH {
            return Err(malformed("it has too many brackets in brackets", "name parts of it under `with`"));
        }
        self.depth += 1;
        let tree = read(self);
        self.depth -= 1;
        tree
    }
}

fn truth(value: bool) -> Tree {
    Tree::Literal(Value::One(Scalar { kind: ScalarKind::Bool(value), text: value.to_string() }))
}

/// A number means what it means in YAML; one with a unit is text there.
fn number(text: &str) -> Result<Scalar, Malformed> {
    let scalar = yaml::plain(text);
    if scalar.kind == ScalarKind::Text && super::quantity::Quantity::of(&scalar).is_none() {
        let help = "a number is written like `8`, `0.5`, `1e9` or `256KiB`, a text in quotes";
        return Err(malformed(format!("`{text}` is no number"), help));
    }
    Ok(scalar)
}

const FUNCTIONS: [(&str, Function); 5] = [
    ("min", Function::Min),
    ("max", Function::Max),
    ("floor", Function::Floor),
    ("ceil", Function::Ceil),
    ("log2", Function::Log2),
];

fn function(word: &str) -> Result<Function, Malformed> {
    let known = FUNCTIONS.iter().find(|(name, _)| *name == word);
    known.map(|(_, function)| *function).ok_or_else(|| {
        let names = FUNCTIONS.map(|(name, _)| format!("`{name}`"));
        malformed(format!("there is no function `{word}`"), format!("there are {}", names.join(", ")))
    })
}

fn check_count(word: &str, function: Function, count: usize) -> Result<(), Malformed> {
    let (fits, wanted) = match function {
        Function::Min | Function::Max => (count >= 1, "at least one value"),
        Function::Floor | Function::Ceil | Function::Log2 => (count == 1, "one value"),
    };
    if fits { Ok(()) } else { Err(malformed(format!("`{word}` is given {count} values"), format!("give it {wanted}"))) }
}
