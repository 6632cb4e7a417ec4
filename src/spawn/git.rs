//! The state of a git repository, without starting anything that the repository names.
//!
//! `git status` starts programs: filters of contents (`filter.*.clean`, `filter.*.process`), monitors of the file system, the
//! same again in submodules, and a transport for an object that is missing. Their names stand in the configuration of the
//! repository, which may be a stranger's. So git is asked only what it answers from its own files and from the times of
//! others: what the index says beside `HEAD`, and which files have another time or size than the index knows. Those are hashed
//! as they are. What a filter would make of them is not found out, and is unknown then.
//!
//! The awkward truth: where a file has the time that the index has, git looks into it at once, and through its filter. It
//! does not for an index of time zero, so it is given a copy of that time, and such files are hashed as well.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::ask::{End, ask_at_most};
use super::scratch;
use crate::experiment::Files;
use crate::rundir::files::Disk;
use crate::rundir::provenance::Repository;

/// A look at gem5's own ten thousand files takes a fraction of a second; on a cold network disk it takes longer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// 64 MiB: a line of a hundred bytes for each of half a million files.
const MAX_SAID: u64 = 64 << 20;

/// Files that git is asked about at once: their names must fit on a command line.
const AT_ONCE: usize = 200;

/// Files that are hashed at most. Who has changed the times of more will not wait for it at each launch.
const HASHED_MOST: usize = 20_000;

/// Submodules in submodules that are looked into.
const DEEPEST: u32 = 4;

/// What decides how git would change a content on its way into the repository (gitattributes(5)).
const ATTRIBUTES: [&str; 6] = ["filter", "ident", "working-tree-encoding", "text", "eol", "crlf"];

/// Said to git each time: it starts none of what these name (git-config(1)).
const SETTINGS: [&str; 5] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "submodule.recurse=false",
    "protocol.allow=never",
];

/// The mode of a submodule, and of a file that is no link, in an index.
const SUBMODULE: &str = "160000";
const FILE: &str = "100";

/// The repository that holds `directory`. None when there is none, or no git, or no answer.
pub(crate) fn repository(directory: &Path) -> Option<Repository> {
    let git = Git { program: Disk::new().find_on_path("git")?, directory: directory.to_owned(), index: None };
    let told = git.ask(&["rev-parse", "--show-toplevel", "HEAD"])?;
    let mut lines = told.lines();
    let (path, head) = (PathBuf::from(lines.next()?), lines.next()?.to_owned());
    let dirty = Git { directory: path.clone(), ..git }.is_dirty(0);
    Some(Repository { path, head, dirty })
}

/// How git is asked.
#[derive(Clone)]
struct Git {
    program: PathBuf,
    /// Where; to look at its state, the top of a repository.
    directory: PathBuf,
    /// What it takes for the index, instead of its own.
    index: Option<PathBuf>,
}

/// A file whose content must be looked at.
struct Suspect {
    path: String,
    /// The hash that the index has for it.
    hash: String,
}

