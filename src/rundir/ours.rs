//! Which files with the names of our records are ours.
//!
//! A person may name a directory as `outdir:` in which there are files already, and one of them may be called
//! `experiment.json`. A record is known by its content. What has its name and is none is somebody's work: it is not replaced,
//! removed, appended to or locked.
//!
//! The awkward truth: a crash can leave a file of ours empty or torn, and what has no content cannot be told apart. Blanks and
//! zeros are nobody's work, and half of a record begins as records do. The lock and the log are written in place and so may
//! hold anything after a crash: they are ours, too, if an `experiment.json` of ours lies beside them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::atomic::MAX_RECORD_BYTES;
use super::follow::read_regular;
use super::layout::{ExperimentDir, SimulationDir, attempt_number};
use super::named::as_named;
use super::shard::Shard;

/// So much of a log or of a file of lines is looked at: more than their first line.
const BEGINNING: u64 = 64 << 10;

/// How a line of `engine.log` begins: `9` is any digit. The level follows.
const LOG_LINE: &[u8] = b"9999-99-99 99:99:99.999 ";

/// The levels, as they are written.
const LEVELS: [&[u8]; 3] = [b" INFO ", b" WARN ", b"ERROR "];

/// What is to be written under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `experiment.json`.
    Experiment,
    /// `engine.lock`.
    Lock,
    /// `engine.log`.
    Log,
    /// `controls.json`.
    Controls,
    /// `notices.json`.
    Notices,
    /// `views.json`.
    Views,
    /// `takeovers.jsonl`.
    Takeovers,
    /// `asked.jsonl`.
    Asked,
    /// `SIM/latest`.
    Latest,
    /// `SIM/retry.json`.
    Retry,
    /// `SIM/cancelled.json`.
    Cancelled,
}

/// What to do about files that are not ours.
pub(super) const WHAT_TO_DO: &str = "move it away, or take another `outdir:`";

/// A file of somebody's under a name of ours, or something else in its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}, so it is left alone; {WHAT_TO_DO}", self.fact())]
pub struct Stranger {
    /// Where it is.
    pub path: PathBuf,
    why: &'static str,
}

impl Stranger {
    /// Something at `path`, of which `why` says what it is.
    pub(super) fn new(path: &Path, why: &'static str) -> Self {
        Self { path: as_named(path), why }
    }

    /// Without what to do about it.
    pub(super) fn fact(&self) -> String {
        format!("`{}` {}", self.path.display(), self.why)
    }
}

impl From<Stranger> for io::Error {
    fn from(stranger: Stranger) -> Self {
        Self::other(stranger)
    }
}

/// The records of an experiment that are written under a fixed name, by the engine of a shard if one is named.
pub(super) fn records(dir: &ExperimentDir, shard: Option<Shard>) -> Vec<(PathBuf, Kind)> {
    let mut records = vec![
        (dir.experiment_record(), Kind::Experiment),
        (dir.lock_of(shard), Kind::Lock),
        (dir.log_of(shard), Kind::Log),
        (dir.controls_of(shard), Kind::Controls),
        (dir.notices_of(shard), Kind::Notices),
        (dir.takeovers(), Kind::Takeovers),
        (dir.asked(), Kind::Asked),
    ];
    records.extend(shard.map(|shard| (dir.experiment_record_of(shard), Kind::Experiment)));
    records
}

/// Those of a simulation.
pub(super) fn records_of(dir: &SimulationDir) -> [(PathBuf, Kind); 3] {
    [(dir.latest(), Kind::Latest), (dir.retry(), Kind::Retry), (dir.cancelled(), Kind::Cancelled)]
}

/// Refuses what is at `path` and not ours. Nothing there is fine.
///
/// # Errors
/// A [`Stranger`], or what the system says of a file that cannot be read.
pub(crate) fn check(path: &Path, kind: Kind) -> io::Result<()> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(()),
        Err(error) => return Err(error),
    };
    let refuse = |why| Err(Stranger::new(path, why).into());
    if kind == Kind::Latest {
        return match attempt_of(path) {
            Some(_) => Ok(()),
            None => refuse("is no link to an attempt of gem5-tui"),
        };
    }
    if !meta.is_file() {
        return refuse(if meta.is_symlink() { "is a symbolic link" } else { "is no file" });
    }
    if is_ours(path, kind)? { Ok(()) } else { refuse("is not a record of gem5-tui") }
}

