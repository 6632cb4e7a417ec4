//! Every fault that must be survived, one test or more for each, named by its number in `tests/faults/README.md`.
//!
//! What needs root (mounts, other users) says so and skips elsewhere.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]
#![expect(clippy::print_stderr, reason = "a test that skips says why")]

#[path = "../lifecycle/stage.rs"]
#[expect(dead_code, reason = "these tests need a part of what the lifecycle tests need")]
mod stage;
#[path = "../lifecycle/three.rs"]
mod three;

mod bytes;
mod disk;
mod escapes;
mod inputs;
mod launches;
mod locks;
mod logs;
mod namespaces;
mod owners;
mod places;
mod pty;
mod records;
mod roles;
mod scarcity;
mod shims;
mod table;
mod terminal;
mod threads;
mod trees;
mod watching;
