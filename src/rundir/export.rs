//! Files that a user asks for: a table of results, a figure, a report.
//!
//! They lie where the user says, among files of the user's own, and the user may go on to work in them. So one that is there is only
//! replaced if this program wrote it *and nobody has changed it since*: such a file holds nothing that cannot be made again. It
//! is known by its last line, a comment with the hash of all that is above it. A form that has no comments, such as CSV, has
//! a file beside it that tells what is to be known of it ([`Mark::Beside`]), and the hash is there.
//!
//! A file is new or old and never half: it is written beside its place, synced and renamed. Where two are written, a power
//! cut between them leaves a pair that does not fit together, which counts as changed, and nothing is lost.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::atomic::{sync_directory, temporary_in};
use super::follow::read_regular;
use crate::text::human;

/// 256 MiB: a larger file is not read to find out whose it is, and counts as somebody else's.
const MAX_BYTES: u64 = 256 << 20;

/// What the last line has in front of the hash.
const SIGN: &str = "made by gem5-tui, sha256=";
/// What stands in a file beside another one, in front of that one's hash.
const OTHER: &str = "beside a file with sha256=";

/// How a file is known for one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark<'a> {
    /// By a comment at its end.
    Comment {
        /// How comments begin, such as `% `.
        open: &'a str,
        /// How they end, such as ` -->`.
        close: &'a str,
    },
    /// By a file beside it, named like it with `.about.txt` behind.
    Beside {
        /// What that file says, in whole lines.
        about: &'a str,
    },
}

/// What became of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// There was none, and now there is.
    Created,
    /// It was one of ours, or the user said so.
    Replaced,
    /// It is there as it would be written.
    Unchanged,
}

impl Written {
    /// What is told of it, in one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "written",
            Self::Replaced => "replaced",
            Self::Unchanged => "unchanged",
        }
    }
}

/// Why a file was not written. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Somebody else wrote what is there.
    #[error("`{}` is there already, and gem5-tui did not write it: choose another name, or replace it with --force", .0.display())]
    NotOurs(PathBuf),
    /// It is ours, and somebody has worked in it since.
    #[error("`{}` was changed since gem5-tui wrote it: choose another name, or replace it with --force", .0.display())]
    Changed(PathBuf),
    /// It is a directory, a device or the like.
    #[error("`{}` is not a regular file, so it cannot be replaced: choose another name", .0.display())]
    NotAFile(PathBuf),
    /// The system said no.
    #[error("could not write `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Writes a text to `path`, which is relative to the working directory. Replaces what is there only if it is ours and unchanged, or
/// with `force`.
pub fn export(path: &Path, text: &str, mark: Mark<'_>, force: bool) -> Result<Written, ExportError> {
    Export::new(path, text, mark, force)?.write()
}

/// Writes several texts, as [`export`] does with one. Where one may not be written, none is. The last one is that which is asked for:
/// where it is, all are.
pub fn export_all(files: &[(PathBuf, &str, Mark<'_>)], force: bool) -> Result<Vec<Written>, ExportError> {
    let exports: Result<Vec<Export>, _> =
        files.iter().map(|(path, text, mark)| Export::new(path, text, *mark, force)).collect();
    exports?.into_iter().map(Export::write).collect()
}

/// A file that may be written, with the one beside it.
struct Export {
    /// What is written where. The one that is asked for comes first.
    files: Vec<(PathBuf, String)>,
    /// What is there now.
    there: Vec<Option<Vec<u8>>>,
}

impl Export {
    fn new(path: &Path, text: &str, mark: Mark<'_>, force: bool) -> Result<Self, ExportError> {
        // What a link leads to is written, and the link stays.
        let path = if path.is_symlink() { fs::canonicalize(path).map_err(failed(path))? } else { path.to_owned() };
        let files: Vec<(PathBuf, String)> = match mark {
            Mark::Comment { open, close } => vec![(path.clone(), signed(text, open, close))],
            Mark::Beside { about } => {
                let about = format!("{about}{OTHER}{}\n", hash(text.as_bytes()));
                vec![(path.clone(), text.to_owned()), (beside(&path), signed(&about, "", ""))]
            }
        };
        let there: Vec<Option<Vec<u8>>> = files.iter().map(|(path, _)| read(path)).collect::<Result<_, _>>()?;
        let export = Self { files, there };
        if !force && !export.is_there() {
            check(&export.files, &export.there, mark)?;
        }
        Ok(export)
    }

    /// Whether all of it is there as it would be written.
    fn is_there(&self) -> bool {
        self.files.iter().zip(&self.there).all(|((_, new), old)| old.as_deref() == Some(new.as_bytes()))
    }

    fn write(self) -> Result<Written, ExportError> {
        if self.is_there() {
            return Ok(Written::Unchanged);
        }
        // The one that is asked for comes last: where it is, all is.
        for ((path, text), old) in self.files.iter().zip(&self.there).rev() {
            put(path, text.as_bytes(), old.is_some()).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => ExportError::NotOurs(path.clone()),
                _ => failed(path)(error),
            })?;
        }
        Ok(if self.there[0].is_some() { Written::Replaced } else { Written::Created })
    }
}

