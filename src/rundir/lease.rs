//! One engine per experiment: a kernel lock on `engine.lock`.
//!
//! The lock, not the file, is the lease: it vanishes with its holder however that one ends, so nobody ever has to
//! remove a stale file by hand. The file's content only tells who holds the lock and where it listens.
//!
//! The awkward truth: some network file systems keep locks for each host alone. There the lock says nothing of another host, so
//! the content has to: whoever gave the lease back has said so, and whoever holds it says from time to time that it lives.
//! A lease that another host has not given back is not taken without a person's word ([`LeaseError::Elsewhere`]).
//!
//! Engines that share an experiment have a lock each, `engine-2-of-4.lock` ([`Shard`]). Who must not be there beside one another is told by order: an
//! engine takes its own lock first and looks at those of others then. Of two that begin at once at least one sees the other
//! and gives way; that both do is possible and does no harm.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::libc;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::rundir::filesystem;
use crate::rundir::follow::{not_regular, open_regular};
use crate::rundir::held::{Standing, place_at};
use crate::rundir::layout::ExperimentDir;
use crate::rundir::machine::place;
use crate::rundir::named::as_named;
use crate::rundir::ours::{self, Kind, Stranger};
use crate::rundir::record::{FORMAT, Identity, LeaseJob, LeaseRecord, Moment, Place};
use crate::rundir::rewrite::keeping_unknown;
use crate::rundir::shard::Shard;
use crate::rundir::shard_files;
use crate::rundir::takeovers::Takeovers;
use crate::rundir::trust;
use crate::text::human;

/// The largest lease record that is read. A real one is below 1 KiB.
const MAX_RECORD: u64 = 64 * 1024;

/// The right to decide in one experiment directory, held until it is dropped.
#[derive(Debug)]
pub struct Lease {
    dir: ExperimentDir,
    /// The lock file, by the way to the directory.
    path: PathBuf,
    /// Holds the kernel lock; closing it gives the lease back.
    file: File,
    record: LeaseRecord,
}

