//! A batch system that is known by the commands of the experiment file alone.
//!
//! Its list of jobs is weak on purpose: a job is there as long as a line of what `status` prints begins with its number, or has its
//! name. How it ended its records tell.

use std::path::Path;
use std::time::Duration;

use nix::unistd::{User, geteuid};
use regex::Regex;

use super::client::{NoAnswer, Said, run};
use super::job::{Answer, Ask, JobSignal, JobStatus, Jobs, NAMES, Sought, Stage, number};
use crate::experiment::executor::{CommandJob, Part};

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
    pub(super) fn submit(job: &CommandJob, ask: &Ask<'_>, secrets: &[(String, String)]) -> Answer {
        let said = |value: Option<u64>| value.map(|value| value.to_string());
        // A limit of zero is none, or ends a job at once.
        let seconds = ask.limit.map(|limit| limit.as_secs().max(1));
        let values = [
            ("script", Some(ask.script.display().to_string())),
            ("name", Some(ask.name.to_owned())),
            ("dir", Some(ask.dir.display().to_string())),
            ("log", Some(ask.log.display().to_string())),
            ("cpus", said(job.cpus.map(u64::from))),
            ("memory_mib", said(ask.memory.map(|bytes| bytes.div_ceil(1 << 20)))),
            ("minutes", said(seconds.map(|seconds| seconds.div_ceil(60)))),
            ("seconds", said(seconds)),
        ];
        match run(&words(&job.submit, &values), ask.dir, secrets, WITHIN) {
            Ok(said) if said.code == 0 => match handed_in(job.id.as_deref(), &said.stdout) {
                Some(id) => Answer::Accepted { id },
                None => Answer::Unclear { words: format!("no number of a job was found in \"{}\"", said.words()) },
            },
            Ok(said) => Answer::Refused { words: said.words() },
            Err(NoAnswer::NotStarted(words)) => Answer::Unreached { words },
            Err(NoAnswer::CutOff(words)) => Answer::Unclear { words },
        }
    }

    /// Asks which jobs there are. Blocks.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) fn list(&self) -> Result<Jobs, String> {
        let user = User::from_uid(geteuid()).ok().flatten().map(|user| user.name);
        let said = asked(&self.job.status, &[("user", user.or_else(|| std::env::var("USER").ok()))])?;
        Ok(listed(&said.stdout))
    }

    /// Sends a signal to the scripts of jobs. Where none can be sent, those that would end them end the jobs. Blocks.
    ///
    /// # Errors
    /// Why it was not sent.
    pub(super) fn signal(&self, ids: &[String], signal: JobSignal) -> Result<(), String> {
        let name = match signal {
            _ if !self.job.signals() => None,
            // As good as SIGINT for a shim. Where a signal reaches each process of a job, gem5 ignores it, and does not get two of what
            // the shim makes of it.
            JobSignal::Interrupt => Some("TERM"),
            other => Some(other.name()),
        };
        match (name, signal) {
            (Some(name), _) => {
                let name = Some(name.to_owned());
                each(ids, |id| asked(&self.job.signal, &[("id", Some(id.to_owned())), ("signal", name.clone())]))
            }
            (None, JobSignal::Interrupt | JobSignal::Kill) => self.end(ids),
            (None, _) => Err(format!("`{}` has no command that sends a signal (`signal`)", self.name())),
        }
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
        self.end(&ids)
    }

    fn end(&self, ids: &[String]) -> Result<(), String> {
        each(ids, |id| asked(&self.job.cancel, &[("id", Some(id.to_owned()))]))
    }
}

/// Asks for each of them, and tells the first refusal.
fn each(ids: &[String], ask: impl Fn(&str) -> Result<Said, String>) -> Result<(), String> {
    ids.iter().map(|id| ask(id).map(drop)).fold(Ok(()), Result::and)
}

/// What placeholders stand for; none where nothing is said of that.
type Values<'a> = [(&'a str, Option<String>)];

