//! The processes of one simulation.
//!
//! The shim is a subreaper: whatever gem5 or its script starts stays below the shim, even after a double fork and a
//! new session. So the tree is found by parents, not by process groups. A scan of `/proc` is not one moment: a process
//! may fork while we look. Stopping therefore repeats until a scan finds nobody new.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::{fs, io};

use nix::sys::signal::Signal;

use super::identity::{self, Alive, SignalError};
use super::stat::Stat;
use super::tree_group;
use super::usage::TreeUsage;
use crate::rundir::machine::{Machine, is_of_another_boot};
use crate::rundir::record::{Identity, Started};

/// 50 scans: each needs a process that was forked during the last one, by a parent that has been stopped since. Real
/// trees need two or three; a fork bomb must not keep us for ever.
const MAX_STOP_SCANS: u32 = 50;

/// Whose tree is meant.
#[derive(Debug, Clone, Copy)]
pub enum Root<'a> {
    /// The tree that a living shim holds: everything below the shim, without the shim.
    Shim(&'a Identity),
    /// The tree of a main process whose shim has died: the main process, everything below it, and its session. A
    /// process that left the session and whose parent has ended is nobody's any more, and is found by its group or not at all.
    Unheld(&'a Identity),
}

/// All that belongs to one simulation: what hangs together by parents and sessions, and what its control group holds.
#[derive(Debug, Clone, Copy)]
pub struct Tree<'a> {
    /// Where the search by parents begins.
    pub root: Root<'a>,
    /// The control group, where there is one.
    pub group: Option<&'a Path>,
}

impl<'a> Tree<'a> {
    /// The tree of an attempt. One that has outlived its shim is the root of what is left.
    pub fn of(started: &'a Started, is_held: bool) -> Self {
        let root = if is_held { Root::Shim(&started.shim) } else { Root::Unheld(&started.gem5) };
        Self { root, group: started.group.as_deref() }
    }

    fn pid(&self) -> i32 {
        self.root.identity().pid
    }
}

impl<'a> From<Root<'a>> for Tree<'a> {
    fn from(root: Root<'a>) -> Self {
        Self { root, group: None }
    }
}

impl<'a> From<&'a Identity> for Tree<'a> {
    fn from(shim: &'a Identity) -> Self {
        Root::Shim(shim).into()
    }
}

impl Root<'_> {
    fn identity(&self) -> &Identity {
        match self {
            Self::Shim(identity) | Self::Unheld(identity) => identity,
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
    pub fn members<'a>(&self, tree: impl Into<Tree<'a>>) -> Vec<Identity> {
        self.stats(tree.into()).iter().map(|stat| stat.identity(&self.machine)).collect()
    }

    /// What the tree uses. Children that a shim has reaped count, the shim itself does not.
    pub fn usage<'a>(&self, tree: impl Into<Tree<'a>>) -> TreeUsage {
        let tree = tree.into();
        let reaped = match tree.root {
            Root::Shim(shim) => self.find(shim).map_or(0, |stat| stat.reaped_ticks),
            Root::Unheld(_) => 0,
        };
        TreeUsage::sum(&self.stats(tree), reaped)
    }

    /// Whether this process was there, dead or alive.
    pub fn holds(&self, identity: &Identity) -> bool {
        self.find(identity).is_some()
    }

    fn stats(&self, tree: Tree<'_>) -> Vec<Stat> {
        let mut found = self.by_parents(tree.root);
        // The number of a process means nothing on another machine or after a restart, and neither does the group.
        let of_this_boot = self.is_here(tree.root.identity());
        let group = tree.group.filter(|_| of_this_boot).and_then(|group| tree_group::processes(group).ok());
        for pid in group.unwrap_or_default() {
            let is_known = found.iter().any(|stat| stat.pid == pid);
            found.extend(self.processes.get(&pid).filter(|stat| !is_known && !stat.is_ended()));
        }
        found
    }

    fn by_parents(&self, root: Root<'_>) -> Vec<Stat> {
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
        let stat = self.processes.get(&identity.pid).filter(|_| self.is_here(identity))?;
        (stat.start_ticks == identity.start_ticks).then_some(stat)
    }

    fn is_here(&self, identity: &Identity) -> bool {
        self.machine.owns(identity)
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
pub fn members<'a>(tree: impl Into<Tree<'a>>) -> io::Result<Vec<Identity>> {
    Ok(Snapshot::take()?.members(tree))
}

/// Sends `signal` to every process of the tree, but never to a shim. Says how many were reached. Processes that have
/// ended meanwhile are nobody's fault; any other refusal is the error, after all were tried.
pub fn signal_tree<'a>(tree: impl Into<Tree<'a>>, signal: Signal) -> Result<usize, SignalError> {
    let tree = tree.into();
    let members = members(tree).map_err(|source| SignalError::System { pid: tree.pid(), source })?;
    signal_each(&members, signal)
}

/// Stops the whole tree with SIGSTOP, again and again until a scan finds nobody new. Says how many were stopped.
pub fn stop_tree<'a>(tree: impl Into<Tree<'a>>) -> Result<usize, SignalError> {
    let tree = tree.into();
    let system = |source| SignalError::System { pid: tree.pid(), source };
    let mut sent = BTreeSet::new();
    for _ in 0..MAX_STOP_SCANS {
        let snapshot = Snapshot::take().map_err(system)?;
        let fresh: Vec<Identity> = snapshot
            .members(tree)
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

/// Kills everything in the control group of a tree at once, if the group is one of this machine and this boot. It reaches
/// what is just being forked, which signals to each may miss.
pub fn kill_group(started: &Started) {
    // Its path names another group elsewhere, and may name another one after a restart.
    let is_here = Machine::here().is_ok_and(|here| here.owns(&started.gem5));
    if let Some(group) = started.group.as_deref().filter(|_| is_here) {
        tree_group::kill(group);
    }
}

/// Lets the whole tree go on, children before their parents, so that no parent finds its children still stopped.
pub fn continue_tree<'a>(tree: impl Into<Tree<'a>>) -> Result<usize, SignalError> {
    let tree = tree.into();
    let mut members = members(tree).map_err(|source| SignalError::System { pid: tree.pid(), source })?;
    members.reverse();
    signal_each(&members, Signal::SIGCONT)
}

/// Whether anything is left of a tree of this host that no shim holds: its main process, or others in its control group.
/// What cannot be looked at now, for want of descriptors for example, counts as there.
pub fn is_left(started: &Started) -> bool {
    match identity::is_alive(&started.gem5) {
        Alive::Yes | Alive::Unknown => true,
        // The group means nothing after a restart of the machine.
        Alive::No if is_of_another_boot(&started.gem5) => false,
        Alive::No => started.group.as_deref().is_some_and(|group| {
            let processes = tree_group::processes(group);
            processes.map_or(true, |processes| !processes.is_empty())
        }),
    }
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
