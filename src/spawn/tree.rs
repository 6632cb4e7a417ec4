//! Signals to all processes of a simulation.
//!
//! A look at them is not one moment: a process may fork meanwhile. Stopping therefore repeats until a look finds nobody new.

use std::collections::BTreeSet;
use std::io;

use nix::sys::signal::Signal;
use rustix::process::{Resource, getrlimit};

use super::identity::{self, Addressee, Alive, SignalError};
pub use super::scan::{Root, Snapshot, Tree};
use super::tree_group;
use crate::rundir::machine::is_of_this_boot;
use crate::rundir::record::{Identity, Started};

/// 50 looks: each needs a process that was forked during the last one, by a parent that has been stopped since. Real
/// trees need two or three; a fork bomb must not keep us for ever.
const MAX_LOOKS: u32 = 50;

/// For so many processes a descriptor is held at once, at most.
const MOST_HELD: u64 = 1024;

/// And for no more than this part of those that this process may have, so that others find some meanwhile.
const HELD_PART: u64 = 8;

/// The living processes of the tree, now.
pub fn members<'a>(tree: impl Into<Tree<'a>>) -> io::Result<Vec<Identity>> {
    let tree = tree.into();
    Ok(Snapshot::of(&[tree])?.members(tree))
}

/// How many processes of a tree a signal has reached, or why not all of them.
pub type Reached = Result<usize, SignalError>;

/// Sends `signal` to every process of the tree, but never to a shim. Says how many were reached. Processes that have
/// ended meanwhile are nobody's fault; any other refusal is the error, after all were tried.
pub fn signal_tree<'a>(tree: impl Into<Tree<'a>>, signal: Signal) -> Reached {
    only(signal_trees(&[tree.into()], signal))
}

/// The same for many trees with one look at all of them, in their order. SIGKILL leaves nobody out who was being forked: it is
/// sent until a look finds nobody new, and to control groups as a whole.
pub fn signal_trees(trees: &[Tree<'_>], signal: Signal) -> Vec<Reached> {
    match signal {
        Signal::SIGKILL | Signal::SIGSTOP => until_nobody_is_new(trees, signal),
        // A handler may start processes of its own, which are not meant.
        _ => once(trees, |members| members, signal),
    }
}

/// Stops the whole tree with SIGSTOP, again and again until a look finds nobody new. Says how many stand still.
pub fn stop_tree<'a>(tree: impl Into<Tree<'a>>) -> Reached {
    only(stop_trees(&[tree.into()]))
}

/// The same for many trees, in their order. All are looked for together, so a tree that forks for ever holds up no other.
pub fn stop_trees(trees: &[Tree<'_>]) -> Vec<Reached> {
    until_nobody_is_new(trees, Signal::SIGSTOP)
}

/// Lets the whole tree go on, children before their parents, so that no parent finds its children still stopped.
pub fn continue_tree<'a>(tree: impl Into<Tree<'a>>) -> Reached {
    only(continue_trees(&[tree.into()]))
}

