//! F13–F23: identities, trees, signals, memory.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use gem5_tui::rundir::atomic::write_json;
use gem5_tui::rundir::attempts::{self, is_held};
use gem5_tui::rundir::record::{End, FORMAT, Identity, Moment, Started};
use gem5_tui::rundir::stats_file::count_dumps;
use gem5_tui::spawn::identity;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::roles::intent;
use crate::stage::{Bystander, Running, Stage, gate, is_running, state_of, wait_for, within};

/// A start that says that these processes run.
fn forge(stage: &Stage, name: &str, forged: Identity) {
    let started = Started {
        format: FORMAT,
        gem5: forged.clone(),
        shim: forged,
        at: Moment::now(),
        suspended_ms: None,
        group: None,
        directory: None,
        takes_term: false,
    };
    write_json(&intent(stage, name).started(), &started).unwrap();
}

/// What must hold of attempts whose records name processes that are not theirs.
fn are_lost_and_reach_nobody(stage: &Stage, names: &[&str], stranger: &mut Bystander) {
    let check = || {
        let status = stage.status();
        for name in names {
            assert_eq!(status.word(name), "lost", "{name}");
        }
        assert_eq!(status.count("running"), 0);
        status
    };
    check();
    let refused = stage.call("cancel exp.yaml *").expect(1);
    assert!(refused.err.contains("it has ended"), "{}", refused.err);
    let engine = stage.engine("");
    // A client that comes and goes, so that the engine does not wait for its first one.
    check();
    engine.finish().expect(0);
    check();
    assert!(stranger.is_untouched());
    // What a person asks for is done.
    stage.open_all(names, 0);
    stage.call("run exp.yaml").expect(0);
    assert!(stranger.is_untouched());
}

#[test]
fn f13_a_recycled_process_number_is_lost_and_nobody_is_signalled() {
    let stage = Stage::new();
    stage.gates("concurrency: 2", &["recycled", "damaged"]);
    let mut stranger = Bystander::new();
    let real = identity::of(stranger.pid()).unwrap();
    forge(&stage, "recycled", Identity { start_ticks: real.start_ticks + 1, ..real });
    fs::write(intent(&stage, "damaged").started(), "{\"format\": 1, \"gem5\": ").unwrap();
    are_lost_and_reach_nobody(&stage, &["recycled", "damaged"], &mut stranger);
}

/// A record that is itself again when this is dropped, so that the stage finds its processes.
struct Forged(PathBuf, Started);

impl Drop for Forged {
    fn drop(&mut self) {
        let _ = write_json(&self.0, &self.1);
    }
}

#[test]
fn f13_a_record_that_is_forged_under_a_living_engine_reaches_nobody() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let _engine = stage.engine("");
    stage.wait_entered(&["a"]);
    let started = stage.started("a", 1);
    let mut stranger = Bystander::new();
    let real = identity::of(stranger.pid()).unwrap();
    let gem5 = Identity { start_ticks: real.start_ticks + 1, ..real.clone() };
    // Without a shim, signals go to the main process and to all that is below it.
    let shim = Identity { pid: i32::MAX, ..real };
    let path = stage.attempt("a", 1).started();
    write_json(&path, &Started { gem5, shim, group: None, ..started.clone() }).unwrap();
    let _forged = Forged(path, started.clone());
    stage.wait_word("a", "running");
    // The engine knows whom it started, whatever a record says since.
    stage.call("pause exp.yaml a").expect(0);
    stage.wait_word("a", "paused");
    stage.call("resume exp.yaml a").expect(0);
    stage.wait_word("a", "running");
    stage.call("cancel exp.yaml a").expect(0);
    stage.wait_word("a", "cancelled");
    assert!(stranger.is_untouched() && !is_running(started.gem5.pid));
}

