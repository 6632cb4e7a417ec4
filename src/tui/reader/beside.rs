//! The watched stats of other attempts over their dumps, to be drawn beside those of the shown one.

use std::sync::Arc;

use super::history::histories;
use crate::gem5::stats::Watch;
use crate::rundir::{AttemptDir, Ending, Results, StatsFile, attempts};
use crate::text::Safe;
use crate::tui::reading::{BesideReading, BesideWant};

/// One of them.
pub(super) struct Beside {
    want: BesideWant,
    attempt: AttemptDir,
    ending: Ending,
    file: StatsFile,
    problem: Option<Safe>,
    is_behind: bool,
}

impl Beside {
    fn new(want: &BesideWant, watch: &Arc<Watch>) -> Self {
        let attempt = AttemptDir::new(&want.attempt);
        let outputs = attempts::outputs(&attempt);
        let path = if want.outcome.is_some() { outputs.stats_as_left() } else { outputs.stats() };
        let mut file = StatsFile::open(&path, Arc::clone(watch)).with_requests(&attempt.requested_dumps());
        if want.outcome.is_some() {
            file.set_ended();
        }
        let ending = Ending::read(&attempt, want.outcome);
        Self { want: want.clone(), attempt, ending, file, problem: None, is_behind: true }
    }

    /// Reads a little further. Whether something is new, and whether there is more to read.
    fn step(&mut self, budget: u64) -> (bool, bool) {
        let (was_behind, before) = (self.is_behind, self.problem.take());
        let is_new = match self.file.refresh(budget) {
            Ok(change) => {
                self.is_behind = change.behind;
                change.new_dumps > 0 || change.reset
            }
            Err(error) => {
                self.is_behind = false;
                self.problem = Some(Safe::line(&error.to_string()));
                false
            }
        };
        (is_new || was_behind && !self.is_behind || before != self.problem, self.is_behind)
    }

    fn reading(&self) -> BesideReading {
        let dumps = self.file.dumps();
        let results = Results::of(dumps, self.ending);
        let problem = match (&self.problem, self.is_behind, self.file.damage()) {
            (Some(problem), ..) => Some(problem.clone()),
            (None, true, _) => Some(Safe::plain("is being read")),
            (None, false, Some(damage)) => Some(Safe::line(damage)),
            (None, false, None) => None,
        };
        BesideReading { attempt: self.want.attempt.clone(), watched: histories(dumps, &results), problem }
    }
}

/// Keeps those that are still wanted, and begins with new ones. Whether anything has changed.
pub(super) fn follow(known: &mut Vec<Beside>, wanted: &[BesideWant], watch: &Arc<Watch>) -> bool {
    if known.iter().map(|one| &one.want).eq(wanted) {
        return false;
    }
    let mut old = std::mem::take(known);
    for want in wanted {
        // How it ended may be new; what is in its file stays.
        let same = old.iter().position(|one| one.want.attempt == want.attempt && is_same_file(&one.want, want));
        known.push(match same {
            Some(at) => {
                let mut one = old.swap_remove(at);
                one.want = want.clone();
                one.ending = Ending::read(&one.attempt, want.outcome);
                one
            }
            None => Beside::new(want, watch),
        });
    }
    true
}

/// One that has ended may have left its stats elsewhere, or compressed.
fn is_same_file(old: &BesideWant, new: &BesideWant) -> bool {
    old.outcome.is_some() == new.outcome.is_some()
}

/// Reads a little further, one large file after the other. Whether something is new, and whether there is more to read.
pub(super) fn step(all: &mut [Beside], budget: u64) -> (bool, bool) {
    let mut is_new = false;
    for one in all {
        let (changed, is_behind) = one.step(budget);
        is_new |= changed;
        if is_behind {
            return (is_new, true);
        }
    }
    (is_new, false)
}

/// What is known of all of them.
pub(super) fn readings(all: &[Beside]) -> Vec<BesideReading> {
    all.iter().map(Beside::reading).collect()
}
