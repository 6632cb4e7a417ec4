//! The experiment file as types: the keys of `table.rs` as fields.
//!
//! `decode/` fills them from the YAML tree. Every value remembers the node that it came from.

use std::time::Duration;

use super::axis::{Axis, Step, Values};
use super::dependency::When;
use super::executor::EngineAt;
use super::executor::Part;
use super::expression::Expression;
use super::fields::Unknown;
use super::notify::{EnvText, Occasion, Way};
use super::plan::Concurrency;
use super::results::{Better, Compare, MeanKind, MetricRule, PlotKind, Weights};
use super::retries::{Factor, Retries};
use super::spawned::OnSuiteEnd;
use super::stop_after::StopAfter;
use super::table::{
    command_keys, courtesy_keys, file_keys, goal_keys, guest_keys, metric_keys, need_keys, notify_keys, plot_keys,
    pool_keys, results_keys, retry_keys, settings, simpoint_keys, simulation_keys, slurm_keys, stall_keys, stop_keys,
    success_keys, table_keys, threshold_keys, view_keys, workload_keys,
};
use super::template::Template;
pub(super) use super::value::At;
use super::value::Value;
use super::yaml::NodeId;
use crate::gem5::stats::{Choice, ResultDump};

/// How a value is read from text; the error follows a colon.
pub(super) type Reading<T> = fn(&str) -> Result<T, &'static str>;

/// A value that is known at once, or only when the placeholders of a point are filled in.
#[derive(Debug, Clone)]
pub(super) enum Deferred<T> {
    /// Known.
    Fixed(T),
    /// Known later.
    Later {
        /// The key that it is the value of.
        key: String,
        /// The text.
        template: Template,
        /// How the text is read.
        read: Reading<T>,
    },
}

/// Keys that give placeholders their values, or decide which points there are.
pub(super) const GIVES_PARAMETERS: [&str; 7] = ["matrix", "zip", "include", "exclude", "with", "repeat", "seeds"];

/// A struct with a field for each key of a table, behind others.
macro_rules! keys_as_fields {
    ([$(#[$meta:meta])* $name:ident { $($more:tt)* }] $($key:ident {
        value: $value:ty, read: $_read:expr, schema: $_schema:ty, also: $_also:tt, doc: $doc:literal, readme: $_readme:literal,
    })*) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub(super) struct $name {
            $($more)*
            $(#[doc = $doc] pub(super) $key: Option<$value>,)*
        }

        impl Templated for $name {
            fn templates<'t>(&'t self, into: &mut Templates<'t>) {
                $(self.$key.templates(into);)*
            }
        }
    };
}

file_keys!(keys_as_fields
    /// A whole file.
    ExperimentFile {
        /// Keys at the top that nobody knows.
        pub(super) unknown: Unknown,
    }
);

settings!(keys_as_fields
    /// What `defaults` and a simulation have in common.
    #[derive(Default)]
    Settings {}
);

simulation_keys!(keys_as_fields
    /// One simulation, or one for each point of a sweep.
    Entry {
        /// Where the entry starts.
        pub(super) at: NodeId,
        /// Its keys that nobody knows.
        pub(super) unknown: Unknown,
        /// Whether all its parameters could be read, so that a placeholder without a value is a mistake of its own.
        pub(super) parameters_known: bool,
        /// Whether all of it could be read, so that what is not used is used nowhere.
        pub(super) is_whole: bool,
        /// The settings of this entry.
        pub(super) settings: Settings,
    }
);

goal_keys!(keys_as_fields
    /// Simulated ticks, instructions or seconds after which a simulation is done. One of the three.
    GoalRule {}
);

retry_keys!(keys_as_fields
    /// How often, and with how much more.
    RetryKeys {}
);

stall_keys!(keys_as_fields
    /// How long nothing may happen.
    #[derive(Default)]
    StallRule {}
);

guest_keys!(keys_as_fields
    /// What follows from what the simulated system says.
    GuestRule {}
);

need_keys!(keys_as_fields
    /// What must end first, and how.
    NeedRule {}
);

stop_keys!(keys_as_fields
    /// After which failures the queue is paused.
    StopRule {}
);

pool_keys!(keys_as_fields
    /// At most this many simulations of one entry at once.
    PoolRule {}
);

success_keys!(keys_as_fields
    /// What success is: every condition that is named must hold.
    Conditions {}
);

table_keys!(keys_as_fields
    /// What `results` and a view have in common.
    TableKeys {}
);

