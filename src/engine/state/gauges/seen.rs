//! How far a simulation has come, as its files tell.

use std::sync::Arc;

use crate::gem5::Checkpoints;

/// What the files of an attempt tell about how far it has come.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// Simulated ticks seen last.
    pub ticks: Option<u64>,
    /// Simulated instructions of all dumps, each counted once, or of the last progress line. They count from where the run began.
    pub instructions: Option<u64>,
    /// Simulated seconds seen last.
    pub seconds: Option<f64>,
    /// The tick at which it began to simulate: more than zero after a restore from a checkpoint. From the first `Entering event
    /// queue`, or from the first dump where gem5 does not print that.
    pub begun_at: Option<u64>,
    /// Complete dumps. None where they were not counted: of what ended long ago only the last one is read.
    pub dumps: Option<u32>,
    /// The checkpoints that it has taken.
    pub checkpoints: Arc<Checkpoints>,
}
