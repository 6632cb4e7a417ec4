//! The part of a log that is wanted, how many lines there are, and the line that is looked for.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender as Readings;

use super::copying;
use super::filtered::{self, Filtered};
use super::folded;
use super::outputs::OutputList;
use super::seek::Seeking;
use super::tally::Tally;
use super::tick::Step;
use super::{Closed, Progress, send};
use crate::rundir::Outputs;
use crate::rundir::follow::Change;
use crate::rundir::log_file::{LogFile, RawLine};
use crate::text::{Safe, log_line};
use crate::tui::reading::{
    FileState, FilterReading, FoundReading, LogLine, LogReading, LogWant, OutputFile, Reading, Top,
};

/// Bytes that are counted in one step: about 5 ms from a warm cache.
const COUNT_STEP: u64 = 16 << 20;
/// Bytes that are counted before lines are shown that were asked for.
const FIRST_COUNT_STEP: u64 = 1 << 20;
/// While lines are being counted, or one is looked for, it is shown this often how far that has come.
const COUNTING: Duration = Duration::from_millis(150);
/// It is looked for other logs this often, and never for more than a part of the time.
const LOOK_FOR_OTHERS: Duration = Duration::from_secs(2);
const LOOK_PART: u32 = 20;

pub(super) struct LogReader {
    path: PathBuf,
    file: Option<LogFile>,
    problem: Option<Safe>,
    was_there: bool,
    event: Option<&'static str>,
    /// Something was asked for that has not been answered.
    unanswered: bool,
    answered_at: Option<Instant>,
    seeking: Option<Seeking>,
    last_seek: u64,
    tally: Option<Tally>,
    filtered: Option<Filtered>,
    /// Whether fewer lines matched when that was told last than there is room for, and not all had been looked at.
    was_short: bool,
    last_copy: u64,
    tallied_at: Option<Instant>,
    listing: OutputList,
    outputs: Arc<Vec<OutputFile>>,
    /// When it is looked for others again.
    others_again: Option<Instant>,
}

impl LogReader {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            file: None,
            problem: None,
            was_there: false,
            event: None,
            unanswered: true,
            answered_at: None,
            seeking: None,
            last_seek: 0,
            tally: None,
            filtered: None,
            was_short: false,
            last_copy: 0,
            tallied_at: None,
            listing: OutputList::default(),
            outputs: Arc::default(),
            others_again: None,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn want(&mut self, wanted: &LogWant) {
        self.unanswered = true;
        match &wanted.seek {
            Some(seek) if seek.id > self.last_seek => {
                self.last_seek = seek.id;
                self.seeking = Some(Seeking::new(seek.clone()));
            }
            Some(_) => {}
            None => self.seeking = None,
        }
        match (&wanted.tally, &mut self.tally) {
            (Some(want), Some(tally)) if tally.id() == want.id => tally.want(want),
            (Some(want), _) => self.tally = Some(Tally::new(want.clone())),
            (None, _) => self.tally = None,
        }
        match (&wanted.filter, &self.filtered) {
            (Some(want), Some(filtered)) if filtered.id() == want.id => {}
            (Some(want), _) => self.filtered = Some(Filtered::new(want.clone())),
            (None, _) => self.filtered = None,
        }
    }

    pub(super) fn step(
        &mut self,
        wanted: &LogWant,
        outputs: Option<&Outputs>,
        readings: &Readings<Reading>,
    ) -> Result<Progress, Closed> {
        let mut changed = self.look();
        let mut more = false;
        // A line that somebody waits for goes before the count, and so do lines, but for a count that is done at once.
        let counts = self.seeking.as_ref().is_none_or(Seeking::needs_numbers);
        let count_step = if self.unanswered { FIRST_COUNT_STEP } else { COUNT_STEP };
        if let Some(file) = self.file.as_mut().filter(|file| !file.count().complete) {
            more = true;
            match counts.then(|| file.count_step(count_step)).transpose() {
                Ok(Some(count)) => {
                    more = !count.complete;
                    changed |= count.complete || self.answered_at.is_none_or(|at| at.elapsed() >= COUNTING);
                }
                Ok(None) => {}
                Err(error) => {
                    more = false;
                    self.problem = Some(Safe::line(&error.to_string()));
                }
            }
        }
        let is_short = self.filter_step(wanted);
        more |= is_short;
        changed |=
            is_short != self.was_short || (is_short && self.answered_at.is_none_or(|at| at.elapsed() >= COUNTING));
        if changed || self.unanswered {
            let reading = self.answer(wanted, wanted.top);
            self.unanswered = false;
            self.was_short = is_short;
            self.answered_at = Some(Instant::now());
            send(readings, Reading::Log(reading))?;
        }
        if let Some(copy) = wanted.copy.as_ref().filter(|copy| copy.id > self.last_copy) {
            self.last_copy = copy.id;
            let filter = wanted.filter.as_ref().map(|filter| &filter.pattern);
            if let Some(file) = &mut self.file {
                send(readings, Reading::Copied(copying::copy(file, copy, filter)))?;
            }
        }
        if outputs.is_some_and(|outputs| self.look_for_others(outputs)) {
            (self.unanswered, more) = (true, true);
        }
        more |= self.seek_step(wanted, readings)?;
        if self.seeking.is_none() && !is_short {
            more |= self.tally_step(readings)?;
        }
        Ok(if more { Progress::More } else { Progress::Idle })
    }

