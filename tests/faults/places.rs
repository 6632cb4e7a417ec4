//! Experiment directories that other hosts see too, or that may only be read.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use gem5_tui::rundir::atomic::{read_json, write_json};
use gem5_tui::rundir::record::{Boot, FORMAT, Identity, LeaseRecord, Moment, Started};
use gem5_tui::spawn::identity;
use serde_json::Value;

use crate::pty::Terminal;
use crate::stage::{Running, Said, Stage, wait_for};

/// The program on a directory that lies on a file system of which locks tell nothing.
fn shared(stage: &Stage, args: &str) -> Running {
    let mut command = stage.command(args);
    command.env("GEM5_TUI_FAILPOINTS", "filesystem.kind=EIO");
    Running::start(command)
}

fn call(stage: &Stage, args: &str) -> Said {
    shared(stage, args).finish()
}

fn status(stage: &Stage) -> Vec<Value> {
    call(stage, "status exp.yaml --json").json()
}

fn other_host() -> Identity {
    Identity { host: "other.invalid".to_owned(), boot_id: "another boot".to_owned(), ..identity::own().unwrap() }
}

/// An experiment of which another host has begun one simulation of two, and whose engine there lives, as far as can be seen.
fn begun_elsewhere() -> Stage {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    stage.open_all(&["a", "b"], 0);
    stage.call("run exp.yaml").expect(0);
    fs::remove_dir_all(stage.outdir().simulation("b").path()).unwrap();
    let attempt = stage.attempt("a", 1);
    fs::remove_file(attempt.exit()).unwrap();
    fs::remove_file(attempt.outcome()).unwrap();
    let started: Started = read_json(&attempt.started()).unwrap().unwrap();
    write_json(
        &attempt.started(),
        &Started {
            gem5: other_host(),
            shim: other_host(),
            at: Moment { boot_ms: 0, boot: Some(Boot(1)), ..started.at },
            ..started
        },
    )
    .unwrap();
    let lease = LeaseRecord {
        format: FORMAT,
        engine: other_host(),
        socket: "/run/nowhere".into(),
        released: false,
        alive_unix_ms: Moment::now().unix_ms - 90_000,
        shard: None,
        begun_unix_ms: 0,
        job: None,
        until_unix_ms: None,
    };
    fs::write(stage.outdir().lock(), serde_json::to_vec(&lease).unwrap()).unwrap();
    stage
}

#[test]
fn an_experiment_of_another_host_is_shown_and_never_run_beside_it() {
    let stage = begun_elsewhere();
    let lines = status(&stage);
    assert_eq!(lines[0]["status"]["state"], "running");
    // It ran for a moment by the time of day, and since its machine was started by that machine's clock.
    assert!(lines[0]["elapsed"]["ms"].as_u64().unwrap() < 60_000, "{}", lines[0]["elapsed"]);
    let reason = lines[0]["reason"].as_str().unwrap();
    assert!(reason.contains("runs on other.invalid") && !reason.contains("shim"), "{reason}");
    let notice = lines[2]["notice"].as_str().unwrap();
    assert!(notice.contains("runs on other.invalid") && notice.contains("last sign of life 1m ago"), "{notice}");
    let said = call(&stage, "run exp.yaml").expect(3);
    assert!(said.err.contains("--takeover"), "{}", said.err);
    call(&stage, "cancel exp.yaml a").expect(3);
    assert_eq!((stage.entered("a"), stage.entered("b")), (1, 1), "once each, before");
    // The end that is written there is seen here.
    let exit = r#"{"format": 1, "end": {"how": "exited", "code": 0}, "at": {"unix_ms": 1, "boot_ms": 1},
                   "wall_ms": 1000, "paused_ms": 0}"#;
    fs::write(stage.attempt("a", 1).exit(), exit).unwrap();
    assert_eq!(status(&stage)[0]["status"]["outcome"]["kind"], "ok");
}

#[test]
fn what_runs_on_another_host_is_running_for_everybody_who_looks() {
    let stage = begun_elsewhere();
    let inspect = format!("inspect --json {}", stage.attempt("a", 1).path().display());
    let seen = &call(&stage, &inspect).expect(1).json()[0];
    assert_eq!(seen["outcome"], Value::Null, "it has not ended: {seen}");
    assert!(seen["status"].as_str().unwrap().contains("other.invalid"), "{seen}");

    let following = shared(&stage, "logs exp.yaml a -f");
    let log = stage.attempt("a", 1).simout();
    let mut more = fs::OpenOptions::new().append(true).open(&log).unwrap();
    more.write_all(b"a line that comes later\n").unwrap();
    following.wait_output("a line that comes later");
    let exit = r#"{"format": 1, "end": {"how": "exited", "code": 0}, "at": {"unix_ms": 1, "boot_ms": 1},
                   "wall_ms": 1000, "paused_ms": 0}"#;
    fs::write(stage.attempt("a", 1).exit(), exit).unwrap();
    following.finish().expect(0);
    assert_eq!(call(&stage, &inspect).expect(0).json()[0]["outcome"], "ok");
}

