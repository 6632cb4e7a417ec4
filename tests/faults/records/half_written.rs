//! F34: writers that are killed at each step of a write.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use gem5_tui::protocol::{Link, QueueState, Request};
use gem5_tui::rundir::atomic::{is_temporary, read_json, write_json};
use gem5_tui::rundir::record::{
    CallResult, Cancelled, Controls, End, Exit, ExperimentRecord, ResultRecord, Retry, Spec, Started, Stop, StopReason,
};
use gem5_tui::spawn::last_words::is_told_here;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::de::DeserializeOwned;

use super::at;
use crate::stage::{PATIENCE, Running, Stage, contents, is_running, wait_for};

/// The steps of writing a record. Until the last of them nothing has its name, or the old record has.
const STEPS: [&str; 4] = ["created", "written", "synced", "renamed"];

fn is_new(step: &str) -> bool {
    step == "renamed"
}

/// The program, which will be killed at this step of writing this record, as will be every shim that it starts.
fn killed_at(stage: &Stage, args: &str, step: &str, record: &str) -> Running {
    let mut command = stage.command(args);
    command.env("GEM5_TUI_FAILPOINTS", format!("atomic.{step}@{record}=kill"));
    Running::start(command)
}

/// An engine that gets ready and will be killed.
fn engine_killed_at(stage: &Stage, step: &str, record: &str) -> Running {
    let engine = killed_at(stage, "engine exp.yaml", step, record);
    assert_eq!(engine.line(0), r#"{"engine":"ready"}"#);
    engine
}

fn assert_killed(engine: Running) {
    assert_eq!(engine.finish().code, None, "the engine was to be killed");
}

/// Sends requests to the engine, the last of which kills it. Nobody starts another one.
fn ask_to_death(stage: &Stage, engine: Running, requests: &[Request]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut link = Link::connect(&stage.lease().socket).await.unwrap();
        for request in requests {
            link.send(request.clone()).await;
        }
        let death = async { while link.incoming.recv().await.is_some() {} };
        tokio::time::timeout(PATIENCE, death).await.expect("the engine was to be killed");
    });
    assert_killed(engine);
}

/// What was being written and is no record yet.
fn temporary_files(stage: &Stage) -> Vec<PathBuf> {
    let files = contents(stage.outdir().path()).into_keys();
    files.filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_temporary)).collect()
}

/// The record is there if the last step was reached, and is whole. Of the attempt to write it, a temporary file is left.
#[track_caller]
fn assert_old_or_new<T: DeserializeOwned>(stage: &Stage, path: &Path, step: &str) -> Option<T> {
    let record = read_json(path).unwrap_or_else(|error| panic!("killed when {step}: {error}"));
    assert_eq!(temporary_files(stage).len(), usize::from(!is_new(step)), "killed when {step}");
    record
}

#[test]
fn f34_engine_killed_while_it_writes_the_plan() {
    let stage = Stage::new();
    let path = stage.outdir().experiment_record();
    let simulations = || {
        let record: Option<ExperimentRecord> = read_json(&path).unwrap();
        record.map(|record| record.plan.simulations.len())
    };
    stage.gates("", &["a"]);
    for step in STEPS {
        assert_killed(killed_at(&stage, "engine exp.yaml", step, "experiment.json"));
        assert_old_or_new::<ExperimentRecord>(&stage, &path, step);
        assert_eq!(simulations(), is_new(step).then_some(1), "killed when {step}");
    }
    stage.gates("", &["a", "b"]);
    for step in STEPS {
        assert_killed(killed_at(&stage, "engine exp.yaml", step, "experiment.json"));
        assert_eq!(simulations(), Some(if is_new(step) { 2 } else { 1 }), "killed when {step}");
        assert_eq!(stage.status().count("queued"), 2);
    }
    stage.open_all(&["a", "b"], 0);
    stage.call("run exp.yaml").expect(0);
    assert_eq!((stage.entered("a"), stage.entered("b")), (1, 1));
    assert!(temporary_files(&stage).is_empty());
}

