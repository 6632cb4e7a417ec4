//! F71, F78: what the machine refuses for a while and gives again. Nothing is burnt on it, and nothing counts as lost.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::Command;

use serde_json::Value;

use crate::stage::{Running, Said, Stage, wait_for};

/// A user who is refused what root is not.
const OTHER: u32 = 64_002;

/// A stage that belongs to somebody who can be refused something, and their number.
fn ordinary(stage: &Stage) -> u32 {
    let user = nix::unistd::geteuid();
    if !user.is_root() {
        return user.as_raw();
    }
    for entry in [".", "run", "gate.py"] {
        chown(stage.path(entry), Some(OTHER), Some(OTHER)).unwrap();
    }
    OTHER
}

fn start(mut command: Command, user: u32) -> Running {
    command.uid(user);
    Running::start(command)
}

fn ask(stage: &Stage, user: u32) -> Said {
    start(stage.command("status exp.yaml --json"), user).finish()
}

/// The simulations that `status` calls so, and its notice.
fn told(stage: &Stage, user: u32, word: &str) -> (usize, String) {
    let mut lines = ask(stage, user).json();
    let summary = lines.pop().unwrap();
    let is_so = |sim: &&Value| sim["status"]["status"] == word || sim["status"]["outcome"]["kind"] == word;
    (lines.iter().filter(is_so).count(), summary["notice"].as_str().unwrap_or_default().to_owned())
}

