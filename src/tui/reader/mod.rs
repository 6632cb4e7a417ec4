//! The thread that reads files for the dashboard.
//!
//! Files are looked at once a second while they may change, and more seldom where the system gives hints about all that is shown;
//! each hint makes the next look sooner. Hints alone would not do: network file systems give none, and a hint may be lost. All work is done in steps of a bounded number of
//! bytes, and a new wish is looked for between two steps, so neither a huge file nor a long search delays a key. Tables of results are
//! made of files of all simulations, by a thread of their own ([`results`]).

mod attempt;
mod beside;
mod columns;
mod copying;
pub(super) mod dumps;
mod failure;
mod filtered;
mod folded;
mod grep;
mod hints;
mod history;
mod lines;
mod orders;
mod outputs;
pub(super) mod results;
mod saving;
mod seek;
mod tally;
mod tick;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender as Readings;

use super::reading::{Keep, LogText, PolledReading, ReadSheet, Reading, Want};
use crate::failpoint::point;
use crate::text::Safe;
use attempt::AttemptReader;
use columns::ColumnsReader;
use grep::GrepReader;
use hints::Hints;
use lines::LogReader;
use orders::{Came, Orders, Sender};
use results::ResultsReader;

/// Looks at files that may change are this far apart.
const LIVE: Duration = Duration::from_secs(1);
/// The same where the system tells when they do.
const LIVE_AND_HINTED: Duration = Duration::from_secs(5);
/// Files of an attempt that has ended change only if somebody removes or edits them.
const ENDED: Duration = Duration::from_secs(10);
/// Looks because of hints are this far apart at least: a fast writer gives thousands a second.
const HINTED: Duration = Duration::from_millis(100);

/// The thread's other end. The thread ends when this is dropped; nobody waits for it, since a file may never answer.
#[derive(Debug)]
pub(super) struct Reader {
    orders: Sender,
    debt: Arc<Debt>,
    results: ResultsReader,
    greps: GrepReader,
    readings: Readings<Reading>,
}

/// Since when the thread has owed an answer. One that a disk does not let go is known by this.
#[derive(Debug, Default)]
struct Debt(Mutex<Option<Instant>>);

impl Debt {
    fn begin(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
    }

    fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Reader {
    /// Starts the thread, and that of the results, whose experiment file `sheets` reads.
    pub(super) fn start(readings: Readings<Reading>, sheets: ReadSheet) -> io::Result<Self> {
        let results = ResultsReader::start(readings.clone(), sheets)?;
        let greps = GrepReader::new(readings.clone());
        let (orders, received) = orders::channel()?;
        let debt = Arc::<Debt>::default();
        let worker = Worker::new(readings.clone(), Arc::clone(&debt));
        std::thread::Builder::new().name("file-reader".to_owned()).spawn(move || worker.run(&received))?;
        Ok(Self { orders, debt, results, greps, readings })
    }

    /// Since when the thread has owed an answer, if it does.
    pub(super) fn owes_since(&self) -> Option<Instant> {
        *self.debt.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what is wanted from now on.
    pub(super) fn want(&self, mut want: Want) {
        self.results.want(want.results.take());
        self.greps.want(want.grep.take());
        self.debt.begin();
        self.orders.send(Box::new(want));
    }
}

impl Reader {
    /// Has a file written that somebody asked for in the Results tab.
    pub(super) fn keep(&self, keep: Keep) {
        self.results.keep(keep);
    }

    /// Has a log written into a file.
    pub(super) fn save_log(&self, log: LogText, to: &Path) {
        saving::save(&self.readings, log, to);
    }
}

struct Worker {
    readings: Readings<Reading>,
    hints: Hints,
    /// What was told of the hints last.
    polled: Option<Safe>,
    debt: Arc<Debt>,
    want: Want,
    log: Option<LogReader>,
    attempt: Option<AttemptReader>,
    columns: Option<ColumnsReader>,
}

/// Whether a step has left something to do at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    More,
    Idle,
}

/// The dashboard is gone.
#[derive(Debug)]
struct Closed;

impl Worker {
    fn new(readings: Readings<Reading>, debt: Arc<Debt>) -> Self {
        let want = Want::default();
        Self { readings, hints: Hints::new(), polled: None, debt, want, log: None, attempt: None, columns: None }
    }