#[test]
fn f34_engine_killed_while_it_writes_what_to_launch() {
    // No launch waits for it to be on disk.
    for step in STEPS.into_iter().filter(|step| *step != "synced") {
        let stage = Stage::new();
        stage.gates("", &["a"]);
        let path = stage.attempt("a", 1).spec();
        assert_killed(killed_at(&stage, "engine exp.yaml", step, "spec.json"));
        let spec: Option<Spec> = assert_old_or_new(&stage, &path, step);
        assert_eq!(spec.map(|spec| spec.simulation), is_new(step).then(|| "a".to_owned()), "killed when {step}");
        assert_eq!((stage.status().word("a"), stage.entered("a")), ("queued", 0), "killed when {step}");
        stage.open("a", 0);
        stage.call("run exp.yaml").expect(0);
        assert_eq!((stage.entered("a"), stage.status().word("a")), (1, "ok"), "killed when {step}");
        assert!(temporary_files(&stage).is_empty());
    }
}

#[test]
fn f34_engine_killed_while_it_writes_cap_and_queue() {
    let stage = Stage::new();
    stage.gates("concurrency: 2", &["a"]);
    let path = stage.outdir().controls();
    let (mut old, mut cap) = (2, 2);
    for step in STEPS {
        let engine = engine_killed_at(&stage, step, "controls.json");
        stage.wait_entered(&["a"]);
        cap += 1;
        ask_to_death(&stage, engine, &[Request::SetCap { cap }]);
        let controls: Option<Controls> = assert_old_or_new(&stage, &path, step);
        assert_eq!(controls.map_or(2, |controls| controls.cap), if is_new(step) { cap } else { old });
        assert_eq!(stage.status().summary["cap"], if is_new(step) { cap } else { old }, "killed when {step}");
        if is_new(step) {
            old = cap;
        }
    }
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(0);
    assert_eq!((stage.entered("a"), temporary_files(&stage).len()), (1, 0));
}

#[test]
fn f34_engine_killed_while_it_writes_what_is_asked() {
    for step in ["begun", "synced"] {
        let is_asked = step == "synced";
        let stage = Stage::new();
        stage.gates("", &["a"]);
        let mut command = stage.command("engine exp.yaml");
        command.env("GEM5_TUI_FAILPOINTS", format!("asked.{step}=kill"));
        let engine = Running::start(command);
        stage.wait_entered(&["a"]);
        wait_for("room for what is asked", || stage.outdir().asked().exists().then_some(()));
        ask_to_death(&stage, engine, &[Request::Cancel { sims: vec![0] }]);
        // No signal was sent before the reason was on the disk.
        assert!(is_running(stage.started("a", 1).gem5.pid), "killed when {step}");
        assert!(!stage.attempt("a", 1).stop().exists());
        let engine = stage.engine("");
        if is_asked {
            // The next engine sends what the last one could not.
            assert_eq!(stage.wait_word("a", "cancelled").attempts("a"), 1);
        } else {
            assert_eq!(stage.status().word("a"), "running", "killed when {step}");
            stage.open("a", 0);
            stage.wait_word("a", "ok");
        }
        engine.finish().expect(0);
        assert_eq!((stage.attempt("a", 1).stop().exists(), stage.outdir().asked().exists()), (is_asked, false));
        assert_eq!(stage.entered("a"), 1);
    }
}

#[test]
fn f34_engine_killed_while_it_writes_why_it_stops_a_simulation() {
    for step in STEPS {
        let stage = Stage::new();
        stage.gates("", &["a"]);
        let engine = engine_killed_at(&stage, step, "stop.json");
        stage.wait_entered(&["a"]);
        ask_to_death(&stage, engine, &[Request::Cancel { sims: vec![0] }]);
        let stop: Option<Stop> = assert_old_or_new(&stage, &stage.attempt("a", 1).stop(), step);
        assert_eq!(stop.map(|stop| stop.reason), is_new(step).then_some(StopReason::Cancelled));
        // It is on disk all the same, and whatever was not done is done by the next engine.
        let engine = stage.engine("");
        assert_eq!(stage.wait_word("a", "cancelled").attempts("a"), 1, "killed when {step}");
        engine.finish().expect(0);
        let stop: Stop = read_json(&stage.attempt("a", 1).stop()).unwrap().unwrap();
        assert_eq!(stop.reason, StopReason::Cancelled);
        // While its shim lived, nobody touched what was beside its records.
        stage.engine("").finish().expect(0);
        assert_eq!((stage.entered("a"), temporary_files(&stage).len()), (1, 0));
    }
}

