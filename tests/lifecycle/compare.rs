//! Two experiments beside each other, by what they say and how they exit.

use std::process::Command;

use crate::stage::{Stage, wait_for};

/// Writes stats that depend on its arguments and on a file beside it, as a model does that is edited between two runs.
const SCRIPT: &str = r#"
import os, sys
l2, wl = sys.argv[1:3]
slow = open("slow").read().split() if os.path.exists("slow") else []
cycles = {"256KiB": 2000, "1MiB": 1000}[l2] * (2 if f"{l2}-{wl}" in slow else 1)
if f"{l2}-{wl}-dies" in slow:
    sys.exit(3)
with open(os.path.join(os.environ["OUT"], "stats.txt"), "w") as stats:
    stats.write(f"\n---------- Begin Simulation Statistics ----------\nsimInsts 1000 # (Count)\nsystem.cpu.numCycles {cycles} # (Cycle)\n"
                f"system.l2.misses {cycles * 3} # (Count)\nsame 1 # (Count)\n\n---------- End Simulation Statistics   ----------\n")
print("Exiting @ tick 3000000 because m5_exit instruction encountered")
"#;

const RESULTS: &str = "results:
  metrics:
    ipc: {value: simInsts / system.cpu.numCycles, better: higher}
    misses: system.l2.misses
";

/// The same sweep before and after an edit of its model, and the second one alone is in the file.
fn before_and_after(slow: &str, wl: &str) -> Stage {
    let stage = Stage::new();
    stage.write("s.py", SCRIPT);
    let sweep = |wl: &str| {
        let simulations = format!(
            "  - {{name: \"${{l2}}-${{wl}}\", script: s.py, matrix: {{l2: [256KiB, 1MiB], wl: {wl}}},\n\
             \x20    args: [\"${{l2}}\", \"${{wl}}\"], env: {{OUT: \"${{outdir}}\"}}}}\n"
        );
        stage.experiment(RESULTS, &simulations);
    };
    sweep("[mcf, lbm]");
    stage.call("run exp.yaml").expect(0);
    std::fs::rename(stage.path("out"), stage.path("old")).unwrap();
    stage.write("slow", slow);
    sweep(wl);
    stage.call("run exp.yaml");
    stage
}

#[test]
fn what_became_worse_fails_the_check_and_the_stats_that_tell_it_stand_below() {
    let stage = before_and_after("1MiB-mcf 256KiB-lbm-dies", "[mcf, lbm, gcc]");
    let said = stage.call("compare old exp.yaml --json --metric ipc").expect(1);
    let [told] = said.json().try_into().unwrap();
    let verdict = |point: &str| {
        let points = told["metrics"][0]["points"].as_array().unwrap();
        points.iter().find(|one| one["point"] == point).unwrap()["verdict"].as_str().unwrap().to_owned()
    };
    let verdicts = ["l2=1MiB wl=mcf", "l2=256KiB wl=lbm", "l2=1MiB wl=lbm", "l2=1MiB wl=gcc"].map(verdict);
    assert_eq!(verdicts, ["regression", "missing-value", "unchanged", "missing-baseline"]);
    assert_eq!((&told["verdicts"]["regression"], &told["fails"]), (&1.into(), &true.into()));
    assert_eq!(told["metrics"][0]["geomean"]["count"], 3);
    let drift = &told["drift"][0];
    assert_eq!((&drift["point"], drift["stats"].as_array().unwrap().len()), (&"l2=1MiB wl=mcf".into(), 2));
    assert_eq!((&drift["same"], &drift["stats"][0]["candidate"]), (&2.into(), &6000.0.into()));

    // An older copy is a baseline like any other, and with a wide threshold what is left fails alone.
    let said = stage.call("compare old out --metric ipc --threshold ipc=60%").expect(1);
    assert!(!said.out.contains("regression") && said.out.contains("missing-value"), "{}", said.out);
    let junit = stage.path("check.xml");
    let args = format!("compare old exp.yaml --metric ipc --junit {}", junit.display());
    stage.call(&args).expect(1);
    let read = "import sys, xml.etree.ElementTree as tree\n\
                root = tree.parse(sys.argv[1]).getroot()\n\
                print(root.get('tests'), root.get('failures'), root.get('errors'), root.get('skipped'),\n\
                      len(root.findall('.//failure')), [case.get('name') for case in root.iter('testcase')][0])\n";
    let output = Command::new("python3").args(["-c", read]).arg(&junit).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told.trim(), "6 1 1 2 1 l2=256KiB wl=mcf", "{}", String::from_utf8_lossy(&output.stderr));
    // It is ours and is replaced, and one that is not ours stays.
    stage.call(&args).expect(1);
    std::fs::write(&junit, "mine").unwrap();
    assert!(stage.call(&args).expect(2).err.contains("--force"));
    assert_eq!(std::fs::read_to_string(&junit).unwrap(), "mine");
}

