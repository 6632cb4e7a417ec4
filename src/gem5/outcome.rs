//! Why an attempt ended.
//!
//! gem5's exit code tells little: a guest that failed, a user interrupt and a finished run all end with 0, and stats
//! may be complete in a run that failed. [`derive()`] reads the wait status, what gem5-tui itself did, the log and the
//! number of dumps together.

use serde::{Deserialize, Serialize};

use super::log::{Failure, FailureKind, LogFacts};
use crate::text::human;

/// How the main process of an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndFacts {
    /// It exited with this code.
    Exited(i32),
    /// A signal ended it.
    Signaled {
        /// The signal's number.
        number: i32,
        /// Its name, such as `SIGSEGV`.
        name: String,
    },
    /// It could not be started, for this reason.
    NotStarted(String),
}

/// Why gem5-tui asked the attempt to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopFacts {
    /// A user cancelled it.
    Cancelled,
    /// The wall-clock limit was reached.
    Timeout {
        /// The limit, milliseconds.
        limit_ms: u64,
    },
}

/// Why an attempt ended, with the one line of cause that a researcher wants to read first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The class.
    pub kind: OutcomeKind,
    /// One line: the last `fatal:`, `panic:` or error line, the exit code or the signal. Raw text, not yet sanitised.
    pub cause: String,
}

/// The classes of outcome. The words are the same in YAML, JSON, on the command line and on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeKind {
    /// It did what it was asked to do.
    Ok,
    /// It ended at a limit that it was given, such as a number of ticks. Counts as ok.
    Limit,
    /// It ended without an error and without having simulated anything.
    NoStats,
    /// The simulated program or system failed; gem5's exit code does not tell.
    GuestFailed,
    /// It exited with a code that nothing else explains.
    Failed,
    /// gem5 or its script called `fatal`.
    Fatal,
    /// gem5 or its script called `panic`.
    Panic,
    /// SIGABRT without a panic message.
    Abort,
    /// SIGSEGV or SIGBUS.
    Segv,
    /// An uncaught Python exception.
    PythonError,
    /// gem5 refused its command line.
    Usage,
    /// It could not be started at all.
    NotStarted,
    /// It ran longer than its `timeout`.
    Timeout,
    /// The user cancelled it.
    Cancelled,
    /// A signal that gem5-tui did not send, such as one from the kernel when memory ran out.
    Killed,
    /// The process is gone and its end was not seen. Never success.
    Lost,
}

impl OutcomeKind {
    /// Every class, in the order of the help text.
    pub const ALL: [Self; 16] = [
        Self::Ok,
        Self::Limit,
        Self::NoStats,
        Self::GuestFailed,
        Self::Failed,
        Self::Fatal,
        Self::Panic,
        Self::Abort,
        Self::Segv,
        Self::PythonError,
        Self::Usage,
        Self::NotStarted,
        Self::Timeout,
        Self::Cancelled,
        Self::Killed,
        Self::Lost,
    ];

    /// The word for YAML, JSON, the command line and the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Limit => "limit",
            Self::NoStats => "no-stats",
            Self::GuestFailed => "guest-failed",
            Self::Failed => "failed",
            Self::Fatal => "fatal",
            Self::Panic => "panic",
            Self::Abort => "abort",
            Self::Segv => "segv",
            Self::PythonError => "python-error",
            Self::Usage => "usage",
            Self::NotStarted => "not-started",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Killed => "killed",
            Self::Lost => "lost",
        }
    }

    /// Whether the simulation needs no further attempt.
    pub fn is_ok(self) -> bool {
        matches!(self, Self::Ok | Self::Limit)
    }

    /// Whether an automatic retry makes sense: the same command line refused once is refused again, and a cancel
    /// was asked for.
    pub fn is_worth_retrying(self) -> bool {
        !matches!(self, Self::Ok | Self::Limit | Self::NoStats | Self::Usage | Self::NotStarted | Self::Cancelled)
    }
}

