//! A background engine, driven by the verbs as a person does from another terminal.

use std::fs;

use gem5_tui::rundir::record::End;
use nix::sys::signal::Signal;

use crate::stage::{Stage, gate, state_of, wait_for};

fn wait_states(pids: &[i32], stopped: bool) {
    for &pid in pids {
        wait_for(&format!("process {pid}"), || state_of(pid).filter(|state| (*state == 'T') == stopped));
    }
}

fn wait_out(stage: &Stage, name: &str, text: &str) {
    let path = stage.attempt(name, 1).simout();
    wait_for(text, || fs::read_to_string(&path).ok().filter(|out| out.contains(text)));
}

#[test]
fn a_look_in_the_middle_of_a_pause_does_not_take_it_back() {
    // Output all the time, so that every look at the files finds something new to tell.
    let stage = Stage::new();
    stage.write("busy.py", "import time\nfor n in range(60_000):\n    print(n, flush=True); time.sleep(0.01)\n");
    stage.experiment("", "  - {name: a, script: busy.py}\n");
    let _engine = stage.engine("");
    let pid = stage.started("a", 1).gem5.pid;
    stage.wait_word("a", "running");
    for _ in 0..5 {
        stage.call("pause exp.yaml a").expect(0);
        wait_states(&[pid], true);
        assert_eq!(stage.status().word("a"), "paused");
        stage.call("resume exp.yaml a").expect(0);
        wait_states(&[pid], false);
        assert_eq!(stage.status().word("a"), "running");
    }
}

#[test]
fn a_stop_from_outside_is_seen_as_a_pause_and_frees_the_place() {
    let stage = Stage::new();
    stage.gates("concurrency: 1", &["a", "b"]);
    let _engine = stage.engine("");
    stage.wait_entered(&["a"]);
    let pid = stage.started("a", 1).gem5.pid;
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGSTOP).unwrap();
    stage.wait_word("a", "paused");
    stage.wait_entered(&["b"]);
    stage.open("a", 0);
    stage.call("resume exp.yaml a").expect(0);
    // No place until b has ended.
    assert_eq!(stage.status().reason("a"), "goes on when there is a place: cap 1 reached");
    assert_eq!(state_of(pid), Some('T'));
    stage.open("b", 0);
    stage.wait_word("a", "ok");
}

#[test]
fn a_cancel_keeps_the_last_dump_of_the_stand_in_complete() {
    let stage = Stage::new();
    stage.stand_in(
        "  - {name: long, script: CONFIGS/cache_sweep.py, args: [--workload=stream, --ticks=100000000000000, --dumps=1],\n\
         \x20    watch: [simTicks]}\n",
    );
    let _engine = stage.engine("");
    let dir = stage.attempt("long", 1);
    let dumps = || gem5_tui::rundir::stats_file::count_dumps(&dir.m5out().join("stats.txt")).unwrap_or(0);
    // SIGUSR1 asks for a dump, and only the event loop answers: from then on SIGINT is gem5's and no longer Python's.
    let gem5 = stage.started("long", 1).gem5;
    wait_for("a dump", || {
        let loops = fs::read_to_string(dir.simerr()).is_ok_and(|text| text.contains("Entering event queue"));
        if loops {
            gem5_tui::spawn::identity::send(&gem5, Signal::SIGUSR1).unwrap();
        }
        (dumps() > 0).then_some(())
    });
    let said = stage.call("cancel exp.yaml long").expect(0);
    assert_eq!(said.out, "long asked to stop\n");
    let status = stage.wait_word("long", "cancelled");
    assert_eq!(stage.exit("long", 1).end, End::Exited { code: 0 });
    let text = fs::read_to_string(dir.m5out().join("stats.txt")).unwrap();
    assert!(text.trim_end().ends_with("---------- End Simulation Statistics   ----------"), "the last dump is torn");
    assert!(status.reason("long").contains(&format!("dump {}", dumps())), "{}", status.reason("long"));
    let said = stage.call("stats exp.yaml --json").expect(0);
    let line = &said.json()[0];
    assert_eq!(line["simulation"], "long");
    let ticks = line["stats"]["simTicks"].as_f64().unwrap_or_default();
    assert!(ticks > 0.0, "{line}");
    let said = stage.call("stats exp.yaml").expect(0);
    let (all_digits, mark) = (format!("{ticks:.0}"), "(cancelled)");
    assert!(said.out.contains(&all_digits) && said.out.contains(mark), "{} looks like a result", said.out);
}

