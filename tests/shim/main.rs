//! The shim with real processes.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]

mod alone;
mod calls;
mod held;
mod job;
mod many;

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::time::{Duration, Instant};

use gem5_tui::rundir::atomic::{read_json, write_json};
use gem5_tui::rundir::record::{End, Identity, Moment, Spec, Started};
use gem5_tui::spawn::identity::{self, Alive};
use gem5_tui::spawn::tree::{self, Root, Snapshot, TreeState};
use held::{Held, command, python, wait_until};
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};

#[test]
fn an_exit_code_and_what_it_cost_are_recorded() {
    let held = Held::python("import time; s = bytearray(50_000_000); time.process_time(); raise SystemExit(7)").start();
    let exit = held.exit();
    assert_eq!(exit.end, End::Exited { code: 7 });
    let usage = exit.usage.unwrap();
    assert!(usage.max_rss > 40_000_000, "{usage:?}");
    assert!(usage.user_ms + usage.system_ms > 0);
    assert_eq!(exit.paused_ms, 0);
    let started = held.started();
    assert!(exit.wall_ms == exit.at.since(started.at));
    assert_ne!(started.gem5, started.shim);
}

#[test]
fn a_signal_is_recorded_by_name_also_a_real_time_one() {
    for (number, name) in [("9", "SIGKILL"), ("11", "SIGSEGV"), ("6", "SIGABRT"), ("36", "SIGRTMIN+2")] {
        let held = Held::python(&format!("import os; os.kill(os.getpid(), {number})")).start();
        assert_eq!(held.end(), End::Signaled { signal: number.parse().unwrap(), name: name.to_owned() });
    }
}

#[test]
fn the_lock_is_held_exactly_as_long_as_the_shim_lives() {
    let mut held = Held::python("import time; print('up', flush=True); time.sleep(600)").start();
    held.wait_for_output("up");
    assert!(held.is_locked());
    identity::send(&held.started().gem5, Signal::SIGKILL).unwrap();
    assert!(matches!(held.end(), End::Signaled { signal: 9, .. }));
    held.shim.as_mut().unwrap().wait().unwrap();
    assert!(!held.is_locked());
}

#[test]
fn what_cannot_be_started_says_why_and_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8], mode: u32| {
        let path = dir.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    };
    let mut foreign = fs::read("/proc/self/exe").unwrap()[..64].to_vec();
    foreign[18] = 22; // s390
    foreign[19] = 0;
    let cases = [
        (dir.path().join("missing"), "does not exist; build it"),
        (dir.path().to_owned(), "is a directory"),
        (file("plain", b"x", 0o644), "may not be executed; `chmod +x` it"),
        (file("foreign", &foreign, 0o755), "is not a program for this machine (it is for ELF machine 22)"),
        (file("no-shebang", b"echo a shell ran this\n", 0o755), "is not a program for this machine"),
        (file("lost", b"#!/no/such/python\n", 0o755), "interpreter of its `#!` line"),
    ];
    for (program, words) in cases {
        let held = Held::prepare(vec![program.display().to_string()], None, &[]).start();
        let End::NotStarted { reason, .. } = held.end() else { panic!("{} started", program.display()) };
        assert!(reason.contains(words), "{reason}");
        assert!(!held.attempt.started().exists());
        assert_eq!(held.stdout(), "");
    }
}

#[test]
fn argument_bytes_arrive_exactly() {
    let words = ["a b", "\"'", "$(touch x)", ";", "new\nline", "-rf", "", "*", "\\", "ä\u{1F600}"];
    let code = "import sys, json; print(json.dumps(sys.argv[1:]))";
    let mut argv = vec![python().display().to_string(), "-c".to_owned(), code.to_owned()];
    argv.extend(words.map(str::to_owned));
    let held = Held::prepare(argv, None, &[("WITH", Some("$HOME `x`")), ("PATH", None)]).start();
    assert_eq!(held.end(), End::Exited { code: 0 });
    assert_eq!(serde_json::from_str::<Vec<String>>(&held.stdout()).unwrap(), words);
}