/// Process 1 of a namespace of its own. Lets an engine launch `a`, kills all three, waits until their numbers are free,
/// gives them to others, and asks the program what it makes of that.
const REUSE: &str = r#"import json, os, subprocess, sys, time
program = sys.argv[1]
def wait(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        # As process 1 it is the parent of every orphan.
        try:
            while os.waitpid(-1, os.WNOHANG) != (0, 0): pass
        except ChildProcessError:
            pass
        time.sleep(0.01)
def call(*words):
    done = subprocess.run([program, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return {"code": done.returncode, "out": done.stdout, "err": done.stderr}
engine = os.posix_spawn(program, [program, "engine", "exp.yaml"], os.environ)
# A file is there before its line is.
wait(lambda: os.path.exists("entered-a") and os.path.getsize("entered-a") and os.path.exists("out/a/attempt-1/started.json"))
with open("out/a/attempt-1/started.json") as file:
    started = json.load(file)
old = [started["gem5"]["pid"], started["shim"]["pid"], engine]
for pid in reversed(old):
    os.kill(pid, 9)
wait(lambda: not any(os.path.exists("/proc/%d" % pid) for pid in old))
new = []
for pid in old:
    with open("/proc/sys/kernel/ns_last_pid", "w") as file:
        file.write(str(pid - 1))
    new.append(os.posix_spawn("/bin/sleep", ["sleep", "3600"], os.environ))
said = [call("status", "exp.yaml", "--json"), call("cancel", "exp.yaml", "a"), call("pause", "exp.yaml", "a")]
untouched = all(open("/proc/%d/stat" % pid).read().split()[2] == "S" for pid in new)
print(json.dumps({"reused": old == new, "untouched": untouched, "said": said}))
"#;

#[test]
fn f13_numbers_that_the_kernel_has_really_given_to_others_are_nobody_of_ours() {
    let reason = "skipped: numbers can only be chosen in a pid namespace, as root";
    if !nix::unistd::geteuid().is_root() || !Path::new("/proc/sys/kernel/ns_last_pid").exists() {
        return eprintln!("{reason}");
    }
    let stage = Stage::new();
    stage.gates("", &["a"]);
    stage.write("reuse.py", REUSE);
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--mount-proc", "--kill-child", "python3", "reuse.py"]);
    command.arg(env!("CARGO_BIN_EXE_gem5-tui"));
    stage.surround(&mut command);
    let said = Running::start(command).finish();
    if said.err.contains("unshare failed") || said.err.contains("ns_last_pid") {
        return eprintln!("{reason}: {}", said.err);
    }
    let out = said.expect(0).out;
    // The engine says that it is ready, before.
    let told: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!((&told["reused"], &told["untouched"]), (&true.into(), &true.into()), "{told:#}");
    let status: Value = serde_json::from_str(told["said"][0]["out"].as_str().unwrap().lines().next().unwrap()).unwrap();
    assert_eq!(status["status"]["outcome"]["kind"], "lost", "{status:#}");
    assert!(told["said"][1]["err"].as_str().unwrap().contains("it has ended"), "{told:#}");
    assert_eq!(stage.entered("a"), 1);
}

#[test]
fn f14_what_ran_before_a_restart_of_the_machine_is_lost_and_nobody_is_signalled() {
    let stage = Stage::new();
    stage.gates("", &["rebooted"]);
    let mut stranger = Bystander::new();
    // The number and the start time are those of a living process, as they may be by chance after a restart.
    let real = identity::of(stranger.pid()).unwrap();
    forge(&stage, "rebooted", Identity { boot_id: "00000000-0000-0000-0000-000000000000".to_owned(), ..real });
    let status = stage.status();
    assert!(status.reason("rebooted").contains("the machine was restarted"), "{}", status.reason("rebooted"));
    are_lost_and_reach_nobody(&stage, &["rebooted"], &mut stranger);
}

/// Leaves a process behind that has a session of its own and no parent, and exits with the code that it is given.
const LEAVES: &str = r#"import sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        with open("new-left", "w") as file:
            file.write(str(os.getpid()))
        os.rename("new-left", "left")
        time.sleep(600)
    os._exit(0)
os.wait()
wait("left")
sys.exit(int(sys.argv[1]))
"#;

fn leaves_behind(code: i32) {
    let stage = Stage::new();
    stage.script("leaves.py", LEAVES);
    stage.experiment("", &format!("  - {{name: a, script: leaves.py, args: ['{code}']}}\n"));
    let engine = stage.engine("");
    let left = wait_for("the child", || fs::read_to_string(stage.path("left")).ok()?.parse::<i32>().ok());
    let Started { gem5, .. } = stage.started("a", 1);
    wait_for("the end of the main process", || (!is_running(gem5.pid)).then_some(()));
    let told = "its main process has ended; waiting for what it left behind";
    wait_for(told, || (stage.status().reason("a") == told).then_some(()));
    let spec = stage.attempt("a", 1).spec();
    assert!(is_running(left) && is_held(&spec) && stage.exit_if_any("a").is_none());
    assert_eq!(stage.status().count("running"), 1, "it keeps its place");
    stage.call("cancel exp.yaml a").expect(0);
    assert_eq!(stage.exit("a", 1).end, End::Exited { code });
    assert!(!is_running(left));
    // It had come to its own end before anybody asked it to stop.
    let word = if code == 0 { "ok" } else { "failed" };
    let status = stage.wait_word("a", word);
    assert_eq!(status.reason("a"), format!("exit code {code}"));
    engine.finish().expect(0);
    assert!(!is_held(&spec) && !stage.has_attempt("a", 2));
}

#[test]
fn f15_a_process_left_behind_is_told_and_ended_by_a_cancel() {
    leaves_behind(0);
}

#[test]
fn f15_a_failure_is_not_hidden_by_the_cancel_of_what_it_left_behind() {
    leaves_behind(3);
}

/// Answers each signal of the ladder that it is told to ignore with a line.
const DEAF: &str = r#"import signal, sys, time
def note(number, frame):
    print("got", number, flush=True)
for name in sys.argv[1:]:
    signal.signal(getattr(signal, name), note)
print("ready", flush=True)
time.sleep(600)
"#;

fn wait_out(stage: &Stage, name: &str, text: &str) {
    let path = stage.attempt(name, 1).simout();
    wait_for(text, || fs::read_to_string(&path).ok().filter(|out| out.contains(text)));
}

#[test]
fn f16_a_simulation_that_ignores_sigint_gets_sigterm_after_its_grace() {
    let stage = Stage::new();
    stage.write("deaf.py", DEAF);
    stage.experiment("", "  - {name: a, script: deaf.py, args: [SIGINT], grace: 300ms}\n");
    let _engine = stage.engine("");
    wait_out(&stage, "a", "ready");
    stage.call("cancel exp.yaml a").expect(0);
    let exit = stage.exit("a", 1);
    assert_eq!(exit.end, End::Signaled { signal: 15, name: "SIGTERM".to_owned() });
    assert_eq!(fs::read_to_string(stage.attempt("a", 1).simout()).unwrap(), "ready\ngot 2\n");
    stage.wait_word("a", "cancelled");
}

#[test]
fn f16_a_simulation_that_ignores_everything_is_killed_with_its_children_and_says_so() {
    let stage = Stage::new();
    // The child leaves the session; it is found all the same.
    let fork = "import os\nchild = os.fork()\nif child == 0: os.setsid()\n\
                print('child' if child == 0 else 'parent', os.getpid(), flush=True)\n";
    stage.write("deaf.py", &(fork.to_owned() + DEAF));
    stage.experiment("", "  - {name: a, script: deaf.py, args: [SIGINT, SIGTERM], grace: 200ms}\n");
    let _engine = stage.engine("");
    let ready = || {
        let out = fs::read_to_string(stage.attempt("a", 1).simout()).ok()?;
        (out.matches("ready").count() == 2).then_some(out)
    };
    let out = wait_for("both to be ready", ready);
    stage.call("cancel exp.yaml a").expect(0);
    let status = stage.wait_word("a", "cancelled");
    assert_eq!(status.reason("a"), "cancelled, no stats, ended by SIGKILL");
    assert!(stage.call("show exp.yaml a").expect(0).out.contains("ended by SIGKILL"));
    for line in out.lines().filter(|line| line.starts_with("child") || line.starts_with("parent")) {
        let pid: i32 = line.split_once(' ').unwrap().1.parse().unwrap();
        wait_for(line, || (!is_running(pid)).then_some(()));
    }
    let heard = fs::read_to_string(stage.attempt("a", 1).simout()).unwrap();
    assert_eq!((heard.matches("got 2").count(), heard.matches("got 15").count()), (2, 2), "{heard}");
}

fn wait_states(pids: &[i32], stopped: bool) {
    for &pid in pids {
        wait_for(&format!("process {pid}"), || state_of(pid).filter(|state| (*state == 'T') == stopped));
    }
}

#[test]
fn f17_a_paused_simulation_can_be_cancelled_and_hears_the_interrupt() {
    let stage = Stage::new();
    let script = "import signal, sys, time\n\
                  def stop(number, frame):\n    print('got', number, flush=True); sys.exit(0)\n\
                  signal.signal(signal.SIGINT, stop)\nprint('ready', flush=True)\n\
                  time.sleep(600)\n";
    stage.write("wait.py", script);
    stage.experiment("", "  - {name: a, script: wait.py}\n");
    let _engine = stage.engine("");
    wait_out(&stage, "a", "ready");
    stage.wait_word("a", "running");
    stage.call("pause exp.yaml a").expect(0);
    wait_states(&[stage.started("a", 1).gem5.pid], true);
    stage.call("cancel exp.yaml a").expect(0);
    assert_eq!(stage.exit("a", 1).end, End::Exited { code: 0 });
    assert_eq!(fs::read_to_string(stage.attempt("a", 1).simout()).unwrap(), "ready\ngot 2\n");
    stage.wait_word("a", "cancelled");
}

#[test]
fn f17_a_cancel_of_a_paused_simulation_keeps_its_stats() {
    let stage = Stage::new();
    stage.stand_in(
        "  - {name: long, script: CONFIGS/cache_sweep.py, args: [--workload=stream, --ticks=100000000000000, --dumps=1]}\n",
    );
    let _engine = stage.engine("");
    let dir = stage.attempt("long", 1);
    let dumps = || count_dumps(&dir.m5out().join("stats.txt")).unwrap_or(0);
    // SIGUSR1 asks for a dump, and only the event loop answers: from then on SIGINT is gem5's and no longer Python's.
    let gem5 = stage.started("long", 1).gem5;
    wait_for("a dump", || {
        if fs::read_to_string(dir.simerr()).is_ok_and(|text| text.contains("Entering event queue")) {
            identity::send(&gem5, Signal::SIGUSR1).unwrap();
        }
        (dumps() > 0).then_some(())
    });
    stage.wait_word("long", "running");
    stage.call("pause exp.yaml long").expect(0);
    wait_states(&[gem5.pid], true);
    let before = dumps();
    stage.call("cancel exp.yaml long").expect(0);
    let status = stage.wait_word("long", "cancelled");
    assert_eq!(stage.exit("long", 1).end, End::Exited { code: 0 });
    let text = fs::read_to_string(dir.m5out().join("stats.txt")).unwrap();
    assert!(text.trim_end().ends_with("---------- End Simulation Statistics   ----------"), "the last dump is torn");
    assert!(dumps() > before, "the handler has written one");
    assert!(status.reason("long").contains(&format!("stats kept (dump {})", dumps())), "{}", status.reason("long"));
}

/// Five processes: the main one, a child, a grandchild, an orphan, and one in a session of its own. They end with the main
/// one, which waits at a gate.
const FAMILY: &str = r#"reader, writer = os.pipe()
def here(name):
    with open("new-" + name, "w") as file:
        file.write(str(os.getpid()))
    os.rename("new-" + name, "member-" + name)
def member(name):
    os.close(writer)
    here(name)
    os.read(reader, 1)
    os._exit(0)
if os.fork() == 0:
    if os.fork() == 0: member("grandchild")
    member("child")
if os.fork() == 0:
    if os.fork() == 0: member("orphan")
    os._exit(0)
os.wait()
if os.fork() == 0:
    os.setsid()
    member("session")
os.close(reader)
here("main")
wait("gate-family")
"#;

#[test]
fn f18_a_pause_stops_a_tree_of_five_and_is_told_by_the_records() {
    let stage = Stage::new();
    stage.script("family.py", FAMILY);
    stage.experiment("", "  - {name: a, script: family.py}\n");
    let _engine = stage.engine("");
    let pids = ["main", "child", "grandchild", "orphan", "session"].map(|name| {
        let path = stage.path(&format!("member-{name}"));
        wait_for(name, || fs::read_to_string(&path).ok()?.parse::<i32>().ok())
    });
    stage.wait_word("a", "running");
    let said = stage.call("pause exp.yaml a").expect(0);
    assert_eq!(said.out, "a paused\n");
    wait_states(&pids, true);
    assert_eq!(stage.status().word("a"), "paused");
    let again = stage.call("pause exp.yaml a").expect(1);
    assert!(again.err.contains("it is paused already"), "{}", again.err);
    let dir = stage.attempt("a", 1);
    wait_for("the pause on disk", || attempts::pauses(&dir).1);
    stage.call("resume exp.yaml a").expect(0);
    wait_states(&pids, false);
    wait_for("the end of the pause on disk", || attempts::pauses(&dir).1.is_none().then_some(()));
    assert_eq!(stage.status().word("a"), "running");
    stage.open("family", 0);
    let exit = stage.exit("a", 1);
    let (paused, _) = attempts::pauses(&dir);
    assert!(paused > 0 && exit.paused_ms == paused && exit.paused_ms < exit.wall_ms, "{paused} {exit:?}");
    stage.wait_word("a", "ok");
}

#[test]
fn f18_a_timeout_does_not_run_during_a_pause_and_ends_what_is_too_slow() {
    let stage = Stage::new();
    let simulations = gate("a", ", timeout: 4s") + &gate("slow", ", timeout: 300ms");
    stage.experiment("concurrency: 2", &simulations);
    let _engine = stage.engine("");
    let started = stage.started("a", 1);
    stage.wait_word("a", "running");
    stage.call("pause exp.yaml a").expect(0);
    let slow = stage.wait_word("slow", "timeout");
    assert!(slow.reason("slow").contains("the limit of 300 ms was reached"), "{}", slow.reason("slow"));
    wait_for("the time limit", || (Moment::now().since(started.at) > 4_500).then_some(()));
    assert_eq!(stage.status().word("a"), "paused");
    stage.open("a", 0);
    stage.call("resume exp.yaml a").expect(0);
    let exit = stage.exit("a", 1);
    assert!(exit.wall_ms > 4_000 && exit.wall_ms - exit.paused_ms < 4_000, "{exit:?}");
    stage.wait_word("a", "ok");
}

/// An engine that a shell starts after it has done `setup`.
fn engine_after(stage: &Stage, setup: &str) -> Running {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{setup} && exec {} engine exp.yaml", env!("CARGO_BIN_EXE_gem5-tui"))]);
    stage.surround(&mut command);
    let engine = Running::start(command);
    assert_eq!(engine.line(0), r#"{"engine":"ready"}"#);
    engine
}

#[test]
fn f19_signals_that_the_parent_blocks_or_ignores_reach_the_simulation() {
    let stage = Stage::new();
    // A shell in the place of Python, which has settings of its own.
    fs::create_dir(stage.path("bin")).unwrap();
    let text = "#!/bin/sh\ncat /proc/self/status > new-status\nmv new-status status\nexec sleep 3600\n";
    let python = stage.write("bin/python3", text);
    fs::set_permissions(python, fs::Permissions::from_mode(0o755)).unwrap();
    stage.write("exp.yaml", "gem5: ./bin/python3\noutdir: out\nsimulations: [{name: a, script: gate.py}]\n");
    let blocked: SigSet = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGUSR1, Signal::SIGCHLD].into_iter().collect();
    // A mask belongs to a thread, and a process begins with that of the thread that starts it.
    let engine = std::thread::scope(|scope| {
        let start = || {
            blocked.thread_block().unwrap();
            engine_after(&stage, "trap '' HUP QUIT USR2 PIPE")
        };
        scope.spawn(start).join().unwrap()
    });
    let own = fs::read_to_string(format!("/proc/{}/status", engine.pid())).unwrap();
    let mask = |status: &str, name: &str| {
        let text = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{status}"));
        u64::from_str_radix(text.trim_start_matches(':').trim(), 16).unwrap()
    };
    assert!(mask(&own, "SigBlk") & 1 << 1 != 0 && mask(&own, "SigIgn") & 1 != 0, "the parent is not hostile: {own}");
    let status = wait_for("what it sees", || fs::read_to_string(stage.path("status")).ok());
    assert_eq!((mask(&status, "SigBlk"), mask(&status, "SigIgn")), (0, 0), "{status}");
    stage.call("cancel exp.yaml a").expect(0);
    assert_eq!(stage.exit("a", 1).end, End::Signaled { signal: 2, name: "SIGINT".to_owned() });
}

#[test]
fn f20_a_simulation_has_its_standard_three_files_and_no_other() {
    let stage = Stage::new();
    let list = "import os\n\
                names = [name for name in os.listdir('/proc/self/fd') if os.path.exists('/proc/self/fd/' + name)]\n\
                for name in sorted(names): print(name, os.readlink('/proc/self/fd/' + name))\n";
    stage.write("list.py", list);
    stage.experiment("", "  - {name: a, script: list.py}\n");
    let _engine = engine_after(&stage, "exec 3<exp.yaml 7</dev/zero 9>>leaked");
    stage.wait_word("a", "ok");
    let dir = stage.attempt("a", 1);
    let [simout, simerr] = [dir.simout(), dir.simerr()].map(|path| fs::canonicalize(path).unwrap());
    let expected = format!("0 /dev/null\n1 {}\n2 {}\n", simout.display(), simerr.display());
    assert_eq!(fs::read_to_string(dir.simout()).unwrap(), expected);
}

/// The kernel counts whom it kills for want of memory, and does not say whom. So a test that has it kill and one that
/// expects it to have killed nobody do not run at the same time.
static MEMORY_RUNS_OUT: Mutex<()> = Mutex::new(());

#[test]
fn f21_a_kill_from_outside_is_told_as_not_ours_and_perhaps_for_want_of_memory() {
    let _alone = MEMORY_RUNS_OUT.lock().unwrap_or_else(PoisonError::into_inner);
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    kill(Pid::from_raw(stage.started("a", 1).gem5.pid), Signal::SIGKILL).unwrap();
    let status = stage.wait_word("a", "killed");
    assert_eq!(status.reason("a"), "SIGKILL, not sent by gem5-tui (out of memory?)");
    assert_eq!(stage.exit("a", 1).oom_kills.machine.unwrap_or(0), 0);
    engine.finish().expect(0);
}

#[test]
fn f22_the_kernel_is_told_to_end_the_simulation_before_its_shim_and_its_engine() {
    let stage = Stage::new();
    stage.gates("", &["a"]);
    let engine = stage.engine("");
    stage.wait_entered(&["a"]);
    let score =
        |pid: i32| -> i32 { fs::read_to_string(format!("/proc/{pid}/oom_score_adj")).unwrap().trim().parse().unwrap() };
    let started = stage.started("a", 1);
    let own = score(std::process::id().cast_signed());
    assert_eq!((score(engine.pid()), score(started.shim.pid)), (own, own));
    assert_eq!(score(started.gem5.pid), (own + 500).min(1000));
}

/// A control group with little memory. Removed when it is dropped; its processes have ended by then.
struct SmallGroup(PathBuf);

impl SmallGroup {
    /// None where groups cannot be made; the reason is told.
    fn new(limit: u64) -> Option<Self> {
        let version_1 = Path::new("/sys/fs/cgroup/memory");
        let (parent, file) = if version_1.join("memory.limit_in_bytes").exists() {
            (version_1, "memory.limit_in_bytes")
        } else {
            (Path::new("/sys/fs/cgroup"), "memory.max")
        };
        let group = Self(parent.join(format!("gem5-tui-test-{}", std::process::id())));
        let made = fs::create_dir(&group.0).and_then(|()| fs::write(group.0.join(file), limit.to_string()));
        made.map(|()| group).inspect_err(|error| eprintln!("skipped: no memory limit can be set here: {error}")).ok()
    }
}

impl Drop for SmallGroup {
    fn drop(&mut self) {
        // Processes that have just ended leave the group a moment later.
        _ = within(std::time::Duration::from_secs(2), || fs::remove_dir(&self.0).ok());
    }
}

#[test]
fn f23_a_simulation_that_eats_the_memory_of_its_group_is_ended_alone_and_tried_again_with_more() {
    let _alone = MEMORY_RUNS_OUT.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(group) = SmallGroup::new(300 << 20) else { return };
    let stage = Stage::new();
    // Pages that were never written take no memory, so each is.
    stage.write("eat.py", "kept = []\nwhile True: kept.append(bytearray(b'x' * (4 << 20)))\n");
    let simulations = gate("neighbour", "") + "  - {name: eater, script: eat.py}\n";
    stage.experiment("  retries: {oom: 1}\nconcurrency: 2", &simulations);
    let program = env!("CARGO_BIN_EXE_gem5-tui");
    let join = format!("echo $$ > {}/cgroup.procs && exec {program} run exp.yaml --json", group.0.display());
    let mut command = Command::new("sh");
    command.args(["-c", &join]);
    stage.surround(&mut command);
    let run = Running::start(command);
    let status = stage.wait_word("eater", "oom");
    assert_eq!((status.attempts("eater"), status.word("neighbour")), (2, "running"));
    stage.open("neighbour", 0);
    let said = run.finish().expect(1);
    let exit = stage.exit("eater", 1);
    assert_eq!(exit.end, End::Signaled { signal: 9, name: Signal::SIGKILL.to_string() });
    assert!(exit.oom_kills.cgroup >= Some(1) && exit.oom_kills.machine >= Some(1), "{exit:?}");
    let told = said.json();
    let is_raised = |line: &Value| line["reason"].as_str().is_some_and(|reason| reason.starts_with("oom; tries again"));
    let raised = told.iter().find(|line| is_raised(line)).unwrap_or_else(|| panic!("{told:#?}"));
    // It had about 300 MiB when it was ended, and is counted with half as much again.
    let reason = raised["reason"].as_str().unwrap();
    let counted = reason.split_once(" with ").and_then(|(_, rest)| rest.split_once(" MiB"));
    let counted: f64 = counted.and_then(|(number, _)| number.parse().ok()).unwrap_or_else(|| panic!("{reason}"));
    // The others in the group take some of what the eater could have had.
    assert!((300.0..=460.0).contains(&counted), "{reason}");
    let status = stage.status();
    assert_eq!((status.word("eater"), status.attempts("eater"), status.word("neighbour")), ("oom", 2, "ok"));
    assert_eq!((stage.entered("neighbour"), stage.left("neighbour")), (1, 1));
    let last = told.into_iter().rev().find(|line| line["counts"].is_object()).unwrap();
    assert_eq!(
        (&last["counts"]["ok"], &last["counts"]["not_ok"]),
        (&1.into(), &1.into()),
        "the engine has outlived it"
    );
    drop(stage);
}

/// Has a child that sleeps, and sleeps itself.
const WITH_CHILD: &str = r#"import os, subprocess, time
child = subprocess.Popen(["sleep", "600"])
with open("new-child", "w") as file:
    file.write(str(child.pid))
os.rename("new-child", "child")
time.sleep(600)
"#;

#[test]
fn f16_what_a_paused_simulation_left_behind_goes_on_to_take_the_signal_of_a_cancel() {
    let _alone = MEMORY_RUNS_OUT.lock().unwrap_or_else(PoisonError::into_inner);
    let stage = Stage::new();
    stage.write("parent.py", WITH_CHILD);
    stage.experiment("  grace: 1h", "  - {name: a, script: parent.py}\n");
    let _engine = stage.engine("");
    let child = wait_for("the child", || fs::read_to_string(stage.path("child")).ok()?.parse::<i32>().ok());
    stage.wait_word("a", "running");
    stage.call("pause exp.yaml a").expect(0);
    wait_for("the child to stand still", || (state_of(child) == Some('T')).then_some(()));
    identity::send(&stage.started("a", 1).gem5, Signal::SIGKILL).unwrap();
    wait_for("what is left", || stage.status().reason("a").contains("left behind").then_some(()));
    stage.call("cancel exp.yaml a").expect(0);
    // Its end came before the cancel.
    stage.wait_word("a", "killed");
    assert!(!is_running(child));
}
