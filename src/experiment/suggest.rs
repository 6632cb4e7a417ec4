//! "Did you mean": the nearest known word, and words that other tools use.

/// Names that are compared at most. More cost time, and a name that far down is found by looking.
const MAX_CANDIDATES: usize = 20_000;

/// The candidate that `word` is most likely a slip of, if one is near enough.
pub(super) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // A third of the letters may be wrong, as compilers allow it.
    let allowed = (word.chars().count() / 3).max(1);
    let folded = word.to_lowercase().replace('-', "_");
    candidates
        .into_iter()
        .take(MAX_CANDIDATES)
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= allowed)
        .map(|candidate| (strsim::osa_distance(&folded, &candidate.to_lowercase().replace('-', "_")), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// What other tools call our keys.
const SYNONYMS: &[(&str, &[&str])] = &[
    ("simulations", &["runs", "jobs", "tasks", "sims", "experiments", "processes"]),
    ("concurrency", &["parallel", "parallelism", "max_parallel", "max_concurrent", "workers", "threads", "cores"]),
    ("matrix", &["sweep", "params", "parameters", "grid", "axes", "product", "sweeps"]),
    ("with", &["vars", "variables", "constants", "const", "let"]),
    ("env", &["environment", "environ", "env_vars"]),
    ("args", &["arguments", "argv", "script_args", "params", "parameters"]),
    ("gem5_args", &["gem5_options", "options", "flags", "gem5_flags", "debug_flags"]),
    ("gem5", &["binary", "executable", "gem5_binary", "gem5_path", "exe"]),
    ("script", &["config", "command", "cmd", "run", "file", "config_script"]),
    ("target", &["function", "func", "call"]),
    ("multisim", &["multi_sim", "multisims", "multisim_script", "simulators"]),
    ("needs", &["depends_on", "depends", "dependencies", "after", "requires"]),
    ("cwd", &["workdir", "working_dir", "working_directory", "dir", "directory", "chdir"]),
    ("outdir", &["output", "output_dir", "out", "results", "rundir"]),
    ("timeout", &["time_limit", "limit", "max_time", "walltime"]),
    ("stall", &["stalled", "stall_timeout", "no_progress", "hang", "hung", "watchdog", "idle_timeout"]),
    ("max_output", &["max_size", "output_limit", "max_output_size", "disk_limit", "disk"]),
    ("min_free_disk", &["min_disk", "min_free", "free_disk", "disk_reserve", "reserve_disk"]),
    ("poll_stats", &["stats_interval", "dump_stats", "dump_interval", "stats_every", "poll"]),
    ("success", &["ok", "ok_if", "success_if", "passed_if", "check", "verify"]),
    ("retries", &["retry", "attempts", "max_retries"]),
    ("memory", &["mem", "ram"]),
    ("watch", &["stats", "metrics", "columns"]),
];

/// Our word for another tool's, if it is among `known`.
pub(super) fn synonym<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let folded = word.to_lowercase().replace('-', "_");
    let ours = SYNONYMS.iter().filter(|(_, theirs)| theirs.contains(&folded.as_str())).map(|(ours, _)| *ours);
    ours.into_iter().find_map(|ours| known.iter().copied().find(|key| *key == ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let keys = ["matrix", "memory", "gem5_args", "env"];
        assert_eq!(nearest("matrx", keys), Some("matrix"));
        assert_eq!(nearest("Matrix", keys), Some("matrix"));
        assert_eq!(nearest("gem5-args", keys), Some("gem5_args"));
        assert_eq!(nearest("nev", keys), Some("env"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(synonym("depends-on", &["args", "needs"]), Some("needs"));
        assert_eq!(synonym("depends-on", &["args"]), None);
    }
}
