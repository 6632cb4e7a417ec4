//! The thread that reads files for the dashboard.
//!
//! Files are looked at once a second while they may change; the system's hints about changed files only make that
//! sooner. Hints alone would not do: network file systems give none. All work is done in steps of a bounded number of
//! bytes, and a new wish is looked for between two steps, so neither a huge file nor a long search delays a key.

mod attempt;
mod columns;
mod failure;
mod log;
pub(super) mod stats;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use notify::{RecursiveMode, Watcher as _};
use tokio::sync::mpsc::Sender as Readings;

use super::reading::{Reading, Want};
use attempt::AttemptReader;
use columns::ColumnsReader;
use log::LogReader;

/// Looks at files that may change are this far apart.
const LIVE: Duration = Duration::from_secs(1);
/// Files of an attempt that has ended change only if somebody removes or edits them.
const ENDED: Duration = Duration::from_secs(10);
/// Looks because of hints are this far apart at least: a fast writer gives thousands a second.
const HINTED: Duration = Duration::from_millis(100);

/// The thread's other end. The thread ends when this is dropped; nobody waits for it, since a file may never answer.
#[derive(Debug)]
pub(super) struct Reader {
    orders: Sender<Order>,
}

enum Order {
    Want(Box<Want>),
    Hint,
}

impl Reader {
    /// Starts the thread.
    pub(super) fn start(readings: Readings<Reading>) -> io::Result<Self> {
        let (orders, received) = channel();
        let hints = orders.clone();
        std::thread::Builder::new()
            .name("file-reader".to_owned())
            .spawn(move || Worker::new(readings, hints).run(&received))?;
        Ok(Self { orders })
    }

    /// Says what is wanted from now on.
    pub(super) fn want(&self, want: Want) {
        // The thread is gone only if it panicked; the hook has told about that.
        _ = self.orders.send(Order::Want(Box::new(want)));
    }
}

struct Worker {
    readings: Readings<Reading>,
    hints: Sender<Order>,
    /// Whether a hint is on its way already.
    hinted: Arc<AtomicBool>,
    want: Want,
    log: Option<LogReader>,
    attempt: Option<AttemptReader>,
    columns: Option<ColumnsReader>,
    watcher: Option<(PathBuf, notify::RecommendedWatcher)>,
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
    fn new(readings: Readings<Reading>, hints: Sender<Order>) -> Self {
        let hinted = Arc::new(AtomicBool::new(false));
        Self { readings, hints, hinted, want: Want::default(), log: None, attempt: None, columns: None, watcher: None }
    }

    fn run(mut self, orders: &Receiver<Order>) {
        let mut progress = Progress::Idle;
        let mut last_look = Instant::now();
        let mut hint = false;
        loop {
            let order = match self.patience(progress, last_look, hint) {
                Some(Duration::ZERO) => match orders.try_recv() {
                    Ok(order) => Some(order),
                    Err(TryRecvError::Empty) => None,
                    Err(TryRecvError::Disconnected) => return,
                },
                Some(patience) => match orders.recv_timeout(patience) {
                    Ok(order) => Some(order),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return,
                },
                None => match orders.recv() {
                    Ok(order) => Some(order),
                    Err(_) => return,
                },
            };
            match order {
                Some(Order::Want(want)) => {
                    // Only the last of several wishes counts.
                    let mut newest = want;
                    while let Ok(order) = orders.try_recv() {
                        match order {
                            Order::Want(want) => newest = want,
                            Order::Hint => self.hinted.store(false, Ordering::SeqCst),
                        }
                    }
                    self.change(*newest);
                }
                Some(Order::Hint) => {
                    hint = true;
                    if last_look.elapsed() < HINTED {
                        continue;
                    }
                }
                None => {}
            }
            if hint {
                hint = false;
                self.hinted.store(false, Ordering::SeqCst);
            }
            last_look = Instant::now();
            progress = match self.step() {
                Ok(progress) => progress,
                Err(Closed) => return,
            };
        }
    }

    /// How long to wait for an order before looking again.
    fn patience(&self, progress: Progress, last_look: Instant, hint: bool) -> Option<Duration> {
        if progress == Progress::More {
            return Some(Duration::ZERO);
        }
        let live = self.want.live || self.want.columns.iter().any(|want| want.targets.iter().any(|target| target.live));
        if self.want.attempt.is_none() && !live {
            return None;
        }
        let pause = match (hint, live) {
            (true, _) => HINTED,
            (false, true) => LIVE,
            (false, false) => ENDED,
        };
        Some(pause.saturating_sub(last_look.elapsed()).max(Duration::from_millis(1)))
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
            self.watch(want.attempt.as_deref());
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
        let mut progress = Progress::Idle;
        if let (Some(log), Some(wanted)) = (&mut self.log, &self.want.log) {
            progress = log.step(wanted, self.attempt.as_ref().map(AttemptReader::dir), &self.readings)?;
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

    /// Asks the system for hints about gem5's output directory. Without hints there is the clock.
    fn watch(&mut self, attempt: Option<&Path>) {
        let Some(dir) = attempt.map(|attempt| attempt.join("m5out")) else {
            self.watcher = None;
            return;
        };
        let (hints, hinted) = (self.hints.clone(), Arc::clone(&self.hinted));
        let watcher = notify::recommended_watcher(move |_: notify::Result<notify::Event>| {
            if !hinted.swap(true, Ordering::SeqCst) {
                // The thread may have ended before its watcher.
                _ = hints.send(Order::Hint);
            }
        });
        self.watcher = watcher.ok().and_then(|mut watcher| {
            watcher.watch(&dir, RecursiveMode::NonRecursive).ok()?;
            Some((dir, watcher))
        });
    }
}

/// Hands a reading over.
fn send(readings: &Readings<Reading>, reading: Reading) -> Result<(), Closed> {
    readings.blocking_send(reading).map_err(|_gone| Closed)
}
