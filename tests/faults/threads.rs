//! F65: processes whose main thread has ended while others go on.

use std::fs;

use gem5_tui::rundir::record::End;
use gem5_tui::spawn::identity::{self, Alive};
use gem5_tui::spawn::last_words::is_told_here;
use gem5_tui::spawn::tree::{self, Root, Snapshot, TreeState};
use nix::sys::signal::Signal;

use crate::roles::kill_shim;
use crate::stage::{Running, Stage, state_of, wait_for};

/// Says that it is there and ends its main thread, as `pthread_exit` in `main` does; another one goes on. In a child of its own
/// where it is told `child`. Ignores the signals that it is told.
const THREADED: &str = r#"import ctypes, os, signal, sys, threading, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGUSR1, lambda number, frame: None)
for name in sys.argv[2:]:
    signal.signal(getattr(signal, name), signal.SIG_IGN)
if sys.argv[1] == "child" and os.fork() != 0:
    os.wait()
    sys.exit(0)
def work():
    with open("entered-a", "a") as file:
        file.write("%d\n" % os.getpid())
    while True: time.sleep(0.01)
threading.Thread(target=work).start()
sys.stdout.flush()
ctypes.CDLL(None).syscall({"x86_64": 60}.get(os.uname().machine, 93), 0)
"#;

/// An engine with such a simulation, and the number of the process that has lost its main thread.
fn threaded(settings: &str, args: &str) -> (Stage, Running, i32) {
    let stage = Stage::new();
    stage.write("threaded.py", THREADED);
    stage.experiment(settings, &format!("  - {{name: a, script: threaded.py, args: [{args}]}}\n"));
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    let pid = fs::read_to_string(stage.path("entered-a")).unwrap().trim().parse().unwrap();
    wait_for("the end of the main thread", || (state_of(pid) == Some('Z')).then_some(()));
    (stage, engine, pid)
}

/// The states of the threads that go on.
fn threads_of(pid: i32) -> Vec<char> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let state = |task: fs::DirEntry| {
        let text = fs::read_to_string(task.path().join("stat")).ok()?;
        text.rsplit_once(')')?.1.trim_start().chars().next()
    };
    tasks.filter_map(state).filter(|state| *state != 'Z').collect()
}

#[test]
fn f65_a_process_whose_main_thread_has_ended_is_paused_resumed_and_cancelled_like_any_other() {
    let (stage, engine, pid) = threaded("", "main");
    let gem5 = stage.started("a", 1).gem5;
    assert_eq!((gem5.pid, identity::is_alive(&gem5)), (pid, Alive::Yes));
    let usage = Snapshot::take().unwrap().usage(Root::Unheld(&gem5));
    assert!(usage.processes == 1 && usage.rss > 1_000_000, "{usage:?}");
    stage.call("pause exp.yaml a").expect(0);
    wait_for("the stop", || (threads_of(pid) == ['T']).then_some(()));
    assert_eq!(tree::tree_state(&gem5), TreeState::Stopped);
    stage.wait_word("a", "paused");
    stage.call("resume exp.yaml a").expect(0);
    wait_for("the continue", || (threads_of(pid) != ['T']).then_some(()));
    assert_eq!(tree::tree_state(&gem5), TreeState::Running);
    stage.wait_word("a", "running");
    stage.call("cancel exp.yaml a").expect(0);
    assert_eq!(stage.exit("a", 1).end, End::Signaled { signal: 2, name: "SIGINT".to_owned() });
    assert_eq!(threads_of(pid), []);
    stage.wait_word("a", "cancelled");
    engine.finish().expect(0);
}

#[test]
fn f65_a_child_whose_main_thread_has_ended_is_stopped_and_killed_with_its_tree() {
    let (stage, engine, pid) = threaded("  grace: 100ms", "child, SIGINT, SIGTERM");
    let started = stage.started("a", 1);
    assert_ne!(started.gem5.pid, pid);
    assert_eq!(tree::members(&started.shim).unwrap().len(), 2);
    stage.call("pause exp.yaml a").expect(0);
    wait_for("the stop", || (threads_of(pid) == ['T']).then_some(()));
    stage.call("cancel exp.yaml a").expect(0);
    stage.wait_word("a", "cancelled");
    assert_eq!(threads_of(pid), []);
    engine.finish().expect(0);
}

#[test]
fn f65_the_handlers_of_a_process_are_known_after_its_main_thread_has_ended() {
    let (stage, _engine, _) = threaded("", "main");
    let gem5 = stage.started("a", 1).gem5;
    assert!(identity::catches(&gem5, Signal::SIGUSR1).unwrap());
    assert!(!identity::catches(&gem5, Signal::SIGTERM).unwrap());
}

#[test]
fn f65_a_process_whose_main_thread_has_ended_outlives_its_shim_and_is_not_started_again() {
    let (stage, engine, pid) = threaded("", "main");
    kill_shim(&stage, "a");
    wait_for("the engine to notice", || stage.status().reason("a").contains("its shim died").then_some(()));
    engine.kill();
    let another = stage.engine("");
    assert_eq!((stage.status().word("a"), stage.entered("a"), threads_of(pid).len()), ("running", 1, 1));
    stage.call("cancel exp.yaml a").expect(0);
    // The kernel tells how the process ended, and not how its main thread did.
    stage.wait_word("a", if is_told_here() { "cancelled" } else { "lost" });
    assert_eq!((threads_of(pid), stage.has_attempt("a", 2)), (vec![], false));
    another.finish().expect(0);
}
