//! Arithmetic and comparison of parameters: `${l1 * 8}`, `exclude: "l1 > l2"`.
//!
//! ```text
//! text ─ tokens ─▶ words ─ parse ─▶ tree ─ evaluate, with quantity ─▶ value or what is wrong with it
//! ```
//!
//! Numbers are fractions and keep their unit: `32KiB * 8` is `256KiB`, `2GHz / 2` is `1GHz`, and sizes, frequencies, times and
//! voltages of different units are compared by what they are. What has no sensible answer, such as a size plus a bare number, is
//! refused with the reason. Only a fraction that never ends is written with the digits that a double has.
//!
//! The awkward truth: a parameter's name may have a `-` in it, so `l1-l2` is a name. A minus has spaces around it.

mod evaluate;
mod minus;
mod parse;
mod quantity;
mod tokens;

pub(super) use evaluate::{Failure, is_true};
pub(super) use minus::{spaced, spaces_help};

/// A number with a unit, in the first unit of its kind: `2GHz` is so many hertz. None of what is none.
pub(super) fn magnitude(text: &str) -> Option<f64> {
    quantity::Quantity::of(&super::yaml::Scalar::text(text)).map(|quantity| quantity.magnitude())
}

/// An expression that was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expression {
    tree: Tree,
}

/// What is wrong with the text of an expression, as a phrase, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed {
    /// What.
    pub(super) reason: String,
    /// What to do.
    pub(super) help: String,
}

/// A node. Lists stand only behind `in` and as arguments.
#[derive(Debug, Clone, PartialEq)]
enum Tree {
    Name(String),
    Literal(super::value::Value),
    Not(Box<Self>),
    Minus(Box<Self>),
    Both(Operator, Box<(Self, Self)>),
    IsIn(Box<Self>, Vec<Self>),
    Call(Function, Vec<Self>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Over,
    Whole,
    Rest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Min,
    Max,
    Floor,
    Ceil,
    Log2,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, Malformed> {
        parse::parse(text).map(|tree| Self { tree })
    }

    /// Whether a word means something of its own.
    pub(super) fn is_word(name: &str) -> bool {
        matches!(name, "and" | "or" | "not" | "in" | "true" | "True" | "false" | "False" | "none" | "None" | "null")
    }

    /// The parameter that it is, if it is nothing but one.
    pub(super) fn lone_name(&self) -> Option<&str> {
        match &self.tree {
            Tree::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The names of all parameters in it.
    pub(super) fn names(&self) -> Vec<&str> {
        fn collect<'t>(tree: &'t Tree, into: &mut Vec<&'t str>) {
            match tree {
                Tree::Name(name) => into.push(name),
                Tree::Literal(_) => {}
                Tree::Not(inner) | Tree::Minus(inner) => collect(inner, into),
                Tree::Both(_, sides) => {
                    collect(&sides.0, into);
                    collect(&sides.1, into);
                }
                Tree::IsIn(item, items) => {
                    collect(item, into);
                    for item in items {
                        collect(item, into);
                    }
                }
                Tree::Call(_, items) => {
                    for item in items {
                        collect(item, into);
                    }
                }
            }
        }
        let mut names = Vec::new();
        collect(&self.tree, &mut names);
        names
    }
}
