//! What the signs and the words of a row mean.

use crate::gem5::{Outcome, OutcomeKind, Phase};
use crate::protocol::Status;
use crate::tui::theme::{Glyph, Role, Theme};

/// A sign or a word, in what it looks like, and what it means.
#[derive(Debug)]
pub(super) struct Sign {
    pub(super) shown: String,
    pub(super) role: Role,
    pub(super) meaning: &'static str,
}

/// The states of a simulation, in the order of its life, and the other signs of a row.
pub(super) fn signs(theme: Theme) -> Vec<Sign> {
    let ended = |kind: OutcomeKind| Status::Ended { outcome: Outcome::new(kind, String::new()) };
    let states = [
        (Status::Blocked, "It waits for another simulation"),
        (Status::Queued, "It waits for a place; its row says for which"),
        (Status::Submitted, "A batch system has it"),
        (Status::Launching, "Its process is being started"),
        (Status::Running { phase: Phase::Running }, "It runs"),
        (Status::Paused, "It is stopped for now, and keeps its memory"),
        (ended(OutcomeKind::Ok), "It did what it was asked to do, or reached its limit"),
        (ended(OutcomeKind::Failed), "It ended otherwise; the word says how"),
        (ended(OutcomeKind::Cancelled), "It was cancelled, or interrupted"),
        (ended(OutcomeKind::Lost), "Its end was not seen; never ok"),
    ];
    let mut signs: Vec<Sign> = states
        .iter()
        .map(|(status, meaning)| {
            let (glyph, role) = theme.status(status);
            Sign { shown: format!("{glyph} {}", status.word()), role, meaning }
        })
        .collect();
    let glyph = |glyph: Glyph, word: &str, role, meaning| Sign {
        shown: format!("{} {word}", theme.glyph(glyph)),
        role,
        meaning,
    };
    signs.insert(2, glyph(Glyph::Backoff, "backoff", Role::Warn, "It waits a while before it is tried again"));
    signs.insert(7, glyph(Glyph::Stopping, "stopping", Role::Warn, "It was asked to end"));
    signs.extend([
        glyph(Glyph::Marked, "marked", Role::Accent, "What is asked for is about all that are marked"),
        glyph(Glyph::NoValue, "no value", Role::Dim, "There is no such number, or not yet; never zero"),
        glyph(Glyph::Unfolded, "", Role::Text, "A suite, a group of simulations or of stats that is open"),
        glyph(Glyph::Folded, "", Role::Text, "One that is folded"),
        Sign {
            shown: "~1.5".to_owned(),
            role: Role::Dim,
            meaning: "The mean of a part of a group: not all have ended ok with it",
        },
    ]);
    signs
}

/// The words for how a simulation ended.
pub(super) fn outcomes(theme: Theme) -> Vec<Sign> {
    let outcome = |kind: OutcomeKind| {
        let (_, role) = theme.status(&Status::Ended { outcome: Outcome::new(kind, String::new()) });
        Sign { shown: kind.word().to_owned(), role, meaning: meaning(kind) }
    };
    OutcomeKind::ALL.into_iter().map(outcome).collect()
}

fn meaning(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::Ok => "It did what it was asked to do",
        OutcomeKind::Limit => "It reached a limit that it was given, such as ticks; counts as ok",
        OutcomeKind::RanDry => "Nothing was left to happen, and no limit was set",
        OutcomeKind::NoStats => "It ended without an error and without stats",
        OutcomeKind::GuestFailed => "The simulated program or system failed",
        OutcomeKind::Failed => "It exited with a code that nothing else explains",
        OutcomeKind::Fatal => "gem5 or its script called fatal: mostly a mistake of the configuration",
        OutcomeKind::Panic => "gem5 or its script called panic: mostly a fault of gem5",
        OutcomeKind::Abort => "It aborted without a message of gem5",
        OutcomeKind::Segv => "It touched memory that is not its own",
        OutcomeKind::PythonError => "The script raised an exception",
        OutcomeKind::Usage => "gem5 refused its command line",
        OutcomeKind::NotStarted => "It could not be started",
        OutcomeKind::Timeout => "It ran longer than it may",
        OutcomeKind::Stalled => "It made no progress",
        OutcomeKind::Disk => "It wrote more than it may, or the disk was full",
        OutcomeKind::Oom => "Memory ran out",
        OutcomeKind::Cancelled => "You cancelled it",
        OutcomeKind::Interrupted => "The time that there was is up; it is queued again",
        OutcomeKind::Killed => "A signal from elsewhere ended it",
        OutcomeKind::Lost => "The process is gone and its end was not seen; never ok",
    }
}
