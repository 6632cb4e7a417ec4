//! F64 and F66: containers on one machine, and machines that change their names.

use std::fs;
use std::process::Command;

use gem5_tui::rundir::atomic::{read_json, read_lines, write_json};
use gem5_tui::rundir::record::{End, Identity, Started, Takeover};
use gem5_tui::spawn::identity::{self, Alive};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::roles::{intent, kill_shim};
use crate::stage::{Bystander, Running, Said, Stage, Status, gate, state_of, wait_for};

/// Process 1 of a PID namespace: has an engine launch `a`, kills the engine, and the shim where it is told to, and stays.
const CONTAINER: &str = r#"import json, os, sys, time
program, also_shim, last = sys.argv[1], sys.argv[2] == "shim", sys.argv[3]
if last != "0":
    with open("/proc/sys/kernel/ns_last_pid", "w") as file:
        file.write(last)
engine = os.posix_spawn(program, [program, "engine", "exp.yaml"], os.environ)
while not (os.path.exists("entered-a") and os.path.getsize("entered-a") and os.path.exists("out/a/attempt-1/started.json")):
    time.sleep(0.01)
with open("out/a/attempt-1/started.json") as file:
    shim = json.load(file)["shim"]["pid"]
os.kill(engine, 9)
os.waitpid(engine, 0)
if also_shim:
    os.kill(shim, 9)
    # As process 1 it is the parent of every orphan.
    os.waitpid(shim, 0)
print("contained", flush=True)
while True:
    try:
        os.wait()
    except ChildProcessError:
        time.sleep(0.01)
"#;

const SKIPPED: &str = "skipped: only root can make such namespaces, and not everywhere";

/// A program in namespaces of its own.
fn unshared(stage: &Stage, options: &[&str], words: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command.args(options).arg("--").args(words);
    stage.surround(&mut command);
    command
}

fn can_unshare(stage: &Stage, options: &[&str]) -> bool {
    let is_root = nix::unistd::geteuid().is_root();
    is_root && unshared(stage, options, &["true"]).output().is_ok_and(|output| output.status.success())
}

const PID: [&str; 4] = ["--pid", "--fork", "--mount-proc", "--kill-child"];

const PROGRAM: &str = env!("CARGO_BIN_EXE_gem5-tui");

/// A simulation that runs in a container, whose engine is dead. None where there are no containers.
fn contained(stage: &Stage, also_shim: bool) -> Option<Running> {
    contained_from(stage, also_shim, 0)
}

/// The same with processes whose numbers in there follow on this one.
fn contained_from(stage: &Stage, also_shim: bool, last: i32) -> Option<Running> {
    if !can_unshare(stage, &PID) {
        eprintln!("{SKIPPED}");
        return None;
    }
    stage.write("container.py", CONTAINER);
    let words = ["python3", "container.py", PROGRAM, if also_shim { "shim" } else { "engine" }, &last.to_string()];
    let container = Running::start(unshared(stage, &PID, &words));
    container.wait_output("contained");
    Some(container)
}

/// Whether every process of this machine is seen from here (`PROC_PID_INIT_INO`).
fn sees_all() -> bool {
    identity::own().unwrap().pid_ns == Some(0xEFFF_FFFC)
}

/// The program in a container beside the other one.
fn beside(stage: &Stage, args: &str) -> Said {
    let words: Vec<&str> = std::iter::once(PROGRAM).chain(args.split_whitespace()).collect();
    Running::start(unshared(stage, &PID, &words)).finish()
}

fn status_beside(stage: &Stage) -> Value {
    beside(stage, "status exp.yaml --json").json().remove(0)
}

#[test]
fn f64_what_runs_in_a_container_after_its_shim_was_killed_is_not_lost_and_not_started_again() {
    let stage = Stage::new();
    stage.experiment("  grace: 100ms", &gate("a", ""));
    let Some(_container) = contained(&stage, true) else { return };
    let gem5 = stage.started("a", 1).gem5;
    assert_eq!(stage.status().word("a"), "running");
    let there = status_beside(&stage);
    assert_eq!(there["status"]["state"], "running", "{there}");
    assert!(there["reason"].as_str().unwrap().contains("another PID namespace"), "{there}");
    let engine = stage.engine("");
    assert_eq!((stage.status().word("a"), stage.entered("a")), ("running", 1));
    if sees_all() {
        assert_eq!(identity::is_alive(&gem5), Alive::Yes);
        stage.call("cancel exp.yaml a").expect(0);
        wait_for("the end", || (identity::is_alive(&gem5) == Alive::No).then_some(()));
        wait_for("the engine to know", || (stage.status().word("a") != "stopping").then_some(()));
    }
    assert!(!stage.has_attempt("a", 2));
    engine.signal(Signal::SIGTERM);
    engine.finish();
}

