//! Several engines on one experiment, each with a shard of it.

use std::collections::BTreeMap;
use std::fs;

use gem5_tui::rundir::Shard;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::stage::{Running, Said, Stage, gate, json_lines, wait_for};

fn shard_of(name: &str, of: u32) -> Shard {
    format!("1/{of}").parse::<Shard>().unwrap().of_name(name)
}

/// A name that is in this shard of two.
fn name_in(number: u32, stem: &str) -> String {
    (0..1000).map(|at| format!("{stem}{at}")).find(|name| shard_of(name, 2).number() == number).unwrap()
}

fn summary(said: &Said) -> Value {
    json_lines(&said.out).pop().unwrap()
}

fn count(value: &Value, what: &str) -> u64 {
    value[what].as_u64().unwrap()
}

/// Waits until an engine has this shard.
fn begun(stage: &Stage, args: &str) -> Running {
    let run = stage.start(args);
    let shard = args.split("--shard ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    wait_for(&format!("the engine of shard {shard}"), || {
        let said = stage.call("status exp.yaml --json");
        let lines = if said.code == Some(0) || said.code == Some(1) { said.json() } else { Vec::new() };
        let shards = lines.last()?["shards"].as_array()?.clone();
        shards.iter().any(|engine| engine["shard"] == shard.as_str()).then_some(())
    });
    run
}

