//! F39: clients that misbehave.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use gem5_tui::protocol::VERSION;
use serde_json::Value;

use crate::stage::{PATIENCE, Running, Stage, wait_for};

const SUBSCRIBE: &[u8] = b"{\"id\":1,\"request\":{\"do\":\"subscribe\"}}\n";

/// Far longer than an answer takes on a busy machine, and shorter than any time-out of the program.
const ANSWERS_WITHIN: Duration = Duration::from_secs(9);

fn served() -> (Stage, Running) {
    let stage = Stage::new();
    stage.gates("concurrency: 2", &["a", "b", "c"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a", "b"]);
    (stage, engine)
}

fn knock(stage: &Stage) -> BufReader<UnixStream> {
    let stream = UnixStream::connect(stage.lease().socket).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(stream);
    let hello = next(&mut reader);
    assert_eq!((&hello["type"], &hello["version"]), (&"hello".into(), &VERSION.into()));
    reader
}

fn next(reader: &mut BufReader<UnixStream>) -> Value {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"))
}

/// The engine answers others while this one is there.
#[track_caller]
fn assert_responsive(stage: &Stage) {
    let before = Instant::now();
    let mut client = knock(stage);
    client.get_mut().write_all(SUBSCRIBE).unwrap();
    assert_eq!(next(&mut client)["header"]["counts"]["running"], 2);
    while next(&mut client)["complete"] != true {}
    assert!(before.elapsed() < ANSWERS_WITHIN, "{:?}", before.elapsed());
}

#[test]
fn f39_garbage_ends_its_client_and_nothing_else() {
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
fn f39_a_line_that_never_ends_is_cut_off_and_fills_no_memory() {
    const GIBIBYTE: usize = 1 << 30;
    let (stage, engine) = served();
    let most_memory = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", engine.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    let before = most_memory();
    let mut client = knock(&stage);
    let chunk = vec![b'x'; 64 << 10];
    let mut sent = 0;
    while sent < GIBIBYTE && client.get_mut().write_all(&chunk).is_ok() {
        sent += chunk.len();
    }
    assert!(sent < 16 << 20, "it listened to {sent} bytes");
    assert_responsive(&stage);
    assert!(most_memory() < before + (16 << 10), "{before} kB before, {} kB after", most_memory());
}

#[test]
fn f39_a_request_for_a_simulation_that_is_not_there_is_refused() {
    let (stage, _engine) = served();
    let mut client = knock(&stage);
    client.get_mut().write_all(b"{\"id\":5,\"request\":{\"do\":\"cancel\",\"sims\":[3,4294967295]}}\n").unwrap();
    let reply = next(&mut client);
    assert_eq!((&reply["id"], &reply["reply"]["result"]), (&5.into(), &"refused".into()), "{reply}");
    assert_responsive(&stage);
}

#[test]
fn f39_half_a_line_waits_for_its_other_half_and_holds_up_nobody() {
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
fn f39_fifty_clients_all_hear_what_happens() {
    let (stage, _engine) = served();
    let mut clients: Vec<_> = (0..50).map(|_| knock(&stage)).collect();
    for client in &mut clients {
        client.get_mut().write_all(SUBSCRIBE).unwrap();
    }
    assert_responsive(&stage);
    stage.open("a", 0);
    for client in &mut clients {
        let ended = |message: Value| {
            let transitions = message["transitions"].as_array();
            transitions.is_some_and(|all| all.iter().any(|one| one["simulation"] == "a" && one["to"] == "ok"))
        };
        while !ended(next(client)) {}
    }
    stage.wait_entered(&["c"]);
    assert_responsive(&stage);
}

#[test]
fn f39_a_client_that_never_reads_is_dropped_and_holds_up_nobody() {
    let (stage, _engine) = served();
    let mut deaf = knock(&stage);
    deaf.get_mut().set_nonblocking(true).unwrap();
    // Every one of these sends all simulations again, until the socket and the queue are full.
    let is_dropped = |client: &mut BufReader<UnixStream>| {
        loop {
            match client.get_mut().write(SUBSCRIBE) {
                Ok(length) if length == SUBSCRIBE.len() => {}
                Ok(length) => panic!("{length} bytes of a request were taken"),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return None,
                Err(error) => return Some(error.kind()),
            }
        }
    };
    let ended = wait_for("the connection to end", || is_dropped(&mut deaf));
    assert!(matches!(ended, std::io::ErrorKind::BrokenPipe | std::io::ErrorKind::ConnectionReset), "{ended}");
    assert_responsive(&stage);
    stage.open_all(&["a", "b", "c"], 0);
    wait_for("the others to be served", || (stage.status().count("ok") == 3).then_some(()));
}

#[test]
fn f39_a_client_turned_away_because_there_are_too_many_leaves_the_others_alone() {
    let (stage, _engine) = served();
    let clients: Vec<_> = (0..64).map(|_| knock(&stage)).collect();
    let mut one_more = UnixStream::connect(stage.lease().socket).unwrap();
    one_more.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut told = String::new();
    one_more.read_to_string(&mut told).unwrap();
    assert_eq!(told, "");
    drop(clients);
    assert_eq!(stage.status().count("running"), 2);
}

#[test]
fn f39_all_of_them_at_once_hold_up_nobody() {
    let (stage, _engine) = served();
    let mut deaf: Vec<_> = (0..10).map(|_| knock(&stage)).collect();
    for client in &mut deaf {
        client.get_mut().set_nonblocking(true).unwrap();
        while client.get_mut().write(SUBSCRIBE).is_ok_and(|length| length == SUBSCRIBE.len()) {}
    }
    let mut half: Vec<_> = (0..10).map(|_| knock(&stage)).collect();
    for client in &mut half {
        client.get_mut().write_all(b"{\"id\":1,\"request\":").unwrap();
    }
    let silent: Vec<_> = (0..10).map(|_| knock(&stage)).collect();
    let garbage = std::thread::spawn({
        let socket = stage.lease().socket;
        move || {
            for _ in 0..200 {
                let _ = UnixStream::connect(&socket).and_then(|mut stream| stream.write_all(&[0xff; 4096]));
            }
        }
    });
    for _ in 0..5 {
        assert_responsive(&stage);
    }
    garbage.join().unwrap();
    assert_responsive(&stage);
    drop((deaf, half, silent));
    assert_eq!(stage.status().word("a"), "running");
}
