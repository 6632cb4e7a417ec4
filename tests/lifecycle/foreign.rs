//! Tables of directories that nobody of ours has made.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::stage::{Said, Stage};

/// What gem5 prints and writes, with one core and one cache.
fn run(dir: &Path, ipc: f64, l2: u32) {
    fs::create_dir_all(dir).unwrap();
    let stats = format!(
        "\n---------- Begin Simulation Statistics ----------\nsimTicks 1000 # t (Tick)\nfinalTick 1000 # t (Tick)\n\
         simInsts {} # i (Count)\nsystem.cpu.numCycles 1000 # c (Cycle)\nsystem.cpu.ipc {ipc} # i ((Count/Cycle))\n\
         \n---------- End Simulation Statistics   ----------\n",
        1000.0 * ipc
    );
    fs::write(dir.join("stats.txt"), stats).unwrap();
    fs::write(dir.join("config.ini"), format!("[system.l2]\ntype=Cache\nsize={l2}\n")).unwrap();
    let log = "gem5 Simulator System.  https://www.gem5.org\ngem5 is copyrighted software; use the --copyright option for \
               details.\n\ngem5 version 24.0.0.1\ngem5 compiled Nov 18 2026 10:11:12\n\n**** REAL SIMULATION ****\nExiting @ tick \
               1000 because m5_exit instruction encountered\n";
    fs::write(dir.join("simout.txt"), log).unwrap();
}

fn ended(dir: &Path, code: i32) {
    fs::write(dir.join("status.json"), format!("{{\"exit_code\": {code}}}")).unwrap();
}

/// `lab/WORKLOAD/SIZE/m5out` for two workloads and sizes, all of them ended well.
fn lab() -> Stage {
    let stage = Stage::new();
    for (workload, factor) in [("mcf", 1.0), ("lbm", 2.0)] {
        for (l2, bytes, ipc) in [("256KiB", 262_144, 0.5), ("1MiB", 1_048_576, 0.75)] {
            let dir = stage.path(&format!("lab/{workload}/{l2}"));
            run(&dir.join("m5out"), ipc * factor, bytes);
            ended(&dir, 0);
        }
    }
    stage
}

/// The label of a row, and what stands in it, numbers without zeros at their end.
fn row(said: &Said, label: &str) -> Vec<String> {
    let is_row = |line: &&str| line.trim_start_matches(['◆', ' ']).starts_with(label) && line.contains('│');
    let line = said.out.lines().find(is_row).unwrap_or_else(|| panic!("{label}\n{}", said.out));
    let cells = line.split(|c: char| c.is_whitespace() || matches!(c, '│' | '◆')).filter(|cell| !cell.is_empty());
    cells.map(|cell| cell.parse().map_or_else(|_| cell.to_owned(), |number: f64| number.to_string())).collect()
}

const IPC: &str = "--metric system.cpu.ipc";

#[test]
fn a_tree_of_directories_is_a_table_by_its_levels_by_a_pattern_and_by_the_configuration() {
    let stage = lab();
    let plain = stage.call(&format!("results lab {IPC} --rows dir2 --cols dir1")).expect(0);
    // Sizes stand in the order of what they are, whatever the directories are called.
    assert!(plain.out.find("\n256KiB") < plain.out.find("\n1MiB"), "{}", plain.out);
    assert_eq!((row(&plain, "256KiB"), plain.err.as_str()), (vec!["256KiB".into(), "1".into(), "0.5".into()], ""));
    let pattern =
        format!("results lab {IPC} --pattern {{workload}}/{{l2}} --rows l2 --cols workload --baseline l2=256KiB");
    let by_pattern = stage.call(&pattern).expect(0);
    assert_eq!(row(&by_pattern, "1MiB")[1..], ["1.5", "1.5", "1.5"], "{}", by_pattern.out);
    let settings = format!("results lab {IPC} --pattern {{w}}/* --param l2=system.l2.size --rows l2 --cols w");
    let by_setting = stage.call(&settings).expect(0);
    assert_eq!(row(&by_setting, "262144")[1..], ["1", "0.5"], "{}", by_setting.out);
    assert!(by_setting.out.contains("24.0.0.1"), "the version is that of the banner: {}", by_setting.out);
    // What was read once gives the same again, and several directories are one table.
    assert_eq!(stage.call(&settings).expect(0).out, by_setting.out);
    let two = stage.call(&format!("results lab/mcf lab/lbm {IPC} --rows dir3 --cols dir2")).expect(0);
    assert_eq!(row(&two, "256KiB")[1..], ["1", "0.5"], "{}", two.out);
}

#[test]
fn what_does_not_tell_how_it_ended_is_unknown_and_counts_only_if_the_user_says_so() {
    let stage = lab();
    fs::remove_file(stage.path("lab/mcf/1MiB/status.json")).unwrap();
    ended(&stage.path("lab/lbm/1MiB"), 1);
    let table = format!("results lab {IPC} --pattern {{w}}/{{l2}} --rows l2 --cols w");
    let said = stage.call(&table).expect(1);
    assert_eq!(row(&said, "1MiB")[1..], ["failed", "unknown"], "{}", said.out);
    assert!(said.err.contains("1 of 4 runs") && said.err.contains("--include unknown"), "{}", said.err);
    let counted = stage.call(&format!("{table} --include unknown")).expect(1);
    assert_eq!(row(&counted, "1MiB")[1], "failed");
    assert!(row(&counted, "1MiB")[2].starts_with("0.75"), "{}", counted.out);
    assert!(counted.err.contains("counted as if"), "{}", counted.err);
    // A log that ends in a failure is believed.
    let log = stage.path("lab/mcf/1MiB/m5out/simout.txt");
    let text = fs::read_to_string(&log).unwrap();
    fs::write(&log, text.split_once("Exiting").unwrap().0).unwrap();
    stage.write("lab/mcf/1MiB/m5out/simerr.txt", "src/mem/x.cc:1: fatal: no such thing\n");
    fs::write(stage.path("lab/mcf/1MiB/m5out/stats.txt"), "").unwrap();
    let fatal = stage.call(&format!("{table} --include unknown")).expect(1);
    assert_eq!(row(&fatal, "1MiB")[2], "fatal", "{}", fatal.out);
}

