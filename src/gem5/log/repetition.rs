//! A log that says one thing over and over.
//!
//! A simulation that will never end may write gigabytes of it: one warning for each access that fails, or a few lines in turn, for
//! ever. Its log grows, and tells nothing.

use std::collections::VecDeque;

use super::clip::clip;
use super::line::{Severity, classify};
use crate::gem5::numbers::numbers_apart;

/// Of so many lines a cycle may be made that is seen as one.
const LONGEST_CYCLE: usize = 8;

/// Once so many lines in a row were what a cycle foretells, they are compared with that cycle alone.
const CERTAIN: u64 = 2 * LONGEST_CYCLE as u64;

/// A run of lines that are the same but for their numbers, of at least so many, is remembered after its end; so is a cycle that
/// came as often.
const LEAST_TIMES: u64 = 10;

/// So many other lines may stand behind such a run, as the last words of a process that was stopped do.
const MOST_BEHIND: u64 = 200;

/// A line, or a few in turn, that came again and again. Text in it is raw, not yet sanitised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    /// The last one of them, cut where it is long. Of several the first two, with ` / ` in between, and `…` for the others.
    pub line: String,
    /// How often it came, at least if the log was not read from its beginning.
    pub times: u64,
}

/// Takes the lines of one stream and tells how much of it says something new.
#[derive(Debug, Default)]
pub struct Repetition {
    /// The last lines that are not blank.
    lines: VecDeque<Line>,
    /// For each length of a cycle, how many lines in a row were what stood so many lines before, numbers apart.
    matched: [u64; LONGEST_CYCLE],
    /// The length of the cycle that is certain. The other counts then stand still.
    certain: Option<usize>,
    /// How many lines were not blank.
    seen: u64,
    /// The last run before this one that is worth telling.
    before: Option<Repeated>,
    /// Whether another line was seen before that.
    before_was_behind: bool,
    /// Lines behind that run which said something new.
    behind: u64,
    /// Bytes of all lines.
    bytes: u64,
    /// Bytes of those that said nothing new.
    idle: u64,
}

/// A line, and what is known from those that it repeats.
#[derive(Debug, Default)]
struct Line {
    text: String,
    print: u64,
    count: Count,
    /// Known once it repeats another one.
    is_warning: Option<bool>,
}

/// Whether the numbers in a run of lines count something up, as those of a script that tells how far it is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Count {
    #[default]
    Unknown,
    Up,
    /// They go up and down.
    No,
}

impl Repetition {
    /// Takes a line without its newline.
    pub fn take(&mut self, line: &str) {
        let length = line.len() as u64 + 1;
        self.bytes = self.bytes.saturating_add(length);
        // Blank lines between the others change nothing. The same line once more, where it is certain, needs no second look.
        let is_same = self.certain == Some(1) && self.lines.back().is_some_and(|last| last.text == line);
        if is_same || (self.seen > 0 && line.trim().is_empty()) {
            self.matched[0] += u64::from(is_same);
            self.seen += u64::from(is_same);
            self.idle = self.idle.saturating_add(length);
            return;
        }
        let print = fingerprint(line);
        let (matched, certain) = self.compared(line, print);
        if let Some(period) = self.run()
            && matched[period - 1] == 0
            && let Some(run) = self.told(period)
        {
            (self.before, self.behind, self.before_was_behind) = (Some(run), 0, self.is_behind(period));
        }
        (self.matched, self.certain) = (matched, certain);
        // A line that came twice says nothing new the second time; a cycle must have come twice as a whole.
        let is_cycle = |period: &usize| self.matched[*period - 1] > if *period == 1 { 0 } else { *period as u64 };
        let cycle = self.certain.or_else(|| (1..=LONGEST_CYCLE).find(is_cycle));
        let like = cycle.or_else(|| (1..=LONGEST_CYCLE).find(|period| self.matched[*period - 1] > 0));
        let (count, is_warning) = like.and_then(|period| self.ago(period)).map_or((Count::Unknown, None), |before| {
            let pairs = numbers_apart(&before.text, line).unwrap_or_default();
            let warns = || matches!(classify(line).map(|line| line.severity), Some(Severity::Warn | Severity::Hack));
            (before.count.after(&pairs), Some(before.is_warning.unwrap_or_else(warns)))
        });
        let mut room =
            if self.lines.len() == LONGEST_CYCLE { self.lines.pop_front() } else { None }.unwrap_or_default();
        room.text.clear();
        room.text.push_str(line);
        let next = Line { print, count, is_warning, text: room.text };
        if cycle.is_some() && next.says_nothing() {
            self.idle = self.idle.saturating_add(length);
        } else {
            self.behind = self.behind.saturating_add(1);
        }
        self.lines.push_back(next);
        self.seen += 1;
    }

