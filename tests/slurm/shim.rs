//! Shims in jobs of their own, as an engine hands them to Slurm.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use gem5_tui::gem5::OutcomeKind;
use gem5_tui::rundir::atomic::{read_json, write_json};
use gem5_tui::rundir::attempts;
use gem5_tui::rundir::evidence::conclude::conclude;
use gem5_tui::rundir::record::{End, Exit, FORMAT, JobEnd, JobFate, Moment, Spec};
use gem5_tui::shim::Orders;
use gem5_tui::spawn::identity::{self, Alive};

use crate::held::{Held, wait_until};
use crate::{cluster, within};

const IN_JOB: Orders = Orders {
    claims: true,
    handed_in: None,
    relays: true,
    warned: false,
    allocated: false,
    beat: Some(Duration::from_secs(1)),
};

/// Time limits are looked at every 30 s.
const LIMIT_WITHIN: Duration = Duration::from_mins(3);

/// The stand-in gem5 with a script, which is told its output directory.
fn gem5(script: &Path, mode: &str) -> Held {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let held = Held::prepare(Vec::new(), None, &[]);
    let mut spec: Spec = read_json(&held.attempt.spec()).unwrap().unwrap();
    let outdir = format!("--outdir={}", held.attempt.m5out().display());
    let program = source.join("assets/standin/gem5-standin");
    spec.argv = vec![program.display().to_string(), outdir, script.display().to_string(), mode.to_owned()];
    spec.batch = Some("slurm".to_owned());
    write_json(&held.attempt.spec(), &spec).unwrap();
    held
}