#[test]
fn no_more_than_the_cap_run_at_once() {
    let stage = Stage::new();
    let names = ["a", "b", "c", "d", "e", "f"];
    stage.gates("concurrency: 2", &names);
    let _engine = stage.engine("");
    let entered = || names.iter().filter(|name| stage.entered(name) > 0).count();
    let inside = || names.into_iter().filter(|name| stage.entered(name) > stage.left(name)).collect::<Vec<_>>();
    for turn in 0..names.len() {
        let places = (names.len() - turn).min(2);
        let taken = wait_for("the places to be taken", || Some(inside()).filter(|inside| inside.len() == places));
        // One gate is opened after the other, so whoever came beyond these came beyond the cap.
        assert_eq!(entered(), turn + places);
        let status = stage.status();
        if let Some(waits) = names.iter().find(|name| status.word(name) == "queued") {
            assert_eq!(status.reason(waits), "cap 2 reached");
        }
        assert_eq!(status.count("queued") as usize, names.len() - turn - places);
        stage.open(taken[0], 0);
        wait_for("it to leave", || (stage.left(taken[0]) == 1).then_some(()));
    }
    wait_for("all to end", || (stage.status().count("ok") == 6).then_some(()));
}

#[test]
fn a_paused_queue_launches_nothing_and_lets_what_runs_end() {
    let stage = Stage::new();
    stage.gates("concurrency: 1", &["a", "b"]);
    let _engine = stage.engine("");
    stage.wait_entered(&["a"]);
    let said = stage.call("pause exp.yaml --queue").expect(0);
    assert_eq!(said.out, "queue paused; what runs goes on\n");
    // Somebody watches, or the engine would end: a paused queue waits for a person.
    let watcher = stage.start("logs exp.yaml a -f");
    stage.open("a", 0);
    let status = stage.wait_word("a", "ok");
    assert_eq!((status.word("b"), status.reason("b")), ("queued", "the queue is paused"));
    watcher.finish().expect(0);
    assert_eq!(stage.entered("b"), 0);
    stage.open("b", 0);
    stage.call("resume exp.yaml --queue").expect(0);
    stage.wait_word("b", "ok");
}

#[test]
fn failed_simulations_are_retried_by_name_by_glob_and_all_at_once() {
    let stage = Stage::new();
    let names = ["red-1", "red-2", "blue-1", "blue-2"];
    stage.gates("concurrency: 4", &names);
    for name in &names {
        stage.open(name, i32::from(*name != "blue-2"));
    }
    stage.call("run exp.yaml").expect(1);
    let counts = || names.map(|name| stage.entered(name));
    assert_eq!(counts(), [1, 1, 1, 1]);
    // There is no engine: the verb starts one.
    stage.call("retry exp.yaml blue-1").expect(0);
    wait_for("a second attempt", || (counts() == [1, 1, 2, 1]).then_some(()));
    let said = stage.call("retry exp.yaml red-*").expect(0);
    assert_eq!(said.out, "2 simulations queued again\n");
    wait_for("the red ones", || (counts() == [2, 2, 2, 1]).then_some(()));
    wait_for("their ends", || (stage.status().count("not_ok") == 3).then_some(()));
    stage.open_all(&["red-1", "red-2", "blue-1"], 0);
    stage.call("retry exp.yaml --failed").expect(0);
    wait_for("all", || (stage.status().count("ok") == 4).then_some(()));
    assert_eq!(counts(), [3, 3, 3, 1]);
    let said = stage.call("retry exp.yaml --failed").expect(0);
    assert_eq!(said.out, "nothing to do: no simulation has failed\n");
}

