//! Plans that grow: an axis has what an earlier stage made.

use std::fs;

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::ExperimentRecord;
use nix::sys::signal::Signal;

use crate::stage::{Stage, wait_for};

/// Makes as many checkpoints in its output directory as its gate says, and as its second argument says more of it.
const MAKE: &str = r#"import sys
here = os.path.dirname(os.path.abspath(__file__))
out, name = sys.argv[1], sys.argv[2]
wait(os.path.join(here, "gate-" + name))
count = int(open(os.path.join(here, "gate-" + name)).read())
if count < 0:
    sys.exit(3)
for number in range(count):
    os.mkdir(os.path.join(out, "cpt.%d" % (number + 1)))
"#;

const RESTORE: &str = "import os, sys\nprint(os.listdir(sys.argv[1]), sys.argv[1], flush=True)\n";

/// A stage that makes checkpoints, one simulation for each of them, and one that needs all of these.
fn stages(stage: &Stage) {
    stage.script("make.py", MAKE);
    stage.write("restore.py", RESTORE);
    let text = "  - {name: make, script: make.py, args: ['${outdir}', make]}\n\
                \x20 - {name: 'go-${cpt}', script: restore.py, args: ['${cpt}'], matrix: {cpt: {from: '${needs.make.outdir}/cpt.*'}}}\n\
                \x20 - {name: table, script: restore.py, args: ['.'], needs: ['go-*']}\n";
    stage.experiment("concurrency: 2", text);
}

fn log(stage: &Stage, name: &str) -> String {
    fs::read_to_string(stage.attempt(name, 1).simout()).unwrap()
}

#[test]
fn a_plan_grows_by_what_a_stage_has_made_and_nothing_runs_before_it_is_known() {
    let stage = Stage::new();
    stages(&stage);
    let planned = stage.call("plan exp.yaml --json").expect(0).json();
    let awaited: Vec<&str> = planned.iter().filter_map(|line| line["awaiting"].as_str()).collect();
    assert_eq!(awaited, ["go-${cpt}", "table"]);
    let run = stage.start("run exp.yaml --json");
    wait_for("the stage to run", || stage.has_attempt("make", 1).then_some(()));
    assert_eq!(stage.status().count("awaiting"), 2);
    stage.open("make", 2);
    run.finish().expect(0);
    let made = stage.attempt("make", 1).m5out();
    for name in ["go-cpt.1", "go-cpt.2"] {
        assert!(log(&stage, name).contains(made.to_str().unwrap()), "{}", log(&stage, name));
    }
    let last = ["go-cpt.1", "go-cpt.2"].map(|name| stage.exit(name, 1).at.boot_ms).into_iter().max();
    assert!(Some(stage.started("table", 1).at.boot_ms) >= last);
    // Whoever comes later finds the same plan, and nothing runs again.
    let status = stage.status();
    assert_eq!((status.count("total"), status.count("ok"), status.count("awaiting")), (4, 4, 0));
    stage.call("run exp.yaml").expect(0);
    assert!(!stage.has_attempt("table", 2) && !stage.has_attempt("make", 2));
}

#[test]
fn a_stage_that_makes_nothing_is_no_success_of_the_experiment() {
    let stage = Stage::new();
    stages(&stage);
    stage.open("make", 0);
    stage.call("run exp.yaml").expect(1);
    let status = stage.status();
    assert_eq!((status.word("make"), status.count("total"), status.count("awaiting")), ("ok", 1, 2));
}

#[test]
fn a_stage_that_fails_leaves_what_it_would_have_made_unknown_until_it_is_ok() {
    let stage = Stage::new();
    stages(&stage);
    stage.open("make", -1);
    stage.call("run exp.yaml").expect(1);
    assert_eq!(stage.status().count("awaiting"), 2);
    stage.open("make", 1);
    stage.call("run exp.yaml").expect(0);
    assert!(log(&stage, "go-cpt.1").contains("make/attempt-2/m5out/cpt.1"), "{}", log(&stage, "go-cpt.1"));
}

#[test]
fn a_stage_that_ends_while_no_engine_lives_is_grown_by_with_the_next_one() {
    let stage = Stage::new();
    stages(&stage);
    let mut engine = stage.engine("");
    stage.wait_word("make", "running");
    engine.signal(Signal::SIGKILL);
    wait_for("the engine's end", || (!engine.is_alive()).then_some(()));
    stage.open("make", 1);
    wait_for("the end of the stage", || stage.exit_if_any("make"));
    stage.call("run exp.yaml").expect(0);
    assert_eq!(stage.status().count("ok"), 3);
}

#[test]
fn a_stage_that_runs_again_and_makes_something_else_is_grown_by_again() {
    let stage = Stage::new();
    stages(&stage);
    stage.open("make", 1);
    stage.call("run exp.yaml").expect(0);
    stage.open("make", 2);
    stage.call("retry exp.yaml make").expect(0);
    wait_for("the end of the table of all", || {
        let status = stage.status();
        let is_done = status.count("total") == 4 && status.count("ok") == 4;
        (is_done && stage.has_attempt("make", 2) && stage.has_attempt("go-cpt.2", 1)).then_some(())
    });
    // What collected one result is told to be out of date, and is made anew when that is asked for.
    let planned = stage.call("plan exp.yaml --json").expect(0).json();
    let table = planned.iter().find(|line| line["name"] == "table").unwrap();
    let changed: Vec<&str> = table["changed"].as_array().unwrap().iter().filter_map(|what| what.as_str()).collect();
    assert!(changed.contains(&"needs changed"), "{changed:?}");
    stage.call("run exp.yaml --changed").expect(0);
    assert!(stage.has_attempt("table", 2));
}

#[test]
fn a_file_whose_name_is_no_text_keeps_no_engine_waiting() {
    let stage = Stage::new();
    stages(&stage);
    stage.script("make.py", "import sys\nopen(os.fsencode(sys.argv[1]) + b'/cpt.\\xe9', 'w').close()\n");
    let said = stage.call("run exp.yaml").expect(1);
    assert!(said.err.contains("not UTF-8"), "{}", said.err);
    stage.call("status exp.yaml").expect(0);
}

#[test]
fn what_a_suite_has_spawned_stays_when_a_stage_makes_something_else() {
    let stage = Stage::new();
    stages(&stage);
    stage.write("sim.py", "def run(x):\n    return x\n");
    stage
        .write("test.py", "from gem5.utils.multiprocessing import Pool\nimport sim\nprint(Pool().map(sim.run, [1]))\n");
    let text = fs::read_to_string(stage.path("exp.yaml")).unwrap();
    stage.write("exp.yaml", &(text + "  - {suite: test.py, needs: [make]}\n"));
    stage.open("make", 2);
    // The options of the others are gem5's.
    stage.call("run exp.yaml").expect(0);
    assert_eq!(stage.status().word("test.run-1"), "ok");
    stage.open("make", 3);
    stage.call("retry exp.yaml make").expect(0);
    wait_for("a third", || stage.exit_if_any("go-cpt.3"));
    // As the engine knows it, which has not read its file anew.
    let record: ExperimentRecord = read_json(&stage.outdir().experiment_record()).unwrap().unwrap();
    let spawned = record.plan.simulations.iter().find(|simulation| simulation.name == "test.run-1").unwrap();
    assert!(!spawned.gone && spawned.needs.len() == 1);
}
