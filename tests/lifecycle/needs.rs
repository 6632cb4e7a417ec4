//! Simulations that need others.

use std::fs;

use crate::stage::{Stage, gate, wait_for};

/// Copies its arguments to its log.
const ECHO: &str = "import sys\nprint(sys.argv[1:], flush=True)\n";

fn boot_and_restore(stage: &Stage) {
    stage.write("echo.py", ECHO);
    let restore = "  - {name: restore, script: echo.py, args: ['--ckpt=${needs.boot.outdir}'], needs: [boot]}\n";
    stage.experiment("concurrency: 4", &(gate("boot", "") + restore));
}

#[test]
fn a_dependant_starts_after_its_need_and_reads_the_attempt_that_was_ok() {
    let stage = Stage::new();
    boot_and_restore(&stage);
    let run = stage.start("run exp.yaml --json");
    stage.wait_entered(&["boot"]);
    let status = stage.status();
    assert_eq!((status.word("restore"), status.reason("restore")), ("blocked", "needs boot"));
    assert!(!stage.has_attempt("restore", 1));
    stage.open("boot", 0);
    run.finish().expect(0);
    let m5out = stage.outdir().path().canonicalize().unwrap().join("boot/attempt-1/m5out");
    let log = fs::read_to_string(stage.attempt("restore", 1).simout()).unwrap();
    let shown = format!("['--ckpt={}']\n", stage.attempt("boot", 1).m5out().display());
    assert!(log == shown || log == format!("['--ckpt={}']\n", m5out.display()), "{log}");
    assert!(stage.started("restore", 1).at.boot_ms >= stage.exit("boot", 1).at.boot_ms);
}

#[test]
fn a_failed_need_blocks_its_dependants_and_a_rerun_binds_the_second_attempt() {
    let stage = Stage::new();
    boot_and_restore(&stage);
    stage.open("boot", 4);
    let said = stage.call("run exp.yaml").expect(1);
    assert!(said.out.contains("1 not ok, 1 not run"), "{}", said.out);
    let status = stage.status();
    assert_eq!((status.word("restore"), status.reason("restore")), ("blocked", "boot failed"));
    assert!(!stage.has_attempt("restore", 1));
    stage.open("boot", 0);
    stage.call("run exp.yaml").expect(0);
    let log = fs::read_to_string(stage.attempt("restore", 1).simout()).unwrap();
    assert!(log.contains("boot/attempt-2/m5out"), "{log}");
}

#[test]
fn the_checkpoint_example_runs_on_the_stand_in() {
    let stage = Stage::new();
    let text = "  - {name: boot, script: CONFIGS/boot.py, args: [--ticks=20000000]}\n\
                \x20 - {name: restore, script: CONFIGS/restore.py, needs: [boot],\n\
                \x20    args: ['--ckpt=${needs.boot.outdir}', --cpu=timing, --ticks=20000000]}\n";
    stage.stand_in(text);
    stage.call("run exp.yaml").expect(0);
    let log = fs::read_to_string(stage.attempt("restore", 1).simout()).unwrap();
    assert!(log.contains("boot/attempt-1/m5out/cpt.20000000"), "{log}");
}

#[test]
fn a_cancelled_need_blocks_until_it_is_retried() {
    let stage = Stage::new();
    boot_and_restore(&stage);
    let _engine = stage.engine("");
    stage.wait_entered(&["boot"]);
    stage.call("cancel exp.yaml boot").expect(0);
    let status = stage.wait_word("boot", "cancelled");
    assert_eq!(status.reason("restore"), "boot was cancelled");
    stage.open("boot", 0);
    stage.call("retry exp.yaml boot").expect(0);
    wait_for("both", || (stage.status().count("ok") == 2).then_some(()));
}
