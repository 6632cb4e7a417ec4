//! `gem5-tui run`: exit codes, output, interrupts, and running again.

use std::collections::BTreeMap;
use std::fs;

use gem5_tui::rundir::record::End;
use nix::sys::signal::Signal;

use crate::stage::{Stage, contents, gate, is_running, wait_for};

#[test]
fn a_run_exits_with_0_only_if_all_are_ok() {
    let stage = Stage::new();
    stage.gates("concurrency: 2", &["a", "b", "c"]);
    for (name, code) in [("a", 0), ("b", 0), ("c", 3)] {
        stage.open(name, code);
    }
    let said = stage.call("run exp.yaml").expect(1);
    assert!(said.out.contains("3 simulations, 2 ok, 1 not ok"), "{}", said.out);
    assert!(said.err.contains("show exp.yaml c") && said.err.contains("`gem5-tui run exp.yaml`"), "{}", said.err);
    assert_eq!(stage.call("run exp.yaml -q").expect(1).out.lines().count(), 1, "the summary alone");
    stage.open("c", 0);
    let said = stage.call("run exp.yaml").expect(0);
    assert!(said.out.contains("3 simulations, 3 ok"), "{}", said.out);
}

#[test]
fn a_run_of_what_is_all_ok_already_ends_at_once_every_time() {
    let stage = Stage::new();
    stage.stand_in("  - {name: ok, script: CONFIGS/outcomes.py, args: [--mode=ok], watch: [simTicks]}\n");
    stage.call("run exp.yaml").expect(0);
    for _ in 0..10 {
        let said = stage.call("run exp.yaml").expect(0);
        assert!(said.out.contains("1 simulation, 1 ok"), "{said:?}");
        assert_eq!(said.err, "");
    }
    assert!(!stage.has_attempt("ok", 2));
}

#[test]
fn a_broken_file_starts_nothing_and_exits_with_2() {
    let stage = Stage::new();
    stage.experiment("concurency: 2", &gate("a", ""));
    let said = stage.call("run exp.yaml").expect(2);
    assert!(said.err.contains("exp.yaml:6:1") && said.err.contains("did you mean `concurrency`?"), "{}", said.err);
    assert_eq!(said.out, "");
    assert!(!stage.path("out").exists(), "a broken file must leave no directory");
    stage.call("run missing.yaml").expect(2);
}

#[test]
fn a_run_of_what_another_engine_holds_exits_with_3_and_says_who() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    let said = stage.call("run exp.yaml").expect(3);
    assert!(said.err.contains(&format!("process {}", engine.pid())), "{}", said.err);
    assert_eq!(stage.entered("a"), 1);
    stage.open("a", 0);
    stage.wait_word("a", "ok");
}

#[test]
fn every_transition_is_one_json_object_and_the_summary_sums() {
    let stage = Stage::new();
    let names = ["a", "b", "c", "d", "e"];
    stage.gates("concurrency: 2", &names);
    for name in &names {
        stage.open(name, i32::from(*name == "d"));
    }
    let mut lines = stage.call("run exp.yaml --json").expect(1).json();
    let summary = lines.pop().unwrap();
    assert_eq!(summary["event"], "summary");
    let counts = summary["counts"].as_object().unwrap();
    let sum: u64 = counts.iter().filter(|(key, _)| *key != "total").map(|(_, count)| count.as_u64().unwrap()).sum();
    assert_eq!((sum, &counts["ok"], &counts["not_ok"]), (5, &4.into(), &1.into()));
    assert_eq!(summary["exit_code"], 1);
    let mut chains: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in &lines {
        assert_eq!((&line["event"], &line["attempt"]), (&"transition".into(), &1.into()), "{line}");
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        let chain = chains.entry(text("simulation")).or_insert_with(|| vec![text("from")]);
        assert_eq!(chain.last(), Some(&text("from")), "a transition is missing: {line}");
        chain.push(text("to"));
    }
    for name in names {
        let end = if name == "d" { "failed" } else { "ok" };
        assert_eq!(chains[name], ["queued", "launching", "running", end], "{name}");
    }
}

#[test]
fn an_interrupt_cancels_what_runs_and_what_waits_and_exits_with_130() {
    let stage = Stage::new();
    let script = "import signal, sys, time\n\
                  def stop(number, frame):\n    print('got', number, flush=True); sys.exit(0)\n\
                  signal.signal(signal.SIGINT, stop)\nprint('ready', flush=True)\n\
                  time.sleep(600)\n";
    stage.write("wait.py", script);
    stage.experiment("concurrency: 1", "  - {name: a, script: wait.py}\n  - {name: b, script: wait.py}\n");
    let run = stage.start("run exp.yaml");
    run.wait_output("running       a");
    let out = stage.attempt("a", 1).simout();
    wait_for("the handler", || std::fs::read_to_string(&out).ok().filter(|text| text.contains("ready")));
    run.signal(Signal::SIGINT);
    let said = run.finish().expect(130);
    assert!(said.err.contains("cancelling"), "{}", said.err);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "ready\ngot 2\n");
    assert_eq!(stage.exit("a", 1).end, End::Exited { code: 0 });
    let status = stage.status();
    assert_eq!((status.word("a"), status.word("b")), ("cancelled", "cancelled"));
    assert!(!stage.has_attempt("b", 1), "what waited must not have been started");
    // Cancelled is not ok, so running again means running both.
    stage.write("wait.py", "");
    stage.call("run exp.yaml").expect(0);
    assert!(!stage.outdir().simulation("b").cancelled().exists(), "a record that is no longer true");
}

