//! Clients that misbehave.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Instant;

use gem5_tui::protocol::{Link, LinkError};
use serde_json::Value;

use crate::stage::{Running, Stage, wait_for};

const SUBSCRIBE: &[u8] = b"{\"id\":1,\"request\":{\"do\":\"subscribe\"}}\n";

fn served() -> (Stage, Running) {
    let stage = Stage::new();
    stage.gates("concurrency: 2", &["a", "b", "c"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a", "b"]);
    (stage, engine)
}

fn knock(stage: &Stage) -> BufReader<UnixStream> {
    let stream = UnixStream::connect(stage.lease().socket).unwrap();
    stream.set_read_timeout(Some(crate::stage::PATIENCE)).unwrap();
    let mut reader = BufReader::new(stream);
    let hello = next(&mut reader);
    assert_eq!((&hello["type"], &hello["version"]), (&"hello".into(), &1.into()));
    reader
}

fn next(reader: &mut BufReader<UnixStream>) -> Value {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"))
}

/// The engine answers others while this one is there.
fn assert_responsive(stage: &Stage) {
    let before = Instant::now();
    let status = stage.status();
    assert_eq!((status.summary["engine"].as_bool(), status.count("running")), (Some(true), 2));
    assert!(before.elapsed().as_secs() < 10, "{:?}", before.elapsed());
}

#[test]
fn garbage_ends_its_client_and_nothing_else() {
    let (stage, _engine) = served();
    let long = vec![b'x'; 2 << 20];
    let deep = "[".repeat(100_000) + "\n";
    let lines: [&[u8]; 7] = [
        b"garbage\n",
        b"\0\xff\xfe\x1b[2J\n",
        &long,
        deep.as_bytes(),
        b"{\"id\":1,\"request\":{\"do\":\"format-disk\"}}\n",
        b"{\"id\":-1,\"request\":{\"do\":\"subscribe\"}}\n",
        b"{\"id\":1,\"request\":{\"do\":\"cancel\",\"sims\":[99999999999]}}\n",
    ];
    for line in lines {
        let mut client = knock(&stage);
        // The engine may hang up before it has read all of it.
        let _ = client.get_mut().write_all(line);
        let mut rest = Vec::new();
        // Hung up, perhaps with a reset because we were still talking.
        let _ = client.read_to_end(&mut rest);
        assert_eq!(String::from_utf8_lossy(&rest), "");
        assert_responsive(&stage);
    }
    assert_eq!(stage.status().word("a"), "running");
}

#[test]
fn a_request_for_a_simulation_that_is_not_there_is_refused() {
    let (stage, _engine) = served();
    let mut client = knock(&stage);
    client.get_mut().write_all(b"{\"id\":5,\"request\":{\"do\":\"cancel\",\"sims\":[3,4294967295]}}\n").unwrap();
    let reply = next(&mut client);
    assert_eq!((&reply["id"], &reply["reply"]["result"]), (&5.into(), &"refused".into()), "{reply}");
    assert_responsive(&stage);
}

#[test]
fn half_a_line_waits_for_its_other_half_and_holds_up_nobody() {
    let (stage, _engine) = served();
    let mut client = knock(&stage);
    let (first, second) = SUBSCRIBE.split_at(17);
    client.get_mut().write_all(first).unwrap();
    assert_responsive(&stage);
    client.get_mut().write_all(second).unwrap();
    assert_eq!(next(&mut client)["type"], "header");
    // And one that leaves in the middle.
    let mut gone = knock(&stage);
    gone.get_mut().write_all(first).unwrap();
    drop(gone);
    assert_responsive(&stage);
}

#[test]
fn twenty_clients_all_hear_what_happens() {
    let (stage, _engine) = served();
    let mut clients: Vec<_> = (0..20).map(|_| knock(&stage)).collect();
    for client in &mut clients {
        client.get_mut().write_all(SUBSCRIBE).unwrap();
    }
    stage.open("a", 0);
    for client in &mut clients {
        let ended = |message: Value| {
            let transitions = message["transitions"].as_array();
            transitions.is_some_and(|all| all.iter().any(|one| one["simulation"] == "a" && one["to"] == "ok"))
        };
        while !ended(next(client)) {}
    }
    assert_responsive(&stage);
}

#[test]
fn a_client_that_never_reads_is_dropped_and_holds_up_nobody() {
    let (stage, _engine) = served();
    let mut deaf = knock(&stage);
    deaf.get_mut().set_nonblocking(true).unwrap();
    // Every one of these sends all simulations again. Far more than the socket and the queue hold.
    for _ in 0..20_000 {
        match deaf.get_mut().write(SUBSCRIBE) {
            Ok(length) if length == SUBSCRIBE.len() => {}
            _ => break,
        }
    }
    assert_responsive(&stage);
    stage.open("a", 0);
    stage.open("b", 0);
    stage.open("c", 0);
    wait_for("the others to be served", || (stage.status().count("ok") == 3).then_some(()));
}

#[test]
fn a_client_turned_away_because_there_are_too_many_leaves_the_others_alone() {
    let (stage, _engine) = served();
    let clients: Vec<_> = (0..64).map(|_| knock(&stage)).collect();
    let mut one_more = UnixStream::connect(stage.lease().socket).unwrap();
    one_more.set_read_timeout(Some(crate::stage::PATIENCE)).unwrap();
    let mut told = String::new();
    one_more.read_to_string(&mut told).unwrap();
    assert_eq!(told, "");
    drop(clients);
    assert_responsive(&stage);
}

/// A server that says one thing and then waits for the other side to leave.
fn fake_engine(greeting: &'static [u8]) -> Result<Link, LinkError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("engine.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // The client may have left in the middle.
        let _ = stream.write_all(greeting);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read(&mut [0; 64]);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let link = runtime.block_on(Link::connect(&path));
    drop(runtime);
    server.join().unwrap();
    link
}

#[test]
fn an_engine_of_another_version_is_named_with_advice() {
    let greeting = b"{\"type\":\"hello\",\"version\":2,\"release\":\"9.9.9\",\"pid\":4242,\"new\":true}\n";
    let error = fake_engine(greeting).map(drop).unwrap_err();
    assert!(matches!(&error, LinkError::OtherVersion { theirs: 2, pid: 4242, .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("9.9.9") && text.contains("gem5-tui stop"), "{text}");
}

#[test]
fn something_else_on_the_socket_is_not_taken_for_an_engine() {
    for greeting in [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], b"", b"{\"type\":\"goodbye\",\"reason\":\"\"}\n", b"\xff\xfe\n"] {
        let error = fake_engine(greeting).map(drop).unwrap_err();
        assert!(matches!(error, LinkError::NotAnEngine), "{error:?}");
    }
}