/// Where the file beside another one is.
pub fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".about.txt");
    name.into()
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> ExportError {
    |source| ExportError::Io { path: path.to_owned(), source }
}

/// Whether what is there may go.
fn check(files: &[(PathBuf, String)], there: &[Option<Vec<u8>>], mark: Mark<'_>) -> Result<(), ExportError> {
    // The last file always has a comment of its own.
    for ((path, _), old) in files.iter().zip(there).skip(files.len() - 1) {
        match old.as_deref().map(state) {
            Some(State::Foreign) => return Err(ExportError::NotOurs(path.clone())),
            Some(State::Changed) => return Err(ExportError::Changed(path.clone())),
            Some(State::Ours) | None => {}
        }
    }
    if let (Mark::Beside { .. }, Some(old)) = (mark, &there[0]) {
        let path = files[0].0.clone();
        let Some(about) = &there[1] else { return Err(ExportError::NotOurs(path)) };
        let told = String::from_utf8_lossy(about);
        let told = told.lines().rev().find_map(|line| line.strip_prefix(OTHER));
        if told != Some(hash(old).as_str()) {
            return Err(ExportError::Changed(path));
        }
    }
    Ok(())
}

/// What is in a file; nothing without one. One that is too large is told by content that nobody signed.
fn read(path: &Path) -> Result<Option<Vec<u8>>, ExportError> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path)(error)),
        Ok(metadata) if !metadata.is_file() => Err(ExportError::NotAFile(path.to_owned())),
        Ok(metadata) if metadata.len() > MAX_BYTES => Ok(Some(Vec::new())),
        Ok(_) => read_regular(path, MAX_BYTES).map(Some).map_err(failed(path)),
    }
}

/// Whose a file is.
#[derive(Debug, PartialEq, Eq)]
enum State {
    Ours,
    Changed,
    Foreign,
}

fn state(content: &[u8]) -> State {
    let body = content.strip_suffix(b"\n").unwrap_or(content);
    let at = body.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let (above, last) = content.split_at(at);
    let text = String::from_utf8_lossy(last);
    let Some((_, hash_and_more)) = text.split_once(SIGN) else {
        // Whoever appends to a file leaves our line in the middle of it.
        let is_inside = content.windows(SIGN.len()).any(|window| window == SIGN.as_bytes());
        return if is_inside { State::Changed } else { State::Foreign };
    };
    if hash_and_more.starts_with(&hash(above)) { State::Ours } else { State::Changed }
}

fn signed(text: &str, open: &str, close: &str) -> String {
    let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let above = format!("{text}{newline}");
    format!("{above}{open}{SIGN}{}{close}\n", hash(above.as_bytes()))
}

fn hash(bytes: &[u8]) -> String {
    human::hex(&Sha256::digest(bytes))
}

