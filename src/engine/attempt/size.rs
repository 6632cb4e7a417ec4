//! How much an attempt has written.

use std::fs::{self, ReadDir};
use std::path::Path;

/// Files and directories that are counted in one step, which takes a moment. Scripts may write one file for each region; of more
/// than this the next step counts on.
const ENTRIES_A_STEP: usize = 20_000;

/// Counts the bytes of all files below a directory, step by step. Links are not followed.
#[derive(Debug, Default)]
pub struct Count {
    /// What is not yet looked through: a directory inside of the one before it.
    folders: Vec<ReadDir>,
    bytes: u64,
}

/// What a step has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// The bytes of all files.
    All(u64),
    /// Those of the files that were looked at so far: there are more.
    SoFar(u64),
}

impl Count {
    /// Counts on, or anew if the last step came to the end. None if the directory itself cannot be read.
    pub fn step(&mut self, dir: &Path) -> Option<Counted> {
        self.step_of(dir, ENTRIES_A_STEP)
    }

    fn step_of(&mut self, dir: &Path, entries: usize) -> Option<Counted> {
        if self.folders.is_empty() {
            *self = Self { folders: vec![fs::read_dir(dir).ok()?], bytes: 0 };
        }
        let mut left = entries;
        while let Some(folder) = self.folders.last_mut() {
            if left == 0 {
                return Some(Counted::SoFar(self.bytes));
            }
            let Some(entry) = folder.next() else {
                self.folders.pop();
                continue;
            };
            left -= 1;
            // What vanishes while it is looked at is not there any more.
            let Ok(entry) = entry else { continue };
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_file() {
                self.bytes = self.bytes.saturating_add(meta.len());
            } else if meta.is_dir() {
                self.folders.extend(fs::read_dir(entry.path()).ok());
            }
        }
        Some(Counted::All(self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_at_any_depth_count_and_links_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("m5out/cpt.100");
        fs::create_dir_all(&deep).unwrap();
        fs::write(dir.path().join("spec.json"), "12345").unwrap();
        fs::write(deep.join("m5.cpt"), vec![0; 1000]).unwrap();
        std::os::unix::fs::symlink("/", dir.path().join("link")).unwrap();
        assert_eq!(Count::default().step(dir.path()), Some(Counted::All(1005)));
        assert_eq!(Count::default().step(&dir.path().join("missing")), None);
    }

    #[test]
    fn of_more_than_a_step_counts_the_next_ones_count_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..25 {
            let folder = dir.path().join(format!("region-{}", number % 3));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(number.to_string()), "1234").unwrap();
        }
        let mut count = Count::default();
        let steps: Vec<Counted> = (0..3).map(|_| count.step_of(dir.path(), 12).unwrap()).collect();
        assert_eq!(steps[2], Counted::All(100), "25 files and 3 folders");
        assert!(steps[..2].iter().all(|step| matches!(step, Counted::SoFar(bytes) if *bytes < 100)), "{steps:?}");
        fs::write(dir.path().join("more"), "1234").unwrap();
        let anew: Vec<Counted> = (0..3).map(|_| count.step_of(dir.path(), 12).unwrap()).collect();
        assert_eq!(anew[2], Counted::All(104), "then they are counted anew");
    }
}