    /// Looks a little further for lines that match. Says whether there may be more of them to show.
    fn filter_step(&mut self, wanted: &LogWant) -> bool {
        let (Some(filtered), Some(file), None) = (&mut self.filtered, &mut self.file, &self.problem) else {
            return false;
        };
        if !file.exists() {
            return false;
        }
        let looked = filtered.aim(file, wanted.top, wanted.margin).and_then(|()| filtered.step(file));
        if let Err(error) = looked {
            self.problem = Some(Safe::line(&error.to_string()));
            return false;
        }
        filtered.has_more()
    }

    /// Counts a little further how many lines match, those of the search first. Says whether there is more to count.
    fn tally_step(&mut self, readings: &Readings<Reading>) -> Result<bool, Closed> {
        let Some(file) = &mut self.file else { return Ok(false) };
        let can_count = self.problem.is_none();
        let mut more = false;
        let is_due = self.tallied_at.is_none_or(|at| at.elapsed() >= COUNTING);
        let mut news = Vec::new();
        if let Some(tally) = &mut self.tally {
            // The log says itself why it cannot be read.
            more = can_count && tally.has_more(file) && tally.step(file).is_ok() && tally.has_more(file);
            news.extend(Some(()).filter(|()| !more || is_due).and_then(|()| tally.news(file)));
        }
        if let Some(filtered) = self.filtered.as_mut().filter(|_| !more) {
            more = can_count && filtered.count(file);
            news.extend(Some(()).filter(|()| !more || is_due).and_then(|()| filtered.news(file)));
        }
        if !news.is_empty() {
            self.tallied_at = Some(Instant::now());
        }
        news.into_iter().try_for_each(|news| send(readings, Reading::Tally(news)))?;
        Ok(more)
    }

    /// Looks what else the attempt has written. Says whether that is other than before.
    fn look_for_others(&mut self, outputs: &Outputs) -> bool {
        let begun = Instant::now();
        if self.others_again.is_some_and(|again| begun < again) {
            return false;
        }
        let listed = self.listing.list(outputs);
        self.others_again = Some(begun + LOOK_FOR_OTHERS.max(begun.elapsed() * LOOK_PART));
        let is_new = *self.outputs != listed;
        if is_new {
            self.outputs = Arc::new(listed);
        }
        is_new
    }

    /// Looks at the file again. Says whether there is something new to show.
    fn look(&mut self) -> bool {
        let looked = match &mut self.file {
            Some(file) => file.refresh(),
            None => LogFile::open(&self.path).map(|file| {
                self.file = Some(file);
                Change::Grew
            }),
        };
        match looked {
            Ok(change) => {
                if change.is_reset()
                    && let Some(tally) = &mut self.tally
                {
                    tally.forget();
                }
                if change.is_reset()
                    && let Some(filtered) = &mut self.filtered
                {
                    filtered.forget();
                }
                // That it is gone is its state.
                self.event = change.event().filter(|_| change != Change::Gone).or(self.event);
                self.was_there |= self.file.as_ref().is_some_and(LogFile::exists);
                let had_problem = self.problem.take().is_some();
                had_problem || change != Change::None
            }
            Err(error) => {
                let problem = Safe::line(&error.to_string());
                let is_new = self.problem.as_ref() != Some(&problem);
                self.problem = Some(problem);
                is_new
            }
        }
    }

