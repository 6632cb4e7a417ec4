//! Ends that come from outside: signals that we did not send, a cancel, and a process that outlives the script.

use std::fs;

use gem5_tui::spawn::identity::{self, Alive};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::ended::{assert_all, complete_dumps, ends, modes};
use crate::stage::{Running, Stage, is_running, wait_for};

/// Runs `forever` and waits until it has written a block of stats on request, so that it is inside `simulate()`.
fn simulating(more: &str) -> (Stage, Running, i32) {
    let stage = Stage::new();
    stage.stand_in(&modes(&["forever"], more));
    let run = stage.start("run exp.yaml --json");
    let gem5 = stage.started("forever", 1).gem5.pid;
    wait_for("handlers of signals", || catches(gem5, Signal::SIGUSR1).then_some(()));
    let mut looks = 0;
    wait_for("a block of stats", || {
        // A request that arrives at tick 0 is dropped, as in gem5, so it is repeated now and then.
        if looks % 100 == 0 {
            kill(Pid::from_raw(gem5), Signal::SIGUSR1).unwrap();
        }
        looks += 1;
        (complete_dumps(&stage, "forever") > 0).then_some(())
    });
    (stage, run, gem5)
}

/// Whether a process has a handler for this signal, as `/proc` tells.
pub(crate) fn catches(pid: i32, signal: Signal) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = mask.map_or(0, |mask| u64::from_str_radix(mask.trim(), 16).unwrap());
    mask & 1 << (signal as i32 - 1) != 0
}

#[test]
fn a_signal_from_outside_is_named_and_the_blocks_before_it_survive() {
    let rows = [
        (Signal::SIGINT, "cancelled", "SIGINT", true),
        (Signal::SIGTERM, "killed", "SIGTERM", false),
        (Signal::SIGKILL, "killed", "SIGKILL", false),
        (Signal::SIGSEGV, "segv", "SIGSEGV", false),
        (Signal::SIGABRT, "abort", "SIGABRT", false),
    ];
    for (signal, word, cause, writes_a_last_block) in rows {
        let (stage, run, gem5) = simulating("");
        let before = complete_dumps(&stage, "forever");
        kill(Pid::from_raw(gem5), signal).unwrap();
        run.finish().expect(1);
        let after = complete_dumps(&stage, "forever");
        assert_eq!(after > before, writes_a_last_block, "{signal}: {before} blocks, then {after}");
        assert_all(&stage, &[ends("forever", word, cause).dumps(after)]);
    }
}

#[test]
fn a_cancel_waits_for_a_dump_that_takes_long() {
    let (stage, run, gem5) = simulating(r#", env: {STANDIN_DUMP_SECONDS: "0.5"}"#);
    stage.call("cancel exp.yaml forever").expect(0);
    run.finish();
    assert!(!is_running(gem5));
    let dumps = complete_dumps(&stage, "forever");
    assert_all(&stage, &[ends("forever", "cancelled", "stats kept").dumps(dumps)]);
    let text = fs::read_to_string(stage.attempt("forever", 1).m5out().join("stats.txt")).unwrap();
    assert!(text.ends_with("End Simulation Statistics   ----------\n"), "the last block is whole");
}

#[test]
fn a_simulation_has_not_ended_while_a_process_that_left_it_lives() {
    let stage = Stage::new();
    stage.stand_in(&modes(&["leaves-a-child"], ""));
    let run = stage.start("run exp.yaml --json");
    let gem5 = stage.started("leaves-a-child", 1).gem5;
    wait_for("the end of the script", || (identity::is_alive(&gem5) != Alive::Yes).then_some(()));
    assert!(stage.exit_if_any("leaves-a-child").is_none(), "its child is still there");
    fs::write(stage.attempt("leaves-a-child", 1).m5out().join("go-on"), "").unwrap();
    run.finish().expect(0);
    assert_all(&stage, &[ends("leaves-a-child", "limit", "simulate() limit reached").dumps(1)]);
}

/// gem5's own multiprocessing in a simulation: it hangs for ever where Python's flag `-B` reaches the children.
#[test]
fn a_script_with_a_pool_of_its_own_runs_all_of_its_tasks() {
    let stage = Stage::new();
    // Python's resource tracker leaves an `m5out` where the script was started.
    let here = stage.path("").display().to_string();
    stage.stand_in(&format!("  - {{name: pool, script: CONFIGS/own_pool/script.py, cwd: '{here}'}}\n"));
    let said = stage.call("run exp.yaml --json");
    let log = fs::read_to_string(stage.attempt("pool", 1).simout()).unwrap();
    for expected in ["alone ended with 0", "16KiB: 384727000 ticks", "64KiB: 210100000 ticks"] {
        assert!(log.contains(expected), "{expected}: {log}");
    }
    let m5out = stage.attempt("pool", 1).m5out();
    for name in ["alone", "l1-16KiB", "l1-32KiB", "l1-64KiB"] {
        let stats = fs::read_to_string(m5out.join(name).join("stats.txt")).unwrap();
        assert!(stats.ends_with("End Simulation Statistics   ----------\n"), "{name}: {stats:?}");
    }
    drop(said.expect(0));
}
