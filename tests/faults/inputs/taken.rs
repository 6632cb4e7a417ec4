//! F72: files of the user's that have the names of our records.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::stage::{Running, Stage, contents};

/// What somebody keeps under the names of records, in the directory `out`.
const THEIRS: [(&str, &str); 14] = [
    ("experiment.json", "{\"my\": \"experiment, three days of work\"}"),
    ("experiment.json", "{\"format\": 1, \"cells\": []}"),
    ("experiment.json", "not even JSON"),
    ("engine.lock", "my lock: pid 12"),
    ("engine.log", "my own log\n"),
    ("engine.log", "2026-11-29 17:39:41 INFO my own log\n"),
    ("controls.json", "{\"mine\": 1}"),
    ("takeovers.jsonl", "{\"company\": \"mine\"}\n"),
    ("asked.jsonl", "{\"question\": 1}\n"),
    ("a", "a file called like a simulation"),
    ("a/latest", "my notes"),
    ("a/retry.json", "{\"x\": 1}"),
    ("a/cancelled.json", "{\"x\": 1}"),
    ("a/attempt-1", "my first attempt"),
];

#[test]
fn f72_files_of_the_user_with_names_of_ours_are_left_alone_and_told_before_anything_starts() {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    for (name, text) in THEIRS {
        let path = stage.path("out").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let before = contents(&stage.path("out"));
        for verb in ["run exp.yaml", "engine exp.yaml", "retry exp.yaml b", "resume exp.yaml --queue"] {
            let said = stage.call(verb).expect(2);
            assert!(said.err.contains(&*path.to_string_lossy()), "{verb} with {name}: {}", said.err);
            assert!(said.err.contains("left alone") && said.err.contains("another `outdir:`"), "{}", said.err);
        }
        let said = stage.call("plan exp.yaml").expect(0);
        assert!(said.err.contains("warning") && said.err.contains(&*path.to_string_lossy()), "{name}: {}", said.err);
        assert_eq!(stage.status().word("b"), "queued", "a look is free, beside {name}");
        assert_eq!(contents(&stage.path("out")), before, "{name}");
        fs::remove_dir_all(stage.path("out")).unwrap();
    }
    assert_eq!((stage.entered("a"), stage.entered("b")), (0, 0));
}

#[test]
fn f72_a_lock_of_the_users_is_neither_taken_nor_waited_for() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    fs::create_dir(stage.path("out")).unwrap();
    let theirs = fs::File::create(stage.outdir().lock()).unwrap();
    fs::write(stage.outdir().lock(), "pid 12").unwrap();
    theirs.try_lock().unwrap();
    assert_eq!(stage.status().summary["engine"], false);
    stage.call("run exp.yaml").expect(2);
    theirs.unlock().unwrap();
    stage.call("run exp.yaml").expect(2);
    assert_eq!(fs::read_to_string(stage.outdir().lock()).unwrap(), "pid 12");
}

#[test]
fn f72_links_and_directories_in_the_places_of_records_stay() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let thesis = stage.write("thesis.tex", "somebody's");
    let outdir = stage.outdir();
    let simulation = outdir.simulation("a");
    fs::create_dir_all(simulation.path()).unwrap();
    let records = [outdir.experiment_record(), outdir.lock(), outdir.log(), outdir.controls(), outdir.takeovers()];
    for path in records.into_iter().chain([outdir.asked(), simulation.latest(), simulation.retry()]) {
        symlink(&thesis, &path).unwrap();
        stage.call("run exp.yaml").expect(2);
        assert_eq!(fs::read_link(&path).unwrap(), thesis);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        stage.call("run exp.yaml").expect(2);
        fs::remove_dir(&path).unwrap();
    }
    assert_eq!((fs::read_to_string(&thesis).unwrap().as_str(), stage.entered("a")), ("somebody's", 0));
}

#[test]
fn f72_what_comes_while_an_engine_lives_is_left_alone_too() {
    let stage = Stage::new();
    stage.gates("concurrency: 1", &["a", "b"]);
    let run = Running::start(stage.command("run exp.yaml"));
    stage.wait_entered(&["a"]);
    let dir = stage.outdir().simulation("b");
    fs::create_dir_all(dir.path()).unwrap();
    fs::write(dir.cancelled(), "mine").unwrap();
    fs::write(dir.latest(), "mine").unwrap();
    stage.open_all(&["a", "b"], 0);
    let said = run.finish().expect(1);
    assert!(said.out.contains("is no link to an attempt"), "{}", said.out);
    assert_eq!((fs::read(dir.cancelled()).unwrap(), fs::read(dir.latest()).unwrap()), (b"mine".into(), b"mine".into()));
}

#[test]
fn f72_what_comes_into_an_experiment_that_has_begun_is_left_alone_and_costs_that_simulation() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(0);
    stage.gates("", &["a", "b"]);
    let dir = stage.outdir().simulation("b");
    fs::create_dir_all(dir.path()).unwrap();
    let theirs = [dir.cancelled(), dir.latest(), dir.retry()];
    for path in &theirs {
        fs::write(path, "mine").unwrap();
    }
    stage.open("b", 0);
    let said = stage.call("run exp.yaml");
    assert!(matches!(said.code, Some(0 | 1)), "{said:?}");
    assert!(said.out.contains(&*dir.latest().to_string_lossy()), "{}", said.out);
    assert_eq!(stage.status().word("a"), "ok");
    for path in &theirs {
        assert_eq!(fs::read(path).unwrap(), b"mine", "{}", path.display());
    }
}

#[test]
fn f72_other_files_in_the_directory_are_no_obstacle_and_stay() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.open("a", 0);
    let theirs = [("out/a/.latest.new", "mine"), ("out/notes.json", "{}"), ("out/b/latest", "of no simulation")];
    for (name, text) in theirs {
        fs::create_dir_all(stage.path(name).parent().unwrap()).unwrap();
        stage.write(name, text);
    }
    stage.call("run exp.yaml").expect(0);
    assert_eq!(fs::read_link(stage.outdir().simulation("a").latest()).unwrap(), Path::new("attempt-1"));
    for (name, text) in theirs {
        assert_eq!(fs::read_to_string(stage.path(name)).unwrap(), text);
    }
}

#[test]
fn f72_a_directory_of_an_earlier_release_is_ours() {
    let v1 = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat/v1");
    let stage = Stage::new();
    stage.gates("", &["fatal"]);
    stage.open("fatal", 0);
    assert!(Command::new("cp").arg("-r").args([&v1, &stage.path("out")]).status().unwrap().success());
    stage.call("resume exp.yaml --queue").expect(0);
    stage.call("run exp.yaml").expect(0);
    assert!(stage.attempt("fatal", 3).exit().exists(), "a new attempt beside the two of then");
}
