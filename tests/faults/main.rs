//! Every fault that must be survived, one test or more for each, named by its number in `tests/faults/README.md`.
//!
//! What needs root (mounts, other users) says so and skips elsewhere.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]
#![expect(clippy::print_stderr, reason = "a test that skips says why")]

#[expect(dead_code, reason = "no test here speaks with a batch system")]
#[path = "../lifecycle/stage.rs"]
mod stage;
#[path = "../lifecycle/three.rs"]
mod three;

mod bytes;
mod disk;
mod durable;
mod escapes;
mod groups;
mod hidden;
mod inputs;
mod launches;
mod limits;
mod locks;
mod logs;
mod moves;
mod namespaces;
mod owners;
mod passing;
mod places;
mod pty;
mod records;
mod roles;
mod scarcity;
mod shims;
mod sizes;
mod slow;
mod strangers;
mod table;
mod terminal;
mod things;
mod threads;
mod trees;
mod watching;
