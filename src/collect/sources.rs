//! Which files something was read from, and in which version of each, so that it is known whether it still holds.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// A file that was changed so lately may be changed again without another time: file systems tell it in steps, of which the largest
/// that are in use have two seconds.
const SETTLES: Duration = Duration::from_secs(2);

/// One version of a file: device, number, bytes, and when its content and its entry changed, in nanoseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Version(u64, u64, u64, i64, i64);

/// Files, each with its version; one that is not there has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sources {
    files: Vec<(PathBuf, Option<Version>)>,
    /// Some of them cannot be told apart from what comes after them.
    is_doubtful: bool,
}

impl Version {
    fn of(meta: &Metadata) -> Self {
        let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        let (modified, changed) =
            (nanoseconds(meta.mtime(), meta.mtime_nsec()), nanoseconds(meta.ctime(), meta.ctime_nsec()));
        Self(meta.dev(), meta.ino(), meta.len(), modified, changed)
    }
}

/// The version of a file that may not be there. An error says that this cannot be told.
fn version(path: &Path) -> io::Result<Option<Version>> {
    match fs::metadata(path) {
        Ok(meta) => Ok(Some(Version::of(&meta))),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Sources {
    /// Of what was kept.
    pub(super) fn kept(files: Vec<(PathBuf, Option<Version>)>) -> Self {
        Self { files, is_doubtful: false }
    }

    /// Notes the version of a file that is about to be read, or is about to be found missing.
    pub(super) fn add(&mut self, path: PathBuf) {
        match version(&path) {
            Ok(version) => self.files.push((path, version)),
            Err(_) => self.is_doubtful = true,
        }
    }

    /// Whether a file is there, or may be: then it is among those that were added.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.is_doubtful || self.files.iter().any(|(file, version)| file == path && version.is_some())
    }

    /// The files, each with its version.
    pub(super) fn files(&self) -> &[(PathBuf, Option<Version>)] {
        &self.files
    }

    /// Whether all of them are what they were.
    pub(super) fn are_the_same(&self) -> bool {
        !self.is_doubtful && self.files.iter().all(|(path, known)| version(path).is_ok_and(|now| now == *known))
    }

    /// Whether what was read of them may be kept: none has changed since, and each change from now on has another time.
    pub(super) fn may_be_kept(&self) -> bool {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_nanos() as i64);
        let settled = now - SETTLES.as_nanos() as i64;
        // A clock of another host that is ahead is in doubt, too.
        let is_settled = |version: &Version| version.3 < settled;
        self.files.iter().filter_map(|(_, version)| version.as_ref()).all(is_settled) && self.are_the_same()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs::{File, FileTimes};

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
