//! Which files something was read from, and in which version of each, so that it is known whether it still holds.

use std::collections::HashMap;
use std::hash::Hash;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, CWD, Statx, StatxFlags, StatxTimestamp, makedev, statx};
use serde::{Deserialize, Serialize};

use super::trust;

/// A file that was changed so lately may be changed again without another time: file systems tell it in steps, of which the largest
/// that are in use have two seconds.
const SETTLES: Duration = Duration::from_secs(2);

/// One version of a file: device, number, bytes, and when its content and its entry changed, in nanoseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version(u64, u64, u64, i64, i64);

/// Files, each with its version; one that is not there has none. A directory is one, too: it has another version once a name in
/// it is another one, or means another file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sources {
    files: Vec<(PathBuf, Option<Version>)>,
    /// Some of them cannot be told apart from what comes after them.
    is_doubtful: bool,
}

impl Version {
    fn of(facts: &Statx) -> Self {
        let nanoseconds =
            |at: &StatxTimestamp| at.tv_sec.saturating_mul(1_000_000_000).saturating_add(i64::from(at.tv_nsec));
        let device = makedev(facts.stx_dev_major, facts.stx_dev_minor);
        let (modified, changed) = (nanoseconds(&facts.stx_mtime), nanoseconds(&facts.stx_ctime));
        Self(device, facts.stx_ino, facts.stx_size, modified, changed)
    }
}