#[test]
fn the_same_numbers_pass_and_a_mistake_is_told() {
    let stage = before_and_after("", "[mcf, lbm]");
    stage.call("compare old exp.yaml").expect(0);
    for (args, told) in [
        ("old old", "name two"),
        ("old exp.yaml --threshold lots", "1%"),
        ("old exp.yaml --threshold ipcc=1%", "`ipcc`"),
        ("old exp.yaml --better ipc=more", "ipc=higher"),
        ("old exp.yaml --better cpi=lower", "`cpi`"),
        ("old exp.yaml --view speedup", "no view"),
        ("old gone.yaml", "gone.yaml"),
    ] {
        let said = stage.call(&format!("compare {args}")).expect(2);
        assert!(said.err.contains(told), "{args}: {}", said.err);
    }
}

#[test]
fn a_change_of_what_has_no_better_side_does_not_pass_unseen() {
    let stage = before_and_after("1MiB-mcf", "[mcf, lbm]");
    let said = stage.call("compare old exp.yaml --metric misses").expect(1);
    assert!(said.out.contains("not-comparable"), "{}", said.out);
    let said = stage.call("compare old exp.yaml --metric misses --better misses=higher").expect(0);
    assert!(said.out.contains("improvement"), "{}", said.out);
}

#[test]
fn earlier_attempts_and_saved_views_are_compared_as_well() {
    let stage = before_and_after("", "[mcf, lbm]");
    stage.call("compare out --attempt 1").expect(2);
    stage.call("compare old out --attempt 1").expect(2);
    // Edited after it ran, so that a second attempt is twice as slow.
    stage.write("slow", "1MiB-mcf");
    stage.call("retry exp.yaml 1MiB-mcf 1MiB-lbm").expect(0);
    let second = ["1MiB-mcf", "1MiB-lbm"].map(|name| stage.outdir().simulation(name).attempt(2).exit());
    wait_for("both again", || second.iter().all(|exit| exit.is_file()).then_some(()));
    let said = stage.call("compare exp.yaml --attempt 1 --metric ipc --json").expect(1);
    let [told] = said.json().try_into().unwrap();
    let points = told["metrics"][0]["points"].as_array().unwrap();
    let verdicts: Vec<_> =
        points.iter().map(|one| (one["point"].as_str().unwrap(), one["verdict"].as_str().unwrap())).collect();
    assert_eq!(verdicts, [("wl=mcf", "regression"), ("wl=lbm", "unchanged")]);

    let saved = r#"{"format": 1, "views": [{"name": "mine", "metrics": ["misses"], "only": [["wl", "lbm"]]}]}"#;
    stage.write("out/views.json", saved);
    let said = stage.call("compare old exp.yaml --view mine --json").expect(0);
    let [told] = said.json().try_into().unwrap();
    assert_eq!(
        (&told["metrics"][0]["metric"], told["metrics"][0]["points"].as_array().unwrap().len()),
        (&"misses".into(), 2)
    );
}