/// Why an attempt ended, from all the evidence there is. `end` is `None` when the process is gone and its end was not
/// seen; `stop` is set when gem5-tui asked it to stop; `dumps` counts the complete dumps in `stats.txt`.
pub fn derive(end: Option<&EndFacts>, stop: Option<StopFacts>, log: &LogFacts, dumps: u32) -> Outcome {
    let outcome = |kind, cause: String| Outcome { kind, cause };
    let end = match end {
        None => return outcome(OutcomeKind::Lost, "the process is gone and its end was not seen".to_owned()),
        Some(EndFacts::NotStarted(reason)) => return outcome(OutcomeKind::NotStarted, reason.clone()),
        Some(end) => end,
    };
    if let Some(stop) = stop
        && !ended_by_itself(end, log)
    {
        return stopped(stop, end, dumps);
    }
    match end {
        EndFacts::Exited(0) => exited_well(log, dumps),
        EndFacts::Exited(code) => exited_badly(*code, log),
        EndFacts::Signaled { number, name } => signaled(*number, name, log),
        EndFacts::NotStarted(reason) => outcome(OutcomeKind::NotStarted, reason.clone()),
    }
}

impl Outcome {
    /// Turns an `ok` without any trace of a simulation into `no-stats`. For attempts of gem5 scripts: gem5 ends with 0
    /// when a script of many simulations is given an id that it does not know. A function may rightly simulate nothing.
    #[must_use]
    pub fn expecting_a_simulation(self, log: &LogFacts, dumps: u32) -> Self {
        if self.kind != OutcomeKind::Ok || dumps > 0 || log.simulated() {
            return self;
        }
        Self { kind: OutcomeKind::NoStats, cause: "exit code 0, but nothing was simulated".to_owned() }
    }
}

/// A run that reached its own end before our signal did is not a stopped one.
fn ended_by_itself(end: &EndFacts, log: &LogFacts) -> bool {
    let class = log.exit.as_ref().map(|exit| class_of(&exit.cause));
    *end == EndFacts::Exited(0) && matches!(class, Some(Cause::Done | Cause::Limit))
}

fn stopped(stop: StopFacts, end: &EndFacts, dumps: u32) -> Outcome {
    let (kind, what) = match stop {
        StopFacts::Cancelled => (OutcomeKind::Cancelled, "cancelled".to_owned()),
        StopFacts::Timeout { limit_ms } => {
            (OutcomeKind::Timeout, format!("the limit of {} was reached", human::span(limit_ms)))
        }
    };
    let how = match end {
        EndFacts::Exited(0) | EndFacts::NotStarted(_) => String::new(),
        EndFacts::Exited(code) => format!(", exit code {code}"),
        EndFacts::Signaled { name, .. } => format!(", ended by {name}"),
    };
    Outcome { kind, cause: format!("{what}, {}{how}", kept(dumps)) }
}

fn kept(dumps: u32) -> String {
    if dumps == 0 { "no stats".to_owned() } else { format!("stats kept (dump {dumps})") }
}

fn exited_well(log: &LogFacts, dumps: u32) -> Outcome {
    let at_tick = log.exit.as_ref().map(|exit| format!("{} @ tick {}", exit.cause, exit.tick));
    let class = log.exit.as_ref().map(|exit| class_of(&exit.cause));
    let guest_code = log.guest_exit_code.filter(|code| *code != 0);
    let (kind, cause) = match (class, guest_code) {
        (Some(Cause::Failure), None) => (OutcomeKind::GuestFailed, at_tick),
        (Some(Cause::Failure), Some(code)) => {
            (OutcomeKind::GuestFailed, at_tick.map(|at_tick| format!("{at_tick} (code {code})")))
        }
        (_, Some(code)) => (OutcomeKind::GuestFailed, Some(format!("the simulated program ended with code {code}"))),
        (Some(Cause::Interrupt), None) => {
            let cause = format!("interrupted by a SIGINT that gem5-tui did not send, {}", kept(dumps));
            (OutcomeKind::Cancelled, Some(cause))
        }
        (Some(Cause::Limit), None) => (OutcomeKind::Limit, at_tick),
        (Some(Cause::Done | Cause::Other) | None, None) => (OutcomeKind::Ok, at_tick),
    };
    Outcome { kind, cause: cause.unwrap_or_else(|| "exit code 0".to_owned()) }
}

