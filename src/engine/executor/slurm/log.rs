//! What Slurm itself writes into the log of a job. Where it says nothing else any more, and for the want of memory that some
//! clusters tell nowhere else.

use crate::rundir::record::JobFate;

/// How Slurm ended a job, by what its daemon wrote into the log, and that line. None if it wrote nothing of that.
///
/// The daemon writes `slurmstepd-NODE: error: …`. A program could write the same, so the state of a job counts for more.
pub(in crate::engine) fn fate(log: &[u8]) -> Option<(JobFate, String)> {
    const WRITES: [(&str, JobFate); 6] = [
        // First: what is killed for its memory is called cancelled, too.
        ("oom-kill event", JobFate::OutOfMemory),
        ("xceeded job memory limit", JobFate::OutOfMemory),
        ("DUE TO TIME LIMIT", JobFate::TimedOut),
        ("DUE TO PREEMPTION", JobFate::Preempted),
        ("DUE TO NODE FAILURE", JobFate::NodeFailed),
        ("CANCELLED AT", JobFate::Cancelled),
    ];
    let text = String::from_utf8_lossy(log);
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("slurmstepd")).collect();
    WRITES.iter().find_map(|(words, fate)| {
        let line = lines.iter().find(|line| line.contains(words))?;
        Some((*fate, (*line).to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slurm's state of it is FAILED by signal 9, as of any program that was killed.
    #[test]
    fn a_job_that_was_killed_for_its_memory_was_not_cancelled() {
        let log =
            b"slurmstepd-node1: error: StepId=84.batch exceeded memory limit (578129920 > 104857600), being killed\n\
                    slurmstepd-node1: error: *** JOB 84 ON node1 CANCELLED AT 2026-11-22T17:42:20 ***\n\
                    slurmstepd-node1: error: Exceeded job memory limit\n";
        let (fate, line) = fate(log).unwrap();
        assert_eq!((fate, line.as_str()), (JobFate::OutOfMemory, "slurmstepd-node1: error: Exceeded job memory limit"));
    }

    #[test]
    fn each_end_is_told_as_the_one_that_it_was() {
        let job = |why: &str| {
            format!("gem5\nslurmstepd-n: error: *** JOB 1 ON n CANCELLED AT 2026-11-22T17:41:10{why} ***\n")
        };
        let told = |log: &str| fate(log.as_bytes()).map(|(fate, _)| fate);
        assert_eq!(told(&job(" DUE TO TIME LIMIT")), Some(JobFate::TimedOut));
        assert_eq!(told(&job(" DUE TO PREEMPTION")), Some(JobFate::Preempted));
        assert_eq!(told(&job(" DUE TO NODE FAILURE, SEE SLURMCTLD LOG FOR DETAILS")), Some(JobFate::NodeFailed));
        assert_eq!(told(&job("")), Some(JobFate::Cancelled));
        assert_eq!(
            told("slurmstepd: error: Detected 1 oom-kill event(s) in StepId=1.batch.\n"),
            Some(JobFate::OutOfMemory)
        );
    }

    #[test]
    fn what_a_simulation_prints_does_not_end_it() {
        assert_eq!(fate(b"warn: DUE TO TIME LIMIT\nslurm \xff CANCELLED AT\n"), None);
        assert_eq!(fate(b""), None);
    }
}
