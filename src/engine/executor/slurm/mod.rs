//! Speaking with Slurm: which words its commands are given, and what their answers mean. No command is run here.
//!
//! | file | speaks with |
//! |---|---|
//! | [`sbatch`] | `sbatch`, which takes a job: its arguments and its answers |
//! | [`sinfo`] | `sinfo`, which knows the limits of partitions |
//! | [`squeue`], [`sacct`], [`scontrol`] | those that tell of jobs, all as a [`row::Row`] |
//! | [`actions`] | `scancel` and `scontrol`, which end, signal, hold and release jobs |
//!
//! What a row means is told by [`states`] and, of a job that waits, [`reasons`]; [`log`] finds what Slurm writes into the log of
//! a job, [`exit`] reads its wait status. [`cadence`] says when to ask again.
//!
//! Only the text formats are read: the JSON of Slurm ignores filters and changes its shape from release to release.
//!
//! The awkward truth: Slurm forgets a job minutes after its end, uses its number again, takes jobs of which it could not tell
//! us, and says "no such job" of those it has yet to write down. So a job is known by its name, an error of a query is no
//! answer, a missing row is no end, and neither is a state with a name that nobody here has heard of.

pub(super) mod actions;
pub(super) mod cadence;
pub(super) mod exit;
pub(super) mod log;
pub(super) mod reasons;
pub(super) mod row;
pub(super) mod sacct;
pub(super) mod sbatch;
pub(super) mod scontrol;
pub(super) mod sinfo;
pub(super) mod squeue;
pub(super) mod states;
pub(super) mod words;

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    /// One command of a transcript of a real Slurm and what it said.
    #[derive(Debug, Default)]
    pub(super) struct Said {
        pub(super) command: String,
        pub(super) stdout: String,
        pub(super) stderr: String,
        pub(super) code: Option<i32>,
    }

    /// A file of the folder that `GEM5_TUI_SLURM_SAMPLES` names.
    pub(super) fn sample(name: &str) -> Option<String> {
        let Some(folder) = std::env::var_os("GEM5_TUI_SLURM_SAMPLES").map(PathBuf::from) else {
            eprintln!("skipped: GEM5_TUI_SLURM_SAMPLES is not set");
            return None;
        };
        Some(std::fs::read_to_string(folder.join(name)).unwrap())
    }

    /// The commands of a transcript that have the word in them.
    pub(super) fn transcript(name: &str, word: &str) -> Vec<Said> {
        let Some(text) = sample(name) else { return Vec::new() };
        let mut all: Vec<Said> = Vec::new();
        for line in text.lines() {
            if let Some(command) = line.strip_prefix("$ ").or_else(|| line.strip_prefix("# ")) {
                all.push(Said { command: command.to_owned(), ..Said::default() });
                continue;
            }
            let Some(said) = all.last_mut() else { continue };
            if said.code.is_some() {
                continue;
            }
            let (line, code) = match line.strip_suffix(']').and_then(|line| line.rsplit_once("[exit ")) {
                Some((before, code)) => (before, Some(code.parse().unwrap())),
                None => (line, None),
            };
            said.code = code;
            if let Some(error) = line.strip_prefix("[stderr] ") {
                said.stderr.extend([error, "\n"]);
            } else if code.is_none() || !line.is_empty() {
                said.stdout.extend([line, "\n"]);
            }
        }
        all.retain(|said| said.command.contains(word) && said.code.is_some());
        assert!(!all.is_empty(), "{name} has no {word}");
        all
    }
}
