//! Limits, polls and retries, on real processes.

use std::fs;

use gem5_tui::rundir::record::{DumpRequest, StopReason};
use serde_json::Value;

use crate::stage::{Stage, contents, gate, wait_for};

#[test]
fn a_sleeper_stalls_and_neither_silent_work_nor_a_pause_does() {
    let stage = Stage::new();
    let note = "import sys, time\nopen('up-' + sys.argv[1], 'w').close()\n";
    stage.write("sleep.py", &format!("{note}for _ in range(1200): time.sleep(0.5)\n"));
    stage.write("burn.py", &format!("{note}end = time.monotonic() + 600\nwhile time.monotonic() < end: pass\n"));
    stage.experiment(
        "  stall: 10s\nconcurrency: 3",
        "  - {name: sleeper, script: sleep.py, args: [sleeper]}\n\
         \x20 - {name: paused, script: sleep.py, args: [paused]}\n\
         \x20 - {name: burner, script: burn.py, args: [burner]}\n",
    );
    let _engine = stage.engine("");
    for name in ["paused", "burner", "sleeper"] {
        wait_for(name, || stage.path(&format!("up-{name}")).exists().then_some(()));
    }
    // It runs a moment before the engine knows.
    stage.wait_word("paused", "running");
    stage.call("pause exp.yaml paused").expect(0);
    let status = stage.wait_word("sleeper", "stalled");
    assert!(status.reason("sleeper").contains("no tick, output or CPU time for 10 s"), "{}", status.reason("sleeper"));
    assert_eq!((status.word("burner"), status.word("paused")), ("running", "paused"));
    let host = &status.sims["burner"]["host"];
    assert!(host["cores"].as_f64().unwrap() > 0.01 && host["rss"].as_u64().unwrap() > 1 << 20, "{host}");
    assert_eq!(status.sims["paused"]["attempts"][0]["host_time_tainted"], true);
    assert_eq!(status.sims["burner"]["attempts"][0]["host_time_tainted"], false);
}

/// Both use all of a core. One says the same for ever, with other addresses; the other one tells how far it is.
#[test]
fn a_log_that_repeats_one_line_for_ever_is_a_stall_and_one_that_counts_is_none() {
    let stage = Stage::new();
    let head =
        "import itertools, os, signal, sys, time\nstop = []\nsignal.signal(signal.SIGINT, lambda *_: stop.append(1))\n";
    let line = |text: &str| {
        format!(
            "{head}for i in itertools.count():\n    os.write(2, {text}.encode() * 50)\n    if stop: sys.exit(0)\n    time.sleep(0.005)\n"
        )
    };
    stage.write("flood.py", &line("f'src/arch/riscv/pmp.cc:134: warn: pmp access fault at {i:#x}\\n'"));
    stage.write("count.py", &line("f'{i} loads of 1000000 done\\n'"));
    stage.experiment(
        "  stall: 10s\nconcurrency: 2",
        "  - {name: flood, script: flood.py}\n  - {name: count, script: count.py}\n",
    );
    let _engine = stage.engine("");
    let status = stage.wait_word("flood", "stalled");
    let reason = status.reason("flood");
    let count = reason.strip_suffix(" times").and_then(|text| text.rsplit(' ').next()).unwrap_or_default();
    let count: u64 = count.replace(',', "").parse().unwrap_or_default();
    let written = fs::metadata(stage.attempt("flood", 1).simerr()).unwrap().len();
    assert!(reason.contains("nothing new for 10 s") && reason.contains("pmp access fault at 0x"), "{reason}");
    assert!(count.abs_diff(written / 58) < written / 1_000, "{reason}, {written} bytes");
    assert_eq!(status.word("count"), "running");
}

#[test]
fn a_simulation_that_floods_the_disk_is_ended_at_its_limit() {
    let stage = Stage::new();
    let flood = "import time\nprint('x' * 3_000_000, flush=True)\ntime.sleep(600)\n";
    stage.write("flood.py", flood);
    stage.experiment("  max_output: 2MiB", "  - {name: flood, script: flood.py}\n");
    let engine = stage.engine("");
    let status = stage.wait_word("flood", "disk");
    assert!(status.reason("flood").contains("its limit is 2 MiB"), "{}", status.reason("flood"));
    let stop = fs::read_to_string(stage.attempt("flood", 1).stop()).unwrap();
    let stop: Value = serde_json::from_str(&stop).unwrap();
    let reason: StopReason = serde_json::from_value(stop["reason"].clone()).unwrap();
    // It may be looked at while it is being written.
    assert!(matches!(reason, StopReason::Output { bytes, limit: 2_097_152 } if bytes > 2_097_152), "{reason:?}");
    engine.finish().expect(0);
}

