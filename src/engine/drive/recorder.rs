//! The thread that performs what may block: signals to process trees and small records, in the order decided.
//!
//! What the disk does not take is kept and written when it can be; a signal does not wait for that. Whom it reaches is the
//! executor's business.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use super::plan_record::PlanRecord;
use crate::engine::executor::{Executor, NotSignalled};
use crate::engine::state::TreeSignal;
use crate::protocol::Step;
use crate::rundir::atomic::RecordError;
use crate::rundir::fault::passes_in_ours;
use crate::rundir::record::{Cancelled, Controls, FORMAT, Moment, Retry, Stop, StopReason};
use crate::rundir::rewrite::rewrite_json;
use crate::rundir::{AttemptDir, ExperimentDir, SimulationDir, atomic, beneath};

/// One piece of work.
#[derive(Debug)]
pub(super) enum Work {
    /// An attempt has ended: that it could not be signalled means nothing any more.
    Over(AttemptDir),
    /// Write `stop.json`, with the moment at which that was decided.
    RecordStop(AttemptDir, StopReason, Moment),
    /// Send a signal to an attempt's tree.
    Signal(AttemptDir, TreeSignal),
    /// Note in `stop.json` that the first signal was sent.
    RecordSignalled(AttemptDir),
    /// Take an attempt back from a batch system.
    Withdraw(AttemptDir),
    /// Write `cancelled.json`.
    RecordCancelled(SimulationDir),
    /// Write `retry.json`, and remove `cancelled.json`, which is ours. With the number of the newest attempt.
    RecordRetry(SimulationDir, u32),
    /// Remove `retry.json`, which is ours.
    ForgetRetry(SimulationDir),
    /// Write `controls.json`.
    RecordControls(ExperimentDir, Controls),
    /// Write `experiment.json`, which the disk did not take when the engine began.
    RecordPlan(Arc<PlanRecord>),
}

