//! What a killed writer left: temporary files that never became records, and links that never became `latest`.
//!
//! Nobody reads them, so they do no harm, and they would pile up. Only an engine that has just taken the lease removes them:
//! no other engine writes then, and an attempt whose shim lives is left alone. So nobody is just writing what is removed.

use std::fs;
use std::path::{Path, PathBuf};

use super::layout::{ExperimentDir, attempt_number};
use super::{atomic, attempts, beneath, ours, threads};

/// Removes them from the experiment directory, if that is `all` this engine's, from those of the `simulations`, and from their
/// attempts. Returns how many there were. What cannot be looked at or removed stays.
pub(crate) fn remove<'n>(outdir: &ExperimentDir, all: bool, simulations: impl Iterator<Item = &'n str>) -> usize {
    let names: Vec<&str> = simulations.collect();
    let removed = threads::for_each(names.len(), None, |at| names.get(at).map_or(0, |name| remove_of(outdir, name)));
    let of_outdir = if all { remove_all(&look(outdir.path()).left, || true) } else { 0 };
    of_outdir + removed.into_iter().flatten().sum::<usize>()
}

fn remove_of(outdir: &ExperimentDir, name: &str) -> usize {
    let dir = outdir.simulation(name);
    let Listing { left, attempts } = look(dir.path());
    let mut removed = remove_all(&left, || beneath::has_simulation(&dir).unwrap_or(false));
    for attempt in attempts.into_iter().map(|number| dir.attempt(number)) {
        let is_ours = || beneath::has_attempt(&attempt).unwrap_or(false);
        removed += remove_all(&look(attempt.path()).left, || is_ours() && !attempts::is_held(&attempt.spec()));
    }
    removed
}

/// What is wanted of a directory.
#[derive(Default)]
struct Listing {
    left: Vec<PathBuf>,
    attempts: Vec<u32>,
}

fn look(directory: &Path) -> Listing {
    let mut listing = Listing::default();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        listing.attempts.extend(attempt_number(name));
        let is_left =
            || entry.file_type().is_ok_and(|kind| kind.is_file()) || ours::attempt_of(&entry.path()).is_some();
        if atomic::is_temporary(name) && is_left() {
            listing.left.push(entry.path());
        }
    }
    listing
}

/// Asks `may` only where there is something to remove: there are tens of thousands of directories, and mostly nothing.
fn remove_all(left: &[PathBuf], may: impl FnOnce() -> bool) -> usize {
    if left.is_empty() || !may() {
        return 0;
    }
    left.iter().filter(|path| fs::remove_file(path).is_ok()).count()
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