/// Why there is no lease.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Another engine holds it.
    #[error("{}", held_in_words(.0.as_deref()))]
    Held(Option<Box<LeaseRecord>>),
    /// Engines of shards hold it between them.
    #[error(
        "{} of this experiment {}: {}; `gem5-tui status FILE` shows all of it, `gem5-tui cancel FILE NAME` asks the one that has \
         it, and `gem5-tui stop FILE` ends them",
        human::plural(.0.len() as u64, "shard"),
        if .0.len() == 1 { "runs" } else { "run" },
        engines(.0)
    )]
    Shards(Vec<LeaseRecord>),
    /// An engine of another host has it, or that host is gone without giving it back.
    #[error(
        "the engine of {} runs on {} (process {}{}); run this there, or, if that host is gone with all its \
         processes, `--takeover`",
        what(.0), place(&.0.engine), .0.engine.pid, sign_of_life(.0)
    )]
    Elsewhere(Box<LeaseRecord>),
    /// The lock file could not be opened, locked or written.
    #[error("could not lock {}", as_named(path).display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Lease {
    /// Takes the lease of a shard, or of the whole, or tells who has it. `takeover` is a person's word that another host that has it is gone.
    pub fn acquire(
        dir: &ExperimentDir,
        shard: Option<Shard>,
        engine: &Identity,
        socket: PathBuf,
        takeover: bool,
    ) -> Result<Self, LeaseError> {
        let path = dir.lock_of(shard);
        let io_error = |source| LeaseError::Io { path: path.clone(), source };
        let mut file = open_to_hold(&path).map_err(io_error)?;
        if !file.metadata().map_err(io_error)?.is_file() {
            return Err(io_error(not_regular()));
        }
        match lock_patiently(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(match read(&mut file) {
                    Some(record) if is_elsewhere(&record, engine, dir) && !takeover => {
                        LeaseError::Elsewhere(record.into())
                    }
                    // Whoever holds a lock is not gone, whatever a person says.
                    holder => LeaseError::Held(holder.map(Box::new)),
                });
            }
            Err(TryLockError::Error(error)) => return Err(io_error(error)),
        }
        if let Some(elsewhere) = left_elsewhere(dir, &mut file, engine).filter(|_| !takeover) {
            return Err(LeaseError::Elsewhere(elsewhere.into()));
        }
        let now_ms = Moment::now().unix_ms;
        let record = LeaseRecord {
            format: FORMAT,
            engine: engine.clone(),
            socket,
            released: false,
            alive_unix_ms: now_ms,
            shard,
            begun_unix_ms: now_ms,
            job: None,
            until_unix_ms: None,
        };
        // Nothing of what the last holder said of itself is true of this one.
        write(&mut file, &record).map_err(io_error)?;
        if filesystem::hides_changes(dir.path()).is_some() {
            // Others must be able to see it before we look for them.
            file.sync_all().map_err(io_error)?;
        }
        let lease = Self { dir: dir.clone(), path: path.clone(), file, record };
        lease.stands_alone(takeover).map_err(|error| match error {
            Beside::Error(source) => io_error(source),
            Beside::Whole(holder) => LeaseError::Held(Some(holder)),
            Beside::Shards(shards) => LeaseError::Shards(shards),
        })?;
        Ok(lease)
    }

    /// Whether nobody else has what must not be had beside this one. Given back otherwise.
    fn stands_alone(&self, takeover: bool) -> Result<(), Beside> {
        let (dir, me, shard) = (&self.dir, &self.record.engine, self.record.shard);
        let gone = Takeovers::read(dir);
        // Whoever holds a lock is not gone, whatever a person says.
        let is_in_the_way =
            |holder: &LeaseRecord| !is_elsewhere(holder, me, dir) || !takeover && !gone.holds(&holder.engine);
        if shard.is_some()
            && let Some(holder) = Self::holder(dir, me).map_err(Beside::Error)?.filter(is_in_the_way)
        {
            return Err(Beside::Whole(holder.into()));
        }
        let mut shards = Self::shards(dir, me).map_err(Beside::Error)?;
        let is_beside = |other: &LeaseRecord| {
            let goes_along = shard.is_some_and(|shard| other.shard.is_some_and(|other| other.of() == shard.of()));
            !goes_along && is_in_the_way(other)
        };
        shards.retain(is_beside);
        if shards.is_empty() { Ok(()) } else { Err(Beside::Shards(shards)) }
    }

    /// Which file it is that an engine of this directory has to hold. It is made if it is missing.
    pub(crate) fn place(dir: &ExperimentDir, shard: Option<Shard>) -> io::Result<Place> {
        let meta = open_to_hold(&dir.lock_of(shard))?.metadata()?;
        Ok(Place { device: meta.dev(), inode: meta.ino() })
    }

    /// Says that the engine lives, for those who cannot see its lock.
    ///
    /// # Errors
    /// When it could not be written, or when somebody took over meanwhile: what they wrote is left alone.
    pub fn say_alive(&mut self) -> io::Result<()> {
        self.record.alive_unix_ms = Moment::now().unix_ms;
        self.write()
    }

    /// Whether the file still tells of us. Another host may have taken over while this one was asleep.
    pub fn is_ours(&mut self) -> bool {
        read(&mut self.file).is_none_or(|record: LeaseRecord| record.engine == self.record.engine)
    }

    fn write(&mut self) -> io::Result<()> {
        if !self.is_ours() {
            return Err(io::Error::other("another engine has taken over"));
        }
        match read(&mut self.file) {
            Some(found) => write(&mut self.file, &keeping_unknown(found, &self.record)?),
            None => write(&mut self.file, &self.record),
        }
    }

    /// Whether it still gives the right to decide: the directory has its name, the lock file has its own in it, and it tells
    /// of us. Otherwise another engine can hold a new file of that name. A disk that does not answer says nothing.
    pub fn stands(&mut self) -> bool {
        match self.dir.standing() {
            Standing::Moved | Standing::Deleted => return false,
            Standing::Here | Standing::Unseen => {}
        }
        let is_there = match (self.file.metadata(), place_at(&self.path)) {
            (Ok(meta), _) if meta.nlink() == 0 => false,
            (Ok(meta), Ok(named)) => (meta.dev(), meta.ino()) == (named.device, named.inode),
            (_, Err(error)) => error.kind() != io::ErrorKind::NotFound,
            (Err(_), Ok(_)) => true,
        };
        is_there && self.is_ours()
    }

    /// Opens the lock file anew if its disk went away and came back, as that of a file server does. What is there must tell of
    /// us, and nobody else may have locked it meanwhile.
    ///
    /// # Errors
    /// When the lease is lost.
    pub fn revive(&mut self) -> io::Result<()> {
        let (me, shard) = (self.record.engine.clone(), self.record.shard);
        let tells_of_us = |name: &Path| {
            let lock = ExperimentDir::new(name).lock_of(shard);
            let found = open_to_look(&lock).ok().and_then(|mut file| read::<LeaseRecord>(&mut file));
            found.is_some_and(|record| record.engine == me)
        };
        if !self.dir.revive(tells_of_us)? {
            return Ok(());
        }
        let file = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOFOLLOW).open(&self.path)?;
        lock_patiently(&file).map_err(io::Error::from)?;
        self.file = file;
        Ok(())
    }

    /// Writes down that the engine listens elsewhere now.
    pub fn move_to(&mut self, socket: PathBuf) -> io::Result<()> {
        self.record.socket = socket;
        self.write()
    }

    /// Writes down until when the engine has time.
    pub fn say_until(&mut self, until_unix_ms: Option<i64>) -> io::Result<()> {
        self.record.until_unix_ms = until_unix_ms;
        self.write()
    }

    /// Says in which job it runs.
    ///
    /// # Errors
    /// As for [`Self::say_alive`].
    pub fn say_job(&mut self, job: LeaseJob) -> io::Result<()> {
        self.record.job = Some(job);
        self.write()
    }

    /// Who holds the lease of the whole now, as seen by `me`; `None` when nobody does.
    pub fn holder(dir: &ExperimentDir, me: &Identity) -> io::Result<Option<LeaseRecord>> {
        Self::holder_of(dir, None, me)
    }

    /// Who holds the leases of shards now, in their order.
    pub fn shards(dir: &ExperimentDir, me: &Identity) -> io::Result<Vec<LeaseRecord>> {
        let mut shards = shard_files::locked(dir);
        shards.sort_unstable_by_key(|shard| (shard.of(), shard.number()));
        let held = shards.into_iter().map(|shard| {
            // The name of its file is what others go by.
            let named = |record| LeaseRecord { shard: Some(shard), ..record };
            Self::holder_of(dir, Some(shard), me).map(|holder| holder.map(named))
        });
        held.filter_map(Result::transpose).collect()
    }

    /// Who has this lease, or what must not be had beside it: whom a takeover means.
    pub(crate) fn beside(dir: &ExperimentDir, shard: Option<Shard>, me: &Identity) -> Vec<LeaseRecord> {
        let shards = Self::shards(dir, me).unwrap_or_default();
        let goes_along = |other: &LeaseRecord| {
            other.shard != shard && shard.is_some_and(|shard| other.shard.is_some_and(|other| other.of() == shard.of()))
        };
        let whole = Self::holder(dir, me).ok().flatten();
        whole.into_iter().chain(shards.into_iter().filter(|other| !goes_along(other))).collect()
    }

    fn holder_of(dir: &ExperimentDir, shard: Option<Shard>, me: &Identity) -> io::Result<Option<LeaseRecord>> {
        let path = dir.lock_of(shard);
        // Neither looked at nor locked: what has its name is somebody's, or what it says may be.
        if ours::check(&path, Kind::Lock).is_err_and(|error| error.downcast::<Stranger>().is_ok()) {
            return Ok(None);
        }
        let mut file = match open_to_look(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if trust::check_record(&file.metadata()?, &path).is_err() {
            return Ok(None);
        }
        match file.try_lock_shared() {
            Ok(()) => Ok(left_elsewhere(dir, &mut file, me)),
            Err(TryLockError::WouldBlock) => read_patiently(&mut file).map(Some),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Who has what must not be had beside a lease.
enum Beside {
    Whole(Box<LeaseRecord>),
    Shards(Vec<LeaseRecord>),
    /// It cannot be told.
    Error(io::Error),
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.record.released = true;
        // If the disk does not take it, other hosts ask a person. For this one the lock says it all.
        _ = self.write();
    }
}

/// Whether the engine of this record runs on another host. Names alone do not tell: containers have names of their own on one
/// machine, and machines change theirs. On a disk of our own no other host has a lock: the file was copied, or the disk was
/// moved, or the machine had another name before its restart.
pub(crate) fn is_elsewhere(record: &LeaseRecord, me: &Identity, dir: &ExperimentDir) -> bool {
    let differs = record.engine.host != me.host && record.engine.boot_id != me.boot_id;
    differs && filesystem::hides_changes(dir.path()).is_some()
}

/// The lease that another host has not given back, where our own lock does not tell of it.
fn left_elsewhere(dir: &ExperimentDir, file: &mut File, me: &Identity) -> Option<LeaseRecord> {
    read(file).filter(|record: &LeaseRecord| !record.released && is_elsewhere(record, me, dir))
}

/// The record of whoever holds the lock. It may just have taken it and not yet have written who it is.
fn read_patiently(file: &mut File) -> io::Result<LeaseRecord> {
    const TRIES: u32 = 50;
    for _ in 0..TRIES {
        if let Some(record) = read(file) {
            return Ok(record);
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    Err(io::Error::other(
        "it is locked by a process that does not say who it is; `fuser` on this file names it, and its end frees the lock",
    ))
}

/// Opens a lock file to see whether it is held. For writing too where that is allowed, because NFS emulates flock by
/// byte-range locks that need it; a directory that may only be read can still be looked at.
pub(super) fn open_to_look(path: &Path) -> io::Result<File> {
    // Of a FIFO or a device nothing is asked, not even to open it for ever.
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    match options.open(path) {
        Ok(file) if !file.metadata()?.is_file() => Err(not_regular()),
        Err(error) if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) => {
            open_regular(path)
        }
        opened => opened,
    }
}

/// Opens the lock file to hold it. Read and write: NFS emulates flock by byte-range locks, which need a writable descriptor
/// (flock(2)). A link in its place is not followed: the file at its end would be overwritten.
fn open_to_hold(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY);
    options.open(path)
}

/// Takes an exclusive lock. Somebody who only looks whether it is held takes a shared one for a moment, which must not
/// pass for a holder; hence a few tries.
pub(super) fn lock_patiently(file: &File) -> Result<(), TryLockError> {
    const TRIES: u32 = 10;
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(std::time::Duration::from_millis(5)),
            result => return result,
        }
    }
    file.try_lock()
}