/// The attempt that the link at `path` points to, if it is such a link.
pub(super) fn attempt_of(path: &Path) -> Option<u32> {
    attempt_number(fs::read_link(path).ok()?.to_str()?)
}

fn is_ours(path: &Path, kind: Kind) -> io::Result<bool> {
    let most = match kind {
        Kind::Experiment | Kind::Views => MAX_RECORD_BYTES + 1,
        _ => BEGINNING,
    };
    let text = match read_regular(path, most) {
        // Of the log of another user nothing is known but what lies beside it; to write there would fail as well.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        read => read?,
    };
    let is_known = match kind {
        Kind::Experiment => is_record::<Experiment>(&text, "format"),
        Kind::Lock => is_record::<Lock>(&text, "format"),
        Kind::Controls => is_record::<Controls>(&text, "format"),
        Kind::Notices => is_record::<Notices>(&text, "format"),
        Kind::Views => is_record::<Views>(&text, "format"),
        Kind::Retry => is_record::<Retry>(&text, "format"),
        Kind::Cancelled => is_record::<Cancelled>(&text, "format"),
        Kind::Takeovers => is_record::<Takeover>(first_line(&text), "host"),
        Kind::Asked => is_record::<Asked>(first_line(&text), "format"),
        Kind::Log => is_log(&text),
        Kind::Latest => false,
    };
    let is_in_place = matches!(kind, Kind::Lock | Kind::Log);
    Ok(is_known || is_blank(&text) || is_in_place && is_beside_ours(path))
}

/// Whether an engine has written its plan beside this file.
fn is_beside_ours(path: &Path) -> bool {
    let record = ExperimentDir::new(path.parent().unwrap_or(path)).experiment_record();
    let is_file = fs::symlink_metadata(&record).is_ok_and(|meta| meta.is_file());
    let text = is_file.then(|| read_regular(&record, MAX_RECORD_BYTES + 1).ok()).flatten();
    text.is_some_and(|text| serde_json::from_slice::<Experiment>(&text).is_ok())
}

/// Whether nothing of anybody's is in it.
fn is_blank(text: &[u8]) -> bool {
    text.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace())
}

/// Whether it is a record with the fields of `T`, or the beginning of a record whose first field is `first`.
fn is_record<T: DeserializeOwned>(text: &[u8], first: &str) -> bool {
    match serde_json::from_slice::<T>(text) {
        Ok(_) => true,
        // It is whole and has not what it must have.
        Err(error) if !error.is_eof() && serde_json::from_slice::<IgnoredAny>(text).is_ok() => false,
        Err(_) => is_torn(text, first),
    }
}

/// Whether a file begins as our records do, or ends before that can be told.
fn is_torn(text: &[u8], first: &str) -> bool {
    let begun = format!("{{\"{first}\":");
    let mut found = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    begun.bytes().all(|expected| found.next().is_none_or(|byte| *byte == expected || *byte == 0))
}

fn first_line(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == b'\n').find(|line| !is_blank(line)).unwrap_or_default()
}

fn is_log(text: &[u8]) -> bool {
    let line = first_line(text);
    let is_so = |(byte, pattern): (&u8, &u8)| if *pattern == b'9' { byte.is_ascii_digit() } else { byte == pattern };
    let Some(level) = line.get(LOG_LINE.len()..) else { return line.iter().zip(LOG_LINE).all(is_so) };
    line.iter().zip(LOG_LINE).all(is_so) && LEVELS.iter().any(|name| level.iter().zip(*name).all(|(a, b)| a == b))
}

