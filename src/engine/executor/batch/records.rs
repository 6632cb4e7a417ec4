//! The records of a job, as the engine writes and reads them.

use crate::engine::executor::job::Sought;
use crate::rundir::attempts;
use crate::rundir::record::JobRecords;
use crate::rundir::record::{FORMAT, Moment, Submitted, Submitting};
use crate::rundir::{AttemptDir, atomic};

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

/// What its records tell of the job of an attempt; none if it was never about to be handed in, or they cannot be read now.
pub(super) async fn read(dir: &AttemptDir) -> Option<JobRecords> {
    let dir = dir.clone();
    on_disk(move || attempts::read_job(&dir).ok()).await.flatten()
}

/// What a job that is followed is known by.
pub(super) fn sought(dir: &AttemptDir) -> Option<Sought> {
    let submitting: Submitting = atomic::read_json(&dir.submitting()).ok().flatten()?;
    let submitted: Option<Submitted> = atomic::read_json(&dir.submitted()).ok().flatten();
    Some(Sought {
        name: submitting.job_name,
        id: submitted.map(|submitted| submitted.id),
        since_unix_s: submitting.at.unix_ms / 1000,
    })
}

/// Looks at the disk in another thread: one that does not answer must not hold up the loop.
pub(super) async fn on_disk<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(look).await.ok()
}