/// Writes in place, because the file carries its lock. It is never made shorter first: on a full disk its blocks would then be
/// gone, and with them the place where the engine can be found.
fn write<T: Serialize>(file: &mut File, record: &T) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(record).map_err(io::Error::other)?;
    let before = file.metadata()?.len();
    // Blanks in place of what was there, so that half a write of a longer record is never read as the end of a shorter one.
    text.resize(text.len().max(usize::try_from(before).unwrap_or(0).min(MAX_RECORD as usize)), b' ');
    file.rewind()?;
    file.write_all(&text)
}

fn read<T: DeserializeOwned>(file: &mut File) -> Option<T> {
    let mut text = Vec::new();
    file.rewind().ok()?;
    file.take(MAX_RECORD).read_to_end(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// When the holder last said that it lives, in words.
fn sign_of_life(record: &LeaseRecord) -> String {
    if record.alive_unix_ms == 0 {
        return String::new();
    }
    // Clocks of two hosts differ a little, so seconds are all that can be told.
    let ago_ms = u64::try_from(Moment::now().unix_ms.saturating_sub(record.alive_unix_ms)).unwrap_or(0);
    format!(", last sign of life {} ago", human::span(ago_ms))
}

fn held_in_words(record: Option<&LeaseRecord>) -> String {
    let who = record.map_or_else(String::new, |r| format!(" (process {} on {})", r.engine.pid, place(&r.engine)));
    match record.and_then(|record| record.shard) {
        Some(shard) => format!(
            "another engine has shard {shard} of this experiment{who}; each shard has one engine, and `gem5-tui status FILE` shows \
             which ones run"
        ),
        None => format!(
            "another engine holds this experiment{who}; `gem5-tui FILE` shows it, `gem5-tui retry FILE NAME` asks it for more, and \
             `gem5-tui stop FILE` ends it"
        ),
    }
}

/// What it is the lease of.
fn what(record: &LeaseRecord) -> String {
    let shard = record.shard.map_or_else(String::new, |shard| format!("shard {shard} of "));
    format!("{shard}this experiment")
}

/// So many are named; the rest is counted.
const NAMED_MOST: usize = 8;

/// Engines of shards, and where they are.
fn engines(shards: &[LeaseRecord]) -> String {
    let named = shards.iter().take(NAMED_MOST).map(|record| {
        let shard = record.shard.map_or_else(String::new, |shard| shard.to_string());
        format!("{shard} on {} (process {}{})", place(&record.engine), record.engine.pid, sign_of_life(record))
    });
    let named: Vec<String> = named.collect();
    let more = shards.len().saturating_sub(NAMED_MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    named.join(", ") + &more
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity { pid: 1, start_ticks: 2, boot_id: "b".into(), host: "h".into(), pid_ns: None, time_ns: None }
    }

    #[test]
    fn the_second_engine_is_told_who_the_first_one_is() {
        let dir = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(dir.path());
        let first = Lease::acquire(&dir, None, &identity(), "/run/a.sock".into(), false).unwrap();
        let Err(LeaseError::Held(Some(record))) = Lease::acquire(&dir, None, &identity(), "/run/b.sock".into(), false)
        else {
            panic!("the second engine got the lease");
        };
        assert_eq!(record.socket, PathBuf::from("/run/a.sock"));
        assert_eq!(Lease::holder(&dir, &identity()).unwrap(), Some(*record));
        drop(first);
        assert_eq!(Lease::holder(&dir, &identity()).unwrap(), None);
        Lease::acquire(&dir, None, &identity(), "/run/b.sock".into(), false).unwrap();
    }

    #[test]
    fn a_lease_that_is_given_back_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(dir.path());
        drop(Lease::acquire(&dir, None, &identity(), "/run/a.sock".into(), false).unwrap());
        let record: LeaseRecord = serde_json::from_slice(&std::fs::read(dir.lock()).unwrap()).unwrap();
        assert!(record.released);
        // A longer record after a shorter one, and the other way round, are read as they were written.
        let long = PathBuf::from(format!("/{}", "x".repeat(500)));
        let mut lease = Lease::acquire(&dir, None, &identity(), long.clone(), false).unwrap();
        assert_eq!(Lease::holder(&dir, &identity()).unwrap().unwrap().socket, long);
        lease.move_to("/s".into()).unwrap();
        assert_eq!(Lease::holder(&dir, &identity()).unwrap().unwrap().socket, PathBuf::from("/s"));
    }

    #[test]
    fn a_lease_that_is_moved_keeps_what_a_later_release_says_in_it_and_a_new_one_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(dir.path());
        let mut lease = Lease::acquire(&dir, None, &identity(), "/run/a.sock".into(), false).unwrap();
        let now = || serde_json::from_slice::<serde_json::Value>(&std::fs::read(dir.lock()).unwrap()).unwrap();
        let mut later = now();
        later["engine"]["user"] = "ann".into();
        later["views"] = 3.into();
        std::fs::write(dir.lock(), later.to_string()).unwrap();
        lease.move_to("/run/b.sock".into()).unwrap();
        later["socket"] = "/run/b.sock".into();
        assert_eq!(now(), later);
        drop(lease);
        later["released"] = true.into();
        assert_eq!(now(), later);
        let _next = Lease::acquire(&dir, None, &identity(), "/run/c.sock".into(), false).unwrap();
        assert_eq!((&now()["views"], &now()["engine"]["user"]), (&serde_json::Value::Null, &serde_json::Value::Null));
    }

    #[test]
    fn on_a_disk_of_our_own_the_lock_is_the_whole_truth() {
        let dir = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(dir.path());
        let other = Identity { host: "other".into(), boot_id: "c".into(), ..identity() };
        let left = LeaseRecord {
            format: FORMAT,
            engine: other.clone(),
            socket: "/run/a.sock".into(),
            released: false,
            alive_unix_ms: 1,
            shard: None,
            begun_unix_ms: 1,
            job: None,
            until_unix_ms: None,
        };
        let nowhere = ExperimentDir::new("/nowhere/at/all");
        assert!(is_elsewhere(&left, &identity(), &nowhere) && !is_elsewhere(&left, &other, &nowhere));
        let renamed = Identity { host: "renamed".into(), ..other.clone() };
        assert!(!is_elsewhere(&left, &renamed, &nowhere) && !is_elsewhere(&left, &identity(), &dir));
        std::fs::write(dir.lock(), serde_json::to_vec(&left).unwrap()).unwrap();
        assert_eq!(Lease::holder(&dir, &identity()).unwrap(), None);
        Lease::acquire(&dir, None, &identity(), "/run/b.sock".into(), false).unwrap();
    }

    #[test]
    fn a_lock_file_that_nobody_holds_strands_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(dir.path());
        std::fs::write(dir.lock(), "left behind by a crash, and not even JSON").unwrap();
        assert_eq!(Lease::holder(&dir, &identity()).unwrap(), None);
        Lease::acquire(&dir, None, &identity(), "/run/a.sock".into(), false).unwrap();
    }

    fn of(text: &str) -> Shard {
        text.parse().unwrap()
    }

    fn take(dir: &ExperimentDir, shard: impl Into<Option<Shard>>) -> Result<Lease, LeaseError> {
        Lease::acquire(dir, shard.into(), &identity(), "/run/a.sock".into(), false)
    }

    #[test]
    fn shards_of_as_many_live_beside_one_another_and_beside_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(place.path());
        let first = take(&dir, of("1/3")).unwrap();
        let third = take(&dir, of("3/3")).unwrap();
        assert!(
            matches!(take(&dir, of("1/3")), Err(LeaseError::Held(Some(holder))) if holder.shard == Some(of("1/3")))
        );
        for other in [None, Some(of("1/2")), Some(of("4/4"))] {
            let Err(LeaseError::Shards(shards)) = take(&dir, other) else { panic!("{other:?}") };
            assert_eq!(shards.iter().filter_map(|record| record.shard).collect::<Vec<_>>(), [of("1/3"), of("3/3")]);
        }
        assert_eq!(Lease::holder(&dir, &identity()).unwrap(), None, "who gave way holds nothing");
        drop((first, third));
        assert!(Lease::shards(&dir, &identity()).unwrap().is_empty());
        let _whole = take(&dir, None).unwrap();
        assert!(matches!(take(&dir, of("1/3")), Err(LeaseError::Held(Some(holder))) if holder.shard.is_none()));
    }

    #[test]
    fn of_those_that_begin_at_once_never_two_stay_that_must_not() {
        let place = tempfile::tempdir().unwrap();
        for _ in 0..20 {
            let taken: Vec<_> = std::thread::scope(|scope| {
                let begin = |shard: Option<Shard>| {
                    let dir = ExperimentDir::new(place.path());
                    scope.spawn(move || take(&dir, shard).ok().map(|lease| (shard, lease)))
                };
                let begun: Vec<_> =
                    [None, Some("1/2"), Some("2/2"), Some("2/2"), Some("2/3")].map(|text| begin(text.map(of))).into();
                begun.into_iter().filter_map(|one| one.join().unwrap()).collect()
            });
            let mut held: Vec<Option<Shard>> = taken.iter().map(|(shard, _)| *shard).collect();
            held.sort_unstable();
            let alike = held.iter().all(|shard| shard.map(Shard::of) == held[0].map(Shard::of));
            held.dedup();
            assert!(alike && held.len() == taken.len(), "{held:?}");
        }
    }
}
