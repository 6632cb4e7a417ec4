//! The end that gem5 itself told, whatever status its wrapper made of it.

use super::crash::{aborted_at, kind_of_exception, of_failure, signaled};
use super::{EndFacts, Evidence, Outcome, OutcomeKind};
use crate::gem5::log::{Failure, FailureKind, LastWord, is_unknown_flag};

/// The outcome that gem5's own last words tell, if it said any. Where the status is not the one that gem5 ends with behind such
/// words, it is told beside them.
pub(super) fn told_by_gem5(evidence: &Evidence) -> Option<Outcome> {
    let log = &evidence.log;
    let failure = log.failure.as_ref();
    let (usual, outcome) = match log.last_word {
        // The same words later are those of a simulated program.
        Some(LastWord::Refused) if evidence.simulated() => return None,
        Some(LastWord::Refused) => (Usual::Refusal, Outcome::new(OutcomeKind::Usage, log.usage.as_ref()?)),
        Some(LastWord::Fatal) => (Usual::Code(1), of_failure(OutcomeKind::Fatal, failure?)),
        Some(LastWord::Exception) => {
            // Who was interrupted may be what the process left behind.
            let failure = failure.filter(|failure| !is_interrupt(failure))?;
            (Usual::Code(1), of_failure(kind_of_exception(&failure.message), failure))
        }
        Some(LastWord::Abort) => (Usual::Signal(6, "SIGABRT"), signaled(6, "SIGABRT", evidence)),
        Some(LastWord::Fault) => (Usual::Signal(11, "SIGSEGV"), signaled(11, "SIGSEGV", evidence)),
        None => {
            // Python's own `fatal` and `panic` have no mark of an end. Before anything runs, nobody else says so.
            let is_ended_by_signal = matches!(evidence.end, Some(EndFacts::Signaled { .. }));
            let is_own = evidence.simulates && !evidence.simulated() && !is_ended_by_signal;
            let failure = failure.filter(|_| is_own)?;
            let kind = match failure.kind {
                FailureKind::Fatal => OutcomeKind::Fatal,
                FailureKind::Panic => OutcomeKind::Panic,
                _ => return None,
            };
            (Usual::Code(1), of_failure(kind, failure))
        }
    };
    let beside = match &evidence.end {
        Some(end) if !usual.is(end, evidence) => status(end),
        _ => String::new(),
    };
    let tick = outcome.tick.or_else(|| aborted_at(evidence));
    Some(Outcome { tick, cause: format!("{}{beside}", outcome.cause), ..outcome })
}

/// Whether an exception is that of an interrupt.
pub(super) fn is_interrupt(failure: &Failure) -> bool {
    failure.message.starts_with("KeyboardInterrupt")
}