fn put(path: &Path, bytes: &[u8], replaces: bool) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    // As any program would make it: the user's mask says who reads it.
    let open = |path: &Path| OpenOptions::new().write(true).create_new(true).mode(0o666).open(path);
    let mut temporary = temporary_in(directory, open)?;
    temporary.as_file_mut().write_all(bytes)?;
    let permissions: Option<Permissions> = if replaces { Some(fs::metadata(path)?.permissions()) } else { None };
    if let Some(permissions) = permissions {
        temporary.as_file().set_permissions(permissions)?;
    }
    temporary.as_file().sync_all()?;
    if replaces {
        temporary.persist(path).map_err(|error| error.error)?;
    } else {
        temporary.persist_noclobber(path).map_err(|error| error.error)?;
    }
    sync_directory(directory)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    const TEX: Mark<'static> = Mark::Comment { open: "% ", close: "" };
    const CSV: Mark<'static> = Mark::Beside { about: "what it is\n" };

    fn text(path: &Path) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn what_we_wrote_is_replaced_and_what_a_user_wrote_is_not() {
        for mark in [TEX, CSV] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("table");
            assert_eq!(export(&path, "one\n", mark, false).unwrap(), Written::Created);
            assert_eq!(export(&path, "one\n", mark, false).unwrap(), Written::Unchanged);
            assert_eq!(export(&path, "two\n", mark, false).unwrap(), Written::Replaced);
            assert!(text(&path).starts_with("two\n"));
            // Nothing is left of the temporary files.
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), if mark == TEX { 1 } else { 2 });

            let foreign = dir.path().join("foreign");
            fs::write(&foreign, "a thesis\n").unwrap();
            assert!(matches!(export(&foreign, "two\n", mark, false), Err(ExportError::NotOurs(_))));
            assert_eq!(text(&foreign), "a thesis\n");
            assert!(!beside(&foreign).exists());
            assert_eq!(export(&foreign, "two\n", mark, true).unwrap(), Written::Replaced);
        }
    }

    #[test]
    fn what_a_user_changed_in_our_file_is_not_lost() {
        for (mark, changed) in [(TEX, "three\n"), (CSV, "three\n")] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("table");
            for change in [
                Box::new(|old: String| old.replace("one", changed)) as Box<dyn Fn(String) -> String>,
                Box::new(|old: String| old + "more\n"),
                Box::new(|old: String| old.trim_end().to_owned() + " "),
            ] {
                export(&path, "one\n", mark, true).unwrap();
                let mine = change(text(&path));
                fs::write(&path, &mine).unwrap();
                let refused = export(&path, "two\n", mark, false);
                let is_kept = matches!(refused, Err(ExportError::Changed(_)));
                // A space behind the signature changes nothing that we wrote.
                assert!(is_kept || mine.contains("sha256=") && mine.ends_with(' '), "{refused:?}");
                if is_kept {
                    assert_eq!(text(&path), mine);
                }
            }
        }
    }

    #[test]
    fn a_file_beside_that_is_somebody_elses_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("table.csv");
        fs::write(beside(&path), "my notes\n").unwrap();
        assert!(matches!(export(&path, "a\n", CSV, false), Err(ExportError::NotOurs(_))));
        assert!(!path.exists());
        assert_eq!(text(&beside(&path)), "my notes\n");
    }

    #[test]
    fn where_one_of_several_may_not_be_written_none_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let files = [(path("fig.csv"), "a\n", CSV), (path("fig.py"), "b\n", TEX), (path("fig.svg"), "c\n", TEX)];
        fs::write(path("fig.py"), "my own\n").unwrap();
        assert!(matches!(export_all(&files, false), Err(ExportError::NotOurs(at)) if at == path("fig.py")));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        fs::remove_file(path("fig.py")).unwrap();
        assert_eq!(export_all(&files, false).unwrap(), [Written::Created; 3]);
        assert_eq!(export_all(&files, false).unwrap(), [Written::Unchanged; 3]);
    }

    #[test]
    fn only_regular_files_are_replaced_and_links_stay() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(export(dir.path(), "a\n", TEX, true), Err(ExportError::NotAFile(_))));
        assert!(matches!(export(Path::new("/dev/null"), "a\n", TEX, true), Err(ExportError::NotAFile(_))));
        let missing = dir.path().join("no/such/table.tex");
        assert!(matches!(export(&missing, "a\n", TEX, false), Err(ExportError::Io { .. })));

        let (real, link) = (dir.path().join("real.tex"), dir.path().join("link.tex"));
        export(&real, "one\n", TEX, false).unwrap();
        fs::set_permissions(&real, Permissions::from_mode(0o640)).unwrap();
        symlink(&real, &link).unwrap();
        assert_eq!(export(&link, "two\n", TEX, false).unwrap(), Written::Replaced);
        assert!(link.is_symlink() && text(&real).starts_with("two\n"));
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    }
}
