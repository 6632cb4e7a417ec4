//! What a killed writer left: temporary files that never became records, and links that never became `latest`.
//!
//! Nobody reads them, so they do no harm, and they would pile up. Only an engine that has just taken the lease removes them:
//! no other engine writes then, and an attempt whose shim lives is left alone. So nobody is just writing what is removed.

use std::fs;
use std::path::Path;

use super::layout::ExperimentDir;
use super::{atomic, attempts, beneath, ours};

/// Removes them from the experiment directory, if that is `all` this engine's, from those of the `simulations`, and from their
/// attempts. Returns how many there were. What cannot be looked at or removed stays.
pub(crate) fn remove<'n>(outdir: &ExperimentDir, all: bool, simulations: impl Iterator<Item = &'n str>) -> usize {
    let mut removed = if all { remove_in(outdir.path(), || true) } else { 0 };
    for name in simulations {
        let dir = outdir.simulation(name);
        removed += remove_in(dir.path(), || beneath::has_simulation(&dir).unwrap_or(false));
        for attempt in attempts::numbers(&dir).unwrap_or_default().into_iter().map(|number| dir.attempt(number)) {
            let is_ours = || beneath::has_attempt(&attempt).unwrap_or(false);
            removed += remove_in(attempt.path(), || is_ours() && !attempts::is_held(&attempt.spec()));
        }
    }
    removed
}

/// Asks `may` only where there is something to remove: there are tens of thousands of directories, and mostly nothing.
fn remove_in(directory: &Path, may: impl FnOnce() -> bool) -> usize {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let is_ours = |entry: &fs::DirEntry| {
        let is_named_so = entry.file_name().to_str().is_some_and(atomic::is_temporary);
        is_named_so && (entry.file_type().is_ok_and(|kind| kind.is_file()) || ours::attempt_of(&entry.path()).is_some())
    };
    let found: Vec<_> = entries.filter(is_ours).map(|entry| entry.path()).collect();
    if found.is_empty() || !may() {
        return 0;
    }
    found.iter().filter(|path| fs::remove_file(path).is_ok()).count()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_files_with_exactly_our_name_go_and_only_where_nobody_writes() {
        const OURS: &str = ".record-aB3xY9.tmp";
        const THEIRS: [&str; 4] = ["record-abc123.tmp", ".record-.tmp", ".record-abc123.tmp~", ".record-abc 12.tmp"];
        let root = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(root.path());
        let simulation = outdir.simulation("a");
        let (free, held) = (simulation.attempt(1), simulation.attempt(2));
        let another = root.path().join("another");
        for directory in [free.path(), held.path(), &another, root.path(), simulation.path()] {
            fs::create_dir_all(directory).unwrap();
            for name in THEIRS.iter().chain([&OURS]) {
                fs::write(directory.join(name), "{\"format\": 1, ").unwrap();
            }
        }
        fs::create_dir(root.path().join(".record-folder.tmp")).unwrap();
        symlink("attempt-1", simulation.path().join(".record-a1.tmp")).unwrap();
        symlink("thesis.tex", simulation.path().join(".record-a2.tmp")).unwrap();
        fs::write(held.spec(), "{}").unwrap();
        let lock = attempts::lock_spec(&held).unwrap();
        assert_eq!(remove(&outdir, true, ["a", "missing"].into_iter()), 4);
        assert!(simulation.path().join(".record-a2.tmp").is_symlink());
        assert!(held.path().join(OURS).exists() && another.join(OURS).exists());
        assert!(THEIRS.iter().all(|name| free.path().join(name).exists() && root.path().join(name).exists()));
        drop(lock);
        assert_eq!(remove(&outdir, true, ["a"].into_iter()), 1);
    }
}
