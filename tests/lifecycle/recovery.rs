//! Engines and shims that are killed, and records of processes that are not ours.

use std::fs;

use gem5_tui::rundir::AttemptDir;
use gem5_tui::rundir::atomic::{read_json, write_json};
use gem5_tui::rundir::record::{End, FORMAT, Identity, Moment, Spec, Started};
use gem5_tui::spawn::identity;
use nix::sys::signal::Signal;

use crate::stage::{Bystander, Running, Stage, Status, contents, is_running, wait_for};

const THREE: [&str; 3] = ["a", "b", "c"];

/// Three simulations at their gates, and the engine that launched them.
fn three_running() -> (Stage, Running) {
    let stage = Stage::new();
    stage.gates("concurrency: 3", &THREE);
    let engine = stage.engine("");
    stage.wait_entered(&THREE);
    (stage, engine)
}

fn kill_shim(stage: &Stage, name: &str) {
    let shim = stage.started(name, 1).shim;
    identity::send(&shim, Signal::SIGKILL).unwrap();
    wait_for("the shim to be gone", || (!is_running(shim.pid)).then_some(()));
}

fn words(status: &Status) -> [String; 3] {
    THREE.map(|name| status.word(name).to_owned())
}

#[test]
fn an_engine_killed_mid_run_leaves_all_to_the_next_one() {
    let (stage, engine) = three_running();
    let before = THREE.map(|name| stage.started(name, 1));
    engine.kill();
    for started in &before {
        assert!(is_running(started.gem5.pid) && is_running(started.shim.pid), "{started:?}");
    }
    // Without an engine the directory tells it.
    let status = stage.status();
    assert_eq!(words(&status), ["running"; 3]);
    assert_eq!(status.summary["engine"], false);
    let run = stage.start("run exp.yaml --json");
    wait_for("the new engine", || (stage.status().summary["engine"] == true).then_some(()));
    stage.open_all(&THREE, 0);
    let lines = run.finish().expect(0).json();
    assert_eq!(lines.last().unwrap()["counts"]["ok"], 3);
    assert_eq!(THREE.map(|name| stage.started(name, 1)), before);
    assert!(THREE.iter().all(|name| stage.entered(name) == 1 && !stage.has_attempt(name, 2)));
}

#[test]
fn ends_that_no_engine_saw_are_learnt_from_their_records() {
    let (stage, engine) = three_running();
    engine.kill();
    stage.open("a", 0);
    stage.open("b", 7);
    assert_eq!(stage.exit("b", 1).end, End::Exited { code: 7 });
    stage.exit("a", 1);
    let status = stage.status();
    assert_eq!(words(&status), ["ok", "failed", "running"]);
    assert_eq!(status.reason("b"), "exit code 7");
    let engine = stage.engine("");
    assert_eq!(words(&stage.status()), ["ok", "failed", "running"]);
    stage.open("c", 0);
    // Nothing is launched again by itself: a failure waits for a person.
    stage.wait_word("c", "ok");
    engine.finish().expect(0);
    assert!(THREE.iter().all(|name| stage.entered(name) == 1));
}

#[test]
fn a_simulation_that_outlives_engine_and_shim_is_never_ok() {
    let (stage, engine) = three_running();
    engine.kill();
    kill_shim(&stage, "a");
    let gem5 = stage.started("a", 1).gem5.pid;
    let check = || {
        let status = stage.status();
        assert_eq!(status.word("a"), "running");
        assert!(status.reason("a").contains("its shim died"), "{}", status.reason("a"));
    };
    check();
    let _engine = stage.engine("");
    check();
    assert!(is_running(gem5));
    stage.open("a", 0);
    let status = stage.wait_word("a", "lost");
    assert_eq!(words(&status), ["lost", "running", "running"]);
    assert!(!stage.has_attempt("a", 2));
}

#[test]
fn a_shim_killed_under_a_living_engine_is_noticed_and_the_simulation_can_still_be_cancelled() {
    let (stage, _engine) = three_running();
    kill_shim(&stage, "a");
    kill_shim(&stage, "b");
    wait_for("the engine to notice", || stage.status().reason("a").contains("its shim died").then_some(()));
    stage.open("a", 0);
    stage.wait_word("a", "lost");
    // Pause, resume and cancel reach what is left of the tree.
    let gem5 = stage.started("b", 1).gem5.pid;
    stage.call("pause exp.yaml b").expect(0);
    wait_for("the stop", || (crate::stage::state_of(gem5) == Some('T')).then_some(()));
    stage.call("cancel exp.yaml b").expect(0);
    wait_for("the end", || (!is_running(gem5)).then_some(()));
    let status = stage.wait_word("b", "lost");
    assert_eq!(status.word("c"), "running");
}

