//! Gathering facts from a log as it grows.

use super::facts::{ExitLine, Failure, FailureKind, LogFacts};
use super::line::{LogLine, Severity, classify, split_class, split_exception, split_usage};

/// The part of a line that is looked at. Every line that tells a fact is shorter.
const MAX_LINE: usize = 8 * 1024;

/// The longest text that is kept of a line.
const MAX_TEXT: usize = 1024;

/// The most lines that are kept of one message. gem5's longest, a decoded instruction, has about twenty.
const MAX_DETAILS: usize = 32;

/// So many lines after an exception's first line `At:` may come: messages may have lines of their own.
const MAX_MESSAGE_LINES: usize = 64;

/// Takes one stream in pieces and keeps its facts. Use one for standard output and one for standard error.
#[derive(Debug, Default)]
pub struct LogScanner {
    facts: LogFacts,
    line: Vec<u8>,
    state: State,
    /// A line that may be the first of an exception, how its class is known, and how many lines ago it was.
    candidate: Option<Candidate>,
    last_was_blank: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Text,
    /// Behind `fatal:` or `panic:`; the lines up to `Memory Usage:` belong to it.
    Message(Vec<String>),
    /// Behind `terminate called`.
    Terminate,
    /// Behind `At:`; the first line is where the exception was raised.
    At,
    /// Behind `Traceback (most recent call last):`, with the last place seen.
    Traceback(Option<String>),
}

#[derive(Debug)]
struct Candidate {
    text: String,
    has_usual_ending: bool,
    age: usize,
}

