//! On a real Slurm. `GEM5_TUI_SLURM` is the `slurm.conf` of one on which this user may submit, for what needs nothing special; what
//! breaks a cluster starts one of its own with the program `GEM5_TUI_SLURM_START`. Without them the tests say that they skip.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]
#![expect(clippy::print_stderr, reason = "a test that skips says why")]

#[expect(dead_code, reason = "other groups need more of the stage")]
#[path = "../lifecycle/stage.rs"]
mod stage;

#[path = "../chaos/proof.rs"]
mod proof;

#[path = "../chaos/terminal.rs"]
mod terminal;

#[expect(dead_code, reason = "no script that spawns is among those that are killed here")]
#[path = "../chaos/victims.rs"]
mod victims;

#[expect(dead_code, reason = "other groups need more of it")]
#[path = "../shim/held.rs"]
mod held;

mod answers;
mod breaker;
mod chaos;
mod check;
mod cluster;
mod controller;
mod ends;
mod engine_job;
mod gentle;
mod places;
mod shim;
mod site;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use stage::{Stage, json_lines, wait_for, within};

/// How long a job may wait and run: Slurm looks for work every few seconds.
const JOB_WITHIN: Duration = Duration::from_mins(2);

/// What a script calls the number of its task in an array of jobs.
const TASK: &str = "$SLURM_ARRAY_TASK_ID";

/// A job of ours. Cancelled when it is dropped.
struct Job {
    conf: PathBuf,
    id: String,
    /// What its script prints, and how it ends.
    out: PathBuf,
    code: PathBuf,
}

impl Job {
    /// Submits one that runs the program on the stage. `name` is its own there.
    fn submit(stage: &Stage, conf: &Path, name: &str, options: &str, args: &str) -> Self {
        let (out, code) = (stage.path(&format!("{name}.out")), stage.path(&format!("{name}.code")));
        let program = env!("CARGO_BIN_EXE_gem5-tui");
        // Renamed, so that a code which is there is whole.
        let script = format!(
            "#!/bin/sh\n{program} {args} >\"{out}\" 2>&1\necho $? >\"{code}.new\"\nmv \"{code}.new\" \"{code}\"\n",
            out = out.display(),
            code = code.display()
        );
        let script = stage.write("job.sh", &script);
        let mut sbatch = Command::new("sbatch");
        stage.surround(&mut sbatch);
        sbatch.env("SLURM_CONF", conf).args(["--parsable", "--no-requeue", "--output=/dev/null"]);
        let said = sbatch.args(options.split_whitespace()).arg(script).output().unwrap();
        assert!(said.status.success(), "{said:?}");
        let id = String::from_utf8(said.stdout).unwrap().trim().to_owned();
        Self { conf: conf.to_owned(), id, out, code }
    }

    /// Waits for its end: the exit code of the program, and what it said.
    fn finish(&self) -> (i32, String) {
        self.finish_as("")
    }

    /// The same of a task of an array of jobs, which has its number in its `name`.
    fn finish_as(&self, task: &str) -> (i32, String) {
        let of_task = |path: &Path| path.to_str().unwrap().replace(TASK, task);
        let code = within(JOB_WITHIN, || fs::read_to_string(of_task(&self.code)).ok());
        let out = fs::read_to_string(of_task(&self.out)).unwrap_or_default();
        let code = code.unwrap_or_else(|| panic!("job {} does not end; so far: {out}", self.id));
        (code.trim().parse().unwrap(), out)
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let _ = Command::new("scancel").env("SLURM_CONF", &self.conf).arg(&self.id).status();
    }
}

fn cluster(test: &str) -> Option<PathBuf> {
    let conf = std::env::var_os("GEM5_TUI_SLURM").map(PathBuf::from);
    if conf.is_none() {
        eprintln!("skipped: {test} needs a Slurm, GEM5_TUI_SLURM=/its/slurm.conf");
    }
    conf
}

#[test]
fn a_real_job_gives_its_cpus_its_memory_and_its_end() {
    let Some(conf) = cluster("a_real_job_gives_its_cpus_its_memory_and_its_end") else { return };
    let stage = Stage::new();
    stage.gates("", &["a", "b"]);
    let job = Job::submit(&stage, &conf, "job", "--cpus-per-task=1 --mem=600 --time=30", "run exp.yaml");
    stage.wait_entered(&["a"]);
    let status = stage.status();
    assert_eq!(status.summary["cap"], 1);
    let told = status.summary["allocation"].as_str().unwrap().to_owned();
    let expected = format!("in job {} of Slurm: 1 CPU, 600 MiB of memory, until ", job.id);
    assert!(told.starts_with(&expected) && told.contains("asked to finish 2m before"), "{told}");
    stage.open_all(&["a", "b"], 0);
    let (code, out) = job.finish();
    assert_eq!(code, 0, "{out}");
}

