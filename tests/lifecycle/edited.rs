//! Experiment files, scripts and inputs that are edited between two runs: results are found again by what made them.

use std::fs;

use crate::stage::{Stage, gate, is_running, wait_for};

/// What has changed since a simulation ended ok, as `status --json` tells.
fn changed(stage: &Stage, name: &str) -> Vec<String> {
    let changed = stage.status().sims[name]["changed"].clone();
    serde_json::from_value(changed).unwrap()
}

#[test]
fn another_executor_runs_nothing_again_and_plan_tells_where_each_would_run() {
    let stage = Stage::new();
    stage.write("done.py", "");
    let simulations = "  - {name: a, script: done.py}\n  - {name: b, script: done.py, executor: local}\n";
    stage.experiment("  memory: 64MiB", simulations);
    stage.call("run exp.yaml").expect(0);
    let plan = |options: &str| stage.call(&format!("plan exp.yaml --json {options}")).expect(0).json();
    let facts = |plan: &[serde_json::Value]| plan.iter().map(|one| one["would"].clone()).collect::<Vec<_>>();
    let here = plan("");
    assert_eq!(facts(&here), ["keep", "keep"]);
    assert!(here.iter().all(|one| one.get("executor").is_none()), "{here:?}");
    stage.experiment("  memory: 64MiB\n  executor: {slurm: {partition: long, time: 2d}}", simulations);
    let there = plan("");
    assert_eq!(facts(&there), ["keep", "keep"]);
    assert_eq!(there[0]["executor"]["slurm"]["partition"], "long", "{}", there[0]);
    assert!(there[1].get("executor").is_none(), "{}", there[1]);
    let text = stage.call("plan exp.yaml").expect(0).out;
    assert!(text.contains("executor slurm, partition long, 64 MiB, 2d"), "{text}");
    stage.experiment("", simulations);
    assert!(plan("--executor slurm")[0]["executor"]["slurm"].is_object());
    assert!(plan("--executor local")[0].get("executor").is_none());
}

#[test]
fn an_edited_file_says_what_is_no_longer_what_ran_and_reruns_it_only_when_asked() {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    stage.open_all(&["a", "b"], 0);
    stage.call("run exp.yaml").expect(0);
    let edited = gate("a", ", env: {X: new}") + &gate("b", ", timeout: 7h") + &gate("c", "");
    stage.experiment("", &edited);
    let status = stage.status();
    assert_eq!(["a", "b", "c"].map(|name| status.word(name)), ["ok", "ok", "queued"]);
    assert_eq!(changed(&stage, "a"), ["environment changed"]);
    assert_eq!(changed(&stage, "b"), [""; 0], "a longer timeout changes no result");
    assert_eq!(status.summary["edits"]["new"], 1);
    stage.open("c", 0);
    let said = stage.call("run exp.yaml").expect(0);
    assert!(said.err.contains("1 simulation is ok from something else"), "{}", said.err);
    assert_eq!(["a", "b", "c"].map(|name| stage.entered(name)), [1, 1, 1]);
    stage.call("run exp.yaml --changed").expect(0);
    assert_eq!(["a", "b", "c"].map(|name| stage.entered(name)), [2, 1, 1]);
    assert_eq!(changed(&stage, "a"), [""; 0]);
    assert!(stage.attempt("a", 1).exit().exists(), "the first result stays");
}

#[test]
fn a_place_in_the_file_means_nothing() {
    let stage = Stage::new();
    stage.gates("", &["a", "b", "c"]);
    stage.open_all(&["a", "b", "c"], 0);
    stage.call("run exp.yaml").expect(0);
    stage.gates("", &["c", "d", "a", "b"]);
    stage.open("d", 0);
    let said = stage.call("run exp.yaml").expect(0);
    assert_eq!(said.err, "");
    assert_eq!(["a", "b", "c", "d"].map(|name| stage.entered(name)), [1, 1, 1, 1]);
}