#[test]
fn hostile_signal_settings_open_files_and_core_limits_do_not_reach_the_child() {
    let code = "
import os, resource
status = open('/proc/self/status').read().splitlines()
print([l for l in status if l.startswith(('SigBlk', 'ShdPnd', 'SigPnd'))])
print('ignored', [l for l in status if l.startswith('SigIgn')])
fds = os.listdir('/proc/self/fd')
print('fds', sorted(f for f in fds if os.path.exists('/proc/self/fd/' + f)))
print('core', resource.getrlimit(resource.RLIMIT_CORE)[0])
print('session', os.getsid(0) == os.getpid())
print('oom', open('/proc/self/oom_score_adj').read().strip())
print('stdin', os.readlink('/proc/self/fd/0'))
print('unbuffered', os.environ['PYTHONUNBUFFERED'], 'PYTHONDONTWRITEBYTECODE' in os.environ)
";
    let mut held = Held::python(code);
    let leaked = File::open("/dev/null").unwrap();
    let mut command = held.command();
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    #[expect(unsafe_code, reason = "the shim must be started from a state that only a child can be put in")]
    // SAFETY: only system calls between fork and exec.
    unsafe {
        command.pre_exec(move || {
            let mut mask = SigSet::empty();
            mask.add(Signal::SIGINT);
            mask.add(Signal::SIGUSR1);
            mask.thread_block()?;
            signal(Signal::SIGHUP, SigHandler::SigIgn)?;
            signal(Signal::SIGINT, SigHandler::SigIgn)?;
            signal(Signal::SIGPIPE, SigHandler::SigIgn)?;
            rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty())?;
            Ok(())
        });
    }
    held.shim = Some(command.spawn().unwrap());
    assert_eq!(held.end(), End::Exited { code: 0 }, "{}", fs::read_to_string(held.attempt.simerr()).unwrap());
    let out = held.stdout();
    assert!(out.contains("SigBlk:\\t0000000000000000"), "{out}");
    // Python itself ignores SIGPIPE (13) and SIGXFSZ (25), and nothing else may be ignored.
    assert!(out.contains("SigIgn:\\t0000000001001000"), "{out}");
    assert!(out.contains("fds ['0', '1', '2']"), "{out}");
    assert!(out.contains("core 0") && out.contains("session True"), "{out}");
    assert!(out.contains("stdin /dev/null") && out.contains("unbuffered 1 False"), "{out}");
    let own: i32 = fs::read_to_string("/proc/self/oom_score_adj").unwrap().trim().parse().unwrap();
    assert!(out.contains(&format!("oom {}", (own + 500).min(1000))), "{out}");
}

#[test]
fn the_signals_that_end_a_session_do_not_end_the_shim() {
    let held = Held::python("import time; print('up', flush=True); time.sleep(600)").start();
    held.wait_for_output("up");
    let started = held.started();
    for signal in [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM, Signal::SIGQUIT, Signal::SIGTSTP, Signal::SIGUSR1] {
        identity::send(&started.shim, signal).unwrap();
    }
    identity::send(&started.gem5, Signal::SIGTERM).unwrap();
    assert_eq!(held.end(), End::Signaled { signal: 15, name: "SIGTERM".to_owned() });
}

/// Five processes: the main one, a child, a grandchild, a double-forked orphan and one in a session of its own.
const FIVE: &str = "
import os, time, sys
def stay(name):
    open(os.path.join(sys.argv[1], name), 'w').close()
    while True: time.sleep(600)
if os.fork() == 0:
    if os.fork() == 0: stay('grandchild')
    stay('child')
if os.fork() == 0:
    if os.fork() == 0: stay('orphan')
    os._exit(0)
os.wait()
if os.fork() == 0:
    os.setsid()
    stay('session')
stay('main')
";

fn five_processes() -> (Held, Started) {
    let mut held = Held::prepare(Vec::new(), None, &[]);
    let marks = held.root.path().to_owned();
    let mut spec: Spec = read_json(&held.attempt.spec()).unwrap().unwrap();
    spec.argv = [python().display().to_string(), "-c".into(), FIVE.into(), marks.display().to_string()].into();
    write_json(&held.attempt.spec(), &spec).unwrap();
    held = held.start();
    let started = held.started();
    for name in ["main", "child", "grandchild", "orphan", "session"] {
        wait_until(name, || marks.join(name).exists().then_some(()));
    }
    wait_until("five processes", || (tree::members(&started.shim).unwrap().len() == 5).then_some(()));
    (held, started)
}

