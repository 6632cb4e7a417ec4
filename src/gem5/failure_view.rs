//! Where in a log the failure stands that ended an attempt, and what belongs to it.
//!
//! The class of the outcome says what to look for: a simulated program may print any line of gem5's, and a gem5 that was
//! killed has printed none. Forms of all releases from 20.0 on are known: `src/base/logging.cc` for messages,
//! `src/sim/init_signals.cc` and `src/sim/backtrace_glibc.cc` for what follows a signal, `src/sim/main.cc` and Python
//! itself for exceptions.

use std::ops::Range;

use super::log::{Severity, classify, guest_word, tells_end};
use super::{Outcome, OutcomeKind};

/// So many lines before a failure are shown with it.
const BEFORE: usize = 30;

/// The longest message that is looked for. gem5's longest, a decoded instruction, has about twenty lines.
const MAX_MESSAGE: usize = 64;

/// Between a message and its backtrace stand at most the memory usage, the tick and a blank line or two.
const MAX_GAP: usize = 4;

/// A failure in a log, as ranges of its lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FailureView {
    /// The lines before it, 30 at most.
    pub before: Range<usize>,
    /// What it says, with continuation lines, memory usage and tick.
    pub message: Range<usize>,
    /// The frames, without the lines that mark their begin and end. Old Python puts them before the message.
    pub backtrace: Range<usize>,
    /// What follows, such as the advice that gem5 gives.
    pub after: Range<usize>,
}

/// The failure of an attempt that ended like this, in the last lines of one of its logs. The last such failure counts:
/// what stands before was survived.
pub fn failure_view<S: AsRef<str>>(lines: &[S], kind: OutcomeKind) -> Option<FailureView> {
    let lines = Lines(lines);
    let message = |severity| lines.last(|at| lines.severity(at) == Some(severity)).map(|at| lines.message(at));
    let python = || lines.python_error();
    let assertion = || lines.last(|at| is_assertion(lines.get(at))).map(|at| lines.with_tail(at, at + 1));
    let terminate = || lines.last(|at| lines.get(at).starts_with("terminate called ")).map(|at| lines.terminate(at));
    let signal = || lines.last(|at| is_signal(lines.get(at))).map(|at| lines.with_tail(at, at + 1));
    let found = match kind {
        OutcomeKind::Fatal => message(Severity::Fatal),
        OutcomeKind::Panic => message(Severity::Panic),
        OutcomeKind::PythonError => python(),
        OutcomeKind::Abort => assertion().or_else(terminate).or_else(signal),
        OutcomeKind::Segv => signal(),
        OutcomeKind::Usage => lines.last(|at| lines.severity(at) == Some(Severity::Error)).map(|at| (at..at + 1, None)),
        OutcomeKind::GuestFailed => lines.last(|at| is_guest(lines.get(at))).map(|at| lines.guest(at)),
        OutcomeKind::Failed => [message(Severity::Fatal), message(Severity::Panic), python(), assertion(), terminate()]
            .into_iter()
            .flatten()
            .max_by_key(|(message, _)| message.start),
        _ => None,
    };
    found.map(|(message, backtrace)| lines.around(message, backtrace))
}

/// The failure of a simulated kernel in the last lines of one of its consoles, if it is what the outcome tells of: the
/// cause quotes it, or is gem5's own word for it (`kern/linux/events.cc`).
pub fn console_view<S: AsRef<str>>(lines: &[S], outcome: &Outcome) -> Option<FailureView> {
    let text: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
    let (_, said) = guest_word(&text.join("\n"))?;
    let is_meant = outcome.cause.contains(&said)
        || ["Kernel panic", "Kernel oops"].iter().any(|words| outcome.cause.starts_with(words));
    let lines = Lines(lines);
    let at = lines.last(|at| lines.get(at).contains(&said)).filter(|_| is_meant)?;
    Some(lines.around(at..at + 1, None))
}

/// The message, and the frames where they are known already.
type Found = (Range<usize>, Option<Range<usize>>);

struct Lines<'a, S>(&'a [S]);