#[test]
fn the_end_of_a_real_job_interrupts_and_the_next_job_goes_on() {
    let Some(conf) = cluster("the_end_of_a_real_job_interrupts_and_the_next_job_goes_on") else { return };
    let stage = Stage::new();
    let slow = "  - {name: slow, script: CONFIGS/outcomes.py, args: [--mode=forever]}\n\
                \x20 - {name: long, script: CONFIGS/outcomes.py, args: [--mode=ok], time: 10m}\n";
    stage.stand_in(slow);
    // The margin is nearly all of the minute, so that no test waits long.
    let options = "--cpus-per-task=1 --mem=600 --time=1";
    let job = Job::submit(&stage, &conf, "first", options, "run exp.yaml --json --margin 45s");
    let (code, out) = job.finish();
    assert_eq!(code, 75, "{out}");
    let lines: Vec<&str> = out.lines().filter(|line| line.starts_with('{')).collect();
    let summary: Value = json_lines(&lines.join("\n")).pop().unwrap();
    assert_eq!((&summary["later"], &summary["counts"]["not_ok"]), (&2.into(), &0.into()), "{out}");
    let outcome = stage.status().sims["slow"]["attempts"][0]["outcome"].clone();
    assert_eq!(outcome["kind"], "interrupted", "{outcome}");
    assert!(outcome["cause"].as_str().unwrap().contains("stats kept"), "{outcome}");
    assert!(!stage.has_attempt("long", 1));
    stage.stand_in(&slow.replace("forever", "ok"));
    let job = Job::submit(&stage, &conf, "second", "--cpus-per-task=1 --mem=600 --time=60", "run exp.yaml");
    let (code, out) = job.finish();
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("2 simulations, 2 ok"), "{out}");
    wait_for("the second attempt", || stage.has_attempt("slow", 2).then_some(()));
}

#[test]
fn an_array_of_real_jobs_shares_an_experiment() {
    let Some(conf) = cluster("an_array_of_real_jobs_shares_an_experiment") else { return };
    let stage = Stage::new();
    let names: Vec<String> = (0..9).map(|at| format!("s{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    stage.gates("", &names);
    stage.open_all(&names, 0);
    let args = format!("run exp.yaml --json --shard {TASK}/3");
    let options = "--array=1-3 --cpus-per-task=1 --mem=200 --time=30";
    let job = Job::submit(&stage, &conf, &format!("task-{TASK}"), options, &args);
    let mut total = 0;
    for task in ["1", "2", "3"] {
        let (code, out) = job.finish_as(task);
        assert_eq!(code, 0, "{out}");
        let lines: Vec<&str> = out.lines().filter(|line| line.starts_with('{')).collect();
        let summary: Value = json_lines(&lines.join("\n")).pop().unwrap();
        assert_eq!(summary["shard"], format!("{task}/3"));
        assert_eq!(summary["counts"]["ok"], summary["counts"]["total"], "{out}");
        total += summary["counts"]["total"].as_u64().unwrap();
    }
    assert_eq!(total, 9);
    for name in names {
        assert_eq!((stage.entered(name), stage.has_attempt(name, 2)), (1, false), "{name}");
    }
    assert_eq!(stage.status().count("ok"), 9);
}

/// The engine and each shim get SIGTERM at the same moment. gem5 that is interrupted by both loses its dump.
#[test]
fn a_cancelled_allocation_interrupts_what_runs_in_it_once() {
    let Some(conf) = cluster("a_cancelled_allocation_interrupts_what_runs_in_it_once") else { return };
    let stage = Stage::new();
    let names = ["a", "b", "c"];
    let one = |name: &&str| format!("  - {{name: {name}, script: CONFIGS/outcomes.py, args: [--mode=forever]}}\n");
    stage.stand_in(&names.iter().map(one).collect::<String>());
    let job = Job::submit(&stage, &conf, "job", "--cpus-per-task=3 --mem=600 --time=30", "run exp.yaml -j 3");
    for name in names {
        wait_for("stats", || fs::metadata(stage.attempt(name, 1).m5out().join("stats.txt")).ok().map(drop));
    }
    let said = Command::new("scancel").env("SLURM_CONF", &conf).arg(&job.id).status().unwrap();
    assert!(said.success());
    for name in names {
        let exit = stage.exit(name, 1);
        // Between two calls of `simulate()` even one interrupt is an exception, with code 1 and nothing cut off; two of them end it.
        assert!(matches!(exit.end, gem5_tui::rundir::record::End::Exited { .. }), "{name}: {:?}", exit.end);
        let outcome = wait_for("its outcome", || {
            let outcome = stage.status().sims[name]["attempts"][0]["outcome"].clone();
            (!outcome.is_null()).then_some(outcome)
        });
        assert!(!outcome["cause"].as_str().unwrap().contains("cut off"), "{outcome}");
    }
}
