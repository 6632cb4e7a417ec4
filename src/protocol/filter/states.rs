//! The words for states: those of the header, those of the rows, and a few that stand for several.

use crate::experiment::RowKind;
use crate::gem5::OutcomeKind;
use crate::protocol::{Counted, SimView, Status};

/// A state that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// What the header counts.
    Counted(Counted),
    /// The outcome.
    Outcome(OutcomeKind),
    /// The word that the row has.
    Word(&'static str),
    /// It has ended.
    Ended,
    /// It has not been launched yet, or not again.
    Waiting,
    /// A process exists or is about to.
    Live,
    /// It ended ok and would be made from something else now.
    Changed,
    /// It is no longer in the experiment file.
    Gone,
    /// It is of this kind.
    Kind(RowKind),
}

/// The words of the header. They mean the state also without `is:`.
const HEADER: [(&str, State); 7] = [
    ("running", State::Counted(Counted::Running)),
    ("paused", State::Counted(Counted::Paused)),
    ("queued", State::Counted(Counted::Queued)),
    ("blocked", State::Counted(Counted::Blocked)),
    ("ok", State::Counted(Counted::Ok)),
    ("failed", State::Counted(Counted::Failed)),
    ("cancelled", State::Counted(Counted::Cancelled)),
];

/// Other words.
const MORE: [(&str, State); 13] = [
    ("not-ok", State::Counted(Counted::Failed)),
    ("ended", State::Ended),
    ("waiting", State::Waiting),
    ("live", State::Live),
    ("launching", State::Word("launching")),
    ("submitted", State::Word("submitted")),
    ("stopping", State::Word("stopping")),
    ("backoff", State::Word("backoff")),
    ("changed", State::Changed),
    ("gone", State::Gone),
    ("simulation", State::Kind(RowKind::Simulation)),
    ("step", State::Kind(RowKind::Step)),
    ("suite", State::Kind(RowKind::Suite)),
];

/// Every word, those of the header first and those of outcomes last.
pub(super) fn words() -> impl Iterator<Item = (&'static str, State)> {
    let outcomes = OutcomeKind::ALL.map(|kind| (kind.word(), State::Outcome(kind)));
    // What the header calls ok and failed is more than the outcomes of these names.
    let outcomes = outcomes.into_iter().filter(|(word, _)| HEADER.iter().all(|(known, _)| known != word));
    HEADER.into_iter().chain(MORE).chain(outcomes)
}

/// The state of a word.
pub(super) fn state(word: &str) -> Option<State> {
    let same = |(known, _): &(&str, State)| known.eq_ignore_ascii_case(word);
    words().find(same).map(|(_, state)| state)
}

/// The state that a word means by itself: one of the header, in small letters as it stands there.
pub(super) fn of_header(word: &str) -> Option<State> {
    HEADER.iter().find(|(known, _)| *known == word).map(|(_, state)| *state)
}

impl State {
    /// Whether a simulation is in it.
    pub(super) fn is_of(self, view: &SimView) -> bool {
        let status = &view.status;
        match self {
            Self::Counted(counted) => status.counted() == counted,
            Self::Outcome(kind) => status.ended() == Some(kind),
            Self::Word(word) => status.word() == word,
            Self::Ended => status.ended().is_some(),
            Self::Waiting => matches!(status, Status::Blocked | Status::Queued | Status::Backoff { .. }),
            Self::Live => status.is_live(),
            Self::Changed => view.is_outdated(),
            Self::Gone => view.gone,
            Self::Kind(kind) => view.kind == kind,
        }
    }
}
