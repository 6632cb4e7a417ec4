//! The same with a script that spawns: its simulations, its shim and the script itself are killed, too.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::attempts;
use gem5_tui::rundir::record::{End, Exit, Started};

use crate::proof::noted;
use crate::stage::{PATIENCE, Stage, wait_for};
use crate::victims::{Chance, Kills, Victim, Victims};

/// Calls of `Process`, and tasks of a `Pool`.
const PROCESSES: usize = 12;
const TASKS: usize = 28;

/// What the calls run: refuses to be the second one at once, takes a while, leaves a proof and returns a value.
const MODULE: &str = r#"import fcntl, os, sys, time
here = os.path.dirname(os.path.abspath(__file__))
def note(what, name):
    line = "%s %d\n" % (name, os.getpid())
    handle = os.open(os.path.join(here, what), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, line.encode())
    os.close(handle)
def alone(name):
    lock = os.open(os.path.join(here, "lock-" + name), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        note("twice", name)
        sys.exit(9)
def work(name, tenths):
    alone(name)
    note("begun", name)
    time.sleep(tenths / 10)
    note("done", name)
    return (name, {"tenths": {tenths}})
"#;

/// The script: it refuses to be the second one at once, too.
const SCRIPT: &str = r#"import sim
from gem5.utils.multiprocessing import Pool, Process
sim.alone("script")
started = [Process(target=sim.work, args=call, name=call[0]) for call in PROCESSES]
for process in started:
    process.start()
with Pool(processes=5) as pool:
    values = pool.starmap(sim.work, TASKS)
for process in started:
    process.join()
assert [process.exitcode for process in started] == [0] * len(started)
print("values", values, flush=True)
"#;

/// One suite to its end, whatever is killed on the way.
pub(crate) fn round(chance: &mut Chance, kills: &mut Kills) {
    let stage = Stage::new();
    let call = |kind: char, n: usize, chance: &mut Chance| (format!("{kind}{n:02}"), chance.below(6));
    let processes: Vec<(String, usize)> = (0..PROCESSES).map(|n| call('p', n, chance)).collect();
    let tasks: Vec<(String, usize)> = (0..TASKS).map(|n| call('t', n, chance)).collect();
    stage.write("sim.py", MODULE);
    stage.write("test.py", &SCRIPT.replace("PROCESSES", &python(&processes)).replace("TASKS", &python(&tasks)));
    stage.experiment("concurrency: 8", "  - suite: test.py");

    let mut victims = Victims::new(&stage);
    let end = Instant::now() + 4 * PATIENCE;
    let all = [
        Victim::Client,
        Victim::Engine,
        Victim::Engine,
        Victim::Shim,
        Victim::Simulation,
        Victim::Script,
        Victim::ShimOfScript,
    ];
    loop {
        assert!(Instant::now() < end, "the round does not end: {:?}", stage.status().summary);
        victims.revive();
        let victim = chance.of(&all);
        chance.wait(Duration::from_millis(250));
        if victims.kill(victim, chance) {
            kills.count(victim);
        }
        // What was killed has failed until somebody asks for it again: the script, and what nobody else asks for.
        if chance.below(3) == 0 {
            let said = stage.call("retry exp.yaml --failed");
            assert!(matches!(said.code, Some(0 | 1)), "{said:#?}");
        }
        let status = stage.status();
        if status.sims.len() == PROCESSES + TASKS + 1 && status.count("ok") == status.count("total") {
            break;
        }
    }
    // What has died meanwhile is of no use to the last run.
    victims.revive();
    let before = noted(&stage, "begun");
    let last = newest(&stage, "test");
    let values = printed(&stage, last);
    stage.call("retry exp.yaml test").expect(0);
    wait_for("the last attempt", || (newest(&stage, "test") > last).then_some(()));
    wait_for("its end", || read_json::<Exit>(&stage.attempt("test", last + 1).exit()).unwrap());
    drop(victims);

    assert_eq!(noted(&stage, "twice"), BTreeSet::new(), "something was started while it ran");
    let expected = format!("values {}\n", python_values(&tasks));
    assert_eq!((values, printed(&stage, last + 1)), (expected.clone(), expected));
    assert_eq!(noted(&stage, "begun"), before, "what is there was simulated again");
    let done = noted(&stage, "done");
    for name in stage.status().sims.keys().filter(|name| *name != "test") {
        let number = newest(&stage, name);
        let dir = stage.attempt(name, number);
        let exit: Exit = read_json(&dir.exit()).unwrap().unwrap_or_else(|| panic!("{name} is ok without a record"));
        assert_eq!(exit.end, End::Exited { code: 0 }, "{name}");
        let started: Started = read_json(&dir.started()).unwrap().unwrap();
        let is_its = |line: &String| line.split_once(' ').is_some_and(|(_, pid)| pid == started.gem5.pid.to_string());
        assert!(done.iter().any(is_its), "{name} is ok, and its process was not done");
        assert!(dir.value().exists(), "{name} is ok without its value");
    }
    eprintln!(
        "  a suite of {} calls ok at its attempt {last}, {} processes ran, {} came to their end",
        PROCESSES + TASKS,
        before.len(),
        done.len()
    );
}

fn newest(stage: &Stage, name: &str) -> u32 {
    attempts::numbers(&stage.outdir().simulation(name)).unwrap().last().copied().unwrap_or(0)
}

/// What an attempt of the script has printed.
fn printed(stage: &Stage, attempt: u32) -> String {
    let log = fs::read_to_string(stage.attempt("test", attempt).simout()).unwrap();
    log.split_inclusive('\n').filter(|line| line.starts_with("values")).collect()
}

/// As Python prints and reads it.
fn python(calls: &[(String, usize)]) -> String {
    let mut text = String::new();
    for (name, tenths) in calls {
        _ = write!(text, "('{name}', {tenths}), ");
    }
    format!("[{}]", text.trim_end_matches(", "))
}

fn python_values(calls: &[(String, usize)]) -> String {
    let value = |(name, tenths): &(String, usize)| format!("('{name}', {{'tenths': {{{tenths}}}}})");
    format!("[{}]", calls.iter().map(value).collect::<Vec<_>>().join(", "))
}
