//! Results of several dumps of each simulation: a row for each of them, and all of them added up.

use std::collections::BTreeMap;

use crate::stage::{Said, Stage};

/// A script that writes the dumps that its arguments are: `from-to:insts:cycles`, in ticks. With `?` for them it tells no ticks.
const SCRIPT: &str = r#"
import os, sys
with open(os.path.join(os.environ["OUT"], "stats.txt"), "w") as stats:
    for number, word in enumerate(sys.argv[1:]):
        ticks, insts, cycles = word.split(":")
        stats.write(f"\n---------- Begin Simulation Statistics : part {number} ----------\n")
        if ticks != "?":
            start, end = map(int, ticks.split("-"))
            stats.write(f"simTicks {end - start} # t (Tick)\nfinalTick {end} # t (Tick)\n")
        stats.write("simFreq 1000000000000 # f ((Tick/Second))\n")
        stats.write(f"simInsts {insts} # i (Count)\nsystem.cpu.numCycles {cycles} # c (Cycle)\n")
        stats.write(f"system.cpu.ipc {int(insts) / int(cycles)} # i ((Count/Cycle))\n")
        stats.write("\n---------- End Simulation Statistics   ----------\n")
print("Exiting @ tick 3000 because m5_exit instruction encountered")
"#;

const RESULTS: &str = "results:
  metrics:
    ipc: simInsts / system.cpu.numCycles
    ready: {stat: system.cpu.ipc}
    ticks: simTicks / simFreq
  dump: DUMP
  views:
    start: {metric: ready, dump: first}
";

/// Three apart from each other, one of which is repeated at exit; the same from one reset; without ticks.
fn stage(dump: &str) -> Stage {
    let stage = Stage::new();
    stage.write("s.py", SCRIPT);
    let row = |name: &str, dumps: &str| {
        format!("  - {{name: {name}, script: s.py, args: [{dumps}], env: {{OUT: \"${{outdir}}\"}}}}\n")
    };
    let simulations = row(
        "apart",
        "'0-1000:100:200', '1000-2000:300:300', '2000-2000:0:1', '2000-4000:600:500', '2000-4000:600:500'",
    ) + &row("grown", "'0-1000:100:200', '0-2000:400:500'")
        + &row("silent", "'?:100:200', '?:300:300'");
    stage.experiment(&RESULTS.replace("DUMP", dump), &simulations);
    stage.call("run exp.yaml").expect(0);
    stage
}

type Rows = Vec<BTreeMap<String, String>>;

fn rows(said: &Said) -> Rows {
    csv::Reader::from_reader(said.out.as_bytes()).deserialize().map(Result::unwrap).collect()
}

fn of<'r>(rows: &'r Rows, name: &str, column: &str) -> Vec<&'r str> {
    rows.iter().filter(|row| row["simulation"] == name).map(|row| row[column].as_str()).collect()
}

#[test]
fn each_dump_is_a_row_and_no_table() {
    let stage = stage("each");
    // One of them tells no ticks, which is no value.
    let said = stage.call("results exp.yaml --format csv").expect(1);
    let rows = rows(&said);
    assert_eq!(of(&rows, "apart", "dump"), ["1", "2", "3", "4", "5"]);
    assert_eq!(of(&rows, "apart", "ipc"), ["0.5", "1", "0", "1.2", "1.2"]);
    assert_eq!(of(&rows, "apart", "dump_label")[3], "part 3");
    assert_eq!(of(&rows, "apart", "dump_from_tick"), ["0", "1000", "2000", "2000", "2000"]);
    assert_eq!(of(&rows, "silent", "ready"), ["0.5", "1"]);
    // What is kept tells the same once more.
    assert_eq!(stage.call("results exp.yaml --format csv").expect(1).out, said.out);
    for table in ["results exp.yaml", "results exp.yaml --effects", "plot exp.yaml"] {
        let refused = stage.call(table).expect(2);
        assert!(refused.err.contains("--format csv") && refused.out.is_empty(), "{refused:#?}");
    }
    stage.call("results exp.yaml --dump last --metric ready").expect(0);
}

#[test]
fn dumps_apart_are_added_up_and_others_say_why_not() {
    let stage = stage("{sum: all}");
    let said = stage.call("results exp.yaml --format csv").expect(1);
    let rows = rows(&said);
    // 1000 instructions in 1000 cycles; a mean of the three would be another number.
    assert_eq!((of(&rows, "apart", "ipc"), of(&rows, "apart", "ready")), (vec!["1"], vec![""]));
    assert_eq!(of(&rows, "apart", "ticks"), ["4e-9"]);
    let why = |name: &str, column: &str| of(&rows, name, &format!("why_{column}")).join(" ");
    assert_eq!(
        (why("apart", "ready"), why("grown", "ipc"), why("silent", "ipc")),
        ("refused".into(), "cumulative".into(), "unknown".into())
    );
    assert_eq!(of(&rows, "apart", "dump"), [""]);
    assert!(said.err.contains("dump 5 repeats dump 4"), "{}", said.err);
    let table = stage.call("results exp.yaml").expect(1);
    for told in ["sum of all dumps", "write it as a/b", "which a sum would count twice", "does not tell `finalTick`"] {
        assert!(table.out.contains(told), "{told}: {}", table.out);
    }
    assert_eq!(stage.call("results exp.yaml").expect(1).out, table.out);
    // The same by a flag.
    assert_eq!(stage.call("results exp.yaml --dump sum:all").expect(1).out, table.out);
    stage.call("plot exp.yaml --metric ipc").expect(1);
    stage.call("results exp.yaml --dump sum:first").expect(2);
    // A view of another dump has the numbers of that.
    stage.call("report exp.yaml -o report.md");
    let report = std::fs::read_to_string(stage.path("report.md")).unwrap();
    let (_, view) = report.split_once("start").unwrap();
    assert!(report.contains("sum of all dumps") && view.contains("dump first") && view.contains("0.5"), "{report}");
    stage.call("stats exp.yaml --dump sum:all").expect(2);
}
