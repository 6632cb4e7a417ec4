//! The names of jobs: one for each time that an attempt is handed in and no other, by which it is found when its number was never
//! heard.

use sha2::{Digest, Sha256};

use crate::engine::executor::job::NAMES;
use crate::rundir::record::Moment;
use crate::rundir::{ExperimentDir, SimulationDir};
use crate::text::human;

/// So much of a simulation's name is kept, in bytes.
const MOST: usize = 40;

/// How the names of an experiment's jobs begin.
pub(super) fn prefix(outdir: &ExperimentDir) -> String {
    format!("{NAMES}{}-", &hash(outdir.name().to_string_lossy().as_bytes())[..8])
}

/// The name of the job of an experiment's engine, which no attempt has.
pub(super) fn engine_name(outdir: &ExperimentDir) -> String {
    format!("{NAMES}engine-{}", &hash(outdir.name().to_string_lossy().as_bytes())[..8])
}

/// The name of the job of attempt `number`, handed in at this time: what came to nothing is handed in again under the same number,
/// and the job of before must not be taken for the new one.
pub(super) fn job_name(outdir: &ExperimentDir, simulation: &SimulationDir, number: u32, at: Moment) -> String {
    let name = simulation.name().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{}{}-t{number}-{:x}", prefix(outdir), plain(&name), at.unix_ms)
}

/// Letters, digits, `_` and `-` only, which every batch system takes and none expands; a hash where that says less than the name.
fn plain(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let kept: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).take(MOST).collect();
    if kept == name { kept } else { format!("{kept}-{}", &hash(name.as_bytes())[..6]) }
}

fn hash(bytes: &[u8]) -> String {
    human::hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_attempts_share_a_name_whatever_they_are_called() {
        let outdir = ExperimentDir::new("/lab/runs");
        let now = Moment::now();
        let of = |name: &str, number| job_name(&outdir, &outdir.simulation(name), number, now);
        let long = "x".repeat(60);
        let names = [of("a.b", 1), of("a_b", 1), of("a b", 1), of("a", 1), of("a", 2), of("a", 12), of(&long, 1)];
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
        assert!(names.iter().all(|name| name.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-".contains(&c))));
        let elsewhere = ExperimentDir::new("/lab/others");
        assert_ne!(job_name(&elsewhere, &elsewhere.simulation("a"), 1, now), of("a", 1));
        let later = Moment { unix_ms: now.unix_ms + 1, ..now };
        assert_ne!(
            job_name(&outdir, &outdir.simulation("a"), 1, later),
            of("a", 1),
            "the same attempt, handed in again"
        );
    }
}
