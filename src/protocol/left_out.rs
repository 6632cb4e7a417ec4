//! What there is of a simulation and a message does not tell. How much it tells, [`super::bounds`] decides.

use serde::{Deserialize, Serialize};

/// What there is and a view does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LeftOut {
    /// The oldest attempts.
    #[serde(skip_serializing_if = "is_none")]
    pub attempts: u32,
    /// The first checkpoints.
    #[serde(skip_serializing_if = "is_none")]
    pub checkpoints: u32,
    /// The first directories of checkpoints, of those that are counted with their ticks.
    #[serde(skip_serializing_if = "is_none")]
    pub checkpoint_folders: u32,
    /// The output directory has more entries than are looked at, so there may be more checkpoints than are counted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub uncounted: bool,
    /// The last parameters and changes.
    #[serde(skip_serializing_if = "is_none")]
    pub others: u32,
    /// Nearly everything, because it was too long all together.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rest: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference to whoever decides what is skipped")]
fn is_none(count: &u32) -> bool {
    *count == 0
}

impl LeftOut {
    /// Whether everything is told.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}
