//! What was decided and has no record of its own yet: on disk in one write, whether it is about one simulation or thousands.
//!
//! A person who cancels is told that it is done when it is, and a signal stands behind the record of why. Neither must wait for
//! a file that is written, synced and renamed for each simulation. So each word is a line of `asked.jsonl`, all lines of a wish are
//! synced at once, and the records are written afterwards, one by one. When all are there the file is made blank, and it goes with the
//! engine. An engine that finds lines in it has one before it that was killed in between: what they say counts as if the records were
//! written, and they are written then.
//!
//! The file is made beforehand, full of zeros. What is written over them is on disk with nothing but itself: a file that grows, or
//! that is new, has the file system write down first where it is.
//!
//! The awkward truth: what could not be synced once may be gone, whatever a later sync says of it. Then the whole file is written
//! anew.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Component, Path};

use memchr::memmem;
use serde::{Deserialize, Serialize};

use super::atomic::{self, RecordError};
use super::attempts;
use super::layout::{AttemptDir, ExperimentDir, SimulationDir};
use super::ours::{self, Kind};
use super::record::{FORMAT, Moment, Stop, StopReason};
use crate::failpoint::point;

/// Something that is to be recorded of one simulation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ask")]
pub enum Asked {
    /// Its attempt is asked to stop: `stop.json`.
    Stop {
        /// The simulation.
        simulation: String,
        /// The attempt.
        attempt: u32,
        /// Why.
        reason: StopReason,
        /// When that was decided.
        at: Moment,
    },
    /// It is cancelled before it has an attempt to end: `cancelled.json`.
    Cancel {
        /// The simulation.
        simulation: String,
        /// When that was decided.
        at: Moment,
    },
    /// A person asks for another attempt: `retry.json`, and no `cancelled.json`.
    Retry {
        /// The simulation.
        simulation: String,
        /// Its newest attempt then; 0 if it has none.
        after: u32,
        /// Whether a suite takes nothing from before.
        #[serde(default)]
        anew: bool,
        /// When that was decided.
        at: Moment,
    },
    /// That is taken back: no `retry.json`.
    ForgetRetry {
        /// The simulation.
        simulation: String,
    },
}

/// One line of `asked.jsonl`.
#[derive(Serialize, Deserialize)]
struct Line {
    format: u32,
    asked: Vec<Asked>,
}

impl Asked {
    /// The simulation that it is about.
    pub fn simulation(&self) -> &str {
        match self {
            Self::Stop { simulation, .. }
            | Self::Cancel { simulation, .. }
            | Self::Retry { simulation, .. }
            | Self::ForgetRetry { simulation } => simulation,
        }
    }
}

/// 64 KiB: room for the words about a few hundred simulations. For more the file grows, which takes a little longer.
const ROOM: usize = 64 << 10;

/// `asked.jsonl` of an engine that writes it.
#[derive(Debug)]
pub(crate) struct AskedFile {
    outdir: ExperimentDir,
    /// The file as it was written by this engine, and where its next line goes.
    open: Option<(File, u64)>,
    /// Whether it holds words, of this engine or of one before.
    is_used: bool,
}

impl AskedFile {
    pub(crate) fn new(outdir: ExperimentDir) -> Self {
        let is_used = outdir.asked().exists();
        Self { outdir, open: None, is_used }
    }

    /// Whether it holds words.
    pub(crate) fn is_used(&self) -> bool {
        self.is_used
    }

    /// Adds what is asked, and returns when it is on disk. `older` is what was asked before and has no record yet.
    pub(crate) fn append(&mut self, asked: &[Asked], older: impl Iterator<Item = Asked>) -> io::Result<()> {
        self.is_used = true;
        let mut found = Vec::new();
        match self.open.take() {
            Some((file, end)) if stands(&file, &self.outdir) => {
                let (text, path) = (lines(asked)?, self.outdir.asked());
                let begun = point("asked.begun", &path);
                let written = begun.and_then(|()| file.write_all_at(&text, end)).and_then(|()| file.sync_data());
                if written.and_then(|()| point("asked.synced", &path)).is_ok() {
                    self.open = Some((file, end + text.len() as u64));
                    return Ok(());
                }
            }
            // Somebody has removed or replaced it. What others have written there is theirs.
            Some(_) => found = read(&self.outdir),
            None => {}
        }
        found.extend(older);
        found.extend_from_slice(asked);
        self.write_anew(&found)
    }

    /// Has it hold these words alone, and returns when that is on disk: what was asked once must not be asked again.
    fn write_anew(&mut self, asked: &[Asked]) -> io::Result<()> {
        self.open = None;
        let path = self.outdir.asked();
        ours::check(&path, Kind::Asked)?;
        let mut text = lines(asked)?;
        let end = text.len();
        text.resize(end + ROOM, 0);
        self.open = Some((atomic::write_bytes(&path, &text)?, end as u64));
        self.is_used = !asked.is_empty();
        Ok(())
    }

