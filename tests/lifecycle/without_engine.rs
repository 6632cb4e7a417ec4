//! What the directory alone tells, and what a changed experiment file makes of it.

use std::fs;

use nix::sys::signal::Signal;
use serde_json::json;

use crate::stage::{Stage, wait_for};

#[test]
fn the_phase_is_told_from_the_files_when_there_is_no_engine() {
    let stage = Stage::new();
    stage.stand_in(
        "  - {name: sweep, script: CONFIGS/cache_sweep.py, goal: {ticks: 4000000000000},\n\
         \x20    args: [--workload=stream, --l2=256KiB, '--ticks=4000000000000', '--dumps=4000']}\n",
    );
    let engine = stage.engine("");
    wait_for("a dump", || stage.status().sims["sweep"]["progress"]["dumps"].as_u64().filter(|dumps| *dumps > 0));
    engine.kill();
    let told = stage.status().sims["sweep"].clone();
    assert!(["running", "dumping"].contains(&told["status"]["phase"].as_str().unwrap()), "{told}");
    assert!(told["progress"]["ticks"].as_u64().unwrap() > 0, "{told}");
    gem5_tui::spawn::identity::send(&stage.started("sweep", 1).gem5, Signal::SIGKILL).unwrap();
    stage.exit("sweep", 1);
    // What is over is not looked at for this; nothing was counted, which is not the same as none.
    assert_eq!(stage.status().sims["sweep"]["progress"]["dumps"], json!(null));
}

#[test]
fn a_changed_success_rule_judges_again_what_has_run() {
    let stage = Stage::new();
    stage.write("say.py", "print('PASSED 3 of 4')\n");
    let experiment =
        |rule: &str| stage.experiment("", &format!("  - {{name: say, script: say.py, success: {{log: '{rule}'}}}}\n"));
    experiment("PASSED");
    stage.call("run exp.yaml").expect(0);
    experiment("PASSED 4 of 4");
    let status = stage.status();
    assert_eq!(status.word("say"), "failed");
    assert!(status.reason("say").contains("no line matches"), "{}", status.reason("say"));
    experiment("PASSED");
    assert_eq!(stage.status().word("say"), "ok", "the record of the first judgement counts again");
}

#[test]
fn dumps_that_were_only_asked_for_are_no_kept_stats() {
    let stage = Stage::new();
    stage.stand_in(
        "  - {name: sweep, script: CONFIGS/cache_sweep.py,\n\
         \x20    args: [--workload=stream, --l2=256KiB, '--ticks=4000000000000', '--dumps=1']}\n",
    );
    let engine = stage.engine("");
    let sweep = stage.attempt("sweep", 1);
    // As the dashboard's key does: the request is on disk before the signal.
    let started = stage.started("sweep", 1);
    wait_for("the event queue", || (stage.status().sims["sweep"]["status"]["phase"] == json!("running")).then_some(()));
    fs::write(sweep.requested_dumps(), "{\"at\":{\"unix_ms\":1,\"boot_ms\":1},\"stats_bytes\":0}\n").unwrap();
    gem5_tui::spawn::identity::send(&started.gem5, Signal::SIGUSR1).unwrap();
    wait_for("the dump", || {
        fs::read_to_string(sweep.m5out().join("stats.txt")).ok()?.contains("End Simulation").then_some(())
    });
    engine.kill();
    let stop = json!({"format": 1, "reason": "cancelled", "at": {"unix_ms": 1, "boot_ms": 1}, "signalled": true});
    fs::write(sweep.stop(), stop.to_string()).unwrap();
    gem5_tui::spawn::identity::send(&started.gem5, Signal::SIGKILL).unwrap();
    stage.exit("sweep", 1);
    let reason = stage.status().reason("sweep").to_owned();
    assert!(reason.contains("no stats but 1 dump that gem5-tui had asked for"), "{reason}");
}
