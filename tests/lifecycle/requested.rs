//! Dumps that were asked for from outside are shown, and are no results.

use gem5_tui::protocol::{Link, Reply, Request, ServerMessage};
use gem5_tui::rundir::count_dumps;
use gem5_tui::spawn::identity;
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::stage::{Running, Stage, wait_for};

/// Asks for the stats of the first simulation.
fn ask_for_stats(stage: &Stage) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut link = Link::connect(&stage.lease().socket).await.unwrap();
        let sent = link.send(Request::DumpStats { sims: vec![0] }).await;
        loop {
            match link.incoming.recv().await.expect("the engine is there") {
                ServerMessage::Reply { id, reply } if id == sent => {
                    assert!(matches!(reply, Reply::Done { .. }), "{reply:?}");
                    return;
                }
                _ => {}
            }
        }
    });
}

fn simulation(name: &str, ticks: u64, more: &str) -> String {
    format!(
        "  - {{name: {name}, script: CONFIGS/cache_sweep.py, args: [--workload=stream, '--ticks={ticks}', --dumps=1],\n\
         \x20    watch: [simTicks]{more}}}\n"
    )
}

/// Longer than any test takes.
const ENDLESS: u64 = 4_000_000_000_000;

/// `long` simulates, and has dumped its stats because it was asked to. Another one keeps the engine there.
fn asked() -> (Stage, Running) {
    let stage = Stage::new();
    stage.stand_in(&(simulation("long", ENDLESS, "") + &simulation("other", ENDLESS, "")));
    let engine = stage.engine("");
    wait_for("it to simulate", || (stage.status().sims["long"]["status"]["phase"] == "running").then_some(()));
    ask_for_stats(&stage);
    let path = stage.attempt("long", 1).m5out().join("stats.txt");
    wait_for("the dump", || (count_dumps(&path).unwrap() > 0).then_some(()));
    (stage, engine)
}

fn kill(stage: &Stage) {
    identity::send(&stage.started("long", 1).gem5, Signal::SIGKILL).unwrap();
    stage.wait_word("long", "killed");
}

/// What the list shows of its one watched stat.
fn listed(stage: &Stage) -> Value {
    stage.status().sims["long"]["values"].clone()
}

#[test]
fn a_dump_that_was_asked_for_is_shown_while_it_runs_and_is_no_result_when_it_was_killed() {
    let (stage, _engine) = asked();
    let line = &stage.call("stats exp.yaml long --json").expect(0).json()[0];
    assert!(line["requested"] == true && line["stats"]["simTicks"].is_number(), "{line}");
    // People are told the same.
    let said = stage.call("stats exp.yaml long").expect(0);
    assert!(said.out.contains(line["note"].as_str().unwrap()), "{line}\n{}", said.out);
    wait_for("the list to show it", || listed(&stage)[0].is_number().then_some(()));

    kill(&stage);
    let killed = &stage.call("stats exp.yaml long --json").expect(0).json()[0];
    assert!(killed["requested"] == false && killed["stats"] == json!({}), "{killed}");
    assert!(killed["note"].is_string() && killed["note"] != line["note"], "{killed}");
    assert!(killed["label"].is_null() && killed["interval"].is_null(), "{killed}");
    wait_for("the list to show no result", || (listed(&stage) == json!([null])).then_some(()));
    let dir = stage.attempt("long", 1);
    let inspected = stage.call(&format!("inspect {} --json", dir.path().display())).expect(1).json();
    assert_eq!(inspected[0]["stats"], json!({}));
}

#[test]
fn an_engine_that_finds_a_killed_simulation_shows_no_result_either() {
    let (stage, engine) = asked();
    kill(&stage);
    engine.kill();
    let _next = stage.engine("");
    wait_for("the list to show no result", || (listed(&stage) == json!([null])).then_some(()));
}

#[test]
fn stats_are_found_in_the_file_that_gem5_was_told_to_write() {
    let stage = Stage::new();
    let into = |name: &str, file: &str| simulation(name, 1_000_000, &format!(", gem5_args: ['--stats-file={file}']"));
    stage.stand_in(&(into("packed", "stats.txt.gz") + &into("renamed", "roi.txt")));
    stage.call("run exp.yaml");
    for line in stage.call("stats exp.yaml --json").expect(0).json() {
        assert!(line["stats"]["simTicks"].as_f64().is_some_and(|ticks| ticks > 0.0), "{line}");
        assert!(line["note"].is_null(), "{line}");
    }
    // A gem5 that dies leaves the rest of a compressed file unwritten.
    let packed = stage.attempt("packed", 1).m5out().join("stats.txt.gz");
    let bytes = std::fs::read(&packed).unwrap();
    std::fs::write(&packed, &bytes[..bytes.len() - 6]).unwrap();
    let line = &stage.call("stats exp.yaml packed --json").expect(0).json()[0];
    assert!(line["note"].is_string(), "{line}");
}

