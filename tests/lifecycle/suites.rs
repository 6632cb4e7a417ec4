//! Scripts that spawn: every call is a simulation, no call is made twice, and a script hears of every end.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::attempts;
use gem5_tui::rundir::record::{Exit, Spec, Started};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::stage::{Running, Stage, wait_for};

/// The example of gem5's own module, and what it imports.
const TEST: &str = "
from gem5.utils.multiprocessing import Process, Pool
from sim import info, run_sim
if __name__ == '__m5_main__' or __name__ == '__main__':
    info('main line')
    p1 = Process(target=run_sim, args=('bob',)); p2 = Process(target=run_sim, args=('jane',))
    p1.start(); p2.start(); p2.join(); p1.join()
    with Pool(processes=4, maxtasksperchild=1) as pool:
        results = pool.map(run_sim, range(10))
    print('results', results)
";

const SIM: &str = "
import os, time
def info(title):
    print(title, __name__, os.getpid(), flush=True)
def run_sim(name):
    info('simulating')
    with open(os.path.join(os.path.dirname(__file__), 'ran'), 'a') as file:
        file.write('%s\\n' % name)
    time.sleep(0.1)
    return [name, {'of': str(name) * 2}]
";

/// What [`TEST`] prints.
fn results() -> String {
    let one = |n: u32| format!("[{n}, {{'of': '{n}{n}'}}]");
    format!("results [{}]\n", (0..10).map(one).collect::<Vec<_>>().join(", "))
}

fn experiment(stage: &Stage, gem5: &str, more: &str) {
    let head = format!("name: staged\ngem5: {gem5}\noutdir: out\nconcurrency: 9\n");
    stage.write("exp.yaml", &format!("{head}simulations:\n  - suite: test.py\n{more}"));
}

fn example(gem5: &str, more: &str) -> Stage {
    let stage = Stage::new();
    stage.write("test.py", TEST);
    stage.write("sim.py", SIM);
    experiment(&stage, gem5, more);
    stage
}

fn stand_in() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/standin/gem5-standin").display().to_string()
}

/// How often the function was called, by its argument.
fn calls(stage: &Stage) -> BTreeMap<String, usize> {
    let text = fs::read_to_string(stage.path("ran")).unwrap_or_default();
    let mut calls = BTreeMap::new();
    text.lines().for_each(|line| *calls.entry(line.to_owned()).or_default() += 1);
    calls
}

/// The printed results of the script's attempt.
fn printed(stage: &Stage, attempt: u32) -> String {
    let log = fs::read_to_string(stage.attempt("test", attempt).simout()).unwrap();
    log.split_inclusive('\n').filter(|line| line.starts_with("results")).collect()
}

fn complaints(stage: &Stage, attempt: u32) -> String {
    fs::read_to_string(stage.attempt("test", attempt).simerr()).unwrap()
}

/// How many of these ran at once at most, by their records.
fn at_once(stage: &Stage, names: &[String]) -> usize {
    let span = |name: &String| {
        let (started, exit): (Started, Exit) = (stage.started(name, 1), stage.exit(name, 1));
        (started.at.boot_ms, exit.at.boot_ms)
    };
    let spans: Vec<(u64, u64)> = names.iter().map(span).collect();
    spans.iter().map(|(at, _)| spans.iter().filter(|(from, to)| from <= at && at < to).count()).max().unwrap()
}

