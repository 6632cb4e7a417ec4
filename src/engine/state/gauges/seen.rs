//! How far a simulation has come, as its files tell.

use std::sync::{Arc, LazyLock};

use crate::gem5::Checkpoints;

/// What the files of an attempt tell about how far it has come.
#[derive(Debug, Clone, PartialEq)]
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

/// None, which most of thousands have.
static NO_CHECKPOINTS: LazyLock<Arc<Checkpoints>> = LazyLock::new(Arc::default);

impl Default for Seen {
    fn default() -> Self {
        Self {
            ticks: None,
            instructions: None,
            seconds: None,
            begun_at: None,
            dumps: None,
            checkpoints: Arc::clone(&NO_CHECKPOINTS),
        }
    }
}
