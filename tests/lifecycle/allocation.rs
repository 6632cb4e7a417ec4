//! Inside a batch job, as its environment tells of it, and until a time that a person says.

use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use gem5_tui::rundir::record::{End, StopReason};
use serde_json::Value;

use crate::stage::{Running, Stage, json_lines, wait_for};

/// A script that ends well when it is asked to finish, as gem5 does.
const FINISHES: &str = "import signal, sys, time\n\
                        def stop(number, frame):\n    print('got', number, flush=True); sys.exit(0)\n\
                        signal.signal(signal.SIGINT, stop)\nprint('ready', flush=True)\n\
                        time.sleep(600)\n";

/// A job of one CPU with 700 MiB. `end` is when it ends, in seconds from now.
fn in_job(stage: &Stage, args: &str, end: Option<u64>) -> Running {
    let mut command: Command = stage.command(args);
    command.env("SLURM_JOB_ID", "4711").env("SLURM_CPUS_ON_NODE", "1").env("SLURM_MEM_PER_NODE", "700");
    // No controller is asked for one that does not exist.
    let end = end.unwrap_or(10 * 24 * 3600);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    command.env("SLURM_JOB_END_TIME", (now + end).to_string());
    Running::start(command)
}

fn summary(out: &str) -> Value {
    json_lines(out).pop().unwrap()
}

fn stop_of(stage: &Stage, name: &str) -> StopReason {
    let stop: Value = serde_json::from_slice(&fs::read(stage.attempt(name, 1).stop()).unwrap()).unwrap();
    serde_json::from_value(stop["reason"].clone()).unwrap()
}

#[test]
fn a_job_gives_the_cap_and_the_budget_where_the_file_says_nothing() {
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    let run = in_job(&stage, "run exp.yaml", None);
    stage.wait_entered(&["a"]);
    let status = stage.status();
    assert_eq!((status.summary["cap"].as_u64(), status.word("b")), (Some(1), "queued"));
    let told = status.summary["allocation"].as_str().unwrap();
    assert!(told.starts_with("in job 4711 of Slurm: 1 CPU, 700 MiB of memory"), "{told}");
    stage.open_all(&["a", "b"], 0);
    let said = run.finish().expect(0);
    assert!(said.err.starts_with("note: in job 4711 of Slurm: 1 CPU"), "{}", said.err);
    // It is nothing of the plan's, which outlives the job.
    let record: Value = serde_json::from_slice(&fs::read(stage.path("out/experiment.json")).unwrap()).unwrap();
    assert!(record["plan"]["memory"].is_null() && record["plan"]["concurrency"] == "auto", "{record}");
}

#[test]
fn what_a_person_asks_for_goes_before_what_the_job_has_and_is_told() {
    let stage = Stage::new();
    stage.gates("memory: 2GiB", &["a", "b"]);
    let run = in_job(&stage, "run exp.yaml -j 2", None);
    stage.wait_entered(&["a", "b"]);
    stage.open_all(&["a", "b"], 0);
    let said = run.finish().expect(0);
    assert!(said.err.contains("2 at once are asked for, which is more than its CPUs"), "{}", said.err);
    assert!(said.err.contains("`memory` is 2 GiB, which is more than it has"), "{}", said.err);
}

#[test]
fn the_end_of_a_job_interrupts_with_an_exit_code_of_its_own_and_the_next_job_goes_on() {
    let stage = Stage::new();
    stage.write("wait.py", FINISHES);
    stage.write("long.py", "");
    let rows = "  - {name: a, script: wait.py, retries: 1}\n  - {name: b, script: long.py, time: 3h}\n";
    stage.experiment("concurrency: 2", rows);
    let run = in_job(&stage, "run exp.yaml --json --margin 58m", Some(3600 + 5));
    wait_for("the handler", || {
        fs::read_to_string(stage.attempt("a", 1).simout()).ok().filter(|text| text.contains("ready"))
    });
    drop(run);
    // Nobody asked for an end of it, so it runs on, and the engine of another job finds it.
    let run = in_job(&stage, "run exp.yaml --json --margin 58m", Some(58 * 60 + 2));
    let said = run.finish().expect(75);
    let summary = summary(&said.out);
    assert_eq!((&summary["later"], &summary["exit_code"]), (&2.into(), &75.into()));
    assert_eq!((&summary["counts"]["queued"], &summary["counts"]["not_ok"]), (&2.into(), &0.into()));
    assert_eq!(stage.exit("a", 1).end, End::Exited { code: 0 });
    assert!(matches!(stop_of(&stage, "a"), StopReason::TimeUp { .. }));
    assert!(!stage.has_attempt("b", 1), "it cannot finish");
    let status = stage.status();
    assert_eq!((status.word("a"), status.word("b")), ("queued", "queued"));
    assert_eq!(status.sims["a"]["attempts"][0]["outcome"]["kind"], "interrupted");
    assert!(status.reason("a").contains("its time was up"), "{}", status.reason("a"));
    // The same in the next job.
    stage.write("wait.py", "");
    let said = in_job(&stage, "run exp.yaml", Some(24 * 3600)).finish().expect(0);
    assert!(said.out.contains("2 simulations, 2 ok"), "{}", said.out);
    assert!(stage.has_attempt("a", 2) && !stage.has_attempt("a", 3));
}

#[test]
fn the_last_line_of_a_run_says_that_there_is_more_to_do() {
    let stage = Stage::new();
    stage.write("long.py", "");
    stage.experiment("", "  - {name: a, script: long.py, time: 3h}\n");
    let said = stage.call("run exp.yaml --until +1h").expect(75);
    let last = said.out.lines().last().unwrap();
    assert!(last.contains("there is more to do") && last.contains("1 simulation"), "{}", said.out);
    assert!(said.err.starts_with("note: until "), "{}", said.err);
    // A person knows better than a batch system.
    in_job(&stage, "run exp.yaml --until never", Some(60)).finish().expect(0);
}

#[test]
fn a_time_that_is_none_starts_nothing() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    for args in
        ["run exp.yaml --until yesterday", "run exp.yaml --until +1h --margin soon", "run exp.yaml --until 2020-01-01"]
    {
        let said = stage.call(args).expect(2);
        assert!(said.err.contains("--until") || said.err.contains("--margin"), "{}", said.err);
        assert!(!stage.path("out").exists(), "{args}");
    }
}
