//! The plan that stands in an experiment directory: one record, and one more for each shard whose engine has added to it.

use super::atomic::{self, RecordError};
use super::layout::ExperimentDir;
use super::record::ExperimentRecord;
use super::shard_files;
use crate::experiment::keep_spawned;

/// What engines have recorded of the plan: the newest of what they wrote, with what suites have spawned in any of them. None if
/// there is no record.
///
/// # Errors
/// When the record of the whole cannot be read. One of a shard that cannot be read is passed over.
pub fn read(outdir: &ExperimentDir) -> Result<Option<ExperimentRecord>, RecordError> {
    // Those of shards first: who removes them has written the other one before.
    let of_shards = shard_files::recorded(outdir).into_iter();
    let mut records: Vec<ExperimentRecord> =
        of_shards.filter_map(|shard| atomic::read_json(&outdir.experiment_record_of(shard)).ok().flatten()).collect();
    let Some(whole) = atomic::read_json::<ExperimentRecord>(&outdir.experiment_record())? else { return Ok(None) };
    records.push(whole);
    records.sort_by_key(|record| record.at.unix_ms);
    let newest = records.pop();
    Ok(newest.map(|mut newest| {
        for record in records.iter().rev() {
            keep_spawned(&mut newest.plan, &record.plan.simulations);
        }
        newest
    }))
}
