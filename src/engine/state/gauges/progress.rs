//! How fast a simulation comes on, and when it will be done. Pure.
//!
//! The evidence comes when gem5 or its script chooses to tell something: a dump, a progress line, a checkpoint. It may
//! come every second or once an hour, so a rate is taken between two signs of progress, never between two looks, and
//! the time left is a range that is wide while the signs are few. Times are run times: pauses do not count.

use std::cmp::Ordering;
use std::collections::VecDeque;

use crate::engine::state::gauges::seen::Seen;
use crate::experiment::Goal;
use crate::protocol::{Eta, Progress};

/// Run time that the window covers, in milliseconds: a simulation may change its pace from one region to the next.
const WINDOW_MS: u64 = 15 * 60_000;

/// Signs of progress that are kept although they are older than the window.
const KEPT: usize = 4;

/// Signs of progress that are kept at most. With more, every second one is let go.
const MOST: usize = 32;

/// What had been simulated after so much run time.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sign {
    ran_ms: u64,
    amount: f64,
}

/// The latest signs of progress of one quantity.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pace {
    signs: VecDeque<Sign>,
}

/// What is simulated in one millisecond of run time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// The least that the evidence allows.
    pub slow: f64,
    /// The most that the evidence allows.
    pub fast: f64,
    /// The best single guess.
    pub lately: f64,
}

impl Pace {
    /// Takes what was seen after `ran_ms` of run time.
    pub fn see(&mut self, ran_ms: u64, amount: f64) {
        if !amount.is_finite() {
            return;
        }
        match self.signs.back().map(|last| amount.total_cmp(&last.amount)) {
            Some(Ordering::Equal) => return,
            // The stats were reset: what came before is on another scale.
            Some(Ordering::Less) => self.signs.clear(),
            _ => {}
        }
        self.signs.push_back(Sign { ran_ms, amount });
        while self.signs.len() > KEPT && self.signs[0].ran_ms + WINDOW_MS < ran_ms {
            self.signs.pop_front();
        }
        if self.signs.len() > MOST {
            let last = self.signs.len() - 1;
            let mut at = 0..;
            self.signs.retain(|_| at.next().is_some_and(|at: usize| at.is_multiple_of(2) || at == last));
        }
    }

    /// Whether anything was seen.
    pub fn is_empty(&self) -> bool {
        self.signs.is_empty()
    }

    /// The rates, once two signs tell them. The range holds the rates of the whole window and of both its halves, and is
    /// wider the fewer signs there are: one step of progress may as well have been twice as fast or half as fast.
    pub fn rates(&self, ran_ms: u64) -> Option<Rates> {
        let (first, last) = (self.signs.front()?, self.signs.back()?);
        let steps = self.signs.len().checked_sub(1).filter(|&steps| steps > 0)?;
        let middle = self.signs[self.signs.len() / 2 - usize::from(steps == 1)];
        let before = self.signs[steps - 1];
        // A sign that is overdue says that it goes slower now.
        let overdue = since(ran_ms, last).saturating_sub(since(last.ran_ms, &before));
        let rate =
            |from: &Sign, to: &Sign, more: u64| (to.amount - from.amount) / (since(to.ran_ms, from) + more) as f64;
        let lately = rate(&middle, last, overdue);
        let mut rates = vec![rate(first, last, 0), lately];
        if middle != *first {
            rates.push(rate(first, &middle, 0));
        }
        // Two signs within one millisecond tell no rate.
        if rates.iter().any(|rate| !rate.is_finite() || *rate <= 0.0) {
            return None;
        }
        let spread = 1.0 + 1.0 / steps as f64;
        Some(Rates {
            slow: rates.iter().copied().fold(f64::INFINITY, f64::min) / spread,
            fast: rates.iter().copied().fold(0.0, f64::max) * spread,
            lately,
        })
    }

    /// The time left after `ran_ms` of run time until `goal` is reached.
    fn eta(&self, goal: f64, ran_ms: u64) -> Option<Eta> {
        let last = self.signs.back()?;
        if last.amount >= goal {
            return Some(Eta { low_ms: 0, high_ms: 0 });
        }
        let rates = self.rates(ran_ms)?;
        let left = |rate: f64| (((goal - last.amount) / rate) as u64).saturating_sub(since(ran_ms, last));
        Some(Eta { low_ms: left(rates.fast), high_ms: left(rates.slow) })
    }
}

fn since(ran_ms: u64, sign: &Sign) -> u64 {
    ran_ms.saturating_sub(sign.ran_ms)
}