results_keys!(keys_as_fields
    /// What is made of stats.
    Results {
        /// The table where no view is named.
        pub(super) table: TableKeys,
    }
);

view_keys!(keys_as_fields
    /// A table with a name.
    View {
        /// What it says otherwise.
        pub(super) table: TableKeys,
    }
);

plot_keys!(keys_as_fields
    /// A figure.
    PlotKeys {}
);

metric_keys!(keys_as_fields
    /// What is told of each simulation.
    MetricKeys {}
);

simpoint_keys!(keys_as_fields
    /// Simulations that stand for one together.
    Simpoints {}
);

workload_keys!(keys_as_fields
    /// Parameters over which a mean is made.
    Workloads {}
);

slurm_keys!(keys_as_fields
    /// What Slurm is asked for.
    #[derive(Default)]
    SlurmKeys {}
);

command_keys!(keys_as_fields
    /// The commands of another batch system.
    CommandKeys {}
);

courtesy_keys!(keys_as_fields
    /// How a batch system is treated.
    #[derive(Default)]
    CourtesyKeys {}
);

notify_keys!(keys_as_fields
    /// What is told, and how.
    NotifyKeys {}
);

threshold_keys!(keys_as_fields
    /// A stat, and what it is compared with.
    ThresholdKeys {}
);

/// One item of `notify`.
#[derive(Debug, Clone)]
pub(super) struct NotifyItem {
    /// What is told.
    pub(super) on: Vec<At<Occasion>>,
    /// How.
    pub(super) way: Way,
    /// Where that stands.
    pub(super) at: NodeId,
}

/// Where simulations are started.
#[derive(Debug, Clone)]
pub(super) enum Executor {
    /// Here.
    Local,
    /// As jobs of Slurm.
    Slurm(Box<SlurmKeys>),
    /// As jobs of another batch system.
    Command(Box<CommandKeys>),
}

/// What the top of the file says of that.
#[derive(Debug, Clone)]
pub(super) struct TopExecutor {
    /// Where they are started.
    pub(super) place: Executor,
    /// How the batch system is treated.
    pub(super) courtesy: CourtesyKeys,
}

/// The keys of one map, and those of another one that it does not have.
macro_rules! keys_over {
    ([$upper:ident $lower:ident] $($key:ident {
        value: $_value:ty, read: $_read:expr, schema: $_schema:ty, also: $_also:tt, doc: $_doc:literal, readme: $_readme:literal,
    })*) => {
        SlurmKeys { $($key: $upper.$key.or_else(|| $lower.$key.clone()),)* }
    };
}

impl Executor {
    /// This one, with what another one says of the same batch system and this one does not.
    pub(super) fn over(self, lower: &Self) -> Self {
        match (self, lower) {
            (Self::Slurm(upper), Self::Slurm(lower)) => Self::Slurm(Box::new(slurm_keys!(keys_over upper lower))),
            (upper, _) => upper,
        }
    }
}

/// Settings for every simulation that does not have its own.
#[derive(Debug, Clone)]
pub(super) struct Defaults {
    /// Keys that nobody knows.
    pub(super) unknown: Unknown,
    /// The settings.
    pub(super) settings: Settings,
    /// Those of them that the process of a suite has.
    pub(super) of_suites: Settings,
}

impl Settings {
    /// What of these, which are for simulations, holds for the process of a suite as well: where and in what it runs. A limit
    /// would end a script that waits for days.
    pub(super) fn of_suites(&self) -> Self {
        let Self { gem5, gem5_args, prefix, env, cwd, .. } = self.clone();
        Self { gem5, gem5_args, prefix, env, cwd, ..Self::default() }
    }
}

impl Entry {
    /// All axes, in the order of [`dimensions`](Self::dimensions).
    pub(super) fn axes(&self) -> impl Iterator<Item = &Axis> {
        self.dimensions().into_iter().flatten()
    }

    /// The axes in groups that go in step, the one that changes slowest first: those of `matrix` alone, those of `zip` together,
    /// then replicas.
    pub(super) fn dimensions(&self) -> Vec<&[Axis]> {
        let matrix = self.matrix.iter().flat_map(|matrix| matrix.value.axes.iter().map(std::slice::from_ref));
        let zip = self.zip.iter().flat_map(|zip| zip.value.iter().map(Vec::as_slice));
        let replicas = self.replicas().map(|replicas| std::slice::from_ref(&replicas.value));
        matrix.chain(zip).chain(replicas).collect()
    }