#[test]
fn a_script_a_binary_and_an_input_of_other_content_are_changes_and_a_touched_one_is_none() {
    let stage = Stage::new();
    stage.write("s.py", "pass\n");
    stage.write("hello", "a guest binary\n");
    let gem5 = stage.path("python3");
    fs::write(&gem5, "#!/bin/sh\nexec python3 \"$@\"\n").unwrap();
    fs::set_permissions(&gem5, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let simulations = "  - {name: a, script: s.py, args: [--cmd=hello], gem5: ./python3}\n";
    stage.experiment("", simulations);
    stage.call("run exp.yaml").expect(0);
    assert_eq!(changed(&stage, "a"), [""; 0]);
    let rewrite = |name: &str| {
        let text = fs::read(stage.path(name)).unwrap();
        let new = stage.path("new");
        fs::write(&new, text).unwrap();
        fs::set_permissions(&new, fs::metadata(stage.path(name)).unwrap().permissions()).unwrap();
        fs::rename(new, stage.path(name)).unwrap();
    };
    for name in ["s.py", "hello", "python3"] {
        rewrite(name);
    }
    assert_eq!(changed(&stage, "a"), [""; 0], "the same bytes made again are the same");
    stage.write("s.py", "pass  # edited\n");
    assert_eq!(changed(&stage, "a"), ["script changed"]);
    stage.write("hello", "another guest binary\n");
    fs::write(&gem5, "#!/bin/sh\nexec python3 -S \"$@\"\n").unwrap();
    assert_eq!(changed(&stage, "a"), ["gem5 changed", "script changed", "input hello changed"]);
    fs::remove_file(stage.path("hello")).unwrap();
    assert_eq!(changed(&stage, "a").last().unwrap(), "input hello is gone");
    let said = stage.call("plan exp.yaml").expect(0);
    let line = "# a: ok, kept; gem5 changed, script changed, input hello is gone\n";
    assert!(said.out.contains(line), "{}", said.out);
}

#[test]
fn what_was_made_from_an_older_attempt_of_its_need_says_so() {
    let stage = Stage::new();
    let simulations = gate("boot", "") + &gate("use", ", needs: [boot]");
    stage.experiment("", &simulations);
    stage.open_all(&["boot", "use"], 0);
    stage.call("run exp.yaml").expect(0);
    assert_eq!(changed(&stage, "use"), [""; 0]);
    stage.call("retry exp.yaml boot").expect(0);
    wait_for("the second boot", || (stage.left("boot") == 2).then_some(()));
    wait_for("the note", || (changed(&stage, "use") == ["boot ran again"]).then_some(()));
    assert_eq!(stage.entered("use"), 1, "nothing runs again unasked");
    stage.call("retry exp.yaml --changed").expect(0);
    wait_for("the second use", || (stage.left("use") == 2).then_some(()));
    wait_for("no note", || changed(&stage, "use").is_empty().then_some(()));
}

#[test]
fn what_runs_while_its_file_is_edited_is_told_as_made_from_another_one_when_it_ends() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    engine.kill();
    stage.experiment("", &gate("a", ", env: {X: new}"));
    let _engine = stage.engine("");
    assert_eq!(changed(&stage, "a"), ["environment changed"]);
    let said = stage.call("plan exp.yaml").expect(0);
    assert!(said.out.contains("# a: running; environment changed since it was launched\n"), "{}", said.out);
    assert!(said.out.contains("# 0 would run, 0 ok and kept, 1 run now\n"), "{}", said.out);
    stage.open("a", 0);
    stage.wait_word("a", "ok");
    assert_eq!(changed(&stage, "a"), ["environment changed"]);
    stage.call("retry exp.yaml --changed").expect(0);
    wait_for("the second attempt", || (stage.left("a") == 2).then_some(()));
    wait_for("no note", || changed(&stage, "a").is_empty().then_some(()));
}

