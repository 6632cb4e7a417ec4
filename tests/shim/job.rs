//! Shims in a job of a batch system, which sends its signals to each process of the job and tells no reason.

use std::fs;
use std::time::Duration;

use gem5_tui::gem5::OutcomeKind;
use gem5_tui::rundir::atomic::{self, read_json, write_json};
use gem5_tui::rundir::evidence::conclude::conclude;
use gem5_tui::rundir::record::{DumpRequest, End, Exit, FORMAT, JobEnd, JobFate, Moment, Spec, Submitted, Submitting};
use gem5_tui::rundir::{Presence, Reach, Takeovers, attempts};
use gem5_tui::shim::Orders;
use gem5_tui::spawn::identity::{self, Alive};
use gem5_tui::spawn::{presence, tree};
use nix::sys::signal::Signal;

use crate::held::{Held, python, wait_until};

const IN_JOB: Orders =
    Orders { claims: true, handed_in: None, relays: true, warned: false, allocated: false, beat: None };

/// What gem5 does with SIGINT: one is noted while it simulates; a later one ends what the script does, here a dump that lasts until
/// there is a file. It has a child that goes before it.
const SIMULATES: &str = r"
import os, signal, sys, time
m5out, gate = sys.argv[1:]
main = os.getpid()
if os.fork() == 0:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while os.getppid() == main: time.sleep(0.01)
    os._exit(0)
asked = []
before = signal.signal(signal.SIGINT, lambda *_: asked.append(1))
stats = open(os.path.join(m5out, 'stats.txt'), 'w', buffering=1)
print('up', flush=True)
while not asked: time.sleep(0.01)
signal.signal(signal.SIGINT, before)
stats.write('\n---------- Begin Simulation Statistics ----------\nsimTicks 5 # ticks\n')
print('dumps', flush=True)
while not os.path.exists(gate): time.sleep(0.01)
stats.write('\n---------- End Simulation Statistics   ----------\n')
print('Exiting @ tick 5 because user interrupt received', flush=True)
";

/// An attempt for a batch system, with a script that is told its output directory and its gate.
fn prepared(code: &str) -> Held {
    let held = Held::prepare(Vec::new(), None, &[]);
    let mut spec: Spec = read_json(&held.attempt.spec()).unwrap().unwrap();
    let (m5out, gate) = (held.attempt.m5out(), held.root.path().join("gate"));
    spec.argv = vec![python().display().to_string(), "-c".into(), code.into()];
    spec.argv.extend([m5out, gate].map(|path| path.display().to_string()));
    spec.batch = Some("slurm".to_owned());
    write_json(&held.attempt.spec(), &spec).unwrap();
    held
}

fn simulating(orders: Orders) -> Held {
    let held = prepared(SIMULATES).start_alone(orders);
    held.wait_for_output("up");
    held.started();
    held
}

fn open_gate(held: &Held) {
    fs::write(held.root.path().join("gate"), "").unwrap();
}

fn send(held: &Held, signal: Signal) {
    identity::send(&held.started().shim, signal).unwrap();
}

/// Returns when the shim has passed on all that was sent before.
fn pause_and_go_on(held: &Held) {
    let seen = held.pauses().len();
    send(held, Signal::SIGTSTP);
    wait_until("the pause", || (held.pauses().len() > seen).then_some(()));
    send(held, Signal::SIGCONT);
    wait_until("the end of the pause", || (held.pauses().len() > seen + 1).then_some(()));
}

fn taken(exit: &Exit) -> Vec<&str> {
    exit.taken.iter().map(|taken| taken.name.as_str()).collect()
}

fn job_end(how: JobFate) -> JobEnd {
    let (system, node, state) = ("slurm".to_owned(), Some("n17".to_owned()), "STATE".to_owned());
    JobEnd { format: FORMAT, system, id: None, how, state, reason: String::new(), node, at: Moment::now() }
}