fn set_mode(stage: &Stage, path: &str, mode: u32) {
    fs::set_permissions(stage.path(path), fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn f71_a_directory_that_refuses_for_a_while_burns_no_simulation() {
    let stage = Stage::new();
    let user = ordinary(&stage);
    stage.gates("concurrency: 1", &["a", "b", "c", "d"]);
    let engine = start(stage.command("engine exp.yaml"), user);
    engine.line(0);
    stage.wait_entered(&["a"]);
    stage.started("a", 1);
    set_mode(&stage, "out", 0o555);
    stage.open_all(&["a", "b", "c", "d"], 0);
    let held = |(_, notice): (usize, String)| notice.contains("Permission denied").then_some(());
    wait_for("the reason", || held(told(&stage, user, "queued")));
    assert_eq!(told(&stage, user, "not-started").0, 0);
    set_mode(&stage, "out", 0o755);
    wait_for("all to end ok", || (told(&stage, user, "ok") == (4, String::new())).then_some(()));
    assert!(["a", "b", "c", "d"].iter().all(|name| stage.entered(name) == 1 && !stage.has_attempt(name, 2)));
}

#[test]
fn f71_a_simulation_whose_own_directory_refuses_for_a_while_waits_alone() {
    let stage = Stage::new();
    let user = ordinary(&stage);
    stage.gates("concurrency: 2", &["a", "b"]);
    for directory in ["out", "out/a"] {
        fs::create_dir(stage.path(directory)).unwrap();
        chown(stage.path(directory), Some(user), Some(user)).unwrap();
    }
    set_mode(&stage, "out/a", 0o555);
    stage.open_all(&["a", "b"], 0);
    let run = start(stage.command("run exp.yaml"), user);
    wait_for("the other one", || (told(&stage, user, "ok") == (1, String::new())).then_some(()));
    assert_eq!((stage.entered("a"), stage.entered("b")), (0, 1));
    set_mode(&stage, "out/a", 0o755);
    run.finish().expect(0);
    assert!(!stage.has_attempt("a", 2));
}

#[test]
fn f71_an_executable_that_cannot_be_reached_is_waited_for_and_one_that_may_not_be_run_is_told() {
    let stage = Stage::new();
    let user = ordinary(&stage);
    for build in ["hidden", "plain"] {
        fs::create_dir(stage.path(build)).unwrap();
        chown(stage.path(build), Some(user), Some(user)).unwrap();
        stage.write(&format!("{build}/python3"), "#!/bin/sh\nexit 0\n");
        set_mode(&stage, &format!("{build}/python3"), 0o755);
    }
    let simulation =
        |name: &str, build: &str| format!("  - {{name: {name}, script: gate.py, gem5: ./{build}/python3}}\n");
    let simulations = simulation("a", "hidden") + &simulation("b", "plain");
    let head = "outdir: out\nconcurrency: 1\ngem5: ./plain/python3\n";
    stage.write("exp.yaml", &format!("{head}defaults: {{success: {{exit_codes: 0}}}}\nsimulations:\n{simulations}"));
    let go = stage.path("go");
    let mut command = stage.command("run exp.yaml");
    command.env("GEM5_TUI_FAILPOINTS", format!("engine.deciding@a=wait:{}", go.display()));
    let run = start(command, user);
    wait_for("the first launch", || stage.path("go.here").exists().then_some(()));
    set_mode(&stage, "hidden", 0o000);
    set_mode(&stage, "plain/python3", 0o644);
    stage.write("go", "");
    wait_for("the one that is told", || (told(&stage, user, "not-started").0 == 1).then_some(()));
    set_mode(&stage, "hidden", 0o755);
    let said = run.finish().expect(1);
    assert!(
        said.out.contains("1 ok, 1 not ok") && said.out.contains("may not be executed; `chmod +x` it"),
        "{}",
        said.out
    );
    assert!(said.err.contains("cannot be looked at: Permission denied"), "{}", said.err);
}

#[test]
fn f71_an_end_that_a_disk_hides_is_not_lost_however_the_disk_fails() {
    for errno in ["EACCES", "ENOTCONN", "EKEYEXPIRED", "EHOSTDOWN"] {
        let stage = Stage::new();
        let failing = stage.write("failing", "");
        stage.gates("concurrency: 2", &["a", "b"]);
        let engine_with = |stage: &Stage| {
            let mut command = stage.command("engine exp.yaml");
            command.env("GEM5_TUI_FAILPOINTS", format!("@{}", failing.display()));
            let engine = Running::start(command);
            assert_eq!(engine.line(0), r#"{"engine":"ready"}"#);
            engine
        };
        let engine = engine_with(&stage);
        stage.wait_entered(&["a", "b"]);
        stage.started("a", 1);
        stage.write("failing", &format!("record.read@a/attempt-1/exit.json={errno}"));
        stage.open("a", 0);
        stage.exit("a", 1);
        let notice =
            || stage.status_now().summary["notice"].as_str().is_some_and(|told| told.contains("cannot be read"));
        wait_for("the reason", || notice().then_some(()));
        assert_eq!(stage.status_now().word("a"), "running", "{errno}");
        if errno == "EACCES" {
            // An engine that begins with a record that it may not read tells a person what to do: see F73.
            stage.write("failing", "");
            stage.wait_word("a", "ok");
            continue;
        }
        // Nor for an engine that begins meanwhile.
        engine.kill();
        let _engine = engine_with(&stage);
        wait_for("the reason", || notice().then_some(()));
        assert_ne!(stage.status_now().word("a"), "lost", "{errno}");
        stage.write("failing", "");
        stage.wait_word("a", "ok");
        wait_for("no notice", || stage.status_now().summary["notice"].is_null().then_some(()));
        assert_eq!(stage.entered("a"), 1);
    }
}

#[test]
fn f71_a_temporary_directory_that_cannot_be_used_holds_up_nothing() {
    for place in ["/no/such/place", "/dev/null", "/proc"] {
        let stage = Stage::new();
        stage.stand_in("  - {name: a, script: CONFIGS/outcomes.py, args: [--mode, ok]}\n");
        let mut command = stage.command("run exp.yaml");
        command.env("TMPDIR", place).env_remove("XDG_RUNTIME_DIR");
        let said = Running::start(command).finish();
        assert!(said.out.contains("1 simulation, 1 ok"), "{place}: {said:#?}");
    }
}

#[test]
fn f78_a_log_that_cannot_be_written_is_told_of_once() {
    let stage = Stage::new();
    stage.gates("concurrency: 1", &["a", "b", "c"]);
    let failing = stage.write("failing", "journal.write=ENOSPC");
    let mut command = stage.command("run exp.yaml");
    command.env("GEM5_TUI_FAILPOINTS", format!("@{}", failing.display()));
    let run = Running::start(command);
    stage.open("a", 0);
    stage.wait_entered(&["b"]);
    stage.write("failing", "");
    stage.open_all(&["b", "c"], 0);
    let said = run.finish().expect(0);
    assert_eq!((said.err.lines().count(), said.err.matches("engine.log").count()), (1, 1), "{}", said.err);
    let log = fs::read_to_string(stage.path("out/engine.log")).unwrap();
    assert!(log.contains("lines are missing here") && log.contains("c attempt 1 ended: ok"), "{log}");
}
