//! When the time is up that there is, such as that of a batch job: what is not begun any more, and what is asked to finish.
//!
//! What does not come to its end is no failure: it is interrupted with its stats, counts as no retry, and waits for the next
//! engine, as does what was never begun. That engine finds the same in the directory.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Effect, State};
use crate::engine::state::sim::{Life, Waiting};
use crate::experiment::RowKind;
use crate::gem5::OutcomeKind;
use crate::protocol::Wait;
use crate::rundir::Reach;
use crate::rundir::record::{Moment, StopReason};

/// Why an engine ends that has left something for the next one.
pub(super) const MORE_TO_DO: &str = "there is no time for what is left to do";

/// How long before the end what runs is asked to finish, where nobody says it: a full-system dump takes seconds, a loaded
/// disk a minute, and batch systems are up to a minute early.
const MARGIN: Duration = Duration::from_mins(2);

/// A short job must not be all margin: it is this part of what is left at most.
const MARGIN_PART: u64 = 10;

/// Before the end, so that shims write down what they have ended: SIGTERM instead of the rest of the margin, in milliseconds.
const RECORDS_MS: u64 = 10_000;

/// The shortest grace of what is asked to finish, in milliseconds.
const GRACE_LEAST_MS: u64 = 1_000;

/// When the time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "two clocks and a span, all in milliseconds")]
pub struct Deadline {
    /// In milliseconds since the Unix epoch, for people.
    unix_ms: i64,
    /// The same on the boot clock, which nobody sets.
    boot_ms: u64,
    /// So long before, what runs is asked to finish.
    margin_ms: u64,
}

impl Deadline {
    /// The time is up at `unix_ms`, seen at `now`. Without a `margin` it is two minutes, or a tenth of what is left.
    pub fn new(unix_ms: i64, margin: Option<Duration>, now: Moment) -> Self {
        let left_ms = u64::try_from(unix_ms.saturating_sub(now.unix_ms)).unwrap_or(0);
        let by_itself = (MARGIN.as_millis() as u64).min(left_ms / MARGIN_PART);
        let margin_ms = margin.map_or(by_itself, |margin| margin.as_millis() as u64);
        Self { unix_ms, boot_ms: now.boot_ms.saturating_add(left_ms), margin_ms }
    }

    /// When the time is up, in milliseconds since the Unix epoch.
    pub fn unix_ms(&self) -> i64 {
        self.unix_ms
    }

    /// How long before that what runs is asked to finish, in milliseconds.
    pub fn margin_ms(&self) -> u64 {
        self.margin_ms
    }

    /// When what runs is asked to finish, on the boot clock.
    fn finish_ms(&self) -> u64 {
        self.boot_ms.saturating_sub(self.margin_ms)
    }

    /// How long what was asked at `at` to finish may take for it, in milliseconds: nearly all that is left.
    pub(super) fn grace_ms(&self, at: Moment) -> u64 {
        let left_ms = self.boot_ms.saturating_sub(at.boot_ms);
        left_ms.saturating_sub(RECORDS_MS.min(left_ms / 2)).max(GRACE_LEAST_MS)
    }
}

impl State {
    pub(super) fn is_time_up(&self, now: Moment) -> bool {
        self.deadline.is_some_and(|deadline| deadline.finish_ms() <= now.boot_ms)
    }

    /// When something is to be done because the time is up, on the boot clock.
    pub(super) fn time_is_up_ms(&self, now: Moment) -> Option<u64> {
        let finish_ms = self.deadline?.finish_ms();
        let is_left = |sim: u32| match &self.sim(sim).life {
            Life::Live(live) => live.stop.is_none() && live.is_within_reach() && live.reach != Reach::Relayed,
            Life::Backoff { .. } => true,
            _ => false,
        };
        (now.boot_ms < finish_ms || self.tally.active().any(is_left)).then_some(finish_ms)
    }

    /// Asks all that runs to finish once the time is up.
    pub(super) fn end_in_time(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let Some(deadline) = self.deadline.filter(|_| self.is_time_up(now)) else { return };
        for sim in self.tally.active().collect::<Vec<u32>>() {
            match &self.sim(sim).life {
                // A job has a time of its own, and goes on without this engine.
                Life::Live(live) if live.stop.is_none() && live.reach != Reach::Relayed => {
                    self.stop(sim, StopReason::TimeUp { at_unix_ms: deadline.unix_ms }, now, effects);
                }
                // Its next attempt would not begin any more, and how many were made stands in the records.
                Life::Backoff { .. } => {
                    let wait = Wait::Time { needs_ms: None, until_unix_ms: deadline.unix_ms };
                    self.set_waiting(sim, Waiting::Place(wait));
                }
                _ => {}
            }
        }
        self.unsettled = true;
    }

    /// Why one that waits does not start in the time that there is, if it does not: it takes longer, or one that it needs does.
    pub(super) fn left_for_later(&self, sim: u32, now: Moment) -> Option<Waiting> {
        self.deadline?;
        if let Some(wait) = self.no_time(sim, now) {
            return Some(Waiting::Place(wait));
        }
        let mut seen = BTreeSet::new();
        let mut waiting = vec![sim];
        while let Some(sim) = waiting.pop() {
            for &(need, _) in &self.needs[sim as usize] {
                let waits = matches!(self.sim(need).life, Life::Waiting(_) | Life::Backoff { .. });
                if !waits || !seen.insert(need) {
                    continue;
                }
                if self.no_time(need, now).is_some() {
                    return Some(Waiting::NeedsLater(need));
                }
                waiting.push(need);
            }
        }
        None
    }

    /// Whether there is no time for one that waits.
    fn no_time(&self, sim: u32, now: Moment) -> Option<Wait> {
        let deadline = self.deadline?;
        let simulation = &self.plan.simulations[sim as usize];
        // The script of a suite goes on where it was: what it has asked for is there.
        let is_whole = simulation.run.kind() != RowKind::Suite;
        let is_here = !self.is_job(sim);
        let needs = simulation.time.or_else(|| self.raised(sim).timeout).filter(|_| is_whole && is_here);
        let needs_ms = needs.map(|needs| needs.as_millis() as u64);
        let ends_ms = now.boot_ms.saturating_add(needs_ms.unwrap_or(0));
        let is_late = self.is_time_up(now) || ends_ms > deadline.finish_ms();
        // What has no time by itself is told so; all others wait for the same.
        let needs_ms = needs_ms.filter(|_| !self.is_time_up(now));
        is_late.then_some(Wait::Time { needs_ms, until_unix_ms: deadline.unix_ms })
    }

    /// What becomes of one whose newest attempt was interrupted; none of any other end. Without a time that is up, as where a batch
    /// system has taken its place for another job, it waits for a turn like any other, and starts with the next one.
    pub(super) fn goes_on_later(&self, sim: u32, kind: OutcomeKind, now: Moment) -> Option<Waiting> {
        let goes_on = kind == OutcomeKind::Interrupted && !self.plan.simulations[sim as usize].gone;
        goes_on.then(|| Waiting::Place(self.no_time(sim, now).unwrap_or(Wait::Interrupted)))
    }
}