/// What is concluded, if the system says this of the job.
fn outcome(held: &Held, how: Option<JobFate>) -> (OutcomeKind, String) {
    if let Some(how) = how {
        write_json(&held.attempt.job_end(), &job_end(how)).unwrap();
    }
    let outcome = conclude(&attempts::read_at(held.attempt.clone(), 1).unwrap()).outcome;
    (outcome.kind, outcome.cause)
}

#[test]
fn sigterm_to_a_whole_job_is_an_interrupt_for_gem5_and_no_second_one_cuts_off_its_stats() {
    let held = simulating(IN_JOB);
    // As `scancel` does: to each process, the shim among them.
    let members = tree::members(&held.started().shim).unwrap();
    assert_eq!(members.len(), 2);
    for member in &members {
        identity::send(member, Signal::SIGTERM).unwrap();
    }
    pause_and_go_on(&held);
    assert!(!held.stdout().contains("dumps"), "nobody has asked it yet");
    send(&held, Signal::SIGTERM);
    held.wait_for_output("dumps");
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        send(&held, signal);
    }
    pause_and_go_on(&held);
    open_gate(&held);
    let exit = held.exit();
    assert_eq!(exit.end, End::Exited { code: 0 }, "{}", fs::read_to_string(held.attempt.simerr()).unwrap());
    assert_eq!(taken(&exit), ["SIGTERM", "SIGINT"]);
    let told = |how| outcome(&held, how);
    assert_eq!(told(None).0, OutcomeKind::Killed);
    let (kind, cause) = told(Some(JobFate::TimedOut));
    assert!(kind == OutcomeKind::Timeout && cause.contains("Slurm") && cause.contains("stats kept"), "{cause}");
    assert_eq!(told(Some(JobFate::Cancelled)).0, OutcomeKind::Cancelled);
    assert_eq!(told(Some(JobFate::Preempted)).0, OutcomeKind::Interrupted);
}

#[test]
fn a_paused_tree_hears_that_it_is_to_finish() {
    let held = simulating(IN_JOB);
    send(&held, Signal::SIGTSTP);
    wait_until("the pause", || held.pauses().last().filter(|line| line.stopped).map(drop));
    open_gate(&held);
    send(&held, Signal::SIGTERM);
    assert_eq!(held.end(), End::Exited { code: 0 });
}

#[test]
fn sigusr2_kills_the_tree_and_leaves_the_shim_to_say_so() {
    let held = simulating(IN_JOB);
    let members = tree::members(&held.started().shim).unwrap();
    send(&held, Signal::SIGINT);
    held.wait_for_output("dumps");
    send(&held, Signal::SIGUSR2);
    let exit = held.exit();
    assert!(matches!(exit.end, End::Signaled { signal: 9, .. }), "{exit:?}");
    assert_eq!(taken(&exit), ["SIGINT", "SIGUSR2"]);
    assert!(members.iter().all(|member| identity::is_alive(member) == Alive::No));
    let (kind, cause) = outcome(&held, Some(JobFate::Cancelled));
    assert!(kind == OutcomeKind::Cancelled && cause.contains("stats cut off"), "{cause}");
}

#[test]
fn stats_that_a_job_is_asked_for_are_known_for_no_result() {
    let held = prepared(
        "import signal, sys, time\nopen(sys.argv[1] + '/stats.txt', 'w').write('x' * 700)\n\
         signal.signal(signal.SIGUSR1, lambda *_: print('asked', flush=True))\nprint('up', flush=True)\n\
         while True: time.sleep(0.01)",
    );
    let held = held.start_alone(IN_JOB);
    held.wait_for_output("up");
    send(&held, Signal::SIGUSR1);
    held.wait_for_output("asked");
    let requests: Vec<DumpRequest> = atomic::read_lines(&held.attempt.requested_dumps());
    assert_eq!(requests.iter().map(|request| request.stats_bytes).collect::<Vec<_>>(), [700]);
}