impl LogScanner {
    /// A scanner at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece, of any length.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while let Some(newline) = memchr::memchr(b'\n', bytes) {
            let (piece, rest) = bytes.split_at(newline);
            bytes = rest.get(1..).unwrap_or_default();
            self.keep(piece);
            let line = std::mem::take(&mut self.line);
            self.take_line(&String::from_utf8_lossy(&line));
            self.line = line;
            self.line.clear();
        }
        self.keep(bytes);
    }

    /// Takes a last line that has no newline. For a stream that nobody writes to any more.
    pub fn finish(&mut self) {
        if !self.line.is_empty() {
            self.feed(b"\n");
        }
    }

    /// The facts of all complete lines so far.
    pub fn facts(&self) -> &LogFacts {
        &self.facts
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = MAX_LINE.saturating_sub(self.line.len());
        self.line.extend_from_slice(piece.get(..room).unwrap_or(piece));
    }

    fn take_line(&mut self, line: &str) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let is_done = self.continue_state(line);
        let blank_before = std::mem::replace(&mut self.last_was_blank, line.trim().is_empty());
        if is_done || self.last_was_blank {
            return;
        }
        match classify(line) {
            Some(found) if found.severity != Severity::Error => self.take_message(&found),
            _ => self.take_text(line, blank_before),
        }
    }

    /// Gives the line to what an earlier line began. `true` when the line belongs to that and to nothing else.
    fn continue_state(&mut self, line: &str) -> bool {
        match &mut self.state {
            State::Text => false,
            State::Message(details) => {
                if line.starts_with("Memory Usage:") {
                    let details = std::mem::take(details);
                    if let Some(failure) = &mut self.facts.failure {
                        failure.details = details;
                    }
                    self.state = State::Text;
                    return true;
                }
                if classify(line).is_some() || line.starts_with("Program aborted at tick ") {
                    // Python's `fatal` tells no memory usage: the lines behind it are not its own.
                    self.state = State::Text;
                } else if details.len() < MAX_DETAILS {
                    details.push(clip(line.trim_end()));
                }
                false
            }
            State::Terminate => {
                self.state = State::Text;
                let Some(what) = line.trim_start().strip_prefix("what():") else { return false };
                if let Some(failure) = &mut self.facts.failure {
                    failure.message = clip(&format!("{}: {}", failure.message, what.trim()));
                }
                true
            }
            State::At => {
                self.state = State::Text;
                let Some(place) = line.strip_prefix("  ") else { return false };
                if let Some(failure) = &mut self.facts.failure {
                    failure.location = python_place(place);
                }
                true
            }
            State::Traceback(place) => {
                if let Some(file) = line.trim_start().strip_prefix("File \"") {
                    *place = traceback_place(file);
                    return true;
                }
                if line.trim().is_empty() || line.starts_with([' ', '\t']) {
                    return true;
                }
                let location = place.take();
                self.state = State::Text;
                if split_class(line).is_none() {
                    return false;
                }
                self.fail(FailureKind::PythonError, line, location);
                true
            }
        }
    }

    fn take_message(&mut self, found: &LogLine<'_>) {
        self.candidate = None;
        let location = found.file.zip(found.line).map(|(file, line)| format!("{file}:{line}"));
        match found.severity {
            Severity::Fatal | Severity::Panic => {
                let kind = if found.severity == Severity::Fatal { FailureKind::Fatal } else { FailureKind::Panic };
                self.fail(kind, found.message, location);
                self.state = State::Message(Vec::new());
            }
            Severity::Warn => self.facts.warnings = self.facts.warnings.saturating_add(1),
            Severity::Info => {
                if let Some(rest) = found.message.strip_prefix("Entering event queue @ ") {
                    self.facts.event_queue = leading_number(rest);
                    self.see_tick(self.facts.event_queue);
                }
            }
            Severity::Hack | Severity::Error => {}
        }
    }

    fn take_text(&mut self, line: &str, blank_before: bool) {
        if line == "At:" && blank_before {
            if let Some(candidate) = self.candidate.take() {
                self.fail(FailureKind::PythonError, &candidate.text, None);
                self.state = State::At;
            }
            return;
        }
        self.consider(line);
        if let Some(usage) = split_usage(line) {
            self.facts.usage = Some(clip(usage));
        } else if let Some(rest) = line.strip_prefix("Exiting @ tick ") {
            let tick = leading_number(rest);
            if let Some((tick, (_, cause))) = tick.zip(rest.split_once(" because ")) {
                self.facts.exit = Some(ExitLine { tick, cause: clip(cause.trim()) });
            }
            self.see_tick(tick);
        } else if let Some(rest) = line.strip_prefix("Program aborted at tick ") {
            self.facts.aborted_at = leading_number(rest);
            self.see_tick(self.facts.aborted_at);
        } else if let Some(rest) = line.strip_prefix("Simulated exit code not 0! Exit code is ") {
            self.facts.guest_exit_code = rest.trim().parse().ok();
        } else if let Some(rest) = line.strip_prefix("Exit event called at Tick ") {
            self.see_tick(leading_number(rest));
        } else if let Some(rest) = line.strip_prefix("Progress! Time now ") {
            let seconds: Option<f64> = rest.trim().strip_suffix('s').and_then(|s| s.parse().ok());
            let per_second = self.facts.frequency.map(|f| f as f64);
            self.see_tick(seconds.zip(per_second).map(|(seconds, per_second)| (seconds * per_second) as u64));
        } else if let Some(rest) = line.strip_prefix("Global frequency set at ") {
            self.facts.frequency = leading_number(rest);
        } else if let Some(version) = line.strip_prefix("gem5 version ") {
            self.facts.version.get_or_insert_with(|| clip(version.trim()));
        } else if line.starts_with("gem5 has encountered a segmentation fault!") {
            self.facts.segfault = true;
        } else if let Some(rest) = line.strip_prefix("terminate called ") {
            let class = rest.strip_prefix("after throwing an instance of ").unwrap_or(rest);
            self.fail(FailureKind::Terminate, class.trim_matches('\''), None);
            self.state = State::Terminate;
        } else if line.starts_with("Traceback (most recent call last):") {
            self.state = State::Traceback(None);
        } else if line.ends_with(" failed.")
            && let Some((place, assertion)) = line.split_once(": Assertion ")
        {
            self.fail(FailureKind::Assertion, &format!("Assertion {assertion}"), assertion_place(place));
        } else if let Some((before, rest)) = line.split_once(": CPU progress event, total committed:") {
            self.facts.instructions = leading_number(rest.trim_start());
            self.see_tick(leading_number(before.trim_start()));
        }
    }

    /// Remembers a line that may be the first line of an exception. One with a usual class name stays until another
    /// such line comes, for the message's own lines may have colons too.
    fn consider(&mut self, line: &str) {
        let has_usual_ending = split_exception(line).is_some();
        let keeps_better = match &mut self.candidate {
            Some(candidate) => {
                candidate.age += 1;
                candidate.has_usual_ending && candidate.age < MAX_MESSAGE_LINES && !has_usual_ending
            }
            None => false,
        };
        if !keeps_better && (has_usual_ending || split_class(line).is_some()) {
            self.candidate = Some(Candidate { text: clip(line), has_usual_ending, age: 0 });
        }
    }

    fn fail(&mut self, kind: FailureKind, message: &str, location: Option<String>) {
        self.candidate = None;
        let message = clip(message.trim_end().trim_end_matches(':'));
        self.facts.failure = Some(Failure { kind, message, location: location.map(|l| clip(&l)), details: Vec::new() });
    }

    fn see_tick(&mut self, tick: Option<u64>) {
        self.facts.tick = self.facts.tick.max(tick);
    }
}

