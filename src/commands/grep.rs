//! `gem5-tui grep`: the lines of all logs of a sweep that match a pattern, simulation by simulation.
//!
//! What is found is printed at once and kept nowhere, so that memory is bounded however large the logs are.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::{GrepArgs, Target};
use crate::commands::intent::{self, Intent};
use crate::commands::output::{self, Output};
use crate::commands::{Exit, Failure, select, status};
use crate::protocol::SimView;
use crate::rundir::{AttemptDir, LinePattern, LogFile, PatternError, SimulationDir, attempts, evidence, threads};
use crate::text::{Safe, SpanStyle, StyledLine, StyledSpan, human};

/// Bytes that are searched in one step: enough for a few threads.
const STEP: u64 = 32 << 20;

/// So many simulations are looked into at once to find out which logs they have.
const AT_ONCE: usize = 64;

/// A line that matches.
#[derive(Debug, Serialize)]
struct Found<'a> {
    simulation: &'a str,
    attempt: u32,
    /// Below the directory of the attempt.
    file: &'a str,
    path: &'a str,
    /// Counted from one.
    line: u64,
    /// Where the line begins in the file, bytes.
    offset: u64,
    text: &'a str,
}

/// How many lines of a simulation match.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    simulation: &'a str,
    status: &'static str,
    matches: u64,
}

/// The logs of an attempt.
struct Attempt {
    number: u32,
    dir: AttemptDir,
    texts: Vec<PathBuf>,
}

/// Prints the lines that match.
pub(crate) fn grep(target: &Target, text: &str, how: &GrepArgs, output: &mut Output) -> Result<Exit, Failure> {
    if Path::new(text).is_file() && !target.experiment.exists() {
        let why = format!("`{text}` is a file, and stands where the pattern does: gem5-tui grep PATTERN EXPERIMENT");
        return Err(Failure::Usage(why));
    }
    let pattern = pattern(text, how)?;
    let looked = intent::plan(target, Intent::Look).and_then(status::look_anyway);
    let (snapshot, _) = looked.map_err(|failure| told(&failure))?;
    let all = ["*".to_owned()];
    let names = if how.names.is_empty() { &all } else { how.names.as_slice() };
    let chosen = select::select(&snapshot, names)?;
    let has_failed = |sim: &SimView| sim.status.ended().is_some_and(|kind| !kind.is_ok());
    let sims: Vec<&SimView> = chosen.iter().map(|&sim| &snapshot.sims[sim as usize]).collect();
    let sims: Vec<&SimView> = sims.into_iter().filter(|sim| !how.failed || has_failed(sim)).collect();
    let mut search = Search {
        pattern,
        how,
        outdir: &snapshot.header.outdir,
        look: output::terminal().map(|(_, has_styles)| has_styles),
        output,
        lines: 0,
        simulations: 0,
        unread: 0,
    };
    for some in sims.chunks(AT_ONCE) {
        let found = threads::for_each(some.len(), None, |at| attempts_of(some[at], how));
        for (sim, attempts) in some.iter().zip(found) {
            search.simulation(sim, &attempts.unwrap_or_default())?;
        }
    }
    search.end()
}

fn pattern(text: &str, how: &GrepArgs) -> Result<LinePattern, Failure> {
    let escaped = regex::escape(text);
    let regex = if how.fixed_strings { &escaped } else { text };
    LinePattern::new(regex, how.ignore_case, LinePattern::USUAL_SIZE)
        .map_err(|error| Failure::Usage(format!("`{text}` is no pattern: {}; -F takes it literally", reason(&error))))
}

/// The last line of what is said of a pattern: those before it draw an arrow.
fn reason(error: &PatternError) -> String {
    let told = error.to_string();
    let last = told.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

/// What keeps a look from beginning is no answer to whether a line matches.
fn told(failure: &Failure) -> Failure {
    output::complain(&Safe::multiline(&format!("error: {}", crate::text::safe_error(failure))));
    Failure::Told(Exit::Usage)
}

/// The attempts that are searched, with their logs.
fn attempts_of(sim: &SimView, how: &GrepArgs) -> Vec<Attempt> {
    let Some(latest) = sim.latest() else { return Vec::new() };
    let newest = AttemptDir::new(&latest.dir);
    let mut dirs = vec![(latest.number, newest)];
    if let Some(beside) = latest.dir.parent().filter(|_| how.all_attempts) {
        let beside = SimulationDir::new(beside);
        let earlier = attempts::numbers(&beside).unwrap_or_default().into_iter();
        dirs.splice(0..0, earlier.filter(|number| *number < latest.number).map(|n| (n, beside.attempt(n))));
    }
    let texts = |dir: &AttemptDir| {
        let outputs = attempts::outputs(dir);
        if how.file.is_empty() { evidence::texts(&outputs) } else { evidence::named_texts(&outputs, &how.file) }
    };
    dirs.into_iter().map(|(number, dir)| Attempt { number, texts: texts(&dir), dir }).collect()
}

struct Search<'a> {
    pattern: LinePattern,
    how: &'a GrepArgs,
    outdir: &'a Path,
    /// Whether a terminal shows styles; none where there is none.
    look: Option<bool>,
    output: &'a mut Output,
    lines: u64,
    simulations: u64,
    unread: u64,
}

