//! F69: lines of the protocol that are too long, in both directions.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread::JoinHandle;

use gem5_tui::protocol::framing::{self, MAX_LINE};
use gem5_tui::protocol::{Link, LinkError, Reply, Request, ServerMessage, VERSION};
use gem5_tui::rundir::Lease;
use gem5_tui::spawn::identity;

use crate::stage::{Bystander, PATIENCE, Stage, wait_for};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// An engine of a release that sends any line: it greets, and answers the first request with this. For so many clients.
fn engine_that_says(socket: &Path, line: String, clients: usize) -> JoinHandle<()> {
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        for _ in 0..clients {
            let (stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.set_write_timeout(Some(PATIENCE)).unwrap();
            let hello = ServerMessage::Hello { version: VERSION, release: "0".to_owned(), pid: 4711 };
            writeln!(&stream, "{}", framing::encode(&hello).unwrap()).unwrap();
            let mut asked = String::new();
            BufReader::new(&stream).read_line(&mut asked).unwrap();
            // It hangs up when it has read enough.
            let _ = writeln!(&stream, "{line}");
            let _ = BufReader::new(&stream).read_line(&mut asked);
        }
    })
}

#[test]
fn f69_a_line_that_is_too_long_is_told_as_that_and_not_as_the_end_of_the_engine() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    fs::create_dir_all(stage.path("out")).unwrap();
    for (line, told) in
        [("x".repeat(MAX_LINE + 1), "sent a line longer than 1 MiB"), ("{}".to_owned(), "makes no sense")]
    {
        let socket = stage.path("engine.sock");
        let verbs = ["cancel exp.yaml a", "retry exp.yaml a", "stop exp.yaml", "status exp.yaml"];
        let server = engine_that_says(&socket, line, verbs.len() + 1);
        let holder = Bystander::new();
        let me = identity::of(holder.pid()).unwrap();
        let lease = Lease::acquire(&stage.outdir(), None, &me, socket.clone(), true).unwrap();
        for verb in verbs {
            let said = stage.call(verb);
            // A look is made of what is on disk then.
            let code = i32::from(!verb.starts_with("status"));
            let said = said.expect(code);
            assert!(said.err.contains(told) && said.err.contains("it goes on"), "{verb}: {}", said.err);
            assert!(!said.err.contains("ended before it answered"), "{verb}: {}", said.err);
        }
        let failure = runtime().block_on(async {
            let mut link = Link::connect(&socket).await.unwrap();
            link.send(Request::Subscribe).await;
            while link.incoming.recv().await.is_some() {}
            link.failure()
        });
        assert!(
            matches!(failure, Some(LinkError::LineTooLong { pid: 4711 } | LinkError::NoMessage { pid: 4711 })),
            "{failure:?}"
        );
        server.join().unwrap();
        drop(lease);
        fs::remove_file(socket).unwrap();
    }
}

#[test]
fn f69_a_request_that_is_too_long_is_refused_by_its_own_client() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    runtime().block_on(async {
        let mut link = Link::connect(&stage.lease().socket).await.unwrap();
        let asked = [Request::Cancel { sims: (100_000_000..100_200_000).collect() }, Request::Pause { sims: vec![0] }];
        let mut replies = Vec::new();
        for request in asked {
            let sent = link.send(request).await;
            loop {
                match link.incoming.recv().await.expect("the connection holds") {
                    ServerMessage::Reply { id, reply } if id == sent => break replies.push(reply),
                    _ => {}
                }
            }
        }
        assert!(
            matches!(&replies[0], Reply::Refused { reason } if reason.contains("nobody reads a line")),
            "{replies:?}"
        );
        assert!(matches!(replies[1], Reply::Done { .. }), "{replies:?}");
    });
    wait_for("the pause", || (stage.status().word("a") == "paused").then_some(()));
    engine.kill();
}

#[test]
fn f69_any_number_of_names_and_of_globs_is_answered() {
    let stage = Stage::new();
    let names: Vec<String> = (0..2_000).map(|n| format!("sim-{n}")).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    stage.gates("concurrency: 1", &all);
    let engine = stage.engine("");
    stage.wait_entered(&["sim-0"]);
    let call = |verb: &str, words: &[String]| {
        let mut args = vec![verb.to_owned(), "exp.yaml".to_owned()];
        args.extend(words.iter().cloned());
        stage.call_with(&args)
    };
    call("cancel", &names[1..]).expect(0);
    assert_eq!(stage.status().count("not_ok"), 1_999);
    let globs: Vec<String> = (0..10_000).map(|n| format!("s*m?{n}*[0-9]")).collect();
    let refused = call("cancel", &globs);
    assert!(
        refused.code == Some(2) && refused.err.contains("too many"),
        "{}",
        &refused.err[..refused.err.len().min(300)]
    );
    assert_eq!(call("retry", &["x".repeat(100_000)]).code, Some(2));
    assert_eq!(call("retry", &["{".repeat(60_000)]).code, Some(2));
    assert_eq!(stage.status().summary["engine"], true);
    engine.kill();
}