impl Git {
    /// Whether a tracked file differs from `HEAD`. Looking for others in a build directory would take minutes. None where
    /// that cannot be told.
    fn is_dirty(&self, depth: u32) -> Option<bool> {
        let staged = self.run(&["diff-index", "--cached", "--quiet", "--ignore-submodules=dirty", "HEAD"])?;
        match staged.0 {
            End::Exited(0) => {}
            End::Exited(1) => return Some(true),
            _ => return None,
        }
        let index = self.directory.join(self.ask(&["rev-parse", "--git-path", "index"])?.trim_end());
        let written = fs::metadata(&index).ok()?.mtime();
        let place = scratch::directory().ok()?;
        let copy = place.path().join("index");
        fs::copy(&index, &copy).ok()?;
        File::options().write(true).open(&copy).and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH)).ok()?;
        let by_copy = Self { index: Some(copy), ..self.clone() };
        let changed = by_copy.ask(&["diff-files", "--raw", "-z", "--ignore-submodules=dirty"])?;
        let mut suspects = match suspects(&changed)? {
            Changes::Certain => return Some(true),
            Changes::Suspected(suspects) => suspects,
        };
        let mut submodules = Vec::new();
        for (mode, hash, path) in entries(&by_copy.ask(&["ls-files", "--stage", "-z"])?)? {
            let full = self.directory.join(path);
            if mode == SUBMODULE {
                submodules.extend(full.join(".git").exists().then_some(full));
            } else if mode.starts_with(FILE) && full.symlink_metadata().is_ok_and(|meta| meta.mtime() >= written) {
                suspects.push(Suspect { path: path.to_owned(), hash: hash.to_owned() });
            }
        }
        let own = self.differ(&suspects);
        if own == Some(true) || (submodules.is_empty() && own.is_some()) {
            return own;
        }
        let mut all = own;
        for directory in submodules {
            let below = Self { directory, ..self.clone() };
            match if depth < DEEPEST { below.is_dirty(depth + 1) } else { None } {
                Some(true) => return Some(true),
                Some(false) => {}
                None => all = None,
            }
        }
        all
    }

    /// Whether the content of any of these files is another one than the index has.
    fn differ(&self, suspects: &[Suspect]) -> Option<bool> {
        if suspects.len() > HASHED_MOST {
            return None;
        }
        let mut all = Some(false);
        if suspects.is_empty() {
            return all;
        }
        let settings = Settings {
            // Not set is an error to git.
            newlines: self.run(&["config", "--get", "core.autocrlf"])?.1.trim().to_owned(),
            filters: self.run(&["config", "-z", "--name-only", "--get-regexp", "^filter\\."])?.1,
        };
        for some in suspects.chunks(AT_ONCE) {
            let paths = some.iter().map(|suspect| suspect.path.as_str());
            let attributes: Vec<&str> =
                ["check-attr", "-z"].into_iter().chain(ATTRIBUTES).chain(["--"]).chain(paths.clone()).collect();
            let attributes = self.ask(&attributes)?;
            let words: Vec<&str> = ["hash-object", "--no-filters", "--"].into_iter().chain(paths).collect();
            let hashes = self.ask(&words)?;
            if hashes.lines().count() != some.len() {
                return None;
            }
            for (suspect, hash) in some.iter().zip(hashes.lines()) {
                match self.conversion(&attributes, suspect, &settings) {
                    Conversion::Unknown => all = None,
                    Conversion::None if suspect.hash != hash => return Some(true),
                    Conversion::None => {}
                }
            }
        }
        all
    }

    /// What git would do to the content of a file. Newlines are only converted where there is a carriage return.
    fn conversion(&self, attributes: &str, suspect: &Suspect, settings: &Settings) -> Conversion {
        let fields: Vec<&str> = attributes.split_terminator('\0').collect();
        let of_file = fields.chunks_exact(3).filter(|field| field[0] == suspect.path);
        let set: Vec<(&str, &str)> = of_file
            .map(|field| (field[1], field[2]))
            .filter(|(attribute, value)| match *attribute {
                // One that is configured nowhere changes nothing.
                "filter" => settings.has_filter(value),
                _ => !matches!(*value, "unspecified" | "unset"),
            })
            .collect();
        if set.iter().any(|(attribute, _)| matches!(*attribute, "filter" | "ident" | "working-tree-encoding")) {
            return Conversion::Unknown;
        }
        let may_have_returns = !set.is_empty() || !matches!(settings.newlines.as_str(), "" | "false");
        let has_returns = || fs::read(self.directory.join(&suspect.path)).map_or(true, |bytes| bytes.contains(&b'\r'));
        if may_have_returns && has_returns() { Conversion::Unknown } else { Conversion::None }
    }

    /// What git says, if it ends well.
    fn ask(&self, words: &[&str]) -> Option<String> {
        let (end, said) = self.run(words)?;
        (end == End::Exited(0)).then_some(said)
    }

    fn run(&self, words: &[&str]) -> Option<(End, String)> {
        let text = |path: &Path| path.to_str().map(str::to_owned);
        let mut argv = vec![text(&self.program)?, "--no-pager".to_owned(), "-C".to_owned(), text(&self.directory)?];
        argv.extend(SETTINGS.iter().flat_map(|setting| ["-c", setting]).map(str::to_owned));
        argv.extend(words.iter().map(ToString::to_string));
        let place = scratch::directory().ok()?;
        let env = self.environment();
        let answer = ask_at_most(MAX_SAID, &argv, place.path(), &env, place.path(), ANSWERS_WITHIN).ok()?;
        Some((answer.end, answer.stdout))
    }

    /// Whatever a person has told git by its variables is not meant for us.
    fn environment(&self) -> BTreeMap<String, Option<String>> {
        let told = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let told = told.filter(|name| name.starts_with("GIT_")).map(|name| (name, None));
        let own = [
            // Somebody may be at work in the repository: nothing is locked or written for us.
            ("GIT_OPTIONAL_LOCKS", "0"),
            // An object that is missing is not fetched, by whatever the repository names for that.
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_ALLOW_PROTOCOL", "none"),
            ("GIT_TERMINAL_PROMPT", "0"),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), Some(value.to_owned())));
        let index = self.index.as_ref().and_then(|index| index.to_str());
        let index = index.map(|index| ("GIT_INDEX_FILE".to_owned(), Some(index.to_owned())));
        told.chain(own).chain(index).collect()
    }
}

/// What is configured of conversions.
struct Settings {
    /// `core.autocrlf`, empty where it is not set.
    newlines: String,
    /// The names of all settings of filters, each with a zero byte behind it.
    filters: String,
}

impl Settings {
    fn has_filter(&self, name: &str) -> bool {
        let of_filter =
            |setting: &str| setting.strip_prefix("filter.")?.rsplit_once('.').map(|(filter, _)| filter == name);
        self.filters.split_terminator('\0').any(|setting| of_filter(setting) == Some(true))
    }
}

/// What git would do to a content before it compares it.
enum Conversion {
    None,
    /// Only a program could tell, or it is not worth the trouble.
    Unknown,
}

/// What the times and modes of files say.
enum Changes {
    Certain,
    Suspected(Vec<Suspect>),
}

