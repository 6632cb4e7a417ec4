//! Gathering facts from a log as it grows.

mod ends;
mod failures;

use std::borrow::Cow;

use super::ansi::without_escapes;
use super::clip::{clip, clipped};
use super::exit_line::{ExitLine, OwnForm, in_a_form, tick_line, with_known_cause};
use super::facts::{FailureKind, LogFacts};
use super::last_word::{LastWord, is_refusal_of_gem5};
use super::line::{LogLine, Severity, classify, split_class, split_usage};
use super::place::{self, leading_number};
use super::prefix::Prefix;
use super::rare::is_rare;
use super::repetition::Repetition;

/// The part of a line that is looked at: half of it from the front and half from the end, where gem5's own words stand
/// when a simulated program wrote without newlines. Every line that tells a fact is shorter than one half.
pub(super) const MAX_LINE: usize = 8 * 1024;

/// The most lines that are kept of one message. gem5's longest, a decoded instruction, has about twenty.
const MAX_DETAILS: usize = 32;

/// So many lines after an exception's first line `At:` may come: messages may have lines of their own.
const MAX_MESSAGE_LINES: usize = 64;

/// Takes one stream in pieces and keeps its facts. Use one for standard output and one for standard error.
#[derive(Debug, Default)]
pub struct LogScanner {
    facts: LogFacts,
    line: OpenLine,
    state: State,
    /// A line that may be the first of an exception, how its class is known, and how many lines ago it was.
    candidate: Option<Candidate>,
    /// A message whose first line stands behind other text, and how many lines ago it was.
    buried: Option<(FailureKind, String, usize)>,
    /// The tick that the line before told, for an exit line that has none.
    tick_before: Option<u64>,
    /// So many lines from here on may tell the tick and the code of the exit line.
    beside: u8,
    /// What a runner puts before every line.
    prefix: Prefix,
    /// The banner was seen: another one begins another run.
    has_begun: bool,
    /// The table of `perf stat` has begun.
    in_perf: bool,
    last_was_blank: bool,
    /// A form of the exit line that somebody has taught.
    own_form: Option<OwnForm>,
    repetition: Repetition,
}

/// The line that is not complete yet.
#[derive(Debug, Default)]
struct OpenLine {
    bytes: Vec<u8>,
    /// Its beginning was not seen, so its rest is passed over.
    is_passed_over: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Text,
    /// Behind `fatal:` or `panic:`; the lines up to `Memory Usage:` belong to it.
    Message(Vec<String>),
    /// Behind `terminate called`.
    Terminate,
    /// Behind `At:`, innermost frame first, with the number of frames seen.
    At(usize),
    /// Behind `Traceback (most recent call last):`, outermost frame first.
    Traceback(Frames),
}

#[derive(Debug, Default)]
struct Frames {
    /// The last place seen, and the last one outside of libraries.
    last: Option<String>,
    last_outside: Option<String>,
    /// gem5's own main function is among them.
    through_main: bool,
}

#[derive(Debug)]
struct Candidate {
    text: String,
    has_usual_ending: bool,
    /// Other text stands before it on its line.
    is_glued: bool,
    age: usize,
}

impl LogScanner {
    /// A scanner at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, which also knows a form of the exit line that somebody has taught.
    #[must_use]
    pub fn with_form(self, own_form: Option<OwnForm>) -> Self {
        Self { own_form, ..self }
    }

    /// The same, where a runner is known to put this before every line.
    #[must_use]
    pub fn with_prefix(self, prefix: Prefix) -> Self {
        Self { prefix, ..self }
    }

