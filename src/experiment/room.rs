//! What a plan costs, counted while it is made: a template that is filled in a million times ends where there is no room left,
//! and not where there is no memory.

use std::cell::Cell;

use super::limits::{ITEM, MAX_PLAN_BYTES};
use super::problem::{Problem, Problems};
use super::yaml::NodeId;

/// What is left of [`MAX_PLAN_BYTES`] while a plan is made.
#[derive(Debug)]
pub(super) struct Room {
    /// Of all simulations that are made.
    used: Cell<usize>,
    /// Of the one that is being made.
    begun: Cell<usize>,
}

impl Room {
    /// All of it.
    pub(super) fn new() -> Self {
        Self { used: Cell::new(0), begun: Cell::new(0) }
    }

    /// Takes room for an item with a text of so many bytes. Says whether there was any left.
    pub(super) fn take(&self, bytes: usize) -> bool {
        self.begun.set(self.begun.get().saturating_add(bytes).saturating_add(ITEM));
        !self.is_used_up()
    }

    /// Closes what was begun. It needs `bytes` as it is recorded.
    pub(super) fn close(&self, bytes: usize) {
        let begun = self.begun.replace(0);
        self.used.set(self.used.get().saturating_add(bytes.max(begun)));
    }

    /// Whether nothing is left.
    pub(super) fn is_used_up(&self) -> bool {
        self.used.get().saturating_add(self.begun.get()) > MAX_PLAN_BYTES
    }
}

/// Says that the plan would be too large, as seen from `at`.
pub(super) fn refuse_plan(at: NodeId, problems: &mut Problems) {
    let message = format!("the plan would be larger than {} MiB", MAX_PLAN_BYTES >> 20);
    let problem = Problem::error(at, message).label("this makes it so large");
    problems.push(problem.help("pass large values in a file, or split the experiment"));
}

/// How many bytes `value` has as it is recorded.
pub(super) fn recorded_bytes(value: &impl serde::Serialize) -> usize {
    struct Count(usize);

    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        // Without the loop of the one that is provided: it is called for each bracket.
        fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
            self.0 += bytes.len();
            Ok(())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let mut count = Count(0);
    // What cannot be encoded is told by whoever records it.
    _ = serde_json::to_writer(&mut count, value);
    count.0
}
