//! From evidence to outcome.

use super::batch::{ended_in_job, unseen_in_job};
use super::crash::{kind_of_exception, of_failure, signaled};
use super::guest::with_guest;
use super::outside::{told_by_code, told_by_outsider};
use super::own_end::{is_interrupt, told_by_gem5};
use super::{EndFacts, Evidence, Outcome, OutcomeKind, StopReason};
use crate::gem5::cause::{self, Cause, class_of};
use crate::gem5::log::{FailureKind, GuestState, is_unknown_flag};
use crate::text::human;

/// Why an attempt ended, from all the evidence there is.
pub(crate) fn derive(evidence: &Evidence) -> Outcome {
    with_guest(without_guest(evidence), evidence)
}

fn without_guest(evidence: &Evidence) -> Outcome {
    match (&evidence.end, evidence.stop) {
        (None, Some(stop)) if evidence.job.as_ref().is_some_and(|job| job.end.is_some()) => {
            stopped(stop, None, evidence)
        }
        (None, _)
            if let Some(told) =
                evidence.job.as_ref().and_then(|job| unseen_in_job(job, &format!(", {}", kept(evidence)))) =>
        {
            name_flood(told, evidence)
        }
        (None, _) if evidence.restarted => Outcome::new(OutcomeKind::Lost, "the machine was restarted while it ran"),
        (None, _) => Outcome::new(OutcomeKind::Lost, "the process is gone and its end was not seen"),
        (Some(end @ EndFacts::NotStarted(_)), _) => told_by_status(end, evidence),
        (Some(end), Some(stop)) if !ended_by_itself(end, evidence) => stopped(stop, Some(end), evidence),
        (Some(end), None) if let Some(told) = told_by_job(end, evidence) => name_flood(told, evidence),
        (Some(end), _) => name_flood(told_by_gem5(evidence).unwrap_or_else(|| told_by_status(end, evidence)), evidence),
    }
}

/// The end that a batch system made, unless it came to its own before.
fn told_by_job(end: &EndFacts, evidence: &Evidence) -> Option<Outcome> {
    if ended_by_itself(end, evidence) {
        return None;
    }
    let has_said_why = told_by_gem5(evidence).is_some();
    let told = ended_in_job(end, evidence.job.as_ref()?, &format!(", {}", kept(evidence)), has_said_why)?;
    Some(Outcome { tick: interrupted_at(evidence), ..told })
}

fn told_by_status(end: &EndFacts, evidence: &Evidence) -> Outcome {
    match end {
        EndFacts::Exited(0) => exited_well(evidence),
        EndFacts::Exited(code) => exited_badly(*code, evidence),
        EndFacts::Signaled { number, name } => signaled(*number, name, evidence),
        EndFacts::NotStarted(reason) => Outcome::new(OutcomeKind::NotStarted, reason.clone()),
    }
}

/// A line that came less often has filled no disk, and took no simulation to its limit.
const FLOOD_LEAST: u64 = 100;

/// The line that filled the log of one that a limit or a full disk ended, which is then what a reader wants to know.
fn flood(evidence: &Evidence) -> Option<String> {
    let flood = evidence.flood.as_ref()?;
    let least = if flood.is_all { "" } else { "at least " };
    Some(format!("{} {least}{} times", flood.line, human::count(flood.times)))
}

/// The outcome with that line, where the disk is at fault or nothing else tells why it was ended.
fn name_flood(outcome: Outcome, evidence: &Evidence) -> Outcome {
    let is_flooded = evidence.flood.as_ref().is_some_and(|flood| flood.times >= FLOOD_LEAST);
    let is_told = match outcome.kind {
        OutcomeKind::Disk | OutcomeKind::Killed | OutcomeKind::Timeout | OutcomeKind::Lost => true,
        OutcomeKind::NoStats => evidence.stats.open_block,
        _ => false,
    };
    match flood(evidence).filter(|_| is_flooded && is_told) {
        Some(flood) => Outcome { cause: format!("{}; its log repeats {flood}", outcome.cause), ..outcome },
        None => outcome,
    }
}

/// What can be told of an output directory whose process left no wait status. A log that ends in a failure is believed;
/// one that ends well is not, for then the stats may still be missing, or the process may still run: such an end is
/// `lost`, which is never success.
pub(crate) fn derive_from_log(evidence: &Evidence) -> Outcome {
    with_guest(name_flood(from_log(evidence), evidence), evidence)
}