#[test]
fn who_follows_a_job_sees_at_once_that_it_runs_and_that_it_is_asked_to_end() {
    let held = simulating(Orders { beat: Some(Duration::from_hours(1)), ..IN_JOB });
    wait_until("the first beat", || held.beats().first().filter(|beat| beat.asked.is_none()).map(drop));
    send(&held, Signal::SIGTERM);
    wait_until("the beat that tells", || {
        held.beats().iter().find(|beat| beat.asked.as_deref() == Some("SIGTERM")).map(drop)
    });
}

#[test]
fn gem5_in_a_job_does_not_outlive_its_shim() {
    let mut held = simulating(IN_JOB);
    let gem5 = held.started().gem5;
    held.shim.as_mut().unwrap().kill().unwrap();
    wait_until("gem5 to end", || (identity::is_alive(&gem5) == Alive::No).then_some(()));
    let (kind, cause) = outcome(&held, Some(JobFate::NodeFailed));
    assert!(kind == OutcomeKind::Lost && cause.contains("n17"), "{cause}");
    assert!(conclude(&attempts::read_at(held.attempt.clone(), 1).unwrap()).is_gone);
}

#[test]
fn a_job_that_was_given_up_starts_nothing_when_it_comes() {
    let held = prepared("print('up', flush=True)");
    write_json(&held.attempt.job_end(), &job_end(JobFate::Forgotten)).unwrap();
    assert!(!held.command_alone(IN_JOB).output().unwrap().status.success());
    assert_eq!(held.stdout(), "");
    assert!(!held.attempt.claim().exists());
}

#[test]
fn what_a_batch_system_has_is_where_its_records_say() {
    let held = prepared("print('up', flush=True)\nimport time\ntime.sleep(600)");
    let told = || presence(&attempts::read_at(held.attempt.clone(), 1).unwrap(), &Takeovers::default());
    let (system, job_name) = ("slurm".to_owned(), "a".to_owned());
    assert_eq!(told(), Presence::NeverStarted);
    let submitting = Submitting { format: FORMAT, system, job_name, at: Moment::now(), command: Vec::new() };
    write_json(&held.attempt.submitting(), &submitting).unwrap();
    assert!(matches!(told(), Presence::Pending { .. }));
    let Submitting { system, job_name, at, .. } = submitting;
    let submitted = Submitted { format: FORMAT, system, job_name, id: "12".to_owned(), at };
    write_json(&held.attempt.submitted(), &submitted).unwrap();
    assert_eq!(told(), Presence::Pending { why: "submitted to Slurm as job 12".to_owned() });
    let mut shim = held.command_alone(IN_JOB).spawn().unwrap();
    wait_until("the claim", || held.attempt.claim().exists().then_some(()));
    held.started();
    assert_eq!(told(), Presence::Runs(Reach::Relayed));
    shim.kill().unwrap();
    shim.wait().unwrap();
    // Whatever is seen here, another node may have it.
    assert_eq!(told(), Presence::Runs(Reach::Relayed));
    write_json(&held.attempt.job_end(), &job_end(JobFate::Ended)).unwrap();
    assert_eq!(told(), Presence::Ended);
}

/// Beside others in a job, such as that of a `gem5-tui run` that was handed in by hand.
#[test]
fn a_shim_that_shares_its_job_takes_the_end_of_the_job_and_nothing_else() {
    let held = simulating(Orders { claims: true, allocated: true, ..Orders::default() });
    for member in &tree::members(&held.started().shim).unwrap() {
        identity::send(member, Signal::SIGTERM).unwrap();
    }
    // The engine beside it speaks to the tree itself.
    send(&held, Signal::SIGUSR2);
    send(&held, Signal::SIGTERM);
    held.wait_for_output("dumps");
    open_gate(&held);
    let exit = held.exit();
    assert_eq!((&exit.end, taken(&exit)), (&End::Exited { code: 0 }, vec!["SIGTERM"]));
}
