//! What is found wrong while a file is read: by node, not yet by line and column.

use std::collections::HashSet;

use super::yaml::{Document, NodeId};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};

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
    message: String,
    label: Option<String>,
    related: Vec<(NodeId, String)>,
    help: Option<String>,
}

impl Problem {
    /// An error at a node, or about the file as a whole.
    pub(super) fn error(at: impl Into<Option<NodeId>>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            at: at.into(),
            message: message.into(),
            label: None,
            related: Vec::new(),
            help: None,
        }
    }

    /// A warning at a node.
    pub(super) fn warning(at: impl Into<Option<NodeId>>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(at, message) }
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
#[derive(Debug, Default)]
pub(super) struct Problems {
    kept: Vec<Problem>,
    seen: HashSet<(Option<NodeId>, String)>,
    dropped: usize,
    errors: usize,
}

impl Problems {
    /// Adds one, unless the same was said of the same node before.
    pub(super) fn push(&mut self, problem: Problem) {
        let error = problem.severity == Severity::Error;
        if self.kept.len() >= MAX_KEPT {
            self.dropped += 1;
        } else if self.seen.insert((problem.at, problem.message.clone())) {
            self.kept.push(problem);
        } else {
            return;
        }
        self.errors += usize::from(error);
    }

    /// How many errors there are.
    pub(super) fn errors(&self) -> usize {
        self.errors
    }

    /// Whether another problem would not be shown, so that looking for a suggestion is wasted.
    pub(super) fn is_full(&self) -> bool {
        self.kept.len() >= MAX_SUGGESTED
    }

    /// The problems in the order of the file, errors first, with their places.
    pub(super) fn locate(mut self, file: &str, text: &str, document: &Document<'_>) -> Diagnostics {
        self.kept.sort_by_key(|problem| (problem.severity, problem.at));
        let omitted = self.dropped + self.kept.len().saturating_sub(MAX_SHOWN);
        let places = document.places();
        let items = self.kept.into_iter().take(MAX_SHOWN).map(|problem| Diagnostic {
            severity: problem.severity,
            message: problem.message,
            place: problem.at.map(|at| places.of(at)),
            label: problem.label,
            related: problem.related.into_iter().map(|(at, label)| (places.of(at), label)).collect(),
            help: problem.help,
        });
        Diagnostics::new(file, text, items.collect(), omitted)
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
        assert_eq!((problems.kept.len(), problems.errors()), (1, 1));
    }
}
