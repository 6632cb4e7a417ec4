//! The plan: every simulation of an experiment, fully expanded, in a stable order.
//!
//! A plan is what the rest of the program works with. It holds absolute paths and final strings; no template and no
//! YAML is left in it. The one thing that is bound later is the attempt of a simulation that another one needs: a
//! plan speaks of `<outdir>/<name>/latest/…`, and the engine replaces `latest` by the attempt that ended ok when it
//! launches the dependant.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::dependency::Dependency;
use super::executor::{Courtesy, StartedBy};
use super::launcher::elsewhere;
use super::notify::NotifyRule;
use super::parameter::Parameter;
use super::results::ResultsRule;
use super::retries::Retries;
use super::spawned::{OnSuiteEnd, Pickled, Spawned};
use super::stop_after::StopAfter;
use crate::gem5::SuccessRule;
use crate::gem5::stats::Choice;

/// A whole experiment, expanded and checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The experiment's name, shown in the header.
    pub name: String,
    /// The experiment file, absolute.
    pub source: PathBuf,
    /// The experiment directory, absolute.
    pub outdir: PathBuf,
    /// How many simulations may run at once.
    pub concurrency: Concurrency,
    /// The sum that `memory` of running and paused simulations must fit in, in bytes.
    pub memory: Option<u64>,
    /// Free space, in bytes, that the filesystem of `outdir` must keep. Below twice that nothing is launched; below it
    /// the simulation that writes most is ended by the cancel ladder, and the next one if the space shrinks on.
    #[serde(default)]
    pub min_free_disk: Option<u64>,
    /// When the queue is paused because what runs fails.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stop_after: StopAfter,
    /// What is told while nobody looks. Nothing that a simulation is made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<NotifyRule>,
    /// How batch systems are treated, where there are jobs.
    #[serde(default, skip_serializing_if = "is_default")]
    pub courtesy: Courtesy,
    /// What more simulations are made of, once others have ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub awaiting: Vec<Awaiting>,
    /// The simulations whose output says which others there are, whether that is known by now or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// What the plan was made from, if it may grow. It may have secrets, so it is never written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Box<Origin>>,
    /// What is made of the stats. Nothing that a simulation is made from, and nothing that an engine works by: another rule runs
    /// nothing again.
    #[serde(default, skip_serializing_if = "ResultsRule::is_default")]
    pub results: ResultsRule,
    /// Every simulation, in the order of the file and of the sweep.
    pub simulations: Vec<Simulation>,
}

/// Simulations that are not known yet: an axis has what others made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaiting {
    /// Their name as it was written, with its placeholders.
    pub name: String,
    /// The simulations that must end ok before they are known.
    pub needs: Vec<String>,
    /// Why nothing of this runs, if one of them has ended ok and made nothing of that kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nothing: Option<String>,
}

/// What the command line says over the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Overrides {
    /// `--outdir`. A relative one is seen from the experiment file.
    pub outdir: Option<PathBuf>,
    /// `--gem5`, for all simulations that do not name a gem5 of their own. A relative path is seen from the experiment
    /// file; a bare name is looked for on PATH.
    pub gem5: Option<PathBuf>,
    /// `-j`.
    pub concurrency: Option<Concurrency>,
    /// `--executor`, for all simulations that do not name one of their own.
    pub executor: Option<Place>,
}

/// Where simulations run, as far as a word tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// On this machine.
    Local,
    /// As jobs of Slurm, with what the file says of it.
    Slurm,
}

/// What a plan is made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The text of the experiment file.
    pub text: String,
    /// Its absolute path.
    pub source: PathBuf,
    /// What the command line says over it.
    pub overrides: Overrides,
}

/// The cap on simulations that run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Concurrency {
    /// As many as the machine has cores.
    Auto,
    /// A number, at least one.
    Fixed(u32),
}

