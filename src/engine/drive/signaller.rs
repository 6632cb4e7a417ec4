//! The threads that send signals. They write no decision, so that no signal waits for the record of another simulation.
//!
//! A signal that ends something stands behind the record of why, so that an engine that dies in between does not turn a
//! cancel into a failure; but not for longer than a moment: a disk that hangs must keep nobody from a cancel. What is asked at
//! once for many is sent with one look at the processes of all.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use super::recorder::{Answer, Gate};
use crate::engine::executor::{Executor, NotSignalled};
use crate::engine::state::{Event, TreeSignal};
use crate::protocol::Reply;
use crate::rundir::AttemptDir;
use crate::rundir::record::Moment;

/// How long a signal waits for the record that it stands behind.
const PATIENCE: Duration = Duration::from_secs(5);

/// A signal to one attempt.
#[derive(Debug)]
pub(super) struct Signal {
    /// The simulation.
    pub sim: u32,
    /// The attempt.
    pub attempt: u32,
    /// Its directory.
    pub dir: AttemptDir,
    /// What is to be done.
    pub which: Which,
}

/// A signal, or what is asked of the batch system that has an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// A signal to its tree.
    Tree(TreeSignal),
    /// It is taken back.
    Withdraw,
    /// It is held back, or let go.
    Hold(bool),
    /// When it is expected to start.
    AskStart,
}

/// What became of signals of one kind.
#[derive(Debug, Default)]
struct Became {
    /// What the engine has to know of it.
    events: Vec<Event>,
    /// Whether any of them has reached anybody.
    reached: bool,
    /// Why one has not.
    refused: Option<String>,
    /// What a batch system said for whoever asked.
    said: Vec<String>,
}

struct Order {
    signals: Vec<Signal>,
    behind: Option<Arc<Gate>>,
    answers: Vec<Answer>,
    given: Instant,
}

/// What became of signals that were given together.
#[derive(Debug)]
pub(super) struct Sent {
    /// Of each of them.
    pub events: Vec<Event>,
    /// Who waited for it.
    pub answers: Vec<Answer>,
}

/// The way to the threads. They end when this is dropped, after what was given.
#[derive(Debug)]
pub(super) struct Signaller {
    control: Lane,
    /// What goes to batch systems, whose commands may hang for a minute.
    jobs: Lane,
    executor: Arc<Executor>,
    /// A request for stats is written down before it is made, one for each: the others do not wait for that.
    dumps: Lane,
}

