//! From a sweep with real processes to its tables.

use std::collections::BTreeMap;

use crate::stage::{Said, Stage, wait_for};

/// A script that writes the stats of a small system, with a baseline, a seed and a part that fails.
const SCRIPT: &str = r#"
import os, sys, time
l2, wl, seed = sys.argv[1:4]
cycles = {"256KiB": 2000, "1MiB": 1000}[l2] * {"mcf": 2, "lbm": 1, "gcc": 4}[wl] + 10 * int(seed)
def dump(label, ticks, end, factor):
    faults = "system.l2.faults 3 # Faults (Count)\n" if l2 == "256KiB" else ""
    return (f"\n---------- Begin Simulation Statistics{label} ----------\nsimSeconds {ticks * 1e-12:.6f} # (Second)\n"
            f"simTicks {ticks} # Ticks (Tick)\nfinalTick {end} # Ticks (Tick)\nsimFreq 1000000000000 # Frequency ((Tick/Second))\n"
            f"simInsts {1000 * factor} # Instructions (Count)\nsystem.cpu0.numCycles {cycles * factor} # Cycles (Cycle)\n"
            f"system.cpu1.numCycles 0 # Cycles (Cycle)\n{faults}"
            f"system.cpu0.ipc {1000 / cycles:.6f} # IPC ((Count/Cycle))\n\n---------- End Simulation Statistics   ----------\n")
if "wait" in sys.argv:
    with open(os.path.join(os.environ["OUT"], "stats.txt"), "w") as stats:
        stats.write(dump("", 1000, 1000, 1))
    while not os.path.exists("go"):
        time.sleep(0.01)
if "fail" in sys.argv:
    sys.exit(3)
with open(os.path.join(os.environ["OUT"], "stats.txt"), "w") as stats:
    stats.write(dump(" : before ---------- after", 1000000, 1000000, 1))
    stats.write(dump("", 3000000, 3000000, 2))
print("Exiting @ tick 3000000 because m5_exit instruction encountered")
"#;

