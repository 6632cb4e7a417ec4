//! How much is left of what all simulations share.

/// What is free of something, and how much of it there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes that can still be had.
    pub free: u64,
    /// Bytes in all.
    pub total: u64,
}

impl Room {
    /// The free part in percent, rounded down. Nothing at all is 0 %.
    pub fn percent(self) -> u64 {
        (u128::from(self.free) * 100).checked_div(u128::from(self.total)).map_or(0, |percent| percent as u64)
    }
}
