//! Jobs that have a name of this experiment and that no attempt has: they came late, after their attempt was given up, or their
//! directory was deleted. They are told and never ended: they may be somebody's.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use super::name;
use crate::engine::executor::job::{Jobs, Stage};
use crate::rundir::record::Submitting;
use crate::rundir::{ExperimentDir, SimulationDir, atomic, attempts};

/// So many are told one by one.
const MOST: usize = 3;

/// Knows the jobs of an experiment.
#[derive(Debug)]
pub(super) struct Strangers {
    outdir: ExperimentDir,
    prefix: String,
    /// Names that an attempt has. It keeps them as long as its job lives.
    known: HashSet<String>,
}

impl Strangers {
    /// Of this experiment.
    pub(super) fn of(outdir: &ExperimentDir) -> Self {
        Self { outdir: outdir.clone(), prefix: name::prefix(outdir), known: HashSet::new() }
    }

    /// What to say of those among these jobs. Blocks.
    pub(super) fn among(&mut self, jobs: &Jobs, is_followed: impl Fn(&str) -> bool) -> Vec<String> {
        let lives = |stage: &Stage| !matches!(stage, Stage::Over(_));
        let ours = jobs.named.iter().filter(|(name, job)| name.starts_with(&self.prefix) && lives(&job.stage));
        let mut strange: Vec<(&String, &String)> =
            ours.map(|(name, job)| (&job.id, name)).filter(|(_, name)| !is_followed(name)).collect();
        if strange.iter().any(|(_, name)| !self.known.contains(*name)) {
            self.known.extend(recorded(self.outdir.path()));
        }
        strange.retain(|(_, name)| !self.known.contains(*name));
        strange.sort_unstable();
        let more = strange.len().saturating_sub(MOST);
        let told = strange.iter().take(MOST);
        let mut told: Vec<String> =
            told.map(|(id, name)| format!("job {id} ({name}) belongs to no attempt; `scancel {id}` ends it")).collect();
        if more > 0 {
            told.push(format!("{more} more jobs of this experiment belong to no attempt"));
        }
        told
    }
}

/// The names of all jobs that attempts were handed in as.
fn recorded(outdir: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(outdir).into_iter().flatten().flatten() {
        let simulation = SimulationDir::new(entry.path());
        for number in attempts::numbers(&simulation).unwrap_or_default() {
            let record = atomic::read_json::<Submitting>(&simulation.attempt(number).submitting());
            names.extend(record.ok().flatten().map(|record| record.job_name));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::executor::job::JobStatus;
    use crate::rundir::record::{FORMAT, JobFate, Moment};

    #[test]
    fn a_job_of_ours_that_no_attempt_has_is_told_and_no_other() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        let mut strangers = Strangers::of(&outdir);
        let simulation = outdir.simulation("a");
        let name = |number| name::job_name(&outdir, &simulation, number, Moment::now());
        let (recorded, followed, over, strange) = (name(1), name(2), name(3), name(4));
        let attempt = simulation.attempt(1);
        fs::create_dir_all(attempt.path()).unwrap();
        let (system, job_name, at) = ("slurm".to_owned(), recorded.clone(), Moment::now());
        atomic::write_json(
            &attempt.submitting(),
            &Submitting { format: FORMAT, system, job_name, at, command: Vec::new() },
        )
        .unwrap();
        let job = |id: &str, stage| {
            let (id, state, reason) = (id.to_owned(), String::new(), String::new());
            JobStatus { id, stage, node: None, state, reason, code: None }
        };
        let named = [
            (recorded, job("1", Stage::Runs)),
            (followed.clone(), job("2", Stage::Runs)),
            (over, job("3", Stage::Over(JobFate::Ended))),
            (strange.clone(), job("4", Stage::Runs)),
            ("g5-00000000-a-t1-0".to_owned(), job("5", Stage::Runs)),
        ];
        let jobs = Jobs { named: named.into(), ..Jobs::default() };
        let told = strangers.among(&jobs, |name| name == followed);
        assert_eq!(told, [format!("job 4 ({strange}) belongs to no attempt; `scancel 4` ends it")]);
    }
}
