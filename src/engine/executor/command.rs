//! A batch system that is known by the commands of the experiment file alone.
//!
//! Its list of jobs is weak on purpose: a job is there as long as its number stands among the words that `status` prints. How it ended
//! its records tell.

use std::path::Path;
use std::time::Duration;

use regex::Regex;

use super::client::{NoAnswer, Said, run};
use super::job::{Answer, Ask, JobSignal, JobStatus, Jobs, Sought, Stage};
use crate::experiment::executor::CommandJob;

/// How long a command may take.
const WITHIN: Duration = Duration::from_mins(1);

/// A batch system with commands of its own.
#[derive(Debug)]
pub(super) struct Command {
    job: Box<CommandJob>,
}

impl Command {
    /// The one that these settings describe.
    pub(super) fn new(job: &CommandJob) -> Self {
        Self { job: Box::new(job.clone()) }
    }

    /// What people call it.
    pub(super) fn name(&self) -> &str {
        &self.job.name
    }

    /// Hands a job in. Blocks.
    pub(super) fn submit(&self, job: &CommandJob, ask: &Ask<'_>, secrets: &[(String, String)]) -> Answer {
        let minutes = ask.limit.map_or(0, |limit| limit.as_secs().div_ceil(60).max(1));
        let memory = ask.memory.map_or(0, |bytes| bytes.div_ceil(1 << 20));
        let values = [
            ("script", ask.script.display().to_string()),
            ("name", ask.name.to_owned()),
            ("dir", ask.dir.display().to_string()),
            ("log", ask.log.display().to_string()),
            ("cpus", job.cpus.unwrap_or(1).to_string()),
            ("memory_mib", memory.to_string()),
            ("minutes", minutes.to_string()),
        ];
        match run(&filled(&job.submit, &values), ask.dir, secrets, WITHIN) {
            Ok(said) if said.code == 0 => match number(job.id.as_deref(), &said.stdout) {
                Some(id) => Answer::Accepted { id },
                None => Answer::Unclear { words: format!("no number of a job was found in \"{}\"", said.words()) },
            },
            Ok(said) => Answer::Refused { words: said.words() },
            Err(NoAnswer::NotStarted(words)) => Answer::Refused { words },
            Err(NoAnswer::CutOff(words)) => Answer::Unclear { words },
        }
    }

    /// Asks which jobs there are. Blocks.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) fn list(&self) -> Result<Jobs, String> {
        let said = asked(&self.job.status, &[])?;
        Ok(Jobs { numbered: listed(&said.stdout), ..Jobs::default() })
    }

    /// Sends a signal to the scripts of jobs. Blocks.
    ///
    /// # Errors
    /// Why it was not sent.
    pub(super) fn signal(&self, ids: &[String], signal: JobSignal) -> Result<(), String> {
        if self.job.signal.is_empty() {
            return Err(format!("`{}` has no command that sends a signal (`signal`)", self.name()));
        }
        each(ids, |id| asked(&self.job.signal, &[("id", id.to_owned()), ("signal", signal.name().to_owned())]))
    }

    /// Ends jobs. Blocks.
    ///
    /// # Errors
    /// Why they were not ended.
    pub(super) fn cancel(&self, jobs: &[Sought]) -> Result<(), String> {
        let ids: Vec<String> = jobs.iter().filter_map(|job| job.id.clone()).collect();
        if ids.len() < jobs.len() {
            return Err(format!("the number of a job of `{}` is not known: end it by hand", self.name()));
        }
        each(&ids, |id| asked(&self.job.cancel, &[("id", id.to_owned())]))
    }
}

/// Asks for each of them, and tells the first refusal.
fn each(ids: &[String], ask: impl Fn(&str) -> Result<Said, String>) -> Result<(), String> {
    ids.iter().map(|id| ask(id).map(drop)).fold(Ok(()), Result::and)
}

fn asked(template: &[String], values: &[(&str, String)]) -> Result<Said, String> {
    let said = run(&filled(template, values), Path::new("/"), &[], WITHIN).map_err(NoAnswer::words)?;
    if said.code == 0 { Ok(said) } else { Err(said.words()) }
}

