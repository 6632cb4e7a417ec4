//! What is in the way of simulations, and what of it stops more than the one.

use std::fs;

use crate::stage::{Stage, gate, wait_for};

#[test]
fn a_file_in_the_place_of_a_directory_is_told_before_anything_starts() {
    let stage = Stage::new();
    stage.gates("concurrency: 1", &["a", "b"]);
    fs::create_dir(stage.path("out")).unwrap();
    fs::write(stage.path("out/a"), "somebody's").unwrap();
    stage.open("b", 0);
    let said = stage.call("run exp.yaml").expect(2);
    assert!(said.err.contains("out/a"), "{}", said.err);
    assert_eq!(fs::read_to_string(stage.path("out/a")).unwrap(), "somebody's");
    assert_eq!(stage.left("b"), 0);
}

#[test]
fn attempt_directories_that_somebody_made_are_stepped_over() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    fs::create_dir_all(stage.path("out/a/attempt-3")).unwrap();
    fs::create_dir_all(stage.path("out/a/attempt-x")).unwrap();
    fs::create_dir_all(stage.path("out/a/attempt-4")).unwrap();
    stage.call("run exp.yaml").expect(0);
    assert!(stage.attempt("a", 5).exit().exists());
    assert_eq!(fs::read_link(stage.outdir().simulation("a").latest()).unwrap().to_str(), Some("attempt-5"));
}

#[test]
fn a_gem5_that_is_being_rebuilt_keeps_nobody_from_a_look_or_a_cancel() {
    let stage = Stage::new();
    let gem5 = stage.path("gem5-link");
    std::os::unix::fs::symlink("/bin/sh", &gem5).unwrap();
    fs::create_dir(stage.path("where")).unwrap();
    let simulations = gate("a", "") + "  - {name: b, script: gate.py, gem5: ./gem5-link, cwd: where}\n";
    stage.experiment("concurrency: 1", &simulations);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    fs::remove_file(&gem5).unwrap();
    fs::create_dir(&gem5).unwrap();
    fs::remove_dir(stage.path("where")).unwrap();
    let status = stage.status();
    assert_eq!((status.word("a"), status.word("b")), ("running", "queued"));
    stage.call("logs exp.yaml a").expect(0);
    stage.call("pause exp.yaml a").expect(0);
    stage.call("run exp.yaml").expect(2);
    stage.call("stop exp.yaml --cancel").expect(0);
    engine.finish().expect(0);
    assert_eq!(stage.status().word("a"), "cancelled");
}

#[test]
fn failures_are_tried_again_as_often_as_the_file_says_and_each_attempt_is_kept() {
    let stage = Stage::new();
    let simulations = gate("a", ", retries: {failed: 2}") + &gate("b", ", retries: {segv: 5}");
    stage.experiment("concurrency: 2", &simulations);
    stage.open_all(&["a", "b"], 3);
    let run = stage.start("run exp.yaml --json");
    wait_for("the first failure", || stage.exit_if_any("a"));
    // The second attempt comes by itself after a moment, and is the last that is needed.
    wait_for("the wait", || (stage.status().word("a") == "backoff").then_some(()));
    stage.open("a", 0);
    let lines = run.finish().expect(1).json();
    let words: Vec<_> = lines.iter().filter(|line| line["simulation"] == "a").map(|line| line["to"].clone()).collect();
    assert_eq!(words, ["launching", "running", "backoff", "launching", "running", "ok"]);
    assert_eq!((stage.entered("a"), stage.entered("b")), (2, 1));
    assert!(stage.attempt("a", 1).exit().exists() && stage.attempt("a", 2).exit().exists());
}

#[test]
fn what_runs_cannot_be_retried_and_what_ended_cannot_be_cancelled() {
    let stage = Stage::new();
    stage.gates("concurrency: 2", &["a", "b"]);
    stage.open("b", 0);
    let _engine = stage.engine("");
    stage.wait_entered(&["a"]);
    stage.wait_word("b", "ok");
    let said = stage.call("retry exp.yaml a").expect(1);
    assert_eq!(said.err, "error: a: it has not ended; cancel it first\n");
    let said = stage.call("cancel exp.yaml b").expect(1);
    assert_eq!(said.err, "error: b: it has ended\n");
    assert_eq!((stage.entered("a"), stage.entered("b")), (1, 1));
}