#[test]
fn a_glob_of_everything_gives_every_stat_and_one_of_nothing_says_what_would_match() {
    let stage = Stage::new();
    stage.write(
        "many.py",
        "dump = '\\n---------- Begin Simulation Statistics ----------\\n'\n\
         dump += ''.join(f'system.cpu{n}.ipc {n}\\n' for n in range(2000))\n\
         dump += '\\n---------- End Simulation Statistics   ----------\\n'\n\
         open('stats.txt', 'w').write(dump)\n",
    );
    stage.experiment("", "  - {name: a, script: many.py, cwd: \"${outdir}\", success: {exit_codes: 0}}\n");
    stage.call("run exp.yaml").expect(0);
    let told = stage.call("stats exp.yaml --json --watch *").expect(0).json();
    let stats = told[0]["stats"].as_object().unwrap();
    assert_eq!((stats.len(), &told[0]["left_out"], &told[0]["ok"]), (2000, &0.into(), &true.into()));
    assert_eq!(stats["system.cpu1999.ipc"], 1999);
    let said = stage.call("stats exp.yaml --watch ipc --watch system.cpu7.ipc").expect(0);
    assert!(said.err.contains("`ipc`") && said.err.contains("`*.ipc`") && said.err.contains("2,000"), "{}", said.err);
    assert!(!said.err.contains("cpu7"), "{}", said.err);
}

/// A program that runs another one as its child and waits for it, as perf and time do. As perf stat does, it takes SIGUSR1, and ends.
fn wrapper(stage: &Stage) -> std::path::PathBuf {
    let path = stage.write("wrap", "#!/bin/sh\ntrap '' INT\ntrap 'exit 99' USR1\n\"$@\" & wait $!\nexit $?\n");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    path
}

#[test]
fn a_gem5_behind_a_command_is_asked_paused_and_cancelled_like_any_other() {
    let stage = Stage::new();
    wrapper(&stage);
    stage.stand_in(&(simulation("long", ENDLESS, ", prefix: [./wrap]") + &simulation("other", ENDLESS, "")));
    let _engine = stage.engine("");
    wait_for("it to simulate", || (stage.status().sims["long"]["status"]["phase"] == "running").then_some(()));
    ask_for_stats(&stage);
    let path = stage.attempt("long", 1).m5out().join("stats.txt");
    wait_for("the dump", || (count_dumps(&path).unwrap() > 0).then_some(()));
    stage.call("pause exp.yaml long").expect(0);
    let main = stage.started("long", 1).gem5.pid;
    wait_for("the command to stand still", || (crate::stage::state_of(main) == Some('T')).then_some(()));
    stage.call("resume exp.yaml long").expect(0);
    stage.call("cancel exp.yaml long").expect(0);
    stage.wait_word("long", "cancelled");
    assert!(count_dumps(&path).unwrap() >= 2, "it wrote its stats when it was interrupted");
    // What is recorded is the whole command, and where gem5 begins in it.
    let spec: Value = serde_json::from_slice(&std::fs::read(stage.attempt("long", 1).spec()).unwrap()).unwrap();
    assert_eq!(spec["prefix"], 1);
    assert!(spec["argv"][0].as_str().unwrap().ends_with("/wrap") && spec["argv"][1].as_str().unwrap().contains("gem5"));
}

#[test]
fn a_gem5_that_does_not_tell_of_its_event_queue_is_seen_running_behind_a_command() {
    let stage = Stage::new();
    wrapper(&stage);
    // It dumps nothing and prints no tick: only its handler tells.
    let more = ", prefix: [./wrap], env: {STANDIN_VERSION: '25.0'}";
    stage.stand_in(&simulation("long", ENDLESS, more));
    let _engine = stage.engine("");
    wait_for("it to simulate", || (stage.status().sims["long"]["status"]["phase"] == "running").then_some(()));
    let dir = stage.attempt("long", 1).path().display().to_string();
    assert_eq!(stage.call(&format!("inspect {dir} --json")).json()[0]["phase"], "running");
    ask_for_stats(&stage);
    let path = stage.attempt("long", 1).m5out().join("stats.txt");
    wait_for("the dump", || (count_dumps(&path).unwrap() > 0).then_some(()));
}

#[test]
fn stats_are_found_where_the_options_behind_a_command_say() {
    let stage = Stage::new();
    wrapper(&stage);
    stage.stand_in(
        "  - {name: a, script: CONFIGS/outcomes.py, args: [--mode=ok], prefix: [./wrap, env, X=1],\n\
         \x20    gem5_args: [--stats-file=other.txt], watch: [simTicks]}\n",
    );
    stage.call("run exp.yaml").expect(0);
    assert!(stage.attempt("a", 1).m5out().join("other.txt").exists());
    assert!(stage.call("stats exp.yaml --json").expect(0).json()[0]["stats"]["simTicks"].is_number());
    // Another command in front of it is no other result.
    stage.stand_in(
        "  - {name: a, script: CONFIGS/outcomes.py, args: [--mode=ok], prefix: [env, Y=2],\n\
         \x20    gem5_args: [--stats-file=other.txt], watch: [simTicks]}\n",
    );
    assert_eq!(stage.status().sims["a"]["changed"], json!([]));
}
