//! What a state of Slurm means for an attempt.

use super::exit::RawExit;
use super::reasons::{Kind, reason};
use super::row::Row;
use crate::rundir::record::JobFate;

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Stage {
    /// It has not started.
    Waits {
        /// Why, in plain words with Slurm's own; may be empty.
        why: String,
        /// Whether it is on hold.
        held: bool,
        /// Whether waiting is of no use: somebody must change something. A hold that only an administrator may release is that.
        blocked: bool,
    },
    /// It runs, or its node is starting it.
    Runs,
    /// It is stopped, by its owner or an administrator.
    Paused,
    /// It is ending. How, is told later.
    Ending,
    /// It has ended.
    Over(JobFate),
    /// A state with a name that this program does not know. It is no end: what is taken for one is started again beside it.
    Unknown(String),
}

/// How far a job is.
pub(in crate::engine) fn stage(row: &Row) -> Stage {
    // `CANCELLED by 1001`.
    let state = row.state.split_whitespace().next().unwrap_or_default();
    match state {
        "PENDING" | "REQUEUED" | "REQUEUE_FED" => {
            let reason = reason(&row.reason);
            let held = matches!(reason.kind, Kind::Held | Kind::HeldBySite);
            let blocked = matches!(reason.kind, Kind::Blocked | Kind::HeldBySite);
            Stage::Waits { why: reason.words, held, blocked }
        }
        "REQUEUE_HOLD" | "SPECIAL_EXIT" | "RESV_DEL_HOLD" => {
            let reason = reason(&row.reason);
            let why = if reason.words.is_empty() { format!("held ({state})") } else { reason.words };
            Stage::Waits { why, held: true, blocked: reason.kind == Kind::HeldBySite }
        }
        "CONFIGURING" => {
            Stage::Waits { why: format!("its node is being set up ({state})"), held: false, blocked: false }
        }
        "RUNNING" | "SIGNALING" | "RESIZING" | "STAGE_OUT" => Stage::Runs,
        "SUSPENDED" | "STOPPED" => Stage::Paused,
        "COMPLETING" => Stage::Ending,
        "FAILED" if row.exit.is_some_and(|exit| exit.signal == RawExit::LAUNCH_FAILED) => {
            Stage::Over(JobFate::LaunchFailed)
        }
        // JobLaunchFailure is also the reason of what a signal ended, so the reason tells nothing.
        "COMPLETED" | "FAILED" => Stage::Over(JobFate::Ended),
        "CANCELLED" => Stage::Over(JobFate::Cancelled),
        "TIMEOUT" | "DEADLINE" => Stage::Over(JobFate::TimedOut),
        "OUT_OF_MEMORY" => Stage::Over(JobFate::OutOfMemory),
        "NODE_FAIL" | "BOOT_FAIL" => Stage::Over(JobFate::NodeFailed),
        "PREEMPTED" => Stage::Over(JobFate::Preempted),
        // REVOKED is here, too: the job runs on another cluster of a federation.
        _ => Stage::Unknown(row.state.clone()),
    }
}

