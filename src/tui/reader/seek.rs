//! Looking for a line of a log in steps: the next one that matches, or that of a number or of a byte.

use std::io;
use std::time::{Duration, Instant};

use super::tick::{Step, TickSearch};
use crate::gem5::log::{Severity, classify};
use crate::rundir::log_file::{Found, LogFile, Numbered};
use crate::text::log_line;
use crate::tui::reading::{SearchRequest, Seek, Sought};

/// Bytes that the first step of a search looks at: what is looked for is often near.
const FIRST_STEP: u64 = 1 << 20;
/// Bytes that a step looks at, at most: enough for a few threads.
const LARGEST_STEP: u64 = 64 << 20;
/// A step that takes less is followed by a larger one, and one that takes four times as long by a smaller one. Whoever wants
/// something else waits for so long.
const STEP: Duration = Duration::from_millis(5);

/// A line that is being looked for.
pub(super) struct Seeking {
    seek: Seek,
    searched: Searched,
    tick: Option<TickSearch>,
    /// When it was told how far this has come.
    pub(super) told_at: Instant,
}

/// How far a search has come.
struct Searched {
    /// Where the next step begins.
    at: Option<u64>,
    /// How many bytes it looks at.
    step: u64,
    /// How many bytes have been looked at.
    seen: u64,
    wrapped: bool,
}

impl Seeking {
    pub(super) fn new(seek: Seek) -> Self {
        let searched = Searched { at: None, step: FIRST_STEP, seen: 0, wrapped: false };
        let tick = match seek.sought {
            Sought::Tick(tick) => Some(TickSearch::new(tick)),
            Sought::Match(_) | Sought::Line(_) | Sought::Byte(_) => None,
        };
        Self { seek, searched, tick, told_at: Instant::now() }
    }

    pub(super) fn id(&self) -> u64 {
        self.seek.id
    }

    /// Whether the search went past an end of the file and began again at the other.
    pub(super) fn has_wrapped(&self) -> bool {
        self.searched.wrapped
    }

    /// Whether lines must be counted to find it.
    pub(super) fn needs_numbers(&self) -> bool {
        matches!(self.seek.sought, Sought::Line(_))
    }

    /// Looks a little further.
    pub(super) fn step(&mut self, file: &mut LogFile) -> io::Result<Step> {
        match &self.seek.sought {
            Sought::Byte(offset) => {
                let last = file.len().saturating_sub(1);
                Ok(Step::At(file.line_start((*offset).min(last))?))
            }
            Sought::Line(number) => {
                let count = file.count();
                let wanted = if count.complete { (*number).min(count.lines) } else { *number };
                Ok(match file.line_of_number(wanted)? {
                    Numbered::At(offset) => Step::At(offset),
                    Numbered::NotCounted => Step::NotYet(part(file.counted_bytes(), file.len())),
                    Numbered::Beyond => Step::Nowhere,
                })
            }
            Sought::Match(search) => self.searched.step(search, file),
            Sought::Tick(_) => self.tick.as_mut().map_or(Ok(Step::Nowhere), |tick| tick.step(file)),
        }
    }
}

impl Searched {
    fn step(&mut self, search: &SearchRequest, file: &mut LogFile) -> io::Result<Step> {
        let begun = Instant::now();
        let at = match self.at {
            Some(at) => at,
            // A search forwards begins behind the line that was found last, backwards before it.
            None if search.forward && search.after => {
                file.lines_from(search.from, 1)?.first().map_or(search.from, |line| line.end)
            }
            None => search.from,
        };
        match file.find(&search.pattern, at, search.forward, self.step)? {
            Found::Found { start } => {
                let Some(end) = passed_over(search, file, start)? else { return Ok(Step::At(start)) };
                self.at = Some(if search.forward { end } else { start });
            }
            Found::NotHere { next_offset } => {
                self.seen += at.abs_diff(next_offset);
                self.at = Some(next_offset);
            }
            Found::End if self.wrapped => return Ok(Step::Nowhere),
            Found::End => {
                self.seen += if search.forward { file.len().saturating_sub(at) } else { at };
                self.wrapped = true;
                self.at = Some(if search.forward { 0 } else { file.len() });
            }
        }
        match begun.elapsed() {
            took if took < STEP => self.step = (self.step * 2).min(LARGEST_STEP),
            took if took > STEP * 4 => self.step = (self.step / 2).max(FIRST_STEP),
            _ => {}
        }
        Ok(Step::NotYet(part(self.seen, file.len())))
    }
}

/// Where a line ends that matches and is not what is looked for all the same.
fn passed_over(search: &SearchRequest, file: &mut LogFile, start: u64) -> io::Result<Option<u64>> {
    if !search.only_severe {
        return Ok(None);
    }
    let Some(line) = file.lines_from(start, 1)?.into_iter().next() else { return Ok(None) };
    let text = log_line(&line.bytes).plain();
    let is_severe = classify(&text).is_some_and(|line| line.severity != Severity::Info);
    Ok((!is_severe).then_some(line.end))
}

fn part(of: u64, len: u64) -> f64 {
    if len == 0 { 1.0 } else { (of as f64 / len as f64).min(1.0) }
}
