//! A gem5 that its command starts elsewhere: a client in front of a daemon, as with `docker run`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use gem5_tui::rundir::count_dumps;
use gem5_tui::rundir::record::Identity;
use gem5_tui::spawn::identity;
use gem5_tui::spawn::tree::{self, Root};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::stage::{Stage, is_running, state_of, wait_for};

/// The daemon: starts what it reads from its FIFO in a session of its own, and says which process that is.
const DAEMON: &str = r#"
import os, subprocess
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
open("daemon.pid", "w").write(str(os.getpid()))
while True:
    words = open("asked").read().split("\n")
    child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    open("new.pid", "w").write(str(child.pid))
    os.rename("new.pid", "inside.pid")
    child.wait()
    open("ended", "w").close()
"#;

/// The client: hands on what stands behind the image, and waits for its end.
const CLIENT: &str = r#"#!/usr/bin/env python3
import os, signal, sys, time
here = os.path.dirname(os.path.abspath(__file__))
words = sys.argv[sys.argv.index("img") + 1:]
words[0] = GEM5
signal.signal(signal.SIGINT, lambda *_: os.kill(int(open(here + "/inside.pid").read()), signal.SIGINT))
with open(here + "/asked", "w") as asked:
    asked.write("\n".join(words))
while not os.path.exists(here + "/ended"):
    time.sleep(0.01)
"#;

/// A stage with a daemon that outlives what its clients are told, until this is dropped.
struct Elsewhere {
    stage: Stage,
    daemon: Identity,
}

impl Elsewhere {
    fn new() -> Self {
        let stage = Stage::new();
        let gem5 = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/standin/gem5-standin");
        let client = stage.write("docker", &CLIENT.replace("GEM5", &format!("{:?}", gem5.display().to_string())));
        fs::set_permissions(client, fs::Permissions::from_mode(0o755)).unwrap();
        nix::unistd::mkfifo(&stage.path("asked"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let daemon = stage.write("daemon.py", DAEMON);
        let mut command = std::process::Command::new("python3");
        stage.surround(&mut command);
        assert!(command.arg(daemon).status().unwrap().success());
        let pid = wait_for("the daemon", || fs::read_to_string(stage.path("daemon.pid")).ok()?.parse().ok());
        let daemon = identity::of(pid).unwrap();
        Self { stage, daemon }
    }

    /// The process of gem5, which is below the daemon.
    fn inside(&self) -> Identity {
        let pid = wait_for("gem5", || fs::read_to_string(self.stage.path("inside.pid")).ok()?.parse().ok());
        identity::of(pid).unwrap()
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _ = tree::signal_tree(Root::Unheld(&self.daemon), Signal::SIGKILL);
    }
}

fn one(settings: &str) -> String {
    let config = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/cache_sweep.py");
    format!(
        "name: staged\noutdir: out\ngem5: [./docker, run, --rm, -v, '${{outdir}}:${{outdir}}', img, /inside/gem5.opt]\n\
         simulations:\n  - {{name: long, script: {}, args: [--workload=stream, {settings}]}}\n",
        config.display()
    )
}

#[test]
fn a_gem5_inside_of_a_container_is_run_and_nothing_is_claimed_of_its_executable() {
    let elsewhere = Elsewhere::new();
    let stage = &elsewhere.stage;
    stage.write("exp.yaml", &one("'--ticks=1000000', --dumps=1"));
    let planned = stage.call("plan exp.yaml --json").expect(0).json();
    assert_eq!(planned[0]["gem5_started_by"], "docker");
    stage.call("run exp.yaml").expect(0);
    let spec: Value = serde_json::from_slice(&fs::read(stage.attempt("long", 1).spec()).unwrap()).unwrap();
    assert_eq!((&spec["prefix"], &spec["argv"][6]), (&6.into(), &"/inside/gem5.opt".into()));
    // The script is of this host.
    let roles: Vec<&Value> = spec["inputs"].as_array().unwrap().iter().map(|input| &input["role"]).collect();
    assert_eq!(roles, ["script"]);
    let shown = stage.call("show exp.yaml long --json").expect(0).json();
    assert!(shown[0]["attempts"][0]["provenance"]["executable"].is_null());
    // Another image is another gem5.
    let text = fs::read_to_string(stage.path("exp.yaml")).unwrap();
    stage.write("exp.yaml", &text.replace("img", "other"));
    assert_eq!(stage.status().sims["long"]["changed"], serde_json::json!(["gem5 path changed"]));
}

#[test]
fn the_end_of_a_client_that_hands_no_signal_on_is_not_told_as_that_of_gem5() {
    let elsewhere = Elsewhere::new();
    let stage = &elsewhere.stage;
    let client = fs::read_to_string(stage.path("docker")).unwrap();
    let deaf: Vec<&str> = client.lines().filter(|line| !line.contains("SIGINT")).collect();
    fs::write(stage.path("docker"), deaf.join("\n")).unwrap();
    fs::rename(stage.path("docker"), stage.path("ssh")).unwrap();
    let text = one("'--ticks=4000000000000', --dumps=1")
        .replace("./docker, run, --rm, -v, '${outdir}:${outdir}', img", "./ssh, img");
    stage.write("exp.yaml", &text);
    let _engine = stage.engine("");
    let gem5 = elsewhere.inside();
    wait_for("it to run", || (stage.status().word("long") == "running").then_some(()));
    stage.call("cancel exp.yaml long").expect(0);
    let status = stage.wait_word("long", "cancelled");
    let cause = status.sims["long"]["status"]["outcome"]["cause"].as_str().unwrap();
    assert!(cause.contains("`ssh`"), "{cause}");
    assert!(is_running(gem5.pid), "nobody has told it");
}

#[test]
fn a_pause_that_stops_only_the_client_is_not_called_a_pause() {
    let elsewhere = Elsewhere::new();
    let stage = &elsewhere.stage;
    // It dumps again and again.
    // A tenth of a second of simulation between two dumps: gem5 takes an interrupt only while it simulates.
    stage.write("exp.yaml", &one("'--ticks=4000000000000', --dumps=4000"));
    let _engine = stage.engine("");
    let stats = stage.attempt("long", 1).m5out().join("stats.txt");
    wait_for("dumps", || (count_dumps(&stats).ok()? > 2).then_some(()));
    let gem5 = elsewhere.inside();
    wait_for("it to run", || (stage.status().word("long") == "running").then_some(()));
    stage.call("pause exp.yaml long").expect(0);
    let client = stage.started("long", 1).gem5.pid;
    wait_for("the client to stand still", || (state_of(client) == Some('T')).then_some(()));
    // Until there is a sign, nobody knows.
    assert_eq!(stage.status().sims["long"]["notes"], serde_json::json!([{"note": "client", "name": "docker"}]));
    let told = wait_for("the truth", || {
        let sim = stage.status().sims["long"].clone();
        (sim["why"]["is"] == "pause-missed").then_some(sim)
    });
    assert_eq!(told["status"]["state"], "running", "{told}");
    assert!(is_running(gem5.pid) && state_of(client) == Some('T'));
    stage.call("resume exp.yaml long").expect(0);
    wait_for("the client to go on", || (state_of(client) != Some('T')).then_some(()));
    wait_for("that to be told", || (stage.status().sims["long"]["why"]["is"] != "pause-missed").then_some(()));
    stage.call("cancel exp.yaml long").expect(0);
    stage.wait_word("long", "cancelled");
    wait_for("gem5 to end", || (!is_running(gem5.pid)).then_some(()));
}
