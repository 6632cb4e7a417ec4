//! The files outside of its directory that an attempt declares to write: they are there for nobody else, and are kept.
//!
//! Before an attempt starts, none of them may be there: a script opens its file with `w`, and what it held is gone. What an earlier
//! attempt of the same simulation wrote is put aside, beside it and under a name that says whose it is. What anybody else wrote stays
//! where it is, and the attempt is not started.
//!
//! The awkward truth: a file does not say who wrote it. It counts as written by an attempt that declared it, and at whose start it was
//! not there, if it was changed last while that attempt ran.

use std::fs::{self, Metadata};
use std::io;
use std::ops::RangeInclusive;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::experiment::{covers, is_glob};
use crate::rundir::atomic;
use crate::rundir::attempts;
use crate::rundir::layout::SimulationDir;
use crate::rundir::record::{Exit, Spec, Started};

/// Attempts before this one that are asked: with more, somebody retries without looking.
const ASKED_MOST: usize = 100;

/// Entries of a directory that are compared with a glob.
const LISTED_MOST: usize = 100_000;

/// Milliseconds by which the time of a file may differ from that of a process: the kernel takes it from a coarser clock, and a
/// process that was just left behind may close the file.
const CLOCKS_DIFFER_MS: i64 = 2_000;

/// A file that was put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PutAside {
    /// Where it was.
    pub(crate) from: PathBuf,
    /// Where it is.
    pub(crate) to: PathBuf,
    /// The attempt that wrote it.
    pub(crate) attempt: u32,
}

/// Puts aside what earlier attempts of a simulation have left of the outputs that its attempt `number` declares.
///
/// # Errors
/// Why that attempt must not start, in words. What was put aside until then stays there.
pub(crate) fn put_aside(dir: &SimulationDir, number: u32, declared: &[PathBuf]) -> Result<Vec<PutAside>, String> {
    let mut taken: Vec<(PathBuf, Metadata)> = Vec::new();
    for output in declared {
        taken.extend(there(output).map_err(|error| format!("cannot look for `{}`: {error}", output.display()))?);
    }
    if taken.is_empty() {
        return Ok(Vec::new());
    }
    let earlier = earlier(dir, number);
    let mut aside = Vec::new();
    for (from, meta) in taken {
        let shown = from.display();
        if !meta.is_file() {
            return Err(format!("the output `{shown}` is there and is no file; move it away, or name another one"));
        }
        let Some(attempt) = writer(&earlier, &from, &meta) else {
            return Err(format!(
                "the output `{shown}` is there already, and no attempt of this simulation is known to have written it as it is; \
                 move it away, or name another file"
            ));
        };
        let to = aside_name(&from, attempt);
        move_without_replacing(&from, &to).map_err(|error| {
            format!(
                "the output `{shown}` of attempt {attempt} cannot be kept as `{}`: {error}; move it away",
                to.display()
            )
        })?;
        aside.push(PutAside { from, to, attempt });
    }
    Ok(aside)
}

/// The files that are there of one declared output.
fn there(output: &Path) -> io::Result<Vec<(PathBuf, Metadata)>> {
    let missing = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(Vec::new()),
        _ => Err(error),
    };
    if !is_glob(output) {
        return fs::symlink_metadata(output).map(|meta| vec![(output.to_owned(), meta)]).or_else(missing);
    }
    let Some(directory) = output.parent() else { return Ok(Vec::new()) };
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => return missing(error),
    };
    let mut found = Vec::new();
    for (at, entry) in entries.enumerate() {
        if at == LISTED_MOST {
            return Err(io::Error::other(format!("`{}` has too many files", directory.display())));
        }
        let entry = entry?;
        // What was put aside is no output any more, whatever the glob says.
        if covers(output, &entry.path()) && !is_aside(&entry.path()) {
            found.push((entry.path(), entry.metadata()?));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

/// An attempt that ran before: what it declared, and when it may have written it.
struct Earlier {
    number: u32,
    outputs: Vec<PathBuf>,
    ran_ms: RangeInclusive<i64>,
}

/// The attempts that ran before `number`, the newest one first. One whose end nobody recorded may have written until now, and so
/// may somebody else.
fn earlier(dir: &SimulationDir, number: u32) -> Vec<Earlier> {
    let numbers = attempts::numbers(dir).unwrap_or_default();
    let before = numbers.into_iter().rev().filter(|earlier| *earlier < number).take(ASKED_MOST);
    let read = |number: u32| {
        let attempt = dir.attempt(number);
        let spec = atomic::read_json::<Spec>(&attempt.spec()).ok().flatten()?;
        let started = atomic::read_json::<Started>(&attempt.started()).ok().flatten()?;
        let exit = atomic::read_json::<Exit>(&attempt.exit()).ok().flatten()?;
        let ran_ms = started.at.unix_ms - CLOCKS_DIFFER_MS..=exit.at.unix_ms + CLOCKS_DIFFER_MS;
        Some(Earlier { number, outputs: spec.outputs, ran_ms })
    };
    before.filter_map(read).collect()
}

fn writer(earlier: &[Earlier], path: &Path, meta: &Metadata) -> Option<u32> {
    let written_ms = meta.mtime() * 1000 + meta.mtime_nsec() / 1_000_000;
    let wrote = |attempt: &&Earlier| {
        attempt.ran_ms.contains(&written_ms) && attempt.outputs.iter().any(|output| covers(output, path))
    };
    earlier.iter().find(wrote).map(|attempt| attempt.number)
}

/// The end of the name of what was put aside.
const ASIDE: &str = ".attempt-";

fn aside_name(path: &Path, attempt: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!("{ASIDE}{attempt}"));
    name.into()
}

fn is_aside(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let digits = name.rsplit_once(ASIDE).map_or("", |(_, digits)| digits);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Gives a file another name in its directory, which must be free. Killed in between it has both.
fn move_without_replacing(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_same(from, to) => {}
        done => done?,
    }
    fs::remove_file(from)
}

fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| fs::symlink_metadata(path).map(|meta| (meta.dev(), meta.ino()));
    place(one).is_ok_and(|here| place(other).is_ok_and(|there| here == there))
}
