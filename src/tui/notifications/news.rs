//! What is worth a call: one header beside the one before.

use super::Occasion;
use crate::protocol::{Counts, Header};
use crate::text::Safe;

/// A failure is called out with those of so long before it, milliseconds.
const GATHERS_MS: u64 = 60_000;

/// What was known when it was looked at last. Nothing is news to somebody who has just come.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watched {
    last: Option<Known>,
    /// From when on failures are called out again, and how many were told.
    failed: (u64, u32),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    is_done: bool,
    failed: u32,
    has_notice: bool,
    is_paused_by_failures: bool,
}

impl Watched {
    /// Looks at what is known now. Tells what is new of the `wanted`: the end before a notice, and a notice before a failure. A notice
    /// that only says another thing, such as how little room is left, is not new.
    pub(crate) fn look(&mut self, header: &Header, wanted: &[Occasion], now_ms: u64) -> Option<(Occasion, Safe)> {
        let counts = own_counts(header);
        let now = Known {
            is_done: is_done(&counts),
            failed: counts.failed(),
            has_notice: header.notice.is_some(),
            is_paused_by_failures: header.alike.is_some(),
        };
        let Some(last) = self.last.replace(now.clone()) else {
            self.failed = (now_ms, now.failed);
            return None;
        };
        let wants = |occasion: Occasion| wanted.contains(&occasion);
        let name = &header.name;
        if now.is_done && !last.is_done && wants(Occasion::Done) {
            self.failed = (now_ms + GATHERS_MS, now.failed);
            return Some((Occasion::Done, Safe::line(&format!("{name} is done: {}", ended(&counts)))));
        }
        let is_noticed =
            (now.has_notice && !last.has_notice) || (now.is_paused_by_failures && !last.is_paused_by_failures);
        if is_noticed && wants(Occasion::Notice) {
            let notice = header.notice.as_deref().unwrap_or("the queue is paused");
            return Some((Occasion::Notice, Safe::line(&format!("{name}: {notice}"))));
        }
        let (due_ms, told) = self.failed;
        if now.failed < told {
            // Some were retried.
            self.failed = (due_ms, now.failed);
        } else if now.failed > told && now_ms >= due_ms && wants(Occasion::Failed) {
            self.failed = (now_ms + GATHERS_MS, now.failed);
            let more = now.failed - told;
            return Some((Occasion::Failed, Safe::line(&format!("{name}: {more} failed; {}", ended(&counts)))));
        }
        None
    }
}

/// The counts of what this engine has to do.
pub(super) fn own_counts(header: &Header) -> Counts {
    header.shard.map_or(header.counts, |shard| shard.counts)
}

/// Whether nothing is left to be done.
pub(super) fn is_done(counts: &Counts) -> bool {
    counts.total > 0 && counts.all_ended() && counts.awaiting == 0
}

/// How many have ended, and how.
fn ended(counts: &Counts) -> String {
    let ok = format!("{} of {} ok", counts.ok, counts.total);
    let others =
        [(counts.failed(), "failed"), (counts.cancelled, "cancelled")].into_iter().filter(|(count, _)| *count > 0);
    std::iter::once(ok).chain(others.map(|(count, word)| format!("{count} {word}"))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Alike, QueueState};
    use crate::tui::tests::header;

    const ALL: &[Occasion] = &Occasion::ALL;

    fn at(ok: u32, not_ok: u32) -> Header {
        let mut header = header();
        header.counts = Counts { total: 8, ok, not_ok, running: 8 - ok - not_ok, ..Counts::default() };
        (header.notice, header.alike, header.shard) = (None, None, None);
        header
    }

    fn alike() -> Alike {
        Alike { count: 3, program: "gem5".into(), cause: "no".into(), first: "a".into() }
    }

    fn told(watched: &mut Watched, header: &Header, now_ms: u64) -> Option<(Occasion, String)> {
        watched.look(header, ALL, now_ms).map(|(occasion, text)| (occasion, text.into_string()))
    }

    #[test]
    fn what_was_so_before_anybody_looked_is_no_news() {
        let mut paused = at(0, 3);
        paused.queue = QueueState::Paused;
        paused.alike = Some(alike());
        for header in [at(6, 2), at(0, 3), paused] {
            let mut watched = Watched::default();
            assert_eq!(told(&mut watched, &header, 0), None);
            assert_eq!(told(&mut watched, &header, 100_000), None);
        }
    }

    #[test]
    fn the_end_is_told_once_and_again_after_a_retry() {
        let mut watched = Watched::default();
        assert_eq!(told(&mut watched, &at(5, 0), 0), None);
        let (occasion, text) = told(&mut watched, &at(7, 1), 1).expect("it is news");
        assert_eq!(occasion, Occasion::Done);
        assert!(text.ends_with("7 of 8 ok, 1 failed"), "{text}");
        assert_eq!(told(&mut watched, &at(7, 1), 200_000), None, "and the failure is part of it");
        assert_eq!(told(&mut watched, &at(7, 0), 200_001), None);
        assert_eq!(told(&mut watched, &at(8, 0), 200_002).map(|news| news.0), Some(Occasion::Done));
    }

    #[test]
    fn failures_that_come_one_after_another_are_told_together() {
        let mut watched = Watched::default();
        assert_eq!(told(&mut watched, &at(0, 0), 0), None);
        let (occasion, text) = told(&mut watched, &at(0, 1), 5).expect("the first is told at once");
        assert!(occasion == Occasion::Failed && text.contains(": 1 failed"), "{text}");
        assert_eq!(told(&mut watched, &at(0, 2), 6), None);
        assert_eq!(told(&mut watched, &at(0, 4), 60_004), None);
        let (_, text) = told(&mut watched, &at(0, 4), 60_005).expect("the rest a minute later");
        assert!(text.contains(": 3 failed"), "{text}");
        // Two are retried, and one of them fails again.
        assert_eq!(told(&mut watched, &at(0, 2), 200_000), None);
        let (_, text) = told(&mut watched, &at(0, 3), 200_001).expect("it is news");
        assert!(text.contains(": 1 failed"), "{text}");
    }

    #[test]
    fn a_notice_is_told_when_it_comes_and_not_when_it_says_another_number() {
        let mut watched = Watched::default();
        assert_eq!(told(&mut watched, &at(0, 0), 0), None);
        let mut paused = at(0, 0);
        paused.queue = QueueState::Paused;
        assert_eq!(told(&mut watched, &paused, 1), None, "somebody pressed a key");
        let mut full = at(0, 0);
        full.notice = Some("2 GiB are free".into());
        let (occasion, text) = told(&mut watched, &full, 2).expect("it is news");
        assert!(occasion == Occasion::Notice && text.ends_with("2 GiB are free"), "{text}");
        full.notice = Some("1 GiB is free".into());
        assert_eq!(told(&mut watched, &full, 3), None);
        full.alike = Some(alike());
        assert_eq!(told(&mut watched, &full, 4).map(|news| news.0), Some(Occasion::Notice), "it is another matter");
        assert_eq!(told(&mut watched, &full, 5), None);
    }

    #[test]
    fn what_nobody_wants_to_hear_is_not_told() {
        let mut watched = Watched::default();
        for (at_ms, header) in [(0, at(0, 0)), (1, at(0, 5)), (100_000, at(3, 5))] {
            assert_eq!(watched.look(&header, &[], at_ms), None);
        }
    }
}