    /// What is to be shown from `top` on.
    fn answer(&mut self, wanted: &LogWant, top: Top) -> LogReading {
        let mut reading = LogReading {
            path: self.path.clone(),
            state: FileState::Absent,
            lines: Vec::new(),
            filter: None,
            from_start: true,
            to_end: true,
            number: Some(1),
            bytes: 0,
            counted: 0,
            all_counted: true,
            event: self.event,
            outputs: Arc::clone(&self.outputs),
        };
        let was_there = self.was_there;
        if let (Some(file), None) = (&mut self.file, &self.problem) {
            if file.exists() {
                let filter = &mut self.filtered;
                reading.filter = filter.as_ref().map(|filter| {
                    let part = filter.has_more().then(|| filter.looked_at());
                    FilterReading { id: filter.id(), part }
                });
                let window = match filter {
                    Some(filter) => filter.window(file).map(Window::from),
                    None => window(file, wanted, top),
                };
                match window {
                    Ok(window) => {
                        reading.state = FileState::Present;
                        reading.lines = window.lines;
                        (reading.from_start, reading.to_end) = (window.from_start, window.to_end);
                        reading.number = window.number;
                    }
                    Err(error) => reading.state = FileState::Unreadable(Safe::line(&error.to_string())),
                }
                reading.bytes = file.len();
                let count = file.count();
                (reading.counted, reading.all_counted) = (count.lines, count.complete);
            } else if was_there {
                reading.state = FileState::Gone;
            }
        }
        if let Some(problem) = &self.problem {
            reading.state = FileState::Unreadable(problem.clone());
        }
        reading
    }

    /// Looks a little further for the line that is looked for. Says whether there is more to look at.
    fn seek_step(&mut self, wanted: &LogWant, readings: &Readings<Reading>) -> Result<bool, Closed> {
        let Some(seeking) = &mut self.seeking else { return Ok(false) };
        let step = match &mut self.file {
            // A file that cannot be read any more has no line to find; the reading says why.
            Some(file) if file.exists() && self.problem.is_none() => seeking.step(file).unwrap_or(Step::Nowhere),
            _ => Step::Nowhere,
        };
        let line = match step {
            Step::NotYet(part) => {
                if seeking.told_at.elapsed() >= COUNTING {
                    seeking.told_at = Instant::now();
                    send(readings, Reading::Seeking { id: seeking.id(), part })?;
                }
                return Ok(true);
            }
            Step::At(line) => Some(line),
            Step::Nowhere => None,
        };
        let (id, wrapped) = (seeking.id(), seeking.has_wrapped());
        self.seeking = None;
        // Those that a filter lets through are looked for first.
        let is_all = self.filtered.is_none();
        let around = line.filter(|_| is_all).map(|offset| Box::new(self.answer(wanted, Top::At { offset, row: 0 })));
        send(readings, Reading::Found(FoundReading { id, line, wrapped, around }))?;
        Ok(false)
    }
}

/// Lines around a place.
struct Window {
    lines: Vec<LogLine>,
    /// Whether they reach the start of the file.
    from_start: bool,
    /// Whether they reach its end.
    to_end: bool,
    /// The number of the first one, if that is known.
    number: Option<u64>,
}

fn window(file: &mut LogFile, wanted: &LogWant, top: Top) -> io::Result<Window> {
    let rows = folded::rows(file, top, wanted.margin, wanted.folds)?;
    let number = file.line_number(rows.first().map_or(0, |row| row.line.start))?;
    let from_start = rows.first().is_none_or(|row| row.line.start == 0);
    let to_end = rows.last().is_none_or(|row| row.end >= file.len());
    let lines = rows.iter().map(|row| LogLine { fold: row.fold, ..shown(&row.line) }).collect();
    Ok(Window { lines, from_start, to_end, number })
}

impl From<filtered::Window> for Window {
    fn from(window: filtered::Window) -> Self {
        let filtered::Window { lines, from_start, to_end } = window;
        let lines = lines.iter().map(|(line, number)| LogLine { number: *number, ..shown(line) }).collect();
        // Each has its own.
        Self { lines, from_start, to_end, number: None }
    }
}

pub(super) fn shown(line: &RawLine) -> LogLine {
    let RawLine { start: offset, continues, left_out, .. } = *line;
    LogLine { offset, line: log_line(&line.bytes), continues, left_out, number: None, fold: None }
}
