//! F69: causes, names, lists and numbers of files of any size. Each costs its own row, and no line of the protocol is longer than
//! one that is read.

mod lines;

use std::fs;

use gem5_tui::protocol::bounds::CHECKPOINTS;
use gem5_tui::rundir::atomic::write_json;
use gem5_tui::rundir::record::{End, Exit, Moment};
use serde_json::Value;

use crate::stage::{Stage, gate, wait_for};

/// Functions that raise what no line of the protocol holds.
const RAISES: &str = "
def long(length):
    raise ValueError('bad config: ' + 'x' * length)

def escapes(length):
    raise ValueError('\\x1b' * length)

def lines(count):
    raise ValueError('\\n'.join('line %d' % at for at in range(count)))

def fine():
    return 1
";

fn function(name: &str, call: &str, args: &str) -> String {
    format!("  - {{name: {name}, target: 'raises:{call}', args: [{args}]}}\n")
}

/// The lengths of all texts in a JSON value, the longest one.
fn longest_text(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(longest_text).max().unwrap_or(0),
        Value::Object(fields) => fields.values().map(longest_text).max().unwrap_or(0),
        _ => 0,
    }
}

#[test]
fn f69_an_exception_of_any_length_costs_its_own_row_and_nothing_else() {
    let stage = Stage::new();
    stage.write("raises.py", RAISES);
    let functions = [
        function("long", "long", "400000"),
        function("escapes", "escapes", "200000"),
        function("lines", "lines", "100000"),
        function("fine", "fine", ""),
    ];
    stage.experiment("concurrency: 1", &(functions.concat() + &gate("gated", "")));
    let engine = stage.engine("");
    stage.wait_entered(&["gated"]);
    // An end is concluded while the next one runs already.
    for name in ["long", "escapes", "lines"] {
        stage.wait_word(name, "python-error");
    }
    stage.wait_word("fine", "ok");
    // The engine answers while all of it is in its rows.
    let status = stage.status();
    assert_eq!(status.summary["engine"], true);
    for name in ["long", "escapes", "lines"] {
        assert_eq!(status.word(name), "python-error");
        assert!(longest_text(&status.sims[name]) < 8 << 10, "{name}");
    }
    assert_eq!((status.word("fine"), status.word("gated")), ("ok", "running"));
    stage.call("retry exp.yaml long").expect(0);
    stage.call("pause exp.yaml gated").expect(0);
    stage.call("resume exp.yaml gated").expect(0);
    // The whole of it stays where it was written, and is shown to whoever asks for it.
    let shown = stage.call("show exp.yaml escapes --json").expect(0).json().remove(0);
    assert_eq!(shown["attempts"][0]["result"]["message"].as_str().unwrap().len(), 200_000);
    assert!(stage.call("show exp.yaml long --attempt 1").expect(0).out.contains(&"x".repeat(400_000)));
    stage.open("gated", 0);
    stage.wait_word("gated", "ok");
    engine.finish().expect(0);
    // `run` tells each of them, and why.
    let run = stage.call("run exp.yaml --json").expect(1).json();
    assert_eq!(run.last().unwrap()["counts"]["not_ok"], 3);
    assert!(run.iter().any(|line| line["simulation"] == "long" && line["to"] == "python-error"));
    assert!(fs::metadata(stage.outdir().log()).unwrap().len() < 1 << 20, "the log has not all of it either");
}

/// Makes attempts that have ended with a cause of this length, as an experiment of years has them.
fn forge_attempts(stage: &Stage, name: &str, count: u32, cause_length: usize) {
    for number in 1..=count {
        let attempt = stage.attempt(name, number);
        fs::create_dir_all(attempt.path()).unwrap();
        let end = End::NotStarted { reason: format!("{number} {}", "\u{7}".repeat(cause_length)), of_machine: false };
        let exit = Exit::new(end, Moment::now());
        // Not synced: it is about their number.
        fs::write(attempt.exit(), serde_json::to_vec(&exit).unwrap()).unwrap();
    }
}

