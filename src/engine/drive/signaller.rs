//! The threads that send signals. They write no decision, so that no signal waits for the record of another simulation.
//!
//! A signal that ends something stands behind the record of why, so that an engine that dies in between does not turn a
//! cancel into a failure; but not for longer than a moment: a disk that hangs must keep nobody from a cancel. What is asked at
//! once for many is sent with one scan of the machine's processes.

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
                let events: Vec<Event> = same.flat_map(|same| send(&executor, same)).collect();
                if let Some(why) = nobody_was_reached(&events) {
                    for answer in &mut answers {
                        answer.reply = Reply::Refused { reason: why.to_owned() };
                    }
                }
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

/// Why, if no signal has reached anybody.
fn nobody_was_reached(events: &[Event]) -> Option<&str> {
    let reached = |event: &Event| !matches!(event, Event::Unsignalled { .. });
    let why = events.iter().find_map(|event| match event {
        Event::Unsignalled { why, .. } => Some(why.as_str()),
        _ => None,
    });
    why.filter(|_| !events.iter().any(reached))
}

/// Sends the same signal to all of them, and says what became of it.
fn send(executor: &Executor, signals: &[Signal]) -> Vec<Event> {
    let dirs: Vec<AttemptDir> = signals.iter().map(|signal| signal.dir.clone()).collect();
    let Some(first) = signals.first() else { return Vec::new() };
    let asked = match first.which {
        Which::Tree(_) => None,
        Which::Withdraw => Some(executor.withdraw(&dirs)),
        Which::Hold(held) => Some(executor.hold(&dirs, held)),
    };
    if let Some(asked) = asked {
        let refused = asked.into_iter().filter_map(Result::err);
        return refused.map(|error| Event::Notice(Some(error.to_string()))).collect();
    }
    let Which::Tree(which) = first.which else { return Vec::new() };
    let results = executor.signal(&dirs, which);
    let at = Moment::now();
    let become_of = |(&Signal { sim, attempt, .. }, result): (&Signal, Result<(), NotSignalled>)| match result {
        Ok(()) => Event::Signalled { sim, attempt, signal: which, at },
        Err(error) => {
            let why = error.to_string();
            tracing::warn!("{why}");
            Event::Unsignalled { sim, attempt, signal: which, why }
        }
    };
    signals.iter().zip(results).map(become_of).collect()
}
