//! Many simulations, and the example of Python functions.

use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use gem5_tui::rundir::ExperimentDir;
use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::{CallResult, Exit, ResultRecord, Spec, Started};
use gem5_tui::spawn::identity::{self, Alive};

use crate::stage::{Stage, json_lines, wait_for};

#[test]
fn two_hundred_short_simulations_all_end_ok_and_leave_no_process() {
    let stage = Stage::new();
    stage.write("pass.py", "");
    stage.experiment("concurrency: 8", "  - {name: 's-${n}', script: pass.py, matrix: {n: {range: [1, 200, 1]}}}\n");
    let engine = stage.engine("");
    // Watched by a client that sees it through.
    let summary = loop {
        let status = stage.status();
        if status.count("ok") + status.count("not_ok") == 200 {
            break status.summary;
        }
    };
    assert_eq!((&summary["counts"]["total"], &summary["counts"]["ok"]), (&200.into(), &200.into()));
    engine.finish().expect(0);
    let mut changes = Vec::new();
    for n in 1..=200 {
        let name = format!("s-{n}");
        let exit: Exit = read_json(&stage.attempt(&name, 1).exit()).unwrap().expect("every end is recorded");
        let started: Started = read_json(&stage.attempt(&name, 1).started()).unwrap().unwrap();
        assert!(exit.at.boot_ms >= started.at.boot_ms);
        changes.extend([(started.at.boot_ms, 1), (exit.at.boot_ms, -1)]);
        assert_ne!(identity::is_alive(&started.gem5), Alive::Yes, "{name}");
        assert_ne!(identity::is_alive(&started.shim), Alive::Yes, "{name}");
        assert!(!stage.has_attempt(&name, 2));
    }
    assert!(!stage.lease().socket.exists());
    // Ends before starts of the same moment.
    changes.sort_unstable();
    let at_once = changes.iter().scan(0, |running, (_, change)| {
        *running += change;
        Some(*running)
    });
    // On a busy machine they may end faster than eight of them are begun.
    assert!(at_once.max().is_some_and(|most| (2..=8).contains(&most)), "as many at once as the cap says, and no more");
}

#[test]
fn a_reader_that_pauses_holds_up_no_simulation() {
    let stage = Stage::new();
    stage.write("pass.py", "");
    // Each transition is padded by the experiment's own names, so that the pipe is full long before the end.
    let name = format!("{}-${{n}}", "s".repeat(90));
    stage.experiment("", &format!("  - {{name: '{name}', script: pass.py, matrix: {{n: {{range: [1, 130, 1]}}}}}}\n"));
    let mut command = stage.command("run exp.yaml --json -j4");
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let last = || stage.exit_if_any(&name.replace("${n}", "130")).map(drop);
    wait_for("the last simulation", last);
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(text.len() > 70_000, "a pipe holds 64 KiB: {}", text.len());
    let lines = json_lines(&text);
    assert_eq!(lines.len(), 391);
    assert_eq!(lines[390]["counts"]["ok"], 130);
    assert!(child.wait().unwrap().success());
}

/// From when an attempt was begun until its process had ended, on the boot clock in milliseconds.
fn span(outdir: &ExperimentDir, name: &str) -> (u64, u64) {
    let attempt = outdir.simulation(name).attempt(1);
    let spec: Spec = read_json(&attempt.spec()).unwrap().unwrap();
    let exit: Exit = read_json(&attempt.exit()).unwrap().unwrap();
    let result: ResultRecord = read_json(&attempt.result()).unwrap().unwrap();
    let CallResult::Returned { value, .. } = result.result else { panic!("{name}: {:?}", result.result) };
    // A task is called with its number, which is one in the experiment file too.
    let called: serde_json::Value =
        name.strip_prefix("task-").map_or_else(|| name.into(), |n| n.parse::<u64>().unwrap().into());
    assert_eq!(value["name"], called);
    (spec.at.boot_ms, exit.at.boot_ms)
}

fn spawn_example(gem5: &str) {
    let stage = Stage::new();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/spawn_example.yaml");
    let said = stage.call(&format!("run {} --outdir out {gem5}", example.display())).expect(0);
    assert!(said.out.contains("12 simulations, 12 ok"), "{}", said.out);
    let outdir = stage.outdir();
    let (bob, jane) = (span(&outdir, "bob"), span(&outdir, "jane"));
    assert!(bob.0 < jane.1 && jane.0 < bob.1, "bob {bob:?} and jane {jane:?} at once");
    let tasks: Vec<_> = (0..10).map(|task| span(&outdir, &format!("task-{task}"))).collect();
    for &(begin, _) in &tasks {
        assert!(begin >= bob.1.max(jane.1), "a task began before both had ended");
        let at_once = tasks.iter().filter(|other| other.0 <= begin && begin < other.1).count();
        assert!(at_once <= 4, "{at_once} tasks at once: {tasks:?}");
    }
}

#[test]
fn the_spawn_example_runs_twelve_functions_on_the_stand_in() {
    spawn_example("");
}

#[test]
fn the_spawn_example_runs_twelve_functions_in_plain_python() {
    spawn_example("--gem5 python3");
}
