//! F70: experiment files that ask for everything that the machine has.

use std::process::Command;

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::ExperimentRecord;

use crate::stage::{PATIENCE, Running, Stage};

/// 512 MiB of address space, of which most is libraries and stacks: each of these files would want gigabytes.
const SPACE: u64 = 512 << 10;

const HEAD: &str = "gem5: gem5-standin\n";

/// A file with something of any form beside its simulation.
fn beside(value: &str) -> String {
    format!("{HEAD}x-a: {value}\nsimulations:\n- {{name: a, script: gate.py}}\n")
}

/// A file with one sweep.
fn sweep(rest: &str) -> String {
    entries(&format!("- {{name: 'a${{i}}', script: gate.py, {rest}}}\n"))
}

fn entries(text: &str) -> String {
    format!("{HEAD}simulations:\n{text}")
}

fn list(item: &str, count: usize) -> String {
    vec![item; count].join(",")
}

fn numbered(count: usize, item: fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(",")
}

/// What is written in the file itself, with what is said of it.
fn written() -> Vec<(String, &'static str)> {
    let text = "y".repeat(1_000_000);
    let marked = (0..40).map(|n| format!("&a{n} [")).collect::<Vec<_>>().concat();
    vec![
        (beside(&("[".repeat(100_000) + &"]".repeat(100_000))), "levels of lists"),
        (beside(&"[".repeat(300_000)), "levels of lists"),
        (beside(&"{a: ".repeat(100_000)), "levels of lists"),
        (beside(&("\n  ".to_owned() + &"- ".repeat(300_000))), "levels of lists"),
        (sweep(&format!("args: ['{}'], matrix: {{i: [1]}}", "${i".repeat(300_000))), "never closed"),
        (beside(&format!("[&b {text}, {}]", list("*b", 100_000))), "MiB of text"),
        (beside(&(marked + &list("x", 50_000) + &"]".repeat(40))), "values"),
        (beside(&format!("[{}]", list("1", 600_000))), "values"),
        (entries(&"- {nmae: a, scrpt: b, timeout: c}\n".repeat(20_000)), "unknown key"),
    ]
}

/// What it would become, likewise.
fn expanded() -> Vec<(String, &'static str)> {
    let text = "y".repeat(100_000);
    let many = "${s}".repeat(500);
    let range = "i: {range: [1, 100000]}";
    let constant = format!("with: {{s: {text}}}, matrix: {{{range}}}");
    let defaults = format!("{HEAD}defaults: {{gem5_args: [{}]}}\nsimulations:\n", list("x", 100_000));
    let axes = |count| numbered(count, |n| format!("p{n}: [1]"));
    let excluded = numbered(98, |n| format!("{{j: {}}}", n + 1));
    let product = format!("matrix: {{i: {{range: [1, 1000]}}, j: {{range: [1, 99]}}, exclude: [{excluded}]}}");
    let named = "name: 'a${i}', script: gate.py";
    let long = format!("name: 'b${{i}}{}', script: gate.py, matrix: {{i: {{range: [1, 900]}}}}", "y".repeat(90));
    let needing = "needs: ['b*'], matrix: {i: {range: [1, 1000]}}";
    let searching =
        |n: usize| format!("- {{name: a{n}, script: gate.py, success: {{log: 'a{{{}}}{{90}}'}}}}\n", 300 + n);
    vec![
        (sweep(&format!("{constant}, args: ['{many}']")), "128 KiB"),
        (sweep(&constant).replace("a${i}", &many), "56 MiB"),
        (sweep(&format!("{constant}, args: [{}]", list("'${s}'", 10_000))), "56 MiB"),
        (defaults + &"- script: gate.py\n".repeat(20_000), "56 MiB"),
        (sweep(&format!("matrix: {{{}, {range}}}", axes(20_000))), "256 parameters"),
        (sweep(&format!("matrix: {{{}, {range}}}", axes(200))), "56 MiB"),
        (entries(&format!("- {{{named}, {product}}}\n").repeat(20)), "points together"),
        (sweep(&format!("matrix: {{i: ['{text}']}}")), "64 KiB"),
        (sweep(&format!("watch: [{}], matrix: {{i: [1]}}", numbered(5_000, |n| format!("w{n}")))), "1000 items"),
        (sweep("needs: ['*x${i}'], matrix: {i: {range: [1, 20000]}}"), "names"),
        (entries(&format!("- {{{long}}}\n- {{{named}, {needing}}}\n")), "56 MiB"),
        (entries(&(0..200).map(searching).collect::<Vec<_>>().concat()), "expressions"),
    ]
}

#[test]
fn f70_a_file_that_asks_for_too_much_is_refused_with_its_place_in_little_memory() {
    let stage = Stage::new();
    for (text, why) in written().into_iter().chain(expanded()) {
        stage.write("exp.yaml", &text);
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &format!("ulimit -v {SPACE}; exec \"$0\" plan exp.yaml"), env!("CARGO_BIN_EXE_gem5-tui")]);
        stage.surround(&mut shell);
        // What costs a second costs a debug build on a busy machine a minute.
        let said = Running::start(shell).finish_within(PATIENCE * 5);
        let start: String = said.err.chars().take(2_000).collect();
        assert_eq!(said.code, Some(2), "{why}: {start}");
        assert!(said.err.contains(why) && said.err.contains("exp.yaml:"), "{why}: {start}");
    }
}

#[test]
fn f70_an_argument_that_no_process_can_be_given_starts_nothing() {
    let stage = Stage::new();
    let long = "y".repeat(128 << 10);
    for setting in [format!("args: [a, {long}]"), format!("args: [a], env: {{A: {long}}}")] {
        stage.experiment("", &format!("  - {{name: a, script: gate.py, {setting}}}\n"));
        let said = stage.call("run exp.yaml").expect(2);
        assert!(said.err.contains("128 KiB") && said.err.contains("exp.yaml:8:"), "{}", said.err.len());
    }
    assert!(!stage.path("out").exists());
}

#[test]
fn f70_a_simulation_that_needs_ten_thousand_with_long_names_can_be_asked_for() {
    let stage = Stage::new();
    let others = format!(
        "  - {{name: 's${{i}}-{}', script: gate.py, args: ['s${{i}}'], matrix: {{i: {{range: [10001, 20000]}}}}}}\n",
        "x".repeat(93)
    );
    stage.experiment(
        "concurrency: 1",
        &format!("{others}  - {{name: collect, script: gate.py, args: [c], needs: ['s*']}}\n"),
    );
    let engine = stage.engine("");
    stage.wait_entered(&["s10001"]);
    // Each line but the summary is one of them.
    assert_eq!(stage.call("status exp.yaml --json").expect(0).json().len(), 10_002);
    stage.call("pause exp.yaml --queue").expect(0);
    stage.call("cancel exp.yaml collect").expect(0);
    stage.wait_word("collect", "cancelled");
    let record: ExperimentRecord = read_json(&stage.outdir().experiment_record()).unwrap().unwrap();
    assert_eq!(record.plan.simulations.last().unwrap().needs.len(), 10_000);
    stage.call("stop exp.yaml --cancel").expect(0);
    engine.finish().expect(0);
}
