//! Launches that fail because of the machine: a full or broken disk, no descriptors, no processes.
//!
//! The next launch would fare no better, so a whole queue must not be burnt on it; and a person who sleeps must not find a
//! queue that has stood still since the disk was full for a minute. So launches wait, what waits says why, and from time to
//! time one of them is tried. When it succeeds, all go on.

use super::State;
use crate::engine::state::schedule::Tries;
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
    /// Whose launch is the try.
    trying: Option<u32>,
}

impl State {
    /// What a person should know while something waits for a launch to work again.
    pub(in crate::engine) fn trouble_phrase(&self) -> Option<String> {
        let trouble = self.trouble.as_ref().filter(|_| self.is_trying() || self.tally.is_any_troubled())?;
        Some(format!("nothing is launched: {}; it is tried again by itself", trouble.reason))
    }

    /// A launch has failed because of the machine.
    pub(super) fn add_trouble(&mut self, sim: u32, reason: String, now: Moment) {
        let wait_ms = match &self.trouble {
            // Launches that were under way together fail together, which makes nothing worse.
            Some(trouble) if now.boot_ms < trouble.until_ms => trouble.wait_ms,
            Some(trouble) => (trouble.wait_ms * 2).min(LONGEST_MS),
            None => FIRST_MS,
        };
        self.trouble = Some(Trouble { reason, wait_ms, until_ms: now.boot_ms + wait_ms, failed: sim, trying: None });
        self.unsettled = true;
        self.header_changed = true;
    }

    /// A launch has succeeded. One that was under way when others failed says nothing of those that come.
    pub(super) fn end_trouble(&mut self, now: Moment) {
        if self.trouble.take_if(|trouble| trouble.until_ms <= now.boot_ms).is_some() {
            self.unsettled = true;
            self.header_changed = true;
        }
    }

    /// Something has ended and given back what it had: that may be what was missing.
    pub(super) fn ease_trouble(&mut self, now: Moment) {
        if let Some(trouble) = &mut self.trouble {
            trouble.until_ms = trouble.until_ms.min(now.boot_ms + SOON_MS);
        }
    }

    /// How many launches may be tried now.
    pub(super) fn tries(&self, now: Moment) -> Tries {
        match &self.trouble {
            None => Tries::Any,
            Some(trouble) if now.boot_ms < trouble.until_ms || self.is_trying() => Tries::None,
            Some(_) => Tries::One,
        }
    }

    /// When launches are tried again, for as long as something waits for that.
    pub(super) fn next_try_ms(&self) -> Option<u64> {
        let trouble = self.trouble.as_ref().filter(|_| !self.is_trying() && self.tally.is_any_troubled())?;
        Some(trouble.until_ms)
    }

    /// A launch begins. While others have failed it is the try.
    pub(super) fn begin_try(&mut self, sim: u32) {
        if let Some(trouble) = &mut self.trouble {
            trouble.trying = Some(sim);
        }
    }

    /// Whose launch failed last, while launches fail.
    pub(super) fn failed_last(&self) -> Option<u32> {
        self.trouble.as_ref().map(|trouble| trouble.failed)
    }

    /// Whether the try is under way. Other launches may be for days, where a record of a living shim cannot be read.
    fn is_trying(&self) -> bool {
        let trying = self.trouble.as_ref().and_then(|trouble| trouble.trying);
        trying.is_some_and(|sim| matches!(self.sims[sim as usize].life, Life::Launching { .. }))
    }
}