#[test]
fn a_second_and_third_interrupt_go_down_the_ladder_at_once() {
    let stage = Stage::new();
    let script = "import signal, time\n\
                  def note(number, frame): print('got', number, flush=True)\n\
                  signal.signal(signal.SIGINT, note)\nsignal.signal(signal.SIGTERM, note)\nprint('ready', flush=True)\n\
                  time.sleep(600)\n";
    stage.write("deaf.py", script);
    stage.experiment("  grace: 10m", "  - {name: a, script: deaf.py}\n");
    let run = stage.start("run exp.yaml");
    let out = stage.attempt("a", 1).simout();
    let wait_out = |text: &str| wait_for(text, || std::fs::read_to_string(&out).ok().filter(|out| out.contains(text)));
    wait_out("ready");
    run.signal(Signal::SIGINT);
    wait_out("got 2");
    run.signal(Signal::SIGINT);
    wait_out("got 15");
    run.signal(Signal::SIGINT);
    run.finish().expect(130);
    assert_eq!(stage.exit("a", 1).end, End::Signaled { signal: 9, name: "SIGKILL".to_owned() });
    assert_eq!(stage.status().word("a"), "cancelled");
}

#[test]
fn running_again_repeats_only_what_is_not_ok_and_touches_no_older_attempt() {
    let stage = Stage::new();
    let names = ["a", "b", "c"];
    stage.gates("concurrency: 3", &names);
    for name in &names {
        stage.open(name, i32::from(*name == "b"));
    }
    stage.call("run exp.yaml").expect(1);
    let first: Vec<_> = names.iter().map(|name| contents(stage.attempt(name, 1).path())).collect();
    assert!(first.iter().all(|files| files.len() >= 6), "{first:?}");
    stage.open("b", 0);
    let said = stage.call("run exp.yaml --json").expect(0);
    assert!(said.json().iter().all(|line| line["event"] == "summary" || line["simulation"] == "b"), "{}", said.out);
    let again: Vec<_> = names.iter().map(|name| contents(stage.attempt(name, 1).path())).collect();
    assert_eq!(first, again);
    assert!(stage.has_attempt("b", 2) && !stage.has_attempt("a", 2) && !stage.has_attempt("c", 2));
    assert_eq!(std::fs::read_link(stage.outdir().simulation("b").latest()).unwrap().to_str(), Some("attempt-2"));
    assert_eq!(names.map(|name| stage.entered(name)), [1, 2, 1]);
}

#[test]
fn a_run_that_waits_for_a_paused_queue_says_so() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    stage.call("pause exp.yaml --queue").expect(0);
    let run = stage.start("run exp.yaml");
    wait_for("the engine of run", || stage.status().summary["engine"].as_bool().filter(|live| *live));
    assert_eq!(stage.entered("a"), 0);
    stage.call("resume exp.yaml --queue").expect(0);
    let said = run.finish().expect(0);
    assert!(said.err.contains("the queue is paused"), "{said:?}");
}

#[test]
fn a_hangup_leaves_the_simulations_to_the_next_engine() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let run = stage.start("run exp.yaml");
    stage.wait_entered(&["a"]);
    let pid = stage.started("a", 1).gem5.pid;
    run.signal(Signal::SIGHUP);
    run.finish().expect(130);
    assert!(is_running(pid));
    let run = stage.start("run exp.yaml");
    stage.open("a", 0);
    run.finish().expect(0);
    assert_eq!(stage.entered("a"), 1);
}

#[test]
fn each_attempt_is_told_its_own_directory_and_number_and_works_there() {
    let stage = Stage::new();
    stage.write(
        "own.py",
        "import os, sys\nopen('beside.txt', 'x').write(os.environ['MINE'])\n\
         print('told', *sys.argv[1:], os.getcwd())\nsys.exit(int(sys.argv[2]) == 1)\n",
    );
    let settings =
        "success: {exit_codes: 0}, retries: 1, cwd: \"${outdir}\", env: {MINE: \"${name} of ${experiment}\"}";
    stage.experiment(
        "",
        &format!("  - {{name: a, script: own.py, args: [\"${{outdir}}\", \"${{attempt}}\"], {settings}}}\n"),
    );
    stage.call("run exp.yaml").expect(0);
    for number in [1, 2] {
        let attempt = stage.attempt("a", number);
        let m5out = attempt.m5out();
        let told = format!("told {0} {number} {0}", m5out.display());
        let out = fs::read_to_string(attempt.simout()).unwrap();
        assert!(out.contains(&told), "{out}");
        assert_eq!(fs::read_to_string(m5out.join("beside.txt")).unwrap(), "a of staged");
    }
    // What differs between attempts is nothing that has changed.
    let status = stage.status();
    assert_eq!(status.sims["a"]["changed"], serde_json::json!([]), "{}", status.sims["a"]);
}

