//! Shims that a batch system starts: nobody hands them a lock, and nobody else reaches their tree.

use std::fs;
use std::time::Duration;

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::{Claim, End, Identity, Started};
use gem5_tui::rundir::{Presence, Reach, Takeovers, attempts};
use gem5_tui::shim::Orders;
use gem5_tui::spawn::{identity, presence, tree};
use nix::sys::signal::Signal;

use crate::held::{Held, wait_until};

const ALONE: Orders =
    Orders { claims: true, handed_in: None, relays: true, warned: false, allocated: false, beat: None };

/// Says each signal that it gets, and ends when it got SIGUSR2.
const LISTENS: &str = "
import signal, sys, time
def say(number, frame):
    print(signal.Signals(number).name, flush=True)
    if number == signal.SIGUSR2:
        sys.exit(3)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
    signal.signal(number, say)
print('up', flush=True)
for _ in range(60_000):
    time.sleep(0.01)
";

fn told(held: &Held) -> Presence {
    presence(&attempts::read_at(held.attempt.clone(), 1).unwrap(), &Takeovers::default())
}

#[test]
fn of_two_shims_that_claim_an_attempt_one_has_it_and_the_other_starts_nothing() {
    let held = Held::python("print('up', flush=True); input_never_comes = __import__('time').sleep(600)");
    let held = held.start_alone(ALONE);
    held.wait_for_output("up");
    let claim: Claim = read_json(&held.attempt.claim()).unwrap().unwrap();
    assert_eq!(claim.shim, held.started().shim);
    assert!(held.is_locked(), "those of this host see it as they see any other");
    assert_eq!(told(&held), Presence::Runs(Reach::Direct));
    let second = held.command_alone(ALONE).output().unwrap();
    assert!(!second.status.success());
    assert_eq!(held.stdout().matches("up").count(), 1, "{}", String::from_utf8_lossy(&second.stderr));
    identity::send(&held.started().gem5, Signal::SIGKILL).unwrap();
    assert!(matches!(held.end(), End::Signaled { signal: 9, .. }));
    // Nor does one that comes when all is over.
    assert!(!held.command_alone(ALONE).output().unwrap().status.success());
    assert_eq!(told(&held), Presence::Ended);
}

/// It is the log of a job, and in it are the words of Slurm that tell how the job ended.
#[test]
fn a_shim_that_no_engine_listens_to_writes_nothing_into_the_log_of_its_job() {
    let held = Held::python("print('up', flush=True)");
    let log = held.root.path().join("job.log");
    let said = held.command_alone(ALONE).stdout(fs::File::create(&log).unwrap()).output().unwrap();
    assert!(said.status.success(), "{said:?}");
    assert_eq!(held.end(), End::Exited { code: 0 });
    assert_eq!(fs::read(&log).unwrap(), b"");
}

#[test]
fn an_attempt_that_is_claimed_is_not_started_by_a_shim_that_inherits_its_lock() {
    let held = Held::python("print('up', flush=True)");
    let (host, boot_id) = ("node17".to_owned(), "another boot".to_owned());
    let shim = Identity { host, boot_id, pid_ns: None, ..identity::own().unwrap() };
    let claim = Claim { format: 1, shim, at: gem5_tui::rundir::record::Moment::now() };
    gem5_tui::rundir::atomic::write_json(&held.attempt.claim(), &claim).unwrap();
    assert!(!held.command().status().unwrap().success());
    assert_eq!(held.stdout(), "");
}

#[test]
fn what_a_shim_is_sent_reaches_its_tree_when_it_is_told_to_pass_it_on() {
    let held = Held::python(LISTENS).start_alone(ALONE);
    held.wait_for_output("up");
    let (shim, gem5) = (held.started().shim, held.started().gem5);
    let send = |signal| identity::send(&shim, signal).unwrap();
    send(Signal::SIGINT);
    held.wait_for_output("SIGINT");
    send(Signal::SIGUSR1);
    held.wait_for_output("SIGUSR1");
    send(Signal::SIGTSTP);
    wait_until("the pause", || held.pauses().last().filter(|line| line.stopped).map(drop));
    send(Signal::SIGCONT);
    wait_until("the end of the pause", || held.pauses().last().filter(|line| !line.stopped).map(drop));
    send(Signal::SIGUSR2);
    assert!(matches!(held.end(), End::Signaled { signal: 9, .. }));
    assert_eq!(identity::is_alive(&gem5), identity::Alive::No);
}

#[test]
fn a_process_that_does_not_listen_is_not_ended_by_a_request_for_stats() {
    let held = Held::python("import sys; print('up', flush=True); sys.stdin.read(); __import__('time').sleep(600)");
    let held = held.start_alone(ALONE);
    held.wait_for_output("up");
    identity::send(&held.started().shim, Signal::SIGUSR1).unwrap();
    // Signals are passed on in their order, so the request is over when the process has ended of the next one.
    identity::send(&held.started().shim, Signal::SIGUSR2).unwrap();
    assert!(matches!(held.end(), End::Signaled { signal: 9, .. }), "{:?}", held.end());
    assert!(!held.attempt.requested_dumps().exists(), "nobody was asked");
}

/// Whether a signal was sent to a process and nobody in it has taken it.
fn is_pending(process: &Identity, signal: Signal) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", process.pid)).unwrap();
    let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:")).unwrap();
    u64::from_str_radix(pending.trim(), 16).unwrap() & (1 << (signal as i32 - 1)) != 0
}

#[test]
fn a_shim_that_is_not_told_to_passes_nothing_on() {
    let held = Held::python(LISTENS).start();
    held.wait_for_output("up");
    let Started { shim, gem5, .. } = held.started();
    identity::send(&shim, Signal::SIGINT).unwrap();
    // When a pause is over, a shim has looked twice at what it was sent.
    tree::stop_tree(&shim).unwrap();
    wait_until("the pause", || held.pauses().last().filter(|line| line.stopped).map(drop));
    tree::continue_tree(&shim).unwrap();
    wait_until("the end of the pause", || held.pauses().last().filter(|line| !line.stopped).map(drop));
    // What it had passed on would be said first.
    identity::send(&gem5, Signal::SIGUSR1).unwrap();
    held.wait_for_output("SIGUSR1");
    assert!(!held.stdout().contains("SIGINT"), "{}", held.stdout());
    assert!(is_pending(&shim, Signal::SIGINT), "it was taken");
}

#[test]
fn a_heartbeat_tells_what_the_tree_uses_and_whether_it_is_stopped() {
    let orders = Orders { beat: Some(Duration::from_secs(1)), ..ALONE };
    let held = Held::python(
        "import time\ns = bytearray(50_000_000)\nprint('up', flush=True)\n\
                             while time.process_time() < 600: pass",
    )
    .start_alone(orders);
    held.wait_for_output("up");
    let busy = wait_until("a beat of a busy process", || held.beats().last().cloned().filter(|beat| beat.cpu_ms > 0));
    assert!(busy.rss > 40_000_000 && !busy.stopped, "{busy:?}");
    identity::send(&held.started().shim, Signal::SIGTSTP).unwrap();
    wait_until("a beat of a stopped process", || held.beats().last().filter(|beat| beat.stopped).map(drop));
}
