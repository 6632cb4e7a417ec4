//! What a batch system did to an attempt that ran as a job of it, or was to.
//!
//! Its shim tells how the process ended and which signals came before, which tell no reason; the batch system tells the reason, and of
//! a job whose shim it killed nobody else tells anything. Where it has forgotten the job, what it printed into the job's log is left.

use serde::{Deserialize, Serialize};

use super::{EndFacts, Outcome, OutcomeKind};
use crate::gem5::log::Reason;

/// What became of a job, in the words of all batch systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobFate {
    /// It ended by itself, well or not.
    Ended,
    /// It used more memory than it may.
    OutOfMemory,
    /// Its time limit was reached.
    TimedOut,
    /// Somebody cancelled it in the batch system.
    Cancelled,
    /// The site took it away for another one.
    Preempted,
    /// Its node failed.
    NodeFailed,
    /// It could not be started on its node.
    LaunchFailed,
    /// The system knows nothing of it any more.
    Forgotten,
}

/// What is known of the job of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobFacts {
    /// The batch system, as people call it.
    pub system: String,
    /// How the system says that the job ended, if it says so.
    pub end: Option<JobWord>,
    /// Why it has ended the job, as it wrote into the job's log.
    pub in_log: Option<Reason>,
    /// The signals that came to end it before the main process had ended, by name, in their order.
    pub taken: Vec<String>,
    /// Whether anybody has written down that the main process was started.
    pub has_started: bool,
}

/// The word of a batch system on the end of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobWord {
    /// What became of it.
    pub fate: JobFate,
    /// The system's own word, such as `CANCELLED by 1001`; may be empty.
    pub state: String,
    /// What it says more; may be empty.
    pub reason: String,
    /// Where it ran, if that is known.
    pub node: Option<String>,
}

impl JobFacts {
    /// What became of the job, as the system says now or as it said in the job's log.
    fn fate(&self) -> Option<JobFate> {
        let said = self.end.as_ref().map(|word| word.fate);
        let in_log = || match self.in_log? {
            Reason::Memory => Some(JobFate::OutOfMemory),
            Reason::Time => Some(JobFate::TimedOut),
            Reason::Preempted => Some(JobFate::Preempted),
            Reason::Node => Some(JobFate::NodeFailed),
            Reason::Cancelled => Some(JobFate::Cancelled),
            Reason::Other => None,
        };
        said.filter(|fate| !matches!(fate, JobFate::Ended | JobFate::Forgotten)).or_else(in_log).or(said)
    }

    /// The system's own words on this fate, in brackets behind ours.
    fn in_brackets(&self, fate: JobFate) -> String {
        let word = self.end.as_ref().filter(|word| word.fate == fate);
        let words = word.map(|word| [word.state.as_str(), word.reason.as_str()]).unwrap_or_default();
        let words: Vec<&str> = words.into_iter().filter(|words| !words.is_empty()).collect();
        if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
    }

    /// What a fate means, in words, where that does not depend on what was seen of the process.
    fn phrase(&self, fate: JobFate) -> String {
        let (system, words) = (&self.system, self.in_brackets(fate));
        match fate {
            JobFate::OutOfMemory => format!("out of memory, as {system} says{words}"),
            JobFate::TimedOut => format!("the time limit of {system} was reached"),
            JobFate::Cancelled => format!("cancelled in {system}{words}"),
            JobFate::Preempted => format!("{system} took its place away{words}"),
            JobFate::NodeFailed => match self.end.as_ref().and_then(|word| word.node.as_ref()) {
                Some(node) => format!("its node {node} failed{words}"),
                None => format!("its node failed{words}"),
            },
            JobFate::Forgotten => format!("{system} knows nothing of its job any more{words}"),
            JobFate::Ended => format!("its job in {system} is over{words}"),
            JobFate::LaunchFailed => format!("{system} could not start its job{words}"),
        }
    }
}

/// What a fate makes of a process that was asked to end, or was killed, and whose end was seen; none where it explains neither.
fn explained(fate: JobFate) -> Option<OutcomeKind> {
    match fate {
        JobFate::OutOfMemory => Some(OutcomeKind::Oom),
        JobFate::TimedOut => Some(OutcomeKind::Timeout),
        JobFate::Cancelled => Some(OutcomeKind::Cancelled),
        JobFate::Preempted | JobFate::NodeFailed => Some(OutcomeKind::Interrupted),
        JobFate::Ended | JobFate::LaunchFailed | JobFate::Forgotten => None,
    }
}

/// What it makes of one whose end nobody saw.
fn unseen(fate: JobFate) -> OutcomeKind {
    match fate {
        JobFate::LaunchFailed => OutcomeKind::NotStarted,
        // What becomes of files at such a moment nobody knows.
        JobFate::Preempted | JobFate::NodeFailed => OutcomeKind::Lost,
        fate => explained(fate).unwrap_or(OutcomeKind::Lost),
    }
}

