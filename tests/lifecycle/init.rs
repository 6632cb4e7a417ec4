//! A first experiment file from a script: what the script offers, what the command line says, and never over a file that is there.

use std::fs;
use std::path::Path;

use crate::stage::{Said, Stage};

/// A place with the stand-in and a script of the examples in it, as a user's own.
fn place() -> Stage {
    let stage = Stage::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::copy(source.join("configs/cache_sweep.py"), stage.path("cache_sweep.py")).unwrap();
    stage
}

/// `init` with the stand-in for gem5.
fn init(stage: &Stage, args: &str) -> Said {
    let gem5 = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/standin/gem5-standin");
    stage.call(&format!("init --gem5 {} {args}", gem5.display()))
}

fn files(stage: &Stage) -> Vec<String> {
    let entries = fs::read_dir(stage.path("")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The names of the simulations that `plan` tells.
fn planned(stage: &Stage, file: &str) -> Vec<String> {
    let rows = stage.call(&format!("plan {file} --json")).expect(0).json();
    rows.iter().filter_map(|row| row["name"].as_str()).map(str::to_owned).collect()
}

#[test]
fn a_script_tells_what_can_be_swept() {
    let stage = place();
    let before = files(&stage);
    let said = init(&stage, "--script cache_sweep.py").expect(0);
    assert!(said.out.contains("gem5-tui plan cache_sweep.yaml"), "{said:#?}");
    let mut after = files(&stage);
    after.retain(|name| name != "cache_sweep.yaml");
    assert_eq!(after, before, "nothing else is left here");
    let names = planned(&stage, "cache_sweep.yaml");
    assert_eq!(names.len(), 4 * 3, "four workloads and three CPUs: {names:?}");
    assert!(names.contains(&"chase-minor".to_owned()), "{names:?}");
}

#[test]
fn axes_of_the_command_line_run_as_they_are() {
    let stage = place();
    fs::create_dir(stage.path("sub")).unwrap();
    let axes = "--axis workload=chase --axis l2=256KiB,512KiB --axis ticks=1000000";
    init(&stage, &format!("--script cache_sweep.py {axes} -o sub/l2.yaml")).expect(0);
    assert_eq!(planned(&stage, "sub/l2.yaml"), ["l2_256KiB", "l2_512KiB"]);
    let said = stage.call("run sub/l2.yaml").expect(0);
    assert!(said.out.contains("2 ok"), "{said:#?}");
}

#[test]
fn a_file_that_is_there_is_not_replaced() {
    let stage = place();
    stage.write("cache_sweep.yaml", "mine");
    for args in ["", "-o cache_sweep.yaml", "--yes"] {
        init(&stage, &format!("--script cache_sweep.py {args}")).expect(2);
    }
    assert_eq!(fs::read_to_string(stage.path("cache_sweep.yaml")).unwrap(), "mine");
}

#[test]
fn without_gem5_a_file_comes_of_what_is_said() {
    let stage = place();
    let said = stage.call("init --gem5 build/X86/gem5.opt --script cache_sweep.py --axis l2=1MiB,2MiB").expect(0);
    assert!(said.err.contains("`build/X86/gem5.opt` is not here"), "{said:#?}");
    let text = fs::read_to_string(stage.path("cache_sweep.yaml")).unwrap();
    assert!(text.contains("gem5: build/X86/gem5.opt ") && text.contains("l2: [1MiB, 2MiB]"), "{text}");
}

#[test]
fn a_script_that_prints_no_help_is_told_with_its_words() {
    let stage = Stage::new();
    stage.write("broken.py", "import m5\nraise RuntimeError('no such board')\n");
    let said = init(&stage, "--script broken.py --axis l2=1MiB,2MiB").expect(0);
    assert!(said.err.contains("no such board"), "{said:#?}");
    assert_eq!(planned(&stage, "broken.yaml").len(), 2);
}

#[test]
fn what_no_experiment_can_come_of_writes_nothing() {
    let stage = place();
    let before = files(&stage);
    for (args, word) in [
        ("--script cache_sweep.py --axis l3=1MiB", "did you mean `l2`?"),
        ("--script cache_sweep.py --axis cpu=o4", "minor"),
        ("--script no.py", "no.py"),
        ("--script cache_sweep.py --axis l2=a/b,a-b", "nothing was written"),
    ] {
        let said = init(&stage, args);
        assert!(said.code != Some(0) && said.err.contains(word), "{said:#?}");
    }
    assert_eq!(files(&stage), before);
}
