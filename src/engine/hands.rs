//! The thread that performs what may block: signals to process trees and small records, in the order decided.
//!
//! Whom a signal reaches stands in `started.json`. It is also remembered, because a record that somebody has damaged since
//! must not keep a person from a cancel.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use nix::sys::signal::Signal;

use crate::engine::life::Stage;
use crate::engine::state::TreeSignal;
use crate::rundir::record::{Cancelled, Controls, DumpRequest, FORMAT, Moment, Retry, Started, Stop, StopReason};
use crate::rundir::{AttemptDir, ExperimentDir, SimulationDir, atomic, attempts};
use crate::spawn::identity::{self, Alive};
use crate::spawn::tree::{self, Root};

/// One piece of work.
#[derive(Debug)]
pub enum Work {
    /// Remember who runs.
    Meet(AttemptDir),
    /// Forget who ran.
    Part(AttemptDir),
    /// Write `stop.json`.
    RecordStop(AttemptDir, StopReason),
    /// Send a signal to an attempt's tree.
    Signal(AttemptDir, TreeSignal),
    /// Write `cancelled.json`.
    RecordCancelled(SimulationDir),
    /// Write `retry.json`, and remove `cancelled.json`, which is ours. With the number of the newest attempt.
    RecordRetry(SimulationDir, u32),
    /// Write `controls.json`.
    RecordControls(ExperimentDir, Controls),
}

