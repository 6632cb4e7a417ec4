//! Output directories of gem5 in a tree that somebody else has made.

use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use crate::rundir::AttemptDir;
use crate::rundir::evidence::around;
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

impl Walk {
    /// Looks through `root`.
    pub(super) fn below(&mut self, root: &Path, number: usize) {
        self.look(root, root, number, 0);
    }

    /// Whether there is an output directory in `dir` or below.
    fn look(&mut self, dir: &Path, root: &Path, number: usize, depth: usize) -> bool {
        let entries: Vec<DirEntry> = match fs::read_dir(dir) {
            Ok(entries) => entries.flatten().take(MOST_LOOKS.saturating_sub(self.looks)).collect(),
            Err(error) => {
                self.unreadable.push((dir.to_owned(), error));
                return false;
            }
        };
        self.looks += entries.len();
        if self.looks >= MOST_LOOKS || self.found.len() >= MOST_FOUND {
            self.is_cut = true;
            return true;
        }
        let mut is_in = false;
        for entry in &entries {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_symlink() {
                // What it leads to may be in the tree already, or lead back here.
                self.links += u64::from(entry.path().is_dir());
            } else if kind.is_dir() {
                if entry.file_name().as_encoded_bytes().starts_with(b".") {
                    self.hidden += 1;
                } else if depth == MOST_DEPTH {
                    self.deep += 1;
                } else {
                    is_in |= self.look(&entry.path(), root, number, depth + 1);
                }
            }
        }
        let names: Vec<_> = entries.iter().map(DirEntry::file_name).collect();
        let is_output = names.iter().any(|name| around::WRITTEN.iter().any(|written| name == written));
        // A script of many simulations has given each a directory of its own, and leaves its own without stats.
        if is_output && (!is_in || has_stats(dir)) {
            self.found.push(Output { m5out: dir.to_owned(), path: path(dir, root), root: number });
        }
        is_in || is_output
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
