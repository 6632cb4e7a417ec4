//! Why a step ended: a program that is no gem5. Its wait status tells, and what it printed only says why.

use super::batch::{ended_in_job, unseen_in_job};
use super::crash::signaled;
use super::derive::limit_reached;
use super::{EndFacts, Evidence, Outcome, OutcomeKind, StopReason};
use crate::text::human;

/// Bytes of a line that are kept: a linker's lines have some hundred.
const LONGEST_LINE: usize = 1 << 10;

/// Why it ended. Of the logs, `last_words` has the line of [`telling_line`]; nothing else in them counts.
pub(crate) fn derive_step(evidence: &Evidence) -> Outcome {
    match (&evidence.end, evidence.stop) {
        (None, Some(stop)) if evidence.job.as_ref().is_some_and(|job| job.end.is_some()) => {
            let (kind, what) = limit_reached(stop);
            Outcome::new(kind, what)
        }
        (None, _) if let Some(told) = evidence.job.as_ref().and_then(|job| unseen_in_job(job, "")) => told,
        (None, _) if evidence.restarted => Outcome::new(OutcomeKind::Lost, "the machine was restarted while it ran"),
        (None, _) => Outcome::new(OutcomeKind::Lost, "the process is gone and its end was not seen"),
        (Some(EndFacts::NotStarted(reason)), _) => Outcome::new(OutcomeKind::NotStarted, reason.clone()),
        (Some(end), Some(stop)) => stopped(stop, end),
        (Some(end), None)
            if let Some(told) = evidence.job.as_ref().and_then(|job| ended_in_job(end, job, "", false)) =>
        {
            told
        }
        (Some(EndFacts::Exited(0)), _) => Outcome::new(OutcomeKind::Ok, "exit code 0"),
        (Some(EndFacts::Exited(code)), _) => Outcome::new(OutcomeKind::Failed, with_words(of_code(*code), evidence)),
        (Some(EndFacts::Signaled { name, .. }), _) if name == "SIGABRT" => {
            Outcome::new(OutcomeKind::Abort, with_words("SIGABRT".to_owned(), evidence))
        }
        (Some(EndFacts::Signaled { number, name }), _) => signaled(*number, name, evidence),
    }
}

fn stopped(stop: StopReason, end: &EndFacts) -> Outcome {
    let (kind, what) = match stop {
        StopReason::Stalled { limit_ms } => {
            (OutcomeKind::Stalled, format!("no output or CPU time for {}", human::limit(limit_ms)))
        }
        stop => limit_reached(stop),
    };
    let how = match end {
        EndFacts::Exited(code) => format!(", exit code {code}"),
        EndFacts::Signaled { name, .. } => format!(", ended by {name}"),
        EndFacts::NotStarted(_) => String::new(),
    };
    Outcome::new(kind, format!("{what}{how}"))
}

/// A shell tells of a signal as 128 more than its number.
fn of_code(code: i32) -> String {
    let signal = match code {
        134 => "SIGABRT",
        137 => "SIGKILL",
        139 => "SIGSEGV",
        143 => "SIGTERM",
        _ => return format!("exit code {code}"),
    };
    format!("exit code {code}, as a shell tells of {signal}")
}

fn with_words(end: String, evidence: &Evidence) -> String {
    match &evidence.log.last_words {
        Some(words) => format!("{end}: {words}"),
        None => end,
    }
}

/// The line that tells best why a program failed, from the ends of its standard error and its standard output: the last one
/// that speaks of an error, else the last one of all. What make and others say after a command of theirs has failed tells less
/// than that command did.
pub(crate) fn telling_line(stderr: &[u8], stdout: &[u8]) -> Option<String> {
    let (err, out) = (String::from_utf8_lossy(stderr), String::from_utf8_lossy(stdout));
    let lines = |text| str::lines(text).map(str::trim).filter(|line| !line.is_empty()).rev();
    let speaks_of_error = |line: &&str| line.to_ascii_lowercase().contains("error") && !is_epilogue(line);
    let told = lines(&err).find(speaks_of_error).or_else(|| lines(&out).find(speaks_of_error));
    let last = || lines(&err).next().or_else(|| lines(&out).next());
    told.or_else(last).map(|line| {
        let end = line.floor_char_boundary(LONGEST_LINE);
        line.get(..end).unwrap_or(line).to_owned()
    })
}

