//! Scripts that hold many simulations: each becomes one of ours.

use std::fs;

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::Spec;

use crate::stage::{Said, Stage};

/// Does what a script with `gem5.utils.multisim` does: lists its ids, or runs one in a directory of its own.
const MANY: &str = r#"import os, sys, m5
if m5 is None:
    from gem5.utils.multisim import multisim
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "asked"), "a") as file:
    file.write("%s\n" % sys.argv[1:])
if sys.argv[1:] == ["--list"]:
    print("\nsmall\nbig\nempty\n")
elif sys.argv[1] in ("small", "big"):
    subdir = os.path.join(m5.options.outdir, sys.argv[1])
    os.mkdir(subdir)
    value = {"small": 1, "big": 2}[sys.argv[1]]
    with open(os.path.join(subdir, "stats.txt"), "w") as file:
        file.write("\n---------- Begin Simulation Statistics ----------\n")
        file.write("simTicks %d # Number of ticks simulated (Tick)\n" % value)
        file.write("\n---------- End Simulation Statistics   ----------\n")
    print("Exiting @ tick %d because m5_exit instruction encountered" % value)
"#;

fn lists(stage: &Stage) -> usize {
    fs::read_to_string(stage.path("asked")).unwrap().lines().filter(|line| line.contains("--list")).count()
}

fn check(stage: &Stage, ran: &Said, file: &str, outdir: &str) {
    // `empty` simulated nothing, although gem5 ended with 0.
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let said = stage.call(&format!("status {file} --json")).expect(1);
    assert!(said.err.is_empty(), "{said:#?}");
    let sims = said.json();
    let word = |name: &str| {
        let sim = sims.iter().find(|sim| sim["name"] == name).unwrap_or_else(|| panic!("no {name} in {sims:?}"));
        sim["status"]["outcome"]["kind"].as_str().unwrap().to_owned()
    };
    assert_eq!((word("small"), word("big"), word("empty")), ("ok".into(), "ok".into(), "no-stats".into()));
    let stats = stage.call(&format!("stats {file} --watch simTicks --json")).expect(0).json();
    let values: Vec<_> = stats.iter().map(|line| line["stats"]["simTicks"].as_f64()).collect();
    assert_eq!(values, [Some(1.0), Some(2.0), None]);
    let spec: Spec = read_json(&stage.path(outdir).join("big/attempt-1/spec.json")).unwrap().unwrap();
    assert_eq!(spec.argv.last().map(String::as_str), Some("big"));
    assert_eq!(spec.output_subdir.as_deref(), Some("big"));
}

#[test]
fn every_id_of_a_multisim_script_is_a_simulation() {
    let stage = Stage::new();
    stage.write("many.py", MANY);
    stage.stand_in("  - multisim: many.py\n");
    let ran = stage.call("run exp.yaml");
    check(&stage, &ran, "exp.yaml", "out");
    assert_eq!(lists(&stage), 1, "gem5 is started once to list them, not for every look");

    stage.write("many.py", &MANY.replace("empty", "other"));
    let plan = stage.call("plan exp.yaml").expect(0).out;
    assert!(plan.contains("# other\n") && !plan.contains("# empty\n"), "{plan}");
    assert_eq!(lists(&stage), 2);
}

#[test]
fn a_multisim_script_is_an_experiment_by_itself() {
    let stage = Stage::new();
    stage.stand_in("  - {name: a, script: gate.py}\n");
    let text = fs::read_to_string(stage.path("exp.yaml")).unwrap();
    let gem5 = text.lines().find_map(|line| line.strip_prefix("gem5: ")).unwrap().to_owned();
    stage.write("many.py", MANY);
    let ran = stage.call(&format!("run many.py --gem5 {gem5}"));
    check(&stage, &ran, &format!("many.py --gem5 {gem5}"), "runs/many");
}

#[test]
fn a_script_without_simulations_says_what_to_write_instead() {
    let stage = Stage::new();
    stage.write("plain.py", "import sys\nprint('no options known')\n");
    stage.stand_in("  - multisim: plain.py\n");
    let told = stage.call("run exp.yaml").expect(2).err;
    assert!(told.contains("exp.yaml:5:15") && told.contains("printed no id"), "{told}");
    assert!(told.contains("no options known") && told.contains("write `script`"), "{told}");

    let alone = stage.call("plan plain.py --gem5 /nowhere/gem5.opt").expect(2).err;
    assert!(alone.contains("does not exist") && !alone.contains("-->"), "{alone}");
    assert!(!stage.path("runs").exists() && !stage.path("out").exists());
}
