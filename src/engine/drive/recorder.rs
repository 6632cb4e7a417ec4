//! The thread that writes the small records, and says when what was decided is on disk.
//!
//! What is decided at once for many is made to last at once ([`asked`]), and recorded one by one afterwards, while nothing
//! newer comes. So an answer waits for one write to the disk and not for thousands, and so do the signals that stand behind a
//! record. What the disk does not take is kept and written when it can be; no signal waits for that.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::records::{Record, Unwritten};
use crate::protocol::Reply;
use crate::rundir::{ExperimentDir, asked};

/// Between two tries to write what could not be written.
const TRY_AGAIN: Duration = Duration::from_secs(2);

/// How long an engine that ends goes on with records that are on disk in one piece already: the next one writes the rest.
const FINISH_WITHIN: Duration = Duration::from_secs(5);

/// An answer that waits until what it says is on disk.
#[derive(Debug)]
pub(super) struct Answer {
    /// The client.
    pub client: u64,
    /// The client's own number of the request.
    pub id: u64,
    /// What it is told.
    pub reply: Reply,
}

/// What was decided at once.
#[derive(Debug)]
pub(super) struct Batch {
    /// What is to be recorded.
    pub records: Vec<Record>,
    /// Who is told when it is.
    pub answers: Vec<Answer>,
}

/// What waits for a record opens when that is on disk, or cannot be written now.
#[derive(Debug, Default)]
pub(super) struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn open(&self) {
        *self.is_open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.opened.notify_all();
    }

    /// Waits until it opens, but not beyond `deadline`.
    pub(super) fn wait_until(&self, deadline: Instant) {
        let is_open = self.is_open.lock().unwrap_or_else(PoisonError::into_inner);
        let patience = deadline.saturating_duration_since(Instant::now());
        drop(self.opened.wait_timeout_while(is_open, patience, |is_open| !*is_open));
    }
}

enum Order {
    Record(Batch, Arc<Gate>),
    Flush(oneshot::Sender<()>),
}