fn asked(template: &[String], values: &Values<'_>) -> Result<Said, String> {
    let argv: Vec<String> = template.iter().map(|word| filled(word, values)).collect();
    let said = run(&argv, Path::new("/"), &[], WITHIN).map_err(NoAnswer::words)?;
    if said.code == 0 { Ok(said) } else { Err(said.words()) }
}

/// The words of a command, without those of whose placeholders nothing is said.
fn words(template: &[Part], values: &Values<'_>) -> Vec<String> {
    let is_said =
        |word: &String| !values.iter().any(|(name, value)| value.is_none() && word.contains(&format!("{{{name}}}")));
    let parts = template.iter().flat_map(|part| match part {
        Part::Word(word) => std::slice::from_ref(word),
        Part::Where(words) if words.iter().all(is_said) => words.as_slice(),
        Part::Where(_) => &[],
    });
    parts.map(|word| filled(word, values)).collect()
}

/// A word with its placeholders filled in: no shell reads it. One that must stand there and has no value is a number of CPUs: one.
fn filled(word: &str, values: &Values<'_>) -> String {
    let mut rest = word;
    let mut filled = String::new();
    // From left to right, so that nothing of a value is taken for a placeholder.
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        rest = &rest[open..];
        let value = values.iter().find_map(|(name, value)| {
            let after = rest[1..].strip_prefix(name)?.strip_prefix('}')?;
            Some((value, after))
        });
        if let Some((value, after)) = value {
            filled.push_str(value.as_deref().unwrap_or("1"));
            rest = after;
        } else {
            filled.push('{');
            rest = &rest[1..];
        }
    }
    filled + rest
}

/// The number of the job in what `submit` has printed.
fn handed_in(pattern: Option<&str>, said: &str) -> Option<String> {
    let pattern = Regex::new(pattern.unwrap_or(r"\d+(?:\.\w[\w.-]*)?")).ok()?;
    let found = pattern.captures(said)?;
    let id = found.get(1).or_else(|| found.get(0))?.as_str().trim();
    (!id.is_empty()).then(|| id.to_owned())
}