impl<S: AsRef<str>> Lines<'_, S> {
    fn get(&self, at: usize) -> &str {
        self.0.get(at).map_or("", AsRef::as_ref)
    }

    fn last(&self, is: impl Fn(usize) -> bool) -> Option<usize> {
        (0..self.0.len()).rev().find(|at| is(*at))
    }

    fn severity(&self, at: usize) -> Option<Severity> {
        classify(self.get(at)).map(|line| line.severity)
    }

    /// A `fatal:` or `panic:` from C++ ends at the memory usage; Python's own has no end mark, so only indented lines are
    /// taken for its own.
    fn message(&self, start: usize) -> Found {
        let own = |at: &usize| *at < self.0.len() && self.severity(*at).is_none();
        let mut end = start + 1;
        for at in (start + 1..start + MAX_MESSAGE).take_while(own) {
            if self.get(at).starts_with("Memory Usage:") {
                return self.with_tail(start, at);
            }
        }
        while end < self.0.len() && self.get(end).starts_with([' ', '\t']) && end - start < MAX_MESSAGE {
            end += 1;
        }
        self.with_tail(start, end)
    }

    /// Adds the memory usage and the tick to a message.
    fn with_tail(&self, start: usize, end: usize) -> Found {
        let mut end = end;
        while ["Memory Usage:", "Program aborted at tick "].iter().any(|words| self.get(end).starts_with(words)) {
            end += 1;
        }
        (start..end.min(self.0.len()), None)
    }

    fn terminate(&self, start: usize) -> Found {
        let has_what = self.get(start + 1).trim_start().starts_with("what():");
        self.with_tail(start, start + 1 + usize::from(has_what))
    }

    /// The lines in which a script tells how the simulated program ended.
    fn guest(&self, last: usize) -> Found {
        let mut start = last;
        while start > 0 && is_guest(self.get(start - 1)) {
            start -= 1;
        }
        (start..last + 1, None)
    }

    fn python_error(&self) -> Option<Found> {
        let new = self.last(|at| self.get(at) == "At:" && at > 0 && self.get(at - 1).trim().is_empty());
        let old = self.last(|at| self.get(at).starts_with("Traceback (most recent call last):"));
        match (new, old) {
            (Some(new), old) if old.is_none_or(|old| old < new) => self.at_form(new),
            (_, Some(old)) => self.traceback_form(old),
            _ => None,
        }
    }

    /// gem5 21.2 and later: `ValueError: text`, a blank line, `At:` and the frames, innermost first.
    fn at_form(&self, at: usize) -> Option<Found> {
        let blank = at - 1;
        let before = blank.saturating_sub(MAX_MESSAGE)..blank;
        // The message's own lines may have colons; a class with a usual name is the better guess.
        let start = before
            .clone()
            .rev()
            .find(|line| self.severity(*line) == Some(Severity::Error))
            .or_else(|| before.clone().rev().find(|line| self.get(*line).contains(':')))?;
        let frames = self.while_indented(at + 1);
        Some((start..blank, Some(at + 1..frames)))
    }

    /// Python's own form: the frames, outermost first, then the class and the text.
    fn traceback_form(&self, start: usize) -> Option<Found> {
        let end = self.while_indented(start + 1);
        (end < self.0.len()).then(|| (end..self.while_indented(end + 1), Some(start + 1..end)))
    }

    fn while_indented(&self, from: usize) -> usize {
        (from..self.0.len()).find(|at| !self.get(*at).starts_with([' ', '\t'])).unwrap_or(self.0.len())
    }

    fn around(&self, message: Range<usize>, backtrace: Option<Range<usize>>) -> FailureView {
        let is_begin = |at: &usize| self.get(*at).contains("BEGIN LIBC BACKTRACE");
        let begin = (message.end..message.end + MAX_GAP).find(is_begin);
        let backtrace = backtrace.or_else(|| {
            let from = begin? + 1;
            let end = (from..self.0.len()).find(|at| self.get(*at).contains("END LIBC BACKTRACE"));
            Some(from..end.unwrap_or(self.0.len()))
        });
        let first = backtrace.as_ref().map_or(message.start, |frames| message.start.min(frames.start - 1));
        let last = backtrace.as_ref().map_or(message.end, |frames| message.end.max(frames.end));
        // The line that ends the frames is no news.
        let last = last + usize::from(self.get(last).contains("END LIBC BACKTRACE"));
        FailureView {
            before: first.saturating_sub(BEFORE)..first,
            message,
            backtrace: backtrace.unwrap_or(last..last),
            after: last..self.0.len(),
        }
    }
}

/// glibc's assert: `gem5.opt: src/f.cc:12: void f(): Assertion 'x' failed.`
fn is_assertion(line: &str) -> bool {
    line.ends_with(" failed.") && line.contains(": Assertion ")
}