#[test]
fn f64_what_a_shim_holds_in_a_container_is_paused_and_cancelled_from_where_it_is_seen() {
    let stage = Stage::new();
    stage.experiment("  grace: 30s", &gate("a", ""));
    // Others have the numbers here that shim and gem5 have in the container.
    let mut others: Vec<Bystander> = (0..60).map(|_| Bystander::new()).collect();
    let first = others.iter().map(Bystander::pid).min().unwrap();
    let Some(_container) = contained_from(&stage, false, first) else { return };
    if !sees_all() {
        return eprintln!("skipped: this is a container itself");
    }
    let here = wait_for("its number here", || {
        let inner = format!("\t{}\n", stage.started("a", 1).gem5.pid);
        let is_it = |status: &str| {
            let numbers = status.lines().find(|line| line.starts_with("NSpid:"));
            numbers.is_some_and(|line| format!("{line}\n").ends_with(&inner) && line.split('\t').count() > 2)
        };
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let mut found = processes.filter(|entry| {
            let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
            status.starts_with("Name:\tpython3") && is_it(&status)
        });
        found.next()?.file_name().to_str()?.parse::<i32>().ok()
    });
    let engine = stage.engine("");
    stage.call("pause exp.yaml a").expect(0);
    wait_for("the stop", || (state_of(here) == Some('T')).then_some(()));
    stage.wait_word("a", "paused");
    stage.call("cancel exp.yaml a").expect(0);
    stage.wait_word("a", "cancelled");
    assert_eq!(stage.exit("a", 1).end, End::Signaled { signal: 2, name: "SIGINT".to_owned() });
    // It has waited for the end of the right process, and so it ends itself.
    engine.finish().expect(0);
    assert!(others.iter_mut().all(Bystander::is_untouched));
}

#[test]
fn f64_a_container_beside_is_told_to_be_out_of_reach_until_a_person_says_that_it_is_gone() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let Some(container) = contained(&stage, false) else { return };
    // It is held, as its lock says, whatever a person says.
    let refused = beside(&stage, "cancel exp.yaml a");
    assert!(refused.code != Some(0) && refused.err.contains("another container"), "{refused:?}");
    container.kill();
    let there = status_beside(&stage);
    assert_eq!(there["status"]["state"], "running", "nobody in a container can see that it is gone: {there}");
    stage.open("a", 0);
    let said = beside(&stage, "run exp.yaml --takeover");
    assert!(stage.has_attempt("a", 2) && said.code == Some(0), "{said:?}");
    let takeovers: Vec<Takeover> = read_lines(&stage.outdir().takeovers());
    assert_eq!(takeovers.iter().map(|gone| gone.pid_ns).collect::<Vec<_>>(), [stage.started("a", 1).gem5.pid_ns]);
}

#[test]
fn f64_an_attempt_of_a_container_is_lost_for_those_who_see_that_it_has_ended() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let Some(container) = contained(&stage, true) else { return };
    container.kill();
    let word = if sees_all() { "lost" } else { "running" };
    wait_for(word, || (stage.status().word("a") == word).then_some(()));
}

#[test]
fn f64_a_process_of_another_time_namespace_is_out_of_reach_and_not_lost() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    engine.kill();
    kill_shim(&stage, "a");
    let started = stage.started("a", 1);
    // Its start time means another moment there.
    let elsewhere = |of: &Identity| Identity { time_ns: Some(7), start_ticks: of.start_ticks + 1, ..of.clone() };
    let forged = Started { gem5: elsewhere(&started.gem5), shim: elsewhere(&started.shim), ..started.clone() };
    write_json(&stage.attempt("a", 1).started(), &forged).unwrap();
    let status = stage.status();
    assert_eq!(status.word("a"), "running");
    assert!(status.reason("a").contains("another time namespace"), "{}", status.reason("a"));
    write_json(&stage.attempt("a", 1).started(), &started).unwrap();
}

#[test]
fn f64_a_proc_of_another_pid_namespace_is_refused_with_a_reason() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let without_mount = ["--pid", "--fork", "--kill-child"];
    if !can_unshare(&stage, &without_mount) {
        return eprintln!("{SKIPPED}");
    }
    let said = Running::start(unshared(&stage, &without_mount, &[PROGRAM, "run", "exp.yaml"])).finish();
    assert!(said.code != Some(0) && said.err.contains("--mount-proc"), "{said:?}");
    assert_eq!(stage.entered("a"), 0);
}