#[test]
fn the_example_of_gem5s_own_module_is_twelve_simulations_and_simulates_nothing_twice() {
    for gem5 in ["python3", &stand_in()] {
        let stage = example(gem5, "");
        stage.call("run exp.yaml").expect(0);
        assert_eq!(printed(&stage, 1), results(), "{gem5}");
        let numbers: Vec<String> = (0..10).map(|n| format!("test.run_sim-{n}")).collect();
        let pair = ["test.run_sim-bob", "test.run_sim-jane"].map(str::to_owned);
        let ran = calls(&stage);
        assert!(ran.len() == 12 && ran.values().all(|times| *times == 1), "{ran:?}");
        assert_eq!(at_once(&stage, &pair), 2);
        assert!(at_once(&stage, &numbers) <= 4);
        let status = stage.status();
        assert_eq!((status.count("total"), status.count("ok")), (13, 13));
        // Each has a process, an output directory and logs of its own.
        let log = fs::read_to_string(stage.attempt("test.run_sim-bob", 1).simout()).unwrap();
        assert_eq!(log.matches("simulating").count(), 1, "{log}");

        stage.call("run exp.yaml").expect(0);
        assert!(!stage.has_attempt("test", 2), "there is nothing to do");
        stage.call("retry exp.yaml test").expect(0);
        stage.wait_word("test", "ok");
        wait_for("the second attempt", || stage.has_attempt("test", 2).then_some(()));
        wait_for("its end", || read_json::<Exit>(&stage.attempt("test", 2).exit()).unwrap());
        assert_eq!(printed(&stage, 2), results(), "{gem5}");
        assert_eq!(calls(&stage), ran, "nothing was simulated again");
    }
}

/// An experiment with a script of `lines`, which call functions of a module `sim` that wait at gates.
fn gated(settings: &str, lines: &str) -> Stage {
    let stage = Stage::new();
    let gates = serde_json::Value::from(stage.path("").to_str().unwrap());
    let module = format!(
        "import os, time\n\
         place = {gates}\n\
         def gate(name, value=None):\n    \
             with open(place + 'entered-' + name, 'a') as file:\n        \
                 file.write('x\\n')\n    \
             while not os.path.exists(place + 'gate-' + name):\n        \
                 time.sleep(0.005)\n    \
             return value\n\
         def entered(name):\n    \
             while not os.path.exists(place + 'entered-' + name):\n        \
                 time.sleep(0.005)\n\
         def fail(name):\n    \
             gate(name)\n    \
             raise KeyError('no ' + name)\n"
    );
    stage.write("sim.py", &module);
    stage.write("test.py", &format!("from gem5.utils.multiprocessing import Process, Pool\nimport sim\n{lines}"));
    experiment(&stage, "python3", settings);
    stage
}

fn wait_entered(stage: &Stage, names: &[&str]) {
    for name in names {
        wait_for(name, || (stage.entered(name) > 0).then_some(()));
    }
}

fn kill_main(stage: &Stage, name: &str) {
    let started = stage.started(name, 1);
    kill(Pid::from_raw(started.gem5.pid), Signal::SIGKILL).unwrap();
}

#[test]
fn a_script_whose_simulation_is_killed_gets_the_error_and_ends() {
    let stage = gated("", "print('results', Pool(processes=4).map(sim.gate, ['a', 'b']))\n");
    let run = stage.start("run exp.yaml");
    wait_entered(&stage, &["a", "b"]);
    stage.open("b", 0);
    stage.wait_word("test.gate-b", "ok");
    kill_main(&stage, "test.gate-a");
    run.finish().expect(1);
    let status = stage.status();
    assert_eq!((status.word("test.gate-a"), status.word("test.gate-b")), ("killed", "ok"));
    let said = complaints(&stage, 1);
    let dir = stage.attempt("test.gate-a", 1).path().display().to_string();
    assert!(said.contains("SimulationFailed") && said.contains("killed") && said.contains(&dir), "{said}");
    assert!(status.reason("test").contains("SimulationFailed"), "{}", status.reason("test"));
}

#[test]
fn an_exception_comes_back_as_itself_and_can_be_caught() {
    let lines = "
pool = Pool()
try:
    pool.apply(sim.fail, ('a',))
except KeyError as error:
    print('results', repr(error), 'in fail' in str(error.__cause__))
process = Process(target=sim.fail, args=('a',), name='again')
process.start(); process.join()
print('results', process.exitcode)
";
    let stage = gated("", lines);
    stage.open("a", 0);
    stage.call("run exp.yaml").expect(1);
    assert_eq!(printed(&stage, 1), "results KeyError('no a') True\nresults 1\n");
    let status = stage.status();
    assert_eq!((status.word("test"), status.word("test.again")), ("ok", "python-error"));
}