/// The way to the thread. It ends when this is dropped, after what was given.
#[derive(Debug)]
pub(super) struct Recorder {
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Recorder {
    /// Starts the thread of an engine that has the whole experiment, or with `shares` a shard, with what an engine before has not come to record. `tell` is called with a sentence for people when
    /// something could not be written, and with none when it can be again; answers come through `answers`.
    pub(super) fn start(
        outdir: ExperimentDir,
        shares: bool,
        rest: Vec<Record>,
        answers: UnboundedSender<Vec<Answer>>,
        tell: impl Fn(Option<String>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (orders, receiver) = mpsc::channel();
        let is_asked = outdir.asked().exists();
        let backlog = Backlog { outdir, shares, pending: rest.into(), is_asked, failed: None, told: false, tell };
        let thread =
            thread::Builder::new().name("recorder".to_owned()).spawn(move || run(&receiver, backlog, &answers))?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    /// Has it recorded. The gate opens when that is done.
    pub(super) fn give(&self, batch: Batch) -> Arc<Gate> {
        let gate = Arc::new(Gate::default());
        self.order(Order::Record(batch, Arc::clone(&gate)));
        gate
    }

    /// Says when all that was given so far is on disk.
    pub(super) fn flush(&self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.order(Order::Flush(sender));
        receiver
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // The thread ends only when this sender does.
            _ = orders.send(order);
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(thread) = self.thread.take() {
            // A panic there was told already by the panic hook.
            _ = thread.join();
        }
    }
}

fn run<T: Fn(Option<String>)>(
    orders: &mpsc::Receiver<Order>,
    mut backlog: Backlog<T>,
    answers: &UnboundedSender<Vec<Answer>>,
) {
    loop {
        let order = match backlog.patience() {
            // What is new goes first.
            Some(Duration::ZERO) => match orders.try_recv() {
                Err(mpsc::TryRecvError::Empty) => {
                    backlog.go_on();
                    continue;
                }
                Ok(order) => order,
                Err(mpsc::TryRecvError::Disconnected) => return backlog.finish(),
            },
            patience => match orders.recv_timeout(patience.unwrap_or(Duration::MAX)) {
                Err(mpsc::RecvTimeoutError::Timeout) => continue,
                Ok(order) => order,
                Err(mpsc::RecvTimeoutError::Disconnected) => return backlog.finish(),
            },
        };
        // All that has come by now is written at once.
        let (mut records, mut waiting, mut gates, mut flushed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for order in std::iter::once(order).chain(orders.try_iter()) {
            match order {
                Order::Record(batch, gate) => {
                    records.extend(batch.records);
                    waiting.extend(batch.answers);
                    gates.push(gate);
                }
                Order::Flush(sender) => flushed.push(sender),
            }
        }
        let unwritten = backlog.take(records);
        for gate in gates {
            gate.open();
        }
        if let Some(why) = unwritten {
            for answer in &mut waiting {
                qualify(&mut answer.reply, &why);
            }
        }
        // Nobody waits for an engine that ends.
        _ = answers.send(waiting);
        for sender in flushed {
            _ = sender.send(());
        }
    }
}

/// Says that what was done is not on disk.
fn qualify(reply: &mut Reply, why: &str) {
    if let Reply::Done { message } = reply {
        *message = format!("{message}; not on disk yet: {why}");
    }
}

/// Records that are still to be written.
struct Backlog<T> {
    outdir: ExperimentDir,
    /// Other engines share the directory, and there is one `asked.jsonl`, which this one could not remove without what they have
    /// written there. So each record is written before anybody is told.
    shares: bool,
    /// In their order.
    pending: VecDeque<Record>,
    /// They are on disk in one piece.
    is_asked: bool,
    /// When the disk did not take one.
    failed: Option<Instant>,
    told: bool,
    tell: T,
}

impl<T: Fn(Option<String>)> Backlog<T> {
    /// How long to wait for something new before the next record: not at all, for a while, or for ever.
    fn patience(&self) -> Option<Duration> {
        if self.pending.is_empty() && !self.is_asked {
            return None;
        }
        Some(self.failed.map_or(Duration::ZERO, |failed| TRY_AGAIN.saturating_sub(failed.elapsed())))
    }

    /// Makes what is new last. Why that could not be done, if so.
    fn take(&mut self, records: Vec<Record>) -> Option<String> {
        let (asked, others): (Vec<Record>, Vec<Record>) =
            records.into_iter().partition(|record| record.asked().is_some());
        let mut unwritten = None;
        // One alone is written at once, unless an older word about the same simulation may still be to be written, also by the
        // next engine.
        if self.shares {
            for record in asked {
                if self.pending.is_empty() {
                    unwritten = self.write(record).or(unwritten);
                } else {
                    // An older word about the same simulation may be among them.
                    self.pending.push_back(record);
                    unwritten = Some("what was to be written before could not be".to_owned());
                }
            }
        } else if asked.len() > 1 || !asked.is_empty() && (self.is_asked || !self.pending.is_empty()) {
            let lines: Vec<asked::Asked> = asked.iter().filter_map(Record::asked).collect();
            match asked::append(&self.outdir, &lines) {
                Ok(()) => self.is_asked = true,
                Err(error) => unwritten = Some(self.complain(Unwritten::of(&self.outdir.asked(), &error))),
            }
            self.pending.extend(asked);
        } else {
            unwritten = unwritten.or(asked.into_iter().find_map(|record| self.write(record)));
        }
        for record in others {
            if self.pending.iter().any(|older| is_behind(&record, older)) {
                self.pending.push_back(record);
            } else {
                unwritten = self.write(record).or(unwritten);
            }
        }
        unwritten
    }

    /// Writes a record, or keeps it for later. Why it is not written, if so.
    fn write(&mut self, record: Record) -> Option<String> {
        match record.write() {
            Ok(()) => {
                self.recover();
                None
            }
            Err(why) => {
                if why.may_pass {
                    self.failed = Some(Instant::now());
                    self.pending.push_back(record);
                }
                Some(self.complain(why))
            }
        }
    }

    /// Writes the next of the records that wait.
    fn go_on(&mut self) {
        self.failed = None;
        let Some(record) = self.pending.front() else {
            match asked::forget(&self.outdir) {
                Ok(()) => self.is_asked = false,
                Err(error) => {
                    let why = Unwritten::of(&self.outdir.asked(), &error);
                    self.failed = Some(Instant::now());
                    self.complain(why);
                }
            }
            return;
        };
        match record.write() {
            Err(why) if why.may_pass => {
                self.failed = Some(Instant::now());
                self.complain(why);
            }
            Err(why) => {
                self.complain(why);
                self.pending.pop_front();
            }
            Ok(()) => {
                self.pending.pop_front();
                self.recover();
            }
        }
    }

    /// The engine ends.
    fn finish(mut self) {
        let until = Instant::now() + FINISH_WITHIN;
        self.failed = None;
        while self.patience() == Some(Duration::ZERO) && Instant::now() < until {
            self.go_on();
        }
    }

    fn complain(&mut self, why: Unwritten) -> String {
        if !std::mem::replace(&mut self.told, true) {
            tracing::warn!("{}", why.text);
        }
        (self.tell)(Some(why.text.clone()));
        why.text
    }

    fn recover(&mut self) {
        if self.failed.is_none() && std::mem::take(&mut self.told) {
            (self.tell)(None);
        }
    }
}

/// Whether a record must not be written before an older one, so that the last word about one file is the one that stays.
fn is_behind(record: &Record, older: &Record) -> bool {
    match record {
        Record::Controls(..) => matches!(older, Record::Controls(..)),
        Record::Plan(_) => matches!(older, Record::Plan(_)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::atomic;
    use crate::rundir::record::{Cancelled, Moment, Retry, Stop, StopReason};

    fn backlog(place: &std::path::Path, pending: Vec<Record>) -> Backlog<impl Fn(Option<String>)> {
        let outdir = ExperimentDir::new(place);
        let is_asked = outdir.asked().exists();
        Backlog { outdir, shares: false, pending: pending.into(), is_asked, failed: None, told: false, tell: |_| {} }
    }

    fn retry(outdir: &ExperimentDir) -> Record {
        Record::Retry { dir: outdir.simulation("a"), after: 0, anew: false, at: Moment::now() }
    }

    #[test]
    fn many_are_on_disk_at_once_and_recorded_one_by_one_afterwards() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        let cancel = |name: &str| Record::Cancelled(outdir.simulation(name), Moment::now());
        let mut backlog = backlog(place.path(), Vec::new());
        assert_eq!(backlog.take(vec![cancel("a"), cancel("b"), cancel("c")]), None);
        assert!(!outdir.simulation("a").cancelled().exists());
        assert_eq!(asked::read(&outdir).len(), 3, "whoever is told so is told the truth");
        // A later word about one of them stays the later one.
        assert_eq!(backlog.take(vec![retry(&outdir)]), None);
        while backlog.patience().is_some() {
            backlog.go_on();
        }
        let cancelled = |name: &str| atomic::read_json::<Cancelled>(&outdir.simulation(name).cancelled()).unwrap();
        assert!(cancelled("a").is_none() && cancelled("b").is_some() && cancelled("c").is_some());
        assert!(atomic::read_json::<Retry>(&outdir.simulation("a").retry()).unwrap().is_some());
        assert!(!outdir.asked().exists());
    }

    #[test]
    fn a_word_that_comes_while_the_old_ones_are_still_there_is_the_last_one_for_the_next_engine_too() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        let cancel = |name: &str| Record::Cancelled(outdir.simulation(name), Moment::now());
        let mut before = backlog(place.path(), Vec::new());
        before.take(vec![cancel("a"), cancel("b")]);
        before.go_on();
        before.go_on();
        // All are recorded, and the file has not gone yet.
        assert!(before.pending.is_empty() && outdir.asked().exists());
        before.take(vec![retry(&outdir)]);
        drop(before);
        let rest: Vec<Record> = asked::read(&outdir).iter().map(|asked| Record::of(asked, &outdir)).collect();
        backlog(place.path(), rest).finish();
        assert!(!outdir.simulation("a").cancelled().exists() && outdir.simulation("a").retry().exists());
        assert!(outdir.simulation("b").cancelled().exists() && !outdir.asked().exists());
    }

    #[test]
    fn one_alone_has_its_record_before_anybody_is_told() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        let mut backlog = backlog(place.path(), Vec::new());
        assert_eq!(backlog.take(vec![Record::Cancelled(outdir.simulation("a"), Moment::now())]), None);
        assert!(outdir.simulation("a").cancelled().exists() && !outdir.asked().exists());
        assert_eq!(backlog.patience(), None);
    }

    #[test]
    fn a_stop_that_comes_to_the_disk_after_its_signal_still_says_that_the_signal_was_sent() {
        let place = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(place.path()).simulation("a").attempt(1);
        std::fs::create_dir_all(dir.path()).unwrap();
        let waits = Record::Stop(dir.clone(), StopReason::Cancelled, Moment::now());
        let mut backlog = backlog(place.path(), vec![waits]);
        backlog.take(vec![Record::Signalled(dir.clone())]);
        backlog.finish();
        assert!(atomic::read_json::<Stop>(&dir.stop()).unwrap().unwrap().signalled);
    }
}
