//! A number with what is known of it, on its way to a cell.

use std::collections::BTreeSet;

use super::statistics::mean_of;
use crate::experiment::results::MeanKind;

/// Why there is no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gap {
    /// In a word or two.
    pub(super) word: String,
    /// As a clause.
    pub(super) reason: String,
}

impl Gap {
    pub(super) fn new(word: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { word: word.into(), reason: reason.into() }
    }
}

/// Half the width of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Half {
    /// In the unit of the number.
    Plain(f64),
    /// Of its logarithm.
    Log(f64),
}

/// A number that is made of samples.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Estimate {
    /// The number; a ratio where numbers are compared in per cent.
    pub(super) number: f64,
    pub(super) half: Option<Half>,
    /// How many samples it is made of.
    pub(super) count: u32,
    /// Something of it may still change.
    pub(super) is_provisional: bool,
    /// It is in no mean: it may change, or part of it is missing.
    pub(super) is_apart: bool,
    /// What must be said of it.
    pub(super) notes: BTreeSet<String>,
    /// The points behind it.
    pub(super) points: Vec<usize>,
}

impl Estimate {
    /// Half the width in the unit of the number.
    pub(super) fn plain_half(&self) -> Option<f64> {
        match self.half? {
            Half::Plain(half) => Some(half),
            Half::Log(half) => Some(self.number * (half.exp() - (-half).exp()) / 2.0),
        }
    }

    fn log_half(&self) -> Option<f64> {
        match self.half? {
            Half::Plain(half) => Some(half / self.number),
            Half::Log(half) => Some(half),
        }
    }
}

/// The mean of estimates. Where each has an interval, so has the mean: they are independent of each other.
pub(super) fn combined(kind: MeanKind, parts: &[&Estimate]) -> Result<Estimate, Gap> {
    let numbers: Vec<f64> = parts.iter().map(|part| part.number).collect();
    let Some(number) = mean_of(kind, &numbers) else {
        return Err(Gap::new("≤ 0", format!("a {} mean is for numbers above 0, and one is not", kind.word())));
    };
    let count = parts.len() as f64;
    let root =
        |halves: Option<Vec<f64>>| halves.map(|halves| halves.iter().map(|half| half * half).sum::<f64>().sqrt());
    let half = match kind {
        MeanKind::Geomean => {
            root(parts.iter().map(|part| part.log_half()).collect()).map(|half| Half::Log(half / count))
        }
        MeanKind::Arithmetic | MeanKind::None => {
            root(parts.iter().map(|part| part.plain_half()).collect()).map(|half| Half::Plain(half / count))
        }
        MeanKind::Harmonic => {
            let inverse = |part: &&Estimate| part.plain_half().map(|half| half / part.number.powi(2));
            root(parts.iter().map(inverse).collect()).map(|half| Half::Plain(half * number.powi(2) / count))
        }
    };
    let mut points: Vec<usize> = parts.iter().flat_map(|part| part.points.iter().copied()).collect();
    points.sort_unstable();
    points.dedup();
    Ok(Estimate {
        number,
        half,
        count: parts.len() as u32,
        is_provisional: parts.iter().any(|part| part.is_provisional),
        is_apart: parts.iter().any(|part| part.is_apart),
        notes: parts.iter().flat_map(|part| part.notes.iter().cloned()).collect(),
        points,
    })
}