/// The same for many trees with one look at all of them, in their order.
pub fn continue_trees(trees: &[Tree<'_>]) -> Vec<Reached> {
    let children_first = |mut members: Vec<Identity>| {
        members.reverse();
        members
    };
    once(trees, children_first, Signal::SIGCONT)
}

/// Sends many trees a signal that they may take in their own way, and lets those of their processes go on that stand still, which
/// would keep it for later. One look at all of them serves both.
pub fn ask_trees(trees: &[Tree<'_>], signal: Signal) -> Vec<Reached> {
    let mut hunts: Vec<Hunt<'_>> = trees.iter().map(Hunt::of).collect();
    match Snapshot::of(trees) {
        Ok(snapshot) => {
            send(hunts.iter_mut().collect(), trees.iter().map(|tree| snapshot.members(*tree)).collect(), signal);
            for tree in trees {
                release(*tree, &snapshot);
            }
        }
        Err(error) => hunts.iter_mut().for_each(|hunt| hunt.fail(&error)),
    }
    hunts.into_iter().map(Hunt::reached).collect()
}

/// Lets those go on that stand still.
pub fn release_tree<'a>(tree: impl Into<Tree<'a>>) {
    let tree = tree.into();
    if let Ok(snapshot) = Snapshot::of(&[tree]) {
        release(tree, &snapshot);
    }
}

/// Sends nothing to the others: gem5 25.0 and later take SIGCONT for a wish.
fn release(tree: Tree<'_>, snapshot: &Snapshot) {
    let is_stopped = |member: &Identity| identity::stat(member).is_ok_and(|stat| stat.is_stopped());
    for member in snapshot.members(tree).iter().rev().filter(|member| is_stopped(member)) {
        // Who is not reached has ended, and that the signal itself has reached somebody has been told.
        drop(identity::send(member, Signal::SIGCONT));
    }
}

fn only(reached: Vec<Reached>) -> Reached {
    reached.into_iter().next().expect("as many answers as trees")
}

fn once(trees: &[Tree<'_>], order: impl Fn(Vec<Identity>) -> Vec<Identity>, signal: Signal) -> Vec<Reached> {
    let mut hunts: Vec<Hunt<'_>> = trees.iter().map(Hunt::of).collect();
    match Snapshot::of(trees) {
        Ok(snapshot) => {
            let members = trees.iter().map(|tree| order(snapshot.members(*tree))).collect();
            send(hunts.iter_mut().collect(), members, signal);
        }
        Err(error) => hunts.iter_mut().for_each(|hunt| hunt.fail(&error)),
    }
    hunts.into_iter().map(Hunt::reached).collect()
}

fn until_nobody_is_new(trees: &[Tree<'_>], signal: Signal) -> Vec<Reached> {
    let mut hunts: Vec<Hunt<'_>> = trees.iter().map(Hunt::of).collect();
    for look in 1..=MAX_LOOKS {
        let mut open: Vec<&mut Hunt<'_>> = hunts.iter_mut().filter(|hunt| !hunt.is_over).collect();
        if open.is_empty() {
            break;
        }
        let left: Vec<Tree<'_>> = open.iter().map(|hunt| *hunt.tree).collect();
        match Snapshot::of(&left) {
            Ok(snapshot) => {
                let fresh = open.iter_mut().map(|hunt| hunt.fresh(&snapshot)).collect();
                send(open, fresh, signal);
                if signal == Signal::SIGKILL {
                    // The kernel reaches what is just being forked. It passes over a process whose main thread has ended, which the next
                    // look finds.
                    left.iter().filter_map(|tree| snapshot.group(*tree)).for_each(tree_group::kill);
                }
            }
            Err(error) => open.iter_mut().for_each(|hunt| hunt.fail(&error)),
        }
        if look == MAX_LOOKS {
            let error = io::Error::other("the tree keeps starting new processes faster than they can be signalled");
            hunts.iter_mut().filter(|hunt| !hunt.is_over).for_each(|hunt| hunt.fail(&error));
        }
    }
    hunts.into_iter().map(Hunt::reached).collect()
}

/// Sends `signal` to the members of each tree. They are looked up first: who is signalled has work of its own from then on, and so has
/// its shim, and the last of many would wait for that of the first.
fn send(mut hunts: Vec<&mut Hunt<'_>>, members: Vec<Vec<Identity>>, signal: Signal) {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let most = (limit / HELD_PART).clamp(1, MOST_HELD) as usize;
    let mut found: Vec<(usize, Addressee)> = Vec::new();
    for (at, member) in (0..).zip(members).flat_map(|(at, members)| members.into_iter().map(move |one| (at, one))) {
        let mut looked = Addressee::of(&member);
        let is_short = looked.as_ref().is_err_and(is_short_of_descriptors);
        if found.len() == most || is_short {
            deliver(&mut hunts, &mut found, signal);
        }
        if is_short {
            looked = Addressee::of(&member);
        }
        match looked {
            Ok(addressee) => found.push((at, addressee)),
            Err(why) => hunts[at].miss(why),
        }
    }
    deliver(&mut hunts, &mut found, signal);
}

fn deliver(hunts: &mut [&mut Hunt<'_>], found: &mut Vec<(usize, Addressee)>, signal: Signal) {
    for (at, addressee) in &*found {
        match addressee.send(signal) {
            Ok(()) => hunts[*at].reached += 1,
            Err(why) => hunts[*at].miss(why),
        }
    }
    found.clear();
}

fn is_short_of_descriptors(why: &SignalError) -> bool {
    let SignalError::System { source, .. } = why else { return false };
    matches!(source.raw_os_error(), Some(nix::libc::EMFILE | nix::libc::ENFILE))
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

    /// Who has not been sent anything yet. With nobody new, it is over.
    fn fresh(&mut self, snapshot: &Snapshot) -> Vec<Identity> {
        let mut fresh = snapshot.members(*self.tree);
        fresh.retain(|member| self.tried.insert((member.pid, member.start_ticks)));
        self.is_over = fresh.is_empty();
        fresh
    }

    /// One was not reached. That it has ended is nobody's fault.
    fn miss(&mut self, why: SignalError) {
        if !matches!(why, SignalError::Gone { .. } | SignalError::Stranger { .. }) {
            self.refused = Some(why);
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