fn from_log(evidence: &Evidence) -> Outcome {
    const UNKNOWN: &str = "the exit status is not known";
    let log = &evidence.log;
    let told = told_by_gem5(evidence).or_else(|| match &log.failure {
        // An exit line is a later word than any failure that did not end the process.
        _ if log.exit.is_some() => None,
        _ if log.segfault => Some(signaled(0, "SIGSEGV", evidence)),
        _ if log.aborted_at.is_some() => Some(signaled(0, "SIGABRT", evidence)),
        Some(failure) => Some(match failure.kind {
            FailureKind::Fatal => of_failure(OutcomeKind::Fatal, failure),
            FailureKind::Panic => of_failure(OutcomeKind::Panic, failure),
            FailureKind::PythonError => exited_badly(1, evidence),
            FailureKind::Assertion | FailureKind::Terminate | FailureKind::Runtime => signaled(0, "SIGABRT", evidence),
        }),
        None => {
            log.usage.as_ref().filter(|_| !evidence.simulated()).map(|usage| Outcome::new(OutcomeKind::Usage, usage))
        }
    });
    let told = told.or_else(|| told_by_outsider(evidence));
    // A guest that failed has failed, however gem5 itself went on to end.
    let told = told.or_else(|| Some(exited_well(evidence)).filter(|guest| guest.kind == OutcomeKind::GuestFailed));
    if let Some(outcome) = told {
        return Outcome { cause: format!("{}; {UNKNOWN}", outcome.cause), ..outcome };
    }
    let (kept, exit) = (kept(evidence), evidence.exit());
    let last = exit.map(|exit| format!("its last word is \"{}\", ", exit.cause)).unwrap_or_default();
    Outcome { tick: evidence.exit_tick(), ..Outcome::new(OutcomeKind::Lost, format!("{UNKNOWN}: {last}{kept}")) }
}

/// A run that reached its own end before our signal did is not a stopped one. Its exit line must agree with the dump
/// that every such end writes, since a simulated program can print one.
fn ended_by_itself(end: &EndFacts, evidence: &Evidence) -> bool {
    let Some(exit) = evidence.exit() else { return false };
    let is_tick = |last: f64| exit.tick.is_some_and(|tick| last.total_cmp(&(tick as f64)).is_eq());
    let agrees = evidence.stats.final_tick.is_none_or(is_tick);
    *end == EndFacts::Exited(0) && agrees && matches!(class_of(&exit.cause), Cause::Done | Cause::Limit)
}

/// What we asked it to stop for.
pub(super) fn limit_reached(stop: StopReason) -> (OutcomeKind, String) {
    match stop {
        StopReason::Cancelled => (OutcomeKind::Cancelled, "cancelled".to_owned()),
        StopReason::Timeout { limit_ms } => {
            (OutcomeKind::Timeout, format!("the limit of {} was reached", human::limit(limit_ms)))
        }
        StopReason::Stalled { limit_ms } => {
            (OutcomeKind::Stalled, format!("no tick, output or CPU time for {}", human::limit(limit_ms)))
        }
        StopReason::Guest { waited_ms } => {
            (OutcomeKind::GuestFailed, format!("the simulated system was at its end for {}", human::span(waited_ms)))
        }
        StopReason::Output { bytes, limit } => {
            let (bytes, limit) = (human::bytes(bytes), human::bytes(limit));
            (OutcomeKind::Disk, format!("it wrote {bytes}, its limit is {limit}"))
        }
        StopReason::TimeUp { .. } => (OutcomeKind::Interrupted, "its time was up".to_owned()),
        StopReason::DiskFull { free, limit } => {
            let (free, limit) = (human::bytes(free), human::bytes(limit));
            (OutcomeKind::Disk, format!("the disk has {free} left, {limit} must stay free"))
        }
    }
}

fn stopped(stop: StopReason, end: Option<&EndFacts>, evidence: &Evidence) -> Outcome {
    let (kind, what) = match stop {
        // It may have been busy with nothing but one line, which is told behind.
        StopReason::Stalled { limit_ms } if evidence.flood.is_some() => {
            (OutcomeKind::Stalled, format!("nothing new for {}", human::limit(limit_ms)))
        }
        stop => limit_reached(stop),
    };
    let is_silent = kind == OutcomeKind::Stalled && evidence.flood.is_none();
    let last = evidence.log.last_line.as_ref().filter(|_| is_silent);
    let last = last.map(|line| format!(" behind the line \"{line}\"")).unwrap_or_default();
    let how = match (end, &evidence.job) {
        (Some(EndFacts::Exited(0) | EndFacts::NotStarted(_)), _) | (None, None) => String::new(),
        (Some(EndFacts::Exited(code)), _) => format!(", exit code {code}"),
        (Some(EndFacts::Signaled { name, .. }), _) => format!(", ended by {name}"),
        (None, Some(job)) => format!(", ended by {}", job.system),
    };
    let is_flooded = kind == OutcomeKind::Stalled || evidence.flood.as_ref().is_some_and(|f| f.times >= FLOOD_LEAST);
    let flood =
        flood(evidence).filter(|_| is_flooded).map(|flood| format!("; its log repeats {flood}")).unwrap_or_default();
    let cause = format!("{what}{last}, {}{how}{flood}", kept(evidence));
    Outcome { tick: interrupted_at(evidence), ..Outcome::new(kind, cause) }
}

