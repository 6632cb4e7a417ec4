//! What a person sees and copies: plans, logs, messages. And the demo.

use std::fs;

use nix::sys::signal::Signal;

use crate::stage::{Said, Stage, wait_for};

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