const RESULTS: &str = "results:
  metrics:
    ipc: {value: \"simInsts / sum('*.numCycles')\", better: higher, digits: 3}
    faults: system.l2.faults
  baseline: {l2: 256KiB}
  views:
    raw: {metric: ipc, compare: none, only: {wl: mcf}}
";

fn sweep(name: &str, l2: &str, wl: &str, more: &str) -> String {
    format!(
        "  - {{name: \"{name}-${{l2}}-${{wl}}\", script: s.py, matrix: {{l2: {l2}, wl: {wl}}}, seeds: [1, 2],\n\
         \x20    args: [\"${{l2}}\", \"${{wl}}\", \"${{seed}}\"{more}], env: {{OUT: \"${{outdir}}\"}}, watch: [simTicks, \"*.numCycles\"]}}\n"
    )
}

fn stage(results: &str, simulations: &str) -> Stage {
    let stage = Stage::new();
    stage.write("s.py", SCRIPT);
    stage.experiment(results, simulations);
    stage
}

/// A table as programs read it: for each size its fields by the names of their columns. What is to be known of it is in `err`.
struct Table {
    rows: BTreeMap<String, BTreeMap<String, String>>,
    said: Said,
}

fn table(stage: &Stage, args: &str) -> Table {
    let said = stage.call(&format!("results exp.yaml --format csv --projected {args}"));
    assert!(matches!(said.code, Some(0 | 1)), "{said:#?}");
    let mut reader = csv::Reader::from_reader(said.out.as_bytes());
    let rows = reader.deserialize::<BTreeMap<String, String>>().map(|row| {
        let row = row.unwrap();
        (row["l2"].clone(), row)
    });
    Table { rows: rows.collect(), said }
}

impl Table {
    fn number(&self, l2: &str, column: &str) -> f64 {
        self.rows[l2][column].parse().unwrap_or_else(|_| panic!("{column} of {:#?}", self.rows[l2]))
    }

    fn numbers(&self, l2: &str, columns: &[&str]) -> Vec<f64> {
        columns.iter().map(|column| self.number(l2, column)).collect()
    }

    /// Why a field is empty.
    fn why(&self, l2: &str, column: &str) -> &str {
        assert_eq!(self.rows[l2][column], "");
        let why = self.rows[l2]["why"].split("; ").find_map(|part| part.strip_prefix(&format!("{column}: ")));
        why.unwrap_or_else(|| panic!("{column} of {:#?}", self.rows[l2]))
    }
}

#[test]
fn a_finished_sweep_is_a_table_and_an_edit_of_its_results_runs_nothing() {
    let simulations = sweep("a", "[256KiB, 1MiB]", "[mcf, lbm]", "");
    let stage = stage("", &simulations);
    stage.call("run exp.yaml").expect(0);
    // With nothing said, what is watched and one stat is shown, by the axes.
    let plain = table(&stage, "");
    assert_eq!(plain.numbers("256KiB", &["mcf", "lbm"]), [3e6, 3e6]);
    for told in ["simTicks (Tick)", "matches 2 stats", "identical replicas", "spans dump 1"] {
        assert!(plain.said.err.contains(told), "{}", plain.said.err);
    }

    stage.experiment(RESULTS, &simulations);
    let said = stage.call("results exp.yaml raw").expect(0);
    assert!(
        said.out.contains("ipc = simInsts / sum('*.numCycles') → only wl=mcf → mean of seed (n=2, 95 % t interval)"),
        "{}",
        said.out
    );
    let first = table(&stage, "--metric ipc --dump first");
    let columns = ["mcf", "lbm", "geomean"];
    assert_eq!((first.said.code, first.numbers("256KiB", &columns)), (Some(0), vec![1.0, 1.0, 1.0]));
    assert_eq!((&first.rows["256KiB"]["baseline"], &first.rows["1MiB"]["baseline"]), (&"true".into(), &"false".into()));
    // For mcf 4010/2010 and 4020/2020, for lbm 2010/1010 and 2020/1020.
    let geomean = |pairs: [(f64, f64); 2]| pairs.iter().map(|(a, b)| (a / b).ln() / 2.0).sum::<f64>().exp();
    let (mcf, lbm) = (geomean([(4010.0, 2010.0), (4020.0, 2020.0)]), geomean([(2010.0, 1010.0), (2020.0, 1020.0)]));
    for (column, wanted) in columns.into_iter().zip([mcf, lbm, (mcf * lbm).sqrt()]) {
        let number = first.number("1MiB", column);
        assert!((number / wanted - 1.0).abs() < 1e-12, "{column}: {number} {wanted}");
        assert!(first.number("1MiB", &format!("{column}_error")) > 0.0);
    }
    assert!(first.said.err.contains("dump first"), "{}", first.said.err);
    // The other metric has a stat that gem5 leaves out where it is zero.
    let faults = table(&stage, "--metric system.l2.faults");
    assert_eq!(faults.said.code, Some(1));
    assert!(["mcf", "lbm"].into_iter().all(|wl| faults.why("1MiB", wl).starts_with("0? (")), "{:#?}", faults.rows);

    let plan = stage.call("plan exp.yaml").expect(0);
    assert!(plan.out.contains("# 0 would run, 8 ok and kept"), "{}", plan.out);
    assert_eq!(stage.call("run exp.yaml").expect(0).err, "");
    assert_eq!(stage.call("results exp.yaml").expect(1).out, stage.call("results exp.yaml").expect(1).out);
    // The directory alone tells the same, once an engine has worked by the file.
    let by_directory = stage.call("results out raw").expect(0);
    assert_eq!(by_directory.out, said.out);
}

#[test]
fn what_failed_and_what_runs_has_its_word_and_changes_no_mean() {
    let simulations = sweep("a", "[256KiB]", "[mcf, lbm, gcc]", "")
        + &sweep("b", "[1MiB]", "[mcf]", "")
        + &sweep("c", "[1MiB]", "[lbm]", ", fail")
        + &sweep("d", "[1MiB]", "[gcc]", ", wait");
    let stage = stage(RESULTS, &simulations);
    let engine = stage.engine("");
    wait_for("all but what waits to end", || {
        let counts = stage.status().summary["counts"].clone();
        (counts["ok"] == 8 && counts["not_ok"] == 2 && counts["running"] == 2).then_some(())
    });
    wait_for("what waits to have a dump", || {
        table(&stage, "--metric ipc").why("1MiB", "gcc").starts_with("provisional (").then_some(())
    });
    let ipc = table(&stage, "--metric ipc");
    assert_eq!(ipc.said.code, Some(1));
    assert!(ipc.why("1MiB", "lbm").starts_with("failed ("), "{:#?}", ipc.rows);
    assert_eq!(ipc.rows["1MiB"]["mcf"], ipc.rows["1MiB"]["geomean"], "the mean is over mcf alone");
    assert!(ipc.said.err.contains("geomean over the 1 of 3 workloads"), "{}", ipc.said.err);
    assert!(ipc.said.err.lines().any(|line| line.starts_with("excluded") && line.contains("c-1MiB-lbm-s1")));
    stage.write("go", "");
    stage.wait_word("d-1MiB-gcc-s2", "ok");
    drop(engine);
}

#[test]
fn which_parameter_matters_is_told_as_a_table_and_what_is_left_out_with_it() {
    let stage = stage(RESULTS, &sweep("a", "[256KiB, 1MiB]", "[mcf, lbm]", ""));
    stage.call("run exp.yaml").expect(0);
    let said = stage.call("results exp.yaml --effects --metric sum('*.numCycles') --format csv --projected").expect(0);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines.len(), 5, "{}", said.out);
    // 8030, 4030, 4030 and 2030: both explain equally much, and stand in the order of the file.
    assert!(lines[1].starts_with("l2,256KiB,6030,") && lines[3].starts_with("wl,mcf,6030,"), "{}", said.out);
    stage.call("results exp.yaml --effects --rows l2").expect(2);
    let said = stage.call("results exp.yaml --effects --format csv").expect(2);
    assert!(said.err.contains("--effects"), "{}", said.err);
}

