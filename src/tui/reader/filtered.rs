//! The lines of a log that match, around the place that is shown.
//!
//! A part of the log around that place has been looked at, and the places of the lines in it that match are kept. The part grows in
//! steps, in turns towards both ends, until there are enough of them. How many match in all is counted by a [`Tally`], whose notes tell
//! later where a long stretch without any can be passed over.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use super::tally::{Note, Tally};
use crate::rundir::{LogFile, RawLine};
use crate::tui::reading::{FilterWant, TallyReading, TallyWant, Top};

/// Bytes that the first step looks at.
const FIRST_STEP: u64 = 256 << 10;
/// Bytes that a step looks at, at most.
const LARGEST_STEP: u64 = 16 << 20;
/// A step that takes less is followed by a larger one, and one that takes four times as long by a smaller one.
const STEP: Duration = Duration::from_millis(3);
/// An end that has run away by more is looked at from the end, not from what was seen last.
const RUN_AWAY: u64 = 32 << 20;

pub(super) struct Filtered {
    want: FilterWant,
    tally: Tally,
    part: Part,
    /// The line start at which the shown lines begin; none is the end of the file.
    top: Option<u64>,
    margin: usize,
    step: u64,
    /// Whether the next step goes towards the end of the file, where both ways are open.
    forward: bool,
    tail: Tail,
}

/// The part of the file that has been looked at.
#[derive(Debug, Default)]
struct Part {
    start: Edge,
    end: Edge,
    /// The lines in it that match, in order.
    lines: VecDeque<Edge>,
    /// A line start, from which newlines are counted, and the number of its line once that is known.
    origin: u64,
    number: Option<u64>,
}

/// A line start, and how many newlines there are between the part's origin and it.
#[derive(Debug, Default, Clone, Copy)]
struct Edge {
    at: u64,
    newlines: i64,
}

/// The last line as long as it is without its newline: it is looked at again when it grows.
#[derive(Debug, Default, Clone, Copy)]
struct Tail {
    /// Where it begins; the end of the file where there is none.
    at: u64,
    /// The length of the file when it was looked at.
    len: u64,
    matches: bool,
}

/// What is to be shown.
pub(super) struct Window {
    pub(super) lines: Vec<(RawLine, Option<u64>)>,
    pub(super) from_start: bool,
    pub(super) to_end: bool,
}

impl Filtered {
    pub(super) fn new(want: FilterWant) -> Self {
        let tally = Tally::new(TallyWant { id: want.id, pattern: want.pattern.clone(), at: None });
        Self {
            want,
            tally,
            part: Part::default(),
            top: Some(0),
            margin: 0,
            step: FIRST_STEP,
            forward: true,
            tail: Tail::default(),
        }
    }

    pub(super) fn id(&self) -> u64 {
        self.want.id
    }

    /// The file is another one: its old places mean nothing.
    pub(super) fn forget(&mut self) {
        *self = Self { margin: self.margin, ..Self::new(self.want.clone()) };
    }

    /// Says what is shown, and looks at a last line without its newline.
    pub(super) fn aim(&mut self, file: &mut LogFile, top: Top, margin: usize) -> io::Result<()> {
        self.margin = margin.max(1);
        if self.tail.len != file.len() {
            let at = file.line_start_at_end()?;
            let last = file.matches(&self.want.pattern, at, u64::MAX)?;
            self.tail = Tail { at, len: file.len(), matches: last.is_some_and(|step| !step.lines.is_empty()) };
        }
        self.top = match top {
            Top::End => None,
            Top::At { offset, .. } => Some(file.line_start(offset)?.min(self.tail.at)),
        };
        let is_far = match self.top {
            None => self.tail.at.saturating_sub(self.part.end.at) > RUN_AWAY,
            Some(at) => at < self.part.start.at || at > self.part.end.at,
        };
        if is_far {
            let origin = self.top.unwrap_or(self.tail.at);
            let edge = Edge { at: origin, newlines: 0 };
            self.part = Part { start: edge, end: edge, lines: VecDeque::new(), origin, number: None };
            self.step = FIRST_STEP;
        }
        Ok(())
    }

