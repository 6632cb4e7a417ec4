//! Which variables the commands of Slurm are given.

use std::collections::BTreeMap;

/// What every command is given besides: moments as seconds since the Unix epoch, in no time zone.
const SET: [(&str, &str); 1] = [("SLURM_TIME_FORMAT", "%s")];

/// Whether a command must not see this variable of ours. `SBATCH_PARTITION`, `SQUEUE_STATES` and their like change what is asked
/// for behind our back, and inside a job the `SLURM_` variables of that job would. Those that say how to reach the cluster stay.
fn withheld(name: &str) -> bool {
    const OF_SLURM: [&str; 6] = ["SLURM_", "SBATCH_", "SQUEUE_", "SACCT_", "SCANCEL_", "SCONTROL_"];
    let reaches = name == "SLURM_JWT" || name.starts_with("SLURM_CONF") || name.starts_with("SLURM_SACK");
    !reaches && OF_SLURM.iter().any(|prefix| name.starts_with(prefix))
}

/// What to change of our environment for a command: a value sets a variable, none removes it.
pub(crate) fn changes() -> BTreeMap<String, Option<String>> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    changes_of(names)
}

fn changes_of(names: impl Iterator<Item = String>) -> BTreeMap<String, Option<String>> {
    let mut changes: BTreeMap<String, Option<String>> =
        names.filter(|name| withheld(name)).map(|name| (name, None)).collect();
    changes.extend(SET.iter().map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned()))));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moments in the time zone of the caller would be hours off.
    #[test]
    fn moments_are_asked_for_as_numbers() {
        assert!(SET.contains(&("SLURM_TIME_FORMAT", "%s")) && withheld("SLURM_TIME_FORMAT"));
    }

    #[test]
    fn a_variable_of_a_person_does_not_change_what_is_asked_for() {
        for name in
            ["SBATCH_PARTITION", "SQUEUE_FORMAT", "SQUEUE_STATES", "SLURM_CLUSTERS", "SLURM_JOB_ID", "SACCT_FORMAT"]
        {
            assert!(withheld(name), "{name}");
        }
        for name in ["PATH", "HOME", "SLURM_CONF", "SLURM_CONF_SERVER", "SLURM_JWT", "SLURMDIR"] {
            assert!(!withheld(name), "{name}");
        }
    }
}