/// The jobs in what `status` prints. A name belongs to the number that its line begins with, or else the line before it. What
/// frames a table, or marks a number, is no part of a word.
fn listed(said: &str) -> Jobs {
    let mut jobs = Jobs::default();
    let mut above: Option<JobStatus> = None;
    for line in said.lines().map(str::trim) {
        let is_frame = |c: char| c.is_whitespace() || ",;|\"'<>*".contains(c);
        let mut words = line.split(is_frame).filter(|word| !word.is_empty());
        let is_id = |word: &&str| {
            let plain = number(word);
            plain.starts_with(|c: char| c.is_ascii_digit() || c == 'f')
                && plain.chars().all(|c| c.is_ascii_alphanumeric())
        };
        if let Some(id) = words.clone().next().filter(is_id) {
            let stage = Stage::Waits { why: line.to_owned(), held: false };
            let (state, reason) = (line.to_owned(), String::new());
            let status = JobStatus { id: id.to_owned(), stage, node: None, state, reason, code: None };
            jobs.numbered.entry(number(id)).or_insert_with(|| status.clone());
            above = Some(status);
        }
        if let (Some(name), Some(status)) = (words.find(|word| word.starts_with(NAMES)), &above) {
            jobs.named.entry(name.to_owned()).or_insert_with(|| status.clone());
        }
    }
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &'static str, value: &str) -> (&'static str, Option<String>) {
        (name, Some(value.to_owned()))
    }

    /// A directory may be called anything, and no shell reads it.
    #[test]
    fn a_value_is_one_word_and_no_placeholder() {
        let values = [value("dir", "/lab/{name} x"), value("name", "a")];
        let template = ["qsub", "-N", "{name}", "-d={dir}", "{", "{other}", "{id.f58plain}"];
        let words = words(&template.map(|word| Part::Word(word.to_owned())), &values);
        assert_eq!(words, ["qsub", "-N", "a", "-d=/lab/{name} x", "{", "{other}", "{id.f58plain}"]);
    }

    /// A job that asks for 0 MB, or for no time at all, ends at once.
    #[test]
    fn what_nothing_is_said_of_is_not_asked_for() {
        let part = |words: &[&str]| Part::Where(words.iter().map(|word| (*word).to_owned()).collect());
        let template = [
            Part::Word("qsub".to_owned()),
            part(&["-l", "mem={memory_mib}mb"]),
            part(&["-l", "walltime={seconds}"]),
            part(&["-pe", "smp", "{cpus}"]),
            Part::Word("-n={cpus}".to_owned()),
        ];
        let nothing = [("memory_mib", None), ("seconds", None), ("cpus", None)];
        assert_eq!(words(&template, &nothing), ["qsub", "-n=1"]);
        let all = [value("memory_mib", "512"), value("seconds", "60"), value("cpus", "2")];
        let full = ["qsub", "-l", "mem=512mb", "-l", "walltime=60", "-pe", "smp", "2", "-n=2"];
        assert_eq!(words(&template, &all), full);
    }

    /// Nobody frees a place for a command that is not installed here.
    #[test]
    fn a_command_that_is_not_there_is_no_queue_that_is_full() {
        let job = CommandJob { submit: vec![Part::Word("gem5-tui-no-such-command".to_owned())], ..Default::default() };
        let ask = Ask {
            name: "g5-a",
            comment: "",
            dir: Path::new("/"),
            log: Path::new("/log"),
            script: Path::new("/script"),
            memory: None,
            limit: None,
            int_before: None,
            exclude: &[],
        };
        let answer = Command::submit(&job, &ask, &[]);
        assert!(matches!(answer, Answer::Unreached { .. }), "{answer:?}");
    }

    /// As qsub of PBS and of Grid Engine, `condor_submit`, bsub and flux print it.
    #[test]
    fn the_number_of_a_job_is_found_in_what_is_printed() {
        assert_eq!(handed_in(None, "1234.pbs-server\n").as_deref(), Some("1234.pbs-server"));
        assert_eq!(handed_in(None, "Job <567> is submitted to queue <normal>.").as_deref(), Some("567"));
        let condor = "Submitting job(s).\n1 job(s) submitted to cluster 89.";
        assert_eq!(handed_in(Some(r"cluster (\d+)"), condor).as_deref(), Some("89"));
        assert_eq!(handed_in(Some(r"^ƒ\S+"), "ƒ2oLkTLb\n").as_deref(), Some("ƒ2oLkTLb"));
        assert_eq!(handed_in(None, "no such queue"), None);
    }

    /// A number among other words is a priority, or how many CPUs a job has.
    #[test]
    fn a_job_is_there_as_long_as_a_line_begins_with_its_number() {
        let jobs = listed("Job id  Name  Use S Queue\n1234.pbs  g5-a-t1  7 Q long\n  12[].pbs x 0 R long\n");
        let mut numbers: Vec<&String> = jobs.numbered.keys().collect();
        numbers.sort();
        assert_eq!(numbers, ["12", "1234"]);
        let Stage::Waits { why, .. } = &jobs.numbered["1234"].stage else { panic!("{jobs:?}") };
        assert!(why.contains(" Q "), "{why}");
    }

    /// Beside its number, in a table, or on a line below.
    #[test]
    fn a_job_whose_number_was_never_heard_is_found_by_its_name() {
        for (said, id) in [
            ("89 g5-0a1b-x-t1 undefined\n", "89"),
            ("| ID | Name         | State   |\n|  3 | g5-0a1b-x-t1 | RUNNING |\n", "3"),
            ("      7 0.50000 g5-0a1b-x- lab r\n       Full jobname:     g5-0a1b-x-t1\n", "7"),
            ("ƒ2oLkTLb g5-0a1b-x-t1", "ƒ2oLkTLb"),
        ] {
            assert_eq!(listed(said).named["g5-0a1b-x-t1"].id, id, "{said}");
        }
        assert_eq!(listed("g5-0a1b-x-t1\n"), Jobs::default(), "nothing could be done to it");
    }
}
