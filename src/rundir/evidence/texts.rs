//! Every text that an attempt has written and that a person may want to read or to search.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::{consoles, named_logs, other_logs_of};
use crate::rundir::Outputs;

/// Its streams, the consoles of the simulated system and its other logs, in this order, without those that hold nothing. A file
/// that is there under two names, as with both streams in one, comes once.
pub fn texts(outputs: &Outputs) -> Vec<PathBuf> {
    let attempt = outputs.attempt();
    let mut paths = vec![attempt.simout(), attempt.simerr()];
    paths.extend(consoles(outputs.dir()).into_iter().map(|name| outputs.dir().join(name)));
    paths.extend(other_logs_of(attempt));
    with_content(paths)
}

/// The files that any of the globs names instead, by their path below the output directory or by their name beside it.
pub fn named_texts(outputs: &Outputs, globs: &[String]) -> Vec<PathBuf> {
    with_content(named_logs(outputs.dir(), Some(outputs.attempt().path()), globs, &[]).files)
}

fn with_content(paths: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut seen = HashSet::new();
    let mut is_new = |path: &PathBuf| {
        let meta = fs::metadata(path).ok().filter(|meta| meta.is_file() && meta.len() > 0);
        meta.is_some_and(|meta| seen.insert((meta.dev(), meta.ino())))
    };
    paths.into_iter().filter(|path| is_new(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::AttemptDir;

    #[test]
    fn each_text_comes_once_and_empty_ones_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let attempt = AttemptDir::new(dir.path());
        let m5out = attempt.m5out();
        fs::create_dir_all(&m5out).unwrap();
        fs::write(attempt.simout(), "out\n").unwrap();
        fs::hard_link(attempt.simout(), attempt.simerr()).unwrap();
        fs::write(m5out.join("system.terminal"), "boot\n").unwrap();
        fs::write(m5out.join("board.terminal"), "").unwrap();
        fs::write(m5out.join("config.ini"), "[root]\n").unwrap();
        let outputs = Outputs::unknown(&attempt);
        assert_eq!(texts(&outputs), [attempt.simout(), m5out.join("system.terminal")]);
        assert_eq!(named_texts(&outputs, &["config.ini".to_owned()]), [m5out.join("config.ini")]);
    }
}