#[test]
fn a_script_hears_of_a_failure_when_its_retries_are_used_up() {
    let stage = gated("    spawned: {retries: 1}\n", "print('results', Pool().map(sim.gate, ['a']))\n");
    let run = stage.start("run exp.yaml");
    wait_entered(&stage, &["a"]);
    kill_main(&stage, "test.gate-a");
    stage.open("a", 0);
    run.finish().expect(0);
    assert_eq!(stage.entered("a"), 2);
    assert_eq!(printed(&stage, 1), "results [None]\n");
    assert_eq!(stage.status().attempts("test.gate-a"), 2);
}

#[test]
fn a_script_goes_on_when_engines_are_killed_and_replaced() {
    let stage = gated("", "print('results', Pool().starmap(sim.gate, [('a', 1), ('b', 2), ('c', 3)]))\n");
    stage.write(
        "exp.yaml",
        &fs::read_to_string(stage.path("exp.yaml")).unwrap().replace("concurrency: 9", "concurrency: 1"),
    );
    let engine = stage.engine("");
    wait_entered(&stage, &["a"]);
    engine.kill();
    // It ends while no engine lives.
    stage.open("a", 0);
    wait_for("the end of a", || stage.exit_if_any("test.gate-a-1").map(drop));
    let engine = stage.engine("");
    wait_entered(&stage, &["b"]);
    engine.kill();
    let engine = stage.engine("");
    stage.open("b", 0);
    wait_entered(&stage, &["c"]);
    stage.open("c", 0);
    engine.finish().expect(0);
    assert_eq!(printed(&stage, 1), "results [1, 2, 3]\n");
    let status = stage.status();
    assert_eq!((status.count("ok"), stage.entered("a"), stage.entered("b"), stage.entered("c")), (4, 1, 1, 1));
}

#[test]
fn simulations_outlive_their_script_and_its_next_attempt_finds_them() {
    let stage = gated("", "print('results', Pool().starmap(sim.gate, [('a', 1), ('b', 2)]))\n");
    let _engine = stage.engine("");
    wait_entered(&stage, &["a", "b"]);
    stage.open("a", 0);
    stage.wait_word("test.gate-a-1", "ok");
    kill_main(&stage, "test");
    stage.wait_word("test", "killed");
    assert_eq!(stage.status().word("test.gate-b-2"), "running");
    stage.call("retry exp.yaml test").expect(0);
    wait_for("the script's second attempt", || stage.attempt("test", 2).started().exists().then_some(()));
    stage.open("b", 0);
    stage.wait_word("test", "ok");
    assert_eq!(printed(&stage, 2), "results [1, 2]\n");
    assert_eq!((stage.entered("a"), stage.entered("b")), (1, 1));
}

#[test]
fn simulations_of_a_script_that_dies_are_cancelled_where_the_file_says_so() {
    let stage = gated("    on_suite_end: cancel\n", "print('results', Pool().map(sim.gate, ['a', 'b']))\n");
    stage.write(
        "exp.yaml",
        &fs::read_to_string(stage.path("exp.yaml")).unwrap().replace("concurrency: 9", "concurrency: 1"),
    );
    let engine = stage.engine("");
    wait_entered(&stage, &["a"]);
    kill_main(&stage, "test");
    stage.wait_word("test.gate-a", "cancelled");
    engine.finish().expect(0);
    let status = stage.status();
    assert_eq!((status.word("test"), status.word("test.gate-b")), ("killed", "cancelled"));
    assert_eq!(stage.entered("b"), 0);
}

