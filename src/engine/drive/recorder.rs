//! The thread that writes the small records, and says when what was decided is on disk.
//!
//! What is decided is made to last by one write ([`asked`]), whether it is about one simulation or thousands, and recorded one by
//! one afterwards, while nothing newer comes. So an answer waits for one write to the disk, and so does a signal that stands behind
//! a record. What the disk does not take is kept and written when it can be; no signal waits for that.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::records::{Record, Unwritten};
use crate::protocol::Reply;
use crate::rundir::ExperimentDir;
use crate::rundir::asked::{Asked, AskedFile};

/// Between two tries to write what could not be written.
const TRY_AGAIN: Duration = Duration::from_secs(2);

/// How long an engine runs before it makes room for what may be asked: it has more urgent things to write at first.
const ROOM_AFTER: Duration = Duration::from_secs(1);

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
        let backlog = Backlog::new(outdir, shares, rest, tell);
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
        let patience = backlog.next.map(|next| next.saturating_duration_since(Instant::now()));
        let order = match patience {
            // What is new goes first.
            Some(Duration::ZERO) => orders.try_recv().map_err(|error| match error {
                mpsc::TryRecvError::Empty => mpsc::RecvTimeoutError::Timeout,
                mpsc::TryRecvError::Disconnected => mpsc::RecvTimeoutError::Disconnected,
            }),
            Some(patience) => orders.recv_timeout(patience),
            None => orders.recv().map_err(mpsc::RecvTimeoutError::from),
        };
        let order = match order {
            Ok(order) => order,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                backlog.go_on();
                continue;
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return backlog.finish(),
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
    /// Other engines share the directory, and there is one `asked.jsonl`, which this one could not clear without what they have
    /// written there. So each record is written before anybody is told.
    shares: bool,
    /// In their order.
    pending: VecDeque<Record>,
    /// The stops among them, by the attempts, and whether the first signal was sent.
    stops: HashMap<PathBuf, bool>,
    /// What of them is on disk already.
    asked: AskedFile,
    /// When there is something to do. None with nothing left.
    next: Option<Instant>,
    /// The disk did not take the last one.
    is_failing: bool,
    told: bool,
    tell: T,
}

impl<T: Fn(Option<String>)> Backlog<T> {
    /// What an engine before has left to do.
    fn new(outdir: ExperimentDir, shares: bool, rest: Vec<Record>, tell: T) -> Self {
        let asked = AskedFile::new(outdir.clone());
        let now = Instant::now();
        let next = if !rest.is_empty() || asked.is_used() && !shares {
            Some(now)
        } else {
            (!shares).then(|| now + ROOM_AFTER)
        };
        let (is_failing, told) = (false, false);
        let (pending, stops) = (VecDeque::new(), HashMap::new());
        let mut backlog = Self { outdir, shares, pending, stops, asked, next, is_failing, told, tell };
        backlog.keep(rest);
        backlog
    }

    /// Makes what is new last. Why that could not be done, if so.
    fn take(&mut self, records: Vec<Record>) -> Option<String> {
        let (wishes, others): (Vec<Record>, Vec<Record>) =
            records.into_iter().partition(|record| record.asked().is_some());
        let mut unwritten = if self.shares { self.record(wishes) } else { self.ask(wishes) };
        for record in others {
            if let Record::Signalled(dir) = &record
                && let Some(signalled) = self.stops.get_mut(dir.name())
            {
                *signalled = true;
            } else if self.pending.iter().any(|older| is_behind(&record, older)) {
                self.pending.push_back(record);
            } else {
                unwritten = self.write(record).or(unwritten);
            }
        }
        unwritten
    }

    /// Writes down what is asked, all of it at once. Its records follow.
    fn ask(&mut self, wishes: Vec<Record>) -> Option<String> {
        if wishes.is_empty() {
            return None;
        }
        let lines: Vec<Asked> = wishes.iter().filter_map(Record::asked).collect();
        let appended = self.asked.append(&lines, self.pending.iter().filter_map(Record::asked));
        self.keep(wishes);
        match appended {
            Ok(()) => {
                self.next = Some(Instant::now());
                None
            }
            Err(error) => Some(self.fail(Unwritten::of(&self.outdir.asked(), &error))),
        }
    }

