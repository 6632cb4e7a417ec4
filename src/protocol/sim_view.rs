//! A simulation as a client begins with it, and what follows from it.

use super::left_out::LeftOut;
use super::{AttemptView, Clock, Progress, SimView, Status, Why};
use crate::experiment::RowKind;
use crate::gem5::OutcomeKind;
use crate::gem5::stats::Choice;

impl SimView {
    /// One of which nothing is known but its name and where it is in its life.
    pub fn new(id: u32, name: impl Into<String>, status: Status) -> Self {
        Self {
            id,
            name: name.into(),
            parameters: Vec::new(),
            status,
            why: Why::Nothing,
            notes: Vec::new(),
            attempts: Vec::new(),
            progress: Progress::default(),
            values: Vec::new(),
            elapsed: Clock::default(),
            in_phase: None,
            host: None,
            checkpoints: Vec::new(),
            checkpoint_folders: Vec::new(),
            left_out: LeftOut::default(),
            changed: Vec::new(),
            grace_ms: 60_000,
            memory: None,
            needs: Vec::new(),
            more_needs: 0,
            dump: Choice::LAST,
            gone: false,
            kind: RowKind::default(),
            priority: 0,
            suite: None,
            spawned: None,
        }
    }

    /// The name of the suite that has spawned it, which is one of `sims`, in the order of the plan.
    pub fn suite_among<'s>(&self, sims: &'s [Self]) -> Option<&'s str> {
        sims.get(self.suite? as usize).map(|suite| suite.name.as_str())
    }

    /// The last attempt, if there is one.
    pub fn latest(&self) -> Option<&AttemptView> {
        self.attempts.last()
    }

    /// Whether it ended ok and would be made from something else now.
    pub fn is_outdated(&self) -> bool {
        self.status.ended().is_some_and(OutcomeKind::is_ok) && !self.changed.is_empty()
    }
}
