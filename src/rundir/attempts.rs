//! What a simulation's directory tells about its attempts.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::libc;

use crate::rundir::atomic::{self, RecordError};
use crate::rundir::layout::{AttemptDir, ExperimentDir, SimulationDir, attempt_number};
use crate::rundir::lease::{lock_patiently, open_to_look};
use crate::rundir::named::as_named;
use crate::rundir::outputs::Outputs;
use crate::rundir::record::{Claim, Exit, JobRecords, Moment, PauseLine, Spec, Started, Stop};

/// Every record of one attempt, as far as it is there.
#[derive(Debug)]
pub struct AttemptRecords {
    /// Counted from one.
    pub number: u32,
    /// Its directory.
    pub dir: AttemptDir,
    /// What was to be launched.
    pub spec: Option<Spec>,
    /// Which shim has it, where none inherited a lock.
    pub claim: Option<Claim>,
    /// Who ran.
    pub started: Option<Started>,
    /// Why it was asked to stop.
    pub stop: Option<Stop>,
    /// How it ended.
    pub exit: Option<Exit>,
    /// Whether a shim lives: the kernel lock on `spec.json` is held. Not looked at once an end is recorded.
    pub held: bool,
    /// What there is of a job, where a batch system was to have it.
    pub job: Option<Box<JobRecords>>,
}

impl AttemptRecords {
    /// Where its gem5 writes, as far as what was to be launched has been read.
    pub fn outputs(&self) -> Outputs {
        self.spec.as_ref().map_or_else(|| Outputs::unknown(&self.dir), |spec| Outputs::of(&self.dir, spec))
    }
}

/// Which simulations of an experiment have a directory. One look tells it of thousands.
#[derive(Debug)]
pub struct Begun {
    /// The names of all that is there, in lower case, as some file systems fold it. None where they cannot be listed.
    names: Option<HashSet<String>>,
}

/// Looks which simulations have a directory.
pub fn begun(outdir: &ExperimentDir) -> Begun {
    let names = || {
        let entries = match fs::read_dir(outdir.path()) {
            Ok(entries) => entries,
            Err(error) if is_missing(&error) => return Ok(HashSet::new()),
            Err(error) => return Err(error),
        };
        // The name of a simulation is text.
        let name = |entry: io::Result<fs::DirEntry>| entry.map(|entry| entry.file_name().into_string().ok());
        let names = entries.filter_map(|entry| name(entry).transpose());
        names.map(|name| name.map(|name| name.to_ascii_lowercase())).collect()
    };
    Begun { names: names().ok() }
}

impl Begun {
    /// Whether there may be something of this name.
    pub fn has(&self, name: &str) -> bool {
        self.names.as_ref().is_none_or(|names| !names.is_empty() && names.contains(&name.to_ascii_lowercase()))
    }
}

