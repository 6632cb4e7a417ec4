//! Dumps that were asked for from outside are shown, and are no results.

use gem5_tui::protocol::{Link, Reply, Request, ServerMessage};
use nix::sys::signal::Signal;

use crate::stage::{Stage, wait_for};

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

/// One that simulates for longer than any test takes.
fn simulation(name: &str) -> String {
    format!(
        "  - {{name: {name}, script: CONFIGS/cache_sweep.py, args: [--workload=stream, '--ticks=4000000000000', --dumps=1],\n\
         \x20    watch: [simTicks]}}\n"
    )
}

#[test]
fn a_dump_that_was_asked_for_is_shown_while_it_runs_and_is_no_result_when_it_was_killed() {
    let stage = Stage::new();
    // The other one keeps the engine there.
    stage.stand_in(&(simulation("long") + &simulation("other")));
    let listed = || stage.status().sims["long"]["values"].clone();
    let _engine = stage.engine("");
    wait_for("it to simulate", || (stage.status().sims["long"]["status"]["phase"] == "running").then_some(()));
    ask_for_stats(&stage);
    let dir = stage.attempt("long", 1);
    let has_dump = || (gem5_tui::rundir::count_dumps(&dir.m5out().join("stats.txt")).unwrap() > 0).then_some(());
    wait_for("the dump", has_dump);
    let said = stage.call("stats exp.yaml --json").expect(0);
    let line = &said.json()[0];
    assert!(line["requested"] == true && line["stats"]["simTicks"].is_number(), "{line}");
    assert!(stage.call("stats exp.yaml").expect(0).out.contains("(this dump was asked for)"));
    wait_for("the list to show it", || listed()[0].is_number().then_some(()));

    gem5_tui::spawn::identity::send(&stage.started("long", 1).gem5, Signal::SIGKILL).unwrap();
    stage.wait_word("long", "killed");
    let said = stage.call("stats exp.yaml --json").expect(0);
    let line = &said.json()[0];
    assert!(line["requested"] == false && line["stats"] == serde_json::json!({}), "{line}");
    assert_eq!(line["note"], "every dump was asked for while it ran, so none is a result");
    assert!(line["label"].is_null() && line["interval"].is_null(), "{line}");
    wait_for("the list to show no result", || (listed() == serde_json::json!([null])).then_some(()));
    let inspected = stage.call(&format!("inspect {} --json", dir.path().display())).expect(1).json();
    assert_eq!(inspected[0]["stats"], serde_json::json!({}));
}

#[test]
fn an_engine_that_finds_a_killed_simulation_shows_no_result_either() {
    let stage = Stage::new();
    stage.stand_in(&(simulation("long") + &simulation("other")));
    let engine = stage.engine("");
    wait_for("it to simulate", || (stage.status().sims["long"]["status"]["phase"] == "running").then_some(()));
    ask_for_stats(&stage);
    let path = stage.attempt("long", 1).m5out().join("stats.txt");
    wait_for("the dump", || (gem5_tui::rundir::count_dumps(&path).unwrap() > 0).then_some(()));
    gem5_tui::spawn::identity::send(&stage.started("long", 1).gem5, Signal::SIGKILL).unwrap();
    stage.wait_word("long", "killed");
    engine.kill();
    let _next = stage.engine("");
    let listed = || stage.status().sims["long"]["values"].clone();
    wait_for("the list to show no result", || (listed() == serde_json::json!([null])).then_some(()));
}

#[test]
fn stats_are_found_in_the_file_that_gem5_was_told_to_write() {
    let stage = Stage::new();
    let simulation = |name: &str, file: &str| {
        format!(
            "  - {{name: {name}, script: CONFIGS/cache_sweep.py, args: [--workload=stream, '--ticks=1000000'],\n\
             \x20    watch: [simTicks], gem5_args: ['--stats-file={file}']}}\n"
        )
    };
    stage.stand_in(&(simulation("packed", "stats.txt.gz") + &simulation("renamed", "roi.txt")));
    stage.call("run exp.yaml");
    let said = stage.call("stats exp.yaml --json").expect(0);
    for line in said.json() {
        assert!(line["stats"]["simTicks"].as_f64().is_some_and(|ticks| ticks > 0.0), "{line}");
    }
    // A gem5 that dies leaves the rest of a compressed file unwritten.
    let packed = stage.attempt("packed", 1).m5out().join("stats.txt.gz");
    let bytes = std::fs::read(&packed).unwrap();
    std::fs::write(&packed, &bytes[..bytes.len() - 6]).unwrap();
    let said = stage.call("stats exp.yaml packed --json").expect(0);
    assert!(said.json()[0]["note"].as_str().is_some_and(|note| note.contains("cut off")), "{}", said.out);
}
