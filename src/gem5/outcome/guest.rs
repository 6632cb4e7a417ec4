//! The simulated system's own words beside an outcome.

use super::{Evidence, Outcome, OutcomeKind};
use crate::gem5::log::GuestState;

/// Adds what the simulated system said last to an end that its words may explain: one from outside, a limit, or a good one before
/// which nothing may have run. Prompts are no news where a workload came to its end.
pub(super) fn with_guest(outcome: Outcome, evidence: &Evidence) -> Outcome {
    let Some(said) = &evidence.console else { return outcome };
    let is_news = match outcome.kind {
        OutcomeKind::Ok => said.state != GuestState::Waits,
        OutcomeKind::Limit
        | OutcomeKind::RanDry
        | OutcomeKind::NoStats
        | OutcomeKind::GuestFailed
        | OutcomeKind::Failed
        | OutcomeKind::Timeout
        | OutcomeKind::Stalled
        | OutcomeKind::Disk
        | OutcomeKind::Oom
        | OutcomeKind::Cancelled
        | OutcomeKind::Interrupted
        | OutcomeKind::Killed
        | OutcomeKind::Lost => true,
        OutcomeKind::Fatal
        | OutcomeKind::Panic
        | OutcomeKind::Abort
        | OutcomeKind::Segv
        | OutcomeKind::PythonError
        | OutcomeKind::Usage
        | OutcomeKind::NotStarted => false,
    };
    if !is_news || outcome.cause.contains(&said.text) {
        return outcome;
    }
    Outcome { cause: format!("{}; {}", outcome.cause, said.phrase()), ..outcome }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evidence, shown, signal};
    use super::super::{ConsoleWord, EndFacts, derive_from_log};
    use super::*;

    const EXIT: &str = "Exiting @ tick 5 because m5_exit instruction encountered\n";

    fn with(state: GuestState, end: EndFacts, text: &str) -> Evidence {
        let console = ConsoleWord { state, file: "system.terminal".to_owned(), text: "its word".to_owned() };
        Evidence { console: Some(console), ..evidence(end, text, 1) }
    }

    #[test]
    fn what_the_guest_said_is_told_beside_an_end_from_outside() {
        for end in [signal("SIGTERM"), signal("SIGKILL"), EndFacts::Exited(137), EndFacts::Exited(124)] {
            let told = shown(&with(GuestState::Failed, end.clone(), ""));
            assert!(told.ends_with("; system.terminal says: its word"), "{end:?}: {told}");
            let told = shown(&with(GuestState::Waits, end, ""));
            assert!(told.ends_with("; it waits: system.terminal says: its word"), "{told}");
        }
        let interrupted = "Exiting @ tick 5 because user interrupt received\n";
        assert!(shown(&with(GuestState::Failed, EndFacts::Exited(0), interrupted)).contains("its word"));
        assert!(derive_from_log(&with(GuestState::Waits, EndFacts::Exited(0), "")).cause.contains("it waits: "));
    }

    #[test]
    fn a_good_end_has_the_trouble_of_its_guest_beside_it() {
        let told = shown(&with(GuestState::Troubled, EndFacts::Exited(0), EXIT));
        assert_eq!(told, "ok: m5_exit instruction encountered; system.terminal says: its word @ tick 5");
        let told = shown(&with(GuestState::Waits, EndFacts::Exited(0), EXIT));
        assert_eq!(told, "ok: m5_exit instruction encountered @ tick 5", "a prompt behind the workload is no news");
    }
}