/// The way to the thread. It ends when this is dropped, after the work that was given.
#[derive(Debug)]
pub struct Hands {
    work: Option<mpsc::Sender<Work>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Hands {
    /// Starts the thread. `tell` is called with a sentence for people when something could not be done, and with none
    /// when it can be done again.
    pub fn start(tell: impl Fn(Option<String>) + Send + 'static) -> std::io::Result<Self> {
        let (work, receiver) = mpsc::channel();
        let run = move || {
            let mut told = false;
            let mut met = Met::new();
            for work in receiver {
                match perform(work, &mut met) {
                    Err(complaint) => {
                        tracing::warn!("{complaint}");
                        tell(Some(complaint));
                        told = true;
                    }
                    Ok(()) if std::mem::take(&mut told) => tell(None),
                    Ok(()) => {}
                }
            }
        };
        let thread = thread::Builder::new().name("hands".to_owned()).spawn(run)?;
        Ok(Self { work: Some(work), thread: Some(thread) })
    }

    /// Gives work to the thread.
    pub fn give(&self, work: Work) {
        if let Some(sender) = &self.work {
            // The thread ends only when this sender does.
            _ = sender.send(work);
        }
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        drop(self.work.take());
        if let Some(thread) = self.thread.take() {
            // A panic there was told already by the panic hook.
            _ = thread.join();
        }
    }
}

/// Who runs, by the directory of the attempt.
type Met = HashMap<PathBuf, Started>;

fn perform(work: Work, met: &mut Met) -> Result<(), String> {
    let writing = |path: PathBuf| move |error| format!("could not write {}: {error}", path.display());
    match work {
        Work::Meet(dir) => {
            // Who cannot be read now is asked for again when there is a signal to send.
            let started = atomic::read_json(&dir.started()).ok().flatten();
            met.extend(started.map(|started| (dir.path().to_owned(), started)));
            Ok(())
        }
        Work::Part(dir) => {
            met.remove(dir.path());
            Ok(())
        }
        Work::RecordStop(dir, reason) => {
            let stop = Stop { format: FORMAT, reason, at: Moment::now(), signalled: false };
            atomic::write_json(&dir.stop(), &stop).map_err(writing(dir.stop()))
        }
        Work::Signal(dir, signal) => {
            send(&dir, signal, met)?;
            if matches!(signal, TreeSignal::Ladder(Stage::Interrupt)) { record_signalled(&dir) } else { Ok(()) }
        }
        Work::RecordCancelled(dir) => {
            let made = std::fs::create_dir_all(dir.path());
            let record = Cancelled { format: FORMAT, at: Moment::now() };
            made.and_then(|()| atomic::write_json(&dir.cancelled(), &record)).map_err(writing(dir.cancelled()))
        }
        Work::RecordRetry(dir, after) => {
            let record = Retry { format: FORMAT, at: Moment::now(), after };
            let made = std::fs::create_dir_all(dir.path());
            made.and_then(|()| atomic::write_json(&dir.retry(), &record)).map_err(writing(dir.retry()))?;
            forget_cancelled(&dir).map_err(|error| format!("could not remove {}: {error}", dir.cancelled().display()))
        }
        Work::RecordControls(dir, controls) => {
            atomic::write_json(&dir.controls(), &controls).map_err(writing(dir.controls()))
        }
    }
}

/// Removes `cancelled.json` if it is there.
pub fn forget_cancelled(dir: &SimulationDir) -> std::io::Result<()> {
    match std::fs::remove_file(dir.cancelled()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn send(dir: &AttemptDir, signal: TreeSignal, met: &Met) -> Result<(), String> {
    let started: Started = match (atomic::read_json(&dir.started()), met.get(dir.path())) {
        (Ok(Some(started)), _) => started,
        (_, Some(started)) => started.clone(),
        (Ok(None), None) => return Err(format!("{} is missing, so nothing can be signalled", dir.started().display())),
        (Err(error), None) => return Err(error.to_string()),
    };
    // A simulation that has outlived its shim is the root of what is left of its tree.
    let root = match identity::is_alive(&started.shim) {
        Alive::Yes => Root::Shim(&started.shim),
        Alive::No | Alive::Unknown => Root::Unheld(&started.gem5),
    };
    let result = match signal {
        TreeSignal::DumpStats => return dump_stats(dir, &started),
        TreeSignal::PollStats => {
            // Nobody waits for this one; a gem5 that never listens would complain for ever.
            return dump_stats(dir, &started).or_else(|why| {
                tracing::info!("{why}");
                Ok(())
            });
        }
        TreeSignal::Stop => tree::stop_tree(root),
        TreeSignal::Continue => tree::continue_tree(root),
        TreeSignal::Ladder(stage) => tree::signal_tree(root, ladder_signal(stage)),
    };
    result.map(drop).map_err(|error| format!("could not signal process {}: {error}", started.gem5.pid))
}

/// Asks gem5 for a dump. The signal kills a process that does not listen for it, so that is looked up first; and the
/// request is on disk before it is made, because the dump will stand among those that the script makes.
fn dump_stats(dir: &AttemptDir, started: &Started) -> Result<(), String> {
    let name = dir.path().parent().and_then(Path::file_name).map_or_else(String::new, |n| n.to_string_lossy().into());
    match identity::catches(&started.gem5, Signal::SIGUSR1) {
        Ok(true) => {}
        Ok(false) => return Err(format!("{name} does not listen for SIGUSR1, so it was not asked for stats")),
        Err(error) => return Err(format!("{name} was not asked for stats: {error}")),
    }
    let stats_bytes = std::fs::metadata(attempts::open(dir.path()).stats()).map_or(0, |meta| meta.len());
    let path = dir.requested_dumps();
    let request = DumpRequest { at: Moment::now(), stats_bytes };
    atomic::append_line(&path, &request).map_err(|error| format!("could not write {}: {error}", path.display()))?;
    identity::send(&started.gem5, Signal::SIGUSR1).map_err(|error| format!("{name} was not asked for stats: {error}"))
}

/// Notes in `stop.json` that the first signal was sent.
fn record_signalled(dir: &AttemptDir) -> Result<(), String> {
    let Ok(Some(stop)) = atomic::read_json::<Stop>(&dir.stop()) else { return Ok(()) };
    let path = dir.stop();
    atomic::write_json(&path, &Stop { signalled: true, ..stop })
        .map_err(|error| format!("could not write {}: {error}", path.display()))
}

fn ladder_signal(stage: Stage) -> Signal {
    match stage {
        Stage::Interrupt => Signal::SIGINT,
        Stage::Terminate => Signal::SIGTERM,
        Stage::Kill => Signal::SIGKILL,
    }
}