/// One point of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Simulation {
    /// The unique name, which is also the name of its directory.
    pub name: String,
    /// The values that make this point differ from its neighbours, in the order of the file.
    pub parameters: Vec<Parameter>,
    /// The command in front of what it runs, its executable absolute; empty for none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefix: Vec<String>,
    /// What it runs.
    #[serde(flatten)]
    pub run: Run,
    /// Changes to the environment: a value sets a variable, `None` removes it.
    pub env: BTreeMap<String, Option<String>>,
    /// The working directory, absolute.
    pub cwd: Arc<Path>,
    /// Files that it writes outside of its own directory, absolute; a file name may be a glob.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<PathBuf>,
    /// The wall-clock limit, pauses excluded.
    pub timeout: Option<Duration>,
    /// How long it takes, as far as the user knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Duration>,
    /// Without a tick, output or CPU time for so long it is ended, pauses excluded.
    #[serde(default)]
    pub stall: Option<Duration>,
    /// When its simulated system has failed or waited at a prompt for so long it is ended, pauses excluded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_stall: Option<Duration>,
    /// Whether it is ended as soon as its simulated kernel has failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancels_on_panic: bool,
    /// The most that it may write below its attempt's directory, in bytes.
    #[serde(default)]
    pub max_output: Option<u64>,
    /// How often gem5 is asked for a dump of its stats. Such dumps are left out of results.
    #[serde(default)]
    pub poll_stats: Option<Duration>,
    /// What success is, where the user says so.
    #[serde(default)]
    pub success: Option<Arc<SuccessRule>>,
    /// How long a cancel waits after SIGINT before SIGTERM.
    pub grace: Duration,
    /// How often a failed attempt is followed by another one.
    pub retries: Retries,
    /// Memory that the simulation is declared to need, in bytes.
    pub memory: Option<u64>,
    /// Globs of the stats that the user asked to see.
    pub watch: Arc<[String]>,
    /// Which dump is the result once it has ended. Nothing that it is made from: another choice runs nothing again.
    #[serde(default, skip_serializing_if = "Choice::is_last")]
    pub dump: Choice,
    /// When the simulation is done, for progress and ETA.
    pub goal: Option<Goal>,
    /// The simulations that must end before this one starts.
    pub needs: Vec<Dependency>,
    /// Of those that could start, the ones with a higher number start first; within one number the order of the plan decides.
    #[serde(default, skip_serializing_if = "is_default")]
    pub priority: i32,
    /// The pool that this simulation belongs to, if any.
    pub pool: Option<Pool>,
    /// Where it is started. Nothing that it is made from.
    #[serde(default, skip_serializing_if = "is_default")]
    pub executor: StartedBy,
    /// The suite that has spawned it, if it stands in no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spawned: Option<Box<Spawned>>,
    /// It is no longer in the experiment file and still runs: it is shown and can be cancelled, and is never launched again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
}

impl Plan {
    /// All that it says but for its simulations, of which there may be very many.
    #[must_use]
    pub fn without_simulations(&self) -> Self {
        Self {
            name: self.name.clone(),
            source: self.source.clone(),
            outdir: self.outdir.clone(),
            concurrency: self.concurrency,
            memory: self.memory,
            min_free_disk: self.min_free_disk,
            stop_after: self.stop_after,
            notify: self.notify.clone(),
            courtesy: self.courtesy,
            awaiting: self.awaiting.clone(),
            sources: self.sources.clone(),
            origin: self.origin.clone(),
            results: self.results.clone(),
            simulations: Vec::new(),
        }
    }
}

impl Simulation {
    /// How long a cancelled gem5 may take to dump its stats, where nothing is said: a full-system dump takes seconds, a loaded
    /// disk a minute.
    pub const DEFAULT_GRACE: Duration = Duration::from_mins(1);

    /// A simulation of which nothing more is said than what its gem5 runs.
    pub fn new(name: impl Into<String>, gem5: impl Into<PathBuf>, program: Program, cwd: impl Into<PathBuf>) -> Self {
        let run = Run::Gem5(Gem5Run { gem5: gem5.into(), gem5_args: Vec::new(), program });
        Self::of(name, run, cwd)
    }