/// One that simulates until it is told to finish.
fn endless() -> Held {
    gem5(&Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/outcomes.py"), "--mode=forever")
}

/// The job of an attempt. Cancelled when it is dropped.
struct Job {
    conf: PathBuf,
    id: String,
}

impl Job {
    fn submit(conf: &Path, held: &Held) -> Self {
        let dir = held.attempt.path();
        let (program, orders) = (env!("CARGO_BIN_EXE_gem5-tui"), IN_JOB.arguments().join(" "));
        fs::write(held.attempt.job_script(), format!("#!/bin/sh\nexec {program} shim {} {orders}\n", dir.display()))
            .unwrap();
        let mut sbatch = Command::new("sbatch");
        sbatch.env("SLURM_CONF", conf).args(["--parsable", "--no-requeue", "--open-mode=append", "--time=30"]);
        sbatch.arg(format!("--output={}", held.attempt.job_log().display()));
        let said = sbatch.arg(held.attempt.job_script()).output().unwrap();
        assert!(said.status.success(), "{said:?}");
        Self { conf: conf.to_owned(), id: String::from_utf8(said.stdout).unwrap().trim().to_owned() }
    }

    fn run(&self, program: &str, args: &[&str]) {
        let done = Command::new(program).env("SLURM_CONF", &self.conf).args(args).status().unwrap();
        assert!(done.success(), "{program} {args:?}");
    }

    fn cancel(&self) {
        self.run("scancel", &[&self.id]);
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let _ = Command::new("scancel").env("SLURM_CONF", &self.conf).arg(&self.id).status();
    }
}

/// Waits until gem5 simulates.
fn simulates(held: &Held) {
    within(crate::JOB_WITHIN, || held.attempt.started().exists().then_some(())).expect("the job to start");
    let simerr = held.attempt.simerr();
    wait_until("gem5 to simulate", || {
        fs::read_to_string(&simerr).ok().filter(|log| log.contains("Entering event queue")).map(drop)
    });
}

/// What an engine would conclude that has asked Slurm.
fn outcome(held: &Held, how: JobFate) -> (OutcomeKind, String) {
    let (system, state) = ("slurm".to_owned(), "STATE".to_owned());
    let (id, node, reason) = (None, None, String::new());
    write_json(
        &held.attempt.job_end(),
        &JobEnd { format: FORMAT, system, id, how, state, reason, node, at: Moment::now() },
    )
    .unwrap();
    let outcome = conclude(&attempts::read_at(held.attempt.clone(), 1).unwrap()).outcome;
    (outcome.kind, outcome.cause)
}

fn taken(exit: &Exit) -> Vec<&str> {
    exit.taken.iter().map(|taken| taken.name.as_str()).collect()
}

#[test]
fn a_cancelled_job_keeps_a_complete_last_block() {
    let Some(conf) = cluster("a_cancelled_job_keeps_a_complete_last_block") else { return };
    let held = endless();
    let job = Job::submit(&conf, &held);
    simulates(&held);
    job.cancel();
    let exit = held.exit();
    assert_eq!((&exit.end, taken(&exit)), (&End::Exited { code: 0 }, vec!["SIGTERM"]));
    let (kind, cause) = outcome(&held, JobFate::Cancelled);
    assert!(kind == OutcomeKind::Cancelled && cause.contains("stats kept (dump 1)"), "{cause}");
    assert!(held.beats().iter().any(|beat| beat.asked.as_deref() == Some("SIGTERM")));
}

#[test]
fn an_interrupt_for_the_script_of_a_job_alone_reaches_gem5() {
    let Some(conf) = cluster("an_interrupt_for_the_script_of_a_job_alone_reaches_gem5") else { return };
    let held = endless();
    let job = Job::submit(&conf, &held);
    simulates(&held);
    job.run("scancel", &["--batch", "--signal=INT", &job.id]);
    let exit = held.exit();
    assert_eq!((&exit.end, taken(&exit)), (&End::Exited { code: 0 }, vec!["SIGINT"]));
}

#[test]
fn a_job_at_its_time_limit_keeps_a_complete_last_block() {
    let Some(conf) = cluster("a_job_at_its_time_limit_keeps_a_complete_last_block") else { return };
    let held = endless();
    let job = Job::submit(&conf, &held);
    simulates(&held);
    // Anybody may lower it.
    job.run("scontrol", &["update", &format!("jobid={}", job.id), "timelimit=0"]);
    within(LIMIT_WITHIN, || held.attempt.exit().exists().then_some(())).expect("the time limit");
    assert_eq!(taken(&held.exit()), ["SIGTERM"]);
    // Slurm need not be asked: it says so in the log of the job.
    let log = held.attempt.job_log();
    wait_until("its word", || fs::read_to_string(&log).ok().filter(|log| log.contains("DUE TO TIME LIMIT")).map(drop));
    let (kind, cause) = outcome(&held, JobFate::Forgotten);
    assert!(kind == OutcomeKind::Timeout && cause.contains("stats kept (dump 1)"), "{cause}");
}

#[test]
fn a_gem5_that_does_not_finish_is_killed_and_its_stats_are_told_as_cut_off() {
    let Some(conf) = cluster("a_gem5_that_does_not_finish_is_killed_and_its_stats_are_told_as_cut_off") else { return };
    let place = tempfile::tempdir().unwrap();
    let script = place.path().join("deaf.py");
    // It is in the middle of a dump that never ends.
    let text = "import os, signal, sys, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n\
                import m5\nwith open(os.path.join(m5.options.outdir, 'stats.txt'), 'w') as stats:\n    \
                stats.write('\\n---------- Begin Simulation Statistics ----------\\nsimTicks 5 # ticks\\n')\n\
                print('Entering event queue', file=sys.stderr, flush=True)\nwhile True: time.sleep(1)\n";
    fs::write(&script, text).unwrap();
    let held = gem5(&script, "");
    let job = Job::submit(&conf, &held);
    simulates(&held);
    let gem5 = held.started().gem5;
    job.cancel();
    within(crate::JOB_WITHIN, || (identity::is_alive(&gem5) == Alive::No).then_some(())).expect("its end");
    assert!(!held.attempt.exit().exists(), "its shim was killed with it");
    let (kind, cause) = outcome(&held, JobFate::Cancelled);
    assert!(kind == OutcomeKind::Cancelled && cause.contains("stats cut off"), "{cause}");
}

#[test]
fn of_two_jobs_of_one_attempt_one_runs_it() {
    let Some(conf) = cluster("of_two_jobs_of_one_attempt_one_runs_it") else { return };
    let held = endless();
    let first = Job::submit(&conf, &held);
    simulates(&held);
    let second = Job::submit(&conf, &held);
    let log = held.attempt.job_log();
    let refused = || fs::read_to_string(&log).ok().filter(|log| log.contains("gem5-tui shim: ")).map(drop);
    within(crate::JOB_WITHIN, refused).expect("the second one to be refused");
    second.cancel();
    assert_eq!(identity::is_alive(&held.started().gem5), Alive::Yes);
    first.cancel();
    assert_eq!(held.end(), End::Exited { code: 0 });
    let banners = held.stdout().matches("gem5 Simulator System").count();
    assert_eq!(banners, 1);
}
