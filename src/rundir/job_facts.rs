//! What the records of a job tell, for a person: where it was handed in, how, and what to type to ask for it.

use super::record::{JobEnd, JobRecords, Started};
use crate::experiment::executor::system_name;
use crate::text::{human, shell};

/// A name, and what there is to say.
pub type Fact = (&'static str, String);

/// What the records tell. Nothing, of an attempt that no batch system was to have. What they hold comes from outside.
pub fn facts(job: &JobRecords, started: Option<&Started>, has_ended: bool) -> Vec<Fact> {
    let Some(submitting) = &job.submitting else { return Vec::new() };
    let id = job.submitted.as_ref().map(|submitted| submitted.id.as_str());
    let id = id.or_else(|| job.end.as_ref()?.id.as_deref());
    let node = started.map(|started| started.shim.host.as_str()).or_else(|| job.end.as_ref()?.node.as_deref());
    let on = node.map(|node| format!(" on {node}")).unwrap_or_default();
    let number = id.unwrap_or("(its number is not known)");
    let mut facts =
        vec![("job", format!("{number} of {}{on}, called {}", system_name(&submitting.system), submitting.job_name))];
    // The clock of its node may be another one than ours.
    let waited = started.map(|started| started.at.unix_ms.saturating_sub(submitting.at.unix_ms)).filter(|ms| *ms > 0);
    let waited = waited.map(|ms| format!(", started after {}", human::span(ms.unsigned_abs()))).unwrap_or_default();
    facts.push(("submitted", format!("{}{waited}", human::local_time(submitting.at.unix_ms))));
    if let Some(JobEnd { state, reason, at, .. }) = &job.end {
        let said: Vec<&str> = [state.as_str(), reason].into_iter().filter(|said| !said.is_empty()).collect();
        facts.push(("its end", format!("{}, seen {}", said.join(", "), human::local_time(at.unix_ms))));
    }
    if let Some(id) = id.filter(|_| submitting.system == "slurm") {
        facts.extend(slurm(id, started.is_some(), has_ended || job.end.is_some()));
    }
    if !submitting.command.is_empty() {
        facts.push(("handed in", shell::join(&submitting.command).into_string()));
    }
    facts
}

/// What a person types to know more of a job of Slurm, or to end it.
fn slurm(id: &str, has_started: bool, has_ended: bool) -> Vec<Fact> {
    let id = shell::quote(id);
    let (starts, shows) = (format!("squeue -j {id} --start"), format!("scontrol show job {id}"));
    match (has_started, has_ended) {
        (_, true) => vec![("ask Slurm", format!("sacct -j {id}")), ("", shows)],
        (true, false) => vec![("ask Slurm", shows), ("by hand", format!("scancel {id}"))],
        (false, false) => vec![("ask Slurm", starts), ("", shows), ("by hand", format!("scancel {id}"))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::record::{FORMAT, JobFate, Moment, Submitted, Submitting};

    fn job() -> JobRecords {
        let (at, system, job_name) = (Moment::now(), "slurm".to_owned(), "g5-1-a-t1".to_owned());
        let command = ["sbatch", "--job-name=two words"].map(str::to_owned).to_vec();
        let (id, format) = ("12".to_owned(), FORMAT);
        JobRecords {
            submitted: Some(Submitted { format, system: system.clone(), job_name: job_name.clone(), id, at }),
            submitting: Some(Submitting { format, system, job_name, at, command }),
            end: None,
        }
    }

    fn values(facts: &[Fact]) -> Vec<&str> {
        facts.iter().map(|(_, value)| value.as_str()).collect()
    }

    #[test]
    fn what_a_person_would_type_stands_there_as_it_is_typed() {
        let told = facts(&job(), None, false);
        for typed in ["squeue -j 12 --start", "scontrol show job 12", "scancel 12", "sbatch '--job-name=two words'"] {
            assert!(values(&told).contains(&typed), "{typed} in {told:?}");
        }
    }

    /// `scancel` of a number that is another job's by now would end that.
    #[test]
    fn what_has_ended_is_not_offered_for_cancelling() {
        let end = JobEnd {
            format: FORMAT,
            system: "slurm".to_owned(),
            id: Some("12".to_owned()),
            how: JobFate::Cancelled,
            state: "CANCELLED".to_owned(),
            reason: String::new(),
            node: None,
            at: Moment::now(),
        };
        for (job, has_ended) in [(job(), true), (JobRecords { end: Some(end), ..job() }, false)] {
            let told = facts(&job, None, has_ended);
            assert!(!values(&told).iter().any(|value| value.contains("scancel")), "{told:?}");
            assert!(values(&told).contains(&"sacct -j 12"), "{told:?}");
        }
    }

    #[test]
    fn a_job_whose_number_is_not_known_has_no_command_with_one() {
        let told = facts(&JobRecords { submitted: None, ..job() }, None, false);
        assert!(!told.iter().any(|(name, _)| *name == "ask Slurm"), "{told:?}");
        assert_eq!(facts(&JobRecords::default(), None, false), []);
    }
}
