//! Slurm, by its commands: what they are given and what their answers mean `super::super::slurm` knows.
//!
//! One question serves all experiments of a user on a host: its answer is kept for a moment, and whoever asks next takes that.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::engine::executor::client::{NoAnswer, Said, run};
use crate::engine::executor::job::{Answer, Ask, JobSignal, JobStatus, Jobs, Missing, NAMES, Sought, Stage};
use crate::engine::executor::slurm::row::Row;
use crate::engine::executor::slurm::{actions, sacct, sbatch, scontrol, sinfo, squeue, states};
use crate::experiment::executor::SlurmJob;
use crate::rundir::user_cache::UserCache;
use crate::text::human;

/// How long a question may take. A controller that is down takes 9 s to say so, and one that hangs 20 s.
const ASKED_WITHIN: Duration = Duration::from_secs(30);

/// How long a submission may take.
const SUBMITTED_WITHIN: Duration = Duration::from_mins(1);

/// How the answers of squeue are kept.
const KIND: &str = "squeue";

/// An answer that was heard this short a time ago, by whom of this user ever, is as good as a new one.
pub(super) const SHARED_AGE: Duration = Duration::from_secs(2);

/// A cluster, as the commands on PATH reach it.
#[derive(Debug, Default)]
pub(super) struct Slurm {
    config: OnceLock<scontrol::Config>,
    cache: UserCache,
}

/// An answer of squeue that is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    at_unix_ms: u64,
    text: String,
}

/// Why accounting says nothing.
#[derive(Debug, Clone, Copy)]
enum NoAccounts {
    /// There is none here.
    None,
    /// It does not answer now.
    Silent,
}

impl Slurm {
    /// Hands a job in. Blocks.
    pub(super) fn submit(job: &SlurmJob, ask: &Ask<'_>, secrets: &[(String, String)]) -> Answer {
        let argv = match command(job, ask) {
            Ok(argv) => argv,
            Err(words) => return Answer::Refused { words },
        };
        let answer = match run(&argv, ask.dir, secrets, SUBMITTED_WITHIN) {
            Ok(Said { code, stdout, stderr }) => sbatch::answer(Some(code), stdout.as_bytes(), stderr.as_bytes()),
            Err(NoAnswer::NotStarted(words)) => return Answer::Unreached { words },
            Err(NoAnswer::CutOff(words)) => return Answer::Unclear { words },
        };
        match answer {
            sbatch::Answer::Accepted { id, .. } => Answer::Accepted { id },
            sbatch::Answer::Refused { words, advice } => Answer::Refused { words: format!("{words}; {advice}") },
            sbatch::Answer::Wait { words } => Answer::Full { words },
            sbatch::Answer::Unreachable { words } => Answer::Unreached { words },
            sbatch::Answer::Unclear { words } => Answer::Unclear { words },
        }
    }

    /// Whether it would be taken, and when and where it would start. Blocks.
    ///
    /// # Errors
    /// Why it would not, and what to change.
    pub(super) fn test(job: &SlurmJob, ask: &Ask<'_>) -> Result<String, String> {
        Self::fits_partition(job, ask)?;
        let mut argv = command(job, ask)?;
        argv.insert(1, "--test-only".to_owned());
        let said = run(&argv, ask.dir, &[], SUBMITTED_WITHIN).map_err(NoAnswer::words)?;
        // What it would do it says on standard error, too.
        if said.code == 0 {
            let last = said.stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
            return Ok(format!("would be taken: {}", last.trim().trim_start_matches("sbatch: ")));
        }
        match sbatch::answer(Some(said.code), said.stdout.as_bytes(), said.stderr.as_bytes()) {
            sbatch::Answer::Refused { words, advice } => Err(format!("{words}; {advice}")),
            sbatch::Answer::Wait { words }
            | sbatch::Answer::Unreachable { words }
            | sbatch::Answer::Unclear { words } => Err(words),
            sbatch::Answer::Accepted { .. } => Err(said.words()),
        }
    }

