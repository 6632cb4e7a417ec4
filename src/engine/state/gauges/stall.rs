//! Whether a simulation still does anything. Pure.
//!
//! A simulation that waits for something that never comes looks like one that computes for hours without a word. What
//! tells them apart is CPU time. Only looks count: while nobody can look, because a disk does not answer, nothing is
//! held against the simulation.
//!
//! The awkward truth: a simulation that will never get on may be busier than any other, writing one warning for ever. So while
//! its log repeats one line, or a few in turn, neither that nor the CPU time that it takes is a sign of life; a tick that moves always is, and so
//! are stats, a console that grows, and another line. Silent work counts again once nothing was repeated for a while.

/// CPU time that says nothing, in milliseconds: two clock ticks of the kernel.
const IDLE_CPU_MS: u64 = 20;

/// And the part of one core, as a divisor: a process that only wakes up now and then to look whether there is something
/// to do needs less than a hundredth.
const IDLE_CPU_PART: u64 = 100;

/// For so long after its log repeated a line, in milliseconds, CPU time says nothing. It is half of the shortest limit, so that a
/// line that came twice ends nothing.
const ECHO_MS: u64 = 5_000;

/// What a look shows that can change while a simulation does something. None where it could not be looked at, which counts as
/// a sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Signs {
    /// The last tick that was told.
    pub tick: Option<u64>,
    /// Bytes of logs, stats and consoles that said something new.
    pub written: Option<u64>,
    /// Bytes of logs that only repeated a line.
    pub repeated: u64,
    /// Bytes of the whole output, where that is watched.
    pub output: Option<u64>,
    /// CPU time of the tree, milliseconds.
    pub cpu_ms: Option<u64>,
    /// The run time at which that was: the tree is looked at less often than the files. None of a look at both.
    pub cpu_at_ms: Option<u64>,
}

/// The last sign of life and the looks since then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pulse {
    last: Option<(u64, Signs)>,
    looked_ms: u64,
    /// When it last repeated a line, and how much of that there was.
    echo: Option<(u64, u64)>,
}

impl Pulse {
    /// Takes a look after `ran_ms` of run time, pauses excluded.
    pub fn look(&mut self, ran_ms: u64, signs: Signs) {
        // Whoever says nothing may have computed since.
        self.looked_ms = signs.cpu_at_ms.map_or(ran_ms, |at_ms| at_ms.min(ran_ms));
        if signs.repeated > self.echo.map_or(0, |(_, bytes)| bytes) {
            self.echo = Some((ran_ms, signs.repeated));
        }
        let repeats = self.echo.is_some_and(|(at, _)| ran_ms.saturating_sub(at) < ECHO_MS);
        match &mut self.last {
            Some((since, last)) if !shows_life(last, &signs, ran_ms.saturating_sub(*since), repeats) => {
                // The output is looked at less often than the rest, so its first look may come later.
                last.output = last.output.or(signs.output);
                last.tick = last.tick.or(signs.tick);
            }
            last => *last = Some((ran_ms, signs)),
        }
    }

    /// Run time between the last sign of life and the last look, in milliseconds.
    pub fn still_ms(&self) -> u64 {
        self.last.map_or(0, |(since, _)| self.looked_ms.saturating_sub(since))
    }
}

