//! Where something was written, where the file system tells.
//!
//! Hundreds of simulations that compute for hours write nothing for most of that time, and looking at the files of each again and
//! again would be most of what an engine does. inotify(7) tells of the first change in a directory after it was asked for; then
//! it has to be asked again (`IN_ONESHOT`). So a fast writer costs one event between two looks, and the kernel's queue cannot overflow.
//!
//! The awkward truth: it tells of files in a directory and not of those in directories below, nothing of what other machines
//! write ([`filesystem`](super::filesystem)), and there may be no watch left. So whoever is told looks by the clock as well, only
//! seldom.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use rustix::io::Errno;

/// What changes the content of a directory or of a file in it. That somebody opens or reads one does not.
const CHANGES: WatchFlags = WatchFlags::MODIFY
    .union(WatchFlags::CREATE)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVE)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF);

/// The first of them, and only of a directory.
const FIRST_CHANGE: WatchFlags = CHANGES.union(WatchFlags::ONESHOT).union(WatchFlags::ONLYDIR);

/// Events are read in pieces of so many bytes.
const PIECE: usize = 16 << 10;

/// What is waited for, each under a key that tells who is concerned.
#[derive(Debug)]
pub(crate) struct Changes<K> {
    /// None before something is watched: a user may have few of these.
    inotify: Option<OwnedFd>,
    /// Who is told by a watch: several where they write into one directory.
    told: BTreeMap<i32, BTreeSet<K>>,
    /// The watches of each.
    watches: BTreeMap<K, BTreeSet<i32>>,
}

impl<K: Copy + Ord> Changes<K> {
    /// Nothing is watched yet.
    pub(crate) fn new() -> Self {
        Self { inotify: None, told: BTreeMap::new(), watches: BTreeMap::new() }
    }

    /// Watches a directory until the first change in it. Nothing is told of what others write to a shared disk.
    ///
    /// # Errors
    /// When nothing will be told: there is no such directory, or the system can watch no more.
    pub(crate) fn watch(&mut self, who: K, dir: &Path) -> io::Result<()> {
        let inotify = match &self.inotify {
            Some(inotify) => inotify,
            None => self.inotify.insert(inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?),
        };
        let watch = inotify::add_watch(inotify, dir, FIRST_CHANGE)?;
        self.told.entry(watch).or_default().insert(who);
        self.watches.entry(who).or_default().insert(watch);
        Ok(())
    }

    /// Whether a change will be told that was asked for.
    pub(crate) fn is_awaited(&self, who: K) -> bool {
        self.watches.get(&who).is_some_and(|watches| !watches.is_empty())
    }

    /// Who has something changed in a directory since that was watched.
    pub(crate) fn take(&mut self) -> BTreeSet<K> {
        let mut changed = BTreeSet::new();
        let Some(inotify) = &self.inotify else { return changed };
        let mut piece = [MaybeUninit::uninit(); PIECE];
        let mut events = Reader::new(inotify, &mut piece);
        loop {
            match events.next() {
                Ok(event) => {
                    // The watch is gone with its first event; what says so comes behind it and finds nobody.
                    let told = self.told.remove(&event.wd()).unwrap_or_default();
                    for who in &told {
                        if let Some(watches) = self.watches.get_mut(who) {
                            watches.remove(&event.wd());
                        }
                    }
                    changed.extend(told);
                    if event.wd() < 0 {
                        // Events were lost after all.
                        changed.extend(self.watches.keys());
                    }
                }
                Err(Errno::INTR) => {}
                Err(_) => return changed,
            }
        }
    }

    /// Watches nothing for somebody any more.
    pub(crate) fn forget(&mut self, who: K) {
        for watch in self.watches.remove(&who).unwrap_or_default() {
            let Some(told) = self.told.get_mut(&watch) else { continue };
            told.remove(&who);
            if told.is_empty() {
                self.told.remove(&watch);
                // It may have gone with its directory.
                _ = self.inotify.as_ref().map(|inotify| inotify::remove_watch(inotify, watch));
            }
        }
    }

    /// What poll(2) tells that there is something to [take](Self::take).
    pub(crate) fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        self.inotify.as_ref().map(AsFd::as_fd)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn told(changes: &mut Changes<u32>) -> Vec<u32> {
        changes.take().into_iter().collect()
    }

    #[test]
    fn who_is_written_to_is_told_once_for_each_time_that_it_was_asked_for() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut changes = Changes::new();
        changes.watch(1, one.path()).unwrap();
        changes.watch(2, other.path()).unwrap();
        assert!(told(&mut changes).is_empty());
        for line in 0..100 {
            fs::write(one.path().join("simout.txt"), format!("line {line}\n")).unwrap();
        }
        assert_eq!(told(&mut changes), [1]);
        fs::write(one.path().join("simout.txt"), "more\n").unwrap();
        assert_eq!((told(&mut changes), changes.is_awaited(1)), (vec![], false), "nobody has asked again");
        changes.watch(1, one.path()).unwrap();
        fs::read(one.path().join("simout.txt")).unwrap();
        assert_eq!((told(&mut changes), changes.is_awaited(1)), (vec![], true), "a reader changes nothing");
        fs::OpenOptions::new().write(true).open(one.path().join("simout.txt")).unwrap().set_len(1).unwrap();
        assert_eq!(told(&mut changes), [1]);
        fs::remove_dir(other.path()).unwrap();
        assert_eq!(told(&mut changes), [2]);
    }

    #[test]
    fn a_directory_that_several_write_into_tells_each_of_them() {
        let shared = tempfile::tempdir().unwrap();
        let mut changes = Changes::new();
        (1..4).for_each(|who| changes.watch(who, shared.path()).unwrap());
        changes.forget(2);
        fs::write(shared.path().join("stats.txt"), "").unwrap();
        assert_eq!(told(&mut changes), [1, 3]);
    }

    #[test]
    fn what_cannot_tell_says_so() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let mut changes = Changes::new();
        assert_eq!((told(&mut changes), changes.as_fd().is_none()), (vec![], true));
        for path in ["absent", "file"] {
            assert!(changes.watch(1, &dir.path().join(path)).is_err());
        }
        assert!(told(&mut changes).is_empty() && !changes.is_awaited(1));
    }

    #[test]
    fn what_is_forgotten_takes_no_watch_of_the_user() {
        let dir = tempfile::tempdir().unwrap();
        let mut changes = Changes::new();
        changes.watch(1, dir.path()).unwrap();
        changes.forget(1);
        fs::write(dir.path().join("file"), "").unwrap();
        assert_eq!((told(&mut changes), changes.told.len(), changes.watches.len()), (vec![], 0, 0));
    }
}
