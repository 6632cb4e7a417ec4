//! Which dump is the result, where a script writes several.

use serde_json::{Value, json};

use crate::stage::{Stage, gate, wait_for};

/// A script that writes the dumps of a region of interest and its tail: the first dump is the region, the second one goes on from
/// the same reset, the third one is empty.
const SCRIPT: &str = r#"
import os, sys
def dump(label, start, end, insts):
    ticks = end - start
    return (f"\n---------- Begin Simulation Statistics{label} ----------\nsimSeconds {ticks * 1e-12:.6f}\nsimTicks {ticks}\n"
            f"finalTick {end}\nsimInsts {insts}\nsystem.cpu.ipc {insts / 1000}\n\n---------- End Simulation Statistics   ----------\n")
with open(os.path.join(os.environ["OUT"], "stats.txt"), "w") as stats:
    stats.write(dump(" : ROI one", 1000000000, 3000000000, 500))
    stats.write(dump("", 1000000000, 4300000000, 700))
    if "empty" in sys.argv:
        stats.write(dump("", 4300000000, 4300000000, 0))
"#;

fn simulation(name: &str, args: &str, more: &str) -> String {
    format!(
        "  - {{name: {name}, script: dumps.py, args: [{args}], env: {{OUT: \"${{outdir}}\"}}, watch: [simInsts, ipc]{more}}}\n"
    )
}

fn stage(more: &str) -> Stage {
    let stage = Stage::new();
    stage.write("dumps.py", SCRIPT);
    stage.experiment("", &(simulation("tail", "", more) + &simulation("emptied", "empty", more)));
    stage
}

/// What `stats` prints of a simulation.
fn stats(stage: &Stage, args: &str) -> Value {
    stage.call(&format!("stats exp.yaml {args} --json")).expect(0).json().remove(0)
}

#[test]
fn a_dump_is_chosen_on_the_command_line_and_one_that_is_not_there_is_missing() {
    let stage = stage("");
    stage.call("run exp.yaml").expect(0);
    let instructions = |dump: &str| stats(&stage, &format!("emptied --dump {dump}"))["stats"]["simInsts"].clone();
    let chosen = ["last", "first", "2", "-2", "label:ROI*", "roi:2", "4", "label:nothing", "roi:3"].map(instructions);
    let none = Value::Null;
    assert_eq!(json!(chosen), json!([0, 500, 700, 700, 500, 700, none, none, none]));
    let missing = stats(&stage, "emptied --dump 4");
    assert!(missing["dump"].is_null() && missing["note"].as_str().unwrap().contains("dump 4"), "{missing}");
    let said = stage.call("stats exp.yaml emptied --dump 4").expect(0);
    assert!(said.out.contains(missing["note"].as_str().unwrap()), "{}", said.out);
    stage.call("stats exp.yaml --dump 0").expect(2);
}

#[test]
fn the_last_dump_says_that_it_counts_more_than_the_region_of_interest_or_nothing() {
    let stage = stage("");
    stage.call("run exp.yaml").expect(0);
    let told = |name: &str| {
        let dump = stats(&stage, name)["dump"].clone();
        let said = stage.call(&format!("stats exp.yaml {name}")).expect(0);
        assert!(said.err.contains(dump["remark"].as_str().unwrap()), "{}", said.err);
        ["number", "of", "relation", "earlier", "more_ticks"].map(|key| dump[key].clone())
    };
    assert_eq!(json!(told("tail")), json!([2, 2, "cumulative", 1, 1_300_000_000]));
    assert_eq!(json!(told("emptied")[..4]), json!([3, 3, "empty", 2]));
    // What is the same of many is said once.
    let many = simulation("a", "", "") + &simulation("b", "", "") + &simulation("c", "", "");
    stage.experiment("", &many);
    stage.call("run exp.yaml").expect(0);
    let said = stage.call("stats exp.yaml").expect(0);
    assert_eq!(said.err.lines().filter(|line| line.contains("spans")).count(), 1, "{}", said.err);
}

#[test]
fn the_dump_of_the_file_is_what_is_shown_and_another_one_runs_nothing_again() {
    let stage = stage("");
    stage.call("run exp.yaml").expect(0);
    let chosen = simulation("tail", "", ", dump: first") + &simulation("emptied", "empty", ", dump: {roi: 2}");
    stage.experiment("", &chosen);
    let said = stage.call("run exp.yaml --changed").expect(0);
    assert_eq!(said.err, "", "it changes nothing that a result is made from");
    assert!(!stage.has_attempt("tail", 2) && !stage.has_attempt("emptied", 2));
    assert_eq!(
        ["tail", "emptied"].map(|name| stats(&stage, name)["stats"]["simInsts"].clone()),
        [json!(500), json!(700)]
    );
    assert_eq!(stats(&stage, "tail")["dump"]["choice"], "first");
    // The engine shows the same in the columns. It stays for what runs.
    stage.experiment("", &(chosen + &gate("waits", "")));
    let engine = stage.engine("");
    let values = |name: &str| stage.status().sims[name]["values"][0].clone();
    wait_for("the columns", || (values("tail") == 500.0 && values("emptied") == 700.0).then_some(()));
    stage.open("waits", 0);
    engine.finish();
}

#[test]
fn what_is_watched_and_matches_nothing_is_told_with_what_would() {
    let stage = stage("");
    let unmatched =
        |stage: &Stage| stage.call("status exp.yaml --json").expect(0).json().pop().unwrap()["unmatched"].clone();
    assert_eq!(unmatched(&stage), json!([]), "before the first dump nobody knows");
    stage.call("run exp.yaml").expect(0);
    let told = unmatched(&stage);
    assert!(told[0].as_str().unwrap().contains("`ipc`") && told[0].as_str().unwrap().contains("`*.ipc`"), "{told}");
    let said = stage.call("status exp.yaml").expect(0);
    assert!(said.out.contains(told[0].as_str().unwrap()), "{}", said.out);
    assert_eq!(stats(&stage, "tail")["unmatched"], json!(["ipc"]));
}
