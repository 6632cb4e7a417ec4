//! What every simulation has, whatever its experiment calls its parameters and stats.

use super::Subject;
use crate::experiment;

/// A text that every row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextFact {
    /// Its name.
    Name,
    /// Why it is where it is, or the cause of its end.
    Why,
    /// The number and the node of its newest job.
    Job,
}

/// A number that a row may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Figure {
    /// Run time of its last attempt when it was last told of, milliseconds.
    Wall,
    /// How many attempts it has had.
    Try,
    /// How much of its goal is done, from 0 to 1.
    Done,
    /// Cores in use.
    Cores,
    /// Resident memory, bytes: of what runs now, and of what has ended its largest.
    Rss,
    /// Its priority.
    Priority,
}

/// The words of the texts.
pub(super) const TEXTS: [(&str, TextFact); 3] =
    [("name", TextFact::Name), ("why", TextFact::Why), ("job", TextFact::Job)];

/// The words of the numbers.
pub(super) const FIGURES: [(&str, Figure); 6] = [
    ("wall", Figure::Wall),
    ("try", Figure::Try),
    ("done", Figure::Done),
    ("cores", Figure::Cores),
    ("rss", Figure::Rss),
    ("priority", Figure::Priority),
];

impl TextFact {
    /// The text.
    pub(super) fn of(self, row: &impl Subject) -> &str {
        let [name, _, why, _, job] = row.texts();
        match self {
            Self::Name => name,
            Self::Why => why,
            Self::Job => job,
        }
    }
}

impl Figure {
    /// The number.
    pub(super) fn of(self, row: &impl Subject) -> Option<f64> {
        let view = row.view();
        match self {
            Self::Wall => (!view.attempts.is_empty()).then_some(view.elapsed.ms as f64),
            Self::Try => Some(view.attempts_made() as f64),
            Self::Done => view.progress.fraction,
            Self::Cores => view.host?.cores,
            Self::Rss => {
                let ended = || view.latest().and_then(|attempt| attempt.max_rss);
                view.host.map(|host| host.rss).or_else(ended).map(|bytes| bytes as f64)
            }
            Self::Priority => Some(f64::from(view.priority)),
        }
    }

    /// What a typed value is in the unit of this one.
    ///
    /// # Errors
    /// How it is written.
    pub(super) fn read(self, text: &str) -> Result<f64, String> {
        match self {
            Self::Wall => experiment::duration(text).map(|span| span.as_millis() as f64).map_err(str::to_owned),
            Self::Rss => experiment::size(text).map(|bytes| bytes as f64).map_err(str::to_owned),
            Self::Done => {
                let percent = text.strip_suffix('%').unwrap_or(text);
                number(percent).map(|percent| percent / 100.0).ok_or_else(|| "a part is written like `50%`".to_owned())
            }
            Self::Try | Self::Cores | Self::Priority => number(text).ok_or_else(|| format!("`{text}` is no number")),
        }
    }
}

/// A number as people type it.
pub(super) fn number(text: &str) -> Option<f64> {
    text.replace('_', "").parse().ok().filter(|number: &f64| number.is_finite())
}
