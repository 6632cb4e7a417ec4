//! Files that a script writes outside of its attempt.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::stage::{Stage, wait_for};

/// Writes the file that it is given, and ends with the code that it is told.
const WRITES: &str =
    "import sys\nopen(sys.argv[1], 'w').write(f'attempt {sys.argv[2]}')\nsys.exit(int(open('code').read()))\n";

fn writing(stage: &Stage, more: &str) {
    stage.write("writes.py", WRITES);
    fs::create_dir_all(stage.path("results")).unwrap();
    let one = format!(
        "  - {{name: a, script: writes.py, args: ['results/a.csv', '${{attempt}}'], success: {{exit_codes: 0}}{more}}}\n"
    );
    stage.experiment("", &one);
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn an_output_of_each_attempt_is_kept_and_is_no_input_that_changed() {
    let stage = Stage::new();
    writing(&stage, ", outputs: ['results/${name}.csv']");
    let output = stage.path("results/a.csv");
    for (attempt, code) in [(1, 3), (2, 4), (3, 0)] {
        stage.write("code", &code.to_string());
        let said = stage.call("run exp.yaml");
        assert_eq!(text(&output), format!("attempt {attempt}"), "{said:#?}");
    }
    for attempt in [1, 2] {
        assert_eq!(text(&stage.path(&format!("results/a.csv.attempt-{attempt}"))), format!("attempt {attempt}"));
    }
    // Edited after the run, it is what a person makes of the result.
    fs::write(&output, "attempt 3, with a note").unwrap();
    let later = SystemTime::now() + Duration::from_hours(1);
    File::options().write(true).open(&output).unwrap().set_modified(later).unwrap();
    assert_eq!(stage.status().sims["a"]["changed"], serde_json::json!([]));
    // And a person's file now, which no other attempt may take for its own.
    stage.call("retry exp.yaml a").expect(0);
    stage.wait_word("a", "not-started");
    assert_eq!(text(&output), "attempt 3, with a note");
}

#[test]
fn a_file_of_somebody_else_stays_and_the_attempt_does_not_start() {
    let stage = Stage::new();
    writing(&stage, ", outputs: ['results/*.csv']");
    let foreign = stage.path("results/b.csv");
    fs::write(&foreign, "three days of work").unwrap();
    stage.write("code", "0");
    let said = stage.call("run exp.yaml").expect(1);
    let status = stage.status();
    assert_eq!(status.word("a"), "not-started", "{}", said.out);
    assert!(status.reason("a").contains("results/b.csv"), "{}", status.reason("a"));
    assert!(!stage.path("results/a.csv").exists());
    fs::rename(&foreign, stage.path("mine.csv")).unwrap();
    stage.call("run exp.yaml").expect(0);
    // Of a glob, too, what the attempt before wrote is put aside.
    stage.call("retry exp.yaml a").expect(0);
    wait_for("the third attempt", || {
        fs::read_to_string(stage.path("results/a.csv")).is_ok_and(|text| text == "attempt 3").then_some(())
    });
    assert_eq!(text(&stage.path("results/a.csv.attempt-2")), "attempt 2");
}

#[test]
fn what_would_take_the_place_of_something_kept_is_not_put_aside() {
    let stage = Stage::new();
    writing(&stage, ", outputs: ['results/${name}.csv']");
    stage.write("code", "3");
    stage.call("run exp.yaml").expect(1);
    let kept = stage.path("results/a.csv.attempt-1");
    fs::write(&kept, "a person's").unwrap();
    stage.call("run exp.yaml").expect(1);
    assert_eq!(stage.status().word("a"), "not-started");
    assert_eq!((text(&kept), text(&stage.path("results/a.csv"))), ("a person's".to_owned(), "attempt 1".to_owned()));
    // An output with the number of its attempt needs no other name.
    stage.write("writes.py", &WRITES.replace("sys.argv[1]", "'results/' + sys.argv[2] + '.csv'"));
    writing_each(&stage);
    stage.write("code", "0");
    stage.call("run exp.yaml").expect(0);
    assert_eq!(text(&stage.path("results/3.csv")), "attempt 3");
}

fn writing_each(stage: &Stage) {
    stage.experiment(
        "",
        "  - {name: a, script: writes.py, args: [x, '${attempt}'], success: {exit_codes: 0},\n\
         \x20    outputs: ['results/${attempt}.csv']}\n",
    );
}