    /// Has them recorded behind what waits.
    fn keep(&mut self, wishes: Vec<Record>) {
        for record in wishes {
            if let Record::Stop { dir, signalled, .. } = &record {
                self.stops.insert(dir.name().to_owned(), *signalled);
            }
            self.pending.push_back(record);
        }
    }

    /// Writes the record of each wish. An older one about the same simulation may be among those that wait.
    fn record(&mut self, wishes: Vec<Record>) -> Option<String> {
        let mut unwritten = None;
        for record in wishes {
            if self.pending.is_empty() {
                unwritten = self.write(record).or(unwritten);
            } else {
                self.pending.push_back(record);
                unwritten = Some("what was to be written before could not be".to_owned());
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
            Err(why) if why.may_pass => {
                self.pending.push_back(record);
                Some(self.fail(why))
            }
            Err(why) => Some(self.complain(why)),
        }
    }

    /// Does the next thing that is left to do.
    fn go_on(&mut self) {
        (self.is_failing, self.next) = (false, None);
        if let Some(mut record) = self.pending.pop_front() {
            let stop = self.mark(&mut record);
            match record.write() {
                Err(why) if why.may_pass => {
                    self.pending.push_front(record);
                    self.fail(why);
                    return;
                }
                Err(why) => drop(self.complain(why)),
                Ok(()) => self.recover(),
            }
            if let Some(stop) = stop {
                self.stops.remove(&stop);
            }
        } else if !self.shares
            && let Err(error) = self.asked.clear()
        {
            // Without room beforehand, it is made when something is asked.
            if self.asked.is_used() {
                self.fail(Unwritten::of(&self.outdir.asked(), &error));
            }
            return;
        }
        let is_done = self.pending.is_empty() && (self.shares || !self.asked.is_used());
        self.next = (!is_done).then(Instant::now);
    }

    /// Has the record of a stop say what has become of its signal meanwhile. The attempt, if it is one.
    fn mark(&self, record: &mut Record) -> Option<PathBuf> {
        let Record::Stop { dir, signalled, .. } = record else { return None };
        let attempt = dir.name().to_owned();
        *signalled |= self.stops.get(&attempt).copied().unwrap_or(false);
        Some(attempt)
    }

    /// The engine ends.
    fn finish(mut self) {
        let until = Instant::now() + FINISH_WITHIN;
        self.is_failing = false;
        while !self.pending.is_empty() && !self.is_failing && Instant::now() < until {
            self.go_on();
        }
        if self.pending.is_empty()
            && !self.shares
            && let Err(error) = self.asked.remove()
        {
            self.complain(Unwritten::of(&self.outdir.asked(), &error));
        }
    }

    /// Tells that the disk did not take something, which is tried again.
    fn fail(&mut self, why: Unwritten) -> String {
        self.is_failing = true;
        self.next = Some(Instant::now() + TRY_AGAIN);
        self.complain(why)
    }

    fn complain(&mut self, why: Unwritten) -> String {
        if !std::mem::replace(&mut self.told, true) {
            tracing::warn!("{}", why.text);
        }
        (self.tell)(Some(why.text.clone()));
        why.text
    }

    fn recover(&mut self) {
        if !self.is_failing && std::mem::take(&mut self.told) {
            (self.tell)(None);
        }
    }
}

/// Whether a record must not be written before an older one, so that the last word about one file is the one that stays.
fn is_behind(record: &Record, older: &Record) -> bool {
    match record {
        Record::Controls(..) => matches!(older, Record::Controls(..)),
        Record::Notices(..) => matches!(older, Record::Notices(..)),
        Record::Plan(_) => matches!(older, Record::Plan(_)),
        // What a suite is told follows from what was decided before, which is on disk in its own way.
        Record::Take(..) | Record::Answer(..) => matches!(older, Record::Take(..) | Record::Answer(..)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::record::{Cancelled, Moment, Retry, Stop, StopReason};
    use crate::rundir::{asked, atomic};

    fn backlog(place: &std::path::Path, rest: Vec<Record>) -> Backlog<impl Fn(Option<String>)> {
        Backlog::new(ExperimentDir::new(place), false, rest, |_| {})
    }

    fn retry(outdir: &ExperimentDir) -> Record {
        Record::Retry { dir: outdir.simulation("a"), after: 0, anew: false, at: Moment::now() }
    }

    fn stop(dir: &crate::rundir::AttemptDir) -> Record {
        Record::Stop { dir: dir.clone(), reason: StopReason::Cancelled, at: Moment::now(), signalled: false }
    }

    #[test]
    fn what_is_decided_is_on_disk_at_once_and_recorded_one_by_one_afterwards() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        let cancel = |name: &str| Record::Cancelled(outdir.simulation(name), Moment::now());
        let mut backlog = backlog(place.path(), Vec::new());
        assert_eq!(backlog.take(vec![cancel("a")]), None);
        assert_eq!(backlog.take(vec![cancel("b"), cancel("c")]), None);
        assert!(!outdir.simulation("a").cancelled().exists());
        assert_eq!(asked::read(&outdir).len(), 3, "whoever is told so is told the truth");
        // A later word about one of them stays the later one.
        assert_eq!(backlog.take(vec![retry(&outdir)]), None);
        while backlog.next.is_some() {
            backlog.go_on();
        }
        let cancelled = |name: &str| atomic::read_json::<Cancelled>(&outdir.simulation(name).cancelled()).unwrap();
        assert!(cancelled("a").is_none() && cancelled("b").is_some() && cancelled("c").is_some());
        assert!(atomic::read_json::<Retry>(&outdir.simulation("a").retry()).unwrap().is_some());
        assert!(asked::read(&outdir).is_empty());
        backlog.finish();
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
        // All are recorded, and the words have not gone yet.
        assert!(before.pending.is_empty() && asked::read(&outdir).len() == 2);
        before.take(vec![retry(&outdir)]);
        drop(before);
        let rest: Vec<Record> = asked::read(&outdir).iter().map(|asked| Record::of(asked, &outdir)).collect();
        backlog(place.path(), rest).finish();
        assert!(!outdir.simulation("a").cancelled().exists() && outdir.simulation("a").retry().exists());
        assert!(outdir.simulation("b").cancelled().exists() && !outdir.asked().exists());
    }

    #[test]
    fn room_is_there_before_anything_is_asked_and_an_engine_of_a_shard_makes_none() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        let mut shares = Backlog::new(outdir.clone(), true, Vec::new(), |_| {});
        assert_eq!(shares.next, None);
        assert_eq!(shares.take(vec![Record::Cancelled(outdir.simulation("a"), Moment::now())]), None);
        assert!(outdir.simulation("a").cancelled().exists() && !outdir.asked().exists());
        let mut alone = backlog(place.path(), Vec::new());
        assert!(alone.next.is_some());
        alone.go_on();
        assert_eq!((alone.next, outdir.asked().exists()), (None, true));
    }

    #[test]
    fn a_stop_is_recorded_with_the_signal_that_was_sent_meanwhile() {
        let place = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(place.path()).simulation("a").attempt(1);
        std::fs::create_dir_all(dir.path()).unwrap();
        let mut backlog = backlog(place.path(), Vec::new());
        backlog.take(vec![stop(&dir)]);
        backlog.take(vec![Record::Signalled(dir.clone())]);
        assert_eq!(backlog.pending.len(), 1, "one record tells both");
        backlog.finish();
        let signalled = || atomic::read_json::<Stop>(&dir.stop()).unwrap().unwrap().signalled;
        assert!(signalled());
        // Its word is gone, and the record is changed itself.
        let mut late = self::backlog(place.path(), Vec::new());
        late.take(vec![stop(&dir)]);
        late.go_on();
        assert!(!signalled());
        late.take(vec![Record::Signalled(dir.clone())]);
        assert!(signalled());
    }

    #[test]
    fn a_stop_that_comes_to_the_disk_after_its_signal_still_says_that_the_signal_was_sent() {
        let place = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(place.path()).simulation("a").attempt(1);
        std::fs::create_dir_all(dir.path()).unwrap();
        let mut backlog = backlog(place.path(), vec![stop(&dir)]);
        backlog.take(vec![Record::Signalled(dir.clone())]);
        backlog.finish();
        assert!(atomic::read_json::<Stop>(&dir.stop()).unwrap().unwrap().signalled);
    }
}
