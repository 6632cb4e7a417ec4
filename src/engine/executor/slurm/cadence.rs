//! When to ask Slurm again what has become of all jobs.
//!
//! One question costs the controller the same whether one job is asked for or thousands, and everybody on the cluster shares
//! that controller: so one question for all, seldom where nothing changes, and soon where a person waits for what he did. But not
//! so seldom that a job ends and is forgotten between two questions.

use std::time::Duration;

/// No question sooner than this after the last answer.
const SOONEST_MS: u64 = 2_000;

/// While somebody looks and something changes.
const LIVE_MS: u64 = 5_000;

/// While somebody looks and nothing has changed yet.
const LOOKED_AT_MS: u64 = 15_000;

/// While nobody looks.
const ALONE_MS: u64 = 30_000;

/// So much later for each answer without a change.
const LATER_MS: u64 = 10_000;

/// The longest by ourselves.
const LONGEST_MS: u64 = 180_000;

/// The longest after errors.
const AFTER_ERRORS_MS: u64 = 60_000;

/// When to ask. All moments are milliseconds of one monotonic clock.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Cadence {
    /// What the experiment says.
    poll_ms: Option<u64>,
    /// For how long Slurm remembers what has ended.
    remembers_ms: Option<u64>,
    /// When the last question was answered, or failed.
    answered: Option<u64>,
    /// How long that took.
    took_ms: u64,
    /// How many answers in a row told nothing new.
    unchanged: u32,
    /// How many questions in a row failed.
    errors: u32,
    /// When something was last done that the next answer should show.
    acted: Option<u64>,
}

impl Cadence {
    /// With what the experiment says of it.
    pub(in crate::engine) fn new(poll: Option<Duration>) -> Self {
        Self { poll_ms: poll.map(ms), ..Self::default() }
    }

    /// For how long the cluster remembers what has ended (`MinJobAge`).
    pub(in crate::engine) fn remembers(&mut self, seconds: u64) {
        self.remembers_ms = Some(seconds.saturating_mul(1000));
    }

    /// An answer came, and whether it told anything new of a job of ours.
    pub(in crate::engine) fn answered(&mut self, now: u64, took: Duration, changed: bool) {
        self.errors = 0;
        self.unchanged = if changed { 0 } else { self.unchanged.saturating_add(1) };
        self.end_question(now, took);
    }

    /// A question failed.
    pub(in crate::engine) fn failed(&mut self, now: u64, took: Duration) {
        self.errors = self.errors.saturating_add(1);
        (self.answered, self.took_ms) = (Some(now), ms(took));
    }

    fn end_question(&mut self, now: u64, took: Duration) {
        (self.answered, self.took_ms) = (Some(now), ms(took));
        // What was done while the question was under way, its answer need not show.
        self.acted = self.acted.filter(|acted| *acted > now.saturating_sub(self.took_ms));
    }

    /// A job was handed in, cancelled, held or the like, and a person waits to see it.
    pub(in crate::engine) fn acted(&mut self, now: u64) {
        self.acted = Some(now);
        self.unchanged = 0;
    }

    /// When to ask next; may be over. `looked_at` says whether somebody looks at a live view.
    pub(in crate::engine) fn next(&self, looked_at: bool) -> u64 {
        let Some(answered) = self.answered else { return 0 };
        let pause = if self.errors > 0 {
            self.usual(looked_at).max(AFTER_ERRORS_MS.min(LIVE_MS << self.errors.min(8)))
        } else if self.acted.is_some() {
            0
        } else {
            let bound = self.remembers_ms.map_or(u64::MAX, |remembers| remembers / 3);
            self.usual(looked_at).min(bound)
        };
        answered.saturating_add(pause.max(SOONEST_MS).max(self.took_ms.saturating_mul(2)))
    }

    /// The pause where nothing went wrong and nobody did anything.
    fn usual(&self, looked_at: bool) -> u64 {
        let by_itself = match (looked_at, self.unchanged) {
            (true, 0) => LIVE_MS,
            (true, unchanged) => LOOKED_AT_MS + LATER_MS * u64::from(unchanged - 1),
            (false, unchanged) => ALONE_MS + LATER_MS * u64::from(unchanged),
        };
        self.poll_ms.unwrap_or(by_itself.min(LONGEST_MS))
    }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(30);

    /// After `unchanged` answers without news, the last at `now`.
    fn after(poll: Option<u64>, unchanged: u32, now: u64) -> Cadence {
        let mut cadence = Cadence::new(poll.map(Duration::from_millis));
        cadence.answered(now, QUICK, true);
        for _ in 0..unchanged {
            cadence.answered(now, QUICK, false);
        }
        cadence
    }

    #[test]
    fn the_first_question_waits_for_nothing() {
        assert_eq!(Cadence::new(None).next(false), 0);
    }

    #[test]
    fn a_queue_that_stands_still_is_asked_about_ever_more_seldom() {
        let pauses = |looked_at| [0, 1, 2, 5, 60].map(|unchanged| after(None, unchanged, 1000).next(looked_at) - 1000);
        assert_eq!(pauses(true), [5_000, 15_000, 25_000, 55_000, 180_000]);
        assert_eq!(pauses(false), [30_000, 40_000, 50_000, 80_000, 180_000]);
    }

    #[test]
    fn what_a_person_did_is_seen_soon_and_asked_for_once() {
        let mut cadence = after(None, 60, 1000);
        cadence.acted(1500);
        assert_eq!(cadence.next(true), 3000, "but not sooner than 2 s after the last answer");
        cadence.answered(3030, QUICK, false);
        assert_eq!(cadence.next(false), 3030 + 40_000);
    }

    #[test]
    fn an_answer_that_was_under_way_does_not_show_what_was_done_meanwhile() {
        let mut cadence = after(None, 1, 0);
        cadence.acted(50_000);
        cadence.answered(52_000, Duration::from_secs(4), false);
        assert_eq!(cadence.next(false), 60_000, "asked again, after twice the time that it took");
    }

    #[test]
    fn no_setting_hammers_the_controller() {
        assert_eq!(after(Some(1), 0, 0).next(true), 2000);
        assert_eq!(after(Some(600_000), 0, 0).next(true), 600_000);
    }

    #[test]
    fn a_job_is_not_forgotten_between_two_questions() {
        for poll in [None, Some(600_000)] {
            let mut cadence = after(poll, 60, 0);
            cadence.remembers(300);
            assert_eq!(cadence.next(false), 100_000);
            cadence.remembers(2);
            assert_eq!(cadence.next(false), 2000);
        }
    }

    #[test]
    fn a_slow_controller_is_given_twice_the_time_that_it_took() {
        let mut cadence = after(None, 0, 0);
        cadence.remembers(2);
        cadence.answered(30_000, Duration::from_secs(20), true);
        assert_eq!(cadence.next(true), 70_000);
    }

    #[test]
    fn a_controller_that_is_down_is_left_alone_whatever_a_person_does() {
        let mut cadence = after(None, 0, 0);
        let mut pauses = Vec::new();
        for _ in 0..6 {
            cadence.failed(0, QUICK);
            cadence.acted(0);
            pauses.push(cadence.next(true));
        }
        assert_eq!(pauses, [10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
        assert_eq!(cadence.errors, 6);
        cadence.answered(0, QUICK, true);
        assert_eq!(cadence.next(true), 5000);
    }
}
