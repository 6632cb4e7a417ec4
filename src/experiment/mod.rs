//! From one YAML file to a plan. Pure.
//!
//! [`load`] reads the text of an experiment file and returns either the [`Plan`], every simulation expanded and
//! checked, or everything that is wrong, each with its place and what to do. The way there is one of small steps:
//!
//! ```text
//! text ─ yaml ─▶ tree of numbered nodes ─ decode ─▶ model ─ sweep, template, expand ─▶ plan
//!                                                     └──── check ────▶ problems ─ locate ─▶ diagnostics
//! ```
//!
//! A plan may grow: the values of an axis may be what another simulation makes. [`Plan::awaiting`] tells what is not known yet,
//! and the same file makes a larger plan once that simulation has ended.
//!
//! Steps do not stop at the first problem; they collect problems by node, and only those that are shown get a line
//! and a column (`yaml/` tells how). `table.rs` has a row for every key: the model, its reader, the JSON Schema for
//! editors and README.md's tables are laid out from it.
//!
//! The module does no input or output: whether a script or a gem5 exists, it asks [`Files`]. The awkward truth is that
//! the answer may be wrong by the time a simulation starts; the launch must expect a file to be gone.

mod axis;
mod build;
mod check;
mod decode;
mod dependency;
mod encoding;
pub mod executor;
mod expand;
mod expression;
mod fields;
mod key;
mod launcher;
mod limits;
mod model;
mod multisim;
mod name;
mod notices;
mod notify;
mod options;
mod outputs;
mod parameter;
mod paths;
pub mod plan;
mod problem;
mod range;
pub mod results;
mod retries;
mod room;
pub mod schema;
mod scope;
pub mod secret;
pub mod settings_file;
mod spawned;
mod stop_after;
mod suggest;
mod suite;
mod sweep;
mod table;
mod tables;
mod template;
mod traps;
mod units;

pub(crate) use units::{duration, size};
mod value;
mod view_text;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub use dependency::{Dependency, When};
pub use encoding::text_of;
pub use key::{Input, InputRole, Key};
pub use launcher::{client, elsewhere};
pub use limits::{MAX_BYTES, MAX_PLAN_BYTES, MAX_POINTS};
pub use multisim::Listing;
pub use name::sensible_name;
pub use notify::{EnvText, NotifyRule, Occasion, Post, Side, Threshold, Way};
pub use outputs::{covers, is_glob};
pub use parameter::{Parameter, ParameterValue};
pub use plan::{
    Awaiting, Call, Concurrency, Gem5Run, Goal, Interpreter, Origin, Overrides, Place, Plan, Pool, Program, RowKind,
    Run, Simulation, Step, Suite,
};
pub use problem::MAX_SHOWN;
pub use retries::{Factor, Retries, Retry};
pub(crate) use scope::own_number;
pub use spawned::{Asked, CallId, OnSuiteEnd, Pickled, ScriptPool, Spawned};
pub use stop_after::StopAfter;
pub use suite::keep_spawned;
pub use table::readme as readme_tables;

use crate::diagnostic::Diagnostics;
use problem::{Problem, Problems};
use yaml::{Entry, Kind, Node};

/// Beside an experiment file that names no `outdir`, the directory in which its experiment directory is.
pub const DEFAULT_PARENT: &str = "runs";

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Nothing, or nothing that may be looked at.
    Missing,
    /// A directory.
    Directory,
    /// A file that the user may not execute.
    File,
    /// A file that the user may execute.
    Executable,
    /// Nobody looks: whatever is wanted there counts as there.
    Unasked,
}

/// What the plan has to know about the disk.
pub trait Files {
    /// What stands at the absolute `path`, symbolic links followed.
    fn kind(&self, path: &Path) -> FileKind;
    /// The absolute path of the executable called `name` in the directories of PATH.
    fn find_on_path(&self, name: &str) -> Option<PathBuf>;
    /// The text of the file at the absolute `path`.
    ///
    /// # Errors
    /// Why there is none, as a phrase that follows the path.
    fn text(&self, _path: &Path) -> Result<String, String> {
        Err("cannot be read here".to_owned())
    }
    /// The files and directories that an absolute glob matches.
    ///
    /// # Errors
    /// Why they cannot be told, as a phrase that follows the glob.
    fn glob(&self, _pattern: &str) -> Result<Vec<PathBuf>, String> {
        Err("cannot be looked for here".to_owned())
    }
    /// The output directory of the newest attempt of this simulation, of an experiment in `outdir`, that ended ok.
    fn made(&self, _outdir: &Path, _simulation: &Simulation) -> Option<PathBuf> {
        None
    }
    /// The ids that a MultiSim script prints, in its order.
    ///
    /// # Errors
    /// Why there are none, with what gem5 said. Where no process can be started, that is always so.
    fn multisim_ids(&self, _listing: &Listing) -> Result<Vec<String>, String> {
        Err("no gem5 can be started here to list them".to_owned())
    }
}

/// A file that was read without errors.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The plan.
    pub plan: Plan,
    /// What is probably not meant so.
    pub warnings: Diagnostics,
}

