//! gem5-tui runs sweeps of gem5 simulations, shows them live and loses nothing.
//!
//! One binary plays three roles. The *client* draws and asks, the *engine* decides, and one *shim* for every
//! gem5 process holds it, waits for it and writes down how it ended. The experiment directory is the truth: any
//! role may be killed at any moment, and whoever starts next derives the state from the directory.
//!
//! Modules import only downwards:
//!
//! ```text
//! main → commands → {tui, engine, shim} → collect → {report, protocol, spawn} → rundir → {experiment, metric, gem5} → {diagnostic, text}
//! ```
//!
//! `tui`, `engine` and `shim` never import one another. `experiment`, `report`, `metric`, `gem5`, `text`, `diagnostic`, `engine::state`
//! and most of `tui` do no input or output and read no clock. `tests/architecture.rs` keeps it so.

pub mod cli;
mod collect;
pub mod commands;
pub mod diagnostic;
pub mod engine;
pub mod experiment;
pub mod failpoint;
mod figures;
pub mod gem5;
pub mod metric;
pub mod protocol;
pub mod report;
pub mod rundir;
pub mod shim;
pub mod spawn;
pub mod text;
pub mod tui;