/// What each kind has in every release, and nothing of what it says: a later release may say it otherwise.
macro_rules! shapes {
    ($($name:ident { $($field:ident),+ })+) => { $(
        #[derive(Deserialize)]
        struct $name {
            $(#[expect(dead_code, reason = "only whether it is there is asked")] $field: IgnoredAny),+
        }
    )+ };
}

shapes! {
    Experiment { format, at, plan }
    Lock { format, engine, socket }
    Controls { format, planned_cap, cap, queue_paused }
    Notices { format, owes_done }
    Views { format, views }
    Retry { format, at, after }
    Cancelled { format, at }
    Takeover { host, boot_id, at, by }
    Asked { format, asked }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_known_by_what_is_in_it() {
        let place = tempfile::tempdir().unwrap();
        let is_taken = |kind, text: &str| {
            let path = place.path().join("x.json");
            fs::write(&path, text).unwrap();
            check(&path, kind).is_ok()
        };
        for (kind, ours) in [
            (Kind::Experiment, r#"{"format": 1, "at": {}, "plan": {}}"#),
            // A later release may say more, and otherwise.
            (Kind::Experiment, r#"{"plan": [], "at": 5, "format": 2, "more": 1}"#),
            (Kind::Lock, r#"{"format": 1, "engine": {"pid": 1}, "socket": "/s", "released": true}     "#),
            (Kind::Lock, r#"{"format": 1, "engine": {"pid"#),
            (Kind::Lock, "{\n  \"format\": 1"),
            (Kind::Lock, "{\n  \"for"),
            (Kind::Controls, r#"{"format": 1, "planned_cap": 1, "cap": 1, "queue_paused": false}"#),
            (Kind::Notices, r#"{"format": 1, "owes_done": true}"#),
            (Kind::Retry, r#"{"format": 1, "at": {}, "after": 2}"#),
            (Kind::Cancelled, r#"{"format": 1, "at": {}}"#),
            (Kind::Takeovers, "{\"host\":\"h\",\"boot_id\":\"b\",\"at\":{},\"by\":\"x\"}\n{\"host"),
            (Kind::Asked, "{\"form\n{\"format\":1,\"asked\":[]}\n"),
            (Kind::Log, "2026-11-29 17:39:41.123  INFO engine 7 for /a.yaml\nmore"),
            (Kind::Log, "2026-11-29 17:39:41.123 ERROR x"),
            (Kind::Log, "2026-11-29 1"),
        ] {
            assert!(is_taken(kind, ours), "{kind:?} {ours}");
        }
        for kind in [Kind::Experiment, Kind::Lock, Kind::Log, Kind::Controls, Kind::Takeovers, Kind::Asked, Kind::Retry]
        {
            assert!(is_taken(kind, "") && is_taken(kind, "\0\0\0\0"), "{kind:?}: nobody's work");
            for theirs in
                ["my own log", "{\"my\": 1}", "{\"format\": 1}", "[]", "{}", "pid 12", "{\"format\": 1} {}", "\"x\""]
            {
                let is_half = theirs == "{\"format\": 1} {}" && kind != Kind::Log && kind != Kind::Takeovers;
                assert!(is_half || !is_taken(kind, theirs), "{kind:?} {theirs}");
            }
        }
        for theirs in
            ["2026-11-29T17:39:41.123Z  INFO x", "2026-11-29 17:39:41,123 INFO x", "2026-11-29 17:39:41.123 x"]
        {
            assert!(!is_taken(Kind::Log, theirs), "{theirs}");
        }
    }

    #[test]
    fn what_a_crash_left_in_the_lock_and_the_log_is_ours_beside_a_plan_of_ours() {
        let place = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(place.path());
        for path in [dir.lock(), dir.log()] {
            fs::write(path, "noise").unwrap();
        }
        assert!(check(&dir.lock(), Kind::Lock).is_err() && check(&dir.log(), Kind::Log).is_err());
        fs::write(dir.experiment_record(), r#"{"format": 1, "at": {}, "plan": {}}"#).unwrap();
        assert!(check(&dir.lock(), Kind::Lock).is_ok() && check(&dir.log(), Kind::Log).is_ok());
    }

    #[test]
    fn links_and_directories_are_no_records() {
        let place = tempfile::tempdir().unwrap();
        let ours = place.path().join("ours.json");
        fs::write(&ours, r#"{"format": 1, "at": {}}"#).unwrap();
        let dir = ExperimentDir::new(place.path()).simulation("a");
        fs::create_dir_all(dir.latest()).unwrap();
        std::os::unix::fs::symlink(&ours, dir.cancelled()).unwrap();
        assert!(check(&dir.latest(), Kind::Latest).is_err() && check(&dir.cancelled(), Kind::Cancelled).is_err());
        fs::remove_dir(dir.latest()).unwrap();
        check(&dir.latest(), Kind::Latest).unwrap();
        for (target, is_ours) in [("attempt-12", true), ("attempt-x", false), ("/elsewhere/attempt-1", false)] {
            _ = fs::remove_file(dir.latest());
            std::os::unix::fs::symlink(target, dir.latest()).unwrap();
            assert_eq!(check(&dir.latest(), Kind::Latest).is_ok(), is_ours, "{target}");
        }
    }
}
