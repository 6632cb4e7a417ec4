//! F40: an engine and a client of different releases.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use gem5_tui::protocol::{Link, LinkError, VERSION};
use gem5_tui::rundir::Lease;
use gem5_tui::spawn::identity;

use super::runtime;
use crate::stage::{Bystander, PATIENCE, Stage, contents};

const NEWER: &[u8] = b"{\"type\":\"hello\",\"version\":9999,\"release\":\"9.9.9\",\"pid\":4242,\"new\":true}\n";

/// A server that says one thing to everybody and listens until they leave.
struct FakeEngine {
    heard: Arc<Mutex<Vec<u8>>>,
    ends: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl FakeEngine {
    fn start(socket: &Path, greeting: &'static [u8]) -> Self {
        let listener = UnixListener::bind(socket).unwrap();
        let (heard, ends) = (Arc::<Mutex<Vec<u8>>>::default(), Arc::<AtomicBool>::default());
        let serve = {
            let (heard, ends) = (Arc::clone(&heard), Arc::clone(&ends));
            move || {
                for stream in listener.incoming() {
                    if ends.load(Ordering::Acquire) {
                        return;
                    }
                    let mut stream = stream.unwrap();
                    stream.set_read_timeout(Some(PATIENCE)).unwrap();
                    // The client may have left in the middle.
                    let _ = stream.write_all(greeting);
                    let _ = stream.shutdown(std::net::Shutdown::Write);
                    let mut said = Vec::new();
                    let _ = stream.read_to_end(&mut said);
                    heard.lock().unwrap().extend(said);
                }
            }
        };
        Self { heard, ends, thread: Some(std::thread::spawn(serve)) }
    }

    /// Everything that anybody said.
    fn end(mut self, socket: &Path) -> Vec<u8> {
        self.ends.store(true, Ordering::Release);
        let _ = UnixStream::connect(socket);
        self.thread.take().unwrap().join().unwrap();
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

fn greeted(greeting: &'static [u8]) -> LinkError {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("engine.sock");
    let engine = FakeEngine::start(&socket, greeting);
    let error = runtime().block_on(Link::connect(&socket)).map(drop).unwrap_err();
    assert_eq!(engine.end(&socket), b"");
    error
}

#[test]
fn f40_an_engine_of_another_version_is_named_with_advice() {
    let error = greeted(NEWER);
    assert!(matches!(&error, LinkError::OtherVersion { theirs: 9999, pid: 4242, .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("9.9.9") && text.contains("gem5-tui stop"), "{text}");
}

#[test]
fn f40_something_else_on_the_socket_is_not_taken_for_an_engine() {
    for greeting in [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], b"", b"{\"type\":\"goodbye\",\"reason\":\"\"}\n", b"\xff\xfe\n"] {
        let error = greeted(greeting);
        assert!(matches!(error, LinkError::NotAnEngine), "{error:?}");
    }
}

#[test]
fn f40_verbs_leave_an_engine_of_another_version_and_its_directory_as_they_were() {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    stage.open("a", 0);
    stage.open("b", 1);
    stage.call("run exp.yaml").expect(1);
    let socket = stage.lease().socket;
    let engine = FakeEngine::start(&socket, NEWER);
    // Held for a process that can be named: this one would be ended with the stage.
    let holder = Bystander::new();
    let lease =
        Lease::acquire(&stage.outdir(), None, &identity::of(holder.pid()).unwrap(), socket.clone(), false).unwrap();
    let before = contents(stage.outdir().path());
    for (verb, code) in [
        ("status exp.yaml", 1),
        ("logs exp.yaml a", 1),
        ("pause exp.yaml --queue", 1),
        ("cancel exp.yaml *", 1),
        ("retry exp.yaml b", 1),
        ("stop exp.yaml --cancel", 1),
        ("engine exp.yaml", 3),
        ("run exp.yaml", 3),
    ] {
        let said = stage.call(verb).expect(code);
        let advice = if code == 1 { "release 9.9.9" } else { "another engine holds this experiment" };
        assert!(said.err.contains(advice), "{verb}: {}", said.err);
    }
    assert_eq!(contents(stage.outdir().path()), before);
    assert_eq!(engine.end(&socket), b"", "nobody may say anything to it");
    drop(lease);
    std::fs::remove_file(&socket).unwrap();
    stage.open("b", 0);
    stage.call("run exp.yaml").expect(0);
}

#[test]
fn f40_what_a_later_client_says_changes_nothing_in_this_engine() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let _engine = stage.engine("");
    stage.wait_entered(&["a"]);
    let records = || {
        let mut records = contents(stage.outdir().path());
        records.retain(|path, _| !path.ends_with("engine.log"));
        records
    };
    let before = records();
    for line in [
        "{\"version\":9999,\"id\":1,\"ask\":{\"cancel\":[0]}}\n",
        "{\"id\":1,\"request\":{\"do\":\"cancel-harder\",\"sims\":[0]}}\n",
        "{\"id\":1,\"request\":{\"do\":\"cancel\",\"names\":[\"a\"]}}\n",
        "{\"id\":1,\"request\":{\"do\":\"set-queue\",\"queue\":\"closed\"}}\n",
        "{\"type\":\"hello\",\"version\":9999}\n",
    ] {
        let stream = UnixStream::connect(stage.lease().socket).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = BufReader::new(stream);
        let mut hello = String::new();
        client.read_line(&mut hello).unwrap();
        assert!(hello.contains(&format!("\"version\":{VERSION}")), "{hello}");
        client.get_mut().write_all(line.as_bytes()).unwrap();
        let mut rest = Vec::new();
        let _ = client.read_to_end(&mut rest);
        assert_eq!(String::from_utf8_lossy(&rest), "", "it hangs up: {line}");
    }
    let status = stage.status();
    assert_eq!((status.word("a"), &status.summary["queue"]), ("running", &"open".into()));
    assert_eq!(records(), before);
}