    /// The words of a step, whether or not it gets the results.
    pub(super) fn step(&self) -> Option<&[At<Template>]> {
        self.run.as_deref().or(self.analyse.as_deref())
    }

    /// The axes that repeat each point.
    pub(super) fn replicas(&self) -> impl Iterator<Item = &At<Axis>> {
        self.repeat.iter().chain(&self.seeds)
    }

    /// The points to add.
    pub(super) fn included(&self) -> impl Iterator<Item = &Point> {
        let inner = self.matrix.iter().flat_map(|matrix| &matrix.value.include);
        self.include.iter().flatten().chain(inner)
    }

    /// The points to remove.
    pub(super) fn excluded(&self) -> impl Iterator<Item = &Exclusion> {
        let inner = self.matrix.iter().flat_map(|matrix| &matrix.value.exclude);
        self.exclude.iter().flatten().chain(inner)
    }

    /// The constant called `name`.
    pub(super) fn constant(&self, name: &str) -> Option<&At<Given>> {
        self.with.iter().flatten().find(|(known, _)| known.value == name).map(|(_, given)| given)
    }

    /// The arguments.
    pub(super) fn arguments(&self) -> &[At<Argument>] {
        self.args.as_deref().unwrap_or_default()
    }

    /// The script that it runs: alone, for each of its ids, or so that it spawns.
    pub(super) fn any_script(&self) -> Option<&At<Template>> {
        self.script.as_ref().or(self.multisim.as_ref()).or(self.suite.as_ref())
    }

    /// What one simulation that this suite spawns would be as an entry of its own. The call is not known, so the script stands in
    /// its place; nor is there a sweep.
    pub(super) fn spawned_entry(&self) -> Self {
        fn both<T: Clone>(one: Option<&Vec<T>>, other: Option<&Vec<T>>) -> Option<Vec<T>> {
            let all: Vec<T> = [one, other].into_iter().flatten().flatten().cloned().collect();
            (!all.is_empty()).then_some(all)
        }
        let (own, spawned) = (&self.settings, self.spawned.clone().unwrap_or_default());
        // Another gem5 may be another program, with other options.
        let own_args = own.gem5_args.as_ref().filter(|_| spawned.gem5.is_none());
        let settings = Settings {
            gem5_args: both(own_args, spawned.gem5_args.as_ref()),
            gem5: spawned.gem5.or_else(|| own.gem5.clone()),
            env: both(own.env.as_ref(), spawned.env.as_ref()),
            cwd: spawned.cwd.or_else(|| own.cwd.clone()),
            prefix: spawned.prefix.or_else(|| own.prefix.clone()),
            executor: match (spawned.executor, &own.executor) {
                (Some(spawned), Some(own)) => Some(spawned.over(own)),
                (spawned, own) => spawned.or_else(|| own.clone()),
            },
            ..spawned
        };
        Self {
            settings,
            script: self.suite.clone(),
            suite: None,
            spawned: None,
            args: None,
            matrix: None,
            zip: None,
            include: None,
            exclude: None,
            ..self.clone()
        }
    }
}

/// An environment variable: its value, or nothing to remove it.
pub(super) type Variable = (At<String>, Option<At<Template>>);

/// Axes of a product, with points to add to it and to remove from it.
#[derive(Debug, Clone)]
pub(super) struct Matrix {
    /// The axes.
    pub(super) axes: Vec<Axis>,
    /// Points to add.
    pub(super) include: Vec<Point>,
    /// Points to remove.
    pub(super) exclude: Vec<Exclusion>,
}

/// What stands behind the name of a constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Given {
    /// A value.
    Value(Value),
    /// One that is made of others.
    Made(Template),
    /// A list of such.
    List(Vec<At<Template>>),
}

/// Which points to remove.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Exclusion {
    /// Those that have all its values.
    Having(Point),
    /// Those for which it is true.
    Where(At<Expression>),
}

impl Exclusion {
    /// Where it stands.
    pub(super) fn at(&self) -> NodeId {
        match self {
            Self::Having(point) => point.at,
            Self::Where(rule) => rule.at,
        }
    }
}

/// The gem5 to start.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gem5 {
    /// The command in front of it, where one was written.
    pub(super) front: Vec<At<Template>>,
    /// Its path or name.
    pub(super) path: At<Template>,
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

/// One item of `include` or `exclude`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    /// Where it starts.
    pub(super) at: NodeId,
    /// A value for each parameter.
    pub(super) values: Vec<(At<String>, Step)>,
}

