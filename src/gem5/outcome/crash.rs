//! What a signal, a failure of gem5 and an exception mean.

use super::outside::{killed, told_by_outsider};
use super::{Evidence, Outcome, OutcomeKind};
use crate::gem5::log::{Failure, FailureKind};

/// The tick at which gem5's handler of SIGABRT says that it aborted.
pub(super) fn aborted_at(evidence: &Evidence) -> Option<u64> {
    evidence.log.aborted_at
}

pub(super) fn signaled(number: i32, name: &str, evidence: &Evidence) -> Outcome {
    // By name, since the numbers differ between systems; the number is for what has no name.
    let name = if name.is_empty() { format!("signal {number}") } else { name.to_owned() };
    let tick = aborted_at(evidence);
    let outcome = match (name.as_str(), &evidence.log.failure) {
        ("SIGABRT", Some(failure)) => aborted(failure),
        ("SIGABRT", None) => Outcome::new(OutcomeKind::Abort, "SIGABRT without a panic message"),
        ("SIGSEGV", _) => Outcome::new(OutcomeKind::Segv, "SIGSEGV, segmentation fault"),
        ("SIGBUS", _) => Outcome::new(OutcomeKind::Segv, "SIGBUS, bus error"),
        ("SIGILL", _) => {
            Outcome::new(OutcomeKind::Abort, "SIGILL, illegal instruction (was this gem5 built for another CPU?)")
        }
        ("SIGFPE" | "SIGTRAP" | "SIGSYS", _) => Outcome::new(OutcomeKind::Abort, name),
        ("SIGKILL", _) => killed("SIGKILL, not sent by gem5-tui (out of memory?)", evidence),
        ("SIGXCPU", _) => Outcome::new(OutcomeKind::Killed, "SIGXCPU, the limit of CPU time (ulimit -t)"),
        ("SIGXFSZ", _) => Outcome::new(OutcomeKind::Killed, "SIGXFSZ, the limit of a file's size (ulimit -f)"),
        (other, _) => told_by_outsider(evidence)
            .unwrap_or_else(|| Outcome::new(OutcomeKind::Killed, format!("{other}, not sent by gem5-tui"))),
    };
    Outcome { tick, ..outcome }
}

fn aborted(failure: &Failure) -> Outcome {
    match failure.kind {
        FailureKind::Panic => of_failure(OutcomeKind::Panic, failure),
        FailureKind::Assertion | FailureKind::Runtime => of_failure(OutcomeKind::Abort, failure),
        FailureKind::Terminate => {
            // gem5 21.2 and later cannot turn the text of `sys.exit("text")` into an exit code (`src/sim/main.cc`).
            let is_exit_text = failure.message.starts_with("pybind11::cast_error");
            let hint = if is_exit_text { "; did the script call sys.exit with a text?" } else { "" };
            let cause = format!("uncaught C++ exception {}{hint}", failure.summary());
            Outcome { cause, ..of_failure(OutcomeKind::Abort, failure) }
        }
        FailureKind::Fatal | FailureKind::PythonError => {
            let cause = format!("SIGABRT behind the message: {}", failure.summary());
            Outcome { cause, ..of_failure(OutcomeKind::Abort, failure) }
        }
    }
}

/// What an exception that ended a script means: no space (`ENOSPC`, 28) and no quota (`EDQUOT`, 122) are the disk's fault, and
/// gone when it has space again. As Python writes an `OSError`.
pub(crate) fn kind_of_exception(exception: &str) -> OutcomeKind {
    let is_disk = ["OSError: [Errno 28]", "OSError: [Errno 122]"].iter().any(|full| exception.starts_with(full));
    if is_disk { OutcomeKind::Disk } else { OutcomeKind::PythonError }
}

pub(super) fn of_failure(kind: OutcomeKind, failure: &Failure) -> Outcome {
    Outcome { place: failure.location.clone(), ..Outcome::new(kind, failure.summary()) }
}