    /// Has it hold nothing, when everything has its record.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        if self.is_replaced() {
            self.is_used = false;
            return Ok(());
        }
        self.write_anew(&[])
    }

    /// Removes it when the engine ends and everything has its record.
    pub(crate) fn remove(&mut self) -> io::Result<()> {
        if self.is_replaced() || !self.is_used && self.open.is_none() {
            return Ok(());
        }
        self.open = None;
        if std::mem::take(&mut self.is_used) {
            return forget(&self.outdir);
        }
        // A blank one means nothing, also if it comes back after a power cut.
        fs::remove_file(self.outdir.asked())
    }

    /// Whether what has its name by now is not what this engine has written.
    fn is_replaced(&self) -> bool {
        self.open.as_ref().is_some_and(|(file, _)| !stands(file, &self.outdir))
    }
}

/// Whether this is the file that others find.
fn stands(file: &File, outdir: &ExperimentDir) -> bool {
    let place = |facts: Metadata| (facts.dev(), facts.ino());
    let there = fs::metadata(outdir.asked()).map(place).ok();
    there.is_some() && there == file.metadata().map(place).ok()
}

/// A line for each of them, so that whoever looks for one simulation need not read the others.
fn lines(asked: &[Asked]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for one in asked {
        serde_json::to_writer(&mut text, &Line { format: FORMAT, asked: vec![one.clone()] })
            .map_err(io::Error::other)?;
        text.push(b'\n');
    }
    Ok(text)
}

/// Removes it, when everything has its record. Returns when that is on disk: what was asked once must not be asked again.
pub(crate) fn forget(outdir: &ExperimentDir) -> io::Result<()> {
    atomic::remove(&outdir.asked())
}

/// What an engine has not come to record, in its order.
pub(crate) fn read(outdir: &ExperimentDir) -> Vec<Asked> {
    known(atomic::read_lines(&outdir.asked())).collect()
}

fn known(lines: Vec<Line>) -> impl Iterator<Item = Asked> {
    // A later release may ask for what this one does not know; then it is that release's to do.
    let asked = lines.into_iter().filter(|line| line.format <= FORMAT).flat_map(|line| line.asked);
    asked.filter(|asked| is_plain(asked.simulation()))
}

/// Whether this is a name that a simulation can have. Any other leads out of the experiment directory.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(only)), None) if only == name)
}

/// The same by simulation.
pub(crate) fn by_simulation(asked: &[Asked]) -> HashMap<&str, Vec<&Asked>> {
    let mut by_simulation: HashMap<&str, Vec<&Asked>> = HashMap::new();
    for one in asked {
        by_simulation.entry(one.simulation()).or_default().push(one);
    }
    by_simulation
}

/// That an attempt was asked to stop, where that has no record yet. `asked` is about its simulation alone.
pub(crate) fn stop_of(number: u32, asked: &[&Asked]) -> Option<Stop> {
    asked.iter().rev().find_map(|asked| match **asked {
        Asked::Stop { attempt, reason, at, .. } if attempt == number => {
            Some(Stop { format: FORMAT, reason, at, signalled: false })
        }
        _ => None,
    })
}

/// That an attempt was asked to stop, whether that has its record or not.
///
/// # Errors
/// When the record is there and cannot be read.
pub(crate) fn stop(simulation: &SimulationDir, dir: &AttemptDir) -> Result<Option<Stop>, RecordError> {
    let recorded = || atomic::read_json(&dir.stop());
    match recorded()? {
        Some(stop) => Ok(Some(stop)),
        // The record may have come since, and is there before the word goes.
        None => find_stop(simulation, dir).map_or_else(recorded, |stop| Ok(Some(stop))),
    }
}