/// What is known of a file that may not be there. An error says that this cannot be told.
fn facts(path: &Path, how: AtFlags) -> io::Result<Option<Statx>> {
    match statx(CWD, path, how, StatxFlags::BASIC_STATS).map_err(io::Error::from) {
        Ok(facts) => Ok(Some(facts)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The version of a file that may not be there. An error says that this cannot be told.
fn version(path: &Path) -> io::Result<Option<Version>> {
    Ok(facts(path, AtFlags::empty())?.as_ref().map(Version::of))
}

impl Sources {
    /// Of what was kept.
    fn kept(files: Vec<(PathBuf, Option<Version>)>) -> Self {
        Self { files, is_doubtful: false }
    }

    /// Notes the version of a file that is about to be read, or is about to be found missing.
    pub(crate) fn add(&mut self, path: PathBuf) {
        match version(&path) {
            Ok(version) => self.files.push((path, version)),
            Err(_) => self.is_doubtful = true,
        }
    }

    /// The same of a file that is there. That one is not there, its directory tells.
    pub(crate) fn add_if_there(&mut self, path: PathBuf) {
        match version(&path) {
            Ok(None) => {}
            Ok(version) => self.files.push((path, version)),
            Err(_) => self.is_doubtful = true,
        }
    }

    /// Whether a file is there, or may be: then it is among those that were added.
    pub(crate) fn has(&self, path: &Path) -> bool {
        self.is_doubtful || self.files.iter().any(|(file, version)| file == path && version.is_some())
    }

    /// Whether all of them are what they were.
    pub(crate) fn are_the_same(&self) -> bool {
        !self.is_doubtful && self.files.iter().all(|(path, known)| version(path).is_ok_and(|now| now == *known))
    }

    /// The same of records and of the directories that they are in. Another host may have written there a moment ago, so whoever
    /// serves them is asked, and not what this host remembers. And what this process acts by, nobody else may have written.
    pub(crate) fn are_the_same_records(&self) -> bool {
        let is_the_same = |path: &Path, known: Option<Version>| match facts(path, AtFlags::STATX_FORCE_SYNC) {
            Ok(Some(facts)) => {
                let is_trusted = trust::believes(facts.stx_uid, facts.stx_gid, u32::from(facts.stx_mode), path);
                is_trusted && known == Some(Version::of(&facts))
            }
            Ok(None) => known.is_none(),
            Err(_) => false,
        };
        !self.is_doubtful && self.files.iter().all(|(path, known)| is_the_same(path, *known))
    }

    /// Whether what was read of them may be kept: none has changed since, and each change from now on has another time.
    pub(crate) fn may_be_kept(&self) -> bool {
        self.were_settled(SystemTime::now()) && self.are_the_same()
    }

    /// Whether each change since `then` has another time than the versions that are known.
    pub(crate) fn were_settled(&self, then: SystemTime) -> bool {
        let then = then.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |then| then.as_nanos() as i64);
        let settled = then - SETTLES.as_nanos() as i64;
        // A clock of another host that is ahead is in doubt, too.
        let is_settled = |version: &Version| version.3 < settled;
        !self.is_doubtful && self.files.iter().filter_map(|(_, version)| version.as_ref()).all(is_settled)
    }
}

/// The form on a disk: the names of the files stand in a list that many share, below a directory where they are in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredSources {
    list: usize,
    versions: Vec<Option<Version>>,
}

/// What many share, each once, by its number.
#[derive(Debug, PartialEq)]
pub(crate) struct Shared<T: Eq + Hash> {
    all: Vec<T>,
    numbers: HashMap<T, usize>,
}

impl<T: Clone + Eq + Hash> Shared<T> {
    /// The number of this one.
    pub(crate) fn number(&mut self, one: T) -> usize {
        *self.numbers.entry(one).or_insert_with_key(|one| {
            self.all.push(one.clone());
            self.all.len() - 1
        })
    }

    /// Those that were numbered.
    pub(crate) fn all(&self) -> &[T] {
        &self.all
    }

    /// The same, to be written.
    pub(crate) fn into_all(self) -> Vec<T> {
        self.all
    }
}

impl<T: Eq + Hash> Default for Shared<T> {
    fn default() -> Self {
        Self { all: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> From<Vec<T>> for Shared<T> {
    /// Those that were numbered before.
    fn from(all: Vec<T>) -> Self {
        Self { numbers: all.iter().cloned().zip(0..).collect(), all }
    }
}

/// The lists of names that were stored.
pub(crate) type Lists = Shared<Vec<PathBuf>>;

impl Sources {
    /// The form on a disk, of files of which most are below `dir`.
    pub(crate) fn stored(&self, dir: &Path, lists: &mut Lists) -> StoredSources {
        let below = |path: &Path| path.strip_prefix(dir).unwrap_or(path).to_owned();
        let list = lists.number(self.files.iter().map(|(path, _)| below(path)).collect());
        StoredSources { list, versions: self.files.iter().map(|(_, version)| *version).collect() }
    }
}

impl StoredSources {
    /// What was stored, if its names are among `lists`.
    pub(crate) fn restored(&self, lists: &[Vec<PathBuf>], dir: &Path) -> Option<Sources> {
        let files = lists.get(self.list).filter(|files| files.len() == self.versions.len())?;
        Some(Sources::kept(files.iter().map(|file| dir.join(file)).zip(self.versions.iter().copied()).collect()))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs::{self, File, FileTimes};

    use super::*;

    /// Makes a file look as if nobody had written it lately.
    pub(crate) fn age(path: &Path) {
        let long_ago = SystemTime::now() - Duration::from_mins(1);
        File::options().write(true).open(path).unwrap().set_times(FileTimes::new().set_modified(long_ago)).unwrap();
    }

    #[test]
    fn a_file_that_was_changed_a_moment_ago_may_change_again_unseen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        fs::write(&path, "1").unwrap();
        let sources = |paths: &[&Path]| {
            let mut sources = Sources::default();
            for path in paths {
                sources.add((*path).to_owned());
            }
            sources
        };
        assert!(sources(&[&path]).are_the_same() && !sources(&[&path]).may_be_kept());
        age(&path);
        let absent = dir.path().join("absent/file");
        let kept = sources(&[&path, &absent]);
        assert!(kept.may_be_kept());
        // The same size and the same time of its content: its entry tells.
        fs::write(&path, "2").unwrap();
        age(&path);
        assert!(!kept.are_the_same());
        let kept = sources(&[&path, &absent]);
        fs::create_dir(dir.path().join("absent")).unwrap();
        assert!(kept.are_the_same());
        fs::write(&absent, "").unwrap();
        assert!(!kept.are_the_same(), "a file that appears is a change");
    }
}