    /// What a runner puts before every line, as far as the banner has told it.
    pub fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// Takes the next piece, of any length.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while let Some(newline) = memchr::memchr(b'\n', bytes) {
            let (piece, rest) = bytes.split_at(newline);
            bytes = rest.get(1..).unwrap_or_default();
            self.line.keep(piece);
            let OpenLine { bytes: mut line, is_passed_over } = std::mem::take(&mut self.line);
            if is_passed_over {
                continue;
            }
            let text = String::from_utf8_lossy(&line);
            // A prefix with a time would count up.
            self.repetition.take(&self.prefix.strip(&text));
            self.take_line(&text);
            line.clear();
            self.line.bytes = line;
        }
        self.line.keep(bytes);
    }

    /// What comes next does not continue what has come, and may begin in the middle of a line.
    pub fn skip(&mut self) {
        self.line = OpenLine { is_passed_over: true, ..OpenLine::default() };
    }

    /// How much of the lines so far says something new.
    pub fn repetition(&self) -> &Repetition {
        &self.repetition
    }

    /// Takes a last line that has no newline. For a stream that nobody writes to any more.
    pub fn finish(&mut self) {
        if !self.line.bytes.is_empty() {
            self.feed(b"\n");
        }
        let last = self.candidate.take().filter(|found| found.has_usual_ending && !found.is_glued && found.age == 0);
        self.facts.exception_at_end = last.map(|candidate| candidate.text);
        // What should have followed may have been cut off.
        if let Some((kind, message, 0)) = self.buried.take()
            && self.facts.failure.is_none()
        {
            self.fail(kind, &message, None);
        }
    }

    /// The facts of all complete lines so far.
    pub fn facts(&self) -> &LogFacts {
        &self.facts
    }

    /// How many bytes of an unfinished line are held.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.line.bytes.len()
    }

    fn take_line(&mut self, line: &str) {
        // Bars that redraw themselves end in a carriage return, and what comes next is on the same line.
        let line = line.trim_end_matches('\r');
        for part in line.split('\r').filter(|part| !part.is_empty() || line.is_empty()) {
            let part = if part.contains('\x1b') { Cow::Owned(without_escapes(part)) } else { part.into() };
            self.take_part(&part);
        }
    }

    fn take_part(&mut self, line: &str) {
        if let Some(prefix) = Prefix::before_banner(line) {
            self.begin_run(prefix);
        }
        let prefix = std::mem::take(&mut self.prefix);
        self.take_own_part(&prefix.strip(line));
        self.prefix = prefix;
    }

    /// A banner: what stands before it is of an earlier run whose log this one was appended to. Before the first one may stand what
    /// this run wrote on standard error, since standard output is written late where it is no terminal.
    fn begin_run(&mut self, prefix: Prefix) {
        if self.has_begun {
            *self = Self {
                line: std::mem::take(&mut self.line),
                own_form: self.own_form.take(),
                // How much was said anew only grows.
                repetition: std::mem::take(&mut self.repetition),
                ..Self::default()
            };
        }
        self.has_begun = true;
        if !prefix.is_empty() {
            self.prefix = prefix;
        }
    }

    fn take_own_part(&mut self, line: &str) {
        let is_done = self.continue_state(line);
        let blank_before = std::mem::replace(&mut self.last_was_blank, line.trim().is_empty());
        if is_done || self.last_was_blank {
            return;
        }
        if let Some(candidate) = &mut self.candidate {
            candidate.age += 1;
        }
        self.facts.waits = None;
        if !is_of_interrupt(line) {
            let last = self.facts.last_line.get_or_insert_default();
            last.clear();
            last.push_str(clipped(line.trim()));
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
                    self.state = State::Text;
                    self.buried = None;
                    if let Some(failure) = &mut self.facts.failure {
                        failure.details = details;
                        let is_panic = failure.kind == FailureKind::Panic;
                        self.end(if is_panic { LastWord::Abort } else { LastWord::Fatal });
                    }
                    return true;
                }
                if classify(line).is_some() || line.starts_with("Program aborted at tick ") {
                    // Python's `fatal` tells no memory usage: the lines behind it are not its own.
                    self.state = State::Text;
                } else if let Some(place) = place::of_old_message(line) {
                    if let Some(failure) = self.facts.failure.as_mut().filter(|failure| failure.location.is_none()) {
                        failure.location = Some(clip(&place));
                    }
                    return true;
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
            State::At(frames) => {
                let Some(place) = line.strip_prefix("  ").and_then(place::of_frame) else {
                    self.state = State::Text;
                    return false;
                };
                *frames += 1;
                let is_innermost = *frames == 1;
                if let Some(failure) = self.facts.failure.as_mut().filter(|failure| failure.then.is_none()) {
                    let is_hidden = failure.location.as_deref().is_some_and(place::is_of_library);
                    if (is_innermost && failure.location.is_none()) || (is_hidden && !place::is_of_library(&place)) {
                        failure.location = Some(clip(&place));
                    }
                }
                if place::is_of_main(&place) {
                    self.end(LastWord::Exception);
                }
                true
            }
            State::Traceback(frames) => {
                if let Some(file) = line.trim_start().strip_prefix("File \"") {
                    frames.last = place::of_traceback(file);
                    if let Some(place) = &frames.last {
                        frames.through_main |= place::is_of_main(place);
                        if !place::is_of_library(place) {
                            frames.last_outside = Some(place.clone());
                        }
                    }
                    return true;
                }
                if line.trim().is_empty() || line.starts_with([' ', '\t']) {
                    return true;
                }
                let Frames { last, last_outside, through_main } = std::mem::take(frames);
                self.state = State::Text;
                if split_class(line).is_none() {
                    return false;
                }
                self.fail(FailureKind::PythonError, line, last_outside.or(last));
                if through_main {
                    self.end(LastWord::Exception);
                }
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
                if self.fail(kind, found.message, location) {
                    self.state = State::Message(Vec::new());
                }
            }
            Severity::Warn => self.facts.warnings = self.facts.warnings.saturating_add(1),
            Severity::Info => {
                if let Some(rest) = found.message.strip_prefix("Entering event queue @ ") {
                    self.facts.event_queue = leading_number(rest);
                    self.see_tick(self.facts.event_queue);
                } else if found.message.contains("Waiting for a remote GDB connection on ") {
                    // src/sim/workload.cc
                    self.facts.waits = Some(clip(found.message.trim_end()));
                }
            }
            Severity::Hack | Severity::Error => {}
        }
    }

    fn take_text(&mut self, line: &str, blank_before: bool) {
        if line == "At:" && blank_before {
            if let Some(candidate) = self.candidate.take() {
                let location = place::of_syntax_error(&candidate.text);
                self.fail(FailureKind::PythonError, &candidate.text, location);
                self.state = State::At(0);
            }
            return;
        }
        self.consider(line);
        self.unbury(line);
        self.look_beside(line);
        let is_rare = is_rare(line);
        if is_rare && self.take_killer(line) {
            return;
        }
        if let Some(usage) = split_usage(line) {
            self.facts.usage = Some(clip(usage));
            if is_refusal_of_gem5(line) {
                self.end(LastWord::Refused);
            }
        } else if let Some((exit, code)) = self.exit_line(line, is_rare) {
            self.take_exit(exit, code);
        } else if let Some((_, rest)) = line.rsplit_once("Program aborted at tick ") {
            self.facts.aborted_at = leading_number(rest);
            self.see_tick(self.facts.aborted_at);
            self.end(LastWord::Abort);
        } else if let Some(rest) = line.strip_prefix("Simulated exit code not 0! Exit code is ") {
            self.facts.guest_exit_code = rest.trim().parse().ok();
        } else if line.contains("gem5 has encountered a segmentation fault!") {
            self.facts.segfault = true;
            self.end(LastWord::Fault);
        } else if line == "Usage" || line.starts_with("Usage: ") {
            self.facts.help = true;
        } else if (is_rare && self.take_wrapped(line)) || self.take_failure(line) || self.take_progress(line) {
            // It has told what it tells.
        } else if !self.take_trailer(line) && !is_of_banner(line) {
            let words = self.facts.last_words.get_or_insert_default();
            words.clear();
            words.push_str(clipped(line.trim()));
        }
    }

    fn exit_line(&mut self, line: &str, is_rare: bool) -> Option<(ExitLine, Option<i64>)> {
        let before = self.tick_before.take();
        let own = self.own_form.as_ref().and_then(|form| form.read(line));
        own.or_else(|| in_a_form(line, before)).or_else(|| is_rare.then(|| with_known_cause(line)).flatten())
    }

    /// Takes a line that tells how far the process has come. `false` if it does not.
    fn take_progress(&mut self, line: &str) -> bool {
        if let Some(rest) = line.strip_prefix("Exit event called at Tick ") {
            let tick = leading_number(rest);
            self.see_tick(tick);
            if let Some((tick, (_, cause))) = tick.zip(rest.split_once(": ")) {
                self.facts.exit_event = Some(ExitLine {
                    tick: Some(tick),
                    cause: clip(cause.trim()),
                    is_loose: false,
                    is_on_stderr: false,
                });
            }
        } else if let Some(rest) = line.strip_prefix("Switched CPUS @ tick ") {
            self.facts.switched_at = leading_number(rest);
            self.see_tick(self.facts.switched_at);
        } else if let Some(rest) = line.strip_prefix("Progress! Time now ") {
            let seconds: Option<f64> = rest.trim().strip_suffix('s').and_then(|s| s.parse().ok());
            let per_second = self.facts.frequency.map(|f| f as f64);
            self.see_tick(seconds.zip(per_second).map(|(seconds, per_second)| (seconds * per_second) as u64));
        } else if let Some(rest) = line.strip_prefix("Global frequency set at ") {
            self.facts.frequency = leading_number(rest);
        } else if let Some(version) = line.strip_prefix("gem5 version ") {
            self.facts.version.get_or_insert_with(|| clip(version.trim()));
        } else if let Some(compiled) = line.strip_prefix("gem5 compiled ") {
            self.facts.compiled.get_or_insert_with(|| clip(compiled.trim()));
        } else if let Some(command) = line.strip_prefix("command line: ") {
            self.facts.command.get_or_insert_with(|| clip(command.trim()));
        } else if let Some((before, rest)) = line.split_once(": CPU progress event, total committed:") {
            self.facts.instructions = leading_number(rest.trim_start());
            self.see_tick(leading_number(before.trim_start()));
        } else if let Some(tick) = tick_line(line) {
            self.tick_before = Some(tick);
        } else {
            return false;
        }
        true
    }

    fn see_tick(&mut self, tick: Option<u64>) {
        self.facts.tick = self.facts.tick.max(tick);
    }
}

