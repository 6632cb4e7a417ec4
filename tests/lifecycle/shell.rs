//! What a person sees and copies: plans, logs, messages. And the demo.

use std::fs;

use nix::sys::signal::Signal;

use crate::stage::{Said, Stage, json_lines, wait_for};

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

/// Escape sequences that set titles, clear screens, write clipboards and reprogram keys; C1 controls, raw and as UTF-8;
/// direction marks; what is no UTF-8.
const ATTACK: &str = r"\x1b]0;title\x07 \x1b[2J \x1b]52;c;AAAA\x1b\\ \x1bP+q\x1b\\ \x9b31m \x90q\x9c \xc2\x9b5n \r over \x08 \x7f \xff\xfe \xe2\x80\xae";

#[test]
fn escape_sequences_of_a_simulation_reach_no_terminal() {
    let stage = Stage::new();
    let script = format!(
        "import os\nattack = b'{ATTACK}'\nos.write(1, b'log ' + attack + b'\\n')\nos.write(2, b'panic: bad ' + attack + b'\\n')\n\
         raise ValueError('cause \\x1b]0;title\\x07 \\x9b31m \\u202e end')\n"
    );
    stage.write("attack.py", &script);
    stage.experiment("", "  - {name: a, script: attack.py}\n");
    let run = harmless(stage.call("run exp.yaml").expect(1));
    assert!(run.out.contains("cause"), "the cause must be told: {}", run.out);
    let raw = fs::read(stage.attempt("a", 1).simout()).unwrap();
    assert!(raw.contains(&0x1b) && raw.contains(&0x9b), "the file itself is kept as it is");
    let log = harmless(stage.call("logs exp.yaml a").expect(0));
    assert!(log.out.starts_with("log ") || log.out.contains(" over "), "{}", log.out);
    harmless(stage.call("logs exp.yaml a --stderr").expect(0));
    let status = harmless(stage.call("status exp.yaml").expect(1));
    assert!(status.out.contains("python-error"), "{}", status.out);
    // JSON says it all, in ASCII.
    let json = stage.call("status exp.yaml --json").expect(1);
    assert!(json.out.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')), "{}", json.out);
    assert!(json_lines(&json.out)[0]["reason"].as_str().unwrap().contains('\u{202e}'));
    let again = stage.call("run exp.yaml --json").expect(1);
    assert!(again.out.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')), "{}", again.out);
}

#[test]
fn escape_sequences_of_an_experiment_file_reach_no_terminal() {
    let stage = Stage::new();
    let evil = r#""\e]0;title\a \e[2J \x9b31m \u202e""#;
    let simulation =
        format!("  - {{name: a, script: gate.py, args: [a, {evil}], with: {{x: {evil}}}, env: {{X: {evil}}}}}\n");
    stage.experiment("", &simulation);
    stage.open("a", 0);
    for verb in ["plan", "run", "status"] {
        harmless(stage.call(&format!("{verb} exp.yaml")).expect(0));
    }
    let argv = fs::read_to_string(stage.attempt("a", 1).spec()).unwrap();
    assert!(argv.contains("\\u001b]0;title"), "the argument itself is passed on: {argv}");
    // Everything that can be wrong, said with the text that is wrong.
    let wrong = [
        format!("{evil}: 1\nsimulations: [{{name: a, script: gate.py}}]\n"),
        format!("name: {evil}\ngem5: python3\nsimulations: [{{name: {evil}, script: gate.py}}]\n"),
        format!("gem5: {evil}\nsimulations: [{{name: a, script: {evil}}}]\n"),
        format!("gem5: python3\nsimulations: [{{name: a, script: gate.py, needs: [{evil}], goal: {evil}}}]\n"),
        "gem5: python3\nsimulations: [{name: a, script: \"\u{1b}[2J\"}]\n".to_owned(),
        "\u{9b}2J\u{1b}[2J: [\n".to_owned(),
    ];
    for text in wrong {
        stage.write("wrong.yaml", &text);
        for verb in ["run", "plan", "cancel"] {
            let said = harmless(stage.call_with(&[verb, "wrong.yaml"]).expect(2));
            assert!(!said.err.is_empty());
        }
        // A look takes no offence at a script that is not there.
        let look = harmless(stage.call_with(&["status", "wrong.yaml"]));
        assert!(matches!(look.code, Some(0 | 2)), "{look:?}");
    }
    // And on the command line.
    for args in [["logs", "exp.yaml", "\u{1b}[2J\u{9b}"], ["cancel", "exp.yaml", "\u{1b}]0;x\u{7}*"]] {
        harmless(stage.call_with(&args).expect(2));
    }
    harmless(stage.call_with(&["run", "\u{1b}[2J.yaml"]).expect(2));
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
