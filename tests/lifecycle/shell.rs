//! What a person sees and copies: plans, logs, messages. And the demo.

use std::fs;
use std::process::Command;

use nix::sys::signal::Signal;

use crate::stage::{Running, Said, Stage, wait_for};

/// Nothing that a terminal would act on, and nothing that changes the direction of text.
#[track_caller]
fn assert_harmless(text: &str) {
    let harmful = |c: &char| {
        c.is_control() && *c != '\n'
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    if let Some(c) = text.chars().find(harmful) {
        panic!("{c:?} in {text:?}");
    }
}

#[track_caller]
fn harmless(said: Said) -> Said {
    assert_harmless(&said.out);
    assert_harmless(&said.err);
    said
}

#[test]
fn a_printed_command_can_be_copied_into_a_shell() {
    let stage = Stage::new();
    fs::create_dir(stage.path("a dir")).unwrap();
    stage.write(
        "argv.py",
        "import json, os, sys\nprint(json.dumps([sys.argv[1:], os.environ.get('WITH'), os.getcwd()]))\n",
    );
    let args = [
        "with space",
        "it's",
        "\"quoted\"",
        "$(touch ran)",
        "`touch ran`",
        ";touch ran",
        "*",
        "~",
        "-n",
        "",
        "a\\b",
        "#no",
        "é€",
        "!x",
    ];
    let yaml = serde_json::to_string(&args).unwrap().replace("$(", "$$(");
    let simulation = |yaml: &str| {
        format!(
            "  - {{name: a, script: argv.py, args: {yaml}, env: {{WITH: \"a 'b' $HOME\", HOME: null}}, cwd: 'a dir'}}\n"
        )
    };
    stage.experiment("", &simulation(&yaml));
    let mut said = stage.call("plan exp.yaml");
    if said.code != Some(0) {
        // A dollar needs no doubling where no placeholder follows.
        stage.experiment("", &simulation(&serde_json::to_string(&args).unwrap()));
        said = stage.call("plan exp.yaml");
    }
    let said = said.expect(0);
    assert!(!stage.path("out").exists(), "a plan writes nothing");
    let line = said.out.lines().find(|line| line.contains("argv.py") && !line.starts_with('#')).unwrap();
    let mut shell = Command::new("/bin/sh");
    stage.surround(&mut shell);
    shell.args(["-c", line]);
    let by_hand = Running::start(shell).finish().expect(0);
    let got: serde_json::Value = serde_json::from_str(&by_hand.out).unwrap();
    let told = &stage.call("plan exp.yaml --json").expect(0).json()[0];
    let planned: Vec<&str> = told["argv"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
    assert_eq!(got[0], serde_json::json!(planned[planned.len() - args.len()..]));
    assert_eq!(got[0], serde_json::json!(args));
    assert_eq!(got[1], "a 'b' $HOME");
    assert!(got[2].as_str().unwrap().ends_with("a dir"));
    assert!(!stage.path("ran").exists() && !stage.path("a dir/ran").exists(), "something was executed");
    // And the engine passes on the very same.
    stage.call("run exp.yaml").expect(0);
    assert_eq!(fs::read_to_string(stage.attempt("a", 1).simout()).unwrap(), by_hand.out);
}

#[test]
fn the_demo_unpacks_begins_and_can_be_interrupted() {
    let stage = Stage::new();
    let demo = stage.start("demo playground --headless");
    wait_for("a first simulation to run", || demo.shows(" running ").then_some(()));
    demo.signal(Signal::SIGINT);
    let said = harmless(demo.finish().expect(130));
    assert!(said.err.contains("stand-in"), "{}", said.err);
    assert!(stage.path("playground/configs/demo.yaml").exists());
    let status = stage.call("status playground/configs/demo.yaml --json").expect(1).json();
    let summary = status.last().unwrap();
    assert_eq!(summary["counts"]["running"], 0);
    assert_eq!((&summary["counts"]["total"], &summary["counts"]["queued"]), (&16.into(), &0.into()));
}

#[test]
fn the_demo_leaves_a_directory_of_somebody_elses_files_alone() {
    let stage = Stage::new();
    fs::create_dir(stage.path("thesis")).unwrap();
    stage.write("thesis/chapter.tex", "");
    let said = stage.call("demo thesis --headless").expect(1);
    assert!(said.err.contains("name another one"), "{}", said.err);
    assert_eq!(fs::read_dir(stage.path("thesis")).unwrap().count(), 1);
}
