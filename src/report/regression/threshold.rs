//! By how much a metric may differ.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// By how much a value may differ from that of the baseline and still be the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threshold {
    /// By a part of the baseline's value.
    Relative(f64),
    /// By a number in the unit of the metric.
    Absolute(f64),
}

impl Default for Threshold {
    /// One per cent: less than what any change of an architecture is made for.
    fn default() -> Self {
        Self::Relative(0.01)
    }
}

/// Why a text is no threshold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no threshold: write `1%` for a part of the baseline's value, `0.05` for a difference, or `ipc=1%` for one metric"
)]
pub struct ThresholdError(String);

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        let number = |text: &str| text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
        let read = match text.trim().strip_suffix('%') {
            Some(percent) => number(percent).map(|percent| Self::Relative(percent / 100.0)),
            None => number(text).map(Self::Absolute),
        };
        read.ok_or_else(|| ThresholdError(text.to_owned()))
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Twelve digits: a tenth of a per cent is no 0.10000000000000002.
            Self::Relative(part) => write!(f, "{} %", (part * 1e14).round() / 1e12),
            Self::Absolute(number) => write!(f, "{number}"),
        }
    }
}

impl Serialize for Threshold {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The thresholds of all metrics.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Thresholds {
    /// Of those that have none of their own.
    pub all: Threshold,
    /// By the name of the metric.
    pub of: BTreeMap<String, Threshold>,
}

impl Thresholds {
    /// What is given as `1%`, or as `ipc=1%`. What comes later counts.
    ///
    /// # Errors
    /// For what is no threshold.
    pub fn new(given: &[String]) -> Result<Self, ThresholdError> {
        let mut thresholds = Self::default();
        for text in given {
            // The name may be an expression with an equals sign in it.
            match text.rsplit_once('=') {
                Some((name, value)) => {
                    let threshold = value.parse().map_err(|ThresholdError(_)| ThresholdError(text.clone()))?;
                    thresholds.of.insert(name.trim().to_owned(), threshold);
                }
                None => thresholds.all = text.parse()?,
            }
        }
        Ok(thresholds)
    }

    /// That of a metric.
    pub fn of(&self, metric: &str) -> Threshold {
        self.of.get(metric).copied().unwrap_or(self.all)
    }
}
