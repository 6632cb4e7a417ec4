//! Signals to many trees at once.

use std::process::{Child, Command, Stdio};

use gem5_tui::rundir::record::Identity;
use gem5_tui::spawn::identity::{self, Alive};
use gem5_tui::spawn::tree::{self, Root, Tree, TreeState};
use nix::sys::signal::Signal;

use crate::held::{python, wait_until};

/// A session with a child, where the child says that both are there.
const TWO: &str = "
import os, sys, time
os.setsid()
if os.fork() == 0:
    open(sys.argv[1], 'w').close()
while True: time.sleep(600)
";

/// A session in which a process has always just left a child behind and ended.
const FLEES: &str = "
import os, sys, time
os.setsid()
if os.fork() == 0:
    open(sys.argv[1], 'w').close()
    while True:
        if os.fork() != 0: os._exit(0)
while True:
    try:
        os.wait()
    except ChildProcessError:
        time.sleep(0.001)
";

/// Processes of a session that no shim holds. All of it is killed when this is dropped.
struct Session(Child, Identity);

impl Session {
    fn start(code: &str, mark: &std::path::Path) -> Self {
        let mut command = Command::new(python());
        let child = command.args(["-S", "-E", "-c", code]).arg(mark).stdin(Stdio::null()).spawn().unwrap();
        wait_until("the session", || mark.exists().then_some(()));
        let leader = identity::of(child.id().cast_signed()).unwrap();
        Self(child, leader)
    }

    fn tree(&self) -> Tree<'_> {
        Root::Unheld(&self.1).into()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Its leader is not reaped yet, so the number means this group and no other. All that flee are in it.
        let leader = nix::unistd::Pid::from_raw(self.1.pid);
        nix::sys::signal::killpg(leader, Signal::SIGKILL).unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn many_trees_are_signalled_together_and_each_is_told_how_many_were_reached() {
    let place = tempfile::tempdir().unwrap();
    let sessions: Vec<Session> =
        (0..3).map(|number| Session::start(TWO, &place.path().join(number.to_string()))).collect();
    let gone = Identity { start_ticks: 1, ..identity::own().unwrap() };
    let mut trees: Vec<Tree<'_>> = sessions.iter().map(Session::tree).collect();
    trees.insert(1, (&gone).into());
    let reached = |told: Vec<tree::Reached>| told.into_iter().map(Result::unwrap).collect::<Vec<_>>();
    let state = |state| sessions.iter().all(|session| tree::tree_state(&session.1) == state).then_some(());

    assert_eq!(reached(tree::stop_trees(&trees)), [2, 0, 2, 2]);
    wait_until("all to stand still", || state(TreeState::Stopped));
    assert_eq!(reached(tree::stop_trees(&trees)), [2, 0, 2, 2], "who stands still already is reached, too");
    assert_eq!(reached(tree::continue_trees(&trees)), [2, 0, 2, 2]);
    wait_until("all to go on", || state(TreeState::Running));
    assert_eq!(reached(tree::signal_trees(&trees, Signal::SIGKILL)), [2, 0, 2, 2]);
    wait_until("all to end", || state(TreeState::Gone));
    assert!(tree::signal_trees(&[], Signal::SIGKILL).is_empty());
}

#[test]
fn a_tree_that_forks_for_ever_holds_up_no_other() {
    let place = tempfile::tempdir().unwrap();
    let flees = Session::start(FLEES, &place.path().join("flees"));
    let plain = Session::start(TWO, &place.path().join("plain"));
    let told = tree::stop_trees(&[flees.tree(), plain.tree()]);
    // Whether it was caught depends on luck; if not, that is told.
    assert!(matches!(&told[0], Ok(1..) | Err(identity::SignalError::System { .. })), "{told:?}");
    assert_eq!(*told[1].as_ref().unwrap(), 2);
    wait_until("the other to stand still", || (tree::tree_state(&plain.1) == TreeState::Stopped).then_some(()));
    assert_eq!(identity::is_alive(&flees.1), Alive::Yes);
}
