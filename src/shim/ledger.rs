//! What the shim has to write down, in order, until it is written.
//!
//! The shim is the only one who knows how its process ended. When the disk is full it keeps the fact and tries again,
//! for as long as it takes: space comes back, a lost end does not.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use super::complain;
use crate::rundir::AttemptDir;
use crate::rundir::atomic::{append_line, write_json};
use crate::rundir::record::{Exit, PauseLine, ResultRecord, Started};

/// How long to wait before a failed write is tried again.
pub(super) const RETRY: Duration = Duration::from_secs(1);

/// A fact for one record of the attempt.
pub(super) enum Fact {
    Started(Started),
    Pause(PauseLine),
    Result(ResultRecord),
    Exit(Exit),
}

/// Facts that are not on disk yet, in their order: an end is never visible before its start.
pub(super) struct Ledger<'a> {
    attempt: &'a AttemptDir,
    /// The attempt's `spec.json`, open since before the start.
    spec: &'a File,
    unwritten: VecDeque<Fact>,
    complained: bool,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(attempt: &'a AttemptDir, spec: &'a File) -> Self {
        Self { attempt, spec, unwritten: VecDeque::new(), complained: false }
    }

    pub(super) fn add(&mut self, fact: Fact) {
        self.unwritten.push_back(fact);
        self.flush();
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
                if self.is_deleted() {
                    complain(&format!("`{}` was deleted: nobody is left to be told", self.attempt.path().display()));
                    self.unwritten.clear();
                    return;
                }
                if !std::mem::replace(&mut self.complained, true) {
                    complain(&format!("could not write to `{}`, will try on: {e}", self.attempt.path().display()));
                }
                return;
            }
            self.complained = false;
            self.unwritten.pop_front();
        }
    }

    fn write(&self, fact: &Fact) -> io::Result<()> {
        match fact {
            Fact::Started(record) => write_json(&self.attempt.started(), record),
            Fact::Pause(line) => append_line(&self.attempt.pauses(), line),
            Fact::Result(record) => write_json(&self.attempt.result(), record),
            Fact::Exit(record) => write_json(&self.attempt.exit(), record),
        }
    }
}
