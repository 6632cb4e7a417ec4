//! The processes of one simulation.
//!
//! The shim is a subreaper: whatever gem5 or its script starts stays below the shim, even after a double fork and a
//! new session. So the tree is found by parents, not by process groups. A scan of `/proc` is not one moment: a process
//! may fork while we look. Stopping therefore repeats until a scan finds nobody new.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::{fs, io};

use nix::sys::signal::Signal;

use super::identity::{self, Machine, SignalError};
use super::stat::Stat;
use super::usage::TreeUsage;
use crate::rundir::record::Identity;

/// 50 scans: each needs a process that was forked during the last one, by a parent that has been stopped since. Real
/// trees need two or three; a fork bomb must not keep us for ever.
const MAX_STOP_SCANS: u32 = 50;

/// Whose tree is meant.
#[derive(Debug, Clone, Copy)]
pub enum Root<'a> {
    /// The tree that a living shim holds: everything below the shim, without the shim.
    Shim(&'a Identity),
    /// The tree of a main process whose shim has died: the main process, everything below it, and its session. A
    /// process that left the session and whose parent has ended is nobody's any more, and cannot be found.
    Unheld(&'a Identity),
}

impl<'a> From<&'a Identity> for Root<'a> {
    fn from(shim: &'a Identity) -> Self {
        Self::Shim(shim)
    }
}

impl Root<'_> {
    fn pid(&self) -> i32 {
        match self {
            Self::Shim(identity) | Self::Unheld(identity) => identity.pid,
        }
    }
}

/// Every process of the machine, read once. One scan serves any number of trees.
#[derive(Debug, Clone)]
pub struct Snapshot {
    machine: Machine,
    processes: BTreeMap<i32, Stat>,
    children: BTreeMap<i32, Vec<i32>>,
}

impl Snapshot {
    /// Scans `/proc`. Processes that end meanwhile are left out.
    pub fn take() -> io::Result<Self> {
        let mut processes = BTreeMap::new();
        let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(pid) = name.to_str().and_then(|n| n.parse::<i32>().ok()) else { continue };
            if let Ok(stat) = Stat::read(pid) {
                children.entry(stat.ppid).or_default().push(pid);
                processes.insert(pid, stat);
            }
        }
        Ok(Self { machine: Machine::here()?, processes, children })
    }

    /// The living processes of the tree, parents before their children. Empty if the root is not there any more or is
    /// another process by now.
    pub fn members<'a>(&self, root: impl Into<Root<'a>>) -> Vec<Identity> {
        self.stats(root.into()).iter().map(|stat| self.machine.identify(stat)).collect()
    }

    /// What the tree uses. Children that a shim has reaped count, the shim itself does not.
    pub fn usage<'a>(&self, root: impl Into<Root<'a>>) -> TreeUsage {
        let root = root.into();
        let reaped = match root {
            Root::Shim(shim) => self.find(shim).map_or(0, |stat| stat.reaped_ticks),
            Root::Unheld(_) => 0,
        };
        TreeUsage::sum(&self.stats(root), reaped)
    }

    /// Whether this process was there, dead or alive.
    pub fn holds(&self, identity: &Identity) -> bool {
        self.find(identity).is_some()
    }

    fn stats(&self, root: Root<'_>) -> Vec<Stat> {
        match root {
            Root::Shim(shim) => self.find(shim).map_or_else(Vec::new, |shim| self.below(&[shim.pid])),
            Root::Unheld(main) => {
                // The number of a session cannot be used again while its leader lives, and the leader is checked here.
                let Some(main) = self.find(main).filter(|stat| !stat.is_ended()) else { return Vec::new() };
                let others = self.processes.values().filter(|s| s.session == main.pid && s.pid != main.pid);
                let session: Vec<i32> = std::iter::once(main.pid).chain(others.map(|s| s.pid)).collect();
                let own = session.iter().filter_map(|pid| self.processes.get(pid)).filter(|s| !s.is_ended());
                own.copied().chain(self.below(&session)).collect()
            }
        }
    }

    fn find(&self, identity: &Identity) -> Option<&Stat> {
        let same_machine = self.machine.boot_id == identity.boot_id && self.machine.host == identity.host;
        let stat = self.processes.get(&identity.pid).filter(|_| same_machine)?;
        (stat.start_ticks == identity.start_ticks).then_some(stat)
    }

    fn below(&self, roots: &[i32]) -> Vec<Stat> {
        let mut found = Vec::new();
        let mut seen: BTreeSet<i32> = roots.iter().copied().collect();
        let mut queue: VecDeque<i32> = roots.iter().copied().collect();
        while let Some(parent) = queue.pop_front() {
            for &pid in self.children.get(&parent).into_iter().flatten() {
                // `seen` guards against a loop, which a scan that is not one moment can show.
                if !seen.insert(pid) {
                    continue;
                }
                queue.push_back(pid);
                found.extend(self.processes.get(&pid).filter(|stat| !stat.is_ended()));
            }
        }
        found
    }

    fn is_stopped(&self, pid: i32) -> bool {
        self.processes.get(&pid).is_some_and(Stat::is_stopped)
    }
}

