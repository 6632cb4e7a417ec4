//! The states that simulations are counted in: each with its sign and its word.

use super::{Glyph, Role};
use crate::protocol::Counts;

/// How many are in which state, what needs attention first; those in which none is are left out.
pub fn states(counts: Counts) -> Vec<(u32, Glyph, Role, &'static str)> {
    let all = [
        (counts.running, Glyph::Running, Role::Running, "running"),
        (counts.paused, Glyph::Paused, Role::Paused, "paused"),
        (counts.failed(), Glyph::Failed, Role::Bad, "not ok"),
        (counts.queued, Glyph::Queued, Role::Text, "queued"),
        (counts.blocked, Glyph::Blocked, Role::Text, "blocked"),
        (counts.ok, Glyph::Ok, Role::Good, "ok"),
        (counts.cancelled, Glyph::Cancelled, Role::Warn, "cancelled"),
    ];
    all.into_iter().filter(|(number, ..)| *number > 0).collect()
}