#[test]
fn everything_killed_at_once_is_lost_and_a_run_repeats_it() {
    let (stage, engine) = three_running();
    engine.kill();
    for name in THREE {
        let Started { gem5, .. } = stage.started(name, 1);
        kill_shim(&stage, name);
        identity::send(&gem5, Signal::SIGKILL).unwrap();
        wait_for("the simulation to be gone", || (!is_running(gem5.pid)).then_some(()));
    }
    let status = stage.status();
    assert_eq!(words(&status), ["lost"; 3]);
    assert_eq!(status.count("running"), 0);
    stage.open_all(&THREE, 0);
    let first = contents(stage.attempt("a", 1).path());
    stage.call("run exp.yaml").expect(0);
    assert_eq!(contents(stage.attempt("a", 1).path()), first);
    assert!(THREE.iter().all(|name| stage.entered(name) == 2 && stage.has_attempt(name, 2)));
}

/// Writes `attempt-1/spec.json` as an engine leaves it that dies before it starts the shim.
fn intent(stage: &Stage, name: &str) -> AttemptDir {
    let attempt = stage.attempt(name, 1);
    fs::create_dir_all(attempt.path()).unwrap();
    let spec = Spec {
        format: FORMAT,
        simulation: name.to_owned(),
        attempt: 1,
        argv: vec!["/nonexistent/python3".to_owned()],
        cwd: stage.path(""),
        env: std::collections::BTreeMap::new(),
        call: None,
        output_subdir: None,
        parameters: Vec::new(),
        retries_made: 0,
        spec_hash: String::new(),
        success: None,
        key: gem5_tui::experiment::Key::default(),
        inputs: Vec::new(),
        needs: Vec::new(),
        gem5_tui: "0.0.0".to_owned(),
        at: Moment::now(),
    };
    write_json(&attempt.spec(), &spec).unwrap();
    attempt
}

#[test]
fn an_intent_without_a_start_is_started_once() {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    intent(&stage, "a");
    // And one that died a moment earlier.
    fs::create_dir_all(stage.attempt("b", 1).path()).unwrap();
    let status = stage.status();
    assert_eq!((status.word("a"), status.word("b")), ("queued", "queued"));
    stage.open_all(&["a", "b"], 0);
    let engine = stage.engine("");
    stage.wait_word("a", "ok");
    engine.finish().expect(0);
    assert_eq!((stage.entered("a"), stage.entered("b")), (1, 1));
    assert!(stage.attempt("a", 2).exit().exists() && stage.attempt("b", 2).exit().exists());
    assert!(!stage.attempt("a", 1).started().exists() && !stage.has_attempt("a", 3));
    assert_eq!(stage.status().attempts("a"), 2);
}

#[test]
fn output_without_a_record_may_be_a_start_and_is_not_started_again_by_itself() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let attempt = intent(&stage, "a");
    fs::create_dir(attempt.m5out()).unwrap();
    fs::write(attempt.simout(), "").unwrap();
    assert_eq!(stage.status().word("a"), "lost");
    let engine = stage.engine("");
    assert_eq!(stage.status().word("a"), "lost");
    engine.finish().expect(0);
    assert_eq!(stage.entered("a"), 0);
}

#[test]
fn a_recycled_process_number_and_another_boot_are_lost_and_nobody_is_signalled() {
    let stage = Stage::new();
    stage.gates("concurrency: 3", &["recycled", "rebooted", "damaged"]);
    let mut stranger = Bystander::new();
    let real = identity::of(stranger.pid()).unwrap();
    let forge = |name: &str, forged: Identity| {
        let attempt = intent(&stage, name);
        let started =
            Started { format: FORMAT, gem5: forged.clone(), shim: forged, at: Moment::now(), suspended_ms: None };
        write_json(&attempt.started(), &started).unwrap();
    };
    forge("recycled", Identity { start_ticks: real.start_ticks + 1, ..real.clone() });
    forge("rebooted", Identity { boot_id: "00000000-0000-0000-0000-000000000000".to_owned(), ..real });
    fs::write(intent(&stage, "damaged").started(), "{\"format\": 1, \"gem5\": ").unwrap();
    let check = || {
        let status = stage.status();
        for name in ["recycled", "rebooted", "damaged"] {
            assert_eq!(status.word(name), "lost", "{name}");
        }
        assert_eq!(status.count("running"), 0);
    };
    check();
    let refused = stage.call("cancel exp.yaml *").expect(1);
    assert!(refused.err.contains("it has ended"), "{}", refused.err);
    let engine = stage.engine("");
    // A client that comes and goes, so that the engine does not wait for its first one.
    check();
    engine.finish().expect(0);
    check();
    assert!(stranger.is_untouched());
    // What a person asks for is done.
    stage.open_all(&["recycled", "rebooted", "damaged"], 0);
    stage.call("run exp.yaml").expect(0);
    assert!(stranger.is_untouched());
}

#[test]
fn a_cancel_survives_the_engine_that_began_it() {
    let stage = Stage::new();
    let script = "import os, signal, sys, time\nsignal.signal(signal.SIGINT, lambda *_: print('got it', flush=True))\n\
                  print('ready', flush=True)\n\
                  while not os.path.exists('gate-end'): time.sleep(0.005)\nsys.exit(1)\n";
    stage.write("wait.py", script);
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
