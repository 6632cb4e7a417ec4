//! What is found wrong while a file is read: by node, not yet by line and column.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::secret;
use super::yaml::{Document, NodeId, brief};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::text::human;

/// Diagnostics that are shown. A person mends the first few and runs again.
pub const MAX_SHOWN: usize = 50;
/// Problems for which the nearest word is looked for. Later ones are hardly ever shown.
const MAX_SUGGESTED: usize = 2 * MAX_SHOWN;
/// Problems that are kept before sorting. A sweep can repeat one mistake ten thousand times.
const MAX_KEPT: usize = 1000;

/// One problem.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Problem {
    severity: Severity,
    at: Option<NodeId>,
    /// The text of the node, and the part of it that is meant, in bytes.
    part: Option<(String, Range<usize>)>,
    message: String,
    label: Option<String>,
    related: Vec<(NodeId, String)>,
    help: Option<String>,
    /// The simulation that it was first seen in, and how many others make the same mistake.
    whose: Option<(String, usize)>,
}

/// "`soon` cannot be the value of `timeout`".
pub(super) fn bad_value(key: &str, text: &str, reason: &str, at: NodeId) -> Problem {
    Problem::error(at, format!("`{}` cannot be the value of `{key}`", brief(text))).help(reason)
}

impl Problem {
    /// An error at a node, or about the file as a whole.
    pub(super) fn error(at: impl Into<Option<NodeId>>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            at: at.into(),
            part: None,
            message: message.into(),
            label: None,
            related: Vec::new(),
            help: None,
            whose: None,
        }
    }

    /// A warning at a node.
    pub(super) fn warning(at: impl Into<Option<NodeId>>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(at, message) }
    }

    /// That it is about a part of the node, whose text is `text`; the part is told in bytes.
    pub(super) fn part(mut self, text: &str, part: Range<usize>) -> Self {
        self.part = Some((text.to_owned(), part));
        self
    }

    /// Why, beside the caret.
    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Another place.
    pub(super) fn related(mut self, at: NodeId, label: impl Into<String>) -> Self {
        self.related.push((at, label.into()));
        self
    }

    /// What to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What to do, if there is something.
    pub(super) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }
}

/// All that was found so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Problems {
    kept: Vec<Problem>,
    /// What was said of a node.
    seen: HashSet<(Option<NodeId>, String)>,
    /// What was said of a node for one of many simulations: the kept problem, or none when it was dropped.
    once: HashMap<(NodeId, &'static str), Option<usize>>,
    dropped: usize,
    errors: usize,
}

impl Problems {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether nothing was said of these nodes.
    pub(super) fn is_silent_about(&self, mut nodes: impl Iterator<Item = NodeId>) -> bool {
        nodes.all(|node| !self.kept.iter().any(|problem| problem.at == Some(node)))
    }

    /// Adds one, unless the same was said of the same node before.
    pub(super) fn push(&mut self, problem: Problem) {
        self.errors += usize::from(problem.severity == Severity::Error);
        if self.kept.len() >= MAX_KEPT {
            self.dropped += 1;
        } else if self.seen.insert((problem.at, problem.message.clone())) {
            self.kept.push(problem);
        }
    }

    /// Adds a problem of one simulation, `whose` name is given if it is one of many. A mistake that many make is told once:
    /// the first one is shown, the others are counted. `what` tells the mistake from others at the same node.
    pub(super) fn once(
        &mut self,
        at: NodeId,
        what: &'static str,
        whose: Option<&str>,
        problem: impl FnOnce() -> Problem,
    ) {
        let Some(whose) = whose else { return self.push(problem()) };
        if let Some(&first) = self.once.get(&(at, what)) {
            if let Some(problem) = first.and_then(|first| self.kept.get_mut(first)) {
                self.errors += usize::from(problem.severity == Severity::Error);
                if let Some((_, others)) = &mut problem.whose {
                    *others += 1;
                }
            }
            return;
        }
        let number = self.kept.len();
        self.push(Problem { whose: Some((whose.to_owned(), 0)), ..problem() });
        self.once.insert((at, what), (self.kept.len() > number).then_some(number));
    }

    /// How many errors there are, with those that were told before.
    pub(super) fn errors(&self) -> usize {
        self.errors
    }

    /// Whether another problem would not be shown, so that looking for a suggestion is wasted.
    pub(super) fn is_full(&self) -> bool {
        self.kept.len() >= MAX_SUGGESTED
    }

    /// The problems in the order of the file, errors first, with their places.
    pub(super) fn locate(mut self, file: &str, document: &Document<'_>) -> Diagnostics {
        self.kept.sort_by_key(|problem| (problem.severity, problem.at));
        let omitted = self.dropped + self.kept.len().saturating_sub(MAX_SHOWN);
        let places = document.places();
        let items = self.kept.into_iter().take(MAX_SHOWN).map(|problem| Diagnostic {
            severity: problem.severity,
            place: problem.at.map(|at| match &problem.part {
                Some((text, part)) => places.part_of(at, text, part.clone()),
                None => places.of(at),
            }),
            label: match (problem.label, problem.whose.and_then(|whose| told_of(&whose, &problem.message))) {
                (Some(label), Some(whose)) => Some(format!("{label}, {whose}")),
                (label, whose) => label.or(whose),
            },
            message: problem.message,
            related: problem.related.into_iter().map(|(at, label)| (places.of(at), label)).collect(),
            help: problem.help,
        });
        let items: Vec<Diagnostic> = items.collect();
        // Without a diagnostic no line is shown.
        let hidden = if items.is_empty() { Vec::new() } else { secret::hidden(&document.root) };
        Diagnostics::new(file, &document.text_without(&hidden), items, omitted)
    }
}

/// "for `s1` and 2,999 others", unless the message has said it all.
fn told_of((first, others): &(String, usize), message: &str) -> Option<String> {
    let first = format!("`{}`", brief(first));
    match others {
        0 if message.contains(&first) => None,
        0 => Some(format!("for {first}")),
        1 => Some(format!("for {first} and 1 other")),
        others => Some(format!("for {first} and {} others", human::count(*others as u64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_of_ten_thousand_points_is_kept_once() {
        let mut problems = Problems::default();
        for _ in 0..10_000 {
            problems.push(Problem::error(None, "the same"));
        }
        assert_eq!((problems.kept.len(), problems.errors()), (1, 10_000));
    }
}
