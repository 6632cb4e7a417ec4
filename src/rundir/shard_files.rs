//! Which shards of an experiment have files in its directory.

use std::fs;

use super::layout::ExperimentDir;
use super::shard::Shard;

/// The shards that have or had an engine, in no order.
pub(super) fn locked(dir: &ExperimentDir) -> Vec<Shard> {
    with(dir, "engine", "lock")
}

/// The shards whose engines have recorded what they know of the plan, in no order.
pub(crate) fn recorded(dir: &ExperimentDir) -> Vec<Shard> {
    with(dir, "experiment", "json")
}

fn with(dir: &ExperimentDir, stem: &str, extension: &str) -> Vec<Shard> {
    let entries = fs::read_dir(dir.path()).into_iter().flatten().flatten();
    entries.filter_map(|entry| Shard::of_file(entry.file_name().to_str()?, stem, extension)).collect()
}
