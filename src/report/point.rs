//! A simulation as a table needs it: its parameters, what became of it, and the stats that metrics speak of.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::mixed::Mixed;
use super::observation;
use crate::experiment::{Parameter, ParameterValue};
use crate::gem5::stats::{ResultDump, matches_glob};
use crate::metric::{Figure, Missing, Quantity, Reducer, Source, Unit, finite, is_glob};

/// One simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Its name.
    pub name: String,
    /// What makes it differ from its neighbours, in the order of the file.
    pub parameters: Vec<Parameter>,
    /// What became of it.
    pub state: State,
    /// Which dump is meant.
    pub choice: ResultDump,
    /// That dump, or why there is none.
    pub dump: Result<Dump, NoDump>,
    /// What the host tells.
    pub host: Host,
    /// The version of its gem5, if that is known.
    pub version: Option<String>,
}

/// Why there is no dump.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoDump {
    /// In a word or two, for a cell.
    pub word: String,
    /// As a clause.
    pub reason: String,
}

/// What became of a simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It ended ok.
    Ok,
    /// It ended otherwise.
    Failed {
        /// The word of its outcome, such as `segv`.
        word: String,
        /// Why, in one line.
        cause: String,
    },
    /// It has not ended: what it shows now may change.
    Running {
        /// The word for where it is.
        word: String,
    },
    /// It has not begun.
    Waiting {
        /// The word for where it is.
        word: String,
    },
}

/// The stats of one dump that are kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dump {
    /// Sorted by name.
    pub(super) stats: Vec<(Arc<Stat>, f64)>,
    /// Which one it is.
    pub which: observation::Dump,
    /// What cannot be told of its stats, if it is several that were added up.
    pub(super) mixed: Option<Box<Mixed>>,
}

/// A stat, shared by all simulations that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: Unit,
}

/// What the host tells of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Host {
    /// Wall-clock seconds without pauses, once it has ended.
    pub elapsed: Option<f64>,
    /// Largest resident memory, bytes.
    pub max_rss: Option<f64>,
    /// How many attempts there were.
    pub attempts: u32,
}

/// What counts besides simulations that ended ok.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says yes or no by itself")]
pub struct Include {
    /// What simulations that run show now.
    pub provisional: bool,
    /// Simulations that were cancelled.
    pub cancelled: bool,
    /// Simulations that ran longer than they may.
    pub timeout: bool,
    /// Runs of which nobody knows how they ended.
    pub unknown: bool,
}

/// Whether the value of a simulation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is a result.
    Counts,
    /// It counts because the user says so.
    Included,
    /// It is shown, and in no mean.
    Provisional,
    /// There is none.
    Out,
}

impl NoDump {
    /// There is none, for this reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { word: "no dump".to_owned(), reason: reason.into() }
    }
}

impl Dump {
    /// A dump of these stats, of which nobody knows which one it is.
    pub fn new(mut stats: Vec<(Arc<Stat>, f64)>) -> Self {
        stats.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        Self { stats, which: observation::Dump::default(), mixed: None }
    }

    /// Whether it has a stat of this name, or one that the glob matches.
    pub fn has(&self, glob: &str) -> bool {
        self.matching(glob).next().is_some()
    }

    /// The stats that a name or glob matches, in the order of their names.
    fn matching<'d>(&'d self, glob: &'d str) -> impl Iterator<Item = &'d (Arc<Stat>, f64)> {
        let (from, to) = if is_glob(glob) {
            (0, self.stats.len())
        } else {
            let from = self.stats.partition_point(|(stat, _)| stat.name.as_str() < glob);
            (from, (from + 1).min(self.stats.len()))
        };
        let found = self.stats.get(from..to).unwrap_or_default().iter();
        found.filter(move |(stat, _)| matches_glob(glob, &stat.name))
    }

    /// The value of the first of these stats that is there.
    pub(super) fn first_of(&self, names: &[&str]) -> Option<f64> {
        let found = names.iter().find_map(|name| self.matching(name).next());
        found
            .filter(|(stat, _)| self.mixed.as_ref().is_none_or(|mixed| mixed.is_whole(&stat.name)))
            .map(|(_, value)| *value)
    }

    /// Whether it has a stat that the glob matches and that adds up, so that gem5 may leave it out where it is zero.
    pub(super) fn has_count(&self, glob: &str) -> bool {
        self.matching(glob).any(|(stat, _)| stat.unit.is_extensive() || stat.unit == Unit::Unknown)
    }
}

/// Instructions since the last reset: later releases, and those before 21.
pub(super) const INSTRUCTIONS: [&str; 2] = ["simInsts", "sim_insts"];
/// Ticks of a simulated second.
pub(super) const FREQUENCY: [&str; 2] = ["simFreq", "sim_freq"];

impl Point {
    /// The value of a parameter.
    pub(super) fn value(&self, name: &str) -> Option<&ParameterValue> {
        self.parameters.iter().find(|parameter| parameter.name == name).map(|parameter| &parameter.value)
    }

