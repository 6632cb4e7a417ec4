//! From a sweep with real processes to its figures.

use std::fs;

use crate::stage::Stage;

const SCRIPT: &str = r#"
import os, sys
l2, wl = sys.argv[1:3]
cycles = {"256KiB": 2000, "1MiB": 1000}[l2] * {"mcf": 2, "lbm": 1}[wl]
if wl in sys.argv[3:]:
    sys.exit(3)
with open(os.path.join(os.environ["OUT"], "stats.txt"), "w") as stats:
    stats.write("\n---------- Begin Simulation Statistics ----------\nsimTicks 1000 # Ticks (Tick)\nfinalTick 1000 # Ticks (Tick)\n"
                f"simInsts 1000 # Instructions (Count)\nsystem.cpu.numCycles {cycles} # Cycles (Cycle)\n"
                f"system.cpu.idle {cycles // 4} # Idle (Cycle)\nsystem.cpu.busy {cycles // 2} # Busy (Cycle)\n"
                "\n---------- End Simulation Statistics   ----------\n")
print("Exiting @ tick 1000 because m5_exit instruction encountered")
"#;

const RESULTS: &str = "results:
  metrics:
    ipc: {value: simInsts / system.cpu.numCycles, better: higher}
    size: {value: $l2, better: lower}
    cycles: system.cpu.numCycles
    idle: system.cpu.idle
    busy: system.cpu.busy
  baseline: {l2: 256KiB}
  views:
    raw: {compare: none, metric: ipc}
  plots:
    speedup: {metric: ipc}
    mix: {kind: stacked, parts: [busy, idle], total: cycles}
    pareto: {kind: scatter, view: raw, x: size, y: ipc}
";

fn stage(more: &str) -> Stage {
    let stage = Stage::new();
    stage.write("s.py", SCRIPT);
    stage.experiment(
        RESULTS,
        &format!(
            "  - {{name: \"${{l2}}-${{wl}}\", script: s.py, matrix: {{l2: [256KiB, 1MiB], wl: [mcf, lbm]}},\n\
             \x20    args: [\"${{l2}}\", \"${{wl}}\"{more}], env: {{OUT: \"${{outdir}}\"}}}}\n"
        ),
    );
    stage
}

#[test]
fn a_finished_sweep_is_a_figure_with_its_numbers_and_a_script() {
    let stage = stage("");
    stage.call("run exp.yaml").expect(0);
    let drawn = stage.call("plot exp.yaml speedup").expect(0);
    assert!(
        drawn.out.starts_with("ipc (new/base, above 1 is better)\n") && !drawn.out.contains('\u{1b}'),
        "{}",
        drawn.out
    );
    // With nothing named, all figures of the file.
    let all = stage.call("plot exp.yaml").expect(0);
    assert!(
        ["speedup:", "mix:", "pareto:"].iter().all(|name| all.out.lines().any(|line| line == *name)),
        "{}",
        all.out
    );

    stage.call("plot exp.yaml mix -o mix.pdf").expect(0);
    stage.call("plot exp.yaml mix -o mix.svg").expect(0);
    let read = |name: &str| fs::read_to_string(stage.path(name)).unwrap();
    assert!(read("mix.pdf").starts_with("%PDF-") && read("mix.svg").starts_with("<svg"));
    let numbers = read("mix.csv");
    assert!(numbers.starts_with("group,bar,part,value,total,why\nmcf,256KiB,busy,2000,,\n"), "{numbers}");
    assert!(numbers.contains("mcf,256KiB,other,1000,,\n"), "{numbers}");
    assert!(read("mix.py").contains("HAS_REST = True"));
    // What a user has changed stays, and then nothing else is written either.
    fs::write(stage.path("mix.py"), "mine\n").unwrap();
    let (before, picture) = (read("mix.py"), read("mix.svg"));
    stage.call("plot exp.yaml mix --metric busy -o mix.svg").expect(2);
    assert_eq!((read("mix.py"), read("mix.svg")), (before, picture));
    stage.call("plot exp.yaml mix --metric busy -o mix.svg --force").expect(0);

    // The same by flags.
    stage.call("plot exp.yaml --kind scatter --metric size --metric ipc --compare none -o front.svg").expect(0);
    assert!(read("front.csv").lines().any(|line| line == "mcf,1MiB,1048576,0.5,true,"), "{}", read("front.csv"));
    stage.call("plot exp.yaml raw --kind heat -o heat.pdf").expect(0);
    assert!(read("heat.csv").starts_with("row,column,value,why\n256KiB,mcf,0.25,\n"), "{}", read("heat.csv"));
}

#[test]
fn what_is_wrong_with_a_figure_is_told_with_what_to_do() {
    let stage = stage(", mcf");
    stage.call("run exp.yaml").expect(1);
    // A number that is missing is drawn as its reason, and the exit code tells.
    let drawn = stage.call("plot exp.yaml pareto").expect(1);
    assert!(drawn.out.contains("no point: 256KiB × mcf: failed"), "{}", drawn.out);
    for (call, hint) in [
        ("plot exp.yaml speeedup", "did you mean `speedup`?"),
        ("plot exp.yaml -o all.svg", "name one of speedup, mix, pareto"),
        ("plot exp.yaml raw --metric ipc --metric idle -o two.svg", "choose one with --metric of ipc, idle"),
        ("plot exp.yaml mix -o mix.png", "must end in .svg or .pdf"),
        ("plot exp.yaml --kind scatter --metric ipc", "a scatter plot is of two metrics"),
        ("plot exp.yaml --kind stacked --metric ipc --metric idle", "have different units"),
        ("plot exp.yaml mix --force", "--output"),
    ] {
        let said = stage.call(call).expect(2);
        assert!(said.err.contains(hint), "{call}: {}", said.err);
    }
    assert!(!stage.path("all.svg").exists() && !stage.path("two.csv").exists());
}
