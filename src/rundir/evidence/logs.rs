//! Standard output and standard error of a process that has ended.

use std::borrow::Cow;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::gem5::log::{LogFacts, LogScanner, OwnForm};
use crate::gem5::outcome::LogSearch;
use crate::rundir::follow::{open_regular, open_with_facts, read_of};
use crate::rundir::named::as_named;
use crate::rundir::{Found, LinePattern, LogFile};

/// How much of the beginning and of the end of a log is read for facts. The banner is at the beginning, the reason
/// of the end at the end; gigabytes of trace may be in between.
const LOG_EDGE: u64 = 1 << 20;

/// 64 KiB: gem5 says what it runs before it runs it.
const BEGINNING: u64 = 64 << 10;

/// 64 KiB: so much of the end of a log is looked at for the line that tells why a step failed.
const LAST_WORDS: u64 = 64 << 10;

/// How much of a log is searched for a line that a user asked for, from the front and as much again from the end. It takes
/// about a second.
const SEARCH_EDGE: u64 = 256 << 20;

/// 64 KiB: a log up to this size is read once, for all who look at it. Of a longer one each reads what it needs.
pub(super) const SMALL: u64 = 64 << 10;

/// A user's pattern may not take more memory than this, compiled: more than the experiment file may have, since it is compiled for
/// lines.
const MAX_PATTERN: usize = 2 << 20;

/// A log of a process that has ended.
#[derive(Debug)]
pub(super) struct Log<'p> {
    pub(super) path: &'p Path,
    /// All of it, if it is small.
    whole: Option<Vec<u8>>,
}

impl<'p> Log<'p> {
    /// One of which nothing has been read yet.
    pub(super) fn at(path: &'p Path) -> Self {
        Self { path, whole: None }
    }

    /// The same, read if it is small.
    pub(super) fn read(path: &'p Path) -> Self {
        let whole = || {
            let (file, facts) = open_with_facts(path).ok().filter(|(_, facts)| facts.len() <= SMALL)?;
            read_of(&file, facts.len(), SMALL + 1).ok()
        };
        // It may have grown while it was read.
        Self { path, whole: whole().filter(|text| text.len() as u64 <= SMALL) }
    }

    /// All of it, if that was read.
    pub(super) fn whole(&self) -> Option<&[u8]> {
        self.whole.as_deref()
    }

    /// The last `most` bytes.
    pub(super) fn tail(&self, most: u64) -> io::Result<Cow<'_, [u8]>> {
        if let Some(text) = &self.whole {
            let from = text.len().saturating_sub(usize::try_from(most).unwrap_or(usize::MAX));
            return Ok(text.get(from..).unwrap_or_default().into());
        }
        let (mut file, facts) = open_with_facts(self.path)?;
        file.seek(SeekFrom::Start(facts.len().saturating_sub(most)))?;
        read_of(&file, facts.len().min(most), most).map(Cow::Owned)
    }
}

/// The facts of both logs, with an exit line of this form where somebody has taught one, and whether they were read from end
/// to end. A log that cannot be read tells nothing.
pub fn log_facts(stdout: Option<&Path>, stderr: Option<&Path>, own_form: Option<&str>) -> (LogFacts, bool) {
    facts_of(stdout.map(Log::at).as_ref(), stderr.map(Log::at).as_ref(), own_form)
}

/// Whether gem5 has told in either log what it runs, or how that went. It is asked again and again while a simulation writes, and
/// nearly always the beginning tells.
pub(super) fn tell_run(stdout: &Path, stderr: &Path) -> bool {
    let logs = [Log::at(stdout), Log::at(stderr)];
    let [stdout, stderr] = &logs;
    [BEGINNING, LOG_EDGE].into_iter().any(|edge| edges(Some(stdout), Some(stderr), None, edge).0.tells_run())
}

/// The same of logs that others read as well.
pub(super) fn facts_of(stdout: Option<&Log<'_>>, stderr: Option<&Log<'_>>, own_form: Option<&str>) -> (LogFacts, bool) {
    edges(stdout, stderr, own_form, LOG_EDGE)
}

/// The facts of so many bytes at both ends of each log.
fn edges(stdout: Option<&Log<'_>>, stderr: Option<&Log<'_>>, own_form: Option<&str>, edge: u64) -> (LogFacts, bool) {
    // It was looked at when the experiment was read; one that cannot be used tells nothing.
    let own_form = own_form.and_then(OwnForm::new);
    let scan = |log: Option<&Log<'_>>, scanner: LogScanner| {
        let mut scanner = scanner.with_form(own_form.clone());
        let is_whole = log.is_none_or(|log| match log.whole() {
            Some(text) => {
                scanner.feed(text);
                true
            }
            None => feed(&mut scanner, log.path, edge).unwrap_or(true),
        });
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
    Log::at(path).tail(LAST_WORDS).map(Cow::into_owned).unwrap_or_default()
}

/// Looks for a line that matches the regular expression `pattern` in any of the logs.
pub fn search(pattern: &str, logs: &[&Path]) -> LogSearch {
    search_edges(pattern, logs, SEARCH_EDGE)
}

fn search_edges(pattern: &str, logs: &[&Path], edge: u64) -> LogSearch {
    let pattern = match LinePattern::new(pattern, false, MAX_PATTERN) {
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
