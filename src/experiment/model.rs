//! The experiment file as types.
//!
//! `decode.rs` fills them from the YAML tree, and the JSON Schema that editors use is generated from them, so that
//! the doc comments here are what a user reads while typing. Every value remembers the node that it came from.

use std::time::Duration;

use schemars::JsonSchema;

use super::plan::{Concurrency, Retries};
use super::template::Template;
use super::yaml::{NodeId, Scalar};

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct At<T> {
    /// The value.
    pub(super) value: T,
    /// Its node.
    pub(super) at: NodeId,
}

/// A value that is known at once, or only when the placeholders of a point are filled in.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Deferred<T> {
    /// Known.
    Fixed(T),
    /// Known later.
    Template(Template),
}

/// An experiment: which gem5 simulations to run, how many at once, and with what limits.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(title = "gem5-tui experiment", deny_unknown_fields)]
pub(super) struct ExperimentFile {
    /// The experiment's name, shown in the header. The file's own name without its extension when left out.
    #[schemars(with = "Option<String>")]
    pub(super) name: Option<At<String>>,
    /// The gem5 executable: a path, relative to this file, or a name on PATH. `python3` works too, for functions that
    /// need no gem5.
    #[schemars(with = "Option<String>")]
    pub gem5: Option<At<Template>>,
    /// The experiment directory, relative to this file. `runs/<name>` when left out.
    #[schemars(with = "Option<String>")]
    pub(super) outdir: Option<At<String>>,
    /// How many simulations may run at once. `auto`, the default, is one for each core.
    #[schemars(with = "Option<super::schema::Cap>")]
    pub(super) concurrency: Option<At<Concurrency>>,
    /// The memory that the `memory:` of all running simulations must fit in, such as `48GiB`.
    #[schemars(with = "Option<super::schema::Size>")]
    pub(super) memory: Option<At<u64>>,
    /// Free space that the file system of `outdir` must keep, such as `5GiB`. With less than twice that nothing is
    /// launched. With less than that the simulation that writes most is ended with its stats, outcome `disk`, and then the
    /// next one, as long as the space goes on shrinking.
    #[schemars(with = "Option<super::schema::Size>")]
    pub(super) min_free_disk: Option<At<u64>>,
    /// Where simulations run. This release runs them on this machine.
    #[schemars(with = "Option<super::schema::Executor>")]
    pub(super) executor: Option<NodeId>,
    /// Settings for every simulation that does not have its own.
    pub(super) defaults: Option<Defaults>,
    /// The simulations: single ones and sweeps.
    #[schemars(length(min = 1))]
    pub(super) simulations: Vec<Entry>,
}

/// Settings for every simulation that does not have its own.
#[derive(Debug, Clone, PartialEq, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Defaults {
    /// The settings.
    #[schemars(flatten)]
    pub(super) settings: Settings,
}

