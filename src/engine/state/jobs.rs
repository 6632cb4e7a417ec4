//! What is decided about jobs of a batch system as a whole.
//!
//! A submission that is refused is refused again as long as nobody changes the experiment file or the site does, and a cluster on
//! which starts come to nothing on one node after the other is broken: after a few in a row the queue is paused, so that ten thousand
//! simulations are not handed in one by one to come to nothing.

use std::collections::BTreeSet;

use super::State;
use super::sim::Life;
use crate::protocol::QueueState;

/// So many refusals in a row pause the queue.
const REFUSALS: u32 = 3;

/// So many are handed in at once: they are prepared together, and taken one after the other. No more than may be refused.
const AT_ONCE: u32 = REFUSALS;

/// Starts that came to nothing on so many nodes, and none that did not, pause the queue. On one node alone nothing more is started.
const DEAD_NODES: usize = 3;

/// What is known of the batch system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::engine) struct Jobs {
    /// Refusals since the last job that was taken.
    refused: u32,
    /// Nodes on which starts came to nothing since the last one that did not.
    dead: BTreeSet<String>,
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
    /// How many jobs are being handed in.
    pub(super) fn jobs_being_handed_in(&self) -> u32 {
        let is_handed_in = |sim: &u32| self.is_job(*sim) && matches!(self.sim(*sim).life, Life::Launching { .. });
        self.tally.active().filter(is_handed_in).count() as u32
    }

    /// How many may be at once. After a refusal one by one, so that no more are refused than need be.
    pub(super) fn may_be_handed_in(&self) -> u32 {
        if self.jobs.refused == 0 { AT_ONCE } else { 1 }
    }

    /// A batch system has taken a job.
    pub(super) fn job_taken(&mut self) {
        self.jobs.refused = 0;
    }

    /// A job has started its simulation.
    pub(super) fn job_started(&mut self) {
        self.jobs.dead.clear();
    }

    /// A batch system has refused a job, and says why.
    pub(super) fn job_refused(&mut self, why: &str) {
        self.jobs.refused += 1;
        if self.jobs.refused >= REFUSALS {
            self.pause_for_jobs(&format!("{REFUSALS} jobs in a row were refused: {why}"));
        }
    }

    /// A job has started nothing on this node.
    pub(super) fn job_died(&mut self, node: &str, why: &str) {
        self.jobs.dead.insert(node.to_owned());
        if self.jobs.dead.len() >= DEAD_NODES {
            let nodes = self.jobs.dead.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            self.pause_for_jobs(&format!("jobs came to nothing on {nodes}, one after the other: {why}"));
        }
    }

    /// Whoever opens the queue, or asks for something to be launched, may have mended it: it is counted anew.
    fn pause_for_jobs(&mut self, why: &str) {
        (self.jobs.refused, self.jobs.dead) = (0, BTreeSet::new());
        if self.queue != QueueState::Open {
            return;
        }
        self.jobs.paused = Some(format!(
            "the queue is paused because {why}; mend that, open the queue, and retry what was not started"
        ));
        // Not written down: the next engine tries it.
        self.hold();
        self.header_changed = true;
        self.unsettled = true;
    }

    /// Whether the queue is paused because jobs came to nothing.
    pub(super) fn is_paused_by_jobs(&self) -> bool {
        self.jobs.paused.is_some() && self.queue == QueueState::Paused
    }

    /// What a person should know of it. Once the queue is open again they know.
    pub(in crate::engine) fn jobs_phrases(&self) -> impl Iterator<Item = String> {
        let paused = self.jobs.paused.clone().filter(|_| self.is_paused_by_jobs());
        paused.into_iter().chain(self.jobs.notices.iter().cloned())
    }
}
