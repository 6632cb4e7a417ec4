//! The whole program with real processes: engines, shims and simulations as a user has them.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]

mod engines;
mod many;
mod needs;
mod obstacles;
mod protocol;
mod recovery;
mod run;
mod shell;
mod stage;
mod verbs;
