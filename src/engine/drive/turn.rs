//! When an attempt is looked at again: soon after something happened, and ever later while nothing does. Pure.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

/// The parts that a pause is spread over, so that a thousand attempts are not all looked at in one moment.
const PARTS: u32 = 32;

/// When it is the turn of an attempt.
#[derive(Debug)]
pub(super) struct Turn {
    due: Instant,
    pause: Duration,
    /// Whether the file system has told of a change.
    is_written: bool,
    /// Whether it has used something of the machine, so that there is something to tell.
    is_used: bool,
}

impl Turn {
    /// At once.
    pub(super) fn new(now: Instant) -> Self {
        Self { due: now, pause: Duration::ZERO, is_written: false, is_used: false }
    }

    /// Its files have changed.
    pub(super) fn written(&mut self) {
        self.is_written = true;
    }

    /// It has computed, or needs more or less memory or disk than before.
    pub(super) fn used(&mut self) {
        self.is_used = true;
    }

    /// Whether it is looked at now.
    pub(super) fn has_come(&self, now: Instant) -> bool {
        self.is_written || self.is_used || now >= self.due
    }

    /// It was looked at, with something new or not. The next look is within `pauses`: after the shortest one if something happened,
    /// else after twice the last one. Says whether the look is told: one that the clock asked for always is, because a look at
    /// which nothing happened is what tells a stall.
    pub(super) fn looked(
        &mut self,
        number: u32,
        now: Instant,
        is_news: bool,
        pauses: &RangeInclusive<Duration>,
    ) -> bool {
        let is_told = is_news || self.is_used || now >= self.due;
        let (shortest, longest) = (*pauses.start(), *pauses.end());
        self.pause = if is_news || self.is_written { shortest } else { (self.pause * 2).clamp(shortest, longest) };
        let early = if self.pause > shortest { self.pause / 2 * (number % PARTS) / PARTS } else { Duration::ZERO };
        let due = now + self.pause.saturating_sub(early);
        *self = Self { due, pause: self.pause, is_written: false, is_used: false };
        is_told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const PAUSES: RangeInclusive<Duration> = SECOND..=Duration::from_secs(16);

    /// The looks of the first minute at an attempt to which this happens, in seconds, each with whether it is told.
    fn looks(number: u32, mut happens: impl FnMut(u64, &mut Turn) -> bool) -> Vec<(u64, bool)> {
        let start = Instant::now();
        let mut turn = Turn::new(start);
        let mut looks = Vec::new();
        for second in 0..60 {
            let now = start + SECOND * second as u32;
            let is_news = happens(second, &mut turn);
            if turn.has_come(now) {
                looks.push((second, turn.looked(number, now, is_news, &PAUSES)));
            }
        }
        looks
    }

    #[test]
    fn an_attempt_at_which_nothing_happens_is_looked_at_ever_more_seldom_and_each_look_is_told() {
        assert_eq!(looks(0, |_, _| false), [0, 1, 3, 7, 15, 31, 47].map(|second| (second, true)));
    }

    #[test]
    fn looks_of_many_are_spread() {
        let last = |number| looks(number, |_, _| false).last().unwrap().0;
        let lasts: std::collections::BTreeSet<u64> = (0..PARTS).map(last).collect();
        // In whole seconds, of which there are eight.
        assert!(lasts.len() > 4, "{lasts:?}");
    }

    #[test]
    fn what_is_written_is_looked_at_soon_and_again_soon_after() {
        let seen = looks(0, |second, turn| {
            if second == 40 {
                turn.written();
            }
            second == 40
        });
        assert_eq!(seen[6..], [40, 41, 43, 47, 55].map(|second| (second, true)));
    }

    #[test]
    fn a_change_that_tells_nothing_new_is_not_told_and_use_of_the_machine_is() {
        let seen = looks(0, |second, turn| {
            match second {
                40 => turn.written(),
                50 => turn.used(),
                _ => {}
            }
            false
        });
        assert!(seen.contains(&(40, false)) && seen.contains(&(50, true)), "{seen:?}");
    }
}
