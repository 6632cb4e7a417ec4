//! What surrounds a launch: it is taken down, it can be made again, and nothing of us leaks into a simulation.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::provenance::{Provenance, sha256};
use gem5_tui::rundir::record::Spec;

use crate::stage::{Running, Said, Stage, contents};

/// Tells everything that a process can see of how it was started, in one line.
const MIRROR: &str = r#"import json, os, sys
with open("/proc/self/cmdline", "rb") as file:
    command = file.read().decode().split("\0")
print("SEEN " + json.dumps([sys.argv, os.getcwd(), sorted(os.environ.items()), command]), flush=True)
"#;

/// What [`MIRROR`] saw: its arguments, working directory, environment and command line.
fn seen(text: &str) -> [serde_json::Value; 4] {
    let line = text.lines().find_map(|line| line.strip_prefix("SEEN ")).unwrap_or_else(|| panic!("{text}"));
    serde_json::from_str(line).unwrap()
}

fn spec(stage: &Stage, name: &str) -> Spec {
    read_json(&stage.attempt(name, 1).spec()).unwrap().unwrap()
}

fn provenance(stage: &Stage, name: &str) -> Provenance {
    read_json(&stage.attempt(name, 1).provenance()).unwrap().unwrap()
}

fn executable(stage: &Stage, name: &str, text: &str) {
    let path = stage.write(name, text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn paste(stage: &Stage, line: &str) -> Said {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]);
    stage.surround(&mut command);
    command.current_dir("/");
    Running::start(command).finish()
}

#[test]
fn a_simulation_sees_neither_its_name_nor_its_neighbours() {
    let stage = Stage::new();
    stage.write("mirror.py", MIRROR);
    stage.stand_in(
        "  - {name: a, script: mirror.py, args: [--l2=1MiB], env: {X: y}}\n  \
         - {name: a-much-longer-name, script: mirror.py, args: [--l2=1MiB], env: {X: y}}\n  \
         - {name: 'swept-${l2}', script: mirror.py, args: ['--l2=${l2}'], env: {X: y}, matrix: {l2: [4MiB]}}\n",
    );
    // Without stats they are no success, which is not asked here.
    stage.call("run exp.yaml");
    let view = |name: &str| {
        let attempt = stage.attempt(name, 1);
        let text = fs::read_to_string(attempt.simout()).unwrap();
        let [arguments, cwd, environment, command] = seen(&text);
        let outdir = attempt.m5out().to_string_lossy().into_owned();
        assert!(command.to_string().contains(&outdir));
        (arguments, cwd, environment, command.to_string().replace(&outdir, "OUTDIR"))
    };
    let first = view("a");
    assert_eq!(first, view("a-much-longer-name"));
    let (arguments, cwd, environment, command) = view("swept-4MiB");
    assert_eq!((&cwd, &environment), (&first.1, &first.2));
    assert!(!environment.to_string().contains("swept"));
    assert_eq!(arguments.to_string().replace("4MiB", "1MiB"), first.0.to_string());
    assert_eq!(command.replace("4MiB", "1MiB"), first.3);
}

#[test]
fn a_pasted_line_makes_an_attempt_again_and_overwrites_nothing() {
    let stage = Stage::new();
    stage.write("mirror.py", MIRROR);
    fs::create_dir(stage.path("a b")).unwrap();
    stage.stand_in(
        "  - {name: a, script: mirror.py, args: [\"it's\", \"$HOME\", '', 'a  b'], \
         env: {X: \"y z\", HOME: null}, cwd: a b, gem5_args: [-v]}\n",
    );
    stage.call("run exp.yaml");
    let attempt = stage.attempt("a", 1);
    let before = contents(attempt.path());
    let line = stage.call("show exp.yaml a --repro").expect(0).out;
    assert_eq!(line.lines().count(), 1, "{line}");
    let again = paste(&stage, &line).expect(0);
    let first = seen(&fs::read_to_string(attempt.simout()).unwrap());
    let second = seen(&again.out);
    assert_eq!(first[..2], second[..2]);
    // The shell that it was pasted into adds some of its own.
    let of_the_shell = |environment: &serde_json::Value| {
        let mut pairs: Vec<(String, String)> = serde_json::from_value(environment.clone()).unwrap();
        // Some shells drop names that they could not write themselves, such as cargo's.
        pairs.retain(|(name, _)| !matches!(name.as_str(), "PWD" | "OLDPWD" | "SHLVL" | "_") && !name.contains('-'));
        pairs
    };
    assert_eq!(of_the_shell(&first[2]), of_the_shell(&second[2]));
    assert!(stage.path("out/a/repro-1/config.ini").exists() || stage.path("out/a/repro-1/stats.txt").exists());
    assert_eq!(contents(attempt.path()), before);
    let twice = paste(&stage, &line);
    assert!(twice.code != Some(0) && !twice.out.contains("SEEN"), "{twice:#?}");
    assert!(stage.call("show exp.yaml a --repro").expect(0).out.contains("repro-2"));
}