    /// One of which nothing more is said than what it runs.
    pub fn of(name: impl Into<String>, run: Run, cwd: impl Into<PathBuf>) -> Self {
        let cwd: PathBuf = cwd.into();
        Self {
            name: name.into(),
            parameters: Vec::new(),
            prefix: Vec::new(),
            run,
            env: BTreeMap::new(),
            cwd: cwd.into(),
            outputs: Vec::new(),
            timeout: None,
            time: None,
            stall: None,
            guest_stall: None,
            cancels_on_panic: false,
            max_output: None,
            poll_stats: None,
            success: None,
            grace: Self::DEFAULT_GRACE,
            retries: Retries::default(),
            memory: None,
            watch: Arc::default(),
            dump: Choice::LAST,
            goal: None,
            needs: Vec::new(),
            priority: 0,
            pool: None,
            executor: StartedBy::Local,
            spawned: None,
            gone: false,
        }
    }
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What one point of the plan runs. Everything that is said of gem5 alone asks here first whether there is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Run {
    /// gem5, or plain Python in its place.
    Gem5(Gem5Run),
    /// A step: any other program. It has no stats, no phases of gem5 and no exit line, and its exit status alone tells how it
    /// ended.
    Step {
        /// The program.
        step: Step,
    },
}

/// A gem5 and what it is asked to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gem5Run {
    /// The gem5 (or Python) executable, absolute.
    pub gem5: PathBuf,
    /// Options for gem5 itself, before the script.
    pub gem5_args: Vec<String>,
    /// What it is asked to run.
    pub program: Program,
}

/// A program that is no gem5.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its executable, absolute.
    pub program: PathBuf,
    /// Its arguments. No shell reads them.
    pub args: Vec<String>,
    /// Whether it gets the paths of the results of the experiment as further arguments.
    #[serde(default, skip_serializing_if = "is_default")]
    pub gets_results: bool,
}

/// What a row of the list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowKind {
    /// gem5, or plain Python in its place.
    #[default]
    Simulation,
    /// Any other program.
    Step,
    /// A script that spawns simulations, in a gem5 of its own.
    Suite,
}

impl Run {
    /// What is executed, absolute.
    pub fn executable(&self) -> &Path {
        match self {
            Self::Gem5(run) => &run.gem5,
            Self::Step { step } => &step.program,
        }
    }

    /// What gem5 is asked to run, if there is one.
    pub fn program(&self) -> Option<&Program> {
        match self {
            Self::Gem5(run) => Some(&run.program),
            Self::Step { .. } => None,
        }
    }

    /// The family of the executable that simulates; none for a step, which simulates nothing.
    pub fn interpreter(&self) -> Option<Interpreter> {
        match self {
            Self::Gem5(run) => Some(Interpreter::of(&run.gem5)),
            Self::Step { .. } => None,
        }
    }

    /// What the row is.
    pub fn kind(&self) -> RowKind {
        match self {
            Self::Gem5(Gem5Run { program: Program::Suite(_), .. }) => RowKind::Suite,
            Self::Gem5(_) => RowKind::Simulation,
            Self::Step { .. } => RowKind::Step,
        }
    }
}

impl Simulation {
    /// The program that starts gem5 in a container or on another host, where nothing is known of its executable.
    pub fn elsewhere(&self) -> Option<&str> {
        elsewhere(&self.prefix)
    }
}

/// What a gem5 process is asked to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Program {
    /// A configuration script with its own arguments.
    Script {
        /// The script, absolute.
        path: PathBuf,
        /// The script's arguments.
        args: Vec<String>,
    },
    /// One simulation of a script that uses `gem5.utils.multisim`: the script runs the one whose id it is given.
    #[serde(rename = "multisim")]
    MultiSim {
        /// The script, absolute.
        path: PathBuf,
        /// The id.
        id: String,
    },
    /// A Python function, imported in the fresh process.
    Function(Box<Call>),
    /// A script that spawns simulations.
    Suite(Box<Suite>),
}

impl Program {
    /// The directory below gem5's output directory that holds stats and configuration, where they are not in the output
    /// directory itself: MultiSim gives every id its own (`gem5/utils/multisim/multisim.py`).
    pub fn output_subdir(&self) -> Option<&str> {
        match self {
            Self::MultiSim { id, .. } => Some(id),
            Self::Script { .. } | Self::Function(_) | Self::Suite(_) => None,
        }
    }

