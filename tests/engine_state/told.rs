//! What a client knows that heard the beginning and every change since.

use std::collections::BTreeMap;

use gem5_tui::engine::state::State;
use gem5_tui::protocol::{Note, SimView, StageView, Status, Why};
use gem5_tui::rundir::record::Moment;

/// What is shown of a simulation, without the times that a client counts down by itself.
type Shown = (Status, Why, Vec<Note>, usize, Vec<String>);

/// What was told of every simulation.
#[derive(Default)]
pub(crate) struct Told(BTreeMap<u32, Shown>);

impl Told {
    /// Hears what has changed, and then knows of every simulation what is the case.
    pub(crate) fn hear(&mut self, state: &mut State, now: Moment) {
        let count = state.plan().simulations.len() as u32;
        let changed = state.take_changed().0;
        for sim in changed.into_iter().chain(self.0.len() as u32..count) {
            self.0.insert(sim, shown(state.view(sim, now)));
        }
        for sim in 0..count {
            let view = state.view(sim, now);
            let name = view.name.clone();
            assert_eq!(self.0[&sim], shown(view), "{name} has changed and nobody is told");
        }
    }
}

fn shown(view: SimView) -> Shown {
    let status = match view.status {
        Status::Backoff { .. } => Status::Backoff { left_ms: 0 },
        Status::Stopping { stage } => Status::Stopping { stage: StageView { left_ms: None, ..stage } },
        other => other,
    };
    let why = match view.why {
        Why::TriedAgain { outcome, memory, limit_ms, .. } => Why::TriedAgain { outcome, left_ms: 0, memory, limit_ms },
        Why::Stopping { reason, stage } => Why::Stopping { reason, stage: StageView { left_ms: None, ..stage } },
        other => other,
    };
    (status, why, view.notes, view.attempts.len(), view.changed)
}
