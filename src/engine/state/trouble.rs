//! Launches that fail because of the machine: a full or broken disk, no descriptors, no processes.
//!
//! The next launch would fare no better, so a whole queue must not be burnt on it; and a person who sleeps must not find a
//! queue that has stood still since the disk was full for a minute. So launches wait, what waits says why, and from time to
//! time one of them is tried. When it succeeds, one more than before may be tried at once, and so on up to the cap: where there
//! is too little for all of them, all that go on at once take it from each other, and nothing gets far enough to run.

use std::collections::BTreeSet;

use super::State;
use crate::engine::state::sim::Life;
use crate::rundir::record::Moment;

/// How long the first wait is, in milliseconds. It doubles each time that the try fails.
const FIRST_MS: u64 = 5_000;

/// How long after an end the next try is made at the latest, in milliseconds.
const SOON_MS: u64 = 1_000;

/// The longest wait, in milliseconds.
const LONGEST_MS: u64 = 60_000;

/// Why launches wait, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) struct Trouble {
    reason: String,
    wait_ms: u64,
    until_ms: u64,
    /// Whose launch failed last. It may be the only one at fault, so the next try is another one's.
    failed: u32,
    /// Whose launches are tries.
    trying: BTreeSet<u32>,
    /// How many may be tried at once.
    width: u32,
}

impl State {
    /// What a person should know while something waits for a launch to work again.
    pub(in crate::engine) fn trouble_phrase(&self) -> Option<String> {
        let trouble = self.trouble.as_ref()?;
        if self.under_trial(trouble) == 0 && !self.tally.is_any_troubled() {
            return None;
        }
        Some(match trouble.width {
            1 => format!("nothing is launched: {}; it is tried again by itself", trouble.reason),
            width => format!("up to {width} are launched at once after launches failed: {}", trouble.reason),
        })
    }

    /// A launch has failed because of the machine.
    pub(super) fn add_trouble(&mut self, sim: u32, reason: String, now: Moment) {
        let wait_ms = match &self.trouble {
            // Launches that were under way together fail together, which makes nothing worse.
            Some(trouble) if now.boot_ms < trouble.until_ms => trouble.wait_ms,
            Some(trouble) if trouble.width == 1 => (trouble.wait_ms * 2).min(LONGEST_MS),
            _ => FIRST_MS,
        };
        let until_ms = now.boot_ms + wait_ms;
        self.trouble = Some(Trouble { reason, wait_ms, until_ms, failed: sim, trying: BTreeSet::new(), width: 1 });
        self.unsettled = true;
        self.header_changed = true;
    }

    /// A launch has succeeded. One that was under way when others failed says nothing of those that come.
    pub(super) fn ease_by_success(&mut self, now: Moment) {
        let Some(trouble) = self.trouble.as_mut().filter(|trouble| trouble.until_ms <= now.boot_ms) else { return };
        trouble.width += 1;
        if trouble.width >= self.cap {
            self.trouble = None;
        }
        self.unsettled = true;
        self.header_changed = true;
    }

    /// Something has ended and given back what it had: that may be what was missing.
    pub(super) fn ease_by_end(&mut self, now: Moment) {
        if let Some(trouble) = &mut self.trouble {
            trouble.until_ms = trouble.until_ms.min(now.boot_ms + SOON_MS);
        }
    }

    /// How many launches may be tried now: `None` for as many as there are places.
    pub(super) fn tries(&self, now: Moment) -> Option<u32> {
        self.trouble.as_ref().map(|trouble| match trouble.until_ms {
            until if now.boot_ms < until => 0,
            _ => trouble.width.saturating_sub(self.under_trial(trouble)),
        })
    }

    /// Whether something that waits for launches to work may be tried now.
    pub(super) fn is_time_to_try(&self, now: Moment) -> bool {
        self.next_try_ms().is_some_and(|at| at <= now.boot_ms)
    }

    /// When launches are tried again, for as long as something waits for that.
    pub(super) fn next_try_ms(&self) -> Option<u64> {
        let trouble = self.trouble.as_ref().filter(|_| self.tally.is_any_troubled())?;
        (self.under_trial(trouble) < trouble.width).then_some(trouble.until_ms)
    }

    /// A launch begins. While others have failed it is a try.
    pub(super) fn begin_try(&mut self, sim: u32) {
        if let Some(trouble) = &mut self.trouble {
            trouble.trying.insert(sim);
        }
    }

    /// Whose launch failed last, while launches fail.
    pub(super) fn failed_last(&self) -> Option<u32> {
        self.trouble.as_ref().map(|trouble| trouble.failed)
    }

    /// How many tries are under way. Other launches may be for days, where a record of a living shim cannot be read.
    fn under_trial(&self, trouble: &Trouble) -> u32 {
        let is_under_way = |sim: &&u32| matches!(self.sims[**sim as usize].life, Life::Launching { .. });
        trouble.trying.iter().filter(is_under_way).count() as u32
    }
}