/// The way to the thread. It ends when this is dropped, after the work that was given.
#[derive(Debug)]
pub(super) struct Recorder {
    work: Option<mpsc::Sender<Work>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// Between two tries to write what could not be written.
const TRY_AGAIN: Duration = Duration::from_secs(2);

impl Recorder {
    /// Starts the thread. `tell` is called with a sentence for people when something could not be done, and with none
    /// when it can be done again.
    pub(super) fn start(
        executor: Arc<Executor>,
        tell: impl Fn(Option<String>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (work, receiver) = mpsc::channel();
        let run = move || {
            let mut backlog = Backlog { unwritten: VecDeque::new(), told: false, unsignalled: None, executor };
            loop {
                let patience = if backlog.unwritten.is_empty() { Duration::MAX } else { TRY_AGAIN };
                match receiver.recv_timeout(patience) {
                    Ok(work) => backlog.take(work, &tell),
                    Err(mpsc::RecvTimeoutError::Timeout) => backlog.try_again(&tell),
                    Err(mpsc::RecvTimeoutError::Disconnected) => return backlog.try_again(&tell),
                }
            }
        };
        let thread = thread::Builder::new().name("recorder".to_owned()).spawn(run)?;
        Ok(Self { work: Some(work), thread: Some(thread) })
    }

    /// Gives work to the thread.
    pub(super) fn give(&self, work: Work) {
        if let Some(sender) = &self.work {
            // The thread ends only when this sender does.
            _ = sender.send(work);
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        drop(self.work.take());
        if let Some(thread) = self.thread.take() {
            // A panic there was told already by the panic hook.
            _ = thread.join();
        }
    }
}

/// Why something could not be done.
struct Complaint {
    /// A sentence for people.
    text: String,
    /// Whether the machine was at fault, such as its full disk.
    may_pass: bool,
}

impl From<NotSignalled> for Complaint {
    fn from(error: NotSignalled) -> Self {
        Self { text: error.to_string(), may_pass: false }
    }
}

/// What could not be done yet.
struct Backlog {
    /// Records that the disk did not take, in their order. A signal is never here: it is for now or for nothing.
    unwritten: VecDeque<Work>,
    told: bool,
    /// The attempt that could not be signalled, if that was the last complaint: it means nothing when that has ended.
    unsignalled: Option<PathBuf>,
    executor: Arc<Executor>,
}

impl Backlog {
    fn take(&mut self, work: Work, tell: &impl Fn(Option<String>)) {
        // Behind what could not be written, so that the last word about one record is the one that stays.
        if work.is_record() && !self.unwritten.is_empty() {
            self.unwritten.push_back(work);
            return self.try_again(tell);
        }
        if let Err(complaint) = perform(&work, &self.executor) {
            let may_pass = complaint.may_pass;
            self.complain(complaint, tell);
            self.unsignalled = work.signalled().map(Path::to_owned);
            if may_pass && work.is_record() {
                self.unwritten.push_back(work);
            }
            return;
        }
        if self.unwritten.is_empty() && self.is_over(&work) {
            self.recover(tell);
        }
        if let Work::Signal(dir, TreeSignal::Ladder(Step::Interrupt)) = work {
            // Behind the record of the stop, which may not be written yet.
            self.take(Work::RecordSignalled(dir), tell);
        }
    }

    /// Whether the last complaint is over with this work. That somebody came or went says nothing of what could not be done,
    /// unless it is who could not be signalled.
    fn is_over(&self, work: &Work) -> bool {
        match work {
            Work::Over(dir) => self.unsignalled.as_deref() == Some(dir.path()),
            _ => true,
        }
    }

    /// Writes what can be written by now.
    fn try_again(&mut self, tell: &impl Fn(Option<String>)) {
        while let Some(work) = self.unwritten.front() {
            if let Err(complaint) = perform(work, &self.executor) {
                let may_pass = complaint.may_pass;
                self.complain(complaint, tell);
                if may_pass {
                    return;
                }
            }
            self.unwritten.pop_front();
        }
        self.recover(tell);
    }

    fn complain(&mut self, Complaint { text, .. }: Complaint, tell: &impl Fn(Option<String>)) {
        if !std::mem::replace(&mut self.told, true) {
            tracing::warn!("{text}");
        }
        tell(Some(text));
    }

    fn recover(&mut self, tell: &impl Fn(Option<String>)) {
        if std::mem::take(&mut self.told) {
            tell(None);
        }
    }
}

impl Work {
    /// Whether it writes a record, which is as true later as it is now.
    fn is_record(&self) -> bool {
        !matches!(self, Self::Signal(..) | Self::Withdraw(_) | Self::Over(_))
    }

    /// Whose tree it signals.
    fn signalled(&self) -> Option<&Path> {
        match self {
            Self::Signal(dir, _) => Some(dir.path()),
            _ => None,
        }
    }
}

fn perform(work: &Work, executor: &Executor) -> Result<(), Complaint> {
    let writing = |path: PathBuf| {
        move |error: std::io::Error| Complaint {
            text: format!("could not write {}: {error}", path.display()),
            may_pass: passes_in_ours(&error),
        }
    };
    match work {
        Work::Over(_) => Ok(()),
        Work::RecordStop(dir, reason, at) => {
            let stop = Stop { format: FORMAT, reason: *reason, at: *at, signalled: false };
            // Not there is told by the write; a link in its place must not be written through.
            let entered = beneath::has_attempt(dir);
            entered.and_then(|_| atomic::write_json(&dir.stop(), &stop)).map_err(writing(dir.stop()))
        }
        Work::Signal(dir, signal) => Ok(executor.signal(dir, *signal)?),
        Work::RecordSignalled(dir) => record_signalled(dir).map_err(writing(dir.stop())),
        Work::Withdraw(dir) => Ok(executor.withdraw(dir)?),
        Work::RecordCancelled(dir) => {
            let made = beneath::make_simulation(dir);
            let record = Cancelled { format: FORMAT, at: Moment::now() };
            made.and_then(|()| atomic::write_json(&dir.cancelled(), &record)).map_err(writing(dir.cancelled()))
        }
        Work::RecordRetry(dir, after) => {
            let record = Retry { format: FORMAT, at: Moment::now(), after: *after };
            let made = beneath::make_simulation(dir);
            made.and_then(|()| atomic::write_json(&dir.retry(), &record)).map_err(writing(dir.retry()))?;
            forget_cancelled(dir).map_err(writing(dir.cancelled()))
        }
        Work::ForgetRetry(dir) => forget(dir, &dir.retry()).map_err(writing(dir.retry())),
        Work::RecordControls(dir, controls) => rewrite_json(&dir.controls(), controls).map_err(writing(dir.controls())),
        Work::RecordPlan(record) => record.write_rest().map_err(writing(record.path())),
    }
}

/// Removes `cancelled.json` if it is there.
pub(super) fn forget_cancelled(dir: &SimulationDir) -> std::io::Result<()> {
    forget(dir, &dir.cancelled())
}

/// Removes a record of the simulation if it is there. What is behind a link is not ours.
fn forget(dir: &SimulationDir, record: &Path) -> std::io::Result<()> {
    if !beneath::has_simulation(dir).unwrap_or(false) {
        return Ok(());
    }
    match std::fs::remove_file(record) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Notes in `stop.json` that the first signal was sent.
fn record_signalled(dir: &AttemptDir) -> std::io::Result<()> {
    let stop = match atomic::read_json::<Stop>(&dir.stop()) {
        Ok(Some(stop)) => stop,
        Err(error @ RecordError::Read { .. }) => return Err(error.into()),
        // Nobody wrote one, or not for us to change.
        Ok(None) | Err(_) => return Ok(()),
    };
    beneath::has_attempt(dir)?;
    rewrite_json(&dir.stop(), &Stop { signalled: true, ..stop })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::Takeovers;

    #[test]
    fn a_stop_that_comes_to_the_disk_after_its_signal_still_says_that_the_signal_was_sent() {
        let place = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(place.path()).simulation("a").attempt(1);
        std::fs::create_dir_all(dir.path()).unwrap();
        let executor = Arc::new(Executor::local(Takeovers::default()));
        let waits = Work::RecordStop(dir.clone(), StopReason::Cancelled, Moment::now());
        let mut backlog = Backlog { unwritten: [waits].into(), told: true, unsignalled: None, executor };
        backlog.take(Work::RecordSignalled(dir.clone()), &|_| {});
        let stop = atomic::read_json::<Stop>(&dir.stop()).unwrap().unwrap();
        assert!(stop.signalled && backlog.unwritten.is_empty());
    }
}
