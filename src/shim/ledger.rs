//! What the shim has to write down, in order, until it is written.
//!
//! The shim is the only one who knows how its process ended. When the disk is full it keeps the fact and tries again,
//! for as long as it takes: space comes back, a lost end does not.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::{complain, tell};
use crate::rundir::AttemptDir;
use crate::rundir::atomic::{append_line, write_again, write_json};
use crate::rundir::record::{Beat, Exit, PauseLine, ResultRecord, Started};
use crate::rundir::reserve::Reserve;
use crate::spawn::shim_word::Word;

/// How long to wait before a failed write is tried again.
pub(super) const RETRY: Duration = Duration::from_secs(1);

/// A fact for one record of the attempt.
pub(super) enum Fact {
    Started(Started),
    Pause(PauseLine),
    Result(ResultRecord),
    Exit(Exit),
}

/// Whether a file is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnDisk {
    NotAsked,
    /// The kernel drops pages that it could not write, and would say yes if it was asked again.
    Failed,
    Yes,
}

/// Facts that are not on disk yet, in their order: an end is never visible before its start.
pub(super) struct Ledger<'a> {
    attempt: &'a AttemptDir,
    /// The attempt's `spec.json`, open since before the start.
    spec: &'a File,
    /// What became of it when it was to be on disk.
    spec_on_disk: Cell<OnDisk>,
    unwritten: VecDeque<Fact>,
    /// Who runs, once that is on disk.
    started: Option<Started>,
    complained: bool,
    /// Space for the records of the start and of the end.
    reserves: [Option<Reserve>; 2],
}

impl<'a> Ledger<'a> {
    /// A ledger with space for the start and the end.
    ///
    /// # Errors
    /// When there is no space: what cannot be recorded is better not started.
    pub(super) fn new(attempt: &'a AttemptDir, spec: &'a File) -> io::Result<Self> {
        let reserves = [Reserve::take(attempt.path())?, Reserve::take(attempt.path())?];
        Ok(Self {
            attempt,
            spec,
            spec_on_disk: Cell::new(OnDisk::NotAsked),
            unwritten: VecDeque::new(),
            started: None,
            complained: false,
            reserves,
        })
    }

    pub(super) fn add(&mut self, fact: Fact) {
        self.unwritten.push_back(fact);
        self.flush();
    }

    /// Tells what the tree uses. It is for the moment, so what the disk does not take is not told later.
    pub(super) fn beat(&self, beat: &Beat) {
        _ = append_line(&self.attempt.beats(), beat);
    }

    pub(super) fn is_settled(&self) -> bool {
        self.unwritten.is_empty()
    }

    /// Whether somebody has deleted the attempt. A name that cannot be found says little, because a network file system
    /// may be gone for a while; a file without any name says it for certain.
    fn is_deleted(&self) -> bool {
        self.spec.metadata().is_ok_and(|meta| meta.nlink() == 0)
    }

    /// Writes what can be written.
    pub(super) fn flush(&mut self) {
        while let Some(fact) = self.unwritten.front() {
            if let Err(e) = self.write(fact) {
                if self.attempt.revive(self.started.as_ref()).unwrap_or(false) {
                    continue;
                }
                if self.is_deleted() {
                    complain(&format!("`{}` was deleted: nobody is left to be told", self.attempt.name().display()));
                    self.unwritten.clear();
                    return;
                }
                if !std::mem::replace(&mut self.complained, true) {
                    complain(&format!("could not write to `{}`, will try on: {e}", self.attempt.name().display()));
                }
                return self.pass_pauses();
            }
            self.complained = false;
            if let Some(Fact::Started(started)) = self.unwritten.pop_front() {
                // What it was for is on disk.
                self.reserves[0] = None;
                self.started = Some(started);
                tell(Word::Started);
            }
        }
    }

    /// Lets the end pass pauses for which there is no space: it has space of its own, and the sum of them. A result it must
    /// not pass, because an end without one reads as a call that returned nothing.
    fn pass_pauses(&mut self) {
        let Some(last) = self.unwritten.len().checked_sub(1) else { return };
        let are_pauses = self.unwritten.iter().take(last).all(|fact| matches!(fact, Fact::Pause(_)));
        if are_pauses
            && let Some(end @ Fact::Exit(_)) = self.unwritten.back()
            && self.write(end).is_ok()
        {
            self.unwritten.pop_back();
        }
    }

    /// Writes a record into the space that was set aside for it. What cannot be written there, such as after a try that came half way, is
    /// written like any other.
    fn write_kept<T: Serialize>(path: &Path, record: &T, reserve: Option<&Reserve>) -> io::Result<()> {
        match reserve.map(|reserve| reserve.write_json(path, record)) {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => write_json(path, record),
        }
    }

    /// What was started must be known where a start or an end is. No launch waits for it: a power cut before that ends what has begun.
    fn settle_spec(&self) -> io::Result<()> {
        let settled = match self.spec_on_disk.get() {
            OnDisk::Yes => return Ok(()),
            OnDisk::NotAsked => self.spec.sync_all(),
            OnDisk::Failed => write_again(self.spec),
        };
        self.spec_on_disk.set(if settled.is_ok() { OnDisk::Yes } else { OnDisk::Failed });
        settled
    }

    fn write(&self, fact: &Fact) -> io::Result<()> {
        self.settle_spec()?;
        match fact {
            Fact::Started(record) => Self::write_kept(&self.attempt.started(), record, self.reserves[0].as_ref()),
            Fact::Pause(line) => append_line(&self.attempt.pauses(), line),
            Fact::Result(record) => write_json(&self.attempt.result(), record),
            Fact::Exit(record) => Self::write_kept(&self.attempt.exit(), record, self.reserves[1].as_ref()),
        }
    }
}
