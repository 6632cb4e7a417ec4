//! `gem5-tui logs`: the log of one simulation, as text that is safe to show.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli::Target;
use crate::commands::intent::{self, Intent};
use crate::commands::output::Output;
use crate::commands::{Exit, Failure, output, select, status};
use crate::engine::executor::Executor;
use crate::gem5::OutcomeKind;
use crate::protocol::{Limits, SimView};
use crate::rundir::evidence;
use crate::rundir::log_file::LogFile;
use crate::rundir::{AttemptDir, ExperimentDir, SimulationDir, Takeovers, attempts};
use crate::text::{Safe, human};

/// Lines that are read at a time.
const WINDOW: usize = 1_000;

/// Between two looks at a log that is followed.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Which log, and for how long.
#[derive(Debug, Clone)]
pub(crate) struct Which {
    /// Until the attempt has ended.
    pub follow: bool,
    /// Standard error instead of standard output.
    pub stderr: bool,
    /// Another log instead, below the attempt's directory.
    pub file: Option<PathBuf>,
    /// An attempt other than the newest one.
    pub attempt: Option<u32>,
}

/// Prints the log.
pub(crate) fn logs(target: &Target, name: &str, which: &Which, output: &mut Output) -> Result<Exit, Failure> {
    let plan = intent::plan(target, Intent::Look)?;
    let outdir = ExperimentDir::new(&plan.outdir);
    let (snapshot, _) = status::look_anyway(plan)?;
    let sim = select::one(&snapshot, name)?;
    let dir = attempt_dir(sim, which.attempt, snapshot.header.limits())?;
    let others = evidence::other_logs_of(&dir);
    let path = match &which.file {
        Some(file) => other(file, &others, &dir)?,
        None if which.stderr => dir.simerr(),
        None => dir.simout(),
    };
    let executor = Executor::local(Takeovers::read(&outdir));
    print(&path, &dir, &outdir.simulation(&sim.name), which.follow.then_some(&executor), output)?;
    if which.file.is_none() {
        tell_of_others(&others, &dir);
    }
    if !which.stderr && which.file.is_none() && !sim.status.ended().is_some_and(OutcomeKind::is_ok) {
        tell_of_stderr(&dir);
    }
    Ok(Exit::Ok)
}

/// The log that `file` names.
fn other(file: &Path, others: &[PathBuf], dir: &AttemptDir) -> Result<PathBuf, Failure> {
    let path = dir.path().join(file);
    if others.contains(&path) {
        return Ok(path);
    }
    let known: Vec<String> = others.iter().map(|path| shown(path, dir)).collect();
    let known = if known.is_empty() { "there is none".to_owned() } else { format!("known are {}", known.join(", ")) };
    Err(Failure::Usage(format!("`{}` is no other log of this attempt: {known}", file.display())))
}

/// Its path below the attempt's directory, as it can be given again.
fn shown(path: &Path, dir: &AttemptDir) -> String {
    path.strip_prefix(dir.path()).unwrap_or(path).display().to_string()
}

/// gem5 behind a redirect says nothing on its streams.
fn tell_of_others(others: &[PathBuf], dir: &AttemptDir) {
    for path in others {
        let path = shown(path, dir);
        output::complain(&Safe::line(&format!("note: `{path}` is a log, too: `--file {path}` prints it")));
    }
}

/// What went wrong is mostly told on standard error, which was not asked for.
fn tell_of_stderr(dir: &AttemptDir) {
    let lines = LogFile::open(&dir.simerr()).and_then(|mut log| log.lines_from(0, WINDOW));
    let lines = lines.map_or(0, |lines| lines.len());
    if lines > 0 {
        let or_more = if lines == WINDOW { " or more" } else { "" };
        let lines = human::plural(lines as u64, "line");
        output::complain(&Safe::line(&format!("note: standard error has {lines}{or_more}: `--stderr` prints it")));
    }
}

/// The directory of the attempt that was asked for, or of the newest one.
pub(crate) fn attempt_dir(sim: &SimView, number: Option<u32>, limits: Limits) -> Result<AttemptDir, Failure> {
    let attempt = match number {
        None => sim.latest(),
        Some(number) => sim.attempts.iter().find(|attempt| attempt.number == number),
    };
    match (attempt, number) {
        (Some(attempt), _) => Ok(AttemptDir::new(&attempt.dir)),
        (None, Some(number)) if let Some(dir) = left_out(sim, number) => Ok(dir),
        (None, Some(number)) => Err(Failure::Usage(format!("{} has no attempt {number}", sim.name))),
        (None, None) => {
            let reason = sim.reason(limits);
            let why = if reason.is_empty() { sim.status.word() } else { reason.as_str() };
            Err(Failure::Refused(format!("{} has not started yet: {why}", sim.name)))
        }
    }
}

/// The directory of an older attempt that is left out of the view: beside that of the newest one.
fn left_out(sim: &SimView, number: u32) -> Option<AttemptDir> {
    let beside = sim.latest().filter(|_| sim.left_out.attempts > 0)?.dir.parent()?;
    Some(SimulationDir::new(beside).attempt(number)).filter(|attempt| attempt.path().is_dir())
}

fn print(
    path: &Path,
    dir: &AttemptDir,
    simulation: &SimulationDir,
    follow: Option<&Executor>,
    output: &mut Output,
) -> Result<(), Failure> {
    let reading = || Failure::io(format!("could not read {}", path.display()));
    let mut log = LogFile::open(path).map_err(reading())?;
    if !log.exists() && follow.is_none() {
        return Err(Failure::Refused(format!("there is no {}", path.display())));
    }
    let mut offset = 0;
    loop {
        // Asked before the log is read: what was written before the end is then read below.
        let ended = follow.is_none_or(|executor| has_ended(dir, simulation, executor));
        let change = log.refresh().map_err(reading())?;
        if change.is_reset() {
            offset = 0;
        }
        if let Some(event) = change.event() {
            // What was printed before is not in the file any more; what is printed next is all that is.
            output::complain(&Safe::line(&format!("{} {event}", path.display())));
        }
        loop {
            let lines = log.lines_from(offset, WINDOW).map_err(reading())?;
            let Some(last) = lines.last() else { break };
            // A last line without its newline may still grow.
            let whole = ended || last.whole;
            let shown = if whole { lines.as_slice() } else { &lines[..lines.len() - 1] };
            for line in shown {
                output.line(&line.text())?;
                offset = line.end;
            }
            if !whole || lines.len() < WINDOW {
                break;
            }
        }
        output.flush()?;
        if ended {
            return Ok(());
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Whether nothing more can come: it lives no longer, or a newer attempt has taken its place.
fn has_ended(dir: &AttemptDir, simulation: &SimulationDir, executor: &Executor) -> bool {
    let superseded = attempts::newest(simulation).is_some_and(|newest| simulation.attempt(newest) != *dir);
    superseded || !attempts::number(dir).is_some_and(|number| executor.presence_at(simulation, number).is_live())
}