#[test]
fn f34_engine_killed_while_it_writes_a_wish_for_a_retry() {
    let pause = Request::SetQueue { queue: QueueState::Paused };
    for step in STEPS {
        let stage = Stage::new();
        stage.gates("", &["a"]);
        stage.open("a", 1);
        stage.call("run exp.yaml").expect(1);
        let engine = engine_killed_at(&stage, step, "retry.json");
        ask_to_death(&stage, engine, &[pause.clone(), Request::Retry { sims: vec![0] }]);
        let retry: Option<Retry> = assert_old_or_new(&stage, &stage.outdir().simulation("a").retry(), step);
        assert_eq!(retry.map(|retry| retry.after), is_new(step).then_some(1), "killed when {step}");
        assert_eq!((stage.status().word("a"), stage.entered("a")), ("queued", 1), "killed when {step}");
        stage.open("a", 0);
        stage.call("resume exp.yaml --queue").expect(0);
        stage.wait_word("a", "ok");
        assert_eq!((stage.entered("a"), temporary_files(&stage).len()), (2, 0));
    }
}

#[test]
fn f34_engine_killed_while_it_writes_that_a_waiting_simulation_is_cancelled() {
    for step in STEPS {
        let stage = Stage::new();
        stage.gates("concurrency: 1", &["a", "b"]);
        let engine = engine_killed_at(&stage, step, "cancelled.json");
        stage.wait_entered(&["a"]);
        ask_to_death(&stage, engine, &[Request::Cancel { sims: vec![1] }]);
        let path = stage.outdir().simulation("b").cancelled();
        assert_eq!(assert_old_or_new::<Cancelled>(&stage, &path, step).is_some(), is_new(step));
        assert_eq!((stage.status().word("b"), stage.entered("b")), ("cancelled", 0), "killed when {step}");
        let engine = stage.engine("");
        stage.open("a", 0);
        stage.wait_word("a", "ok");
        engine.finish().expect(0);
        assert_eq!((stage.entered("a"), stage.entered("b"), temporary_files(&stage).len()), (1, 0, 0));
        assert!(path.exists());
    }
}

/// Ends a simulation that no record names, should the test fail before it has left by itself.
struct Unrecorded<'s>(&'s Stage);

