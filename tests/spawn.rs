//! The spawn context with real processes: every promise of gem5's multiprocessing module, and the holes that it has.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gem5_tui::rundir::record::CallResult;
use gem5_tui::spawn::{Context, ContextError, Pool, PoolError, Process, StartError, Target};
use serde_json::{Value, json};

#[path = "../examples/spawn.rs"]
#[expect(dead_code, reason = "the test calls what its main calls")]
mod example;

/// Far longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

fn modules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/modules")
}

fn standin() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/standin/gem5-standin")
}

/// A context of plain Python with its output in a directory that goes away with the test.
fn python() -> (Context, tempfile::TempDir) {
    let outdir = tempfile::tempdir().unwrap();
    let context = Context::new("spawn")
        .unwrap()
        .executable("python3")
        .search_path(modules())
        .outdir(outdir.path())
        // The modules lie in the source tree, where a test must leave nothing.
        .env("PYTHONDONTWRITEBYTECODE", Some("1"));
    (context, outdir)
}

fn calls(function: &str) -> Target {
    Target::function("calls", function)
}

fn returned(result: CallResult) -> Value {
    match result {
        CallResult::Returned { value, .. } => value,
        other => panic!("no value came back: {other:?}"),
    }
}

fn wait_for_output(process: &Process, wanted: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !fs::read_to_string(process.outdir().join("simout.txt")).unwrap_or_default().contains(wanted) {
        assert!(Instant::now() < deadline, "waited too long for {wanted}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn only_spawn_is_a_start_method() {
    assert!(Context::new("spawn").is_ok());
    for method in ["fork", "forkserver"] {
        let error = Context::new(method).unwrap_err();
        assert!(matches!(&error, ContextError::Copies { method: m } if m == method));
        assert!(error.to_string().contains("use `spawn`"), "{error}");
    }
    assert!(matches!(Context::new("thread"), Err(ContextError::Unknown { .. })));
}

#[test]
fn a_process_has_the_verbs_of_multiprocessing() {
    let (context, _outdir) = python();
    let mut process = Process::new(&context, calls("sleep_for_ever"));
    assert_eq!((process.name(), process.pid()), ("Process-1", None));
    assert!(process.exitcode().is_none() && !process.is_alive());
    process.start().unwrap();
    wait_for_output(&process, "sleeping");
    assert!(process.is_alive() && process.pid().is_some());
    assert_eq!(process.exitcode(), None);
    assert!(!process.join(Some(Duration::from_millis(20))));
    assert!(matches!(process.start(), Err(StartError::Twice { .. })));
    process.terminate().unwrap();
    assert!(process.join(Some(PATIENCE)));
    assert_eq!(process.exitcode(), Some(-15));
    assert!(!process.is_alive());
    // To one that has ended, nothing is sent: its number may be somebody else's by now.
    process.kill().unwrap();
    let CallResult::None { reason } = process.result() else { panic!("a result of a killed process") };
    assert!(reason.contains("SIGTERM"), "{reason}");
}

#[test]
fn names_are_counted_for_each_context_and_can_be_chosen() {
    let (context, _outdir) = python();
    let first = Process::new(&context, calls("pid"));
    let second = Process::new(&context.clone(), calls("pid"));
    let chosen = Process::new(&context, calls("pid")).named("bob");
    assert_eq!((first.name(), second.name(), chosen.name()), ("Process-1", "Process-2", "bob"));
    assert_eq!(Process::new(&python().0, calls("pid")).name(), "Process-1");
    for name in ["", "..", "a/b", "/etc"] {
        let mut process = Process::new(&context, calls("pid")).named(name);
        assert!(matches!(process.start(), Err(StartError::Name { .. })), "{name}");
    }
}

#[test]
fn an_output_directory_is_never_used_twice() {
    let (context, outdir) = python();
    fs::create_dir(outdir.path().join("bob")).unwrap();
    let error = Process::new(&context, calls("pid")).named("bob").start().unwrap_err();
    assert!(matches!(error, StartError::Outdir { .. }));
    assert!(error.to_string().contains("another name"), "{error}");
}

#[test]
fn positional_and_keyword_arguments_arrive() {
    let (context, _outdir) = python();
    let kwargs = json!({"level": 2}).as_object().unwrap().clone();
    let mut process = Process::new(&context, calls("echo")).args([json!("bob"), json!([1, null])]).kwargs(kwargs);
    process.start().unwrap();
    assert_eq!(returned(process.result()), json!({"args": ["bob", [1, null]], "kwargs": {"level": 2}}));
    assert_eq!(process.exitcode(), Some(0));
}

#[test]
fn a_script_is_started_with_its_own_arguments() {
    let (context, outdir) = python();
    let script = outdir.path().join("script.py");
    fs::write(&script, "import sys; print(sys.argv[1:]); sys.exit(5)").unwrap();
    let mut process = Process::new(&context, Target::Script(script)).args([json!("--l2=1MiB $(x)"), json!(7)]);
    process.start().unwrap();
    assert!(process.join(Some(PATIENCE)));
    assert_eq!(process.exitcode(), Some(5));
    wait_for_output(&process, "['--l2=1MiB $(x)', '7']");
    assert!(matches!(process.result(), CallResult::None { .. }));
}

#[test]
fn the_main_module_and_options_that_cannot_work_are_refused_before_anything_starts() {
    let (context, outdir) = python();
    let error = Process::new(&context, Target::function("__main__", "run_sim")).start().unwrap_err();
    assert!(error.to_string().contains("put the function into a module of its own"), "{error}");
    let gem5 = context.executable(standin());
    let error = Process::new(&gem5, calls("pid")).gem5_args(["--pdb"]).start().unwrap_err();
    assert!(error.to_string().contains("--pdb") && error.to_string().contains("keyboard"), "{error}");
    assert_eq!(fs::read_dir(outdir.path()).unwrap().count(), 0);
}

#[test]
fn a_missing_executable_is_told_in_words() {
    let (context, _outdir) = python();
    let context = context.executable("no-such-gem5-anywhere");
    let error = Process::new(&context, calls("pid")).start().unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
    let results = Pool::new(&context, 2).unwrap().map(&calls("pid"), [json!(1), json!(2)]);
    assert_eq!(results.len(), 2);
    assert!(results.iter().all(|r| matches!(r, CallResult::None { reason } if reason.contains("does not exist"))));
}

#[test]
fn many_processes_with_large_arguments_and_results_do_not_wait_for_each_other() {
    let (context, _outdir) = python();
    let large = "y".repeat(200_000);
    let results = Pool::new(&context, 3).unwrap().map(&calls("echo"), (0..6).map(|_| json!(large)));
    for result in results {
        assert_eq!(returned(result)["args"][0], json!(large));
    }
}

/// How many of the intervals overlap at the most crowded moment.
fn most_at_once(intervals: &[(f64, f64)]) -> usize {
    intervals.iter().map(|(start, _)| intervals.iter().filter(|(s, e)| s <= start && start < e).count()).max().unwrap()
}

/// `[start, end, pid]` as `timed` returns it.
fn interval(value: &Value) -> (f64, f64) {
    (value[0].as_f64().unwrap(), value[1].as_f64().unwrap())
}

#[test]
fn a_pool_runs_ten_tasks_at_most_four_at_once_and_each_in_a_process_of_its_own() {
    let (context, _outdir) = python();
    let pool = Pool::new(&context, 4).unwrap().maxtasksperchild(1).unwrap();
    let values: Vec<Value> = pool.map(&calls("timed"), (0..10).map(|_| json!(0.2))).into_iter().map(returned).collect();
    let intervals: Vec<_> = values.iter().map(interval).collect();
    assert_eq!(intervals.len(), 10);
    let crowd = most_at_once(&intervals);
    assert!((2..=4).contains(&crowd), "{crowd} at once: {intervals:?}");
    let mut pids: Vec<i64> = values.iter().map(|v| v[2].as_i64().unwrap()).collect();
    pids.sort_unstable();
    pids.dedup();
    assert_eq!(pids.len(), 10, "a process was used twice");
}

#[test]
fn results_come_back_in_the_order_of_the_items() {
    let (context, _outdir) = python();
    let items = (0..6).map(|n| vec![json!(n), json!(100)]);
    let results = Pool::new(&context, 3).unwrap().starmap(&calls("add"), items);
    let sums: Vec<Value> = results.into_iter().map(returned).collect();
    assert_eq!(sums, [100, 101, 102, 103, 104, 105].map(|n| json!(n)));
    assert!(Pool::new(&context, 3).unwrap().map(&calls("pid"), []).is_empty());
}

#[test]
fn a_worker_that_dies_costs_its_own_task_and_nothing_else() {
    let (context, _outdir) = python();
    let items = (0..5).map(|n| vec![json!(n), json!(2)]);
    let results = Pool::new(&context, 2).unwrap().starmap(&calls("die_on"), items);
    for (n, result) in results.into_iter().enumerate() {
        match result {
            CallResult::None { reason } => assert!(n == 2 && reason.contains("SIGKILL"), "{n}: {reason}"),
            other => assert_eq!(returned(other), json!(n)),
        }
    }
}

#[test]
fn a_gem5_is_never_used_twice_and_an_empty_pool_is_refused() {
    let (context, _outdir) = python();
    for tasks in [0, 2] {
        let error = Pool::new(&context, 1).unwrap().maxtasksperchild(tasks).unwrap_err();
        assert_eq!(error, PoolError::Reuse { tasks });
        assert!(error.to_string().contains("every task needs a fresh one"), "{error}");
    }
    assert_eq!(Pool::new(&context, 0).unwrap_err(), PoolError::Empty);
}

#[test]
fn dropping_the_tasks_ends_the_rest() {
    let (context, _outdir) = python();
    let pool = Pool::new(&context, 2).unwrap();
    let items = [vec![json!(0)], vec![json!(600)], vec![json!(600)], vec![json!(600)]];
    let mut tasks = pool.tasks(&calls("timed"), items);
    assert_eq!(tasks.next().unwrap().0, 0);
    let left: Vec<i32> = tasks.running().map(|p| p.pid().unwrap()).collect();
    assert_eq!(left.len(), 1);
    let identities: Vec<_> = left.iter().map(|&pid| gem5_tui::spawn::identity::of(pid).unwrap()).collect();
    drop(tasks);
    for identity in identities {
        assert_eq!(gem5_tui::spawn::identity::is_alive(&identity), gem5_tui::spawn::Alive::No);
    }
}

/// The example in the README of gem5's multiprocessing module: bob and jane at once, then ten tasks, four at a time.
#[test]
fn the_example_of_gem5s_own_module_runs_twelve_times_in_twelve_fresh_gem5s() {
    let (context, outdir) = python();
    // With this variable gem5's own module never finishes, because gem5 takes `-B` for `--build-info`.
    let context = context.executable(standin());
    let mut pair = ["bob", "jane"].map(|name| {
        let mut process = Process::new(&context, calls("timed")).args([json!(0.3)]).named(name);
        process.start().unwrap();
        process
    });
    let mut pids: Vec<Value> = Vec::new();
    for process in &mut pair {
        assert!(process.join(Some(PATIENCE)));
        assert_eq!(process.exitcode(), Some(0), "{}", fs::read_to_string(process.outdir().join("simerr.txt")).unwrap());
        pids.push(returned(process.result())[2].clone());
    }
    let pool = Pool::new(&context, 4).unwrap();
    let values: Vec<Value> = pool.map(&calls("timed"), (0..10).map(|_| json!(0.1))).into_iter().map(returned).collect();
    assert!(most_at_once(&values.iter().map(interval).collect::<Vec<_>>()) <= 4);
    pids.extend(values.iter().map(|v| v[2].clone()));
    pids.sort_by_key(Value::as_i64);
    pids.dedup();
    assert_eq!(pids.len(), 12);
    // Every one has its own output directory with gem5's own files.
    let directories: Vec<_> = fs::read_dir(outdir.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(directories.len(), 12);
    for directory in directories {
        assert!(directory.join("stats.txt").exists(), "{}", directory.display());
        let banner = fs::read_to_string(directory.join("simout.txt")).unwrap();
        assert!(banner.contains("command line:") && banner.contains("--multiprocessing-fork"), "{banner}");
    }
}

/// What the documentation shows works as it stands there.
#[test]
fn the_example_of_the_library_runs() {
    let (_, outdir) = python();
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let context = Context::spawn()
        .executable(standin())
        .search_path(configs)
        .outdir(outdir.path())
        // The module lies in the source tree, where a test must leave nothing.
        .env("PYTHONDONTWRITEBYTECODE", Some("1"));
    let results = example::run(&context).unwrap();
    let names: Vec<&str> = results.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..3], ["bob", "jane", "task 0"]);
    assert_eq!(results.len(), 12);
    for (called, (name, result)) in [json!("bob"), json!("jane")].into_iter().chain((0..).map(Value::from)).zip(results)
    {
        let value = returned(result);
        assert_eq!(value["name"], called, "{name}");
        assert!(value["ticks"].as_u64().is_some_and(|ticks| ticks > 0), "{name}: {value}");
    }
}