/// Reads, expands and checks an experiment file with the contents `text`. `source` is its absolute path; paths in the
/// file are relative to its directory.
///
/// # Errors
/// Everything that is wrong with the file, at most [`MAX_SHOWN`] of it in full.
pub fn load(text: &str, source: &Path, overrides: &Overrides, files: &dyn Files) -> Result<Loaded, Diagnostics> {
    // Some editors begin a file with a byte order mark, and none counts it as a character.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let shown = source.to_string_lossy();
    let document = match yaml::parse(text) {
        Ok(document) => document,
        Err(diagnostic) => return Err(Diagnostics::new(shown, text, vec![*diagnostic], 0)),
    };
    let mut problems = Problems::default();
    refuse_repeated(&document.root, &mut problems);
    refuse_nul(&document.root, &mut problems);
    let file = decode::experiment(&document.root, &mut problems).map(|mut file| {
        multisim::list(&mut file, &document.root, source, overrides, files, &mut problems);
        file
    });
    let plan = file.map(|file| grown(&file, (text, &document.root), source, overrides, files, &mut problems));
    let errors = problems.errors();
    let diagnostics = problems.locate(&shown, &document);
    match plan {
        Some(plan) if errors == 0 => Ok(Loaded { plan, warnings: diagnostics }),
        _ => Err(diagnostics),
    }
}

/// Reads what a file says under `results`, checked beside simulations that were found otherwise, and nothing else that it may say. With
/// what is probably not meant so.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load_results(
    text: &str,
    source: &Path,
    simulations: &[Simulation],
    files: &dyn Files,
) -> Result<(results::ResultsRule, Diagnostics), Diagnostics> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let shown = source.to_string_lossy();
    let document = match yaml::parse(text) {
        Ok(document) => document,
        Err(diagnostic) => return Err(Diagnostics::new(shown, text, vec![*diagnostic], 0)),
    };
    let mut problems = Problems::default();
    let around = (files, source.parent().unwrap_or(Path::new("/")));
    let results = decode::results_alone(&document.root, &mut problems);
    let rule = results.map(|results| tables::rule(&results, around, simulations, true, &mut problems));
    let (errors, diagnostics) = (problems.errors(), problems.locate(&shown, &document));
    match rule {
        Some(rule) if errors == 0 => Ok((rule, diagnostics)),
        _ => Err(diagnostics),
    }
}

/// The text of an experiment file as others may see it: with stars in the places of its secrets. None of a text that is no YAML, of
/// which nobody knows where they are.
pub fn shown_text(text: &str) -> Option<String> {
    let document = yaml::parse(text.strip_prefix('\u{feff}').unwrap_or(text)).ok()?;
    Some(document.text_without(&secret::hidden(&document.root)).into_owned())
}

/// The plan with all that can be known of it: each simulation that has ended may tell of more.
fn grown(
    file: &model::ExperimentFile,
    (text, root): (&str, &Node),
    source: &Path,
    overrides: &Overrides,
    files: &dyn Files,
    problems: &mut Problems,
) -> Plan {
    let mut made = BTreeMap::new();
    loop {
        let mut found = problems.clone();
        let plan = expand::plan(&scope::Expansion { file, root, source, overrides, files, made: &made }, &mut found);
        let awaited: BTreeSet<&str> = plan.awaiting.iter().flat_map(|more| &more.needs).map(String::as_str).collect();
        let known = plan.simulations.iter().filter(|simulation| awaited.contains(simulation.name.as_str()));
        let before = made.len();
        if found.errors() == 0 {
            let unasked = known.filter(|one| !made.contains_key(&one.name));
            let more = unasked.filter_map(|one| Some((one.name.clone(), files.made(&plan.outdir, one)?)));
            let more: Vec<(String, PathBuf)> = more.collect();
            made.extend(more);
        }
        if made.len() == before {
            *problems = found;
            let grows = !made.is_empty() || !plan.awaiting.is_empty();
            let origin = || Origin { text: text.to_owned(), source: source.to_owned(), overrides: overrides.clone() };
            return Plan { origin: grows.then(|| Box::new(origin())), ..plan };
        }
    }
}

impl Origin {
    /// The plan as it is by now.
    ///
    /// # Errors
    /// As [`load`].
    pub fn load(&self, files: &dyn Files) -> Result<Loaded, Diagnostics> {
        load(&self.text, &self.source, &self.overrides, files)
    }
}

/// A key that is there twice: nobody can tell which one is meant.
fn refuse_repeated(root: &Node, problems: &mut Problems) {
    let mut repeated = Vec::new();
    yaml::duplicates(root, &mut repeated);
    for repeat in repeated {
        let message = format!("the key `{}` is there twice", yaml::brief(&repeat.key));
        let problem = Problem::error(repeat.again, message).label("here again").related(repeat.first, "first here");
        problems.push(problem.help("remove one of them"));
    }
}

/// No argument, path or variable of a process can hold a NUL character.
fn refuse_nul(node: &Node, problems: &mut Problems) {
    match &node.kind {
        Kind::Scalar(scalar) if scalar.text.contains('\0') => {
            problems.push(Problem::error(node.id, "a NUL character cannot be passed to a process"));
        }
        Kind::Scalar(_) => {}
        Kind::List(items) => items.iter().for_each(|item| refuse_nul(item, problems)),
        Kind::Map(entries) => {
            for Entry { key, value } in entries {
                refuse_nul(key, problems);
                refuse_nul(value, problems);
            }
        }
    }
}