#[test]
fn a_host_that_is_gone_is_taken_over_on_a_persons_word_and_what_ran_there_is_lost() {
    let stage = begun_elsewhere();
    let engine = shared(&stage, "engine exp.yaml --takeover");
    assert_eq!(engine.line(0), r#"{"engine":"ready"}"#);
    stage.wait_word("b", "ok");
    let status = stage.status();
    assert_eq!(status.word("a"), "lost");
    engine.finish().expect(0);
    // The word holds for the next engine as well, and the lease was given back.
    call(&stage, "run exp.yaml").expect(0);
    assert_eq!((stage.entered("a"), stage.entered("b")), (2, 2));
    let lease: LeaseRecord = read_json(&stage.outdir().lock()).unwrap().unwrap();
    assert!(lease.released && lease.engine.host == identity::own().unwrap().host);
}

#[test]
fn a_dashboard_without_an_engine_shows_the_directory_and_says_why_nothing_can_be_changed() {
    let stage = begun_elsewhere();
    let mut command = stage.command("exp.yaml --start");
    command.env("GEM5_TUI_FAILPOINTS", "filesystem.kind=EIO");
    let mut terminal = Terminal::start(&command, 120, 30);
    terminal.shows(&["view only: the engine of this experiment runs on other.invalid", "running", "queued"]);
    terminal.press("c");
    terminal.shows(&["Cancel a?"]);
    terminal.press("\x1b[C\r");
    terminal.shows(&["view only"]);
    // What changes in the directory is seen.
    let exit = r#"{"format": 1, "end": {"how": "exited", "code": 3}, "at": {"unix_ms": 1, "boot_ms": 1},
                   "wall_ms": 1000, "paused_ms": 0}"#;
    fs::write(stage.attempt("a", 1).exit(), exit).unwrap();
    terminal.shows(&["failed", "exit code 3"]);
    assert_eq!((stage.entered("a"), stage.entered("b")), (1, 1));
}

#[test]
fn a_directory_of_another_user_is_looked_at_and_left_alone() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(0);
    if !nix::unistd::geteuid().is_root() {
        return eprintln!("skipped: only root can become another user");
    }
    // Everybody may read the results, and nobody but their owner the records of how they came to be.
    for path in [stage.path("."), stage.path("out")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let before = fs::metadata(stage.outdir().lock()).unwrap().mtime_nsec();
    let mut command = stage.command("run exp.yaml");
    let runtime = stage.path("theirs");
    fs::create_dir(&runtime).unwrap();
    std::os::unix::fs::chown(&runtime, Some(65534), Some(65534)).unwrap();
    command.env("XDG_RUNTIME_DIR", &runtime).env("XDG_CACHE_HOME", &runtime);
    command.env("XDG_RUNTIME_DIR", &runtime).env("XDG_CONFIG_HOME", &runtime);
    command.env("XDG_RUNTIME_DIR", &runtime).env("XDG_STATE_HOME", &runtime);
    std::os::unix::process::CommandExt::uid(&mut command, 65534);
    let said = Running::start(command).finish().expect(2);
    assert!(said.err.contains("Permission denied"), "{}", said.err);
    assert_eq!(fs::metadata(stage.outdir().lock()).unwrap().mtime_nsec(), before);
    assert_eq!(stage.entered("a"), 1);
    wait_for("the stage to be as it was", || (stage.status().word("a") == "ok").then_some(()));
}

#[test]
fn a_look_without_an_engine_shows_the_stats_of_what_has_ended() {
    let stage = Stage::new();
    let args = "args: [--workload=stream, --l2=256KiB, '--ticks=800000000']";
    stage.stand_in(&format!("  - {{name: a, script: CONFIGS/cache_sweep.py, {args}, watch: [simTicks]}}\n"));
    call(&stage, "run exp.yaml").expect(0);
    let mut terminal = Terminal::start(&stage.command("view exp.yaml"), 120, 30);
    terminal.shows_line(&["ok", "a", "800M"]);
    terminal.press("/simTicks>1M");
    terminal.shows_line(&["ok", "a", "800M"]);
}
