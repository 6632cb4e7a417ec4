//! `gem5-tui reset-term`: gives back a terminal on which a dashboard was killed, before it could do so itself.

use crate::commands::{Exit, Failure};
use crate::tui;

/// Resets the terminal that this was called from, wherever standard output goes.
pub(crate) fn reset_term() -> Result<Exit, Failure> {
    tui::give_back_terminal().map_err(Failure::io("could not reset the terminal"))?;
    Ok(Exit::Ok)
}
