//! Simulations that have ended, as they were found before: a cache, so that a directory of ten thousand is not read anew each time.
//!
//! The truth is the directory. What is kept of a simulation holds as long as everything that it was read from is what it was
//! ([`Sources`]), by device, number, size and both times:
//!
//! * the directory of the simulation: an attempt that is made, removed, moved or put back changes it, and so does a retry or a cancel;
//! * the directory of each attempt: a record that comes, goes, or is replaced as records are (`rundir::atomic`) changes it;
//! * each record that was read: a hand that writes into the file itself changes no directory.
//!
//! The files that an end speaks of are compared with it as if it had just been read (`rundir::written`): what was written since is
//! not the result. What depends on the experiment file and on inputs is compared with them each time, too, and whoever acts by
//! records asks each time whether nobody else can have written them.
//!
//! What can change by itself is not kept: an attempt without a recorded end, whatever its process does, and one of which the outcome
//! is concluded from logs. Nor is what was written less than two seconds before it was read, because another change may then have the
//! same time.
//!
//! It lies in the user's cache under the name of the experiment directory, and not in the directory: one that may only be read
//! has it, too, nobody else can have written it, and a copy of the directory does not take the original's along. It may be deleted;
//! one that is damaged, or of another version, is none. Whoever reads a whole directory writes it, once much has ended since.
//!
//! The awkward truth: a change that leaves number, size and both times as they were is not seen. Only root can set the time of an
//! entry, so that takes a clock that is set back and comes to the very nanosecond again, or, on a file system that counts seconds, to
//! the second; or a server whose clock is more than two seconds behind ours, within one step of its times.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::made_from::MadeFrom;
use crate::engine::state::found::{Fate, Found, FoundAttempt};
use crate::experiment::Simulation;
use crate::gem5::{StopReason, SuccessRule};
use crate::rundir::evidence::Ended;
use crate::rundir::record::{FORMAT, InputFile, Moment, UsedNeed, WrittenFile};
use crate::rundir::sources::{Shared, Sources, StoredSources};
use crate::rundir::user_cache::UserCache;
use crate::rundir::written::{self, Comparison};
use crate::rundir::{AttemptDir, ExperimentDir, SimulationDir};

/// What the cache calls these files.
const CACHE: &str = "ended";

/// Fewer are read in a moment.
const LEAST: usize = 64;

/// It is written anew once this part of it is new, as a divisor: to read so few again costs less than to write all.
const NEW_PART: usize = 16;

/// What was written longer ago is removed: the experiment may be gone, and reading it once more takes a moment.
const FORGOTTEN: Duration = Duration::from_hours(24 * 60);

/// What a simulation of which all attempts have ended was read from.
#[derive(Debug, Default)]
pub(super) struct ReadFrom {
    /// Records, and the directories that they are in.
    records: Sources,
    /// What each attempt had written when it ended, oldest first.
    written: Vec<Vec<WrittenFile>>,
}

/// What was read of a simulation of which all attempts have ended.
#[derive(Debug)]
pub(super) struct EndedSimulation<'l> {
    /// The simulation.
    pub simulation: &'l Simulation,
    /// Its directory.
    pub dir: SimulationDir,
    /// What was found.
    pub found: &'l Found,
    /// What its newest attempt was made from.
    pub made_from: &'l MadeFrom,
    /// What it was read from.
    pub from: &'l ReadFrom,
}

/// What is kept of one experiment.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Kept {
    place: PathBuf,
    /// The names of the records of a simulation, and the files that attempts were made from: thousands have the same ones.
    files: Shared<Vec<PathBuf>>,
    inputs: Shared<InputFile>,
    simulations: HashMap<String, Entry>,
}

/// The form on the disk.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    format: u32,
    gem5_tui: String,
    place: PathBuf,
    files: Vec<Vec<PathBuf>>,
    inputs: Vec<InputFile>,
    simulations: HashMap<String, Entry>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    records: StoredSources,
    /// The rule that it was judged by.
    success: Option<SuccessRule>,
    attempts: Vec<Attempt>,
    /// What the newest attempt was made from.
    key: String,
    launched_unix_ms: i64,
    inputs: Vec<usize>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    needs: Vec<UsedNeed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<u32>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    anew: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    cancelled: bool,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Attempt {
    number: u32,
    started: Option<Moment>,
    executable: Option<usize>,
    was_paused: bool,
    retries_made: Option<u32>,
    stop: Option<(StopReason, bool)>,
    written: Vec<WrittenFile>,
    ended: Ended,
    at: Option<Moment>,
}

impl ReadFrom {
    /// Notes what is about to be read of a simulation.
    pub(super) fn simulation(&mut self, dir: &SimulationDir) {
        self.records.add(dir.path().to_owned());
        for record in [dir.retry(), dir.cancelled()] {
            self.records.add_if_there(record);
        }
    }

    /// Notes what is about to be read of an attempt.
    pub(super) fn attempt(&mut self, dir: &AttemptDir) {
        self.records.add(dir.path().to_owned());
        for record in dir.records() {
            self.records.add_if_there(record);
        }
    }

    /// Notes what an attempt had written when it ended.
    pub(super) fn written(&mut self, files: Vec<WrittenFile>) {
        self.written.push(files);
    }
}