    pub(super) fn standing(&self, include: Include) -> Standing {
        let included = |is_included| if is_included { Standing::Included } else { Standing::Out };
        match &self.state {
            State::Ok => Standing::Counts,
            State::Failed { word, .. } if word == "cancelled" => included(include.cancelled),
            State::Failed { word, .. } if word == "timeout" => included(include.timeout),
            State::Failed { word, .. } if word == "unknown" => included(include.unknown),
            State::Running { .. } if self.dump.is_err() => Standing::Out,
            State::Running { .. } if include.provisional => Standing::Included,
            State::Running { .. } => Standing::Provisional,
            State::Failed { .. } | State::Waiting { .. } => Standing::Out,
        }
    }

    /// The word and the reason why it has no value that counts.
    pub(super) fn why_out(&self) -> (String, String) {
        match &self.state {
            State::Ok => match &self.dump {
                Err(NoDump { word, reason }) => (word.clone(), reason.clone()),
                Ok(_) => ("no dump".to_owned(), String::new()),
            },
            State::Failed { word, cause } if cause.is_empty() => (word.clone(), word.clone()),
            State::Failed { word, cause } => (word.clone(), format!("{word}: {cause}")),
            State::Running { word } | State::Waiting { word } => (word.clone(), format!("it is {word}")),
        }
    }

    /// The ticks of a second, where its dump tells them.
    pub(super) fn frequency(&self) -> Option<f64> {
        self.dump.as_ref().ok()?.first_of(&FREQUENCY)
    }

    fn dump(&self) -> Result<&Dump, Missing> {
        self.dump.as_ref().map_err(|none| Missing::Unknown { reason: none.reason.clone() })
    }
}

/// One number of several.
pub(super) fn reduce(reducer: Reducer, numbers: &[f64]) -> f64 {
    let sum: f64 = numbers.iter().sum();
    match reducer {
        Reducer::Sum => sum,
        Reducer::Mean => sum / numbers.len() as f64,
        Reducer::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        Reducer::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Reducer::Count => numbers.len() as f64,
    }
}

impl Source for Point {
    fn stat(&self, glob: &str, absent: Option<f64>) -> Result<Quantity, Missing> {
        let dump = self.dump()?;
        let mut found = dump.matching(glob);
        match (found.next(), found.count(), absent) {
            (Some((stat, value)), 0, absent) => {
                let value = dump.mixed.as_ref().map_or(Ok(*value), |mixed| mixed.value(&stat.name, *value, absent))?;
                finite(value, stat.unit.clone(), |word| format!("`{}` is {word} in the dump", stat.name))
            }
            (Some(_), more, _) => Err(Missing::Several { glob: glob.to_owned(), count: more + 1 }),
            (None, _, Some(number)) => Ok(Quantity { number, unit: Unit::Unknown }),
            (None, _, None) => Err(Missing::Absent { stat: glob.to_owned() }),
        }
    }

    fn reduced(&self, reducer: Reducer, glob: &str, absent: Option<f64>) -> Result<Quantity, Missing> {
        let dump = self.dump()?;
        let found: Vec<&(Arc<Stat>, f64)> = dump.matching(glob).collect();
        if let Some(mixed) = &dump.mixed {
            mixed.check(reducer, glob, found.iter().map(|(stat, _)| stat.name.as_str()), absent)?;
        }
        let numbers: Vec<f64> = found.iter().map(|(_, value)| *value).collect();
        let unit = match (found.first(), reducer) {
            (_, Reducer::Count) => Unit::none(),
            // Units of one glob that differ are none that anybody knows.
            (Some((first, _)), _) if found.iter().all(|(stat, _)| stat.unit == first.unit) => first.unit.clone(),
            _ => Unit::Unknown,
        };
        match (numbers.as_slice(), absent) {
            ([], Some(number)) => Ok(Quantity { number, unit: Unit::Unknown }),
            ([], None) => Err(Missing::Absent { stat: glob.to_owned() }),
            (numbers, _) => {
                finite(reduce(reducer, numbers), unit, |word| format!("`{}('{glob}')` is {word}", reducer.word()))
            }
        }
    }

    fn parameter(&self, name: &str) -> Result<Quantity, Missing> {
        let unknown = |reason| Err(Missing::Unknown { reason });
        let Some(value) = self.value(name) else { return unknown(format!("it has no parameter `{name}`")) };
        match value.number() {
            Some(number) => {
                let unit = if matches!(value, ParameterValue::Size { .. }) { Unit::of("Byte") } else { Unit::none() };
                Ok(Quantity { number, unit })
            }
            None => unknown(format!("its `{name}` is `{}`, which is no number", value.as_written())),
        }
    }

    fn figure(&self, figure: Figure) -> Result<Quantity, Missing> {
        let Host { elapsed, max_rss, attempts } = self.host;
        let (number, unit) = match figure {
            Figure::Elapsed => (elapsed, Unit::of("Second")),
            Figure::MaxRss => (max_rss, Unit::of("Byte")),
            Figure::Attempts => (Some(f64::from(attempts)), Unit::none()),
            Figure::HostRate => {
                let instructions = self.dump()?.first_of(&INSTRUCTIONS);
                let rate =
                    instructions.zip(elapsed.filter(|elapsed| *elapsed > 0.0)).map(|(count, elapsed)| count / elapsed);
                (rate, Unit::of("Count").over(&Unit::of("Second")))
            }
        };
        let reason = || format!("its `{}` is not known", figure.word());
        number.map(|number| Quantity { number, unit }).ok_or_else(|| Missing::Unknown { reason: reason() })
    }
}
