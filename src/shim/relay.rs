//! Passing signals on to the tree, and telling what it uses, where nobody else can do either: in a job of a batch system.
//!
//! A batch system sends SIGTERM to each process of a job when its time is up, when it makes place for another one, and when somebody
//! cancels it; a while later it kills them all. gem5 has no handler for SIGTERM and would lose its stats, so its tree ignores it
//! ([`Launch::in_job`](crate::spawn::launch::Launch::in_job)) and the shim asks it to finish as gem5 understands it, with SIGINT.
//!
//! The awkward truth: gem5 takes SIGINT for an exit event only while it simulates. Once `simulate()` has returned, a second one is a
//! `KeyboardInterrupt`, which ends what the script does then and perhaps the last dump. From outside the two moments look the same, so
//! what comes shortly behind another one is not passed on. And a script that ends children of its own with SIGTERM does not reach them
//! in a job.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::complain;
use crate::rundir::AttemptDir;
use crate::rundir::record::{Beat, Moment, Started, TakenSignal};
use crate::spawn::dump_request::request_dump;
use crate::spawn::shim_command::Orders;
use crate::spawn::tree::{self, Snapshot, Tree};

/// What the shim takes for its tree. A tree that runs under a batch system is stopped with SIGTSTP there, since SIGSTOP
/// would stop the shim as well; and killed with SIGUSR2, so that the shim lives to write down how it ended.
pub(super) const RELAYED: [Signal; 6] =
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGUSR1, Signal::SIGUSR2, Signal::SIGTSTP, Signal::SIGCONT];

/// Which of them it takes: where it is not the only one in a job, an engine beside it signals the tree by itself.
pub(super) fn taken(orders: Orders) -> &'static [Signal] {
    match orders {
        Orders { relays: true, .. } => &RELAYED,
        Orders { allocated: true, .. } => &[Signal::SIGTERM],
        _ => &[],
    }
}

/// Those that come to end it.
const ENDING: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGUSR2];

/// So long after a tree was asked to finish it is not asked again: the dump of a large system takes seconds. Where SIGINT was lost, as
/// one may be while gem5 writes a checkpoint, a later one gets through before most batch systems kill, which is after 30 s.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// What was passed on, and when the tree is looked at next.
pub(super) struct Relay {
    orders: Orders,
    next_beat: Option<Instant>,
    /// Whether the tree was stopped from here and not let go on since.
    is_stopped: bool,
    /// When the tree was asked to finish last.
    asked_at: Option<Instant>,
    taken: Vec<TakenSignal>,
}

impl Relay {
    /// The first look is due at once: from then on others know that it is followed.
    pub(super) fn new(orders: Orders) -> Self {
        Self {
            orders,
            next_beat: orders.beat.map(|_| Instant::now()),
            is_stopped: false,
            asked_at: None,
            taken: Vec::new(),
        }
    }

    /// How long until the tree must be looked at.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.next_beat.map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// The signals that came to end the tree, each once, with the first time.
    pub(super) fn into_taken(self) -> Vec<TakenSignal> {
        self.taken
    }

    /// What the tree uses, if it is time to tell.
    pub(super) fn beat(&mut self, started: &Started) -> Option<Beat> {
        let every = self.orders.beat?;
        self.next_beat.filter(|at| *at <= Instant::now())?;
        self.next_beat = Some(Instant::now() + every);
        // Without a scan nothing is told this time.
        let snapshot = Snapshot::take().ok()?;
        let usage = snapshot.usage(Tree::of(started, true));
        let stopped = tree::tree_state(&started.gem5) == tree::TreeState::Stopped;
        let asked = self.taken.last().map(|taken| taken.name.clone());
        Some(Beat { at: Moment::now(), cpu_ms: usage.cpu_ms, rss: usage.rss, stopped, asked })
    }

    /// Passes a signal on, if it is one for the tree.
    pub(super) fn pass(&mut self, number: u32, attempt: &AttemptDir, started: &Started) {
        let signal = i32::try_from(number).ok().and_then(|number| Signal::try_from(number).ok());
        let Some(signal) = signal.filter(|signal| taken(self.orders).contains(signal)) else { return };
        self.note(signal);
        let tree = Tree::of(started, true);
        let passed = match signal {
            Signal::SIGUSR1 => request_dump(attempt, started).map_err(|error| error.to_string()),
            Signal::SIGTSTP => {
                self.is_stopped = true;
                told(tree::stop_tree(tree))
            }
            Signal::SIGCONT => self.let_go_on(tree),
            Signal::SIGUSR2 if !self.orders.warned => told(tree::signal_tree(tree, Signal::SIGKILL)),
            _ => self.ask_to_finish(tree),
        };
        if let Err(error) = passed {
            complain(&format!("{signal} was not passed on: {error}"));
        }
    }

    /// Keeps that a signal to end came. The next look is due at once, and tells it.
    fn note(&mut self, signal: Signal) {
        let name = signal.as_str();
        if ENDING.contains(&signal) && self.taken.iter().all(|taken| taken.name != name) {
            self.taken.push(TakenSignal { name: name.to_owned(), at: Moment::now() });
            self.next_beat = self.next_beat.map(|_| Instant::now());
        }
    }

    fn ask_to_finish(&mut self, tree: Tree<'_>) -> Result<(), String> {
        let asked = if self.asked_at.is_some_and(|at| at.elapsed() < ASK_AGAIN) {
            Ok(())
        } else {
            self.asked_at = Some(Instant::now());
            told(tree::signal_tree(tree, Signal::SIGINT))
        };
        // What is stopped hears it when it goes on.
        asked.and(self.let_go_on(tree))
    }

    /// Batch systems send SIGCONT to those that were never stopped, too, before they ask them to end.
    fn let_go_on(&mut self, tree: Tree<'_>) -> Result<(), String> {
        if std::mem::take(&mut self.is_stopped) {
            return told(tree::continue_tree(tree));
        }
        tree::release_tree(tree);
        Ok(())
    }
}

fn told(reached: tree::Reached) -> Result<(), String> {
    reached.map(drop).map_err(|error| error.to_string())
}