fn shows_life(last: &Signs, now: &Signs, passed_ms: u64, repeats: bool) -> bool {
    let differs = |last: Option<u64>, now: Option<u64>| last.is_some() && now.is_some() && last != now;
    let told = now.tick > last.tick || differs(last.written, now.written);
    if repeats && now.written.is_some() {
        // The whole output grows with the log.
        return told;
    }
    let (Some(cpu_before), Some(cpu_now), Some(_)) = (last.cpu_ms, now.cpu_ms, now.written) else { return true };
    let worked = cpu_now.saturating_sub(cpu_before) > IDLE_CPU_MS.max(passed_ms / IDLE_CPU_PART);
    // A part of the tree may have ended and taken its CPU time along: something happened.
    let lost = cpu_now < cpu_before;
    worked || lost || told || differs(last.output, now.output)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn still(looks: impl IntoIterator<Item = (u64, Signs)>) -> u64 {
        let mut pulse = Pulse::default();
        looks.into_iter().for_each(|(ran_ms, signs)| pulse.look(ran_ms, signs));
        pulse.still_ms()
    }

    fn cpu(cpu_ms: u64) -> Signs {
        Signs { cpu_ms: Some(cpu_ms), written: Some(0), ..Signs::default() }
    }

    #[test]
    fn a_process_that_sleeps_is_still_also_when_it_wakes_up_now_and_then() {
        assert_eq!(still((0..100).map(|i| (i * 1_000, cpu(50)))), 99_000);
        assert_eq!(still((0..100).map(|i| (i * 1_000, cpu(i * 5)))), 99_000);
    }

    #[test]
    fn silent_work_is_life() {
        assert_eq!(still((0..100).map(|i| (i * 1_000, cpu(i * 900)))), 0);
        assert!(still((0..100).map(|i| (i * 1_000, cpu(i * 30)))) < 2_000);
    }

    #[test]
    fn a_tick_or_a_byte_is_life_without_any_work() {
        let looks = |change: fn(u64) -> Signs| (0..100).map(move |i| (i * 1_000, change(i)));
        assert_eq!(still(looks(|i| Signs { tick: Some(i), ..cpu(0) })), 0);
        assert_eq!(still(looks(|i| Signs { written: Some(i), ..cpu(0) })), 0);
        assert_eq!(still(looks(|i| Signs { output: Some(i), ..cpu(0) })), 0);
    }

    #[test]
    fn silence_since_the_last_look_at_the_tree_is_no_standstill() {
        // The tree is looked at every twenty seconds.
        let look = |ran_ms: u64| (ran_ms, ran_ms / 20_000 * 20_000);
        let working = (0..100).map(|i| look(i * 1_000));
        let working = working.map(|(ran_ms, at_ms)| (ran_ms, Signs { cpu_at_ms: Some(at_ms), ..cpu(at_ms) }));
        assert!((1..100).all(|looks| still(working.clone().take(looks)) == 0));
        let asleep = (0..100).map(|i| look(i * 1_000));
        assert_eq!(still(asleep.map(|(ran_ms, at_ms)| (ran_ms, Signs { cpu_at_ms: Some(at_ms), ..cpu(5) }))), 80_000);
    }

    #[test]
    fn a_log_that_repeats_one_line_is_no_life_however_busy_and_a_tick_or_another_line_is() {
        let looks = |change: fn(u64) -> Signs| (0..100).map(move |i| (i * 1_000, change(i)));
        let busy = |i: u64| Signs { repeated: i * 20_000, output: Some(i * 20_000), ..cpu(i * 900) };
        assert_eq!(still(looks(busy)), 99_000);
        assert_eq!(still(looks(|i| Signs { tick: Some(i), repeated: i, ..cpu(i * 900) })), 0);
        assert_eq!(still(looks(|i| Signs { written: Some(i), repeated: i, ..cpu(i * 900) })), 0);
    }

    #[test]
    fn silent_work_between_lines_that_come_again_now_and_then_is_life() {
        // Each twentieth second a warning.
        assert!(still((0..100).map(|i| (i * 1_000, Signs { repeated: i / 20, ..cpu(i * 900) }))) < 5_000);
        // One that came twice just before the work.
        let looks = (0..11).map(|i| (i * 1_000, Signs { repeated: i.min(1), ..cpu(i * 900) }));
        assert!(still(looks) < 1_000);
    }

    #[test]
    fn what_cannot_be_looked_at_is_not_held_against_it() {
        assert_eq!(still((0..100).map(|i| (i * 1_000, Signs { cpu_ms: None, ..cpu(0) }))), 0);
        assert_eq!(still((0..100).map(|i| (i * 1_000, Signs { written: None, ..cpu(0) }))), 0);
    }
}