#[test]
fn three_engines_share_an_experiment_and_each_simulation_runs_once() {
    let stage = Stage::new();
    let names: Vec<String> = (0..12).map(|at| format!("s{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    stage.gates("concurrency: 12", &names);
    let runs: Vec<Running> = (1..=3).map(|at| stage.start(&format!("run exp.yaml --json --shard {at}/3"))).collect();
    stage.wait_entered(&names);
    let status = stage.status();
    assert!(names.iter().all(|name| status.word(name) == "running"), "{status:?}");
    let engines = status.summary["shards"].as_array().unwrap();
    let listed: BTreeMap<&str, i64> =
        engines.iter().map(|one| (one["shard"].as_str().unwrap(), one["pid"].as_i64().unwrap())).collect();
    let started = ["1/3", "2/3", "3/3"].into_iter().zip(runs.iter().map(|run| i64::from(run.pid())));
    assert_eq!(listed, started.collect());
    assert_eq!(status.summary["engine"], true);
    stage.open_all(&names, 0);
    let mut total = 0;
    for (number, run) in (1..).zip(runs) {
        let said = run.finish().expect(0);
        let last = summary(&said);
        let own = names.iter().filter(|name| shard_of(name, 3).number() == number).count() as u64;
        assert_eq!((count(&last["counts"], "total"), count(&last["counts"], "ok")), (own, own), "{last}");
        assert_eq!(count(&last["all"], "total"), 12);
        total += own;
        // Each engine tells of its own.
        let told = json_lines(&said.out);
        let told = told.iter().filter_map(|line| line["simulation"].as_str());
        assert!(told.into_iter().all(|name| shard_of(name, 3).number() == number), "{}", said.out);
    }
    assert_eq!(total, 12);
    for name in names {
        assert_eq!((stage.entered(name), stage.has_attempt(name, 2)), (1, false), "{name}");
    }
    // Afterwards it is an experiment like any other.
    let said = stage.call("run exp.yaml").expect(0);
    assert!(said.out.contains("12 simulations, 12 ok"), "{}", said.out);
    assert!(!stage.path("out/experiment-1-of-3.json").exists(), "the record of all has it now");
}

#[test]
fn who_must_not_be_beside_another_is_refused_and_starts_nothing() {
    let stage = Stage::new();
    let (first, second) = (name_in(1, "a"), name_in(2, "b"));
    stage.gates("concurrency: 2", &[&first, &second]);
    let run = begun(&stage, "run exp.yaml --shard 1/2");
    for args in ["run exp.yaml", "run exp.yaml --shard 1/2", "run exp.yaml --shard 1/3"] {
        let said = stage.call(args).expect(3);
        assert!(said.err.contains("1/2") && said.err.contains(&run.pid().to_string()), "{args}: {}", said.err);
    }
    assert!(!stage.has_attempt(&second, 1));
    stage.open(&first, 0);
    run.finish().expect(0);
    let whole = stage.start("run exp.yaml");
    stage.wait_entered(&[&second]);
    let said = stage.call("run exp.yaml --shard 1/2").expect(3);
    assert!(said.err.contains(&whole.pid().to_string()), "{}", said.err);
    stage.open(&second, 0);
    whole.finish().expect(0);
    for args in ["run exp.yaml --shard 3/2", "run exp.yaml --shard 2"] {
        assert!(stage.call(args).expect(2).err.contains("--shard"), "{args}");
    }
}

#[test]
fn an_engine_that_is_killed_leaves_its_shard_to_the_next_one_of_that_shard() {
    let stage = Stage::new();
    let names: Vec<String> = (0..6).map(|at| format!("s{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    stage.gates("concurrency: 6", &names);
    let first = stage.start("run exp.yaml --shard 1/2");
    let second = stage.start("run exp.yaml --shard 2/2");
    stage.wait_entered(&names);
    first.kill();
    // The other one goes on, and takes nothing over.
    let first = begun(&stage, "run exp.yaml --json --shard 1/2");
    stage.open_all(&names, 0);
    let own = names.iter().filter(|name| shard_of(name, 2).number() == 1).count() as u64;
    assert_eq!(count(&summary(&first.finish().expect(0))["counts"], "ok"), own);
    second.finish().expect(0);
    for name in names {
        assert_eq!((stage.entered(name), stage.has_attempt(name, 2)), (1, false), "{name}");
    }
}

/// `boot` is in the first shard, and what needs it is in the second.
fn boot_and_restore(stage: &Stage) -> (String, String) {
    let (boot, restore) = (name_in(1, "boot"), name_in(2, "restore"));
    stage.write("echo.py", "import sys\nprint(sys.argv[1:], flush=True)\n");
    let row = format!(
        "  - {{name: {restore}, script: echo.py, args: ['--ckpt=${{needs.{boot}.outdir}}'], needs: [{boot}]}}\n"
    );
    stage.experiment("concurrency: 4", &(gate(&boot, "") + &row));
    (boot, restore)
}

#[test]
fn what_needs_a_simulation_of_another_shard_waits_for_its_records() {
    let stage = Stage::new();
    let (boot, restore) = boot_and_restore(&stage);
    let second = begun(&stage, "run exp.yaml --json --shard 2/2");
    let first = stage.start("run exp.yaml --json --shard 1/2");
    stage.wait_entered(&[&boot]);
    assert!(!stage.has_attempt(&restore, 1));
    stage.open(&boot, 0);
    let last = summary(&first.finish().expect(0));
    assert_eq!((count(&last["counts"], "total"), count(&last["all"], "total")), (1, 2), "its part is done");
    let last = summary(&second.finish().expect(0));
    assert_eq!((count(&last["counts"], "ok"), count(&last["all"], "ok")), (1, 2));
    let log = fs::read_to_string(stage.attempt(&restore, 1).simout()).unwrap();
    assert!(log.contains(&format!("{boot}/attempt-1/m5out")), "{log}");
}

#[test]
fn a_need_that_failed_before_is_waited_for_until_its_engine_has_run_it_again() {
    let stage = Stage::new();
    let (boot, restore) = boot_and_restore(&stage);
    stage.open(&boot, 4);
    stage.call("run exp.yaml --shard 1/2").expect(1);
    fs::remove_file(stage.path(&format!("gate-{boot}"))).unwrap();
    let second = begun(&stage, "run exp.yaml --shard 2/2");
    let first = stage.start("run exp.yaml --shard 1/2");
    wait_for("the second attempt", || (stage.entered(&boot) == 2).then_some(()));
    stage.open(&boot, 0);
    first.finish().expect(0);
    second.finish().expect(0);
    let log = fs::read_to_string(stage.attempt(&restore, 1).simout()).unwrap();
    assert!(log.contains(&format!("{boot}/attempt-2/m5out")), "{log}");
}

#[test]
fn what_a_person_asks_goes_to_the_engine_that_has_it() {
    let stage = Stage::new();
    let (first, second) = (name_in(1, "a"), name_in(2, "b"));
    stage.gates("concurrency: 2", &[&first, &second]);
    let runs = ["1/2", "2/2"].map(|shard| stage.start(&format!("run exp.yaml --shard {shard}")));
    stage.wait_entered(&[&first, &second]);
    let said = stage.call(&format!("pause exp.yaml {second}")).expect(0);
    assert!(said.out.starts_with("shard 2/2: ") && said.out.lines().count() == 1, "{}", said.out);
    let status = stage.wait_word(&second, "paused");
    assert_eq!(status.word(&first), "running");
    stage.call_with(&["resume", "exp.yaml", "*"]).expect(1);
    stage.wait_word(&second, "running");
    stage.call("pause exp.yaml --queue").expect(0);
    let controls = |shard: &str| stage.path(&format!("out/controls-{shard}-of-2.json")).exists();
    assert!(controls("1") && controls("2") && !stage.path("out/controls.json").exists());
    stage.call(&format!("cancel exp.yaml {first}")).expect(0);
    assert_eq!(stage.wait_word(&first, "cancelled").word(&second), "running");
    let [one, other] = runs;
    one.finish().expect(1);
    // Its engine is gone, and no other one does anything about it.
    let said = stage.call(&format!("retry exp.yaml {first}")).expect(1);
    assert!(said.err.contains("shard 1/2"), "{}", said.err);
    let said = stage.call("stop exp.yaml --cancel").expect(0);
    assert!(said.out.starts_with("shard 2/2: "), "{}", said.out);
    assert_eq!(other.finish().code, Some(1));
    assert_eq!(stage.status().word(&second), "cancelled");
}

#[test]
fn what_an_engine_of_all_has_not_recorded_counts_for_shards_once() {
    let stage = Stage::new();
    let (first, second) = (name_in(1, "a"), name_in(2, "b"));
    stage.gates("concurrency: 2", &[&first, &second]);
    let run = stage.start("run exp.yaml");
    stage.wait_entered(&[&first, &second]);
    run.signal(Signal::SIGHUP);
    run.finish();
    let at = r#"{"unix_ms": 1, "boot_ms": 1}"#;
    let stop =
        |name: &str| format!(r#"{{"ask":"stop","simulation":"{name}","attempt":1,"reason":"cancelled","at":{at}}}"#);
    let line = format!(r#"{{"format":1,"asked":[{},{}]}}"#, stop(&first), stop(&second));
    stage.write("out/asked.jsonl", &(line + "\n"));
    let run = begun(&stage, "run exp.yaml --shard 1/2");
    wait_for("what was asked to be settled", || (!stage.path("out/asked.jsonl").exists()).then_some(()));
    assert!(stage.attempt(&first, 1).stop().exists() && stage.attempt(&second, 1).stop().exists());
    run.finish().expect(1);
    assert_eq!(stage.status().word(&first), "cancelled");
    stage.call("run exp.yaml --shard 2/2").expect(1);
    assert_eq!(stage.status().word(&second), "cancelled");
}

#[test]
fn what_a_suite_spawns_is_where_the_suite_is_and_all_know_of_it() {
    let stage = Stage::new();
    stage.write(
        "suite.py",
        "from gem5.utils.multiprocessing import Pool\nfrom sim import run\nif __name__ == '__m5_main__':\n\
         \x20   with Pool(processes=2, maxtasksperchild=1) as pool:\n        print(pool.map(run, range(4)))\n",
    );
    stage.write("sim.py", "def run(number):\n    return number\n");
    let suite = name_in(1, "suite");
    let other = name_in(2, "other");
    let rows = format!("  - {{name: {suite}, suite: suite.py}}\n{}", gate(&other, ""));
    stage.experiment("", &rows);
    let text = fs::read_to_string(stage.path("exp.yaml")).unwrap();
    stage.write("exp.yaml", &text.replace("  gem5_args: [-S, -E]\n", "").replace("defaults:\n", ""));
    let second = stage.start("run exp.yaml --json --shard 2/2");
    stage.wait_entered(&[&other]);
    let last = summary(&stage.call("run exp.yaml --json --shard 1/2").expect(0));
    assert_eq!(count(&last["counts"], "ok"), 5, "{last}");
    // The engine of the other shard began before they were there, and writes down what it knows once more.
    let status = stage.status();
    assert_eq!((status.count("total"), status.count("ok")), (6, 5));
    stage.open(&other, 0);
    second.finish().expect(0);
    stage.call("run exp.yaml --shard 2/2").expect(0);
    assert_eq!(stage.status().count("ok"), 6);
    let last = summary(&stage.call("run exp.yaml --json").expect(0));
    assert_eq!((count(&last["counts"], "total"), count(&last["counts"], "ok")), (6, 6));
}
