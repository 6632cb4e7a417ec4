//! How many lines of a log match, and which of them a line is.
//!
//! The count goes on in steps while nothing else is to be read. Where each step began is noted with the count so far, so that the place
//! of a line among those that match takes one step, however large the file is.

use std::io;

use crate::rundir::LogFile;
use crate::tui::reading::{TallyReading, TallyWant};

/// Bytes that are looked at in one step: a few milliseconds.
const STEP: u64 = 8 << 20;

/// So many notes at most; where there are more, each second one is dropped.
const MAX_NOTES: usize = 4 << 10;

/// How much there is before a line start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Note {
    /// The line start.
    pub(super) from: u64,
    /// Lines that match before it.
    pub(super) lines: u64,
    /// Newlines before it.
    pub(super) newlines: u64,
}

pub(super) struct Tally {
    want: TallyWant,
    /// Where the next step begins: a line start.
    from: u64,
    /// How far the file has been looked at. Behind `from` there is then a line that may still grow.
    seen: u64,
    /// Lines that match before `from`.
    lines: u64,
    /// Of the line behind `from`.
    last: u64,
    /// Newlines before `from`.
    newlines: u64,
    notes: Vec<Note>,
    place: Option<(u64, u64)>,
    told: Option<TallyReading>,
}

impl Tally {
    pub(super) fn new(want: TallyWant) -> Self {
        Self { want, from: 0, seen: 0, lines: 0, last: 0, newlines: 0, notes: Vec::new(), place: None, told: None }
    }

    pub(super) fn id(&self) -> u64 {
        self.want.id
    }

    pub(super) fn want(&mut self, want: &TallyWant) {
        self.want.at = want.at;
    }

    /// The file is another one: what was counted means nothing.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.want.clone());
    }

    /// Whether there is more to count or to find.
    pub(super) fn has_more(&self, file: &LogFile) -> bool {
        self.seen < file.len() || self.is_place_open()
    }

    fn is_place_open(&self) -> bool {
        self.want.at.is_some_and(|at| at < self.seen && self.place.is_none_or(|(line, _)| line != at))
    }

    /// Looks a little further. The place of a line goes before the count.
    pub(super) fn step(&mut self, file: &mut LogFile) -> io::Result<()> {
        if self.is_place_open()
            && let Some(at) = self.want.at
        {
            self.place = Some((at, self.before(file, at)?));
            return Ok(());
        }
        let Some(step) = file.matches(&self.want.pattern, self.from, STEP)? else {
            self.seen = file.len();
            return Ok(());
        };
        if self.notes.len() >= MAX_NOTES {
            let mut at = 0;
            self.notes.retain(|_| {
                at += 1;
                at % 2 == 1
            });
        }
        self.notes.push(self.here());
        self.seen = step.next_offset;
        // The last line may still grow, and is looked at again when it does.
        let whole = if self.seen == file.len() { file.line_start_at_end()? } else { self.seen };
        self.last = step.lines.iter().filter(|found| found.line >= whole).count() as u64;
        self.lines += step.lines.len() as u64 - self.last;
        self.newlines += step.newlines;
        self.from = whole;
        Ok(())
    }

    fn here(&self) -> Note {
        Note { from: self.from, lines: self.lines, newlines: self.newlines }
    }

    /// The notes from the start of the file to where it has been counted.
    pub(super) fn notes(&self) -> impl Iterator<Item = Note> + '_ {
        self.notes.iter().copied().chain([self.here()])
    }

    /// How many lines match before a line.
    fn before(&self, file: &mut LogFile, line: u64) -> io::Result<u64> {
        let note = self.notes.partition_point(|note| note.from <= line).checked_sub(1);
        let note = note.and_then(|at| self.notes.get(at));
        let (mut from, mut before) = note.map_or((0, 0), |note| (note.from, note.lines));
        while from < line {
            let Some(step) = file.matches(&self.want.pattern, from, line - from)? else { break };
            before += step.lines.iter().filter(|found| found.line < line).count() as u64;
            from = step.next_offset;
        }
        Ok(before)
    }

    /// What is known, if it is news.
    pub(super) fn news(&mut self, file: &LogFile) -> Option<TallyReading> {
        let place = self.place.filter(|(line, _)| Some(*line) == self.want.at);
        let is_all = self.seen >= file.len();
        let now = TallyReading { id: self.want.id, lines: self.lines + self.last, is_all, place };
        (self.told.replace(now) != Some(now)).then_some(now)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;
    use crate::rundir::LinePattern;

    #[test]
    fn lines_are_counted_as_the_file_grows_and_each_has_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let text: String = (0..1000).map(|n| if n % 10 == 3 { "hit\n" } else { "other\n" }).collect();
        fs::write(&path, format!("{text}hi")).unwrap();
        let mut file = LogFile::open(&path).unwrap();
        let pattern = LinePattern::new("hit", false, LinePattern::USUAL_SIZE).unwrap();
        let at = text.match_indices("hit").nth(42).map(|(at, _)| at as u64);
        let mut tally = Tally::new(TallyWant { id: 1, pattern, at });
        let mut count = |file: &mut LogFile| {
            while tally.has_more(file) {
                tally.step(file).unwrap();
            }
            tally.news(file)
        };
        let told = count(&mut file).unwrap();
        assert_eq!((told.lines, told.is_all, told.place), (100, true, Some((at.unwrap(), 42))));
        assert_eq!(count(&mut file), None, "what is known is told once");
        // The last line was no match yet, and is one line when it is.
        for (more, lines) in [("t", 101), (" and more\nhit\n", 102)] {
            fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(more.as_bytes()).unwrap();
            file.refresh().unwrap();
            assert_eq!(count(&mut file).unwrap().lines, lines);
        }
    }
}
