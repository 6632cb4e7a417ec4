//! What others say of a process that they ended: the batch system, the shell.

use super::clip::clip;

/// What an outsider ended a process for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It used more memory than it may.
    Memory,
    /// It ran longer than it may.
    Time,
    /// The site took its place for another one.
    Preempted,
    /// Its node failed.
    Node,
    /// Somebody cancelled it, or the batch system tells no reason.
    Cancelled,
    /// Another, or none that is told.
    Other,
}

impl Reason {
    /// Whether only the batch system knows it. A shell that tells of the same end does not.
    pub(super) fn is_telling(self) -> bool {
        !matches!(self, Self::Cancelled | Self::Other)
    }
}

/// The word of an outsider that ended the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Killer {
    /// Why.
    pub reason: Reason,
    /// The line.
    pub text: String,
}

/// The rows of words that all must be on the line, and what they mean. The first row that fits counts.
const ROWS: [(&[&str], Reason); 17] = [
    // Slurm.
    (&["oom_kill event"], Reason::Memory),
    (&["oom-kill event"], Reason::Memory),
    (&["slurmstepd: error: Exceeded", "memory limit"], Reason::Memory),
    (&["CANCELLED AT", "DUE TO TIME LIMIT"], Reason::Time),
    (&["CANCELLED AT", "DUE TO PREEMPTION"], Reason::Preempted),
    (&["CANCELLED AT", "DUE TO JOB REQUEUE"], Reason::Preempted),
    (&["CANCELLED AT", "DUE TO NODE FAILURE"], Reason::Node),
    (&["*** ", "CANCELLED AT"], Reason::Cancelled),
    // PBS.
    (&["PBS: job killed", "walltime"], Reason::Time),
    (&["PBS: job killed", "mem "], Reason::Memory),
    (&["PBS: job killed"], Reason::Other),
    // LSF.
    (&["TERM_RUNLIMIT"], Reason::Time),
    (&["TERM_MEMLIMIT"], Reason::Memory),
    // The kernel, where its log is in the same file.
    (&["Out of memory: Killed process", "gem5"], Reason::Memory),
    // bash, `make` and zsh.
    (&[": line ", " Killed "], Reason::Other),
    (&["*** [", "Killed"], Reason::Other),
    (&["zsh: killed "], Reason::Other),
];

/// Words one of which every such line has.
pub(super) const SIGNS: [&str; 6] = ["kill event", "CANCELLED AT", "job killed", "TERM_", "memory limit", "illed"];

/// What the line says of an end from outside, if it does.
pub(super) fn killer(line: &str) -> Option<Killer> {
    // A shell that reports a job without a name for it.
    let is_bare = line == "Killed";
    let row = ROWS.iter().find(|(words, _)| words.iter().all(|word| line.contains(word)));
    let reason = row.map(|(_, reason)| *reason).or(is_bare.then_some(Reason::Other))?;
    Some(Killer { reason, text: clip(line.trim()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batch_systems_and_shells_name_what_they_ended() {
        let rows = [
            ("slurmstepd: error: Detected 1 oom_kill event in StepId=1.batch.", Some(Reason::Memory)),
            (
                "slurmstepd: error: *** JOB 3 ON n1 CANCELLED AT 2022-12-01T20:27:06 DUE TO TIME LIMIT ***",
                Some(Reason::Time),
            ),
            ("slurmstepd: error: *** JOB 3 ON n1 CANCELLED AT 2022-12-01T20:27:06 ***", Some(Reason::Cancelled)),
            (
                "slurmstepd: error: *** JOB 3 ON n1 CANCELLED AT 2022-12-01T20:27:06 DUE TO PREEMPTION ***",
                Some(Reason::Preempted),
            ),
            ("=>> PBS: job killed: walltime 3605 exceeded limit 3600", Some(Reason::Time)),
            ("./run.sh: line 7: 42150 Killed                  $GEM5 -d out", Some(Reason::Other)),
            ("Killed", Some(Reason::Other)),
            ("Killed the dragon", None),
            ("make: *** [Makefile:3: run] Error 1", None),
        ];
        for (line, reason) in rows {
            assert_eq!(killer(line).map(|killer| killer.reason), reason, "{line}");
            assert!(reason.is_none() || SIGNS.iter().any(|sign| line.contains(sign)), "{line}");
        }
    }
}
