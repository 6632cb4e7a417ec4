//! Whether an attempt is followed by another one without being asked for. Pure.
//!
//! An engine that ends or is killed forgets nothing here: how many retries were made is in the record of each attempt,
//! so whoever looks at an ended attempt comes to the same answer.

use crate::experiment::Retries;
use crate::gem5::OutcomeKind;

/// The first wait before an automatic retry, in milliseconds. It doubles with every further one.
const BACKOFF_FIRST_MS: u64 = 1_000;

/// The longest wait before an automatic retry, in milliseconds.
const BACKOFF_LONGEST_MS: u64 = 300_000;

/// How long after an end of this class the next attempt waits, in milliseconds; none if there is no further one.
/// `made` counts the retries since a person last asked for an attempt.
pub fn wait_ms(retries: &Retries, kind: OutcomeKind, made: u32) -> Option<u64> {
    let allowed = retries.by_outcome.get(kind.word()).copied().unwrap_or(retries.any);
    let wait = (BACKOFF_FIRST_MS << made.min(20)).min(BACKOFF_LONGEST_MS);
    (kind.is_worth_retrying() && made < allowed).then_some(wait)
}

/// Whether a process of an attempt that ended so may still run, where nobody can see it: its shim died before it had
/// written down whom it started. Only a person begins another attempt beside it. Of what was a job its batch system knows more.
pub fn may_run_unseen(kind: OutcomeKind, is_known: bool) -> bool {
    kind == OutcomeKind::Lost && !is_known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_its_limit_and_the_count_of_an_outcome_wins() {
        let retries = Retries { any: 1, by_outcome: [("segv".to_owned(), 40)].into() };
        let wait = |kind, made| wait_ms(&retries, kind, made);
        assert_eq!((wait(OutcomeKind::Panic, 0), wait(OutcomeKind::Panic, 1)), (Some(1_000), None));
        assert_eq!((wait(OutcomeKind::Segv, 3), wait(OutcomeKind::Segv, 39)), (Some(8_000), Some(300_000)));
        assert_eq!((wait(OutcomeKind::Usage, 0), wait(OutcomeKind::Ok, 0)), (None, None));
    }
}
