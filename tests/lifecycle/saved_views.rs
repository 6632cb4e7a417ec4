//! Tables that a person named in the dashboard, by the command.

use crate::stage::Stage;

const SCRIPT: &str = r#"
import os, sys
with open(os.path.join(os.environ["OUT"], "stats.txt"), "w") as stats:
    stats.write("\n---------- Begin Simulation Statistics ----------\nsimTicks 1000 # Ticks (Tick)\nfinalTick 1000 # Ticks (Tick)\n"
                f"simInsts {1000 * int(sys.argv[1])} # Instructions (Count)\n"
                "\n---------- End Simulation Statistics   ----------\n")
print("Exiting @ tick 1000 because m5_exit instruction encountered")
"#;

const RESULTS: &str = "results:
  metrics: {insts: simInsts, ticks: simTicks}
  views:
    other: {metric: ticks}
";

#[test]
fn a_saved_view_is_one_of_the_experiment_unless_the_file_names_it() {
    let stage = Stage::new();
    stage.write("s.py", SCRIPT);
    stage.experiment(
        RESULTS,
        "  - {name: \"s-${n}\", script: s.py, matrix: {n: [1, 2]}, args: [\"${n}\"], env: {OUT: \"${outdir}\"}}\n",
    );
    stage.call("run exp.yaml").expect(0);
    stage.call("results exp.yaml mine").expect(2);
    let of_file = stage.call("results exp.yaml other").expect(0);
    let view = |name: &str| {
        format!(
            r#"{{"name": "{name}", "metrics": ["insts"], "table": {{"baseline": [["n", "1"]], "compare": "difference"}}}}"#
        )
    };
    stage.write("out/views.json", &format!(r#"{{"format": 1, "views": [{}, {}]}}"#, view("mine"), view("other")));
    let mine = stage.call("results exp.yaml mine").expect(0);
    assert!(mine.out.contains("difference to n=1") && mine.out.contains("simInsts"), "{}", mine.out);
    assert_eq!(stage.call("results exp.yaml other").expect(0).out, of_file.out, "the file has the last word");
    // What is no record of ours is told, and keeps nobody from a table.
    stage.write("out/views.json", "my own notes");
    let told = stage.call("results exp.yaml other").expect(0);
    assert!(told.out == of_file.out && told.err.contains("views.json"), "{}", told.err);
}
