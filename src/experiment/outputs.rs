//! Files that simulations write outside of their own directories, and who writes which. Pure.
//!
//! A file name may be a glob, because a script may make names of its own. What a glob will match nobody knows before the run, so it
//! stands for every file in its directory that begins as it does up to its first wildcard. Then two simulations either share no file
//! at all, or are refused.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;

use globset::GlobBuilder;

/// What makes a file name a glob.
const WILDCARDS: [char; 4] = ['*', '?', '[', '{'];

/// Whether `declared` stands for more than one file.
pub fn is_glob(declared: &Path) -> bool {
    declared.file_name().is_some_and(|name| name.to_string_lossy().contains(WILDCARDS))
}

/// Whether there are wildcards where none can be: in the directories.
pub(super) fn has_wild_directories(declared: &Path) -> bool {
    declared.parent().is_some_and(|directory| directory.to_string_lossy().contains(WILDCARDS))
}

/// Whether the output `declared` stands for the file at `path`.
pub fn covers(declared: &Path, path: &Path) -> bool {
    if declared == path {
        return true;
    }
    if !is_glob(declared) || declared.parent() != path.parent() {
        return false;
    }
    let (Some(glob), Some(name)) = (declared.file_name(), path.file_name()) else { return false };
    let glob = GlobBuilder::new(&glob.to_string_lossy()).literal_separator(true).build();
    glob.is_ok_and(|glob| glob.compile_matcher().is_match(Path::new(name)))
}

/// Why `declared` is no glob, if it is meant as one.
pub(super) fn malformed(declared: &Path) -> Option<String> {
    let name = declared.file_name()?.to_string_lossy();
    if !is_glob(declared) {
        return None;
    }
    GlobBuilder::new(&name).build().err().map(|error| error.kind().to_string())
}

/// Which simulation writes a file, or all files that begin in one way.
#[derive(Default)]
pub(super) struct Writers {
    files: BTreeMap<String, String>,
    /// None of them begins with another one, but for those of one simulation.
    beginnings: BTreeMap<String, String>,
}

impl Writers {
    /// Notes that `who` writes `path`. Says who else does, if somebody does.
    pub(super) fn claim(&mut self, path: &str, who: &str) -> Result<(), String> {
        let name_at = path.rfind('/').map_or(0, |at| at + 1);
        let wild_at = path[name_at..].find(WILDCARDS).map(|at| name_at + at);
        let claimed = wild_at.map_or(path, |at| &path[..at]);
        // Whatever lies between a beginning and what begins with it begins so, too.
        let before = self.beginnings.range::<str, _>((Bound::Unbounded, Bound::Included(claimed))).next_back();
        if let Some((_, other)) = before.filter(|(beginning, _)| claimed.starts_with(beginning.as_str())) {
            return if other == who { Ok(()) } else { Err(other.clone()) };
        }
        let Some(_) = wild_at else {
            let other = self.files.entry(claimed.to_owned()).or_insert_with(|| who.to_owned());
            return if other == who { Ok(()) } else { Err(other.clone()) };
        };
        for all in [&self.files, &self.beginnings] {
            let from = all.range::<str, _>((Bound::Included(claimed), Bound::Unbounded));
            let mut within = from.take_while(|(path, _)| path.starts_with(claimed));
            if let Some((_, other)) = within.find(|(_, other)| *other != who) {
                return Err(other.clone());
            }
        }
        self.beginnings.retain(|beginning, other| other != who || !beginning.starts_with(claimed));
        self.beginnings.insert(claimed.to_owned(), who.to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_stands_for_files_of_its_directory() {
        let covers = |declared, path| covers(Path::new(declared), Path::new(path));
        assert!(covers("/r/a.csv", "/r/a.csv") && covers("/r/a-*.csv", "/r/a-1.csv") && covers("/r/a?", "/r/ab"));
        assert!(!covers("/r/a-*.csv", "/r/a-1/b.csv") && !covers("/r/*", "/r/a/b") && !covers("/r/a.csv", "/r/b.csv"));
    }

    #[test]
    fn no_two_simulations_share_a_file() {
        let mut writers = Writers::default();
        let mut claim = |path, who: &str| writers.claim(path, who).err();
        assert_eq!(claim("/r/a.csv", "a"), None);
        assert_eq!(claim("/r/a.csv", "a"), None, "one may name a file twice");
        assert_eq!(claim("/r/a.csv", "b").as_deref(), Some("a"));
        assert_eq!(claim("/r/b-*.csv", "b"), None);
        assert_eq!(claim("/r/b-1.csv", "c").as_deref(), Some("b"));
        assert_eq!(claim("/r/b-1*.txt", "c").as_deref(), Some("b"), "both may make b-1.csv, as far as anybody knows");
        assert_eq!(claim("/r/b-1.csv", "b"), None);
        assert_eq!(claim("/r/*", "d").as_deref(), Some("a"));
        assert_eq!(claim("/r/d/*", "d"), None);
        assert_eq!(claim("/r/d/x-*", "d"), None);
        assert_eq!(claim("/r/d/x-1", "e").as_deref(), Some("d"));
        assert_eq!(claim("/r/dd", "e"), None);
        // A wider one takes the place of a narrower one.
        assert_eq!((claim("/s/x-*", "f"), claim("/s/*", "f"), claim("/s/y", "g").as_deref()), (None, None, Some("f")));
    }
}
