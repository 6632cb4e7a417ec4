//! What somebody who looks without an engine has read of attempts that have ended.
//!
//! Their stats change no more and are read once. Of thousands that takes a while, so each look reads as many as it can in a moment and
//! the next one goes on.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{look, subject};
use crate::engine::attempt::observe;
use crate::engine::state::State;
use crate::engine::state::event::Observation;
use crate::experiment::Plan;
use crate::gem5::stats::Watch;
use crate::rundir::ExperimentDir;

/// So long one look reads stats.
const MOMENT: Duration = Duration::from_millis(500);

/// What was read so far, by simulation and attempt; nothing where there was nothing to read.
#[derive(Debug, Default)]
pub struct Glances {
    read: HashMap<(u32, u32), Option<Observation>>,
    is_behind: bool,
}

impl Glances {
    /// Derives the state from the directory, with the stats that could be read by now.
    pub fn look(&mut self, plan: Plan) -> State {
        let mut state = look(plan);
        let columns = Arc::new(Watch::new(&state.watch()).unwrap_or_default());
        let outdir = ExperimentDir::new(&state.plan().outdir);
        let begun = Instant::now();
        self.is_behind = false;
        for sim in 0..state.plan().simulations.len() as u32 {
            let latest = state.sim(sim).latest();
            let Some((number, ended)) = latest.and_then(|attempt| Some((attempt.number, attempt.ended.as_ref()?)))
            else {
                continue;
            };
            if !self.read.contains_key(&(sim, number)) {
                if begun.elapsed() >= MOMENT {
                    self.is_behind = true;
                    continue;
                }
                let dir = outdir.simulation(&state.plan().simulations[sim as usize].name).attempt(number);
                let subject = subject(state.plan(), sim, number, dir);
                self.read.insert((sim, number), observe::glance(&subject, ended.outcome.kind, &columns));
            }
            if let Some(Some(observation)) = self.read.get(&(sim, number)) {
                state.see(observation);
            }
        }
        state
    }

    /// Whether there is more to read.
    pub fn is_behind(&self) -> bool {
        self.is_behind
    }
}