/// Whether a tool that runs commands says that one of them has failed.
fn is_epilogue(line: &str) -> bool {
    let make = line.split_once(": *** ").is_some_and(|(name, _)| {
        let name = name.rsplit('/').next().unwrap_or(name);
        name.starts_with("make") || name.starts_with("gmake")
    });
    make || line.starts_with("scons: ") || line.starts_with("ninja: ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gem5::log::LogFacts;

    fn of(end: EndFacts, stop: Option<StopReason>, words: Option<&str>) -> String {
        let log = LogFacts { last_words: words.map(str::to_owned), ..LogFacts::default() };
        let outcome = derive_step(&Evidence { end: Some(end), stop, log, ..Evidence::default() });
        format!("{}: {}", outcome.kind.word(), outcome.line())
    }

    #[test]
    fn the_exit_status_alone_tells_how_a_step_ended() {
        let signal = |number, name: &str| EndFacts::Signaled { number, name: name.to_owned() };
        let words = Some("a.c:1: error: no");
        assert_eq!(of(EndFacts::Exited(0), None, words), "ok: exit code 0", "nothing need be simulated");
        assert_eq!(of(EndFacts::Exited(2), None, words), "failed: exit code 2: a.c:1: error: no");
        assert_eq!(of(EndFacts::Exited(1), None, None), "failed: exit code 1");
        assert_eq!(of(EndFacts::Exited(139), None, None), "failed: exit code 139, as a shell tells of SIGSEGV");
        assert!(of(signal(11, "SIGSEGV"), None, None).starts_with("segv: "));
        assert_eq!(of(signal(6, "SIGABRT"), None, Some("Assertion")), "abort: SIGABRT: Assertion");
        assert!(of(signal(9, "SIGKILL"), None, None).starts_with("killed: "));
        assert_eq!(of(EndFacts::NotStarted("no".to_owned()), None, None), "not-started: no");
        let limit = Some(StopReason::Timeout { limit_ms: 2_000 });
        assert_eq!(of(signal(2, "SIGINT"), limit, None), "timeout: the limit of 2 s was reached, ended by SIGINT");
        // Whether it had done all of it by then nobody knows.
        assert_eq!(of(EndFacts::Exited(0), Some(StopReason::Cancelled), None), "cancelled: cancelled, exit code 0");
        assert_eq!(derive_step(&Evidence::default()).kind, OutcomeKind::Lost);
    }

    #[test]
    fn a_compilers_error_tells_more_than_what_make_says_of_it() {
        let make = b"cc -c a.c\na.c:3:5: error: expected ';'\n    3 | x\nmake[1]: *** [Makefile:2: a.o] Error 1\n\
                     make: *** [all] Error 2\n";
        assert_eq!(telling_line(make, b"").as_deref(), Some("a.c:3:5: error: expected ';'"));
        assert_eq!(telling_line(b"", make).as_deref(), Some("a.c:3:5: error: expected ';'"));
        let raised = b"Traceback (most recent call last):\n  File \"p.py\", line 1\nValueError: no ipc\n\n";
        assert_eq!(telling_line(raised, b"done\n").as_deref(), Some("ValueError: no ipc"));
        assert_eq!(telling_line(b"", b"one\ntwo\n\n").as_deref(), Some("two"));
        assert_eq!(telling_line(b"make: *** [all] Error 2\n", b"").as_deref(), Some("make: *** [all] Error 2"));
        assert_eq!(telling_line(b"\n", b""), None);
        assert!(telling_line(&[b'\xc3'; 9000], b"").is_some_and(|line| line.len() <= LONGEST_LINE));
    }
}
