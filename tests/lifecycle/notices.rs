//! What a real engine tells those who do not look: a command that notes what it was told, and a web server.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::Value;

use crate::stage::{Stage, contents, gate, wait_for};

/// Notes its environment and its standard input, whole before it has its name.
const NOTE: &str = "#!/bin/sh\nfile=told-$GEM5_TUI_EVENT-$$\n{ env | grep ^GEM5_TUI_; echo --; cat; } > new-$file\nmv new-$file $file\n";

/// What a command was told.
#[derive(Debug)]
struct Told {
    variables: BTreeMap<String, String>,
    object: Value,
}

fn note(stage: &Stage) {
    let path = stage.write("note.sh", NOTE);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What was told of an event so far.
fn told(stage: &Stage, event: &str) -> Vec<Told> {
    let is_one = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_str().unwrap().starts_with(&format!("told-{event}-")))
    };
    let files = fs::read_dir(stage.path("")).unwrap().map(|entry| entry.unwrap().path()).filter(is_one);
    let read = |path: PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let (variables, object) = text.split_once("--\n").unwrap();
        let variables = variables.lines().filter_map(|line| line.split_once('='));
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Told { variables, object: serde_json::from_str(object).unwrap() }
    };
    files.map(read).collect()
}

/// A web server on this machine.
struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<(String, Value)>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// One that answers so, or never.
    fn start(answer: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, is_over) = (Arc::<Mutex<Vec<_>>>::default(), Arc::new(AtomicBool::new(false)));
        let (all, over) = (Arc::clone(&requests), Arc::clone(&is_over));
        let thread = std::thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                if let Some(request) = read_request(&stream) {
                    all.lock().unwrap().push(request);
                }
                match answer {
                    Some(answer) => _ = (&stream).write_all(answer.as_bytes()),
                    None => held.push(stream),
                }
            }
        });
        Self { address, requests, is_over, thread: Some(thread) }
    }

    fn requests(&self) -> Vec<(String, Value)> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // It waits for somebody to come.
        drop(TcpStream::connect(self.address));
        self.thread.take().unwrap().join().unwrap();
    }
}

/// The head of a request and the object in it; none of what is cut off.
fn read_request(stream: &TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, serde_json::from_slice(&body).ok()?))
}

