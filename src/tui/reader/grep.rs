//! Searching the logs of all simulations, in a thread that ends with its search.
//!
//! It is a thread of its own, so that a search through a sweep of ten thousand delays no log and no key. A search that nobody wants
//! any more ends at its next step.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender as Readings;

use super::{Closed, send};
use crate::rundir::{AttemptDir, LinePattern, LogFile, attempts, evidence};
use crate::text::{Safe, width};
use crate::tui::reading::{GrepHit, GrepReading, GrepTarget, GrepWant, Reading};

/// Bytes that are searched before it is looked whether the search is still wanted.
const STEP: u64 = 16 << 20;
/// Answers are this far apart, so that a sweep of many makes no storm of them.
const ANSWERS: Duration = Duration::from_millis(150);
/// Columns of a line that are kept: as many as a wide screen shows.
const SHOWN: usize = 240;

/// No search has this number.
const NONE: u64 = 0;

/// Starts searches and ends them.
#[derive(Debug)]
pub(super) struct GrepReader {
    readings: Readings<Reading>,
    wanted: Arc<AtomicU64>,
}

impl GrepReader {
    pub(super) fn new(readings: Readings<Reading>) -> Self {
        Self { readings, wanted: Arc::default() }
    }

    /// Says which search is wanted from now on.
    pub(super) fn want(&self, want: Option<GrepWant>) {
        let id = want.as_ref().map_or(NONE, |want| want.id);
        if self.wanted.swap(id, Ordering::Relaxed) == id {
            return;
        }
        let Some(want) = want else { return };
        let work = Search { readings: self.readings.clone(), wanted: Arc::clone(&self.wanted), id };
        let spawned = std::thread::Builder::new().name("log-search".to_owned()).spawn(move || {
            // The dashboard is gone, or wants something else: nobody waits for an answer.
            _ = work.run(&want);
        });
        if let Err(error) = spawned {
            let text = Safe::line(&format!("could not start a thread for the search: {error}"));
            let over = GrepReading { id, hits: Vec::new(), searched: 0, unread: 0, is_over: true };
            // There is room for an answer to a wish, and without one nothing waits for ever.
            _ = self.readings.try_send(Reading::Kept { text, bad: true });
            _ = self.readings.try_send(Reading::Grep(over));
        }
    }
}

impl Drop for GrepReader {
    fn drop(&mut self) {
        self.wanted.store(NONE, Ordering::Relaxed);
    }
}

struct Search {
    readings: Readings<Reading>,
    wanted: Arc<AtomicU64>,
    id: u64,
}

impl Search {
    fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed) == self.id
    }

    fn run(&self, want: &GrepWant) -> Result<(), Closed> {
        let mut answered = Instant::now();
        let mut answer = GrepReading { id: self.id, hits: Vec::new(), searched: 0, unread: 0, is_over: false };
        for (at, target) in want.targets.iter().enumerate() {
            let found = self.simulation(target, &want.pattern, &mut answer.unread);
            if !self.is_wanted() {
                return Err(Closed);
            }
            answer.hits.extend(found);
            answer.searched = at + 1;
            if answered.elapsed() >= ANSWERS {
                answered = Instant::now();
                let next = GrepReading { hits: Vec::new(), unread: 0, ..answer };
                send(&self.readings, Reading::Grep(std::mem::replace(&mut answer, next)))?;
            }
        }
        answer.is_over = true;
        send(&self.readings, Reading::Grep(answer))
    }

    fn simulation(&self, target: &GrepTarget, pattern: &LinePattern, unread: &mut usize) -> Option<GrepHit> {
        let dir = AttemptDir::new(&target.attempt);
        let mut hit: Option<GrepHit> = None;
        for path in evidence::texts(&attempts::outputs(&dir)) {
            if let Err(_unreadable) = self.file(target, &path, pattern, &mut hit) {
                *unread += 1;
            }
            if !self.is_wanted() {
                break;
            }
        }
        hit
    }

    fn file(
        &self,
        target: &GrepTarget,
        path: &Path,
        pattern: &LinePattern,
        hit: &mut Option<GrepHit>,
    ) -> io::Result<()> {
        let mut log = LogFile::open(path)?;
        let (mut from, mut newlines) = (0, 0);
        while let Some(step) = log.matches(pattern, from, STEP)? {
            match (&mut *hit, step.lines.first()) {
                (Some(hit), _) => hit.lines += step.lines.len() as u64,
                (None, Some(first)) => {
                    let text = log.excerpt(*first)?.text();
                    *hit = Some(GrepHit {
                        name: target.name.clone(),
                        attempt: target.attempt.clone(),
                        lines: step.lines.len() as u64,
                        file: path.strip_prefix(&target.attempt).unwrap_or(path).to_owned(),
                        offset: first.line,
                        number: newlines + first.newlines + 1,
                        text: Safe::line(&width::truncate(text.trim_start(), SHOWN)),
                    });
                }
                (None, None) => {}
            }
            if !self.is_wanted() {
                break;
            }
            newlines += step.newlines;
            from = step.next_offset;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tokio::sync::mpsc;

    use super::*;

    fn searched(pattern: &str, logs: &[(&str, &str)]) -> GrepReading {
        let dir = tempfile::tempdir().unwrap();
        let target = |(name, text): &(&str, &str)| {
            let attempt = AttemptDir::new(dir.path().join(name));
            fs::create_dir_all(attempt.m5out()).unwrap();
            fs::write(attempt.simout(), text).unwrap();
            GrepTarget { name: (*name).to_owned(), attempt: attempt.path().to_owned() }
        };
        let targets = Arc::new(logs.iter().map(target).collect());
        let pattern = LinePattern::new(pattern, false, LinePattern::USUAL_SIZE).unwrap();
        let (sender, mut readings) = mpsc::channel(64);
        let reader = GrepReader::new(sender);
        reader.want(Some(GrepWant { id: 7, pattern, targets }));
        let mut all = GrepReading { id: 7, hits: Vec::new(), searched: 0, unread: 0, is_over: false };
        while !all.is_over {
            let Some(Reading::Grep(next)) = readings.blocking_recv() else { panic!("no answer") };
            all.hits.extend(next.hits);
            (all.searched, all.is_over) = (next.searched, next.is_over);
        }
        all
    }

    #[test]
    fn each_simulation_with_a_match_comes_with_its_count_and_its_first_line() {
        let logs = [("a", "one\nwarn: x\nwarn: y\n"), ("b", "nothing\n"), ("c", "  warn: z\n")];
        let found = searched("warn", &logs);
        let told: Vec<_> =
            found.hits.iter().map(|hit| (hit.name.as_str(), hit.lines, hit.number, hit.text.as_str())).collect();
        assert_eq!(told, [("a", 2, 2, "warn: x"), ("c", 1, 1, "warn: z")]);
        assert_eq!((found.hits[0].file.as_path(), found.hits[0].offset), (Path::new("m5out/simout.txt"), 4));
        assert_eq!(found.searched, 3);
    }
}