/// What to say of an end besides its state: Slurm's reason, and what to do where that is known.
pub(in crate::engine) fn said_of_end(fate: JobFate, row: &Row) -> String {
    let advice = match fate {
        JobFate::LaunchFailed => {
            "its node could not open its log or its directory, so there is no log; the directory must be there and writable on \
             that node"
        }
        JobFate::OutOfMemory => "ask for more with `memory:`",
        JobFate::TimedOut => "ask for more time",
        _ => "",
    };
    let reason = row.reason.as_str();
    match (reason.is_empty(), advice.is_empty()) {
        (_, true) => reason.to_owned(),
        (true, false) => advice.to_owned(),
        (false, false) => format!("{reason}: {advice}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::transcript;
    use super::*;

    fn row(state: &str, exit: &str, reason: &str) -> Row {
        Row { state: state.into(), exit: RawExit::read(exit), reason: reason.into(), ..Row::default() }
    }

    fn of(state: &str, exit: &str, reason: &str) -> Stage {
        stage(&row(state, exit, reason))
    }

    /// The reason of both is the same in Slurm, and only one has no log to look at.
    #[test]
    fn a_program_that_crashed_was_launched() {
        assert_eq!(of("FAILED", "11", "JobLaunchFailure"), Stage::Over(JobFate::Ended));
        assert_eq!(of("FAILED", "9", "JobLaunchFailure"), Stage::Over(JobFate::Ended));
        assert_eq!(of("FAILED", "4021", "JobLaunchFailure"), Stage::Over(JobFate::LaunchFailed));
        assert_eq!(of("FAILED", "0:53", ""), Stage::Over(JobFate::LaunchFailed));
    }

    #[test]
    fn a_state_with_a_new_name_is_no_end() {
        assert_eq!(of("FROBNICATED by 7", "0", ""), Stage::Unknown("FROBNICATED by 7".into()));
        assert_eq!(of("REVOKED", "0", ""), Stage::Unknown("REVOKED".into()));
        assert_eq!(of("", "0", ""), Stage::Unknown(String::new()));
    }

    #[test]
    fn a_job_that_ignores_its_end_has_not_ended() {
        assert_eq!(of("COMPLETING", "0", "None"), Stage::Ending);
    }

    #[test]
    fn a_job_that_is_stopped_is_not_running() {
        assert_eq!(of("STOPPED", "0", ""), Stage::Paused);
        assert_eq!(of("SUSPENDED", "0", ""), Stage::Paused);
    }

    #[test]
    fn whoever_cancelled_it_it_is_cancelled() {
        assert_eq!(of("CANCELLED by 1001", "0:0", ""), Stage::Over(JobFate::Cancelled));
        assert_eq!(of("CANCELLED", "1792", ""), Stage::Over(JobFate::Cancelled));
    }

    #[test]
    fn a_hold_of_the_site_is_held_and_blocked() {
        let waits = |state, reason| match of(state, "0", reason) {
            Stage::Waits { held, blocked, .. } => (held, blocked),
            other => panic!("{other:?}"),
        };
        assert_eq!(waits("PENDING", "Priority"), (false, false));
        assert_eq!(waits("PENDING", "JobHeldUser"), (true, false));
        assert_eq!(waits("PENDING", "JobHeldAdmin"), (true, true));
        assert_eq!(waits("PENDING", "launch failed requeued held"), (true, true));
        assert_eq!(waits("PENDING", "PartitionConfig"), (false, true));
        assert_eq!(waits("SPECIAL_EXIT", "job requeued in held state"), (true, false));
        assert_eq!(waits("REQUEUE_HOLD", ""), (true, false));
        assert_eq!(waits("CONFIGURING", ""), (false, false));
    }

    /// A hold on what runs already counts for its next start only.
    #[test]
    fn a_job_that_runs_with_a_hold_runs() {
        assert_eq!(of("RUNNING", "0", "JobHeldUser"), Stage::Runs);
    }

    #[test]
    fn a_launch_that_failed_says_what_to_look_at() {
        let said = said_of_end(JobFate::LaunchFailed, &row("FAILED", "4021", "JobLaunchFailure"));
        assert!(said.starts_with("JobLaunchFailure: ") && said.contains("no log"), "{said}");
        assert_eq!(said_of_end(JobFate::Ended, &row("FAILED", "768", "NonZeroExitCode")), "NonZeroExitCode");
        assert_eq!(said_of_end(JobFate::NodeFailed, &row("NODE_FAIL", "0", "")), "");
    }

    #[test]
    fn every_state_of_a_real_slurm_is_known() {
        for said in transcript("18-rare-states.txt", "--states=nosuch") {
            let states = said.stderr.split_once("include: ").unwrap().1.lines().next().unwrap();
            for state in states.split(',').filter(|state| *state != "REVOKED") {
                assert!(!matches!(of(state, "0", ""), Stage::Unknown(_)), "{state}");
            }
        }
        for said in transcript("19-canonical.txt", "--format='%A|%F|%K|%T") {
            for line in said.stdout.lines() {
                let fields: Vec<&str> = line.split('|').collect();
                assert!(!matches!(of(fields[3], "0", fields[4]), Stage::Unknown(_)), "{line}");
            }
        }
    }
}
