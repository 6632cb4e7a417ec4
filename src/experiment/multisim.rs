//! MultiSim entries: the ids that a script prints become an axis called `id`.
//!
//! After that an entry is a sweep like any other. What is needed to list the ids, the script, its gem5 and its working
//! directory, must be known before there are ids, so it cannot depend on them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::axis::{Axis, Step, Values};
use super::build::{Builder, ID};
use super::launcher::elsewhere;
use super::model::{At, Entry, ExperimentFile, Matrix};
use super::problem::{Problem, Problems};
use super::room::Room;
use super::scope::{Expansion, PointScope};
use super::sweep::Sweep;
use super::template::Template;
use super::value::Value;
use super::yaml::{Node, Scalar, brief};
use super::{Files, Overrides};

/// What is needed to list the ids of a MultiSim script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// The command that starts gem5 in a container or on another host; empty where gem5 can be started without it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prefix: Vec<String>,
    /// The gem5 executable, absolute, or as that command finds it.
    pub gem5: PathBuf,
    /// The options of gem5 that do not depend on the id.
    pub gem5_args: Vec<String>,
    /// The changes to the environment that do not depend on the id.
    pub env: BTreeMap<String, Option<String>>,
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// The script, absolute.
    pub script: PathBuf,
}

/// Gives every MultiSim entry its axis.
pub(super) fn list(
    file: &mut ExperimentFile,
    root: &Node,
    source: &Path,
    overrides: &Overrides,
    files: &dyn Files,
    problems: &mut Problems,
) {
    // Of a file that is wrong already nothing is started.
    let wrong = problems.errors() > 0;
    // Taken out while they change, because what they are changed by is the file around them.
    let mut entries = file.simulations.take().unwrap_or_default();
    for entry in &mut entries {
        let Some(script) = entry.multisim.clone() else { continue };
        if wrong {
            entry.parameters_known = false;
            continue;
        }
        let before = problems.errors();
        let expansion = Expansion { file, root, source, overrides, files, made: &BTreeMap::new() };
        let listing = listing(&expansion, entry, &script, problems);
        if listing.is_none() && problems.errors() == before {
            let problem =
                Problem::error(script.at, "the ids cannot be listed: `gem5`, `cwd` or the script is not known");
            problems.push(problem.help("they may have constants of `with` in them, and not `${id}`"));
        }
        let ids = listing.and_then(|listing| {
            let ids = files.multisim_ids(&listing);
            ids.map_err(|reason| problems.push(no_ids(&script, &listing, &reason))).ok()
        });
        let Some(ids) = ids else {
            entry.parameters_known = false;
            continue;
        };
        let name = At { value: ID.to_owned(), at: script.at };
        let values = Values::Listed(
            ids.into_iter().map(|id| At { value: Step::Plain(Value::text(id)), at: script.at }).collect(),
        );
        let matrix = Matrix { axes: vec![Axis { name, values }], include: Vec::new(), exclude: Vec::new() };
        entry.matrix = Some(At { value: matrix, at: script.at });
        if entry.name.is_none() {
            let template =
                Template::parse(&Scalar::text("${id}")).expect("a placeholder with a good name is well-formed");
            entry.name = Some(At { value: template, at: script.at });
        }
    }
    file.simulations = Some(entries);
}

fn no_ids(script: &At<Template>, listing: &Listing, reason: &str) -> Problem {
    let shown = listing.script.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let message = format!("the simulations of `{}` cannot be listed: {reason}", brief(&shown));
    Problem::error(script.at, message)
        .help("`multisim` is for a script that uses `gem5.utils.multisim`; for any other write `script`")
}

/// What to list with, as far as it does not depend on the id. `None` when something is missing or wrong.
fn listing(
    expansion: &Expansion<'_>,
    entry: &Entry,
    script: &At<Template>,
    problems: &mut Problems,
) -> Option<Listing> {
    // Constants are all that is known.
    let constant =
        Entry { matrix: None, zip: None, include: None, exclude: None, repeat: None, seeds: None, ..entry.clone() };
    let outdir = Path::new("/");
    let sweep = Sweep::new(&constant, &expansion.around(outdir), problems)?;
    let room = Room::new();
    let scope = PointScope {
        unfolded: None,
        sweep: &sweep,
        entry: &constant,
        point: 0,
        needs: &[],
        after_step: false,
        outdir,
        experiment: "",
        room: &room,
    };
    let builder = Builder::new(expansion, "", outdir, &room);
    let front = builder.front(&scope, problems)?;
    let elsewhere = elsewhere(&front.words);
    let gem5 = builder.gem5(&scope, elsewhere, problems)?;
    let cwd = builder.cwd(&scope, problems)?;
    let before = problems.errors();
    let script = builder.script(script, &scope, elsewhere, problems).filter(|_| problems.errors() == before)?;
    let prefix = match elsewhere {
        Some(_) => builder.prefix(front, &scope, problems)?,
        None => Vec::new(),
    };
    let args = expansion.all(entry, |s| s.gem5_args.as_ref());
    let gem5_args = args.filter_map(|arg| scope.text(arg, &mut Problems::default())).collect();
    let env = expansion.all(entry, |s| s.env.as_ref()).filter_map(|(name, value)| {
        let value = value.as_ref().map(|value| scope.text(value, &mut Problems::default()).ok_or(()));
        Some((name.value.clone(), value.transpose().ok()?))
    });
    Some(Listing { prefix, gem5, gem5_args, env: env.collect(), cwd, script })
}
