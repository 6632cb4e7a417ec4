//! The files that a simulation was made from, as they were at its launch, and whether they still are.
//!
//! The awkward truth: a file that only the script knows of, a module that it imports or an image that it opens by itself, is
//! not seen here. What is named on the command line is, and there an output looks like an input: a file that an argument names
//! and that was written while the simulation ran was most likely written by it, and is no reason to run it again.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::provenance::sha256;
use super::record::InputFile;
use super::user_cache::{FileIdentity, UserCache};
use crate::experiment::{Input, InputRole};

/// 64 MiB: a file that an argument names is hashed up to this size. A disk image takes minutes, and is told apart by its size
/// and its time of change.
const HASHED_MOST: u64 = 64 << 20;

/// 4 MiB: the hash of a larger file is kept in the user's cache, a smaller one is faster made than found.
const CACHED_LEAST: u64 = 4 << 20;

/// The kind of cache.
const CACHE: &str = "hashes";

/// Reads files for their identity, each version of one once.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    cache: UserCache,
    hashes: Mutex<HashMap<FileIdentity, Option<String>>>,
    /// What was compared, as it was then.
    compared: Mutex<HashMap<PathBuf, Option<FileIdentity>>>,
}

/// The executable among the files of an attempt.
pub(crate) fn executable(inputs: &[InputFile]) -> Option<&InputFile> {
    inputs.iter().find(|input| input.role == InputRole::Executable)
}

impl Inputs {
    /// The files among `inputs` that are there, as they are now.
    pub(crate) fn take(&self, inputs: &[Input]) -> Vec<InputFile> {
        inputs.iter().filter_map(|input| self.look(input.role, &input.path)).collect()
    }