#[test]
fn a_mistake_on_the_command_line_is_told_with_what_may_be_meant() {
    let stage = stage(RESULTS, &sweep("a", "[256KiB, 1MiB]", "[mcf]", ""));
    stage.call("run exp.yaml").expect(0);
    for (args, told) in [
        ("rwa", "did you mean `raw`"),
        ("--metric sun(1)", "did you mean `sum`"),
        ("--baseline l2", "l2=256KiB"),
        ("--baseline l2=2MiB", "256KiB, 1MiB"),
        ("--rows l3", "did you mean `l2`"),
        ("--rows l2 --cols l2", "two parts"),
        ("--dump 0", "counted from 1"),
        ("--include failed", "provisional"),
    ] {
        let said = stage.call(&format!("results exp.yaml {args}")).expect(2);
        assert!(said.err.contains(told), "{args}: {}", said.err);
    }
    assert!(table(&stage, "--metric ipcc").rows["256KiB"]["why"].contains(": absent ("));
}

#[test]
fn a_mistake_in_the_file_makes_no_table_of_the_plan_before_it() {
    let simulations = sweep("a", "[256KiB, 1MiB]", "[mcf]", "");
    let stage = stage(RESULTS, &simulations);
    stage.call("run exp.yaml").expect(0);
    stage.experiment(&RESULTS.replace("metric: ipc", "metric: icp"), &simulations);
    for command in [
        "results exp.yaml raw -o t.tex",
        "plot exp.yaml raw -o t.svg",
        "report exp.yaml -o t.html",
        "compare exp.yaml exp.yaml --junit t.xml",
    ] {
        let said = stage.call(command).expect(2);
        assert!(said.err.contains("`icp`") && said.err.contains("did you mean `ipc`?"), "{command}: {said:?}");
    }
    for end in ["tex", "svg", "html", "xml"] {
        assert!(!stage.path(&format!("t.{end}")).exists(), "t.{end}");
    }
    // Who names the directory means what is recorded there.
    stage.call("results out raw").expect(0);
}
