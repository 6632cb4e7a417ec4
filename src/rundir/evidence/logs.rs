//! Standard output and standard error of a process that has ended.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use regex::bytes::RegexBuilder;

use crate::gem5::log::{LogFacts, LogScanner, OwnForm};
use crate::gem5::outcome::LogSearch;
use crate::rundir::follow::open_regular;
use crate::rundir::named::as_named;
use crate::rundir::{Found, LogFile};

/// How much of the beginning and of the end of a log is read for facts. The banner is at the beginning, the reason
/// of the end at the end; gigabytes of trace may be in between.
const LOG_EDGE: u64 = 1 << 20;

/// 64 KiB: so much of the end of a log is looked at for the line that tells why a step failed.
const LAST_WORDS: u64 = 64 << 10;

/// How much of a log is searched for a line that a user asked for, from the front and as much again from the end. It takes
/// about a second.
const SEARCH_EDGE: u64 = 256 << 20;

/// A user's pattern may not take more memory than this, compiled.
const MAX_PATTERN: usize = 1 << 20;

/// The facts of both logs, with an exit line of this form where somebody has taught one, and whether they were read from end to end. A log that cannot be read tells nothing.
pub fn log_facts(stdout: Option<&Path>, stderr: Option<&Path>, own_form: Option<&str>) -> (LogFacts, bool) {
    // It was looked at when the experiment was read; one that cannot be used tells nothing.
    let own_form = own_form.and_then(OwnForm::new);
    let scan = |path: Option<&Path>, scanner: LogScanner| {
        let mut scanner = scanner.with_form(own_form.clone());
        let is_whole = path.is_none_or(|path| feed(&mut scanner, path, LOG_EDGE).unwrap_or(true));
        scanner.finish();
        (scanner, is_whole)
    };
    let (out, out_whole) = scan(stdout, LogScanner::new());
    // The banner, which tells what a runner puts before every line, is in the other.
    let (err, err_whole) = scan(stderr, LogScanner::new().with_prefix(out.prefix().clone()));
    let (out, err) = (out.facts().clone(), err.facts());
    // A stream of which gem5 wrote nothing has gone into the other, whatever else is in its file.
    let in_one_file = !out.has_words_of_gem5() || !err.has_words_of_gem5();
    (out.merged(err, in_one_file), out_whole && err_whole)
}

/// Feeds both ends of a file. `true` if that was all of it.
fn feed(scanner: &mut LogScanner, path: &Path, edge: u64) -> io::Result<bool> {
    let mut file = open_regular(path)?;
    let length = file.metadata()?.len();
    let mut chunk = Vec::new();
    (&mut file).take(edge).read_to_end(&mut chunk)?;
    scanner.feed(&chunk);
    let behind = length.saturating_sub(edge).max(edge);
    if length > edge {
        file.seek(SeekFrom::Start(behind))?;
        chunk.clear();
        file.take(edge).read_to_end(&mut chunk)?;
        if behind > edge {
            // What is fed next does not continue the line that the first part ended in.
            scanner.feed(b"\n");
        }
        scanner.feed(&chunk);
    }
    Ok(behind <= edge)
}

/// The end of a log; nothing if it cannot be read.
pub(super) fn end_of(path: &Path) -> Vec<u8> {
    let read = || {
        let mut file = open_regular(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LAST_WORDS)))?;
        let mut bytes = Vec::new();
        file.take(LAST_WORDS).read_to_end(&mut bytes).map(|_| bytes)
    };
    read().unwrap_or_else(|_: io::Error| Vec::new())
}

/// Looks for a line that matches the regular expression `pattern` in any of the logs.
pub fn search(pattern: &str, logs: &[&Path]) -> LogSearch {
    search_edges(pattern, logs, SEARCH_EDGE)
}

fn search_edges(pattern: &str, logs: &[&Path], edge: u64) -> LogSearch {
    let pattern = match RegexBuilder::new(pattern).size_limit(MAX_PATTERN).build() {
        Ok(pattern) => pattern,
        Err(error) => return LogSearch::Failed(error.to_string()),
    };
    let mut searched = None;
    for path in logs {
        let found = LogFile::open(path).and_then(|mut log| {
            if let Found::Found { .. } = log.find(&pattern, 0, true, edge)? {
                return Ok(true);
            }
            if log.len() <= edge {
                return Ok(false);
            }
            if log.len() > 2 * edge {
                searched = Some(format!("the first and the last {} of a log", crate::text::human::bytes(edge)));
            }
            let length = log.len();
            Ok(matches!(log.find(&pattern, length, false, edge)?, Found::Found { .. }))
        });
        match found {
            Ok(true) => return LogSearch::Found,
            Ok(false) => {}
            Err(error) => return LogSearch::Failed(format!("could not read {}: {error}", as_named(path).display())),
        }
    }
    LogSearch::Absent { searched }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn both_ends_of_a_large_log_tell_their_facts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("simout.txt");
        let text = format!("gem5 version 24.0.0.1\n{}Exiting @ tick 5 because x\n", "warn: x\n".repeat(1000));
        fs::write(&path, &text).unwrap();
        for (edge, whole) in [(30, false), (100, false), (5000, true), (1 << 20, true)] {
            let mut scanner = LogScanner::new();
            assert_eq!(feed(&mut scanner, &path, edge).unwrap(), whole, "{edge}");
            assert_eq!(scanner.facts().version.as_deref(), Some("24.0.0.1"));
            assert_eq!(scanner.facts().exit.as_ref().and_then(|exit| exit.tick), Some(5));
            if whole {
                assert_eq!(scanner.facts().warnings, 1000, "no line is cut or read twice");
            }
        }
    }

    #[test]
    fn a_search_says_what_it_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("simout.txt");
        fs::write(&path, format!("{}needle\n{}PASSED 3\n", "a\n".repeat(500), "b\n".repeat(500))).unwrap();
        let search = |pattern, edge| search_edges(pattern, &[&path], edge);
        assert_eq!(search("^PASSED [0-9]+$", 100), LogSearch::Found);
        assert_eq!(search("needle", 4096), LogSearch::Found);
        let LogSearch::Absent { searched: Some(part) } = search("needle", 100) else { panic!("it is in the middle") };
        assert!(part.contains("first and the last"), "{part}");
        assert_eq!(search("absent", 4096), LogSearch::Absent { searched: None });
        assert!(matches!(search("(", 100), LogSearch::Failed(_)));
        let absent = dir.path().join("absent");
        assert_eq!(search_edges("x", &[&absent], 100), LogSearch::Absent { searched: None });
    }
}
