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
use crate::failpoint::point;
use crate::rundir::machine::{Machine, is_of_this_boot};
use crate::rundir::record::{Identity, Started};

/// 50 scans: each needs a process that was forked during the last one, by a parent that has been stopped since. Real
/// trees need two or three; a fork bomb must not keep us for ever.
const MAX_SCANS: u32 = 50;

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
        point("tree.scan", Path::new("/proc"))?;
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
        let group = self.group(tree).and_then(|group| tree_group::processes(group).ok());
        for pid in group.unwrap_or_default() {
            let is_known = found.iter().any(|stat| stat.pid == pid);
            found.extend(self.processes.get(&pid).filter(|stat| !is_known && !stat.is_ended()));
        }
        found
    }

    /// The control group of a tree. On another machine or after a restart its path names another one.
    fn group<'a>(&self, tree: Tree<'a>) -> Option<&'a Path> {
        tree.group.filter(|_| tree.root.identity().boot_id == self.machine.boot_id)
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
        let number = identity::number_here(identity).ok()?;
        self.processes.get(&number).filter(|stat| stat.start_ticks == identity.start_ticks)
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
}

/// The living processes of the tree, now.
pub fn members<'a>(tree: impl Into<Tree<'a>>) -> io::Result<Vec<Identity>> {
    Ok(Snapshot::take()?.members(tree))
}

/// How many processes of a tree a signal has reached, or why not all of them.
pub type Reached = Result<usize, SignalError>;

/// Sends `signal` to every process of the tree, but never to a shim. Says how many were reached. Processes that have
/// ended meanwhile are nobody's fault; any other refusal is the error, after all were tried.
pub fn signal_tree<'a>(tree: impl Into<Tree<'a>>, signal: Signal) -> Reached {
    only(signal_trees(&[tree.into()], signal))
}

/// The same for many trees with one scan of `/proc`, in their order. SIGKILL leaves nobody out who was being forked: it is
/// sent until a scan finds nobody new, and to control groups as a whole.
pub fn signal_trees(trees: &[Tree<'_>], signal: Signal) -> Vec<Reached> {
    match signal {
        Signal::SIGKILL | Signal::SIGSTOP => until_nobody_is_new(trees, signal),
        // A handler may start processes of its own, which are not meant.
        _ => once(trees, |members| members, signal),
    }
}

/// Stops the whole tree with SIGSTOP, again and again until a scan finds nobody new. Says how many stand still.
pub fn stop_tree<'a>(tree: impl Into<Tree<'a>>) -> Reached {
    only(stop_trees(&[tree.into()]))
}

/// The same for many trees, in their order. All are looked for in each scan, so a tree that forks for ever holds up no other.
pub fn stop_trees(trees: &[Tree<'_>]) -> Vec<Reached> {
    until_nobody_is_new(trees, Signal::SIGSTOP)
}

/// Lets the whole tree go on, children before their parents, so that no parent finds its children still stopped.
pub fn continue_tree<'a>(tree: impl Into<Tree<'a>>) -> Reached {
    only(continue_trees(&[tree.into()]))
}