#[test]
fn what_changed_is_simulated_again_and_says_why_and_the_rest_is_not() {
    let stage = Stage::new();
    let module = |name: &str, text: &str| {
        let log = stage.path(&format!("ran-{name}"));
        let body = format!("    with open({log:?}, 'a') as file: file.write('x\\n')\n    return {text:?} + str(x)\n");
        stage.write(&format!("{name}.py"), &format!("def run(x):\n{body}"));
    };
    module("one", "a");
    module("two", "b");
    let script = |lines: &str| {
        let head = "from gem5.utils.multiprocessing import Pool\nimport one, two\npool = Pool()\n";
        stage.write(
            "test.py",
            &format!("{head}print('results', pool.map(one.run, [1, 2]) + pool.map(two.run, [1]))\n{lines}"),
        );
    };
    let ran = |name: &str| fs::read_to_string(stage.path(&format!("ran-{name}"))).unwrap_or_default().lines().count();
    let again = |attempt: u32| {
        stage.call("retry exp.yaml test").expect(0);
        wait_for("another attempt", || read_json::<Exit>(&stage.attempt("test", attempt).exit()).unwrap());
        stage.wait_word("test", "ok");
        printed(&stage, attempt)
    };
    script("assert False, 'a mistake in its last line'\n");
    experiment(&stage, "python3", "");
    stage.call("run exp.yaml").expect(1);
    assert_eq!((stage.status().word("test"), ran("one"), ran("two")), ("python-error", 2, 1));
    // The analysis is mended.
    script("");
    assert_eq!(again(2), "results ['a1', 'a2', 'b1']\n");
    assert_eq!((ran("one"), ran("two")), (2, 1));
    // A module is edited.
    module("two", "c");
    assert_eq!(again(3), "results ['a1', 'a2', 'c1']\n");
    assert_eq!(complaints(&stage, 3), "gem5-tui: 2 from before; 1 simulated again: module changed\n");
    assert_eq!((ran("one"), ran("two")), (2, 2));
    // A value is taken away by hand.
    fs::remove_file(stage.attempt("test.run-1", 1).value()).unwrap();
    assert_eq!(again(4), "results ['a1', 'a2', 'c1']\n");
    assert_eq!((ran("one"), ran("two")), (3, 2));
    // And everything is wanted anew.
    experiment(&stage, "python3", "    fresh: true\n");
    assert_eq!(again(5), "results ['a1', 'a2', 'c1']\n");
    assert_eq!((ran("one"), ran("two")), (5, 3));
}

#[test]
fn edited_limits_hold_for_what_was_spawned_before() {
    let stage = example("python3", "");
    stage.call("run exp.yaml").expect(0);
    experiment(&stage, "python3", "    spawned: {memory: 64MiB, timeout: 1h, env: {X: '1'}}\n");
    stage.call("retry exp.yaml test").expect(0);
    wait_for("the second attempt", || read_json::<Exit>(&stage.attempt("test", 2).exit()).unwrap());
    stage.wait_word("test", "ok");
    // The environment decides a result, and memory and time do not.
    assert_eq!(attempts::newest(&stage.outdir().simulation("test.run_sim-3")), Some(2));
    let spec: Spec = read_json(&stage.attempt("test.run_sim-3", 2).spec()).unwrap().unwrap();
    assert_eq!(spec.env["X"].as_deref(), Some("1"));
    experiment(&stage, "python3", "    spawned: {memory: 1MiB, timeout: 2h, env: {X: '1'}}\n");
    stage.call("retry exp.yaml test").expect(0);
    wait_for("the third attempt", || read_json::<Exit>(&stage.attempt("test", 3).exit()).unwrap());
    stage.wait_word("test", "ok");
    assert_eq!(attempts::newest(&stage.outdir().simulation("test.run_sim-3")), Some(2));
}

#[test]
fn cancel_of_a_suite_means_its_simulations_too() {
    let stage = gated("", "print('results', Pool().map(sim.gate, ['a', 'b']))\n");
    let engine = stage.engine("");
    wait_entered(&stage, &["a", "b"]);
    stage.call("cancel exp.yaml test").expect(0);
    engine.finish().expect(0);
    let status = stage.status();
    let words = ["test", "test.gate-a", "test.gate-b"].map(|name| status.word(name).to_owned());
    assert_eq!(words, ["cancelled"; 3]);
}