    /// Whether the time that is asked for is one that the partition gives.
    fn fits_partition(job: &SlurmJob, ask: &Ask<'_>) -> Result<(), String> {
        let argv: Vec<String> =
            std::iter::once("sinfo".to_owned()).chain(sinfo::arguments(job.partition.as_deref())).collect();
        // What cannot be asked is found out otherwise.
        let Ok(said) = run(&argv, Path::new("/"), &[], ASKED_WITHIN) else { return Ok(()) };
        let longest = sinfo::longest(&said.stdout, job.partition.is_some());
        match (ask.limit, longest) {
            (Some(limit), Some(longest)) if limit > longest => {
                let words = |span: Duration| human::limit(span.as_millis() as u64);
                Err(format!(
                    "it asks for {}, and the partition gives {} at most, so it would wait for ever; ask for less with `time:` or \
                     `timeout:`, or for another partition",
                    words(limit),
                    words(longest)
                ))
            }
            _ => Ok(()),
        }
    }

    /// All jobs of this user, by an answer that is no older than `age`. Blocks.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) fn list(&self, age: Duration) -> Result<Jobs, String> {
        let text = self.squeue(age)?;
        let rows = squeue::parse(text.as_bytes());
        if rows.unread > 0 {
            tracing::info!("{} lines of squeue were not understood", rows.unread);
        }
        let ours = rows.rows.into_iter().filter(|row| row.name.starts_with(NAMES));
        let mut named: HashMap<String, JobStatus> = HashMap::new();
        for row in ours {
            let status = status(&row);
            // A job that was handed in twice, and lives once, is the one that lives.
            let is_over = matches!(status.stage, Stage::Over(_));
            if !is_over || !named.contains_key(&row.name) {
                named.insert(row.name, status);
            }
        }
        Ok(Jobs { named, ..Jobs::default() })
    }

    fn squeue(&self, age: Duration) -> Result<String, String> {
        let user = nix::unistd::geteuid().to_string();
        let key = (&user, std::env::var("SLURM_CONF").ok(), std::env::var("SLURM_CLUSTERS").ok());
        // Whoever waits for the lock takes the answer that came meanwhile.
        let _turn = self.cache.turn(KIND, &key);
        let now_ms = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis() as u64);
        let is_new = |kept: &Kept| now_ms().abs_diff(kept.at_unix_ms) <= age.as_millis() as u64;
        if let Some(kept) = self.cache.read::<Kept>(KIND, &key).filter(is_new) {
            return Ok(kept.text);
        }
        let mut argv = vec!["squeue".to_owned()];
        argv.extend(squeue::arguments(&user));
        // As it was when it was asked.
        let at_unix_ms = now_ms();
        let said = run(&argv, Path::new("/"), &[], ASKED_WITHIN).map_err(NoAnswer::words)?;
        squeue::read(Some(said.code), said.stdout.as_bytes(), said.stderr.as_bytes())?;
        self.cache.write(KIND, &key, &Kept { at_unix_ms, text: said.stdout.clone() });
        Ok(said.stdout)
    }

    /// Asks accounting, and then the controller for each of them. Blocks.
    pub(super) fn missing(sought: &[Sought]) -> Vec<Missing> {
        let (known, is_silent) = match Self::accounts(sought) {
            Ok(rows) => (rows, false),
            Err(NoAccounts::None) => (Vec::new(), false),
            Err(NoAccounts::Silent) => (Vec::new(), true),
        };
        let look = |one: &Sought| {
            let told = known.iter().find(|row| row.name == one.name).map(status);
            match (told, &one.id) {
                // What lives the controller knows. Accounting may never hear of the end of what a crash took along.
                (Some(told), id) if id.is_none() || matches!(told.stage, Stage::Over(_)) => Missing::Found(told),
                (_, Some(id)) => match Self::show(id, &one.name) {
                    Missing::Unknown if is_silent => Missing::NoAnswer,
                    shown => shown,
                },
                // Of a job without a number only accounting could tell more than squeue has.
                (_, None) => Missing::Unknown,
            }
        };
        sought.iter().map(look).collect()
    }

    /// What accounting knows of them.
    fn accounts(sought: &[Sought]) -> Result<Vec<Row>, NoAccounts> {
        let ids: Vec<String> = sought.iter().filter_map(|one| one.id.clone()).collect();
        let unnumbered: Vec<&Sought> = sought.iter().filter(|one| one.id.is_none()).collect();
        let mut rows = Vec::new();
        if !ids.is_empty() {
            rows.extend(Self::sacct(sacct::by_ids(&ids))?);
        }
        if let Some(oldest) = unnumbered.iter().map(|one| one.since_unix_s).min() {
            let names: Vec<String> = unnumbered.iter().map(|one| one.name.clone()).collect();
            let now_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
            let ago = Duration::from_secs(now_s.saturating_sub(oldest.unsigned_abs()).saturating_add(60));
            rows.extend(Self::sacct(sacct::by_names(&names, ago))?);
        }
        Ok(rows)
    }

    fn sacct(arguments: Vec<String>) -> Result<Vec<Row>, NoAccounts> {
        let argv: Vec<String> = std::iter::once("sacct".to_owned()).chain(arguments).collect();
        let said = run(&argv, Path::new("/"), &[], ASKED_WITHIN).map_err(|error| match error {
            NoAnswer::NotStarted(_) => NoAccounts::None,
            NoAnswer::CutOff(_) => NoAccounts::Silent,
        })?;
        match sacct::read(Some(said.code), said.stdout.as_bytes(), said.stderr.as_bytes()) {
            sacct::Accounts::Known(rows) => Ok(rows.rows),
            sacct::Accounts::Disabled => Err(NoAccounts::None),
            sacct::Accounts::Failed(_) => Err(NoAccounts::Silent),
        }
    }

    fn show(id: &str, name: &str) -> Missing {
        let argv: Vec<String> = std::iter::once("scontrol".to_owned()).chain(scontrol::show_job(id)).collect();
        let Ok(said) = run(&argv, Path::new("/"), &[], ASKED_WITHIN) else { return Missing::NoAnswer };
        match scontrol::read_job(id, Some(said.code), said.stdout.as_bytes(), said.stderr.as_bytes()) {
            // The number is another job's by now.
            scontrol::Shown::Job(row) if row.name != name => Missing::Unknown,
            scontrol::Shown::Job(row) => Missing::Found(status(&row)),
            scontrol::Shown::NoSuchJob => Missing::Unknown,
            scontrol::Shown::Failed(_) => Missing::NoAnswer,
        }
    }

    /// The numbers of jobs as Slurm has them now: none for one that is over, and the name of one that it does not list. A number that was
    /// heard may be another job's by now, which must not be ended for it.
    fn numbers(&self, jobs: &[Sought]) -> Result<Vec<Result<Option<String>, String>>, String> {
        let mut listed = self.list(SHARED_AGE)?;
        if jobs.iter().any(|job| listed.of(job).is_none()) {
            listed = self.list(Duration::ZERO)?;
        }
        let number = |job: &Sought| match listed.of(job) {
            Some(JobStatus { stage: Stage::Over(_), .. }) => Ok(None),
            Some(status) => Ok(Some(status.id.clone())),
            None => Err(job.name.clone()),
        };
        Ok(jobs.iter().map(number).collect())
    }

    /// Sends a signal to the scripts of jobs. Blocks.
    ///
    /// # Errors
    /// Slurm's words.
    pub(super) fn signal(&self, jobs: &[Sought], signal: JobSignal) -> Result<(), String> {
        let ids = numbered(self.numbers(jobs)?)?;
        act(&ids, |ids| ("scancel", actions::signal(ids, signal)))
    }

    /// Takes jobs back, or ends them. Blocks.
    ///
    /// # Errors
    /// Slurm's words.
    pub(super) fn cancel(&self, jobs: &[Sought]) -> Result<(), String> {
        let numbers = self.numbers(jobs)?;
        let ids: Vec<String> = numbers.iter().filter_map(|number| number.clone().ok()).flatten().collect();
        let unlisted = numbers.into_iter().filter_map(Result::err);
        let by_id = act(&ids, |ids| ("scancel", actions::cancel(ids)));
        // It may come yet: its name says nothing of another one.
        unlisted.map(|name| act_once("scancel", vec![format!("--name={name}")])).fold(by_id, Result::and)
    }

    /// Puts jobs on hold, or releases them. Blocks.
    ///
    /// # Errors
    /// Slurm's words.
    pub(super) fn hold(&self, jobs: &[Sought], held: bool) -> Result<(), String> {
        let ids = numbered(self.numbers(jobs)?)?;
        act(&ids, |ids| ("scontrol", if held { actions::hold(ids) } else { actions::release(ids) }))
    }

    /// When jobs are expected to start, in seconds since the Unix epoch. Blocks.
    ///
    /// # Errors
    /// Slurm's words.
    pub(super) fn expected_starts(ids: &[String]) -> Result<Vec<(String, i64)>, String> {
        let mut expected = Vec::new();
        for ids in ids.chunks(actions::AT_ONCE) {
            let argv: Vec<String> = std::iter::once("squeue".to_owned()).chain(actions::expected_start(ids)).collect();
            let said = run(&argv, Path::new("/"), &[], ASKED_WITHIN).map_err(NoAnswer::words)?;
            if said.code != 0 {
                return Err(said.words());
            }
            expected.extend(actions::read_expected_start(said.stdout.as_bytes()));
        }
        Ok(expected)
    }

    /// How long the controller remembers what has ended; asked once.
    pub(super) fn remembers(&self) -> Option<Duration> {
        let config = if let Some(config) = self.config.get() {
            config
        } else {
            let argv: Vec<String> = std::iter::once("scontrol".to_owned()).chain(scontrol::show_config()).collect();
            let said = run(&argv, Path::new("/"), &[], ASKED_WITHIN).ok()?;
            let read = scontrol::read_config(Some(said.code), said.stdout.as_bytes(), said.stderr.as_bytes())?;
            self.config.get_or_init(|| read)
        };
        config.min_job_age.map(Duration::from_secs)
    }
}