    /// What the counts become with this line, and which cycle is certain then.
    fn compared(&self, line: &str, print: u64) -> ([u64; LONGEST_CYCLE], Option<usize>) {
        let is_like = |period: usize| self.ago(period).is_some_and(|before| before.is_like(line, print));
        let mut matched = self.matched;
        if let Some(period) = self.certain {
            if is_like(period) {
                matched[period - 1] += 1;
                return (matched, Some(period));
            }
            matched = [0; LONGEST_CYCLE];
        }
        for (at, count) in matched.iter_mut().enumerate() {
            *count = if is_like(at + 1) { *count + 1 } else { 0 };
        }
        (matched, matched.iter().position(|count| *count >= CERTAIN).map(|at| at + 1))
    }

    /// The line so many lines before the next one.
    fn ago(&self, lines: usize) -> Option<&Line> {
        self.lines.get(self.lines.len().checked_sub(lines)?)
    }

    /// The length of the cycle that has come often enough to be told.
    fn run(&self) -> Option<usize> {
        let is_run = |period: &usize| self.times(*period) >= LEAST_TIMES;
        self.certain.map_or_else(|| (1..=LONGEST_CYCLE).find(is_run), |period| Some(period).filter(is_run))
    }

    /// How often a cycle of this length came as a whole.
    fn times(&self, period: usize) -> u64 {
        self.matched[period - 1] / period as u64 + 1
    }

    /// Whether another line was seen before a cycle of this length.
    fn is_behind(&self, period: usize) -> bool {
        self.seen > self.matched[period - 1] + period as u64
    }

    /// What there is to tell of the cycle of this length that is under way. A cycle of several lines of which one counts up tells
    /// how far something is.
    fn told(&self, period: usize) -> Option<Repeated> {
        let times = self.times(period);
        if period == 1 {
            return self.lines.back().map(|last| Repeated { line: clip(last.text.trim()), times });
        }
        let mut cycle: Vec<&Line> = self.lines.iter().rev().take(period).collect();
        if !cycle.iter().all(|line| line.says_nothing()) {
            return None;
        }
        cycle.reverse();
        // The line that the cycle began with.
        let begun = (self.matched[period - 1] % period as u64) as usize;
        cycle.rotate_left((period - begun) % period);
        let texts: Vec<String> = cycle.iter().take(2).map(|line| clip(line.text.trim())).collect();
        let rest = if period > 2 { " / …" } else { "" };
        Some(Repeated { line: texts.join(" / ") + rest, times })
    }

    /// Bytes of all lines.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes of the lines that said nothing new: each is as the one before it, or as the one that many lines before in a cycle,
    /// numbers apart. A line in which a number only counts up says something, unless it is a warning.
    pub fn idle(&self) -> u64 {
        self.idle
    }

    /// Whether a line of another kind was seen before those that [`Self::repeated`] tells of, so that none of them is missing.
    pub fn began_behind_another(&self) -> bool {
        let run = self.run().filter(|period| self.told(*period).is_some());
        run.map_or(self.before_was_behind, |period| self.is_behind(period))
    }

    /// The line, or the few in turn, that the stream repeated at its end, or shortly before.
    pub fn repeated(&self) -> Option<Repeated> {
        let run = self.run().and_then(|period| self.told(period));
        run.or_else(|| self.before.clone().filter(|_| self.behind <= MOST_BEHIND))
    }
}

impl Line {
    fn says_nothing(&self) -> bool {
        self.is_warning == Some(true) || self.count != Count::Up
    }

    /// Whether they are the same, numbers apart.
    fn is_like(&self, text: &str, print: u64) -> bool {
        self.print == print && (self.text == text || numbers_apart(&self.text, text).is_some())
    }
}

