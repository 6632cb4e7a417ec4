//! Names and globs on a command line, which the engine resolves.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use gem5_tui::protocol::Link;
use gem5_tui::rundir::{ExperimentDir, Lease};
use gem5_tui::spawn::identity;

use crate::stage::{Bystander, Stage, wait_for};

/// Hands everything on between the clients of `socket` and the engine at `engine`, and keeps what the engine said.
fn overhear(socket: &Path, engine: &Path) -> Arc<Mutex<Vec<u8>>> {
    let listener = UnixListener::bind(socket).unwrap();
    let (said, engine) = (Arc::<Mutex<Vec<u8>>>::default(), engine.to_owned());
    let heard = Arc::clone(&said);
    // Ends with the process of the test: the listener has no other end.
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (mut to_client, mut from_client) = (client.try_clone().unwrap(), client);
            let mut from_engine = UnixStream::connect(&engine).unwrap();
            let mut to_engine = from_engine.try_clone().unwrap();
            let asks = std::thread::spawn(move || {
                let _ = std::io::copy(&mut from_client, &mut to_engine);
                let _ = to_engine.shutdown(Shutdown::Write);
            });
            let mut bytes = [0; 4 << 10];
            while let Ok(length @ 1..) = from_engine.read(&mut bytes) {
                heard.lock().unwrap().extend(&bytes[..length]);
                if to_client.write_all(&bytes[..length]).is_err() {
                    break;
                }
            }
            let _ = to_client.shutdown(Shutdown::Both);
            let _ = asks.join();
        }
    });
    said
}

#[test]
fn a_verb_among_thousands_of_simulations_asks_once_and_is_sent_none_of_them() {
    let stage = Stage::new();
    let many = "  - {name: 's-${n}', script: gate.py, args: ['${n}'], matrix: {n: {range: [1, 3000]}}}\n";
    stage.experiment("", many);
    let _engine = stage.engine("--held");
    let socket = stage.lease().socket;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Somebody watches, or the engine would end between two verbs.
    let _watcher = runtime.block_on(Link::connect(&socket)).unwrap();
    // Another directory whose engine is the same one, heard on the way.
    let other = ExperimentDir::new(stage.path("other"));
    std::fs::create_dir(other.path()).unwrap();
    let said = overhear(&stage.path("heard"), &socket);
    let holder = Bystander::new();
    let me = identity::of(holder.pid()).unwrap();
    let _lease = Lease::acquire(&other, None, &me, stage.path("heard"), false).unwrap();
    for (args, code, answer) in [
        ("pause exp.yaml --outdir other s-1", 0, "s-1 held\n"),
        ("next exp.yaml --outdir other s-9 s-4", 0, "2 simulations next\n"),
        ("cap exp.yaml --outdir other 7", 0, "cap 7\n"),
        ("retry exp.yaml --outdir other --failed", 0, "nothing to do: no simulation has failed\n"),
        ("cancel exp.yaml --outdir other s-17", 0, "s-17 asked to stop\n"),
        ("cancel exp.yaml --outdir other s-2?", 0, "10 simulations asked to stop\n"),
        ("retry exp.yaml --outdir other --changed", 0, "nothing to do: no result would be made otherwise now\n"),
        (
            "cancel exp.yaml --outdir other s-3000 s3-000",
            2,
            "error: no simulation matches `s3-000`; did you mean `s-3000`?\n",
        ),
        (
            "cancel exp.yaml --outdir other s-[1",
            2,
            "error: `s-[1` is not a glob: unclosed character class; missing ']'\n",
        ),
        ("retry exp.yaml --outdir other --failed s-17", 0, "11 simulations queued again\n"),
    ] {
        let told = stage.call(args).expect(code);
        assert_eq!(told.out + &told.err, answer, "{args}");
        let said = String::from_utf8(std::mem::take(&mut *said.lock().unwrap())).unwrap();
        let kinds: Vec<String> = crate::stage::json_lines(&said)
            .iter()
            .map(|message| message["type"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(kinds, ["hello", "reply"], "{args}: {said}");
        assert!(said.len() < 1024, "{args}: {} bytes", said.len());
    }
}

#[test]
fn a_mistake_where_no_engine_lives_starts_none() {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    stage.open_all(&["a", "b"], 0);
    stage.call("run exp.yaml").expect(0);
    let before = stage.lease();
    for (args, code) in [
        ("cancel exp.yaml c", 2),
        ("retry exp.yaml a c", 2),
        ("retry exp.yaml --failed", 0),
        ("pause exp.yaml a", 1),
        ("resume out *", 1),
        ("retry out a", 2),
    ] {
        stage.call(args).expect(code);
        assert_eq!(stage.lease(), before, "{args}");
    }
    stage.write("exp.yaml", "simulations: [\n");
    let said = stage.call("retry exp.yaml --outdir out a").expect(2);
    assert!(said.err.contains("exp.yaml:"), "{}", said.err);
    assert_eq!(stage.lease(), before);
}

#[test]
fn names_are_those_of_the_engine_that_is_asked() {
    let stage = Stage::new();
    stage.gates("concurrency: 2", &["a", "b", "c"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a", "b"]);
    // Another order, and a name that the engine has not read.
    stage.gates("concurrency: 2", &["d", "c", "b", "a"]);
    let said = stage.call("cancel exp.yaml a d").expect(2);
    assert_eq!(said.err, "error: no simulation matches `d`; `gem5-tui status` lists them\n");
    assert_eq!(stage.status().word("a"), "running", "a mistake beside it keeps all as it was");
    let pid = stage.started("a", 1).gem5.pid;
    stage.call("cancel exp.yaml a").expect(0);
    wait_for("the end", || (!crate::stage::is_running(pid)).then_some(()));
    stage.wait_word("a", "cancelled");
    stage.open_all(&["b", "c"], 0);
    engine.finish().expect(0);
    assert_eq!((stage.left("b"), stage.left("c")), (1, 1));
}

#[test]
fn more_names_than_a_request_holds_are_refused_with_advice() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let mut args = vec!["cancel".to_owned(), "exp.yaml".to_owned()];
    args.extend(std::iter::repeat_n("x".repeat(100 << 10), 11));
    let said = stage.call_with(&args).expect(2);
    assert!(said.err.contains("use a glob"), "{}", said.err);
}

#[test]
fn status_tells_of_those_that_are_named_or_have_failed() {
    let stage = Stage::new();
    stage.experiment("", "  - {name: 'a-${n}', script: gate.py, args: ['${n}'], matrix: {n: [0, 0x1]}}\n  - {name: b, script: gate.py, args: [0]}\n");
    let names = |line: &str, code| {
        let rows = stage.call(line).expect(code).json();
        rows.iter().filter_map(|row| row["name"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(names("status exp.yaml --json", 0).len(), 3);
    assert_eq!(names("status exp.yaml a-* --json", 0).len(), 2);
    assert_eq!(names("status exp.yaml b --json", 0), ["b"]);
    assert!(names("status exp.yaml --failed --json", 0).is_empty());
    let said = stage.call("status exp.yaml c").expect(2);
    assert!(said.err.contains("`c`"), "{}", said.err);
}