#[test]
fn stats_are_polled_recorded_and_told_from_those_of_the_script() {
    let stage = Stage::new();
    stage.stand_in(
        "  - {name: sweep, script: CONFIGS/cache_sweep.py, poll_stats: 5s, goal: {ticks: 4000000000000},\n\
         \x20    args: [--workload=stream, --l2=256KiB, '--ticks=4000000000000']}\n",
    );
    let _engine = stage.engine("");
    let sweep = stage.attempt("sweep", 1);
    let lines = || {
        let text = fs::read_to_string(sweep.requested_dumps()).ok()?;
        Some(text.lines().map(|line| serde_json::from_str::<DumpRequest>(line).unwrap()).collect::<Vec<_>>())
    };
    let asked = wait_for("two polls", || lines().filter(|lines| lines.len() >= 2));
    assert!(asked[1].at.boot_ms - asked[0].at.boot_ms > 3_000, "{asked:?}");
    assert_eq!(asked[0].stats_bytes, 0);
    // What they told is progress.
    let view = wait_for("an end in sight", || {
        let view = stage.status().sims["sweep"].clone();
        let is_known = view["progress"]["eta"].is_object() && view["host"]["tick_rate"].is_number();
        is_known.then_some(view)
    });
    assert!(view["progress"]["fraction"].as_f64().unwrap() > 0.0, "{view}");
    assert!(view["host"]["tick_rate"].as_f64().unwrap() > 0.0, "{view}");
    assert!(view["host"]["speed"].as_f64().unwrap() > 0.0, "{view}");
}

#[test]
fn a_retry_has_more_time_than_the_attempt_that_ran_into_its_limit_and_its_record_says_so() {
    let stage = Stage::new();
    stage.write("wait.py", "import time\ntime.sleep(600)\n");
    let settings = "  memory: 64MiB\n  timeout: 1s\n  grace: 1s\n  retries: {timeout: {times: 1, time: 2x}}";
    stage.experiment(settings, "  - {name: wait, script: wait.py}\n");
    let engine = stage.engine("");
    let wait = &stage.wait_word("wait", "backoff").sims["wait"];
    assert_eq!((&wait["why"]["limit_ms"], &wait["why"]["memory"]), (&2_000.into(), &Value::Null), "{wait}");
    stage.wait_word("wait", "timeout");
    let of = |number| -> [Value; 2] {
        let spec: Value = serde_json::from_slice(&fs::read(stage.attempt("wait", number).spec()).unwrap()).unwrap();
        [spec["memory"].clone(), spec["timeout_ms"].clone()]
    };
    assert_eq!((of(1), of(2)), ([(64 << 20).into(), 1_000.into()], [(64 << 20).into(), 2_000.into()]));
    let stop: Value = serde_json::from_slice(&fs::read(stage.attempt("wait", 2).stop()).unwrap()).unwrap();
    let reason: StopReason = serde_json::from_value(stop["reason"].clone()).unwrap();
    assert_eq!(reason, StopReason::Timeout { limit_ms: 2_000 });
    engine.finish().expect(0);
}