/// The living processes of the tree, now.
pub fn members<'a>(root: impl Into<Root<'a>>) -> io::Result<Vec<Identity>> {
    Ok(Snapshot::take()?.members(root))
}

/// The living descendants of `root`, now, without `root` itself.
pub fn descendants(root: &Identity) -> io::Result<Vec<Identity>> {
    members(root)
}

/// Sends `signal` to every process of the tree, but never to a shim. Says how many were reached. Processes that have
/// ended meanwhile are nobody's fault; any other refusal is the error, after all were tried.
pub fn signal_tree<'a>(root: impl Into<Root<'a>>, signal: Signal) -> Result<usize, SignalError> {
    let root = root.into();
    let members = members(root).map_err(|source| SignalError::System { pid: root.pid(), source })?;
    signal_each(&members, signal)
}

/// Stops the whole tree with SIGSTOP, again and again until a scan finds nobody new. Says how many were stopped.
pub fn stop_tree<'a>(root: impl Into<Root<'a>>) -> Result<usize, SignalError> {
    let root = root.into();
    let system = |source| SignalError::System { pid: root.pid(), source };
    let mut sent = BTreeSet::new();
    for _ in 0..MAX_STOP_SCANS {
        let snapshot = Snapshot::take().map_err(system)?;
        let fresh: Vec<Identity> = snapshot
            .members(root)
            .into_iter()
            .filter(|m| !snapshot.is_stopped(m.pid) && !sent.contains(&(m.pid, m.start_ticks)))
            .collect();
        if fresh.is_empty() {
            return Ok(sent.len());
        }
        sent.extend(fresh.iter().map(|m| (m.pid, m.start_ticks)));
        signal_each(&fresh, Signal::SIGSTOP)?;
    }
    Err(system(io::Error::other("the tree keeps starting new processes faster than they can be stopped")))
}

/// Lets the whole tree go on, children before their parents, so that no parent finds its children still stopped.
pub fn continue_tree<'a>(root: impl Into<Root<'a>>) -> Result<usize, SignalError> {
    let root = root.into();
    let mut members = members(root).map_err(|source| SignalError::System { pid: root.pid(), source })?;
    members.reverse();
    signal_each(&members, Signal::SIGCONT)
}

/// What the main process of a tree does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TreeState {
    /// It runs or sleeps.
    Running,
    /// A signal has stopped it.
    Stopped,
    /// It has ended, or it cannot be seen from here.
    Gone,
}

/// Whether `main` runs, is stopped or is gone.
pub fn tree_state(main: &Identity) -> TreeState {
    match identity::stat(main) {
        Ok(stat) if stat.is_stopped() => TreeState::Stopped,
        Ok(_) => TreeState::Running,
        Err(_) => TreeState::Gone,
    }
}

fn signal_each(members: &[Identity], signal: Signal) -> Result<usize, SignalError> {
    let mut reached = 0;
    let mut refused = None;
    for member in members {
        match identity::send(member, signal) {
            Ok(()) => reached += 1,
            Err(SignalError::Gone { .. } | SignalError::Stranger { .. }) => {}
            Err(e) => refused = Some(e),
        }
    }
    refused.map_or(Ok(reached), Err)
}