/// Signals that are sent one after the other.
#[derive(Debug)]
struct Lane {
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Signaller {
    /// Starts the threads. What became of signals comes through `events`.
    pub(super) fn start(executor: &Arc<Executor>, sent: &UnboundedSender<Sent>) -> std::io::Result<Self> {
        let lane = |name| Lane::start(name, Arc::clone(executor), sent.clone());
        let executor = Arc::clone(executor);
        Ok(Self { control: lane("signaller")?, jobs: lane("job-signaller")?, dumps: lane("stats-asker")?, executor })
    }

    /// Has them sent in their order, `behind` what must be on disk before.
    /// `answers` wait until the signals were sent, and are refusals if none of these has reached anybody.
    pub(super) fn give(&self, signals: Vec<Signal>, behind: Option<Arc<Gate>>, answers: Vec<Answer>) {
        let is_dump =
            |signal: &Signal| matches!(signal.which, Which::Tree(TreeSignal::DumpStats | TreeSignal::PollStats));
        let is_job = |signal: &Signal| !matches!(signal.which, Which::Tree(_)) || self.executor.is_job(&signal.dir);
        let (jobs, here): (Vec<Signal>, Vec<Signal>) = signals.into_iter().partition(is_job);
        let (dumps, control): (Vec<Signal>, Vec<Signal>) = here.into_iter().partition(is_dump);
        // Those who wait for an answer wait for what is sent here, if there is any.
        let (for_jobs, for_control) = if control.is_empty() { (answers, Vec::new()) } else { (Vec::new(), answers) };
        self.jobs.give(jobs, behind.clone(), for_jobs);
        self.control.give(control, behind, for_control);
        self.dumps.give(dumps, None, Vec::new());
    }
}

impl Lane {
    fn start(name: &str, executor: Arc<Executor>, sent: UnboundedSender<Sent>) -> std::io::Result<Self> {
        let (orders, receiver) = mpsc::channel();
        let run = move || {
            for Order { signals, behind, mut answers, given } in receiver {
                if let Some(gate) = behind {
                    gate.wait_until(given + PATIENCE);
                }
                let same = signals.chunk_by(|one, next| one.which == next.which);
                let became = same.map(|same| send(&executor, same)).fold(Became::default(), Became::with);
                if let Some(reply) = became.reply() {
                    for answer in &mut answers {
                        answer.reply = reply.clone();
                    }
                }
                let events = became.events;
                // The receiver is gone only when the engine ends.
                _ = sent.send(Sent { events, answers });
            }
        };
        let thread = thread::Builder::new().name(name.to_owned()).spawn(run)?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    fn give(&self, signals: Vec<Signal>, behind: Option<Arc<Gate>>, answers: Vec<Answer>) {
        if let Some(orders) = self.orders.as_ref().filter(|_| !signals.is_empty()) {
            // The thread ends only when this sender does.
            _ = orders.send(Order { signals, behind, answers, given: Instant::now() });
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(thread) = self.thread.take() {
            // A panic there was told already by the panic hook.
            _ = thread.join();
        }
    }
}

impl Became {
    /// This and that.
    fn with(mut self, other: Self) -> Self {
        self.events.extend(other.events);
        self.said.extend(other.said);
        Self { reached: self.reached || other.reached, refused: self.refused.or(other.refused), ..self }
    }

    /// What whoever asked is told in place of what was expected: why nobody was reached, or what a batch system said.
    fn reply(&self) -> Option<Reply> {
        /// So many answers fit into the line that a person reads.
        const SAID: usize = 3;
        match &self.refused {
            Some(reason) if !self.reached => return Some(Reply::Refused { reason: reason.clone() }),
            _ if self.said.is_empty() => return None,
            _ => {}
        }
        let more = self.said.len().saturating_sub(SAID);
        let more = (more > 0).then(|| format!("and {more} more"));
        let said: Vec<String> = self.said.iter().take(SAID).cloned().chain(more).collect();
        Some(Reply::Done { message: said.join("; ") })
    }
}

/// Sends the same signal to all of them, and says what became of it.
fn send(executor: &Executor, signals: &[Signal]) -> Became {
    let dirs: Vec<AttemptDir> = signals.iter().map(|signal| signal.dir.clone()).collect();
    let Some(first) = signals.first() else { return Became::default() };
    match first.which {
        Which::Tree(which) => signalled(signals, which, executor.signal(&dirs, which)),
        Which::Withdraw => {
            let (_, refused) = parted(executor.withdraw(&dirs));
            let events = refused.iter().map(|why| Event::Notice(Some(why.clone()))).collect();
            Became { events, reached: true, ..Became::default() }
        }
        Which::Hold(held) => {
            let results = executor.hold(&dirs, held);
            let failed = signals.iter().zip(&results).filter(|(_, result)| result.is_err());
            let events = failed.map(|(&Signal { sim, attempt, .. }, _)| Event::NotHeld { sim, attempt }).collect();
            let (done, refused) = parted(results);
            Became { events, reached: !done.is_empty(), refused: refused.into_iter().next(), said: Vec::new() }
        }
        Which::AskStart => {
            let (said, refused) = parted(executor.expected_starts(&dirs));
            Became { reached: !said.is_empty(), refused: refused.into_iter().next(), said, events: Vec::new() }
        }
    }
}

/// What was done, and why the rest was not.
fn parted<T>(results: Vec<Result<T, NotSignalled>>) -> (Vec<T>, Vec<String>) {
    let (mut done, mut refused) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(one) => done.push(one),
            Err(error) => {
                tracing::warn!("{error}");
                refused.push(error.to_string());
            }
        }
    }
    (done, refused)
}

fn signalled(signals: &[Signal], which: TreeSignal, results: Vec<Result<(), NotSignalled>>) -> Became {
    let at = Moment::now();
    let mut became = Became::default();
    for (&Signal { sim, attempt, .. }, result) in signals.iter().zip(results) {
        became.events.push(match result {
            Ok(()) => {
                became.reached = true;
                Event::Signalled { sim, attempt, signal: which, at }
            }
            Err(error) => {
                let why = error.to_string();
                tracing::warn!("{why}");
                became.refused.get_or_insert_with(|| why.clone());
                Event::Unsignalled { sim, attempt, signal: which, why }
            }
        });
    }
    became
}