/// The same for many trees with one scan of `/proc`, in their order.
pub fn continue_trees(trees: &[Tree<'_>]) -> Vec<Reached> {
    let children_first = |mut members: Vec<Identity>| {
        members.reverse();
        members
    };
    once(trees, children_first, Signal::SIGCONT)
}

/// Lets those go on that stand still, and sends nothing to the others: gem5 25.0 and later take SIGCONT for a wish. What is stopped
/// keeps every other signal but SIGKILL for later.
pub fn release_trees(trees: &[Tree<'_>]) {
    let stopped_ones = |mut members: Vec<Identity>| {
        members.retain(|member| identity::stat(member).is_ok_and(|stat| stat.is_stopped()));
        members.reverse();
        members
    };
    // Who is not reached has ended, and that the signal itself has reached somebody has been told.
    drop(once(trees, stopped_ones, Signal::SIGCONT));
}

fn only(reached: Vec<Reached>) -> Reached {
    reached.into_iter().next().expect("as many answers as trees")
}

fn once(trees: &[Tree<'_>], order: impl Fn(Vec<Identity>) -> Vec<Identity>, signal: Signal) -> Vec<Reached> {
    let mut hunts: Vec<Hunt<'_>> = trees.iter().map(Hunt::of).collect();
    match Snapshot::take() {
        Ok(snapshot) => hunts.iter_mut().for_each(|hunt| hunt.send(order(snapshot.members(*hunt.tree)), signal)),
        Err(error) => hunts.iter_mut().for_each(|hunt| hunt.fail(&error)),
    }
    hunts.into_iter().map(Hunt::reached).collect()
}

fn until_nobody_is_new(trees: &[Tree<'_>], signal: Signal) -> Vec<Reached> {
    let mut hunts: Vec<Hunt<'_>> = trees.iter().map(Hunt::of).collect();
    for scan in 1..=MAX_SCANS {
        let mut open: Vec<&mut Hunt<'_>> = hunts.iter_mut().filter(|hunt| !hunt.is_over).collect();
        if open.is_empty() {
            break;
        }
        match Snapshot::take() {
            Ok(snapshot) => open.iter_mut().for_each(|hunt| hunt.go_on(&snapshot, signal)),
            Err(error) => open.iter_mut().for_each(|hunt| hunt.fail(&error)),
        }
        if scan == MAX_SCANS {
            let error = io::Error::other("the tree keeps starting new processes faster than they can be signalled");
            hunts.iter_mut().filter(|hunt| !hunt.is_over).for_each(|hunt| hunt.fail(&error));
        }
    }
    hunts.into_iter().map(Hunt::reached).collect()
}

/// How far one tree has been signalled.
struct Hunt<'a> {
    tree: &'a Tree<'a>,
    tried: BTreeSet<(i32, u64)>,
    reached: usize,
    refused: Option<SignalError>,
    is_over: bool,
}

impl<'a> Hunt<'a> {
    fn of(tree: &'a Tree<'a>) -> Self {
        Self { tree, tried: BTreeSet::new(), reached: 0, refused: None, is_over: false }
    }

    /// Sends `signal` to whom it has not been sent yet. With nobody new, it is over.
    fn go_on(&mut self, snapshot: &Snapshot, signal: Signal) {
        let mut fresh = snapshot.members(*self.tree);
        fresh.retain(|member| self.tried.insert((member.pid, member.start_ticks)));
        self.is_over = fresh.is_empty();
        self.send(fresh, signal);
        // The kernel reaches what is just being forked. It passes over a process whose main thread has ended, which the next
        // scan finds.
        if signal == Signal::SIGKILL
            && let Some(group) = snapshot.group(*self.tree)
        {
            tree_group::kill(group);
        }
    }

    fn send(&mut self, members: Vec<Identity>, signal: Signal) {
        for member in members {
            match identity::send(&member, signal) {
                Ok(()) => self.reached += 1,
                Err(SignalError::Gone { .. } | SignalError::Stranger { .. }) => {}
                Err(e) => self.refused = Some(e),
            }
        }
    }

    fn fail(&mut self, error: &io::Error) {
        let source = io::Error::new(error.kind(), error.to_string());
        self.refused = Some(SignalError::System { pid: self.tree.pid(), source });
        self.is_over = true;
    }

    fn reached(self) -> Reached {
        self.refused.map_or(Ok(self.reached), Err)
    }
}

/// Whether anything is left of a tree of this host that no shim holds: its main process, or others in its control group.
/// What cannot be looked at now, for want of descriptors for example, counts as there.
pub fn is_left(started: &Started) -> bool {
    match identity::is_alive(&started.gem5) {
        Alive::Yes | Alive::Unknown => true,
        // The group means nothing after a restart of the machine.
        Alive::No if !is_of_this_boot(&started.gem5) => false,
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