impl OpenLine {
    fn keep(&mut self, piece: &[u8]) {
        if self.is_passed_over {
            return;
        }
        let half = MAX_LINE / 2;
        if self.bytes.len() + piece.len() <= MAX_LINE {
            self.bytes.extend_from_slice(piece);
            return;
        }
        let room = half.saturating_sub(self.bytes.len()).min(piece.len());
        let (front, piece) = piece.split_at(room);
        self.bytes.extend_from_slice(front);
        let end = piece.get(piece.len().saturating_sub(half - 1)..).unwrap_or_default();
        // What is kept of an earlier end, as far as this piece does not push it out. The carriage return keeps the halves
        // apart, as two texts on one line of a terminal.
        let old = self.bytes.get(half..).unwrap_or_default();
        let old = old.get(old.len().saturating_sub(half - 1 - end.len())..).unwrap_or_default().to_vec();
        self.bytes.truncate(half);
        self.bytes.push(b'\r');
        self.bytes.extend_from_slice(&old);
        self.bytes.extend_from_slice(end);
    }
}

/// Whether a line only tells that the process was interrupted, as by who ends one that stands still.
fn is_of_interrupt(line: &str) -> bool {
    line.starts_with("KeyboardInterrupt")
        || line.starts_with("Traceback ")
        || line.starts_with("Exiting @ ")
        || line == "At:"
}

/// The first words of gem5 (`src/python/m5/main.py`).
const BANNER: &str = "gem5 Simulator System";

/// Whether a text has a line with which gem5 begins, also behind what a runner puts before every line.
pub fn has_banner(text: &[u8]) -> bool {
    text.split(|&byte| byte == b'\n').any(|line| line.starts_with(BANNER.as_bytes()) || Prefix::is_before_banner(line))
}

/// What gem5 says at its beginning (`src/python/m5/main.py`), and what its scripts say before they simulate.
fn is_of_banner(line: &str) -> bool {
    const STARTS: [&str; 8] = [
        BANNER,
        "gem5 is copyrighted",
        "gem5 started ",
        "gem5 executing on ",
        "**** REAL SIMULATION ****",
        "Beginning simulation!",
        "Memory Usage:",
        "Program aborted at tick ",
    ];
    STARTS.iter().any(|start| line.starts_with(start))
}
