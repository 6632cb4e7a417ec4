//! Jobs in the words that all batch systems share.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use crate::rundir::record::JobFate;

/// How the names of all jobs of this program begin.
pub(super) const NAMES: &str = "g5-";

/// What a job is handed in with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    /// Its name, which no other job of this user has.
    pub name: &'a str,
    /// What else is said of it, for people who look at the queue.
    pub comment: &'a str,
    /// The directory of the attempt.
    pub dir: &'a Path,
    /// Where what it prints goes.
    pub log: &'a Path,
    /// What it runs.
    pub script: &'a Path,
    /// Memory, in bytes.
    pub memory: Option<u64>,
    /// How long it may run.
    pub limit: Option<Duration>,
    /// How long before that limit its script gets SIGINT.
    pub int_before: Option<Duration>,
    /// Nodes that it must not run on, besides those that the experiment file names.
    pub exclude: &'a [String],
}

/// What a batch system says to a job that is handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It has the job.
    Accepted {
        /// The job's number.
        id: String,
    },
    /// It does not take such a job.
    Refused {
        /// Why, in its own words, and what to change.
        words: String,
    },
    /// It takes no more jobs now.
    Full {
        /// Why, in its own words.
        words: String,
    },
    /// It could not be asked, so it has no such job.
    Unreached {
        /// What happened.
        words: String,
    },
    /// Whether it has the job is not known: the answer may have been lost.
    Unclear {
        /// What it said, or what happened.
        words: String,
    },
}

/// Where a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    /// It has not started.
    Waits {
        /// Why.
        why: String,
        /// Whether a person holds it back.
        held: bool,
    },
    /// It runs, or is being started or ended.
    Runs,
    /// It has ended.
    Over(JobFate),
    /// The system says something that nobody understands. Never an end.
    Unknown(String),
}

/// What a batch system says of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JobStatus {
    /// Its number.
    pub id: String,
    /// Where it is.
    pub stage: Stage,
    /// Its node, if that is known.
    pub node: Option<String>,
    /// The system's word for it.
    pub state: String,
    /// What it says more.
    pub reason: String,
    /// The exit code of its script, where it has one.
    pub code: Option<u32>,
}

impl JobStatus {
    /// Of a job that `system` has had and knows nothing of any more.
    pub(super) fn forgotten(id: &str, system: &str) -> Self {
        Self {
            id: id.to_owned(),
            stage: Stage::Over(JobFate::Forgotten),
            node: None,
            state: String::new(),
            reason: format!("{system} knows nothing of it any more"),
            code: None,
        }
    }
}

/// A job that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sought {
    /// Its name.
    pub name: String,
    /// Its number, if that is known.
    pub id: Option<String>,
    /// When it was handed in, in seconds since the Unix epoch.
    pub since_unix_s: i64,
}

/// What a batch system says of all jobs of this user: those that can be told apart by their names, and those by their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Jobs {
    /// By their names.
    pub named: HashMap<String, JobStatus>,
    /// By their [`number`]s.
    pub numbered: HashMap<String, JobStatus>,
}

impl Jobs {
    /// What is said of one. It keeps the number that it is known by: a list may tell only the beginning of that.
    pub(super) fn of(&self, sought: &Sought) -> Option<JobStatus> {
        let numbered = || self.numbered.get(&number(sought.id.as_ref()?));
        let mut status = self.named.get(&sought.name).or_else(numbered)?.clone();
        if let Some(id) = sought.id.as_ref().filter(|id| number(id) == number(&status.id)) {
            status.id.clone_from(id);
        }
        Some(status)
    }
}

/// The part of a job's number that all commands of a system share: PBS tells the server or its first letters behind it, `HTCondor`
/// the number of a process, and Flux begins with a letter that not every locale has.
pub(super) fn number(id: &str) -> String {
    let end = id.find(['.', '[']).unwrap_or(id.len());
    id[..end].replace('ƒ', "f")
}

/// What a closer look says of a job that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Missing {
    /// This is what became of it.
    Found(JobStatus),
    /// The system knows nothing of it.
    Unknown,
    /// It could not be asked.
    NoAnswer,
}

/// A signal for the script of a job, which is a shim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JobSignal {
    /// SIGINT: the tree is asked to finish.
    Interrupt,
    /// SIGUSR2: the tree is killed, and the shim records that.
    Kill,
    /// SIGTSTP: the tree is stopped, and not the shim.
    Stop,
    /// SIGCONT: it goes on.
    Continue,
    /// SIGUSR1: gem5 is asked for its stats.
    DumpStats,
}

impl JobSignal {
    /// As kill(1) names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "INT",
            Self::Kill => "USR2",
            Self::Stop => "TSTP",
            Self::Continue => "CONT",
            Self::DumpStats => "USR1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_keeps_the_number_it_was_handed_in_under() {
        let status = |id: &str| JobStatus {
            id: id.to_owned(),
            stage: Stage::Runs,
            node: None,
            state: String::new(),
            reason: String::new(),
            code: None,
        };
        let sought = |id: Option<&str>| Sought { name: "g5-a".to_owned(), id: id.map(str::to_owned), since_unix_s: 0 };
        let mut jobs = Jobs::default();
        for id in ["1234.pbs-ser", "89.0", "f2oLkTLb"] {
            jobs.numbered.insert(number(id), status(id));
        }
        for id in ["1234.pbs-server.lab", "89", "ƒ2oLkTLb"] {
            assert_eq!(jobs.of(&sought(Some(id))).unwrap().id, id);
        }
        assert_eq!(jobs.of(&sought(Some("123.pbs-server.lab"))), None);
        assert_eq!(jobs.of(&sought(None)), None);
        jobs.named.insert("g5-a".to_owned(), status("7.pbs-ser"));
        assert_eq!(jobs.of(&sought(None)).unwrap().id, "7.pbs-ser");
    }
}