/// The program on a machine of that name. It is renamed by `rename`.
fn named(stage: &Stage, name: &str, args: &str) -> Running {
    let script = format!(r#"hostname {name} && exec "$0" "$@""#);
    let words: Vec<&str> = ["sh", "-c", &script, PROGRAM].into_iter().chain(args.split_whitespace()).collect();
    Running::start(unshared(stage, &["--uts"], &words))
}

fn rename(program: &Running, name: &str) {
    let namespace = format!("--uts=/proc/{}/ns/uts", program.pid());
    let done = Command::new("nsenter").args([&namespace, "hostname", name]).status().unwrap();
    assert!(done.success());
}

fn notice(status: &Status) -> Option<&str> {
    status.summary["notice"].as_str()
}

#[test]
fn f66_an_engine_whose_machine_is_renamed_reaches_its_simulations_as_before() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    if !can_unshare(&stage, &["--uts"]) {
        return eprintln!("{SKIPPED}");
    }
    let engine = named(&stage, "office", "engine exp.yaml");
    stage.wait_entered(&["a"]);
    let gem5 = stage.started("a", 1).gem5;
    assert_eq!(gem5.host, "office");
    rename(&engine, "home");
    stage.call("pause exp.yaml a").expect(0);
    wait_for("the stop", || (state_of(gem5.pid) == Some('T')).then_some(()));
    let status = stage.wait_word("a", "paused");
    assert_eq!((notice(&status), status.reason("a").contains("runs on")), (None, false));
    stage.call("cancel exp.yaml a").expect(0);
    assert!(matches!(stage.exit("a", 1).end, End::Signaled { signal: 2, .. }));
    stage.wait_word("a", "cancelled");
    engine.finish().expect(0);
}

#[test]
fn f66_the_next_engine_adopts_what_runs_under_the_old_name_also_without_its_shim() {
    let stage = Stage::new();
    stage.experiment("  grace: 100ms", &[gate("a", ""), gate("b", "")].concat());
    if !can_unshare(&stage, &["--uts"]) {
        return eprintln!("{SKIPPED}");
    }
    let engine = named(&stage, "office", "engine exp.yaml");
    stage.wait_entered(&["a", "b"]);
    engine.kill();
    kill_shim(&stage, "b");
    let engine = named(&stage, "home", "engine exp.yaml --takeover");
    assert_eq!(engine.line(0), r#"{"engine":"ready"}"#);
    for name in ["a", "b"] {
        let gem5 = stage.started(name, 1).gem5;
        stage.wait_word(name, "running");
        stage.call(&format!("pause exp.yaml {name}")).expect(0);
        wait_for("the stop", || (state_of(gem5.pid) == Some('T')).then_some(()));
        stage.call(&format!("cancel exp.yaml {name}")).expect(0);
        wait_for("the end", || (identity::is_alive(&gem5) == Alive::No).then_some(()));
        assert_eq!((stage.entered(name), stage.has_attempt(name, 2)), (1, false));
    }
    // It was said of nobody that he is gone.
    assert!(read_lines::<Takeover>(&stage.outdir().takeovers()).is_empty());
    engine.finish().expect(0);
}

#[test]
fn f66_a_machine_that_was_restarted_and_renamed_is_no_other_host_on_its_own_disk() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let real = identity::own().unwrap();
    let (boot_id, host) = ("00000000-0000-0000-0000-000000000000".to_owned(), "renamed.invalid".to_owned());
    let before = Identity { boot_id, host, ..real };
    let path = intent(&stage, "a").started();
    let record = serde_json::json!({"format": 1, "gem5": before, "shim": before, "at": {"unix_ms": 1, "boot_ms": 1}});
    write_json(&path, &record).unwrap();
    let lease = serde_json::json!({"format": 1, "engine": before, "socket": "/run/nowhere"});
    fs::write(stage.outdir().lock(), lease.to_string()).unwrap();
    // On a disk that others may write to, it may be another host.
    let mut shared = stage.command("status exp.yaml --json");
    shared.env("GEM5_TUI_FAILPOINTS", "filesystem.kind=EIO");
    let seen = Running::start(shared).finish().json().remove(0);
    assert_eq!(seen["status"]["state"], "running", "{seen}");
    let status = stage.status();
    assert_eq!(status.word("a"), "lost");
    assert!(status.reason("a").contains("the machine was restarted"), "{}", status.reason("a"));
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(0);
    assert_eq!(stage.entered("a"), 1);
    let again: Started = read_json(&stage.attempt("a", 2).started()).unwrap().unwrap();
    assert_eq!(again.gem5.pid_ns, before.pid_ns);
}
