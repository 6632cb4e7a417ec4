//! What the Results tab draws in the place of its table: the table as it is, in one of the ways that suit any table, or a figure of
//! the experiment file.

use super::Results;
use crate::report::plot::{Made, Plot};
use crate::text::Safe;
use crate::tui::reading::FigureReading;

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drawn {
    /// The table as bars.
    Bars,
    /// The table as lines.
    Lines,
    /// The table as shaded cells.
    Heat,
    /// The figure of this name.
    Named(String),
}

impl Drawn {
    /// Its name for the screen and for files.
    pub fn word(&self) -> &str {
        match self {
            Self::Bars => "bars",
            Self::Lines => "lines",
            Self::Heat => "heat map",
            Self::Named(name) => name,
        }
    }

    /// The name, if it is one of the file.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::Bars | Self::Lines | Self::Heat => None,
        }
    }
}

/// A figure in the place of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What is drawn.
    pub drawn: Drawn,
    /// What came of it: one figure, or one for each metric. None before it came.
    pub made: Option<Result<Made, Safe>>,
    /// Which of them is seen.
    pub at: usize,
}

impl Figure {
    /// What is seen, if it is there.
    pub fn plot(&self) -> Option<&Plot> {
        self.made.as_ref()?.as_ref().ok()?.plots.get(self.at)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.made.as_ref().and_then(|made| made.as_ref().ok()).map_or(0, |made| made.plots.len())
    }
}

/// Everything that can be drawn, in the order of the key.
pub fn choices(results: &Results) -> Vec<Drawn> {
    let named = results.told.plots.iter().cloned().map(Drawn::Named);
    [Drawn::Bars, Drawn::Lines, Drawn::Heat].into_iter().chain(named).collect()
}

/// Draws the next one, or with `-1` the one before; the first if there was none.
pub fn step(results: &mut Results, step: isize) {
    let choices = choices(results);
    let at = results.figure.as_ref().and_then(|figure| choices.iter().position(|drawn| *drawn == figure.drawn));
    let next = at.map_or(0, |at| (at.cast_signed() + step).rem_euclid(choices.len().cast_signed()).cast_unsigned());
    results.figure = choices.get(next).map(|drawn| Figure { drawn: drawn.clone(), made: None, at: 0 });
    follow(results);
}

/// Makes a figure of the table anew, which has changed. One of the file comes from the thread that reads.
pub fn follow(results: &mut Results) {
    let Some(figure) = results.figure.as_ref().filter(|figure| figure.drawn.name().is_none()) else { return };
    let drawn = figure.drawn.clone();
    let made = plot(results, &drawn).map(|plot| {
        let missing = results.shown.as_ref().map_or(0, |shown| shown.built.missing);
        Ok(Made { plots: vec![plot], missing })
    });
    if let Some(figure) = &mut results.figure {
        figure.made = made;
    }
}

/// The table of the screen, drawn. None without a table, and for figures of the file.
pub fn plot(results: &Results, drawn: &Drawn) -> Option<Plot> {
    let table = results.in_order()?;
    Some(match drawn {
        Drawn::Bars => Plot::Bars(table),
        Drawn::Lines => Plot::Lines(table),
        Drawn::Heat => Plot::Heat(table),
        Drawn::Named(_) => return None,
    })
}

/// Takes a figure that came, if it is the one that is wanted.
pub fn take(results: &mut Results, reading: FigureReading) {
    let Some(figure) = results.figure.as_mut().filter(|figure| figure.drawn.name() == Some(&reading.name)) else {
        return;
    };
    figure.made = Some(reading.made);
    figure.at = figure.at.min(figure.count().saturating_sub(1));
    let told = &mut results.told;
    (told.read, told.total, told.wrong, told.plots) = (reading.read, reading.total, reading.wrong, reading.plots);
}
