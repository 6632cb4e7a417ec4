//! F4–F12: roles that are killed.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use gem5_tui::experiment::RowKind;
use gem5_tui::rundir::AttemptDir;
use gem5_tui::rundir::atomic::{read_json, write_json};
use gem5_tui::rundir::attempts::{self, is_held};
use gem5_tui::rundir::record::{End, Exit, FORMAT, Identity, Moment, Spec, Started};
use gem5_tui::spawn::identity::{self, Alive};
use nix::sys::signal::Signal;

use crate::stage::{Running, Stage, contents, is_running, state_of, wait_for};
use crate::three::{THREE, three_running, words};

pub(crate) fn kill_shim(stage: &Stage, name: &str) {
    let shim = stage.started(name, 1).shim;
    identity::send(&shim, Signal::SIGKILL).unwrap();
    wait_gone(shim.pid);
}

fn wait_gone(pid: i32) {
    wait_for(&format!("process {pid} to be gone"), || (!is_running(pid)).then_some(()));
}

/// Starts an engine that fails at a moment, as `src/failpoint.rs` says.
fn engine_with(stage: &Stage, moment: &str) -> Running {
    let mut command = stage.command("engine exp.yaml");
    command.env("GEM5_TUI_FAILPOINTS", moment);
    Running::start(command)
}

/// Waits until an engine is dead by its own failpoint.
fn wait_dead(engine: Running) {
    assert_eq!(engine.finish().code, None, "it ended in good order");
}

/// Which attempts of a simulation a shim has begun.
fn begun(stage: &Stage, name: &str) -> Vec<u32> {
    let numbers = attempts::numbers(&stage.outdir().simulation(name)).unwrap();
    numbers.into_iter().filter(|number| stage.attempt(name, *number).simout().exists()).collect()
}

#[test]
fn f04_engine_killed_with_three_running_leaves_all_to_the_next_one() {
    let (stage, engine) = three_running();
    let before = THREE.map(|name| stage.started(name, 1));
    engine.kill();
    for started in &before {
        assert!(is_running(started.gem5.pid) && is_running(started.shim.pid), "{started:?}");
    }
    // Without an engine the directory tells it.
    let status = stage.status();
    assert_eq!(words(&status), ["running"; 3]);
    assert_eq!(status.summary["engine"], false);
    let run = stage.start("run exp.yaml --json");
    wait_for("the new engine", || (stage.status().summary["engine"] == true).then_some(()));
    stage.open_all(&THREE, 0);
    let lines = run.finish().expect(0).json();
    assert_eq!(lines.last().unwrap()["counts"]["ok"], 3);
    assert_eq!(THREE.map(|name| stage.started(name, 1)), before);
    assert!(THREE.iter().all(|name| stage.entered(name) == 1 && !stage.has_attempt(name, 2)));
}