#[test]
fn a_pause_stops_the_whole_tree_and_is_taken_out_of_the_account() {
    let (held, started) = five_processes();
    assert_eq!(tree::tree_state(&started.gem5), TreeState::Running);
    assert_eq!(tree::stop_tree(&started.shim).unwrap(), 5);
    let members = tree::members(&started.shim).unwrap();
    for member in &members {
        wait_until("stopped", || (tree::tree_state(member) == TreeState::Stopped).then_some(()));
    }
    wait_until("the record of the stop", || (held.pauses().len() == 1).then_some(()));
    assert!(held.pauses()[0].stopped);
    assert_eq!(tree::tree_state(&started.shim), TreeState::Running);
    let paused_for = Duration::from_millis(300);
    let since = Instant::now();
    wait_until("time to pass", || (since.elapsed() >= paused_for).then_some(()));

    assert_eq!(tree::continue_tree(&started.shim).unwrap(), 5);
    for member in &members {
        wait_until("running", || (tree::tree_state(member) == TreeState::Running).then_some(()));
    }
    wait_until("the record of the continue", || (held.pauses().len() == 2).then_some(()));
    assert!(!held.pauses()[1].stopped);
    let usage = Snapshot::take().unwrap().usage(&started.shim);
    assert!(usage.processes == 5 && usage.rss > 5_000_000, "{usage:?}");

    assert_eq!(tree::signal_tree(&started.shim, Signal::SIGKILL).unwrap(), 5);
    let exit = held.exit();
    assert!(exit.paused_ms >= 300 && exit.wall_ms >= exit.paused_ms, "{exit:?}");
    assert_eq!(exit.wall_ms, exit.at.since(started.at));
}

#[test]
fn a_tree_that_is_killed_while_paused_ends_and_its_pause_is_counted() {
    let (held, started) = five_processes();
    tree::stop_tree(&started.shim).unwrap();
    wait_until("the record of the stop", || (held.pauses().len() == 1).then_some(()));
    let since = Instant::now();
    wait_until("time to pass", || (since.elapsed() >= Duration::from_millis(100)).then_some(()));
    tree::signal_tree(&started.shim, Signal::SIGKILL).unwrap();
    let exit = held.exit();
    assert!(matches!(exit.end, End::Signaled { signal: 9, .. }));
    assert!(exit.paused_ms >= 100, "{exit:?}");
    assert!(tree::members(&started.shim).unwrap().is_empty());
}

#[test]
fn a_process_left_behind_keeps_the_attempt_alive_until_it_ends() {
    let code = "
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print('left', flush=True)
        time.sleep(600)
    os._exit(0)
os.wait()
";
    let held = Held::python(code).start();
    held.wait_for_output("left");
    let started = held.started();
    wait_until("the end of the main process", || (identity::is_alive(&started.gem5) == Alive::No).then_some(()));
    let left = wait_until("one left", || tree::members(&started.shim).unwrap().pop());
    assert!(!held.attempt.exit().exists() && held.is_locked());
    wait_until("the shim to reap it", || identity::of(started.gem5.pid).is_err().then_some(()));
    // The shim reads the clock just after it has reaped; the two ends must lie clearly apart.
    let since = Instant::now();
    wait_until("time to pass", || (since.elapsed() >= Duration::from_millis(500)).then_some(()));
    let killed = Moment::now();
    identity::send(&left, Signal::SIGKILL).unwrap();
    let exit = held.exit();
    assert_eq!(exit.end, End::Exited { code: 0 });
    assert!(exit.at.boot_ms < killed.boot_ms, "the recorded end is not the main process's");
}