/// The command that hands a job in.
///
/// # Errors
/// Why there is none.
pub(super) fn command(job: &SlurmJob, ask: &Ask<'_>) -> Result<Vec<String>, String> {
    let mut argv = vec!["sbatch".to_owned()];
    for argument in sbatch::arguments(job, ask) {
        let argument = argument.into_string();
        argv.push(argument.map_err(|argument| format!("`{}` is no UTF-8", argument.to_string_lossy()))?);
    }
    Ok(argv)
}

/// The numbers of those that are not over. One that is not listed is no reason not to reach the others.
fn numbered(numbers: Vec<Result<Option<String>, String>>) -> Result<Vec<String>, String> {
    let unlisted = numbers.iter().find_map(|number| number.as_ref().err().cloned());
    let ids: Vec<String> = numbers.into_iter().filter_map(Result::ok).flatten().collect();
    match unlisted {
        Some(name) if ids.is_empty() => Err(format!("Slurm lists no job {name} of this user")),
        _ => Ok(ids),
    }
}

/// Acts on jobs, as many at once as a command takes, and tells the first refusal. What is over already is no refusal.
fn act(ids: &[String], command: impl Fn(&[String]) -> (&'static str, Vec<String>)) -> Result<(), String> {
    let acts = ids.chunks(actions::AT_ONCE).map(|ids| {
        let (program, arguments) = command(ids);
        act_once(program, arguments)
    });
    acts.fold(Ok(()), Result::and)
}

fn act_once(program: &str, arguments: Vec<String>) -> Result<(), String> {
    let argv: Vec<String> = std::iter::once(program.to_owned()).chain(arguments).collect();
    let (code, stderr) = match run(&argv, Path::new("/"), &[], ASKED_WITHIN) {
        Ok(said) => (Some(said.code), said.stderr),
        Err(NoAnswer::NotStarted(words)) => return Err(words),
        Err(NoAnswer::CutOff(words)) => (None, words),
    };
    match actions::acted(code, stderr.as_bytes()) {
        actions::Acted::Taken | actions::Acted::AlreadyOver => Ok(()),
        actions::Acted::Denied(words) | actions::Acted::Unanswered(words) | actions::Acted::Failed(words) => Err(words),
    }
}

fn status(row: &Row) -> JobStatus {
    let stage = match states::stage(row) {
        // Its words say so where waiting is of no use.
        states::Stage::Waits { why, held, .. } => Stage::Waits { why, held },
        states::Stage::Runs | states::Stage::Paused | states::Stage::Ending => Stage::Runs,
        states::Stage::Over(fate) => Stage::Over(fate),
        states::Stage::Unknown(state) => Stage::Unknown(state),
    };
    let reason = match stage {
        Stage::Over(fate) => states::said_of_end(fate, row),
        _ => row.reason.clone(),
    };
    let node = Some(row.node.clone()).filter(|node| !node.is_empty());
    let code = row.exit.filter(|exit| exit.signal == 0).map(|exit| exit.code);
    JobStatus { id: row.id.clone(), stage, node, state: row.state.clone(), reason, code }
}