/// What `defaults` and a simulation have in common.
#[derive(Debug, Clone, PartialEq, Default, JsonSchema)]
pub(super) struct Settings {
    /// The gem5 executable: a path, relative to the experiment file, or a name on PATH.
    #[schemars(with = "Option<String>")]
    pub gem5: Option<At<Template>>,
    /// Options for gem5 itself, before the script, such as `--debug-flags=Cache`. Those of a simulation come after those of
    /// `defaults`.
    #[schemars(with = "Option<Vec<super::schema::Value>>")]
    pub gem5_args: Vec<At<Template>>,
    /// Environment variables. An empty value removes the variable. Those of a simulation are laid over those of
    /// `defaults`. A value whose name has `TOKEN`, `SECRET`, `PASS`, `KEY` or `CRED` in it is passed on and never recorded.
    #[schemars(with = "Option<super::schema::Environment>")]
    pub(super) env: Vec<Variable>,
    /// The working directory, relative to the experiment file. The directory of the experiment file when left out.
    #[schemars(with = "Option<String>")]
    pub(super) cwd: Option<At<Template>>,
    /// The wall-clock limit, pauses excluded: `90s`, `6h`, `1h30m`, or a number of seconds.
    #[schemars(with = "Option<super::schema::Span>")]
    pub(super) timeout: Option<At<Deferred<Duration>>>,
    /// Ends a simulation that has made no tick, written nothing and used no CPU time for so long, pauses excluded: `30m`.
    /// Its outcome is `stalled`. At least 10 seconds.
    #[schemars(with = "Option<super::schema::Span>")]
    pub(super) stall: Option<At<Deferred<Duration>>>,
    /// The most that a simulation may write below its directory, such as `20GiB`. One that writes more is ended with its
    /// stats, outcome `disk`.
    #[schemars(with = "Option<super::schema::Size>")]
    pub(super) max_output: Option<At<Deferred<u64>>>,
    /// Asks gem5 for a dump of its stats (SIGUSR1) so often while it simulates, such as `5m`. Such dumps stand in
    /// `stats.txt`, are marked, and are left out of results. At least 5 seconds; never when left out.
    #[schemars(with = "Option<super::schema::Span>")]
    pub(super) poll_stats: Option<At<Deferred<Duration>>>,
    /// What success is, where gem5's own word does not tell. All conditions that are named must hold.
    pub(super) success: Option<Conditions>,
    /// How long a cancelled gem5 may take to write its stats before it is terminated. 60 seconds when left out.
    #[schemars(with = "Option<super::schema::Span>")]
    pub(super) grace: Option<At<Deferred<Duration>>>,
    /// How often a failed attempt is followed by another one: a number, or a number for each outcome, such as
    /// `{segv: 2, any: 1}`.
    #[schemars(with = "Option<super::schema::RetryRule>")]
    pub(super) retries: Option<At<Retries>>,
    /// The memory that one simulation needs, such as `4GiB`. It counts against the `memory` of the experiment.
    #[schemars(with = "Option<super::schema::Size>")]
    pub(super) memory: Option<At<Deferred<u64>>>,
    /// Globs of the stats to show as columns, such as `"*.ipc"`. Those of a simulation are added to those of `defaults`.
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) watch: Vec<At<String>>,
    /// When the simulation is done, for progress and the time left.
    pub(super) goal: Option<GoalRule>,
}

/// An environment variable: its value, or nothing to remove it.
pub(super) type Variable = (At<String>, Option<At<Template>>);

/// What success is: every condition that is named must hold.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
pub(super) struct Conditions {
    /// The exit codes that are a success: one, or a list. Only 0 when left out.
    #[schemars(with = "Option<super::schema::ExitCodes>")]
    pub(super) exit_codes: Vec<i32>,
    /// Globs for the exit cause that the log tells, such as `m5_exit*`; one must match.
    #[schemars(with = "Option<super::schema::OneOrMore>")]
    pub(super) exit_causes: Vec<String>,
    /// Globs of stats, such as `"*.ipc"`; for each, the last dump must have a stat.
    #[schemars(with = "Option<super::schema::OneOrMore>")]
    pub(super) stats: Vec<String>,
    /// A regular expression that a line of standard output or standard error must match.
    #[schemars(with = "Option<String>")]
    pub(super) log: Option<String>,
}

/// Simulated ticks, instructions or seconds after which a simulation is done. One of the three.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1, "maxProperties" = 1))]
pub(super) struct GoalRule {
    /// Simulated ticks, such as `10_000_000_000`.
    #[schemars(with = "Option<super::schema::Count>")]
    pub(super) ticks: Option<At<Deferred<u64>>>,
    /// Simulated instructions.
    #[schemars(with = "Option<super::schema::Count>")]
    pub(super) instructions: Option<At<Deferred<u64>>>,
    /// Simulated seconds, such as `0.01`.
    #[schemars(with = "Option<super::schema::Seconds>")]
    pub(super) seconds: Option<At<Deferred<f64>>>,
}

