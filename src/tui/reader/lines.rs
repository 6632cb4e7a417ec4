//! The part of a log that is wanted, how many lines there are, and the search.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use regex::bytes::Regex;
use tokio::sync::mpsc::Sender as Readings;

use super::{Closed, Progress, send};
use crate::rundir::evidence::{self, consoles};
use crate::rundir::follow::Change;
use crate::rundir::log_file::{Found, LogFile, RawLine};
use crate::rundir::{AttemptDir, Outputs};
use crate::text::{Safe, log_line};
use crate::tui::reading::{FileState, LogLine, LogReading, LogWant, Reading, SearchRequest, Top};

/// Bytes that are counted in one step: about 5 ms from a warm cache.
const COUNT_STEP: u64 = 16 << 20;
/// Bytes that are searched in one step.
const SEARCH_STEP: u64 = 4 << 20;
/// While lines are being counted, the count is shown this often.
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
    search: Option<Searching>,
    last_search: u64,
    others: Arc<Vec<PathBuf>>,
    /// When it is looked for others again.
    others_again: Option<Instant>,
}

struct Searching {
    request: SearchRequest,
    regex: Regex,
    at: Option<u64>,
    wrapped: bool,
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
            search: None,
            last_search: 0,
            others: Arc::default(),
            others_again: None,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn want(&mut self, wanted: &LogWant) {
        self.unanswered = true;
        match &wanted.search {
            Some((request, regex)) if request.id > self.last_search => {
                self.last_search = request.id;
                self.search = Some(Searching { request: *request, regex: regex.clone(), at: None, wrapped: false });
            }
            Some(_) => {}
            None => self.search = None,
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
        if let Some(file) = &mut self.file
            && !file.count().complete
        {
            match file.count_step(COUNT_STEP) {
                Ok(count) => {
                    more = !count.complete;
                    changed |= count.complete || self.answered_at.is_none_or(|at| at.elapsed() >= COUNTING);
                }
                Err(error) => self.problem = Some(Safe::line(&error.to_string())),
            }
        }
        changed |= outputs.is_some_and(|outputs| self.look_for_others(outputs));
        if changed || self.unanswered {
            let reading = self.answer(wanted);
            self.unanswered = false;
            self.answered_at = Some(Instant::now());
            send(readings, Reading::Log(reading))?;
        }
        more |= self.search_step(readings)?;
        Ok(if more { Progress::More } else { Progress::Idle })
    }

    /// Looks for consoles, and for logs under other names. Says whether there are others than before.
    fn look_for_others(&mut self, outputs: &Outputs) -> bool {
        let begun = Instant::now();
        if self.others_again.is_some_and(|again| begun < again) {
            return false;
        }
        let mut others = consoles_of(outputs);
        others.extend(other_logs_of(outputs.attempt()));
        self.others_again = Some(begun + LOOK_FOR_OTHERS.max(begun.elapsed() * LOOK_PART));
        let is_new = *self.others != others;
        if is_new {
            self.others = Arc::new(others);
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

    fn answer(&mut self, wanted: &LogWant) -> LogReading {
        let mut reading = LogReading {
            path: self.path.clone(),
            state: FileState::Absent,
            lines: Vec::new(),
            from_start: true,
            to_end: true,
            bytes: 0,
            counted: 0,
            all_counted: true,
            event: self.event,
            others: Arc::clone(&self.others),
        };
        let was_there = self.was_there;
        if let (Some(file), None) = (&mut self.file, &self.problem) {
            if file.exists() {
                match window(file, wanted) {
                    Ok((lines, from_start, to_end)) => {
                        reading.state = FileState::Present;
                        reading.lines = lines.iter().map(shown).collect();
                        (reading.from_start, reading.to_end) = (from_start, to_end);
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

    /// Searches a little further. Says whether there is more to search.
    fn search_step(&mut self, readings: &Readings<Reading>) -> Result<bool, Closed> {
        let Some(search) = &mut self.search else { return Ok(false) };
        let found = match &mut self.file {
            // A file that cannot be read any more has no line to find; the reading says why.
            Some(file) if file.exists() => search.step(file).unwrap_or(Searched::NoLine),
            _ => Searched::NoLine,
        };
        let line = match found {
            Searched::NotYet => return Ok(true),
            Searched::Line(line) => Some(line),
            Searched::NoLine => None,
        };
        let (id, wrapped) = (search.request.id, search.wrapped);
        self.search = None;
        send(readings, Reading::Found { id, line, wrapped })?;
        Ok(false)
    }
}

/// What a step of a search came to.
enum Searched {
    NotYet,
    Line(u64),
    NoLine,
}

impl Searching {
    fn step(&mut self, file: &mut LogFile) -> io::Result<Searched> {
        let at = match self.at {
            Some(at) => at,
            // A search forwards begins behind the line that was found last, backwards before it.
            None if self.request.forward && self.request.after => {
                file.lines_from(self.request.from, 1)?.first().map_or(self.request.from, |line| line.end)
            }
            None => self.request.from,
        };
        match file.find(&self.regex, at, self.request.forward, SEARCH_STEP)? {
            Found::Found { start } => Ok(Searched::Line(start)),
            Found::NotHere { next_offset } => {
                self.at = Some(next_offset);
                Ok(Searched::NotYet)
            }
            Found::End if self.wrapped => Ok(Searched::NoLine),
            Found::End => {
                self.wrapped = true;
                self.at = Some(if self.request.forward { 0 } else { file.len() });
                Ok(Searched::NotYet)
            }
        }
    }
}

/// The lines around the wanted place, and whether they reach the start and the end of the file.
fn window(file: &mut LogFile, wanted: &LogWant) -> io::Result<(Vec<RawLine>, bool, bool)> {
    let lines = match wanted.top {
        Top::End => file.last_lines(wanted.margin * 2)?,
        Top::At { offset, .. } => {
            let at = file.line_start(offset)?;
            let mut lines = file.lines_before(at, wanted.margin)?;
            lines.extend(file.lines_from(at, wanted.margin * 2)?);
            lines
        }
    };
    let from_start = lines.first().is_none_or(|line| line.start == 0);
    let to_end = lines.last().is_none_or(|line| line.end >= file.len());
    Ok((lines, from_start, to_end))
}

pub(super) fn shown(line: &RawLine) -> LogLine {
    let RawLine { start: offset, continues, left_out, .. } = *line;
    LogLine { offset, line: log_line(&line.bytes), continues, left_out }
}

/// Logs of gem5 under other names, relative to the attempt's directory.
pub(super) fn other_logs_of(attempt: &AttemptDir) -> Vec<PathBuf> {
    let paths = evidence::other_logs_of(attempt);
    paths.iter().filter_map(|path| path.strip_prefix(attempt.path()).ok().map(Path::to_owned)).collect()
}

/// The consoles of a simulated system, relative to the attempt's directory.
pub(super) fn consoles_of(outputs: &Outputs) -> Vec<PathBuf> {
    let dir = outputs.dir();
    let below = dir.strip_prefix(outputs.attempt().path()).unwrap_or(dir);
    consoles(dir).into_iter().map(|name| below.join(name)).collect()
}
