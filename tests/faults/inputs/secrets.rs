//! F53: values that nobody may write down.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use gem5_tui::protocol::{Link, Request, ServerMessage};
use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::Spec;

use crate::stage::{PATIENCE, Running, Said, Stage, contents, wait_for};

/// Found nowhere else. Each value has `hush-` and the name of its variable, so that a leak tells its source.
pub(super) const MARK: &str = "hush-";

/// Variables that speak of secrets.
const NAMES: [&str; 9] = [
    "API_TOKEN",
    "AwsSecretAccess",
    "db_password",
    "SSH_PRIVATE_KEY",
    "MY_CREDENTIALS",
    "HF_TOKEN_2",
    "GITHUB_PAT",
    // These by their values. The second is one that tells where a result came from.
    "DB_URL",
    "GEM5_RESOURCE_JSON",
];

fn value(name: &str) -> String {
    let is_url = matches!(name, "DB_URL" | "GEM5_RESOURCE_JSON");
    if is_url { format!("postgres://me:{MARK}{name}@host/db") } else { format!("{MARK}{name}") }
}

/// Says in a file how long each value is that the process sees, and prints none. Then it waits at its gate.
pub(super) const LENGTHS: &str = r#"import json, sys
name, names = sys.argv[1], sys.argv[2].split(",")
with open("new-" + name, "w") as file:
    json.dump({n: len(os.environ[n]) if n in os.environ else None for n in names}, file)
os.rename("new-" + name, "seen-" + name)
wait("gate-" + name)
with open("gate-" + name) as file:
    sys.exit(int(file.read()))
"#;

/// Experiment `a`, whose variables are set in the file or in the surroundings.
fn experiment(env: &str) -> Stage {
    let stage = Stage::new();
    stage.script("lengths.py", LENGTHS);
    let names = NAMES.join(",");
    stage.experiment(
        "",
        &format!("  - {{name: a, script: lengths.py, args: [a, '{names}'], env: {{PLAIN: shown, {env}}}}}\n"),
    );
    stage
}

/// How the engine says that the simulation has failed.
const FAILED: &str = "\"to\":\"failed\"";

/// The variables as the experiment file sets them.
fn in_file() -> String {
    NAMES.map(|name| format!("{name}: {}", value(name))).join(", ")
}

/// What the simulation saw: every value, whole.
fn assert_seen(stage: &Stage) {
    let path = stage.path("seen-a");
    let seen = wait_for("the simulation", || fs::read_to_string(&path).ok());
    let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
    for name in NAMES {
        assert_eq!(seen[name], value(name).len(), "{name}");
    }
    fs::remove_file(path).unwrap();
}

#[track_caller]
pub(super) fn assert_silent(said: &Said) {
    for text in [&said.out, &said.err] {
        assert!(!text.contains(MARK), "{text}");
    }
}

/// No file of ours has any of the values: below the experiment directory, in the runtime directory and in the cache.
#[track_caller]
pub(super) fn assert_not_on_disk(stage: &Stage) {
    let mut seen = 0;
    for place in ["out", "run", "cache"] {
        for (path, bytes) in contents(&stage.path(place)) {
            seen += 1;
            let found = bytes.windows(MARK.len()).any(|window| window == MARK.as_bytes());
            assert!(!found, "{} has {}", path.display(), String::from_utf8_lossy(&bytes));
        }
    }
    assert!(seen >= 8, "only {seen} files were looked at");
}

/// All that an engine says to somebody who asks for everything, until the simulation has failed.
fn listen(socket: &Path) -> std::thread::JoinHandle<String> {
    let stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        reader.get_mut().write_all(b"{\"id\":1,\"request\":{\"do\":\"subscribe\"}}\n").unwrap();
        let mut heard = String::new();
        while reader.read_line(&mut heard).is_ok_and(|length| length > 0) && !heard.contains(FAILED) {}
        heard
    })
}

/// Everything that is printed of the experiment, with `env` around it.
pub(super) fn say_everything(stage: &Stage, env: &[(String, String)]) -> Vec<Said> {
    let verbs = [
        "plan exp.yaml",
        "plan exp.yaml --json",
        "status exp.yaml",
        "status exp.yaml --json",
        "show exp.yaml a",
        "show exp.yaml a --json",
        "show exp.yaml a --repro",
        "logs exp.yaml a",
        "logs exp.yaml a --stderr",
        "stats exp.yaml --watch *",
    ];
    let with = |verb: &&str| {
        let mut command = stage.command(verb);
        command.envs(env.iter().map(|(name, value)| (name, value)));
        Running::start(command).finish()
    };
    verbs.iter().map(with).collect()
}