fn find_stop(simulation: &SimulationDir, dir: &AttemptDir) -> Option<Stop> {
    let outdir = ExperimentDir::new(simulation.path().parent()?);
    let name = simulation.path().file_name()?.to_str()?;
    // There may be thousands, and as many that look for one of them.
    let text = serde_json::to_vec(name).ok()?;
    let lines = atomic::read_lines_with(&outdir.asked(), |line| memmem::find(line, &text).is_some());
    let asked: Vec<Asked> = known(lines).collect();
    stop_of(attempts::number(dir)?, by_simulation(&asked).get(name)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cancel(name: &str) -> Asked {
        Asked::Cancel { simulation: name.to_owned(), at: Moment::now() }
    }

    fn none() -> std::iter::Empty<Asked> {
        std::iter::empty()
    }

    #[test]
    fn what_was_asked_is_there_until_it_is_forgotten_and_half_a_line_hides_nothing() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        assert!(read(&outdir).is_empty());
        let many: Vec<Asked> = (0..5_000).map(|at| cancel(&format!("s{at}"))).collect();
        let mut file = AskedFile::new(outdir.clone());
        file.append(&many, none()).unwrap();
        // Somebody else's words lead nowhere.
        file.append(&["../b", "/b", "", ".", "b/../c", "b/"].map(cancel), none()).unwrap();
        let retry = Asked::Retry { simulation: "s1".to_owned(), after: 0, anew: false, at: Moment::now() };
        file.append(std::slice::from_ref(&retry), none()).unwrap();
        let (_, end) = file.open.as_ref().unwrap();
        let mut text = fs::read(outdir.asked()).unwrap();
        text.truncate(usize::try_from(*end).unwrap());
        text.extend(b"{\"format\":1,\"asked\":[{\"ask\":\"can");
        fs::write(outdir.asked(), text).unwrap();
        let found = read(&outdir);
        assert_eq!(found.len(), many.len() + 1);
        assert_eq!(by_simulation(&found)["s1"], [&many[1], &retry]);
        file.remove().unwrap();
        file.remove().unwrap();
        assert!(read(&outdir).is_empty() && !outdir.asked().exists());
    }

    #[test]
    fn what_fits_into_the_room_changes_neither_the_length_nor_the_name_of_the_file() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        let facts = || fs::metadata(outdir.asked()).map(|facts| (facts.ino(), facts.len())).unwrap();
        let mut file = AskedFile::new(outdir.clone());
        file.clear().unwrap();
        assert!(!file.is_used() && read(&outdir).is_empty());
        let before = facts();
        file.append(&[cancel("a")], none()).unwrap();
        file.append(&[cancel("b"), cancel("c")], none()).unwrap();
        assert_eq!((facts(), read(&outdir).len(), file.is_used()), (before, 3, true));
        file.clear().unwrap();
        assert!(read(&outdir).is_empty() && facts().0 != before.0);
    }

    #[test]
    fn a_file_that_was_taken_away_is_written_anew_with_all_that_has_no_record() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        let mut file = AskedFile::new(outdir.clone());
        file.append(&[cancel("a")], none()).unwrap();
        fs::remove_file(outdir.asked()).unwrap();
        file.append(&[cancel("b")], std::iter::once(cancel("a"))).unwrap();
        let simulations = || read(&outdir).iter().map(|asked| asked.simulation().to_owned()).collect::<Vec<_>>();
        assert_eq!(simulations(), ["a", "b"]);
        // That of an engine which has taken the directory over.
        let mut other = AskedFile::new(ExperimentDir::new(place.path()));
        other.append(&[cancel("c")], none()).unwrap();
        file.clear().unwrap();
        file.remove().unwrap();
        assert_eq!(simulations(), ["c"]);
        file.append(&[cancel("d")], none()).unwrap();
        assert_eq!(simulations(), ["c", "d"]);
        // That of a person is left alone.
        fs::write(outdir.asked(), "what I asked").unwrap();
        fs::rename(outdir.asked(), place.path().join("mine")).unwrap();
        fs::copy(place.path().join("mine"), outdir.asked()).unwrap();
        file.append(&[cancel("e")], none()).unwrap_err();
        assert_eq!(fs::read_to_string(outdir.asked()).unwrap(), "what I asked");
    }

    #[test]
    fn a_stop_is_found_among_those_of_others_whatever_the_name() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        let at = Moment::now();
        let asked = |name: &str, attempt, limit_ms| {
            let reason = StopReason::Timeout { limit_ms };
            Asked::Stop { simulation: name.to_owned(), attempt, reason, at }
        };
        let all = [asked("a", 1, 1), asked("a \"b\" \u{e9}", 1, 2), asked("a", 2, 3), asked("a", 2, 4), cancel("c")];
        AskedFile::new(outdir.clone()).append(&all, none()).unwrap();
        let limit = |name: &str, attempt| {
            let simulation = outdir.simulation(name);
            stop(&simulation, &simulation.attempt(attempt)).unwrap().map(|stop| stop.reason)
        };
        assert_eq!(limit("a", 1), Some(StopReason::Timeout { limit_ms: 1 }));
        assert_eq!(limit("a \"b\" \u{e9}", 1), Some(StopReason::Timeout { limit_ms: 2 }));
        assert_eq!(limit("a", 2), Some(StopReason::Timeout { limit_ms: 4 }));
        assert_eq!((limit("a", 3), limit("c", 1), limit("d", 1)), (None, None, None));
    }
}