#[test]
fn retries_go_on_where_a_killed_engine_left_them_and_end_when_they_are_used_up() {
    let stage = Stage::new();
    stage.gates("  retries: {failed: 2}", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    engine.kill();
    stage.open("a", 7);
    stage.exit("a", 1);
    let engine = stage.engine("");
    wait_for("the second attempt", || stage.has_attempt("a", 2).then_some(()));
    stage.exit("a", 2);
    engine.kill();
    let engine = stage.engine("");
    stage.wait_word("a", "failed");
    engine.finish().expect(0);
    let made = |number| -> Value {
        let spec: Value = serde_json::from_slice(&fs::read(stage.attempt("a", number).spec()).unwrap()).unwrap();
        spec["retries_made"].clone()
    };
    assert_eq!([made(1), made(2), made(3)], [0, 1, 2]);
    let engine = stage.engine("");
    assert_eq!(stage.status().word("a"), "failed");
    engine.finish().expect(0);
    assert_eq!((stage.entered("a"), stage.has_attempt("a", 4)), (3, false));
}

#[test]
fn a_cancel_in_a_backoff_is_remembered_by_the_next_engine() {
    let stage = Stage::new();
    // Nine retries, so that the last wait is long enough to be met.
    stage.experiment("  retries: 9", &(gate("a", "") + &gate("b", "")));
    stage.open("a", 7);
    let engine = stage.engine("-j2");
    wait_for("a long backoff", || {
        let status = stage.status();
        (status.word("a") == "backoff" && status.attempts("a") >= 3).then_some(())
    });
    stage.call("cancel exp.yaml a").expect(0);
    let recorded = stage.outdir().simulation("a").cancelled();
    wait_for("the record", || recorded.exists().then_some(()));
    let attempts = stage.status().attempts("a");
    engine.kill();
    assert_eq!(stage.status().word("a"), "cancelled");
    let _engine = stage.engine("");
    let status = stage.status();
    assert_eq!((status.word("a"), status.attempts("a")), ("cancelled", attempts));
}

#[test]
fn a_retry_that_waits_for_a_place_outlives_the_engine_that_was_asked() {
    let stage = Stage::new();
    stage.gates("concurrency: 1", &["a", "b"]);
    stage.open("a", 7);
    let engine = stage.engine("");
    stage.wait_word("a", "failed");
    stage.wait_entered(&["b"]);
    stage.call("retry exp.yaml a").expect(0);
    let recorded = stage.outdir().simulation("a").retry();
    wait_for("the record", || recorded.exists().then_some(()));
    engine.kill();
    assert_eq!(stage.status().word("a"), "queued");
    stage.open_all(&["a", "b"], 0);
    let engine = stage.engine("");
    stage.wait_word("a", "ok");
    engine.finish().expect(0);
    assert_eq!(stage.entered("a"), 2);
    // The wish was granted: it is not granted again.
    let before = contents(stage.attempt("a", 2).path());
    let engine = stage.engine("");
    assert_eq!(stage.status().word("a"), "ok");
    engine.finish().expect(0);
    assert_eq!((stage.entered("a"), contents(stage.attempt("a", 2).path())), (2, before));
}

/// Simulations that write a console and simulate for ever; `more` are further settings.
fn with_console(stage: &Stage, name: &str, said: &str, more: &str) -> String {
    let script = format!(
        "import os, sys\nsys.path.insert(0, {:?})\nimport m5\nfrom outcomes import forever\n\
         open(os.path.join(m5.options.outdir, 'system.terminal'), 'w').write({said:?})\nforever()\n",
        concat!(env!("CARGO_MANIFEST_DIR"), "/configs")
    );
    let path = stage.write(&format!("{name}.py"), &script);
    format!("  - {{name: {name}, script: {:?}{more}}}\n", path.display())
}

#[test]
fn what_a_guest_says_is_told_while_it_runs_and_a_panic_ends_it_where_that_was_asked_for() {
    let stage = Stage::new();
    let panic = "[    1.5] Kernel panic - not syncing: No working init found.\n";
    let text = with_console(&stage, "ends", panic, ", on_guest: {panic: cancel}")
        + &with_console(&stage, "told", panic, "")
        + &with_console(&stage, "waits", "gem5 login: ", ", on_guest: {panic: cancel}, stall: {guest: 1h}");
    stage.stand_in(&text);
    let _engine = stage.engine("");
    let status = stage.wait_word("ends", "guest-failed");
    let outcome = &status.sims["ends"]["status"]["outcome"];
    let cause = outcome["cause"].as_str().unwrap();
    assert!(cause.contains("No working init found") && cause.contains("stats kept"), "{cause}");
    for (name, line) in [("told", "No working init found"), ("waits", "gem5 login:")] {
        let told = wait_for(line, || Some(stage.status()).filter(|status| status.reason(name).contains(line)));
        assert_eq!((told.word(name), &told.sims[name]["status"]["phase"]), ("running", &"running".into()));
    }
}

/// gem5 writes one stats file for both: finalTick goes on from the checkpoint, and each reset sets the others back.
#[test]
fn progress_of_a_restored_run_counts_from_its_checkpoint_and_over_resets_of_its_stats() {
    let stage = Stage::new();
    stage.write(
        "restored.py",
        "import sys, time\nfor start, end, insts in [(50, 51, 100), (50, 52, 300), (52, 53, 100)]:\n    open(sys.argv[1] + \
         '/stats.txt', 'a').write(f'''\n---------- Begin Simulation Statistics ----------\nfinalTick {end}000000000\n\
         simTicks {end - start}000000000\nsimInsts {insts}\n\n---------- End Simulation Statistics   ----------\n''')\n\
         time.sleep(600)\n",
    );
    let one = |name: &str, goal: &str| {
        format!("  - {{name: {name}, script: restored.py, args: ['${{outdir}}'], goal: {{{goal}}}}}\n")
    };
    let text = one("ticks", "ticks: 10000000000") + &one("instructions", "instructions: 1000");
    stage.experiment("concurrency: 2", &text);
    let _engine = stage.engine("");
    for (name, fraction) in [("ticks", 0.3), ("instructions", 0.4)] {
        let told = |view: &Value| view["progress"]["dumps"] == 3;
        let view = wait_for(name, || Some(stage.status().sims[name].clone()).filter(told));
        assert_eq!(view["progress"]["fraction"], fraction, "{name}: {view}");
    }
}