/// The end of a process that its batch system has ended, or asked to end, where nobody of ours did. `left` is what there is of stats.
/// What the process said of its end itself counts where nobody tells why it was asked.
pub(super) fn ended_in_job(end: &EndFacts, job: &JobFacts, left: &str, has_said_why: bool) -> Option<Outcome> {
    let (is_killed, is_from_outside) = match end {
        EndFacts::Exited(code) => (*code == 137, matches!(code, 130 | 137 | 143)),
        EndFacts::Signaled { name, .. } => {
            (name == "SIGKILL", matches!(name.as_str(), "SIGKILL" | "SIGTERM" | "SIGINT"))
        }
        EndFacts::NotStarted(_) => return None,
    };
    let asked = job.taken.last();
    let fate = job.fate().filter(|fate| match fate {
        // The system says so also of a job in which another process was killed, or none that mattered.
        JobFate::OutOfMemory => is_killed,
        _ => is_from_outside || asked.is_some(),
    });
    let (kind, what) = fate.and_then(|fate| Some((explained(fate)?, job.phrase(fate)))).or_else(|| {
        let asked = asked.filter(|_| !has_said_why)?;
        Some((OutcomeKind::Killed, format!("asked to end by {} ({asked}), which tells no reason", job.system)))
    })?;
    let how = match end {
        EndFacts::Exited(0) | EndFacts::NotStarted(_) => String::new(),
        EndFacts::Exited(code) => format!(", exit code {code}"),
        EndFacts::Signaled { name, .. } => format!(", ended by {name}"),
    };
    Some(Outcome::new(kind, format!("{what}{left}{how}")))
}

