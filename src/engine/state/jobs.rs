//! What is decided about jobs of a batch system as a whole.
//!
//! A submission that is refused is refused again as long as nobody changes the experiment file or the site does: after a few in a
//! row the queue is paused, so that ten thousand simulations are not handed in one by one to be refused.

use super::{Effect, State};
use crate::protocol::QueueState;

/// So many refusals in a row pause the queue.
const REFUSALS: u32 = 3;

/// What is known of the batch system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::engine) struct Jobs {
    /// Refusals since the last job that was taken.
    refused: u32,
    /// Why the queue was paused because of them.
    paused: Option<String>,
    /// What else a person should know.
    notices: Vec<String>,
}

impl Jobs {
    /// Takes what a person should know of the batch systems. Says whether that is news.
    pub(super) fn take_notices(&mut self, notices: Vec<String>) -> bool {
        std::mem::replace(&mut self.notices, notices) != self.notices
    }
}

impl State {
    /// A batch system has taken a job.
    pub(super) fn job_taken(&mut self) {
        self.header_changed |= self.jobs.paused.is_some();
        (self.jobs.refused, self.jobs.paused) = (0, None);
    }

    /// A batch system has refused a job, and says why.
    pub(super) fn job_refused(&mut self, why: &str, effects: &mut Vec<Effect>) {
        self.jobs.refused += 1;
        if self.jobs.refused < REFUSALS || self.queue != QueueState::Open {
            return;
        }
        let refused = self.jobs.refused;
        self.jobs.paused = Some(format!(
            "nothing more is handed in, since {refused} jobs in a row were refused; mend that and retry them: {why}"
        ));
        if self.lingers {
            // Whoever mends it and begins anew finds an open queue, and a retry opens this one.
            self.hold();
        } else {
            // Nobody opens the queue of `gem5-tui run`, which waits for an end.
            self.queue = QueueState::Draining;
        }
        self.controls_changed(effects);
    }

    /// Whether nothing is handed in because it is refused.
    fn is_refused(&self) -> bool {
        self.queue != QueueState::Open && self.jobs.paused.is_some()
    }

    /// What a person should know of it. Once the queue is open again they know.
    pub(in crate::engine) fn jobs_phrases(&self) -> impl Iterator<Item = String> {
        let paused = self.jobs.paused.clone().filter(|_| self.is_refused());
        paused.into_iter().chain(self.jobs.notices.iter().cloned())
    }
}