/// The tick at which an interrupt ended what was simulated.
fn interrupted_at(evidence: &Evidence) -> Option<u64> {
    evidence.exit().filter(|exit| class_of(&exit.cause) == Cause::Interrupt).and_then(|_| evidence.exit_tick())
}

fn kept(evidence: &Evidence) -> String {
    match evidence.stats.dumps {
        0 if evidence.stats.open_block => "stats cut off".to_owned(),
        0 => "no stats".to_owned(),
        dumps if evidence.stats.only_requested => {
            let dumps = human::plural(u64::from(dumps), "dump");
            format!("no stats but {dumps} that gem5-tui had asked for")
        }
        dumps if evidence.stats.open_block => format!("stats kept (dump {dumps}), those behind it cut off"),
        dumps => format!("stats kept (dump {dumps})"),
    }
}

/// What the end at `MaxTick` means: gem5 came there because nothing was left to happen.
fn ran_dry(evidence: &Evidence) -> Option<Outcome> {
    let exit = evidence.exit();
    let tick = match exit {
        Some(exit) => cause::is_tick_limit(&exit.cause).then_some(exit.tick? as f64),
        // A script that prints nothing leaves the tick in its last dump.
        None => evidence.stats.final_tick,
    };
    tick.filter(|tick| cause::is_max_tick(*tick))?;
    let cause = "nothing was left to happen and no limit was set: every CPU slept, or there was none".to_owned();
    Some(Outcome { tick: evidence.exit_tick(), ..Outcome::new(OutcomeKind::RanDry, cause) })
}

fn exited_well(evidence: &Evidence) -> Outcome {
    // The one word alone a simulated program may write.
    if let Some(outcome) = told_by_outsider(evidence).filter(|outcome| outcome.cause != "Killed") {
        return outcome;
    }
    let exit = evidence.exit();
    let said = exit.map(|exit| exit.cause.clone());
    let class = exit.map(|exit| class_of(&exit.cause));
    let (kind, cause) = match (class, evidence.guest_exit_code()) {
        (Some(Cause::Failure), None) => (OutcomeKind::GuestFailed, said),
        (Some(Cause::Failure), Some(code)) => {
            (OutcomeKind::GuestFailed, said.map(|said| format!("{said} (code {code})")))
        }
        (_, Some(code)) => {
            (OutcomeKind::GuestFailed, Some(ended_with_code(exit.map(|exit| exit.cause.as_str()), code)))
        }
        (Some(Cause::Interrupt), None) => (OutcomeKind::Cancelled, Some(interrupted(evidence))),
        (Some(Cause::Limit), None) => (OutcomeKind::Limit, said),
        (Some(Cause::Begin), None) if !evidence.has_checkpoint => {
            let why = "an exit event behind which the script did not go on";
            (OutcomeKind::Failed, said.map(|said| format!("it ended at \"{said}\", {why}")))
        }
        (None, None) if let Some(event) = failed_event(evidence) => (OutcomeKind::GuestFailed, Some(event.to_owned())),
        (Some(Cause::Done | Cause::Step | Cause::Begin | Cause::Other) | None, None) => (OutcomeKind::Ok, said),
    };
    let cause = cause.unwrap_or_else(|| match &evidence.log.exit_event {
        Some(event) => format!("exit code 0, last exit event: {}", event.cause),
        None => "exit code 0".to_owned(),
    });
    let outcome = Outcome { tick: evidence.exit_tick(), ..Outcome::new(kind, cause) };
    if !outcome.kind.is_ok() {
        return outcome;
    }
    match &evidence.console {
        // gem5 ends well when a kernel panics, unless it was told to look. A workload that came to its own end did not.
        Some(said) if said.state == GuestState::Failed && class != Some(Cause::Done) => {
            let cause = format!("{} says: {}", said.file, said.text);
            Outcome { tick: outcome.tick, ..Outcome::new(OutcomeKind::GuestFailed, cause) }
        }
        _ => ran_dry(evidence).or_else(|| without_stats(evidence, class)).unwrap_or(outcome),
    }
}

/// The last exit event that the standard library told, if it is a failure of the guest.
fn failed_event(evidence: &Evidence) -> Option<&str> {
    let cause = evidence.log.exit_event.as_ref()?.cause.as_str();
    (class_of(cause) == Cause::Failure).then_some(cause)
}

/// The code of the guest's end in words; gem5's own phrase is left out where it says no more than the code.
fn ended_with_code(cause: Option<&str>, code: i64) -> String {
    match cause {
        Some(cause) if class_of(cause) != Cause::Done => format!("{cause} (code {code})"),
        _ => format!("the simulated program ended with code {code}"),
    }
}

