//! Output directories of gem5 in a tree that somebody else has made.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::rundir::evidence::around;
use crate::rundir::{AttemptDir, threads};
use crate::text::human;

/// More names are in no tree of results that somebody makes tables of.
const MOST_LOOKS: usize = 4_000_000;

/// So many output directories are taken at most: more than any sweep has points.
const MOST_FOUND: usize = 100_000;

/// Directories in directories.
const MOST_DEPTH: usize = 32;

/// One output directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Output {
    /// The directory.
    pub(super) m5out: PathBuf,
    /// Where it lies below the directory that was named, without `m5out` and the directory of an attempt of ours, with `/` between.
    pub(super) path: String,
    /// The number of the directory that was named.
    pub(super) root: usize,
}

/// What was found, and what was not looked at.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// The output directories, in no order.
    pub(super) found: Vec<Output>,
    looks: usize,
    links: u64,
    deep: u64,
    hidden: u64,
    unreadable: Vec<(PathBuf, io::Error)>,
    /// It ended before its time.
    is_cut: bool,
}

/// A directory of the tree.
#[derive(Debug)]
struct Dir {
    path: PathBuf,
    /// The number of the one that it is in.
    within: usize,
    /// gem5 has written there.
    is_output: bool,
    /// And in one that is in it.
    holds_output: bool,
}

/// What is in a directory.
#[derive(Debug, Default)]
struct Listed {
    directories: Vec<PathBuf>,
    is_output: bool,
    links: u64,
    hidden: u64,
}

impl Walk {
    /// Looks through `root`, level by level.
    pub(super) fn below(&mut self, root: &Path, number: usize) {
        let new = |path, within| Dir { path, within, is_output: false, holds_output: false };
        let mut dirs = vec![new(root.to_owned(), 0)];
        let (mut begin, mut outputs) = (0, self.found.len());
        for depth in 0..=MOST_DEPTH {
            let looks = AtomicUsize::new(self.looks);
            let level = dirs.get(begin..).unwrap_or_default();
            let listed = threads::for_each(level.len(), None, |at| Some(list(&level.get(at)?.path, &looks)));
            self.looks = looks.into_inner();
            let first = std::mem::replace(&mut begin, dirs.len());
            for (at, listed) in (first..).zip(listed) {
                match (dirs.get_mut(at), listed.flatten()) {
                    (Some(dir), Some(Ok(listed))) => {
                        dir.is_output = listed.is_output;
                        outputs += usize::from(listed.is_output);
                        self.links += listed.links;
                        self.hidden += listed.hidden;
                        if depth == MOST_DEPTH {
                            self.deep += listed.directories.len() as u64;
                        } else {
                            dirs.extend(listed.directories.into_iter().map(|path| new(path, at)));
                        }
                    }
                    (Some(dir), Some(Err(error))) => self.unreadable.push((dir.path.clone(), error)),
                    (_, None) | (None, _) => {}
                }
            }
            self.is_cut |= self.looks >= MOST_LOOKS || outputs > MOST_FOUND;
            if self.is_cut || begin == dirs.len() {
                break;
            }
        }
        // Each stands behind the one that it is in.
        for at in (1..dirs.len()).rev() {
            let Some(&Dir { within, is_output, holds_output, .. }) = dirs.get(at) else { continue };
            if let Some(outer) = dirs.get_mut(within) {
                outer.holds_output |= is_output || holds_output;
            }
        }
        // A script of many simulations has given each a directory of its own, and leaves its own without stats.
        let is_found = |dir: &Dir| dir.is_output && (!dir.holds_output || has_stats(&dir.path));
        let found = dirs.into_iter().filter(is_found);
        let output = |dir: Dir| Output { path: path(&dir.path, root), m5out: dir.path, root: number };
        self.found.extend(found.map(output).take(MOST_FOUND.saturating_sub(self.found.len())));
    }

