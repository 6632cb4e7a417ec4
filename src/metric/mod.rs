//! The language of metrics: `1000 * sum('*.l2*.overallMisses::total') / simInsts`.
//!
//! ```text
//! text ─ tokens ─▶ words ─ parse ─▶ tree ─ check, with its neighbours ─▶ metrics ─ evaluate ─▶ a number with its unit, or why there is none
//! ```
//!
//! A metric is made of stats, parameters of the sweep (`$l2`), figures of the host and other metrics. What it is evaluated over is a
//! [`Source`]: one dump of one simulation, or several simulations that stand for one. Units come from gem5's own lines and are
//! carried along, because they decide how numbers may be combined. Pure.
//!
//! The awkward truth: a name that a dump does not have may be zero, because gem5 leaves out what is zero and says so nowhere in
//! the file. It is [`Missing::Absent`] here and never 0; who knows better says `absent: 0`.

mod check;
mod evaluate;
mod parse;
mod tokens;
mod told;
mod unit;

use std::ops::Range;

pub use check::{Metric, Metrics, MetricsError};
pub use evaluate::{Evaluated, Missing, Quantity, Source, finite};
pub use unit::Unit;

/// An expression that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    tree: Tree,
}

/// What is wrong with the text of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// What, as a phrase that follows the text.
    pub reason: String,
    /// What to do about it.
    pub help: String,
    /// Where in the text, in bytes.
    pub at: Range<usize>,
}

/// A part of an expression, with its place in the text.
#[derive(Debug, Clone, PartialEq)]
struct Tree {
    at: Range<usize>,
    node: Node,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Number(f64, Unit),
    /// A word without quotes: another metric, a figure of the host, or a stat.
    Word(String),
    /// A stat in quotes: a name, or a glob that matches one.
    Stat(String),
    Parameter(String),
    Minus(Box<Tree>),
    Both(Operator, Box<(Tree, Tree)>),
    If(Box<[Tree; 3]>),
    Call(Function, Vec<Tree>),
    Reduce(Reducer, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Plus,
    Minus,
    Times,
    Over,
    Power,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Log2,
    Sqrt,
    Abs,
    Min,
    Max,
}

/// What makes one number of all stats that a glob matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reducer {
    /// Their sum.
    Sum,
    /// Their arithmetic mean.
    Mean,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// How many there are.
    Count,
}

impl Reducer {
    /// Its name in an expression.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Min => "min",
            Self::Max => "max",
            Self::Count => "count",
        }
    }
}

/// A figure of the attempt that is in no dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Figure {
    /// Wall-clock seconds without pauses.
    Elapsed,
    /// Largest resident memory, bytes.
    MaxRss,
    /// How many attempts there were.
    Attempts,
    /// Simulated instructions for each second of [`Figure::Elapsed`].
    HostRate,
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Elapsed, Self::MaxRss, Self::Attempts, Self::HostRate];

    /// Its name in an expression.
    pub fn word(self) -> &'static str {
        match self {
            Self::Elapsed => "elapsed",
            Self::MaxRss => "max_rss",
            Self::Attempts => "attempts",
            Self::HostRate => "host_rate",
        }
    }

    fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|figure| figure.word() == word)
    }
}

/// Whether a text can be the name of a metric: a word that an expression can have without quotes, and that means nothing else.
pub fn is_name(text: &str) -> bool {
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_word && Figure::of(text).is_none() && !parse::is_function(text)
}

/// Whether the text is a glob and not the name of one stat.
pub fn is_glob(text: &str) -> bool {
    text.contains(['*', '?'])
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// The first thing that is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        parse::parse(text).map(|tree| Self { tree })
    }

    /// The stat that a name or a glob means, which must match one.
    pub fn stat(glob: &str) -> Self {
        Self { tree: Tree { at: 0..glob.len(), node: Node::Stat(glob.to_owned()) } }
    }

    /// The names of parameters in it, each with its place in the text.
    pub fn parameters(&self) -> Vec<(&str, Range<usize>)> {
        let mut found = Vec::new();
        self.tree.walk(&mut |tree| {
            if let Node::Parameter(name) = &tree.node {
                found.push((name.as_str(), tree.at.clone()));
            }
        });
        found
    }

    /// The words without quotes that stand for no figure of the host, each with its place.
    fn words(&self) -> Vec<(&str, Range<usize>)> {
        let mut found = Vec::new();
        self.tree.walk(&mut |tree| {
            if let Node::Word(name) = &tree.node
                && Figure::of(name).is_none()
            {
                found.push((name.as_str(), tree.at.clone()));
            }
        });
        found
    }

    /// The names and globs of stats that stand in quotes or in a reducer.
    fn quoted(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.tree.walk(&mut |tree| match &tree.node {
            Node::Stat(glob) | Node::Reduce(_, glob) => found.push(glob.as_str()),
            _ => {}
        });
        found
    }
}

impl Tree {
    fn walk<'t>(&'t self, see: &mut dyn FnMut(&'t Self)) {
        see(self);
        match &self.node {
            Node::Number(..) | Node::Word(_) | Node::Stat(_) | Node::Parameter(_) | Node::Reduce(..) => {}
            Node::Minus(inner) => inner.walk(see),
            Node::Both(_, sides) => {
                sides.0.walk(see);
                sides.1.walk(see);
            }
            Node::If(parts) => parts.iter().for_each(|part| part.walk(see)),
            Node::Call(_, items) => items.iter().for_each(|item| item.walk(see)),
        }
    }
}
