//! Finding the parts of a run from the directory that a user named.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::commands::Failure;
use crate::engine::executor::Executor;
use crate::gem5::EndFacts;
use crate::gem5::stats::Watch;
use crate::rundir::attempts::{self, AttemptRecords};
use crate::rundir::evidence::{self, OtherLogs, Places};
use crate::rundir::follow::read_regular;
use crate::rundir::{AttemptDir, ExperimentDir, Presence, Takeovers};
use crate::text::Safe;

/// A wait status is a few bytes; what is larger is something else.
const MAX_STATUS: u64 = 64 << 10;

/// The names under which standard output is kept: gem5's own (`--redirect-stdout`; without the ending before 23.1), those
/// of `gem5.utils.multisim`, and what people type.
const STDOUT: [&str; 8] =
    ["simout.txt", "simout", "stdout.txt", "stdout.log", "stdout", "gem5.log", "run.log", "output.log"];

/// The same for standard error.
const STDERR: [&str; 5] = ["simerr.txt", "simerr", "stderr.txt", "stderr.log", "stderr"];

/// Names that gem5 gives to files in its output directory.
const OF_GEM5: [&str; 8] =
    ["stats.txt", "stats.txt.gz", "stats.json", "stats.h5", "config.ini", "config.json", "citations.bib", "simout.txt"];

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

/// The wait status of a run.
#[derive(Debug)]
pub(super) enum Status {
    /// The end, and where it is told.
    Known(EndFacts, PathBuf),
    /// There is none, for this reason.
    Unknown(String),
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
    let is_output = m5out != *dir || is_output(dir) || !logs.is_empty() || has_banner(dir);
    if !is_output {
        return Err(Failure::Usage(format!(
            "{shown} holds no output of gem5: it has no m5out/, no stats.txt, config.ini or simout.txt of its own, and no file that \
             begins as gem5 does"
        )));
    }
    let places = if logs.is_empty() {
        let (stdout, stderr) = (log(&m5out, &holder, &STDOUT), log(&m5out, &holder, &STDERR));
        let beside = Some(holder.clone());
        Places { m5out: m5out.clone(), stdout, stderr, beside, named: OtherLogs::default(), gem5_args: None }
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
    Ok(Found { places, attempt: None, status: status(&holder, &m5out), logs_are_named })
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

fn is_output(dir: &Path) -> bool {
    OF_GEM5.iter().chain(&STDOUT).chain(&STDERR).any(|name| dir.join(name).is_file())
}

/// The log under one of the names, in the output directory or beside it. An empty one is taken only if no other is there.
fn log(m5out: &Path, holder: &Path, names: &[&str]) -> Option<PathBuf> {
    let length = |path: &Path| fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len());
    let candidates = || [m5out, holder].into_iter().flat_map(|dir| names.iter().map(|name| dir.join(name)));
    let written = candidates().find(|path| length(path).is_some_and(|length| length > 0));
    written.or_else(|| candidates().find(|path| length(path).is_some()))
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

/// The wait status in a `status.json` beside the output directory, or in it.
fn status(holder: &Path, m5out: &Path) -> Status {
    let path = [holder, m5out].map(|dir| dir.join("status.json")).into_iter().find(|path| path.is_file());
    let Some(path) = path else { return Status::Unknown("no status.json beside it".to_owned()) };
    let told = fs::metadata(&path).map_err(|error| error.to_string()).and_then(|metadata| {
        if metadata.len() > MAX_STATUS {
            return Err("it is too large".to_owned());
        }
        let text = read_regular(&path, MAX_STATUS).map_err(|error| error.to_string())?;
        end_of(&text)
    });
    match told {
        Ok(end) => Status::Known(end, path),
        Err(reason) => Status::Unknown(format!("{} cannot be used: {reason}", path.display())),
    }
}

/// `{"exit_code": 0}` or `{"signal": "SIGABRT"}`, with or without other fields. A signal may also be a number, come
/// without `SIG`, or as an exit code below zero.
fn end_of(text: &[u8]) -> Result<EndFacts, String> {
    let status: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let code = status["exit_code"].as_i64();
    // Python's `subprocess` tells of a signal as the negative of its number.
    let negated = code.filter(|code| *code < 0).map(|code| Value::from(code.unsigned_abs()));
    if let Some(code) = code.filter(|_| negated.is_none()) {
        return i32::try_from(code).map(EndFacts::Exited).map_err(|error| format!("exit code {code}: {error}"));
    }
    let signal = match negated.as_ref().unwrap_or(&status["signal"]) {
        Value::String(name) => {
            let name = name.trim().to_ascii_uppercase();
            let name = if name.starts_with("SIG") { name } else { format!("SIG{name}") };
            name.parse::<nix::sys::signal::Signal>().map_err(|error| format!("signal {name}: {error}"))?
        }
        Value::Number(number) => {
            let number = number.as_i64().and_then(|number| i32::try_from(number).ok());
            let signal = number.and_then(|number| nix::sys::signal::Signal::try_from(number).ok());
            signal.ok_or("its signal has no such number")?
        }
        _ => return Err("it has neither `exit_code` nor `signal`".to_owned()),
    };
    Ok(EndFacts::Signaled { number: signal as i32, name: signal.as_str().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_status_is_read_however_it_is_written() {
        let signal = |number, name: &str| Ok(EndFacts::Signaled { number, name: name.to_owned() });
        for (text, expected) in [
            (r#"{"exit_code": 0}"#, Ok(EndFacts::Exited(0))),
            (r#"{"exit_code": 3, "signal": null}"#, Ok(EndFacts::Exited(3))),
            (r#"{"exit_code": null, "signal": "SIGABRT"}"#, signal(6, "SIGABRT")),
            (r#"{"signal": "segv"}"#, signal(11, "SIGSEGV")),
            (r#"{"signal": 9}"#, signal(9, "SIGKILL")),
            (r#"{"exit_code": -6}"#, signal(6, "SIGABRT")),
        ] {
            assert_eq!(end_of(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_garbled_wait_status_is_unknown_and_says_why() {
        for text in [
            "",
            "{",
            "null",
            "[]",
            "{}",
            r#"{"exit_code": "0"}"#,
            r#"{"signal": "SIGNONE"}"#,
            r#"{"signal": 4000}"#,
            r#"{"exit_code": 99999999999}"#,
            r#"{"exit_code": -99999999999}"#,
            r#"{"exit_code": -9223372036854775808}"#,
            "\u{fffd}\0",
        ] {
            assert!(end_of(text.as_bytes()).is_err(), "{text}");
        }
    }
}