/// An engine, and `run --json` behind it, of an experiment whose values come from its file or from `env`.
fn whole_life(stage: &Stage, env: &[(String, String)]) {
    let mut command = stage.command("engine exp.yaml");
    command.envs(env.iter().map(|(name, value)| (name, value)));
    let engine = Running::start(command);
    assert_eq!(engine.line(0), r#"{"engine":"ready"}"#);
    assert_seen(stage);
    let heard = listen(&stage.lease().socket);
    let mut said = say_everything(stage, env);
    stage.open("a", 1);
    stage.wait_word("a", "failed");
    let heard = heard.join().unwrap();
    said.push(engine.finish().expect(0));
    assert!(heard.contains(FAILED) && !heard.contains(MARK), "{heard}");
    stage.open("a", 0);
    let mut command = stage.command("run exp.yaml --json");
    command.envs(env.iter().map(|(name, value)| (name, value)));
    said.push(Running::start(command).finish().expect(0));
    assert_seen(stage);
    said.extend(say_everything(stage, env));
    said.iter().for_each(assert_silent);
    assert_not_on_disk(stage);
}

#[test]
fn f53_secrets_of_the_surroundings_reach_the_simulation_and_no_file_socket_or_output() {
    let stage = experiment("HOME: null");
    let mut env: Vec<(String, String)> = NAMES.map(|name| (name.to_owned(), value(name))).to_vec();
    // A value that no name gives away is not written down either: only what changes a result is.
    env.push(("HARMLESS".to_owned(), format!("{MARK}harmless")));
    whole_life(&stage, &env);
}

#[test]
fn f53_secrets_of_the_experiment_file_reach_the_simulation_and_no_record_socket_or_output() {
    let stage = experiment(&in_file());
    whole_life(&stage, &[]);
    let spec: Spec = read_json(&stage.attempt("a", 1).spec()).unwrap().unwrap();
    let recorded = |name: &str| spec.env[name].as_deref().unwrap().to_owned();
    assert_eq!((recorded("PLAIN").as_str(), recorded("API_TOKEN").as_str()), ("shown", "(not recorded)"));
    // What is printed can be pasted where the variables are set.
    let plan = stage.call("plan exp.yaml").expect(0).out;
    assert!(plan.contains("API_TOKEN=\"$API_TOKEN\"") && plan.contains("'PLAIN=shown'"), "{plan}");
    let line = stage.call("show exp.yaml a --repro").expect(0).out;
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &line]);
    stage.surround(&mut shell);
    shell.envs(NAMES.map(|name| (name, value(name))));
    Running::start(shell).finish().expect(0);
    assert_seen(&stage);
    let shown = stage.call("show exp.yaml a").expect(0).out;
    assert!(shown.contains("API_TOKEN=(not recorded)"), "{shown}");
}

#[test]
fn f53_a_retry_by_a_later_engine_has_the_secrets_again() {
    let stage = experiment(&in_file());
    let engine = stage.engine("");
    assert_seen(&stage);
    engine.kill();
    let engine = stage.engine("");
    stage.open("a", 1);
    stage.wait_word("a", "failed");
    stage.open("a", 0);
    stage.call("retry exp.yaml a").expect(0);
    assert_seen(&stage);
    stage.wait_word("a", "ok");
    engine.finish().expect(0);
    assert_not_on_disk(&stage);
}

#[test]
fn f53_secrets_are_handed_to_an_engine_that_a_verb_starts_and_are_on_no_disk() {
    let stage = experiment(&in_file());
    stage.open("a", 1);
    stage.call("run exp.yaml").expect(1);
    assert_seen(&stage);
    fs::remove_file(stage.path("gate-a")).unwrap();
    stage.call("retry exp.yaml a").expect(0);
    assert_seen(&stage);
    let engine = stage.lease().engine.pid;
    let words = fs::read(format!("/proc/{engine}/cmdline")).unwrap();
    assert!(!String::from_utf8_lossy(&words).contains(MARK), "every user of the machine can read it");
    stage.open("a", 0);
    stage.wait_word("a", "ok");
    assert_not_on_disk(&stage);
}