    /// The script, where it is one.
    pub fn script(&self) -> Option<&Path> {
        match self {
            Self::Script { path, .. } | Self::MultiSim { path, .. } => Some(path),
            Self::Suite(suite) => Some(&suite.path),
            Self::Function(_) => None,
        }
    }
}

/// A script that runs in a gem5 of its own and spawns simulations by the words of `gem5.utils.multiprocessing`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suite {
    /// The script, absolute.
    pub path: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// What each simulation is that it spawns, apart from its name, its parameters and its call. Its own name is empty, and the
    /// script stands where a call will be.
    pub spawned: Box<Simulation>,
    /// What becomes of its simulations when it dies.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_end: OnSuiteEnd,
    /// Whether it runs everything anew, whatever there is from before.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fresh: bool,
}

/// A call of a Python function in a fresh process. Arguments travel as JSON, or pickled where a suite has made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The module to import. Never `__main__`.
    pub module: String,
    /// The function in that module.
    pub function: String,
    /// Positional arguments.
    pub args: Vec<serde_json::Value>,
    /// Keyword arguments.
    pub kwargs: serde_json::Map<String, serde_json::Value>,
    /// The directory that is put first on the module search path: the experiment file's own, or the suite's.
    pub search_path: PathBuf,
    /// The arguments of a call that a suite has made. Then there are none beside them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pickled: Option<Box<Pickled>>,
}

/// When a simulation is done, for progress and ETA.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// Simulated ticks.
    Ticks(u64),
    /// Simulated instructions.
    Instructions(u64),
    /// Simulated seconds.
    Seconds(f64),
}

/// At most this many simulations of one entry run at once, within the experiment's cap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Which pool: entries of the file have pools of their own.
    pub id: usize,
    /// How many members run at once.
    pub processes: u32,
}

/// The family of the executable, which decides the options that it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interpreter {
    /// gem5, or something that keeps its command line.
    Gem5,
    /// Plain Python, for functions and scripts that need no gem5.
    Python,
}

impl Interpreter {
    /// Tells the family by the file name: `python`, `python3` and `python3.11` are Python, all else is gem5.
    pub fn of(executable: &Path) -> Self {
        let name = executable.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let version = name.strip_prefix("python");
        match version {
            Some(rest) if rest.chars().all(|c| c.is_ascii_digit() || c == '.') => Self::Python,
            _ => Self::Gem5,
        }
    }
}

impl Concurrency {
    /// The cap as a number on a machine with `cores` cores.
    pub fn resolve(self, cores: u32) -> u32 {
        match self {
            Self::Auto => cores.max(1),
            Self::Fixed(n) => n,
        }
    }
}

impl fmt::Display for Concurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Fixed(n) => write!(f, "{n}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulation_is_recorded_as_earlier_releases_did_and_a_step_has_no_gem5() {
        let program = Program::Script { path: "/x/s.py".into(), args: Vec::new() };
        let simulation = Simulation::new("a", "/b/gem5.opt", program, "/x");
        let record = serde_json::to_value(&simulation).unwrap();
        assert_eq!((&record["gem5"], &record["program"]["kind"]), (&"/b/gem5.opt".into(), &"script".into()));
        assert_eq!(serde_json::from_value::<Simulation>(record).unwrap(), simulation);
        let step = Step { program: "/bin/make".into(), args: vec!["-j4".to_owned()], gets_results: false };
        let step = Simulation::of("b", Run::Step { step }, "/x");
        let record = serde_json::to_value(&step).unwrap();
        assert!(record.get("gem5").is_none() && record.get("gem5_args").is_none(), "{record}");
        assert_eq!(serde_json::from_value::<Simulation>(record).unwrap(), step);
    }

    #[test]
    fn python_is_told_from_gem5_by_its_name() {
        for name in ["python", "/usr/bin/python3", "python3.11"] {
            assert_eq!(Interpreter::of(Path::new(name)), Interpreter::Python, "{name}");
        }
        for name in ["gem5.opt", "build/X86/gem5.fast", "gem5-standin", "pythonic"] {
            assert_eq!(Interpreter::of(Path::new(name)), Interpreter::Gem5, "{name}");
        }
    }
}