#[test]
fn f69_any_number_of_attempts_is_told_by_the_newest_ones_and_a_count() {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    forge_attempts(&stage, "a", 1_500, 300);
    let told = |status: &crate::stage::Status| {
        let (attempts, sim) = (status.attempts("a") as u64, &status.sims["a"]);
        assert!(attempts > 20 && attempts < 1_000, "{attempts}");
        assert_eq!(attempts + sim["left_out"]["attempts"].as_u64().unwrap(), 1_500);
        assert_eq!(sim["attempts"].as_array().unwrap().last().unwrap()["number"], 1_500);
        assert_eq!(status.word("a"), "not-started");
        assert!(sim.to_string().len() < 200 << 10, "{}", sim.to_string().len());
    };
    told(&stage.status());
    let engine = stage.engine("--held");
    told(&stage.status());
    // One that is left out can be looked at all the same.
    let shown = stage.call("show exp.yaml a --attempt 1 --json").expect(0).json().remove(0);
    assert_eq!(shown["attempts"][0]["number"], 1);
    assert!(shown["attempts"][0]["exit"]["end"]["reason"].as_str().unwrap().starts_with("1 "));
    stage.call("show exp.yaml a --attempt 1501").expect(2);
    engine.kill();
}

#[test]
fn f69_any_number_of_checkpoints_is_told_by_the_last_ones_and_a_count() {
    const COUNT: u64 = 20_000;
    let stage = Stage::new();
    stage.gates("concurrency: 2", &["a", "b"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a", "b"]);
    let m5out = stage.attempt("a", 1).m5out();
    for tick in 1..=COUNT {
        fs::create_dir(m5out.join(format!("cpt.{}", 1_000_000_000_000 + tick))).unwrap();
    }
    let sim = wait_for("all checkpoints to be counted", || {
        let mut status = stage.status();
        let sim = status.sims.remove("a").unwrap();
        let told = sim["checkpoints"].as_array().unwrap().len() as u64;
        (told + sim["left_out"]["checkpoints"].as_u64().unwrap_or(0) == COUNT).then_some(sim)
    });
    let told = sim["checkpoints"].as_array().unwrap();
    assert_eq!(told.len(), CHECKPOINTS);
    assert_eq!(told.last().unwrap(), 1_000_000_000_000 + COUNT);
    stage.call("cancel exp.yaml b").expect(0);
    let inspected = stage.call_with(&["inspect", m5out.to_str().unwrap(), "--json"]).json().remove(0);
    let listed = inspected["checkpoints"].as_array().unwrap().len() as u64;
    assert_eq!(listed + inspected["earlier_checkpoints"].as_u64().unwrap_or(0), COUNT);
    stage.open("a", 0);
    stage.wait_word("a", "ok");
    engine.finish().expect(0);
}

#[test]
fn f69_records_that_hold_any_text_are_told_in_bounds() {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    stage.open_all(&["a", "b"], 0);
    stage.call("run exp.yaml").expect(0);
    let attempt = stage.attempt("a", 1);
    // Each of them is a record that can be read, and has megabytes in one field.
    let long = "\u{1b}".repeat(3 << 20);
    let exit = |end: End| Exit { end, ..stage.exit("b", 1) };
    let spoilt = [
        exit(End::Signaled { signal: 99, name: long.clone() }),
        exit(End::NotStarted { reason: long.clone(), of_machine: false }),
        exit(End::NotStarted { reason: long, of_machine: true }),
    ];
    for exit in spoilt {
        write_json(&attempt.exit(), &exit).unwrap();
        let _ = fs::remove_file(attempt.outcome());
        let engine = stage.engine("--held");
        let status = stage.status();
        assert_eq!((status.word("b"), &status.summary["engine"]), ("ok", &true.into()));
        assert!(status.sims["a"].to_string().len() < 64 << 10);
        engine.kill();
    }
    // What an earlier release derived, at any length.
    write_json(&attempt.exit(), &Exit { written: Vec::new(), ..stage.exit("b", 1) }).unwrap();
    let outcome = serde_json::json!({
        "format": 1, "gem5_tui": env!("CARGO_PKG_VERSION"),
        "outcome": {"kind": "panic", "cause": "x".repeat(3 << 20), "place": "y".repeat(3 << 20)},
    });
    write_json(&attempt.outcome(), &outcome).unwrap();
    let engine = stage.engine("--held");
    let status = stage.status();
    assert_eq!((status.word("a"), status.word("b")), ("panic", "ok"));
    assert!(status.sims["a"].to_string().len() < 64 << 10);
    engine.kill();
}
