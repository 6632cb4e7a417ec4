//! Passing signals on to the tree, and telling what it uses, where nobody else can do either.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::complain;
use crate::rundir::record::{Beat, Moment, Started};
use crate::spawn::SignalError;
use crate::spawn::identity;
use crate::spawn::listener::listener;
use crate::spawn::shim_command::Orders;
use crate::spawn::tree::{self, Snapshot, Tree};

/// What the shim takes for its tree. A tree that runs under a batch system is stopped with SIGTSTP there, since SIGSTOP
/// would stop the shim as well.
pub(super) const RELAYED: [Signal; 5] =
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGUSR1, Signal::SIGTSTP, Signal::SIGCONT];

/// What is passed on, and when the tree is looked at next.
pub(super) struct Relay {
    orders: Orders,
    next_beat: Option<Instant>,
}

impl Relay {
    pub(super) fn new(orders: Orders) -> Self {
        Self { orders, next_beat: orders.beat.map(|every| Instant::now() + every) }
    }

    /// How long until the tree must be looked at.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.next_beat.map(|at| at.saturating_duration_since(Instant::now()))
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
        Some(Beat { at: Moment::now(), cpu_ms: usage.cpu_ms, rss: usage.rss, stopped })
    }

    /// Passes a signal on, if it is one for the tree.
    pub(super) fn pass(&self, number: u32, started: &Started) {
        let signal = i32::try_from(number).ok().and_then(|number| Signal::try_from(number).ok());
        let Some(signal) = signal.filter(|signal| self.orders.relays && RELAYED.contains(signal)) else { return };
        let tree = Tree::of(started, true);
        let passed = match signal {
            Signal::SIGUSR1 => ask_for_stats(started),
            Signal::SIGTSTP => tree::stop_tree(tree).map(drop),
            Signal::SIGCONT => tree::continue_tree(tree).map(drop),
            other => tree::signal_tree(tree, other).map(drop),
        };
        if let Err(error) = passed {
            complain(&format!("{signal} was not passed on: {error}"));
        }
    }
}

/// SIGUSR1 ends a process that does not listen for it, so that is looked up first.
fn ask_for_stats(started: &Started) -> Result<(), SignalError> {
    let Some(gem5) = listener(started, Signal::SIGUSR1)? else {
        complain("the process does not listen for SIGUSR1, so it was not asked for stats");
        return Ok(());
    };
    identity::send(&gem5, Signal::SIGUSR1)
}