/// The status that gem5 ends with behind its words, if nobody changes it.
enum Usual {
    Code(i32),
    Refusal,
    Signal(i32, &'static str),
}

impl Usual {
    fn is(&self, end: &EndFacts, evidence: &Evidence) -> bool {
        let is_unknown_flag = evidence.log.usage.as_deref().is_some_and(is_unknown_flag);
        match (self, end) {
            (Self::Code(usual), EndFacts::Exited(code)) => usual == code,
            (Self::Refusal, EndFacts::Exited(code)) => *code == if is_unknown_flag { 1 } else { 2 },
            // A shell tells of a signal as 128 more than its number.
            (Self::Signal(number, _), EndFacts::Exited(code)) => *code == 128 + number,
            (Self::Signal(_, usual), EndFacts::Signaled { name, .. }) => usual == name,
            _ => false,
        }
    }
}

fn status(end: &EndFacts) -> String {
    match end {
        EndFacts::Exited(code) => format!("; exit code {code}"),
        EndFacts::Signaled { name, number } if name.is_empty() => format!("; ended by signal {number}"),
        EndFacts::Signaled { name, .. } => format!("; ended by {name}"),
        EndFacts::NotStarted(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::derive_from_log;
    use super::super::tests::{apart, evidence, shown, signal};
    use super::*;

    const PANIC: &str = "src/f.cc:204: panic: bad\nMemory Usage: 1 KBytes\nProgram aborted at tick 35\n";
    const FATAL: &str = "src/xbar.cc:3: fatal: no port\nMemory Usage: 1 KBytes\n";
    const FAULT: &str = "gem5 has encountered a segmentation fault!\n\n--- BEGIN LIBC BACKTRACE ---\n";
    const EXCEPTION: &str = "KeyError: 'x'\n\nAt:\n  run.py(3): <module>\n  src/python/m5/main.py(669): main\n";
    const ASSERTION: &str = "gem5.opt: src/e.hh:7: void f(): Assertion `x' failed.\nProgram aborted at tick 35\n";
    const REFUSAL: &str = "usage: se.py [-h]\nse.py: error: unrecognized arguments: -q\n";
    const DONE: &str = "Exiting @ tick 5 because exiting with last active thread context\n";

    #[test]
    fn the_status_of_a_wrapper_does_not_outweigh_gem5s_last_words() {
        let rows = [
            (PANIC, "panic: bad", " (src/f.cc:204) @ tick 35"),
            (FATAL, "fatal: no port", " (src/xbar.cc:3)"),
            (FAULT, "segv: SIGSEGV, segmentation fault", ""),
            (EXCEPTION, "python-error: KeyError: 'x'", " (run.py:3)"),
            (ASSERTION, "abort: Assertion `x' failed.", " (src/e.hh:7) @ tick 35"),
            (REFUSAL, "usage: unrecognized arguments: -q", ""),
        ];
        for (text, cause, place) in rows {
            // Once with a complete dump of before, which a refused command line has not.
            let dumps = u32::from(text != REFUSAL);
            for code in [0, 3, 255] {
                let told = shown(&evidence(EndFacts::Exited(code), text, dumps));
                assert_eq!(told, format!("{cause}; exit code {code}{place}"));
                let apart = shown(&apart(EndFacts::Exited(code), "hello\n", text, dumps));
                assert_eq!(apart, told, "on standard error");
            }
            let unknown = derive_from_log(&evidence(EndFacts::Exited(0), text, dumps));
            assert!(format!("{}: {}", unknown.kind.word(), unknown.cause).starts_with(cause), "{unknown:?}");
        }
        // Those that are gem5's own are no news.
        assert_eq!(shown(&evidence(EndFacts::Exited(1), FATAL, 0)), "fatal: no port (src/xbar.cc:3)");
        assert_eq!(shown(&evidence(signal("SIGABRT"), PANIC, 0)), "panic: bad (src/f.cc:204) @ tick 35");
        assert_eq!(shown(&evidence(EndFacts::Exited(139), FAULT, 0)), "segv: SIGSEGV, segmentation fault");
    }

    #[test]
    fn an_end_that_gem5_came_to_stands() {
        let ok = "ok: exiting with last active thread context @ tick 5";
        for text in [FATAL, PANIC, "fatal: not a git repository\n", REFUSAL] {
            assert_eq!(shown(&evidence(EndFacts::Exited(0), &format!("{text}{DONE}"), 1)), ok, "{text}");
        }
        // Of two streams nobody knows the order, and programs write to both.
        assert_eq!(shown(&apart(EndFacts::Exited(0), DONE, FATAL, 1)), ok);
        assert!(shown(&apart(EndFacts::Exited(0), DONE, PANIC, 1)).starts_with("panic: "), "gem5's own handler spoke");
        let step = "Exiting @ tick 5 because checkpoint\n";
        assert!(shown(&apart(EndFacts::Exited(0), step, FATAL, 1)).starts_with("fatal: "));
    }

    #[test]
    fn a_message_of_python_counts_before_anything_runs() {
        assert_eq!(shown(&evidence(EndFacts::Exited(2), "fatal: no such cpu\n", 0)), "fatal: no such cpu; exit code 2");
        assert_eq!(shown(&evidence(EndFacts::Exited(0), "fatal: not a git repository\n", 1)), "ok: exit code 0");
        let script = Evidence { simulates: false, ..evidence(EndFacts::Exited(0), "fatal: not a git repository\n", 0) };
        assert_eq!(shown(&script), "ok: exit code 0");
    }
}
