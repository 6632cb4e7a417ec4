//! Results that gem5-tui never started: any tree of output directories.
//!
//! ```text
//! directories ─ find ─▶ output directories ─ pattern, config ─▶ rows with parameters ─ look, as everywhere ─▶ points
//! ```
//!
//! Which parameters a row has, a [`Naming`] tells: a pattern over the path, settings of gem5's configuration, or, where nothing is said,
//! the levels of directories that differ. Rows stand in the order of their values.
//!
//! The awkward truth: without a wait status nobody knows how gem5 ended, even where its log ends well and the last dump is complete.
//! Such a row is `unknown`, which is neither ok nor a failure, and counts only if the user says so.

mod config;
mod find;
mod judge;
mod pattern;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use find::{Output, Walk};
pub(super) use judge::{Judged, judge};
pub(crate) use pattern::Pattern;

use crate::experiment::{Parameter, ParameterValue, Program, Simulation};
use crate::rundir::{AttemptDir, attempts, threads};
use crate::text::{human, natural};

/// The outcome of a run of which nobody knows how it ended.
pub(crate) const UNKNOWN: &str = "unknown";

/// What a row is called by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Naming {
    /// Parameters from the path.
    pub(crate) pattern: Option<Pattern>,
    /// Parameters from the configuration: a name, and a setting such as `system.l2.size`.
    pub(crate) settings: Vec<(String, String)>,
}

/// Output directories with their parameters.
#[derive(Debug)]
pub(crate) struct Tree {
    /// In the order of their values.
    pub(super) runs: Vec<Run>,
    /// What all of them lie in.
    pub(super) place: PathBuf,
    /// What was left out, and what is doubtful.
    pub(crate) notes: Vec<String>,
}

/// One output directory.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// Where it lies, as people call it.
    pub(super) name: String,
    /// The directory.
    pub(super) m5out: PathBuf,
    /// What it differs in from the others.
    pub(super) parameters: Vec<Parameter>,
}

impl Tree {
    /// The rows as if they were simulations of a plan, for whoever checks names and values beside them.
    pub(crate) fn rows(&self) -> Vec<Simulation> {
        let row = |run: &Run| {
            let program = Program::Script { path: PathBuf::new(), args: Vec::new() };
            Simulation { parameters: run.parameters.clone(), ..Simulation::new(run.name.clone(), "", program, "") }
        };
        self.runs.iter().map(row).collect()
    }
}

/// Finds the output directories below `roots`.
///
/// # Errors
/// In a sentence, if there are none, or none that the naming fits.
pub(crate) fn find(roots: &[PathBuf], naming: &Naming) -> Result<Tree, String> {
    let mut walk = Walk::default();
    for (number, root) in roots.iter().enumerate() {
        let real = root.canonicalize().map_err(|error| format!("could not look into {}: {error}", root.display()))?;
        walk.below(&real, number);
    }
    let mut notes = walk.left_out();
    let mut found = newest_attempts(std::mem::take(&mut walk.found), &mut notes);
    // A directory that is named twice, or in another one, is there once.
    found.sort_by(|a, b| a.m5out.cmp(&b.m5out).then(a.root.cmp(&b.root)));
    found.dedup_by(|a, b| a.m5out == b.m5out);
    found.sort_by(|a, b| a.root.cmp(&b.root).then_with(|| natural::compare(&a.path, &b.path)));
    if found.is_empty() {
        let all: Vec<String> = roots.iter().map(|root| root.display().to_string()).collect();
        let told = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
        return Err(format!(
            "{} holds no output of gem5: no directory in it has a stats.txt, a config.ini or a config.json{told}",
            all.join(" ")
        ));
    }
    let paths = paths(&found, roots);
    let mut parameters = match &naming.pattern {
        Some(pattern) => by_pattern(pattern, &mut found, &paths, &mut notes)?,
        None if naming.settings.is_empty() => by_level(&paths),
        None => vec![Vec::new(); found.len()],
    };
    by_settings(&naming.settings, &found, &mut parameters, &mut notes)?;
    let place = common(&found);
    let mut runs: Vec<Run> = found
        .into_iter()
        .zip(parameters)
        .map(|(output, parameters)| Run { name: name(&output, roots), m5out: output.m5out, parameters })
        .collect();
    runs.sort_by(|a, b| by_values(&a.parameters, &b.parameters));
    Ok(Tree { runs, place, notes })
}