/// The end of an attempt whose shim has recorded none, as its batch system tells it; none if it says nothing. `left` is what there is of
/// stats.
pub(super) fn unseen_in_job(job: &JobFacts, left: &str) -> Option<Outcome> {
    // While the system says nothing, it may run.
    job.end.as_ref()?;
    let fate = job.fate()?;
    let (kind, what) = (unseen(fate), job.phrase(fate));
    let left = match kind {
        OutcomeKind::NotStarted => "",
        _ if !job.has_started => " before it had started",
        _ => left,
    };
    let end = if kind == OutcomeKind::Lost { "; its end was not seen" } else { "" };
    Some(Outcome::new(kind, format!("{what}{left}{end}")))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evidence, shown, signal};
    use super::super::{Evidence, StatsFacts, StopReason, derive_step};
    use super::*;

    fn job(fate: Option<JobFate>, taken: &[&str]) -> JobFacts {
        let word =
            |fate| JobWord { fate, state: "STATE".to_owned(), reason: String::new(), node: Some("n17".to_owned()) };
        let taken = taken.iter().map(|&name| name.to_owned()).collect();
        JobFacts { system: "Slurm".to_owned(), end: fate.map(word), in_log: None, taken, has_started: true }
    }

    fn of(end: EndFacts, text: &str, fate: Option<JobFate>, taken: &[&str]) -> String {
        shown(&Evidence { job: Some(job(fate, taken)), ..evidence(end, text, 1) })
    }

    const INTERRUPTED: &str = "Exiting @ tick 5 because user interrupt received\n";
    const DONE: &str = "Exiting @ tick 5 because exiting with last active thread context\n";
    const FATAL: &str = "src/xbar.cc:3: fatal: no port\nMemory Usage: 1 KBytes\n";

    #[test]
    fn the_batch_system_tells_why_it_asked() {
        let term = &["SIGTERM"][..];
        let rows = [
            (Some(JobFate::TimedOut), "timeout: the time limit of Slurm was reached, stats kept (dump 1) @ tick 5"),
            (Some(JobFate::Cancelled), "cancelled: cancelled in Slurm (STATE), stats kept (dump 1) @ tick 5"),
            (Some(JobFate::Preempted), "interrupted: Slurm took its place away (STATE), stats kept (dump 1) @ tick 5"),
            (Some(JobFate::NodeFailed), "interrupted: its node n17 failed (STATE), stats kept (dump 1) @ tick 5"),
        ];
        for (fate, told) in rows {
            assert_eq!(of(EndFacts::Exited(0), INTERRUPTED, fate, term), told);
            // What we asked for ourselves goes before it, and an end of its own before both.
            let stop = Some(StopReason::Cancelled);
            let own = Evidence { stop, job: Some(job(fate, term)), ..evidence(EndFacts::Exited(0), INTERRUPTED, 1) };
            assert_eq!(shown(&own), "cancelled: cancelled, stats kept (dump 1) @ tick 5");
            assert!(of(EndFacts::Exited(0), DONE, fate, term).starts_with("ok: "));
        }
        for fate in [None, Some(JobFate::Ended), Some(JobFate::Forgotten)] {
            let told = of(EndFacts::Exited(0), INTERRUPTED, fate, term);
            assert!(told.starts_with("killed: asked to end by Slurm (SIGTERM)"), "{told}");
            // A script that prints nothing has not come to its end either.
            assert!(of(EndFacts::Exited(0), "", fate, term).starts_with("killed: "));
            assert!(of(EndFacts::Exited(1), FATAL, fate, term).starts_with("fatal: no port"));
        }
    }

    #[test]
    fn without_a_signal_the_word_of_the_system_explains_only_what_came_from_outside() {
        let kill = || signal("SIGKILL");
        assert!(of(kill(), "", Some(JobFate::Cancelled), &[]).starts_with("cancelled: cancelled in Slurm"));
        assert!(of(EndFacts::Exited(1), FATAL, Some(JobFate::Cancelled), &[]).starts_with("fatal: "));
        assert!(of(EndFacts::Exited(0), DONE, Some(JobFate::TimedOut), &[]).starts_with("ok: "));
        assert!(of(kill(), "", None, &[]).starts_with("killed: SIGKILL"));
    }

    #[test]
    fn memory_ran_out_only_for_who_was_killed() {
        let fate = Some(JobFate::OutOfMemory);
        for end in [signal("SIGKILL"), EndFacts::Exited(137)] {
            assert!(of(end, "", fate, &[]).starts_with("oom: out of memory, as Slurm says (STATE)"));
        }
        assert!(of(EndFacts::Exited(0), DONE, fate, &[]).starts_with("ok: "));
        assert!(of(EndFacts::Exited(1), FATAL, fate, &[]).starts_with("fatal: "));
    }

    #[test]
    fn of_a_job_whose_shim_was_killed_the_system_tells_the_end() {
        let of = |fate, stop, has_started| {
            let job = JobFacts { has_started, ..job(Some(fate), &[]) };
            let stats = StatsFacts { open_block: true, stats_txt: true, ..StatsFacts::default() };
            shown(&Evidence { job: Some(job), stop, stats, simulates: true, ..Evidence::default() })
        };
        assert_eq!(of(JobFate::TimedOut, None, true), "timeout: the time limit of Slurm was reached, stats cut off");
        assert_eq!(of(JobFate::Cancelled, None, true), "cancelled: cancelled in Slurm (STATE), stats cut off");
        assert!(of(JobFate::Cancelled, None, false).ends_with("cancelled in Slurm (STATE) before it had started"));
        assert!(of(JobFate::OutOfMemory, None, true).starts_with("oom: "));
        assert!(
            of(JobFate::LaunchFailed, None, false).starts_with("not-started: Slurm could not start its job (STATE)")
        );
        for fate in [JobFate::Ended, JobFate::Forgotten, JobFate::Preempted, JobFate::NodeFailed] {
            assert!(of(fate, None, true).starts_with("lost: "), "{fate:?}");
        }
        assert!(of(JobFate::NodeFailed, None, true).contains("n17"));
        let stop = Some(StopReason::Cancelled);
        assert_eq!(of(JobFate::Cancelled, stop, true), "cancelled: cancelled, stats cut off, ended by Slurm");
        // While it says nothing of the job, nothing is known.
        let nothing = Evidence { job: Some(job(None, &[])), ..Evidence::default() };
        assert!(shown(&nothing).starts_with("lost: "));
    }

    #[test]
    fn the_log_of_a_job_tells_what_the_system_has_forgotten() {
        let line =
            |why: &str| format!("slurmstepd: error: *** JOB 3 ON n1 CANCELLED AT 2022-12-01T20:27:06{why} ***\n");
        for fate in [None, Some(JobFate::Forgotten)] {
            let of = |why: &str| {
                let in_log = evidence(EndFacts::Exited(0), &line(why), 0).log.killer.map(|killer| killer.reason);
                let job = JobFacts { in_log, ..job(fate, &["SIGTERM"]) };
                shown(&Evidence { job: Some(job), ..evidence(EndFacts::Exited(0), "", 1) })
            };
            assert!(of(" DUE TO TIME LIMIT").starts_with("timeout: "));
            assert!(of(" DUE TO PREEMPTION").starts_with("interrupted: "));
            assert!(of(" DUE TO JOB REQUEUE").starts_with("interrupted: "));
            assert!(of(" DUE TO NODE FAILURE, SEE SLURMCTLD LOG FOR DETAILS").starts_with("interrupted: "));
            assert!(of("").starts_with("cancelled: "));
        }
    }

    #[test]
    fn a_step_that_was_asked_has_not_come_to_its_end() {
        let step = |fate, taken: &[&str]| {
            derive_step(&Evidence { job: Some(job(fate, taken)), ..evidence(EndFacts::Exited(0), "", 0) })
        };
        assert_eq!(step(Some(JobFate::TimedOut), &["SIGTERM"]).cause, "the time limit of Slurm was reached");
        assert_eq!(step(None, &["SIGTERM"]).kind, OutcomeKind::Killed);
        assert_eq!(step(Some(JobFate::Ended), &[]).kind, OutcomeKind::Ok);
    }
}