    /// How many of the lines that match are before and behind the top.
    fn around(&self) -> (usize, usize) {
        let before = match self.top {
            Some(top) => self.part.lines.partition_point(|line| line.at < top),
            None => self.part.lines.len(),
        };
        (before, self.part.lines.len() - before)
    }

    /// How many of them are wanted.
    fn wanted(&self) -> (usize, usize) {
        if self.top.is_some() { (self.margin, self.margin * 2) } else { (self.margin * 2, 0) }
    }

    /// Whether it goes on before the part, and behind it.
    fn open(&self) -> (bool, bool) {
        let ((before, behind), (want_before, want_behind)) = (self.around(), self.wanted());
        let is_short = self.top.is_none() || behind < want_behind;
        (before < want_before && self.part.start.at > 0, is_short && self.part.end.at < self.tail.at)
    }

    /// Whether there is more to look at for what is shown.
    pub(super) fn has_more(&self) -> bool {
        let (before, behind) = self.open();
        before || behind
    }

    /// How much of the file has been looked at, of one.
    pub(super) fn looked_at(&self) -> f64 {
        (self.part.end.at - self.part.start.at) as f64 / self.tail.len.max(1) as f64
    }

    /// Looks a little further.
    pub(super) fn step(&mut self, file: &mut LogFile) -> io::Result<()> {
        let begun = Instant::now();
        let forward = match self.open() {
            (false, false) => return Ok(()),
            (true, true) => self.forward,
            (_, forward) => forward,
        };
        self.forward = !forward;
        if forward {
            self.behind(file)?;
        } else {
            self.before(file)?;
        }
        self.shrink();
        match begun.elapsed() {
            took if took < STEP => self.step = (self.step * 2).min(LARGEST_STEP),
            took if took > STEP * 4 => self.step = (self.step / 2).max(FIRST_STEP),
            _ => {}
        }
        Ok(())
    }

    /// Looks at what is behind the part.
    fn behind(&mut self, file: &mut LogFile) -> io::Result<()> {
        let end = self.part.end;
        let notes: Vec<Note> = self.tally.notes().skip_while(|note| note.from < end.at).collect();
        if let Some(first) = notes.first().filter(|first| first.from == end.at)
            && let Some(last) = notes.iter().take_while(|note| note.lines == first.lines).last()
            && last.from > end.at
        {
            self.part.end =
                Edge { at: last.from, newlines: end.newlines + (last.newlines - first.newlines).cast_signed() };
            return Ok(());
        }
        // Where the next note is, there may be a stretch to pass over.
        let next = notes.iter().map(|note| note.from).find(|from| *from > end.at).unwrap_or(u64::MAX);
        let budget = self.step.min(next.min(self.tail.at) - end.at);
        let Some(step) = file.matches(&self.want.pattern, end.at, budget)? else {
            // It shrank; the next look will tell.
            self.part.end.at = self.tail.at;
            return Ok(());
        };
        let edge = |at: u64, newlines: u64| Edge { at, newlines: end.newlines + newlines.cast_signed() };
        self.part.lines.extend(step.lines.iter().map(|found| edge(found.line, found.newlines)));
        self.part.end = edge(step.next_offset, step.newlines);
        Ok(())
    }

