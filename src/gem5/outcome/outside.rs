//! Ends from outside that gem5-tui did not make: who made them, as far as anybody has told.

use super::{Evidence, Outcome, OutcomeKind};
use crate::gem5::log::{ExitLine, Reason};
use crate::text::human;

/// The end that a batch system or a shell named in the log. Behind gem5's own end they name something else.
pub(super) fn told_by_outsider(evidence: &Evidence) -> Option<Outcome> {
    let killer = evidence.log.killer.as_ref().filter(|_| !evidence.exit().is_some_and(ExitLine::is_final))?;
    let kind = match killer.reason {
        Reason::Memory => OutcomeKind::Oom,
        Reason::Time => OutcomeKind::Timeout,
        Reason::Preempted | Reason::Node | Reason::Cancelled | Reason::Other => OutcomeKind::Killed,
    };
    Some(Outcome::new(kind, &killer.text))
}

/// A signal that the kernel or somebody sent, with what is known of who it was. The kernel says nothing to the process that it
/// kills for want of memory, but it counts.
pub(super) fn killed(how: &str, evidence: &Evidence) -> Outcome {
    let count = |count: Option<u64>| count.filter(|count| *count > 0).map(|count| human::plural(count, "process"));
    let (group, machine) = (count(evidence.oom_kills.cgroup), count(evidence.oom_kills.machine));
    match (group, machine, told_by_outsider(evidence)) {
        (Some(group), ..) => {
            let cause = format!("out of memory: the kernel killed {group} of its control group (memory.events)");
            Outcome::new(OutcomeKind::Oom, cause)
        }
        (None, _, Some(told)) => told,
        (None, Some(machine), None) => {
            let cause = format!("out of memory: the kernel killed {machine} of this machine while it ran (vmstat)");
            Outcome::new(OutcomeKind::Oom, cause)
        }
        (None, None, None) => Outcome::new(OutcomeKind::Killed, how),
    }
}

/// The end that an exit code of a shell or of `timeout` tells. A script may choose any code, so one that told its end did.
pub(super) fn told_by_code(code: i32, evidence: &Evidence) -> Option<Outcome> {
    if evidence.exit().is_some_and(ExitLine::is_final) {
        return None;
    }
    match code {
        137 => Some(killed("exit code 137, as a shell tells of SIGKILL", evidence)),
        143 => {
            let cause = "exit code 143, as a shell tells of SIGTERM";
            Some(told_by_outsider(evidence).unwrap_or_else(|| Outcome::new(OutcomeKind::Killed, cause)))
        }
        124 => Some(Outcome::new(OutcomeKind::Timeout, "exit code 124, as `timeout` tells of its limit")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evidence, shown, signal};
    use super::super::{EndFacts, derive_from_log};
    use super::*;

    #[test]
    fn who_ended_it_is_believed() {
        const OOM: &str =
            "x.sh: line 28:  8156 Killed   gem5.opt\nslurmstepd: error: Detected 1 oom_kill event in StepId=1.batch.\n";
        const LIMIT: &str =
            "slurmstepd: error: *** JOB 3 ON n1 CANCELLED AT 2022-12-01T20:27:06 DUE TO TIME LIMIT ***\n";
        let rows = [
            (EndFacts::Exited(137), OOM, OutcomeKind::Oom),
            (EndFacts::Exited(0), OOM, OutcomeKind::Oom),
            (EndFacts::Exited(1), OOM, OutcomeKind::Oom),
            (signal("SIGTERM"), LIMIT, OutcomeKind::Timeout),
            (EndFacts::Exited(137), "x.sh: line 28:  8156 Killed   gem5.opt\n", OutcomeKind::Killed),
            (EndFacts::Exited(137), "", OutcomeKind::Killed),
            (EndFacts::Exited(143), "", OutcomeKind::Killed),
            (EndFacts::Exited(124), "", OutcomeKind::Timeout),
            // A simulated program may say so.
            (EndFacts::Exited(0), "Killed\n", OutcomeKind::Ok),
        ];
        for (end, text, kind) in rows {
            assert_eq!(super::super::derive(&evidence(end.clone(), text, 1)).kind, kind, "{end:?} {text}");
        }
        assert_eq!(derive_from_log(&evidence(EndFacts::Exited(0), OOM, 0)).kind, OutcomeKind::Oom);
        let done = "Exiting @ tick 5 because m5_exit instruction encountered\n";
        assert!(shown(&evidence(EndFacts::Exited(0), &format!("{done}{OOM}"), 1)).starts_with("ok: "));
        let code = "exiting with last active thread context (124) @ 5\n";
        assert!(shown(&evidence(EndFacts::Exited(124), code, 1)).starts_with("guest-failed: "));
    }
}
