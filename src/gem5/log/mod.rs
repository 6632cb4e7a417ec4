//! What gem5 and its scripts say on standard output and standard error.
//!
//! [`classify`] tells the kind of one line, for colours and filters. [`LogScanner`] takes a whole stream in pieces and
//! keeps the few facts that tell how far a process has come and why it ended; its [`Repetition`] tells how much of it says
//! something new. [`guest_word`] looks at the console of
//! a simulated system.
//!
//! The awkward truth: in syscall emulation the simulated program writes to the same two streams, so any of these lines
//! can be its own. Nothing here is proof; `outcome` reads it beside the wait status.

mod ansi;
mod clip;
mod console;
mod console_words;
mod exit_line;
mod facts;
mod last_word;
mod line;
mod outside;
mod place;
mod prefix;
mod rare;
mod repetition;
mod scanner;
#[cfg(test)]
mod tests;
mod wrapper;

pub use console::{GuestState, guest_word, kernel_panic};
pub use exit_line::{ExitLine, OwnForm, tells_end};
pub use facts::{Failure, FailureKind, LogFacts};
pub use last_word::LastWord;
pub use line::{LogLine, Severity, classify, is_unknown_flag};
pub use outside::{Killer, Reason};
pub use prefix::Prefix;
pub use repetition::{Repeated, Repetition};
pub use scanner::{LogScanner, has_banner};
