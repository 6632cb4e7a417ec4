//! What the experiment directory tells an engine that begins: what ended, what runs ([`adopt`]), what an edited file adds
//! and takes away ([`edits`]), and which other hosts people said are gone ([`takeover`]).
//!
//! It reads and reports; what follows is decided in [`super::state`]. The awkward truth: what runs on another host cannot
//! be seen from here, so it counts as running until a person says otherwise.

pub mod adopt;
pub mod edits;
mod ended;
mod made_from;
pub mod takeover;