    /// What has become of the files in `recorded`, in words; nothing for those whose content is the same. `ran` is when the process
    /// that may have written them lived, in milliseconds of wall-clock time. Each file is looked at once, however many were made
    /// from it: whoever compares again later does so by another one of these.
    pub(crate) fn changes<'f>(
        &self,
        recorded: impl IntoIterator<Item = &'f InputFile>,
        ran: Option<&RangeInclusive<i64>>,
    ) -> Vec<String> {
        recorded.into_iter().filter_map(|then| self.change(then, ran)).collect()
    }

    fn now(&self, path: &Path) -> Option<FileIdentity> {
        let mut compared = self.compared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = compared.get(path) {
            return known.clone();
        }
        let now = FileIdentity::of(path).ok();
        compared.insert(path.to_owned(), now.clone());
        now
    }

    fn change(&self, then: &InputFile, ran: Option<&RangeInclusive<i64>>) -> Option<String> {
        let name = match then.role {
            InputRole::Executable => "gem5".to_owned(),
            InputRole::Program => "program".to_owned(),
            InputRole::Script => "script".to_owned(),
            InputRole::Module => "module".to_owned(),
            InputRole::Argument => {
                let name = then.path.file_name().unwrap_or(then.path.as_os_str());
                format!("input {}", name.to_string_lossy())
            }
        };
        let Some(now) = self.now(&then.path) else { return Some(format!("{name} is gone")) };
        if (now.bytes, now.modified_ns) == (then.bytes, then.modified_ns) {
            return None;
        }
        let written_ms = now.modified_ns / 1_000_000;
        if then.role == InputRole::Argument && ran.is_some_and(|ran| ran.contains(&written_ms)) {
            return None;
        }
        // A checkout or a build that makes the same bytes again has changed nothing.
        let same = now.bytes == then.bytes && then.sha256.is_some() && self.hash(then.role, now) == then.sha256;
        (!same).then(|| format!("{name} changed"))
    }

    fn look(&self, role: InputRole, path: &Path) -> Option<InputFile> {
        if !std::fs::metadata(path).is_ok_and(|meta| meta.is_file()) {
            return None;
        }
        let identity = FileIdentity::of(path).ok()?;
        let (bytes, modified_ns) = (identity.bytes, identity.modified_ns);
        let sha256 = self.hash(role, identity);
        Some(InputFile { role, path: path.to_owned(), bytes, modified_ns, sha256 })
    }

    fn hash(&self, role: InputRole, identity: FileIdentity) -> Option<String> {
        if role == InputRole::Argument && identity.bytes > HASHED_MOST {
            return None;
        }
        // Held while a file is read, so that launches at the same time read it once.
        let mut hashes = self.hashes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = hashes.get(&identity) {
            return known.clone();
        }
        let is_large = identity.bytes >= CACHED_LEAST;
        let kept = if is_large { self.cache.read::<String>(CACHE, &identity) } else { None };
        let hash = kept.or_else(|| {
            let made = sha256(&identity.path).ok();
            // Of a file that is being written nothing certain can be said.
            let made = made.filter(|_| FileIdentity::of(&identity.path).is_ok_and(|now| now == identity));
            if is_large && let Some(made) = &made {
                self.cache.write(CACHE, &identity, made);
            }
            made
        });
        hashes.insert(identity, hash.clone());
        hash
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File, FileTimes};
    use std::time::{Duration, SystemTime};

    use super::*;

    fn inputs(paths: &[&Path]) -> Vec<Input> {
        paths.iter().map(|path| Input { role: InputRole::Argument, path: (*path).to_owned() }).collect()
    }

    #[test]
    fn what_was_written_while_it_ran_is_no_input_that_changed() {
        let dir = tempfile::tempdir().unwrap();
        let [table, binary] = ["table.csv", "gem5.opt"].map(|name| dir.path().join(name));
        let role = |path: &Path| if path == table { InputRole::Argument } else { InputRole::Executable };
        let write = |text: &str, second: u64| {
            for path in [&table, &binary] {
                fs::write(path, text).unwrap();
                let time = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
                File::options()
                    .append(true)
                    .open(path)
                    .unwrap()
                    .set_times(FileTimes::new().set_modified(time))
                    .unwrap();
            }
        };
        write("before", 100);
        let named = [&table, &binary].map(|path| Input { role: role(path), path: path.clone() });
        let taken = Inputs::default().take(&named);
        write("written by the run", 150);
        assert_eq!(Inputs::default().changes(&taken, Some(&(120_000..=200_000))), ["gem5 changed"]);
        write("edited later", 250);
        assert_eq!(
            Inputs::default().changes(&taken, Some(&(120_000..=200_000))),
            ["input table.csv changed", "gem5 changed"]
        );
    }

    #[test]
    fn a_file_that_was_only_touched_is_the_same_and_one_of_the_same_size_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hello");
        fs::write(&path, "one").unwrap();
        let taken = Inputs::default().take(&inputs(&[&path, &dir.path().join("none"), dir.path()]));
        assert_eq!(taken.len(), 1, "{taken:?}");
        let touch = |seconds| {
            let times = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
            File::options().write(true).open(&path).unwrap().set_times(times).unwrap();
        };
        touch(1_000);
        assert_eq!(Inputs::default().changes(&taken, None), Vec::<String>::new());
        fs::write(&path, "two").unwrap();
        touch(2_000);
        assert_eq!(Inputs::default().changes(&taken, None), ["input hello changed"]);
        fs::remove_file(&path).unwrap();
        assert_eq!(Inputs::default().changes(&taken, None), ["input hello is gone"]);
    }

    #[test]
    fn an_image_that_would_take_minutes_is_told_by_its_size_and_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("disk.img");
        File::create(&path).unwrap().set_len(HASHED_MOST + 1).unwrap();
        let taken = Inputs::default().take(&inputs(&[&path]));
        assert_eq!(taken[0].sha256, None);
        assert_eq!(Inputs::default().changes(&taken, None), Vec::<String>::new());
        let times = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
        File::options().write(true).open(&path).unwrap().set_times(times).unwrap();
        assert_eq!(Inputs::default().changes(&taken, None), ["input disk.img changed"]);
    }
}