fn exited_badly(code: i32, log: &LogFacts) -> Outcome {
    if let (1 | 2, Some(usage)) = (code, &log.usage) {
        return Outcome { kind: OutcomeKind::Usage, cause: usage.clone() };
    }
    let kind = match (code, log.failure.as_ref().map(|failure| failure.kind)) {
        (1, Some(FailureKind::Fatal)) => OutcomeKind::Fatal,
        (1, Some(FailureKind::Panic)) => OutcomeKind::Panic,
        (1, Some(FailureKind::PythonError)) => OutcomeKind::PythonError,
        _ => OutcomeKind::Failed,
    };
    let summary = log.failure.as_ref().map(Failure::summary).filter(|_| kind != OutcomeKind::Failed);
    Outcome { kind, cause: summary.unwrap_or_else(|| format!("exit code {code}")) }
}

fn signaled(number: i32, name: &str, log: &LogFacts) -> Outcome {
    // By name, since the numbers differ between systems; the number is for what has no name.
    let name = if name.is_empty() { format!("signal {number}") } else { name.to_owned() };
    let at = log.aborted_at.map(|tick| format!(" at tick {tick}")).unwrap_or_default();
    let (kind, cause) = match (name.as_str(), &log.failure) {
        ("SIGABRT", Some(failure)) if failure.kind == FailureKind::Panic => (OutcomeKind::Panic, failure.summary()),
        ("SIGABRT", Some(failure)) if failure.kind == FailureKind::Assertion => (OutcomeKind::Abort, failure.summary()),
        ("SIGABRT", Some(failure)) if failure.kind == FailureKind::Terminate => {
            // gem5 21.2 and later cannot turn the text of `sys.exit("text")` into an exit code (`src/sim/main.cc`).
            let is_exit_text = failure.message.starts_with("pybind11::cast_error");
            let hint = if is_exit_text { "; did the script call sys.exit with a text?" } else { "" };
            (OutcomeKind::Abort, format!("uncaught C++ exception {}{hint}", failure.summary()))
        }
        ("SIGABRT", _) => (OutcomeKind::Abort, format!("SIGABRT{at} without a panic message")),
        ("SIGSEGV", _) => (OutcomeKind::Segv, format!("SIGSEGV, segmentation fault{at}")),
        ("SIGBUS", _) => (OutcomeKind::Segv, format!("SIGBUS, bus error{at}")),
        ("SIGKILL", _) => (OutcomeKind::Killed, "SIGKILL, not sent by gem5-tui (out of memory?)".to_owned()),
        (other, _) => (OutcomeKind::Killed, format!("{other}, not sent by gem5-tui")),
    };
    Outcome { kind, cause }
}

/// What an exit cause of gem5 means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// The workload came to its end.
    Done,
    /// A limit that was asked for.
    Limit,
    /// The guest failed.
    Failure,
    /// SIGINT.
    Interrupt,
    /// Any other, such as a checkpoint: the script chose to end there. Causes are an open set.
    Other,
}