    /// Looks at what is before the part.
    fn before(&mut self, file: &mut LogFile) -> io::Result<()> {
        let start = self.part.start;
        let notes: Vec<Note> = self.tally.notes().take_while(|note| note.from <= start.at).collect();
        if let Some(last) = notes.last().filter(|last| last.from == start.at)
            && let Some(first) = notes.iter().rev().take_while(|note| note.lines == last.lines).last()
            && first.from < start.at
        {
            self.part.start =
                Edge { at: first.from, newlines: start.newlines - (last.newlines - first.newlines).cast_signed() };
            return Ok(());
        }
        let note = notes.iter().rev().map(|note| note.from).find(|from| *from < start.at).unwrap_or(0);
        let from = file.line_start(start.at.saturating_sub(self.step))?.max(note);
        let (mut at, mut newlines) = (from, 0);
        let mut found = VecDeque::new();
        let mut is_cut = false;
        while at < start.at {
            let Some(step) = file.matches(&self.want.pattern, at, start.at - at)? else { break };
            found.extend(step.lines.iter().map(|line| (line.line, newlines + line.newlines)));
            let surplus = found.len().saturating_sub(self.margin * 4);
            is_cut |= surplus > 0;
            found.drain(..surplus);
            newlines += step.newlines;
            at = step.next_offset;
        }
        let edge = |at: u64, before: u64| Edge { at, newlines: start.newlines - (newlines - before).cast_signed() };
        let first = found.front().filter(|_| is_cut).copied().unwrap_or((from, 0));
        self.part.start = edge(first.0, first.1);
        for (line, before) in found.into_iter().rev() {
            self.part.lines.push_front(edge(line, before));
        }
        Ok(())
    }

    /// Gives up lines that are far from what is shown.
    fn shrink(&mut self) {
        let ((before, behind), (want_before, want_behind)) = (self.around(), self.wanted());
        for _ in want_before * 2..before {
            self.part.lines.pop_front();
            self.part.start = self.part.lines.front().copied().unwrap_or(self.part.start);
        }
        for _ in (want_behind * 2).max(1)..behind {
            if let Some(last) = self.part.lines.pop_back() {
                self.part.end = last;
            }
        }
    }

    /// The lines around the top, with their numbers where those are known.
    pub(super) fn window(&mut self, file: &mut LogFile) -> io::Result<Window> {
        let ((before, _), (want_before, want_behind)) = (self.around(), self.wanted());
        let first = before.saturating_sub(want_before);
        let places: Vec<Edge> = self.part.lines.range(first..).take(before - first + want_behind).copied().collect();
        if self.part.number.is_none() {
            self.part.number = file.line_number(self.part.origin)?;
        }
        let number = |newlines: i64| self.part.number.map(|number| number.saturating_add_signed(newlines));
        let mut lines = Vec::new();
        for place in &places {
            lines.extend(file.lines_from(place.at, 1)?.into_iter().map(|line| (line, number(place.newlines))));
        }
        let is_last = first + places.len() == self.part.lines.len() && self.part.end.at >= self.tail.at;
        if is_last && self.tail.matches && self.tail.at < self.tail.len {
            let newlines = self.part.end.newlines;
            lines.extend(file.lines_from(self.tail.at, 1)?.into_iter().map(|line| (line, number(newlines))));
        }
        Ok(Window { lines, from_start: first == 0 && self.part.start.at == 0, to_end: is_last })
    }

    /// Counts a little further how many lines match. Says whether there is more to count.
    pub(super) fn count(&mut self, file: &mut LogFile) -> bool {
        // The log says itself why it cannot be read.
        self.tally.has_more(file) && self.tally.step(file).is_ok() && self.tally.has_more(file)
    }