/// The pace of everything that a goal may be made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Track {
    /// Simulated ticks.
    pub ticks: Pace,
    /// Simulated instructions.
    pub instructions: Pace,
    /// Simulated seconds.
    pub seconds: Pace,
}

impl Track {
    /// Takes what was seen after `ran_ms` of run time.
    pub fn see(&mut self, ran_ms: u64, seen: &Seen) {
        if self.ticks.is_empty()
            && let Some(begun_at) = seen.begun_at
            && seen.ticks.is_some_and(|ticks| ticks > begun_at)
        {
            // It had come further when it was first looked at, by an engine that adopted it. When it began to simulate
            // is not known; at the earliest it was with the process itself.
            self.ticks.see(0, begun_at as f64);
        }
        let see = |pace: &mut Pace, amount: Option<f64>| amount.into_iter().for_each(|amount| pace.see(ran_ms, amount));
        see(&mut self.ticks, seen.ticks.map(|ticks| ticks as f64));
        see(&mut self.instructions, seen.instructions.map(|instructions| instructions as f64));
        see(&mut self.seconds, seen.seconds);
    }
}

/// How far a simulation has come. `live` is its track and its run time, while it runs.
pub fn progress(seen: &Seen, goal: Option<Goal>, live: Option<(&Track, u64)>) -> Progress {
    let mut progress = Progress {
        ticks: seen.ticks,
        instructions: seen.instructions,
        seconds: seen.seconds,
        dumps: seen.dumps,
        goal,
        ..Progress::default()
    };
    let pace = |choose: fn(&Track) -> &Pace| live.map(|(track, ran_ms)| (choose(track), ran_ms));
    // A goal is what this run simulates. One that was restored from a checkpoint begins at the checkpoint's tick, and its
    // instructions count from there by themselves.
    let begun_at = seen.begun_at.unwrap_or(0) as f64;
    let (base, amount, goal, pace) = match goal {
        Some(Goal::Ticks(goal)) => (begun_at, seen.ticks.map(|n| n as f64), goal as f64, pace(|track| &track.ticks)),
        Some(Goal::Instructions(goal)) => {
            (0.0, seen.instructions.map(|n| n as f64), goal as f64, pace(|track| &track.instructions))
        }
        Some(Goal::Seconds(goal)) => {
            let per_tick = seen.ticks.filter(|&n| n > 0).zip(seen.seconds).map_or(0.0, |(n, s)| s / n as f64);
            (begun_at * per_tick, seen.seconds, goal, pace(|track| &track.seconds))
        }
        None => return progress,
    };
    // More than the goal, by a run that began nobody knows where, may all have been simulated before it.
    let counts_from_checkpoint = !matches!(progress.goal, Some(Goal::Instructions(_)));
    let is_known = |amount: &f64| amount <= &goal || seen.begun_at.is_some() || !counts_from_checkpoint;
    let Some(amount) = amount.filter(is_known).filter(|_| goal > 0.0) else { return progress };
    progress.fraction = Some(((amount - base) / goal).clamp(0.0, 1.0));
    progress.eta = pace.and_then(|(pace, ran_ms)| pace.eta(base + goal, ran_ms));
    progress
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(signs: &[(u64, f64)]) -> Pace {
        let mut pace = Pace::default();
        for &(ran_ms, amount) in signs {
            pace.see(ran_ms, amount);
        }
        pace
    }

    fn ticks(ticks: u64, begun_at: Option<u64>) -> Seen {
        Seen { ticks: Some(ticks), begun_at, ..Seen::default() }
    }

    #[test]
    fn one_sign_of_progress_tells_no_rate_and_two_tell_a_wide_range() {
        assert_eq!(pace(&[(1_000, 5.0)]).eta(100.0, 2_000), None);
        let eta = pace(&[(0, 0.0), (10_000, 10.0)]).eta(100.0, 10_000).unwrap();
        assert_eq!((eta.low_ms, eta.high_ms), (45_000, 180_000));
    }

    #[test]
    fn the_range_narrows_with_steady_evidence_and_holds_the_truth() {
        let steady: Vec<(u64, f64)> = (0..=20).map(|i| (i * 1_000, i as f64)).collect();
        let eta = pace(&steady).eta(40.0, 20_000).unwrap();
        assert!(eta.low_ms < 20_000 && eta.high_ms > 20_000, "{eta:?}");
        assert!(eta.high_ms - eta.low_ms < 3_000, "{eta:?}");
    }

    #[test]
    fn a_pace_that_changed_is_a_range_from_the_old_to_the_new() {
        let eta = pace(&[(0, 0.0), (1_000, 100.0), (2_000, 110.0), (3_000, 120.0)]).eta(220.0, 3_000).unwrap();
        assert!(eta.low_ms < 1_500 && eta.high_ms >= 10_000, "{eta:?}");
    }

    #[test]
    fn a_sign_that_does_not_come_makes_the_end_later_and_not_sooner() {
        let pace = pace(&[(0, 0.0), (1_000, 10.0), (2_000, 20.0)]);
        let soon = pace.eta(100.0, 2_000).unwrap();
        let late = pace.eta(100.0, 600_000).unwrap();
        assert!(late.high_ms > 10 * soon.high_ms, "{soon:?} {late:?}");
    }

    #[test]
    fn a_reset_begins_a_new_scale_and_a_goal_that_is_reached_needs_no_more_time() {
        let mut pace = pace(&[(0, 0.0), (1_000, 100.0)]);
        pace.see(2_000, 5.0);
        assert_eq!(pace.rates(2_000), None);
        pace.see(3_000, 15.0);
        assert!(pace.rates(3_000).unwrap().lately > 0.009);
        assert_eq!(pace.eta(15.0, 3_000), Some(Eta { low_ms: 0, high_ms: 0 }));
    }

    #[test]
    fn any_number_of_signs_takes_bounded_memory_and_nothing_divides_by_zero() {
        let mut pace = Pace::default();
        for i in 0..100_000_u64 {
            pace.see(i / 3, i as f64);
            assert!(pace.signs.len() <= MOST, "{i}");
            let rates = pace.rates(i / 3);
            assert!(rates.is_none_or(|r| r.slow > 0.0 && r.fast.is_finite() && r.slow <= r.fast), "{rates:?}");
        }
        pace.see(0, f64::NAN);
        pace.see(0, f64::INFINITY);
        assert!(pace.signs.iter().all(|sign| sign.amount.is_finite()));
    }

    #[test]
    fn a_goal_is_what_a_restored_run_simulates_itself() {
        let fraction = |seen, goal| progress(&seen, Some(Goal::Ticks(goal)), None).fraction;
        assert_eq!(fraction(ticks(8_500, Some(8_000)), 2_000), Some(0.25));
        assert_eq!(fraction(ticks(8_000, Some(8_000)), 2_000), Some(0.0), "neither all of it at once, nor more");
        assert_eq!(fraction(ticks(10_000, Some(8_000)), 2_000), Some(1.0));
        assert_eq!(fraction(ticks(9_000, Some(0)), 10_000), Some(0.9));
        assert_eq!(fraction(ticks(9_000, None), 10_000), Some(0.9));
        // More than the goal, and where it began is not known.
        assert_eq!(fraction(ticks(9_000, None), 2_000), None);
        assert_eq!(fraction(Seen::default(), 2_000), None);
        let instructions = Seen { instructions: Some(500), ..ticks(8_500, Some(8_000)) };
        assert_eq!(progress(&instructions, Some(Goal::Instructions(1_000)), None).fraction, Some(0.5));
    }

    #[test]
    fn the_time_left_of_a_restored_run_is_for_what_it_simulates_itself() {
        let mut track = Track::default();
        track.see(0, &ticks(50_000, Some(50_000)));
        track.see(10_000, &ticks(51_000, Some(50_000)));
        let progress = progress(&ticks(51_000, Some(50_000)), Some(Goal::Ticks(10_000)), Some((&track, 10_000)));
        let eta = progress.eta.unwrap();
        assert!(progress.fraction == Some(0.1) && eta.low_ms <= 90_000 && eta.high_ms >= 90_000, "{progress:?}");
    }

    #[test]
    fn simulated_seconds_of_a_restored_run_count_from_its_checkpoint_too() {
        let seen = Seen { seconds: Some(9.0), ..ticks(9_000, Some(8_000)) };
        assert_eq!(progress(&seen, Some(Goal::Seconds(2.0)), None).fraction, Some(0.5));
    }

    #[test]
    fn an_adopted_run_has_a_rate_from_its_whole_run_at_once() {
        let mut track = Track::default();
        track.see(10_000, &ticks(1_000, Some(0)));
        let progress = progress(&ticks(1_000, Some(0)), Some(Goal::Ticks(2_000)), Some((&track, 10_000)));
        assert_eq!(progress.eta, Some(Eta { low_ms: 5_000, high_ms: 20_000 }));
    }
}