#[test]
fn a_simulation_that_is_taken_out_of_the_file_runs_on_and_keeps_its_results() {
    let stage = Stage::new();
    stage.gates("concurrency: 2", &["done", "running", "stays"]);
    stage.open("done", 0);
    let engine = stage.engine("");
    stage.wait_entered(&["running", "stays"]);
    let pid = stage.started("running", 1).gem5.pid;
    engine.kill();
    stage.gates("concurrency: 2", &["stays"]);
    let status = stage.status();
    assert_eq!((status.word("running"), status.word("stays")), ("running", "running"));
    assert_eq!(status.sims["running"]["gone"], true);
    assert_eq!(status.summary["edits"]["names"][0], "done");
    // Two engines later it is still known.
    stage.engine("").kill();
    let engine = stage.engine("");
    assert_eq!(stage.status().word("running"), "running");
    let refused = stage.call("cancel exp.yaml done").expect(2);
    let where_to_look = format!("gem5-tui inspect {}", stage.attempt("done", 1).m5out().display());
    assert!(refused.err.contains("it has results") && refused.err.contains(&where_to_look), "{refused:?}");
    stage.call("cancel exp.yaml running").expect(0);
    stage.wait_word("running", "cancelled");
    assert!(!is_running(pid));
    let refused = stage.call("retry exp.yaml running").expect(1);
    assert!(refused.err.contains("no longer in the experiment file"), "{}", refused.err);
    stage.open("stays", 0);
    stage.wait_word("stays", "ok");
    engine.finish().expect(0);
    let status = stage.status();
    assert_eq!(status.sims.len(), 1);
    assert_eq!(status.summary["edits"]["gone"], 2);
    let said = stage.call("status exp.yaml").expect(0);
    assert!(said.out.contains("2 no longer in the file, results kept: done, running"), "{}", said.out);
    assert!(stage.attempt("done", 1).exit().exists() && stage.attempt("running", 1).exit().exists());
}

#[test]
fn a_plan_says_what_would_run_and_what_is_kept() {
    let stage = Stage::new();
    stage.gates("", &["good", "bad"]);
    stage.open("good", 0);
    stage.open("bad", 1);
    stage.call("run exp.yaml").expect(1);
    stage.gates("", &["good", "bad", "new"]);
    let said = stage.call("plan exp.yaml").expect(0);
    assert!(said.out.contains("# 2 would run, 1 ok and kept, 1 new in the file\n"), "{}", said.out);
    for line in ["# good: ok, kept\n", "# bad: failed, runs again\n", "# new\n"] {
        assert!(said.out.contains(line), "{}", said.out);
    }
    let lines = stage.call("plan exp.yaml --json").expect(0).json();
    let would: Vec<_> = lines.iter().map(|line| (line["would"].as_str().unwrap(), line["attempt"].as_u64())).collect();
    assert_eq!(would, [("keep", Some(2)), ("run", Some(2)), ("run", Some(1))]);
}

#[test]
fn a_plan_of_an_edited_file_is_not_that_of_the_engine_which_has_not_read_it() {
    let stage = Stage::new();
    stage.gates("", &["done", "held"]);
    stage.open("done", 0);
    let _engine = stage.engine("");
    stage.wait_word("done", "ok");
    stage.wait_entered(&["held"]);
    stage.experiment("", &(gate("done", ", env: {X: other}") + &gate("held", "") + &gate("new", "")));
    let lines = stage.call("plan exp.yaml --json").expect(0).json();
    let told = |line: &serde_json::Value| {
        (line["would"].as_str().unwrap().to_owned(), line["attempt"].as_u64().unwrap(), line["changed"].clone())
    };
    let expected = [
        ("keep".to_owned(), 2, serde_json::json!(["environment changed"])),
        ("wait".to_owned(), 2, serde_json::json!([])),
        ("run".to_owned(), 1, serde_json::json!([])),
    ];
    assert_eq!(lines.iter().map(told).collect::<Vec<_>>(), expected);
}
