//! The plan that an engine recorded, for an experiment file that is broken, gone or in the middle of an edit.
//!
//! It serves to look at what ran and to end what runs. Secrets are not recorded, so an engine that works on it launches
//! nothing that has one.

use std::fs;
use std::path::{Path, PathBuf};

use crate::commands::{Failure, output};
use crate::experiment::{DEFAULT_PARENT, Plan, sensible_name};
use crate::rundir::record::ExperimentRecord;
use crate::rundir::{ExperimentDir, atomic};
use crate::text::Safe;

/// What to do where nobody says in which directory the plan is recorded.
pub(super) const HINT: &str = "if it has run before, pass `--outdir DIR`, and the plan that is recorded there is used";

/// Whether an engine has worked in `outdir`.
pub(super) fn is_there(outdir: &Path) -> bool {
    ExperimentDir::new(outdir).experiment_record().is_file()
}

/// Directories that are looked into for a record: somebody may keep a thousand others there.
const LOOKED_INTO: usize = 256;

/// The experiment directory of the file `source`: the only one with a record of this file that is beside it, or where it is by
/// default.
pub(super) fn of_file(source: &Path) -> Option<PathBuf> {
    let beside = source.parent()?;
    let places = [beside.join(DEFAULT_PARENT), beside.to_owned()];
    let places = places.into_iter().filter_map(|place| fs::read_dir(place).ok());
    let is_of_file = |outdir: &PathBuf| {
        let record = atomic::read_json::<ExperimentRecord>(&ExperimentDir::new(outdir).experiment_record());
        record.ok().flatten().is_some_and(|record| record.plan.source == source)
    };
    let directories = places.flat_map(|place| place.flatten().take(LOOKED_INTO)).map(|entry| entry.path());
    let mut found = directories.filter(is_of_file);
    let only = found.next()?;
    found.next().is_none().then_some(only)
}

/// The plan that is recorded in the experiment directory `outdir`. `why` says what is wrong with the file, and is told.
pub(super) fn plan(outdir: &Path, why: &str) -> Result<Plan, Failure> {
    let plan = read(outdir).map_err(|what| Failure::Usage(format!("{why}; and {what}")))?;
    output::complain(&Safe::line(&format!(
        "warning: {why}; the plan that is recorded in {} is used",
        outdir.display()
    )));
    Ok(plan)
}

/// The plan that is recorded in the experiment directory `outdir`, or in a sentence why there is none.
pub(super) fn read(outdir: &Path) -> Result<Plan, String> {
    let path = ExperimentDir::new(outdir).experiment_record();
    let record = match atomic::read_json::<ExperimentRecord>(&path) {
        Ok(Some(record)) => record,
        Ok(None) => return Err(format!("no plan is recorded in {}", outdir.display())),
        Err(error) => return Err(error.to_string()),
    };
    // Names become paths. Those of a file were checked when it was read, and a record can be edited too.
    if let Some(strange) =
        record.plan.simulations.iter().find(|simulation| sensible_name(&simulation.name) != simulation.name)
    {
        return Err(format!("{} names a simulation `{}`, which nobody can be called", path.display(), strange.name));
    }
    // The directory may have been moved since.
    Ok(Plan { outdir: outdir.to_owned(), ..record.plan })
}
