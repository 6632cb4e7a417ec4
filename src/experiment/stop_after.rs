//! When an experiment pauses its own queue.

use serde::{Deserialize, Serialize};

/// After which failures nothing more is launched until a person says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopAfter {
    /// So many simulations of one program that failed alike while none of it is ok. Zero for never.
    pub alike: u32,
}

impl StopAfter {
    /// Whatever fails, the queue goes on.
    pub const NEVER: Self = Self { alike: 0 };
}

impl Default for StopAfter {
    /// Two may be chance. A mistake in a script that thousands share shows at once.
    fn default() -> Self {
        Self { alike: 3 }
    }
}
