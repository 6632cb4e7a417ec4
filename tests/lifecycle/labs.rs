//! The sweeps of `configs/labs` run on the stand-in as they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::stage::{Said, Stage};

/// A copy of the examples with nothing in it but them, so that none writes beside the originals.
fn labs(stage: &Stage) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = stage.path("configs");
    for folder in ["", "labs", "labs/dram"] {
        fs::create_dir_all(place.join(folder)).unwrap();
        for file in fs::read_dir(root.join("configs").join(folder)).unwrap().map(Result::unwrap) {
            if file.file_type().unwrap().is_file() {
                fs::copy(file.path(), place.join(folder).join(file.file_name())).unwrap();
            }
        }
    }
    std::os::unix::fs::symlink(root.join("assets"), stage.path("assets")).unwrap();
    place.join("labs")
}

/// Runs one of them. What its simulations were, by their names: their parameters and arguments.
fn run(stage: &Stage, labs: &Path, name: &str) -> BTreeMap<String, Vec<String>> {
    let file = labs.join(name);
    stage.call_with(&["run", file.to_str().unwrap(), "-j", "4"]).expect(0);
    let Said { out, .. } = stage.call_with(&["plan", file.to_str().unwrap(), "--json"]).expect(0);
    let planned = crate::stage::json_lines(&out);
    let argument = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let simulation = |line: &serde_json::Value| {
        assert_eq!(line["status"], "ok", "{line}");
        let argv = line["argv"].as_array().unwrap().iter().map(argument).collect();
        (line["name"].as_str().unwrap().to_owned(), argv)
    };
    planned.iter().map(simulation).collect()
}

fn has(argv: &[String], argument: &str) -> bool {
    argv.iter().any(|known| known == argument)
}

#[test]
fn one_example_goes_from_a_sweep_to_table_figure_and_report_by_a_command_each() {
    let stage = Stage::new();
    let place = labs(&stage).parent().unwrap().to_owned();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::create_dir_all(place.join("paper")).unwrap();
    fs::copy(root.join("configs/paper/verdict.py"), place.join("paper/verdict.py")).unwrap();
    let text = fs::read_to_string(place.join("paper.yaml")).unwrap();
    fs::write(place.join("paper.yaml"), text.replace("--ticks=10000000000", "--ticks=500000000")).unwrap();
    assert!(text.contains("--ticks=10000000000"), "a short one is enough here");
    stage.call("run configs/paper.yaml").expect(0);
    let verdict = stage.call("logs configs/paper.yaml verdict").expect(0);
    assert!(verdict.out.contains("o3: 256 KiB -> 512 KiB") && verdict.out.contains("over 3 workloads"), "{verdict:?}");
    let table = stage.call("results configs/paper.yaml speedup").expect(0);
    assert!(table.out.contains("geomean") && table.out.contains("ratio to l2=256KiB"), "{table:?}");
    for (command, file, begins) in [
        ("results configs/paper.yaml speedup -o t.tex", "t.tex", "%"),
        ("plot configs/paper.yaml speedup -o f.pdf", "f.pdf", "%PDF"),
        ("plot configs/paper.yaml misses -o g.svg", "g.svg", "<"),
        ("report configs/paper.yaml -o r.html", "r.html", "<!"),
    ] {
        stage.call(command).expect(0);
        let written = fs::read(stage.path(file)).unwrap();
        assert!(written.starts_with(begins.as_bytes()), "{file}: {}", String::from_utf8_lossy(&written[..40]));
    }
    let report = fs::read_to_string(stage.path("r.html")).unwrap();
    assert!(report.contains("<svg") && report.contains("verdict"), "figures, and what was run");
}

#[test]
fn labels_name_what_their_values_say_to_the_script() {
    let stage = Stage::new();
    let all = run(&stage, &labs(&stage), "power.yaml");
    assert_eq!(all.len(), 24);
    let one = &all["aes_ccm-little-low-l2512KiB-drowsy"];
    for argument in ["--cpu-type=TimingSimpleCPU", "--clock=500MHz", "--prefetcher=none", "--degree=1"] {
        assert!(has(one, argument), "{argument}: {one:?}");
    }
    assert!(!all["aes_ccm-big-low-l21MiB-awake"].iter().any(|argument| argument.starts_with("--prefetcher")));
    assert!(!all.contains_key("aes_ccm-little-low-l21MiB-drowsy"));
}

#[test]
fn each_checkpoint_that_a_stage_makes_is_restored() {
    let stage = Stage::new();
    let all = run(&stage, &labs(&stage), "parsec.yaml");
    // Two sizes and three benchmarks; then two memories and two checkpoints for each.
    assert_eq!(all.len(), 6 + 24);
    let restored = all.iter().filter(|(_, argv)| argv.iter().any(|argument| argument.starts_with("--restore=")));
    assert_eq!(restored.count(), 24);
    assert!(all.keys().any(|name| name.starts_with("64KiB_ruby_parsec-canneal_cpt.")), "{:?}", all.keys());
}

#[test]
fn groups_go_in_step_and_what_is_not_there_is_no_argument() {
    let stage = Stage::new();
    let all = run(&stage, &labs(&stage), "prefetchers.yaml");
    assert_eq!(all.len(), 12);
    let without = &all["IoO_chase_none"];
    assert!(has(without, "--cpu-type=timing") && has(without, "--tbes=65536"), "{without:?}");
    assert!(!without.iter().any(|argument| argument.starts_with("--prefetcher") || argument.starts_with("--degree")));
    assert!(has(&all["OoO_stream_tagged"], "--degree=4"));
}

#[test]
fn rows_of_a_table_are_points_and_replicas_have_names_of_their_own() {
    let stage = Stage::new();
    let all = run(&stage, &labs(&stage), "boots.yaml");
    assert_eq!(all.len(), 5 + 5 + 3);
    assert!(has(&all["ARM-boot-smp-r5"], "--l2=2MiB") && has(&all["X86-boot-exit-r1"], "--l2=256KiB"));
    assert!(has(&all["monte-carlo-s42"], "--seed=42"));
}

#[test]
fn files_of_a_directory_are_points_that_work_in_their_own_directories() {
    let stage = Stage::new();
    let all = run(&stage, &labs(&stage), "memories.yaml");
    assert_eq!(all.keys().collect::<Vec<_>>(), ["gcc-DDR3_8Gb_x8_1600", "gcc-DDR4_8Gb_x8_2400"]);
    let log = stage.path("configs/runs/memories/gcc-DDR4_8Gb_x8_2400/attempt-1/m5out/simout.txt");
    assert!(fs::read_to_string(log).unwrap().contains("memory: [dram_structure] DDR4 2400"));
}
