//! The checkpoints that a simulation has taken.

/// The checkpoints in an output directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkpoints {
    /// Their ticks in order, the last ones if there are many.
    pub ticks: Vec<u64>,
    /// How many there are before those.
    pub earlier: u32,
    /// The directory has more entries than were looked at.
    pub uncounted: bool,
}

impl Checkpoints {
    /// How many there are, as far as they were counted.
    pub fn count(&self) -> usize {
        self.ticks.len() + self.earlier as usize
    }
}
