//! Engines and shims that are killed, and what the next engine goes on with.

use std::fs;

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::{End, Started};

use crate::stage::{Stage, wait_for};
use crate::three::{three_running, words};

#[test]
fn a_cancel_survives_the_engine_that_began_it() {
    let stage = Stage::new();
    let script = "import signal, sys\nsignal.signal(signal.SIGINT, lambda *_: print('got it', flush=True))\n\
                  print('ready', flush=True)\n\
                  wait('gate-end')\nsys.exit(1)\n";
    stage.script("wait.py", script);
    stage.experiment("  grace: 10m", "  - {name: a, script: wait.py}\n  - {name: b, script: wait.py}\n");
    let engine = stage.engine("-j2");
    let out = |name: &str, text: &str| {
        let path = stage.attempt(name, 1).simout();
        wait_for(text, || fs::read_to_string(&path).ok().filter(|out| out.contains(text)));
    };
    for name in ["a", "b"] {
        out(name, "ready");
    }
    stage.call("cancel exp.yaml a b").expect(0);
    for name in ["a", "b"] {
        out(name, "got it");
    }
    engine.kill();
    let status = stage.status();
    assert_eq!((status.word("a"), status.word("b")), ("stopping", "stopping"));
    let engine = stage.engine("");
    assert_eq!(stage.status().word("b"), "stopping");
    // One goes down the rest of the ladder, the other ends by itself, with a code that would be a failure otherwise.
    stage.call("cancel exp.yaml a").expect(0);
    assert_eq!(stage.exit("a", 1).end, End::Signaled { signal: 15, name: "SIGTERM".to_owned() });
    stage.open("end", 0);
    stage.wait_word("b", "cancelled");
    engine.finish().expect(0);
    let status = stage.status();
    assert_eq!((status.word("a"), status.word("b")), ("cancelled", "cancelled"));
}

#[test]
fn a_pause_survives_the_engine_that_made_it() {
    let (stage, engine) = three_running();
    let pid = stage.started("a", 1).gem5.pid;
    stage.call("pause exp.yaml a").expect(0);
    wait_for("the stop", || gem5_tui::rundir::attempts::pauses(&stage.attempt("a", 1)).1);
    engine.kill();
    assert_eq!(crate::stage::state_of(pid), Some('T'));
    assert_eq!(words(&stage.status()), ["paused", "running", "running"]);
    // The verb starts an engine, which lets it go on.
    stage.call("resume exp.yaml a").expect(0);
    stage.open("a", 0);
    stage.wait_word("a", "ok");
}

#[test]
fn an_engine_that_was_started_only_to_signal_launches_nothing_until_it_is_asked_to() {
    let stage = Stage::new();
    stage.gates("concurrency: 2", &["a", "b", "c"]);
    stage.open("b", 1);
    let engine = stage.engine("-j1");
    stage.wait_entered(&["a"]);
    stage.call("pause exp.yaml a").expect(0);
    // Its place is free now, so b runs and fails, and c waits for its gate.
    stage.wait_word("b", "failed");
    stage.wait_entered(&["c"]);
    engine.kill();
    stage.open("c", 0);
    stage.exit("c", 1);
    stage.open("b", 0);
    stage.call("resume exp.yaml a").expect(0);
    assert_eq!((stage.entered("b"), stage.status().word("a")), (1, "running"));
    // A retry is a wish to launch, also for the engine that the resume has started.
    stage.call("retry exp.yaml b").expect(0);
    stage.wait_word("b", "ok");
    assert!(!stage.outdir().controls().exists(), "nobody has paused the queue");
    stage.open("a", 0);
    stage.wait_word("a", "ok");
}

#[test]
fn records_of_the_outcome_may_be_deleted() {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    stage.open("a", 0);
    stage.open("b", 9);
    stage.call("run exp.yaml").expect(1);
    for name in ["a", "b"] {
        let path = stage.attempt(name, 1).outcome();
        assert!(path.exists());
        fs::write(&path, "{\"format\": 1, \"outc").unwrap();
        stage.status();
        fs::remove_file(&path).unwrap();
        let status = stage.status();
        assert_eq!((status.word("a"), status.word("b")), ("ok", "failed"));
        assert!(!path.exists(), "a look writes nothing");
    }
    let started: Option<Started> = read_json(&stage.attempt("a", 1).started()).unwrap();
    assert!(started.is_some());
}