#[test]
fn what_is_left_out_of_a_tree_is_told() {
    let stage = lab();
    run(&stage.path("lab/.old/x"), 9.0, 1);
    run(&stage.path("lab/notes"), 9.0, 1);
    symlink("mcf", stage.path("lab/link")).unwrap();
    symlink("..", stage.path("lab/mcf/round")).unwrap();
    let said = stage.call(&format!("results lab {IPC} --pattern {{w}}/{{l2}} --rows l2 --cols w")).expect(0);
    for told in ["2 links were not looked into", "1 hidden directory was", "`notes` is left out"] {
        assert!(said.err.contains(told), "{told}: {}", said.err);
    }
    assert_eq!(row(&said, "256KiB").len(), 3, "{}", said.out);
}

#[test]
fn results_of_a_file_are_made_of_directories_and_checked_beside_them() {
    let stage = lab();
    let rule = "results:\n  metrics: {ipc: {value: \"simInsts / system.cpu.numCycles\", better: higher, digits: 2}}\n  baseline: \
                {l2: 256KiB}\n  workloads: [w]\n  views: {raw: {metric: ipc, compare: none}}\n";
    stage.write("r.yaml", rule);
    let table = "results lab --pattern {w}/{l2} --results r.yaml";
    let said = stage.call(table).expect(0);
    assert_eq!(row(&said, "1MiB")[1..4], ["1.5", "1.5", "1.5"], "{}", said.out);
    let raw = stage.call("results lab raw --pattern {w}/{l2} --results r.yaml").expect(0);
    assert!(row(&raw, "1MiB").contains(&"0.75".to_owned()), "{}", raw.out);
    // All else of an experiment file is for others.
    stage.write("r.yaml", &format!("gem5: /none\nsimulations: []\n{rule}"));
    assert_eq!(stage.call(table).expect(0).out, said.out);
    stage.write("r.yaml", &rule.replace("l2: 256KiB", "l3: 256KiB"));
    let wrong = stage.call(table).expect(2);
    assert!(wrong.err.contains("r.yaml:3:") && wrong.err.contains("did you mean `l2`"), "{}", wrong.err);
    stage.write("r.yaml", "metrics: {}\n");
    assert!(stage.call(table).expect(2).err.contains("there is no `results`"));
}

#[test]
fn attempts_of_ours_are_judged_by_their_records() {
    let stage = Stage::new();
    let write = "import os\nopen(os.path.join(os.environ['OUT'], 'stats.txt'), 'w').write('''\n---------- Begin Simulation \
                 Statistics ----------\nsimTicks 5 # t (Tick)\nfinalTick 5 # t (Tick)\n\n---------- End Simulation Statistics   \
                 ----------\n''')\nprint('Exiting @ tick 5 because m5_exit instruction encountered')\n";
    stage.write("s.py", write);
    stage.experiment("", "  - {name: a, script: s.py, env: {OUT: \"${outdir}\"}}\n  - {name: b, script: s.py, env: {OUT: \"${outdir}\"}}\n");
    stage.call("run exp.yaml").expect(0);
    fs::create_dir(stage.path("copies")).unwrap();
    for name in ["a", "b"] {
        fs::rename(stage.path("out").join(name), stage.path("copies").join(name)).unwrap();
    }
    let said = stage.call("results copies --metric simTicks").expect(0);
    assert_eq!((row(&said, "a")[1].as_str(), row(&said, "b")[1].as_str()), ("5", "5"), "{}", said.out);
}

#[test]
fn a_mistake_is_told_with_what_to_do() {
    let stage = lab();
    fs::create_dir(stage.path("empty")).unwrap();
    for (args, told) in [
        ("empty", "holds no output of gem5"),
        ("lab nothing other", "neither `nothing` nor `other` is a directory"),
        ("lab nothing --metric simTicks", "there is no view `nothing`"),
        ("lab", "--metric"),
        ("lab --pattern {a --metric simTicks", "without a `}`"),
        ("lab --pattern {a}/b/{c} --metric simTicks", "no path looks like"),
        ("lab --param l2 --metric simTicks", "l2=system.l2.size"),
        ("lab --param l2=system.l3.size --metric simTicks", "no config.ini"),
        ("lab --param w=system.l2.size --pattern {w}/{x} --metric simTicks", "already"),
        ("lab --results none.yaml", "none.yaml"),
        ("none --metric simTicks", "none"),
    ] {
        let said = stage.call(&format!("results {args}")).expect(2);
        assert!(said.err.contains(told), "{args}: {}", said.err);
    }
    stage.experiment("", "  - {name: a, script: s.py}\n");
    stage.write("s.py", "");
    let said = stage.call("results exp.yaml --pattern {a}").expect(2);
    assert!(said.err.contains("without an experiment"), "{}", said.err);
}