#[test]
fn a_paused_simulation_survives_the_death_of_its_shim_and_stays_paused() {
    let mut held = Held::python("import time; print('up', flush=True); time.sleep(600)").start();
    held.wait_for_output("up");
    let started = held.started();
    tree::stop_tree(&started.shim).unwrap();
    wait_until("stopped", || (tree::tree_state(&started.gem5) == TreeState::Stopped).then_some(()));
    identity::send(&started.shim, Signal::SIGKILL).unwrap();
    held.shim.as_mut().unwrap().wait().unwrap();
    assert!(!held.is_locked());
    // The kernel would send SIGHUP and SIGCONT to a newly orphaned group with a stopped member, before the wait above
    // returns. It must not have.
    assert_eq!(tree::tree_state(&started.gem5), TreeState::Stopped);
    identity::send(&started.gem5, Signal::SIGCONT).unwrap();
    wait_until("running again", || (tree::tree_state(&started.gem5) == TreeState::Running).then_some(()));
    identity::send(&started.gem5, Signal::SIGKILL).unwrap();
}

#[test]
fn the_tree_of_a_dead_shim_can_still_be_paused_and_ended() {
    let (mut held, started) = five_processes();
    identity::send(&started.shim, Signal::SIGKILL).unwrap();
    held.shim.as_mut().unwrap().wait().unwrap();
    assert!(tree::members(&started.shim).unwrap().is_empty());
    let root = Root::Unheld(&started.gem5);
    let members = tree::members(root).unwrap();
    assert_eq!(members.len(), 5, "{members:?}");
    assert_eq!(tree::stop_tree(root).unwrap(), 5);
    for member in &members {
        wait_until("stopped", || (tree::tree_state(member) == TreeState::Stopped).then_some(()));
    }
    assert_eq!(tree::continue_tree(root).unwrap(), 5);
    assert_eq!(tree::signal_tree(root, Signal::SIGKILL).unwrap(), 5);
    for member in &members {
        wait_until("gone", || (identity::is_alive(member) == Alive::No).then_some(()));
    }
}

#[test]
fn an_attempt_that_was_started_before_is_never_started_again() {
    for leftover in ["started.json", "exit.json", "m5out/simout.txt"] {
        let mut held = Held::python("print('ran')");
        fs::create_dir(held.attempt.m5out()).unwrap();
        fs::write(held.attempt.path().join(leftover), "").unwrap();
        held.shim = Some(held.command().spawn().unwrap());
        let status = held.shim.as_mut().unwrap().wait().unwrap();
        assert_eq!(status.code(), Some(1), "{leftover}");
        assert_eq!(held.stdout(), "");
        assert_eq!(fs::read(held.attempt.path().join(leftover)).unwrap(), b"");
        held.shim = None;
        fs::remove_file(held.attempt.path().join(leftover)).unwrap();
    }
}

#[test]
fn a_second_shim_is_turned_away_by_the_lock() {
    let held = Held::python("import time; print('up', flush=True); time.sleep(600)");
    let first = held.command();
    // An engine that does not hold the lock itself: the file is right, the lock is somebody else's.
    let spec = OpenOptions::new().read(true).write(true).open(held.attempt.spec()).unwrap();
    let mut second = command(held.attempt.path(), spec);
    assert_eq!(second.status().unwrap().code(), Some(1));
    // Nor does any other file do.
    let other = File::open("/dev/null").unwrap();
    drop(first);
    assert_eq!(command(held.attempt.path(), other).status().unwrap().code(), Some(1));
    assert!(!held.attempt.m5out().exists());
}

#[test]
fn a_spec_of_a_later_version_is_a_start_that_failed_and_says_so() {
    let held = Held::python("print('ran')");
    let text = fs::read_to_string(held.attempt.spec()).unwrap();
    fs::write(held.attempt.spec(), text.replace("\"format\": 1", "\"format\": 9")).unwrap();
    let held = held.start();
    let End::NotStarted { reason, .. } = held.end() else { panic!("started") };
    assert!(reason.contains("later gem5-tui"), "{reason}");
}

