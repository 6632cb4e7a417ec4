//! What a mistyped file or verb was most likely meant to be.

use std::ffi::OsStr;
use std::path::Path;

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::text::nearest;

/// Endings of what may be named as an experiment.
const EXPERIMENTS: [&str; 3] = ["yaml", "yml", "py"];
/// Files of a directory that are compared at most.
const MOST_FILES: usize = 1000;

/// The verbs that people type.
pub(super) fn verbs() -> Vec<String> {
    let cli = Cli::command();
    let shown = cli.get_subcommands().filter(|verb| !verb.is_hide_set());
    shown.map(|verb| verb.get_name().to_owned()).collect()
}

/// Whether it is typed as a verb is: a word without a dot or a slash.
pub(super) fn is_word(named: &Path) -> bool {
    named.components().count() == 1 && named.extension().is_none()
}

/// What was meant by `named`, which is neither a file nor a verb: a file beside it, or a verb.
pub(super) fn meant(named: &Path) -> Option<String> {
    let verb = || {
        let (word, verbs) = (named.to_str()?, verbs());
        nearest(word, verbs.iter().map(String::as_str)).map(str::to_owned)
    };
    is_word(named).then(verb).flatten().or_else(|| file(named))
}

/// An experiment beside it: of the same name with another ending, or of nearly the same name.
fn file(named: &Path) -> Option<String> {
    let folder = named.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).ok()?.flatten().take(MOST_FILES);
    let files: Vec<String> = entries
        .map(|entry| entry.file_name())
        .filter(|name| is_experiment(Path::new(name)))
        .filter_map(|name| name.into_string().ok())
        .collect();
    let same = files.iter().filter(|file| Path::new(file).file_stem() == named.file_stem());
    let same = same.min_by_key(|file| EXPERIMENTS.iter().position(|ending| file.ends_with(ending)));
    let near = || nearest(named.file_name()?.to_str()?, files.iter().map(String::as_str)).map(str::to_owned);
    let found = same.cloned().or_else(near)?;
    Some(named.with_file_name(found).to_string_lossy().into_owned())
}

fn is_experiment(name: &Path) -> bool {
    name.extension().and_then(OsStr::to_str).is_some_and(|ending| EXPERIMENTS.contains(&ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_verb_or_file_is_told() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["l2.yaml", "l2.yml~", "sweep.py", "notes.txt"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let beside = |name: &str| {
            let found = meant(&dir.path().join(name))?;
            Path::new(&found).strip_prefix(dir.path()).unwrap().to_str().map(str::to_owned)
        };
        assert_eq!(beside("l2.yml").as_deref(), Some("l2.yaml"));
        assert_eq!(beside("l2").as_deref(), Some("l2.yaml"));
        assert_eq!(beside("swep.py").as_deref(), Some("sweep.py"));
        assert_eq!((beside("notes.md"), beside("other.yaml")), (None, None));
        assert_eq!(meant(Path::new("cancle")).as_deref(), Some("cancel"));
        assert_eq!(meant(Path::new("zzzzzzzz")), None);
    }
}
