//! What looks at a simulation add up to: how far it is ([`seen`]), how fast it comes on ([`progress`]), what it uses
//! ([`host`]), whether it still does anything ([`stall`]), and what its finished neighbours tell ([`forecast`]).
//!
//! The awkward truth: gem5 tells when it chooses to, every second or once an hour, so nothing here takes silence for an
//! answer, and what two looks do not tell stays unknown.

pub mod forecast;
pub mod host;
pub mod progress;
pub mod seen;
pub mod stall;
