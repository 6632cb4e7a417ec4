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
    /// Which; none to take it back from a batch system.
    pub which: Option<TreeSignal>,
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
        Ok(Self { control: lane("signaller")?, dumps: lane("stats-asker")? })
    }

    /// Has them sent in their order, `behind` what must be on disk before.
    /// `answers` wait until the signals were sent, and are refusals if none of these has reached anybody.
    pub(super) fn give(&self, signals: Vec<Signal>, behind: Option<Arc<Gate>>, answers: Vec<Answer>) {
        let is_dump = |signal: &Signal| matches!(signal.which, Some(TreeSignal::DumpStats | TreeSignal::PollStats));
        let (dumps, control) = signals.into_iter().partition(is_dump);
        self.control.give(control, behind, answers);
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
    let Some(which) = signals.first().and_then(|first| first.which) else {
        let refused = dirs.iter().filter_map(|dir| executor.withdraw(dir).err());
        return refused.map(|error| Event::Notice(Some(error.to_string()))).collect();
    };
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
