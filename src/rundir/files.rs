//! What the disk says about the paths of an experiment file.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use glob::MatchOptions;

use crate::experiment::{FileKind, Files, MAX_BYTES, MAX_POINTS};
use crate::text::{Safe, human};

/// The longest text that values of an axis are read from: that of the longest experiment file.
const MAX_TEXT: u64 = MAX_BYTES as u64;
/// More than any sweep has points.
const MAX_FOUND: usize = MAX_POINTS;

/// The disk of this machine, and the PATH that was in force when it was asked for.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    path: Option<OsString>,
}

impl Disk {
    /// With the PATH of this process.
    pub fn new() -> Self {
        Self::with_path(env::var_os("PATH"))
    }

    /// With another PATH.
    pub fn with_path(path: Option<OsString>) -> Self {
        Self { path }
    }
}

impl Files for Disk {
    fn kind(&self, path: &Path) -> FileKind {
        match path.metadata() {
            Err(_) => FileKind::Missing,
            Ok(metadata) if metadata.is_dir() => FileKind::Directory,
            // The kernel is asked rather than the mode bits: it knows our groups and how the file system is mounted.
            Ok(_) if access(path, AccessFlags::X_OK).is_ok() => FileKind::Executable,
            Ok(_) => FileKind::File,
        }
    }

    fn find_on_path(&self, name: &str) -> Option<PathBuf> {
        let directories = env::split_paths(self.path.as_ref()?);
        // An empty or relative entry would mean the directory that the user happens to be in, and one that is not UTF-8
        // cannot be written into a record.
        let usable = directories.filter(|directory| directory.is_absolute() && directory.to_str().is_some());
        let mut candidates = usable.map(|directory| directory.join(name));
        candidates.find(|candidate| self.kind(candidate) == FileKind::Executable)
    }

    fn text(&self, path: &Path) -> Result<String, String> {
        let why = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => "does not exist".to_owned(),
            io::ErrorKind::IsADirectory => "is a directory".to_owned(),
            io::ErrorKind::InvalidData => "is no text in UTF-8".to_owned(),
            _ => format!("cannot be read: {error}"),
        };
        // A pipe would be waited for.
        let kind = path.metadata().map_err(why)?.file_type();
        if !kind.is_file() && !kind.is_dir() {
            return Err("is no file".to_owned());
        }
        let mut text = String::new();
        File::open(path).map_err(why)?.take(MAX_TEXT + 1).read_to_string(&mut text).map_err(why)?;
        if text.len() as u64 > MAX_TEXT { Err(format!("is larger than {} MiB", MAX_TEXT >> 20)) } else { Ok(text) }
    }

    fn glob(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let options =
            MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };
        let found = glob::glob_with(pattern, options).map_err(|error| format!("is no glob: {error}"))?;
        let mut paths = Vec::new();
        for path in found {
            paths.push(path.map_err(|error| format!("cannot be looked for: {}", error.error()))?);
            if paths.len() > MAX_FOUND {
                return Err(format!("matches more than {} files", human::count(MAX_FOUND as u64)));
            }
        }
        match paths.iter().find(|path| path.to_str().is_none()) {
            Some(path) => Err(format!("matches `{}`, whose name is not UTF-8", Safe::path(path))),
            None => Ok(paths),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn an_executable_is_told_from_a_file_and_found_on_path() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (dir.path().join("first"), dir.path().join("second"));
        for directory in [&first, &second] {
            fs::create_dir(directory).unwrap();
            fs::write(directory.join("gem5.opt"), "#!/bin/sh\n").unwrap();
        }
        let executable = second.join("gem5.opt");
        fs::set_permissions(&executable, fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(first.join("gem5.opt"), fs::Permissions::from_mode(0o644)).unwrap();
        let disk = Disk::with_path(Some(env::join_paths([Path::new("relative"), &first, &second]).unwrap()));
        assert_eq!(disk.kind(&first), FileKind::Directory);
        assert_eq!(disk.kind(&first.join("gem5.opt")), FileKind::File);
        assert_eq!(disk.kind(&first.join("absent")), FileKind::Missing);
        assert_eq!(disk.find_on_path("gem5.opt"), Some(executable));
        assert_eq!(disk.find_on_path("absent"), None);
        assert_eq!(Disk::with_path(None).find_on_path("gem5.opt"), None);
    }
}