#[test]
fn f53_another_secret_is_no_other_experiment() {
    let stage = experiment(&in_file());
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(0);
    let text = fs::read_to_string(stage.path("exp.yaml")).unwrap();
    stage.write("exp.yaml", &text.replace(MARK, "hush-rotated-"));
    let status = stage.status();
    assert_eq!((status.word("a"), &status.sims["a"]["changed"]), ("ok", &serde_json::json!([])));
    stage.write("exp.yaml", &text.replace("PLAIN: shown", "PLAIN: other"));
    assert_eq!(stage.status().sims["a"]["changed"], serde_json::json!(["environment changed"]));
}

#[test]
fn f53_a_plan_without_its_secrets_launches_nothing_that_has_one() {
    let stage = experiment(&in_file());
    stage.open("a", 1);
    stage.call("run exp.yaml").expect(1);
    fs::remove_file(stage.path("seen-a")).unwrap();
    fs::remove_file(stage.path("exp.yaml")).unwrap();
    let engine = stage.engine("--held --outdir out");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let told = runtime.block_on(async {
        let mut link = Link::connect(&stage.lease().socket).await.unwrap();
        link.send(Request::Subscribe).await;
        link.send(Request::Retry { sims: vec![0] }).await;
        let search = async {
            loop {
                if let ServerMessage::Transitions { transitions } =
                    link.incoming.recv().await.expect("the engine is there")
                    && let Some(refusal) = transitions.into_iter().find(|transition| transition.to == "not-started")
                {
                    return refusal.reason;
                }
            }
        };
        tokio::time::timeout(PATIENCE, search).await.expect("a refusal in time")
    });
    drop(runtime);
    assert!(told.contains("is not recorded: mend the experiment file"), "{told}");
    assert!(!stage.path("seen-a").exists());
    engine.finish().expect(0);
}

#[test]
fn f53_records_are_for_their_user_alone() {
    let stage = Stage::new();
    stage.write("sums.py", "def add(a, b):\n    return a + b\n");
    let function = "  - {name: f, target: 'sums:add', args: [1, 2]}\n";
    stage.experiment("concurrency: 3", &(crate::stage::gate("a", "") + &crate::stage::gate("b", "") + function));
    // Even where files are made for everybody.
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "umask 0; exec \"$0\" engine exp.yaml", env!("CARGO_BIN_EXE_gem5-tui")]);
    stage.surround(&mut shell);
    let engine = Running::start(shell);
    stage.wait_entered(&["a", "b"]);
    stage.call("pause exp.yaml a").expect(0);
    wait_for("the pause", || gem5_tui::rundir::attempts::pauses(&stage.attempt("a", 1)).1);
    stage.call("resume exp.yaml a").expect(0);
    stage.call("pause exp.yaml --queue").expect(0);
    stage.call("cancel exp.yaml b").expect(0);
    stage.wait_word("b", "cancelled");
    stage.call("retry exp.yaml b").expect(0);
    stage.call("cancel exp.yaml b").expect(0);
    stage.open("a", 0);
    stage.wait_word("a", "ok");
    stage.wait_word("f", "ok");
    engine.finish().expect(0);
    let mut kinds = std::collections::BTreeSet::new();
    for path in contents(stage.outdir().path()).into_keys() {
        // What gem5 writes is gem5's.
        if path.components().any(|part| part.as_os_str() == "m5out") {
            continue;
        }
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{} has mode {mode:o}", path.display());
        kinds.insert(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    let expected = [
        "cancelled.json",
        "controls.json",
        "engine.lock",
        "engine.log",
        "exit.json",
        "experiment.json",
        "outcome.json",
        "pauses.jsonl",
        "provenance.json",
        "result.json",
        "spec.json",
        "started.json",
        "stop.json",
    ];
    assert!(expected.iter().all(|kind| kinds.contains(*kind)), "{kinds:?}");
}

#[test]
fn f53_an_argument_that_looks_like_a_secret_is_warned_of() {
    let stage = Stage::new();
    stage.experiment("", "  - {name: a, script: gate.py, args: [a, '--token=abcdefgh', --l2=256KiB]}\n");
    let said = stage.call("plan exp.yaml").expect(0);
    let place = "exp.yaml:8:42";
    for text in ["warning: the argument `--token` looks like a secret", place, "every user of this machine can read"] {
        assert!(said.err.contains(text), "no {text} in {}", said.err);
    }
    stage.experiment("", "  - {name: a, script: gate.py, args: [a, --l2=256KiB, --key-size=128]}\n");
    assert_eq!(stage.call("plan exp.yaml").expect(0).err, "");
}