/// The phrases are those of `exitSimLoop` calls in gem5 20.0 to 25.1.
fn class_of(cause: &str) -> Cause {
    const DONE: [&str; 15] = [
        "exiting with last active thread context",
        "m5_exit instruction encountered",
        "target called exit()",
        "end of all traces reached.",
        "End of trace reached",
        "UART received EOT",
        "Network Tester completed simCycles",
        "maximum number of loads reached",
        "Ruby Tester completed",
        "Ruby DirectedTester completed",
        "GPU Ruby Tester: Passed!",
        "has encountered the exit state and will terminate the simulation.",
        "is finished updating the memory.",
        "received all expected responses.",
        "semi:ADP_Stopped_ApplicationExit",
    ];
    const LIMIT: [&str; 9] = [
        "simulate() limit reached",
        "Tick exit reached",
        "a thread reached the max instruction count",
        "all threads reached the max instruction count",
        "A cache reached the maximum miss count",
        "max vALU insts",
        "work started count reach",
        "work started on specific cpu",
        "work items exit count reached",
    ];
    const FAILURE: [&str; 9] = [
        "m5_fail instruction encountered",
        "Kernel panic in",
        "Kernel oops in",
        "semi:",
        "a mismatch with the TARMAC trace",
        "Message server closed connection",
        "connection to gem5 peer got closed",
        "LUPIO_SYS_",
        "GPU Ruby Tester: Failed",
    ];
    let is_one_of =
        |phrases: &[&str]| phrases.iter().any(|phrase| cause.starts_with(phrase) || cause.ends_with(phrase));
    if cause.starts_with("user interrupt received") {
        Cause::Interrupt
    } else if is_one_of(&DONE) {
        Cause::Done
    } else if is_one_of(&LIMIT) {
        Cause::Limit
    } else if is_one_of(&FAILURE) {
        Cause::Failure
    } else {
        Cause::Other
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::super::log::LogScanner;
    use super::*;

    fn log(text: &str) -> LogFacts {
        let mut scanner = LogScanner::new();
        scanner.feed(text.as_bytes());
        scanner.finish();
        scanner.facts().clone()
    }

    fn signal(name: &str) -> EndFacts {
        EndFacts::Signaled { number: 0, name: name.to_owned() }
    }

    fn shown(end: &EndFacts, stop: Option<StopFacts>, text: &str, dumps: u32) -> String {
        let outcome = derive(Some(end), stop, &log(text), dumps);
        format!("{}: {}", outcome.kind.word(), outcome.cause)
    }

    #[test]
    fn every_word_is_listed_once_and_is_the_one_of_the_records() {
        for kind in OutcomeKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
            assert_eq!(OutcomeKind::ALL.iter().filter(|other| other.word() == kind.word()).count(), 1);
        }
    }

    #[test]
    fn exit_code_0_is_not_success() {
        let ok = EndFacts::Exited(0);
        let done = "Exiting @ tick 5 because exiting with last active thread context\n";
        let guest = format!("{done}Simulated exit code not 0! Exit code is 3\n");
        let rows = [
            (done, "ok: exiting with last active thread context @ tick 5"),
            (&guest, "guest-failed: the simulated program ended with code 3"),
            ("Exiting @ tick 5 because simulate() limit reached\n", "limit: simulate() limit reached @ tick 5"),
            (
                "Exiting @ tick 5 because Kernel panic in simulated system.\n",
                "guest-failed: Kernel panic in simulated system. @ tick 5",
            ),
            ("Exiting @ tick 5 because checkpoint\n", "ok: checkpoint @ tick 5"),
            (
                "Exiting @ tick 5 because user interrupt received\n",
                "cancelled: interrupted by a SIGINT that gem5-tui did not send, stats kept (dump 1)",
            ),
            ("done\n", "ok: exit code 0"),
        ];
        for (text, expected) in rows {
            assert_eq!(shown(&ok, None, text, 1), expected);
        }
    }

    #[test]
    fn what_we_stopped_says_whether_its_stats_were_kept() {
        let interrupted = "Exiting @ tick 5 because user interrupt received\n";
        let cancelled = Some(StopFacts::Cancelled);
        assert_eq!(shown(&EndFacts::Exited(0), cancelled, interrupted, 3), "cancelled: cancelled, stats kept (dump 3)");
        assert_eq!(shown(&signal("SIGKILL"), cancelled, "", 0), "cancelled: cancelled, no stats, ended by SIGKILL");
        let timeout = Some(StopFacts::Timeout { limit_ms: 7_200_000 });
        assert_eq!(
            shown(&EndFacts::Exited(1), timeout, "", 1),
            "timeout: the limit of 2h was reached, stats kept (dump 1), exit code 1"
        );
    }

    #[test]
    fn a_run_that_finished_before_the_cancel_reached_it_is_ok() {
        let done = "Exiting @ tick 5 because m5_exit instruction encountered\n";
        let expected = "ok: m5_exit instruction encountered @ tick 5";
        assert_eq!(shown(&EndFacts::Exited(0), Some(StopFacts::Cancelled), done, 1), expected);
    }

    #[test]
    fn an_end_that_nobody_saw_is_never_success() {
        let log = log("Exiting @ tick 5 because m5_exit instruction encountered\n");
        for stop in [None, Some(StopFacts::Cancelled)] {
            assert_eq!(derive(None, stop, &log, 1).kind, OutcomeKind::Lost);
        }
    }

    #[test]
    fn crashes_are_told_apart() {
        let rows = [
            (signal("SIGKILL"), "", "killed: SIGKILL, not sent by gem5-tui (out of memory?)"),
            (signal("SIGTERM"), "", "killed: SIGTERM, not sent by gem5-tui"),
            (signal("SIGBUS"), "", "segv: SIGBUS, bus error"),
            (signal("SIGABRT"), "Program aborted at tick 7\n", "abort: SIGABRT at tick 7 without a panic message"),
            (signal("SIGABRT"), "src/x.cc:1: panic: bad\n", "panic: bad (src/x.cc:1)"),
            (EndFacts::Exited(1), "fatal: no\n", "fatal: no"),
            (EndFacts::Exited(1), "", "failed: exit code 1"),
            (EndFacts::Exited(3), "fatal: said by a guest\n", "failed: exit code 3"),
            (
                EndFacts::Exited(2),
                "usage: x\nse.py: error: unrecognized arguments: -q\n",
                "usage: unrecognized arguments: -q",
            ),
        ];
        for (end, text, expected) in rows {
            assert_eq!(shown(&end, None, text, 0), expected);
        }
    }

    fn facts_of(sample: &Path) -> LogFacts {
        let read = |name: &str| std::fs::read(sample.join("m5out").join(name)).unwrap_or_default();
        let text = |name: &str| String::from_utf8_lossy(&read(name)).into_owned();
        log(&text("simout.txt")).merged(&log(&text("simerr.txt")))
    }

    #[test]
    fn real_runs_have_the_outcomes_that_they_are_said_to_have() {
        let Some(folder) = std::env::var_os("GEM5_TUI_SAMPLES").map(PathBuf::from) else {
            eprintln!("skipped: GEM5_TUI_SAMPLES is not set");
            return;
        };
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let sample = entry.unwrap().path();
            let json = |name: &str| -> Option<serde_json::Value> {
                serde_json::from_slice(&std::fs::read(sample.join(name)).ok()?).ok()
            };
            let (Some(expected), Some(status)) = (json("expect.json"), json("status.json")) else { continue };
            let end = match (status["exit_code"].as_i64(), status["signal"].as_str()) {
                (Some(code), _) => EndFacts::Exited(i32::try_from(code).unwrap()),
                (None, Some(name)) => signal(name),
                _ => panic!("{} has no end", sample.display()),
            };
            let log = facts_of(&sample);
            let dumps = u32::try_from(expected["complete_dumps"].as_u64().unwrap()).unwrap();
            let outcome = derive(Some(&end), None, &log, dumps).expecting_a_simulation(&log, dumps);
            assert_eq!(
                Some(outcome.kind.word()),
                expected["outcome"].as_str(),
                "{}: {}",
                sample.display(),
                outcome.cause
            );
            assert!(!outcome.cause.is_empty() && !outcome.cause.contains('\n'), "{}", sample.display());
            eprintln!("{:22} {:13} {}", sample.file_name().unwrap().display(), outcome.kind.word(), outcome.cause);
            seen += 1;
        }
        assert!(seen > 0, "the samples folder holds no samples");
    }
}