/// A command with its placeholders filled in, each word by itself: no shell reads them.
fn filled(template: &[String], values: &[(&str, String)]) -> Vec<String> {
    let fill = |word: &String| {
        let mut rest = word.as_str();
        let mut filled = String::new();
        // From left to right, so that nothing of a value is taken for a placeholder.
        while let Some(open) = rest.find('{') {
            filled.push_str(&rest[..open]);
            rest = &rest[open..];
            let value = values.iter().find_map(|(name, value)| {
                let after = rest[1..].strip_prefix(name)?.strip_prefix('}')?;
                Some((value, after))
            });
            match value {
                Some((value, after)) => {
                    filled.push_str(value);
                    rest = after;
                }
                None => {
                    filled.push('{');
                    rest = &rest[1..];
                }
            }
        }
        filled + rest
    };
    template.iter().map(fill).collect()
}

/// The number of the job in what `submit` has printed.
fn number(pattern: Option<&str>, said: &str) -> Option<String> {
    let pattern = Regex::new(pattern.unwrap_or(r"\d+(?:\.\w[\w.-]*)?")).ok()?;
    let found = pattern.captures(said)?;
    let id = found.get(1).or_else(|| found.get(0))?.as_str().trim();
    (!id.is_empty()).then(|| id.to_owned())
}

/// Every word of what `status` prints may be the number of a job. The line that it stands in says how it is.
fn listed(said: &str) -> std::collections::HashMap<String, JobStatus> {
    let mut jobs = std::collections::HashMap::new();
    for line in said.lines() {
        let line = line.trim();
        for word in line.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '|')) {
            let is_number = word.starts_with(|c: char| c.is_ascii_digit() || c == 'f' || c == 'ƒ');
            if is_number && !jobs.contains_key(word) {
                let stage = Stage::Waits { why: line.to_owned(), held: false };
                let (id, state, reason) = (word.to_owned(), line.to_owned(), String::new());
                jobs.insert(word.to_owned(), JobStatus { id, stage, node: None, state, reason, code: None });
            }
        }
    }
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    /// A directory may be called anything, and no shell reads it.
    #[test]
    fn a_value_is_one_word_and_no_placeholder() {
        let values = [("dir", "/lab/{name} x".to_owned()), ("name", "a".to_owned())];
        let filled = filled(&words(&["qsub", "-N", "{name}", "-d={dir}", "{", "{other}"]), &values);
        assert_eq!(filled, words(&["qsub", "-N", "a", "-d=/lab/{name} x", "{", "{other}"]));
    }

    /// As qsub of PBS and of Grid Engine, condor_submit, bsub and flux print it.
    #[test]
    fn the_number_of_a_job_is_found_in_what_is_printed() {
        assert_eq!(number(None, "1234.pbs-server\n").as_deref(), Some("1234.pbs-server"));
        assert_eq!(number(None, "Job <567> is submitted to queue <normal>.").as_deref(), Some("567"));
        let condor = "Submitting job(s).\n1 job(s) submitted to cluster 89.";
        assert_eq!(number(Some(r"cluster (\d+)"), condor).as_deref(), Some("89"));
        assert_eq!(number(Some(r"^ƒ\S+"), "ƒ2oLkTLb\n").as_deref(), Some("ƒ2oLkTLb"));
        assert_eq!(number(None, "no such queue"), None);
    }

    #[test]
    fn a_job_is_there_as_long_as_its_number_stands_in_the_list() {
        let jobs = listed("Job id  Name  Use S Queue\n1234.pbs  g5-a-t1  0 Q long\n12.pbs x 0 R long\n");
        assert!(jobs.contains_key("1234.pbs") && jobs.contains_key("12.pbs"));
        assert!(!jobs.contains_key("123.pbs"));
        let Stage::Waits { why, .. } = &jobs["1234.pbs"].stage else { panic!("{jobs:?}") };
        assert!(why.contains(" Q "), "{why}");
    }
}