    /// What is known of how many lines match, if it is news.
    pub(super) fn news(&mut self, file: &LogFile) -> Option<TallyReading> {
        self.tally.news(file)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::path::Path;

    use super::*;
    use crate::rundir::LinePattern;

    const MARGIN: usize = 5;

    fn filtered(text: &str) -> Filtered {
        let pattern = LinePattern::new(text, false, LinePattern::USUAL_SIZE).unwrap();
        Filtered::new(FilterWant { id: 1, pattern })
    }

    /// The texts of the lines around a place, and their numbers.
    fn shown(filtered: &mut Filtered, file: &mut LogFile, top: Top) -> (Vec<(String, Option<u64>)>, bool, bool) {
        filtered.aim(file, top, MARGIN).unwrap();
        let mut steps = 0;
        while filtered.has_more() {
            filtered.step(file).unwrap();
            steps += 1;
            assert!(steps < 10_000, "it comes to an end");
        }
        let window = filtered.window(file).unwrap();
        let text = |line: &RawLine| String::from_utf8_lossy(&line.bytes).into_owned();
        (window.lines.iter().map(|(line, number)| (text(line), *number)).collect(), window.from_start, window.to_end)
    }

    fn at(offset: u64) -> Top {
        Top::At { offset, row: 0 }
    }

    fn log(dir: &Path, text: &str) -> LogFile {
        fs::write(dir.join("log"), text).unwrap();
        let mut file = LogFile::open(&dir.join("log")).unwrap();
        while !file.count_step(1 << 20).unwrap().complete {}
        file
    }

    #[test]
    fn the_lines_around_any_place_are_those_that_match_with_their_numbers() {
        let dir = tempfile::tempdir().unwrap();
        let line = |n: u64| format!("{n:07} {}\n", if n.is_multiple_of(1000) { "hit" } else { "x" });
        let count = 200_000;
        let mut file = log(dir.path(), &(1..=count).map(line).collect::<String>());
        let width = line(1000).len() as u64;
        let starts: Vec<u64> = (1..=count)
            .scan(0, |from, n| {
                let start = *from;
                *from += line(n).len() as u64;
                Some(start)
            })
            .collect();
        assert!(width > 0);
        let hits: Vec<u64> = (1..=count).filter(|n| n.is_multiple_of(1000)).collect();
        let mut filtered = filtered("hit$");
        // The second time what was counted tells where nothing is.
        for is_counted in [false, true] {
            while is_counted && filtered.count(&mut file) {}
            for number in [1, 2, 999, 1000, 1001, 100_500, 3000, 199_999, 200_000, 77_000, 76_000, 80_000] {
                let top = starts[number as usize - 1];
                let (lines, from_start, to_end) = shown(&mut filtered, &mut file, at(top));
                let before = hits.partition_point(|hit| *hit < number);
                let expected = &hits[before.saturating_sub(MARGIN)..hits.len().min(before + 2 * MARGIN)];
                let told: Vec<Option<u64>> = lines.iter().map(|(_, number)| *number).collect();
                assert_eq!(told, expected.iter().copied().map(Some).collect::<Vec<_>>(), "{number} {is_counted}");
                assert!(lines.iter().all(|(text, number)| text.starts_with(&format!("{:07} hit", number.unwrap()))));
                assert_eq!(from_start, before <= MARGIN, "{number}");
                assert_eq!(to_end, before + 2 * MARGIN >= hits.len(), "{number}");
            }
            let (lines, _, to_end) = shown(&mut filtered, &mut file, Top::End);
            assert_eq!((lines.len(), lines.last().unwrap().1, to_end), (2 * MARGIN, Some(count), true));
        }
    }

    #[test]
    fn new_lines_that_match_come_at_the_end_and_one_that_still_grows_is_looked_at_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = log(dir.path(), "hit 1\nother\nhi");
        let mut filtered = filtered("hit");
        let mut texts = |file: &mut LogFile| -> Vec<String> {
            shown(&mut filtered, file, Top::End).0.into_iter().map(|(text, _)| text).collect()
        };
        assert_eq!(texts(&mut file), ["hit 1"]);
        for (more, expected) in [
            ("t", vec!["hit 1", "hit"]),
            (" 2\nx\nhit 3", vec!["hit 1", "hit 2", "hit 3"]),
            ("\n", vec!["hit 1", "hit 2", "hit 3"]),
        ] {
            fs::OpenOptions::new()
                .append(true)
                .open(dir.path().join("log"))
                .unwrap()
                .write_all(more.as_bytes())
                .unwrap();
            file.refresh().unwrap();
            assert_eq!(texts(&mut file), expected, "{more:?}");
        }
    }

    #[test]
    fn a_log_in_which_every_line_matches_is_not_kept_in_memory() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = log(dir.path(), &"\n".repeat(3 << 20));
        let mut filtered = filtered("^");
        for top in [at(0), Top::End, at(1 << 20), at(2 << 20), at((2 << 20) + 3)] {
            let (lines, ..) = shown(&mut filtered, &mut file, top);
            assert!(lines.len() >= 2 * MARGIN);
            assert!(filtered.part.lines.len() <= 8 * MARGIN, "{}", filtered.part.lines.len());
        }
    }
}
