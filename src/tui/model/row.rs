//! One simulation, and what is worked out of it once because many questions need it.

use std::cell::OnceCell;

use crate::experiment::{ParameterValue, RowKind};
use crate::protocol::failures::signature_of;
use crate::protocol::{Limits, SimView};
use crate::text::{Safe, natural, width};

/// Columns by which what a suite has spawned stands further right.
pub const INDENT: usize = 2;

/// One simulation.
#[derive(Debug, Clone)]
pub struct Row {
    /// The simulation.
    pub view: SimView,
    /// When it came.
    pub at_ms: u64,
    /// Its name.
    pub name: Safe,
    /// Why it is not running, or the cause of its end.
    pub reason: Safe,
    /// Where its own name begins behind that of its suite.
    label: usize,
    /// Its parameters, as `key=value key=value`.
    pub parameters: Safe,
    /// The number and the node of its newest job.
    pub job: Safe,
    /// What it has in common with simulations that failed for the same reason, if it has failed.
    pub signature: Option<String>,
    name_key: OnceCell<Vec<u8>>,
    lower: OnceCell<String>,
    /// Columns of its texts.
    pub(super) widths: Widths,
}

/// Columns of the texts of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Widths {
    pub(super) name: usize,
    /// Of the name as it stands where suites and what they spawned are told apart.
    pub(super) label: usize,
    pub(super) parameters: usize,
}

impl Row {
    /// Makes the simulation's text safe and notes when it came. `cap` is what the cap is now, and `suite` the name of the suite that
    /// has spawned it, if one has and is known.
    pub fn new(view: SimView, at_ms: u64, cap: u32, suite: Option<&str>) -> Self {
        let parameters: Vec<String> = view.parameters.iter().map(ToString::to_string).collect();
        // What is free of the memory changes too often to be in ten thousand rows; see `Model::reason`.
        let reason = view.reason(Limits { cap, free: None });
        let (name, reason) = (Safe::line(&view.name), Safe::line(&reason));
        let parameters = Safe::line(&parameters.join(" "));
        let job = view.latest().and_then(|attempt| attempt.job.as_ref());
        let job = job.iter().flat_map(|job| [&job.id, &job.node]).flatten().cloned().collect::<Vec<_>>();
        let job = Safe::line(&job.join(" "));
        let signature = signature_of(&view);
        // In front of a suite stands its sign, and what it has spawned stands further right.
        let rest = suite.and_then(|suite| name.strip_prefix(suite)?.strip_prefix('.')).filter(|rest| !rest.is_empty());
        let label = rest.map_or(0, |rest| name.len() - rest.len());
        let indent = if view.kind == RowKind::Suite || view.suite.is_some() { INDENT } else { 0 };
        Self {
            at_ms,
            widths: Widths {
                name: width::width(&name),
                label: width::width(&name[label..]) + indent,
                parameters: width::width(&parameters),
            },
            name,
            label,
            reason,
            parameters,
            job,
            signature,
            view,
            name_key: OnceCell::new(),
            lower: OnceCell::new(),
        }
    }

    /// Its name below its suite: without that of the suite.
    pub fn label(&self) -> &str {
        &self.name[self.label..]
    }

    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&ParameterValue> {
        self.view.parameters.iter().find(|parameter| parameter.name == name).map(|parameter| &parameter.value)
    }

    /// Where its name stands among others, worked out when it is first asked for.
    pub(super) fn name_key(&self) -> &[u8] {
        self.name_key.get_or_init(|| natural::key(&self.name))
    }

    /// All that a filter looks at, each text on a line of its own, in lower case. Worked out when it is first asked for.
    pub(super) fn lower(&self) -> &str {
        self.lower.get_or_init(|| self.texts().join("\n").to_lowercase())
    }

    /// The same as it is written.
    pub(super) fn texts(&self) -> [&str; 5] {
        [&self.name, self.view.status.word(), &self.reason, &self.parameters, &self.job]
    }
}
