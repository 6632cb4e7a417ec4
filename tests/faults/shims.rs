//! F7: a shim that is killed alone: its simulation goes on, and its end is told by the kernel or not at all.

use gem5_tui::rundir::record::End;
use gem5_tui::spawn::identity;
use gem5_tui::spawn::last_words::is_told_here;
use nix::sys::signal::Signal;

use crate::roles::kill_shim;
use crate::stage::{Stage, is_running, wait_for};

/// The word for a simulation whose shim was killed and that ended with this code while an engine looked.
fn word(code: i32) -> &'static str {
    match (is_told_here(), code) {
        (false, _) => "lost",
        (true, 0) => "ok",
        (true, _) => "failed",
    }
}

#[test]
fn f07_shim_killed_alone_its_simulation_goes_on_and_the_engine_learns_its_end() {
    let stage = Stage::new();
    stage.gates("concurrency: 3", &["good", "bad", "killed"]);
    let engine = stage.engine("");
    stage.wait_entered(&["good", "bad", "killed"]);
    for name in ["good", "bad", "killed"] {
        kill_shim(&stage, name);
        wait_for("the engine to notice", || stage.status().reason(name).contains("its shim died").then_some(()));
        assert!(is_running(stage.started(name, 1).gem5.pid), "{name} goes on");
    }
    stage.open("good", 0);
    stage.open("bad", 7);
    stage.wait_word("good", word(0));
    stage.wait_word("bad", word(7));
    identity::send(&stage.started("killed", 1).gem5, Signal::SIGKILL).unwrap();
    stage.wait_word("killed", if is_told_here() { "killed" } else { "lost" });
    engine.finish().expect(0);
    if is_told_here() {
        let exit = stage.exit("bad", 1);
        assert_eq!((exit.end, exit.usage, exit.unsupervised), (End::Exited { code: 7 }, None, true));
        let said = stage.call("show exp.yaml bad").expect(0);
        assert!(said.out.contains("nobody knows: its shim had been killed"), "{}", said.out);
    }
    // What was learnt is on disk: the next look says the same.
    assert_eq!(stage.status().word("good"), word(0));
    assert_eq!((stage.entered("good"), stage.has_attempt("good", 2)), (1, false));
}

#[test]
fn f07_shim_and_engine_killed_the_next_engine_learns_an_end_that_it_sees_coming() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    engine.kill();
    kill_shim(&stage, "a");
    let status = stage.status();
    assert_eq!(status.word("a"), "running");
    assert!(status.reason("a").contains("its shim died"), "{}", status.reason("a"));
    let engine = stage.engine("");
    assert!(stage.status().reason("a").contains("its shim died"));
    stage.open("a", 0);
    stage.wait_word("a", word(0));
    engine.finish().expect(0);
    assert_eq!(stage.entered("a"), 1);
}

#[test]
fn f07_shim_killed_the_rest_of_its_tree_can_still_be_paused_and_cancelled() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let _engine = stage.engine("");
    stage.wait_entered(&["a"]);
    kill_shim(&stage, "a");
    let gem5 = stage.started("a", 1).gem5.pid;
    stage.call("pause exp.yaml a").expect(0);
    wait_for("the stop", || (crate::stage::state_of(gem5) == Some('T')).then_some(()));
    stage.call("cancel exp.yaml a").expect(0);
    wait_for("the end", || (!is_running(gem5)).then_some(()));
    stage.wait_word("a", if is_told_here() { "cancelled" } else { "lost" });
}

#[test]
fn f07_shim_killed_what_left_its_session_is_found_by_its_control_group() {
    let stage = Stage::new();
    // The main process stays; a child of a child has a session of its own and no parent of ours.
    let script = "import os, signal, sys, time\n\
                  signal.signal(signal.SIGINT, signal.SIG_IGN)\n\
                  if os.fork() == 0:\n\
                  \x20   os.setsid()\n\
                  \x20   if os.fork() == 0:\n\
                  \x20       open('stray', 'w').write(str(os.getpid()))\n\
                  \x20       time.sleep(600)\n\
                  \x20   os._exit(0)\n\
                  os.wait()\n\
                  time.sleep(600)\n";
    stage.write("stray.py", script);
    stage.experiment("  grace: 100ms", "  - {name: a, script: stray.py}\n");
    let engine = stage.engine("");
    let read = || std::fs::read_to_string(stage.path("stray")).ok()?.parse::<i32>().ok();
    let stray = wait_for("the stray", read);
    let started = stage.started("a", 1);
    let Some(group) = &started.group else {
        let ended = identity::of(stray).map(|stray| identity::send(&stray, Signal::SIGKILL));
        return eprintln!("skipped: no control group can be made here ({ended:?})");
    };
    kill_shim(&stage, "a");
    wait_for("the engine to notice", || stage.status().reason("a").contains("its shim died").then_some(()));
    stage.call("pause exp.yaml a").expect(0);
    wait_for("the stop", || (crate::stage::state_of(stray) == Some('T')).then_some(()));
    assert_eq!(crate::stage::state_of(started.gem5.pid), Some('T'));
    stage.call("cancel exp.yaml a").expect(0);
    wait_for("the end of both", || (!is_running(stray) && !is_running(started.gem5.pid)).then_some(()));
    stage.wait_word("a", if is_told_here() { "cancelled" } else { "lost" });
    engine.finish().expect(0);
    assert!(!group.exists(), "nothing is left of the group");
}
