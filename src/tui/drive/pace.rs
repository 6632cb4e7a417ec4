//! When a frame may be drawn: at once after a quiet time, evenly when there is always something new, and soon after a key.

use std::time::{Duration, Instant};

/// Frames are this far apart in the long run: 30 a second are as many as a person can follow.
const FRAME: Duration = Duration::from_millis(33);

/// So many may follow one another at once after a quiet time. What is asked for comes in parts (a key, its answer; at the start the
/// list, then the log), and whoever waits for the last of them must not wait for a clock.
const AT_ONCE: u32 = 4;

/// A frame that shows what a key has done need not wait so long: whoever presses it waits for it, and not for the flood of a log.
const FRAME_AFTER_KEY: Duration = Duration::from_millis(8);

/// When frames were drawn, as far as it decides when the next one may be.
#[derive(Debug)]
pub(super) struct Pace {
    /// When the next frame would be drawn if all were evenly apart.
    even: Instant,
    /// When the last one was drawn.
    last: Instant,
    /// Whether a key was pressed since then.
    is_pressed: bool,
}

impl Pace {
    /// No frame has been drawn yet.
    pub(super) fn new(now: Instant) -> Self {
        Self { even: now, last: now, is_pressed: false }
    }

    /// When the next frame may be drawn.
    pub(super) fn next(&self) -> Instant {
        let next = self.even.checked_sub(FRAME * (AT_ONCE - 1)).unwrap_or(self.even);
        if self.is_pressed { next.min(self.last + FRAME_AFTER_KEY) } else { next }
    }

    /// A key was pressed.
    pub(super) fn pressed(&mut self) {
        self.is_pressed = true;
    }

    /// A frame has been drawn.
    pub(super) fn drawn(&mut self, now: Instant) {
        self.even = self.even.max(now) + FRAME;
        (self.last, self.is_pressed) = (now, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_frames_come_at_once_and_a_flood_of_them_evenly() {
        let start = Instant::now() + Duration::from_mins(1);
        let mut pace = Pace::new(start);
        let mut drawn = |now: Instant| {
            let is_due = now >= pace.next();
            if is_due {
                pace.drawn(now);
            }
            is_due
        };
        let ms = |ms: u64| start + Duration::from_millis(ms);
        let at_once = (0..10).filter(|_| drawn(ms(0))).count();
        assert_eq!(at_once, 4);
        // In a second of something new each millisecond.
        let flood = (1..=1000).filter(|at| drawn(ms(*at))).count();
        assert_eq!(flood, 1000 / 33);
        // After a quiet time a few come at once again, and no more than that however long it was.
        let after = (0..10).filter(|_| drawn(ms(60_000))).count();
        assert_eq!(after, 4);
    }

    #[test]
    fn what_a_key_has_done_does_not_wait_for_its_turn_in_a_flood() {
        let start = Instant::now() + Duration::from_mins(1);
        let mut pace = Pace::new(start);
        for _ in 0..AT_ONCE {
            pace.drawn(start);
        }
        assert_eq!(pace.next(), start + FRAME);
        pace.pressed();
        assert_eq!(pace.next(), start + FRAME_AFTER_KEY);
        pace.drawn(pace.next());
        assert!(pace.next() > start + FRAME, "one key, one frame");
    }
}
