//! One engine for each experiment, for as long as it is needed.

use std::fs;

use gem5_tui::protocol::{Link, QueueState, Reply, Request, ServerMessage};
use gem5_tui::rundir::record::DumpRequest;
use gem5_tui::spawn::identity;
use nix::sys::signal::Signal;

use crate::stage::{Stage, wait_for};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Sends a request and waits for its reply.
async fn ask(link: &mut Link, request: Request) -> Reply {
    let sent = link.send(request).await;
    loop {
        match link.incoming.recv().await.expect("the engine is there") {
            ServerMessage::Reply { id, reply } if id == sent => return reply,
            ServerMessage::Goodbye { reason } => panic!("the engine ended: {reason}"),
            _ => {}
        }
    }
}

#[test]
fn an_engine_stays_while_somebody_watches_and_ends_when_nobody_does() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let mut engine = stage.engine("");
    stage.wait_entered(&["a"]);
    let socket = stage.lease().socket;
    let runtime = runtime();
    let mut link = runtime.block_on(Link::connect(&socket)).unwrap();
    assert_eq!(link.engine_pid, engine.pid());
    stage.open("a", 0);
    stage.wait_word("a", "ok");
    for _ in 0..5 {
        assert_eq!(stage.status().summary["engine"], true);
    }
    let reply = runtime.block_on(ask(&mut link, Request::SetCap { cap: 3 }));
    assert_eq!(reply, Reply::Done { message: "cap 3".to_owned() });
    assert!(engine.is_alive());
    drop(link);
    drop(runtime);
    engine.finish().expect(0);
    assert!(!socket.exists());
}

#[test]
fn an_engine_that_nobody_comes_to_ends_after_a_while() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    let engine = stage.engine("");
    engine.finish().expect(0);
    assert_eq!(stage.status().word("a"), "ok");
}

#[test]
fn cap_and_paused_queue_survive_the_engine() {
    let stage = Stage::new();
    stage.gates("concurrency: 3", &["a", "b", "c"]);
    let engine = stage.engine("-j1");
    stage.wait_entered(&["a"]);
    let runtime = runtime();
    let socket = stage.lease().socket;
    let mut link = runtime.block_on(Link::connect(&socket)).unwrap();
    runtime.block_on(ask(&mut link, Request::SetQueue { queue: QueueState::Paused }));
    runtime.block_on(ask(&mut link, Request::SetCap { cap: 2 }));
    let refused = runtime.block_on(ask(&mut link, Request::SetCap { cap: 0 }));
    assert!(matches!(refused, Reply::Refused { .. }));
    let recorded = || fs::read_to_string(stage.outdir().controls()).ok().filter(|text| text.contains("\"cap\": 2"));
    wait_for("the record", recorded);
    drop(link);
    engine.kill();
    let summary = || stage.call("status exp.yaml --json").json().pop().unwrap();
    assert_eq!(summary()["queue"], "paused");
    let engine = stage.engine("-j1");
    let told = summary();
    assert_eq!((&told["cap"], &told["queue"]), (&2.into(), &"paused".into()), "{told}");
    assert_eq!((stage.entered("b"), stage.entered("c")), (0, 0));
    engine.kill();
    // Another cap in the file, or on the command line, is a newer wish than the recorded one. About the queue they say nothing.
    let status = stage.status();
    assert_eq!((&status.summary["cap"], &status.summary["queue"]), (&3.into(), &"paused".into()));
}

#[test]
fn an_engine_that_is_stopped_does_not_hang_its_clients_for_ever() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    engine.signal(Signal::SIGSTOP);
    let said = stage.call("status exp.yaml").expect(0);
    let told = format!("the engine (process {}) does not answer", stage.lease().engine.pid);
    assert!(said.err.contains(&told) && said.out.contains("running"), "{said:?}");
    let said = stage.call("cancel exp.yaml a").expect(1);
    assert!(said.err.contains(&told), "{}", said.err);
    engine.signal(Signal::SIGCONT);
    assert_eq!(stage.status().word("a"), "running");
}

#[test]
fn a_socket_that_a_logout_took_away_is_made_again() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    let socket = stage.lease().socket;
    fs::remove_dir_all(socket.parent().unwrap()).unwrap();
    wait_for("the engine to listen again", || stage.lease().socket.exists().then_some(()));
    assert_eq!(stage.status().summary["engine"], true);
    assert!(stage.call("cancel exp.yaml a").expect(0).out.contains("asked to stop"));
    stage.exit("a", 1);
    engine.finish().expect(0);
    assert_eq!(stage.status().word("a"), "cancelled");
}