/// Whether the records of an attempt of ours are in this directory.
fn is_attempt(dir: &AttemptDir) -> bool {
    attempts::number(dir).is_some() && (dir.spec().is_file() || dir.exit().is_file())
}

/// Of a simulation of ours the newest attempt alone.
fn newest_attempts(found: Vec<Output>, notes: &mut Vec<String>) -> Vec<Output> {
    let attempt = |output: &Output| {
        let dir = AttemptDir::new(output.m5out.parent()?);
        is_attempt(&dir).then(|| attempts::number(&dir)).flatten()
    };
    let mut newest: HashMap<PathBuf, u32> = HashMap::new();
    let numbers: Vec<Option<u32>> = found.iter().map(attempt).collect();
    let holder = |output: &Output| output.m5out.parent().and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
    for (output, number) in found.iter().zip(&numbers) {
        if let Some(number) = number {
            let known = newest.entry(holder(output)).or_default();
            *known = (*known).max(*number);
        }
    }
    let before = found.len();
    let is_newest = |(output, number): &(Output, Option<u32>)| {
        number.is_none_or(|number| newest.get(&holder(output)) == Some(&number))
    };
    let kept: Vec<Output> = found.into_iter().zip(numbers).filter(is_newest).map(|(output, _)| output).collect();
    let earlier = (before - kept.len()) as u64;
    if earlier > 0 {
        notes.push(format!("{} left out: the newest one counts", human::plural(earlier, "earlier attempt")));
    }
    kept
}

/// What each is called: its path, below the name of its root where there are several.
fn paths(found: &[Output], roots: &[PathBuf]) -> Vec<String> {
    found.iter().map(|output| if roots.len() > 1 { name(output, roots) } else { output.path.clone() }).collect()
}

fn name(output: &Output, roots: &[PathBuf]) -> String {
    let root = roots.get(output.root).map(|root| root.display().to_string()).unwrap_or_default();
    let root = root.trim_end_matches('/').trim_start_matches("./");
    match (output.path.is_empty(), roots.len()) {
        (true, _) => root.to_owned(),
        (false, 1) => output.path.clone(),
        (false, _) => format!("{root}/{}", output.path),
    }
}

/// Parameters from the path by a pattern. What looks otherwise is left out.
fn by_pattern(
    pattern: &Pattern,
    found: &mut Vec<Output>,
    paths: &[String],
    notes: &mut Vec<String>,
) -> Result<Vec<Vec<Parameter>>, String> {
    let mut others = Vec::new();
    let mut ambiguous = Vec::new();
    let mut kept = Vec::new();
    let mut parameters = Vec::new();
    for (output, path) in found.drain(..).zip(paths) {
        match pattern.values(path) {
            Some(values) => {
                if let Some(other) = pattern.other_values(path) {
                    ambiguous.push((path, values.clone(), other));
                }
                parameters.push(values.into_iter().map(|(name, value)| parameter(name, value)).collect());
                kept.push(output);
            }
            None => others.push(path.clone()),
        }
    }
    *found = kept;
    let first = others.first().map(|first| format!("`{first}`")).unwrap_or_default();
    let pattern = pattern.text();
    if found.is_empty() {
        return Err(format!("no path looks like `{pattern}`: the first is {first}; the pattern is of all of it"));
    }
    if let [(path, taken, other), more @ ..] = ambiguous.as_slice() {
        let told = |values: &[(String, String)]| {
            values.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        };
        let more = match more.len() as u64 {
            0 => String::new(),
            more => format!(", and {} alike", human::plural(more, "other")),
        };
        notes.push(format!(
            "`{path}` fits `{pattern}` in several ways: it is taken for {}, and could be {}{more}; write more of the names into the pattern",
            told(taken),
            told(other)
        ));
    }
    match others.len() as u64 {
        0 => {}
        1 => notes.push(format!("{first} is left out: it does not look like `{pattern}`")),
        more => notes.push(format!(
            "{first} and {} are left out: they do not look like `{pattern}`",
            human::plural(more - 1, "other")
        )),
    }
    Ok(parameters)
}

