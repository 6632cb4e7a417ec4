//! F51: names that would lead away from the experiment directory.

use std::fs;

use crate::stage::{Stage, contents};

/// Names that cannot be those of directories, as YAML that means just them.
fn strange_names() -> Vec<String> {
    let long = "x".repeat(300);
    let names = [
        "../../x",
        "..",
        ".",
        "-rf",
        "--outdir=x",
        "a/b",
        "/etc/x",
        "a\nb",
        "a\u{1b}[2J",
        "\u{1f980}",
        "caf\u{e9}",
        "a b",
        "~",
        "",
        " ",
        "latest",
        "engine.lock",
        ".hidden",
        "a\\b",
        "*",
        &long,
    ];
    names.map(|name| serde_json::Value::from(name).to_string()).to_vec()
}

/// The message points at the place: a line and a column, both counted from one.
#[track_caller]
fn assert_refused_at(stage: &Stage, text: &str, needle: &str) {
    stage.write("exp.yaml", text);
    let line = text.lines().position(|line| line.contains(needle)).unwrap();
    let column = text.lines().nth(line).unwrap().split(needle).next().unwrap().chars().count();
    let place = format!("exp.yaml:{}:{}", line + 1, column + 1);
    for verb in ["run", "plan", "status"] {
        let said = stage.call(&format!("{verb} exp.yaml")).expect(2);
        assert!(said.err.contains(&place), "no {place} in {}", said.err);
        assert!(said.err.contains("cannot be the name of"), "{}", said.err);
    }
}

#[test]
fn f51_names_that_are_no_directory_names_are_refused_with_their_place() {
    let stage = Stage::new();
    let before = contents(stage.path("").as_path()).len();
    for name in strange_names() {
        let text = format!("gem5: python3\noutdir: out\nsimulations:\n  - script: gate.py\n    name: {name}\n");
        assert_refused_at(&stage, &text, &name);
    }
    let after = contents(stage.path("").as_path());
    assert_eq!(after.len(), before + 1, "nothing but the file itself: {:?}", after.keys());
    assert!(!stage.path("out").exists() && !stage.path("x").exists());
}

#[test]
fn f51_values_in_names_have_labels_that_a_directory_can_have_and_the_experiment_is_refused() {
    let stage = Stage::new();
    for name in ["\"../../x\"", "\"a/b\"", "\"\\n\"", "\"\u{1f980}\""] {
        let head =
            "gem5: python3\noutdir: out\nsimulations:\n  - script: gate.py\n    args: [\"${p}\"]\n    name: s-${p}\n";
        for values in [format!("matrix: {{p: [ok, {name}]}}"), format!("with: {{p: {name}}}")] {
            // A value has a label that a directory can have, whatever it says to the script.
            stage.write("exp.yaml", &format!("{head}    {values}\n"));
            let planned = stage.call("plan exp.yaml --json").expect(0).json();
            let names: Vec<&str> = planned.iter().map(|row| row["name"].as_str().unwrap()).collect();
            let is_plain = |name: &&str| {
                name.starts_with("s-") && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            };
            assert!(names.iter().all(is_plain), "{values}: {names:?}");
        }
        let text = format!("gem5: python3\nname: {name}\nsimulations:\n  - {{script: gate.py, name: a}}\n");
        assert_refused_at(&stage, &text, name);
    }
    assert!(!stage.path("out").exists() && !stage.path("runs").exists() && !stage.path("x").exists());
}

#[test]
fn f51_the_longest_name_that_is_allowed_is_a_directory_like_any_other() {
    let stage = Stage::new();
    let name = format!("a{}", "-_.Z9".repeat(20)).chars().take(100).collect::<String>();
    stage.gates("", &[&name]);
    stage.open(&name, 0);
    stage.call("run exp.yaml").expect(0);
    assert!(fs::metadata(stage.attempt(&name, 1).exit()).unwrap().is_file());
}
