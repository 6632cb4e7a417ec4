//! What gem5 is and says: its command line, stats, log lines, phases and outcomes.
//!
//! Everything here is pure: bytes and facts come in, meaning goes out. `rundir` reads the files, the engine feeds what
//! it observes, and clients show the result. The facts come from gem5's own source, 20.0 to 25.1, and each names its
//! file.
//!
//! The awkward truth: gem5 has no interface for a supervisor. It says what it does in text that differs between
//! releases, exits with 0 when the simulated system failed, and writes its stats a line at a time; so every answer here
//! is drawn from evidence, and the absence of evidence is never taken for success.

pub(crate) mod argv;
pub(crate) mod backtrace;
pub(crate) mod build;
mod cause;
mod checkpoints;
mod failure_view;
pub mod log;
pub(crate) mod multisim;
mod numbers;
pub(crate) mod outcome;
pub(crate) mod phase;
pub(crate) mod script_options;
pub mod stats;
pub(crate) mod success;

pub(crate) use checkpoints::tick_in;
pub use checkpoints::{Checkpoint, Checkpoints};
pub use failure_view::{FailureView, console_view, failure_view};
pub use log::GuestState;
pub(crate) use outcome::Evidence;
pub use outcome::{ConsoleWord, EndFacts, JobFate, OomKills, Outcome, OutcomeKind, StopReason, signature};
pub use phase::{Phase, PhaseEvidence, Reached, phases_reached, release};
pub use success::{SuccessRule, judge};