#[test]
fn a_pasted_line_calls_a_function_again() {
    let stage = Stage::new();
    stage.write("sums.py", "def add(a, b=0, *, more):\n    return a + b + sum(more)\n");
    stage.experiment(
        "",
        "  - {name: a, target: 'sums:add', args: [1], kwargs: {b: 2, more: [3, \"${x}\"]}, with: {x: 4}}",
    );
    stage.call("run exp.yaml").expect(0);
    let line = stage.call("show exp.yaml a --repro").expect(0).out;
    assert_eq!(paste(&stage, &line).expect(0).out, "10\n");
}

#[test]
fn a_launch_is_taken_down_with_everything_that_decides_its_result() {
    let stage = Stage::new();
    stage.write("mirror.py", MIRROR);
    stage.write("gem5-config.json", "{}");
    let git = |words: &str| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=t", "-c", "user.email=t@t"]).args(words.split(' ')).current_dir(stage.path(""));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git("init -q");
    git("add mirror.py");
    git("commit -q -m first");
    let head = git("rev-parse HEAD");
    stage.stand_in("  - {name: a, script: mirror.py, env: {GEM5_RESOURCE_DIR: /res}}\n");
    stage.call("run exp.yaml");
    let taken = provenance(&stage, "a");
    assert_eq!(taken.script.unwrap().sha256, sha256(&stage.path("mirror.py")).unwrap());
    assert_eq!(taken.experiment.unwrap().sha256, sha256(&stage.path("exp.yaml")).unwrap());
    assert_eq!(taken.executable.unwrap().sha256, sha256(Path::new(&spec(&stage, "a").argv[0])).ok());
    assert_eq!(taken.variables["GEM5_RESOURCE_DIR"], "/res");
    assert!(taken.gem5_config.is_some());
    let here = fs::canonicalize(stage.path("")).unwrap();
    let repository = taken.repositories.iter().find(|repository| repository.path == here).unwrap();
    assert_eq!((&repository.head, repository.dirty), (&head, Some(false)));

    stage.write("mirror.py", &format!("{MIRROR}\n# changed\n"));
    stage.call("retry exp.yaml a");
    stage.exit("a", 2);
    let again: Provenance = read_json(&stage.attempt("a", 2).provenance()).unwrap().unwrap();
    assert_ne!(again.script.unwrap().sha256, provenance(&stage, "a").script.unwrap().sha256);
    let dirty = again.repositories.iter().find(|repository| repository.path == here).unwrap().dirty;
    assert_eq!(dirty, Some(true));

    let shown = stage.call("show exp.yaml a").expect(0).out;
    for text in ["attempt 1", "attempt 2", &head, "GEM5_RESOURCE_DIR=/res", "24.0", "again with", "not committed"] {
        assert!(shown.contains(text), "no {text} in {shown}");
    }
    let one = &stage.call("show exp.yaml a --attempt 1 --json").expect(0).json()[0];
    assert_eq!(one["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(one["attempts"][0]["provenance"]["experiment"]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(stage.call("show exp.yaml a --attempt 9").code, Some(2));
    assert_eq!(stage.call("show exp.yaml b").code, Some(2));
}

#[test]
fn an_executable_that_is_no_program_is_refused_with_the_reason() {
    let stage = Stage::new();
    executable(&stage, "gem5.opt", "this is no program\n");
    stage.write("exp.yaml", "gem5: ./gem5.opt\noutdir: out\nsimulations: [{name: a, script: gate.py}]\n");
    stage.call("run exp.yaml").expect(1);
    let status = stage.status();
    assert_eq!(status.word("a"), "not-started");
    assert!(status.reason("a").contains("not a program for this machine"), "{}", status.reason("a"));
}

#[test]
fn a_gem5_that_can_tell_its_exit_events_is_asked_to() {
    let stage = Stage::new();
    let stand_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/standin/gem5-standin");
    let wrapper = format!(
        "#!/bin/sh\n[ \"$1\" = -B ] && {{ echo 'gem5 version 25.0.0.1'; exit 0; }}\nshift\nexec {} \"$@\"\n",
        stand_in.display()
    );
    executable(&stage, "gem5.opt", &wrapper);
    stage.write("mirror.py", MIRROR);
    stage.write(
        "exp.yaml",
        "gem5: ./gem5.opt\noutdir: out\nsimulations:\n  - {name: a, script: mirror.py}\n  \
         - {name: b, script: mirror.py, gem5_args: [--show-exit]}\n",
    );
    stage.call("run exp.yaml");
    let given = |name| spec(&stage, name).argv.iter().filter(|word| word.starts_with("--show-exit")).count();
    assert_eq!((given("a"), given("b")), (1, 1));
    assert_eq!(provenance(&stage, "a").executable.unwrap().version.as_deref(), Some("25.0.0.1"));
}