/// One simulation, or one for each point of a sweep.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Entry {
    /// Where the entry starts.
    #[schemars(skip)]
    pub(super) at: NodeId,
    /// Whether all its parameters could be read, so that a placeholder without a value is a mistake of its own.
    #[schemars(skip)]
    pub(super) parameters_known: bool,
    /// The simulation's name, which is also the name of its directory. A sweep needs placeholders in it, such as
    /// `${workload}-${l2}`. Without a sweep, the name of the script or function when left out.
    #[schemars(with = "Option<String>")]
    pub(super) name: Option<At<Template>>,
    /// The gem5 configuration script, relative to the experiment file. Each simulation has a `script`, a `target` or a
    /// `multisim`.
    #[schemars(with = "Option<String>")]
    pub(super) script: Option<At<Template>>,
    /// A Python function to call in a fresh gem5, as `module:function`. The module is looked for beside the experiment
    /// file first.
    #[schemars(with = "Option<String>")]
    pub(super) target: Option<At<Target>>,
    /// A script that uses `gem5.utils.multisim`: one simulation for each id that `gem5 SCRIPT --list` prints, named
    /// after it. `${id}` is the id; `exclude: [{id: x}]` leaves one out.
    #[schemars(with = "Option<String>")]
    pub(super) multisim: Option<At<Template>>,
    /// Arguments: of the script, one item for each; or of the function, any values.
    #[schemars(with = "Option<Vec<serde_json::Value>>")]
    pub(super) args: Vec<At<Argument>>,
    /// Keyword arguments of the function.
    #[schemars(with = "Option<std::collections::BTreeMap<String, serde_json::Value>>")]
    pub(super) kwargs: Vec<(At<String>, At<Argument>)>,
    /// Axes whose every combination is a simulation. `include` and `exclude` add and remove combinations.
    #[schemars(with = "Option<super::schema::Matrix>")]
    pub(super) matrix: Option<At<Vec<Axis>>>,
    /// Axes that go in step: the first values together, then the second ones.
    #[schemars(with = "Option<std::collections::BTreeMap<String, super::schema::AxisValues>>")]
    pub(super) zip: Option<At<Vec<Axis>>>,
    /// Points to add to the sweep, each with a value for every axis.
    #[schemars(with = "Option<Vec<super::schema::Point>>")]
    pub(super) include: Vec<Point>,
    /// Points to remove from the sweep: those that have all the given values.
    #[schemars(with = "Option<Vec<super::schema::Point>>")]
    pub(super) exclude: Vec<Point>,
    /// Constants for placeholders.
    #[schemars(with = "Option<super::schema::Point>")]
    pub(super) with: Vec<(At<String>, At<Scalar>)>,
    /// Simulations that must end ok first: names or globs. `${needs.NAME.outdir}` is the output directory of one.
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) needs: Vec<At<Template>>,
    /// Runs at most `processes` simulations of this entry at once.
    pub(super) pool: Option<PoolRule>,
    /// The settings of this entry.
    #[schemars(flatten)]
    pub(super) settings: Settings,
}

/// At most this many simulations of one entry at once.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct PoolRule {
    /// How many.
    #[schemars(with = "super::schema::Positive")]
    pub(super) processes: At<u32>,
}

/// A Python function.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    /// The module.
    pub(super) module: String,
    /// The function in it.
    pub(super) function: String,
}

/// An argument whose placeholders are not filled in yet.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Argument {
    /// One value.
    One(Template),
    /// A list, for a function.
    List(Vec<At<Self>>),
    /// A map, for a function.
    Map(Vec<(String, At<Self>)>),
}

/// One axis of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    /// The parameter.
    pub(super) name: At<String>,
    /// Its values, at least one.
    pub(super) values: Vec<Scalar>,
}

/// One item of `include` or `exclude`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    /// Where it starts.
    pub(super) at: NodeId,
    /// A value for each parameter.
    pub(super) values: Vec<(At<String>, Scalar)>,
}