/// A parameter for each level of directories that differs, called by its number, or as all names of that level begin: `l2=1MiB`.
fn by_level(paths: &[String]) -> Vec<Vec<Parameter>> {
    let split: Vec<Vec<&str>> =
        paths.iter().map(|path| path.split('/').filter(|name| !name.is_empty()).collect()).collect();
    let levels = split.iter().map(Vec::len).max().unwrap_or_default();
    let mut parameters: Vec<Vec<Parameter>> = vec![Vec::new(); paths.len()];
    for level in 0..levels {
        let names: Vec<Option<&str>> = split.iter().map(|path| path.get(level).copied()).collect();
        if names.iter().collect::<BTreeSet<_>>().len() < 2 {
            continue;
        }
        let mut begin = names.iter().flatten().map(|name| name.split_once('=').map(|(begin, _)| begin));
        let first = begin.next().flatten().filter(|first| !first.is_empty());
        let called = first.filter(|first| begin.all(|one| one == Some(first)));
        for (name, parameters) in names.iter().zip(&mut parameters) {
            parameters.push(match (name, called) {
                (Some(name), Some(called)) => {
                    parameter(called.to_owned(), name.split_once('=').map_or(*name, |(_, value)| value).to_owned())
                }
                (Some(name), None) => parameter(format!("dir{}", level + 1), (*name).to_owned()),
                (None, called) => Parameter {
                    name: called.map_or_else(|| format!("dir{}", level + 1), str::to_owned),
                    value: ParameterValue::Absent,
                },
            });
        }
    }
    parameters
}

/// Parameters from the configuration.
fn by_settings(
    settings: &[(String, String)],
    found: &[Output],
    parameters: &mut [Vec<Parameter>],
    notes: &mut Vec<String>,
) -> Result<(), String> {
    let paths: Vec<&str> = settings.iter().map(|(_, path)| path.as_str()).collect();
    let read = |at: usize| found.get(at).map(|output| config::values(&output.m5out, &paths)).unwrap_or_default();
    let values = threads::for_each(if paths.is_empty() { 0 } else { found.len() }, None, read);
    let mut without: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for ((output, parameters), values) in found.iter().zip(parameters.iter_mut()).zip(values) {
        for ((name, setting), value) in settings.iter().zip(values.unwrap_or_default()) {
            if parameters.iter().any(|known| known.name == *name) {
                return Err(format!("`{name}` is a parameter of the pattern already; call one of them otherwise"));
            }
            parameters.push(if let Some(value) = value {
                parameter(name.clone(), value)
            } else {
                without.entry(setting).or_default().push(&output.path);
                Parameter { name: name.clone(), value: ParameterValue::Absent }
            });
        }
    }
    for (setting, those) in without {
        if those.len() == found.len() {
            return Err(format!(
                "no config.ini or config.json has `{setting}`; it is the path of an object and a setting of it, such as `system.l2.size`"
            ));
        }
        let first = those.first().copied().unwrap_or_default();
        let more = those.len() as u64 - 1;
        let more = if more > 0 { format!(" and {}", human::plural(more, "other")) } else { String::new() };
        notes.push(format!("the configuration of `{first}`{more} does not tell `{setting}`"));
    }
    Ok(())
}

/// A parameter of a text that may be a number.
fn parameter(name: String, text: String) -> Parameter {
    let number = text.parse::<u64>().map(serde_json::Number::from).ok();
    let number = number.or_else(|| text.parse::<i64>().map(serde_json::Number::from).ok());
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    let number = number.or_else(|| text.parse().ok().filter(|_| is_decimal).and_then(serde_json::Number::from_f64));
    match number {
        Some(value) => Parameter { name, value: ParameterValue::Number { value, text } },
        None => Parameter::text(name, text),
    }
}

/// The order of values: numbers and sizes as what they are, other names as people expect.
fn by_values(a: &[Parameter], b: &[Parameter]) -> Ordering {
    let pairs = a.iter().zip(b).map(|(a, b)| match (a.value.number(), b.value.number()) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => natural::compare(a.value.as_written(), b.value.as_written()),
    });
    pairs.fold(Ordering::Equal, Ordering::then)
}

/// The directory that all of them lie in.
fn common(found: &[Output]) -> PathBuf {
    let mut place = found.first().map(|first| first.m5out.clone()).unwrap_or_default();
    while !found.iter().all(|output| output.m5out.starts_with(&place)) && place.pop() {}
    place
}