#[test]
fn what_a_run_writes_itself_is_no_input_that_changed() {
    let stage = Stage::new();
    let table = stage.write("table.csv", "a header\n");
    stage.write("append.py", "import sys\nopen(sys.argv[1], 'a').write('a row\\n')\n");
    stage.experiment("", "  - {name: a, script: append.py, args: [table.csv], success: {exit_codes: 0}}\n");
    stage.call("run exp.yaml --changed").expect(0);
    stage.call("run exp.yaml --changed").expect(0);
    assert_eq!(fs::read_to_string(&table).unwrap(), "a header\na row\n", "it ran once");
}

#[test]
fn a_file_that_gem5_would_overwrite_stays_and_the_reason_is_told() {
    let stage = Stage::new();
    let kept = stage.write("stats-1.txt", "three days of work");
    stage.stand_in(
        "  - {name: a, script: CONFIGS/outcomes.py, args: [--mode=ok], watch: [simTicks],\n\
         \x20    gem5_args: [\"--stats-file=CONFIGS/../stats-${attempt}.txt\"]}\n",
    );
    let text = fs::read_to_string(stage.path("exp.yaml")).unwrap();
    let configs = text.split("script: ").nth(1).and_then(|rest| rest.split("/outcomes.py").next()).unwrap().to_owned();
    stage.write("exp.yaml", &text.replace(&format!("{configs}/.."), &stage.path("").to_string_lossy()));
    let said = stage.call("run exp.yaml").expect(1);
    assert_eq!(stage.status().word("a"), "not-started", "{}", said.out);
    assert!(said.out.contains("stats-1.txt"), "{}", said.out);
    assert_eq!(fs::read_to_string(&kept).unwrap(), "three days of work");
    // The next attempt has a name of its own.
    stage.call("run exp.yaml").expect(0);
    assert_eq!(fs::read_to_string(&kept).unwrap(), "three days of work");
    assert!(stage.path("stats-2.txt").exists());
}

#[test]
fn a_script_that_tells_its_end_in_words_of_its_own_is_understood_when_they_are_taught() {
    let stage = Stage::new();
    stage.write("own.py", "print('[lab] the program gave up at 77, rc=4')\n");
    let own = r"exit_line: '^\[lab\] (?<cause>.*) at (?<tick>[0-9]+), rc=(?<code>[0-9]+)$'";
    stage.experiment("", &format!("  - {{name: a, script: own.py, {own}}}\n  - {{name: b, script: own.py}}\n"));
    stage.call("run exp.yaml").expect(1);
    let status = stage.status();
    let outcome = &status.sims["a"]["status"]["outcome"];
    assert_eq!((status.word("a"), outcome["tick"].as_u64()), ("guest-failed", Some(77)), "{outcome}");
    assert!(outcome["cause"].as_str().unwrap().contains("code 4"), "{outcome}");
    assert_ne!(status.word("b"), "guest-failed");
    // Taught afterwards, it is understood of what has run.
    stage.experiment("", &format!("  - {{name: b, script: own.py, {own}}}\n"));
    assert_eq!(stage.status().word("b"), "guest-failed");
}

/// A wrapper that redirects what gem5 says leaves nothing on its own streams.
#[test]
fn a_log_under_another_name_tells_how_far_it_is_and_how_it_ended() {
    let stage = Stage::new();
    stage.script(
        "redirected.py",
        "import sys\nlog = open(sys.argv[2] + '/run.out', 'w')\nlog.write('src/sim/simulate.cc:199: info: Entering event queue @ 77.  \
         Starting simulation...\\n')\nlog.flush()\nwait('gate-a')\nlog.write('Exiting @ tick 99 because m5_fail instruction \
         encountered\\n')\nlog.close()\n",
    );
    stage.experiment(
        "  logs: \"*.out\"",
        "  - {name: a, script: redirected.py, args: [a, '${outdir}'], goal: {ticks: 100}}\n",
    );
    let engine = stage.engine("");
    wait_for("the tick that the log tells", || (stage.status().sims["a"]["progress"]["ticks"] == 77).then_some(()));
    stage.open("a", 0);
    let status = stage.wait_word("a", "guest-failed");
    assert!(status.reason("a").contains("m5_fail instruction encountered @ tick 99"), "{}", status.reason("a"));
    let said = stage.call("logs exp.yaml a").expect(0);
    assert!(said.err.contains("m5out/run.out"), "{said:?}");
    let said = stage.call("logs exp.yaml a --file m5out/run.out").expect(0);
    assert!(said.out.contains("Entering event queue @ 77") && said.out.ends_with("encountered\n"), "{said:?}");
    let said = stage.call("logs exp.yaml a --file ../../exp.yaml").expect(2);
    assert!(said.err.contains("m5out/run.out"), "{said:?}");
    engine.finish().expect(0);
}
