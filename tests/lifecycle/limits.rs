//! Limits, polls and the kernel's own limits, on real processes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gem5_tui::rundir::record::{DumpRequest, StopReason};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::stage::{Running, Stage, contents, gate, wait_for};

#[test]
fn a_sleeper_stalls_and_neither_silent_work_nor_a_pause_does() {
    let stage = Stage::new();
    let note = "import sys, time\nopen('up-' + sys.argv[1], 'w').close()\n";
    stage.write("sleep.py", &format!("{note}while True: time.sleep(0.5)\n"));
    stage.write("burn.py", &format!("{note}while True: pass\n"));
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
    stage.call("pause exp.yaml paused").expect(0);
    let status = stage.wait_word("sleeper", "stalled");
    assert!(status.reason("sleeper").contains("no tick, output or CPU time for 10 s"), "{}", status.reason("sleeper"));
    assert_eq!((status.word("burner"), status.word("paused")), ("running", "paused"));
    let host = &status.sims["burner"]["host"];
    assert!(host["cores"].as_f64().unwrap() > 0.01 && host["rss"].as_u64().unwrap() > 1 << 20, "{host}");
    assert_eq!(status.sims["paused"]["attempts"][0]["host_time_tainted"], true);
    assert_eq!(status.sims["burner"]["attempts"][0]["host_time_tainted"], false);
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
    assert!(matches!(reason, StopReason::Output { bytes, limit: 2_097_152 } if bytes > 3_000_000), "{reason:?}");
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
        view["progress"]["eta"].is_object().then_some(view)
    });
    assert!(view["progress"]["fraction"].as_f64().unwrap() > 0.0, "{view}");
    assert!(view["host"]["tick_rate"].as_f64().unwrap() > 0.0, "{view}");
    assert!(view["host"]["speed"].as_f64().unwrap() > 0.0, "{view}");
}

#[test]
fn the_kernel_is_told_to_end_the_simulation_before_its_shim_and_its_engine() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    let score =
        |pid: i32| -> i32 { fs::read_to_string(format!("/proc/{pid}/oom_score_adj")).unwrap().trim().parse().unwrap() };
    let started = stage.started("a", 1);
    let own = score(std::process::id().cast_signed());
    assert_eq!((score(engine.pid()), score(started.shim.pid)), (own, own));
    assert_eq!(score(started.gem5.pid), (own + 500).min(1000));
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

/// A control group with little memory. Removed when it is dropped; its processes have ended by then.
struct SmallGroup(PathBuf);

impl SmallGroup {
    /// None where groups cannot be made, with the reason.
    fn new(limit: u64) -> Result<Self, String> {
        let version_1 = Path::new("/sys/fs/cgroup/memory");
        let (parent, file) = if version_1.join("memory.limit_in_bytes").exists() {
            (version_1, "memory.limit_in_bytes")
        } else {
            (Path::new("/sys/fs/cgroup"), "memory.max")
        };
        let dir = parent.join(format!("gem5-tui-test-{}", std::process::id()));
        fs::create_dir(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let group = Self(dir);
        match fs::write(group.0.join(file), limit.to_string()) {
            Ok(()) => Ok(group),
            Err(error) => Err(format!("{file}: {error}")),
        }
    }
}

impl Drop for SmallGroup {
    fn drop(&mut self) {
        // Processes that have just ended leave the group a moment later.
        for _ in 0..200 {
            if fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
}

#[test]
fn a_simulation_that_eats_the_memory_of_its_group_is_ended_alone_and_tried_again_with_more() {
    let group = match SmallGroup::new(300 << 20) {
        Ok(group) => group,
        Err(reason) => return eprintln!("skipped: no memory limit can be set here: {reason}"),
    };
    let stage = Stage::new();
    // Pages that were never written take no memory, so each is.
    stage.write("eat.py", "kept = []\nwhile True: kept.append(bytearray(b'x' * (4 << 20)))\n");
    stage.experiment("  retries: {oom: 1}", "  - {name: eater, script: eat.py}\n");
    let program = env!("CARGO_BIN_EXE_gem5-tui");
    let join = format!("echo $$ > {}/cgroup.procs && exec {program} run exp.yaml --json", group.0.display());
    let mut command = Command::new("sh");
    command.args(["-c", &join]);
    stage.surround(&mut command);
    let said = Running::start(command).finish().expect(1);
    let exit = stage.exit("eater", 1);
    assert_eq!(exit.end, gem5_tui::rundir::record::End::Signaled { signal: 9, name: Signal::SIGKILL.to_string() });
    assert!(exit.oom_kills.cgroup >= Some(1) && exit.oom_kills.machine >= Some(1), "{exit:?}");
    let told = said.json();
    let is_raised = |line: &Value| line["reason"].as_str().is_some_and(|reason| reason.starts_with("oom; tries again"));
    let raised = told.iter().find(|line| is_raised(line)).unwrap_or_else(|| panic!("{told:#?}"));
    // It had about 300 MiB when it was ended, and is counted with half as much again.
    let reason = raised["reason"].as_str().unwrap();
    assert!(reason.contains("counted with 4") && reason.contains(" MiB of memory"), "{reason}");
    let status = stage.status();
    assert_eq!((status.word("eater"), status.attempts("eater")), ("oom", 2));
    let last = told.into_iter().rev().find(|line| line["counts"].is_object()).unwrap();
    assert_eq!(last["counts"]["not_ok"], 1, "the engine and the shim have outlived it");
    drop(stage);
}