impl Search<'_> {
    /// Searches the logs of a simulation.
    fn simulation(&mut self, sim: &SimView, attempts: &[Attempt]) -> Result<(), Failure> {
        let mut found = 0;
        for attempt in attempts {
            for path in &attempt.texts {
                if self.is_enough(found) {
                    break;
                }
                self.file(sim, attempt, path, &mut found)?;
            }
        }
        self.lines += found;
        self.simulations += u64::from(found > 0);
        let (name, matches) = (sim.name.as_str(), found);
        match (self.how.names_only, self.how.count) {
            (true, _) if matches == 0 => {}
            (true, _) | (_, true) if self.how.json => {
                self.output.json(&Summary { simulation: name, status: sim.status.word(), matches })?;
            }
            (true, _) => self.output.line(&Safe::line(name))?,
            (_, true) => self.output.line(&Safe::line(&format!("{name}:{matches}")))?,
            _ => {}
        }
        if found > 0 {
            self.output.flush()?;
        }
        Ok(())
    }

    /// Whether nothing more is asked of a simulation in which so much was found.
    fn is_enough(&self, found: u64) -> bool {
        (self.how.names_only && found > 0) || self.how.max_count.is_some_and(|most| found >= most)
    }

    fn file(&mut self, sim: &SimView, attempt: &Attempt, path: &Path, found: &mut u64) -> Result<(), Failure> {
        match self.search(sim, attempt, path, found) {
            Ok(printed) => printed,
            // One file that cannot be read does not hide the others.
            Err(error) => {
                self.unread += 1;
                output::complain(&Safe::line(&format!("error: could not read {}: {error}", path.display())));
                Ok(())
            }
        }
    }

    /// Searches a file in steps. The error of reading is that of the outer result.
    fn search(
        &mut self,
        sim: &SimView,
        attempt: &Attempt,
        path: &Path,
        found: &mut u64,
    ) -> io::Result<Result<(), Failure>> {
        let mut log = LogFile::open(path)?;
        let prints = !self.how.names_only && !self.how.count;
        let (mut from, mut newlines) = (0, 0);
        let mut has_heading = false;
        while let Some(step) = log.matches(&self.pattern, from, STEP)? {
            for line in step.lines {
                *found += 1;
                if prints {
                    if !has_heading && let Err(failure) = self.heading(sim, attempt, path) {
                        return Ok(Err(failure));
                    }
                    has_heading = true;
                    let text = log.excerpt(line)?.text();
                    let place = Place { number: newlines + line.newlines + 1, offset: line.line };
                    if let Err(failure) = self.print(sim, attempt, path, place, &text) {
                        return Ok(Err(failure));
                    }
                }
                if self.is_enough(*found) {
                    return Ok(Ok(()));
                }
            }
            newlines += step.newlines;
            from = step.next_offset;
        }
        Ok(Ok(()))
    }

    /// On a terminal, lines stand below the file that they are of.
    fn heading(&mut self, sim: &SimView, attempt: &Attempt, path: &Path) -> Result<(), Failure> {
        let Some(has_styles) = self.look.filter(|_| !self.how.json) else { return Ok(()) };
        let file = below(path, attempt.dir.path());
        let file = format!("  attempt {}  {}", attempt.number, file.strip_prefix("m5out/").unwrap_or(&file));
        let name = SpanStyle { bold: true, ..SpanStyle::default() };
        let dim = SpanStyle { dim: true, ..SpanStyle::default() };
        let heading = StyledLine { spans: vec![span(&sim.name, name), span(&file, dim)] };
        self.output.styled(&[heading], has_styles)?;
        Ok(())
    }

    fn print(
        &mut self,
        sim: &SimView,
        attempt: &Attempt,
        path: &Path,
        place: Place,
        text: &Safe,
    ) -> Result<(), Failure> {
        if self.how.json {
            self.output.json(&Found {
                simulation: &sim.name,
                attempt: attempt.number,
                file: &below(path, attempt.dir.path()),
                path: &path.display().to_string(),
                line: place.number,
                offset: place.offset,
                text: text.as_str(),
            })?;
            return Ok(());
        }
        let Some(has_styles) = self.look else {
            // Whole in itself, since the next program sees one line.
            let path = below(path, self.outdir);
            self.output.line(&Safe::line(&format!("{path}:{}:{text}", place.number)))?;
            return Ok(());
        };
        let dim = SpanStyle { dim: true, ..SpanStyle::default() };
        let mut spans = vec![span(&format!("{:>7}  ", place.number), dim)];
        spans.extend(self.marked(text));
        self.output.styled(&[StyledLine { spans }], has_styles)?;
        Ok(())
    }

    /// A line with what matches in it marked.
    fn marked(&self, text: &Safe) -> Vec<StyledSpan> {
        let matched = SpanStyle { bold: true, underline: true, ..SpanStyle::default() };
        let mut spans = Vec::new();
        let mut from = 0;
        for found in self.pattern.matches(text).filter(|found| !found.is_empty()) {
            spans.push(span(text.get(from..found.start).unwrap_or_default(), SpanStyle::default()));
            spans.push(span(text.get(found.clone()).unwrap_or_default(), matched));
            from = found.end;
        }
        spans.push(span(text.get(from..).unwrap_or_default(), SpanStyle::default()));
        spans.retain(|span| !span.text.is_empty());
        spans
    }

    fn end(self) -> Result<Exit, Failure> {
        self.output.flush()?;
        if self.look.is_some() && !self.how.json && self.lines > 0 {
            let lines = human::plural(self.lines, "line");
            let of = human::plural(self.simulations, "simulation");
            output::complain(&Safe::line(&format!("{lines} in {of}")));
        }
        Ok(match (self.unread, self.lines) {
            (1.., _) => Exit::Usage,
            (0, 0) => Exit::NotOk,
            (0, _) => Exit::Ok,
        })
    }
}

/// Where a line is.
#[derive(Clone, Copy)]
struct Place {
    number: u64,
    offset: u64,
}

fn below(path: &Path, dir: &Path) -> String {
    path.strip_prefix(dir).unwrap_or(path).display().to_string()
}

fn span(text: &str, style: SpanStyle) -> StyledSpan {
    StyledSpan { text: Safe::line(text), style }
}
