//! Finding the parts of a run from the directory that a user named.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::commands::Failure;
use crate::engine::executor::Executor;
use crate::gem5::EndFacts;
use crate::gem5::stats::Watch;
use crate::rundir::attempts::{self, AttemptRecords};
use crate::rundir::evidence::around::{self, Status};
use crate::rundir::evidence::{self, OtherLogs, Places};
use crate::rundir::{AttemptDir, ExperimentDir, Presence, Takeovers};
use crate::text::Safe;

/// The parts of a run.
#[derive(Debug)]
pub(super) struct Found {
    /// Where its output is.
    pub(super) places: Places,
    /// Its records and where it is, if it is an attempt of ours.
    pub(super) attempt: Option<(AttemptRecords, Presence)>,
    /// How its process ended, if it is not.
    pub(super) status: Status,
    /// Whether a person says which logs are gem5's. Then no record is asked what they tell.
    pub(super) logs_are_named: bool,
}

impl Found {
    /// Whether its end is recorded, if it is an attempt of ours.
    pub(super) fn has_ended(&self) -> bool {
        self.attempt.as_ref().is_some_and(|(records, _)| records.exit.is_some())
    }
}

/// Finds the run in `dir`: a directory with `m5out/` in it, an output directory itself, an attempt of ours, or a simulation
/// of ours, whose latest attempt it then is.
///
/// `logs` are the logs that somebody names: files, or globs of paths below the directory.
///
/// # Errors
/// In a sentence, if there is nothing of the kind.
pub(super) fn find(dir: &Path, logs: &[String]) -> Result<Found, Failure> {
    let shown = Safe::path(dir);
    let is_directory = fs::metadata(dir).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Failure::Usage(format!("there is no directory {shown}")),
        _ => Failure::Usage(format!("could not look into {shown}: {error}")),
    })?;
    if !is_directory.is_dir() {
        return Err(Failure::Usage(format!("{shown} is no directory; name the one that gem5 wrote its output to")));
    }
    let latest = dir.join("latest");
    let run = if dir.join("m5out").is_dir() || !latest.join("m5out").is_dir() { dir.to_owned() } else { latest };
    let m5out = run.join("m5out");
    let (holder, m5out) = if m5out.is_dir() { (run, m5out) } else { (parent(dir), dir.to_owned()) };
    let is_output = m5out != *dir || around::is_output(dir) || !logs.is_empty() || has_banner(dir);
    if !is_output {
        return Err(Failure::Usage(format!(
            "{shown} holds no output of gem5: it has no m5out/, no stats.txt, config.ini or simout.txt of its own, and no file that \
             begins as gem5 does"
        )));
    }
    let places = if logs.is_empty() {
        around::places(&m5out, &holder)
    } else {
        let named = named(logs, dir, &m5out)?;
        Places { m5out: m5out.clone(), stdout: None, stderr: None, beside: None, named, gem5_args: None }
    };
    let logs_are_named = !logs.is_empty();
    if let Some(attempt) = attempt(&holder, &m5out)? {
        let presence = Executor::local(takeovers(&holder)).presence(&attempt);
        let status = recorded(&attempt, &presence);
        let rule = attempt.spec.as_ref().and_then(|spec| spec.success.as_ref()).filter(|_| !logs_are_named);
        let places = match rule {
            Some(rule) => Places { named: evidence::named_logs_of(&attempt.dir, rule), ..places },
            None => places,
        };
        return Ok(Found { places, attempt: Some((attempt, presence)), status, logs_are_named });
    }
    Ok(Found { places, attempt: None, status: around::status(&holder, &m5out), logs_are_named })
}

/// The logs that a person names: each a file, wherever it lies, or a glob of paths below the directory.
fn named(logs: &[String], dir: &Path, m5out: &Path) -> Result<OtherLogs, Failure> {
    let mut named = OtherLogs::default();
    for log in logs {
        if let Err(error) = Watch::new(&[log]) {
            return Err(Failure::Usage(format!("--log: {error}")));
        }
        let is_file = |path: &PathBuf| path.is_file();
        if let Some(file) = [dir.join(log), m5out.join(log), PathBuf::from(log)].into_iter().find(is_file) {
            named.files.push(file);
            continue;
        }
        let beside = (dir != m5out).then_some(dir);
        let OtherLogs { files, is_cut } = evidence::named_logs(m5out, beside, std::slice::from_ref(log), &[]);
        if files.is_empty() {
            return Err(Failure::Usage(format!("no log is named `{}` in {}", Safe::line(log), Safe::path(dir))));
        }
        named.is_cut |= is_cut;
        named.files.extend(files);
    }
    named.files.dedup();
    Ok(named)
}

fn has_banner(dir: &Path) -> bool {
    !evidence::log_with_banner(dir, None, &[]).files.is_empty()
}

fn parent(dir: &Path) -> PathBuf {
    // Of `.` the parent is told by its real name only.
    let real = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    real.parent().map_or_else(|| real.clone(), Path::to_owned)
}

/// The records, if the directory is an attempt of ours.
fn attempt(holder: &Path, m5out: &Path) -> Result<Option<AttemptRecords>, Failure> {
    let dir = AttemptDir::new(holder);
    // `.` has a name only as the directory that it is.
    let real = fs::canonicalize(m5out).unwrap_or_else(|_| m5out.to_owned());
    if dir.m5out().file_name() != real.file_name() || !(dir.spec().is_file() || dir.exit().is_file()) {
        return Ok(None);
    }
    let real = fs::canonicalize(holder).ok();
    let number = real.and_then(|real| attempts::number(&AttemptDir::new(real))).unwrap_or(1);
    let records = attempts::read_at(dir, number);
    records.map(Some).map_err(|error| Failure::Refused(format!("could not read the records of the attempt: {error}")))
}

/// What people said of other hosts in the experiment that holds the attempt in `holder`.
fn takeovers(holder: &Path) -> Takeovers {
    let real = fs::canonicalize(holder).ok();
    let experiment = real.as_deref().and_then(Path::parent).and_then(Path::parent);
    experiment.map(|path| Takeovers::read(&ExperimentDir::new(path))).unwrap_or_default()
}

fn recorded(attempt: &AttemptRecords, presence: &Presence) -> Status {
    match &attempt.exit {
        Some(exit) => Status::Known(EndFacts::from(&exit.end), attempt.dir.exit()),
        None => Status::Unknown(presence.to_string()),
    }
}
