//! What has failed in a run: each as it happens, and all by reason at the end, with what helps.

use std::collections::BTreeMap;

use crate::gem5::OutcomeKind;
use crate::protocol::failures::{cause_of, in_common, signature_of};
use crate::protocol::{SimView, Status};
use crate::text::width::truncate;
use crate::text::{Safe, human, shell};

/// Reasons that are told at the end. Who has more of them asks `status`.
const MOST: usize = 8;

/// The simulations as they were told last.
#[derive(Debug, Default)]
pub(super) struct Seen {
    sims: BTreeMap<u32, SimView>,
    is_complete: bool,
}

impl Seen {
    /// Takes what was told, and says what has failed by it, in a line of `width` columns each. What had failed before is no news.
    pub(super) fn take(&mut self, sims: Vec<SimView>, complete: bool, width: usize) -> Vec<Safe> {
        let mut lines = Vec::new();
        for sim in sims {
            let before = self.sims.get(&sim.id).and_then(failure);
            if self.is_complete
                && before.is_none()
                && let (Some(_), Status::Ended { outcome }) = (failure(&sim), &sim.status)
            {
                lines.push(cut(&format!("{:<12}  {}  {}", outcome.kind.word(), sim.name, outcome.line()), width));
            }
            self.sims.insert(sim.id, sim);
        }
        self.is_complete |= complete;
        lines
    }

    /// What has failed, by reason, the one of most simulations first; `file` is the experiment as a command line names it.
    pub(super) fn by_reason(&self, file: &str, width: usize) -> Vec<Safe> {
        let mut reasons: BTreeMap<String, Vec<&SimView>> = BTreeMap::new();
        for sim in self.sims.values() {
            if let Some(signature) = failure(sim) {
                reasons.entry(signature).or_default().push(sim);
            }
        }
        let mut reasons: Vec<Vec<&SimView>> = reasons.into_values().collect();
        reasons.sort_by_key(|members| std::cmp::Reverse(members.len()));
        let mut lines = Vec::new();
        for members in reasons.iter().take(MOST) {
            let Some(Status::Ended { outcome }) = members.first().map(|first| &first.status) else { continue };
            let cause = match cause_of(outcome, members.len()) {
                cause if cause.is_empty() => String::new(),
                cause => format!(": {cause}"),
            };
            let count = human::plural(members.len() as u64, "simulation");
            lines.push(cut(&format!("{count} {}{cause}", outcome.kind.word()), width));
            let names: Vec<String> = members.iter().map(|sim| sim.name.clone()).collect();
            let shared: Vec<String> = in_common(members, &self.sims.values())
                .iter()
                .map(|parameter| format!("{}={}", parameter.name, parameter.value.as_written()))
                .collect();
            let shared = if shared.is_empty() { String::new() } else { format!("; all have {}", shared.join(", ")) };
            lines.push(Safe::line(&format!("    {}{shared}", human::some_of(&names))));
            lines.push(Safe::line(&format!("    why: gem5-tui show {file} {}", shell::quote(&names[0]))));
        }
        if reasons.len() > MOST {
            let more = human::plural((reasons.len() - MOST) as u64, "more reason");
            lines.push(Safe::line(&format!("{more}: gem5-tui status {file}")));
        }
        lines
    }
}

/// A line that a log cannot make longer than it helps.
fn cut(text: &str, width: usize) -> Safe {
    Safe::line(&truncate(Safe::line(text).as_str(), width))
}

/// What makes failures alike. What a person has cancelled, or the end of a batch job, has not failed.
fn failure(sim: &SimView) -> Option<String> {
    let is_ended_by_us = matches!(&sim.status, Status::Ended { outcome }
        if matches!(outcome.kind, OutcomeKind::Cancelled | OutcomeKind::Interrupted));
    if is_ended_by_us { None } else { signature_of(sim) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Parameter;
    use crate::gem5::Outcome;

    fn ended(id: u32, name: &str, kind: OutcomeKind, cause: &str, wl: &str) -> SimView {
        let outcome = Outcome::new(kind, cause);
        SimView { parameters: vec![Parameter::text("wl", wl)], ..SimView::new(id, name, Status::Ended { outcome }) }
    }

    #[test]
    fn failures_are_told_once_and_those_of_before_are_no_news() {
        let mut seen = Seen::default();
        let old = ended(0, "old", OutcomeKind::Panic, "x", "a");
        assert_eq!(seen.take(vec![old.clone()], false, 80).len(), 0);
        assert_eq!(seen.take(vec![SimView::new(1, "new", Status::Queued)], true, 80).len(), 0);
        let new = ended(1, "new", OutcomeKind::Segv, "", "a");
        assert_eq!(seen.take(vec![old, new.clone()], true, 80).len(), 1);
        assert_eq!(seen.take(vec![new], true, 80).len(), 0);
    }

    #[test]
    fn the_reason_of_most_comes_first_with_what_they_share() {
        let mut seen = Seen::default();
        let sims = vec![
            ended(0, "a", OutcomeKind::Segv, "", "bfs"),
            ended(1, "b", OutcomeKind::Panic, "no page 0x10", "pr"),
            ended(2, "c", OutcomeKind::Panic, "no page 0x20", "pr"),
            ended(3, "d", OutcomeKind::Cancelled, "", "bfs"),
            ended(4, "e", OutcomeKind::Ok, "", "bfs"),
        ];
        seen.take(sims, true, 80);
        let lines: Vec<String> =
            seen.by_reason("'my exp.yaml'", 80).iter().map(|line| line.as_str().to_owned()).collect();
        assert_eq!(lines.len(), 6, "{lines:#?}");
        assert!(
            lines[0].starts_with("2 simulations panic: ") && lines[1].contains("b, c; all have wl=pr"),
            "{lines:#?}"
        );
        assert_eq!(lines[5], "    why: gem5-tui show 'my exp.yaml' a");
    }
}
