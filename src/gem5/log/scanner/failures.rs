//! What a scanner makes of lines that tell of a failure.

use super::{Candidate, Frames, LogScanner, MAX_DETAILS, MAX_MESSAGE_LINES, State};
use crate::gem5::log::clip::clip;
use crate::gem5::log::facts::{Failure, FailureKind};
use crate::gem5::log::last_word::LastWord;
use crate::gem5::log::line::{split_class, split_exception};
use crate::gem5::log::place;

impl LogScanner {
    /// Takes a line that tells of a failure without saying `fatal` or `panic`. `false` if it does not.
    pub(super) fn take_failure(&mut self, line: &str) -> bool {
        if let Some((_, rest)) = line.split_once("terminate called ") {
            let class = rest.strip_prefix("after throwing an instance of ").unwrap_or(rest);
            self.fail(FailureKind::Terminate, class.trim_matches('\''), None);
            self.state = State::Terminate;
        } else if let Some(rest) = line.strip_prefix("libc++abi: terminating ") {
            let exception = rest.rsplit_once(" exception of type ").map_or(rest, |(_, exception)| exception);
            self.fail(FailureKind::Terminate, exception, None);
        } else if line.starts_with("Traceback (most recent call last):") {
            self.state = State::Traceback(Frames::default());
        } else if line.ends_with(" failed.")
            && let Some((place, assertion)) = line.split_once(": Assertion ")
        {
            self.fail(FailureKind::Assertion, &format!("Assertion {assertion}"), place::of_assertion(place));
        } else if line.starts_with("Assertion failed: ") {
            self.fail(FailureKind::Assertion, line, None);
        } else if is_of_runtime(line) {
            self.fail(FailureKind::Runtime, line, None);
        } else {
            return false;
        }
        true
    }

    /// Up to gem5 21.0 a message has no place in front, so one that follows a guest's unfinished line cannot be told from
    /// that guest's text; but only gem5 tells its memory usage behind it (`src/base/logging.cc`).
    pub(super) fn unbury(&mut self, line: &str) {
        if line.starts_with("Memory Usage:") {
            if let Some((kind, message, _)) = self.buried.take() {
                self.fail(kind, &message, None);
            }
            return;
        }
        let kinds = [("fatal: ", FailureKind::Fatal), ("panic: ", FailureKind::Panic)];
        if let Some((kind, message)) = kinds.iter().find_map(|(word, kind)| Some((*kind, line.rsplit_once(word)?.1))) {
            self.buried = Some((kind, clip(message), 0));
        } else if let Some((_, _, age)) = &mut self.buried {
            *age += 1;
            if *age > MAX_DETAILS {
                self.buried = None;
            }
        }
    }

    /// Remembers a line that may be the first line of an exception. One with a usual class name stays until another
    /// such line comes, for the message's own lines may have colons too. One behind other text replaces none.
    pub(super) fn consider(&mut self, line: &str) {
        let (text, is_glued) = match split_exception(line) {
            Some(_) => (line, false),
            None => match behind_text(line) {
                Some(text) => (text, true),
                None if split_class(line).is_some() => (line, false),
                None => return,
            },
        };
        let has_usual_ending = is_glued || split_exception(text).is_some();
        let keeps_better = self.candidate.as_ref().is_some_and(|candidate| {
            candidate.has_usual_ending && candidate.age < MAX_MESSAGE_LINES && (!has_usual_ending || is_glued)
        });
        if !keeps_better {
            self.candidate = Some(Candidate { text: clip(text), has_usual_ending, is_glued, age: 0 });
        }
    }

    /// Takes a failure. `false` if there is a better one: gem5 does not come back from its last word, so whatever fails behind that
    /// is a consequence.
    pub(super) fn fail(&mut self, kind: FailureKind, message: &str, location: Option<String>) -> bool {
        self.candidate = None;
        let message = clip(message.trim_end().trim_end_matches(':'));
        // Threads that fail at once write into each other's lines: what is left of a message never replaces the whole one.
        if let Some(whole) = self.facts.failure.as_ref().filter(|whole| whole.kind == kind && whole.location.is_some())
            && location.is_none()
            && whole.message.contains(&message)
        {
            return false;
        }
        let next = Failure { kind, message, location: location.map(|l| clip(&l)), details: Vec::new(), then: None };
        let is_over = self.facts.last_word.is_some_and(|word| word != LastWord::Refused);
        if let Some(first) = self.facts.failure.as_mut().filter(|_| is_over) {
            if first.then.is_none() && first.message != next.message {
                first.then = Some(format!("{}{}", kind.word(), next.summary()));
            }
            return false;
        }
        self.facts.failure = Some(next);
        true
    }

    /// gem5 says that it ends. The first such word counts, and what comes behind it is a consequence.
    pub(super) fn end(&mut self, word: LastWord) {
        match (self.facts.last_word, &mut self.facts.failure) {
            (None | Some(LastWord::Refused), _) => self.facts.last_word = Some(word),
            (Some(LastWord::Fault), _) => {}
            (Some(_), Some(first)) if word == LastWord::Fault && first.then.is_none() => {
                first.then = Some("a segmentation fault".to_owned());
            }
            _ => {}
        }
    }
}

/// The exception that stands behind other text on a line, if its class has a usual name.
fn behind_text(line: &str) -> Option<&str> {
    let (front, _) = line.split_once(':')?;
    let at = front.rfind([' ', '\t'])? + 1;
    let text = line.get(at..)?;
    split_exception(text).map(|_| text)
}

/// What the C library and Python say before they abort.
fn is_of_runtime(line: &str) -> bool {
    const STARTS: [&str; 7] = [
        "Fatal Python error: ",
        "free(): ",
        "malloc(): ",
        "realloc(): ",
        "munmap_chunk(): ",
        "corrupted size vs. prev_size",
        "double free or corruption",
    ];
    STARTS.iter().any(|start| line.starts_with(start)) || (line.starts_with("*** ") && line.contains(" detected ***"))
}