#[test]
fn a_name_that_matches_nothing_is_a_mistake_and_comes_with_a_suggestion() {
    let stage = Stage::new();
    stage.gates("", &["stream-1", "chase-1"]);
    let said = stage.call("cancel exp.yaml straem-1").expect(2);
    assert_eq!(said.err, "error: no simulation matches `straem-1`; did you mean `stream-1`?\n");
    let said = stage.call("retry exp.yaml matrix-*").expect(2);
    assert!(said.err.contains("`matrix-*`"), "{}", said.err);
    let said = stage.call_with(&["cancel", "exp.yaml", "stream 1"]).expect(2);
    assert!(said.err.contains("`stream 1`"), "{}", said.err);
    let said = stage.call("pause exp.yaml").expect(2);
    assert!(said.err.contains("--queue"), "{}", said.err);
    assert!(!stage.path("out").exists(), "a mistake starts no engine");
}

#[test]
fn a_memory_budget_holds_back_what_does_not_fit_and_says_why() {
    let stage = Stage::new();
    let simulations = gate("a", ", memory: 6GiB") + &gate("b", ", memory: 3GiB") + &gate("c", ", memory: 2GiB");
    stage.experiment("concurrency: 3\nmemory: 8GiB", &simulations);
    let _engine = stage.engine("");
    stage.wait_entered(&["a", "c"]);
    let status = stage.status();
    assert_eq!(status.word("b"), "queued");
    assert_eq!(status.reason("b"), "needs 3 GiB of memory, 0 B is free");
    // A paused simulation keeps its memory.
    stage.call("pause exp.yaml a").expect(0);
    assert_eq!((stage.status().word("b"), stage.entered("b")), ("queued", 0));
    stage.call("resume exp.yaml a").expect(0);
    stage.open_all(&["a", "b", "c"], 0);
    stage.wait_word("b", "ok");
}

