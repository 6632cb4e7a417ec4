//! What stands where on a frame that was drawn, for the mouse.
//!
//! Drawing notes it while it draws, so there is no second idea of where things are, and a press means what was seen when it was made:
//! a row that moves a moment before the button is pressed is not mistaken for the one that takes its place.

use std::mem::{Discriminant, discriminant};

use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::list::Line;
use super::sort::Sort;
use super::{Model, Overlay};
use crate::tui::actions::{Action, Tab};

/// What stands at a place of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spot {
    /// The list, where it has no row.
    List,
    /// A line of the list.
    Line(Line),
    /// The head of a column of the list: what it orders by; none where there are several ways.
    Head(Option<Sort>),
    /// The detail pane, where it has nothing else.
    Detail,
    /// The watched stats.
    Watched,
    /// The name of a tab.
    Tab(Tab),
    /// A row of the stats.
    Stat(usize),
    /// A row of the files.
    File(usize),
    /// A row of the table of results, and the column of the cursor there.
    Cell {
        /// The row, in the order of the screen.
        row: usize,
        /// None beside all columns.
        column: Option<usize>,
    },
    /// The head of a column of results.
    ResultsHead(usize),
    /// What stands between list and detail pane.
    Splitter,
    /// A key in the footer, or what it does.
    Key(Action),
    /// Beside what lies over the panes.
    Outside,
    /// What lies over the panes, where it has nothing else.
    Inside,
    /// A row or a choice of it.
    Choice(usize),
    /// The button of a question that does it.
    Yes,
    /// The one that does nothing.
    No,
}

/// What lies over the panes, so far as it must not be mistaken for something else.
pub type Layer = Option<Discriminant<Overlay>>;

/// What stands where.
#[derive(Debug, Clone, Default)]
pub struct Spots {
    layer: Layer,
    spots: Vec<(Rect, Spot)>,
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gesture {
    /// The button was pressed.
    Press,
    /// The mouse was moved with the button pressed.
    Drag,
    /// The button was let go.
    Release,
    /// The wheel was turned up.
    WheelUp,
    /// The wheel was turned down.
    WheelDown,
    /// The wheel was turned to the left.
    WheelLeft,
    /// The wheel was turned to the right.
    WheelRight,
}

/// What the mouse did, and what was seen there.
#[derive(Debug, Clone)]
pub struct Pointed {
    /// What it did.
    pub gesture: Gesture,
    /// Where.
    pub at: Position,
    /// What stood there; none where nothing does.
    pub spot: Option<Spot>,
    /// What lay over the panes.
    pub layer: Layer,
}

impl Spots {
    /// Those of a frame of which nothing has been drawn.
    pub fn of(model: &Model) -> Self {
        Self { layer: layer(model), spots: Vec::new() }
    }

    /// Notes what was drawn. What is drawn over it is noted behind it.
    pub fn note(&mut self, area: Rect, spot: Spot) {
        if area.area() > 0 {
            self.spots.push((area, spot));
        }
    }

    /// What stands at a place.
    pub fn at(&self, place: Position) -> Option<&Spot> {
        self.spots.iter().rfind(|(area, _)| area.contains(place)).map(|(_, spot)| spot)
    }

    /// What an event of the terminal means here. Nothing for what is not asked for, such as other buttons.
    pub fn point(&self, event: MouseEvent) -> Option<Pointed> {
        let gesture = match event.kind {
            MouseEventKind::Down(MouseButton::Left) => Gesture::Press,
            MouseEventKind::Drag(MouseButton::Left) => Gesture::Drag,
            MouseEventKind::Up(MouseButton::Left) => Gesture::Release,
            MouseEventKind::ScrollUp => Gesture::WheelUp,
            MouseEventKind::ScrollDown => Gesture::WheelDown,
            MouseEventKind::ScrollLeft => Gesture::WheelLeft,
            MouseEventKind::ScrollRight => Gesture::WheelRight,
            MouseEventKind::Down(_) | MouseEventKind::Drag(_) | MouseEventKind::Up(_) | MouseEventKind::Moved => {
                return None;
            }
        };
        let at = Position::new(event.column, event.row);
        Some(Pointed { gesture, at, spot: self.at(at).cloned(), layer: self.layer })
    }

    /// Everything that was noted, what is seen behind what it covers.
    #[cfg(test)]
    pub(in crate::tui) fn all(&self) -> &[(Rect, Spot)] {
        &self.spots
    }
}

/// What lies over the panes now.
pub fn layer(model: &Model) -> Layer {
    model.overlay.as_ref().map(discriminant)
}
