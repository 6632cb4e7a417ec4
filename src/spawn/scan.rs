//! The processes of one simulation, and who of all that there are belongs to it.
//!
//! The shim is a subreaper: whatever gem5 or its script starts stays below the shim, even after a double fork and a
//! new session. So the tree is found by parents, not by process groups.
//!
//! The awkward truth: neither a scan of `/proc` nor a walk down from a shim is one moment. Whoever must miss nobody looks again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::{fs, io};

use super::stat::Stat;
use super::usage::TreeUsage;
use super::{descendants, identity, tree_group};
use crate::failpoint::point;
use crate::rundir::machine::Machine;
use crate::rundir::record::{Identity, Started};

/// For so many trees all processes of the machine are looked at once; for fewer, each tree is walked down alone.
const WALKED: usize = 16;

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

    pub(super) fn pid(&self) -> i32 {
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

/// Processes of the machine, read once.
#[derive(Debug, Clone)]
pub struct Snapshot {
    machine: Machine,
    processes: BTreeMap<i32, Stat>,
    children: BTreeMap<i32, Vec<i32>>,
}

impl Snapshot {
    /// All there are, by a scan of `/proc`, which serves any number of trees. Processes that end meanwhile are left out.
    pub fn take() -> io::Result<Self> {
        Self::begin()?;
        Self::scan()
    }

    fn scan() -> io::Result<Self> {
        let mut snapshot = Self::empty()?;
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(pid) = name.to_str().and_then(|n| n.parse::<i32>().ok()) else { continue };
            if let Ok(stat) = Stat::read(pid) {
                snapshot.add(stat);
            }
        }
        Ok(snapshot)
    }

    /// Those of these trees at least.
    pub fn of(trees: &[Tree<'_>]) -> io::Result<Self> {
        Self::begin()?;
        let few = if trees.len() > WALKED { None } else { Self::of_each(trees)? };
        few.map_or_else(Self::scan, Ok)
    }

    /// Those of these trees alone. None if they cannot be told without a scan.
    fn of_each(trees: &[Tree<'_>]) -> io::Result<Option<Self>> {
        let mut snapshot = Self::empty()?;
        for tree in trees {
            // A session can only be found among all.
            let Root::Shim(shim) = tree.root else { return Ok(None) };
            let Ok(pid) = identity::number_here(shim) else { continue };
            let Some(found) = descendants::of(pid) else { return Ok(None) };
            for stat in found {
                snapshot.add(stat);
            }
            let group = snapshot.group(*tree).and_then(|group| tree_group::processes(group).ok());
            for pid in group.unwrap_or_default() {
                if !snapshot.processes.contains_key(&pid)
                    && let Ok(stat) = Stat::read(pid)
                {
                    snapshot.add(stat);
                }
            }
        }
        Ok(Some(snapshot))
    }

    fn begin() -> io::Result<()> {
        point("tree.scan", Path::new("/proc"))
    }

    fn empty() -> io::Result<Self> {
        Ok(Self { machine: Machine::here()?, processes: BTreeMap::new(), children: BTreeMap::new() })
    }

    fn add(&mut self, stat: Stat) {
        if self.processes.insert(stat.pid, stat).is_none() {
            self.children.entry(stat.ppid).or_default().push(stat.pid);
        }
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
    pub(super) fn group<'a>(&self, tree: Tree<'a>) -> Option<&'a Path> {
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