    /// What was left out, a sentence for each kind.
    pub(super) fn left_out(&self) -> Vec<String> {
        let some = |count: u64, what: &str, why: &str| {
            (count > 0).then(|| {
                format!(
                    "{} {} not looked into: {why}",
                    human::plural(count, what),
                    if count == 1 { "was" } else { "were" }
                )
            })
        };
        let mut told: Vec<String> = [
            some(self.links, "link", "what links lead to may be elsewhere in the tree; name it to have it read"),
            some(self.hidden, "hidden directory", "its name begins with a dot"),
            some(self.deep, "directory", "it lies too deep"),
        ]
        .into_iter()
        .flatten()
        .collect();
        if let Some((path, error)) = self.unreadable.first() {
            let more = self.unreadable.len() as u64 - 1;
            let more = if more > 0 { format!(", nor {}", human::plural(more, "other")) } else { String::new() };
            told.push(format!("{} could not be looked into: {error}{more}", path.display()));
        }
        if self.is_cut {
            told.push(format!(
                "the tree was not looked through to its end: there are more than {} names or {} output directories in it; name a \
                 part of it",
                human::count(MOST_LOOKS as u64),
                human::count(MOST_FOUND as u64)
            ));
        }
        told
    }
}

/// Lists a directory. `looks` counts the names in all of them.
fn list(dir: &Path, looks: &AtomicUsize) -> io::Result<Listed> {
    let mut listed = Listed::default();
    let most = MOST_LOOKS.saturating_sub(looks.load(Ordering::Relaxed));
    let mut count = 0;
    for entry in fs::read_dir(dir)?.flatten().take(most) {
        count += 1;
        let name = entry.file_name();
        listed.is_output |= around::WRITTEN.iter().any(|written| name == *written);
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_symlink() {
            // What it leads to may be in the tree already, or lead back here.
            listed.links += u64::from(entry.path().is_dir());
        } else if kind.is_dir() && name.as_encoded_bytes().starts_with(b".") {
            listed.hidden += 1;
        } else if kind.is_dir() {
            listed.directories.push(entry.path());
        }
    }
    looks.fetch_add(count, Ordering::Relaxed);
    Ok(listed)
}

fn has_stats(dir: &Path) -> bool {
    let is_full = |name: &&str| dir.join(name).metadata().is_ok_and(|facts| facts.is_file() && facts.len() > 0);
    ["stats.txt", "stats.txt.gz"].iter().any(is_full)
}

/// Where `dir` lies below `root`.
fn path(dir: &Path, root: &Path) -> String {
    let below = dir.strip_prefix(root).unwrap_or(dir);
    let mut names: Vec<String> =
        below.components().map(|name| name.as_os_str().to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|name| name == "m5out") {
        names.pop();
        if super::is_attempt(&AttemptDir::new(dir.parent().unwrap_or(dir))) {
            names.pop();
        }
    }
    // A script of many simulations makes directories in its own.
    names.retain(|name| name != "m5out");
    names.join("/")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_directories_that_gem5_wrote_to_are_found_at_any_level() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let write = |path: &str| {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), "x").unwrap();
        };
        for number in 0..40 {
            write(&format!("a/run{number}/m5out/stats.txt"));
        }
        // A script of many simulations leaves its own without stats, and one has some of its own.
        for path in ["many/config.ini", "many/x/stats.txt", "both/stats.txt", "both/x/config.json", ".hidden/stats.txt"]
        {
            write(path);
        }
        write(&format!("{}stats.txt", "d/".repeat(MOST_DEPTH)));
        write(&format!("{}deep/stats.txt", "e/".repeat(MOST_DEPTH)));
        symlink(root.join("a"), root.join("link")).unwrap();
        let mut walk = Walk::default();
        walk.below(root, 0);
        let mut found: Vec<&str> = walk.found.iter().map(|output| output.path.as_str()).collect();
        found.sort_unstable();
        let deepest = ["d"; MOST_DEPTH].join("/");
        let mut expected: Vec<String> = (0..40).map(|number| format!("a/run{number}")).collect();
        expected.extend(["many/x", "both", "both/x", &deepest].map(str::to_owned));
        expected.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!((walk.links, walk.hidden, walk.deep, walk.is_cut), (1, 1, 1, false));
    }
}