/// Reads `:MODE MODE HASH HASH STATUS NUL PATH NUL` (git-diff-files(1), "raw output format").
fn suspects(raw: &str) -> Option<Changes> {
    let mut suspects = Vec::new();
    let mut fields = raw.split_terminator('\0');
    while let Some(facts) = fields.next() {
        let path = fields.next()?;
        let facts: Vec<&str> = facts.strip_prefix(':')?.split(' ').collect();
        let [before, now, hash, _, status] = facts.as_slice() else { return None };
        // Only a content can be the same after all. Of a link it is told by its length, which is not worth the trouble.
        if *status != "M" || before != now || !before.starts_with(FILE) {
            return Some(Changes::Certain).filter(|_| !before.starts_with("120"));
        }
        suspects.push(Suspect { path: path.to_owned(), hash: (*hash).to_owned() });
    }
    Some(Changes::Suspected(suspects))
}

/// Reads `MODE HASH STAGE TAB PATH NUL` (git-ls-files(1)): mode, hash and path.
fn entries(listing: &str) -> Option<Vec<(&str, &str, &str)>> {
    fn entry(line: &str) -> Option<(&str, &str, &str)> {
        let (facts, path) = line.split_once('\t')?;
        let (mode, rest) = facts.split_once(' ')?;
        Some((mode, rest.split_once(' ')?.0, path))
    }
    listing.split_terminator('\0').map(entry).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        /// A repository with a file that a filter is for and two that none is for; none where there is no git.
        fn new() -> Option<Self> {
            Disk::new().find_on_path("git")?;
            let place = Self(tempfile::tempdir().unwrap());
            place.git(&["init", "-q"]);
            for (name, text) in
                [("a.txt", "one\n"), ("b.txt", "two\n"), ("c.dat", "data\n"), (".gitattributes", "*.dat filter=f\n")]
            {
                place.write(name, text);
            }
            place.git(&["add", "."]);
            place.git(&["commit", "-q", "-m", "x"]);
            Some(place)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn write(&self, name: &str, text: &str) {
            fs::write(self.path(name), text).unwrap();
        }

        fn git(&self, words: &[&str]) {
            let who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"];
            let mut command = Command::new("git");
            command.current_dir(self.0.path()).args(who).args(words);
            assert!(command.output().unwrap().status.success(), "{words:?}");
        }

        /// Gives a file another time than the index knows.
        fn touch(&self, name: &str) {
            let file = File::options().append(true).open(self.path(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_hours(24)).unwrap();
        }

        fn dirty(&self) -> Option<bool> {
            repository(self.0.path()).unwrap().dirty
        }
    }

    #[test]
    fn only_a_content_that_differs_makes_a_repository_dirty() {
        let Some(place) = Place::new() else { return };
        place.touch("a.txt");
        assert_eq!(place.dirty(), Some(false));
        // Of the same size, and within the second in which the index was written.
        place.write("a.txt", "eno\n");
        assert_eq!(place.dirty(), Some(true));
        place.write("a.txt", "one\n");
        place.write("untracked", "");
        assert_eq!(place.dirty(), Some(false));
        fs::set_permissions(place.path("b.txt"), fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(place.dirty(), Some(true));
        place.git(&["add", "b.txt"]);
        assert_eq!(place.dirty(), Some(true), "what is staged is not in HEAD");
        place.git(&["commit", "-q", "-m", "y"]);
        assert_eq!(place.dirty(), Some(false));
        fs::remove_file(place.path("b.txt")).unwrap();
        assert_eq!(place.dirty(), Some(true));
    }

    #[test]
    fn what_only_a_program_could_tell_is_unknown() {
        let Some(place) = Place::new() else { return };
        place.git(&["config", "core.autocrlf", "input"]);
        place.touch("a.txt");
        place.touch("c.dat");
        assert_eq!(place.dirty(), Some(false));
        place.write("a.txt", "one\r\n");
        assert_eq!(place.dirty(), None);
        place.write("a.txt", "one\n");
        place.git(&["config", "filter.f.clean", "false"]);
        assert_eq!(place.dirty(), None);
        place.write("b.txt", "other\n");
        assert_eq!(place.dirty(), Some(true), "one that is certain is enough");
    }

    #[test]
    fn a_submodule_is_looked_into_like_any_repository() {
        let (Some(place), Some(below)) = (Place::new(), Place::new()) else { return };
        place.git(&["submodule", "-q", "add", below.0.path().to_str().unwrap(), "sub"]);
        place.git(&["commit", "-q", "-m", "y"]);
        // The files in it that a filter is for are as young as its index.
        place.git(&["-C", "sub", "rm", "-q", "c.dat"]);
        place.git(&["-C", "sub", "commit", "-q", "-m", "z"]);
        assert_eq!(place.dirty(), Some(true), "another commit than the one that is recorded");
        place.git(&["add", "sub"]);
        place.git(&["commit", "-q", "-m", "z"]);
        place.git(&["config", "filter.f.clean", "false"]);
        place.touch("c.dat");
        assert_eq!(place.dirty(), None);
        place.write("sub/a.txt", "other\n");
        assert_eq!(place.dirty(), Some(true));
    }
}