/// The numbers of the attempts in a simulation's directory, in order.
pub fn numbers(dir: &SimulationDir) -> io::Result<Vec<u32>> {
    let entries = match fs::read_dir(dir.path()) {
        Ok(entries) => entries,
        Err(error) if is_missing(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        numbers.extend(name.to_str().and_then(attempt_number));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The number of the attempt in this directory, as its name tells.
pub fn number(dir: &AttemptDir) -> Option<u32> {
    attempt_number(dir.name().file_name()?.to_str()?)
}

/// The number of the newest attempt. None if there is none, or if that cannot be told.
pub fn newest(dir: &SimulationDir) -> Option<u32> {
    numbers(dir).ok()?.last().copied()
}

/// Where the gem5 of an attempt writes, as its `spec.json` tells.
pub fn outputs(dir: &AttemptDir) -> Outputs {
    match atomic::read_json::<Spec>(&dir.spec()) {
        Ok(Some(spec)) => Outputs::of(dir, &spec),
        // Not there yet, or broken: gem5's default is as good a guess as any.
        Ok(None) | Err(_) => Outputs::unknown(dir),
    }
}

/// Reads the records of a job.
pub fn read_job(dir: &AttemptDir) -> Result<JobRecords, RecordError> {
    let end = atomic::read_json(&dir.job_end())?;
    Ok(JobRecords {
        submitting: atomic::read_json(&dir.submitting())?,
        submitted: atomic::read_json(&dir.submitted())?,
        end,
    })
}

/// Reads every record of attempt `number`.
pub fn read(dir: &SimulationDir, number: u32) -> Result<AttemptRecords, RecordError> {
    read_at(dir.attempt(number), number)
}

/// Reads every record in the directory of attempt `number`.
pub fn read_at(dir: AttemptDir, number: u32) -> Result<AttemptRecords, RecordError> {
    let records = read_but_spec(dir, number)?;
    let dir = &records.dir;
    let has_begun = records.started.is_some() || records.exit.is_some();
    let is_empty = || fs::metadata(dir.spec()).is_ok_and(|meta| meta.len() == 0);
    let spec: Option<Spec> = match atomic::read_json(&dir.spec()) {
        // What a power cut leaves of one that no shim has seen to.
        Err(RecordError::Malformed { .. }) if !has_begun && is_empty() => None,
        spec => spec?,
    };
    let is_job = spec.as_ref().is_some_and(|spec| spec.batch.is_some());
    let job = if is_job { Some(Box::new(read_job(dir)?)) } else { None };
    Ok(AttemptRecords { spec, job, ..records })
}

/// The same without what was to be launched, for those to whom only matters what became of it.
pub fn read_but_spec(dir: AttemptDir, number: u32) -> Result<AttemptRecords, RecordError> {
    // A recorded end is the last word. Else the lock is looked at first: a shim that ends in between has then written it.
    let end: Option<Exit> = atomic::read_json(&dir.exit())?;
    let held = end.is_none() && is_held(&dir.spec());
    Ok(AttemptRecords {
        number,
        spec: None,
        claim: if end.is_some() { None } else { atomic::read_json(&dir.claim())? },
        started: atomic::read_json(&dir.started())?,
        stop: atomic::read_json(&dir.stop())?,
        exit: if end.is_some() { end } else { atomic::read_json(&dir.exit())? },
        held,
        job: None,
        dir,
    })
}

/// Opens `spec.json` and locks it for the shim that will inherit the open file.
pub fn lock_spec(dir: &AttemptDir) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).open(dir.spec())?;
    match lock_patiently(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::Error::other("another shim holds this attempt")),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether somebody holds the lock on this file. A file that is missing is not held. Where it cannot be told, for lack of
/// descriptors or because a disk does not answer, it counts as held: nothing is then started a second time. What is no file
/// (a directory, a FIFO, a socket, a link that leads nowhere) is no lock of ours. Where it may not be opened, [`hidden`] tells more.
pub fn is_held(path: &Path) -> bool {
    match open_to_look(path) {
        Ok(file) => file.try_lock_shared().is_err(),
        Err(error) => !is_missing(&error) && !is_no_file(&error),
    }
}

/// Whether something else stands in the place of a file.
fn is_no_file(error: &io::Error) -> bool {
    // `FilesystemLoop` cannot be named yet, and a socket has no kind; both have numbers (open(2)).
    let number = matches!(error.raw_os_error(), Some(libc::ELOOP | libc::ENXIO | libc::ENODEV));
    number || matches!(error.kind(), io::ErrorKind::IsADirectory | io::ErrorKind::InvalidInput)
}

/// Why the records of an attempt may not be read by this user, and what to do; none if that is not why they could not be read.
/// Whether such an attempt lives cannot be told, so nothing is started beside it.
pub fn hidden(error: &RecordError) -> Option<String> {
    let RecordError::Read { path, source } = error else { return None };
    if source.kind() != io::ErrorKind::PermissionDenied {
        return None;
    }
    let me = nix::unistd::geteuid();
    let owner = fs::symlink_metadata(path)
        .map_or_else(|_| String::new(), |meta| format!(", which belongs to user {}", meta.uid()));
    Some(format!(
        "user {me} may not read `{}`{owner}, so nobody knows whether it runs; give what is below the experiment directory back to \
         its user (`sudo chown -R {me}`, and `chmod -R u+rwX`), and ask again",
        as_named(path).display()
    ))
}

/// Whether there is nothing of that name, nor a directory that it could be in.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Milliseconds of finished pauses, and since when the last one lasts. A torn last line, which a
/// crash can leave, is passed over.
pub fn pauses(dir: &AttemptDir) -> (u64, Option<Moment>) {
    let mut finished: u64 = 0;
    let mut since: Option<Moment> = None;
    for line in atomic::read_lines::<PauseLine>(&dir.pauses()) {
        match (line.stopped, since) {
            (true, None) => since = Some(line.at),
            (false, Some(start)) => {
                finished = finished.saturating_add(line.at.since(start));
                since = None;
            }
            _ => {}
        }
    }
    (finished, since)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::ExperimentDir;

    #[test]
    fn attempts_are_listed_in_the_order_of_their_numbers() {
        let dir = tempfile::tempdir().unwrap();
        let sim = ExperimentDir::new(dir.path()).simulation("a");
        assert!(numbers(&sim).unwrap().is_empty());
        for name in ["attempt-10", "attempt-2", "attempt-x", "latest", "attempt-1"] {
            fs::create_dir_all(sim.path().join(name)).unwrap();
        }
        assert_eq!(numbers(&sim).unwrap(), [1, 2, 10]);
    }

    #[test]
    fn what_cannot_be_listed_may_have_begun() {
        let dir = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(dir.path().join("runs"));
        let has = |name: &str| begun(&outdir).has(name);
        assert!(!has("a"), "there is nothing yet");
        fs::create_dir_all(outdir.simulation("Ab").path()).unwrap();
        std::os::unix::fs::symlink("nowhere", outdir.simulation("link").path()).unwrap();
        assert_eq!(["Ab", "aB", "link", "b"].map(has), [true, true, true, false]);
        // As of a directory that may not be read.
        assert!(Begun { names: None }.has("b"));
    }

    #[test]
    fn what_a_power_cut_leaves_empty_is_no_spec_and_one_that_is_damaged_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let attempt = AttemptDir::new(dir.path());
        fs::write(attempt.spec(), "").unwrap();
        assert!(read_at(attempt.clone(), 1).unwrap().spec.is_none());
        fs::write(attempt.spec(), "{").unwrap();
        assert!(matches!(read_at(attempt, 1), Err(RecordError::Malformed { .. })));
    }

    #[test]
    fn a_lock_held_through_an_inherited_file_is_seen_by_others() {
        let dir = tempfile::tempdir().unwrap();
        let attempt = AttemptDir::new(dir.path());
        fs::write(attempt.spec(), "{}").unwrap();
        assert!(!is_held(&attempt.spec()));
        let held = lock_spec(&attempt).unwrap();
        assert!(is_held(&attempt.spec()));
        assert!(lock_spec(&attempt).is_err());
        drop(held);
        assert!(!is_held(&attempt.spec()));
    }
}