#[test]
fn an_executable_that_is_being_written_for_a_moment_is_started_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("program");
    fs::copy("/bin/true", &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let forever = OpenOptions::new().append(true).open(&program).unwrap();
    let argv = vec![program.display().to_string()];
    let held = Held::prepare(argv.clone(), None, &[]).start();
    let End::NotStarted { reason, .. } = held.end() else { panic!("started") };
    assert!(reason.contains("is being written"), "{reason}");

    drop(forever);
    // The shim opens simout.txt just before its first try, and its tries take 310 ms: on a busy machine this test may
    // be too late now and then, but not always.
    let ends: Vec<End> = (0..10)
        .map(|_| {
            let briefly = OpenOptions::new().append(true).open(&program).unwrap();
            let held = Held::prepare(argv.clone(), None, &[]).start();
            wait_until("the first try", || held.attempt.simerr().exists().then_some(()));
            drop(briefly);
            held.end()
        })
        .collect();
    assert!(ends.contains(&End::Exited { code: 0 }), "{ends:?}");
}

#[test]
fn an_abort_leaves_no_core_file() {
    let held = Held::python("import os; os.abort()").start();
    assert!(matches!(held.end(), End::Signaled { signal: 6, .. }));
    let names: Vec<_> = fs::read_dir(held.root.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["attempt-1"]);
}

#[test]
fn an_end_that_cannot_be_written_is_kept_until_it_can() {
    let held = Held::python("import time; print('up', flush=True); time.sleep(600)").start();
    held.wait_for_output("up");
    let started = held.started();
    // A directory in its place stands for every reason that the disk may have to refuse the record.
    fs::create_dir(held.attempt.exit()).unwrap();
    identity::send(&started.gem5, Signal::SIGKILL).unwrap();
    wait_until("the shim to reap it", || identity::of(started.gem5.pid).is_err().then_some(()));
    let since = Instant::now();
    wait_until("more than one try", || (since.elapsed() >= Duration::from_millis(1500)).then_some(()));
    let freed = Moment::now();
    assert!(held.is_locked() && identity::is_alive(&started.shim) == Alive::Yes);
    fs::remove_dir(held.attempt.exit()).unwrap();
    let exit = held.exit();
    assert!(matches!(exit.end, End::Signaled { signal: 9, .. }));
    assert!(freed.since(exit.at) > 1000, "the time is that of the record and not that of the end");
    let leftovers = fs::read_dir(held.attempt.path())
        .unwrap()
        .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().ends_with(".tmp"));
    assert_eq!(leftovers.count(), 0);
}

#[test]
fn a_shim_whose_attempt_was_deleted_leaves_instead_of_trying_for_ever() {
    let mut held = Held::python("import time; print('up', flush=True); time.sleep(600)").start();
    held.wait_for_output("up");
    let gem5 = held.started().gem5;
    fs::remove_dir_all(held.attempt.path()).unwrap();
    identity::send(&gem5, Signal::SIGKILL).unwrap();
    let mut shim = held.shim.take().unwrap();
    wait_until("the shim to leave", || shim.try_wait().unwrap());
}

#[test]
fn many_children_that_end_at_once_are_all_reaped() {
    let code = "
import os
read, write = os.pipe()
for _ in range(200):
    if os.fork() == 0:
        if os.fork() == 0:
            os.close(write)
            os.read(read, 1)
        os._exit(0)
    os.wait()
os.close(write)
";
    let held = Held::python(code).start();
    assert_eq!(held.end(), End::Exited { code: 0 });
    assert!(tree::members(&held.started().shim).unwrap().is_empty());
}

/// Prints what an idle shim costs. A bound that a debug build keeps, too.
#[test]
fn an_idle_shim_is_small() {
    let held = Held::python("import time; print('up', flush=True); time.sleep(600)").start();
    held.wait_for_output("up");
    let Identity { pid, .. } = held.started().shim;
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let pss = rollup.lines().find(|l| l.starts_with("Pss:")).unwrap();
    let kib: u64 = pss.split_whitespace().nth(1).unwrap().parse().unwrap();
    eprintln!("an idle shim has a PSS of {kib} KiB");
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    assert!(status.contains("Threads:\t1\n"), "{status}");
    assert!(kib < 16 * 1024, "{rollup}");
    let fds: Vec<_> = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().collect();
    assert_eq!(fds.len(), 7, "standard three, the lock, the directory, the signals and the space for the end");
}