/// The outcome of a good end that left no stats, or not all of them; `None` if they are there.
fn without_stats(evidence: &Evidence, class: Option<Cause>) -> Option<Outcome> {
    let stats = &evidence.stats;
    let cause = if stats.open_block {
        // The stream that gem5 dumps to goes bad silently when the disk is full.
        "exit code 0, but the last dump is cut off (disk full?)".to_owned()
    } else if !evidence.simulates {
        return None;
    } else if !stats.without_dumps.is_empty() {
        format!("exit code 0, but no stats of {}", human::some_of(&stats.without_dumps))
    } else if !evidence.simulated() {
        // gem5 ends with 0 when a script of many simulations is given an id that it does not know.
        "exit code 0, but nothing was simulated".to_owned()
    } else if stats.stats_txt && stats.dumps == 0 && class.is_none() {
        // gem5 dumps at its end, and nothing else says that it came there.
        "exit code 0, but stats.txt holds no dump".to_owned()
    } else {
        return None;
    };
    Some(Outcome::new(OutcomeKind::NoStats, cause))
}

fn interrupted(evidence: &Evidence) -> String {
    format!("interrupted by a SIGINT that gem5-tui did not send, {}", kept(evidence))
}

fn exited_badly(code: i32, evidence: &Evidence) -> Outcome {
    let log = &evidence.log;
    // A command line is refused before anything runs; later, the same words are those of a simulated program.
    let refused = (!evidence.simulated()).then_some(log.usage.as_ref()).flatten();
    match (code, refused) {
        (2, Some(usage)) => return Outcome::new(OutcomeKind::Usage, usage),
        (1, Some(usage)) if is_unknown_flag(usage) => return Outcome::new(OutcomeKind::Usage, usage),
        (2, None) if log.help && !evidence.simulated() => {
            return Outcome::new(OutcomeKind::Usage, "gem5 printed its help: no script was named");
        }
        _ => {}
    }
    if let Some(outcome) = told_by_code(code, evidence) {
        return outcome;
    }
    let plain = || told_by_exit_line(code, evidence).unwrap_or_else(|| told_by_last_words(code, evidence));
    let exception = log.exception_at_end.as_ref();
    match (code, &log.failure) {
        (1, Some(failure)) => match failure.kind {
            FailureKind::Fatal => of_failure(OutcomeKind::Fatal, failure),
            FailureKind::Panic => of_failure(OutcomeKind::Panic, failure),
            FailureKind::PythonError if is_interrupt(failure) => {
                Outcome::new(OutcomeKind::Cancelled, interrupted(evidence))
            }
            FailureKind::PythonError => of_failure(kind_of_exception(&failure.message), failure),
            FailureKind::Assertion | FailureKind::Terminate | FailureKind::Runtime => plain(),
        },
        (1, None) => exception.map_or_else(plain, |exception| Outcome::new(kind_of_exception(exception), exception)),
        _ => plain(),
    }
}

/// A script that makes a status of the exit event's code, such as `configs/example/arm/starter_se.py`, has told the end before.
fn told_by_exit_line(code: i32, evidence: &Evidence) -> Option<Outcome> {
    let exit = evidence.exit()?;
    let told = evidence.guest_exit_code();
    let outcome = match class_of(&exit.cause) {
        _ if told.is_some() || cause::tells_code_of_guest(&exit.cause) => {
            let guest = told.unwrap_or_else(|| i64::from(code));
            Outcome::new(OutcomeKind::GuestFailed, ended_with_code(Some(&exit.cause), guest))
        }
        Cause::Failure => Outcome::new(OutcomeKind::GuestFailed, format!("{} (exit code {code})", exit.cause)),
        _ => Outcome::new(OutcomeKind::Failed, format!("exit code {code} behind the end \"{}\"", exit.cause)),
    };
    Some(Outcome { tick: evidence.exit_tick(), ..outcome })
}

/// When nothing tells why, the last line that a script or a loader wrote does, if any.
fn told_by_last_words(code: i32, evidence: &Evidence) -> Outcome {
    let log = &evidence.log;
    // Who was interrupted did not choose this code: what the process left behind was, by our cancel.
    if let Some(failure) = log.failure.as_ref().filter(|failure| !is_interrupt(failure)) {
        let cause = format!("exit code {code}: {}", failure.summary());
        return Outcome { cause, ..of_failure(OutcomeKind::Failed, failure) };
    }
    if let Some(outcome) = told_by_outsider(evidence) {
        return outcome;
    }
    match log.exception_at_end.as_ref().or(log.last_words.as_ref()) {
        Some(words) => Outcome::new(OutcomeKind::Failed, format!("exit code {code}: {words}")),
        None => Outcome::new(OutcomeKind::Failed, format!("exit code {code}")),
    }
}
