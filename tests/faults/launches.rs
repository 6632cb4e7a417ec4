//! F24–F27, F54, F57: launches. F58 asks for no process: see `tests/engine_state`.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use gem5_tui::engine::state::retry::wait_ms;
use gem5_tui::experiment::Retries;
use gem5_tui::gem5::OutcomeKind;
use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::provenance::Provenance;
use gem5_tui::rundir::record::End;
use serde_json::Value;

use crate::stage::{Running, Stage, gate, wait_for};

/// An executable of this text below the stage.
fn program(stage: &Stage, name: &str, text: &[u8]) -> PathBuf {
    let path = stage.path(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// The head of a program for a machine that this one is not.
fn foreign() -> Vec<u8> {
    let mut head = fs::read("/proc/self/exe").unwrap()[..64].to_vec();
    // S/390, in the byte order that the head tells.
    head[18..20].copy_from_slice(&[22, 0]);
    head
}

/// Makes something of `path` that cannot be executed. Says what is told of it.
fn spoil(path: &Path, how: &str) -> &'static str {
    fs::remove_file(path).unwrap();
    match how {
        "missing" => "No such file or directory",
        "plain" => {
            fs::write(path, "#!/bin/sh\n").unwrap();
            "may not be executed; `chmod +x` it"
        }
        "foreign" => {
            fs::write(path, foreign()).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
            "is not a program for this machine (it is for ELF machine 22)"
        }
        "directory" => {
            fs::create_dir(path).unwrap();
            "is a directory; name the executable inside it"
        }
        _ => {
            fs::write(path, "\0\0").unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
            "is not a program for this machine"
        }
    }
}

const SPOILT: [&str; 5] = ["missing", "plain", "foreign", "directory", "nothing"];

#[test]
fn f24_a_gem5_that_can_no_longer_be_executed_is_told_once_and_frees_its_place() {
    let stage = Stage::new();
    let mut simulations = gate("first", "");
    let mut all = Vec::new();
    for how in SPOILT {
        // The engine asks a gem5 who it is and finds out; Python is not asked, so that its shim finds out.
        for interpreter in ["gem5.opt", "python3"] {
            let name = format!("{how}-{interpreter}");
            let path = program(&stage, &format!("{name}/{interpreter}"), b"#!/bin/sh\nexit 0\n");
            simulations += &gate(&name, &format!(", gem5: ./{name}/{interpreter}"));
            all.push((how, name, path));
        }
    }
    stage.experiment("  retries: 3\nconcurrency: 1", &(simulations + &gate("last", "")));
    let run = stage.start("run exp.yaml");
    stage.wait_entered(&["first"]);
    let words: Vec<_> = all.iter().map(|(how, _, path)| spoil(path, how)).collect();
    stage.open_all(&["first", "last"], 0);
    let said = run.finish().expect(1);
    assert!(said.out.contains("2 ok, 10 not ok"), "{}", said.out);
    let status = stage.status();
    for ((_, name, path), words) in all.iter().zip(words) {
        let reason = status.reason(name);
        assert_eq!((status.word(name), status.attempts(name)), ("not-started", 1), "{name}: {reason}");
        assert!(reason.contains(words) && reason.contains(path.to_str().unwrap()), "{name}: {reason}");
        assert!(!stage.attempt(name, 1).started().exists());
        let told = said.out.lines().filter(|line| line.contains(name) && line.contains("not-started"));
        assert_eq!(told.count(), 1, "{name}: {}", said.out);
    }
}

#[test]
fn f24_a_gem5_that_cannot_be_executed_from_the_start_launches_nothing() {
    for how in ["missing", "plain", "directory"] {
        let stage = Stage::new();
        let path = program(&stage, "gem5.opt", b"#!/bin/sh\nexit 0\n");
        spoil(&path, how);
        stage.write("exp.yaml", "gem5: ./gem5.opt\noutdir: out\nsimulations: [{name: a, script: gate.py}]\n");
        let said = stage.call("run exp.yaml").expect(2);
        assert!(said.err.contains("gem5.opt") && !stage.path("out").exists(), "{how}: {}", said.err);
    }
}

/// A program that is no script and ends well whatever it is told, in the place of Python.
fn quick(stage: &Stage) -> PathBuf {
    let path = program(stage, "bin/python3", &fs::read("/bin/true").unwrap());
    stage
        .write("exp.yaml", "gem5: ./bin/python3\noutdir: out\nsimulations: [{name: a, script: gate.py, retries: 3}]\n");
    path
}

#[test]
fn f25_an_executable_that_is_written_for_a_moment_is_started_all_the_same() {
    let stage = Stage::new();
    let path = quick(&stage);
    let mut command = stage.command("run exp.yaml");
    let (begin, go_on) = (stage.path("begin"), stage.path("go-on"));
    let points = format!("shim.begun=wait:{};launch.busy=wait:{}", begin.display(), go_on.display());
    command.env("GEM5_TUI_FAILPOINTS", points);
    let run = Running::start(command);
    wait_for("the shim", || stage.path("begin.here").exists().then_some(()));
    let writer = OpenOptions::new().append(true).open(&path).unwrap();
    stage.write("begin", "");
    wait_for("a try that fails", || stage.path("go-on.here").exists().then_some(()));
    drop(writer);
    stage.write("go-on", "");
    run.finish().expect(0);
    assert_eq!(stage.status().attempts("a"), 1);
}

#[test]
fn f25_an_executable_that_is_written_for_ever_is_told() {
    let stage = Stage::new();
    let path = quick(&stage);
    let gem5 = program(&stage, "gem5.opt", &fs::read("/bin/true").unwrap());
    let more = "  - {name: b, script: gate.py, gem5: ./gem5.opt, retries: 3}\n";
    stage.write(
        "exp.yaml",
        &format!(
            "gem5: ./bin/python3\noutdir: out\nsimulations:\n  - {{name: a, script: gate.py, retries: 3}}\n{more}"
        ),
    );
    let _writers = [path, gem5].map(|path| OpenOptions::new().append(true).open(path).unwrap());
    stage.call("run exp.yaml").expect(1);
    let status = stage.status();
    for name in ["a", "b"] {
        assert_eq!((status.word(name), status.attempts(name)), ("not-started", 1));
        assert!(status.reason(name).contains("is being written"), "{}", status.reason(name));
    }
}

/// Puts another file in the place of `gem5.opt`, as a linker does.
fn install(stage: &Stage, build: &str) {
    let stand_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/standin/gem5-standin");
    let text = format!("#!/bin/sh\n# {build}\nexec {} \"$@\"\n", stand_in.display());
    let new = program(stage, "new/gem5.opt", text.as_bytes());
    fs::rename(new, stage.path("gem5.opt")).unwrap();
}

#[test]
fn f26_a_gem5_that_is_replaced_during_the_sweep_is_told_until_all_results_are_of_one_build() {
    let stage = Stage::new();
    install(&stage, "first");
    let simulations: String = ["a", "b", "c", "d"].map(|name| gate(name, "")).concat();
    let head = "gem5: ./gem5.opt\noutdir: out\nconcurrency: 1\ndefaults: {success: {exit_codes: 0}}\nsimulations:\n";
    stage.write("exp.yaml", &(head.to_owned() + &simulations));
    let notice = || stage.status().summary["notice"].clone();
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    // A copy of the same build is no other build.
    install(&stage, "first");
    stage.open("a", 0);
    stage.wait_entered(&["b"]);
    stage.started("b", 1);
    assert_eq!(notice(), Value::Null);
    install(&stage, "second");
    stage.open("b", 0);
    stage.wait_entered(&["c"]);
    let told = "gem5.opt was replaced during the sweep: attempts from c (attempt 1) on ran another build";
    wait_for("the notice", || (notice() == told).then_some(()));
    // It outlives the engine that saw it, and the next one says it to whoever runs the sweep.
    engine.kill();
    assert_eq!(notice(), told);
    let shown = stage.call("status exp.yaml").expect(0).out;
    assert!(shown.contains(&format!("\nnote: {told}\n")), "{shown}");
    stage.open_all(&["c", "d"], 0);
    let said = stage.call("run exp.yaml --json").expect(0);
    assert_eq!(said.err.matches(told).count(), 1, "{}", said.err);
    let entered = ["a", "b", "c", "d"].map(|name| stage.entered(name));
    assert_eq!((entered, notice()), ([1; 4], told.into()));
    // Each attempt tells what it ran.
    let hash = |name| {
        let provenance: Provenance = read_json(&stage.attempt(name, 1).provenance()).unwrap().unwrap();
        provenance.executable.unwrap().sha256.unwrap()
    };
    assert_eq!((hash("a") == hash("b"), hash("b") == hash("c"), hash("c") == hash("d")), (true, false, true));
    assert!(stage.call("show exp.yaml c").expect(0).out.contains(&hash("c")[..12]));
    // What ran on the first build runs again.
    stage.call("retry exp.yaml a b").expect(0);
    wait_for("one build for all", || (stage.left("b") == 2 && notice() == Value::Null).then_some(()));
}

#[test]
fn f27_a_large_process_that_aborts_leaves_no_core_file() {
    let stage = Stage::new();
    stage.write("abort.py", "import os\nkept = b'x' * 200_000_000\nos.abort()\n");
    stage.experiment("", "  - {name: a, script: abort.py}\n");
    let mut command = Command::new("sh");
    let run = format!("ulimit -c unlimited || exit 99; exec {} run exp.yaml", env!("CARGO_BIN_EXE_gem5-tui"));
    command.args(["-c", &run]);
    stage.surround(&mut command);
    let said = Running::start(command).finish();
    if said.code == Some(99) {
        return eprintln!("skipped: core files are forbidden here: {}", said.err);
    }
    said.expect(1);
    let status = stage.status();
    assert_eq!(status.word("a"), "abort");
    assert!(status.reason("a").contains("SIGABRT"), "{}", status.reason("a"));
    let exit = stage.exit("a", 1);
    assert_eq!(exit.end, End::Signaled { signal: 6, name: "SIGABRT".to_owned() });
    assert!(exit.usage.is_some_and(|usage| usage.max_rss > 200_000_000), "{exit:?}");
    for (path, bytes) in crate::stage::contents(&stage.path("")) {
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(!name.starts_with("core") && bytes.len() < 1 << 20, "{} has {} bytes", path.display(), bytes.len());
    }
}

#[test]
fn f57_a_simulation_that_fails_at_once_is_started_ever_more_rarely() {
    let stage = Stage::new();
    program(&stage, "bin/python3", b"#!/bin/sh\nexit 7\n");
    stage.write(
        "exp.yaml",
        "gem5: ./bin/python3\noutdir: out\nsimulations: [{name: a, script: gate.py, retries: 1000}]\n",
    );
    let engine = stage.engine("");
    let [first, second] = [1, 2].map(|number| stage.started("a", number).at.boot_ms);
    stage.exit("a", 2);
    engine.kill();
    // An engine that begins in the middle of a wait does not cut it short.
    let _engine = stage.engine("");
    let third = stage.started("a", 3).at.boot_ms;
    assert!(second - first >= 1_000 && third - second >= 2_000, "{first} {second} {third}");
    let status = stage.wait_word("a", "backoff");
    let left = status.sims["a"]["status"]["left_ms"].as_u64().unwrap();
    assert!(left <= 4_000, "{left} ms to the fourth");
    assert_eq!((status.attempts("a"), status.reason("a").starts_with("failed; tries again in ")), (3, true));
    let journal = fs::metadata(stage.outdir().log()).unwrap().len();
    assert!(journal < 4 * 1024, "{journal} bytes of journal for three attempts and two engines");
    let fourth = stage.started("a", 4).at.boot_ms;
    assert!(fourth - third >= 4_000, "{third} {fourth}");
}

#[test]
fn f57_no_number_of_retries_starts_more_than_one_a_second_or_more_than_a_few_hundred_a_day() {
    let retries = Retries { any: u32::MAX, ..Retries::default() };
    let waits: Vec<u64> = (0..1_000_000).map(|made| wait_ms(&retries, OutcomeKind::Failed, made).unwrap()).collect();
    assert!(waits.iter().all(|wait| *wait >= 1_000));
    assert!(waits.is_sorted(), "no wait is shorter than the one before");
    let mut passed = 0;
    let in_a_day = waits.iter().take_while(|wait| {
        passed += **wait;
        passed < 24 * 3_600_000
    });
    let in_a_day = in_a_day.count();
    assert!(in_a_day < 300, "{in_a_day} starts in a day");
}