#[test]
fn daemons_are_ended_with_the_script_and_others_are_waited_for() {
    let lines = "
a = Process(target=sim.gate, args=('a',), daemon=True); a.start()
b = Process(target=sim.gate, args=('b',)); b.start()
sim.entered('a'); sim.entered('b')
c = Process(target=sim.gate, args=('c',)); c.start(); c.terminate(); c.join()
print('results', c.exitcode is not None, b.is_alive(), flush=True)
";
    let stage = gated("", lines);
    let run: Running = stage.start("run exp.yaml");
    wait_entered(&stage, &["a", "b"]);
    wait_for("the script's last line", || (!printed(&stage, 1).is_empty()).then_some(()));
    assert_eq!(printed(&stage, 1), "results True True\n");
    assert_eq!(stage.status().word("test"), "running", "it waits for b");
    stage.open("b", 0);
    run.finish().expect(1);
    let status = stage.status();
    let words = ["test", "test.gate-a", "test.gate-b", "test.gate-c"].map(|name| status.word(name).to_owned());
    assert_eq!(words, ["ok", "cancelled", "ok", "cancelled"]);
}

#[test]
fn what_a_script_leaves_among_its_requests_keeps_no_call_from_its_answer() {
    let stage = gated(
        "",
        "import json, os\n\
         os.umask(0)\n\
         first = Process(target=sim.gate, args=('a',))\n\
         first.start()\n\
         spawns = sim.place + 'out/test/attempt-1/spawns/'\n\
         request = json.load(open(spawns + '1.json'))\n\
         def ask(number):\n    \
             with open(spawns + 'new', 'w') as file:\n        \
                 json.dump(dict(request, key=str(number)), file)\n    \
             os.chmod(spawns + 'new', 0o600)\n    \
             os.rename(spawns + 'new', spawns + '%d.json' % number)\n\
         os.mkfifo(spawns + '101.pickle')\n\
         ask(101)\n\
         ask(102)\n\
         os.mkfifo(spawns + '103.json')\n\
         print('results', Pool(2).map(sim.gate, ['b', 'c']), first.join(), first.exitcode)\n\
         print('results', [json.load(open(spawns + '%d.answer.json' % n))['outcome'] for n in (101, 102, 103)])\n",
    );
    stage.open("a", 0);
    stage.open("b", 0);
    stage.open("c", 0);
    stage.call("run exp.yaml").expect(0);
    let told = "results [None, None] None 0\nresults ['not-started', 'not-started', 'not-started']\n";
    assert_eq!(printed(&stage, 1), told);
    // Whoever could write a request could have things run.
    let spawns = stage.attempt("test", 1).path().join("spawns");
    for (name, mode) in [("", 0o755), ("1.json", 0o600), ("1.pickle", 0o600)] {
        assert_eq!(fs::metadata(spawns.join(name)).unwrap().permissions().mode() & 0o777, mode, "{name}");
    }
}

#[test]
fn what_fails_is_run_once_for_each_time_that_its_script_is() {
    let stage = gated("", "Pool(4).map(sim.fail, ['a', 'b'])\n");
    stage.open("a", 0);
    stage.open("b", 0);
    stage.call("run exp.yaml").expect(1);
    stage.call("run exp.yaml").expect(1);
    for name in ["test.fail-a", "test.fail-b"] {
        assert!(stage.has_attempt(name, 2) && !stage.has_attempt(name, 3), "{name}");
    }
}

#[test]
fn values_are_found_where_the_directory_has_been_moved_to() {
    let stage = gated("", "print('results', Pool(2).map(sim.gate, ['a', 'b']))\n");
    let run = stage.start("run exp.yaml");
    wait_entered(&stage, &["a", "b"]);
    fs::rename(stage.path("out"), stage.path("moved")).unwrap();
    stage.open("a", 0);
    stage.open("b", 0);
    let log = stage.path("moved/test/attempt-1/m5out/simout.txt");
    wait_for("the values", || fs::read_to_string(&log).unwrap().contains("results [None, None]").then_some(()));
    run.finish();
}
