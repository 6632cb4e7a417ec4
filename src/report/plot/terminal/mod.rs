//! Figures in a terminal, in as many columns and lines as there are.
//!
//! They are for a look: what is exact stands in the table. Series differ in the letters, signs or shades that they are made of, and in
//! their colours besides. Where something has no room, a line says how much of it is left out. Without Unicode, everything is
//! drawn in ASCII but the names, which are shown as they are.

mod dumps;
mod frame;
mod grid;
mod heat;
mod plane;
mod stack;
mod upright;

pub use dumps::{At, OverDumps, Past, Run, over_dumps};
use frame::Frame;
pub use grid::series_of;
use grid::{DIM, Grid};

use super::{Plot, PlotError};
use crate::text::width;
use crate::text::{Safe, StyledLine, StyledSpan};

/// What a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signs {
    /// Blocks, lines and Braille.
    Unicode,
    /// ASCII alone.
    Ascii,
}

/// A figure is not drawn in fewer columns than that, nor in fewer lines.
pub const LEAST: (usize, usize) = (16, 6);

/// Draws in exactly `tall` lines of `wide` columns at most. What cannot be drawn is said there in words.
pub fn draw(plot: &Plot, wide: usize, tall: usize, signs: Signs) -> Vec<StyledLine> {
    within(wide, tall, || drawn(plot, wide, tall, signs).map_err(|error| error.to_string()))
}

/// What is drawn where there is enough room; or why there is nothing, in as many lines.
fn within(wide: usize, tall: usize, draw: impl FnOnce() -> Result<Vec<StyledLine>, String>) -> Vec<StyledLine> {
    let drawn = if wide < LEAST.0 || tall < LEAST.1 {
        Err(format!("a figure needs {} columns and {} lines", LEAST.0, LEAST.1))
    } else {
        draw()
    };
    drawn.unwrap_or_else(|why| {
        let line = |text: &String| {
            let spans = vec![StyledSpan { text: Safe::line(text), style: DIM }];
            StyledLine { spans: spans.into_iter().filter(|span| !span.text.as_str().is_empty()).collect() }
        };
        let mut lines: Vec<StyledLine> = width::wrap(&why, wide.max(1)).iter().map(line).collect();
        lines.resize(tall, StyledLine::default());
        lines
    })
}

fn drawn(plot: &Plot, wide: usize, tall: usize, signs: Signs) -> Result<Vec<StyledLine>, PlotError> {
    let mut frame = Frame::new(Grid::new(wide, tall, signs));
    match plot {
        Plot::Bars(table) => upright::draw(&mut frame, table)?,
        Plot::Stacked(stacked) => stack::draw(&mut frame, stacked)?,
        Plot::Lines(table) => plane::lines(&mut frame, table)?,
        Plot::Heat(table) => heat::draw(&mut frame, table)?,
        Plot::Scatter(scatter) => plane::scatter(&mut frame, scatter)?,
    }
    Ok(frame.grid.finish())
}