fn is_signal(line: &str) -> bool {
    line.starts_with("gem5 has encountered a segmentation fault!") || line.starts_with("Program aborted at tick ")
}

/// What a script says about the simulated program, and what a guest's kernel says on its console.
fn is_guest(line: &str) -> bool {
    tells_end(line)
        || line.starts_with("Simulated exit code not 0!")
        || ["Kernel panic", "Kernel oops", "Oops:"].iter().any(|words| line.contains(words))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn view(text: &str, kind: OutcomeKind) -> (Vec<String>, Vec<String>, Vec<String>, Vec<String>) {
        let lines: Vec<&str> = text.lines().collect();
        let view = failure_view(&lines, kind).expect("the text holds the failure");
        let of = |range: Range<usize>| lines[range].iter().map(|line| (*line).to_owned()).collect();
        (of(view.before), of(view.message), of(view.backtrace), of(view.after))
    }

    const PANIC: &str = "warn: a\nsrc/mem/x.cc:9: panic: two ports:\n\tsystem.a\n\tsystem.b\nMemory Usage: 9 KBytes\n\
        Program aborted at tick 77\n--- BEGIN LIBC BACKTRACE ---\ngem5.opt(+0x1)[0x2]\ngem5.opt(main+0x2)[0x3]\n\
        --- END LIBC BACKTRACE ---\nFor more info see https://x\n";

    #[test]
    fn a_panic_is_taken_apart() {
        let (before, message, backtrace, after) = view(PANIC, OutcomeKind::Panic);
        assert_eq!(before, ["warn: a"]);
        assert_eq!(message.len(), 5);
        assert_eq!((message[1].as_str(), message[4].as_str()), ("\tsystem.a", "Program aborted at tick 77"));
        assert_eq!(backtrace, ["gem5.opt(+0x1)[0x2]", "gem5.opt(main+0x2)[0x3]"]);
        assert_eq!(after, ["For more info see https://x"]);
    }

    #[test]
    fn a_backtrace_that_was_cut_short_goes_to_the_end() {
        let cut = PANIC.split("--- END").next().unwrap();
        assert_eq!(view(cut, OutcomeKind::Panic).2.len(), 2);
    }

    #[test]
    fn the_lines_behind_a_python_fatal_are_not_its_own() {
        let (_, message, backtrace, after) = view("fatal: no such cpu\nbye\n", OutcomeKind::Fatal);
        assert_eq!((message, backtrace.len()), (vec!["fatal: no such cpu".to_owned()], 0));
        assert_eq!(after, ["bye"]);
    }

    #[test]
    fn both_forms_of_a_python_exception_are_taken_apart() {
        let new = "hello\nValueError: bad\nsecond: line\n\nAt:\n  /x/a.py(3): f\n  /x/a.py(9): <module>\n";
        let (before, message, frames, after) = view(new, OutcomeKind::PythonError);
        assert_eq!((before.len(), message.len(), frames.len(), after.len()), (1, 2, 2, 0));
        let old = "hello\nTraceback (most recent call last):\n  File \"/x/a.py\", line 9, in f\n    g()\nKeyError: 'k'\nend\n";
        let (before, message, frames, after) = view(old, OutcomeKind::PythonError);
        assert_eq!(message, ["KeyError: 'k'"]);
        assert_eq!((before, frames.len(), after), (vec!["hello".to_owned()], 2, vec!["end".to_owned()]));
    }

    #[test]
    fn the_outcome_says_which_of_two_failures_is_meant() {
        let text = "fatal: printed by the guest\nExiting @ tick 5 because m5_fail instruction encountered\n\
                    Simulated exit code not 0! Exit code is 7\n";
        assert_eq!(view(text, OutcomeKind::GuestFailed).1.len(), 2);
        let own = "hello\nExit cause: m5_fail instruction encountered | code: 7\nDone\n";
        assert_eq!(view(own, OutcomeKind::GuestFailed).1, ["Exit cause: m5_fail instruction encountered | code: 7"]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(failure_view(&lines, OutcomeKind::Killed), None, "who was killed has said nothing about it");
        assert_eq!(failure_view(&lines, OutcomeKind::Panic), None);
    }

    #[test]
    fn a_console_is_shown_only_if_the_outcome_tells_of_it() {
        let lines = ["Linux version 5.4", "[ 1.7] Kernel panic - not syncing: no init", "CPU: 0"];
        let quoted =
            Outcome::new(OutcomeKind::GuestFailed, "system.terminal says: Kernel panic - not syncing: no init");
        let view = console_view(&lines, &quoted).expect("the cause quotes it");
        assert_eq!((view.before, view.message, view.after), (0..1, 1..2, 2..3));
        let own = Outcome::new(OutcomeKind::GuestFailed, "Kernel panic in simulated system.");
        assert!(console_view(&lines, &own).is_some());
        let other = Outcome::new(OutcomeKind::GuestFailed, "m5_fail instruction encountered (code 7)");
        assert_eq!(console_view(&lines, &other), None);
        assert_eq!(console_view(&lines[..1], &quoted), None);
    }

    #[test]
    fn aborts_without_a_message_and_faults_are_found() {
        let text = "gem5 has encountered a segmentation fault!\n\n--- BEGIN LIBC BACKTRACE ---\na(b+0x1)[0x2]\n";
        assert_eq!(view(text, OutcomeKind::Segv).2.len(), 1);
        let text = "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\nProgram aborted at tick 0\n";
        assert_eq!(view(text, OutcomeKind::Abort).1.len(), 3);
        let text = "gem5.opt: src/f.cc:12: void f(): Assertion `x' failed.\nProgram aborted at tick 3\n";
        assert_eq!(view(text, OutcomeKind::Abort).1.len(), 2);
        let text = "Usage\n=====\ngem5.opt: error: no such option: --x\n";
        assert_eq!(view(text, OutcomeKind::Usage).1, ["gem5.opt: error: no such option: --x"]);
    }

    #[test]
    fn every_failed_sample_shows_its_failure() {
        let Some(folder) = std::env::var_os("GEM5_TUI_SAMPLES").map(std::path::PathBuf::from) else {
            eprintln!("skipped: GEM5_TUI_SAMPLES is not set");
            return;
        };
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let sample = entry.unwrap().path();
            let Ok(expected) = std::fs::read(sample.join("expect.json")) else { continue };
            let expected: serde_json::Value = serde_json::from_slice(&expected).unwrap();
            let said = [
                OutcomeKind::Fatal,
                OutcomeKind::Panic,
                OutcomeKind::Abort,
                OutcomeKind::Segv,
                OutcomeKind::PythonError,
                OutcomeKind::Usage,
                OutcomeKind::GuestFailed,
            ];
            let Some(kind) = said.into_iter().find(|kind| expected["outcome"] == kind.word()) else { continue };
            let logs = ["simerr.txt", "simout.txt"].map(|name| {
                String::from_utf8_lossy(&std::fs::read(sample.join("m5out").join(name)).unwrap_or_default())
                    .into_owned()
            });
            let found = logs.iter().find_map(|log| failure_view(&log.lines().collect::<Vec<_>>(), kind));
            let found = found.unwrap_or_else(|| panic!("{} shows no failure", sample.display()));
            let aborted = matches!(kind, OutcomeKind::Panic | OutcomeKind::Abort | OutcomeKind::Segv);
            assert_eq!(
                !found.backtrace.is_empty(),
                aborted || kind == OutcomeKind::PythonError,
                "{}",
                sample.display()
            );
            seen += 1;
        }
        assert!(seen > 0, "the samples folder holds no failures");
    }

    proptest! {
        #[test]
        fn any_lines_are_survived_and_every_range_lies_inside(
            lines in prop::collection::vec(prop_oneof![
                Just("src/a.cc:1: panic: x".to_owned()), Just("fatal: x".to_owned()), Just("At:".to_owned()),
                Just(String::new()), Just("  x".to_owned()), Just("E: x".to_owned()), Just("Memory Usage: 1".to_owned()),
                Just("Traceback (most recent call last):".to_owned()), Just("--- BEGIN LIBC BACKTRACE ---".to_owned()),
                Just("--- END LIBC BACKTRACE ---".to_owned()), Just("terminate called x".to_owned()), ".{0,12}",
            ], 0..40)
        ) {
            for kind in OutcomeKind::ALL {
                if let Some(view) = failure_view(&lines, kind) {
                    for range in [view.before, view.message.clone(), view.backtrace, view.after] {
                        prop_assert!(range.start <= range.end && range.end <= lines.len(), "{range:?}");
                    }
                    prop_assert!(!view.message.is_empty());
                }
            }
        }
    }
}