impl Kept {
    /// What is kept of an experiment.
    pub(super) fn read(outdir: &ExperimentDir, disk: &UserCache) -> Self {
        let place = outdir.name().to_owned();
        let stored: Option<Stored> = disk.read(CACHE, &place);
        match stored.filter(|stored| stored.gem5_tui == env!("CARGO_PKG_VERSION") && stored.place == place) {
            Some(Stored { files, inputs, simulations, .. }) => {
                Self { place, files: files.into(), inputs: inputs.into(), simulations }
            }
            None => Self { place, ..Self::default() },
        }
    }

    /// What was found of a simulation, if that still holds, and what its newest attempt was made from.
    pub(super) fn get(&self, simulation: &Simulation, dir: &SimulationDir) -> Option<(Found, MadeFrom)> {
        let entry = self
            .simulations
            .get(&simulation.name)
            .filter(|entry| entry.success.as_ref() == simulation.success.as_deref())?;
        if !entry.records.restored(self.files.all(), dir.path())?.are_the_same_records() {
            return None;
        }
        let attempts: Vec<FoundAttempt> =
            entry.attempts.iter().map(|attempt| self.attempt(attempt, dir)).collect::<Option<_>>()?;
        let made_from = MadeFrom {
            key_hash: entry.key.clone(),
            key: None,
            record: dir.attempt(attempts.last()?.number).spec(),
            launched_unix_ms: entry.launched_unix_ms,
            inputs: entry.inputs.iter().map(|input| self.inputs.all().get(*input).cloned()).collect::<Option<_>>()?,
            needs: entry.needs.clone(),
        };
        let Entry { retry_after, anew, cancelled, .. } = *entry;
        Some((Found { attempts, retry_after, anew, cancelled, ..Found::default() }, made_from))
    }

    fn attempt(&self, attempt: &Attempt, simulation: &SimulationDir) -> Option<FoundAttempt> {
        let dir = simulation.attempt(attempt.number);
        if written::compare(&dir, &attempt.written) != Comparison::Same {
            return None;
        }
        let executable = match attempt.executable {
            Some(number) => Some(self.inputs.all().get(number)?.clone()),
            None => None,
        };
        Some(FoundAttempt {
            started: attempt.started,
            executable,
            was_paused: attempt.was_paused,
            retries_made: attempt.retries_made,
            stop: attempt.stop,
            ..FoundAttempt::new(
                attempt.number,
                dir.name(),
                Fate::Ended { ended: attempt.ended.clone(), at: attempt.at },
            )
        })
    }

    /// Keeps what was read of simulations since `then`, beside what still holds of the `same` ones, if it is worth it.
    pub(super) fn renew(
        mut self,
        same: &HashSet<&str>,
        new: &[EndedSimulation<'_>],
        then: SystemTime,
        disk: &UserCache,
    ) {
        // What changes again in this moment may have the same times.
        let settled: Vec<_> = new.iter().filter(|one| one.from.records.were_settled(then)).collect();
        if settled.len() < LEAST.max((same.len() + settled.len()) / NEW_PART) {
            return;
        }
        let mut next = Self { place: mem::take(&mut self.place), ..Self::default() };
        for (name, entry) in mem::take(&mut self.simulations) {
            if same.contains(name.as_str())
                && let Some(entry) = next.moved(&self, entry)
            {
                next.simulations.insert(name, entry);
            }
        }
        for one in settled {
            if let Some(entry) = next.entry(one) {
                next.simulations.insert(one.simulation.name.clone(), entry);
            }
        }
        let Self { place, files, inputs, simulations } = next;
        let gem5_tui = env!("CARGO_PKG_VERSION").to_owned();
        let (files, inputs) = (files.into_all(), inputs.into_all());
        disk.write(CACHE, &place.clone(), &Stored { format: FORMAT, gem5_tui, place, files, inputs, simulations });
        disk.forget(CACHE, FORGOTTEN);
    }

    /// An entry of before, with its numbers here: what no entry means any more stays behind.
    fn moved(&mut self, before: &Self, mut entry: Entry) -> Option<Entry> {
        let here = Path::new("");
        entry.records = entry.records.restored(before.files.all(), here)?.stored(here, &mut self.files);
        let executables = entry.attempts.iter_mut().filter_map(|attempt| attempt.executable.as_mut());
        for number in entry.inputs.iter_mut().chain(executables) {
            *number = self.inputs.number(before.inputs.all().get(*number)?.clone());
        }
        Some(entry)
    }

    fn entry(&mut self, one: &EndedSimulation<'_>) -> Option<Entry> {
        let EndedSimulation { simulation, dir, found, made_from, from } = one;
        let mut attempt = |(attempt, written): (&FoundAttempt, &Vec<WrittenFile>)| {
            let Fate::Ended { ended, at } = &attempt.fate else { return None };
            Some(Attempt {
                number: attempt.number,
                started: attempt.started,
                executable: attempt.executable.clone().map(|executable| self.inputs.number(executable)),
                was_paused: attempt.was_paused,
                retries_made: attempt.retries_made,
                stop: attempt.stop,
                written: written.clone(),
                ended: ended.clone(),
                at: *at,
            })
        };
        let attempts = found.attempts.iter().zip(&from.written).map(&mut attempt).collect::<Option<_>>()?;
        Some(Entry {
            records: from.records.stored(dir.path(), &mut self.files),
            success: simulation.success.as_deref().cloned(),
            attempts,
            key: made_from.key_hash.clone(),
            launched_unix_ms: made_from.launched_unix_ms,
            inputs: made_from.inputs.iter().map(|input| self.inputs.number(input.clone())).collect(),
            needs: made_from.needs.clone(),
            retry_after: found.retry_after,
            anew: found.anew,
            cancelled: found.cancelled,
        })
    }
}
