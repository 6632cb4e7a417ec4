//! F75: limits of a process that are reached (setrlimit(2)). Each is an error that a person reads, or a reason to wait.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::signal::Signal;

use crate::stage::{Running, Said, Stage, wait_for};

/// A user who has no other processes: the limit counts all of one.
const OTHER: u32 = 64_003;

/// `run` under a limit, as prlimit(1) of util-linux writes it, until it has ended, has launched something, or waits.
fn limited(limit: &str, user: Option<u32>) -> Said {
    let stage = Stage::new();
    stage.gates("concurrency: 2", &["a", "b"]);
    stage.open_all(&["a", "b"], 0);
    let mut command = Command::new("prlimit");
    command.args([limit, env!("CARGO_BIN_EXE_gem5-tui"), "run", "exp.yaml"]);
    stage.surround(&mut command);
    if let Some(user) = user {
        for entry in [".", "run", "gate.py", "go"] {
            _ = chown(stage.path(entry), Some(user), Some(user));
        }
        command.uid(user);
    }
    let mut run = Running::start(command);
    let mut is_through = || !run.is_alive() || run.shows("launches fail on this machine");
    wait_for("an end or a reason", || is_through().then_some(()));
    if run.is_alive() {
        run.signal(Signal::SIGTERM);
    }
    run.finish()
}

/// Whether it has ended by itself and in words.
fn check(limit: &str, said: &Said) {
    // 101 is a panic, no code at all a signal.
    assert!(said.code.is_some_and(|code| code != 101), "{limit}: {said:#?}");
    assert!(!said.err.contains("panicked") && !said.err.contains("overflowed"), "{limit}: {}", said.err);
    let has_ended = said.out.contains("2 simulations, ");
    assert!(has_ended || !said.err.is_empty(), "{limit}: it says why: {said:#?}");
}

#[test]
fn f75_too_few_processes_are_told_or_waited_for_and_never_a_panic() {
    if !nix::unistd::geteuid().is_root() {
        return eprintln!("skipped: the limit counts all processes of a user, so another user is needed");
    }
    for processes in 1..=9 {
        let limit = format!("--nproc={processes}");
        check(&limit, &limited(&limit, Some(OTHER)));
    }
}

#[test]
fn f75_a_limit_on_files_descriptors_or_stack_ends_nothing_without_a_word() {
    for limit in ["--fsize=0", "--fsize=1024", "--fsize=8192", "--nofile=5", "--nofile=14", "--stack=65536"] {
        check(limit, &limited(limit, None));
    }
}
