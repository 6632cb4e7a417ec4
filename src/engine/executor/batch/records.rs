//! The records of a job, as the engine writes and reads them.

use crate::engine::executor::job::Sought;
use crate::rundir::record::{FORMAT, JobRecords, Moment, Submitted, Submitting};
use crate::rundir::{AttemptDir, atomic, attempts};

/// The record of a job whose number is known.
pub(super) fn submitted(system: &str, job_name: &str, id: &str) -> Submitted {
    Submitted {
        format: FORMAT,
        system: system.to_owned(),
        job_name: job_name.to_owned(),
        id: id.to_owned(),
        at: Moment::now(),
    }
}

/// The system that has, or may have, the job of an attempt, and what that is known by; none if it was never about to be handed in, or
/// the records cannot be read now. Blocks.
pub(super) fn handed_in(dir: &AttemptDir) -> Option<(String, Sought)> {
    let JobRecords { submitting, submitted, .. } = attempts::read_job(dir).ok()?;
    let Submitting { system, job_name, at, .. } = submitting?;
    Some((system, sought(job_name, submitted.map(|submitted| submitted.id), at)))
}

/// What a job that is followed is known by. One whose number cannot be read is reached by its name. Blocks.
pub(super) fn followed(dir: &AttemptDir) -> Option<Sought> {
    let submitting: Submitting = atomic::read_json(&dir.submitting()).ok().flatten()?;
    let submitted: Option<Submitted> = atomic::read_json(&dir.submitted()).ok().flatten();
    Some(sought(submitting.job_name, submitted.map(|submitted| submitted.id), submitting.at))
}

/// What a job that was handed in at this time is looked for by.
pub(super) fn sought(name: String, id: Option<String>, handed_in: Moment) -> Sought {
    Sought { name, id, since_unix_s: handed_in.unix_ms / 1000 }
}
