//! The state of a git repository, as git itself tells it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ask::{End, ask};
use crate::experiment::Files;
use crate::rundir::files::Disk;
use crate::rundir::provenance::Repository;

/// A look at gem5's own ten thousand files takes a fraction of a second; on a cold network disk it takes longer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// The repository that holds `directory`. None when there is none, or no git, or no answer.
pub(crate) fn repository(directory: &Path) -> Option<Repository> {
    let git = Disk::new().find_on_path("git")?;
    let told = ask_git(&git, directory, &["rev-parse", "--show-toplevel", "HEAD"])?;
    let mut lines = told.lines();
    let (path, head) = (PathBuf::from(lines.next()?), lines.next()?.to_owned());
    // Only tracked files: looking for others in a build directory takes minutes.
    let changes = ask_git(&git, directory, &["status", "--porcelain", "--untracked-files=no"]);
    Some(Repository { path, head, dirty: changes.map(|changes| !changes.trim().is_empty()) })
}

fn ask_git(git: &Path, directory: &Path, words: &[&str]) -> Option<String> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut argv = vec![text(git), "-C".to_owned(), text(directory)];
    // A repository may name a program that git is to start; we only look.
    argv.extend(["-c", "core.fsmonitor=false"].map(str::to_owned));
    argv.extend(words.iter().map(ToString::to_string));
    // Somebody may be at work in the repository: nothing is locked or written for us.
    let env = BTreeMap::from([("GIT_OPTIONAL_LOCKS".to_owned(), Some("0".to_owned()))]);
    let place = tempfile::tempdir().ok()?;
    let answer = ask(&argv, place.path(), &env, place.path(), ANSWERS_WITHIN).ok()?;
    (answer.end == End::Exited(0)).then_some(answer.stdout)
}