impl Drop for Unrecorded<'_> {
    fn drop(&mut self) {
        let script = self.0.path("gate.py");
        let is_ours = |pid: &i32| {
            let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            command.split(|byte| *byte == 0).any(|word| word == script.as_os_str().as_encoded_bytes())
        };
        let pids = fs::read_to_string(self.0.path("entered-a")).unwrap_or_default();
        for pid in pids.lines().filter_map(|line| line.parse().ok()).filter(is_ours) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

#[test]
fn f34_shim_killed_while_it_writes_who_runs() {
    for step in STEPS {
        let stage = Stage::new();
        let _unrecorded = Unrecorded(&stage);
        stage.gates("", &["a"]);
        let engine = engine_killed_at(&stage, step, "started.json");
        stage.wait_entered(&["a"]);
        let path = stage.attempt("a", 1).started();
        if is_new(step) {
            wait_for("the engine to notice", || stage.status().reason("a").contains("its shim died").then_some(()));
            assert_eq!(stage.status().word("a"), "running");
            stage.open("a", 0);
        }
        // Of a process that no record names nobody can see the end, whatever becomes of it.
        let word = if is_new(step) && is_told_here() { "ok" } else { "lost" };
        stage.wait_word("a", word);
        let started: Option<Started> = read_json(&path).unwrap();
        assert_eq!(started.is_some(), is_new(step), "killed when {step}");
        // Where the file system has files without names, it was written in one.
        assert!(temporary_files(&stage).len() <= usize::from(!is_new(step)), "killed when {step}");
        stage.open("a", 0);
        wait_for("the process to leave", || (stage.left("a") == 1).then_some(()));
        engine.finish().expect(0);
        assert_eq!((stage.status().word("a"), stage.entered("a")), (word, 1), "killed when {step}");
        stage.call("run exp.yaml").expect(0);
        let again = if word == "ok" { 1 } else { 2 };
        assert_eq!((stage.entered("a"), temporary_files(&stage).len()), (again, 0), "killed when {step}");
    }
}

#[test]
fn f34_shim_killed_while_it_writes_how_it_ended() {
    for step in STEPS {
        let stage = Stage::new();
        stage.gates("", &["a"]);
        stage.open("a", 0);
        let mut engine = engine_killed_at(&stage, step, "exit.json");
        let word = if is_new(step) { "ok" } else { "lost" };
        if is_told_here() && !is_new(step) {
            // The engine hears of the end and is about to write the same record, which kills it as well.
            wait_for("the engine to be killed too", || (!engine.is_alive()).then_some(()));
        } else {
            stage.wait_word("a", word);
            engine.finish().expect(0);
        }
        let exit: Option<Exit> = read_json(&stage.attempt("a", 1).exit()).unwrap();
        // One from the shim, and one from the engine where it was killed as well.
        assert!(temporary_files(&stage).len() <= if is_new(step) { 0 } else { 2 }, "killed when {step}");
        assert_eq!(exit.map(|exit| exit.end), is_new(step).then_some(End::Exited { code: 0 }), "killed when {step}");
        // And so it is for those who come later and have only the directory.
        assert_eq!((stage.status().word("a"), stage.entered("a")), (word, 1), "killed when {step}");
        stage.call("run exp.yaml").expect(0);
        assert_eq!((stage.entered("a"), temporary_files(&stage).len()), (if is_new(step) { 1 } else { 2 }, 0));
    }
}

#[test]
fn f34_a_result_without_a_recorded_end_is_no_success() {
    let stage = Stage::new();
    stage.script("sums.py", "def add(a, b):\n    wait('gate-add')\n    return a + b\n");
    stage.experiment("", "  - {name: a, target: 'sums:add', args: [1, 2]}\n");
    let engine = engine_killed_at(&stage, "renamed", "result.json");
    // An end that comes before the engine knows of the start is nobody's to tell.
    stage.wait_word("a", "running");
    stage.write("gate-add", "");
    // The kernel may tell the engine what the shim could not write any more; a result alone says nothing.
    let word = if is_told_here() { "ok" } else { "lost" };
    stage.wait_word("a", word);
    engine.finish().expect(0);
    let result: ResultRecord = read_json(&stage.attempt("a", 1).result()).unwrap().unwrap();
    assert_eq!(result.result, CallResult::returned(3.into()));
    fs::remove_file(stage.attempt("a", 1).outcome()).unwrap_or_default();
    fs::remove_file(stage.attempt("a", 1).exit()).unwrap_or_default();
    assert_eq!(stage.status().word("a"), "lost");
    stage.call("run exp.yaml").expect(0);
}

#[test]
fn f34_what_a_living_shim_is_writing_is_not_taken_away() {
    let stage = Stage::new();
    stage.write("sums.py", "def add(a, b):\n    return a + b\n");
    stage.experiment("", "  - {name: a, target: 'sums:add', args: [1, 2]}\n");
    let mut command = stage.command("engine exp.yaml");
    command.env("GEM5_TUI_FAILPOINTS", format!("atomic.synced@result.json=wait:{}", stage.path("go").display()));
    let engine = Running::start(command);
    let gem5 = stage.started("a", 1).gem5.pid;
    wait_for("the end of the process", || (!Path::new(&format!("/proc/{gem5}")).exists()).then_some(()));
    wait_for("the shim in the middle of its record", || (temporary_files(&stage).len() == 1).then_some(()));
    engine.kill();
    let engine = stage.engine("");
    assert_eq!((stage.status().word("a"), temporary_files(&stage).len()), ("running", 1));
    stage.write("go", "");
    stage.wait_word("a", "ok");
    engine.finish().expect(0);
    assert_eq!(temporary_files(&stage).len(), 0);
}

#[test]
fn f34_a_write_that_fails_keeps_the_old_record_and_one_that_succeeds_leaves_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("exit.json");
    let record = |wall_ms| Exit { wall_ms, ..Exit::new(End::Exited { code: 0 }, at(1)) };
    assert!(read_json::<Exit>(&path).unwrap().is_none());
    write_json(&path, &record(1)).unwrap();
    write_json(&path, &record(2)).unwrap();
    let unserialisable = BTreeMap::from([(vec![1], 2)]);
    assert!(write_json(&path, &unserialisable).is_err());
    assert_eq!(read_json::<Exit>(&path).unwrap(), Some(record(2)));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}