#[test]
fn f04_engines_killed_again_and_again_while_they_launch_lose_and_repeat_nothing() {
    let stage = Stage::new();
    let names: Vec<String> = (0..24).map(|n| format!("s-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    stage.gates("concurrency: 6", &names);
    stage.open_all(&names, 0);
    let begun = || {
        let dirs = |name: &&&str| stage.has_attempt(name, 1);
        names.iter().filter(dirs).count()
    };
    let mut kills = 0;
    while begun() < names.len() {
        let before = begun();
        let mut engine = stage.start("engine exp.yaml");
        // As soon as one more has begun: somewhere between the intent and the record of the start.
        wait_for("one more", || (begun() > before || !engine.is_alive()).then_some(()));
        engine.kill();
        kills += 1;
    }
    assert!(kills > 3, "{kills}");
    stage.call("run exp.yaml").expect(0);
    for name in names {
        assert_eq!((stage.entered(name), stage.left(name)), (1, 1), "{name} ran exactly once");
    }
    assert_eq!(stage.status().count("ok"), 24);
}

/// Writes `attempt-1/spec.json` as an engine leaves it that dies before it starts the shim.
pub(crate) fn intent(stage: &Stage, name: &str) -> AttemptDir {
    let attempt = stage.attempt(name, 1);
    fs::create_dir_all(attempt.path()).unwrap();
    let spec = Spec {
        format: FORMAT,
        simulation: name.to_owned(),
        attempt: 1,
        argv: vec!["/nonexistent/python3".to_owned()],
        kind: RowKind::Simulation,
        prefix: 0,
        cwd: stage.path(""),
        env: std::collections::BTreeMap::new(),
        outputs: Vec::new(),
        call: None,
        suite: None,
        output_subdir: None,
        parameters: Vec::new(),
        retries_made: 0,
        spec_hash: String::new(),
        success: None,
        batch: None,
        memory: None,
        timeout_ms: None,
        key: gem5_tui::experiment::Key::default(),
        inputs: Vec::new(),
        needs: Vec::new(),
        gem5_tui: "0.0.0".to_owned(),
        at: Moment::now(),
    };
    write_json(&attempt.spec(), &spec).unwrap();
    attempt
}

#[test]
fn f05_an_intent_without_a_start_is_started_once() {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    intent(&stage, "a");
    // And one that died a moment earlier.
    fs::create_dir_all(stage.attempt("b", 1).path()).unwrap();
    let status = stage.status();
    assert_eq!((status.word("a"), status.word("b")), ("queued", "queued"));
    stage.open_all(&["a", "b"], 0);
    let engine = stage.engine("");
    stage.wait_word("a", "ok");
    engine.finish().expect(0);
    assert_eq!((stage.entered("a"), stage.entered("b")), (1, 1));
    assert!(stage.attempt("a", 2).exit().exists() && stage.attempt("b", 2).exit().exists());
    assert!(!stage.attempt("a", 1).started().exists() && !stage.has_attempt("a", 3));
    assert_eq!(stage.status().attempts("a"), 2);
}

#[test]
fn f05_engine_killed_at_any_moment_before_the_spawn_launches_exactly_once_after_it() {
    let moments = [
        "engine.deciding=kill",
        "atomic.created@provenance.json=kill",
        "atomic.written@spec.json=kill",
        "atomic.renamed@spec.json=kill",
        "engine.intended=kill",
    ];
    for moment in moments {
        let stage = Stage::new();
        stage.gates("concurrency: 1", &["a", "b"]);
        // Twice, since the second one finds what the first one left.
        for _ in 0..2 {
            wait_dead(engine_with(&stage, moment));
            let status = stage.status();
            assert_eq!((status.word("a"), status.word("b")), ("queued", "queued"), "{moment}");
        }
        assert!(begun(&stage, "a").is_empty(), "{moment}");
        stage.open_all(&["a", "b"], 0);
        stage.call("run exp.yaml").expect(0);
        assert_eq!((stage.entered("a"), stage.entered("b")), (1, 1), "{moment}");
        assert_eq!((begun(&stage, "a").len(), begun(&stage, "b").len()), (1, 1), "{moment}");
    }
}

#[test]
fn f05_engine_asked_to_leave_while_it_prepares_a_launch_keeps_the_experiment_until_it_is_through() {
    let stage = Stage::new();
    stage.gates("concurrency: 1", &["a", "b"]);
    stage.open_all(&["a", "b"], 0);
    let go = stage.path("go");
    let mut leaving = engine_with(&stage, &format!("atomic.created@spec.json=wait:{}", go.display()));
    wait_for("the preparation", || stage.has_attempt("a", 1).then_some(()));
    leaving.signal(Signal::SIGTERM);
    // Its door is closed, and nobody else may decide about `a` yet.
    let socket = stage.lease().socket;
    wait_for("the closed door", || std::os::unix::net::UnixStream::connect(&socket).is_err().then_some(()));
    let refused = stage.call("engine exp.yaml").expect(3);
    assert!(refused.out.contains("held"), "{refused:?}");
    assert!(leaving.is_alive());
    std::fs::write(&go, "").unwrap();
    leaving.finish().expect(0);
    stage.call("run exp.yaml").expect(0);
    assert_eq!((stage.entered("a"), stage.entered("b")), (1, 1));
    assert_eq!((begun(&stage, "a").len(), begun(&stage, "b").len()), (1, 1));
}

#[test]
fn f05_engine_killed_right_after_the_spawn_is_no_reason_to_launch_again() {
    let stage = Stage::new();
    stage.gates("concurrency: 1", &["a", "b"]);
    wait_dead(engine_with(&stage, "engine.spawned=kill"));
    stage.wait_entered(&["a"]);
    let engine = stage.engine("");
    let status = stage.wait_word("a", "running");
    assert_eq!((status.attempts("a"), status.word("b"), status.reason("b")), (1, "queued", "cap 1 reached"));
    stage.open_all(&["a", "b"], 0);
    stage.wait_word("b", "ok");
    engine.finish().expect(0);
    assert_eq!((stage.entered("a"), stage.has_attempt("a", 2)), (1, false));
}

#[test]
fn f05_engine_killed_while_it_concludes_an_end_repeats_nothing() {
    for moment in ["atomic.created", "atomic.written", "atomic.renamed"] {
        let stage = Stage::new();
        stage.gates("concurrency: 2", &["a", "b", "c"]);
        let engine = engine_with(&stage, &format!("{moment}@outcome.json=kill"));
        stage.wait_entered(&["a", "b"]);
        stage.open("a", 0);
        wait_dead(engine);
        let status = stage.status();
        // The third one has had the place since the first one's tree had ended.
        assert_eq!((status.word("a"), status.word("b")), ("ok", "running"), "{moment}");
        stage.open_all(&["b", "c"], 0);
        stage.call("run exp.yaml").expect(0);
        assert!(THREE.iter().all(|name| stage.entered(name) == 1 && !stage.has_attempt(name, 2)), "{moment}");
    }
}

#[test]
fn f06_engine_killed_before_the_shim_has_spawned_adopts_the_launch() {
    let stage = Stage::new();
    stage.gates("concurrency: 1", &["a", "b"]);
    let engine = engine_with(&stage, &format!("shim.begun=wait:{}", stage.path("go").display()));
    let attempt = stage.attempt("a", 1);
    wait_for("the shim", || attempt.m5out().exists().then_some(()));
    engine.kill();
    let check = || {
        let status = stage.status();
        assert_eq!((status.word("a"), status.attempts("a"), status.word("b")), ("launching", 1, "queued"));
        assert!(is_held(&attempt.spec()) && !attempt.started().exists());
    };
    check();
    let engine = stage.engine("");
    check();
    stage.write("go", "");
    stage.wait_word("a", "running");
    stage.open_all(&["a", "b"], 0);
    stage.wait_word("b", "ok");
    engine.finish().expect(0);
    assert_eq!((stage.entered("a"), stage.has_attempt("a", 2)), (1, false));
    assert_eq!(stage.exit("a", 1).end, End::Exited { code: 0 });
}

#[test]
fn f06_engine_killed_before_the_start_is_recorded_adopts_the_process() {
    let stage = Stage::new();
    stage.gates("concurrency: 1", &["a", "b"]);
    let engine = engine_with(&stage, &format!("shim.spawned=wait:{}", stage.path("go").display()));
    stage.wait_entered(&["a"]);
    engine.kill();
    let attempt = stage.attempt("a", 1);
    let check = || {
        let status = stage.status_now();
        assert_eq!((status.word("a"), status.attempts("a"), status.word("b")), ("launching", 1, "queued"));
        assert!(!attempt.started().exists());
    };
    check();
    let engine = stage.engine("");
    check();
    // A cancel that comes before anybody knows whom to signal is not forgotten.
    stage.call("cancel exp.yaml a").expect(0);
    stage.write("go", "");
    stage.wait_word("a", "cancelled");
    assert_eq!((stage.entered("a"), stage.left("a"), stage.has_attempt("a", 2)), (1, 0, false));
    stage.open("b", 0);
    stage.wait_word("b", "ok");
    engine.finish().expect(0);
}

/// A process that no record names. Killed when it is dropped.
struct Unrecorded(Identity);

impl Drop for Unrecorded {
    fn drop(&mut self) {
        let _ = identity::send(&self.0, Signal::SIGKILL);
    }
}

#[test]
fn f06_shim_killed_between_the_spawn_and_its_record_is_not_launched_again_by_itself() {
    let stage = Stage::new();
    stage.gates("  retries: 3", &["a"]);
    let engine = engine_with(&stage, "shim.spawned=kill");
    let entered = || fs::read_to_string(stage.path("entered-a")).ok()?.trim().parse::<i32>().ok();
    let process = Unrecorded(identity::of(wait_for("it at its gate", entered)).unwrap());
    let pid = process.0.pid;
    // Nobody knows the process, so nobody may say that it is over, nor begin beside it.
    stage.wait_word("a", "lost");
    assert!(is_running(pid));
    stage.open("a", 0);
    wait_gone(pid);
    engine.finish().expect(0);
    let engine = stage.engine("");
    assert_eq!(stage.status().word("a"), "lost");
    engine.finish().expect(0);
    assert_eq!((stage.entered("a"), stage.has_attempt("a", 2)), (1, false));
}

#[test]
fn f06_output_without_a_record_may_be_a_start_and_is_not_started_again_by_itself() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let attempt = intent(&stage, "a");
    fs::create_dir(attempt.m5out()).unwrap();
    fs::write(attempt.simout(), "").unwrap();
    assert_eq!(stage.status().word("a"), "lost");
    let engine = stage.engine("");
    assert_eq!(stage.status().word("a"), "lost");
    engine.finish().expect(0);
    assert_eq!(stage.entered("a"), 0);
}

/// Pauses `a`, whose shim then dies.
fn pause_and_kill_shim(stage: &Stage) -> i32 {
    let pid = stage.started("a", 1).gem5.pid;
    stage.wait_word("a", "running");
    stage.call("pause exp.yaml a").expect(0);
    wait_for("the stop", || attempts::pauses(&stage.attempt("a", 1)).1);
    kill_shim(stage, "a");
    // The kernel sends SIGHUP and SIGCONT to a newly orphaned group with a stopped member, before it lets the shim go.
    assert_eq!(state_of(pid), Some('T'));
    pid
}

/// Lets `a` go on and waits until it has come through its gate.
fn resume_and_leave(stage: &Stage, pid: i32) {
    stage.call("resume exp.yaml a").expect(0);
    wait_for("it to go on", || state_of(pid).filter(|state| *state != 'T'));
    stage.open("a", 0);
    wait_gone(pid);
    assert_eq!((stage.entered("a"), stage.left("a")), (1, 1));
    assert!(!stage.has_attempt("a", 2));
}

#[test]
fn f08_shim_killed_under_a_paused_simulation_leaves_it_paused_and_the_engine_lets_it_go_on() {
    let (stage, _engine) = three_running();
    let pid = pause_and_kill_shim(&stage);
    wait_for("the engine to notice", || stage.status().reason("a").contains("its shim died").then_some(()));
    assert_eq!((stage.status().word("a"), state_of(pid)), ("paused", Some('T')));
    resume_and_leave(&stage, pid);
}

#[test]
fn f08_the_next_engine_finds_it_paused_and_lets_it_go_on() {
    let (stage, engine) = three_running();
    let pid = pause_and_kill_shim(&stage);
    engine.kill();
    assert_eq!((stage.status().word("a"), state_of(pid)), ("paused", Some('T')));
    let _engine = stage.engine("");
    assert_eq!((stage.status().word("a"), state_of(pid)), ("paused", Some('T')));
    resume_and_leave(&stage, pid);
}

#[test]
fn f09_a_process_that_ended_well_while_engine_and_shim_were_dead_is_lost_and_its_output_kept() {
    let stage = Stage::new();
    let script = "open('up', 'a').write('.')\nwait('gate-end')\n\
                  print('Exiting @ tick 1000 because exiting with last active thread context')\n";
    stage.script("talk.py", script);
    stage.experiment("  retries: {failed: 3}", "  - {name: a, script: talk.py}\n");
    let engine = stage.engine("");
    wait_for("it to be up", || stage.path("up").exists().then_some(()));
    let Started { gem5, .. } = stage.started("a", 1);
    engine.kill();
    kill_shim(&stage, "a");
    assert!(is_running(gem5.pid));
    let status = stage.status();
    assert_eq!(status.word("a"), "running");
    assert!(status.reason("a").contains("its shim died"), "{}", status.reason("a"));
    stage.open("end", 0);
    wait_gone(gem5.pid);
    let check = || {
        let status = stage.status();
        assert_eq!(status.word("a"), "lost");
        assert!(status.reason("a").contains("its end was not seen"), "{}", status.reason("a"));
    };
    check();
    let engine = stage.engine("");
    check();
    engine.finish().expect(0);
    let attempt = stage.attempt("a", 1);
    assert!(fs::read_to_string(attempt.simout()).unwrap().contains("Exiting @ tick 1000"));
    assert!(!attempt.exit().exists() && !stage.has_attempt("a", 2));
    // What is offered is a retry, which leaves the first attempt as it is.
    let before = contents(attempt.path());
    stage.call("retry exp.yaml a").expect(0);
    stage.wait_word("a", "ok");
    assert_eq!((fs::read_to_string(stage.path("up")).unwrap().len(), contents(attempt.path())), (2, before));
}

#[test]
fn f10_everything_killed_at_once_is_lost_and_a_run_repeats_it() {
    let (stage, engine) = three_running();
    engine.kill();
    for name in THREE {
        let Started { gem5, .. } = stage.started(name, 1);
        kill_shim(&stage, name);
        identity::send(&gem5, Signal::SIGKILL).unwrap();
        wait_gone(gem5.pid);
    }
    let status = stage.status();
    assert_eq!(words(&status), ["lost"; 3]);
    assert_eq!(status.count("running"), 0);
    stage.open_all(&THREE, 0);
    let first = contents(stage.attempt("a", 1).path());
    stage.call("run exp.yaml").expect(0);
    assert_eq!(contents(stage.attempt("a", 1).path()), first);
    assert!(THREE.iter().all(|name| stage.entered(name) == 2 && stage.has_attempt(name, 2)));
}

#[test]
fn f11_ends_that_no_engine_saw_are_learnt_from_their_records() {
    let (stage, engine) = three_running();
    engine.kill();
    stage.open("a", 0);
    stage.open("b", 7);
    assert_eq!(stage.exit("b", 1).end, End::Exited { code: 7 });
    stage.exit("a", 1);
    let status = stage.status();
    assert_eq!(words(&status), ["ok", "failed", "running"]);
    assert_eq!(status.reason("b"), "exit code 7");
    let engine = stage.engine("");
    assert_eq!(words(&stage.status()), ["ok", "failed", "running"]);
    stage.open("c", 0);
    // Nothing is launched again by itself: a failure waits for a person.
    stage.wait_word("c", "ok");
    engine.finish().expect(0);
    assert!(THREE.iter().all(|name| stage.entered(name) == 1));
}

#[test]
fn f11_ends_while_the_engine_is_stopped_are_known_when_it_goes_on() {
    let stage = Stage::new();
    stage.gates("concurrency: 3", &["a", "b", "c", "d"]);
    let engine = stage.engine("");
    stage.wait_entered(&THREE);
    let shims = ["a", "b"].map(|name| stage.started(name, 1).shim.pid);
    engine.signal(Signal::SIGSTOP);
    wait_for("the engine to stop", || state_of(engine.pid()).filter(|state| *state == 'T'));
    stage.open("a", 0);
    stage.open("b", 7);
    assert_eq!(stage.exit("a", 1).end, End::Exited { code: 0 });
    assert_eq!(stage.exit("b", 1).end, End::Exited { code: 7 });
    // A shim waits for nobody; what is left of it is for the engine to reap.
    for shim in shims {
        wait_gone(shim);
    }
    assert_eq!(stage.entered("d"), 0);
    engine.signal(Signal::SIGCONT);
    stage.wait_word("a", "ok");
    let status = stage.wait_word("b", "failed");
    assert_eq!((status.word("a"), status.reason("b")), ("ok", "exit code 7"));
    stage.wait_entered(&["d"]);
    for shim in shims {
        wait_for("the engine to reap it", || state_of(shim).is_none().then_some(()));
    }
    stage.open_all(&["c", "d"], 0);
    stage.wait_word("d", "ok");
    engine.finish().expect(0);
    assert!(["a", "b", "c", "d"].iter().all(|name| stage.entered(name) == 1));
}

#[test]
fn f12_two_hundred_simulations_that_end_in_the_same_moment_are_all_recorded() {
    const COUNT: usize = 200;
    let stage = Stage::new();
    // A shell in the place of Python, since two hundred interpreters are slow to start. Whoever opens the pipe to read
    // waits until somebody opens it to write, and then they all go on at once.
    fs::create_dir(stage.path("bin")).unwrap();
    let here = stage.path("");
    let python =
        stage.write("bin/python3", &format!("#!/bin/sh\necho >> {0}/waits\n: < {0}/barrier\n", here.display()));
    fs::set_permissions(python, fs::Permissions::from_mode(0o755)).unwrap();
    nix::unistd::mkfifo(&stage.path("barrier"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let text = format!(
        "gem5: ./bin/python3\noutdir: out\nconcurrency: {COUNT}\nsimulations:\n  \
         - {{name: 's-${{n}}', script: gate.py, matrix: {{n: {{range: [1, {COUNT}, 1]}}}}}}\n"
    );
    stage.write("exp.yaml", &text);
    let engine = stage.engine("");
    let waiting = || fs::read_to_string(stage.path("waits")).is_ok_and(|text| text.lines().count() == COUNT);
    wait_for("all of them at the barrier", || waiting().then_some(()));
    // Kept open, so that one that comes to it late goes through as well.
    let barrier = fs::File::options().write(true).open(stage.path("barrier")).unwrap();
    let summary = wait_for("every end", || {
        let status = stage.status();
        (status.count("running") == 0).then_some(status.summary)
    });
    drop(barrier);
    assert_eq!((&summary["counts"]["ok"], &summary["counts"]["not_ok"]), (&COUNT.into(), &0.into()), "{summary}");
    engine.finish().expect(0);
    let mut ends = Vec::new();
    for n in 1..=COUNT {
        let name = format!("s-{n}");
        let exit: Exit = read_json(&stage.attempt(&name, 1).exit()).unwrap().expect("every end is recorded");
        assert_eq!(exit.end, End::Exited { code: 0 }, "{name}");
        ends.push(exit.at.boot_ms);
        let started: Started = read_json(&stage.attempt(&name, 1).started()).unwrap().unwrap();
        assert_ne!(identity::is_alive(&started.gem5), Alive::Yes, "{name}");
        assert_ne!(identity::is_alive(&started.shim), Alive::Yes, "{name}");
        assert!(!stage.has_attempt(&name, 2));
    }
    ends.sort_unstable();
    eprintln!("{COUNT} ends within {} ms", ends[COUNT - 1] - ends[0]);
}