/// The number at the front of the text.
fn leading_number(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

/// `/x/run.py(12): build` as `/x/run.py:12`.
fn python_place(text: &str) -> Option<String> {
    let (place, _) = text.rsplit_once("): ")?;
    let (file, line) = place.rsplit_once('(')?;
    Some(format!("{}:{line}", file.trim()))
}

/// `/x/run.py", line 12, in build` as `/x/run.py:12`.
fn traceback_place(text: &str) -> Option<String> {
    let (file, rest) = text.split_once("\", line ")?;
    Some(format!("{file}:{}", leading_number(rest)?))
}

/// `gem5.opt: src/f.cc:12: void f()` as `src/f.cc:12`.
fn assertion_place(text: &str) -> Option<String> {
    let mut parts = text.split(": ");
    parts.find(|part| part.rsplit_once(':').is_some_and(|(_, line)| line.parse::<u32>().is_ok())).map(ToOwned::to_owned)
}

fn clip(text: &str) -> String {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn facts(text: &str) -> LogFacts {
        let mut scanner = LogScanner::new();
        scanner.feed(text.as_bytes());
        scanner.finish();
        scanner.facts().clone()
    }

    fn failure(text: &str) -> (FailureKind, String, usize) {
        let failure = facts(text).failure.expect("the text holds a failure");
        (failure.kind, failure.summary(), failure.details.len())
    }

    const PANIC: &str = "src/arch/x86/faults.cc:131: panic: Unrecognized/invalid instruction executed:\n \n{\n\tleg = 0,\n}\n\
                         Memory Usage: 630696 KBytes\nProgram aborted at tick 61424000\n--- BEGIN LIBC BACKTRACE ---\n";

    #[test]
    fn messages_of_several_lines_end_at_the_memory_usage() {
        let summary = "Unrecognized/invalid instruction executed (src/arch/x86/faults.cc:131)";
        assert_eq!(failure(PANIC), (FailureKind::Panic, summary.to_owned(), 4));
        assert_eq!(facts(PANIC).aborted_at, Some(61_424_000));
    }

    #[test]
    fn the_lines_behind_a_python_fatal_are_not_its_own() {
        assert_eq!(failure("fatal: no such cpu\nbye\n"), (FailureKind::Fatal, "no such cpu".to_owned(), 0));
    }

    #[test]
    fn a_condition_is_left_out_of_the_summary() {
        let text = "src/b.cc:105: fatal: fatal condition fd < 0 occurred: Failed to open file /x.\nThis is.\nMemory Usage: 1 KBytes\n";
        assert_eq!(failure(text), (FailureKind::Fatal, "Failed to open file /x. (src/b.cc:105)".to_owned(), 1));
    }

    #[test]
    fn both_forms_of_a_python_exception_are_known() {
        let new =
            "ValueError: no such workload: 'bfs'\n\nAt:\n  /x/pyexc.py(3): build\n  src/python/m5/main.py(669): main";
        assert_eq!(failure(new).1, "ValueError: no such workload: 'bfs' (/x/pyexc.py:3)");
        let classic = "Traceback (most recent call last):\n  File \"/x/a.py\", line 9, in <module>\n    f()\n  File \"/x/b.py\", line 2, in f\n    ~~^\nKeyError: 'k'\n";
        assert_eq!(failure(classic), (FailureKind::PythonError, "KeyError: 'k' (/x/b.py:2)".to_owned(), 0));
        let interrupt = "KeyboardInterrupt: \n\nAt:\n  /x/run.py(1): <module>\n";
        assert_eq!(failure(interrupt).1, "KeyboardInterrupt (/x/run.py:1)");
        let odd = "my.mod.Oops: first\nsecond: line\n\nAt:\n  /x/run.py(1): <module>\n";
        assert_eq!(failure(odd).0, FailureKind::PythonError);
        let many = "ValueError: first\nsecond: line\n\nAt:\n  /x/run.py(1): <module>\n";
        assert_eq!(failure(many).1, "ValueError: first (/x/run.py:1)");
    }

    #[test]
    fn an_error_that_was_caught_and_printed_is_no_failure() {
        assert_eq!(facts("ValueError: ignored\nAt:\n  x\n").failure, None);
        assert_eq!(facts("ValueError: ignored\ngoing on\n").failure, None);
    }

    #[test]
    fn uncaught_exceptions_of_cpp_and_assertions_are_known() {
        let text = "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\nProgram aborted at tick 0\n";
        assert_eq!(failure(text).1, "std::bad_alloc: std::bad_alloc");
        let text = "gem5.opt: src/f.cc:12: void gem5::f(): Assertion `x' failed.\n";
        assert_eq!(failure(text), (FailureKind::Assertion, "Assertion `x' failed. (src/f.cc:12)".to_owned(), 0));
    }

    #[test]
    fn progress_and_ends_are_read() {
        let text = "gem5 version 24.0.0.1\nGlobal frequency set at 1000000000000 ticks per second\n\
                    src/sim/simulate.cc:199: info: Entering event queue @ 100.  Starting simulation...\n\
                    Progress! Time now 0.001000s\n\
                    5000000000: system.cpu: CPU progress event, total committed:77, progress insts committed: 7\n\
                    Simulated exit code not 0! Exit code is 3\r\n\
                    Exiting @ tick 6000000000 because exiting with last active thread context\n";
        let facts = facts(text);
        assert_eq!(facts.version.as_deref(), Some("24.0.0.1"));
        assert_eq!((facts.event_queue, facts.tick), (Some(100), Some(6_000_000_000)));
        assert_eq!((facts.instructions, facts.guest_exit_code), (Some(77), Some(3)));
        assert_eq!(facts.exit.unwrap().cause, "exiting with last active thread context");
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_give_the_same(cuts in prop::collection::vec(0_usize..1200, 0..6)) {
            let text = format!("gem5 version 25.0\n{PANIC}ValueError: x\n\nAt:\n  /a.py(1): f\nExiting @ tick 5 because y\n");
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            let mut scanner = LogScanner::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([text.len()]) {
                scanner.feed(&text.as_bytes()[from..cut]);
                from = cut;
            }
            prop_assert_eq!(scanner.facts(), &facts(&text));
        }

        #[test]
        fn any_bytes_are_survived_in_bounded_memory(pieces in prop::collection::vec(any::<Vec<u8>>(), 0..20)) {
            let mut scanner = LogScanner::new();
            for piece in &pieces {
                scanner.feed(piece);
                prop_assert!(scanner.line.len() <= MAX_LINE);
            }
            scanner.finish();
        }
    }
}