const OK: Option<&str> = Some("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

#[test]
fn a_command_is_told_of_a_failure_and_of_the_end_each_once_over_all_engines() {
    let stage = Stage::new();
    note(&stage);
    stage.experiment(
        "notify: [{on: [done, failed], run: [./note.sh]}]",
        "  - {name: fine, run: [sh, -c, exit 0]}\n  - {name: broken, run: [sh, -c, 'echo it broke >&2; exit 3']}\n",
    );
    stage.call("run exp.yaml").expect(1);
    let (failed, done) = (told(&stage, "failed"), told(&stage, "done"));
    assert_eq!((failed.len(), done.len()), (1, 1), "the engine waits for the last word");
    let get = |name: &str| failed[0].variables.get(&format!("GEM5_TUI_{name}")).map(String::as_str);
    assert_eq!((get("EVENT"), get("EXPERIMENT"), get("SIMULATION")), (Some("failed"), Some("staged"), Some("broken")));
    assert_eq!((get("OUTCOME"), get("ATTEMPT"), get("COUNT")), (Some("failed"), Some("1"), Some("1")));
    assert_eq!(get("OUTDIR").map(PathBuf::from), Some(stage.path("out")));
    let object = &failed[0].object;
    assert_eq!(
        (&object["format"], &object["simulation"], &object["outcome"]),
        (&1.into(), &"broken".into(), &"failed".into())
    );
    assert_eq!(object["reason"].as_str(), get("REASON"));
    assert_eq!((&done[0].object["counts"]["ok"], &done[0].object["counts"]["not_ok"]), (&1.into(), &1.into()));
    assert!(!done[0].variables.contains_key("GEM5_TUI_SIMULATION"), "{done:?}");
    // Nothing is left to do for the next one, so nothing has ended.
    stage.engine("").finish().expect(0);
    assert_eq!((told(&stage, "failed").len(), told(&stage, "done").len()), (1, 1));
    // A run makes anew what has failed.
    stage.call("run exp.yaml").expect(1);
    assert_eq!((told(&stage, "failed").len(), told(&stage, "done").len()), (2, 2));
}

#[test]
fn the_last_word_of_an_engine_that_was_killed_is_said_by_the_next_one() {
    let stage = Stage::new();
    note(&stage);
    stage.gates("notify: [{on: done, run: [./note.sh]}]", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    engine.kill();
    stage.open("a", 0);
    stage.exit("a", 1);
    assert_eq!(told(&stage, "done").len(), 0);
    stage.call("run exp.yaml").expect(0);
    assert_eq!(told(&stage, "done").len(), 1);
    stage.call("run exp.yaml").expect(0);
    assert_eq!(told(&stage, "done").len(), 1);
}

#[test]
fn a_stall_and_a_stat_are_told_while_the_simulation_runs() {
    let stage = Stage::new();
    note(&stage);
    stage.write("sleep.py", "import time\nfor _ in range(1200): time.sleep(0.5)\n");
    stage.stand_in(
        "  - {name: sweep, script: CONFIGS/cache_sweep.py, poll_stats: 5s, watch: [simTicks],\n\
         \x20    args: [--workload=stream, --l2=256KiB, '--ticks=4000000000000']}\n\
         \x20 - {name: sleeper, gem5: python3, script: sleep.py, stall: 10s}\n\
         notify: [{on: [stalled, {stat: simTicks, above: 1}], run: [./note.sh]}]\nconcurrency: 2\n",
    );
    let engine = stage.engine("");
    let stat = wait_for("the stat", || told(&stage, "stat").pop());
    let get = |name: &str| stat.variables.get(&format!("GEM5_TUI_{name}")).map(String::as_str);
    assert_eq!((get("SIMULATION"), get("STAT")), (Some("sweep"), Some("simTicks")));
    assert!(get("VALUE").unwrap().parse::<f64>().unwrap() > 1.0, "{stat:?}");
    let stalled = wait_for("the stall", || told(&stage, "stalled").pop());
    assert_eq!(stalled.object["simulation"], "sleeper");
    stage.wait_word("sleeper", "stalled");
    assert_eq!((told(&stage, "stat").len(), told(&stage, "stalled").len()), (1, 1));
    assert_eq!(stage.status().word("sweep"), "running");
    drop(engine);
}

#[test]
fn a_web_server_is_told_and_no_file_and_no_message_has_what_is_secret() {
    let mut stage = Stage::new();
    let server = Server::start(OK);
    for name in ["HOOK_PATH", "HOOK_TOKEN"] {
        stage.also(name, PathBuf::from("s3cret-of-the-environment"));
    }
    stage.experiment(
        &format!(
            "notify:\n  - {{on: failed, post: 'http://{0}/${{env:HOOK_PATH}}', headers: {{Authorization: 'Bearer ${{env:HOOK_TOKEN}}'}}}}\n\
             \x20 - {{on: failed, post: 'http://{0}/s3cret-in-the-open'}}\n\
             \x20 - {{on: failed, post: 'http://127.0.0.1:1/s3cret-in-the-open/${{env:HOOK_PATH}}'}}",
            server.address
        ),
        "  - {name: broken, run: [sh, -c, exit 3]}\n",
    );
    let mut said = stage.call("run exp.yaml").expect(1);
    for verb in ["status exp.yaml --json", "plan exp.yaml --json", "show exp.yaml broken", "check exp.yaml"] {
        let more = stage.call(verb);
        said.out += &(more.out + &more.err);
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 2, "{requests:?}");
    let of_variable = requests.iter().find(|(head, _)| head.starts_with("POST /s3cret-of-the-environment ")).unwrap();
    assert!(of_variable.0.to_ascii_lowercase().contains("authorization: bearer s3cret-of-the-environment"));
    for (_, object) in &requests {
        assert_eq!((&object["event"], &object["simulation"]), (&"failed".into(), &"broken".into()));
        assert!(object["text"].as_str().is_some_and(|text| text.contains("broken")), "{object}");
    }
    let holds = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("s3cret");
    let files: Vec<PathBuf> =
        contents(&stage.path("out")).into_iter().filter(|(_, bytes)| holds(bytes)).map(|(path, _)| path).collect();
    assert!(files.is_empty(), "{files:?}");
    assert!(!said.out.contains("s3cret") && !said.err.contains("s3cret"), "{said:?}");
    let log = fs::read_to_string(stage.outdir().log()).unwrap();
    assert!(log.contains("127.0.0.1:1"), "the one that is not there is told: {log}");
}

#[test]
fn a_server_that_never_answers_holds_up_no_simulation_and_no_cancel() {
    let stage = Stage::new();
    note(&stage);
    let server = Server::start(None);
    let settings = format!(
        "notify: [{{on: failed, post: 'http://{}/x'}}, {{on: [failed, done], run: [./note.sh]}}]\nconcurrency: 1",
        server.address
    );
    stage.experiment(&settings, &["a", "b", "c"].map(|name| gate(name, "")).concat());
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    stage.open("a", 1);
    wait_for("the request", || (!server.requests().is_empty()).then_some(()));
    // It hangs by now.
    stage.wait_entered(&["b"]);
    stage.call("cancel exp.yaml b").expect(0);
    stage.wait_word("b", "cancelled");
    stage.wait_entered(&["c"]);
    wait_for("the other one", || told(&stage, "failed").pop());
    stage.open("c", 0);
    wait_for("the last word", || told(&stage, "done").pop());
    engine.finish().expect(0);
}

#[test]
fn a_notice_that_cannot_be_told_is_complained_of_once_where_people_look() {
    let stage = Stage::new();
    let server = Server::start(Some("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
    let settings = format!("notify: [{{on: [failed, done], post: 'http://{}/x'}}]\nconcurrency: 1", server.address);
    stage.experiment(&settings, &["a", "b"].map(|name| gate(name, "")).concat());
    let engine = stage.engine("");
    stage.open("a", 1);
    stage.wait_entered(&["b"]);
    let address = server.address.to_string();
    let notice = || stage.status_now().summary["notice"].as_str().map(str::to_owned);
    wait_for("the complaint", || notice().filter(|notice| notice.contains(&address)));
    stage.open("b", 1);
    engine.finish().expect(0);
    assert_eq!(server.requests().len(), 3, "the first failure, the second one with the end, and the end");
    let log = fs::read_to_string(stage.outdir().log()).unwrap();
    let complaints = log.lines().filter(|line| line.contains(" WARN ") && line.contains(&address));
    assert_eq!(complaints.count(), 1, "{log}");
}

#[test]
fn hundreds_that_fail_alike_are_a_few_notices_with_their_number() {
    let stage = Stage::new();
    note(&stage);
    stage.experiment(
        "notify: [{on: failed, run: [./note.sh]}]\nstop_after: never\nconcurrency: 32",
        "  - {name: broken, run: ['false'], repeat: 400}\n",
    );
    stage.call("run exp.yaml").expect(1);
    let all = told(&stage, "failed");
    let count: u64 = all.iter().map(|told| told.object["count"].as_u64().unwrap()).sum();
    assert_eq!(count, 400, "{all:?}");
    assert!(all.len() <= 5, "{} notices", all.len());
}

#[test]
fn a_command_that_hangs_is_ended_with_all_that_it_started() {
    let stage = Stage::new();
    let hang = "#!/bin/sh\nsleep 3600 &\necho $! > new-child\nmv new-child child\nwait\n";
    fs::set_permissions(stage.write("hang.sh", hang), fs::Permissions::from_mode(0o755)).unwrap();
    stage.experiment("notify: [{on: done, run: [./hang.sh]}]", "  - {name: fine, run: ['true']}\n");
    let run = stage.start("run exp.yaml");
    let child: i32 = wait_for("the child", || fs::read_to_string(stage.path("child")).ok()).trim().parse().unwrap();
    run.finish().expect(0);
    wait_for("its end", || (!crate::stage::is_running(child)).then_some(()));
    let log = fs::read_to_string(stage.outdir().log()).unwrap();
    assert!(log.contains("hang.sh") && log.contains(" WARN "), "{log}");
}