#[test]
fn an_engine_whose_directory_was_deleted_launches_nothing_more() {
    let stage = Stage::new();
    stage.gates("concurrency: 1", &["a", "b"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    let socket = stage.lease().socket;
    fs::remove_dir_all(stage.outdir().path()).unwrap();
    // What runs is let run; the engine leaves when that has ended, and another one may then begin anew.
    runtime().block_on(async {
        let mut link = Link::connect(&socket).await.unwrap();
        link.send(Request::Subscribe).await;
        loop {
            match link.incoming.recv().await.expect("the engine is there") {
                ServerMessage::Header { header } if header.notice.as_ref().is_some_and(|n| n.contains("deleted")) => {
                    return assert_eq!(header.queue, QueueState::Draining);
                }
                _ => {}
            }
        }
    });
    stage.open("a", 0);
    engine.finish().expect(0);
    assert_eq!(stage.entered("b"), 0);
}

#[test]
fn a_stop_that_cancels_reaches_simulations_that_have_no_engine() {
    let stage = Stage::new();
    stage.gates("concurrency: 1", &["a", "b"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    engine.kill();
    assert!(stage.call("stop exp.yaml").expect(0).out.contains("1 simulation run"), "it says that one runs on");
    stage.call("stop exp.yaml --cancel").expect(0);
    stage.exit("a", 1);
    let cancelled = || (stage.status().word("a") == "cancelled").then_some(());
    wait_for("the end to be told", cancelled);
    assert_eq!((stage.status().word("b"), stage.entered("b")), ("cancelled", 0));
}

#[test]
fn another_spelling_of_the_same_path_is_the_same_experiment() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(0);
    std::os::unix::fs::symlink(stage.path("."), stage.path("link")).unwrap();
    fs::create_dir(stage.path("sub")).unwrap();
    for spelling in ["./exp.yaml", "sub/../exp.yaml", "link/exp.yaml"] {
        let said = stage.call(&format!("status {spelling} --json")).expect(0);
        assert_eq!(said.json()[0]["changed"], serde_json::json!([]), "{spelling}");
        stage.call(&format!("run {spelling}")).expect(0);
    }
    assert_eq!(stage.entered("a"), 1);
}

#[test]
fn a_person_asks_for_stats_and_only_a_gem5_that_listens_is_signalled() {
    let stage = Stage::new();
    stage.stand_in(
        "  - {name: sweep, script: CONFIGS/cache_sweep.py, args: [--workload=stream, --l2=256KiB, '--ticks=4000000000000']}\n\
         \x20 - {name: deaf, gem5: python3, script: deaf.py}\n",
    );
    stage.write("deaf.py", "import time\nopen('deaf-is-up', 'w').close()\ntime.sleep(600)\n");
    let _engine = stage.engine("");
    wait_for("both to simulate", || {
        let status = stage.status();
        let simulates = |name: &str| status.sims[name]["status"]["phase"] == "running";
        (simulates("sweep") && simulates("deaf") && stage.path("deaf-is-up").exists()).then_some(())
    });
    runtime().block_on(async {
        let mut link = Link::connect(&stage.lease().socket).await.unwrap();
        link.send(Request::Subscribe).await;
        assert!(matches!(ask(&mut link, Request::DumpStats { sims: vec![0, 1] }).await, Reply::Done { .. }));
        let refused = |notice: &String| notice.contains("deaf does not listen for SIGUSR1");
        loop {
            match link.incoming.recv().await.expect("the engine is there") {
                ServerMessage::Header { header } if header.notice.as_ref().is_some_and(refused) => return,
                _ => {}
            }
        }
    });
    let sweep = stage.attempt("sweep", 1);
    let has_dump = || {
        fs::read_to_string(sweep.m5out().join("stats.txt")).ok()?.contains("End Simulation Statistics").then_some(())
    };
    wait_for("the dump", has_dump);
    let asked = fs::read_to_string(sweep.requested_dumps()).unwrap();
    let asked: Vec<DumpRequest> = asked.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(asked.iter().map(|asked| asked.stats_bytes).collect::<Vec<_>>(), [0]);
    let status = stage.status();
    assert_eq!((status.word("sweep"), status.word("deaf")), ("running", "running"));
    assert!(!stage.attempt("deaf", 1).requested_dumps().exists());
    // What could not be asked of it means nothing any more when it is gone.
    assert!(status.summary["notice"].as_str().is_some_and(|notice| notice.contains("SIGUSR1")), "{}", status.summary);
    identity::send(&stage.started("deaf", 1).gem5, Signal::SIGKILL).unwrap();
    wait_for("the notice to go", || stage.status().summary["notice"].is_null().then_some(()));
}
