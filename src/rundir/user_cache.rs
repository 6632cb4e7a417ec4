//! What can be found out again: answers that are kept for the user, not for an experiment.
//!
//! It lies in `$XDG_CACHE_HOME/gem5-tui` and may be deleted at any time. Nothing depends on it but time, so that an
//! unreadable or unwritable cache is never an error.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::atomic;
use crate::text::human;

/// The cache of one user.
#[derive(Debug, Clone)]
pub(crate) struct UserCache(Option<PathBuf>);

/// One version of a file, told apart from others without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct FileIdentity {
    /// The path that it was asked for.
    pub path: PathBuf,
    /// The device that holds it.
    pub device: u64,
    /// Its number on that device.
    pub inode: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// When its content changed, nanoseconds since the Unix epoch.
    pub modified_ns: i64,
    /// When its entry changed: copies that keep the time of the content do not keep this one.
    pub changed_ns: i64,
}

impl FileIdentity {
    /// Of the file at `path`, symbolic links followed.
    pub(crate) fn of(path: &Path) -> std::io::Result<Self> {
        let meta = fs::metadata(path)?;
        let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Ok(Self {
            path: path.to_owned(),
            device: meta.dev(),
            inode: meta.ino(),
            bytes: meta.len(),
            modified_ns: nanoseconds(meta.mtime(), meta.mtime_nsec()),
            changed_ns: nanoseconds(meta.ctime(), meta.ctime_nsec()),
        })
    }
}

impl UserCache {
    /// The cache of the user who runs this process.
    pub(crate) fn new() -> Self {
        Self(etcetera::choose_base_strategy().ok().map(|strategy| strategy.cache_dir().join("gem5-tui")))
    }

    /// A cache that keeps nothing.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// A cache in this directory.
    #[cfg(test)]
    pub(crate) fn at(path: PathBuf) -> Self {
        Self(Some(path))
    }

    /// The answer to the question `key` of one kind, if there is one.
    pub(crate) fn read<T: DeserializeOwned>(&self, kind: &str, key: &impl Serialize) -> Option<T> {
        atomic::read_json(&self.path(kind, key)?).ok().flatten()
    }

    /// Keeps an answer.
    pub(crate) fn write<T: Serialize>(&self, kind: &str, key: &impl Serialize, answer: &T) {
        let Some(path) = self.path(kind, key) else { return };
        let Some(directory) = path.parent() else { return };
        let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
        // Without a cache, or with one that a power cut has left empty, the question is asked again.
        _ = made.and_then(|()| atomic::write_for_now(&path, answer));
    }

    /// Waits until nobody else finds out the answer to this question, and keeps others from it until the file is dropped. None
    /// where there is no cache, or its file system has no locks.
    pub(crate) fn turn(&self, kind: &str, key: &impl Serialize) -> Option<File> {
        let path = self.path(kind, key)?.with_extension("lock");
        DirBuilder::new().recursive(true).mode(0o700).create(path.parent()?).ok()?;
        let file = File::options().create(true).truncate(false).write(true).open(path).ok()?;
        file.lock().ok().map(|()| file)
    }

    /// Removes the answers of one kind that were found out longer ago than `age`: what they are about may be long gone.
    pub(crate) fn forget(&self, kind: &str, age: Duration) {
        let Some(directory) = self.0.as_ref().map(|path| path.join(kind)) else { return };
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let written = entry.metadata().and_then(|meta| meta.modified());
            if written.is_ok_and(|written| written.elapsed().is_ok_and(|elapsed| elapsed > age)) {
                // Who cannot remove it leaves it there.
                _ = fs::remove_file(entry.path());
            }
        }
    }

    fn path(&self, kind: &str, key: &impl Serialize) -> Option<PathBuf> {
        let key = human::hex(&Sha256::digest(serde_json::to_vec(key).ok()?));
        Some(self.0.as_ref()?.join(kind).join(format!("{}.json", &key[..32])))
    }
}

impl Default for UserCache {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_found_again_by_its_question_alone() {
        let dir = tempfile::tempdir().unwrap();
        let cache = UserCache(Some(dir.path().join("deep/cache")));
        let answer = FileIdentity::of(dir.path()).unwrap();
        assert_eq!(cache.read::<FileIdentity>("answers", &"question"), None);
        cache.write("answers", &"question", &answer);
        assert_eq!(cache.read("answers", &"question"), Some(answer));
        assert_eq!(cache.read::<FileIdentity>("answers", &"another"), None);
        assert_eq!(cache.read::<FileIdentity>("builds", &"question"), None);
    }

    #[test]
    fn an_answer_of_long_ago_is_forgotten_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let cache = UserCache(Some(dir.path().to_owned()));
        for (kind, key) in [("answers", 1), ("answers", 2), ("builds", 1)] {
            cache.write(kind, &key, &FileIdentity::of(dir.path()).unwrap());
            let long_ago = std::time::SystemTime::now() - Duration::from_secs(100);
            let file = fs::File::options().write(true).open(cache.path(kind, &key).unwrap()).unwrap();
            file.set_modified(if key == 1 { long_ago } else { std::time::SystemTime::now() }).unwrap();
        }
        cache.forget("answers", Duration::from_secs(50));
        let there = |kind| [1, 2].map(|key| cache.read::<FileIdentity>(kind, &key).is_some());
        assert_eq!((there("answers"), there("builds")), ([false, true], [true, false]));
    }

    #[test]
    fn a_cache_that_cannot_be_written_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "in the way").unwrap();
        let cache = UserCache(Some(file));
        let answer = FileIdentity::of(dir.path()).unwrap();
        cache.write("answers", &1, &answer);
        assert_eq!(cache.read::<FileIdentity>("answers", &1), None);
        UserCache(None).write("answers", &1, &answer);
    }

    #[test]
    fn a_file_that_was_replaced_is_another_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gem5");
        fs::write(&path, "one").unwrap();
        let before = FileIdentity::of(&path).unwrap();
        assert_eq!(FileIdentity::of(&path).unwrap(), before);
        let new = dir.path().join("new");
        fs::write(&new, "two").unwrap();
        fs::rename(&new, &path).unwrap();
        assert_ne!(FileIdentity::of(&path).unwrap(), before);
        assert!(FileIdentity::of(&new).is_err());
    }
}