#[test]
fn stop_lets_what_runs_end_and_launches_nothing_more() {
    let stage = Stage::new();
    stage.gates("concurrency: 1", &["a", "b"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    stage.call("stop exp.yaml").expect(0);
    assert_eq!(stage.status().reason("b"), "draining: nothing more is launched");
    stage.open("a", 0);
    engine.finish().expect(0);
    let status = stage.status();
    assert_eq!((status.word("a"), status.word("b")), ("ok", "queued"));
    assert_eq!(status.summary["engine"], false);
    let said = stage.call("stop exp.yaml").expect(0);
    assert_eq!(said.out, "no engine runs for this experiment\n");
}

#[test]
fn stop_with_cancel_leaves_nothing_running() {
    let stage = Stage::new();
    stage.gates("concurrency: 2", &["a", "b", "c"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a", "b"]);
    let pids = ["a", "b"].map(|name| stage.started(name, 1).gem5.pid);
    stage.call("stop exp.yaml --cancel").expect(0);
    engine.finish().expect(0);
    assert!(pids.iter().all(|pid| !crate::stage::is_running(*pid)));
    let status = stage.status();
    assert_eq!(["a", "b", "c"].map(|name| status.word(name)), ["cancelled"; 3]);
    assert!(!stage.has_attempt("c", 1));
}

#[test]
fn a_log_that_is_followed_is_printed_to_its_end() {
    let stage = Stage::new();
    let script = "import sys\nprint('one'); print('to stderr', file=sys.stderr)\nprint('two', flush=True)\n\
                  wait('gate-talk')\nsys.stdout.write('last, without newline')\n";
    stage.script("talk.py", script);
    stage.experiment("", "  - {name: a, script: talk.py}\n");
    let none = stage.call("logs exp.yaml a").expect(1);
    assert!(none.err.contains("has not started yet"), "{}", none.err);
    let _engine = stage.engine("");
    wait_out(&stage, "a", "two");
    let now = stage.call("logs exp.yaml a").expect(0);
    assert_eq!(now.out, "one\ntwo\n");
    let stderr = stage.call("logs exp.yaml a --stderr").expect(0);
    assert_eq!(stderr.out, "to stderr\n");
    let follow = stage.start("logs exp.yaml a -f");
    assert_eq!(follow.line(1), "two");
    stage.open("talk", 0);
    assert_eq!(follow.finish().expect(0).out, "one\ntwo\nlast, without newline\n");
    stage.call("logs exp.yaml a --attempt 7").expect(2);
}

#[test]
fn what_has_ended_is_not_paused_and_no_engine_is_started_for_it() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(0);
    let before = stage.lease();
    let said = stage.call("pause exp.yaml a").expect(1);
    assert!(said.err.contains("has ended"), "{}", said.err);
    assert_eq!(stage.lease(), before);
}

#[test]
fn what_is_held_back_without_an_engine_stays_so_for_the_next_one_and_keeps_no_run() {
    let stage = Stage::new();
    stage.gates("concurrency: 1\n", &["a", "b", "c"]);
    stage.call("pause exp.yaml a").expect(0);
    wait_for("the engine to leave", || (stage.status().summary["engine"] == false).then_some(()));
    stage.call("next exp.yaml c").expect(0);
    wait_for("the engine to leave", || (stage.status().summary["engine"] == false).then_some(()));
    let status = stage.status();
    assert_eq!(status.reason("a"), "held");
    assert_eq!((status.word("a"), stage.entered("a")), ("queued", 0));
    stage.open_all(&["b", "c"], 0);
    let said = stage.call("run exp.yaml").expect(1);
    assert!(said.err.contains("holds it back"), "{}", said.err);
    let began = |name: &str| said.out.find(&format!("launching     {name}")).unwrap();
    assert!(began("c") < began("b"), "{}", said.out);
    assert_eq!(stage.entered("a"), 0);
    stage.open("a", 0);
    stage.call("resume exp.yaml a").expect(0);
    stage.call("run exp.yaml").expect(0);
}

#[test]
fn what_waits_can_be_cancelled_without_an_engine_and_stays_cancelled() {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    stage.call("cancel exp.yaml a").expect(0);
    stage.wait_word("a", "cancelled");
    wait_for("the engine to leave", || (stage.status().summary["engine"] == false).then_some(()));
    let _engine = stage.engine("");
    stage.wait_entered(&["b"]);
    stage.open("b", 0);
    let status = stage.wait_word("b", "ok");
    assert_eq!((status.word("a"), stage.entered("a")), ("cancelled", 0));
    stage.open("a", 0);
    stage.call("retry exp.yaml a").expect(0);
    stage.wait_word("a", "ok");
}

#[test]
fn a_retry_that_is_taken_back_leaves_the_result_as_it_was() {
    let stage = Stage::new();
    stage.gates("concurrency: 1", &["a", "b"]);
    stage.open("a", 0);
    let engine = stage.engine("");
    stage.wait_entered(&["b"]);
    stage.call("retry exp.yaml a").expect(0);
    assert_eq!(stage.status().word("a"), "queued");
    let simulation = stage.outdir().simulation("a");
    wait_for("the wish on disk", || simulation.retry().exists().then_some(()));
    stage.call("cancel exp.yaml a").expect(0);
    assert_eq!(stage.status().word("a"), "ok");
    wait_for("no wish on disk", || (!simulation.retry().exists()).then_some(()));
    engine.kill();
    assert_eq!(stage.status().word("a"), "ok");
    assert!(!simulation.cancelled().exists());
    stage.open("b", 0);
    stage.call("run exp.yaml").expect(0);
    assert_eq!((stage.entered("a"), stage.has_attempt("a", 2)), (1, false));
}

#[test]
fn parameters_keep_their_kind_and_gem5_gets_them_as_they_were_written() {
    let stage = Stage::new();
    stage.stand_in(
        "  - {name: 's-${ways}', script: CONFIGS/cache_sweep.py, args: [--workload=stream, '--ticks=1000000'],\n\
         \x20    env: {GIVEN: '${ways} ${rate} ${size} ${fast} ${word}'}, watch: [simTicks],\n\
         \x20    matrix: {ways: [8], rate: [1e6], size: [256KiB], fast: [true], word: ['16']}}\n",
    );
    stage.call("run exp.yaml").expect(0);
    let as_pairs = serde_json::json!([
        ["ways", 8],
        ["rate", 1_000_000.0, "1e6"],
        ["size", "256KiB"],
        ["fast", true],
        ["word", "16"]
    ]);
    let as_map = serde_json::json!({"ways": 8, "rate": 1_000_000.0, "size": "256KiB", "fast": true, "word": "16"});
    let told = |command: &str| stage.call(command).expect(0).json()[0]["parameters"].clone();
    assert_eq!(told("plan exp.yaml --json"), as_pairs);
    assert_eq!(told("status exp.yaml --json"), as_pairs);
    assert_eq!(told("stats exp.yaml --json"), as_map);
    assert_eq!(told("show exp.yaml s-8 --json"), as_map);
    let dir = stage.attempt("s-8", 1);
    let spec: serde_json::Value = serde_json::from_slice(&fs::read(dir.spec()).unwrap()).unwrap();
    assert_eq!(spec["parameters"], as_pairs);
    assert_eq!(spec["env"]["GIVEN"], "8 1e6 256KiB true 16");
    // A record of before there were kinds is the record of the same simulation.
    let mut old = spec;
    old["parameters"] =
        serde_json::json!([["ways", "8"], ["rate", "1e6"], ["size", "256KiB"], ["fast", "true"], ["word", "16"]]);
    fs::write(dir.spec(), old.to_string()).unwrap();
    let status = stage.call("plan exp.yaml --json").expect(0).json();
    assert_eq!((&status[0]["would"], &status[0]["changed"]), (&"keep".into(), &serde_json::json!([])));
}

#[test]
fn a_misspelt_verb_is_told_with_the_one_that_was_meant() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    for (word, meant) in [("cancle", "cancel"), ("runn", "run"), ("stauts", "status")] {
        let said = stage.call(&format!("{word} exp.yaml")).expect(2);
        assert!(said.err.contains(&format!("`{word}`")) && said.err.contains(&format!("`{meant}`")), "{}", said.err);
    }
    for line in ["exp.yml", "run exp.yml", "status exp"] {
        let said = stage.call(line).expect(2);
        assert!(said.err.contains("did you mean `exp.yaml`?"), "{}", said.err);
    }
    // What is wrong behind a verb is nothing of the verb.
    assert!(!stage.call("run exp.yaml again").expect(2).err.contains("no verb"));
    // A file of that name is an experiment, whatever it looks like.
    stage.write("stauts", "");
    assert!(!stage.call("stauts exp.yaml").expect(2).err.contains("did you mean"));
}

#[test]
fn who_reads_the_log_of_a_failure_is_told_where_the_rest_of_it_is() {
    let stage = Stage::new();
    stage.write("fails.py", "import sys\nprint('out')\nprint('why', file=sys.stderr)\nsys.exit(3)\n");
    stage.write("works.py", "import sys\nprint('a remark', file=sys.stderr)\n");
    let simulations =
        "  - {name: bad, script: fails.py}\n  - {name: good, script: works.py, success: {exit_codes: 0}}\n";
    stage.experiment("", simulations);
    stage.call("run exp.yaml").expect(1);
    assert!(stage.call("logs exp.yaml bad").expect(0).err.contains("--stderr"));
    assert_eq!(stage.call("logs exp.yaml bad --stderr").expect(0).err, "");
    assert_eq!(stage.call("logs exp.yaml good").expect(0).err, "");
}

#[test]
fn a_finished_sweep_says_how_long_it_took_whatever_the_age_of_an_engine() {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    assert_eq!(stage.status().summary["sweep"], serde_json::Value::Null, "nothing has started");
    stage.open_all(&["a", "b"], 0);
    stage.call("run exp.yaml").expect(0);
    let sweep = stage.status().summary["sweep"].clone();
    assert!(sweep["finished_unix_ms"].is_number() && sweep["cpu_untold"] == 0, "{sweep}");
    assert!(sweep["elapsed"]["ms"].as_u64().unwrap() > 0 && sweep["elapsed"]["ticking"] == false, "{sweep}");
    let said = stage.call("status exp.yaml").expect(0);
    assert!(said.out.contains("\ntook ") && said.out.contains("finished "), "{}", said.out);
}
