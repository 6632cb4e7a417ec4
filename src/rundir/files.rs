//! What the disk says about the paths of an experiment file.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use globset::{GlobBuilder, GlobMatcher};

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
        let mut found = Found { paths: Vec::new(), looks: 0 };
        let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
        found.look(Path::new("/"), &parts, 0)?;
        Ok(found.paths)
    }
}

/// What a glob has found so far.
struct Found {
    paths: Vec<PathBuf>,
    /// Names that were looked at.
    looks: usize,
}

/// More names are in no tree in which somebody looks for the points of a sweep.
const MAX_LOOKS: usize = 2_000_000;
/// Directories in directories. Links are not followed below `**`, so there is no circle.
const MAX_DEPTH: usize = 64;

impl Found {
    /// Adds what matches `parts` below `place`.
    fn look(&mut self, place: &Path, parts: &[&str], depth: usize) -> Result<(), String> {
        let Some((part, rest)) = parts.split_first() else {
            if fs::symlink_metadata(place).is_ok() {
                self.paths.push(place.to_owned());
            }
            if self.paths.len() > MAX_FOUND {
                return Err(format!("matches more than {} files", human::count(MAX_FOUND as u64)));
            }
            return Ok(());
        };
        if *part == "**" {
            self.look(place, rest, depth)?;
            for (name, is_directory) in self.names(place)? {
                if is_directory && !name.as_encoded_bytes().starts_with(b".") && depth < MAX_DEPTH {
                    self.look(&place.join(name), parts, depth + 1)?;
                }
            }
            return Ok(());
        }
        if !part.contains(['*', '?', '[', '{', '\\']) {
            return self.look(&place.join(part), rest, depth);
        }
        let matcher = matcher(part)?;
        for (name, is_directory) in self.names(place)? {
            let is_hidden = name.as_encoded_bytes().starts_with(b".") && !part.starts_with('.');
            let is_way = rest.is_empty() || is_directory || place.join(&name).is_dir();
            if is_hidden || !is_way || !matcher.is_match(Path::new(&name)) {
                continue;
            }
            if name.to_str().is_none() {
                let name = Safe::path(&place.join(&name));
                return Err(format!(
                    "matches `{name}`, whose name is not UTF-8; rename it, or leave it out of the glob"
                ));
            }
            self.look(&place.join(name), rest, depth)?;
        }
        Ok(())
    }

    /// What is in a directory, and whether each is one. Nothing is in what is none.
    fn names(&mut self, place: &Path) -> Result<Vec<(OsString, bool)>, String> {
        let entries = match fs::read_dir(place) {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(format!("cannot be looked for in `{}`: {error}", Safe::path(place))),
        };
        let names: Vec<(OsString, bool)> = entries
            .flatten()
            .map(|entry| (entry.file_name(), entry.file_type().is_ok_and(|kind| kind.is_dir())))
            .take(MAX_LOOKS.saturating_sub(self.looks) + 1)
            .collect();
        self.looks += names.len();
        if self.looks > MAX_LOOKS {
            return Err("looks at too many files; name a directory more closely".to_owned());
        }
        Ok(names)
    }
}

fn matcher(part: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(part).literal_separator(true).backslash_escape(true).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|error| format!("is no glob: {}", error.kind()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_glob_finds_files_in_any_depth_and_no_hidden_ones_and_stops_at_no_name() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("a[1] {b}");
        fs::create_dir_all(place.join("x/y")).unwrap();
        for name in ["b10.ini", "b2.ini", ".hidden.ini", "x/y/deep.ini", "x/c.txt"] {
            fs::write(place.join(name), "").unwrap();
        }
        symlink(&place, place.join("x/round")).unwrap();
        let base = globset::escape(place.to_str().unwrap());
        let found = |pattern: &str| {
            let mut found = Disk::new().glob(&format!("{base}/{pattern}")).unwrap();
            found.sort();
            let below = |path: PathBuf| path.strip_prefix(&place).unwrap().to_str().unwrap().to_owned();
            found.into_iter().map(below).collect::<Vec<_>>()
        };
        assert_eq!(found("*.ini"), ["b10.ini", "b2.ini"]);
        assert_eq!(found("**/*.ini"), ["b10.ini", "b2.ini", "x/y/deep.ini"]);
        assert_eq!(found(".h*"), [".hidden.ini"]);
        assert!(Disk::new().glob(&format!("{base}/{{b2,x/c}}.*")).is_err(), "a brace does not reach across a `/`");
        assert_eq!(found("x/{c,d}.txt"), ["x/c.txt"]);
        assert_eq!(found("none/*"), Vec::<String>::new());
        assert!(Disk::new().glob(&format!("{base}/[")).is_err());
        fs::write(place.join(OsString::from_vec(b"bad\xff.ini".to_vec())), "").unwrap();
        assert!(Disk::new().glob(&format!("{base}/*.ini")).unwrap_err().contains("not UTF-8"));
        assert_eq!(found("b*0.ini"), ["b10.ini"]);
    }

    #[test]
    fn only_texts_of_a_sensible_size_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("list");
        assert_eq!(Disk::new().text(&path).unwrap_err(), "does not exist");
        assert_eq!(Disk::new().text(dir.path()).unwrap_err(), "is a directory");
        assert!(Disk::new().text(Path::new("/dev/zero")).is_err());
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(Disk::new().text(&path).is_err());
        File::create(&path).unwrap().set_len(MAX_TEXT + 1).unwrap();
        assert!(Disk::new().text(&path).unwrap_err().contains("larger"));
    }

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