    fn run(mut self, orders: &Orders) {
        let mut progress = Progress::Idle;
        let mut last_look = Instant::now();
        let mut hint = false;
        loop {
            let came = orders.wait(self.patience(progress, last_look, hint), self.hints.as_fd());
            self.debt.begin();
            match came {
                Came::Want(want) => self.change(*want),
                Came::Hint => {
                    hint |= self.hints.take();
                    if !hint || last_look.elapsed() < HINTED {
                        self.debt.end();
                        continue;
                    }
                }
                Came::Time => {}
                Came::End => return,
            }
            hint = false;
            last_look = Instant::now();
            progress = match self.step() {
                Ok(progress) => progress,
                Err(Closed) => return,
            };
            self.debt.end();
        }
    }

    /// How long to wait for an order before looking again.
    fn patience(&self, progress: Progress, last_look: Instant, hint: bool) -> Option<Duration> {
        if progress == Progress::More {
            return Some(Duration::ZERO);
        }
        let others_live = self.want.columns.iter().any(|want| want.targets().any(|target| target.outcome.is_none()))
            || self.want.stats.iter().any(|want| want.beside.iter().any(|one| one.outcome.is_none()));
        if self.want.attempt.is_none() && !self.want.live && !others_live {
            return None;
        }
        let pause = match (hint, self.want.live, others_live) {
            (true, _, _) => HINTED,
            (false, true, false) if self.is_hinted() => LIVE_AND_HINTED,
            (false, true, _) | (false, _, true) => LIVE,
            (false, false, false) => ENDED,
        };
        Some(pause.saturating_sub(last_look.elapsed()).max(Duration::from_millis(1)))
    }

    /// Whether the system tells of every change of what is shown of the attempt.
    fn is_hinted(&self) -> bool {
        let stats = self.want.stats.as_ref().and(self.attempt.as_ref()).map(|attempt| attempt.outputs().stats());
        let log = self.want.log.as_ref().map(|log| log.path.as_path());
        // Records and files in folders are no hint's.
        !self.want.info && !self.want.files && self.hints.tell_of(log.into_iter().chain(stats.as_deref()))
    }

    /// Takes a new wish, and keeps what was read for the one before if it is about the same files.
    fn change(&mut self, want: Want) {
        match &want.log {
            Some(wanted) if self.log.as_ref().is_some_and(|log| log.path() == wanted.path) => {}
            Some(wanted) => self.log = Some(LogReader::new(&wanted.path)),
            None => self.log = None,
        }
        if want.attempt != self.want.attempt {
            self.attempt = want.attempt.as_deref().map(AttemptReader::new);
            self.hints.watch(want.attempt.as_deref());
            self.polled = None;
        }
        match (&want.columns, &mut self.columns) {
            (Some(wanted), Some(columns)) => columns.want(wanted),
            (Some(wanted), None) => self.columns = Some(ColumnsReader::new(wanted)),
            (None, _) => self.columns = None,
        }
        if let (Some(log), Some(wanted)) = (&mut self.log, &want.log) {
            log.want(wanted);
        }
        if let Some(attempt) = &mut self.attempt {
            attempt.want(&want);
        }
        self.want = want;
    }

    fn step(&mut self) -> Result<Progress, Closed> {
        // A disk that does not answer holds this thread, and nothing else.
        _ = point("reader.step", self.want.attempt.as_deref().unwrap_or(Path::new("")));
        let mut progress = Progress::Idle;
        self.tell_of_hints()?;
        if let (Some(log), Some(wanted)) = (&mut self.log, &self.want.log) {
            progress = log.step(wanted, self.attempt.as_ref().map(AttemptReader::outputs), &self.readings)?;
        }
        if let Some(attempt) = &mut self.attempt
            && attempt.step(&self.want, &self.readings)? == Progress::More
        {
            progress = Progress::More;
        }
        // What is read for the shown attempt comes first; the columns take what is left.
        if let (Progress::Idle, Some(columns)) = (progress, &mut self.columns) {
            progress = columns.step(&self.readings)?;
        }
        Ok(progress)
    }

    /// Says why files are looked at by the clock alone, once for each attempt.
    fn tell_of_hints(&mut self) -> Result<(), Closed> {
        let polled = self.hints.ask();
        if let (Some(why), Some(attempt)) = (polled, &self.want.attempt)
            && self.polled.as_ref() != Some(why)
        {
            self.polled = Some(why.clone());
            send(&self.readings, Reading::Polled(PolledReading { attempt: attempt.clone(), why: why.clone() }))?;
        }
        Ok(())
    }
}

/// Hands a reading over.
fn send(readings: &Readings<Reading>, reading: Reading) -> Result<(), Closed> {
    readings.blocking_send(reading).map_err(|_gone| Closed)
}
