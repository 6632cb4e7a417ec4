//! The plan that an engine recorded, for an experiment file that is broken, gone or in the middle of an edit.
//!
//! It serves to look at what ran and to end what runs. Secrets are not recorded, so an engine that works on it launches
//! nothing that has one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::commands::{load, script};
use crate::experiment::{DEFAULT_PARENT, Plan, Program, Simulation, keep_spawned, sensible_name};
use crate::rundir::atomic::RecordError;
use crate::rundir::{ExperimentDir, Lease, planned};
use crate::spawn::identity;

/// Why a directory tells no plan.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordedError {
    /// Nothing is recorded.
    #[error("no plan is recorded in {}", .0.display())]
    Missing(PathBuf),
    /// The record cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Names become paths. Those of a file were checked when it was read, and a record can be edited too.
    #[error("{} names a simulation `{name}`, which nobody can be called", path.display())]
    StrangeName {
        /// The record.
        path: PathBuf,
        /// The name.
        name: String,
    },
}

/// Whether an engine has worked in `outdir`.
pub(super) fn is_there(outdir: &Path) -> bool {
    ExperimentDir::new(outdir).experiment_record().is_file()
}

/// Whether an engine of this or another host has the experiment in `outdir`, or a shard of it.
pub(super) fn has_engine(outdir: &Path) -> bool {
    let Ok(me) = identity::own() else { return false };
    let dir = ExperimentDir::new(outdir);
    Lease::holder(&dir, &me).is_ok_and(|holder| holder.is_some())
        || Lease::shards(&dir, &me).is_ok_and(|shards| !shards.is_empty())
}

/// Directories that are looked into for a record: somebody may keep a million others there.
const LOOKED_INTO: usize = 4096;

/// The experiment directory of the file `source` in which an engine works: the only one that is beside it, or where it is by
/// default. Without an engine an older directory of the same file might be taken for it.
pub(super) fn of_engine(source: &Path) -> Option<PathBuf> {
    let beside = source.parent()?;
    let places = [beside.join(DEFAULT_PARENT), beside.to_owned()];
    let directories = places.into_iter().filter_map(|place| fs::read_dir(place).ok());
    let directories = directories.flat_map(|place| place.flatten().take(LOOKED_INTO)).map(|entry| entry.path());
    let has_record = directories.filter(|outdir| is_there(outdir) && has_engine(outdir));
    let is_of_file = |outdir: &PathBuf| read(outdir).is_ok_and(|plan| plan.source == source);
    // A link beside it is no second one.
    let real = has_record.filter(is_of_file).filter_map(|outdir| fs::canonicalize(outdir).ok());
    let mut found: BTreeSet<PathBuf> = real.collect();
    found.pop_first().filter(|_| found.is_empty())
}

/// The experiment directory that a file tells which cannot be read as a whole, by the lines that would tell it. None where they
/// are not there, or may be there in another form.
pub(super) fn told_by(text: &str, source: &Path) -> Option<PathBuf> {
    let line = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    let beside = source.parent()?;
    if line("outdir").is_none() && text.contains("outdir") {
        return None;
    }
    match (line("outdir"), line("name")) {
        (Some(outdir), _) => Some(beside.join(literal(outdir)?)),
        (None, Some(name)) => {
            let name = literal(name).filter(|name| sensible_name(name) == *name)?;
            Some(beside.join(DEFAULT_PARENT).join(name))
        }
        // It may be empty for the moment in which an editor writes it.
        (None, None) => None,
    }
}

/// A plain or quoted scalar of YAML on one line. None for anything else.
fn literal(value: &str) -> Option<&str> {
    let value = value.trim();
    let plain = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split(" #").next()?.trim_end(),
    };
    let is_plain =
        !plain.is_empty() && !plain.starts_with(['#', '&', '*', '!', '|', '>', '[', '{']) && !plain.contains("${");
    is_plain.then_some(plain)
}

/// The plan that is recorded in the experiment directory `outdir`.
pub(super) fn read(outdir: &Path) -> Result<Plan, RecordedError> {
    let path = ExperimentDir::new(outdir).experiment_record();
    let record = planned::read(&ExperimentDir::new(outdir))?;
    let plan = record.ok_or_else(|| RecordedError::Missing(outdir.to_owned()))?.plan;
    let strange = |simulation: &&Simulation| sensible_name(&simulation.name) != simulation.name;
    if let Some(Simulation { name, .. }) = plan.simulations.iter().find(strange) {
        return Err(RecordedError::StrangeName { path, name: name.clone() });
    }
    // The directory may have been moved since.
    Ok(Plan { outdir: outdir.to_owned(), ..plan })
}

/// The arguments that the script `named` in place of a file was given when it ran. None are those of a script that has not run, and of
/// what is no script.
pub(super) fn script_args(named: &Path, outdir: Option<&Path>) -> Vec<String> {
    let given = || {
        let source = load::resolved(named).ok().filter(|source| script::is_one(source))?;
        let outdir = outdir.map_or_else(|| script::outdir(&source), Path::to_owned);
        let plan = read(&outdir).ok().filter(|plan| plan.source == source)?;
        plan.simulations.into_iter().find_map(|simulation| match simulation.run.program()? {
            Program::Script { path, args } if *path == source => Some(args.clone()),
            Program::Suite(suite) if suite.path == source => Some(suite.args.clone()),
            _ => None,
        })
    };
    given().unwrap_or_default()
}

/// Adds to a plan of a file what its suites have spawned, as far as the record in its directory can be read.
pub(super) fn keep_spawned_in(plan: &mut Arc<Plan>) {
    if plan.simulations.iter().any(|simulation| simulation.suite().is_some())
        && let Ok(recorded) = read(&plan.outdir)
    {
        keep_spawned(Arc::make_mut(plan), &recorded.simulations);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_still_tells_its_directory() {
        let source = Path::new("/lab/l2-sweep.yaml");
        for (text, outdir) in [
            ("", None),
            ("simulations: [\n", None),
            ("name: x\n\"outdir\": out\n", None),
            ("{name: x, outdir: out\n", None),
            ("name: x\nsimulations: [\n", Some("/lab/runs/x")),
            ("name: 'x' # the first\n", Some("/lab/runs/x")),
            ("name: x\noutdir: out # here\n  outdir: not/here\n", Some("/lab/out")),
            ("outdir: \"/big disk/x\"\n", Some("/big disk/x")),
            ("outdir: out/${n}\n", None),
            ("outdir:\n  - x\n", None),
            ("outdir: [x\n", None),
            ("name: ../x\n", None),
        ] {
            assert_eq!(told_by(text, source), outdir.map(PathBuf::from), "{text:?}");
        }
    }
}