/// Templates, each with its place.
pub(super) type Templates<'t> = Vec<(NodeId, &'t Template)>;

/// What may have placeholders. Each type of a value says so, so that none can be forgotten.
pub(super) trait Templated {
    /// Adds all templates in it.
    fn templates<'t>(&'t self, into: &mut Templates<'t>);
}

impl<T: Templated> Templated for Option<T> {
    fn templates<'t>(&'t self, into: &mut Templates<'t>) {
        if let Some(value) = self {
            value.templates(into);
        }
    }
}

impl<T: Templated> Templated for Vec<T> {
    fn templates<'t>(&'t self, into: &mut Templates<'t>) {
        for value in self {
            value.templates(into);
        }
    }
}

impl Templated for At<Template> {
    fn templates<'t>(&'t self, into: &mut Templates<'t>) {
        into.push((self.at, &self.value));
    }
}

impl Templated for Gem5 {
    fn templates<'t>(&'t self, into: &mut Templates<'t>) {
        self.front.templates(into);
        self.path.templates(into);
    }
}

impl<T> Templated for At<Deferred<T>> {
    fn templates<'t>(&'t self, into: &mut Templates<'t>) {
        if let Deferred::Later { template, .. } = &self.value {
            into.push((self.at, template));
        }
    }
}

impl Templated for Variable {
    fn templates<'t>(&'t self, into: &mut Templates<'t>) {
        self.1.templates(into);
    }
}

impl Templated for At<Argument> {
    fn templates<'t>(&'t self, into: &mut Templates<'t>) {
        match &self.value {
            Argument::One(template) => into.push((self.at, template)),
            Argument::List(items) => items.templates(into),
            Argument::Map(items) => items.iter().for_each(|(_, item)| item.templates(into)),
        }
    }
}

impl Templated for (At<String>, At<Argument>) {
    fn templates<'t>(&'t self, into: &mut Templates<'t>) {
        self.1.templates(into);
    }
}

impl Templated for (At<String>, At<Given>) {
    fn templates<'t>(&'t self, into: &mut Templates<'t>) {
        match &self.1.value {
            Given::Value(_) => {}
            Given::Made(template) => into.push((self.1.at, template)),
            Given::List(templates) => templates.templates(into),
        }
    }
}

impl Templated for Axis {
    fn templates<'t>(&'t self, into: &mut Templates<'t>) {
        if let Values::From(source) = &self.values {
            source.path.templates(into);
        }
    }
}

impl Templated for At<Axis> {
    fn templates<'t>(&'t self, into: &mut Templates<'t>) {
        self.value.templates(into);
    }
}

impl Templated for At<Vec<Vec<Axis>>> {
    fn templates<'t>(&'t self, into: &mut Templates<'t>) {
        self.value.templates(into);
    }
}

impl Templated for At<Matrix> {
    fn templates<'t>(&'t self, into: &mut Templates<'t>) {
        self.value.axes.templates(into);
    }
}

impl Templated for Executor {
    fn templates<'t>(&'t self, into: &mut Templates<'t>) {
        match self {
            Self::Local => {}
            Self::Slurm(keys) => keys.templates(into),
            Self::Command(keys) => keys.templates(into),
        }
    }
}

impl Templated for TopExecutor {
    fn templates<'t>(&'t self, into: &mut Templates<'t>) {
        self.place.templates(into);
    }
}

impl Templated for Defaults {
    fn templates<'t>(&'t self, into: &mut Templates<'t>) {
        self.settings.templates(into);
    }
}

/// Values in which nothing is filled in.
macro_rules! without_templates {
    ($($value:ty),* $(,)?) => {
        $(impl Templated for $value {
            fn templates<'t>(&'t self, _into: &mut Templates<'t>) {}
        })*
    };
}

without_templates!(
    At<Concurrency>,
    At<Retries>,
    At<String>,
    At<Target>,
    At<Duration>,
    At<Factor>,
    At<u32>,
    At<MetricRule>,
    At<Weights>,
    At<u64>,
    Better,
    Choice,
    ResultDump,
    Compare,
    Exclusion,
    MeanKind,
    EngineAt,
    OnSuiteEnd,
    Part,
    PlotKind,
    Point,
    String,
    When,
    StopAfter,
    bool,
    f64,
    i32,
    u32,
    u8,
    (At<String>, At<String>),
    (String, EnvText),
    At<EnvText>,
    At<Occasion>,
    NotifyItem,
    (At<String>, PlotKeys),
    (At<String>, View),
);
