//! What the mouse is doing.

use ratatui::layout::Position;

use super::spots::Spot;
use crate::rundir::Panes;

/// What the mouse is doing.
#[derive(Debug, Default)]
pub struct Mouse {
    /// Whether the terminal tells of it; if not, text can be selected with it as in any other program.
    pub is_on: bool,
    /// The last press, for the case that another one follows at once.
    pub pressed: Option<Press>,
    /// The button on which it was pressed. It is done once the mouse is let go there.
    pub armed: Option<Spot>,
    /// What is being dragged.
    pub grab: Option<Grab>,
}

/// A press.
#[derive(Debug, Clone)]
pub struct Press {
    /// Where.
    pub at: Position,
    /// When.
    pub at_ms: u64,
    /// On what.
    pub spot: Spot,
    /// Whether it was the second one of two.
    pub is_second: bool,
}

/// What stands between the panes, while it is dragged.
#[derive(Debug, Clone, Copy)]
pub struct Grab {
    /// Columns or rows from the mouse to the end of the list.
    pub to_end: u16,
    /// How the panes shared the screen before.
    pub before: Panes,
}
