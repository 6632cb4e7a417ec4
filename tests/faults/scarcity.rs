//! F54: too few descriptors and too few processes. Launches wait with the reason, and all end ok in the end.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use serde_json::Value;

use crate::stage::{PATIENCE, Running, Stage, wait_for, within};

const SIMULATIONS: usize = 24;

/// A user who has no other processes: the limit counts all of one.
const OTHER: u32 = 64_001;

/// Simulations that cost nothing but a process: each is a shell that waits at one gate for all.
fn waiting_shells() -> Stage {
    let stage = Stage::new();
    mkfifo(&stage.path("gate"), Mode::from_bits_truncate(0o666)).unwrap();
    let gem5 = stage.write("gem5.opt", "#!/bin/sh\n[ \"$1\" = -B ] && exit 0\nread word < gate\nexit 0\n");
    fs::set_permissions(&gem5, fs::Permissions::from_mode(0o755)).unwrap();
    stage.write("s.py", "");
    let head = "gem5: ./gem5.opt\noutdir: out\nconcurrency: 24\ndefaults: {success: {exit_codes: 0}}\nsimulations:\n";
    let simulation = "  - {name: 's${n}', script: s.py, matrix: {n: {range: [1, 24, 1]}}}\n";
    stage.write("exp.yaml", &(head.to_owned() + simulation));
    stage
}

/// The engine of the stage under a limit, as prlimit(1) of util-linux writes it.
fn limited(stage: &Stage, limit: &str) -> Command {
    let mut command = Command::new("prlimit");
    command.args([limit, env!("CARGO_BIN_EXE_gem5-tui"), "engine", "exp.yaml"]);
    stage.surround(&mut command);
    command
}

/// The summary of `status`, asked by this user: an engine talks to nobody else.
fn summary(stage: &Stage, user: u32) -> Value {
    let mut command = stage.command("status exp.yaml --json");
    command.uid(user);
    let said = Running::start(command).finish();
    said.json().pop().unwrap_or_else(|| panic!("{said:#?}"))
}

/// The simulations that are not ok, as `status` tells them.
fn not_ok(stage: &Stage, user: u32) -> Vec<String> {
    let mut command = stage.command("status exp.yaml");
    command.uid(user);
    let waits = |line: &&str| {
        ["STATUS", "running", "launching", "queued", "ok", "24 simulations", "note"]
            .iter()
            .all(|word| !line.starts_with(word))
    };
    Running::start(command).finish().out.lines().filter(waits).map(str::to_owned).collect()
}

/// Waits until launches are held for want of something, opens the gate, and waits until all have ended ok.
fn held_and_recovered(stage: &Stage, user: u32, mut command: Command, wanted: &str) {
    command.uid(user);
    let mut engine = Running::start(command);
    assert_eq!(engine.line(0), r#"{"engine":"ready"}"#);
    let mut last = Value::Null;
    let held = within(PATIENCE, || {
        last = summary(stage, user);
        let is_held = last["notice"].as_str().is_some_and(|notice| notice.contains(wanted));
        (is_held && last["counts"]["running"].as_u64() > Some(0)).then(|| last.clone())
    });
    let held = held.unwrap_or_else(|| panic!("nothing is held: {last:#}"));
    assert_eq!(held["counts"]["not_ok"], 0, "none was burnt: {:#?}", not_ok(stage, user));
    assert!(engine.is_alive());
    // Whoever reads at the gate, now and later, goes through it.
    let mut gate = fs::OpenOptions::new().read(true).write(true).open(stage.path("gate")).unwrap();
    // The engine waits up to a minute between two tries.
    let done = within(PATIENCE * 2, || {
        // A line for each that waits; what nobody reads is read by the next ones.
        gate.write_all(b"go\n").unwrap();
        last = summary(stage, user);
        (last["counts"]["ok"] == SIMULATIONS).then_some(())
    });
    done.unwrap_or_else(|| panic!("not all end: {last:#}"));
    assert_eq!(summary(stage, user)["notice"], Value::Null);
}

#[test]
fn f54_with_too_few_descriptors_launches_wait_and_all_end_ok() {
    let stage = waiting_shells();
    // The engine itself has about 14 and keeps four for clients, and each simulation takes one, or more for the moment of its launch.
    let command = limited(&stage, "--nofile=34");
    let user = nix::unistd::geteuid().as_raw();
    held_and_recovered(&stage, user, command, "Too many open files");
}

#[test]
fn f54_a_gem5_that_cannot_be_asked_for_want_of_a_process_is_not_refused() {
    let stage = waiting_shells();
    let failing = stage.write("failing", "builds.ask=EAGAIN");
    let mut command = stage.command("engine exp.yaml");
    command.env("GEM5_TUI_FAILPOINTS", format!("@{}", failing.display()));
    let engine = Running::start(command);
    engine.line(0);
    let user = nix::unistd::geteuid().as_raw();
    let notice =
        |summary: &Value| summary["notice"].as_str().is_some_and(|notice| notice.contains("nothing is launched"));
    wait_for("the notice", || notice(&summary(&stage, user)).then_some(()));
    assert_eq!(summary(&stage, user)["counts"]["not_ok"], 0);
    assert_eq!(fs::read_dir(stage.path("out")).unwrap().flatten().filter(|entry| entry.path().is_dir()).count(), 0);
    stage.write("failing", "");
    wait_for("a start", || (summary(&stage, user)["counts"]["running"].as_u64() > Some(0)).then_some(()));
}

#[test]
fn f54_with_too_few_processes_launches_wait_and_all_end_ok() {
    if !nix::unistd::geteuid().is_root() {
        return eprintln!("skipped: the limit counts all processes of a user, so another user is needed");
    }
    let stage = waiting_shells();
    for entry in [".", "run"] {
        std::os::unix::fs::chown(stage.path(entry), Some(OTHER), Some(OTHER)).unwrap();
    }
    let command = limited(&stage, "--nproc=30");
    held_and_recovered(&stage, OTHER, command, "nothing is launched");
}

#[test]
fn f54_an_engine_takes_all_the_descriptors_that_it_may_have_and_its_simulations_have_what_the_user_has_set() {
    let stage = waiting_shells();
    stage.write("gem5.opt", "#!/bin/sh\n[ \"$1\" = -B ] && exit 0\nulimit -Sn\nread word < gate\nexit 0\n");
    // A soft limit that is too low for all of them, below a hard one that is not.
    let engine = Running::start(limited(&stage, "--nofile=30:4096"));
    engine.line(0);
    let said = |n: usize| fs::read_to_string(stage.path(&format!("out/s{n}/attempt-1/m5out/simout.txt"))).ok();
    let limit_of = |n| wait_for("its limit", || said(n).filter(|said| said.ends_with('\n')));
    let limits: Vec<String> = (1..=SIMULATIONS).map(limit_of).collect();
    assert_eq!(limits, vec!["30\n"; SIMULATIONS]);
    let user = nix::unistd::geteuid().as_raw();
    assert_eq!(summary(&stage, user)["counts"]["running"], SIMULATIONS, "none waits for another one's descriptors");
    let mut gate = fs::OpenOptions::new().read(true).write(true).open(stage.path("gate")).unwrap();
    wait_for("all ends", || {
        gate.write_all(b"go\n").unwrap();
        (summary(&stage, user)["counts"]["ok"] == SIMULATIONS).then_some(())
    });
}
