//! The plan that an engine recorded, for an experiment file that is broken, gone or in the middle of an edit.
//!
//! It serves to look at what ran and to end what runs. Secrets are not recorded, so an engine that works on it launches
//! nothing that has one.

use std::path::Path;

use crate::commands::{Failure, output};
use crate::experiment::{Plan, sensible_name};
use crate::rundir::record::ExperimentRecord;
use crate::rundir::{ExperimentDir, atomic};
use crate::text::Safe;

/// What to do where nobody says in which directory the plan is recorded.
pub(super) const HINT: &str = "if it has run before, pass `--outdir DIR`, and the plan that is recorded there is used";

/// Whether an engine has worked in `outdir`.
pub(super) fn is_there(outdir: &Path) -> bool {
    ExperimentDir::new(outdir).experiment_record().is_file()
}

/// The plan that is recorded in the experiment directory `outdir`. `why` says what is wrong with the file, and is told.
pub(super) fn plan(outdir: &Path, why: &str) -> Result<Plan, Failure> {
    let path = ExperimentDir::new(outdir).experiment_record();
    let unusable = |what: String| Failure::Usage(format!("{why}; and {what}"));
    let record = match atomic::read_json::<ExperimentRecord>(&path) {
        Ok(Some(record)) => record,
        Ok(None) => return Err(unusable(format!("no plan is recorded in {}", outdir.display()))),
        Err(error) => return Err(unusable(error.to_string())),
    };
    // Names become paths. Those of a file were checked when it was read, and a record can be edited too.
    if let Some(strange) =
        record.plan.simulations.iter().find(|simulation| sensible_name(&simulation.name) != simulation.name)
    {
        return Err(unusable(format!(
            "{} names a simulation `{}`, which nobody can be called",
            path.display(),
            strange.name
        )));
    }
    output::complain(&Safe::line(&format!(
        "warning: {why}; the plan that is recorded in {} is used",
        outdir.display()
    )));
    // The directory may have been moved since.
    Ok(Plan { outdir: outdir.to_owned(), ..record.plan })
}
