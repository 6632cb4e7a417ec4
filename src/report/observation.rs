//! What simulations measured, before anything is computed of it.

use crate::experiment::Parameter;

/// What the simulations of an experiment measured: a row for each dump of each simulation, or one without a dump.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observations {
    /// The names of the metrics, in the order of [`Observation::values`].
    pub metrics: Vec<String>,
    /// The rows, in the order of the experiment file, and dumps in the order of their files.
    pub rows: Vec<Observation>,
    /// What must be known of the dumps, in a sentence each.
    pub notes: Vec<String>,
}

/// What one simulation measured in one dump, and what surrounds it. What is not known is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observation {
    /// The name of the simulation.
    pub simulation: String,
    /// What makes it differ from its neighbours.
    pub parameters: Vec<Parameter>,
    /// Whether it ended well, so that its values are results. False also while it runs, when there is no outcome.
    pub ok: bool,
    /// How it ended, in the word of the outcome; none while it has not ended.
    pub outcome: Option<String>,
    /// Why it is not ok, or what is to be known of its end, in a sentence.
    pub reason: Option<String>,
    /// The number of the attempt.
    pub attempt: Option<u32>,
    /// The dump, if there is one.
    pub dump: Option<Dump>,
    /// A value for each metric.
    pub values: Vec<Measured>,
    /// Seconds from its start to its end without those in which it was paused.
    pub wall_s: Option<f64>,
    /// Seconds of CPU time of its process tree.
    pub cpu_s: Option<f64>,
    /// The most memory that it held, in bytes.
    pub max_rss_bytes: Option<u64>,
    /// Where it ran.
    pub host: Option<String>,
    /// What gem5's banner says of its version.
    pub gem5_version: Option<String>,
    /// The hash of the executable, in hexadecimal.
    pub gem5_sha256: Option<String>,
    /// The hash of the script, in hexadecimal.
    pub script_sha256: Option<String>,
    /// The commit of the script's repository, in hexadecimal.
    pub commit: Option<String>,
    /// Whether tracked files differed from that commit.
    pub dirty: Option<bool>,
    /// Where gem5 wrote.
    pub outdir: Option<String>,
}

/// Which dump of a simulation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dump {
    /// Its place among those of its file that count, from one, as `--dump` takes it. None where that is not known: a large
    /// file is read from its end alone.
    pub number: Option<u32>,
    /// What the script calls it.
    pub label: Option<String>,
    /// The ticks that it counts: from, to.
    pub interval: Option<(u64, u64)>,
}

/// What a metric is in a dump.
#[derive(Debug, Clone, PartialEq)]
pub enum Measured {
    /// A number.
    Value(f64),
    /// There is none.
    Missing {
        /// Why, in a word or two: `segv`, `absent`, `0/0`.
        word: String,
    },
}
