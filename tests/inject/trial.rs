//! One place of one kind: a sweep of two simulations with that fault, the same command again, and what came of it.

use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use nix::unistd::Pid;

use crate::calls;
use crate::evidence::{self, Verdicts};
use crate::kinds::{Fault, KINDS, Kind, Role};
use crate::registers::Call;
use crate::stage::{PATIENCE, Stage};
use crate::tracer::{self, Ended, Verdict};

/// Tells when it begins and ends, and whether another of its name is there: what is on disk is not asked about that.
const SIMULATION: &str = r#"import fcntl, os, sys, time
name, seconds = sys.argv[1], float(sys.argv[2])
here = os.path.dirname(os.path.abspath(__file__))
def note(what):
    now = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000
    with open(os.path.join(here, "log"), "a") as log:
        log.write("%s %s %d %d\n" % (what, name, os.getpid(), now))
lock = os.open(os.path.join(here, "lock-" + name), os.O_RDWR | os.O_CREAT, 0o600)
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    note("twice")
note("start")
time.sleep(seconds)
note("end")
"#;

/// One ends while the other one runs, and one that ends sooner than it can be known.
pub(crate) const NAMES: [&str; 2] = ["a", "b"];
const SIMULATIONS: &str =
    "  - {name: a, script: sim.py, args: [a, \"0.25\"]}\n  - {name: b, script: sim.py, args: [b, \"0.05\"]}\n";

/// How the runtime says, in a panic, that it got no descriptors for itself as it began.
const BEGINS: &str = "failed to create UnixStream";
const NO_RUNTIME: &str = "the async runtime could not begin, so nothing was begun";

/// What came of one place.
#[derive(Debug)]
pub(crate) struct Trial {
    /// The call where it happened. None where the run had fewer.
    pub(crate) place: Option<String>,
    pub(crate) verdicts: Verdicts,
}

fn stage() -> Stage {
    let stage = Stage::new();
    stage.write("sim.py", SIMULATION);
    stage.experiment("concurrency: 2", SIMULATIONS);
    stage
}

/// `run` under the eyes of `judge`, with what it says in `first.out` and `first.err`.
fn first_run(stage: &Stage, judge: &mut dyn FnMut(Role, Pid, &Call) -> Verdict) -> Ended {
    let program = Path::new(env!("CARGO_BIN_EXE_gem5-tui"));
    let mut command = tracer::command(program, &["run", "exp.yaml"]);
    stage.surround(&mut command);
    // Cargo sets it, and a loader that looks in each of its folders makes half of all calls.
    command.env_remove("LD_LIBRARY_PATH");
    let into = |name: &str| File::create(stage.path(name)).unwrap();
    command.stdout(into("first.out")).stderr(into("first.err"));
    tracer::follow(command, program, PATIENCE.as_secs(), judge).unwrap()
}

/// How many places a run has for each of [`KINDS`]. It differs a little from run to run.
pub(crate) fn places() -> Vec<usize> {
    let stage = stage();
    let mut counts = vec![0; KINDS.len()];
    let ended = first_run(&stage, &mut |role, process, call| {
        for (kind, count) in KINDS.iter().zip(&mut counts) {
            *count += usize::from(kind.name(role, process, call).is_some());
        }
        Verdict::Pass
    });
    assert_eq!(ended, Ended::Exited(0), "{}", fs::read_to_string(stage.path("first.err")).unwrap_or_default());
    counts
}

/// The fault at place `at`, which counts from 1.
pub(crate) fn run(kind: &Kind, at: usize) -> Trial {
    let stage = stage();
    let mut place = None;
    let mut count = 0;
    let mut struck = None;
    let mut was_refused = false;
    let ended = first_run(&stage, &mut |role, process, call| {
        if count >= at + kind.times - 1 {
            return Verdict::LetGo;
        }
        let Some(name) = kind.name(role, process, call) else { return Verdict::Pass };
        // Several in a row are those of one process: the next ones would each be refused by a disk that stays full.
        if struck.is_some_and(|struck| struck != process) {
            return Verdict::Pass;
        }
        count += 1;
        if count < at {
            return Verdict::Pass;
        }
        struck = Some(process);
        was_refused |= kind.fault != Fault::Killed && calls::is_one_of(calls::SYNCS, call);
        place.get_or_insert_with(|| calls::describe(name, process, call));
        match kind.fault {
            Fault::Killed => Verdict::Kill,
            Fault::Answered(error) => Verdict::Answer(error),
        }
    });
    let mut verdicts = Verdicts::default();
    if ended == Ended::Hung {
        verdicts.wrong(format!("the first run does not end: {}", evidence::tail(&stage.path("first.out"))));
    }
    // What does not end is killed and panics here; the other places are tried all the same.
    let again = catch_unwind(AssertUnwindSafe(|| stage.call("run exp.yaml")));
    let said = again.as_ref().map_or("it does not end", |again| &again.err);
    match &again {
        Ok(again) if again.code == Some(0) => {}
        again => verdicts.wrong(format!("the second run: {again:?}")),
    }
    for text in [said, &fs::read_to_string(stage.path("first.err")).unwrap_or_default()] {
        if text.contains(BEGINS) {
            verdicts.known.push(NO_RUNTIME);
        } else if text.contains("panicked") {
            verdicts.wrong(format!("a panic: {text}"));
        }
    }
    evidence::look(&stage, kind, was_refused, &mut verdicts);
    if !verdicts.wrong.is_empty() {
        verdicts.wrong.push(format!("the first run: {ended:?} {}", evidence::tail(&stage.path("first.out"))));
        verdicts.wrong.push(evidence::tail(&stage.path("first.err")));
        verdicts.wrong.push(evidence::tail(&stage.outdir().path().join("engine.log")));
    }
    Trial { place, verdicts }
}