/// The same for all lines that are the same but for their numbers, and seldom for others.
fn fingerprint(line: &str) -> u64 {
    // What no number and no unit has in it, by FNV-1a.
    let marks = line.bytes().filter(|byte| !byte.is_ascii_hexdigit() && !b".xXKiBMGTkHzpsnum".contains(byte));
    marks.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

impl Count {
    fn after(self, pairs: &[(&str, &str)]) -> Self {
        // An address counts nothing.
        let is_decimal = |number: &str| !number.starts_with("0x") && !number.starts_with("0X");
        let rises = |(old, new): &(&str, &str)| Some(value(old)? < value(new)?);
        let mut changes = pairs.iter().filter(|(old, new)| is_decimal(old) && is_decimal(new));
        let has_any = changes.clone().next().is_some();
        match self {
            Self::No => Self::No,
            known if !has_any => known,
            _ if changes.all(|pair| rises(pair) == Some(true)) => Self::Up,
            _ => Self::No,
        }
    }
}

/// A number without its unit.
fn value(number: &str) -> Option<f64> {
    let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
    number.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of<'a>(lines: impl IntoIterator<Item = &'a str>) -> Repetition {
        let mut repetition = Repetition::default();
        lines.into_iter().for_each(|line| repetition.take(line));
        repetition
    }

    /// Bytes that say something, of lines made from a number.
    fn fresh(line: impl Fn(u64) -> String) -> u64 {
        let lines: Vec<String> = (0..1_000).map(line).collect();
        let repetition = of(lines.iter().map(String::as_str));
        repetition.bytes() - repetition.idle()
    }

    #[test]
    fn one_line_for_ever_says_nothing_new_whatever_its_numbers_are() {
        let line = "src/arch/riscv/pmp.cc:134: warn: pmp access fault.";
        assert_eq!(fresh(|_| line.to_owned()), line.len() as u64 + 1);
        assert!(
            fresh(|i| format!("src/arch/riscv/pmp.cc:134: warn: pmp access fault at {i}")) < 80,
            "a warning is no progress"
        );
        assert!(fresh(|i| format!("access fault at {:#x}", 0x8000_0000 + i)) < 80, "an address counts nothing");
        assert!(fresh(|i| format!("fault at {}", i * 7919 % 1009)) < 400, "these go up and down");
        assert!(fresh(|i| (if i % 2 == 0 { "a line" } else { "" }).to_owned()) < 20, "nor does a blank line");
    }

    #[test]
    fn what_counts_up_or_differs_says_something() {
        assert!(fresh(|i| format!("done: {i} of 1000")) > 10_000);
        assert!(fresh(|i| format!("info: simulated {}.5 ms, cache {} % full", i, 50)) > 10_000);
        assert!(fresh(|i| "x".repeat((i * i % 11) as usize + 1)) > 4_000);
        assert!(fresh(|i| if i % 2 == 0 { format!("dump {i}") } else { "reset".to_owned() }) > 4_000);
    }

    #[test]
    fn a_few_lines_in_turn_for_ever_say_nothing_new() {
        let cycles: [&[&str]; 5] = [
            &["warn: a", "warn: b"],
            &["warn: a at 7", "warn: a at 7", "info: b"],
            &["a", "a", "b", "b"],
            &["a", "b", "a", "c"],
            &["a", "b", "c", "d", "e", "f", "g", "h"],
        ];
        for cycle in cycles {
            let line = |i: u64| cycle[i as usize % cycle.len()].to_owned();
            assert!(fresh(line) < 400, "{cycle:?}: {}", fresh(line));
            let lines: Vec<String> = (0..1_000).map(line).collect();
            let repetition = of(["hello"].into_iter().chain(lines.iter().map(String::as_str)).chain(["bye"]));
            let told = repetition.repeated().unwrap();
            let rest = if cycle.len() > 2 { " / …" } else { "" };
            let expected = format!("{} / {}{rest}", cycle[0], cycle[1]);
            assert_eq!((told.line, told.times), (expected, 1_000 / cycle.len() as u64), "{cycle:?}");
            assert!(repetition.began_behind_another(), "{cycle:?}");
        }
        assert!(fresh(|i| "ab".repeat((i % 9) as usize + 1)) > 4_000, "too long a cycle");
        assert!(fresh(|i| format!("warn: {} at {i}", if i % 2 == 0 { "load" } else { "store" })) < 100);
        let once = of(["a", "b", "a", "b", "c"]);
        assert_eq!((once.idle(), once.repeated()), (0, None), "it came twice");
    }

    #[test]
    fn the_line_that_filled_a_log_is_known_behind_the_last_words_of_its_process() {
        let flood = || std::iter::repeat_n("warn: pmp access fault.", 3_000);
        let repeated = |last: usize| {
            let words: Vec<String> = (0..last).map(|i| format!("{i}: {}", "x".repeat(i % 5))).collect();
            of(["hello"].into_iter().chain(flood()).chain(words.iter().map(String::as_str))).repeated()
        };
        let expected = Repeated { line: "warn: pmp access fault.".to_owned(), times: 3_000 };
        assert_eq!(repeated(0), Some(expected.clone()));
        assert_eq!(repeated(7), Some(expected));
        assert_eq!(repeated(2_000), None, "it was long before");
        assert_eq!(of(["a", "b", "b", "c"]).repeated(), None);
    }

    proptest! {
        #[test]
        fn lines_that_differ_in_numbers_only_have_one_fingerprint(one in "[a-c0-3xBsm.: é]{0,12}", other in "[a-c0-3xBsm.: é]{0,12}") {
            if numbers_apart(&one, &other).is_some() {
                prop_assert_eq!(fingerprint(&one), fingerprint(&other));
            }
        }
    }
}
