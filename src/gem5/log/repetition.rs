//! A log that says one thing over and over.
//!
//! A simulation that will never end may write gigabytes of it: one warning for each access that fails, for ever. Its log
//! grows, and tells nothing.

use super::clip::clip;
use super::line::{Severity, classify};
use crate::gem5::numbers::numbers_apart;

/// A run of lines that are the same but for their numbers, of at least so many, is remembered after its end.
const LEAST_TIMES: u64 = 10;

/// So many other lines may stand behind such a run, as the last words of a process that was stopped do.
const MOST_BEHIND: u64 = 200;

/// A line that came again and again. Text in it is raw, not yet sanitised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    /// The last one of them, cut where it is long.
    pub line: String,
    /// How often it came, at least if the log was not read from its beginning.
    pub times: u64,
}

/// Takes the lines of one stream and tells how much of it says something new.
#[derive(Debug, Default)]
pub struct Repetition {
    /// The last line.
    last: String,
    /// How many lines of its kind have come without any other between them.
    times: u64,
    /// Whether it is a warning. Known from its second time on.
    is_warning: bool,
    count: Count,
    /// The last run before this one that is worth telling.
    before: Option<Repeated>,
    /// Lines of other kinds before the run that is told.
    kinds: u64,
    kinds_before: u64,
    /// Lines behind that run.
    behind: u64,
    /// Bytes of all lines.
    bytes: u64,
    /// Bytes of those that said nothing new.
    idle: u64,
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
        // Blank lines between the others change nothing.
        if self.times > 0 && (line == self.last || line.trim().is_empty()) {
            self.times += u64::from(line == self.last);
            self.idle = self.idle.saturating_add(length);
            return;
        }
        if let Some(pairs) = numbers_apart(&self.last, line).filter(|_| self.times > 0) {
            if self.times == 1 {
                let severity = classify(line).map(|line| line.severity);
                self.is_warning = matches!(severity, Some(Severity::Warn | Severity::Hack));
            }
            self.times = self.times.saturating_add(1);
            self.count = self.count.after(&pairs);
            if self.is_warning || self.count != Count::Up {
                self.idle = self.idle.saturating_add(length);
            }
        } else {
            if self.times >= LEAST_TIMES {
                (self.before, self.behind, self.kinds_before) = (self.repeated(), 0, self.kinds);
            }
            self.kinds += u64::from(self.times > 0);
            self.behind = self.behind.saturating_add(1);
            (self.times, self.is_warning, self.count) = (1, false, Count::Unknown);
        }
        self.last.clear();
        self.last.push_str(line);
    }

    /// Bytes of all lines.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes of the lines that said nothing new: each is as the one before it, numbers apart. A line in which a number only counts
    /// up says something, unless it is a warning.
    pub fn idle(&self) -> u64 {
        self.idle
    }

    /// Whether a line of another kind was seen before those that [`Self::repeated`] tells of, so that none of them is missing.
    pub fn began_behind_another(&self) -> bool {
        let kinds = if self.times >= LEAST_TIMES { self.kinds } else { self.kinds_before };
        kinds > 0
    }

    /// The line that the stream repeated at its end, or shortly before.
    pub fn repeated(&self) -> Option<Repeated> {
        if self.times >= LEAST_TIMES {
            return Some(Repeated { line: clip(self.last.trim()), times: self.times });
        }
        self.before.clone().filter(|_| self.behind <= MOST_BEHIND)
    }
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
        assert!(fresh(|i| (if i % 2 == 0 { "a" } else { "b" }).to_owned()) == 2_000);
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
}
